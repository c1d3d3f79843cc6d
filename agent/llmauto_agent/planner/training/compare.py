"""Whether the rows of an answer are those of the gold SQL."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

Verdict = Literal["equal", "covers", "wrong"]
KEPT_ROWS = 200
"""Gold rows beyond these are not stored; their number is."""


def plain(value: Any) -> Any:
    """A cell in a comparable form: numbers with 4 decimals, dates as text, text without case."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, decimal.Decimal):
        value = float(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        value = round(float(f"{value:.10g}"), 4)
        return int(value) if value.is_integer() else value
    if isinstance(value, (dt.date, dt.datetime, dt.time)):
        return str(value)
    return value.strip().lower() if isinstance(value, str) else value


def compare(
    gold: Sequence[Sequence[Any]], row_count: int, got: Sequence[Sequence[Any]], *, ordered: bool
) -> Verdict:
    """ "equal": the same columns (in any order) and rows; "covers": further columns besides.

    Rows are compared as a multiset, or in order where the gold SQL orders them. Where the gold rows are
    cut, the answer has to have the right number of rows and contain the stored ones.
    """
    if len(got) != row_count:
        return "wrong"
    if not gold:
        return "equal"
    wanted = [[plain(v) for v in column] for column in zip(*gold, strict=True)]
    have = [[plain(v) for v in column] for column in zip(*got, strict=True)]
    if ordered:
        have = [column[:KEPT_ROWS] for column in have]
    if len(have) < len(wanted) or not _assign(wanted, have, [], ordered=ordered):
        return "wrong"
    return "equal" if len(have) == len(wanted) else "covers"


def _assign(wanted: list[list[Any]], have: list[list[Any]], chosen: list[int], *, ordered: bool) -> bool:
    """Find a different column of the answer for each gold column, so that the rows agree."""
    if len(chosen) == len(wanted):
        return _contained(wanted, [have[i] for i in chosen], ordered=ordered)
    target = wanted[len(chosen)]
    return any(
        _contained([target], [column], ordered=ordered)
        and _assign(wanted, have, [*chosen, i], ordered=ordered)
        for i, column in enumerate(have)
        if i not in chosen
    )


def _contained(wanted: list[list[Any]], have: list[list[Any]], *, ordered: bool) -> bool:
    left, right = list(zip(*wanted, strict=True)), list(zip(*have, strict=True))
    if ordered:
        return left == right
    return not Counter(left) - Counter(right)
