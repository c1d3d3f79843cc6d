"""From the draft to the plan: what is asked for, over which rows, in which order."""

from __future__ import annotations

import re
from dataclasses import replace

from llmauto_agent.planner.read_cues import OPENERS as _OPENERS
from llmauto_agent.planner.read_dates import date_column
from llmauto_agent.planner.read_draft import Draft, MeasureDraft, Refusal, Subject, tables_of
from llmauto_agent.planner.read_edit import columns_in
from llmauto_agent.planner.read_facts import _NAME, Col
from llmauto_agent.planner.read_filters import conjunction
from llmauto_agent.planner.read_joins import connected, finest
from llmauto_agent.planner.read_measures import aggregate
from llmauto_agent.planner.read_numbers import factor
from llmauto_tools.plan.model import (
    Aggregate,
    Arithmetic,
    ColumnRef,
    Compare,
    DateBucket,
    DatePart,
    Expr,
    IsNull,
    IsTrue,
    Item,
    Literal_,
    Measure,
    Not,
    NumberBucket,
    OneOf,
    Order,
    Period,
    Plan,
    Predicate,
    ScalarQuery,
    TopPerGroup,
)


def build(d: Draft) -> Plan:
    """The plan of a draft. Raises Refusal where something essential was not said."""
    if d.having and not d.groups and d.subject is None and not loose(d):
        raise Refusal([], reason="no_groups")
    _merge_equalities(d)
    if d.rank is not None:
        plan = _ranked(d)
    elif d.measures() or d.groups or d.window != "none":
        plan = _aggregated(d)
    else:
        plan = _rows(d)
    return connected(d.facts, plan)


def _merge_equalities(d: Draft) -> None:
    """Two values of one column ("women ... men", "smokers vs non-smokers") can not both hold: they are
    alternatives, and what is compared."""
    slots = [(c, d.code.slot(c).value) for c in d.code.text if c >= "\ue000" and d.code.slot(c).kind == "f"]
    equal: dict[str, list[tuple[str, Predicate]]] = {}
    for char, predicate in slots:
        inner = predicate.item if isinstance(predicate, Not) else predicate
        target = (
            inner.left if isinstance(inner, Compare) and inner.op == "=" else getattr(inner, "argument", None)
        )
        if isinstance(target, ColumnRef) and isinstance(inner, (Compare, IsTrue)):
            equal.setdefault(target.model_dump_json(), []).append((char, predicate))
    for key, found in equal.items():
        if len({p.model_dump_json() for _, p in found}) < 2:
            continue
        values = {p.right.value for _, p in found if isinstance(p, Compare) and isinstance(p.right, Literal_)}
        opposed = len(values) < len(found)
        target = ColumnRef.model_validate_json(key)
        kept = [v for v in values if v is not None]
        merged: Predicate = (
            Not(item=IsNull(argument=target)) if opposed else OneOf(argument=target, values=tuple(kept))
        )
        first = found[0][0]
        for char, _ in found[1:]:
            d.code.text = d.code.text.replace(char, " ")
        d.code.text = d.code.text.replace(first, d.new_f(merged, d.text(first)))
        if target not in d.groups:
            d.groups.append(target)


# ---- pieces


def loose(d: Draft) -> list[str]:
    """The column and expression characters that nothing has taken."""
    return [s for s in d.code.text if s >= "\ue000" and d.code.slot(s).kind in {"cn", "ct", "cd", "cb", "x"}]


def default_measure(d: Draft, char: str) -> MeasureDraft | None:
    """The aggregate that a bare number column asks for in groups: amounts are summed, others averaged."""
    col = d.col(char)
    text = d.text(char)
    if col is None:
        expr = d.expr(char)
        return MeasureDraft(fold_ratio(d, expr), text)
    if col.family != "number" or d.facts.identifies(col):
        return None
    function = "sum" if d.facts.additive(col) else "avg"
    if function == "avg":
        d.assume(f"average {col.name}" if d.language == "en" else f"{col.name}取平均值")
    return MeasureDraft(Aggregate(function=function, argument=col.ref), text)  # type: ignore[arg-type]


