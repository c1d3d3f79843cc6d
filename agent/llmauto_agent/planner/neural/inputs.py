"""A request and its schema as one sequence of word pieces (BRIDGE, Lin et al. 2020).

    [CLS] request [SEP] request before, its plan [SEP] [TAB] table [COL] column [VAL] matched value [COL] ...

Each item that may be pointed to has a place in the sequence: tables, columns and values that of their
mark, numbers and dates that of the last piece of their words, words that of their first piece. Numbers and
dates of the plan before follow its words, each behind a mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from llmauto_agent.planner.date_words import DateLiteral
from llmauto_agent.planner.literals import NumberLiteral
from llmauto_agent.planner.neural.grammar import POINTERS, TOKEN_ID, Action, Token
from llmauto_agent.planner.neural.items import Items, ValueItem
from llmauto_agent.planner.tokens import fold
from llmauto_agent.planner.words import split_name

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_PIECES = 384
_NAME_PIECES = 8
_VALUE_PIECES = 8
_CONTEXT_PIECES = 60
FAMILIES = ("number", "text", "date", "time", "boolean", "other")
SEGMENTS = 3
"""The request, what came before it, the schema."""
_MARKS = {
    "table": "[unused1]",
    "value": "[unused2]",
    **{f: f"[unused{i + 3}]" for i, f in enumerate(FAMILIES)},
}
KEY_FLAG, NEGATED_FLAG, KEPT_FLAG = 1, 2, 3
"""Flags of pieces: a column of a key, a value that is excluded, what the plan before it held."""


@dataclass(frozen=True)
class Encoded:
    """The sequence of a request: ids, segments, levels and flags by piece; places and kinds by item."""

    ids: Sequence[int]
    segments: Sequence[int]
    levels: Sequence[int]
    flags: Sequence[int]
    places: Sequence[int]
    """Where each item is in the sequence, all kinds one after the other in the order of `POINTERS`."""
    kinds: Sequence[int]
    offsets: dict[str, int]
    """Where each kind begins in `places`."""

    def position(self, action: Action) -> int:
        """An action as a number: the tokens of the grammar first, then the items."""
        if isinstance(action, Token):
            return TOKEN_ID[action.name]
        return len(TOKEN_ID) + self.offsets[action.kind] + action.index


class Pieces:
    """Word pieces of words, remembered: names of columns come back with every request."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.cls, self.sep = self._id("[CLS]"), self._id("[SEP]")
        self.marks = {name: self._id(token) for name, token in _MARKS.items()}
        self.of = lru_cache(maxsize=20_000)(self._of)

    def _id(self, token: str) -> int:
        number = self._tokenizer.token_to_id(token)
        assert number is not None, f"the vocabulary lacks {token}"
        return int(number)

    def _of(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)


class _Sequence:
    def __init__(self) -> None:
        self.ids: list[int] = []
        self.segments: list[int] = []
        self.levels: list[int] = []
        self.flags: list[int] = []

    def add(self, pieces: Sequence[int], segment: int, level: int = 0, flag: int = 0) -> int:
        """Append pieces; returns the place of the first."""
        place = len(self.ids)
        self.ids += pieces
        self.segments += [segment] * len(pieces)
        self.levels += [level] * len(pieces)
        self.flags += [flag] * len(pieces)
        return place


