"""The work of `evaluate_model`: scores on held-out or new rows, by subgroup, against another model."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import find_column
from llmauto_tools.errors import InvalidArguments, QueryError
from llmauto_tools.models.artifact import Model, load_chosen, load_saved
from llmauto_tools.models.assess import Scored, assess, confusion_section, rounded, scores_section
from llmauto_tools.models.baseline import predict_baseline
from llmauto_tools.models.bootstrap import Interval
from llmauto_tools.models.charts import model_charts
from llmauto_tools.models.checks import size_notes
from llmauto_tools.models.compare import Comparison, compare, comparison_section
from llmauto_tools.models.labelled import Labelled, load_labelled
from llmauto_tools.models.learners import Clock
from llmauto_tools.models.metrics import Metric, metric_of
from llmauto_tools.models.splits import Design
from llmauto_tools.models.subgroups import Subgroups, subgroup_rows
from llmauto_tools.results import ToolResult, table_of
from llmauto_tools.schema import Column, Table

if TYPE_CHECKING:
    import numpy as np

    from llmauto_tools.registry import ToolContext
    from llmauto_tools.toolbox.evaluate_model import EvaluateModelArguments
    from llmauto_tools.workspace import Workspace

SECONDS = 60.0
"""The most that the bootstrap may take."""


@dataclass
class Rows:
    """The rows that are scored: what is known about them, and where they come from in words."""

    labelled: Labelled
    where: str
    held_out: bool
    table: str
    notes: list[str] = field(default_factory=list)


def evaluate(workspace: Workspace, arguments: EvaluateModelArguments, context: ToolContext) -> ToolResult:
    """Score a model on its held-out rows or on a labelled table.

    Raises InvalidArguments (no such model or column, no labels, another target), UnreadableSource.
    """
    model = load_chosen(workspace, arguments.model)
    other = load_saved(workspace, arguments.against) if arguments.against else None
    if other is not None:
        _refuse_unlike(model, other)
    metric = metric_of(arguments.metric or model.meta["metric"]["scorer"], model.meta["kind"])
    context.step("reading the rows", 0.05)
    rows = _rows(workspace, model, other, arguments, context)
    context.step("predicting", 0.2)
    scored = _scored(model, rows.labelled)
    clock = Clock(time.monotonic() + SECONDS, lambda: context.step("resampling", None))
    context.step("resampling", 0.4)
    intervals, resamples = assess(scored, metric, clock, arguments.seed)
    baseline = _baseline(model, scored, intervals)
    notes = [
        *rows.notes,
        *size_notes(metric, intervals[metric.scorer], baseline[metric.scorer], len(scored.y)),
    ]
    title = f"Scores on {rows.where} ({len(scored.y):,} rows)"
    note = f"95% intervals from {resamples:,} bootstrap resamples; baseline: {model.meta['baseline']}."
    scores = scores_section(title, scored.kind, intervals, baseline, note)
    sections = [s for s in (confusion_section(scored),) if s is not None]
    figures = _figures(model, metric, intervals[metric.scorer], baseline[metric.scorer], len(scored.y))
    text = _words(model, metric, intervals[metric.scorer], baseline[metric.scorer], rows)
    groups = _by(rows.labelled, scored, metric, arguments, clock) if arguments.by else None
    if groups is not None:
        sections.insert(0, groups.section)
        notes += groups.notes
        figures |= groups.figures
        text += f" {groups.text}"
    if other is not None:
        compared = _compared(other, rows.labelled, scored, metric, clock, arguments.seed)
        sections.insert(0, comparison_section(compared, metric, model.ref, other.ref))
        figures |= _comparison_figures(compared, other)
        text += f" {compared.words(metric, model.ref, other.ref)}"
        notes += compared.notes
    return ToolResult(
        table=table_of(scores.columns, scores.rows, tables=[rows.table], sql=rows.labelled.sql),
        sections=sections,
        charts=model_charts(scored),
        figures=figures,
        text=text,
        notes=notes,
        seed=arguments.seed,
    )


def _refuse_unlike(model: Model, other: Model) -> None:
    if (model.target, model.task) != (other.target, other.task):
        raise InvalidArguments(
            f"{model.ref} predicts '{model.target}' ({model.task}) and {other.ref} '{other.target}' ({other.task}).",
            "Compare models of the same target.",
        )
    if [str(c) for c in model.classes] != [str(c) for c in other.classes]:
        raise InvalidArguments(
            f"{model.ref} and {other.ref} do not have the same labels in the same order.",
            "Train them with the same labels and the same `positive`.",
        )


def _rows(
    workspace: Workspace,
    model: Model,
    other: Model | None,
    arguments: EvaluateModelArguments,
    context: ToolContext,
) -> Rows:
    """The labelled rows of the table that was named, else the model's held-out rows."""
    held_out = arguments.table is None
    name = arguments.table or model.meta["test_table"] or model.meta["table"]
    try:
        table = workspace.table(name)
    except QueryError as e:
        raise InvalidArguments(
            f"The table '{name}', on whose rows {model.ref} was tested, is not attached.",
            "Attach it, or give a labelled table.",
        ) from e
    if held_out and model.meta["test_table"] is None and _changed(workspace, model, table):
        raise InvalidArguments(
            f"The table '{table.name}' has changed since {model.ref} was trained: its held-out rows are gone.",
            f"Evaluate on a labelled table (table='{table.name}' scores all of its rows, training rows too).",
        )
    wanted = _features(model, other)
    by = [find_column(table, arguments.by)] if arguments.by else []
    target = Column(model.target, model.meta["target_dtype"])
    group = table.column(model.meta["group"]) if model.meta["group"] else None
    labelled = load_labelled(
        workspace, table, wanted, target, model.task, model.classes, arguments.seed, context.timeout, group, by,
        positions=_test_positions(model) if held_out else None,
    )  # fmt: skip
    rows = Rows(
        labelled,
        "the held-out rows" if held_out else f"'{table.name}'",
        held_out,
        table.name,
        list(labelled.notes),
    )
    rows.notes += _seen_notes(workspace, model, other, table, labelled)
    return rows


