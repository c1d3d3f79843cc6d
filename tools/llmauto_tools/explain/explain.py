"""The work of `explain_model`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto_tools.errors import InvalidArguments, nearest
from llmauto_tools.explain.charts import Bar, dependence_chart, importance_chart, row_chart
from llmauto_tools.explain.contributions import (
    BACKGROUND,
    LEAST_ROWS,
    Contributions,
    contributions,
    rows_in_time,
)
from llmauto_tools.explain.dependence import partial_dependence, strongest_interaction
from llmauto_tools.explain.directions import Direction, direction_of
from llmauto_tools.explain.importance import Importances, permutation_importance
from llmauto_tools.explain.rows import OneRow, Sample, explained_table, load_row, load_sample
from llmauto_tools.explain.words import ASSOCIATION, Unit, listed, row_sentence, value_text
from llmauto_tools.models.artifact import changed_versions, load_chosen
from llmauto_tools.models.assess import rounded
from llmauto_tools.models.metrics import Metric, metric_of
from llmauto_tools.pages.write import page_target
from llmauto_tools.results import Section, ToolResult, section, table_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from llmauto_tools.models.artifact import Model
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.toolbox.explain_model import ExplainModelArguments
    from llmauto_tools.workspace import Workspace

SHOWN = 15
TOP = 5
SHUFFLED = 25
"""Inputs that are shuffled: the first ones by their contributions."""

SHAP_ROWS = 400
SHAP_ROWS_BESIDE = 60
"""Beside the explanation of one row."""

SHAP_SECONDS = 20.0
SHUFFLE_SECONDS = 30.0
CURVE_ROWS = 150
DRAWN = 2
"""Inputs whose partial dependence is drawn where none is named."""

INTERACTION = 0.2
"""Size of H from which an interaction is mentioned."""


@dataclass
class Global:
    """What the model goes by over many rows; size: mean absolute contribution per input."""

    shap: Contributions
    size: np.ndarray
    order: list[int]
    shuffled: Importances | None
    directions: dict[str, Direction]


@dataclass
class Answer:
    """What is put together for the result, piece by piece."""

    sections: list[Section] = field(default_factory=list)
    charts: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def explain(workspace: Workspace, arguments: ExplainModelArguments, context: ToolContext) -> ToolResult:
    """Explain a model globally, or for one row; draw partial dependence.

    Raises InvalidArguments (no such model, table, input or row), MissingExtra, Interrupted.
    """
    model = load_chosen(workspace, arguments.model)
    drawn = _inputs_named(model, arguments.features)
    if arguments.page:
        page_target(workspace, arguments.page)  # a name that cannot be one is refused before the work
    table = explained_table(workspace, model, arguments.table)
    one = (
        load_row(workspace, model, table, arguments.row, context.timeout)
        if arguments.row is not None
        else None
    )
    context.step("reading the rows", 0.03)
    sample = load_sample(workspace, model, table, arguments.table is None, arguments.seed, context.timeout)
    metric = metric_of(model.meta["metric"]["scorer"], model.meta["kind"])
    background = _background(model, arguments.seed)
    found = _global(model, sample, background, metric, one is None, arguments.seed, context)
    answer = Answer()
    unit = Unit(model)
    if one is not None:
        _add_row(answer, model, one, background, arguments.seed, context)
    _add_global(answer, model, sample, found, metric, unit, one is None)
    if drawn or one is None:
        names = drawn or [model.features[i] for i in found.order[:DRAWN] if found.size[i] > 0]
        _add_dependence(answer, model, sample, found, names, unit, arguments.seed, context)
    answer.notes = [ASSOCIATION, *sample.notes, *answer.notes, *_version_notes(model)]
    main = _ranking(model, found, metric, sample)
    result = ToolResult(
        table=table_of(main.columns, main.rows, tables=[sample.table], sql=sample.sql),
        sections=answer.sections,
        charts=answer.charts,
        figures=answer.figures,
        text=" ".join(answer.texts),
        notes=answer.notes,
        seed=arguments.seed,
    )
    if arguments.page:
        result.artifacts.append(_write_page(workspace, arguments.page, model, main, result))
    return result


def _inputs_named(model: Model, names: Sequence[str] | None) -> list[str]:
    folded = {n.casefold(): n for n in model.features}
    found = []
    for name in names or ():
        if name.casefold() not in folded:
            close = nearest(name, model.features)
            raise InvalidArguments(
                f"{model.ref} has no input '{name}'.",
                f"Near ones are {', '.join(close)}."
                if close
                else f"It has {', '.join(model.features[:12])}.",
            )
        found.append(folded[name.casefold()])
    return found


def _background(model: Model, seed: int) -> pd.DataFrame:
    whole = model.prepare(model.background())
    return whole.sample(min(BACKGROUND, len(whole)), random_state=seed).reset_index(drop=True)


def _global(
    model: Model,
    sample: Sample,
    background: pd.DataFrame,
    metric: Metric,
    shuffles: bool,
    seed: int,
    context: ToolContext,
) -> Global:
    """Contributions of a sample of the rows, then shuffles of the inputs that they put first.

    shuffles: False where one row is asked about, which they say nothing of.
    """
    import numpy as np

    context.step("computing contributions", 0.08)
    most = min(SHAP_ROWS if shuffles else SHAP_ROWS_BESIDE, len(sample.frame))
    if most > LEAST_ROWS:
        most = min(most, rows_in_time(model, sample.frame, background, SHAP_SECONDS))
    rows = sample.frame.sample(most, random_state=seed).reset_index(drop=True)
    shap = contributions(
        model, rows, background, seed, lambda d: context.step("computing contributions", 0.1 + 0.3 * d)
    )
    size = np.abs(shap.values).mean(axis=(0, 2))
    order = [int(i) for i in np.argsort(-size, kind="stable")]
    unit = Unit(model)
    directions = {}
    for i in order[:SHOWN]:
        name = model.features[i]
        if shap.values.shape[2] == 1:
            told = direction_of(name, _kind(model, i), rows[name], shap.values[:, i, 0], unit.what)
        else:
            told = Direction("differs by label", None)
        directions[name] = told
    shuffled = None
    if shuffles and sample.y is not None and len(np.unique(sample.y)) > 1:
        names = [model.features[i] for i in order[:SHUFFLED]]
        shuffled = permutation_importance(
            model, sample.frame, sample.y, names, metric, SHUFFLE_SECONDS, seed,
            lambda d: context.step("shuffling inputs", 0.42 + 0.35 * d),
        )  # fmt: skip
        order.sort(key=lambda i: -_loss(shuffled, model.features[i]))
    return Global(shap, size, order, shuffled, directions)


def _kind(model: Model, i: int) -> str:
    """An input's role; "boolean" for true and false, which models read as numbers."""
    return "boolean" if model.inputs[i].dtype.upper() == "BOOLEAN" else model.inputs[i].role


