"""Shapes of Chinese requests: each draws a plan over a table and words it."""

# fmt: off
# One wording beside the other: a line a shape is easier to read and to add to than a line a word.

from __future__ import annotations

from collections.abc import Callable

from llmauto_agent.planner.training.generate.parts_en import COUNT, NUMERIC, Asked, truth
from llmauto_agent.planner.training.generate.parts_zh import Draw, condition, conditions, group, measure
from llmauto_tools.plan import model as m


def ask(d: Draw, words: str) -> str:
    return d.pick(f"{words}是多少", f"{words}", f"请问{words}是多少", f"帮我算一下{words}", f"{words}多少", f"查询{words}", f"{words}有多少", f"计算{words}", f"看看{words}", f"求{words}")


def total(d: Draw) -> Asked:
    e, words, counts = measure(d)
    where, said = conditions(d)
    if counts:
        q = d.pick(f"{said}{d.rows}有多少{d.unit}", f"有多少{d.unit}{said}{d.rows}", f"{said}{d.rows}一共多少{d.unit}", f"统计{said}{d.rows}数量", f"{said}{d.rows}总共有几{d.unit}", f"多少{d.unit}{d.rows}{said.removesuffix('的')}", f"{said}{d.rows}数")
    else:
        q = ask(d, d.pick(f"{said}{d.rows}的{words}", f"{said}{words}") if said else words)
    return Asked(q, d.plan(where=where, measures=(m.Measure(expr=e),)))


def grouped(d: Draw) -> Asked:
    e, words, _ = measure(d)
    g = d.one("cat", "cat", "cat", "yesno", "year")
    where, said = conditions(d, 1)
    q = d.pick(f"{said}{group(d, g)}{words}", f"{said}{group(d, g)}的{words}", f"{group(d, g)}{said}{words}", ask(d, f"{said}{group(d, g)}的{words}"), f"{said}{words}，按{d.col(g)}分", f"比较{said}各{d.col(g)}的{words}")
    plan = d.plan(where=where, group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),))
    draw = d.r.random()
    if draw < 0.12:
        down = d.chance(0.7)
        q += d.pick("，从高到低", "，降序排列", "，从大到小排序") if down else d.pick("，从低到高", "，升序", "，从小到大")
        return Asked(q, plan.model_copy(update={"order_by": (m.Order(by=e, descending=down),)}))
    if draw < 0.2:
        kind, word = d.r.choice([("bar", "，画柱状图"), ("pie", "，用饼图展示"), ("bar", "柱状图")])
        return Asked(q + word, plan, kind)
    return Asked(q, plan)


def two_measures(d: Draw) -> Asked:
    e1, w1, _ = measure(d)
    e2, w2, _ = measure(d)
    if e1 == e2:
        raise LookupError
    g = d.one("cat", "yesno")
    q = d.pick(f"{group(d, g)}的{w1}和{w2}", f"{group(d, g)}{w1}、{w2}", f"按{d.col(g)}看{w1}以及{w2}")
    return Asked(q, d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e1), m.Measure(expr=e2))))


def two_groups(d: Draw) -> Asked:
    e, words, _ = measure(d)
    g1, g2 = d.two("cat", "yesno", "year")
    a, b = d.col(g1), d.col(g2)
    q = d.pick(f"各{a}各{b}的{words}", f"按{a}和{b}统计{words}", f"不同{a}、{b}的{words}", f"每个{a}下各{b}的{words}", f"{words}按{a}和{b}分组")
    return Asked(q, d.plan(group_by=(m.Item(expr=d.ref(g1)), m.Item(expr=d.ref(g2))), measures=(m.Measure(expr=e),)))


def top_groups(d: Draw) -> Asked:
    e, words, counts = measure(d)
    g = d.one("cat", "name", "year")
    where, said = conditions(d, 1)
    down = d.chance(0.77)
    n = d.col(g)
    limit = 1 if d.chance(0.5) else d.r.choice([2, 3, 3, 5, 5, 10])
    high = d.pick("最高", "最多", "最大") if down else d.pick("最低", "最少")
    if counts:
        words, high = d.rows, "最多" if down else "最少"
    if limit == 1:
        q = d.pick(f"{said}哪个{n}的{words}{high}", f"{said}{words}{high}的{n}是哪个", f"{said}{words}{high}的{n}", f"哪个{n}{said.removesuffix('的')}{words}{high}")
    else:
        k = d.number(limit)
        q = d.pick(f"{said}{words}{high}的{k}个{n}", f"{said}{words}排名{'前' if down else '后'}{k}的{n}", f"{words}{'前' if down else '后'}{k}的{n}") if d.chance(0.8) or not down else f"{said}{words}top{limit}的{n}"
    return Asked(q, d.plan(where=where, group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),), order_by=(m.Order(by=e, descending=down),), limit=limit))


