"""English follow-ups: a request that changes the plan before it."""

# fmt: off
# One wording beside the other: a line a shape is easier to read and to add to than a line a word.

from __future__ import annotations

from collections.abc import Callable

from llmauto_agent.planner.training.generate.parts_en import COUNT, NUMERIC, Asked, Draw, condition, measure
from llmauto_agent.planner.training.generate.shapes_en import grouped, total, trend
from llmauto_tools.plan import model as m


def _and(where: m.Predicate | None, more: m.Predicate) -> m.Predicate:
    if where is None:
        return more
    items = (*where.items, more) if isinstance(where, m.And) else (where, more)
    return m.And(items=items)


def narrowed(d: Draw, plan: m.Plan) -> Asked:
    """ "only those in Rome": one more condition."""
    where, said = condition(d)
    q = d.s.pick(f"only {said}", f"just {said}", f"but only {said}", f"now only {said}", f"and only those {said}", f"restrict it to {d.d.nouns} {said}", f"same {said}", f"{said} only", f"no, only {said}", f"limit that to those {said}")
    return Asked(q, plan.model_copy(update={"where": _and(plan.where, where)}))


def moved(d: Draw, plan: m.Plan) -> Asked:
    """ "and for Oslo?": another value of the same column."""
    where = plan.where
    if not isinstance(where, m.Compare) or where.op != "=" or not isinstance(where.left, m.ColumnRef):
        raise LookupError
    c = next(x for x in d.d.columns if x.name == where.left.name)
    others = [v for v in c.values if v != getattr(where.right, "value", None)]
    if not others:
        raise LookupError
    value = d.r.choice(others)
    q = d.s.pick(f"and for {value}?", f"what about {value}", f"how about {value}?", f"and {value}", f"same for {value}", f"now {value}", f"and in {value}?", f"{value}?")
    return Asked(q, plan.model_copy(update={"where": m.Compare(op="=", left=where.left, right=m.Literal_(value=value))}))


def regrouped(d: Draw, plan: m.Plan) -> Asked:
    """ "and by sex?": another group, or one where there was none."""
    g = d.one("cat", "yesno", "flag", "year")
    if not plan.measures:
        raise LookupError
    n = d.s.col(g)
    q = d.s.pick(f"and by {n}?", f"by {n}", f"now by {n}", f"split that by {n}", f"break it down by {n}", f"per {n}", f"and per {n}?", f"by {n} instead", f"same by {n}", f"group by {n}")
    return Asked(q, plan.model_copy(update={"group_by": (m.Item(expr=d.ref(g)),), "order_by": (), "limit": None}))


def added_group(d: Draw, plan: m.Plan) -> Asked:
    g = d.one("cat", "yesno")
    if not plan.measures or not plan.group_by or any(i.expr == d.ref(g) for i in plan.group_by):
        raise LookupError
    n = d.s.col(g)
    q = d.s.pick(f"and also by {n}", f"additionally by {n}", f"split further by {n}", f"for each {n} as well", f"and within that by {n}", f"also broken down by {n}")
    return Asked(q, plan.model_copy(update={"group_by": (*plan.group_by, m.Item(expr=d.ref(g)))}))


def remeasured(d: Draw, plan: m.Plan) -> Asked:
    """ "and the median?": another measure over the same groups."""
    if not plan.measures:
        raise LookupError
    old = plan.measures[0].expr
    if isinstance(old, m.Aggregate) and isinstance(old.argument, m.ColumnRef) and d.chance(0.5):
        c = next(x for x in d.d.columns if x.name == old.argument.name)
        if c.role not in NUMERIC:
            raise LookupError
        function, words = d.r.choice([("median", "median"), ("avg", "average"), ("sum", "total"), ("max", "maximum"), ("min", "minimum"), ("avg", "mean")])
        e = d.agg(function, c)
        q = d.s.pick(f"and the {words}?", f"now the {words}", f"what about the {words}", f"the {words} instead", f"use the {words} instead")
    else:
        e, words, _ = measure(d)
        q = d.s.pick(f"and the {words}?", f"now the {words}", f"what about {words}", f"{words} instead", f"same for {words}", f"and {words}?").replace("the the", "the")
    if e == old:
        raise LookupError
    return Asked(q, plan.model_copy(update={"measures": (m.Measure(expr=e),), "order_by": (), "limit": None}))


def ordered(d: Draw, plan: m.Plan) -> Asked:
    if not plan.group_by or not plan.measures:
        raise LookupError
    e = plan.measures[0].expr
    down = d.chance(0.7)
    if d.chance(0.5):
        q = d.s.pick("sort that descending", "highest first", "largest first please", "order by that, descending") if down else d.s.pick("sort ascending", "lowest first", "smallest first")
        return Asked(q, plan.model_copy(update={"order_by": (m.Order(by=e, descending=down),)}))
    limit = d.r.choice([1, 3, 5, 10])
    number = d.s.number(limit)
    q = d.s.pick(f"only the top {number}", f"top {number}", f"just the {number} highest", f"show the top {number} only") if down else d.s.pick(f"the bottom {number}", f"only the {number} lowest", f"lowest {number}")
    return Asked(q, plan.model_copy(update={"order_by": (m.Order(by=e, descending=down),), "limit": limit}))


def counted(d: Draw, plan: m.Plan) -> Asked:
    """ "how many are that?" """
    if plan.group_by or plan.where is None:
        raise LookupError
    q = d.s.pick("how many are there?", "how many is that", "and how many?", "count them", "how many of them are there")
    return Asked(q, m.Plan(table=plan.table, where=plan.where, measures=(m.Measure(expr=COUNT),)))


def charted(d: Draw, plan: m.Plan) -> Asked:
    if not plan.group_by or not plan.measures:
        raise LookupError
    kind = d.r.choice(["bar", "bar", "line", "pie"])
    word = {"bar": "bar chart", "line": "line chart", "pie": "pie chart"}[kind]
    return Asked(d.s.pick(f"as a {word}", f"show that as a {word}", f"make it a {word}", f"{word} please"), plan, kind)


def share_of(d: Draw, plan: m.Plan) -> Asked:
    if not plan.group_by or len(plan.measures) != 1 or plan.measures[0].window != "none" or plan.limit:
        raise LookupError
    e = plan.measures[0].expr
    if not isinstance(e, m.Aggregate) or e.function not in {"count", "sum"}:
        raise LookupError
    q = d.s.pick("in percent", "as percentages", "as shares of the total", "as a share", "now in percent of the total")
    return Asked(q, plan.model_copy(update={"measures": (m.Measure(expr=e, window="share"),)}))


FOLLOW: tuple[tuple[Callable[[Draw, m.Plan], Asked], int], ...] = (
    (narrowed, 24), (moved, 22), (regrouped, 16), (added_group, 7), (remeasured, 12), (ordered, 9), (counted, 3),
    (charted, 4), (share_of, 4),
)  # fmt: skip
FIRST = (total, grouped, grouped, total, trend)
