"""What two versions of a report say differently: numbers that moved, findings that came and went."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from llmauto_agent.numbers import is_number
from llmauto_agent.report.references import step_text
from llmauto_agent.report.store import Record
from llmauto_tools.documents.model import Chart, Document, Figure, Heading, Table, pieces_of, plain
from llmauto_tools.ledger import Evidence

MOST_MOVED = 12
_INSIGHT = re.compile(r"\.figures\.insights\[(\d+)\]")
_CELL = re.compile(
    r"(?P<table>(?:\.sections\[(?P<section>\d+)\])?\.rows)\[(?P<row>\d+)\]\[(?P<column>\d+)\]$"
)
_SHOWN = ("summary", "kpi", "finding", "model", "drivers", "groups", "question", "answer")
"""The parts whose numbers are compared."""


@dataclass(frozen=True)
class Number:
    """A number of a report under a name that another run gives it too."""

    key: str
    label: str
    figure: Figure


@dataclass(frozen=True)
class Moved:
    """A number that both versions have, and that changed."""

    label: str
    before: Figure
    after: Figure

    @property
    def change(self) -> float:
        """Relative to what it was."""
        return float((self.after.value - self.before.value) / (abs(self.before.value) or 1.0))


@dataclass(frozen=True)
class Difference:
    """What changed from one version to the next."""

    moved: tuple[Moved, ...] = ()
    came: tuple[str, ...] = ()
    """Titles of findings that were not there before."""
    went: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.moved or self.came or self.went)


def compare(
    before: Document,
    earlier: Record,
    after: Document,
    later: Record,
    evidence: Mapping[str, Evidence],
) -> Difference:
    """What the second says differently. `evidence` has the records of both, by id."""
    old = {n.key: n for n in numbers_of(before, earlier, evidence)}
    new = {n.key: n for n in numbers_of(after, later, evidence)}
    moved = [
        Moved(new[key].label, old[key].figure, new[key].figure)
        for key in new
        if key in old and old[key].figure.value != new[key].figure.value
    ]
    moved.sort(key=lambda m: (-abs(m.change), m.label))
    found, had = findings(after), findings(before)
    return Difference(
        tuple(moved[:MOST_MOVED]),
        tuple(title for key, title in found.items() if key not in had),
        tuple(title for key, title in had.items() if key not in found),
    )


def findings(document: Document) -> dict[str, str]:
    """The findings of a document: key to title."""
    return {
        b.key: plain(b.pieces)
        for b in document.blocks
        if isinstance(b, Heading) and b.key.startswith("finding:")
    }


def numbers_of(document: Document, record: Record, evidence: Mapping[str, Evidence]) -> list[Number]:
    """The numbers in the text of a report, each once."""
    steps = {identity: name for name, identity in record.steps.items()}
    found: dict[str, Number] = {}
    for key, pieces in document.texts():
        if not key.startswith(_SHOWN):
            continue
        for piece in pieces:
            if isinstance(piece, Figure) and is_number(piece.value) and piece.evidence in steps:
                number = _number(piece, steps[piece.evidence], evidence.get(piece.evidence))
                if number is not None:
                    found.setdefault(number.key, number)
    return list(found.values())


def _number(figure: Figure, step: str, record: Evidence | None) -> Number | None:
    """The number under a name of its own: the insight's, or the row's first text and the column."""
    path = figure.ref.removeprefix(figure.evidence)
    insight = _INSIGHT.match(path)
    if record is None:
        return None
    if insight is not None:
        told = record.figures["insights"][int(insight[1])]
        rest = path[insight.end() :].removeprefix(".values").lstrip(".")
        return Number(f"{told['id']}.{rest}", f"{told['title_en']} ({rest.replace('_', ' ')})", figure)
    cell = _CELL.match(path)
    if cell is None:
        name = path.removeprefix(".figures").lstrip(".")
        return Number(f"{step}.{name}", f"{record.tool.replace('_', ' ')}: {name.replace('_', ' ')}", figure)
    return _cell(figure, step, record, cell)


def _cell(figure: Figure, step: str, record: Evidence, cell: re.Match[str]) -> Number | None:
    index = int(cell["section"]) if cell["section"] is not None else None
    names = [n for n, _ in record.columns] if index is None else list(record.sections[index].columns)
    rows = record.rows if index is None else record.sections[index].rows
    row = rows[int(cell["row"])]
    name = names[int(cell["column"])]
    label = next((str(v) for v in row if isinstance(v, str)), "")
    return Number(f"{step}{cell['table']}[{label}]{step_text(name)}", f"{label} {name}".strip(), figure)


def texts_changed(before: Document, after: Document) -> list[str]:
    """The parts whose words, tables or charts are others, came or went: by their heading, else their key."""
    old, new = _parts(before), _parts(after)
    names = {b.key: plain(b.pieces) for d in (before, after) for b in d.blocks if isinstance(b, Heading)}
    changed = [
        key for key in dict.fromkeys([*old, *new]) if key != "appendix" and old.get(key) != new.get(key)
    ]
    if before.title != after.title:
        changed.insert(0, "title")
    return [names.get(key, key) for key in changed]


def _parts(document: Document) -> dict[str, list[str]]:
    """What each part says: its numbers as they are printed, whatever evidence they came from."""
    parts: dict[str, list[str]] = {}
    for block in document.blocks:
        said = " ".join(plain(p) for p in pieces_of(block))
        if isinstance(block, (Chart, Table)):
            said = f"{block.kind} {block.title if isinstance(block, Chart) else block.caption}"
        parts.setdefault(block.key, []).append(said)
    return parts
