"""A transcript for someone else: Markdown, or one HTML file that needs no network and runs no script.

Without data unless it is asked for: questions, masked SQL and evidence ids (outline.py); with data also answers
and rows (transcript.py).
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

from llmauto_agent.export import render_session, write_whole
from llmauto_tools.errors import InvalidArguments

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

SUFFIXES = (".html", ".md")

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}h3{font-size:1rem;opacity:.7}
blockquote{margin:.5rem 0;padding:.1rem 1rem;border-left:4px solid #4a8;font-weight:600}
pre{background:rgba(128,128,128,.13);padding:.7rem;border-radius:6px;overflow-x:auto;font-size:.85rem}
table{border-collapse:collapse;display:block;overflow-x:auto;font-size:.9rem}
th,td{padding:.25rem .7rem;border-bottom:1px solid rgba(128,128,128,.35);text-align:left}
@media print{pre{white-space:pre-wrap}}
"""


def share_session(workspace: Workspace, session_id: str, path: Path, *, data: bool = False) -> Path:
    """Write the session's transcript to a .html or .md file, whole or not at all, and return the path.

    Raises InvalidArguments (another suffix) and WorkspaceError (no such session, or it cannot be written).
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InvalidArguments(
            f"'{path.name}' is no kind of transcript.", f"End it in {' or '.join(SUFFIXES)}."
        )
    text = render_session(workspace, session_id, "transcript", data=data)
    write_whole(path, text if suffix == ".md" else as_page(text))
    return path


def as_page(text: str) -> str:
    """A transcript's Markdown as one HTML page. HTML in it stays text."""
    from markdown_it import MarkdownIt

    # No links and pictures: a page that is passed on loads nothing, whatever a cell or a question says.
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "image", "autolink"])
    title = html.escape(text.partition("\n")[0].removeprefix("# ").strip())
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{reader.render(text)}</body>\n</html>\n"
    )