def _changed(workspace: Workspace, model: Model, table: Table) -> bool:
    return bool(workspace.fingerprint(table.name) != model.meta["fingerprint"])


def _features(model: Model, other: Model | None) -> list[Column]:
    """The inputs of both models, each once."""
    found = {i.name: Column(i.name, i.dtype) for i in model.inputs}
    for i in other.inputs if other is not None else ():
        found.setdefault(i.name, Column(i.name, i.dtype))
    return list(found.values())


def _test_positions(model: Model) -> np.ndarray:
    import numpy as np

    return np.asarray(model.test_predictions()["row"])


def _seen_notes(
    workspace: Workspace, model: Model, other: Model | None, table: Table, labelled: Labelled
) -> list[str]:
    """A loud note where scored rows are rows that a model was trained on."""
    import numpy as np

    notes = []
    for m in (model, other):
        if m is None or m.meta["table"] != table.name or _changed(workspace, m, table):
            continue
        held = set(m.test_predictions()["row"].tolist()) if m.meta["test_table"] is None else set()
        seen = int(np.sum([p not in held for p in labelled.positions.tolist()]))
        if seen:
            notes.append(
                f"{seen:,} of the {len(labelled.y):,} rows are of the table that {m.ref} was trained on, and were not "
                "held out: its score on them is too good to be true."
            )
    return notes


def _scored(model: Model, labelled: Labelled) -> Scored:
    prediction = model.estimator.predict(model.prepare(labelled.frame))
    return Scored(model.meta["kind"], model.classes, labelled.y, prediction, model.threshold, labelled.groups)


def _baseline(model: Model, scored: Scored, intervals: dict[str, Interval]) -> dict[str, float]:
    """The score of the training rows' most frequent label, or mean."""
    import numpy as np

    kept = model.out_of_fold()["target"]
    if scored.classes:
        numbers = {str(c): k for k, c in enumerate(scored.classes)}
        y = np.array([numbers[str(v)] for v in kept], dtype="int64")
    else:
        y = kept.to_numpy(dtype=float)
    joined = Design(np.concatenate([y, scored.y]), len(scored.classes))
    name = "most frequent label" if scored.classes else "mean"
    prediction = predict_baseline(name, joined, np.arange(len(y)), len(y) + np.arange(len(scored.y)))
    return {m: metric_of(m, scored.kind).of(scored.y, prediction) for m in intervals}


def _by(
    labelled: Labelled, scored: Scored, metric: Metric, arguments: EvaluateModelArguments, clock: Clock
) -> Subgroups:
    assert labelled.aside is not None
    values = labelled.aside[labelled.aside.columns[0]]
    return subgroup_rows(str(values.name), values, scored, metric, arguments.bins, clock, arguments.seed)


def _compared(
    other: Model, labelled: Labelled, scored: Scored, metric: Metric, clock: Clock, seed: int
) -> Comparison:
    second = _scored(other, labelled)
    return compare(scored, second, metric, clock, seed)


def _comparison_figures(compared: Comparison, other: Model) -> dict[str, Any]:
    return {
        "against": other.ref,
        "against_score": rounded(compared.second),
        "difference": rounded(compared.gain.value, 5),
        "difference_low": rounded(compared.gain.low, 5),
        "difference_high": rounded(compared.gain.high, 5),
        "better": compared.better,
        "mcnemar_p": compared.mcnemar_p,
    }


def _figures(model: Model, metric: Metric, score: Interval, baseline: float, rows: int) -> dict[str, Any]:
    return {
        "model": model.ref,
        "task": model.task,
        "metric": metric.name,
        "greater_is_better": metric.greater_is_better,
        "score": rounded(score.value),
        "score_low": rounded(score.low),
        "score_high": rounded(score.high),
        "baseline": rounded(baseline),
        "rows": rows,
        "threshold": rounded(model.threshold),
    }


def _words(model: Model, metric: Metric, score: Interval, baseline: float, rows: Rows) -> str:
    beside = f"the baseline has {rounded(baseline)}"
    text = (
        f"{model.ref} has {metric.words} {rounded(score.value)} on {rows.where} (95% interval {rounded(score.low)} to "
        f"{rounded(score.high)}); {beside}."
    )
    trained = model.meta["metrics"].get(metric.scorer)
    if rows.held_out or trained is None:
        return text
    worse = metric.utility(score.high if metric.greater_is_better else score.low) < metric.utility(
        trained["value"]
    )
    compared = "worse than" if worse else "in line with"
    return f"{text} That is {compared} its test when it was trained ({rounded(trained['value'])})."
