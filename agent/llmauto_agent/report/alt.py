"""What a chart shows, in words, for people who cannot see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llmauto_agent.numbers import format_number, is_number
from llmauto_tools.documents.model import Language

_KINDS: dict[str, tuple[str, str]] = {
    "bar": ("Bar chart", "柱状图"), "line": ("Line chart", "折线图"), "area": ("Area chart", "面积图"),
    "point": ("Scatter chart", "散点图"), "circle": ("Scatter chart", "散点图"), "rect": ("Heat map", "热力图"),
    "arc": ("Pie chart", "饼图"), "boxplot": ("Box plot", "箱线图"), "histogram": ("Histogram", "直方图"),
    "scatter": ("Scatter chart", "散点图"), "heatmap": ("Heat map", "热力图"), "pie": ("Pie chart", "饼图"),
    "box": ("Box plot", "箱线图"),
}  # fmt: skip


def alt_text(spec: dict[str, Any], title: str, language: Language) -> str:
    """The kind of chart, its title, how many marks it has, and where its values begin and end."""
    view = next(_views(spec), spec)
    english, chinese = _KINDS.get(_kind(spec, view), ("Chart", "图表"))
    zh = language == "zh"
    parts = [f"{chinese if zh else english}{'：' if zh else ': '}{title}"]
    rows = _rows(spec)
    if rows:
        parts.append(f"{len(rows)} 个数据点" if zh else f"{len(rows)} values")
    extremes = _extremes(view, rows)
    if extremes is not None:
        low, high = (format_number(v) for v in extremes)
        parts.append(f"从 {low} 到 {high}" if zh else f"from {low} to {high}")
    return ("，" if zh else ", ").join(parts) + ("。" if zh else ".")


def _kind(spec: dict[str, Any], view: dict[str, Any]) -> str:
    told = spec.get("usermeta", {}).get("llmauto", {}).get("kind")
    mark = view.get("mark")
    return str(told or (mark.get("type") if isinstance(mark, dict) else mark) or "")


def _views(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The views with a mark, outermost first."""
    if "mark" in spec:
        yield spec
    for name in ("layer", "concat", "hconcat", "vconcat"):
        for part in spec.get(name) or ():
            yield from _views(part)
    if isinstance(spec.get("spec"), dict):
        yield from _views(spec["spec"])


def _rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    values = (spec.get("data") or {}).get("values")
    if isinstance(values, list):
        return [v for v in values if isinstance(v, dict)]
    view = next((v for v in _views(spec) if isinstance((v.get("data") or {}).get("values"), list)), None)
    return [v for v in view["data"]["values"] if isinstance(v, dict)] if view else []


def _extremes(view: dict[str, Any], rows: list[dict[str, Any]]) -> tuple[float, float] | None:
    for channel in ("y", "x", "theta", "color"):
        encoding = (view.get("encoding") or {}).get(channel)
        if not isinstance(encoding, dict) or encoding.get("type") != "quantitative":
            continue
        field = str(encoding.get("field"))
        values = [r[field] for r in rows if is_number(r.get(field))]
        if values:
            return min(values), max(values)
    return None
