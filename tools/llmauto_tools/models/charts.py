"""Vega-Lite pictures of how good a model is, from aggregated data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmauto_tools.charts.spec import SCHEMA
from llmauto_tools.models.assess import MAX_CONFUSION, Scored, rounded
from llmauto_tools.models.metrics import average_precision, confusion, roc_auc

if TYPE_CHECKING:
    import numpy as np

Spec = dict[str, Any]

CURVE_POINTS = 120
CALIBRATION_BINS = 10
RESIDUAL_BINS = 30
_MIN_CALIBRATION_ROWS = 50


def model_charts(scored: Scored) -> list[Spec]:
    """Confusion, ROC, precision-recall and calibration; predicted against true and residuals for numbers."""
    if not scored.classes:
        return [predicted_chart(scored), residual_chart(scored)]
    charts = [confusion_chart(scored)] if len(scored.classes) <= MAX_CONFUSION else []
    if len(scored.classes) == 2 and 0 < scored.y.sum() < len(scored.y):
        charts += [roc_chart(scored), precision_recall_chart(scored)]
    if len(scored.y) >= _MIN_CALIBRATION_ROWS:
        charts.append(calibration_chart(scored))
    return charts


def _spec(title: str, subtitle: str, values: list[Spec], body: Spec) -> Spec:
    return {
        "$schema": SCHEMA,
        "title": {"text": title, "anchor": "start", "subtitle": [subtitle]},
        "width": "container",
        "data": {"values": values},
        **body,
        "config": {"view": {"stroke": None}, "axis": {"labelLimit": 240}},
    }


def _quantity(field: str, title: str, form: str | None = None, zero: bool = True) -> Spec:
    axis = {"axis": {"format": form}} if form else {}
    return {"field": field, "type": "quantitative", "title": title, "scale": {"zero": zero}, **axis}


def confusion_chart(scored: Scored) -> Spec:
    """Counts of true and said labels, coloured by the share of the true label's rows."""
    labels = [str(c) for c in scored.classes]
    counts = confusion(scored.y, scored.said, len(labels))
    values = []
    for i, true in enumerate(labels):
        for j, said in enumerate(labels):
            share = rounded(counts[i, j] / max(counts[i].sum(), 1))
            values.append({"true": true, "said": said, "rows": int(counts[i, j]), "share": share})
    axes = {
        "x": {"field": "said", "type": "nominal", "title": "said", "sort": labels, "axis": {"labelAngle": 0}},
        "y": {"field": "true", "type": "nominal", "title": "true", "sort": labels},
    }
    color = {"field": "share", "type": "quantitative", "title": "share of the true label",
             "scale": {"scheme": "blues", "domain": [0, 1]}, "legend": {"format": "~%"}}  # fmt: skip
    ink = {"condition": {"test": "datum.share > 0.6", "value": "white"}, "value": "black"}
    text = {"field": "rows", "type": "quantitative", "format": ","}
    layers = [
        {"mark": "rect", "encoding": {**axes, "color": color}},
        {"mark": "text", "encoding": {**axes, "text": text, "color": ink}},
    ]
    body = {"height": {"step": 40}, "layer": layers}
    return _spec("Said and true labels", f"{len(scored.y):,} rows", values, body)


def roc_chart(scored: Scored) -> Spec:
    """True positive rate against false positive rate over all thresholds."""
    hits, said = _descending(scored)
    yes, no = hits[-1], said[-1] - hits[-1]
    x, y = (said - hits) / no, hits / yes
    values = _curve(x, y)
    area = rounded(roc_auc(scored.y, scored.prediction[:, 1]))
    diagonal = {"mark": {"type": "rule", "strokeDash": [4, 4], "color": "gray"},
                "data": {"values": [{"x": 0, "y": 0, "x2": 1, "y2": 1}]},
                "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"},
                             "x2": {"field": "x2"}, "y2": {"field": "y2"}}}  # fmt: skip
    line = {"mark": {"type": "line"}, "encoding": {
        "x": _quantity("x", "false positive rate", "~%"), "y": _quantity("y", "true positive rate", "~%")}}  # fmt: skip
    return _spec(
        "ROC curve",
        f"area {area}; the dashed line is chance",
        values,
        {"height": 300, "layer": [line, diagonal]},
    )


def precision_recall_chart(scored: Scored) -> Spec:
    """Precision against recall over all thresholds."""
    hits, said = _descending(scored)
    values = _curve(hits[1:] / hits[-1], hits[1:] / said[1:])
    area = rounded(average_precision(scored.y, scored.prediction[:, 1]))
    share = rounded(float(scored.y.mean()))
    line = {"mark": {"type": "line"}, "encoding": {
        "x": _quantity("x", "recall", "~%"), "y": _quantity("y", "precision", "~%")}}  # fmt: skip
    chance = {"mark": {"type": "rule", "strokeDash": [4, 4], "color": "gray"},
              "data": {"values": [{"y": share}]},
              "encoding": {"y": {"field": "y", "type": "quantitative"}}}  # fmt: skip
    subtitle = f"average precision {area}; the dashed line is chance ({share})"
    return _spec("Precision and recall", subtitle, values, {"height": 300, "layer": [line, chance]})