def fold_ratio(d: Draft, expr: Expr) -> Expr:
    """An expression of columns as an aggregate: amounts are summed, ratios are ratios of sums."""
    if isinstance(expr, Arithmetic) and expr.op == "/":
        return Arithmetic(op="/", left=fold_ratio(d, expr.left), right=fold_ratio(d, expr.right))
    if isinstance(expr, Literal_):
        return expr
    return Aggregate(function="sum", argument=expr)


def _base(d: Draft, measures: list[MeasureDraft], others: object) -> str:
    """The table that the plan starts from: the counted one, else the one that holds what is aggregated."""
    counted = [d.count_table] if d.count_table else [m.table for m in measures if m.table]
    needed = tables_of((tuple(m.expr for m in measures), others))
    if counted:
        return counted[0]
    if not needed:
        return d.base
    measured = tables_of(tuple(m.expr for m in measures))
    if len(measured) == 1:
        return next(iter(measured))
    return finest(d.facts, needed) or d.base


def _window(d: Draft, items: list[Measure]) -> list[Measure]:
    if d.window == "none":
        return items
    return [m.model_copy(update={"window": d.window, "periods": d.periods}) for m in items]


def _scaled(d: Draft, expr: Expr) -> Expr:
    if d.unit is None and d.scale == 1:
        return expr
    columns = [d.facts.col(t or d.base, name) for t, name in columns_in(expr)]
    by = factor(d, columns)
    whole = int(by) if float(by).is_integer() else by
    return expr if by == 1 else Arithmetic(op="/", left=expr, right=Literal_(value=whole))


def refine_buckets(d: Draft) -> None:
    """Months of a single year are told by their number; without a year they keep it."""
    one_year = any(
        isinstance(p, Period)
        and p.start
        and p.end
        and int(p.end[:4]) - int(p.start[:4]) <= 1
        and p.end[4:] == p.start[4:]
        for p in d.filters()
    )
    if one_year:
        return


# ---- groups and totals


def _aggregated(d: Draft) -> Plan:
    measures = d.measures()
    left = loose(d)
    if not measures:
        measures, left = _implied_measures(d, left)
    _group_by_comparison(d)
    _group_by_left(d, left)
    if d.window in {"change", "percent_change"} and any(
        isinstance(p, OneOf) and isinstance(p.argument, DatePart) for p in d.filters()
    ):
        raise Refusal([], reason="change_of_parts")  # the filter would take away the period before
    if d.window in {"change", "percent_change", "running_total"} and not d.groups:
        _group_by_time(d)
    if d.window == "share" and not d.groups:
        raise Refusal(["share"], reason="share_of_what")
    refine_buckets(d)
    where = conjunction(d.filters())
    base = _base(d, measures, (tuple(d.groups), where))
    items = _window(d, [Measure(expr=_scaled(d, m.expr), alias=m.alias) for m in measures])
    order = _orders(d, items[0] if items else None)
    return Plan(
        table=base,
        where=where,
        group_by=tuple(Item(expr=g) for g in _with_keys(d, d.groups, base)),
        measures=tuple(items),
        having=conjunction(d.having),
        order_by=order,
        limit=d.limit,
    )


