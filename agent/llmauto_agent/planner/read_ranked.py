"""Plans of superlatives and top-N: rows, or groups, in the order of a criterion."""

from __future__ import annotations

import re

from llmauto_agent.planner.read_draft import Draft, MeasureDraft, Refusal, Subject, tables_of
from llmauto_agent.planner.read_facts import Col
from llmauto_agent.planner.read_joins import connected
from llmauto_agent.planner.read_lexicon import AGGREGATES
from llmauto_agent.planner.read_parts import (
    base_of,
    default_measure,
    fold_ratio,
    loose,
    scaled,
    shown,
    with_keys,
)
from llmauto_agent.planner.read_values import conjunction
from llmauto_agent.planner.words import split_name
from llmauto_tools.plan.model import (
    Aggregate,
    Arithmetic,
    ColumnRef,
    Compare,
    Expr,
    IsNull,
    Item,
    Measure,
    Not,
    OneOf,
    Order,
    Plan,
    Predicate,
    ScalarQuery,
    TopPerGroup,
)


def ranked(d: Draft) -> Plan:
    rank = d.rank
    assert rank is not None
    subject = d.subject
    measures = d.measures()
    left = loose(d)
    by = rank.by
    if by is None and not rank.counting:
        by, left = _implied_criterion(d, measures, left)
    if rank.counting:
        by, left = _counted(d, left)
    by = _floating(d, by)
    other = subject is not None and isinstance(by, ColumnRef) and by.table != (subject.table or d.base)
    if subject is None or (
        subject.col is None and subject.expr is None and not isinstance(by, MeasureDraft) and not other
    ):
        return _ranked_rows(d, subject, by, left)
    return _ranked_groups(d, subject, by, measures, left)


def _floating(d: Draft, by: Expr | MeasureDraft | None) -> Expr | MeasureDraft | None:
    """ "which category takes longest on average": the aggregate that was said, of what is ranked by."""
    said = re.findall("[μηΣ]", d.code.text)
    if len(said) != 1 or not isinstance(by, ColumnRef) or d.facts.of(by).family != "number":
        return by
    d.code.text = d.code.text.replace(said[0], "|")
    made = Aggregate(function=AGGREGATES[said[0]], argument=by)  # type: ignore[arg-type]
    return MeasureDraft(made, d.rank.text if d.rank else "")


def _counted(d: Draft, left: list[str]) -> tuple[MeasureDraft, list[str]]:
    """ "most often": by the number of rows, or ("subscribes most often") by the share of those that do."""
    text = d.rank.text if d.rank else ""
    for char in left:
        col = d.col(char)
        if col is not None and (yes := d.facts.yes(col)) is not None:
            share = Arithmetic(
                op="/", left=Aggregate(function="count", where=yes), right=Aggregate(function="count")
            )
            return MeasureDraft(share, text), [c for c in left if c != char]
    return MeasureDraft(Aggregate(function="count"), text), left


def _implied_criterion(
    d: Draft, measures: list[MeasureDraft], left: list[str]
) -> tuple[Expr | MeasureDraft, list[str]]:
    if measures:
        return measures[0], left
    if d.groups and len(left) == 1 and (made := default_measure(d, left[0])) is not None:
        return made, []
    numbers = [c for c in left if d.code.slot(c).kind in {"cn", "x"}]
    if not numbers and d.rank and (size := _size(d)) is not None:
        return size, left
    if len(numbers) == 1:
        return d.expr(numbers[0]), [c for c in left if c != numbers[0]]
    raise Refusal([d.rank.text.strip() if d.rank else ""], reason="rank_by_what")


_SIZE_WORD = re.compile(r"(?:^|\b)(?:largest|biggest|smallest)\b|^最[大小]")
_SIZE_NAME = re.compile(r"(?:^|_)(?:area|size|sqm|sqft|square|surface|population|pop)(?:_|$)|面积|人口|规模")


def _size(d: Draft) -> Expr | None:
    """ "the largest flat": by the one column that tells a size."""
    if d.rank is None or not _SIZE_WORD.search(d.rank.text.casefold().removeprefix("the ")):
        return None
    base = (d.subject.table if d.subject else None) or d.base
    found = [
        c
        for c in d.facts.columns(base)
        if c.family == "number" and _SIZE_NAME.search("_".join(split_name(c.name)))
    ]
    if len(found) != 1:
        return None
    d.assume(f"by {found[0].name}" if d.language == "en" else f"按{found[0].name}")
    return found[0].ref


def _ranked_rows(d: Draft, subject: Subject | None, by: Expr | MeasureDraft | None, left: list[str]) -> Plan:
    rank = d.rank
    assert rank is not None
    if by is None or isinstance(by, MeasureDraft):
        if d.groups and isinstance(by, MeasureDraft):
            return _top_groups(d, by)
        raise Refusal([rank.text], reason="rank_by_what")
    where = conjunction(d.filters())
    base = next(iter(tables_of(by)), d.base)
    if d.when and by in [d.expr(c) for c in left]:
        best = Aggregate(function="max" if rank.descending else "min", argument=by)
        return Plan(table=base, where=where, measures=(Measure(expr=best),))
    select = _row_columns(d, base, left, by)
    ascending = not rank.descending
    single = rank.count is None and not rank.skip and not d.groups
    if single:
        # All rows that share the highest value, rather than an arbitrary one of them.
        best = Aggregate(function="min" if ascending else "max", argument=by)
        inner = connected(d.facts, Plan(table=base, where=where, measures=(Measure(expr=best),)))
        top: Predicate = Compare(op="=", left=by, right=ScalarQuery(plan=inner))
        return Plan(table=base, where=conjunction([*d.filters(), top]), select=select)
    per = TopPerGroup(by=tuple(d.groups), count=rank.count or 1) if d.groups else None
    return Plan(
        table=base,
        where=where,
        select=select
        if per is None
        else (*(Item(expr=g) for g in d.groups), *(i for i in select if i.expr not in d.groups)),
        order_by=(Order(by=by, descending=rank.descending),),
        limit=None if per else rank.count or 1,
        offset=rank.skip or None,
        top_per_group=per,
    )