def superlative(d: Draw) -> Asked:
    c = d.one(*NUMERIC, "date")
    label = d.r.choice(d.d.of("name", "id") or d.d.of("cat"))
    where, said = conditions(d, 1)
    down = d.chance(0.72)
    n = d.col(c)
    high = (d.pick("最晚", "最新", "最近") if down else d.pick("最早")) if c.role == "date" else (d.pick("最高", "最大", "最多") if down else d.pick("最低", "最小", "最少"))
    who = d.pick(d.rows, d.rows, d.col(label))
    limit = 1 if d.chance(0.6) else d.r.choice([3, 5, 10])
    if limit == 1:
        q = d.pick(f"{said}{n}{high}的{who}是哪{d.unit}", f"{said}{n}{high}的{who}", f"哪{d.unit}{who}{said.removesuffix('的')}{n}{high}", f"找出{said}{n}{high}的{who}")
    else:
        k = d.number(limit)
        q = d.pick(f"{said}{n}{high}的{k}{d.unit}{d.rows}", f"{said}{n}{'前' if down else '后'}{k}的{d.rows}", f"列出{said}{n}{high}的{k}{d.unit}{d.rows}")
    return Asked(q, d.plan(where=where, select=(m.Item(expr=d.ref(label)), m.Item(expr=d.ref(c))), order_by=(m.Order(by=d.ref(c), descending=down),), limit=limit))


def listed(d: Draw) -> Asked:
    where, said = condition(d)
    if d.chance(0.35):
        return Asked(d.pick(f"列出{said}的{d.rows}", f"{said}的{d.rows}有哪些", f"显示{said}的所有{d.rows}", f"查找{said}的{d.rows}"), d.plan(where=where))
    shown = d.r.sample(list(d.d.columns), d.r.choice([1, 2, 2, 3]))
    names = d.pick("和", "、").join(d.col(c) for c in shown)
    q = d.pick(f"{said}的{d.rows}的{names}", f"列出{said}的{d.rows}的{names}", f"查询{said}的{names}", f"显示{said}的{d.rows}的{names}")
    return Asked(q, d.plan(where=where, select=tuple(m.Item(expr=d.ref(c)) for c in shown)))


def lookup(d: Draw) -> Asked:
    c = d.one("name")
    v = d.r.choice(c.values)
    shown = d.r.choice([x for x in d.d.columns if x != c])
    n = d.col(shown)
    return Asked(d.pick(f"{v}的{n}是多少", f"{v}的{n}", f"查一下{v}的{n}", f"{v}的{n}是什么"), d.plan(where=m.Compare(op="=", left=d.ref(c), right=m.Literal_(value=v)), select=(m.Item(expr=d.ref(shown)),)))


def distinct(d: Draw) -> Asked:
    c = d.one("cat", "name")
    n = d.col(c)
    return Asked(d.pick(f"有哪些{n}", f"都有哪些{n}", f"列出所有不同的{n}", f"{n}有哪几种", f"{n}都有什么"), d.plan(select=(m.Item(expr=d.ref(c)),), distinct=True))


def share(d: Draw) -> Asked:
    inner, said = condition(d)
    e = m.Arithmetic(op="/", left=m.Aggregate(function="count", where=inner), right=COUNT)
    if d.chance(0.5):
        return Asked(d.pick(f"{said}的{d.rows}占比", f"{said}的{d.rows}占多少", f"{said}的比例是多少", f"{said}的{d.rows}占总数的百分比", f"{said}的占比是多少", f"有百分之多少的{d.rows}{said}"), d.plan(measures=(m.Measure(expr=e),)))
    g = d.one("cat")
    return Asked(d.pick(f"{group(d, g)}{said}的比例", f"{group(d, g)}的{d.rows}中{said}的占比", f"{group(d, g)}{said}的{d.rows}占比"), d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),)))


