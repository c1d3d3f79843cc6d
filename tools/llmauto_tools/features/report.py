"""A selection as a tool's result: tables, a chart, figures and words."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from llmauto_tools.features.candidates import LeftOut
from llmauto_tools.features.embedded import LINEAR_ROWS
from llmauto_tools.features.models import metric_name
from llmauto_tools.features.ranking import LABELS, MOST_FEATURES
from llmauto_tools.features.reasons import reason
from llmauto_tools.features.select import Selection
from llmauto_tools.features.wrappers import (
    BORUTA_ROUNDS,
    BORUTA_ROWS,
    ELIMINATION_ROWS,
    PERMUTATION_ROWS,
    verdicts,
)
from llmauto_tools.results import Section, ToolResult, section, table_of

SHOWN = 30
"""Features and left-out columns that are listed; the whole list goes into a file."""

_HEADS = ("rank", "feature", "kept", "mean_rank", "reason")
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


def result_of(selection: Selection, folder: Path, evidence_id: str) -> ToolResult:
    """The result of a selection; the whole ranking is written below the workspace's artifacts."""
    rows = _rows(selection)
    score, error = selection.curve.at(selection.count)
    task, classes = selection.target.task, len(selection.target.classes)
    metric = metric_name(task, classes)
    names = selection.matrix.names
    figures: dict[str, Any] = {
        "features": [names[j] for j in selection.kept],
        "count": selection.count,
        "score": round(score, 4),
        "standard_error": round(error, 4),
        "metric": metric,
        "task": task,
        "target": selection.target.column.name,
        "rows": selection.target.rows,
        "sample_rows": selection.sample,
        "candidates": selection.candidates,
        "left_out": len(selection.left_out),
        "leaks": [o.name for o in selection.left_out if o.cause == "leak"],
    }
    return ToolResult(
        table=table_of(_HEADS, _shown(rows, selection.count), tables=[selection.request.table.name]),
        figures=figures,
        text=_text(selection, figures),
        artifacts=[_write(selection, rows, folder, evidence_id)],
        notes=_notes(selection, len(rows)),
        seed=selection.request.seed,
        sections=_sections(selection, metric),
        charts=[_chart(selection, metric)],
    )


def _rows(selection: Selection) -> list[tuple[Any, ...]]:
    names, consensus = selection.matrix.names, selection.ranking.consensus
    return [
        (
            place, names[j], place <= selection.count,
            None if consensus[j] != consensus[j] else round(float(consensus[j]), 3), reason(selection, j),
        )
        for place, j in enumerate(selection.ranking.order, 1)
    ]  # fmt: skip


def _shown(rows: list[tuple[Any, ...]], count: int) -> list[tuple[Any, ...]]:
    """The first ones, and of the rest the duplicates first: they have the reasons worth reading."""
    if len(rows) <= SHOWN:
        return rows
    return rows[: max(SHOWN, min(count, 2 * SHOWN))]


def _text(selection: Selection, figures: dict[str, Any]) -> str:
    names = figures["features"]
    listed = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    best = max(selection.curve.mean)
    chosen = (
        "as asked"
        if selection.request.count is not None
        else "the fewest within one standard error of the best"
    )
    return (
        f"{figures['count']} of {figures['candidates']} usable columns are kept to predict {figures['target']}"
        f" ({chosen}): {listed}. With them a model scores {figures['score']:.3f} ({figures['metric']}, standard"
        f" error {figures['standard_error']:.3f}) on rows that had no part in the ranking; the best number of"
        f" features scores {best:.3f}."
    )


def _write(selection: Selection, rows: list[tuple[Any, ...]], folder: Path, evidence_id: str) -> Path:
    """The whole ranking with the ranks and scores by each measure, as CSV."""
    path = Path("artifacts", f"features_{evidence_id}.csv")
    ranking = selection.ranking
    heads = [f"{what}_{m}" for m in selection.methods for what in ("rank", "score")]
    with (folder / path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*_HEADS, "mutual_information_nats", "missing", *heads])
        for row, j in zip(rows, ranking.order, strict=True):
            pairs = ((ranking.ranks(m)[j], ranking.scores[m][j]) for m in selection.methods)
            known = [f"{v:.6g}" if v == v else "" for pair in pairs for v in pair]
            writer.writerow([*row, f"{ranking.relevance[j]:.6g}", f"{ranking.missing[j]:.6g}", *known])
        for out in selection.left_out:
            writer.writerow(["", out.name, False, "", out.reason])
    return path


def _sections(selection: Selection, metric: str) -> list[Section]:
    curve = selection.curve
    scored = section(
        "Score by number of features",
        ("features", "score", "standard_error", "chosen"),
        [
            (k, round(float(m), 4), round(float(e), 4), k == selection.count)
            for k, m, e in zip(curve.counts, curve.mean, curve.error, strict=True)
        ],
        f"{metric} of LightGBM, mean of {len(curve.scores)} folds; in each fold the features are ranked on its"
        " training rows only.",
    )
    return [scored, _measures(selection), *_left_out(selection.left_out), *_boruta(selection)]


