"""Write a session as a notebook, a script or a transcript that outlives llmauto.

The notebook and the script replay the session's evidence with DuckDB alone and compare each result with
what the ledger recorded (docs/export.md).
"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from llmauto_tools.errors import InvalidArguments, WorkspaceError

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

Kind = Literal["notebook", "script", "transcript"]

_SUFFIXES: dict[str, Kind] = {".ipynb": "notebook", ".py": "script", ".md": "transcript"}


def export_session(
    workspace: Workspace,
    session_id: str,
    path: str | os.PathLike[str],
    *,
    kind: Kind | None = None,
    data: bool = True,
) -> Path:
    """Write the session to `path`, whole or not at all, and return the path.

    kind: by default from the suffix: .ipynb a notebook, .py a script, .md a transcript.
    data: False writes a transcript without any cell: no answers, no rows, no values in the SQL.
    The session's sources have to be attached to the workspace; evidence whose tables are not is written
    as text, with the reason. An existing file is replaced.
    Raises InvalidArguments (unknown suffix or kind) and WorkspaceError (no such session, or the file cannot
    be written).
    """
    target = Path(path).expanduser()
    chosen = kind or _SUFFIXES.get(target.suffix.lower())
    if chosen is None:
        raise InvalidArguments(
            f"'{target.name}' does not say what to export.", "End it in .ipynb, .py or .md, or give the kind."
        )
    write_whole(target, render_session(workspace, session_id, chosen, data=data))
    return target


def render_session(workspace: Workspace, session_id: str, kind: Kind, *, data: bool = True) -> str:
    """The text of such an export (see `export_session`)."""
    from llmauto_agent.export.replay import build_document

    if kind not in _SUFFIXES.values():
        raise InvalidArguments(
            f"'{kind}' is no kind of export.", f"The kinds are: {', '.join(_SUFFIXES.values())}."
        )
    if not data and kind != "transcript":
        raise InvalidArguments(
            "Without its data a session is written as a transcript only: a notebook compares recorded results.",
            "End the file in .md, or give the kind transcript.",
        )
    document = build_document(workspace, session_id, time.time())
    if not data:
        from llmauto_agent.export.outline import render_outline

        tables = workspace.tables()
        return render_outline(document, [n for t in tables for n in (t.name, *(c.name for c in t.columns))])
    if kind == "notebook":
        from llmauto_agent.export.notebook import render_notebook

        return render_notebook(document)
    if kind == "script":
        from llmauto_agent.export.script import render_script

        return render_script(document)
    from llmauto_agent.export.transcript import render_transcript

    return render_transcript(document)


def write_whole(target: Path, text: str) -> None:
    """Write a file under a temporary name beside it and rename it when it is whole. Raises WorkspaceError."""
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as e:
        part.unlink(missing_ok=True)
        raise WorkspaceError(
            f"The export cannot be written to {target}: {e.strerror}.", "Choose another place."
        ) from e


__all__ = ["Kind", "export_session", "render_session", "write_whole"]
