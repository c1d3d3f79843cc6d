"""Which kind of chart a request names, in English or Chinese."""

from __future__ import annotations

import re

from llmauto_tools.charts.chart import ChartKind

_CHART = r"(?:\s|-)*(?:chart|plot|graph|diagram)s?"
_PATTERNS: tuple[tuple[ChartKind, str], ...] = (
    ("pie", rf"\bpie{_CHART}|\b(?:as|in) a pie\b|\bdonut{_CHART}|饼图|饼状图|圆饼"),
    ("histogram", r"\bhistograms?\b|直方图"),
    ("scatter", r"\bscatter(?:\s|-)*(?:plot|chart|graph|diagram)?s?\b|散点"),
    ("heatmap", r"\bheat(?:\s|-)*maps?\b|热力图|热图"),
    (
        "box",
        r"\bbox(?:\s|-)*(?:and(?:\s|-)*whiskers?(?:\s|-)*)?(?:plot|chart|graph)s?\b|箱线图|箱形图|箱型图",
    ),
    ("area", rf"\barea{_CHART}|面积图"),
    ("line", rf"\bline{_CHART}|折线|曲线图"),
    ("bar", rf"\b(?:bar|column){_CHART}|\b(?:as|with|in) bars\b|柱状图|柱形图|条形图"),
)
_ANY = re.compile(
    r"\b(?:charts?|plots?|graphs?|diagrams?|draw|visuali[sz]e)\b|图表|画图|画出|可视化|作图", re.IGNORECASE
)


def asked_kind(request: str | None) -> ChartKind | None:
    """The kind of chart that a request asks for by name, or None."""
    if not request:
        return None
    found = (kind for kind, pattern in _PATTERNS if re.search(pattern, request, re.IGNORECASE))
    return next(found, None)


def asks_for_chart(request: str | None) -> bool:
    """Whether a request asks for a picture at all."""
    return bool(request) and (asked_kind(request) is not None or _ANY.search(request or "") is not None)
