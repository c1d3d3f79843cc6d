"""The work of `predict`: a model over a table, batch by batch, into a new derived table."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import find_columns, quoted
from llmauto_tools.errors import DiskFull, InvalidArguments
from llmauto_tools.models.artifact import Input, Model, changed_versions, load_chosen, missing_columns
from llmauto_tools.models.assess import rounded
from llmauto_tools.models.drift import Drift
from llmauto_tools.models.frame import select_list, to_frame
from llmauto_tools.results import QueryResult, Section, ToolResult, section, table_of
from llmauto_tools.schema import Column, Table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from llmauto_tools.registry import ToolContext
    from llmauto_tools.toolbox.predict import PredictArguments
    from llmauto_tools.workspace import Workspace

BATCH_ROWS = 50_000
PREVIEW = 8
MAX_PROBABILITIES = 20
"""Classes up to which each gets a column of probabilities."""


@dataclass
class Summary:
    """What was predicted, counted while it was written."""

    rows: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    numbers: list[np.ndarray] = field(default_factory=list)
    unreadable: dict[str, int] = field(default_factory=dict)


def predict_table(workspace: Workspace, arguments: PredictArguments, context: ToolContext) -> ToolResult:
    """Predict every row of a table and save the kept columns with the predictions.

    Raises InvalidArguments (no such model, missing columns, columns of an unfit type, a source's name).
    """
    from llmauto_tools.derived import check_name
    from llmauto_tools.sql.parquet import parquet_columns

    model = load_chosen(workspace, arguments.model)
    table = workspace.table(arguments.table)
    name = (arguments.name or f"{table.name}_predictions").strip()
    check_name(name)
    _refuse_source(workspace, name)
    columns = input_columns(model, table)
    kept = find_columns(table, arguments.keep)
    made = prediction_names(model, arguments.probabilities, [c.name for c in kept])
    sql = _sql(table, kept, columns)
    total = int(
        workspace.engine.scalar(f"SELECT count(*) FROM {quoted(table.name)}", timeout=context.timeout)
    )
    if not total:
        raise InvalidArguments(f"The table '{table.name}' has no rows.", "Name a table with rows to predict.")
    drift, summary = Drift(model.inputs, model.meta["profile"]), Summary()

    def write(path: Path) -> int:
        batches = workspace.engine.batches(sql, BATCH_ROWS, timeout=max(context.timeout or 0, 86_400.0))
        parts = _predicted(batches, model, kept, columns, made, drift, summary)
        return _write(
            parts, path, lambda: context.step(f"predicted {summary.rows:,} rows", summary.rows / total)
        )

    lineage = f"SELECT {', '.join(quoted(c.name) for c in kept)} FROM {quoted(table.name)}"
    saved = workspace.derived.save(name, lineage, write, parquet_columns, context.evidence_id, (table.name,))
    notes = [*_column_notes(model, table), *_unreadable_notes(summary), *drift.notes()]
    if table.name == model.meta["table"] and workspace.fingerprint(table.name) == model.meta["fingerprint"]:
        notes.append(
            "The model was trained on rows of this table: on these its predictions look better than they are."
        )
    if changed := changed_versions(model.meta):
        notes.append(f"The model was made with other versions of libraries: {', '.join(changed)}.")
    return _result(workspace, model, table, saved, summary, drift, made, notes)


def input_columns(model: Model, table: Table) -> list[Column]:
    """The table's columns for the model's inputs, in their order.

    Raises InvalidArguments that names the missing ones, and those whose type cannot be read as the input.
    """
    missing = [i.name for i in model.inputs if table.column(i.name) is None]
    if missing:
        raise missing_columns(missing, [c.name for c in table.columns])
    found = [c for i in model.inputs if (c := table.column(i.name)) is not None]
    for column, wanted in zip(found, model.inputs, strict=True):
        if not _fits(column, wanted):
            raise InvalidArguments(
                f"'{column.name}' is of type {column.dtype}, but the model learned it as {wanted.dtype}.",
                "Give the column the type that it had in training.",
            )
    return found


def _fits(column: Column, wanted: Input) -> bool:
    allowed = {
        "number": ("number", "boolean", "text", "time"),
        "date": ("date", "text"),
        "category": ("text", "number", "boolean"),
        "text": ("text", "number"),
    }
    return column.family in allowed[wanted.role]


def prediction_names(model: Model, probabilities: bool, taken: Sequence[str]) -> list[str]:
    """Names of the new columns that collide with none: the prediction, then probabilities."""
    names = ["prediction"]
    if model.task == "classification" and probabilities:
        if len(model.classes) == 2:
            names.append("probability")
        elif len(model.classes) <= MAX_PROBABILITIES:
            names += [f"probability_{c}" for c in model.classes]
        else:
            names.append("probability")
    used = {t.casefold() for t in taken}
    made = []
    for name in names:
        free, n = name, 2
        while free.casefold() in used:
            free, n = f"{name}_{n}", n + 1
        used.add(free.casefold())
        made.append(free)
    return made


def _sql(table: Table, kept: Sequence[Column], inputs: Sequence[Column]) -> str:
    """The kept columns, in types that parquet has, and the inputs, each once."""
    from llmauto_tools.sql.parquet import storable

    wanted = list(dict.fromkeys([*kept, *inputs]))
    sql = f"SELECT {select_list(wanted)} FROM {quoted(table.name)}"
    return storable(sql, [(c.name, c.dtype) for c in kept])


def _predicted(
    batches: Iterator[pa.RecordBatch],
    model: Model,
    kept: Sequence[Column],
    inputs: Sequence[Column],
    made: Sequence[str],
    drift: Drift,
    summary: Summary,
) -> Iterator[pa.Table]:
    import pyarrow as pa

    for batch in batches:
        if not batch.num_rows:
            continue
        raw = to_frame(batch, [c.name for c in inputs])
        raw.columns = _names(model.features)
        prepared = model.prepare(raw)
        _count_unreadable(summary, raw, prepared, model)
        drift.add(prepared)
        columns = _columns(model, model.estimator.predict(prepared), len(made), summary)
        summary.rows += batch.num_rows
        names = [c.name for c in kept]
        yield pa.table([*(batch.column(n) for n in names), *columns], names=[*names, *made])


def _names(names: Sequence[str]) -> pd.Index:
    import pandas as pd

    return pd.Index(list(names), dtype=object)


def _columns(model: Model, values: np.ndarray, count: int, summary: Summary) -> list[pa.Array]:
    import numpy as np
    import pyarrow as pa

    if model.task == "regression":
        summary.numbers.append(np.asarray(values, dtype="float64"))
        return [pa.array(values, pa.float64())]
    said = model.labels(values)
    for label, n in zip(*np.unique([str(s) for s in said], return_counts=True), strict=True):
        summary.labels[str(label)] = summary.labels.get(str(label), 0) + int(n)
    columns = [pa.array(said.tolist(), _label_type(model.classes))]
    if count == 2 and len(model.classes) == 2:
        columns.append(pa.array(values[:, 1], pa.float64()))
    elif count == 2:
        columns.append(pa.array(values.max(axis=1), pa.float64()))
    elif count > 2:
        columns += [pa.array(values[:, k], pa.float64()) for k in range(values.shape[1])]
    return columns


def _label_type(classes: Sequence[Any]) -> pa.DataType:
    import pyarrow as pa

    if all(isinstance(c, bool) for c in classes):
        return pa.bool_()
    if all(isinstance(c, int) for c in classes):
        return pa.int64()
    return pa.float64() if all(isinstance(c, (int, float)) for c in classes) else pa.string()


def _write(parts: Iterator[pa.Table], path: Path, step: Any) -> int:
    """Write the parts to a parquet file, one row group each; returns the number of rows."""
    import pyarrow.parquet as pq

    writer, rows = None, 0
    try:
        for part in parts:
            if writer is None:
                writer = pq.ParquetWriter(path, part.schema, compression="zstd")
            writer.write_table(part)
            rows += part.num_rows
            step()
    except OSError as e:
        if e.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(
                f"The disk is full: {path.parent} cannot hold the table.", "Free some space."
            ) from e
        raise
    finally:
        if writer is not None:
            writer.close()
    return rows


def _count_unreadable(summary: Summary, raw: pd.DataFrame, inputs: pd.DataFrame, model: Model) -> None:
    """Values that were there and became missing, because they are not of the input's type."""
    for i in model.inputs:
        if i.role in ("number", "date"):
            lost = int(raw[i.name].notna().sum()) - int(inputs[i.name].notna().sum())
            if lost:
                summary.unreadable[i.name] = summary.unreadable.get(i.name, 0) + lost


def _unreadable_notes(summary: Summary) -> list[str]:
    if not summary.unreadable:
        return []
    shown = ", ".join(f"'{n}' in {c:,} rows" for n, c in list(summary.unreadable.items())[:6])
    return [f"Values that are infinite or not of the input's type count as missing: {shown}."]


def _column_notes(model: Model, table: Table) -> list[str]:
    used = {i.name.casefold() for i in model.inputs}
    left = [d[0] for d in model.meta["dropped"]]
    known = used | {model.target.casefold()} | {n.casefold() for n in left}
    extra = [c.name for c in table.columns if c.name.casefold() not in known]
    if not extra:
        return []
    shown = ", ".join(f"'{n}'" for n in extra[:6]) + (f" and {len(extra) - 6} more" if len(extra) > 6 else "")
    return [f"Columns that the model does not use: {shown}."]


def _refuse_source(workspace: Workspace, name: str) -> None:
    for table in workspace.tables():
        if table.kind == "source" and table.name.casefold() == name.casefold():
            raise InvalidArguments(
                f"'{name}' is an attached source, which is never overwritten.", "Choose another name."
            )


def _result(
    workspace: Workspace,
    model: Model,
    table: Table,
    saved: Table,
    summary: Summary,
    drift: Drift,
    made: Sequence[str],
    notes: list[str],
) -> ToolResult:
    main, text = _distribution(model, table, summary)
    shown = [*made[:4], *(c.name for c in saved.columns if c.name not in made)][:PREVIEW]
    first = workspace.engine.query(
        f"SELECT {', '.join(quoted(n) for n in shown)} FROM {quoted(saved.name)} LIMIT 5", max_rows=5
    )
    sections: list[Section] = [section("First rows", shown, first.rows)]
    shifts = {n: rounded(s) for n, s in list(drift.shifts().items())[:5]}
    return ToolResult(
        table=main,
        sections=sections,
        figures={"table": saved.name, "rows": summary.rows, "model": model.ref, "columns": list(made),
                 "unseen": drift.unseen, "stability_index": shifts},
        text=f"{text} Saved as the table '{saved.name}'.",
        notes=notes,
        tables=(table.name,),
    )  # fmt: skip


def _distribution(model: Model, table: Table, summary: Summary) -> tuple[QueryResult, str]:
    """Rows per label, or quantiles of the numbers; and the sentence about it."""
    import numpy as np

    what = f"Predicted '{model.target}' for {summary.rows:,} rows of '{table.name}' with {model.ref}"
    if model.task == "classification":
        ordered = sorted(summary.labels.items(), key=lambda item: -item[1])
        rows = [[label, n, rounded(n / summary.rows)] for label, n in ordered]
        label, n = ordered[0]
        return (
            table_of(["prediction", "rows", "share"], rows, tables=[table.name]),
            f"{what}: '{label}' in {n:,}.",
        )
    values = np.concatenate(summary.numbers)
    parts = {"minimum": 0.0, "lower quartile": 0.25, "median": 0.5, "upper quartile": 0.75, "maximum": 1.0}
    rows = [[name, rounded(float(np.quantile(values, q)))] for name, q in parts.items()]
    rows.append(["mean", rounded(float(values.mean()))])
    return (
        table_of(["prediction", "value"], rows, tables=[table.name]),
        f"{what}: the median is {rounded(float(np.median(values)))}.",
    )
