"""What the columns of a table mean, beyond their storage types.

The kind is told from a column's name, its type and the values in the first rows of the table (at most
HEAD_ROWS rows and HEAD_CELLS cells). A column that looks empty or constant there is looked at in the whole
table before it is called so. The rules and their thresholds (kind_rules.py) are ours; a kind is a good
guess that a person may overrule, not a fact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import find_columns, quoted
from llmauto_tools.profile.kind_rules import Kind, Seen, kind_of
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

__all__ = ["Kind", "semantic_kinds"]

HEAD_ROWS = 10_000
HEAD_CELLS = 1_000_000
MIN_HEAD_ROWS = 100
SEEN_CHARACTERS = 300
"""Longer texts are cut: the rest tells nothing more about their kind."""
SEEN_VALUES = 1_000
"""Different values of a column that the rules look at."""
STATEMENT_CHARACTERS = 80_000
"""Select lists are split at this length; the guard refuses statements above 100,000 characters."""


def semantic_kinds(
    workspace: Workspace, table: str, columns: Sequence[str] | None = None, *, timeout: float | None = None
) -> dict[str, Kind]:
    """The kind of each column, by its name as the table spells it, in the order asked for.

    One query over the first rows; a second one over the whole table for the columns that have at most one
    value there. Raises QueryInvalid for an unknown table, InvalidArguments for an unknown column.
    """
    found = workspace.table(table)
    chosen = find_columns(found, columns)
    rows = min(HEAD_ROWS, max(MIN_HEAD_ROWS, HEAD_CELLS // max(len(chosen), 1)))
    seen = [s for part in in_statements(chosen) for s in _head(workspace, found.name, part, rows, timeout)]
    doubtful = [s for s in seen if not s.whole and s.distinct <= 1]
    checked = {s.column.name: s for s in _whole(workspace, found.name, doubtful, timeout)}
    return {s.column.name: kind_of(checked.get(s.column.name, s)) for s in seen}


def in_statements(columns: Sequence[Column], characters: int = 30) -> Iterator[list[Column]]:
    """Split columns so that a select list with about `characters` more than each name fits a statement."""
    part: list[Column] = []
    length = 0
    for column in columns:
        size = len(column.name) + characters
        if part and length + size > STATEMENT_CHARACTERS:
            yield part
            part, length = [], 0
        part.append(column)
        length += size
    if part:
        yield part


def _head(
    workspace: Workspace, table: str, columns: Sequence[Column], rows: int, timeout: float | None
) -> Iterator[Seen]:
    selected = ", ".join(f"{_plain(c)} AS c{i}" for i, c in enumerate(columns))
    head = workspace.engine.arrow(f"SELECT {selected} FROM {quoted(table)} LIMIT {rows + 1}", timeout=timeout)
    for column, values in zip(columns, head.columns, strict=True):
        yield _seen(column, values, head.num_rows <= rows)


def _plain(column: Column) -> str:
    """Numbers as DOUBLE; everything else as text, cut."""
    name = quoted(column.name)
    if column.family == "number":
        return f"CAST({name} AS DOUBLE)"
    return f"left(CAST({name} AS VARCHAR), {SEEN_CHARACTERS})"


def _seen(column: Column, values: Any, whole: bool) -> Seen:
    import pyarrow.compute as pc

    different = pc.unique(values).drop_null()
    some = tuple(different.slice(0, SEEN_VALUES).to_pylist())
    return Seen(column, len(values), values.null_count, len(different), some, whole)


def _whole(
    workspace: Workspace, table: str, doubtful: Sequence[Seen], timeout: float | None
) -> Iterator[Seen]:
    """Look at the whole table for columns with at most one value among the first rows."""
    for part in in_statements([s.column for s in doubtful], 160):
        measures = ", ".join(
            f"count({q}), min({p}), max({p}), approx_count_distinct({q})"
            for q, p in ((quoted(c.name), _plain(c)) for c in part)
        )
        result = workspace.engine.query(f"SELECT count(*), {measures} FROM {quoted(table)}", timeout=timeout)
        rows, *found = result.rows[0]
        for i, column in enumerate(part):
            present, low, high, distinct = found[4 * i : 4 * i + 4]
            ends = tuple(dict.fromkeys(v for v in (low, high) if v is not None))
            several = max(distinct, 2) if len(ends) > 1 else len(ends)
            seen = Seen(column, rows, rows - present, several, ends, True)
            yield replace(seen, values=_numbers(ends)) if column.family == "number" else seen


def _numbers(values: Sequence[Any]) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
