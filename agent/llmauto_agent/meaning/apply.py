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
from typing import TypeGuard

from llmauto_agent.meaning.resolve import (
    Resolved,
    ResolvedFilter,
    replaced,
    resolve_definition,
    resolve_filter,
)
from llmauto_agent.meaning.types import Definition, Meanings
from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.reading import Reading
from llmauto_agent.planner.tokens import fold, has_cjk
from llmauto_agent.planner.value_types import ColumnFacts, Phrase, ValueMatch, ValueSource
from llmauto_agent.planner.words import root
from llmauto_tools.plan.model import (
    Aggregate,
    And,
    ColumnRef,
    Compare,
    Expr,
    IsTrue,
    Literal_,
    Measure,
    Node,
    Not,
    Plan,
    Predicate,
)
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
        if _is_synonym(definition, index.tables):
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
        Definition(f.about, f.body, f.source, table=f.table)
        for f in meanings.filters
        if f.exclude and f.about not in ("", f.body) and f.about.casefold() not in named
    ]


def read_with(question: str, known: Known, read: Read) -> tuple[Reading, Applied]:
    """Read a question with what is known; without any of it where nothing applies."""
    text, used = _reworded(_without_lifting(question, known.filters), known)
    named = {n: found for n, found in known.definitions.items() if _mentioned(text, found[0].definition)}
    if named:
        text = _as_totals(text, named)
        reading = read(text, known.extended or known.index)
    else:
        reading = read(text, known.index)
    if reading.plan is None:
        return replace(reading, question=question), Applied(tuple(used))
    asked = _asked_about(reading.plan, named)
    plan, replaced_names = _substituted(reading.plan, named)
    left = [n for n in named if any(isinstance(x, ColumnRef) and x.name == n for x in _all_nodes(plan))]
    if left:
        return _unusable(question, reading, left), Applied(tuple(used))
    kept = [f for f in known.filters if not _lifted(question, f) and not asked & _columns(f.predicate)]
    plan, filters = _filtered(plan, kept)
    used += [(d.name, d.body, d.source) for d in (named[n][0].definition for n in replaced_names)]
    used += [(f.filter.about or f.filter.body, _filter_words(f), f.filter.source) for f in filters]
    said = _said(used, reading.language)
    return (
        replace(reading, question=question, plan=plan, assumptions=[*reading.assumptions, *said]),
        Applied(tuple(dict.fromkeys(used))),
    )


# ---- words


def _reworded(question: str, known: Known) -> tuple[str, list[tuple[str, str, str]]]:
    """The question with other words for a column or table replaced by its name, and fiscal years by dates."""
    used = []
    text = question
    for definition in known.synonyms:
        for name in definition.names:
            pattern = _pattern(name)
            if pattern.search(text):
                text = pattern.sub(definition.body, text)
                used.append((name, definition.body, definition.source))
    if known.meanings.fiscal_start:
        text, years = _fiscal_dates(text, known.meanings.fiscal_start)
        used += [(y, span, known.meanings.fiscal_source) for y, span in years]
    return text, used


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
    return re.compile(rf"(?<![\w]){'[ _-]'.join(words)}(?:s|es)?(?![\w])", re.IGNORECASE)


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


# ---- plans


def _substituted(plan: Plan, named: dict[str, list[Resolved]]) -> tuple[Plan, list[str]]:
    """The plan with definitions in place of the columns that stood for them, and which were."""
    done: list[str] = []

    def change(node: Node) -> Node | None:
        if isinstance(node, Plan) and node is not plan:
            inner, names = _substituted(node, named)
            done.extend(names)
            return inner
        if _is_plain_measure(node) and (name := _measured(node.expr, named)):
            return node.model_copy(update={"alias": name, "expr": replaced(node.expr, change)})
        found = _stands_for(node, named)
        if found is not None:
            done.append(found[0])
            return found[1]
        return None

    made = replaced(plan, change)
    assert isinstance(made, Plan)
    return made, list(dict.fromkeys(done))


def _is_plain_measure(node: Node) -> TypeGuard[Measure]:
    return isinstance(node, Measure) and node.alias is None and node.window == "none"


def _measured(expr: Expr, named: dict[str, list[Resolved]]) -> str | None:
    found = _stands_for(expr, named)
    return found[0] if found is not None and isinstance(expr, Aggregate) and _is_whole(expr) else None


def _is_whole(node: Aggregate) -> bool:
    return node.function == "sum" and node.where is None


