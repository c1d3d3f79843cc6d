"""The sample that a profile works on, in a private DuckDB of its own.

What costs many passes (quantiles, ranks, pairs of columns) is measured on a sample, which is drawn in one
scan by the engine and copied into an in-memory DuckDB, under names of ours (c0, c1, ...), so that no name
and no statement of a person gets there. A table that is small enough is its own sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import quoted
from llmauto_tools.profile.kinds import in_statements
from llmauto_tools.sampling import sample_sql
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    import pyarrow as pa

    from llmauto_tools.workspace import Workspace

SAMPLE_ROWS = 60_000
SAMPLE_CELLS = 20_000_000
TEXT_CELLS = 4_000_000
"""Cells of text take up to CUT_CHARACTERS bytes and more each."""
MIN_ROWS = 2_000
CUT_CHARACTERS = 200
FINITE = 1e100
"""Larger numbers count as infinite: the sums of their powers would not be finite."""


def finite(column: Column) -> str:
    """A column of numbers as DOUBLE, NULL where it is NaN or infinite (NaN is above all in DuckDB)."""
    value = f"CAST({quoted(column.name)} AS DOUBLE)"
    return f"CASE WHEN abs({value}) < {FINITE} THEN {value} END" if may_be_infinite(column) else value


def may_be_infinite(column: Column) -> bool:
    return column.dtype.upper() in {"FLOAT", "DOUBLE", "BIGNUM"}


def moment(column: Column) -> str:
    """A column of dates or times as TIMESTAMP, NULL where it is infinite."""
    value = f"CAST({quoted(column.name)} AS TIMESTAMP)"
    return f"CASE WHEN isfinite({quoted(column.name)}) THEN {value} END"


def sample_size(columns: Sequence[Column]) -> int:
    """Rows for a sample of these columns."""
    texts = sum(c.family not in ("number", "date") for c in columns)
    rows = min(SAMPLE_ROWS, SAMPLE_CELLS // max(len(columns), 1), TEXT_CELLS // max(texts, 1))
    return max(rows, MIN_ROWS)


class Sample:
    """A sample of a table. Column i of `columns` is c{i} of its table `s`: numbers and times (seconds since
    1970) as DOUBLE, everything else as text that is cut to CUT_CHARACTERS. A context manager."""

    def __init__(self, columns: Sequence[Column], data: pa.Table, of: int, threads: int | None) -> None:
        import duckdb

        self.columns = list(columns)
        self.of = of
        self.rows: int = data.num_rows
        self._connection = duckdb.connect(config={"threads": threads} if threads else {})
        self._connection.register("arrow", data)
        self._connection.execute("CREATE TABLE s AS SELECT * FROM arrow")
        self._connection.unregister("arrow")

    @property
    def whole(self) -> bool:
        """It holds all rows of the table."""
        return self.rows == self.of

    def rows_of(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a statement of ours over `s`."""
        return self._connection.execute(sql).fetchall()

    def run(self, sql: str) -> None:
        self._connection.execute(sql)

    def position(self, name: str) -> int:
        return next(i for i, c in enumerate(self.columns) if c.name == name)

    def is_number(self, position: int) -> bool:
        """It is stored as DOUBLE: a number or a time."""
        return self.columns[position].family in ("number", "date")

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Sample:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def draw_sample(
    workspace: Workspace, table: str, columns: Sequence[Column], rows: int, seed: int, timeout: float | None
) -> Sample:
    """A sample of about `sample_size(columns)` of the `rows` rows, the same for the same seed.

    Wide tables are read in several statements; each picks the same rows, in the table's order.
    """
    size = sample_size(columns)
    parts: list[pa.ChunkedArray] = []
    for part in in_statements(columns, 130):
        selected = ", ".join(f"{_stored(c)} AS c{len(parts) + i}" for i, c in enumerate(part))
        sql = sample_sql(quoted(table), size, rows, seed, selected)
        parts.extend(workspace.engine.arrow(sql, timeout=timeout).columns)
    import pyarrow as pa

    data = pa.table({f"c{i}": values for i, values in enumerate(parts)})
    return Sample(columns, data, rows, workspace.limits.threads)


def _stored(column: Column) -> str:
    if column.family == "number":
        return finite(column)
    if column.family == "date":
        return f"epoch({moment(column)})"
    return f"left(CAST({quoted(column.name)} AS VARCHAR), {CUT_CHARACTERS})"
