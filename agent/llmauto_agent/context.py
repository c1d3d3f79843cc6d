"""The bounded schema context: which tables and columns a chat model is told of for a question.

A source may have 400 columns or 200 tables; the prompt may not. Tables and columns are ranked by how
many words of the question (and of the questions before it) their names share, rarer words counting
more (inverse document frequency), and are kept in the order of the schema until the budget is used.
The names of all tables are listed as far as they fit, so that the model can ask for one (`tables`).
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from llmauto_tools.schema import Column, Table

MAX_CHARACTERS = 12_000
MAX_COLUMNS_PER_TABLE = 60
MAX_TABLES = 30
MAX_NAMES = 300

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_a-zA-Z]", re.UNICODE)


def words(text: str) -> set[str]:
    """Lower-case stems of a name or a question; each Chinese character is a word."""
    found = {w.lower() for w in _WORD.findall(text)}
    return {w[:-1] if len(w) > 3 and w.endswith("s") else w for w in found}


RECALLED = 12
"""So many recalled tables go before those that share words with the question."""


def choose_tables(
    tables: Sequence[Table], question: str, recalled: Sequence[str] = ()
) -> tuple[list[Table], list[str]]:
    """The tables to describe, cut to the columns that matter, and the names of the others.

    recalled: tables that the memory finds for the question, best first.
    """
    place = {name: i for i, name in enumerate(recalled[:RECALLED])}
    asked = words(question)
    weight = _weights(tables)
    scores = {t.name: _score(_table_words(t), asked, weight) for t in tables}
    ranked = sorted(tables, key=lambda t: (place.get(t.name, RECALLED), -scores[t.name]))
    chosen: list[Table] = []
    room = MAX_CHARACTERS
    for table in ranked[:MAX_TABLES]:
        cut = _cut_columns(table, asked, weight)
        size = sum(len(c.name) + len(c.dtype) + 24 for c in cut.columns) + len(table.name) + 24
        if chosen and size > room:
            continue
        room -= size
        chosen.append(cut)
    names = {t.name for t in chosen}
    order = {t.name: i for i, t in enumerate(tables)}
    chosen.sort(key=lambda t: order[t.name])
    return chosen, [t.name for t in tables if t.name not in names][:MAX_NAMES]


def left_out_line(left_out: Iterable[str]) -> str:
    """One line of JSON that names the tables that are not described, or nothing."""
    names = list(left_out)
    return json.dumps({"other_tables": names}, ensure_ascii=False) if names else ""


def _table_words(table: Table) -> set[str]:
    return set().union(words(table.name), *(words(c.name) for c in table.columns))


def _weights(tables: Sequence[Table]) -> dict[str, float]:
    counts = Counter(w for t in tables for c in t.columns for w in words(c.name))
    counts.update(w for t in tables for w in words(t.name))
    return {w: 1 / (1 + math.log(n)) for w, n in counts.items()}


def _score(names: set[str], asked: set[str], weight: dict[str, float]) -> float:
    return sum(weight.get(w, 0.0) for w in names & asked)


def _cut_columns(table: Table, asked: set[str], weight: dict[str, float]) -> Table:
    if len(table.columns) <= MAX_COLUMNS_PER_TABLE:
        return table

    def rank(place: tuple[int, Column]) -> tuple[float, int]:
        return -_score(words(place[1].name), asked, weight), place[0]

    kept = sorted(enumerate(table.columns), key=rank)[:MAX_COLUMNS_PER_TABLE]
    kept.sort(key=lambda place: place[0])
    return replace(table, columns=tuple(c for _, c in kept))
