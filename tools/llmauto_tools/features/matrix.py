"""Columns as numbers: a sample in memory, or all rows in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import quoted
from llmauto_tools.features.target import Target
from llmauto_tools.sampling import sample_sql
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from llmauto_tools.workspace import Workspace

MAX_LEVELS = 254
"""Values of a text column that are told apart; rarer ones count as one ("other")."""

SAMPLE_ROWS = 20_000
SAMPLE_CELLS = 20_000_000
BATCH_CELLS = 8_000_000
_STATEMENT_CHARACTERS = 80_000


@dataclass(frozen=True)
class Matrix:
    """Features as rows: `values` has shape (features, rows), float64, NaN where missing.

    A categorical feature holds the positions of its values in `levels`, with len(levels) for "other".
    """

    columns: tuple[Column, ...]
    levels: tuple[tuple[str, ...] | None, ...]
    """Per feature the values of a categorical one, most frequent first; None for a number."""
    values: np.ndarray

    @property
    def names(self) -> list[str]:
        return [c.name for c in self.columns]

    @property
    def categorical(self) -> np.ndarray:
        import numpy as np

        return np.array([levels is not None for levels in self.levels], dtype=bool)

    def rows(self, index: np.ndarray) -> Matrix:
        """These rows (positions or a mask)."""
        return replace(self, values=self.values[:, index])

    def keep(self, features: Sequence[int] | np.ndarray) -> Matrix:
        """These features, in this order."""
        chosen = [int(i) for i in features]
        return Matrix(
            tuple(self.columns[i] for i in chosen), tuple(self.levels[i] for i in chosen), self.values[chosen]
        )


def is_category(column: Column) -> bool:
    return column.family == "text"


def value_sql(column: Column) -> str:
    """The expression that reads a feature: text for a category, else DOUBLE (dates in seconds)."""
    name = quoted(column.name)
    if column.dtype in {"VARCHAR", "DOUBLE"}:
        return name
    if is_category(column):
        return f"CAST({name} AS VARCHAR)"
    if column.family in {"date", "time"}:
        return f"CAST(epoch({name}) AS DOUBLE)"
    return f"CAST({name} AS DOUBLE)"


def sample_rows(columns: int) -> int:
    """Rows of the sample in memory for so many columns: fewer for a very wide table, at least 2,000."""
    return max(2_000, min(SAMPLE_ROWS, SAMPLE_CELLS // max(columns, 1)))


def read_sample(
    workspace: Workspace,
    table: str,
    target: Target,
    expressions: Sequence[str],
    rows: int,
    seed: int,
    timeout: float | None = None,
) -> list[pa.ChunkedArray[Any]]:
    """The columns of a repeatable sample of about `rows` rows with a target, in the table's order."""
    relation = f"(SELECT * FROM {quoted(table)} WHERE {target.where})"
    found: list[pa.ChunkedArray[Any]] = []
    for chunk in _chunks(expressions):
        sql = sample_sql(relation, rows, target.rows, seed, ", ".join(chunk))
        found += workspace.engine.arrow(sql, timeout=timeout).columns
    return found


def _chunks(expressions: Sequence[str]) -> Iterator[list[str]]:
    """Select lists that keep each statement within the engine's limit on its length."""
    chunk: list[str] = []
    size = 0
    for expression in expressions:
        if chunk and size + len(expression) > _STATEMENT_CHARACTERS:
            yield chunk
            chunk, size = [], 0
        chunk.append(expression)
        size += len(expression) + 2
    yield chunk


def levels_of(values: pa.ChunkedArray[Any]) -> tuple[str, ...]:
    """The most frequent values of a text column, at most MAX_LEVELS, ties by name."""
    counted = values.value_counts()
    pairs = [(str(c["values"]), int(c["counts"])) for c in counted.to_pylist() if c["values"] is not None]
    pairs.sort(key=lambda pair: (-pair[1], pair[0]))
    return tuple(name for name, _ in pairs[:MAX_LEVELS])


def matrix_of(
    columns: Sequence[Column],
    levels: Sequence[tuple[str, ...] | None],
    arrays: Sequence[pa.ChunkedArray[Any] | pa.Array[Any]],
) -> Matrix:
    """The matrix of what `value_sql` gave; infinite numbers become missing."""
    import numpy as np

    values = np.empty((len(columns), len(arrays[0]) if arrays else 0), dtype=np.float64)
    for i, array in enumerate(arrays):
        values[i] = _numbers(array, levels[i])
    return Matrix(tuple(columns), tuple(levels), values)


def _numbers(array: Any, levels: tuple[str, ...] | None) -> np.ndarray:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if levels is None:
        numbers = np.asarray(array, dtype=np.float64)
        if not np.isfinite(numbers.sum()):  # NaN or an infinity somewhere: one pass tells
            numbers = np.where(np.isfinite(numbers), numbers, np.nan)
        return numbers
    codes = pc.fill_null(pc.index_in(array, value_set=pa.array(levels, pa.string())), len(levels))
    numbers = np.asarray(codes, dtype=np.float64)
    if array.null_count:
        numbers = numbers.copy()
        numbers[np.asarray(pc.is_null(array), dtype=bool)] = np.nan
    return numbers


def batches(
    workspace: Workspace, table: str, target: Target, like: Matrix, timeout: float | None = None
) -> Iterator[tuple[Matrix, np.ndarray]]:
    """All rows with a target, in batches: the features of `like`, and the target's numbers."""
    chosen = ", ".join([*(value_sql(c) for c in like.columns), target.sql])
    rows = max(2_048, BATCH_CELLS // max(len(like.columns), 1))
    sql = f"SELECT {chosen} FROM {quoted(table)} WHERE {target.where}"
    for batch in workspace.engine.batches(sql, rows, timeout=timeout):
        *arrays, last = batch.columns
        yield matrix_of(like.columns, like.levels, arrays), target.numbers(last)