def _implied_measures(d: Draft, left: list[str]) -> tuple[list[MeasureDraft], list[str]]:
    floating = re.findall("[μηΣ↑↓σν]", d.code.text)
    numbers = [c for c in left if d.code.slot(c).kind in {"cn", "x"}]
    if len(floating) == 1 and len(numbers) == 1:
        # "..., on average": the one aggregate that was said, of the one number that was named
        made = aggregate(d, floating[0], numbers[0])
        if made is not None:
            d.code.text = d.code.text.replace(floating[0], "|")
            return [MeasureDraft(made, d.text(numbers[0]))], [c for c in left if c != numbers[0]]
    flags = [c for c in left if (col := d.col(c)) is not None and d.facts.yes(col) is not None]
    if d.groups and len(flags) == 1 and len(left) == 1:
        yes = d.facts.yes(d.col(flags[0]))  # type: ignore[arg-type]
        share = Arithmetic(
            op="/", left=Aggregate(function="count", where=yes), right=Aggregate(function="count")
        )
        return [MeasureDraft(share, d.text(flags[0]))], []
    found = [(c, default_measure(d, c)) for c in left]
    measures = [m for _, m in found if m is not None]
    rest = [c for c, m in found if m is None]
    if measures:
        return measures, rest
    tables = [s.value for s in d.code.slots_in(d.code.text) if s.kind == "t"]
    counting = any(isinstance(g, NumberBucket) for g in d.groups) or re.search(
        r"distribution|histogram|cross[- ]?tab|分布|直方", d.code.question.casefold()
    )
    if tables or d.row_nouns or d.window != "none" or counting:
        return [
            MeasureDraft(Aggregate(function="count"), "", table=(tables[0] if tables else None) or d.base)
        ], rest
    raise Refusal([], reason="no_measure")


def _group_by_comparison(d: Draft) -> None:
    """ "men or women": a group for each of the values."""
    cue = re.search(
        r"\b(?:compare|comparison|vs|versus|more|less|higher|lower|better|worse|bigger|longer|older|differ|respectively|each|and of|or)\b|分别|谁|哪|比|更|还是|各",
        d.code.question.casefold(),
    )
    both = d.joined and any(getattr(m.expr, "function", "") not in {"count", ""} for m in d.measures())
    if not (cue or both) or d.groups:
        return
    if cue and not both and re.search(r"\bor\b", cue[0]) and not any(isinstance(m.expr, Arithmetic) for m in d.measures()):
        return
    for predicate in d.filters():
        if isinstance(predicate, OneOf) and isinstance(predicate.argument, ColumnRef):
            d.groups.append(predicate.argument)
            return


def _group_by_left(d: Draft, left: list[str]) -> None:
    """A category that is named beside a measure makes its groups ("which species ...", 城市的...)."""
    for char in left:
        col = d.col(char)
        if col is None or not d.facts.discrete(col):
            raise Refusal([d.text(char)], reason="unplaced")
        asked = re.search(r"(?<![a-z])(?:which|what|who|each)(?![a-z])|哪|各|分别|每|不同", d.code.text)
        if not asked and d.having == [] and d.language == "en":
            raise Refusal([d.text(char)], reason="unplaced")
        if col.ref not in d.groups:
            d.groups.append(col.ref)


def _group_by_time(d: Draft) -> None:
    year = d.facts.year(d.base)
    col = date_column(d)
    if year is not None:
        d.groups.append(year.ref)
    elif col is not None:
        d.groups.append(DateBucket(unit="month", argument=col.ref))
    else:
        raise Refusal([], reason="no_date")


def _with_keys(d: Draft, groups: list[Expr], base: str) -> list[Expr]:
    """Groups by the name of another table's rows get its key too, so that namesakes stay apart."""
    out: list[Expr] = []
    for expr in groups:
        out.append(expr)
        if isinstance(expr, ColumnRef) and expr.table and expr.table != base:
            label, key = d.facts.label(expr.table), d.facts.key(expr.table)
            if label is not None and key is not None and label.ref == expr and key.ref not in out:
                out.insert(len(out) - 1, key.ref)
    return out


def _orders(d: Draft, first: Measure | None) -> tuple[Order, ...]:
    orders = []
    for target, descending in d.sort:
        by = target if target is not None else (first.expr if first else None)
        if by is not None:
            orders.append(Order(by=by, descending=descending))
    return tuple(orders)


# ---- superlatives


