"""Plans that list rows, or show the one number that was named."""

from __future__ import annotations

import re

from llmauto_agent.planner.read_cues import OPENERS as _OPENERS
from llmauto_agent.planner.read_draft import Draft, MeasureDraft, Refusal, tables_of
from llmauto_agent.planner.read_facts import _NAME
from llmauto_agent.planner.read_joins import finest
from llmauto_agent.planner.read_parts import (
    base_of,
    fold_ratio,
    loose,
    shown,
    with_keys,
)
from llmauto_agent.planner.read_values import conjunction
from llmauto_tools.plan.model import (
    Aggregate,
    ColumnRef,
    Compare,
    Expr,
    Item,
    Measure,
    Order,
    Period,
    Plan,
    Predicate,
    RelativePeriod,
)


def listed(d: Draft) -> Plan:
    filters = d.filters()
    left = _asked(d, loose(d), filters)
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
    said = d.label_said or bool(re.match(r"\W*(?:who|whose)\b|谁", d.code.question.casefold()))
    if not named and said and not whole_rows(d) and label is not None:
        named = [label.ref]
    if named == [label.ref if label else None] and any(
        isinstance(f, Compare) and f.op == "=" and f.left == named[0] for f in filters
    ):
        raise Refusal([], reason="nothing")  # "who designed Star Tower": its name is no answer
    select = tuple(Item(expr=shown(d, e)) for e in dict.fromkeys(named)) or tuple(
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


def _asked(d: Draft, left: list[str], filters: list[Predicate]) -> list[str]:
    """The columns that are asked for: not those that only say what a value is of ("with t5 as his place"),
    where something else is asked for."""
    fixed = {f.left for f in filters if isinstance(f, Compare) and f.op == "="}
    dated = [getattr(f, "argument", None) for f in filters if isinstance(f, (Period, RelativePeriod))]
    left = [c for c in left if not (d.expr(c) in dated and _verbal(d, c))]
    kept = [c for c in left if d.expr(c) not in fixed]
    who = re.match(r"\W*(?:who|whose)\b|谁", d.code.question.casefold())
    return kept if kept or d.label_said or who else left


def _verbal(d: Draft, char: str) -> bool:
    """Whether a column was only said by the verb of its event: 2021年入职的员工 for 入职日期."""
    col = d.col(char)
    return col is not None and d.text(char).casefold() != col.name.casefold()


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
    tables = [s for s in d.code.slots_in(d.code.text) if s.kind == "t"]
    asked = asked and not d.row_nouns and all(s.text.casefold().endswith("ed") for s in tables)
    if d.code.slot(left[0]).kind == "x" and asked:
        return Plan(table=d.base, where=where, measures=(Measure(expr=fold_ratio(d, d.expr(left[0]))),))
    if col is None or col.family != "number":
        return None
    if re.match(r"average|avg|mean|平均", d.text(left[0]).casefold()):
        mean = Aggregate(function="avg", argument=col.ref)  # a column of averages: their average
        return Plan(table=col.table, where=where, measures=(Measure(expr=mean),))
    if not d.facts.additive(col) or not asked:
        return None
    return Plan(
        table=col.table, where=where, measures=(Measure(expr=Aggregate(function="sum", argument=col.ref)),)
    )


def whole_rows(d: Draft) -> bool:
    """Whether everything of the rows is asked for."""
    return bool(
        re.search(
            r"\b(?:all columns|everything|all (?:the )?(?:details|info|information)|full (?:details|records?))\b|所有列|全部信息",
            d.code.question.casefold(),
        )
    )


def _having_subject(d: Draft, left: list[str], tables: list[str | None]) -> Plan | None:
    groups = [d.expr(c) for c in left if d.facts.discrete(d.col(c) or d.facts.columns(d.base)[0])]
    if not groups:
        return None
    if len(groups) > 1 or len(left) > 1:
        raise Refusal([d.text(c) for c in left], reason="no_groups")
    measure = MeasureDraft(d.having[0].left, "")  # type: ignore[union-attr]
    where = conjunction(d.filters())
    base = base_of(d, [measure], (tuple(groups), where))
    return Plan(
        table=base,
        where=where,
        group_by=tuple(Item(expr=g) for g in with_keys(d, groups, base)),
        measures=(Measure(expr=measure.expr),),
        having=conjunction(d.having),
    )
