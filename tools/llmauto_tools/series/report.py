"""The result of the tool `time_series`: tables, charts, figures and words of one or several analyses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.results import JsonValue, QueryResult, Section, ToolResult, section
from llmauto_tools.schema import Column
from llmauto_tools.series import pictures, wording
from llmauto_tools.series.analysis import Analysis, analyse, seasonal_figure, too_short, usable
from llmauto_tools.series.prepare import Prepared, Request, Series, prepare
from llmauto_tools.series.steps import Step

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

What = Literal["all", "trend", "seasonality", "changes", "anomalies", "resample"]
MAX_SHOWN = 25
"""Rows of changes and anomalies in a section."""


def run(workspace: Workspace, request: Request, what: What, seed: int, context: ToolContext) -> ToolResult:
    """Prepare the series, analyse each, and put together what was asked for."""
    prepared = prepare(workspace, request, context)
    figures = {**prepared.figures, "rows": prepared.spacing.rows, "series": len(prepared.series)}
    if what == "resample":
        result = _resampled(prepared)
        result.figures = {**figures, **result.figures}
        result.seed = seed
        return result
    analyses, skipped = _analyses(prepared, context)
    notes = [*prepared.notes, *_short_notes(analyses, skipped)]
    if what in ("all", "anomalies") and any(a.anomalies for a in analyses):
        notes.append("An unusual period is one to look at: the data do not say whether it is an error.")
    return ToolResult(
        table=_main_table(prepared, analyses, what),
        sql=prepared.sql,
        sections=_sections(prepared, analyses, what),
        charts=_charts(prepared, analyses, what),
        figures={**figures, **_figures(analyses)},
        text=_text(prepared, analyses, what),
        notes=notes,
        seed=seed,
    )


def _analyses(prepared: Prepared, context: ToolContext) -> tuple[list[Analysis], list[Series]]:
    found, skipped = [], []
    for i, series in enumerate(prepared.series):
        context.step(f"analysing {series.name or prepared.label}", 0.15 + 0.85 * i / len(prepared.series))
        ready = usable(series)
        if ready is None:
            skipped.append(series)
        else:
            found.append(analyse(ready, prepared.step))
    if not found:
        known = max(len(s.times) - s.missing for s in prepared.series)
        raise InvalidArguments(
            f"By {prepared.step.words} there are {known:,} periods with a value, too few or too full of"
            " gaps to say anything about their course.",
            "Take a shorter step with `every` where there are few, a longer one where there are gaps.",
        )
    return found, skipped


def _short_notes(analyses: Sequence[Analysis], skipped: Sequence[Series]) -> list[str]:
    notes = []
    shortest = min(len(a.values) for a in analyses)
    missing = too_short(shortest)
    if missing:
        notes.append(f"{shortest:,} periods are too few to look for {', '.join(missing)}.")
    if skipped:
        names = ", ".join(str(s.name)[:40] for s in skipped[:5])
        notes.append(f"Groups with too few values or too many gaps, left out: {len(skipped)} ({names}).")
    return notes


# ---- tables


def _moment(step: Step, at: dt.datetime) -> dt.date:
    return at if step.unit == "hour" else at.date()


def typed_table(
    prepared: Prepared, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]
) -> QueryResult:
    """A result table with the given DuckDB types, that names the statement and table it came from."""
    return QueryResult(
        prepared.sql, tuple(Column(n, t) for n, t in columns), tuple(tuple(r) for r in rows), len(rows),
        False, 0.0, (prepared.table,),
    )  # fmt: skip


def period_type(step: Step) -> str:
    return "TIMESTAMP" if step.unit == "hour" else "DATE"


def _main_table(prepared: Prepared, analyses: Sequence[Analysis], what: What) -> QueryResult:
    group = [(prepared.by, "VARCHAR")] if prepared.by else []
    if what == "changes":
        names: list[tuple[str, str]] = [("period", period_type(prepared.step)), ("kind", "VARCHAR")]
        names += [("before", "DOUBLE"), ("after", "DOUBLE"), ("difference", "DOUBLE")]
        return typed_table(prepared, [*group, *names], _change_rows(prepared, analyses))
    if what == "anomalies":
        names = [("period", period_type(prepared.step)), ("value", "DOUBLE"), ("expected", "DOUBLE")]
        return typed_table(
            prepared, [*group, *names, ("deviations", "DOUBLE")], _anomaly_rows(prepared, analyses)
        )
    if what == "seasonality":
        names = [("period", "BIGINT"), ("position", "VARCHAR"), ("effect", "DOUBLE"), ("periods", "BIGINT")]
        return typed_table(prepared, [*group, *names], _season_rows(prepared, analyses))
    names = [
        ("first", "VARCHAR"), ("last", "VARCHAR"), ("periods", "BIGINT"), ("missing", "BIGINT"),
        ("slope", "DOUBLE"), ("slope_low", "DOUBLE"), ("slope_high", "DOUBLE"), ("slope_p", "DOUBLE"),
        ("period", "BIGINT"), ("strength", "DOUBLE"), ("changes", "BIGINT"), ("anomalies", "BIGINT"),
    ]  # fmt: skip
    return typed_table(prepared, [*group, *names], [_summary_row(prepared, a) for a in analyses])


def _group(prepared: Prepared, analysis: Analysis) -> list[Any]:
    return [analysis.series.name] if prepared.by else []


def _summary_row(prepared: Prepared, a: Analysis) -> list[Any]:
    main = None if a.main is None else a.seasons[a.main]
    slope = (a.trend.slope, a.trend.low, a.trend.high, a.trend.p) if a.trend else (None,) * 4
    return [
        *_group(prepared, a), a.label(0), a.label(-1), len(a.values), a.series.missing, *slope,
        main.period if main else None, main.strength if main else None, len(a.segments.changes),
        len(a.anomalies),
    ]  # fmt: skip


def _change_rows(prepared: Prepared, analyses: Sequence[Analysis]) -> list[list[Any]]:
    return [
        [*_group(prepared, a), _moment(a.step, a.series.times[c.at]), c.kind, c.before, c.after, c.after - c.before]
        for a in analyses for c in a.segments.changes
    ]  # fmt: skip


def _anomaly_rows(prepared: Prepared, analyses: Sequence[Analysis]) -> list[list[Any]]:
    return [
        [*_group(prepared, a), _moment(a.step, a.series.times[x.at]), x.value, x.expected, x.score]
        for a in analyses for x in a.anomalies
    ]  # fmt: skip


def _season_rows(prepared: Prepared, analyses: Sequence[Analysis]) -> list[list[Any]]:
    return [
        [*_group(prepared, a), found.period, *position]
        for a in analyses for i, found in enumerate(a.seasons) for position in seasonal_figure(a, i)
    ]  # fmt: skip


def _sections(prepared: Prepared, analyses: Sequence[Analysis], what: What) -> list[Section]:
    if what != "all":
        return []
    group = [prepared.by] if prepared.by else []
    sections = []
    changed = sorted(_change_rows(prepared, analyses), key=lambda r: -abs(r[-1]))
    if changed:
        names = [*group, "period", "kind", "before", "after", "difference"]
        note = _cut_note(len(changed)) + "PELT; 'level' compares means, 'slope' slopes per step."
        sections.append(section("Lasting changes", names, changed[:MAX_SHOWN], note))
    unusual = sorted(_anomaly_rows(prepared, analyses), key=lambda r: -abs(r[-1]))
    if unusual:
        names = [*group, "period", "value", "expected", "deviations"]
        limits = {f"{a.limit:.1f}" for a in analyses if a.limit}
        note = f"{_cut_note(len(unusual))}More than {min(limits)} robust deviations from what was expected."
        sections.append(section("Unusual periods", names, unusual[:MAX_SHOWN], note))
    if len(analyses) == 1 and analyses[0].seasons:
        names = ["period", "position", "effect", "periods"]
        note = "The effect is the difference from the mean of the cycle (STL)."
        sections.append(section("Seasonal figure", names, _season_rows(prepared, analyses), note))
    return sections


def _cut_note(count: int) -> str:
    return f"The {MAX_SHOWN} largest of {count:,}. " if count > MAX_SHOWN else ""


def _resampled(prepared: Prepared) -> ToolResult:
    group = [(prepared.by, "VARCHAR")] if prepared.by else []
    names = [
        ("period", period_type(prepared.step)),
        ("value", "DOUBLE"),
        ("rows", "BIGINT"),
        ("partial", "BOOLEAN"),
    ]
    rows = []
    for s in prepared.series:
        ends = {0: s.partial[0], len(s.times) - 1: s.partial[1]}
        for i, at in enumerate(s.times):
            value = None if s.values[i] != s.values[i] else float(s.values[i])
            name = [s.name] if prepared.by else []
            rows.append([*name, _moment(prepared.step, at), value, int(s.counts[i]), ends.get(i, False)])
    missing = sum(s.missing for s in prepared.series)
    notes = [n.replace("and is left out", "and is marked") for n in prepared.notes]
    first, last = prepared.step.label(rows_start(prepared)), prepared.step.label(rows_end(prepared))
    text = f"{prepared.label} by {prepared.step.words}: {len(rows):,} periods from {first} to {last}, {missing:,} without a value."
    return ToolResult(
        table=typed_table(prepared, [*group, *names], rows), sql=prepared.sql, text=text, notes=notes,
        figures={"periods": len(rows), "missing": missing, "first": first, "last": last},
        charts=[_plain_chart(prepared)],
    )  # fmt: skip


def rows_start(prepared: Prepared) -> dt.datetime:
    return min(s.times[0] for s in prepared.series)


def rows_end(prepared: Prepared) -> dt.datetime:
    return max(s.times[-1] for s in prepared.series)


def _plain_chart(prepared: Prepared) -> dict[str, Any]:
    values = []
    for s in prepared.series[: pictures.MAX_FACETS]:
        labels, means, _ = pictures.thinned(
            s.times, s.values, pictures.MAX_DRAWN // min(9, len(prepared.series))
        )
        values += [{"x": x, "y": v, "group": str(s.name)[:40]} for x, v in zip(labels, means, strict=True)]
    encoding: dict[str, Any] = {
        "x": {"field": "x", "type": "temporal", "title": None},
        "y": {"field": "y", "type": "quantitative", "title": prepared.label},
    }
    if prepared.by:
        encoding["color"] = {"field": "group", "type": "nominal", "title": prepared.by[:40]}
    body = {"data": {"values": values}, "mark": {"type": "line"}, "encoding": encoding}
    return pictures.framed(f"{prepared.label} by {prepared.step.words}", "", body)


# ---- charts, figures, words


def _charts(prepared: Prepared, analyses: Sequence[Analysis], what: What) -> list[dict[str, Any]]:
    if len(analyses) > 1:
        return [pictures.small_multiples(analyses, prepared.label)]
    one = analyses[0]
    line = one.trend.line(len(one.values)) if one.trend and what in ("all", "trend") else None
    charts = [pictures.overview(one, prepared.label, line)]
    if one.main is not None and what in ("all", "seasonality"):
        cycle = one.step.plural(one.seasons[one.main].period)
        charts.append(pictures.season_bars(seasonal_figure(one, one.main), prepared.label, cycle))
    return charts


def _figures(analyses: Sequence[Analysis]) -> dict[str, JsonValue]:
    if len(analyses) > 1:
        return {
            "periods": max(len(a.values) for a in analyses),
            "rising": sum(a.trend is not None and a.trend.clear and a.trend.slope > 0 for a in analyses),
            "falling": sum(a.trend is not None and a.trend.clear and a.trend.slope < 0 for a in analyses),
            "seasonal": sum(bool(a.seasons) for a in analyses),
            "changes": sum(len(a.segments.changes) for a in analyses),
            "anomalies": sum(len(a.anomalies) for a in analyses),
        }
    a = analyses[0]
    main = None if a.main is None else a.seasons[a.main]
    return {
        "periods": len(a.values), "first": a.label(0), "last": a.label(-1), "missing": a.series.missing,
        "period": main.period if main else None, "strength": main.strength if main else None,
        "season_periods": [s.period for s in a.seasons], "strengths": [s.strength for s in a.seasons],
        "trend_strength": a.parts.trend_strength if a.parts else None,
        "trend": a.trend.slope if a.trend else None,
        "trend_interval": [a.trend.low, a.trend.high] if a.trend else None,
        "trend_p": a.trend.p if a.trend else None,
        "trend_clear": a.trend.clear if a.trend else None,
        "changes": len(a.segments.changes), "anomalies": len(a.anomalies), "anomaly_limit": a.limit,
    }  # fmt: skip


def _text(prepared: Prepared, analyses: Sequence[Analysis], what: What) -> str:
    if len(analyses) > 1:
        return _group_text(prepared, analyses)
    a = analyses[0]
    lead = f"{prepared.label} by {a.step.words}, {a.label(0)} to {a.label(-1)} ({len(a.values):,} periods)."
    sentences = {
        "trend": wording.trend_sentence, "seasonality": wording.season_sentence,
        "changes": wording.changes_sentence, "anomalies": wording.anomalies_sentence,
    }  # fmt: skip
    wanted = sentences.values() if what == "all" or a.constant else [sentences[what]]
    return " ".join(s for s in (lead, *(say(a) for say in wanted)) if s)


def _group_text(prepared: Prepared, analyses: Sequence[Analysis]) -> str:
    counts = _figures(analyses)
    text = (
        f"{prepared.label} by {prepared.step.words} for {len(analyses)} values of {prepared.by}: {counts['rising']} with"
        f" a clear rise, {counts['falling']} with a clear fall, {counts['seasonal']} with a repeating pattern;"
        f" {counts['changes']} lasting changes and {counts['anomalies']} unusual periods in all."
    )
    clear = [a for a in analyses if a.trend is not None and a.trend.clear]
    if clear:
        steepest = max(clear, key=lambda a: abs(a.trend.slope) if a.trend else 0.0)
        assert steepest.trend is not None
        text += (
            f" The steepest is {steepest.series.name}:"
            f" {wording.number(steepest.trend.slope)} per {prepared.step.words}."
        )
    return text
