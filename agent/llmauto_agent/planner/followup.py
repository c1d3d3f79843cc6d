"""Follow-ups: a question that edits the plan before it ("and by sex?", "only 2023", "as a share").

The grammar reads the fragment as it reads a question; what it found (filters, groups, measures, order,
windows, a chart) is then applied to the earlier plan. A question that stands on its own is left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.read_build import default_measure, loose
from llmauto_agent.planner.read_code import pattern
from llmauto_agent.planner.read_coverage import leftovers
from llmauto_agent.planner.read_draft import Draft, Refusal
from llmauto_agent.planner.read_edit import (
    columns_in,
    compare_measure,
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
from llmauto_agent.planner.read_filters import conjunction, number
from llmauto_agent.planner.read_joins import connected
from llmauto_agent.planner.read_lexicon import AGGREGATES, COMPARISONS
from llmauto_agent.planner.reading import THRESHOLD, Reading
from llmauto_agent.planner.tokens import Language, fold
from llmauto_tools.plan.model import Item, Measure, OneOf, Plan

_OPENERS = re.compile(
    r"^(?:(?:ok|okay|now|and|but|so|then|great|thanks|please|no|hmm|well|good)[, ]+)*"
    r"(?:and\b|what about|how about|only\b|just\b|same\b|the same|instead|but\b|also\b|then\b|with(?:out)?\b|sort\b|order (?:that|it|them|by)|rank\b|as an?\b|as %|as percent|in percent|in %|by\b|per\b|for\b|in\b|from\b|since\b|before\b|after\b"
    r"|remove\b|drop\b|split\b|break\b|exclud|includ|ignor|leave out|limit|show only|show (?:it|that|them|this)|make (?:it|that)|plus\b|top \w+(?: only)?$|bottom \w+(?: only)?$|no,|not\b|except|of (?:those|these|them)|which of (?:them|those|these)|now\b|add\b|all (?:of them|years|rows)|everything|descending|ascending|excluding|restrict|keep\b|use\b|switch|change (?:it|that) to|compare (?:that|it)|filter)"
    r"|\b(?:instead|as well|too|please only|of those|of them|among them|among those|that list|those only|ones only)[?.! ]*$"
    r"|^(?:再|只|仅|换成|换|改成|改为|那|其中|同样|按|前|去掉|不要|排除|除|去除|加上|用|以|也|还|然后|接着|如果只|把(?:它|这个|结果)|里面|这些|它们|从高到低|从低到高|倒序|降序|升序|排序|画成|做成|取消|不限|单独|分(?:别)?按|细分|拆)|(?:呢|怎么样|的话|的情况|看看|一下|就行|就好|即可)[？?。]*$"
)
_ADD = re.compile(r"\b(?:as well|too|also|further|additionally|break (?:that|it|this|them|those) down|split (?:that|it|this|them)|and also|add|plus)\b|再|也|还|加上|进一步|细分")
_INSTEAD = re.compile(r"\binstead\b|\bno,|\brather\b|换|改")
_CLEAR = re.compile(
    r"(?:remove|drop|clear|forget|lift|undo|without|no)(?: all)?(?: of)?(?: the| that| any| this)? (?:filters?|conditions?|restrictions?|limits?|limitation)s?|for (?:all|everyone|everything)(?: of them| rows)?|(?:去掉|取消|不要|清除|移除)(?:所有)?(?:的)?(?:筛选|过滤|条件|限制)(?:条件)?"
)
_DROP = re.compile(r"^(?:and |now |please )*(?:drop|remove|leave out|exclude|skip|hide|ignore|without|except)\b|^(?:去掉|排除|不要|剔除|除去|除了)")
_CUES = re.compile(
    r"\b(?:instead|as well|too|also|again|the same|same|now|rather|only|just|still|further|additionally|those|these|them|ones|that|this|it|groups?|list|down|break|split|show|keep|restrict|limit|drop|remove|exclude|hide|switch|change|use|add|plus|but|other|others|table|columns?|chart|result|results|question|thing|case|situation|look|see|people|who|size|first|everything|please)\b"
    r"|只要|只看|只|仅|就看|换成|改成|改为|换|那么|那|再|也|还|同样|一样|其中|呢|去掉|排除|不要|剔除|加上|用|情况|单独|的话|怎么样|限定|要|名|成|下|里面|这些|它们|如果"
)


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


def follow_up(question: str, index: SchemaIndex, context: Reading, language: Language) -> Reading | None:
    """The edited plan as a reading, a refusal, or None where the question stands on its own."""
    from llmauto_agent.planner.reader import parse, refused

    assert context.plan is not None
    text = fold(question).strip()
    opened = bool(_OPENERS.search(text))
    if not opened and _stands_alone(question, index):
        return None
    before: Plan = qualified(context.plan, context.plan.table)
    try:
        draft = parse(question, index, True, base=before.table)
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
    asks = d.measures() or d.subject is not None or loose(d) or d.groups
    rows = any(s.kind == "t" for s in d.code.slots_in(d.code.text)) or d.row_nouns
    return not asks and not (rows and d.filters())


def _apply(d: Draft, before: Plan, text: str) -> Plan:
    edit = _Edit(before)
    if _CLEAR.search(text):
        edit.to(before.model_copy(update={"where": None, "having": None, "limit": None}))
        d.code.text = pattern(_CLEAR.pattern).sub("|", d.code.text)
    _edit_filters(d, edit, text)
    _edit_having(d, edit, text)
    _edit_measures(d, edit, text)
    _edit_groups(d, edit, text)
    _edit_order(d, edit)
    if d.window != "none" or d.percent:
        _edit_window(d, edit)
    if not edit.changed and d.chart is None:
        raise Refusal([], reason="no_edit")
    return connected(d.facts, edit.plan.model_copy(update={"joins": ()}))


def _edit_filters(d: Draft, edit: _Edit, text: str) -> None:
    filters = [f for f in d.filters()]
    if not filters:
        return
    if _DROP.search(text) and not re.search(r"∅", text):
        from llmauto_tools.plan.model import IsNull, Not

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
    if _DROP.search(text):
        new = [opposite(p) for p in new]
    old = [edit.plan.having] if edit.plan.having is not None else []
    edit.to(edit.plan.model_copy(update={"having": conjunction([*old, *new])}))


def _edit_measures(d: Draft, edit: _Edit, text: str) -> None:
    measures = [Measure(expr=m.expr) for m in d.measures()]
    if measures:
        keep = edit.plan.measures if _ADD.search(text) and edit.plan.measures else ()
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
    if edit.plan.measures:
        if (col is None or col.family == "number") and not (col and d.facts.discrete(col) and not d.facts.additive(col)):
            if not edit.to(with_argument(edit.plan, expr)) and (made := default_measure(d, char)) is not None:
                edit.to(with_measures(edit.plan, [Measure(expr=made.expr)]))
        elif col is not None and d.facts.discrete(col):
            edit.to(with_groups(edit.plan, [expr], add=bool(_ADD.search(text))))
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
    add = bool(_ADD.search(text)) and not _INSTEAD.search(text)
    wider = {c for g in d.groups for c in columns_in(g)}
    if re.search(r"\ball\b|\bother\b|每|各|所有", text):
        edit.to(without_columns(edit.plan, wider))
    edit.to(with_groups(edit.plan, d.groups, add=add or not edit.plan.group_by))


def _edit_order(d: Draft, edit: _Edit) -> None:
    rank = d.rank
    if rank is not None:
        by = rank.by.expr if rank.by is not None and hasattr(rank.by, "table") and hasattr(rank.by, "text") else None
        limit = rank.count or 1
        done = edit.to(with_order(edit.plan, by, rank.descending, limit))
        if not done:
            edit.to(edit.plan.model_copy(update={"limit": limit}))
    for target, descending in d.sort:
        edit.to(with_order(edit.plan, target, descending, None))
    if d.limit is not None:
        edit.to(edit.plan.model_copy(update={"limit": d.limit}))


def _edit_window(d: Draft, edit: _Edit) -> None:
    window = d.window
    changes = any(m.window == "change" for m in edit.plan.measures)
    if window in {"share", "none"} and changes:
        window = "percent_change"
    if window == "none":
        return
    if not edit.to(with_window(edit.plan, window, d.periods)) and edit.plan.measures and not edit.plan.group_by:
        raise Refusal([], reason="share_of_what")


def _finish(question: str, d: Draft, plan: Plan, context: Reading) -> Reading:
    missing = [m for m in leftovers(d) if not _CUES.fullmatch(m) and _CUES.sub("", m).strip()]
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
