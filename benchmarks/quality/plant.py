"""Known faults, planted into a table by a seeded generator. Each says which finding would catch it.

A planter takes a pandas DataFrame (a copy) and a generator, changes it, and returns what has to be found:
(check, kinds, columns), or None where the table has no column that it could be planted in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Planted:
    check: str
    columns: tuple[str, ...]
    """The finding has to name one of them; empty where it names none."""
    arguments: tuple[tuple[str, str], ...] = ()


Planter = Callable[[pd.DataFrame, np.random.Generator], tuple[pd.DataFrame, Planted] | None]


def numbers(df: pd.DataFrame) -> list[str]:
    """Columns of numbers that measure something (many values, hardly any missing)."""
    found = df.select_dtypes("number").columns
    return [c for c in found if df[c].nunique() > 15 and df[c].notna().mean() > 0.8]


def texts(df: pd.DataFrame) -> list[str]:
    """Columns of categories: texts that repeat."""
    found = [c for c in df.columns if pd.api.types.is_string_dtype(df[c]) or df[c].dtype == object]
    return [c for c in found if 2 <= df[c].nunique() <= 50 and df[c].nunique() < len(df) / 5]


def some_rows(df: pd.DataFrame, rng: np.random.Generator, share: float, least: int = 3) -> Any:
    count = min(len(df), max(least, round(share * len(df))))
    return df.index[np.sort(rng.choice(len(df), count, replace=False))]


def pick(names: list[str], rng: np.random.Generator) -> str | None:
    return names[int(rng.integers(len(names)))] if names else None


def placeholder_word(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    c = pick(texts(df), rng)
    if c is None:
        return None
    df[c] = df[c].astype(object)
    df.loc[some_rows(df, rng, 0.03), c] = str(rng.choice(["n/a", "-", "?", "missing", "NULL"]))
    return df, Planted("missing", (c,))


def placeholder_number(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    c = pick([c for c in numbers(df) if df[c].abs().max() < 5000], rng)
    if c is None:
        return None
    df.loc[some_rows(df, rng, 0.03), c] = -9999 if rng.random() < 0.5 else 99999
    return df, Planted("missing", (c,))


def missing_together(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    names = [c for c in df.columns if df[c].notna().all()]
    if len(names) < 2:
        return None
    chosen = [str(n) for n in rng.choice(names, 2, replace=False)]
    df[chosen] = df[chosen].astype(object)
    df.loc[some_rows(df, rng, 0.1), chosen] = None
    return df, Planted("missing", tuple(chosen))


def ends_early(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    c = pick([c for c in df.columns if df[c].notna().all() and not df[c].is_monotonic_increasing], rng)
    if c is None:
        return None
    df[c] = df[c].astype(object)
    df.loc[df.index[-max(10, len(df) // 20) :], c] = None
    return df, Planted("missing", (c,))


def repeated_rows(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    rows = df.loc[some_rows(df, rng, 0.03)]
    return pd.concat([df, rows], ignore_index=True), Planted("duplicates", ())


def repeated_but_for_id(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    if not texts(df) or len(numbers(df)) < 2:
        return None
    rows = df.loc[some_rows(df, rng, 0.03)].copy()
    c = pick(texts(df), rng)
    rows[c] = "  " + rows[c].astype(object).str.upper() + " "
    whole = pd.concat([df, rows], ignore_index=True)
    whole.insert(0, "record_id", np.arange(1, len(whole) + 1))
    return whole, Planted("duplicates", ("record_id",))


def repeated_column(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    c = pick(numbers(df), rng)
    return None if c is None else (df.assign(copy_of_it=df[c]), Planted("duplicates", ("copy_of_it",)))


def constant(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    return df.assign(export_batch="A7"), Planted("constant", ("export_batch",))


def nearly_constant(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    if len(df) < 300:
        return None
    df["flagged"] = "no"
    df.loc[some_rows(df, rng, 0.003, 1), "flagged"] = "yes"
    return df, Planted("constant", ("flagged",))


def outlier(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    """A slip of the decimal point: two values a hundred times as large."""
    c = pick([c for c in numbers(df) if df[c].median() > 1], rng)
    if c is None:
        return None
    rows = some_rows(df, rng, 0.0, 2)
    df[c] = df[c].astype(float)
    df.loc[rows, c] = df[c].median() * 100
    return df, Planted("outliers", (c,))


def units(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    c = pick(numbers(df), rng)
    if c is None:
        return None
    text = df[c].map(lambda v: None if pd.isna(v) else f"{v} kg")
    rows = some_rows(df, rng, 0.1)
    text.loc[rows] = df.loc[rows, c].map(lambda v: None if pd.isna(v) else f"{v * 2.2:.1f} lb")
    df[c] = text
    return df, Planted("types", (c,))


def mixed_numbers(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    c = pick(numbers(df), rng)
    if c is None:
        return None
    text = df[c].map(lambda v: None if pd.isna(v) else str(v))
    text.loc[some_rows(df, rng, 0.02)] = "see note"
    df[c] = text
    return df, Planted("types", (c,))


def mixed_dates(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    days = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 900, len(df)), unit="D")
    text = pd.Series(days.strftime("%Y-%m-%d"), index=df.index).astype(object)
    rows = some_rows(df, rng, 0.1)
    text.loc[rows] = pd.Series(days.strftime("%d.%m.%Y"), index=df.index).loc[rows]
    return df.assign(entered_on=text), Planted("types", ("entered_on",))


def spelling(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    c = pick([c for c in texts(df) if df[c].dropna().str.len().median() >= 3], rng)
    if c is None:
        return None
    df[c] = df[c].astype(object)
    value = df[c].mode()[0]
    rows = df.index[df[c] == value][:: max(2, int((df[c] == value).sum() // 8))][:8]
    other = value.swapcase() if value.swapcase() != value else value + "."
    df.loc[rows, c] = other
    return df, Planted("categories", (c,))


def typing_error(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    def fit(c: str) -> bool:
        top = df[c].mode()[0]
        return (
            len(top) >= 5 and top.isascii() and any(x.isalpha() for x in top) and (df[c] == top).sum() >= 25
        )

    c = pick([c for c in texts(df) if fit(c)], rng)
    if c is None:
        return None
    df[c] = df[c].astype(object)
    value = df[c].mode()[0]
    letters = [i for i, x in enumerate(value) if x.isalpha()]
    at = letters[int(rng.integers(1, len(letters)))]
    df.loc[df.index[df[c] == value][:1], c] = value[:at] + value[at + 1 :]
    return df, Planted("categories", (c,))


def spaces(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    c = pick(texts(df), rng)
    if c is None:
        return None
    df[c] = df[c].astype(object)
    rows = some_rows(df, rng, 0.03)
    df.loc[rows, c] = df.loc[rows, c].map(lambda v: v if pd.isna(v) else f"{v} ")
    return df, Planted("categories", (c,))


def impossible_age(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    df["customer_age"] = rng.integers(18, 90, len(df))
    df.loc[some_rows(df, rng, 0.01), "customer_age"] = int(rng.choice([-1, -30, 210, 999]))
    return df, Planted("impossible", ("customer_age",))


def impossible_share(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    df["discount_percent"] = rng.uniform(0, 60, len(df)).round(1)
    df.loc[some_rows(df, rng, 0.01), "discount_percent"] = 130.0
    return df, Planted("impossible", ("discount_percent",))


def end_before_start(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    start = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 900, len(df)), unit="D")
    days = pd.Series(rng.integers(1, 30, len(df)), index=df.index)
    days.loc[some_rows(df, rng, 0.01)] = -5
    df = df.assign(start_date=start, end_date=start + pd.to_timedelta(days.to_numpy(), unit="D"))
    return df, Planted("impossible", ("start_date", "end_date"))


def _daily(df: pd.DataFrame) -> pd.Series:
    return pd.Series(pd.date_range("2010-01-01", periods=len(df), freq="D"), index=df.index)


def time_gap(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    days = _daily(df)
    days.iloc[len(df) // 2 :] += pd.Timedelta(days=11)
    return df.assign(reading_day=days), Planted("time_order", ("reading_day",), (("time", "reading_day"),))


def time_backwards(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    days = _daily(df)
    at = int(rng.integers(10, len(df) - 5))
    days.iloc[at], days.iloc[at - 5] = days.iloc[at - 5], days.iloc[at]
    return df.assign(reading_day=days), Planted("time_order", ("reading_day",), (("time", "reading_day"),))


def rare_class(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    df["bought"] = "no"
    df.loc[some_rows(df, rng, 0.015), "bought"] = "yes"
    return df, Planted("imbalance", ("bought",), (("target", "bought"),))


def leak(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    """A score that was computed from the answer, with a little noise."""
    y = rng.random(len(df)) < 0.3
    df = df.assign(churned=np.where(y, "yes", "no"), risk_score=y + rng.normal(0, 0.15, len(df)))
    return df, Planted("leakage", ("risk_score",), (("target", "churned"),))


def leaking_code(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    """A code that was given because of the answer."""
    y = rng.random(len(df)) < 0.3
    code = np.where(y, rng.choice(["K1", "K2"], len(df)), rng.choice(["A1", "A2", "A3"], len(df)))
    df = df.assign(churned=np.where(y, "yes", "no"), status_code=code)
    return df, Planted("leakage", ("status_code",), (("target", "churned"),))


def e_mail(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    text = pd.Series("no remark", index=df.index).astype(object)
    rows = some_rows(df, rng, 0.02)
    text.loc[rows] = [f"please write to user{n}@example.org" for n in rng.integers(1, 10_000, len(rows))]
    return df.assign(remark=text), Planted("personal", ("remark",))


def card(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    return df.assign(payment=[_luhn(rng) for _ in range(len(df))]), Planted("personal", ("payment",))


def _luhn(rng: np.random.Generator) -> str:
    digits = [4, *rng.integers(0, 10, 14).tolist()]
    doubled = [d * 2 - 9 * (d > 4) if i % 2 == 0 else d for i, d in enumerate(digits)]
    return "".join(map(str, [*digits, -sum(doubled) % 10]))


def phone(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    numbers_ = rng.integers(1_000_000, 9_999_999, len(df))
    return df.assign(contact=[f"+44 20 {n // 10_000:04d} {n % 10_000:04d}" for n in numbers_]), Planted(
        "personal", ("contact",)
    )


def swapped_labels(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    """Two well separated classes, 2% of the labels swapped."""
    if not 200 <= len(df) <= 20_000:
        return None
    y = rng.random(len(df)) < 0.5
    df = df.assign(first=y * 3 + rng.normal(0, 0.7, len(df)), second=y * 2 + rng.normal(0, 0.7, len(df)))
    given = pd.Series(y, index=df.index)
    rows = some_rows(df, rng, 0.02, 5)
    given.loc[rows] = ~given.loc[rows]
    return df.assign(grade=np.where(given, "good", "bad")), Planted(
        "labels", ("grade",), (("target", "grade"),)
    )


def drifted(df: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, Planted] | None:
    """The other table, with one column moved by one standard deviation."""
    c = pick(numbers(df), rng)
    if c is None or len(df) < 200:
        return None
    df[c] = df[c].astype(float) + df[c].std()
    return df, Planted("drift", (c,))


PLANTERS: tuple[Planter, ...] = (
    placeholder_word, placeholder_number, missing_together, ends_early, repeated_rows, repeated_but_for_id,
    repeated_column, constant, nearly_constant, outlier, units, mixed_numbers, mixed_dates, spelling, typing_error,
    spaces, impossible_age, impossible_share, end_before_start, time_gap, time_backwards, rare_class, leak,
    leaking_code, e_mail, card, phone, swapped_labels, drifted,
)  # fmt: skip
