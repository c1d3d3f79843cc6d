"""Shapes of Chinese requests: each draws a plan over a table and words it."""

from __future__ import annotations

from collections.abc import Callable

from llmauto_agent.planner.training.generate import shapes_en as en
from llmauto_agent.planner.training.generate.shapes_en import COUNT, NUMERIC, Asked, after, period, truth
from llmauto_agent.planner.training.generate.tables import Col
from llmauto_tools.plan import model as m


class Draw(en.Draw):
    """Draws Chinese words."""

    def pick(self, *options: str) -> str:
        return self.r.choice(options)

    def col(self, c: Col) -> str:
        return self.r.choice((c.name, c.name, *c.say)) if self.chance(0.75) else c.name

    def number(self, value: float) -> str:
        whole = int(value)
        if value == whole and 0 < whole <= 10 and self.chance(0.3):
            return "零一两三四五六七八九十"[whole]
        if value == whole and whole >= 10_000 and whole % 10_000 == 0 and self.chance(0.5):
            return f"{whole // 10_000}万"
        return str(whole) if value == whole else str(value)

    @property
    def rows(self) -> str:
        return self.d.noun

    @property
    def unit(self) -> str:
        return self.d.nouns


def measure(d: Draw) -> tuple[m.Aggregate, str, bool]:
    if d.chance(0.27):
        return COUNT, d.pick(f"{d.rows}数量", f"{d.rows}数", "数量", f"{d.rows}的数量", f"多少{d.unit}{d.rows}", "记录数", f"{d.rows}总数"), True
    if d.chance(0.08):
        c = d.one("name", "cat")
        n = d.col(c)
        return d.agg("count_distinct", c), d.pick(f"有多少种不同的{n}", f"不同{n}的数量", f"{n}去重后的个数", f"不重复的{n}数"), False
    f = d.r.choices(["avg", "sum", "median", "min", "max", "stddev"], [42, 30, 6, 8, 11, 3])[0]
    c = d.one(*NUMERIC)
    n = d.col(c)
    words = {
        "avg": (f"平均{n}", f"{n}平均值", f"{n}的平均值", f"{n}均值", f"平均的{n}", f"{n}平均是多少" if d.chance(0.1) else f"{n}的均值"),
        "sum": (f"总{n}", f"{n}总和", f"{n}合计", f"{n}总额" if c.role == "money" else f"{n}总量", f"{n}的总和", f"{n}加起来", f"{n}一共"),
        "median": (f"{n}中位数", f"{n}的中位数"), "min": (f"最低{n}", f"最小{n}", f"{n}最小值", f"{n}的最小值"),
        "max": (f"最高{n}", f"最大{n}", f"{n}最大值", f"{n}的最大值", f"{n}最高值"), "stddev": (f"{n}标准差", f"{n}的标准差"),
    }[f]  # fmt: skip
    return d.agg(f, c), d.r.choice(words), False


def group(d: Draw, c: Col) -> str:
    n = d.col(c)
    return d.pick(f"各{n}", f"每个{n}", f"按{n}统计", f"不同{n}", f"各个{n}", f"按{n}分组", f"按{n}", f"每种{n}", f"分{n}")


def condition(d: Draw) -> tuple[m.Predicate, str]:
    """A condition and its words, which stand before 的."""
    for _ in range(20):
        kind = d.r.choice(["equal", "equal", "equal", "compare", "compare", "between", "oneof", "not", "flag", "date", "date", "null"])
        try:
            return _CONDITIONS[kind](d)
        except LookupError:
            continue
    raise LookupError


def _equal(d: Draw) -> tuple[m.Predicate, str]:
    c = d.one("cat", "cat", "name")
    v = d.r.choice(c.values)
    n = d.col(c)
    said = d.pick(v, v, f"{n}为{v}", f"{n}是{v}", f"{v}{n}" if c.role == "cat" else v, f"{n}等于{v}", f"“{v}”")
    return m.Compare(op="=", left=d.ref(c), right=m.Literal_(value=v)), said