def rate(d: Draw) -> Asked:
    c = d.one("yesno")
    short = c.say[0] if c.say else c.name.removeprefix("是否")
    e = m.Arithmetic(op="/", left=m.Aggregate(function="count", where=truth(d, c, True)), right=COUNT)
    words = d.pick(f"{short}率", f"{short}比例", f"{short}的比例", f"{short}占比")
    if d.chance(0.4):
        where, said = conditions(d, 1)
        return Asked(ask(d, said + words), d.plan(where=where, measures=(m.Measure(expr=e),)))
    g = d.one("cat", "year")
    plan = d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),))
    if d.chance(0.3):
        down = d.chance(0.7)
        return Asked(f"哪个{d.col(g)}的{words}{'最高' if down else '最低'}", plan.model_copy(update={"order_by": (m.Order(by=e, descending=down),), "limit": 1}))
    return Asked(d.pick(f"{group(d, g)}{words}", f"{group(d, g)}的{words}"), plan)


def distribution(d: Draw) -> Asked:
    g = d.one("cat", "yesno")
    n = d.col(g)
    if d.chance(0.5):
        return Asked(d.pick(f"各{n}{d.rows}占比", f"各{n}所占百分比", f"{n}的占比分布", f"每个{n}占总{d.rows}数的比例"), d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=COUNT, window="share"),)))
    c = d.one(*NUMERIC)
    v = d.col(c)
    return Asked(d.pick(f"各{n}{v}占比", f"各{n}占总{v}的比例", f"每个{n}贡献了多少{v}占比", f"{v}在各{n}的占比"), d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=d.agg("sum", c), window="share"),)))


def trend(d: Draw) -> Asked:
    c = d.one("date")
    e, words, _ = measure(d)
    unit, name = d.r.choice([("month", "月"), ("month", "月"), ("year", "年"), ("quarter", "季度"), ("week", "周"), ("day", "天")])
    where, said = conditions(d, 1)
    each = {"月": ("每月", "每个月", "各月", "按月", "月度"), "年": ("每年", "各年", "按年", "年度", "历年"), "季度": ("每季度", "按季度", "各季度"), "周": ("每周", "按周"), "天": ("每天", "每日", "按天")}[name]  # fmt: skip
    w = d.r.choice(each)
    q = d.pick(f"{said}{w}{words}", f"{said}{w}的{words}", f"{said}{words}的{name}度变化" if name in "月年" else f"{w}{said}{words}", f"{said}{w}{words}趋势", f"{w}统计{said}{words}")
    plan = d.plan(where=where, group_by=(m.Item(expr=m.DateBucket(unit=unit, argument=d.ref(c))),), measures=(m.Measure(expr=e),))
    draw = d.r.random()
    if draw < 0.12:
        return Asked(q + d.pick("，画折线图", "折线图"), plan, "line")
    if draw < 0.24:
        window, word = d.r.choice([("running_total", "累计"), ("percent_change", "环比增长率"), ("change", "环比变化")])
        q = f"{w}{words}{word}" if window != "running_total" else f"{w}累计{words}"
        return Asked(q, plan.model_copy(update={"where": None, "measures": (m.Measure(expr=e, window=window),)}))
    return Asked(q, plan)


def part(d: Draw) -> Asked:
    c = d.one("date")
    e, words, _ = measure(d)
    kind, n = d.r.choice([("weekday_name", "星期几"), ("month_name", "月份"), ("year", "年份")])
    plan = d.plan(group_by=(m.Item(expr=m.DatePart(part=kind, argument=d.ref(c))),), measures=(m.Measure(expr=e),))
    if d.chance(0.5):
        down = d.chance(0.7)
        which = {"星期几": "星期几", "月份": "哪个月份", "年份": "哪一年"}[n]
        return Asked(d.pick(f"{which}{words}{'最高' if down else '最低'}", f"{words}{'最高' if down else '最低'}的是{which}"), plan.model_copy(update={"order_by": (m.Order(by=e, descending=down),), "limit": 1}))
    return Asked(d.pick(f"按{n}统计{words}", f"不同{n}的{words}"), plan)


def having(d: Draw) -> Asked:
    e, words, counts = measure(d)
    g = d.one("cat", "name")
    n = d.col(g)
    if counts:
        value: float = d.r.choice([2, 3, 5, 10, 20, 50])
        words = f"{d.rows}数"
    else:
        c = next((x for x in d.d.columns if isinstance(e.argument, m.ColumnRef) and x.name == e.argument.name and x.role in NUMERIC), None)
        if c is None:
            raise LookupError
        value = d.value(c)
    op, said = d.r.choice([(">", "超过"), (">", "大于"), (">=", "不少于"), ("<", "少于"), ("<", "低于")])
    q = d.pick(f"{words}{said}{d.number(value)}的{n}有哪些", f"哪些{n}的{words}{said}{d.number(value)}", f"{words}{said}{d.number(value)}的{n}")
    literal = m.Literal_(value=int(value) if value == int(value) else value)
    return Asked(q, d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),), having=m.Compare(op=op, left=e, right=literal)))


