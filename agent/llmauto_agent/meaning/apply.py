"""A question read with the meanings that apply to it.

A defined name becomes a column of the tables that it is defined for, so that all that the planner can do with
a column works with it; in the plan that comes out, what was read of this column is replaced by what the name
stands for. A name of a measure is read as its total ("ARR by plan" as "total ARR by plan"), which is the one
aggregate that is replaced as a whole. Standing filters are added to every plan over their table, unless the
question lifts them ("including test accounts").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from llmauto_agent.meaning.plans import all_nodes, asked_about, columns_in, filtered, substituted
from llmauto_agent.meaning.resolve import (
    Resolved,
    ResolvedFilter,
    resolve_definition,
    resolve_filter,
)
from llmauto_agent.meaning.types import Definition, Meanings
from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.reader import WHOLE
from llmauto_agent.planner.reading import Reading
from llmauto_agent.planner.tokens import fold, has_cjk
from llmauto_agent.planner.value_types import ColumnFacts, Phrase, ValueMatch, ValueSource
from llmauto_agent.planner.words import root
from llmauto_tools.plan.model import ColumnRef, Plan
from llmauto_tools.schema import Column, Table

Read = Callable[[str, SchemaIndex], Reading]
"""Reads a question over an index, however the planner does that."""


@dataclass(frozen=True)
class Applied:
    """What of the meanings a reading used: (name, what it stands for, source)."""

    used: tuple[tuple[str, str, str], ...] = ()


@dataclass
class Known:
    """Meanings made ready for the tables of an index; made once for both."""

    meanings: Meanings
    index: SchemaIndex
    definitions: dict[str, list[Resolved]] = field(default_factory=dict)
    """By the name of the column that stands for a definition."""
    synonyms: list[Definition] = field(default_factory=list)
    filters: list[ResolvedFilter] = field(default_factory=list)
    unread: list[Definition] = field(default_factory=list)
    """Definitions that no table here can be asked with."""
    extended: SchemaIndex | None = None


def make_known(meanings: Meanings, index: SchemaIndex) -> Known:
    """Resolve meanings for the tables of an index."""
    known = Known(meanings, index)
    values = partial(_values, index.values)
    for definition in (*meanings.definitions, *_what_filters_leave_out(meanings)):
        if definition.read in ("word", "value") or _is_synonym(definition, index.tables):
            known.synonyms.append(definition)
        elif found := resolve_definition(definition, index.tables, values):
            known.definitions[definition.name] = found
        else:
            known.unread.append(definition)
    for standing in meanings.filters:
        known.filters += resolve_filter(standing, meanings, index.tables, values)
    known.extended = _extended(index, known.definitions)
    return known


def _what_filters_leave_out(meanings: Meanings) -> list[Definition]:
    """What a filter leaves out can be asked for by its name: "how many test accounts are there?"."""
    named = {n.casefold() for d in meanings.definitions for n in d.names}
    return [
        Definition(f.about, f.body, f.source, table=f.table, read=f.read)
        for f in meanings.filters
        if f.exclude and f.about not in ("", f.body) and f.about.casefold() not in named
    ]


def read_with(question: str, known: Known, read: Read) -> tuple[Reading, Applied]:
    """Read a question with what is known; without any of it where nothing applies."""
    text, used = _reworded(_without_lifting(question, known.filters), known)
    named = {n: found for n, found in known.definitions.items() if _mentioned(text, found[0].definition)}
    reading, plan, replaced_names = _read_named(text, known, named, read)
    if plan is None:
        bare = read(text, known.index) if named else reading
        if bare.plan is None or bare.confidence < WHOLE:
            return replace(reading, question=question), Applied(tuple(used))
        # The words mean something in the data by themselves; that the definition was not used is said.
        reading, plan, replaced_names = _with_words(bare, _not_used(named, bare.language)), bare.plan, []
    asked = asked_about(reading.plan or plan, named)
    kept = [f for f in known.filters if not _lifted(question, f) and not asked & columns_in(f.predicate)]
    plan, filters = filtered(plan, kept)
    used += [(d.name, d.body, d.source) for d in (named[n][0].definition for n in replaced_names)]
    used += [(f.filter.about or f.filter.body, _filter_words(f), f.filter.source) for f in filters]
    reading = _with_words(reading, _said(used, reading.language))
    return replace(reading, question=question, plan=plan), Applied(tuple(dict.fromkeys(used)))


def _read_named(
    text: str, known: Known, named: dict[str, list[Resolved]], read: Read
) -> tuple[Reading, Plan | None, list[str]]:
    """The reading of a question, its plan with definitions in it (None for a refusal), and which they are."""
    if not named:
        reading = read(text, known.index)
        return reading, reading.plan, []
    reading = read(_as_totals(text, named), known.extended or known.index)
    if reading.plan is None:
        if reading.tool is not None and _mentions_any(reading.arguments, named):
            return _unusable(text, reading, list(named)), None, []
        return reading, None, []
    plan, done = substituted(reading.plan, named)
    left = [n for n in named if any(isinstance(x, ColumnRef) and x.name == n for x in all_nodes(plan))]
    if left:
        return _unusable(text, reading, left), None, []
    return reading, plan, done


def _mentions_any(arguments: object, named: dict[str, list[Resolved]]) -> bool:
    """Whether the arguments of a tool name a definition, which it knows nothing of."""
    if isinstance(arguments, dict):
        return any(_mentions_any(v, named) for v in arguments.values())
    if isinstance(arguments, (list, tuple)):
        return any(_mentions_any(v, named) for v in arguments)
    return isinstance(arguments, str) and arguments in named


def _with_words(reading: Reading, words: Sequence[str]) -> Reading:
    return replace(reading, assumptions=[*reading.assumptions, *words])


def _not_used(named: dict[str, list[Resolved]], language: str) -> list[str]:
    return [
        f"“{name}”的定义在这里无法使用。"
        if language == "zh"
        else f"Your definition of '{name}' could not be used in this question."
        for name in named
    ]


# ---- words


def _reworded(question: str, known: Known) -> tuple[str, list[tuple[str, str, str]]]:
    """The question with other words for a column or table replaced by its name, and fiscal years by dates."""
    used = []
    text = question
    names = _names_of(known)
    for definition in known.synonyms:
        for name in definition.names:
            changed = _with_word(text, name, definition.body, names)
            if changed != text:
                text = changed
                used.append((name, definition.body, definition.source))
    if known.meanings.fiscal_start:
        text, years = _fiscal_dates(text, known.meanings.fiscal_start)
        used += [(y, span, known.meanings.fiscal_source) for y, span in years]
    return text, used


def _names_of(known: Known) -> list[str]:
    """What the data and the definitions call themselves: a word inside such a name is no other word for something."""
    own = {t.name for t in known.index.tables} | {c.name for t in known.index.tables for c in t.columns}
    own |= {n for found in known.definitions.values() for n in found[0].definition.names}
    return [n for n in own if " " in n or "_" in n]


def _with_word(text: str, name: str, word: str, names: Sequence[str]) -> str:
    """The text with a word in the place of a name, but not inside of a longer name ("price" in "unit price")."""
    longer = [_pattern(n.replace("_", " ")) for n in names if fold(name) in fold(n) and fold(n) != fold(name)]
    kept = [m.span() for pattern in longer for m in pattern.finditer(text)]

    def written(match: re.Match[str]) -> str:
        inside = any(start <= match.start() and match.end() <= end for start, end in kept)
        same = fold(match[0]).replace("_", " ") == fold(word).replace("_", " ")
        return match[0] if inside or same else word

    return _pattern(name).sub(written, text)


_FISCAL_YEAR = re.compile(
    r"(?:(?:in|for|of|during)\s+)?(?:the\s+)?(?P<said>(?:fiscal|financial|business)\s+year\s+(?P<a>(?:19|20)\d\d)"
    r"|FY\s?'?(?P<b>(?:19|20)?\d\d)(?!\d))|(?P<zh>(?P<c>(?:19|20)\d\d)\s*(?:财年|财政年度))",
    re.IGNORECASE,
)


def _fiscal_dates(text: str, start: int) -> tuple[str, list[tuple[str, str]]]:
    """Fiscal years as spans of dates. A fiscal year is named by the calendar year in which it begins."""
    found: list[tuple[str, str]] = []

    def dates(match: re.Match[str]) -> str:
        year = int(match["a"] or match["b"] or match["c"])
        year += 2000 if year < 100 else 0
        first, last = f"{year}-{start:02d}-01", _day_before(year + 1, start)
        found.append(((match["said"] or match["zh"]).strip(), f"{first} to {last}"))
        return f"从{first}到{last}的" if match["zh"] else f"between {first} and {last}"

    return _FISCAL_YEAR.sub(dates, text), found


def _day_before(year: int, month: int) -> str:
    import datetime as dt

    return (dt.date(year, month, 1) - dt.timedelta(days=1)).isoformat()


def _pattern(name: str) -> re.Pattern[str]:
    """Finds a name in a question, also with another ending of its last word."""
    if has_cjk(name):
        return re.compile(re.escape(name))
    words = [re.escape(w) for w in fold(name).split()]
    last = words[-1]
    ending = f"(?:{last}(?:s|es)?|{last[:-1]}ies)" if last.endswith("y") else f"{last}(?:s|es)?"
    return re.compile(rf"(?<![\w]){'[ _-]'.join([*words[:-1], ending])}(?![\w])", re.IGNORECASE)


def _mentioned(text: str, definition: Definition) -> bool:
    return any(_pattern(n).search(text) for n in definition.names)


_AGGREGATED = re.compile(
    r"(?:total|sum|sum of|average|avg|mean|median|max|maximum|min|minimum)\s+(?:of\s+)?(?:the\s+|our\s+)?$|(?:总|平均)的?$",
    re.IGNORECASE,
)


def _as_totals(text: str, named: dict[str, list[Resolved]]) -> str:
    """Every name of a definition as the column that stands for it, and a measure as its total."""
    for column, found in named.items():
        total = found[0].form == "measure"
        for name in found[0].definition.names:

            def written(match: re.Match[str], column: str = column, total: bool = total) -> str:
                before = match.string[: match.start()]
                if not total or _AGGREGATED.search(before):
                    return column
                return f"总{column}" if has_cjk(column) or has_cjk(before[-1:]) else f"total {column}"

            text = _pattern(name).sub(written, text)
    return text


# ---- columns that stand for definitions


def _extended(index: SchemaIndex, definitions: dict[str, list[Resolved]]) -> SchemaIndex:
    """The index with a column for each definition, in the tables that it is resolved for."""
    if not definitions:
        return index
    tables = []
    flags = set()
    for table in index.tables:
        more = []
        for name, found in definitions.items():
            own = next((r for r in found if r.table == table.name), None)
            if own is None or table.column(name) is not None:
                continue
            more.append(Column(name, "BOOLEAN" if own.form == "condition" else "DOUBLE"))
            if own.form == "condition":
                flags.add((table.name, name))
        tables.append(replace(table, columns=(*table.columns, *more)))
    values = _WithFlags(index.values, frozenset(flags)) if index.values is not None else None
    return SchemaIndex(tables, index.foreign_keys, values)


class _WithFlags:
    """Values of the real columns, and of conditions that are columns to the planner: no and yes."""

    def __init__(self, inner: ValueSource, flags: frozenset[tuple[str, str]]) -> None:
        self._inner = inner
        self._flags = flags

    def facts(self, table: str, column: str) -> ColumnFacts | None:
        if (table, column) in self._flags:
            return ColumnFacts((False, True), True, (False, True))
        return self._inner.facts(table, column)

    def find(self, phrases: Sequence[Phrase], first: Sequence[str] = ()) -> list[ValueMatch]:
        return self._inner.find(phrases, first)


def _values(source: ValueSource | None, table: str, column: str) -> Sequence[object]:
    facts = source.facts(table, column) if source is not None else None
    return (facts.values or ()) if facts is not None else ()


def _is_synonym(definition: Definition, tables: Sequence[Table]) -> bool:
    """Whether the body is just the name of a table or column."""
    body = root(fold(definition.body).strip().replace("_", " "))
    names = {t.name for t in tables} | {c.name for t in tables for c in t.columns}
    return any(root(fold(n).replace("_", " ")) == body for n in names)


def _unusable(question: str, reading: Reading, names: Sequence[str]) -> Reading:
    """A refusal: the name stands for an aggregate, and something else than its value was asked of it."""
    return Reading(
        question, reading.language, None, 0.0, list(reading.understood), list(names), reason="defined"
    )


# ---- filters


_UNFILTERED = re.compile(
    r"\b(?:unfiltered|without (?:any )?filters?|no filters?)\b|不过滤|不筛选", re.IGNORECASE
)
_LIFTS = r"(?:including|include|with|incl\.?|even|also|and|counting|包括|包含|含|算上|连同)\s*(?:the\s+|all\s+|our\s+)?"


def _lifted(question: str, found: ResolvedFilter) -> bool:
    """Whether a question says that a filter does not hold: "including test accounts", "unfiltered", "all rows"."""
    if _UNFILTERED.search(question):
        return True
    about = found.filter.about or (found.filter.body if found.filter.exclude else "")
    if not about:
        return False
    return re.search(_LIFTS + _pattern(about).pattern, question, re.IGNORECASE) is not None


def _without_lifting(question: str, filters: Sequence[ResolvedFilter]) -> str:
    """The question without the words that only lift a filter, which are no condition."""
    if filters:
        question = _UNFILTERED.sub("", question)
    for found in filters:
        if found.filter.about and _lifted(question, found):
            question = re.sub(
                rf"[,，]?\s*{_LIFTS}{_pattern(found.filter.about).pattern}", "", question, flags=re.IGNORECASE
            )
    return question


def _filter_words(found: ResolvedFilter) -> str:
    f = found.filter
    what = f.about if f.about and f.about != f.body else ""
    return f"{'without' if f.exclude else 'only'} {what + ': ' if what else ''}{f.body}"


def _said(used: Sequence[tuple[str, str, str]], language: str) -> list[str]:
    """What the answer says of the meanings that it used."""
    lines = []
    for name, body, source in dict.fromkeys(used):
        if source.startswith(FILE_SOURCE):
            lines.append(_said_of_file(name, body, source, language))
            continue
        place = f" ({source})" if source else ""
        if body.startswith(("without ", "only ")):
            lines.append(
                f"按您记住的规则：{body}{place}"
                if language == "zh"
                else f"As you asked to remember: {body}{place}."
            )
        else:
            lines.append(
                f"“{name}”按记住的定义理解为：{body}{place}"
                if language == "zh"
                else f"'{name}' read as you defined it: {body}{place}."
            )
    return lines


FILE_SOURCE = "llmauto.yml"
"""How the source of a meaning begins that a project's file gives ("llmauto.yml:12")."""


def _said_of_file(name: str, body: str, source: str, language: str) -> str:
    """The same of what a project's file says."""
    is_filter = body.startswith(("without ", "only "))
    if language == "zh":
        return f"按 {source} 应用：{body}。" if is_filter else f"按 {source} 应用：“{name}”为 {body}。"
    return f"Applied from {source}: {body}." if is_filter else f"Applied from {source}: '{name}' is {body}."
