"""What a request names: columns, values of columns, and tables, each with its place in the text."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from llmauto_agent.planner.asks.cues_en import CUES_EN
from llmauto_agent.planner.asks.vocabulary import DOMAIN, IDENTIFIER, TYPO_WORDS
from llmauto_agent.planner.harmless import discourse, row_nouns, verbs
from llmauto_agent.planner.linker import SchemaIndex, best_links
from llmauto_agent.planner.links import Link, Pick
from llmauto_agent.planner.read_facts import Col, Facts
from llmauto_agent.planner.tokens import fold, tokenize
from llmauto_agent.planner.words import QUESTION_WORDS, STOP_WORDS, is_typo_of, singular
from llmauto_tools.schema import Table

SURE = 0.5
"""A link below this score names a column only where nothing else in its phrase is left over."""


@dataclass(frozen=True)
class Mention:
    """A column that a span of the text names, by its name or by one of its values."""

    start: int
    end: int
    text: str
    table: str
    column: str
    score: float
    by_value: bool = False
    plural: bool = False
    """The text is a plural: with `others`, all of them may be meant ("the temperatures")."""
    others: tuple[str, ...] = ()
    """Other columns of the table that the span could mean as well."""

    @property
    def exact(self) -> bool:
        return self.score >= 0.85 and not self.by_value


class Named:
    """The mentions of a text over one table, chosen by what the text names most."""

    def __init__(self, text: str, index: SchemaIndex, prefer: str | None = None) -> None:
        self.text = fold(text)
        self.index = index
        self.facts = Facts(index)
        self._prefer = prefer
        self._links = index.link(tokenize(text))
        self._picks = best_links(self._links)
        self.tables = _named_tables(self.text, index)
        self.table = self._table()
        self.columns = self._mentions()

    def within(self, start: int, end: int) -> Named:
        """The same for a part of the text, with its mentions at their places in that part."""
        part = copy.copy(self)
        part.text = self.text[start:end]
        part.columns = [
            replace(m, start=m.start - start, end=m.end - start)
            for m in self.columns
            if start <= m.start and m.end <= end
        ]
        return part

    def _table(self) -> Table:
        if self.tables:
            return self.index.table(self.tables[0])
        votes: dict[str, float] = {t.name: 0.0 for t in self.index.tables}
        for link in self._links:
            if link.table and link.kind in {"column", "value"} and link.score >= 0.55:
                votes[link.table] += link.score * link.size
        if self._prefer in votes:
            votes[str(self._prefer)] += 0.5
        best = max(votes, key=lambda name: votes[name])
        return self.index.table(best)

    def _mentions(self) -> list[Mention]:
        here = [m for pick in self._picks if (m := self._mention(pick))]
        return sorted([*here, *self._domain(here)], key=lambda m: m.start)

    def _mention(self, pick: Pick) -> Mention | None:
        table = self.table.name
        links = [pick.link, *pick.alternatives]
        columns = [x for x in links if x.table == table and x.kind in {"column", "value"} and x.column]
        if not columns or _names_table(pick.link, self.tables, self.text):
            return None
        first = columns[0]
        if pick.link.kind in {"table", "rows"} and (first.score < 0.9 or first.kind == "value"):
            return None
        if _misread(first, self.text):
            return None
        others = {x.column for x in columns[1:] if x.column and x.column != first.column and x.score > 0.45}
        by_value = first.kind == "value" and first.how != "flag"
        return Mention(
            first.start, first.end, first.text, table, str(first.column), first.score, by_value,
            first.text.isascii() and first.text.endswith("s"), tuple(sorted(others))
        )  # fmt: skip

    def _domain(self, found: Sequence[Mention]) -> list[Mention]:
        """Columns that everyday words stand for ("who leaves": churn), where the linker names none."""
        more = []
        for words, names in DOMAIN:
            column = next((c.name for c in self.table.columns if re.search(names, c.name.casefold())), None)
            if column is None or any(m.column == column for m in found):
                continue
            for match in re.finditer(words, self.text):
                if all(match.end() <= m.start or m.end <= match.start() or m.score < 0.7 for m in found):
                    more.append(Mention(match.start(), match.end(), match[0], self.table.name, column, 0.7))
                    break
        return more

    # ---- what is known of a column

    def col(self, name: str) -> Col:
        return self.facts.col(self.table.name, name)

    def is_number(self, name: str) -> bool:
        """Whether a column holds amounts: numbers that are no yes/no flags."""
        col = self.col(name)
        return col.family == "number" and self.facts.binary(col) is None

    def is_group(self, name: str) -> bool:
        """Whether a column makes groups that can be compared."""
        col = self.col(name)
        if col.family == "date":
            return False
        return col.family != "number" or self.facts.discrete(col)

    def is_date(self, name: str) -> bool:
        col = self.col(name)
        return col.family == "date" or self.facts.is_year(col)

    def date(self) -> str | None:
        """The column of dates, where there is just one."""
        dates = self.facts.dates(self.table.name)
        return dates[0].name if len(dates) == 1 else None

    def identifiers(self) -> list[tuple[int, int, str]]:
        """Names that are neither words of the schema nor of the language: saved models and recipes."""
        known = {t.name.casefold() for t in self.index.tables} | {
            c.name.casefold() for c in self.table.columns
        }
        return [
            (m.start(), m.end(), m[0])
            for m in IDENTIFIER.finditer(self.text)
            if m[0] not in known
        ]  # fmt: skip


def _misread(link: Link, text: str) -> bool:
    """Whether a link reads a word of the request itself as a cell: "blank" as Black, "per month" as a contract."""
    if link.kind != "value" or link.how == "flag":
        return link.text.casefold() in _WEAK and bool(
            re.search(r"[\w]\s$", text[: link.start]) and link.score < 1
        )
    word = link.text.casefold()
    if word in _PERIODS and link.score < 0.95:
        return True
    if word in _cue_words() and text[: link.start].rstrip()[-1:] not in {"=", '"', "'"}:
        return True
    return link.score < 0.8 and (word in known_words() or word in _WEAK) and link.how != "alias"


_WEAK = frozenset(
    ["name", "names", "value", "values", "type", "types", "number", "numbers", "data", "row", "rows"]
)
_PERIODS = frozenset(
    [
        "hour",
        "day",
        "week",
        "month",
        "quarter",
        "year",
        "hours",
        "days",
        "weeks",
        "months",
        "quarters",
        "years",
        "time",
        "one",
        "ones",
    ]
)


@lru_cache(maxsize=1)
def _cue_words() -> frozenset[str]:
    """The words in the cues' patterns."""
    plain = (
        p.replace("\\b", " ").replace("\\s", " ").replace("\\w", " ") for t in CUES_EN.values() for _, p in t
    )
    words = {w for p in plain for w in re.findall(r"[a-z]{4,}", p)}
    return frozenset(words | {singular(w) for w in words})


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """English words that are spelled right: those of the cues and of the language's own lists."""
    return frozenset(
        _cue_words() | TYPO_WORDS | discourse() | verbs() | row_nouns() | STOP_WORDS | QUESTION_WORDS
    )


