"""Schema linking: which words of a question name which tables, columns and values.

    index = SchemaIndex(tables, foreign_keys, EngineValues(engine, tables))
    links = index.link(tokenize(question))     # every candidate, overlapping
    picks = best_links(links)                  # a consistent reading, with the alternatives kept

Spans are character offsets of the question. Scores are comparable across kinds:

    1.0         the name itself            0.9–0.97   another form of it (plural, case, split, unit dropped)
    0.7–0.85    typing error, synonym      0.4–0.8    a part of the name ("bill" for total_bill)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from llmauto_agent.planner.context import answer_links, prefer_named_columns
from llmauto_agent.planner.links import Link, Pick
from llmauto_agent.planner.matching import NameMatch, match_names
from llmauto_agent.planner.names import NameIndex
from llmauto_agent.planner.phrases import Unit, span_size, spans, units_of, value_key, value_text
from llmauto_agent.planner.selection import best_links
from llmauto_agent.planner.synonyms import opposites
from llmauto_agent.planner.tokens import Token
from llmauto_agent.planner.value_types import CellValue, Phrase, ValueMatch, ValueSource
from llmauto_agent.planner.words import QUESTION_WORDS, root, singular, split_name
from llmauto_tools.schema import ForeignKey, Table

__all__ = ["Link", "Pick", "SchemaIndex", "best_links"]

_ROW_NOUNS = frozenset(
    ("row", "record", "entry", "observation", "item", "person", "individual", "case", "sample")
)
_ROW_NOUNS_ZH = ("记录", "行", "条", "人", "数据", "个人")
_NEGATIONS = ("un", "in", "non", "im", "ir", "dis", "not")
_KEY_WORDS = frozenset(("id", "key", "no", "number", "code", "num"))
_LINKS_PER_SPAN = 40


class SchemaIndex:
    """An index of the names of tables and columns, and a door to the values.

    Build once per set of tables. `descriptions` maps (table, column), or (table, None) for a table, to
    a text whose words may also name it.
    """

    def __init__(
        self,
        tables: Sequence[Table],
        foreign_keys: Sequence[ForeignKey] = (),
        values: ValueSource | None = None,
        descriptions: Mapping[tuple[str, str | None], str] | None = None,
    ) -> None:
        self.tables = tuple(tables)
        self.foreign_keys = tuple(foreign_keys)
        self.values = values
        self._names = NameIndex(self.tables, descriptions or {})
        self._by_name = {t.name: t for t in self.tables}

    def table(self, name: str) -> Table:
        """The table of that exact name. Raises KeyError."""
        return self._by_name[name]

    def link(self, tokens: Sequence[Token]) -> list[Link]:
        """All candidate links of a tokenised question, in order of place, best first within a span."""
        units = units_of(tokens)
        source = _source(tokens)
        matches = match_names(units, self._names)
        links = [link for match in matches for link in _name_links(match, units, source)]
        if self.values is not None:
            named = [i for m in matches if m.score >= 0.85 for i in range(m.first, m.last)]
            sizes, phrases = _phrases(units, source, frozenset(named))
            found = self.values.find(phrases, _tables_by_score(links)[:8])
            links += [_value_link(match, sizes) for match in found]
            links += self._flags(links, units, source)
            links += self._negated_values(units)
            links += answer_links(links, source.lower(), self._known_values)
        links += self._rows(units)
        return _ranked(prefer_named_columns(links, source))

    # ---- words that stand for rows

    @cached_property
    def _row_nouns(self) -> dict[str, list[str]]:
        """Nouns that a table's key names: PassengerId or passenger_id, first column, → "passenger"."""
        nouns: dict[str, list[str]] = {}
        for table in self.tables:
            if not table.columns:
                continue
            parts = split_name(table.columns[0].name)
            words = [w for w in parts if w not in _KEY_WORDS]
            if len(words) == 1 and len(parts) > 1:
                nouns.setdefault(root(words[0]), []).append(table.name)
        return nouns

    def _rows(self, units: Sequence[Unit]) -> Iterator[Link]:
        for i, unit in enumerate(units):
            if unit.group >= 0:
                continue
            for table in self._row_nouns.get(unit.root, ()):
                yield Link(unit.start, unit.end, unit.typed, "rows", table, score=0.85, how="rows")
            if singular(unit.text) in _ROW_NOUNS:
                yield Link(unit.start, unit.end, unit.typed, "rows", None, score=0.5, how="rows")
            for noun in _ROW_NOUNS_ZH:
                part = units[i : i + len(noun)]
                if unit.cjk and "".join(u.text for u in part) == noun:
                    yield Link(
                        unit.start,
                        part[-1].end,
                        noun,
                        "rows",
                        None,
                        score=0.42,
                        how="rows",
                        size=span_size(part),
                    )

    # ---- yes/no columns named by a word

    def _flags(self, links: Iterable[Link], units: Sequence[Unit], source: str) -> list[Link]:
        """Values of yes/no columns: "survived" → Survived = 1, "inactive" → active = false."""
        flags = []
        for link in links:
            if link.kind == "column" and link.score >= 0.55 and link.how != "description":
                pair = self._binary(link)
                if pair is not None:
                    flags.append(_flag(link, pair[1], False))
        for unit, word in _negated_words(units):
            for match in match_names([word], self._names):
                for link in _name_links(match, [unit], source):
                    pair = self._binary(link) if match.score >= 0.55 and link.kind == "column" else None
                    if pair is not None:
                        flags.append(_flag(link, pair[0], True))
        return flags

    def _negated_values(self, units: Sequence[Unit]) -> list[Link]:
        """Values that a word denies: "unpaid" where a status is 'paid' → that value, negated."""
        found = []
        for unit, word in _negated_words(units):
            phrase = Phrase(unit.start, unit.end, word.text, word.root, word.typed, False, True)
            sizes = {(unit.start, unit.end): 1.0}
            matches = self.values.find([phrase]) if self.values else []
            found += [
                replace(_value_link(m, sizes), text=unit.typed, score=round(m.score * 0.85, 4), negated=True)
                for m in matches
                if m.score >= 0.8
            ]
        return found

    def _known_values(self, link: Link) -> Sequence[CellValue]:
        facts = self.values.facts(link.table or "", link.column or "") if self.values else None
        return (facts.values or ()) if facts else ()

    def _binary(self, link: Link) -> tuple[CellValue, CellValue] | None:
        if self.values is None or link.table is None or link.column is None:
            return None
        facts = self.values.facts(link.table, link.column)
        return facts.binary if facts else None


