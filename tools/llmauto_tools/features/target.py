"""The target of a selection: its task, and its values as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from llmauto_tools.columns import quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from llmauto_tools.workspace import Workspace

Task = Literal["classification", "regression"]

MAX_CLASSES = 50
WHOLE_CLASSES = 10
"""Whole numbers with at most this many different values are read as classes."""
FEWEST_ROWS = 10


@dataclass(frozen=True)
class Target:
    """What is to be predicted. `classes` are the labels as text, most frequent first; none for an amount."""

    column: Column
    task: Task
    classes: tuple[str, ...]
    class_rows: tuple[int, ...]
    rows: int
    """Rows with a usable target."""
    missing: int
    notes: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        """The expression that reads it: text for classes, DOUBLE for an amount."""
        name = quoted(self.column.name)
        return f"CAST({name} AS VARCHAR)" if self.task == "classification" else _amount_sql(self.column)

    @property
    def where(self) -> str:
        """The rows with a target; an infinite amount is none."""
        return usable_sql(self.column)

    def numbers(self, values: pa.Array[Any]) -> np.ndarray:
        """Class codes 0, 1, ... (intp) or amounts (float64) of what `sql` gave; shape (n,)."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.task == "regression":
            return np.asarray(pc.cast(values, pa.float64()), dtype=np.float64)
        codes = pc.index_in(pc.cast(values, pa.string()), value_set=pa.array(self.classes, pa.string()))
        return np.asarray(codes, dtype=np.intp)


def usable_sql(column: Column) -> str:
    """The condition for a target that is neither missing nor, as a number, infinite or not a number."""
    name = quoted(column.name)
    if column.dtype in {"DOUBLE", "FLOAT"}:
        return f"isfinite({name})"
    return f"{name} IS NOT NULL"


def _amount_sql(column: Column) -> str:
    name = quoted(column.name)
    if column.family == "date":
        return f"CAST(epoch({name}) AS DOUBLE)"
    return f"CAST({name} AS DOUBLE)"


def read_target(workspace: Workspace, table: str, column: Column, asked: Task | None) -> Target:
    """Look at the target: its task (as asked, else from its type and values) and classes.

    Raises InvalidArguments for a target without two different values, with too few rows, with too many
    classes, and for text of which an amount is asked.
    """
    usable, relation = usable_sql(column), quoted(table)
    counts = workspace.engine.query(
        f"SELECT count(*), count(*) FILTER ({usable}), approx_count_distinct({quoted(column.name)}) FROM {relation}"
    ).rows[0]
    total, rows = int(counts[0]), int(counts[1])
    groups = workspace.engine.query(
        f"SELECT CAST({quoted(column.name)} AS VARCHAR) AS label, count(*) AS n FROM {relation}"
        f" WHERE {usable} GROUP BY 1 ORDER BY n DESC, label",
        max_rows=MAX_CLASSES,
    )
    distinct = groups.row_count if groups.row_count is not None else int(counts[2])
    _check_values(column, rows, distinct)
    task, notes = _task(column, distinct, asked)
    if task == "classification" and distinct > MAX_CLASSES:
        raise _too_many_classes(column, distinct)
    if missing := total - rows:
        notes.append(f"{missing:,} of {total:,} rows have no {column.name} and are left out.")
    found = groups.rows if task == "classification" else ()
    return Target(
        column, task, tuple(str(r[0]) for r in found), tuple(int(r[1]) for r in found), rows, missing,
        tuple(notes),
    )  # fmt: skip


def _check_values(column: Column, rows: int, distinct: int) -> None:
    name = column.name
    if column.family in {"other", "time"}:
        raise InvalidArguments(
            f"The target '{name}' is of type {column.dtype}, which is neither classes nor an amount.",
            "Choose a number, text, date or boolean column.",
        )
    if rows == 0:
        raise InvalidArguments(f"The target '{name}' has no value in any row.", "Choose another target.")
    if distinct < 2:
        raise InvalidArguments(
            f"The target '{name}' has one value only, so nothing can be told apart.",
            "Choose a column with at least two values, or attach rows of the other kind too.",
        )
    if rows < FEWEST_ROWS:
        raise InvalidArguments(
            f"Only {rows} rows have a {name}: too few to divide into folds (at least {FEWEST_ROWS}).",
            "Attach more rows.",
        )


def _task(column: Column, distinct: int, asked: Task | None) -> tuple[Task, list[str]]:
    name, family = column.name, column.family
    if asked == "regression" and family in {"text", "boolean"} and distinct != 2:
        raise InvalidArguments(
            f"The target '{name}' is text, and a regression needs an amount.",
            "Leave task out for classes, or turn the column into a number first.",
        )
    if asked == "regression" and family in {"text", "boolean"}:
        raise InvalidArguments(
            f"The target '{name}' has two labels; a regression needs an amount.", "Use task=classification."
        )
    if asked is not None:
        return asked, []
    if family in {"text", "boolean"} or distinct == 2:
        return "classification", []
    whole = column.family == "number" and column.dtype.split("(")[0] not in {"DOUBLE", "FLOAT", "DECIMAL"}
    if whole and distinct <= WHOLE_CLASSES:
        note = (
            f"{name} holds {distinct} different whole numbers and is read as {distinct} classes;"
            " say task=regression if it is an amount."
        )
        return "classification", [note]
    return "regression", []


def _too_many_classes(column: Column, distinct: int) -> InvalidArguments:
    name = column.name
    if column.family == "text":
        return InvalidArguments(
            f"The target '{name}' is text with about {distinct:,} different values: too many to be classes"
            f" (at most {MAX_CLASSES}), and a regression needs an amount.",
            "Choose a number, or group the texts into fewer classes first.",
        )
    return InvalidArguments(
        f"The target '{name}' has about {distinct:,} different values, too many to be classes"
        f" (at most {MAX_CLASSES}).",
        "Use task=regression, or cut it into a few ranges first.",
    )
