"""Chinese follow-ups: a request that changes the plan before it."""

# fmt: off
# One wording beside the other: a line a shape is easier to read and to add to than a line a word.

from __future__ import annotations

from collections.abc import Callable

from llmauto_agent.planner.training.generate.follow_en import _and
from llmauto_agent.planner.training.generate.parts_en import NUMERIC, Asked
from llmauto_agent.planner.training.generate.parts_zh import Draw, condition, measure
from llmauto_agent.planner.training.generate.shapes_zh import grouped, total, trend
from llmauto_tools.plan import model as m


def narrowed(d: Draw, plan: m.Plan) -> Asked:
    where, said = condition(d)
    q = d.pick(f"只看{said}的", f"只要{said}的", f"仅限{said}", f"{said}的呢", f"不对，只算{said}的", f"限定{said}")
    return Asked(q, plan.model_copy(update={"where": _and(plan.where, where)}))


def moved(d: Draw, plan: m.Plan) -> Asked:
    where = plan.where
    if not isinstance(where, m.Compare) or where.op != "=" or not isinstance(where.left, m.ColumnRef):
        raise LookupError
    c = next(x for x in d.d.columns if x.name == where.left.name)
    others = [v for v in c.values if v != getattr(where.right, "value", None)]
    if not others:
        raise LookupError
    v = d.r.choice(others)
    return Asked(d.pick(f"{v}呢", f"那{v}呢？", f"换成{v}", f"{v}的呢", f"那么{v}"), plan.model_copy(update={"where": m.Compare(op="=", left=where.left, right=m.Literal_(value=v))}))


def regrouped(d: Draw, plan: m.Plan) -> Asked:
    g = d.one("cat", "yesno")
    n = d.col(g)
    return Asked(d.pick(f"按{n}分呢", f"按{n}看", f"再按{n}拆一下", f"换成按{n}", f"分{n}看看", f"各{n}呢"), plan.model_copy(update={"group_by": (m.Item(expr=d.ref(g)),), "order_by": (), "limit": None}))


def added(d: Draw, plan: m.Plan) -> Asked:
    g = d.one("cat", "yesno")
    if not plan.group_by or any(i.expr == d.ref(g) for i in plan.group_by):
        raise LookupError
    return Asked(d.pick(f"同时再按{d.col(g)}细分", f"再加上{d.col(g)}", f"进一步按{d.col(g)}分"), plan.model_copy(update={"group_by": (*plan.group_by, m.Item(expr=d.ref(g)))}))


def remeasured(d: Draw, plan: m.Plan) -> Asked:
    old = plan.measures[0].expr
    if isinstance(old, m.Aggregate) and isinstance(old.argument, m.ColumnRef) and d.chance(0.5):
        c = next(x for x in d.d.columns if x.name == old.argument.name)
        if c.role not in NUMERIC:
            raise LookupError
        f, w = d.r.choice([("median", "中位数"), ("avg", "平均值"), ("sum", "总和"), ("max", "最大值"), ("min", "最小值")])
        e: m.Aggregate = d.agg(f, c)
        q = d.pick(f"{w}呢", f"那{w}呢", f"改成{w}", f"换成{w}")
    else:
        e, words, _ = measure(d)
        q = d.pick(f"{words}呢", f"那{words}呢", f"换成{words}", f"再看看{words}")
    if e == old:
        raise LookupError
    return Asked(q, plan.model_copy(update={"measures": (m.Measure(expr=e),), "order_by": (), "limit": None}))


def ordered(d: Draw, plan: m.Plan) -> Asked:
    if not plan.group_by:
        raise LookupError
    e = plan.measures[0].expr
    down = d.chance(0.7)
    if d.chance(0.5):
        return Asked(d.pick("从高到低排", "降序排列", "按大小倒序") if down else d.pick("从低到高排", "升序排列"), plan.model_copy(update={"order_by": (m.Order(by=e, descending=down),)}))
    k = d.r.choice([1, 3, 5, 10])
    return Asked(d.pick(f"只看前{d.number(k)}名", f"前{d.number(k)}个", f"取前{d.number(k)}") if down else f"最低的{d.number(k)}个", plan.model_copy(update={"order_by": (m.Order(by=e, descending=down),), "limit": k}))


def charted(d: Draw, plan: m.Plan) -> Asked:
    if not plan.group_by:
        raise LookupError
    kind, word = d.r.choice([("bar", "柱状图"), ("line", "折线图"), ("pie", "饼图")])
    return Asked(d.pick(f"画成{word}", f"用{word}展示", f"{word}"), plan, kind)


FOLLOW: tuple[tuple[Callable[[Draw, m.Plan], Asked], int], ...] = (
    (narrowed, 25), (moved, 24), (regrouped, 18), (added, 6), (remeasured, 14), (ordered, 9), (charted, 4),
)  # fmt: skip
FIRST = (total, grouped, grouped, total, trend)
