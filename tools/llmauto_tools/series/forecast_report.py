"""The result of the tool `forecast`: the table, the chart, the backtest and the words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmauto_tools.results import JsonValue, QueryResult, Section, ToolResult, section
from llmauto_tools.series import pictures
from llmauto_tools.series.forecasting import QUICK_GROUPS, Outlook, outlook, ready
from llmauto_tools.series.models import NAIVE, WORDS, naive_period
from llmauto_tools.series.prepare import Prepared, Request, Series, prepare
from llmauto_tools.series.report import period_type, typed_table
from llmauto_tools.series.steps import Step
from llmauto_tools.series.wording import number

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

_DRAWN_HISTORY = 200
"""Periods of history in the chart, or four times the horizon if that is more."""


def run(
    workspace: Workspace, request: Request, horizon: int | None, levels: Sequence[int], seed: int,
    context: ToolContext,
) -> ToolResult:  # fmt: skip
    """Prepare the series, forecast each, and put the result together."""
    prepared = prepare(workspace, request, context)
    good, left, periods = ready(prepared, horizon)
    found = []
    for i, series in enumerate(good):
        share = (0.1 + 0.9 * i / len(good), 0.1 + 0.9 * (i + 1) / len(good))
        quick = len(good) > QUICK_GROUPS
        found.append(outlook(series, prepared.step, periods, levels, quick, context, share))
    return ToolResult(
        table=_table(prepared, found, levels),
        sql=prepared.sql,
        sections=_sections(prepared, found, levels),
        charts=[
            _chart(prepared, found[0], levels) if len(found) == 1 else _multiples(prepared, found, levels)
        ],
        figures={**prepared.figures, **_figures(found, periods, levels)},
        text=_text(prepared, found, levels),
        notes=[*prepared.notes, *_notes(prepared, found, left)],
        seed=seed,
    )


def _table(prepared: Prepared, found: Sequence[Outlook], levels: Sequence[int]) -> QueryResult:
    limits = [(f"{side}_{lv}", "DOUBLE") for lv in levels for side in ("low", "high")]
    group = [(prepared.by, "VARCHAR")] if prepared.by else []
    columns = [*group, ("period", period_type(prepared.step)), ("forecast", "DOUBLE"), *limits]
    rows = []
    for one in found:
        for i, at in enumerate(one.times):
            moment = at if prepared.step.unit == "hour" else at.date()
            row: list[Any] = [one.series.name] if prepared.by else []
            row += [moment, float(one.forecast.mean[i])]
            for lv in levels:
                row += [float(one.forecast.low[lv][i]), float(one.forecast.high[lv][i])]
            rows.append(row)
    return typed_table(prepared, columns, rows)


def _sections(prepared: Prepared, found: Sequence[Outlook], levels: Sequence[int]) -> list[Section]:
    """How each model did on the past; for groups, how the chosen one did."""
    covered = [f"coverage_{lv}" for lv in levels]
    if len(found) > 1:
        names = [prepared.by or "series", "model", "mase", "naive_mase", *covered]
        rows = [
            [o.series.name, o.test.chosen, o.score.mean, o.test.naive.mean, *(o.coverage(lv) for lv in levels)]
            for o in found if o.test.folds
        ]  # fmt: skip
        return [section("Backtest", names, rows, _backtest_note(found[0]))] if rows else []
    one = found[0]
    if not one.test.folds:
        return []
    rows = []
    for score in sorted(one.test.scores.values(), key=lambda s: s.mean):
        wins = sum(a < b for a, b in zip(score.mase, one.test.naive.mase, strict=True))
        kept = [score.coverage(lv, lambda fold: 1.0) for lv in levels]
        rows.append(
            [score.name, score.mean, sum(score.mae) / len(score.mae), f"{wins} of {one.test.folds}", *kept]
        )
    names = ["model", "mase", "mean_abs_error", "better_than_naive", *covered]
    return [section("Backtest", names, rows, _backtest_note(one))]


def _backtest_note(one: Outlook) -> str:
    return (
        f"Each model forecast {len(one.times):,} periods from {one.test.folds} earlier dates. mase: mean absolute"
        " error over that of the naive forecast in the training part; coverage: of the model's own intervals."
    )


def _figures(found: Sequence[Outlook], horizon: int, levels: Sequence[int]) -> dict[str, JsonValue]:
    if len(found) > 1:
        return {
            "horizon": horizon, "series": len(found),
            "beats_naive": sum(o.beats_naive for o in found),
            "model": {str(o.series.name): o.test.chosen for o in found},
        }  # fmt: skip
    one = found[0]
    tested = one.test.folds > 0
    return {
        "horizon": horizon, "periods": len(one.values), "season_periods": list(one.periods),
        "period": max(one.periods, default=None), "model": one.test.chosen, "folds": one.test.folds,
        "mase": one.score.mean if tested else None, "naive_mase": one.test.naive.mean if tested else None,
        "improvement": 1 - one.score.mean / one.test.naive.mean if tested and one.test.naive.mean > 0 else None,
        "beats_naive": one.beats_naive, "levels": list(levels),
        "coverage": {str(lv): one.coverage(lv) for lv in levels},
        "widening": {str(lv): one.factors[lv] for lv in levels},
        "first": float(one.forecast.mean[0]), "last": float(one.forecast.mean[-1]),
        "total": float(one.forecast.mean.sum()),
    }  # fmt: skip


# ---- words


def _text(prepared: Prepared, found: Sequence[Outlook], levels: Sequence[int]) -> str:
    if len(found) > 1:
        beating = sum(o.beats_naive for o in found)
        return (
            f"{prepared.label} for the next {prepared.step.plural(len(found[0].times))}, for {len(found)} values of"
            f" {prepared.by}: {beating} of {len(found)} have a model that was better than the naive forecast in"
            " the backtest; the others get the naive forecast."
        )
    one = found[0]
    label, step, last = prepared.step.label, prepared.step, len(one.times) - 1
    span = f"{label(one.times[0])} to {label(one.times[last])}" if last else label(one.times[0])
    level = min(levels)
    parts = [
        f"{label(one.times[i])}: {number(float(one.forecast.mean[i]))} ({level}% interval"
        f" {number(float(one.forecast.low[level][i]))} to {number(float(one.forecast.high[level][i]))})"
        for i in sorted({0, last})
    ]
    return f"{prepared.label} for the next {step.plural(len(one.times))} ({span}). {'; '.join(parts)}. {_trust(one, step)}"


def _trust(one: Outlook, step: Step) -> str:
    """One sentence on the model and how it did against the naive forecast."""
    naive = _naive_words(one, step)
    if one.constant:
        return "Every known period has the same value, so the forecast repeats it; nothing says how far it may move."
    if not one.test.folds:
        return (
            f"There is too little history to try models on the past, so this is the naive forecast ({naive})."
        )
    errors = f"error {one.score.mean:.2f} against {one.test.naive.mean:.2f} (MASE) over {one.test.folds} parts of the past"
    if one.beats_naive:
        return f"Made by {WORDS[one.test.chosen]}, which did better than {naive}: {errors}."
    return (
        f"No model was better than {naive} (MASE {one.test.naive.mean:.2f} over {one.test.folds} parts of the past),"
        " so this is the naive forecast."
    )


def _naive_words(one: Outlook, step: Step) -> str:
    period = naive_period(one.periods)
    return (
        f"repeating the value of {step.plural(period)} before" if period > 1 else "repeating the last value"
    )


def _notes(prepared: Prepared, found: Sequence[Outlook], left: Sequence[Series]) -> list[str]:
    notes = ["A forecast continues the past: what has never happened before is not in it."]
    if left:
        names = ", ".join(str(s.name)[:40] for s in left[:5])
        notes.append(f"Groups with too few values or too many gaps, not forecast: {len(left)} ({names}).")
    dropped = sorted({d for o in found for d in o.test.dropped})
    if dropped:
        notes.append(f"Left out: {'; '.join(dropped[:5])}.")
    if any(o.clipped for o in found):
        notes.append("The history is never negative, so intervals end at 0.")
    wide = [(lv, f) for o in found[:1] for lv, f in o.factors.items() if f > 1.05]
    if wide and len(found) == 1:
        parts = ", ".join(f"{lv}%: {f:.2f} times" for lv, f in wide)
        notes.append(
            f"The intervals are wider than the model's own, which held too little of the past ({parts})."
        )
    missing = sum(o.series.missing for o in found)
    if missing:
        notes.append(f"Missing periods that were bridged by a straight line: {missing:,}.")
    if len(found) > QUICK_GROUPS:
        notes.append(
            f"With more than {QUICK_GROUPS} groups, ARIMA is left out and fewer parts of the past are tried."
        )
    return notes


# ---- charts


def _history(one: Outlook) -> tuple[list[str], list[float | None]]:
    keep = max(_DRAWN_HISTORY, 4 * len(one.times))
    labels, means, _ = pictures.thinned(one.series.times[-keep:], one.series.values[-keep:])
    return labels, means


def _points(one: Outlook, levels: Sequence[int]) -> list[dict[str, Any]]:
    rows = []
    for i, at in enumerate(one.times[: pictures.MAX_DRAWN]):
        row: dict[str, Any] = {"x": at.isoformat(), "y": _short(one.forecast.mean[i])}
        for lv in levels:
            row[f"low{lv}"], row[f"high{lv}"] = (
                _short(one.forecast.low[lv][i]),
                _short(one.forecast.high[lv][i]),
            )
        rows.append(row)
    return rows


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def _layers(
    one: Outlook, label: str, levels: Sequence[int], group: str | None = None
) -> list[dict[str, Any]]:
    x = {"field": "x", "type": "temporal", "title": None}
    y = {"field": "y", "type": "quantitative", "title": label, "scale": {"zero": False}}
    labels, means = _history(one)
    ahead = _points(one, levels)
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": ahead},
            "mark": {"type": "area", "color": pictures.ORANGE, "opacity": 0.18},
            "encoding": {
                "x": x,
                "y": {**y, "field": f"low{lv}"},
                "y2": {"field": f"high{lv}"},
            },
        }
        for lv in sorted(levels, reverse=True)
    ]
    layers.append({
        "data": {"values": [{"x": a, "y": v} for a, v in zip(labels, means, strict=True)]},
        "mark": {"type": "line", "color": pictures.BLUE, "strokeWidth": 1.3}, "encoding": {"x": x, "y": y},
    })  # fmt: skip
    layers.append({
        "data": {"values": ahead},
        "mark": {"type": "line", "color": pictures.ORANGE, "strokeWidth": 2, "point": len(ahead) == 1},
        "encoding": {"x": x, "y": y},
    })  # fmt: skip
    return layers


def _chart(prepared: Prepared, one: Outlook, levels: Sequence[int]) -> dict[str, Any]:
    shown = " and ".join(f"{lv}%" for lv in sorted(levels))
    model = "the naive forecast" if one.test.chosen == NAIVE else one.test.chosen
    title = f"{prepared.label}: the next {prepared.step.plural(len(one.times))}"
    return pictures.framed(
        title, f"{model}; bands hold {shown}", {"layer": _layers(one, prepared.label, levels)}
    )


def _multiples(prepared: Prepared, found: Sequence[Outlook], levels: Sequence[int]) -> dict[str, Any]:
    """One small chart per group, at most six."""
    panels = [
        {
            "title": str(o.series.name)[:40],
            "width": 200,
            "height": 120,
            "layer": _layers(o, prepared.label, levels),
        }
        for o in found[:6]
    ]
    note = f"the first 6 of {len(found)} groups" if len(found) > 6 else ""
    title = f"{prepared.label}: the next {prepared.step.plural(len(found[0].times))}"
    return pictures.framed(title, note, {"concat": panels, "columns": 3}, wide=False)
