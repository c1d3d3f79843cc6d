"""What Chinese requests are made of: a table to draw from, measures, conditions."""

# fmt: off
# One wording beside the other: a line a shape is easier to read and to add to than a line a word.

from __future__ import annotations

from collections.abc import Callable

from llmauto_agent.planner.training.generate import parts_en as en
from llmauto_agent.planner.training.generate.parts_en import COUNT, NUMERIC, after, period, truth
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
    return m.Compare(op=op, left=d.ref(c), right=literal), d.r.choice(said)


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
        return m.Compare(op=op, left=e, right=m.Literal_(value=year)), said
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
    return m.RelativePeriod(argument=e, unit=unit, offset=offset, count=count, rolling=rolling, anchor="data"), said


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
    if count == 2 and en.column_of(parts[0][0]) == en.column_of(parts[1][0]):
        parts.pop()
    if len(parts) == 1:
        return parts[0][0], parts[0][1] + d.pick("的", "的", "")
    return m.And(items=tuple(p for p, _ in parts)), d.pick("且", "、", "，", "并且").join(s for _, s in parts) + "的"