def _named_tables(text: str, index: SchemaIndex) -> list[str]:
    """The tables that the text names in full, in the order of the text."""
    found = []
    for table in index.tables:
        name = table.name.casefold()
        pattern = rf"(?<![\w.@-]){re.escape(name)}(?![\w@-])" if name.isascii() else re.escape(name)
        if len(index.tables) > 1 and (match := re.search(pattern, text)):
            if not name.isascii() and not re.search(rf"{re.escape(name)}\s*(?:表|这|数据|$)", text):
                continue
            found.append((match.start(), -len(name), table.name))
    return [name for _, _, name in sorted(found)]


def _names_table(link: Link, tables: Sequence[str], text: str) -> bool:
    """Whether a link is the name of a table, as in "the churn table"."""
    if link.kind == "table":
        return link.score >= 0.9 and bool(tables)
    return bool(re.match(r"\s+(?:table|dataset|data set|file)\b", text[link.end :]))


def corrected(text: str, index: SchemaIndex) -> str:
    """The text with typing errors in the words of the tools corrected; names of the schema stay."""
    known = {w for t in index.tables for n in (t.name, *(c.name for c in t.columns)) for w in re.findall(r"[a-z]+", n.casefold())}  # fmt: skip

    def repl(match: re.Match[str]) -> str:
        word = match[0].casefold()
        if word in known or word in known_words() or singular(word) in known_words():
            return match[0]
        near = [w for w in TYPO_WORDS if is_typo_of(word, w)]
        return near[0] if len(near) == 1 else match[0]

    return re.sub(r"(?<![\w@.-])[A-Za-z]{5,}(?![\w@]|[.-]\w)", repl, text)
