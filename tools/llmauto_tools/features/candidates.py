"""Which columns can be features, and why the others are left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from llmauto_tools.features.matrix import Matrix, is_category, levels_of, matrix_of
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    import pyarrow as pa

Cause = Literal["target", "folds", "type", "empty", "constant", "missing", "identifier", "text", "leak"]

MOST_MISSING = 0.95
ONE_VALUE = 0.998
"""Share of the most frequent value from which on a column counts as constant."""
_FEW = 20
"""Rows below which different values in every row mean nothing."""
_ID_NAME = re.compile(
    r"(?:^|[\s_.-])(?i:id|uuid|guid|key|no|nr|code)$|[a-z](?:Id|ID|Key)$|编号|单号|订单号|工号|号码|主键"
)


@dataclass(frozen=True)
class LeftOut:
    """A column that is no candidate, and why, in words."""

    name: str
    cause: Cause
    reason: str


def by_type(
    columns: Sequence[Column], target: str, folds: Sequence[str]
) -> tuple[list[Column], list[LeftOut]]:
    """The columns whose types can be features, and those that cannot be for their type or part."""
    fits: list[Column] = []
    out: list[LeftOut] = []
    for column in columns:
        if column.name == target:
            out.append(LeftOut(column.name, "target", "is the target itself"))
        elif column.name in folds:
            out.append(LeftOut(column.name, "folds", "divides the rows into folds"))
        elif column.family == "other" or column.dtype == "INTERVAL":
            out.append(
                LeftOut(column.name, "type", f"is of type {column.dtype}, which no measure here can read")
            )
        else:
            fits.append(column)
    return fits, out


def by_values(
    columns: Sequence[Column], arrays: Sequence[pa.ChunkedArray[Any]], rows: int
) -> tuple[Matrix, list[LeftOut], dict[str, int]]:
    """The candidates as a matrix, the columns whose values say nothing, and infinite values per column.

    arrays: the sample, as `matrix.value_sql` reads it; rows: rows of the whole table with a target.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kept: list[Column] = []
    levels: list[tuple[str, ...] | None] = []
    values: list[pa.ChunkedArray[Any]] = []
    out: list[LeftOut] = []
    infinite: dict[str, int] = {}
    for column, array in zip(columns, arrays, strict=True):
        if not is_category(column):
            array, count = _without_infinite(array)
            if count:
                infinite[column.name] = count
        left = _why_not(column, array, rows)
        if left is not None:
            out.append(left)
            continue
        kept.append(column)
        levels.append(levels_of(array) if is_category(column) else None)
        values.append(array if is_category(column) else pc.cast(array, pa.float64()))
    return matrix_of(kept, levels, values), out, infinite


def _without_infinite(array: pa.ChunkedArray[Any]) -> tuple[pa.ChunkedArray[Any], int]:
    """Infinite and not-a-number values as missing, and how many infinite ones there were."""
    import pyarrow as pa
    import pyarrow.compute as pc

    infinite = pc.sum(pc.is_inf(array)).as_py() or 0
    if infinite or pc.any(pc.is_nan(array)).as_py():
        array = pc.if_else(pc.is_finite(array), array, pa.scalar(None, pa.float64()))
    return array, int(infinite)


def _why_not(column: Column, array: pa.ChunkedArray[Any], rows: int) -> LeftOut | None:
    import pyarrow.compute as pc

    n, present = len(array), len(array) - array.null_count
    if present == 0:
        return LeftOut(column.name, "empty", "has no value in any row")
    missing = array.null_count / n
    if missing >= MOST_MISSING:
        return LeftOut(column.name, "missing", f"{missing:.1%} of its values are missing")
    different = pc.count_distinct(array, mode="only_valid").as_py()
    if different == 1 and missing == 0:
        return LeftOut(column.name, "constant", "has the same value in every row")
    share = _top_share(array, different, n)
    if share >= ONE_VALUE:
        return LeftOut(column.name, "constant", f"has one value in {share:.1%} of the rows")
    if present >= _FEW and _is_identifier(column, array, present, different, rows):
        return LeftOut(column.name, "identifier", "is an identifier: nearly every row has a value of its own")
    if is_category(column) and different > 50 and different > 0.5 * present:
        reason = f"is free text or a name: {different:,} different values in {present:,} rows"
        return LeftOut(column.name, "text", reason)
    return None


def _top_share(array: pa.ChunkedArray[Any], different: int, rows: int) -> float:
    """Share of the most frequent value (a missing one counts), 0 where there are too many to tell."""
    import pyarrow.compute as pc

    if different > (1 - ONE_VALUE) * rows + 2:
        return 0.0
    return float(pc.max(pc.struct_field(array.value_counts(), "counts")).as_py()) / rows


def _is_identifier(
    column: Column, array: pa.ChunkedArray[Any], present: int, different: int, rows: int
) -> bool:
    """Text that hardly repeats, or whole numbers that do not and are named or numbered as keys are."""
    import pyarrow.compute as pc

    share = different / present
    named = _ID_NAME.search(column.name) is not None
    if is_category(column):
        return share >= 0.95 or (named and share >= 0.5)
    base = column.dtype.split("(")[0]
    if column.family != "number" or base in {"DOUBLE", "FLOAT", "DECIMAL"}:
        return False
    if named and share >= 0.9:
        return True
    ends = pc.min_max(array).as_py()
    return share == 1.0 and ends["max"] - ends["min"] < 1.2 * rows
