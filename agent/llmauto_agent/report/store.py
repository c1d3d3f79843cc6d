"""The versions of a report that a workspace keeps: `reports/NAME/3/` has the document and what it was made of."""

from __future__ import annotations

import contextlib
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from llmauto_agent.lock import file_lock
from llmauto_tools.documents.model import Document, Meta
from llmauto_tools.errors import WorkspaceError
from llmauto_tools.versions import Saved, Versions

_DOCUMENT = "document.json"
_RECORD = "report.json"


@dataclass(frozen=True)
class Record:
    """What a version was made of, beside the document."""

    goal: str
    template: str
    session: str
    """Of its steps in the ledger; the same for the same wish on the same data."""
    steps: dict[str, str] = field(default_factory=dict)
    """Step name to evidence id."""
    sources: tuple[str, ...] = ()
    """As they were given, to be attached again."""
    edits: tuple[str, ...] = ()
    """What a person changed in it since it was drafted."""


@dataclass(frozen=True)
class Kept:
    """One version of a report."""

    saved: Saved
    document: Document
    record: Record

    @property
    def ref(self) -> str:
        return self.saved.ref


class ReportStore:
    """The reports of a workspace."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._versions = Versions(workspace / "reports", "report")

    def save(self, name: str, document: Document, record: Record) -> Kept:
        """Keep a version; the newest one where it says the same, apart from the date."""
        newest = self.newest(name)
        if newest is not None and newest.record == record and _undated(newest.document) == _undated(document):
            return newest

        def write(folder: Path) -> None:
            (folder / _DOCUMENT).write_text(document.to_json(), encoding="utf-8", errors="backslashreplace")
            text = json.dumps(asdict(record), ensure_ascii=False, indent=1)
            (folder / _RECORD).write_text(text, encoding="utf-8", errors="backslashreplace")

        return Kept(self._versions.save(name, write), document, record)

    def find(self, ref: str) -> Kept:
        """The version that "name" (the newest) or "name@3" means. Raises InvalidArguments."""
        return _load(self._versions.find(ref))

    def newest(self, name: str) -> Kept | None:
        """The newest version of that name, or None."""
        saved = self._versions.all(name)
        return _load(saved[-1]) if saved else None

    def before(self, name: str, session: str) -> Kept | None:
        """The newest version that was made of other data (or another goal) than `session`, and not edited."""
        for saved in reversed(self._versions.all(name)):
            kept = _load(saved)
            if kept.record.session != session and not kept.record.edits:
                return kept
        return None

    def all(self, name: str | None = None) -> list[Saved]:
        """Every version, of one report or of all, oldest first."""
        return self._versions.all(name)

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold a report for one run. Raises WorkspaceError at once where another run holds it."""
        path = self._workspace / "tmp" / f"report-{name}.lock"
        message = f"The report '{name}' is being made already, here or in another process."
        with file_lock(path, message, "Wait until it is done, or give this one another name with --name."):
            yield


def _load(saved: Saved) -> Kept:
    try:
        document = Document.from_json((saved.path / _DOCUMENT).read_bytes())
        fields: dict[str, Any] = json.loads((saved.path / _RECORD).read_text("utf-8"))
        return Kept(saved, document, _record(fields))
    except (OSError, ValueError, TypeError) as e:
        raise WorkspaceError(f"The report {saved.ref} in {saved.path} is damaged: {e}.") from e


def _record(fields: dict[str, Any]) -> Record:
    listed = {name: tuple(fields.get(name, ())) for name in ("sources", "edits")}
    return Record(**{**fields, **listed})


def _undated(document: Document) -> Document:
    meta: Meta = document.meta.model_copy(update={"created": ""})
    return document.model_copy(update={"meta": meta})


def name_of(goal: str) -> str:
    """A name for the report of a goal: its first words, in letters that every file system takes."""
    text = unicodedata.normalize("NFKC", goal).casefold()
    words: Sequence[str] = re.findall(r"[^\W_]+", text)[:6]
    return "-".join(words)[:60].strip("-") or "report"
