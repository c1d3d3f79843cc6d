"""Find the columns that a person named, or say which ones are nearest."""

from __future__ import annotations

from collections.abc import Sequence

from llmauto_tools.errors import InvalidArguments, did_you_mean
from llmauto_tools.schema import Column, Table

LISTED = 12
"""Columns that an error lists where no name is near."""


def find_column(table: Table, name: str) -> Column:
    """The column of that name (exact, else ignoring case). Raises InvalidArguments with the nearest."""
    column = table.column(name)
    if column is None:
        names = [c.name for c in table.columns]
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        hint = did_you_mean(name, names) or f"Its columns are: {', '.join(names[:LISTED])}{more}."
        raise InvalidArguments(f"The table '{table.name}' has no column '{name}'.", hint)
    return column


def find_columns(table: Table, names: Sequence[str] | None) -> list[Column]:
    """The columns of those names, without repeats; all of the table's where `names` is None."""
    if names is None:
        return list(table.columns)
    return list(dict.fromkeys(find_column(table, name) for name in names))


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"