def _negated_words(units: Sequence[Unit]) -> Iterator[tuple[Unit, Unit]]:
    """Words with a negative prefix or an opposite: pairs (the unit in the question, the positive unit)."""
    for i, unit in enumerate(units):
        positives = list(opposites(unit.root))
        for prefix in _NEGATIONS:
            if unit.text.startswith(prefix) and len(unit.text) >= len(prefix) + 4:
                positives.append(unit.text[len(prefix) :])
        if unit.text == "non" and i + 1 < len(units):
            following = units[i + 1]
            whole = Unit(unit.start, following.end, following.text, following.root, unit.typed)
            yield whole, following
        for positive in positives:
            yield unit, Unit(unit.start, unit.end, positive, root(positive), positive)


def _flag(link: Link, value: CellValue, negated: bool) -> Link:
    return Link(
        link.start, link.end, link.text, "value", link.table, link.column, value,
        round(link.score * 0.97, 4), "flag", link.size, negated,
    )  # fmt: skip


def _name_links(match: NameMatch, units: Sequence[Unit], source: str) -> Iterator[Link]:
    start, end = units[match.first].start, units[match.last - 1].end
    text = source[start:end]
    for table, column in match.name.targets:
        yield Link(start, end, text, match.name.kind, table, column, None, match.score, match.how, match.size)


def _source(tokens: Sequence[Token]) -> str:
    """The question that the tokens came from; what they leave out (spaces, quotes) as spaces."""
    chars = [" "] * (max((t.end for t in tokens), default=0))
    for token in tokens:
        inside = token.start + (token.kind == "quoted")
        chars[inside : inside + len(token.text)] = token.text
    return "".join(chars)


def _tables_by_score(links: Sequence[Link]) -> list[str]:
    """The tables that the links name, best first."""
    ordered = sorted((x for x in links if x.table), key=lambda x: -x.score)
    return list(dict.fromkeys(x.table for x in ordered if x.table))


def _phrases(
    units: Sequence[Unit], source: str, named: frozenset[int]
) -> tuple[dict[tuple[int, int], float], list[Phrase]]:
    """The spans that could be cell values, as the value source compares them, and their sizes."""
    sizes = {}
    phrases = []
    for i, j in spans(units):
        part = units[i:j]
        quoted = part[0].group >= 0
        if not quoted and all(u.stop for u in part) and not part[0].typed.isupper():
            continue
        text = value_text(_joined(part))
        sizes[part[0].start, part[-1].end] = span_size(part)
        typed = source[part[0].start : part[-1].end]
        plain = all(k in named or _is_plain(units[k]) for k in range(i, j))
        phrases.append(Phrase(part[0].start, part[-1].end, text, value_key(text), typed, quoted, plain))
    return sizes, phrases


def _is_plain(unit: Unit) -> bool:
    return unit.stop or unit.text in QUESTION_WORDS or unit.text.replace(",", "").replace(".", "").isdigit()


def _joined(units: Sequence[Unit]) -> str:
    """The text of adjacent units: Chinese and the humps of one word together, words apart."""
    text = units[0].text
    for before, unit in pairwise(units):
        text += unit.text if before.end == unit.start else " " + unit.text
    return text


def _value_link(match: ValueMatch, sizes: Mapping[tuple[int, int], float]) -> Link:
    phrase = match.phrase
    return Link(
        phrase.start, phrase.end, phrase.typed, "value", match.table, match.column, match.value,
        match.score, match.how, sizes[phrase.start, phrase.end],
    )  # fmt: skip


def _ranked(links: Sequence[Link]) -> list[Link]:
    """In order of place, best first within a span, duplicates and the long tail of a span left out."""
    best: dict[tuple[object, ...], Link] = {}
    for link in links:
        key = (link.start, link.end, link.kind, link.table, link.column, link.value, link.negated)
        if key not in best or best[key].score < link.score:
            best[key] = link
    ordered = sorted(best.values(), key=lambda x: (x.start, x.end, -x.score, x.table or "", x.column or ""))
    kept: list[Link] = []
    counts: dict[tuple[int, int], int] = {}
    for link in ordered:
        counts[link.start, link.end] = counts.get((link.start, link.end), 0) + 1
        if counts[link.start, link.end] <= _LINKS_PER_SPAN:
            kept.append(link)
    return kept
