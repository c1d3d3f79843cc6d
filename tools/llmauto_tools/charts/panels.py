"""Small multiples: one panel for each value of a column, on shared axes."""

from __future__ import annotations

from typing import Any

MAX_PANELS = 9
WIDE = 640
"""Pixels of all panels of a row together."""


def columns_of(count: int) -> int:
    """How many panels stand in a row."""
    return min(count, 2 if count in {2, 4} else 3)


def in_panels(spec: dict[str, Any], title: str) -> dict[str, Any]:
    """A specification of one view as panels by the field "facet" of its data.

    The panels share their axes (Vega-Lite's default), so that they can be compared.
    """
    values = spec["data"]["values"]
    names = list(dict.fromkeys(str(v["facet"]) for v in values))
    columns = columns_of(len(names))
    inner = {k: v for k, v in spec.items() if k in {"mark", "encoding", "layer", "transform", "height"}}
    if isinstance(inner.get("height"), int):
        inner["height"] = 180
    outer = {k: v for k, v in spec.items() if k not in {*inner, "width"}}
    channel = {"field": "facet", "type": "nominal", "title": title, "sort": names}
    return {**outer, "facet": channel, "columns": columns, "spec": {"width": WIDE // columns - 20, **inner}}
