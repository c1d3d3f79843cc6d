"""Vega-Lite specifications as a document shows them: without the title, which the caption has, and in a
picture's size where they become a picture."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from llmauto_tools.documents.model import Chart
from llmauto_tools.extras import require

VERSION = "6.4"
"""Of Vega-Lite, as elsewhere in llmauto (charts.export)."""
_WHAT = "Drawing the charts of a report"
_WIDTH = 640
_GLOBALS = "window.vegaEmbed = vegaEmbed;"


def bare_spec(chart: Chart) -> dict[str, Any]:
    """The specification without title and colours: both belong to the page around it."""
    return {k: v for k, v in chart.spec.items() if k not in {"title", "config", "usermeta", "$schema"}}


@cache
def script() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script that needs no network. Raises MissingExtra.

    "</script" inside it would end the element that it stands in, and does not occur.
    """
    vl_convert = require("vl_convert", _WHAT, "images")
    bundle = str(vl_convert.javascript_bundle(_GLOBALS, vl_version=VERSION))
    return bundle.replace("</script", "<\\/script")


def picture(chart: Chart, scale: float = 2.0) -> bytes:
    """The chart as PNG on a white ground. Raises MissingExtra without the extra 'images'."""
    from llmauto_tools.charts import fonts
    from llmauto_tools.charts.theme import config

    vl_convert = require("vl_convert", _WHAT, "images")
    folder = fonts.package_font_folder()
    if folder is not None:
        vl_convert.register_font_directory(str(folder))
    spec = {**bare_spec(chart), "config": config("light")}
    if spec.get("width") == "container":
        spec["width"] = _WIDTH
    return bytes(vl_convert.vegalite_to_png(json.dumps(spec), vl_version=VERSION, scale=scale))
