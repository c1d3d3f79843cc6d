"""The planners on this machine: the one that ships with llmauto, and those that were fine-tuned.

A fine-tuned one is named NAME@VERSION; its folder holds the same files as the shipped weights. Which one
is used is the setting `planner`, "builtin" where nothing is set.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmauto_agent.planner.neural.runtime import SHIPPED, verified_card
from llmauto_tools.errors import InvalidArguments, UnreadableSource
from llmauto_tools.versions import Saved, Versions, check_name

BUILTIN = "builtin"
NOUN = "planner"
_BACK = "Go back to the shipped planner with: llmauto planner use builtin"


@dataclass(frozen=True)
class Known:
    """A planner that can be used: its name, its folder, and what its model.json says."""

    ref: str
    folder: Path
    card: dict[str, Any]


class Planners:
    """The planners below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.versions = Versions(folder, NOUN)

    def find(self, ref: str) -> Known:
        """The planner of that name ("sales" is the newest version of it).

        Raises InvalidArguments for an unknown name, UnreadableSource where it is damaged or was made for
        another grammar.
        """
        if ref == BUILTIN:
            return Known(BUILTIN, SHIPPED, verified_card(SHIPPED))
        saved = self.versions.find(ref)
        return Known(saved.ref, saved.path, fitting_card(saved.path))

    def all(self) -> list[Known]:
        """Every planner, the shipped one first; damaged ones with an empty card."""
        found = [Known(BUILTIN, SHIPPED, _card(SHIPPED))]
        return found + [Known(s.ref, s.path, _card(s.path)) for s in self.versions.all()]

    def run_folder(self, name: str) -> Path:
        """Where an unfinished training of that name is kept."""
        check_name(name, NOUN)
        if name == BUILTIN:
            raise InvalidArguments("'builtin' is the planner that ships with llmauto.", "Take another name.")
        return self.folder / ".runs" / name

    def save(self, name: str, made: Path) -> Saved:
        """Keep the files of a folder as the next version."""

        def write(folder: Path) -> None:
            for path in made.iterdir():
                (folder / path.name).write_bytes(path.read_bytes())

        return self.versions.save(name, write)


def fitting_card(folder: Path) -> dict[str, Any]:
    """The card of a fine-tuned planner. Raises UnreadableSource where it no longer fits this llmauto."""
    card = verified_card(folder)
    if card.get("grammar") != grammar_digest():
        raise UnreadableSource(
            f"The planner in {folder} was made by another version of llmauto, whose plans are different.",
            f"Train it again on its pairs. {_BACK}",
        )
    return card


def grammar_digest() -> str:
    """The digest of the grammar that `neural.export` writes into model.json; torch is not needed for it."""
    from llmauto_agent.planner.neural.grammar import VOCABULARY
    from llmauto_agent.planner.neural.symbols import SYMBOLS

    return hashlib.sha256(json.dumps([VOCABULARY, SYMBOLS]).encode()).hexdigest()


def _card(folder: Path) -> dict[str, Any]:
    try:
        card: dict[str, Any] = json.loads((folder / "model.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return card
