"""The rows that an explanation is about: held-out rows, those of a table, or one row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmauto_tools.columns import quoted
from llmauto_tools.errors import InvalidArguments, QueryError
from llmauto_tools.models.apply import input_columns
from llmauto_tools.models.frame import select_list, to_frame
from llmauto_tools.models.labelled import load_labelled
from llmauto_tools.sampling import sample_sql
from llmauto_tools.schema import Column, Table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from llmauto_tools.models.artifact import Model
    from llmauto_tools.workspace import Workspace

MAX_ROWS = 2_000
"""Rows that are read of a table; of more a random sample."""

_ROW = '"llmauto row"'


@dataclass
class Sample:
    """Rows as `Model.prepare` gives them. y: their labels as numbers, None where they are not known."""

    frame: pd.DataFrame
    y: np.ndarray | None
    where: str
    table: str
    sql: str
    notes: list[str] = field(default_factory=list)


@dataclass
class OneRow:
    """A row to explain: number is its 1-based place in the table, matches how many rows fit the filter."""

    frame: pd.DataFrame
    number: int
    matches: int
    seen: bool
    """Whether the model may have learned from it."""


def explained_table(workspace: Workspace, model: Model, name: str | None) -> Table:
    """The table that was named, else the one whose rows were held out. Raises InvalidArguments."""
    wanted = name or model.meta["test_table"] or model.meta["table"]
    try:
        return workspace.table(wanted)
    except QueryError as e:
        raise InvalidArguments(
            f"There is no table '{wanted}' to explain {model.ref} on.",
            "Attach it, or name a table with the model's columns in `table`.",
        ) from e


def load_sample(
    workspace: Workspace, model: Model, table: Table, held_out: bool, seed: int, timeout: float | None
) -> Sample:
    """The model's held-out rows, or rows of the table; at most 2,000.

    Raises InvalidArguments where the table has changed, lacks columns or has no rows.
    """
    import numpy as np

    positions = None
    if held_out:
        positions = np.asarray(model.test_predictions()["row"])
        if model.meta["test_table"] is None and _changed(workspace, model, table):
            raise InvalidArguments(
                f"The table '{table.name}' has changed since {model.ref} was trained: its held-out rows are gone.",
                f"Explain on its present rows with table='{table.name}'.",
            )
        if len(positions) > MAX_ROWS:
            positions = np.sort(np.random.default_rng(seed).choice(positions, MAX_ROWS, replace=False))
    if not held_out and table.column(model.target) is None:
        return _unlabelled(workspace, model, table, seed, timeout)
    columns = [Column(i.name, i.dtype) for i in model.inputs]
    target = Column(model.target, model.meta["target_dtype"])
    labelled = load_labelled(
        workspace, table, columns, target, model.task, model.classes, seed, timeout, positions=positions
    )
    frame, y = model.prepare(labelled.frame), labelled.y
    if len(y) > MAX_ROWS:
        picked = np.sort(np.random.default_rng(seed).choice(len(y), MAX_ROWS, replace=False))
        frame, y = frame.iloc[picked].reset_index(drop=True), y[picked]
    where = "held-out rows" if held_out else f"rows of '{table.name}'"
    notes = list(labelled.notes)
    if not held_out and model.meta["table"] == table.name:
        notes.append("These rows include those that the model learned from: its score on them is too good.")
    return Sample(frame, y, where, table.name, labelled.sql, notes)


def _unlabelled(workspace: Workspace, model: Model, table: Table, seed: int, timeout: float | None) -> Sample:
    columns = input_columns(model, table)
    count = int(workspace.engine.scalar(f"SELECT count(*) FROM {quoted(table.name)}", timeout=timeout))
    if not count:
        raise InvalidArguments(f"The table '{table.name}' has no rows.", "Name a table with rows.")
    sql = sample_sql(
        f"(SELECT {select_list(columns)} FROM {quoted(table.name)})", min(MAX_ROWS, count), count, seed
    )
    frame = _named(to_frame(workspace.engine.arrow(sql, timeout=timeout), [c.name for c in columns]), model)
    notes = [
        f"'{table.name}' has no column '{model.target}', so that no score can be measured: inputs are ranked by "
        "their contributions alone."
    ]
    return Sample(frame, None, f"rows of '{table.name}'", table.name, sql, notes)


def load_row(
    workspace: Workspace, model: Model, table: Table, row: int | str, timeout: float | None
) -> OneRow:
    """One row by its 1-based number, or the first that a filter such as "customer = 'C12'" keeps.

    Raises InvalidArguments where there is none, QueryError for a filter that is no condition.
    """

    if isinstance(row, str) and row.strip().lstrip("-").isdecimal():
        row = int(row)  # a command line has texts only
    columns = input_columns(model, table)
    numbered = f"(SELECT *, row_number() OVER () AS {_ROW} FROM {quoted(table.name)})"
    condition = f"{_ROW} = {row}" if isinstance(row, int) else f"({row})"
    matches = int(
        workspace.engine.scalar(f"SELECT count(*) FROM {numbered} WHERE {condition}", timeout=timeout)
    )
    if not matches:
        what = f"row {row:,}" if isinstance(row, int) else f"row with {row}"
        raise InvalidArguments(f"The table '{table.name}' has no {what}.", "Rows are counted from 1.")
    sql = f"SELECT {select_list(columns)}, {_ROW} FROM {numbered} WHERE {condition} ORDER BY {_ROW} LIMIT 1"
    data = workspace.engine.arrow(sql, timeout=timeout)
    number = int(data.column(data.num_columns - 1)[0].as_py())
    held: pd.Series = model.test_predictions()["row"]
    seen = (
        table.name == model.meta["table"]
        and not _changed(workspace, model, table)
        and (model.meta["test_table"] is not None or number - 1 not in set(held.tolist()))
    )
    return OneRow(_named(to_frame(data, [c.name for c in columns]), model), number, matches, seen)


def _changed(workspace: Workspace, model: Model, table: Table) -> bool:
    return bool(workspace.fingerprint(table.name) != model.meta["fingerprint"])


def _named(frame: pd.DataFrame, model: Model) -> pd.DataFrame:
    import pandas as pd

    frame.columns = pd.Index(model.features, dtype=object)
    return model.prepare(frame)