def _compare(d: Draw) -> tuple[m.Predicate, str]:
    c = d.one(*NUMERIC)
    op = d.r.choices([">", "<", ">=", "<="], [42, 28, 16, 14])[0]
    value = d.value(c)
    n, v = d.col(c), d.number(value)
    said = {
        ">": (f"{n}大于{v}", f"{n}超过{v}", f"{n}高于{v}", f"{n}在{v}以上" if d.chance(0.1) else f"{n}多于{v}", f"{n}>{v}"),
        "<": (f"{n}小于{v}", f"{n}低于{v}", f"{n}不到{v}", f"{n}少于{v}", f"{n}<{v}"),
        ">=": (f"{n}不低于{v}", f"{n}至少{v}", f"{n}大于等于{v}", f"{n}不少于{v}"),
        "<=": (f"{n}不超过{v}", f"{n}至多{v}", f"{n}小于等于{v}", f"{n}最多{v}"),
    }[op]  # fmt: skip
    literal = m.Literal_(value=int(value) if value == int(value) else value)
    return m.Compare(op=op, left=d.ref(c), right=literal), d.r.choice(said)  # type: ignore[arg-type]


def _between(d: Draw) -> tuple[m.Predicate, str]:
    c = d.one(*NUMERIC)
    low, high = sorted((d.value(c), d.value(c)))
    if low == high:
        raise LookupError
    n, a, b = d.col(c), d.number(low), d.number(high)
    said = d.pick(f"{n}在{a}到{b}之间", f"{n}介于{a}和{b}之间", f"{n}{a}到{b}", f"{n}从{a}到{b}")
    lo, hi = (m.Literal_(value=int(v) if v == int(v) else v) for v in (low, high))
    return m.Between(argument=d.ref(c), low=lo, high=hi), said


def _one_of(d: Draw) -> tuple[m.Predicate, str]:
    c = d.one("cat")
    if len(c.values) < 3:
        raise LookupError
    a, b = d.r.sample(c.values, 2)
    return m.OneOf(argument=d.ref(c), values=(a, b)), d.pick(f"{a}或{b}", f"{a}和{b}", f"{d.col(c)}为{a}或者{b}", f"{a}、{b}")


def _not(d: Draw) -> tuple[m.Predicate, str]:
    c = d.one("cat")
    v = d.r.choice(c.values)
    return m.Compare(op="!=", left=d.ref(c), right=m.Literal_(value=v)), d.pick(f"除{v}以外", f"不是{v}", f"非{v}", f"除了{v}之外", f"{d.col(c)}不为{v}", f"排除{v}后")


def _flag(d: Draw) -> tuple[m.Predicate, str]:
    c = d.one("yesno", "bool", "flag")
    yes = d.chance(0.7)
    short = c.say[0] if c.say else c.name.removeprefix("是否").removeprefix("有无")
    said = d.pick(short, f"已{short}", f"{short}了", f"{c.name}为是", f"有{short}" if d.chance(0.3) else short) if yes else d.pick(f"未{short}", f"没有{short}", f"没{short}", f"{c.name}为否", f"不{short}" if d.chance(0.2) else f"未{short}")
    return truth(d, c, yes), said


def _null(d: Draw) -> tuple[m.Predicate, str]:
    c = d.one(*NUMERIC, "cat", "date")
    n = d.col(c)
    return m.IsNull(argument=d.ref(c)), d.pick(f"{n}缺失", f"{n}为空", f"没有{n}", f"{n}未填", f"缺少{n}")


