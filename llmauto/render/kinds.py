"""The charts of the tool `chart` that need more than bars and lines: read from their specification."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llmauto.render.numbers import format_number
from llmauto.render.screen import Screen
from llmauto.render.shapes import box_lines, plane_lines
from llmauto.render.text import clean, cut

MAX_PANELS = 4
MAX_BINS = 20
GRID_ROWS = 20
Draw = Callable[[dict[str, Any], Screen], "str | None"]


def about(spec: dict[str, Any]) -> dict[str, Any]:
    """What the tool wrote into the specification about it; empty for one from elsewhere."""
    found = (spec.get("usermeta") or {}).get("llmauto")
    return found if isinstance(found, dict) else {}


def draw_kind(spec: dict[str, Any], screen: Screen, draw: Draw) -> str | None:
    """A chart of panels, boxes, bins or cells as text; None where the kind is drawn elsewhere."""
    if "facet" in spec:
        return _panels(spec, screen, draw)
    kind, rows = about(spec).get("kind"), (spec.get("data") or {}).get("values") or []
    if kind == "histogram" and rows and "x2" in rows[0]:
        return draw(_bins_as_bars(spec, rows), screen)
    if kind == "pie":
        return draw(_slices_as_bars(spec), screen)
    lines: list[str] = []
    if kind == "box" and rows and "median" in rows[0]:
        lines = box_lines(rows, screen)
    elif kind == "scatter" and "bins" in about(spec):
        lines = _density(spec, rows, screen)
    elif kind == "heatmap":
        lines = _heat(rows, screen)
    if not lines:
        return None
    return "\n".join([cut(_title(spec, screen), screen.width, screen.ellipsis), *lines])


def cannot(spec: dict[str, Any], screen: Screen) -> str | None:
    """What is said where characters cannot show a chart of the tool."""
    kind = about(spec).get("kind")
    return f"({_title(spec, screen)}: characters cannot show this {kind}; the file has it.)" if kind else None


def _title(spec: dict[str, Any], screen: Screen) -> str:
    title = spec.get("title")
    return clean(str(title.get("text") if isinstance(title, dict) else title or ""), screen.unicode)


def _panels(spec: dict[str, Any], screen: Screen, draw: Draw) -> str:
    """The first panels one below the other."""
    values = spec["data"]["values"]
    names = list(dict.fromkeys(str(v.get("facet")) for v in values))
    heading, drawn = str(spec["facet"].get("title") or ""), [_title(spec, screen)]
    for name in names[:MAX_PANELS]:
        inside = [v for v in values if str(v.get("facet")) == name]
        panel = {**spec["spec"], "title": f"{heading}: {name}", "data": {"values": inside}}
        drawn.append(draw({**panel, "usermeta": spec.get("usermeta", {})}, screen) or f"{heading}: {name}")
    if len(names) > MAX_PANELS:
        drawn.append(f"({len(names) - MAX_PANELS} more panels are in the file.)")
    return "\n\n".join(drawn)


def _bins_as_bars(spec: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Neighbouring bins put together until they fit; series are counted together."""
    counts: dict[tuple[float, float], float] = {}
    for row in sorted(rows, key=lambda r: float(r["x"])):
        place = (row["x"], row["x2"])
        counts[place] = counts.get(place, 0) + row["y"]
    edges = list(counts)
    step = -(-len(edges) // MAX_BINS)
    groups = [edges[i : i + step] for i in range(0, len(edges), step)]
    ends = [(group[0][0], group[-1][1], sum(counts[e] for e in group)) for group in groups]
    dash = "to" if ends[0][0] < 0 else "–"
    bars = [{"b": f"{format_number(a)} {dash} {format_number(b)}", "n": n} for a, b, n in ends]
    series = (spec.get("encoding") or {}).get("color")
    more = f" (all {series.get('title')} together)" if series else ""
    title = spec["title"]["text"] if isinstance(spec["title"], dict) else spec["title"]
    sort = [bar["b"] for bar in bars]
    return {
        "title": title + more, "mark": "bar", "data": {"values": bars},
        "encoding": {"x": {"field": "n", "type": "quantitative"}, "y": {"field": "b", "type": "nominal", "sort": sort}},
    }  # fmt: skip


def _slices_as_bars(spec: dict[str, Any]) -> dict[str, Any]:
    encoding = spec["encoding"]
    value = {**encoding["theta"], "title": "value"}
    category = {**encoding["color"], "type": "nominal"}
    return {**spec, "usermeta": {}, "mark": "bar", "encoding": {"x": value, "y": category}}


def _density(spec: dict[str, Any], rows: list[dict[str, Any]], screen: Screen) -> list[str]:
    """The cells of a binned scatter; lone points are cells of one."""
    (x0, dx, nx, log_x), (y0, dy, ny, log_y) = about(spec)["bins"]
    if log_x or log_y:
        edge_y = [10 ** (y0 + dy * k) if log_y else y0 + dy * k for k in (0, ny)]
        edge_x = [10 ** (x0 + dx * k) if log_x else x0 + dx * k for k in (0, nx)]
    else:
        edge_x, edge_y = [x0, x0 + dx * nx], [y0, y0 + dy * ny]
    step = -(-ny // GRID_ROWS)
    height = -(-ny // step)
    cells: dict[tuple[int, int], float] = {}
    for row in rows:
        if "n" in row:
            place = (int(row["i"]), height - 1 - int(row["j"]) // step)
            cells[place] = cells.get(place, 0) + row["n"]
    labels = [""] * height
    labels[0], labels[-1] = (format_number(float(f"{v:.4g}")) for v in reversed(edge_y))
    lines = plane_lines(cells, nx, labels, screen, log=True)
    names = about(spec)["titles"]
    ends = " to ".join(format_number(float(f"{v:.4g}")) for v in edge_x)
    return [*lines, f"across: {names[0]} {ends}; up: {names[1]}"] if lines else []


def _heat(rows: list[dict[str, Any]], screen: Screen) -> list[str]:
    xs = list(dict.fromkeys(str(r.get("x")) for r in rows))
    names = list(dict.fromkeys(str(r.get("series")) for r in rows))
    across = max(1, min(8, (screen.width * 2 // 3) // max(len(xs), 1)))
    cells = {
        (xs.index(str(r.get("x"))) * across + part, names.index(str(r.get("series")))): float(r["y"])
        for r in rows if r.get("y") is not None for part in range(across)
    }  # fmt: skip
    lines = plane_lines(cells, len(xs) * across, names, screen, log=False)
    return (
        [*lines, cut("across: " + ", ".join(clean(x) for x in xs), screen.width, screen.ellipsis)]
        if lines
        else []
    )