def encode(items: Items, pieces: Pieces) -> Encoded:
    """The sequence of a request. What does not fit into MAX_PIECES is cut at the end of the schema."""
    sequence = _Sequence()
    sequence.add([pieces.cls], 0)
    firsts, lasts = _add_words(items, pieces, sequence)
    sequence.add([pieces.sep], 0)
    said = " ; ".join([*items.context[-2:], items.previous]) if items.context or items.previous else ""
    if said:
        sequence.add(pieces.of(fold(said))[:_CONTEXT_PIECES], 1)
        sequence.add([pieces.sep], 1)
    before: list[NumberLiteral | DateLiteral] = [*items.numbers, *items.dates]
    kept = {id(x): _add_kept(x.text, pieces, sequence) for x in before if x.start < 0}
    tables, columns, values = _add_schema(items, pieces, sequence)
    last_of = {w.end: place for w, place in zip(items.words, lasts, strict=True)}
    numbers = [kept.get(id(n), _last_piece(n.start, n.end, items, lasts)) for n in items.numbers]
    dates = [
        kept.get(id(d), last_of.get(d.end, _last_piece(d.start, d.end, items, lasts))) for d in items.dates
    ]
    by_kind = {
        "table": tables, "column": columns, "value": values, "number": numbers, "date": dates, "word": firsts,
    }  # fmt: skip
    places: list[int] = []
    kinds: list[int] = []
    offsets: dict[str, int] = {}
    for number, kind in enumerate(POINTERS):
        offsets[kind] = len(places)
        places += [min(p, MAX_PIECES - 1) for p in by_kind[kind]]
        kinds += [number] * len(by_kind[kind])
    cut = slice(0, MAX_PIECES)
    return Encoded(
        sequence.ids[cut],
        sequence.segments[cut],
        sequence.levels[cut],
        sequence.flags[cut],
        places,
        kinds,
        offsets,
    )


def _add_words(items: Items, pieces: Pieces, sequence: _Sequence) -> tuple[list[int], list[int]]:
    """The request; returns the places of each word's first and last piece."""
    firsts, lasts = [], []
    for word, level in zip(items.words, items.named, strict=True):
        firsts.append(sequence.add(pieces.of(word.lower), 0, level))
        lasts.append(len(sequence.ids) - 1)
    return firsts, lasts


def _add_kept(text: str, pieces: Pieces, sequence: _Sequence) -> int:
    """A number or a date of the plan before, with a mark of its own; returns the place of the mark."""
    place = sequence.add([pieces.marks["value"]], 1, 0, KEPT_FLAG)
    sequence.add(pieces.of(fold(text))[:_VALUE_PIECES], 1)
    return place


def _last_piece(start: int, end: int, items: Items, lasts: Sequence[int]) -> int:
    inside = [p for w, p in zip(items.words, lasts, strict=True) if w.start < end and start < w.end]
    return inside[-1] if inside else 0


def _add_schema(items: Items, pieces: Pieces, sequence: _Sequence) -> tuple[list[int], list[int], list[int]]:
    values_of: dict[int, list[int]] = {}
    for i, value in enumerate(items.values):
        values_of.setdefault(value.column, []).append(i)
    tables, columns, values = [], [0] * len(items.columns), [0] * len(items.values)
    for t, table in enumerate(items.tables):
        level = items.table_levels[t] if items.table_levels else 0
        tables.append(sequence.add([pieces.marks["table"]], 2, level))
        sequence.add(pieces.of(_name(table))[:_NAME_PIECES], 2, level)
        for c, column in enumerate(items.columns):
            if column.table != table:
                continue
            flag = KEY_FLAG if column.key else 0
            columns[c] = sequence.add([pieces.marks[column.family]], 2, column.level, flag)
            sequence.add(pieces.of(_name(column.name))[:_NAME_PIECES], 2, column.level, flag)
            for v in values_of.get(c, ()):
                value = items.values[v]
                values[v] = sequence.add([pieces.marks["value"]], 2, value.level, _value_flag(value))
                sequence.add(pieces.of(fold(str(value.value)))[:_VALUE_PIECES], 2, value.level)
    return tables, columns, values


def _value_flag(value: ValueItem) -> int:
    if value.kept:
        return KEPT_FLAG
    return NEGATED_FLAG if value.negated else 0


@lru_cache(maxsize=20_000)
def _name(name: str) -> str:
    """A name in words: TotalBill and total_bill as "total bill"."""
    return " ".join(split_name(name)) or name