def _date(d: Draw) -> tuple[m.Predicate, str]:
    c = d.one("date", "year")
    year = d.r.randint(int(c.low), int(c.high))
    e = d.ref(c)
    if c.role == "year":
        if d.chance(0.6):
            return m.Compare(op="=", left=e, right=m.Literal_(value=year)), d.pick(f"{year}年", f"{d.col(c)}为{year}")
        op, said = d.r.choice([(">", f"{year}年之后"), ("<", f"{year}年之前")])
        return m.Compare(op=op, left=e, right=m.Literal_(value=year)), said  # type: ignore[arg-type]
    draw = d.r.random()
    if draw < 0.35:
        return period(e, year, 1, year + 1, 1), d.pick(f"{year}年", f"{year}年内", f"在{year}年")
    if draw < 0.6:
        month = d.r.randint(1, 12)
        return period(e, year, month, *after(year, month)), d.pick(f"{year}年{month}月", f"{year}年{month}月份")
    if draw < 0.7:
        return m.Period(argument=e, start=f"{year}-01-01"), d.pick(f"{year}年以来", f"自{year}年起")
    if draw < 0.78:
        return m.Period(argument=e, end=f"{year}-01-01"), d.pick(f"{year}年以前", f"{year}年之前")
    said, unit, offset, count, rolling = d.r.choice(_RELATIVE)
    return m.RelativePeriod(argument=e, unit=unit, offset=offset, count=count, rolling=rolling, anchor="data"), said  # type: ignore[arg-type]


_RELATIVE = (
    ("上个月", "month", -1, 1, False), ("今年", "year", 0, 1, False), ("去年", "year", -1, 1, False), ("本月", "month", 0, 1, False),
    ("最近30天", "day", 0, 30, True), ("近7天", "day", 0, 7, True), ("上周", "week", -1, 1, False), ("最近12个月", "month", 0, 12, True),
)  # fmt: skip
_CONDITIONS: dict[str, Callable[[Draw], tuple[m.Predicate, str]]] = {
    "equal": _equal, "compare": _compare, "between": _between, "oneof": _one_of, "not": _not, "flag": _flag, "date": _date, "null": _null,
}  # fmt: skip


def conditions(d: Draw, most: int = 2) -> tuple[m.Predicate | None, str]:
    count = d.r.choices(range(most + 1), [45, 42, 13][: most + 1])[0]
    if not count:
        return None, ""
    parts = [condition(d) for _ in range(count)]
    if count == 2 and en._column(parts[0][0]) == en._column(parts[1][0]):
        parts.pop()
    if len(parts) == 1:
        return parts[0][0], parts[0][1] + d.pick("的", "的", "")
    return m.And(items=tuple(p for p, _ in parts)), d.pick("且", "、", "，", "并且").join(s for _, s in parts) + "的"


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
    plan = d.plan(where=where, group_by=(m.Item(expr=m.DateBucket(unit=unit, argument=d.ref(c))),), measures=(m.Measure(expr=e),))  # type: ignore[arg-type]
    draw = d.r.random()
    if draw < 0.12:
        return Asked(q + d.pick("，画折线图", "折线图"), plan, "line")
    if draw < 0.24:
        window, word = d.r.choice([("running_total", "累计"), ("percent_change", "环比增长率"), ("change", "环比变化")])
        q = f"{w}{words}{word}" if window != "running_total" else f"{w}累计{words}"
        return Asked(q, plan.model_copy(update={"where": None, "measures": (m.Measure(expr=e, window=window),)}))  # type: ignore[arg-type]
    return Asked(q, plan)


def part(d: Draw) -> Asked:
    c = d.one("date")
    e, words, _ = measure(d)
    kind, n = d.r.choice([("weekday_name", "星期几"), ("month_name", "月份"), ("year", "年份")])
    plan = d.plan(group_by=(m.Item(expr=m.DatePart(part=kind, argument=d.ref(c))),), measures=(m.Measure(expr=e),))  # type: ignore[arg-type]
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
    return Asked(q, d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),), having=m.Compare(op=op, left=e, right=literal)))  # type: ignore[arg-type]


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
