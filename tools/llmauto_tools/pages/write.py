"""Write a page: one HTML file with everything in it.

The file needs no network and runs no script (its content security policy allows neither). It appears whole
or not at all.
"""

from __future__ import annotations

import base64
import itertools
import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from llmauto_tools.errors import DiskFull, InvalidArguments
from llmauto_tools.files import write_whole
from llmauto_tools.pages.blocks import (
    Bars,
    Block,
    Code,
    DataTable,
    Facts,
    Heading,
    Matrix,
    Notes,
    Paragraph,
    Picture,
    Ranking,
    Row,
)
from llmauto_tools.pages.drawing import draw_bars, draw_matrix, draw_ranking
from llmauto_tools.pages.words import number_text, visible

if TYPE_CHECKING:
    import jinja2

    from llmauto_tools.workspace import Workspace

Shown = dict[str, Any]
_TEMPLATES = Path(__file__).parent / "templates"


def write_page(path: str | os.PathLike[str], title: str, blocks: Sequence[Block], lead: str = "") -> None:
    """Write a page to a file, replacing one that is there. Raises DiskFull where it cannot be written."""
    target = Path(path)
    content = render_page(title, blocks, lead).encode("utf-8", "backslashreplace")
    try:
        write_whole(target, content)
    except OSError as e:
        raise DiskFull(f"The page cannot be written to {target}: {e.strerror}.", "Free some space.") from e


def page_target(workspace: Workspace, name: str) -> Path:
    """The file in the workspace's artifacts folder, relative to the workspace.

    Raises InvalidArguments for a name that does not end in .html or lies outside.
    """
    inside = PurePath(name)
    folder = (workspace.path / "artifacts").resolve()
    resolved = (folder / inside).resolve()  # a link may lead outside too
    if inside.is_absolute() or ".." in inside.parts or folder not in resolved.parents:
        raise InvalidArguments(
            f"A page is saved in the workspace's artifacts folder, and '{name}' is outside.",
            "Give a file name such as report.html, and copy the file from there.",
        )
    if inside.suffix.lower() != ".html":
        raise InvalidArguments(f"A page cannot be saved as '{name}'.", "The name ends in .html.")
    return Path("artifacts", *inside.parts)


def render_page(title: str, blocks: Sequence[Block], lead: str = "") -> str:
    """The page as text."""
    numbers = itertools.count(1)
    shown = [_shown(block, numbers) for block in blocks]
    return _environment().get_template("page.html.j2").render(
        title=visible(title), lead=visible(lead), blocks=shown, contents=_contents(shown), style=_style()
    )  # fmt: skip


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


@cache
def _style() -> Any:
    from markupsafe import Markup

    return Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8"))


def _contents(shown: Sequence[Shown]) -> list[Shown]:
    """The headings, the smaller ones below the larger."""
    chapters: list[Shown] = []
    for block in shown:
        if block["type"] != "Heading":
            continue
        entry = {"id": block["id"], "text": block["text"], "parts": []}
        if block["level"] == 3 and chapters:
            chapters[-1]["parts"].append(entry)
        else:
            chapters.append(entry)
    return chapters


# ---- blocks as the template sees them


def _shown(block: Block, numbers: Iterator[int]) -> Shown:
    kind = type(block).__name__
    if isinstance(block, Heading):
        return {"type": kind, "id": f"s{next(numbers)}", "level": block.level, "text": visible(block.text),
                "lead": visible(block.lead)}  # fmt: skip
    if isinstance(block, Paragraph):
        return {"type": kind, "text": visible(block.text)}
    if isinstance(block, Notes):
        return {"type": kind, "title": block.title, "texts": [visible(t) for t in block.texts]}
    if isinstance(block, Facts):
        return {"type": kind, "pairs": [(visible(n), number_text(v)) for n, v in block.pairs]}
    if isinstance(block, DataTable):
        return _table(block)
    if isinstance(block, Code):
        return {"type": kind, "title": block.title, "text": block.text}
    if isinstance(block, Picture):
        data = base64.b64encode(block.svg.encode("utf-8", "backslashreplace")).decode()
        return {"type": kind, "data": data, "alt": visible(block.alt)}
    if isinstance(block, Row):
        return {"type": kind, "blocks": [_shown(b, numbers) for b in block.blocks]}
    return {"type": "Drawing", "id": f"s{next(numbers)}", "drawing": _drawn(block)}


def _drawn(block: Bars | Ranking | Matrix) -> Any:
    if isinstance(block, Bars):
        return draw_bars(block)
    return draw_ranking(block) if isinstance(block, Ranking) else draw_matrix(block)


def _table(block: DataTable) -> Shown:
    numeric = [
        any(_is_number(row[i]) for row in block.rows)
        and all(row[i] is None or _is_number(row[i]) for row in block.rows)
        for i in range(len(block.columns))
    ]
    return {
        "type": "DataTable", "caption": visible(block.caption), "columns": [visible(c) for c in block.columns],
        "numeric": numeric, "rows": [[number_text(v) for v in row] for row in block.rows], "note": block.note,
    }  # fmt: skip


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
