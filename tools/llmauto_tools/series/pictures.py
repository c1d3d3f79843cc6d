"""Charts of series as Vega-Lite specifications. Long series are averaged into blocks before drawing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.charts.spec import SCHEMA
from llmauto_tools.series.analysis import Analysis

Spec = dict[str, Any]
Values = NDArray[np.float64]

MAX_DRAWN = 800
"""Points of one line; more are averaged."""
MAX_FACETS = 9
MAX_TITLE = 120
_FACET_POINTS = 150
BLUE, ORANGE, RED, GREY = "#4c78a8", "#f58518", "#e45756", "#8c8c8c"
_X = {"field": "x", "type": "temporal", "title": None}


def thinned(
    times: Sequence[dt.datetime], values: Values, most: int = MAX_DRAWN
) -> tuple[list[str], list[float | None], int]:
    """Times as ISO text, means of equal blocks of values (None where all are missing), the block's size."""
    size = -(-len(times) // most)
    labels, means = [], []
    for start in range(0, len(times), size):
        block = values[start : start + size]
        known = block[~np.isnan(block)]
        labels.append(times[start].isoformat())
        means.append(float(f"{known.mean():.6g}") if len(known) else None)
    return labels, means, size


def overview(analysis: Analysis, label: str, trend_line: Values | None) -> Spec:
    """The series with its trend, its changes as rules and its anomalies as points."""
    times = analysis.series.times
    labels, means, size = thinned(times, analysis.series.values)
    y = {"field": "y", "type": "quantitative", "title": label, "scale": {"zero": False}}
    layers: list[Spec] = [
        {
            "data": {"values": [{"x": x, "y": v} for x, v in zip(labels, means, strict=True)]},
            "mark": {"type": "line", "color": BLUE, "strokeWidth": 1.2},
            "encoding": {"x": _X, "y": y},
        }
    ]
    if trend_line is not None:
        at, line, _ = thinned(times, trend_line)
        layers.append({
            "data": {"values": [{"x": x, "y": v} for x, v in zip(at, line, strict=True)]},
            "mark": {"type": "line", "color": ORANGE, "strokeWidth": 2},
            "encoding": {"x": _X, "y": y},
        })  # fmt: skip
    if analysis.segments.changes:
        layers.append({
            "data": {"values": [{"x": times[c.at].isoformat()} for c in analysis.segments.changes]},
            "mark": {"type": "rule", "color": GREY, "strokeDash": [4, 4]},
            "encoding": {"x": _X},
        })  # fmt: skip
    if analysis.anomalies:
        points = [{"x": times[a.at].isoformat(), "y": a.value} for a in analysis.anomalies]
        layers.append({
            "data": {"values": points},
            "mark": {"type": "point", "color": RED, "filled": True, "size": 50},
            "encoding": {"x": _X, "y": y},
        })  # fmt: skip
    legend = ["trend orange, changes dashed, unusual periods red"]
    if size > 1:
        legend.append(f"each point is the mean of {size} periods")
    return framed(f"{label} by {analysis.step.words}", "; ".join(legend), {"layer": layers})


def small_multiples(analyses: Sequence[Analysis], label: str) -> Spec:
    """One small line per group, at most nine."""
    values = []
    for analysis in analyses[:MAX_FACETS]:
        labels, means, _ = thinned(analysis.series.times, analysis.series.values, _FACET_POINTS)
        name = str(analysis.series.name)[:40]
        values += [{"x": x, "y": v, "group": name} for x, v in zip(labels, means, strict=True)]
    y = {"field": "y", "type": "quantitative", "title": label, "scale": {"zero": False}}
    spec: Spec = {
        "data": {"values": values},
        "facet": {"field": "group", "type": "nominal", "title": None},
        "columns": 3,
        "spec": {
            "width": 180, "height": 110, "mark": {"type": "line", "color": BLUE},
            "encoding": {"x": _X, "y": y},
        },
        "resolve": {"scale": {"y": "independent"}},
    }  # fmt: skip
    note = f"the first {MAX_FACETS} of {len(analyses)} groups" if len(analyses) > MAX_FACETS else ""
    return framed(f"{label} by group", note, spec, wide=False)


def season_bars(positions: Sequence[tuple[str, float, int]], label: str, cycle: str) -> Spec:
    """The effect of each position of the cycle as bars around zero."""
    return framed(
        f"Effect of the time within {cycle}",
        f"difference from the mean of the cycle, in the unit of {label}",
        {
            "data": {"values": [{"x": name, "y": float(f"{effect:.6g}")} for name, effect, _ in positions]},
            "mark": {"type": "bar", "color": BLUE},
            "encoding": {
                "x": {"field": "x", "type": "nominal", "sort": None, "title": None},
                "y": {"field": "y", "type": "quantitative", "title": "effect"},
            },
        },
    )


def framed(title: str, subtitle: str, body: Spec, wide: bool = True) -> Spec:
    """A complete specification with a title around marks or layers."""
    heading: Spec = {"text": title[:MAX_TITLE], "anchor": "start"}
    if subtitle:
        heading["subtitle"] = subtitle[:MAX_TITLE]
    size = {"width": "container", "height": 260} if wide else {}
    return {
        "$schema": SCHEMA, "title": heading, **size, **body, "config": {"view": {"stroke": None}},
    }  # fmt: skip