def _measures(selection: Selection) -> Section:
    shown = selection.ranking.order[: max(10, min(selection.count, 20))]
    ranking = selection.ranking
    ranks = {m: ranking.ranks(m) for m in selection.methods}
    rows = [
        (
            selection.matrix.names[j], round(float(ranking.relevance[j]), 4),
            *(None if r[j] != r[j] else round(float(r[j]), 1) for r in ranks.values()),
        )
        for j in shown
    ]  # fmt: skip
    return section(
        "Rank by measure",
        ("feature", "information_nats", *selection.methods),
        rows,
        "1 is first; what a measure cannot tell from chance shares the last rank. The consensus is the mean of (rank - 1) / (features - 1) over the"
        " measures that apply to a feature.",
    )


def _left_out(left_out: tuple[LeftOut, ...]) -> list[Section]:
    told = sorted((o for o in left_out if o.cause != "target"), key=lambda o: o.cause != "leak")
    if not told:
        return []
    more = f"{len(told) - SHOWN:,} more are in the file." if len(told) > SHOWN else None
    rows = [(o.name, o.cause, o.reason) for o in told[:SHOWN]]
    return [section("Left out before ranking", ("column", "cause", "reason"), rows, more)]


def _boruta(selection: Selection) -> list[Section]:
    shares = selection.ranking.scores.get("boruta")
    if shares is None:
        return []
    found = verdicts(shares)
    rows = [
        (selection.matrix.names[j], found[j], round(min(1.0, float(shares[j])), 2))
        for j in selection.ranking.order[:SHOWN]
        if shares[j] == shares[j]
    ]
    note = f"The share of {BORUTA_ROUNDS} rounds in which it beat the best shuffled copy of any feature."
    return [section("Boruta", ("feature", "verdict", "share"), rows, note)]


def _notes(selection: Selection, ranked: int) -> list[str]:
    notes = []
    leaks = [o.name for o in selection.left_out if o.cause == "leak"]
    if leaks:
        notes.append(
            f"WARNING, possible leak: {', '.join(leaks)} alone predicts {selection.target.column.name} almost"
            " perfectly and is left out. If it is known before the outcome, give it to the model yourself."
        )
    if any(o.cause == "target" for o in selection.left_out) and _named_target(selection):
        notes.append(f"The target {selection.target.column.name} was among the features and is left out.")
    notes += selection.notes
    if selection.sample < selection.target.rows:
        notes.append(
            f"Filters are of all {selection.target.rows:,} rows; models, leaks and the score are of a sample of"
            f" {selection.sample:,} rows."
        )
    notes += _sample_notes(selection)
    if selection.candidates > MOST_FEATURES:
        notes.append(
            f"Of {selection.candidates:,} columns the best {MOST_FEATURES} by mutual information or F were ranked,"
            " chosen anew inside each fold."
        )
    if ranked > SHOWN:
        notes.append("The whole ranking is in the CSV file.")
    return notes


def _named_target(selection: Selection) -> bool:
    """Somebody named the target among the features: fewer than all columns were given."""
    return len(selection.request.candidates) < len(selection.request.table.columns)


def _sample_notes(selection: Selection) -> list[str]:
    limits = {
        "l1": LINEAR_ROWS, "permutation": PERMUTATION_ROWS, "rfecv": ELIMINATION_ROWS, "boruta": BORUTA_ROWS,
    }  # fmt: skip
    cut = [
        f"{LABELS[m]} ({limits[m]:,})"
        for m in selection.methods
        if m in limits and selection.sample > limits[m]
    ]
    return [f"Measures of a random part of the sample (rows): {', '.join(cut)}."] if cut else []


def _chart(selection: Selection, metric: str) -> dict[str, Any]:
    """The score with its standard error over the number of features; the chosen number is marked."""
    curve = selection.curve
    values = [
        {
            "count": k, "score": round(float(m), 4), "low": round(float(m - e), 4),
            "high": round(float(m + e), 4), "chosen": k == selection.count,
        }
        for k, m, e in zip(curve.counts, curve.mean, curve.error, strict=True)
    ]  # fmt: skip
    x = {"field": "count", "type": "quantitative", "title": "number of features", "axis": {"tickMinStep": 1}}
    y = {"field": "score", "type": "quantitative", "title": metric, "scale": {"zero": False}}
    title = f"Score by number of features: {selection.target.column.name}"
    band = {"low": {"field": "low", "type": "quantitative", "title": metric, "scale": {"zero": False}}}
    tooltip = [{"field": f, "type": "quantitative"} for f in ("count", "score", "low", "high")]
    return {
        "$schema": _SCHEMA,
        "title": {"text": title, "anchor": "start", "subtitle": "Mean of the folds and one standard error"},
        "width": "container",
        "data": {"values": values},
        "layer": [
            {"mark": {"type": "rule", "opacity": 0.6}, "encoding": {"x": x, "y": band["low"], "y2": {"field": "high"}}},
            {"mark": {"type": "line"}, "encoding": {"x": x, "y": y}},
            {
                "mark": {"type": "point", "filled": True, "size": 70},
                "encoding": {
                    "x": x, "y": y, "tooltip": tooltip,
                    "color": {
                        "field": "chosen", "type": "nominal", "title": "chosen",
                        "scale": {"domain": [False, True], "range": ["#4c78a8", "#e45756"]},
                    },
                },
            },
        ],
        "config": {"view": {"stroke": None}, "axis": {"labelLimit": 240}},
    }  # fmt: skip