def _loss(shuffled: Importances, name: str) -> float:
    found = shuffled.by_input.get(name)
    return found.loss if found is not None else -float("inf")


def _ranking(model: Model, found: Global, metric: Metric, sample: Sample) -> Section:
    """Per input: loss of score with its interval, mean absolute contribution, direction."""
    names = ["input", f"loss of {metric.name}", "low", "high", "mean contribution", "goes with"]
    rows = []
    for i in found.order[:SHOWN]:
        name = model.features[i]
        lost = found.shuffled.by_input.get(name) if found.shuffled else None
        part = [rounded(v, 5) for v in (lost.loss, lost.low, lost.high)] if lost else [None] * 3
        way = found.directions.get(name)
        rows.append([name, *part, rounded(float(found.size[i]), 5), way.short if way else None])
    if found.shuffled is None:
        names, rows = [names[0], *names[4:]], [[r[0], *r[4:]] for r in rows]
    return section("What the model goes by", names, rows)


def _add_global(
    answer: Answer, model: Model, sample: Sample, found: Global, metric: Metric, unit: Unit, main: bool
) -> None:
    top = [model.features[i] for i in found.order[:TOP] if found.size[i] > 0]
    ways = found.shap.methods
    method = "SHAP values (" + ", ".join(f"{k} for {v} models" for k, v in ways.items()) + ")"
    answer.figures |= {
        "model": model.ref, "top": top, "rows": len(sample.frame), "shap_rows": len(found.shap.prediction),
        "base": rounded(float(found.shap.base[0])) if len(found.shap.base) == 1 else None,
        "seed_rows": sample.where,
    }  # fmt: skip
    shuffled = found.shuffled
    if shuffled is not None:
        method = f"permutation importance ({shuffled.repeats} shuffles) and {method}"
        answer.figures |= {"metric": metric.name, "score": rounded(shuffled.score)}
        answer.figures["losses"] = [
            rounded(shuffled.by_input[n].loss, 5) for n in top if n in shuffled.by_input
        ]
        if shuffled.models < shuffled.all_models:
            answer.notes.append(
                f"Inputs were shuffled for {shuffled.models} of the {shuffled.all_models} models that are averaged, "
                "because predicting is slow."
            )
    answer.figures["method"] = method
    answer.notes.append(
        f"Contributions are measured on {len(found.shap.prediction):,} {sample.where}; they are in "
        f"{'shares of a probability' if unit.share else 'the unit of the target'}."
    )
    if not main:
        return
    answer.texts.append(_global_words(model, sample, found, metric, top))
    sentences = [d.sentence for n in top if (d := found.directions.get(n)) and d.sentence][:3]
    if sentences:
        said = "; ".join(sentences)
        answer.texts.append(f"In this model {said}.")
    bars: list[Bar] = []
    for i in found.order[:SHOWN]:
        name = model.features[i]
        if shuffled is None:
            bars.append((name, rounded(float(found.size[i]), 5) or 0.0, None, None))
        elif (one := shuffled.by_input.get(name)) is not None:
            loss, low, high = (rounded(v, 5) or 0.0 for v in (one.loss, one.low, one.high))
            bars.append((name, loss, low, high))
    title = f"loss of {metric.name} when shuffled" if shuffled else "mean absolute contribution"
    answer.charts.append(importance_chart(bars, title))