def _stands_for(node: Node, named: dict[str, list[Resolved]]) -> tuple[str, Node] | None:
    """(name, what it stands for) where a node is a definition's column, or the total of it."""
    if isinstance(node, Aggregate) and node.function == "sum" and isinstance(node.argument, ColumnRef):
        own = named.get(node.argument.name)
        if own and own[0].form == "measure" and own[0].expr is not None:
            expr: Node = own[0].expr
            if node.where is not None:
                where = node.where
                expr = replaced(expr, lambda n: _and(n, where) if isinstance(n, Aggregate) else None)
            return node.argument.name, expr
    if isinstance(node, IsTrue) and isinstance(node.argument, ColumnRef):
        own = named.get(node.argument.name)
        if own and own[0].predicate is not None:
            return node.argument.name, own[0].predicate
    if isinstance(node, Compare) and isinstance(node.left, ColumnRef) and isinstance(node.right, Literal_):
        own = named.get(node.left.name)
        if own and own[0].predicate is not None and isinstance(node.right.value, bool):
            yes = node.right.value == (node.op == "=")
            predicate = own[0].predicate
            return node.left.name, predicate if yes else Not(item=predicate)
    if isinstance(node, ColumnRef):
        own = named.get(node.name)
        if own and own[0].form == "value" and own[0].expr is not None:
            return node.name, own[0].expr
    return None


def _and(node: Aggregate, where: Predicate) -> Aggregate:
    both = where if node.where is None else And(items=(node.where, where))
    return node.model_copy(update={"where": both})


def _all_nodes(node: Node) -> list[Node]:
    found: list[Node] = []

    def visit(n: Node) -> None:
        found.append(n)

    replaced(node, visit)
    return found


def _unusable(question: str, reading: Reading, names: Sequence[str]) -> Reading:
    """A refusal: the name stands for an aggregate, and something else than its value was asked of it."""
    return Reading(
        question, reading.language, None, 0.0, list(reading.understood), list(names), reason="defined"
    )


def _asked_about(plan: Plan, named: dict[str, list[Resolved]]) -> set[str]:
    """The columns that the question itself puts a condition on: no standing filter is added for these, as
    "how many test accounts are there?" shows."""
    found: set[str] = set()
    for node in _all_nodes(plan):
        conditions = [getattr(node, name, None) for name in ("where", "having")]
        for condition in conditions:
            if isinstance(condition, Node):
                found |= _columns(condition)
    for name in found & named.keys():
        for resolved in named[name]:
            found |= _columns(resolved.predicate) if resolved.predicate is not None else set()
    return found


def _columns(node: Node) -> set[str]:
    return {n.name for n in _all_nodes(node) if isinstance(n, ColumnRef)}


def _filtered(plan: Plan, kept: Sequence[ResolvedFilter]) -> tuple[Plan, list[ResolvedFilter]]:
    """The plan and the plans inside it with the standing filters of their tables."""
    used: list[ResolvedFilter] = []

    def change(node: Node) -> Node | None:
        if not isinstance(node, Plan):
            return None
        tables = {node.table, *(j.table for j in node.joins)}
        own = [f for f in kept if f.table in tables]
        used.extend(own)
        update: dict[str, object] = {}
        for name in type(node).model_fields:
            value = getattr(node, name)
            if isinstance(value, Node):
                update[name] = replaced(value, change)
            elif isinstance(value, tuple):
                update[name] = tuple(replaced(v, change) if isinstance(v, Node) else v for v in value)
        if own:
            where = update.get("where")
            conditions = (*(own_part(where)), *(_placed(f.predicate, f.table, node) for f in own))
            update["where"] = conditions[0] if len(conditions) == 1 else And(items=conditions)
        return node.model_copy(update=update)

    made = replaced(plan, change)
    assert isinstance(made, Plan)
    return made, list(dict.fromkeys(used))


def own_part(where: object) -> tuple[Predicate, ...]:
    if where is None:
        return ()
    return where.items if isinstance(where, And) else (where,)  # type: ignore[return-value]


def _placed(predicate: Predicate, table: str, plan: Plan) -> Predicate:
    """A filter whose columns name their table where the plan reads several."""
    if not plan.joins:
        return predicate

    def change(node: Node) -> Node | None:
        if isinstance(node, ColumnRef) and node.table is None:
            return node.model_copy(update={"table": table})
        return None

    return replaced(predicate, change)  # type: ignore[return-value]


_LIFTS = r"(?:including|include|with|incl\.?|even|also|and|counting|包括|包含|含|算上|连同)\s*(?:the\s+|all\s+|our\s+)?"


def _lifted(question: str, found: ResolvedFilter) -> bool:
    """Whether a question says that a filter does not hold: "including test accounts", "unfiltered", "all rows"."""
    if re.search(r"\b(?:unfiltered|without filters?|no filters?)\b|不过滤|不筛选", question, re.IGNORECASE):
        return True
    about = found.filter.about or (found.filter.body if found.filter.exclude else "")
    if not about:
        return False
    return re.search(_LIFTS + _pattern(about).pattern, question, re.IGNORECASE) is not None


def _without_lifting(question: str, filters: Sequence[ResolvedFilter]) -> str:
    """The question without the words that only lift a filter, which are no condition."""
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
