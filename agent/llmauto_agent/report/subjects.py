"""Whether a value stands beside the name that it belongs to: a cell beside the label of its own row, a value of an
insight beside the group that it is of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from llmauto_agent.numbers import is_number
from llmauto_tools.documents.model import Figure, Pieces, plain
from llmauto_tools.ledger import Evidence

ANOTHER_ROW = "the value is of another row than the one that is named"
ANOTHER_FINDING = "the value is of another finding than the one that is told"
ANOTHER_GROUP = "the value is of another group than the one that is named"

_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n")
_CLAUSE = re.compile(r"[,;，；、]\s|\b(?:and|than|while|but|against)\b|而|和|于")
_ROW = re.compile(r"e\d+(?:\.sections\[(?P<section>\d+)\])?\.rows\[(?P<row>\d+)\]\[(?P<column>\d+)\]$")
_INSIGHT = re.compile(r"e\d+\.figures\.insights\[(?P<index>\d+)\]\.values\.(?P<name>\w+)$")
_LABELS = re.compile(r"(?P<of>\w+?)_(?:group|at|at_zh)$")


@dataclass(frozen=True)
class _Placed:
    start: int
    end: int
    figure: Figure


def misplaced(pieces: Pieces, evidence: Mapping[str, Evidence]) -> dict[int, str]:
    """The figures (by their place among the pieces) that stand beside another name, and why that is wrong."""
    text = plain(pieces)
    found: dict[int, str] = {}
    at = 0
    for index, piece in enumerate(pieces):
        end = at + len(piece.text)
        if isinstance(piece, Figure) and piece.format != "told":
            reason = _wrong(_Placed(at, end, piece), text, pieces, evidence)
            if reason:
                found[index] = reason
        at = end
    return found


def _wrong(placed: _Placed, text: str, pieces: Pieces, evidence: Mapping[str, Evidence]) -> str:
    record = evidence.get(placed.figure.evidence)
    if record is None or not is_number(placed.figure.value):
        return ""
    cell, insight = _ROW.match(placed.figure.ref), _INSIGHT.match(placed.figure.ref)
    if cell is not None:
        return _of_row(placed, text, record, cell)
    if insight is not None:
        return _of_insight(placed, text, pieces, record, insight)
    return ""


def _around(text: str, placed: _Placed, pattern: re.Pattern[str]) -> tuple[int, int]:
    """The part of the text between two of the separators in which the figure stands."""
    ends = [m.span() for m in pattern.finditer(text)]
    start = max((e for _, e in ends if e <= placed.start), default=0)
    end = min((s for s, _ in ends if s >= placed.end), default=len(text))
    return start, end


def _of_row(placed: _Placed, text: str, record: Evidence, cell: re.Match[str]) -> str:
    rows = record.rows if cell["section"] is None else record.sections[int(cell["section"])].rows
    own, others = _labels(rows, int(cell["row"]))
    if not own or not others:
        return ""
    for pattern in (_CLAUSE, _SENTENCE):
        start, end = _around(text, placed, pattern)
        part = text[start:end]
        if _names(part, own):
            return ""
        if any(_names(part, label) for label in others):
            return ANOTHER_ROW
    return ""


def _labels(rows: Sequence[Sequence[object]], row: int) -> tuple[str, list[str]]:
    """The first text of the row, and those of the other rows in the same column."""
    place = next((i for i, v in enumerate(rows[row]) if isinstance(v, str) and len(v) > 1), None)
    if place is None:
        return "", []
    own = str(rows[row][place])
    return own, [v for r in rows if isinstance(v := r[place], str) and len(v) > 1 and v != own]


def _names(text: str, label: str) -> bool:
    if not label.isascii():
        return label in text
    return re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text, re.IGNORECASE) is not None


def _of_insight(placed: _Placed, text: str, pieces: Pieces, record: Evidence, match: re.Match[str]) -> str:
    insights = record.figures["insights"]
    index = int(match["index"])
    sentence = slice(*_around(text, placed, _SENTENCE))
    own = _subjects(insights[index])
    if own and not any(_names(text[sentence], name) for name in own):
        others = {n for i, other in enumerate(insights) if i != index for n in _subjects(other)} - set(own)
        if any(_names(text[sentence], name) for name in others):
            return ANOTHER_FINDING
    start, end = _around(text, placed, _CLAUSE)
    return _of_group(match["name"], set(_figures_in(pieces, start, end, index)), insights[index]["values"])


def _subjects(insight: Mapping[str, object]) -> list[str]:
    """The columns and the groups that an insight is about."""
    values: object = insight.get("values")
    columns: object = insight.get("columns")
    texts = (
        [v for v in values.values() if isinstance(v, str) and len(v) > 1] if isinstance(values, dict) else []
    )
    return [*(str(c) for c in columns), *texts] if isinstance(columns, (list, tuple)) else texts


def _figures_in(pieces: Pieces, start: int, end: int, index: int) -> Iterator[str]:
    """The names of the insight's values that stand in that part of the text."""
    at = 0
    for piece in pieces:
        if isinstance(piece, Figure) and start <= at < end:
            match = _INSIGHT.match(piece.ref)
            if match is not None and int(match["index"]) == index:
                yield match["name"]
        at += len(piece.text)


def _of_group(name: str, beside: set[str], values: Mapping[str, object]) -> str:
    """Whether the one group beside a value is that of another value: "high" beside "low_group"."""
    groups = {m["of"] for n in beside if (m := _LABELS.match(n)) and m["of"] in values}
    known = {m["of"] for n in values if (m := _LABELS.match(n)) and m["of"] in values}
    return ANOTHER_GROUP if name in known and len(groups) == 1 and name not in groups else ""
