"""Follow-ups: a question that edits the plan before it ("and by sex?", "only 2023", "as a share").

The grammar reads the fragment as it reads a question; what it found (filters, groups, measures, order,
windows, a chart) is then applied to the earlier plan. A question that stands on its own is left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.read_code import pattern
from llmauto_agent.planner.read_coverage import leftovers
from llmauto_agent.planner.read_cues import ADD, CLEAR, CUES, DROP, INSTEAD, OPENERS, REFERS
from llmauto_agent.planner.read_draft import Draft, MeasureDraft, Refusal
from llmauto_agent.planner.read_edit import (
    columns_in,
    compare_measure,
    conditions,
    opposite,
    qualified,
    with_argument,
    with_filters,
    with_function,
    with_groups,
    with_measures,
    with_order,
    with_window,
    without_columns,
)
from llmauto_agent.planner.read_filters import number
from llmauto_agent.planner.read_joins import connected
from llmauto_agent.planner.read_lexicon import AGGREGATES, COMPARISONS
from llmauto_agent.planner.read_parts import default_measure, loose
from llmauto_agent.planner.read_values import conjunction
from llmauto_agent.planner.reading import THRESHOLD, Reading
from llmauto_agent.planner.tokens import Language, fold
from llmauto_tools.plan.model import Expr, IsNull, Item, Measure, Not, OneOf, Plan
from llmauto_tools.plan.walk import has_aggregate


@dataclass
class _Edit:
    """A plan on its way, and whether anything was changed."""

    plan: Plan
    changed: bool = False

    def to(self, plan: Plan | None) -> bool:
        if plan is None or plan == self.plan:
            return False
        self.plan, self.changed = plan, True
        return True


_CORRECTION = re.compile(
    r"^\s*(?:no|nope|sorry|wrong|actually|不|不是|不对|错了)\s*[,，.。!！:;；]\s*(?=\S)", re.IGNORECASE
)
"""How a correction begins ("no, only paid orders"); the rest is read as any follow-up."""


def follow_up(question: str, index: SchemaIndex, context: Reading, language: Language) -> Reading | None:
    """The edited plan as a reading, a refusal, or None where the question stands on its own."""
    from llmauto_agent.planner.reader import parse, refused

    assert context.plan is not None
    text = fold(question).strip()
    opened = bool(OPENERS.search(text) or REFERS.search(text))
    if not opened and _stands_alone(question, index):
        return None
    before: Plan = qualified(context.plan, context.plan.table)
    try:
        draft = parse(_CORRECTION.sub("", question), index, True, base=before.table)
        if not opened and not _fragment(draft):
            return None
        plan = _apply(draft, before, text)
    except Refusal as refusal:
        return refused(question, language, refusal) if opened else None
    return _finish(question, draft, plan, context)


def _stands_alone(question: str, index: SchemaIndex) -> bool:
    from llmauto_agent.planner.read_build import build
    from llmauto_agent.planner.reader import finish, parse

    try:
        draft = parse(question, index)
        fragment = _fragment(draft)
        plan = build(draft)
    except Refusal:
        return False
    return not fragment and not finish(question, draft, plan).refused


def _fragment(d: Draft) -> bool:
    """Whether a draft lacks what a question of its own has: something that is asked for."""
    ranked = d.rank is not None and d.rank.by is not None
    asks = d.measures() or d.subject is not None or loose(d) or d.groups or ranked
    rows = any(s.kind == "t" for s in d.code.slots_in(d.code.text)) or d.row_nouns
    return not asks and not (rows and d.filters())


def _apply(d: Draft, before: Plan, text: str) -> Plan:
    edit = _Edit(before)
    if CLEAR.search(text):
        edit.to(before.model_copy(update={"where": None, "having": None, "limit": None}))
        d.code.text = pattern(CLEAR.pattern).sub("|", d.code.text)
    _edit_filters(d, edit, text)
    _edit_having(d, edit, text)
    _edit_measures(d, edit, text)
    _edit_groups(d, edit, text)
    _edit_unknown(d, edit, text)
    _edit_order(d, edit)
    if d.window != "none" or d.percent:
        _edit_window(d, edit)
    if not edit.changed and d.chart is None:
        raise Refusal([], reason="no_edit")
    return connected(d.facts, edit.plan.model_copy(update={"joins": ()}))


def _edit_filters(d: Draft, edit: _Edit, text: str) -> None:
    filters = list(d.filters())
    if not filters:
        return
    if DROP.search(text) and not re.search(r"∅", text):
        filters = [f if isinstance(f, Not) else opposite(f) for f in filters]
        filters = [f if not isinstance(f, IsNull) else Not(item=f) for f in filters]
    edit.to(with_filters(edit.plan, filters))
    for predicate in filters:
        if d.comparing and isinstance(predicate, OneOf) and not edit.plan.group_by and edit.plan.measures:
            edit.to(with_groups(edit.plan, [predicate.argument], add=True))


def _edit_having(d: Draft, edit: _Edit, text: str) -> None:
    """Conditions on the groups: counts of rows that were read, or a bare "above 20" on the measure."""
    new = list(d.having)
    match = pattern(r"([≻⪰≺⪯])({n})").search(d.code.text)
    if match:
        found = compare_measure(edit.plan, COMPARISONS[match[1]], number(d, match[2], None, None))
        if found is None:
            return
        new.append(found)
        d.code.replace(match.start(), match.end(), "|")
    if not new:
        return
    if not edit.plan.group_by:
        raise Refusal([], reason="no_groups")
    if DROP.search(text):
        new = [opposite(p) for p in new]
    old = [edit.plan.having] if edit.plan.having is not None else []
    edit.to(edit.plan.model_copy(update={"having": conjunction([*old, *new])}))


def _edit_measures(d: Draft, edit: _Edit, text: str) -> None:
    measures = [Measure(expr=m.expr) for m in d.measures()]
    if measures:
        keep = edit.plan.measures if ADD.search(text) and edit.plan.measures else ()
        rows = not edit.plan.measures
        plan = with_measures(edit.plan, [*keep, *measures])
        edit.to(plan.model_copy(update={"order_by": (), "limit": None}) if rows else plan)
        counted = next((m.table for m in d.measures() if m.table), None)
        if counted:
            edit.to(edit.plan.model_copy(update={"table": counted}))
        return
    bare = pattern(r"([μηΣ↑↓σν])").search(d.code.text)
    if bare and d.window == "none":
        if edit.to(with_function(edit.plan, AGGREGATES[bare[1]])):
            d.code.replace(bare.start(), bare.end(), "|")
        return
    for char in loose(d):
        _edit_column(d, edit, char, text)


def _edit_column(d: Draft, edit: _Edit, char: str, text: str) -> None:
    """A bare column: another argument of the aggregate, another column shown, or another group."""
    col = d.col(char)
    expr = d.expr(char)
    if edit.plan.measures and col is not None and (yes := d.facts.yes(col)) is not None:
        edit.to(with_filters(edit.plan, [yes]))
        return
    if edit.plan.measures:
        if (col is None or col.family == "number") and not (
            col and d.facts.discrete(col) and not d.facts.additive(col)
        ):
            if not edit.to(with_argument(edit.plan, expr)) and (made := default_measure(d, char)) is not None:
                edit.to(with_measures(edit.plan, [Measure(expr=made.expr)]))
        elif col is not None and d.facts.discrete(col):
            edit.to(with_groups(edit.plan, [expr], add=bool(ADD.search(text))))
        return
    if (
        col is not None
        and edit.plan.select
        and d.rank is None
        and not d.sort
        and (yes := d.facts.yes(col)) is not None
    ):
        edit.to(with_filters(edit.plan, [yes]))
        return
    known = {i.expr for i in edit.plan.select}
    if expr not in known:
        edit.to(edit.plan.model_copy(update={"select": (*edit.plan.select, Item(expr=expr))}))


def _edit_groups(d: Draft, edit: _Edit, text: str) -> None:
    if not d.groups:
        return
    if not edit.plan.measures:
        from llmauto_tools.plan.model import Aggregate

        edit.to(with_measures(edit.plan, [Measure(expr=Aggregate(function="count"))]))
        edit.to(edit.plan.model_copy(update={"order_by": (), "limit": None}))
    add = bool(ADD.search(text)) and not INSTEAD.search(text)
    wider = {c for g in d.groups for c in columns_in(g)}
    if re.search(r"\ball\b|\bother\b|每|各|所有", text):
        edit.to(without_columns(edit.plan, wider))
    edit.to(with_groups(edit.plan, d.groups, add=add or not edit.plan.group_by))


def _edit_unknown(d: Draft, edit: _Edit, text: str) -> None:
    """ "leave out the unknown ones": of the columns that make the groups."""
    match = pattern(
        r"(?:leav(?:e|ing) out|exclud(?:e|ing)|drop|without|ignor(?:e|ing)|skip|remov(?:e|ing)|去掉|排除|不要|不算|不含) ?∅ ?(?:ones|values?|值)?"
    ).search(d.code.text)
    if match is None:
        return
    refs = [i.expr for i in edit.plan.group_by if i.expr.kind == "column"]
    edit.to(with_filters(edit.plan, [Not(item=IsNull(argument=r)) for r in refs[-1:]]))
    d.code.replace(match.start(), match.end(), "|")


def _edit_order(d: Draft, edit: _Edit) -> None:
    rank = d.rank
    if rank is not None:
        by = rank.by.expr if isinstance(rank.by, MeasureDraft) else None
        limit = rank.count or 1
        done = edit.to(with_order(edit.plan, by, rank.descending, limit))
        if not done:
            edit.to(edit.plan.model_copy(update={"limit": limit}))
    for target, descending in d.sort:
        if target is None and not edit.plan.measures:
            target = _only_number(d, edit.plan)
        shown = [i.expr for i in edit.plan.group_by]
        if target is not None and edit.plan.measures and not has_aggregate(target) and target not in shown:
            raise Refusal([], reason="rank_by_what")
        if target is not None and edit.plan.distinct and target not in [i.expr for i in edit.plan.select]:
            edit.to(edit.plan.model_copy(update={"select": (*edit.plan.select, Item(expr=target))}))
        if not edit.to(with_order(edit.plan, target, descending, None)) and not edit.plan.order_by:
            raise Refusal([], reason="rank_by_what")
    if d.limit is not None:
        edit.to(edit.plan.model_copy(update={"limit": d.limit}))


def _only_number(d: Draft, plan: Plan) -> Expr | None:
    """The one number column that a list of rows shows or is filtered by."""
    for nodes in ([i.expr for i in plan.select], conditions(plan.where)):
        found = {c for node in nodes for c in columns_in(node)}
        numbers = [d.facts.col(t or plan.table, n) for t, n in sorted(found, key=str)]
        numbers = [c for c in numbers if c.family == "number" and not d.facts.is_year(c)]
        if len(numbers) == 1:
            return numbers[0].ref
    return None


def _edit_window(d: Draft, edit: _Edit) -> None:
    window = d.window
    changes = any(m.window == "change" for m in edit.plan.measures)
    if window in {"share", "none"} and changes:
        window = "percent_change"
    if window == "none":
        return
    if (
        not edit.to(with_window(edit.plan, window, d.periods))
        and edit.plan.measures
        and not edit.plan.group_by
    ):
        raise Refusal([], reason="share_of_what")


def _finish(question: str, d: Draft, plan: Plan, context: Reading) -> Reading:
    missing = [m for m in leftovers(d) if not CUES.fullmatch(m) and CUES.sub("", m).strip()]
    confidence = max(0.0, 0.93 - 0.5 * len(missing) - 0.05 * len(d.assumptions))
    understood = [u for u in dict.fromkeys(w.strip() for w in d.understood) if u]
    if confidence < THRESHOLD:
        return Reading(question, d.language, confidence=confidence, understood=understood, missing=missing)
    return Reading(
        question,
        d.language,
        plan=plan,
        confidence=round(confidence, 2),
        understood=understood,
        tool="analyze",
        chart=d.chart,
        assumptions=[*d.assumptions],
    )
