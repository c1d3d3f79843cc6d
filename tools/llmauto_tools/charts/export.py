"""Save a chart: the specification itself, a picture, or a page that needs nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from llmauto_tools.charts import fonts
from llmauto_tools.errors import InvalidArguments, MissingExtra, WorkspaceError
from llmauto_tools.files import write_whole

SUFFIXES = (".json", ".png", ".svg", ".html")
PICTURE_WIDTH = 640
"""Pixels at scale 1; a picture has no place to adapt to."""
PICTURE_SCALE = 2.0


def save_chart(spec: dict[str, Any], path: str | os.PathLike[str]) -> list[str]:
    """Write a Vega-Lite specification to a file of the kind that its suffix says; returns notes.

    .json (also .vl.json) is the specification; .png and .svg are pictures; .html is a page that works
    without a network. All but .json need the extra 'images' (MissingExtra). The file appears whole or
    not at all. Raises InvalidArguments for another suffix, WorkspaceError where it cannot be written.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise InvalidArguments(
            f"A chart cannot be saved as '{target.name}'.", f"The name ends in {', '.join(SUFFIXES)}."
        )
    notes: list[str] = []
    if suffix == ".json":
        content = json.dumps(spec, ensure_ascii=False, indent=2).encode()
    else:
        content = _convert(spec, suffix)
        notes = _font_notes(spec) if suffix == ".png" else []
    _write(target, content)
    return notes


def chart_svg(spec: dict[str, Any]) -> str:
    """A Vega-Lite specification as the text of an SVG picture. Raises MissingExtra without 'images'."""
    return _convert(spec, ".svg").decode()


def _convert(spec: dict[str, Any], suffix: str) -> bytes:
    vl_convert = _library(suffix)
    version = "6.4"
    if suffix == ".html":
        return _page(vl_convert, spec, version).encode()
    folder = fonts.package_font_folder()
    if folder is not None:
        vl_convert.register_font_directory(str(folder))
    sized = {**spec, "width": PICTURE_WIDTH} if spec.get("width") == "container" else spec
    if suffix == ".svg":
        return str(vl_convert.vegalite_to_svg(sized, vl_version=version)).encode()
    return bytes(vl_convert.vegalite_to_png(sized, vl_version=version, scale=PICTURE_SCALE))


def _page(vl_convert: Any, spec: dict[str, Any], version: str) -> str:
    """A page with everything in it. vl-convert writes the data into a script as it is, so that a cell
    with "</script>" would end it and could start another: "<" travels as a mark, and arrives escaped."""
    mark = "\ue000"
    while mark in json.dumps(spec, ensure_ascii=False):
        mark += "\ue000"
    page = str(vl_convert.vegalite_to_html(_replaced(spec, "<", mark), vl_version=version, bundle=True))
    return page.replace(mark, "\\u003c")


def _replaced(value: Any, old: str, new: str) -> Any:
    """The value with `old` replaced in every text inside it."""
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {key: _replaced(item, old, new) for key, item in value.items()}
    return [_replaced(item, old, new) for item in value] if isinstance(value, list) else value


def _library(suffix: str) -> Any:
    try:
        import vl_convert
    except ImportError:
        raise MissingExtra(f"Saving a chart as {suffix[1:].upper()}", "images") from None
    return vl_convert


def _font_notes(spec: dict[str, Any]) -> list[str]:
    if not fonts.needs_cjk(json.dumps(spec, ensure_ascii=False)):
        return []
    if fonts.package_font_folder() is not None or fonts.system_has_cjk_font():
        return []
    return [f"No font with Chinese characters was found: the picture shows boxes instead. {fonts.HINT}"]


def _write(target: Path, content: bytes) -> None:
    try:
        write_whole(target, content)
    except OSError as e:
        raise WorkspaceError(f"The chart cannot be written to {target}: {e.strerror}.") from e
