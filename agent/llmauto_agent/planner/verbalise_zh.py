"""The Chinese words of plans and results."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from llmauto_agent.numbers import is_number
from llmauto_agent.planner.verbalise_en import constant as english_constant
from llmauto_agent.planner.verbalise_en import is_span
from llmauto_agent.planner.verbalise_result import Voice, highest_of, is_code, is_ratio_of_parts, show_name
from llmauto_tools.plan.model import (
    AbsoluteValue,
    Age,
    Aggregate,
    And,
    Arithmetic,
    Between,
    ColumnRef,
    Compare,
    Conversion,
    DateBucket,
    DatePart,
    Expr,
    InQuery,
    IsNull,
    IsTrue,
    Literal_,
    Measure,
    Not,
    NumberBucket,
    OneOf,
    Or,
    Period,
    Plan,
    Predicate,
    RelativePeriod,
    ScalarQuery,
    TextFunction,
    TextMatch,
    Today,
)

_AGGREGATES = {
    "sum": "{}总和", "avg": "{}平均值", "median": "{}中位数", "min": "{}最小值", "max": "{}最大值",
    "stddev": "{}标准差", "variance": "{}方差", "mode": "{}众数", "first": "第一个{}", "last": "最后一个{}",
    "count": "{}非空值个数", "count_distinct": "不同{}的个数",
}  # fmt: skip
_OPERATIONS = {"+": "{}加{}", "-": "{}减{}", "*": "{}乘以{}", "/": "{}除以{}"}
_COMPARE = {
    "=": "{}为{}", "!=": "{}不是{}", "<": "{}不到{}", "<=": "{}不超过{}", ">": "{}超过{}", ">=": "{}至少{}",
}  # fmt: skip
_COMPARE_DATES = {
    "=": "{}为{}", "!=": "{}不是{}", "<": "{}早于{}", "<=": "{}不晚于{}", ">": "{}晚于{}", ">=": "{}不早于{}",
}  # fmt: skip
_TEXT = {
    "contains": "{}包含“{}”", "starts": "{}以“{}”开头", "ends": "{}以“{}”结尾", "equals": "{}等于“{}”",
}  # fmt: skip
_TEXT_FUNCTIONS = {
    "lower": "小写{}", "upper": "大写{}", "length": "{}长度", "trim": "{}", "initial": "{}首字母",
}  # fmt: skip
_WINDOWS = {
    "none": "{}", "share": "{}占比", "running_total": "{}累计", "change": "{}变化", "percent_change": "{}变化率",
    "rank": "{}排名", "moving_average": "{}移动平均",
}  # fmt: skip
_UNITS = {
    "year": "年", "quarter": "季度", "month": "月", "week": "周", "day": "日", "hour": "小时", "weekday": "星期",
    "minute": "分钟", "dayofyear": "年内天数", "month_name": "月", "weekday_name": "星期",
}  # fmt: skip
_SPANS = {
    "year": "年",
    "quarter": "个季度",
    "month": "个月",
    "week": "周",
    "day": "天",
    "hour": "小时",
    "minute": "分钟",
}
_THIS = {"year": "今年", "quarter": "本季度", "month": "本月", "week": "本周", "day": "今天"}
_LAST = {"year": "去年", "quarter": "上季度", "month": "上个月", "week": "上周", "day": "昨天"}


def join(parts: Sequence[str], word: str = "和") -> str:
    """ "甲、乙和丙"."""
    return parts[0] if len(parts) == 1 else f"{'、'.join(parts[:-1])}{word}{parts[-1]}"


def constant(value: bool | int | float | str | None, *, code: bool = False) -> str:
    if value is None:
        return "空"
    if isinstance(value, bool):
        return "真" if value else "假"
    if is_number(value):
        return english_constant(value, code=code)
    return f"“{value}”"


def expression(expr: Expr) -> str:
    """An expression as a noun phrase."""
    if isinstance(expr, ColumnRef):
        return show_name(expr.name)
    if isinstance(expr, Literal_):
        return str(expr.value) if expr.type != "auto" else constant(expr.value)
    if isinstance(expr, Aggregate):
        return aggregate(expr)
    if isinstance(expr, Arithmetic) and isinstance(expr.left, Aggregate) and is_ratio_of_parts(expr):
        return f"{aggregate(expr.left)}占比"
    if isinstance(expr, Arithmetic):
        left, right = (
            f"（{expression(e)}）" if isinstance(e, Arithmetic) else expression(e)
            for e in (expr.left, expr.right)
        )
        return _OPERATIONS[expr.op].format(left, right)
    if isinstance(expr, (DatePart, DateBucket)):
        unit = expr.part if isinstance(expr, DatePart) else expr.unit
        return f"{expression(expr.argument)}的{_UNITS[unit]}"
    if isinstance(expr, TextFunction):
        return _TEXT_FUNCTIONS[expr.function].format(expression(expr.argument))
    if isinstance(expr, Age):
        return f"从{expression(expr.start)}到{expression(expr.end)}的{_UNITS[expr.unit]}数"
    if isinstance(expr, ScalarQuery):
        return inner_query(expr.plan)
    if isinstance(expr, AbsoluteValue):
        return f"{expression(expr.argument)}的绝对值"
    if isinstance(expr, Today):
        return "今天"
    assert isinstance(expr, (NumberBucket, Conversion))
    return expression(expr.argument)


def inner_query(plan: Plan) -> str:
    what = measure(plan.measures[0]) if plan.measures else join([expression(i.expr) for i in plan.select])
    return f"{predicate(plan.where)}的{what}" if plan.where else what


def aggregate(expr: Aggregate) -> str:
    base = _aggregate(expr)
    return base if expr.where is None else f"{predicate(expr.where)}的{base}"


def _aggregate(expr: Aggregate) -> str:
    if expr.argument is None:
        return "行数"
    argument = expression(expr.argument)
    if expr.function == "corr" and expr.second is not None:
        return f"{argument}与{expression(expr.second)}的相关系数"
    if expr.function == "quantile" and expr.fraction is not None:
        return f"{argument}的第{expr.fraction * 100:g}百分位数"
    return _AGGREGATES[expr.function].format(argument)


def _is_plain(expr: Expr) -> bool:
    """An aggregate of a column, which is said shorter than any name of it; the rest may be a definition."""
    return isinstance(expr, Aggregate) and (expr.argument is None or isinstance(expr.argument, ColumnRef))


def measure(m: Measure) -> str:
    """A measure as a noun phrase, or its own name."""
    if m.alias is not None and m.window == "none" and not _is_plain(m.expr):
        return m.alias
    text = _WINDOWS[m.window].format(expression(m.expr))
    if m.window in {"change", "percent_change"} and m.periods != 1:
        return f"{text}（与前第{m.periods}组相比）"
    return f"{text}（{m.periods}组）" if m.window == "moving_average" else text


# ---- predicates: what stands before "的行"


def predicate(p: Predicate, *, nested: bool = False) -> str:
    """A condition such as "Age超过50且Sex为“female”"."""
    if isinstance(p, (And, Or)):
        word = "且" if isinstance(p, And) else "或"
        text = word.join(predicate(item, nested=True) for item in p.items)
        return f"（{text}）" if nested and len(p.items) > 1 else text
    if isinstance(p, Not):
        return _negated(p.item)
    if isinstance(p, Compare):
        return _compare(p)
    if isinstance(p, Between):
        code = _is_code(p.argument)
        return f"{expression(p.argument)}在{_operand(p.low, code)}到{_operand(p.high, code)}之间"
    if isinstance(p, Period):
        return f"{expression(p.argument)}{period(p.start, p.end)}"
    if isinstance(p, RelativePeriod):
        return f"{expression(p.argument)}{_relative(p)}"
    if isinstance(p, OneOf):
        return f"{expression(p.argument)}为{_values(p)}"
    if isinstance(p, TextMatch):
        return _TEXT[p.how].format(expression(p.argument), p.text)
    if isinstance(p, IsNull):
        return f"{expression(p.argument)}为空"
    if isinstance(p, IsTrue):
        return f"{expression(p.argument)}为真"
    assert isinstance(p, InQuery)
    source = p.plan.select[0].expr if p.plan.select else p.plan.group_by[0].expr
    condition = f"（{predicate(p.plan.where)}）" if p.plan.where else ""
    return f"{expression(p.argument)}属于{p.plan.table}{condition}的{expression(source)}"


def _values(p: OneOf) -> str:
    return join([constant(v, code=_is_code(p.argument)) for v in p.values], "或")


def _negated(p: Predicate) -> str:
    if isinstance(p, IsNull):
        return f"{expression(p.argument)}非空"
    if isinstance(p, IsTrue):
        return f"{expression(p.argument)}为假"
    if isinstance(p, Not):
        return predicate(p.item)
    if isinstance(p, TextMatch):
        return _TEXT[p.how].format(expression(p.argument) + "不", p.text)
    if isinstance(p, OneOf):
        return f"{expression(p.argument)}不是{_values(p)}"
    return f"并非（{predicate(p)}）"


def _compare(p: Compare) -> str:
    found = highest_of(p)
    if found:
        return f"{show_name(found[0])}最{'高' if found[1] else '低'}"
    dated = isinstance(p.right, Literal_) and p.right.type != "auto"
    words = _COMPARE_DATES if dated else _COMPARE
    return words[p.op].format(expression(p.left), _operand(p.right, _is_code(p.left)))


def _operand(expr: Expr, code: bool) -> str:
    if isinstance(expr, Literal_) and expr.type == "auto":
        return constant(expr.value, code=code)
    return expression(expr)


def _is_code(expr: Expr) -> bool:
    if isinstance(expr, DatePart):
        return expr.part == "year"
    return isinstance(expr, ColumnRef) and is_code(expr.name)


def period(start: str | None, end: str | None) -> str:
    """A half-open span: "在2023年", "在2023年3月", "从…到…" (both included)."""
    if start is None or end is None:
        return f"不早于{start}" if start else f"早于{end}"
    first, after = dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end)
    quarter = (first.month + 2) // 3
    for months, text in (
        (12, f"在{first.year}年"),
        (3, f"在{first.year}年第{quarter}季度"),
        (1, f"在{first.year}年{first.month}月"),
    ):
        if is_span(first, after, months):
            return text
    if "T" in start or "T" in end or " " in start:
        return f"从{start}到{end}之前"
    last = (after - dt.timedelta(days=1)).date()
    if last == first.date():
        return f"在{last.isoformat()}"
    if (first.month, first.day, after.month, after.day) == (1, 1, 1, 1):
        return f"从{first.year}年到{after.year - 1}年"
    return f"从{first.date().isoformat()}到{last.isoformat()}"


def _relative(p: RelativePeriod) -> str:
    anchor = "（以数据中最新日期为准）" if p.anchor == "data" else ""
    if p.rolling:
        span = f"在最近{p.count}{_SPANS[p.unit]}"
    elif p.offset == 0 and p.count == 1:
        span = f"在{_THIS[p.unit]}"
    elif p.offset == -1 and p.count == 1:
        span = f"在{_LAST[p.unit]}"
    elif p.count == 1:
        span = f"在{abs(p.offset)}{_SPANS[p.unit]}{'前' if p.offset < 0 else '后'}"
    else:
        span = f"在前{p.count}个完整的{_UNITS[p.unit]}"
    return span + anchor


# ---- what the question says


def row_noun(question: str, taken: Sequence[str]) -> str:
    """The noun that is put between the count and the verb: Chinese questions rarely mark where a noun
    ends, so that rows are called rows."""
    return "行"


def verb_of(p: Predicate | None, question: str) -> str | None:
    return None


def yes_no(question: str) -> bool:
    """Whether the question wants a yes or a no."""
    return bool(re.search(r"是否有|有没有|有.{0,40}吗|是否存在|存不存在", question))


_TEMPLATES = {
    "with": "{condition}的",
    "of_rows": "{condition}的行中",
    "for_rows": "（{condition}的行）",
    "having": "（只含{condition}的组）",
    "none": "没有{with_}{noun}。",
    "no_value": "没有值：{of_rows}没有{what}。",
    "scalar": "{of_rows}{what}是{value}。",
    "fact": "{what} {value}",
    "fact_none": "{what}没有值",
    "facts": "{facts}{for_rows}。",
    "count_one": "{with_}共有1行。",
    "count": "{with_}共有{count}行。",
    "count_verb": "{count}行{verb}。",
    "count_verb_one": "1行{verb}。",
    "different_one": "{of_rows}有1个不同的{what}。",
    "different": "{of_rows}有{count}个不同的{what}。",
    "yes": "是：{sentence}",
    "no": "否：{sentence}",
    "share": "{with_}{whole}行中，{part}行{verb}（占{percent}）。",
    "share_none": "{with_}{whole}行中，没有{verb}的行（占{percent}）。",
    "share_condition": "{condition}",
    "share_only": "{with_}行中，{percent}的{verb}。",
    "percent_also": "{value}（{percent}）",
    "by": "各{keys}的{what}{for_rows}{having}",
    "per": "每{unit}{what}{for_rows}{having}",
    "head": "{head}：{rest}。",
    "highest": "最高的是{label}（{value}）",
    "lowest": "最低的是{label}（{value}）",
    "highest_time": "最高在{label}（{value}）",
    "lowest_time": "最低在{label}（{value}）",
    "longest": "最晚的是{label}（{value}）",
    "shortest": "最早的是{label}（{value}）",
    "of_measure": "{what}{extreme}",
    "tied": "{value}，并列",
    "others": "其他",
    "groups": "共{count}组",
    "all_same": "{count}组都是{value}",
    "span": "{head}，从{first}到{last}",
    "pair": "{label}（{value}）",
    "same": "两者相同",
    "higher_by": "{label}高出{difference}",
    "higher_by_ratio": "{label}高出{difference}（{ratio}倍）",
    "up_by": "增加{difference}",
    "up_by_percent": "增加{difference}（{percent}）",
    "down_by": "减少{difference}",
    "down_by_percent": "减少{difference}（{percent}）",
    "points": "{difference}个百分点",
    "reaches": "到{label}累计为{value}",
    "rises_most": "增幅最大在{label}（{value}）",
    "falls_most": "降幅最大在{label}（{value}）",
    "top_per_group": "每个{by}按{what}排在前{limit}的{for_rows}：{items}。",
    "top": "{what}{direction}的{limit}个{keys}{for_rows}{having}：{items}。",
    "top_rows": "{what}{direction}的{limit}{keys}{for_rows}{having}：{items}。",
    "top_one": "{what}{direction}的{keys}{for_rows}{having}：{items}。",
    "top_fewer": "{what}{direction}的{keys}{for_rows}{having}（共{count}个）：{items}。",
    "most": "最高",
    "least": "最低",
    "newest": "最晚",
    "oldest": "最早",
    "first": "最靠前",
    "last": "最靠后",
    "extreme_row": "{of_rows}{direction}的{what}是{value}：{label}。",
    "extreme_rows": "{of_rows}{direction}的{what}是{value}，有{rows}：{items}。",
    "item": "{label}（{value}）",
    "item_none": "{label}（没有值）",
    "and_more": "{items}……",
    "list": "{with_}共有{rows}：{items}。",
    "row_of": "{count}{noun}",
    "one_row": "1行",
    "distinct": "{of_rows}{what}有{count}个不同的值：{items}。",
    "distinct_one": "{of_rows}{what}有1个值：{items}。",
    "distinct_many": "{what}有{rows}：{items}。",
    "column_list": "{name}共{rows}：{items}。",
    "cell": "{name} {value}",
    "cell_none": "{name}为空",
    "first_of": "{rows}，前面的是{items}",
    "first_row": "第一行是{cells}",
    "one_row_has": "1行：{cells}。",
    "one_row_wide": "1行：{cells}……",
    "rows_have": "共{rows}，列为{columns}；{first}。",
    "many": "超过{count}{noun}",
    "row": "行",
    "row_noun": "行",
    "group_noun": "组",
    "value_noun": "个值",
    "unit_year": "年",
    "unit_quarter": "季度",
    "unit_month": "月",
    "unit_week": "周",
    "unit_day": "日",
    "unit_hour": "小时",
    "described": "{name}有{rows}行、{columns}列。",
    "tables": "共有{count}个表：{items}。",
    "tables_one": "共有1个表：{items}。",
    "no_tables": "还没有载入任何表。",
    "done": "完成。",
}  # fmt: skip

CHINESE = Voice("zh", _TEMPLATES, expression, measure, predicate, join, row_noun, verb_of, yes_no, str)
