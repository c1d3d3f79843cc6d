"""What came of a question against what was expected."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from llmauto_agent.semantics.questions import Tolerance

_SHOWN_ROWS = 3


def value_difference(expected: Any, got: Any, tolerance: Tolerance | None) -> str | None:
    """Why a value is not the expected one, or None where it is."""
    if _same(expected, got, tolerance):
        return None
    off = ""
    if _is_number(expected) and _is_number(got):
        change = float(got) - float(expected)
        off = f" (off by {change:+.6g}"
        off += f", {change / abs(float(expected)):+.2%})" if expected else ")"
    return f"expected {_shown(expected)}, got {_shown(got)}{off}"


def rows_difference(
    expected: Sequence[Sequence[Any]],
    got: Sequence[Sequence[Any]],
    tolerance: Tolerance | None,
    *,
    ordered: bool,
) -> str | None:
    """Why rows are not the expected ones, or None where they are. Without `ordered`, in any order."""
    width, found = (len(rows[0]) if rows else None for rows in (expected, got))
    if width is not None and found is not None and width != found:
        return f"expected {width} columns, got {found}: {_row(got[0])}"
    if ordered:
        return _first_difference(expected, got, tolerance)
    left = list(got)
    missing = []
    for row in expected:
        place = next((i for i, other in enumerate(left) if _same_row(row, other, tolerance)), None)
        if place is None:
            missing.append(row)
        else:
            left.pop(place)
    if not missing and not left:
        return None
    parts = [f"missing {_rows(missing)}"] if missing else []
    parts += [f"not expected {_rows(left)}"] if left else []
    return f"{len(expected)} rows expected, {len(got)} came: " + "; ".join(parts)


def _first_difference(
    expected: Sequence[Sequence[Any]], got: Sequence[Sequence[Any]], tolerance: Tolerance | None
) -> str | None:
    for i, (row, other) in enumerate(zip(expected, got, strict=False), 1):
        if not _same_row(row, other, tolerance):
            return f"row {i}: expected {_row(row)}, got {_row(other)}"
    if len(expected) != len(got):
        return f"{len(expected)} rows expected, {len(got)} came"
    return None


def _same_row(expected: Sequence[Any], got: Sequence[Any], tolerance: Tolerance | None) -> bool:
    return len(expected) == len(got) and all(
        _same(a, b, tolerance) for a, b in zip(expected, got, strict=True)
    )


def _same(expected: Any, got: Any, tolerance: Tolerance | None) -> bool:
    if expected is None or got is None:
        return expected is None and got is None
    if _is_number(expected) and _is_number(got):
        return _near(expected, got, tolerance)
    if isinstance(expected, bool) or isinstance(got, bool):
        return str(expected).lower() == str(got).lower()
    return _text(expected) == _text(got)


def _near(expected: Any, got: Any, tolerance: Tolerance | None) -> bool:
    """Within the tolerance; without one, a number that is written with decimals is met when rounding to these
    gives it, and a whole number only by itself."""
    a, b = float(expected), float(got)
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    room = max(abs(a), abs(b)) * 1e-9  # sums of the same floats in another order
    if tolerance is not None:
        return abs(a - b) <= max(tolerance.absolute, tolerance.relative * abs(a)) + room
    exponent = Decimal(repr(expected)).as_tuple().exponent if isinstance(expected, float) else 0
    decimals = -exponent if isinstance(exponent, int) else 0
    half = 0.5 * 10.0**-decimals if isinstance(expected, float) and 0 < decimals <= 9 else 0.0
    return abs(a - b) <= half + room


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _text(value: Any) -> str:
    """A value as text; a timestamp at midnight is its date."""
    if isinstance(value, dt.datetime):
        value = value.isoformat(" ")
    text = str(value).strip()
    for midnight in (" 00:00:00", "T00:00:00"):
        text = text.removesuffix(midnight)
    return text


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return f"{value:.12g}"
    return repr(value) if isinstance(value, str) else str(value)


def _row(row: Sequence[Any]) -> str:
    return "[" + ", ".join(_shown(v) for v in row) + "]"


def _rows(rows: Sequence[Sequence[Any]]) -> str:
    more = len(rows) - _SHOWN_ROWS
    return ", ".join(_row(r) for r in rows[:_SHOWN_ROWS]) + (f" and {more} more" if more > 0 else "")
