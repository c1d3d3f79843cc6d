"""Claims of direction and size, checked against the values (first a stub of the shape)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llmauto_tools.documents.model import Pieces
from llmauto_tools.ledger import Evidence


@dataclass(frozen=True)
class Claim:
    """Words of a text that claim a direction or a size; `holds` None: nothing beside them shows it."""

    start: int
    end: int
    text: str
    holds: bool | None
    reason: str = ""


def claims_in(pieces: Pieces, evidence: Mapping[str, Evidence]) -> list[Claim]:
    return []
