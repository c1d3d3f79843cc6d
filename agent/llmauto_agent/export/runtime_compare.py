"""Comparing a replayed result with the recorded one.

Like `runtime`, this text is copied into every export, so it imports nothing of llmauto.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
from typing import Any

TOLERANCE = 1e-9
"""Relative; sums of floating-point numbers differ in their last digits from run to run."""


def compare_columns(replayed: list[Any], recorded: list[Any], names: bool) -> str:
    """How the columns differ, or ''. `names` False compares types only."""
    if len(replayed) != len(recorded):
        return f"{len(replayed)} columns, recorded {len(recorded)}"
    for (name, dtype), (old_name, old_dtype) in zip(replayed, recorded, strict=True):
        if names and name != old_name:
            return f"a column is named {name!r}, recorded {old_name!r}"
        if dtype != old_dtype:
            return f"the column {name!r} is {dtype}, recorded {old_dtype}"
    return ""


def compare_in_order(
    replayed: list[Any], recorded: list[Any], keys: tuple[int, ...] | None, cut: bool
) -> tuple[str, str]:
    """(how the rows differ, a note), where the order counts but rows with equal keys may change places.

    `cut`: a LIMIT or a bound ends the rows, so that the last of equal keys may be others.
    """
    if len(replayed) == len(recorded) and all(
        same_row(a, b) for a, b in zip(replayed, recorded, strict=True)
    ):
        return "", ""
    if keys is None:
        missing, _ = unmatched(recorded, replayed)
        if missing:
            return f"{len(missing):,} recorded rows are not there, such as {brief(missing[0])}", ""
        return "", "in another order, by a key that is not in the result"
    groups: list[tuple[list[Any], list[Any]]] = []
    for i, (new, old) in enumerate(zip(replayed, recorded, strict=True)):
        if not same_row([new[k] for k in keys], [old[k] for k in keys]):
            return f"row {i + 1} is {brief(new)}, recorded {brief(old)}", ""
        if not groups or not same_row([old[k] for k in keys], [groups[-1][1][0][k] for k in keys]):
            groups.append(([], []))
        groups[-1][0].append(new)
        groups[-1][1].append(old)
    for i, (new_rows, old_rows) in enumerate(groups):
        missing, extra = unmatched(old_rows, new_rows)
        if missing and not (cut and i == len(groups) - 1):
            return f"{brief(extra[0])} in place of the recorded {brief(missing[0])}", ""
        if missing:
            return "", "rows with equal keys at its end are others"
    return "", "rows with equal keys in another order"


def unmatched(recorded: list[Any], replayed: list[Any]) -> tuple[list[Any], list[Any]]:
    """Recorded rows without a partner among the replayed ones, and the other way round, in any order."""
    waiting: dict[str, list[Any]] = {}
    for row in recorded:
        waiting.setdefault(_bucket(row), []).append(row)
    left = []
    for row in replayed:
        if not _take(waiting.get(_bucket(row), []), row):
            left.append(row)
    missing = [row for rows in waiting.values() for row in rows]
    if missing and len(left) * len(missing) <= 1_000_000:  # values that straddle a bucket's edge
        left = [row for row in left if not _take(missing, row)]
    return missing, left


def _bucket(row: list[Any]) -> str:
    """Equal for equal rows; floats count with 8 digits, so that noise does not tell rows apart."""
    return repr([f"{v:.8g}" if isinstance(v, float) else v for v in row])


def _take(rows: list[Any], wanted: list[Any]) -> bool:
    for i, row in enumerate(rows):
        if same_row(row, wanted):
            del rows[i]
            return True
    return False


def same_row(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(same_value(x, y) for x, y in zip(a, b, strict=True))


def same_value(a: Any, b: Any) -> bool:
    """Equality of JSON values; numbers of which one is floating within the tolerance."""
    if isinstance(a, list) and isinstance(b, list):
        return same_row(a, b)
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and same_row(list(a.values()), list(b.values()))
    numbers = (int, float)
    if isinstance(a, numbers) and isinstance(b, numbers) and (isinstance(a, float) or isinstance(b, float)):
        return math.isclose(a, b, rel_tol=TOLERANCE)
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def to_json_value(value: Any) -> Any:
    """A value as the ledger stores it (llmauto_tools.results.to_json_value)."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, decimal.Decimal):
        if not value.is_finite():
            return to_json_value(float(value))
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, dict):
        return {str(k): to_json_value(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [to_json_value(v) for v in value]
    return str(value)


def in_utc(value: Any) -> Any:
    """A recorded moment in UTC, whatever offset it was written with."""
    try:
        return dt.datetime.fromisoformat(value).astimezone(dt.UTC).isoformat()
    except (TypeError, ValueError):
        return value


def short(value: Any, limit: int = 60) -> str:
    text = str(value).replace("\n", " ")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def brief(row: Any) -> str:
    return short(repr(tuple(row)), 300)