def above_average(d: Draw) -> Asked:
    c = d.one(*NUMERIC)
    n = d.col(c)
    up = d.chance(0.7)
    where = m.Compare(op=">" if up else "<", left=d.ref(c), right=m.ScalarQuery(plan=d.plan(measures=(m.Measure(expr=d.agg("avg", c)),))))
    word = "高于" if up else "低于"
    if d.chance(0.5):
        return Asked(d.pick(f"{n}{word}平均值的{d.rows}有多少{d.unit}", f"有多少{d.unit}{d.rows}的{n}{word}平均水平"), d.plan(where=where, measures=(m.Measure(expr=COUNT),)))
    return Asked(d.pick(f"列出{n}{word}平均值的{d.rows}", f"哪些{d.rows}的{n}{word}平均"), d.plan(where=where))


def missing(d: Draw) -> Asked:
    c = d.r.choice(d.d.columns)
    n = d.col(c)
    return Asked(d.pick(f"{n}有多少个缺失值", f"{n}缺失的有多少", f"多少{d.unit}{d.rows}没有{n}", f"{n}为空的{d.rows}数量"), d.plan(where=m.IsNull(argument=d.ref(c)), measures=(m.Measure(expr=COUNT),)))


def correlation(d: Draw) -> Asked:
    a, b = d.two(*NUMERIC)
    e = m.Aggregate(function="corr", argument=d.ref(a), second=d.ref(b))
    return Asked(d.pick(f"{d.col(a)}和{d.col(b)}的相关系数", f"{d.col(a)}与{d.col(b)}的相关性是多少", f"{d.col(a)}跟{d.col(b)}相关吗，相关系数多少"), d.plan(measures=(m.Measure(expr=e),)))


def extremes(d: Draw) -> Asked:
    c = d.one(*NUMERIC, "date")
    n = d.col(c)
    q = d.pick(f"{n}的最大值和最小值", f"{n}的范围", f"最高和最低{n}") if c.role != "date" else d.pick(f"最早和最晚的{n}", f"{n}的时间范围")
    return Asked(q, d.plan(measures=(m.Measure(expr=d.agg("min", c)), m.Measure(expr=d.agg("max", c)))))


def compared(d: Draw) -> Asked:
    c = d.one("cat")
    a, b = d.r.sample(c.values, 2)
    e, words, _ = measure(d)
    q = d.pick(f"比较{a}和{b}的{words}", f"{a}与{b}的{words}对比", f"{a}和{b}哪个{words}高" if d.chance(0.2) else f"{a}、{b}的{words}分别是多少", f"对比{a}和{b}的{words}")
    return Asked(q, d.plan(where=m.OneOf(argument=d.ref(c), values=(a, b)), group_by=(m.Item(expr=d.ref(c)),), measures=(m.Measure(expr=e),)))


def top_per_group(d: Draw) -> Asked:
    c = d.one(*NUMERIC)
    g = d.one("cat")
    label = d.one("name", "id")
    count = d.r.choice([1, 1, 2, 3])
    n, k = d.col(c), d.number(count)
    q = d.pick(f"每个{d.col(g)}{n}最高的{d.rows}", f"各{d.col(g)}中{n}最大的{d.rows}") if count == 1 else f"每个{d.col(g)}{n}前{k}的{d.rows}"
    return Asked(q, d.plan(select=(m.Item(expr=d.ref(g)), m.Item(expr=d.ref(label)), m.Item(expr=d.ref(c))), order_by=(m.Order(by=d.ref(c), descending=True),), top_per_group=m.TopPerGroup(by=(d.ref(g),), count=count)))


SHAPES: tuple[tuple[Callable[[Draw], Asked], int], ...] = (
    (total, 18), (grouped, 20), (two_measures, 4), (two_groups, 4), (top_groups, 11), (superlative, 8), (listed, 7),
    (lookup, 3), (distinct, 3), (share, 6), (rate, 4), (distribution, 4), (trend, 9), (part, 3), (having, 4),
    (above_average, 2), (missing, 2), (correlation, 2), (extremes, 2), (compared, 3), (top_per_group, 2),
)  # fmt: skip