def _global_words(model: Model, sample: Sample, found: Global, metric: Metric, top: list[str]) -> str:
    quoted = [f"'{n}'" for n in top[:3]]
    if not quoted:
        return f"{model.ref} gives every row nearly the same prediction: no input matters."
    if found.shuffled is None:
        return f"{model.ref} goes mostly by {listed(quoted)} on {len(sample.frame):,} {sample.where}."
    losses = [str(rounded(found.shuffled.by_input[n].loss, 5)) for n in top[:3]]
    verb = "falls" if metric.greater_is_better else "rises"
    clear = [n for n in top if found.shuffled.by_input[n].low > 0]
    doubt = "" if clear else " None of these losses is clearly above chance."
    return (
        f"{model.ref} goes mostly by {listed(quoted)}: its {metric.name} of {rounded(found.shuffled.score)} on "
        f"{len(sample.frame):,} {sample.where} {verb} by {listed(losses)} when their values are shuffled.{doubt}"
    )


def _add_row(
    answer: Answer, model: Model, one: OneRow, background: pd.DataFrame, seed: int, context: ToolContext
) -> None:
    import numpy as np

    context.step("explaining the row", 0.06)
    made = contributions(model, one.frame, background, seed, lambda d: None)
    at = int(made.prediction[0].argmax()) if made.prediction.shape[1] > 1 else 0
    label = model.classes[at] if made.prediction.shape[1] > 1 else None
    unit = Unit(model, label)
    prediction, base = float(made.prediction[0, at]), float(made.base[at])
    changes = made.values[0, :, at]
    order = [int(i) for i in np.argsort(-np.abs(changes), kind="stable")]
    parts = []
    for i in order:
        value = one.frame[model.features[i]].iloc[0]
        shown = None if value is None or value != value else value
        parts.append((model.features[i], value_text(shown, _kind(model, i)), float(changes[i])))
    parts = [p for p in parts if abs(p[2]) > 1e-9] or parts[:1]
    answer.texts.append(row_sentence(one.number, unit, prediction, base, parts))
    answer.figures |= {
        "row": one.number, "prediction": rounded(prediction), "label": label if label is not None else model.positive,
        "because": [f"{n} = {v} ({unit.change(c)})" for n, v, c in parts[:TOP]], "row_base": rounded(base),
    }  # fmt: skip
    scale = 100 if unit.share else 1
    rows = [[n, v, rounded(scale * c)] for n, v, c in parts[:SHOWN]]
    rest = sum(c for _, _, c in parts[SHOWN:])
    note = f"Average {unit.value(base)} plus all contributions is {unit.value(prediction)}."
    if rest:
        note += f" The inputs that are not shown add {unit.change(rest)}."
    names = ["input", "value", "points" if unit.share else "change"]
    answer.sections.append(section(f"Row {one.number:,}", names, rows, note))
    shown_parts = [(f"{n} = {v}", rounded(scale * c) or 0.0) for n, v, c in parts[:10]]
    answer.charts.append(row_chart(shown_parts, f"Row {one.number:,}: {unit.value(prediction)}", names[2]))
    if one.matches > 1:
        answer.notes.append(f"{one.matches:,} rows fit; the first is explained.")
    if one.seen:
        answer.notes.append(
            "The model may have learned from this row, so that it is surer about it than of a new one."
        )