def _ranked(d: Draft) -> Plan:
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
    other = subject is not None and isinstance(by, ColumnRef) and by.table != (subject.table or d.base)
    if subject is None or (
        subject.col is None and subject.expr is None and not isinstance(by, MeasureDraft) and not other
    ):
        return _ranked_rows(d, subject, by, left)
    return _ranked_groups(d, subject, by, measures, left)


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
    if len(numbers) == 1:
        return d.expr(numbers[0]), [c for c in left if c != numbers[0]]
    raise Refusal([d.rank.text.strip() if d.rank else ""], reason="rank_by_what")


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
    exprs = [_shown(d, e) for e in dict.fromkeys([*named, *([by] if by is not None else [])])]
    if label is not None and label.ref not in exprs and d.subject is not None and d.subject.col is None:
        exprs.insert(0, label.ref)
    return tuple(Item(expr=e) for e in exprs)


def _shown(d: Draft, expr: Expr) -> Expr:
    """A column as it is shown: in the unit or scale that was asked for, where it is a number."""
    if isinstance(expr, ColumnRef) and d.facts.of(expr).family != "number":
        return expr
    try:
        return _scaled(d, expr)
    except Refusal:
        return expr


def _top_groups(d: Draft, by: MeasureDraft) -> Plan:
    """ "top 3 by number of tracks" with groups that were said: the largest groups."""
    rank = d.rank
    assert rank is not None
    where = conjunction(d.filters())
    base = _base(d, [by], (tuple(d.groups), where))
    return Plan(
        table=base,
        where=where,
        group_by=tuple(Item(expr=g) for g in _with_keys(d, d.groups, base)),
        measures=(Measure(expr=_scaled(d, by.expr)),),
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
    if isinstance(target, ColumnRef):
        filters.append(Not(item=IsNull(argument=target)))
    where = conjunction(filters)
    per = [g for g in d.groups if g != target]
    base = _base(d, [criterion], (target, where, tuple(per)))
    groups = [*per, *_with_keys(d, [target], base)]
    return Plan(
        table=base,
        where=where,
        group_by=tuple(Item(expr=g) for g in groups),
        measures=tuple(Measure(expr=_scaled(d, m.expr)) for m in [criterion, *extra]),
        having=conjunction(d.having),
        order_by=(Order(by=_scaled(d, criterion.expr), descending=rank.descending),),
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
    if isinstance(by, ColumnRef):
        col: Col = d.facts.of(by)
        if d.facts.additive(col):
            return MeasureDraft(Aggregate(function="sum", argument=by), rank.text)
        if re.search(r"\b(?:is|are|was|were)\b", d.code.text) and subject.col is not None:
            d.assume(f"by average {col.name}" if d.language == "en" else f"按{col.name}的平均值")
            return MeasureDraft(Aggregate(function="avg", argument=by), rank.text)
        return MeasureDraft(Aggregate(function="max" if rank.descending else "min", argument=by), rank.text)
    return MeasureDraft(fold_ratio(d, by), rank.text)


# ---- rows


def _rows(d: Draft) -> Plan:
    left = loose(d)
    filters = d.filters()
    tables = [s.value for s in d.code.slots_in(d.code.text) if s.kind == "t"]
    where = conjunction(filters)
    fragment = not filters or _OPENERS.search(d.code.question.casefold().strip())
    if not left and not tables and not d.row_nouns and fragment:
        raise Refusal([], reason="nothing")
    if (
        re.search(r"\b(?:of|among) (?:them|those|these)\b|其中", d.code.question.casefold())
        and not d.has_context
    ):
        raise Refusal([], reason="nothing")
    if d.having and (subject := _having_subject(d, left, tables)):
        return subject
    named = [d.expr(c) for c in left]
    base, repeated = _rows_base(d, named, where, tables)
    single = _single_number(d, left, where)
    if single is not None:
        return replace_base(single, base)
    order = tuple(
        Order(by=t if t is not None else _sort_default(d, named), descending=desc) for t, desc in d.sort
    )
    cols = [d.col(c) for c in left]
    named_rows = [c for c in cols if c is not None and re.search(_NAME, c.name)]
    plain = bool(cols) and all(c is not None and c.family != "number" for c in cols) and not named_rows
    plain = plain or (
        len(cols) == 1
        and cols[0] is not None
        and bool(re.search(r"\b(?:which|distinct|unique|different)\b|哪|不同", d.code.question.casefold()))
    )
    rows = bool(d.row_nouns or tables)
    label = d.facts.label(base)
    if rows and named and label is not None and label.ref not in named and len(named) < 4 and not plain:
        named = [label.ref, *named]
    whole = next((t for t in tables if t), None) or base
    select = tuple(Item(expr=_shown(d, e)) for e in dict.fromkeys(named)) or tuple(
        Item(expr=c.ref) for c in d.facts.columns(whole)
    )
    return Plan(
        table=base,
        where=where,
        select=select,
        distinct=(plain and not rows) or repeated or _wants_distinct(d),
        order_by=order,
        limit=d.limit,
    )


def _wants_distinct(d: Draft) -> bool:
    return bool(re.search(r"\b(?:distinct|different|unique)\b|不同|不重复|去重", d.code.question.casefold()))


def _rows_base(
    d: Draft, named: list[Expr], where: Predicate | None, tables: list[str | None]
) -> tuple[str, bool]:
    """The table whose rows are listed, and whether joins would repeat them (then they are made distinct)."""
    needed = tables_of((tuple(named), where))
    said = next((t for t in tables if t), None)
    if said is not None and finest(d.facts, needed | {said}) == said:
        return said, False
    best = finest(d.facts, needed) or finest(d.facts, needed | ({said} if said else set()))
    if best is None:
        return said or d.base, False
    shown = tables_of(tuple(named)) or ({said} if said else set())
    return best, bool(shown) and best not in shown


def replace_base(plan: Plan, base: str) -> Plan:
    return plan if plan.table else plan.model_copy(update={"table": base})


def _sort_default(d: Draft, named: list[Expr]) -> Expr:
    for expr in named:
        if not isinstance(expr, ColumnRef) or d.facts.of(expr).family == "number":
            return expr
    if named:
        return named[-1]
    raise Refusal([], reason="rank_by_what")


def _single_number(d: Draft, left: list[str], where: Predicate | None) -> Plan | None:
    """ "what is the revenue in 2023": one bare amount is asked as its sum."""
    if len(left) != 1:
        return None
    col = d.col(left[0])
    asked = not re.search(
        r"(?<![a-z])(?:list|show|display|each|all|every)(?![a-z])|列出|显示|哪些|每",
        d.code.question.casefold(),
    )
    asked = asked and not d.row_nouns and not any(s.kind == "t" for s in d.code.slots_in(d.code.text))
    if d.code.slot(left[0]).kind == "x" and asked:
        return Plan(table=d.base, where=where, measures=(Measure(expr=fold_ratio(d, d.expr(left[0]))),))
    if col is None or not d.facts.additive(col) or not asked:
        return None
    return Plan(
        table=col.table, where=where, measures=(Measure(expr=Aggregate(function="sum", argument=col.ref)),)
    )


def _having_subject(d: Draft, left: list[str], tables: list[str | None]) -> Plan | None:
    groups = [d.expr(c) for c in left if d.facts.discrete(d.col(c) or d.facts.columns(d.base)[0])]
    if not groups:
        return None
    measure = MeasureDraft(d.having[0].left, "")  # type: ignore[union-attr]
    where = conjunction(d.filters())
    base = _base(d, [measure], (tuple(groups), where))
    return Plan(
        table=base,
        where=where,
        group_by=tuple(Item(expr=g) for g in _with_keys(d, groups, base)),
        measures=(Measure(expr=measure.expr),),
        having=conjunction(d.having),
    )


__all__ = ["DatePart", "NumberBucket", "build", "replace"]
