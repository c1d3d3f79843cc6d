"""Labelled rows for an existing model: the inputs it reads and the target as its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.models.artifact import missing_columns
from llmauto_tools.models.frame import select_list, to_frame
from llmauto_tools.models.target import target_expression
from llmauto_tools.sampling import sample_sql
from llmauto_tools.schema import Column, Table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from llmauto_tools.workspace import Workspace

MAX_ROWS = 200_000


@dataclass
class Labelled:
    """positions: 0-based positions in the table. aside: further columns as texts or numbers."""

    frame: pd.DataFrame
    y: np.ndarray
    positions: np.ndarray
    groups: np.ndarray | None
    notes: list[str] = field(default_factory=list)
    aside: pd.DataFrame | None = None
    sql: str = ""


def load_labelled(
    workspace: Workspace,
    table: Table,
    features: Sequence[Column],
    target: Column,
    task: str,
    classes: Sequence[Any],
    seed: int,
    timeout: float | None,
    group: Column | None = None,
    aside: Sequence[Column] = (),
    positions: np.ndarray | None = None,
) -> Labelled:
    """Read the labelled rows of a table; at most 200,000, a stated sample of more.

    positions: only the rows at these 0-based positions.

    Raises InvalidArguments where columns are missing or no row has a known label.
    """
    import pandas as pd

    present = [c.name for c in table.columns]
    wanted = [*features, target, *([group] if group else [])]
    if missing := [c.name for c in wanted if table.column(c.name) is None]:
        raise missing_columns(missing, present)
    own = [_own(table, c) for c in features]
    goal = _own(table, target)
    name = quoted(table.name)
    count = int(workspace.engine.scalar(f"SELECT count(*) FROM {name}", timeout=timeout))
    grouped = f"CAST({quoted(_own(table, group).name)} AS VARCHAR)" if group else "NULL::VARCHAR"
    columns = list(dict.fromkeys([*own, *aside]))
    sql = (
        f'SELECT {select_list(columns)}, {target_expression(goal)} AS "llmauto target", {grouped} AS "llmauto group", '
        f'"llmauto row" FROM (SELECT *, row_number() OVER () - 1 AS "llmauto row" FROM {name})'
    )
    notes = []
    if positions is None and count > MAX_ROWS:
        sql = sample_sql(f"({sql})", MAX_ROWS, count, seed)
        notes.append(f"About {MAX_ROWS:,} of {count:,} rows of '{table.name}' were scored (a random sample).")
    data = _rows_at(workspace, sql, positions, timeout)
    y, known = _numbers(data.column("llmauto target").to_pandas(), task, classes)
    if not known.any():
        raise InvalidArguments(
            f"No row of '{table.name}' has a known value of the target '{target.name}'.",
            f"Its labels are {', '.join(str(c) for c in list(classes)[:8])}."
            if classes
            else "Name another table.",
        )
    if (left := int((~known).sum())) > 0:
        notes.append(f"{left:,} rows of '{table.name}' without a known value of the target were left out.")
    inputs = to_frame(data, [c.name for c in own])[known].reset_index(drop=True)
    inputs.columns = pd.Index([c.name for c in features], dtype=object)
    beside = to_frame(data, [c.name for c in aside])[known].reset_index(drop=True)
    groups = pd.factorize(data.column("llmauto group").to_pandas()[known])[0] if group else None
    positions = data.column(data.num_columns - 1).to_numpy()[known]
    return Labelled(inputs, y, positions, groups, notes, beside, sql)


def _rows_at(workspace: Workspace, sql: str, positions: np.ndarray | None, timeout: float | None) -> pa.Table:
    """The rows of the statement, or those whose last column is among the positions, streamed."""
    import numpy as np
    import pyarrow as pa

    if positions is None:
        return workspace.engine.arrow(sql, timeout=timeout)
    parts = []
    for batch in workspace.engine.batches(sql, timeout=timeout):
        wanted = np.isin(batch.column(batch.num_columns - 1).to_numpy(zero_copy_only=False), positions)
        parts.append(
            pa.table(batch).filter(pa.array(wanted)) if wanted.any() else pa.table(batch).slice(0, 0)
        )
    return pa.concat_tables(parts)


def _own(table: Table, column: Column) -> Column:
    found = table.column(column.name)
    assert found is not None
    return found


def _numbers(values: pd.Series, task: str, classes: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """The target as class numbers or floats of the rows where it is known, and which rows these are."""
    import numpy as np
    import pandas as pd

    if task == "regression":
        numbers = pd.to_numeric(values.astype(object), errors="coerce").to_numpy(dtype=float)
        known = np.isfinite(numbers)
        return numbers[known], known
    position = {label_key(c): i for i, c in enumerate(classes)}
    codes = np.array([position.get(label_key(v), -1) for v in values.astype(object)], dtype="int64")
    return codes[codes >= 0], codes >= 0


def label_key(value: Any) -> str | None:
    """A label in one spelling whatever its type: 1, 1.0 and "1" are the same, true and "True" too."""
    if value is None or value != value:
        return None
    if isinstance(value, str):
        text = value.strip()
        return text.lower() if text.lower() in ("true", "false") else text
    if isinstance(value, (bool,)) or type(value).__name__ == "bool_":
        return str(bool(value)).lower()
    number = float(value)
    return str(int(number)) if number.is_integer() else str(number)
