"""One thing that is remembered."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from llmauto_tools.errors import InvalidArguments, did_you_mean

Kind = Literal[
    "table", "column", "definition", "preference", "question", "correction", "finding", "model", "report",
    "document",
]  # fmt: skip
Scope = Literal["session", "workspace", "person"]

KINDS: tuple[str, ...] = get_args(Kind)
SCOPES: tuple[str, ...] = get_args(Scope)

MAX_TEXT = 4_000
"""Characters of one entry; a longer document is several entries."""


@dataclass(frozen=True)
class Entry:
    """A remembered thing. `id` is empty until it is stored: then "m" (workspace) or "p" (person) and a number.

    text: what is searched and shown. data: what a program needs of it, as JSON: a definition's expression, a
    question's plan and SQL, a chunk's place. source: where it comes from, for `/why`. fingerprints: the data
    version of each table that it speaks of, by table, when it was made. key: two entries of one key are the
    same thing, and the later one replaces the earlier. Times are Unix seconds.
    """

    kind: Kind
    text: str
    scope: Scope = "workspace"
    data: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    session: str | None = None
    fingerprints: dict[str, str] = field(default_factory=dict)
    key: str | None = None
    created: float = field(default_factory=time.time)
    id: str = ""

    def as_object(self) -> dict[str, Any]:
        """The entry as JSON, for `--json` and `export`."""
        return asdict(self)


def entry_from(record: dict[str, Any]) -> Entry:
    """An entry from what `as_object` gave. Raises InvalidArguments where a field is missing or unknown."""
    known = {name: record[name] for name in Entry.__dataclass_fields__ if name in record}
    for name in record:
        if name not in Entry.__dataclass_fields__:
            raise InvalidArguments(f"An entry has no field '{name}'.", did_you_mean(name, known))
    if not isinstance(known.get("text"), str) or not isinstance(known.get("data", {}), dict):
        raise InvalidArguments("An entry needs a text, and its data is an object.")
    made = replace(Entry(known.pop("kind", ""), known.pop("text")), **known)
    return checked(made)


def checked(entry: Entry) -> Entry:
    """The entry, if its kind, scope and text can be stored. Raises InvalidArguments."""
    if entry.kind not in KINDS:
        hint = did_you_mean(entry.kind, KINDS) or f"One of: {', '.join(KINDS)}."
        raise InvalidArguments(f"'{entry.kind}' is no kind of memory.", hint)
    if entry.scope not in SCOPES:
        raise InvalidArguments(f"'{entry.scope}' is no scope.", f"One of: {', '.join(SCOPES)}.")
    if not entry.text.strip():
        raise InvalidArguments("There is nothing to remember: the text is empty.")
    if len(entry.text) > MAX_TEXT:
        raise InvalidArguments(
            f"That is {len(entry.text):,} characters, and one entry holds {MAX_TEXT:,}.",
            "Save it in a file and add the file: llmauto memory add --file FILE",
        )
    return entry