def _row_columns(d: Draft, base: str, left: list[str], by: Expr | None) -> tuple[Item, ...]:
    """The columns of a row that are shown: those named, else its name and the criterion, else all."""
    named = [d.expr(c) for c in left]
    label = d.facts.label(base)
    if not named:
        columns = [c.ref for c in d.facts.columns(base)]
        if by is not None and by not in columns:
            columns.append(by)  # type: ignore[arg-type]
        if label is not None:
            columns.sort(key=lambda c: c != label.ref)
        return tuple(Item(expr=c) for c in columns)
    exprs = [shown(d, e) for e in dict.fromkeys([*named, *([by] if by is not None else [])])]
    if label is not None and label.ref not in exprs and d.subject is not None and d.subject.col is None:
        exprs.insert(0, label.ref)
    return tuple(Item(expr=e) for e in exprs)


def _top_groups(d: Draft, by: MeasureDraft) -> Plan:
    """ "top 3 by number of tracks" with groups that were said: the largest groups."""
    rank = d.rank
    assert rank is not None
    where = conjunction(d.filters())
    base = base_of(d, [by], (tuple(d.groups), where))
    return Plan(
        table=base,
        where=where,
        group_by=tuple(Item(expr=g) for g in with_keys(d, d.groups, base)),
        measures=(Measure(expr=scaled(d, by.expr)),),
        having=conjunction(d.having),
        order_by=(Order(by=by.expr, descending=rank.descending),),
        limit=rank.count or 1,
        offset=rank.skip or None,
    )


def _ranked_groups(
    d: Draft, subject: Subject, by: Expr | MeasureDraft | None, measures: list[MeasureDraft], left: list[str]
) -> Plan:
    rank = d.rank
    assert rank is not None
    criterion = _criterion(d, subject, by)
    target = _subject_expr(d, subject)
    extra = [m for m in measures if m.expr != criterion.expr]
    for char in left:
        col = d.col(char)
        if col is not None and col == d.facts.label(col.table):
            continue  # "names please"
        if col is not None and col.ref != target:
            if (made := default_measure(d, char)) is None:
                raise Refusal([d.text(char)], reason="unplaced")
            extra.append(made)
    filters = list(d.filters())
    if re.search(r"\bfor each of\b", d.code.question.casefold()) and any(
        isinstance(f, OneOf) and f.argument == target for f in filters
    ):
        raise Refusal([rank.text], reason="ambiguous")  # "destination for each of A, B": of the origins
    if isinstance(target, ColumnRef):
        filters.append(Not(item=IsNull(argument=target)))
    where = conjunction(filters)
    per = [g for g in d.groups if g != target]
    base = base_of(d, [criterion], (target, where, tuple(per)))
    groups = [*per, *with_keys(d, [target], base)]
    return Plan(
        table=base,
        where=where,
        group_by=tuple(Item(expr=g) for g in groups),
        measures=tuple(Measure(expr=scaled(d, m.expr)) for m in [criterion, *extra]),
        having=conjunction(d.having),
        order_by=(Order(by=scaled(d, criterion.expr), descending=rank.descending),),
        limit=None if per else rank.count or 1,
        offset=rank.skip or None,
        top_per_group=TopPerGroup(by=tuple(per), count=rank.count or 1) if per else None,
    )


def _subject_expr(d: Draft, subject: Subject) -> Expr:
    if subject.expr is not None:
        return subject.expr
    if subject.col is not None:
        return subject.col.ref
    label = d.facts.label(subject.table or d.base)
    if label is None:
        raise Refusal([subject.table or ""], reason="no_label")
    return label.ref


def _criterion(d: Draft, subject: Subject, by: Expr | MeasureDraft | None) -> MeasureDraft:
    rank = d.rank
    assert rank is not None
    if isinstance(by, MeasureDraft):
        return by
    if by is None:
        raise Refusal([rank.text], reason="rank_by_what")
    said = [m for m in d.measures() if isinstance(m.expr, Aggregate) and m.expr.argument == by]
    if len(said) == 1:
        return said[0]
    if isinstance(by, ColumnRef):
        col: Col = d.facts.of(by)
        if d.facts.additive(col):
            return MeasureDraft(Aggregate(function="sum", argument=by), rank.text)
        asked = r"(?:which|what) [\w-]+ (?:is|are|was|were)\b"
        question = d.code.question.casefold()
        if subject.col is not None and (
            re.search(r"\b(?:is|are|was|were)\b", d.code.text) or re.search(asked, question)
        ):
            d.assume(f"by average {col.name}" if d.language == "en" else f"按{col.name}的平均值")
            return MeasureDraft(Aggregate(function="avg", argument=by), rank.text)
        return MeasureDraft(Aggregate(function="max" if rank.descending else "min", argument=by), rank.text)
    return MeasureDraft(fold_ratio(d, by), rank.text)