def calibration_chart(scored: Scored) -> Spec:
    """Stated probability against the share that came true, in bins with equally many rows."""
    import numpy as np

    if len(scored.classes) == 2:
        p, right, what = scored.prediction[:, 1], scored.y, f"'{scored.classes[1]}'"
    else:
        said = scored.prediction.argmax(axis=1)
        p, right, what = scored.prediction.max(axis=1), (said == scored.y).astype(int), "the said label"
    values = []
    for part in np.array_split(np.argsort(p, kind="stable"), CALIBRATION_BINS):
        if len(part):
            row = {"x": rounded(float(p[part].mean())), "y": rounded(float(right[part].mean()))}
            values.append({**row, "rows": len(part)})
    points = {"mark": {"type": "line", "point": True}, "encoding": {
        "x": _quantity("x", f"stated probability of {what}", "~%"), "y": _quantity("y", "share that came true", "~%"),
        "tooltip": [{"field": f, "type": "quantitative"} for f in ("x", "y", "rows")]}}  # fmt: skip
    diagonal = {"mark": {"type": "rule", "strokeDash": [4, 4], "color": "gray"},
                "data": {"values": [{"x": 0, "y": 0, "x2": 1, "y2": 1}]},
                "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"},
                             "x2": {"field": "x2"}, "y2": {"field": "y2"}}}  # fmt: skip
    subtitle = "on the dashed line, probabilities mean what they say"
    return _spec("Calibration", subtitle, values, {"height": 300, "layer": [points, diagonal]})


def predicted_chart(scored: Scored) -> Spec:
    """Predicted against true numbers as counts in a grid."""
    import numpy as np

    low, high = np.quantile(np.concatenate([scored.y, scored.prediction]), [0.005, 0.995])
    edges = np.linspace(low, high if high > low else low + 1, RESIDUAL_BINS + 1)
    counts, _, _ = np.histogram2d(
        _within(scored.y, edges), _within(scored.prediction, edges), bins=[edges, edges]
    )
    values = []
    for i, j in zip(*np.nonzero(counts), strict=True):
        corner = {"x": edges[i], "x2": edges[i + 1], "y": edges[j], "y2": edges[j + 1]}
        values.append({**{k: rounded(float(v)) for k, v in corner.items()}, "rows": int(counts[i, j])})
    color = {"field": "rows", "type": "quantitative", "scale": {"scheme": "blues", "type": "log"}}
    boxes = {"mark": "rect", "encoding": {
        "x": _quantity("x", "true", zero=False), "x2": {"field": "x2"},
        "y": _quantity("y", "predicted", zero=False), "y2": {"field": "y2"}, "color": color}}  # fmt: skip
    ends = {"x": rounded(float(edges[0])), "y": rounded(float(edges[0])), "x2": rounded(float(edges[-1])),
            "y2": rounded(float(edges[-1]))}  # fmt: skip
    diagonal = {"mark": {"type": "rule", "strokeDash": [4, 4], "color": "gray"}, "data": {"values": [ends]},
                "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"},
                             "x2": {"field": "x2"}, "y2": {"field": "y2"}}}  # fmt: skip
    subtitle = f"{len(scored.y):,} rows; the outermost 0.5% are in the edge boxes"
    return _spec("Predicted and true", subtitle, values, {"height": 320, "layer": [boxes, diagonal]})


def residual_chart(scored: Scored) -> Spec:
    """Middle and 80% band of true minus predicted, over the prediction (bins with equally many rows)."""
    import numpy as np

    residual = scored.y - scored.prediction
    values = []
    for part in np.array_split(
        np.argsort(scored.prediction, kind="stable"), min(20, max(len(residual) // 10, 1))
    ):
        low, middle, high = np.quantile(residual[part], [0.1, 0.5, 0.9])
        row = {"x": scored.prediction[part].mean(), "low": low, "middle": middle, "high": high}
        values.append({k: rounded(float(v)) for k, v in row.items()})
    x = _quantity("x", "predicted", zero=False)
    band = {"mark": {"type": "area", "opacity": 0.25},
            "encoding": {"x": x, "y": _quantity("low", "true minus predicted"), "y2": {"field": "high"}}}  # fmt: skip
    line = {
        "mark": {"type": "line", "point": True},
        "encoding": {"x": x, "y": _quantity("middle", "true minus predicted")},
    }
    zero = {"mark": {"type": "rule", "strokeDash": [4, 4], "color": "gray"},
            "data": {"values": [{"y": 0}]}, "encoding": {"y": {"field": "y", "type": "quantitative"}}}  # fmt: skip
    subtitle = "the line is the median, the band holds 80% of the rows"
    return _spec("Residuals", subtitle, values, {"height": 300, "layer": [band, line, zero]})


def _within(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.asarray(np.clip(values, edges[0], edges[-1]))


def _descending(scored: Scored) -> tuple[np.ndarray, np.ndarray]:
    """At the cut points (after ties) by falling probability: hits so far, rows so far; both from 0."""
    import numpy as np

    p = scored.prediction[:, 1]
    order = np.argsort(-p, kind="stable")
    at = np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1)
    hits = np.concatenate([[0], np.cumsum(scored.y[order])[at]])
    return hits, np.concatenate([[0], at + 1])


def _curve(x: np.ndarray, y: np.ndarray) -> list[Spec]:
    """At most 120 points of a curve, evenly along x, with both ends."""
    import numpy as np

    if len(x) > CURVE_POINTS:
        wanted = np.linspace(x.min(), x.max(), CURVE_POINTS)
        picked = np.unique(
            np.concatenate([np.searchsorted(np.sort(x), wanted).clip(0, len(x) - 1), [0, len(x) - 1]])
        )
        x, y = x[picked], y[picked]
    return [{"x": rounded(float(a)), "y": rounded(float(b))} for a, b in zip(x, y, strict=True)]
