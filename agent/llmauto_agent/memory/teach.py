"""Entries from what a person says: the kind and the data that a sentence has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from llmauto_agent.meaning.say import statement
from llmauto_agent.memory.entry import Entry, Kind, Scope

SAID = "you said so"


def entry_of(
    text: str, scope: Scope = "workspace", kind: str | None = None, session: str | None = None
) -> Entry:
    """The entry of a sentence. What is no definition, filter or fiscal year is a preference, in its own words."""
    data = statement(text) or {}
    found: Any = kind or ("definition" if "definition" in data else "preference")
    return Entry(found, text.strip(), scope, data, SAID, session, key=_key(found, scope, data))


def retold(entry: Entry, text: str) -> Entry:
    """An entry with another text, and with what that teaches instead of what the old one did."""
    taught = ("definition", "filter", "fiscal_start")
    kept = {k: v for k, v in entry.data.items() if k not in taught}
    said = statement(text) if entry.kind in ("definition", "preference") else None
    return replace(entry, text=text.strip(), data=kept | (said or {}))


def _key(kind: Kind, scope: Scope, data: dict[str, Any]) -> str | None:
    """What is said anew of the same name replaces what was said before."""
    if "definition" in data:
        return f"definition:{scope}:{data['definition']['name'].casefold()}"
    return f"fiscal:{scope}" if "fiscal_start" in data else None