def _add_dependence(
    answer: Answer,
    model: Model,
    sample: Sample,
    found: Global,
    names: Sequence[str],
    unit: Unit,
    seed: int,
    context: ToolContext,
) -> None:
    if found.shap.values.shape[2] > 1:
        answer.notes.append("Partial dependence is drawn for numbers and for two labels only.")
        return
    roles = {i.name: i.role for i in model.inputs}
    kinds = {n: _kind(model, i) for i, n in enumerate(model.features)}

    def predict(frame: pd.DataFrame) -> np.ndarray:
        made = model.estimator.predict(frame)
        return made[:, 1] if made.ndim == 2 else made

    rows = sample.frame.sample(min(CURVE_ROWS, len(sample.frame)), random_state=seed).reset_index(drop=True)
    for n, name in enumerate(names[:6]):
        context.step(f"varying {name}", 0.8 + 0.1 * n / len(names))
        if roles[name] == "text" or rows[name].nunique() < 2:
            answer.notes.append(f"'{name}' has no values along which a curve could be drawn.")
            continue
        curve = partial_dependence(predict, rows, name, roles[name], seed)
        answer.charts.append(dependence_chart(curve, unit.what))
        lines = [
            [value_text(v, kinds[name]), rounded(float(m)), rounded(float(a)), rounded(float(b))]
            for v, m, a, b in zip(curve.values, curve.mean, curve.low, curve.high, strict=True)
        ]
        note = f"Average {unit.what} of {len(rows)} rows with the input set to each value; 80% of the rows in between."
        answer.sections.append(
            section(f"{name} and the prediction", ["value", "average", "low", "high"], lines, note)
        )
    context.step("looking for interactions", 0.92)
    top = [(model.features[i], model.inputs[i].role) for i in found.order[:3] if found.size[i] > 0]
    pair = strongest_interaction(predict, rows, top, seed)
    if pair is not None and pair[2] >= INTERACTION:
        answer.figures["interaction"] = [pair[0], pair[1], rounded(pair[2], 2)]
        answer.notes.append(
            f"'{pair[0]}' and '{pair[1]}' seem to act together in the model (H = {pair[2]:.2f}, a rough measure on few "
            "rows): what one goes with depends on the other."
        )


def _version_notes(model: Model) -> list[str]:
    changed = changed_versions(model.meta)
    return [f"The model was made with other versions of libraries: {', '.join(changed)}."] if changed else []


def _write_page(workspace: Workspace, name: str, model: Model, main: Section, result: ToolResult) -> Path:
    from llmauto_tools.pages.blocks import Block, DataTable, Heading, Notes, Paragraph
    from llmauto_tools.pages.evidence import chart_blocks
    from llmauto_tools.pages.write import write_page

    target = page_target(workspace, name)
    blocks: list[Block] = [Paragraph(result.text or ""), Notes(result.notes)]
    for part in (main, *result.sections):
        blocks += [Heading(part.title), DataTable(part.title, part.columns, part.rows, part.note)]
    blocks += chart_blocks(result.charts)
    write_page(workspace.path / target, f"Explanation of {model.ref}", blocks, f"Predicts {model.target}")
    return target
