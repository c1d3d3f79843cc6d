"""Cast, trim, unify, dates, drop, deduplicate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from .conftest import Made


def values(column: pd.Series) -> list[object]:
    return [None if pd.isna(v) else v for v in column]


def test_cast(run: Made) -> None:
    train = pd.DataFrame(
        {
            "n": [" 1,234.5 ", "-7e2", "inf", "0x10", "abc", None],
            "b": ["Yes", "no", "T", "0", "maybe", None],
            "d": ["31.12.2024", "01.02.2023", "2024-01-01", "", None, "x"],
            "i": ["2024-02-29", "2024-02-30", "2024-01-05 10:30:00", "", None, "soon"],
        }
    )
    steps = [
        {"kind": "cast", "to": "number", "columns": ["n"]},
        {"kind": "cast", "to": "boolean", "columns": ["b"]},
        {"kind": "cast", "to": "timestamp", "format": "%d.%m.%Y", "columns": ["d"]},
        {"kind": "cast", "to": "timestamp", "columns": ["i"]},
    ]
    _, found = run(steps, train)
    assert values(found["n"]) == [1234.5, -700.0, None, None, None, None]
    assert values(found["b"]) == [True, False, True, False, None, None]
    assert values(found["d"])[:3] == [pd.Timestamp("2024-12-31"), pd.Timestamp("2023-02-01"), None]
    assert values(found["i"]) == [
        pd.Timestamp("2024-02-29"),
        None,
        pd.Timestamp("2024-01-05 10:30"),
        None,
        None,
        None,
    ]


def test_trim_and_unify(run: Made) -> None:
    train = pd.DataFrame({"c": ["USA", " U.S.A. ", "usa", "USA", "UK", "u k", "\u3000法国\u00a0", "", "?"]})
    new = pd.DataFrame({"c": ["u-s-a", "U K", "法国", "Peru", "?", "   ", None]})
    _, found = run([{"kind": "trim", "columns": ["c"]}, {"kind": "unify", "columns": ["c"]}], train, new)
    assert values(found["c"]) == ["USA", "UK", "法国", "Peru", "?", None, None]


def test_unify_by_a_mapping(run: Made) -> None:
    train = pd.DataFrame({"c": ["M", "male", "F", "it's {prev}", None]})
    step = {"kind": "unify", "columns": ["c"], "mapping": {"M": "male", "F": "female", "it's {prev}": "x'y"}}
    assert values(run([step], train)[1]["c"]) == ["male", "male", "female", "x'y", None]


def test_dates(run: Made) -> None:
    train = pd.DataFrame(
        {
            "d": pd.to_datetime(
                ["2024-12-30 23:45:10", "2021-01-03", None, "2023-06-15 12:00"], format="ISO8601"
            )
        }
    )
    parts = ["year", "quarter", "month", "week", "day", "weekday", "dayofyear", "hour", "minute"]
    step = {
        "kind": "dates",
        "columns": ["d"],
        "parts": parts,
        "cycles": ["month", "weekday", "dayofyear", "hour"],
        "age": True,
    }
    _, found = run([step], train)
    day = train["d"].dt
    expected = {
        "week": day.isocalendar().week.astype(float),
        "weekday": day.day_of_week,
        "dayofyear": day.day_of_year,
    }
    for part in parts:
        np.testing.assert_allclose(
            found[f"d_{part}"], expected[part] if part in expected else getattr(day, part)
        )
    np.testing.assert_allclose(found["d_hour_sin"], np.sin(2 * np.pi * day.hour / 24))
    np.testing.assert_allclose(found["d_month_cos"], np.cos(2 * np.pi * (day.month - 1) / 12))
    np.testing.assert_allclose(
        found["d_age_days"], (train["d"].max() - train["d"]).dt.total_seconds() / 86400
    )
    assert "d" not in found
    _, since = run(
        [{"kind": "dates", "columns": ["d"], "parts": [], "since": "2020-01-01", "keep": True}], train
    )
    np.testing.assert_allclose(
        since["d_age_days"], (pd.Timestamp("2020-01-01") - train["d"]).dt.total_seconds() / 86400
    )
    assert "d" in since


def test_duplicates_are_dropped_among_the_training_rows_only(run: Made) -> None:
    train = pd.DataFrame({"a": [1, 1, 2, 1, None, None], "b": ["x", "x", "y", "z", None, None]})
    fitted, kept = run([{"kind": "deduplicate"}], train, training=True)
    assert values(kept["b"]) == ["x", "y", "z", None]
    assert (fitted.learned[0]["dropped"], fitted.train_rows) == (2, 4)
    _, everything = run([{"kind": "deduplicate"}], train)
    assert len(everything) == 6
    _, by_a = run([{"kind": "deduplicate", "columns": ["a"]}], train, training=True)
    assert values(by_a["b"]) == ["x", "y", None]


@pytest.mark.parametrize("names", [['a"b', "select", "", "{x}", "Ünï 中", "it's", "a'); --"]])
def test_hostile_names(run: Made, names: list[str]) -> None:
    rng = np.random.default_rng(1)
    train = pd.DataFrame({n: rng.normal(size=30) for n in names})
    text = pd.DataFrame(
        {f"t{n}": rng.choice(np.array(["it's", 'q"q', "{prev}"], dtype=object), 30) for n in names}
    )
    train = pd.concat([train, text], axis=1)
    _, found = run([{"kind": "scale"}, {"kind": "unify"}, {"kind": "encode", "method": "onehot"}], train)
    columns = [c for c in found.columns if "_" not in c]
    assert len(columns) == len(names)
    np.testing.assert_allclose(found[columns].mean(), 0, atol=1e-9)
    assert found.shape[1] == len(names) * 4
