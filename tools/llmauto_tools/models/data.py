"""Read the rows that a model learns from: inputs, target, groups and times, a stated sample if need be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmauto_tools.columns import find_column, find_columns, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.models.frame import select_list, to_frame, usable
from llmauto_tools.models.target import Target, Task, read_target, target_expression
from llmauto_tools.sampling import sample_sql
from llmauto_tools.schema import Column, Table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from llmauto_tools.workspace import Workspace

MAX_CELLS = 40_000_000
"""Rows × columns that are read; of larger tables a sample of rows."""

MAX_ROWS = 2_000_000
MIN_ROWS = 20


@dataclass
class Chosen:
    """The columns of a training: all found in the table."""

    table: Table
    features: list[Column]
    target: Column
    named: bool
    """Whether the features were named by a person."""
    group: Column | None = None
    time: Column | None = None
    notes: list[str] = field(default_factory=list)


@dataclass
class Loaded:
    """Rows with a target. positions: 0-based positions in the table; the other arrays match them."""

    frame: pd.DataFrame
    target: Target
    positions: np.ndarray
    groups: np.ndarray | None
    times: np.ndarray | None
    table_rows: int
    sampled: bool
    sql: str


def choose_columns(
    table: Table,
    target: str,
    features: Sequence[str] | None,
    group: str | None,
    time: str | None,
) -> Chosen:
    """Find the columns that were named. Raises InvalidArguments for one that is not there or cannot be used."""
    goal = find_column(table, target)
    by_group = find_column(table, group) if group else None
    by_time = find_column(table, time) if time else None
    if by_time is not None and by_time.family not in ("date", "number"):
        raise InvalidArguments(
            f"'{by_time.name}' ({by_time.dtype}) does not order the rows in time.",
            "Give a column of dates or numbers as `time`; preprocess turns texts into dates.",
        )
    picked = find_columns(table, features)
    if features is not None and goal in picked:
        raise InvalidArguments(
            f"The target '{goal.name}' is among the features.", "Leave it out: it would know the answer."
        )
    if goal in (by_group, by_time):
        raise InvalidArguments(f"'{goal.name}' is the target and cannot be the group or the time too.")
    aside = {goal.name} | ({by_group.name} if by_group and features is None else set())
    used = [c for c in picked if c.name not in aside and usable(c)]
    notes = []
    if lists := [c.name for c in picked if not usable(c)]:
        notes.append(
            f"Lists, structs and binary columns cannot be used and were left out: {', '.join(lists)}."
        )
    if not used:
        raise InvalidArguments(
            f"The table '{table.name}' has no column besides '{goal.name}' that a model could use.",
            "Numbers, texts, dates and true/false can be used.",
        )
    return Chosen(table, used, goal, features is not None, by_group, by_time, notes)


def load_rows(
    workspace: Workspace,
    chosen: Chosen,
    task: Task | None,
    positive: str | None,
    seed: int,
    timeout: float | None,
) -> Loaded:
    """Read the rows that have a target. Raises InvalidArguments where they are too few."""
    import numpy as np

    name = quoted(chosen.table.name)
    count = int(workspace.engine.scalar(f"SELECT count(*) FROM {name}", timeout=timeout))
    limit = min(MAX_ROWS, MAX_CELLS // (len(chosen.features) + 1))
    sql = f"SELECT {_select(chosen)} FROM (SELECT *, row_number() OVER () - 1 AS {quoted(_ROW)} FROM {name})"
    if count > limit:
        sql = sample_sql(f"({sql})", limit, count, seed)
    data = workspace.engine.arrow(sql, timeout=timeout)
    frame = to_frame(data, [c.name for c in chosen.features])
    extra = {n: data.column(n).to_pandas() for n in (_TARGET, _GROUP, _TIME)}
    positions = data.column(data.num_columns - 1).to_numpy()
    target = read_target(extra[_TARGET], chosen.target, task, positive)
    keep = target.keep
    if keep.sum() < MIN_ROWS:
        raise InvalidArguments(
            f"{int(keep.sum())} rows with a target are too few to train and test a model.",
            f"{MIN_ROWS} are the least; a few hundred are better.",
        )
    times = extra[_TIME].to_numpy(dtype="float64", na_value=-np.inf)
    return Loaded(
        frame=frame[keep].reset_index(drop=True),
        target=target,
        positions=positions[keep],
        groups=_group_numbers(extra[_GROUP][keep]) if chosen.group else None,
        times=times[keep] if chosen.time else None,
        table_rows=count,
        sampled=count > limit,
        sql=sql,
    )


_TARGET, _GROUP, _TIME, _ROW = "llmauto target", "llmauto group", "llmauto time", "llmauto row"


def _select(chosen: Chosen) -> str:
    group = f"CAST({quoted(chosen.group.name)} AS VARCHAR)" if chosen.group else "NULL::VARCHAR"
    at = "NULL::DOUBLE"
    if chosen.time is not None:
        name = quoted(chosen.time.name)
        at = f"CAST({'epoch_us(' + name + ')' if chosen.time.family == 'date' else name} AS DOUBLE)"
    return (
        f"{select_list(chosen.features)}, {target_expression(chosen.target)} AS {quoted(_TARGET)}, "
        f"{group} AS {quoted(_GROUP)}, {at} AS {quoted(_TIME)}, {quoted(_ROW)} AS {quoted(_ROW)}"
    )


def _group_numbers(values: pd.Series) -> np.ndarray:
    """A number per group; rows without one are a group each."""
    import numpy as np
    import pandas as pd

    codes = pd.factorize(values)[0].astype("int64")
    missing = codes < 0
    codes[missing] = codes.max(initial=-1) + 1 + np.arange(int(missing.sum()))
    return np.asarray(codes)
