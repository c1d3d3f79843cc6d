"""Colours and type of a picture, on a light or a dark ground."""

from __future__ import annotations

from typing import Any, Literal

Theme = Literal["light", "dark"]

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#A8A000", "#808080")
"""Okabe and Ito's colours (Color Universal Design, 2008), which people who cannot tell red from green
can tell apart; their yellow is darker here and their black grey, to be seen on white and on black."""
OTHER = "#999999"
FONT = "sans-serif"
_GROUNDS = {
    "light": ("#ffffff", "#1f2328", "#d9dce1", "#555b63"),
    "dark": ("#16181d", "#e8eaed", "#3a3f47", "#a9b0ba"),
}


def config(theme: Theme = "light") -> dict[str, Any]:
    """Vega-Lite's configuration: the palette, quiet grid lines, long labels cut with an ellipsis."""
    ground, ink, grid, faint = _GROUNDS[theme]
    accent = PALETTE[0] if theme == "light" else PALETTE[5]
    palette = list(PALETTE) if theme == "light" else [PALETTE[5], *PALETTE[1:5], PALETTE[0], *PALETTE[6:]]
    return {
        "background": ground,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "labelLimit": 240, "titleLimit": 320, "labelColor": ink, "titleColor": ink, "gridColor": grid,
            "domainColor": faint, "tickColor": faint,
        },
        "legend": {"labelColor": ink, "titleColor": ink, "labelLimit": 200, "titleLimit": 200},
        "header": {"labelColor": ink, "titleColor": ink, "labelLimit": 200},
        "title": {"color": ink, "subtitleColor": faint, "anchor": "start", "limit": 620},
        "range": {"category": palette, "heatmap": {"scheme": "viridis"}, "ramp": {"scheme": "viridis"}},
        "mark": {"color": accent},
    }  # fmt: skip


def subtitle(notes: tuple[str, ...] | list[str], width: int = 96) -> list[str]:
    """Notes as lines that fit below the title of a picture."""
    import textwrap

    return [line for note in notes for line in textwrap.wrap(note, width)]
