"""Grammar, first stage: charts, windows over groups, and arithmetic between columns."""

from __future__ import annotations

import re

from llmauto_agent.planner.read_draft import Draft, Refusal
from llmauto_agent.planner.read_facts import Col
from llmauto_agent.planner.read_grammar import Stage
from llmauto_tools.plan.model import Arithmetic, Expr, Literal_

FRAME = Stage()
ARITHMETIC = Stage()

_CHARTS = {
    "bar": "bar", "column": "bar", "line": "line", "pie": "pie", "scatter": "scatter", "histogram": "histogram",
    "area": "line", "柱状": "bar", "柱形": "bar", "条形": "bar", "折线": "line", "饼": "pie", "散点": "scatter", "直方": "histogram",
}  # fmt: skip


@FRAME.rule(
    r"(?:(?:as|in|with|make|draw|plot|show|create|give|display)(?: (?:me|it|this|that|them|us))?(?: (?:as|in|with))? ?)?(bar|line|pie|scatter|area|column)[ -]?(?:chart|graph|plot|diagram)(?: (?:of|for))?",
    r"(?:(?:as|in|make|draw|plot|show) )?(?:me )?(histogram|scatter ?plot)(?: of)?",
    language="en",
)
def chart_en(d: Draft, m: re.Match[str]) -> str | None:
    d.chart = _CHARTS.get(m[1].split()[0].removesuffix("plot"), "bar")
    return d.note(m)


@FRAME.rule(
    r"(?:用|画|以|做|生成|换成|改成|改为|画成)*(?:一个|一张|个|张|成)?(柱状|柱形|条形|折线|饼|散点|直方)(?:状)?图(?:显示|展示|表示|看看|来看)?",
    language="zh",
)
def chart_zh(d: Draft, m: re.Match[str]) -> str | None:
    d.chart = _CHARTS[m[1]]
    return d.note(m)


_UNITS = {"year": "year", "quarter": "quarter", "month": "month", "week": "week", "day": "day",
          "yearly": "year", "annual": "year", "quarterly": "quarter", "monthly": "month", "weekly": "week", "daily": "day",
          "年": "year", "季": "quarter", "季度": "quarter", "月": "month", "周": "week", "日": "day", "天": "day"}  # fmt: skip


@FRAME.rule(
    r"(?:running|cumulative|accumulated|cumulated)(?: (?:total|sum|count)|Σ|#)?(?: of)?(#?)",
    r"cumulatively|(?:so far|to date)(?= |$)",
    language="en",
)
def running_en(d: Draft, m: re.Match[str]) -> str | None:
    d.window = "running_total"
    d.understood.append(d.span(m))
    counts = "#" in m[0] or re.search(r"count|number", d.span(m))
    return "#" if counts else "Σ" if m.lastindex else "|"


@FRAME.rule(r"累[计积](?:总|Σ)?", language="zh")
def running_zh(d: Draft, m: re.Match[str]) -> str | None:
    d.window = "running_total"
    d.understood.append(d.span(m))
    return "|"


@FRAME.rule(
    r"(year|quarter|month|week|day)[- ](?:over|on|by|to)[- ]\1(?: ?(?:changes?|differences?|growth(?: ®)?®?|increase|%))*(?: (?:in|of))?",
    r"(?:from )?(?:one )?(year|quarter|month|week|day) to (?:the )?(?:next|\1)",
    language="en",
)
def period_change(d: Draft, m: re.Match[str]) -> str | None:
    words = d.span(m)
    d.window = "percent_change" if re.search(r"growth|percent|%", words) else "change"
    _by_unit(d, _UNITS[m[1]])
    return d.note(m)


@FRAME.rule(r"yoy|mom|qoq|wow", language="en")
def short_change(d: Draft, m: re.Match[str]) -> str | None:
    d.window = "percent_change" if "growth" in d.code.text or "%" in d.code.text else "change"
    _by_unit(d, {"y": "year", "m": "month", "q": "quarter", "w": "week"}[m[0][0]])
    return d.note(m)


@FRAME.rule(
    r"(?:⊞)?%(?:of )?(?:changes?|increases?|growth)(?: (?:in|of))?|(?:relative changes?|growth(?: ?®|s)?)(?: (?:in|of))?",
    language="en",
)
def growth(d: Draft, m: re.Match[str]) -> str | None:
    d.window = "percent_change"
    return d.note(m)


@FRAME.rule(
    r"(?:how did|how does|how has|how have) ?(.{1,40}?) ?(?:changed?|develop(?:ed)?|evolved?)(?= |$|⊞|[{any}|])",
    language="en",
)
def how_changed(d: Draft, m: re.Match[str]) -> str | None:
    if d.window == "none":
        d.window = "change"
    d.understood.append(d.code.words(m.start(), m.start() + 7))
    return m[1]


@FRAME.rule(
    r"changes? (?:in|of) ?(?={any})|differences? to (?:previous|month before|year before|prior)(?: \w+)?",
    language="en",
)
def plain_change(d: Draft, m: re.Match[str]) -> str | None:
    if d.window == "none":
        d.window = "change"
    return d.note(m)


@FRAME.rule(r"(?:的)?([年季月周日]|季度)?环比(?:增长|变化|增减|增)?(?:率|®|%|情况|幅度)*", language="zh")
def ring_change(d: Draft, m: re.Match[str]) -> str | None:
    d.window = "change" if re.search("变化(?!率)|增减", m[0]) and "率" not in d.span(m) else "percent_change"
    _by_unit(d, _UNITS[m[1] or "月"])
    return d.note(m)


@FRAME.rule(r"(年)?同比(?:增长|变化|增减|增)?(?:率|®|%|情况|幅度)*", language="zh")
def year_change(d: Draft, m: re.Match[str]) -> str | None:
    d.window = "change" if re.search("变化(?!率)|增减", m[0]) and "率" not in d.span(m) else "percent_change"
    _by_unit(d, "year")
    return d.note(m)


@FRAME.rule(r"(?:增长®|增长率|增速|增幅)", language="zh")
def growth_zh(d: Draft, m: re.Match[str]) -> str | None:
    d.window = "percent_change"
    return d.note(m)


def _by_unit(d: Draft, unit: str) -> None:
    expr = date_group(d, unit)
    if expr is not None and expr not in d.groups:
        d.groups.append(expr)


def date_group(d: Draft, unit: str) -> Expr | None:
    """The group "by `unit`": a column of that name, else the unit of the table's date column."""
    from llmauto_agent.planner.read_dates import bucket, date_column

    if unit == "year" and (year := d.facts.year(d.base)) is not None and not d.facts.dates(d.base):
        return year.ref
    col = date_column(d)
    return bucket(col, unit) if col else None


# ---- arithmetic between columns


def _pair(d: Draft, m: re.Match[str], op: str, first: int = 1, second: int = 2) -> str:
    expr = Arithmetic(op=op, left=d.expr(m[first]), right=d.expr(m[second]))  # type: ignore[arg-type]
    return d.new_x(expr, d.span(m))


@ARITHMETIC.rule(r"({c}) ?\(({c})\)")
def same_twice(d: Draft, m: re.Match[str]) -> str | None:
    """ "weight (wt)": one column, said twice."""
    return m[1] if d.col(m[1]) == d.col(m[2]) else None


@ARITHMETIC.rule(
    r"({x}) ?(?:×|\*|x|times|multiplied⊞|multiplied by|乘以?) ?({x})",
    r"(?:product of)({x}) and({x})",
    r"({x})(?:和|与)({x})(?:的乘积|之积|乘积|相乘)",
)
def multiply(d: Draft, m: re.Match[str]) -> str | None:
    return _pair(d, m, "*")


@ARITHMETIC.rule(r"({x}) ?after ?({x})", r"({x})(?:打折后|折后|扣除)({x})(?:后)?")
def after_discount(d: Draft, m: re.Match[str]) -> str | None:
    """ "after discount", where the discount is a part of one: x × (1 − discount)."""
    col = d.col(m[2])
    known = d.facts.known(col) if col else None
    if col is None or ("discount" not in col.name.lower() and "折" not in col.name):
        return None
    if known is None or known.high is None or not 0 < float(known.high) <= 1:
        return None
    rest = Arithmetic(op="-", left=Literal_(value=1), right=col.ref)
    return d.new_x(Arithmetic(op="*", left=d.expr(m[1]), right=rest), d.span(m))


@ARITHMETIC.rule(
    r"({x}) ?(?:/|÷|divided⊞|divided by|除以|over) ?({x})",
    r"®of({x}) ?(?:to|and|/|over|versus|vs) ?({x})",
    r"ratio (?:of|between) ?({x}) ?(?:to|and|/|over|versus|vs) ?({x})",
    r"({x}) ?(?:to|-to-|/|-) ?({x}) ratio(?:s)?",
    r"({x}) ?as%({x})",
    r"({x}) ?as (?:share|part|fraction) of ?({x})",
    r"({x})relative to({x})",
    r"({x})(?:和|与|对|跟)({x})(?:之比|比值|比率|比例|%|比)",
    r"({x})占({x})%",
    r"({x})是({x})百分之几",
)
def divide(d: Draft, m: re.Match[str]) -> str | None:
    if "as" in m[0] or "占" in m[0]:
        d.percent = True
    return _pair(d, m, "/")


@ARITHMETIC.rule(
    r"({x}) ?(?:-|−|–|minus|less|减去?|减掉|扣除|减) ?({x})",
    r"differences? between({x}) ?and ?({x})",
    r"({x})(?:和|与|跟)({x})(?:之差|差值|差额|的差|差)",
)
def subtract(d: Draft, m: re.Match[str]) -> str | None:
    if re.search(r"between|[和与跟]", m[0]) and not (_numeric(d, m[1]) and _numeric(d, m[2])):
        return None
    return _pair(d, m, "-")


@ARITHMETIC.rule(
    r"({x}) ?(?:\+|plus|加上?) ?({x})",
    r"(?:sum of|Σof|Σ)({x}) and({x})(?= combined)",
    r"({x})(?:和|与)({x})(?:之和|的和)",
)
def add(d: Draft, m: re.Match[str]) -> str | None:
    return _pair(d, m, "+")


def _numeric(d: Draft, char: str) -> bool:
    col = d.col(char)
    return col is None or col.family == "number"


@ARITHMETIC.rule(r"({x})⊞({x})")
def per(d: Draft, m: re.Match[str]) -> str | None:
    """ "price per carat": a ratio, where the second column makes no groups."""
    col = d.col(m[2])
    if not re.search(r"\bper\b|每", d.code.words(m.start(2) - 1, m.start(2))):
        return None
    if col is not None and d.facts.discrete(col):
        return None
    return _pair(d, m, "/")


@ARITHMETIC.rule(r"[每单]({x})({x})", r"⊞({x})({x})", language="zh")
def per_zh(d: Draft, m: re.Match[str]) -> str | None:
    col = d.col(m[1])
    if col is None or d.facts.discrete(col) or "每" not in d.span(m):
        return None
    return _pair(d, m, "/", 2, 1)


@ARITHMETIC.rule(
    r"[a-z]+(?: ?(?:=|:|is|as|defined as|meaning|i\.e\. ?) ?)({x})(?!{x})",
    r"(?:=|＝|即|也就是|等于|是)({x})(?=[,|)）]|$)",
)
def definition(d: Draft, m: re.Match[str]) -> str | None:
    """ "profit = sales − cost": the word is defined by the expression that follows it."""
    return m[1] if not isinstance(d.value(m[1]), Col) else None


@ARITHMETIC.rule(
    r"(?:[a-z]+ ?){1,3}\(([{any}])\)",
    r"({x}) ?\(([{any}])\)",
    r"({x}),([{any}])(?=$|\|)",
    r"(?<![一-鿿])[一-鿿]{1,6}[(（]([{any}])[)）]",
    r"[一-鿿]{1,4}(?:率|®)?呢?[?？]?[,，]?([{any}])$",
)
def defined_before(d: Draft, m: re.Match[str]) -> str | None:
    """ "revenue (quantity × price)": what is in the parentheses defines the words before it."""
    char = m[m.lastindex or 1]
    if d.code.slot(char).kind != "x" or isinstance(d.value(char), Col):
        return None
    d.understood.append(d.span(m))
    return char


@ARITHMETIC.rule(r"([μηΣ]?) ?[a-z]+(?: of)?((?:[^a-z]|⊞)*?)\(({x})\)", language="en")
def defined_after(d: Draft, m: re.Match[str]) -> str | None:
    """ "total revenue by region (quantity × price)"."""
    if isinstance(d.value(m[3]), Col):
        return None
    return f"{m[1]}{m[3]}{m[2]}"


@ARITHMETIC.rule(r"\(({x})\)|（({x})）")
def parentheses(d: Draft, m: re.Match[str]) -> str | None:
    return m[1] or m[2]


@FRAME.rule(
    r"⊞?(?:over )?time(?![a-z])|trends?(?: ?(?:of|in|for))?|development(?: of)?|⊞(?:course of )?time",
    r"随(?:着)?时间(?:的)?(?:变化|推移)?|(?:的)?(?:走势|趋势|变化趋势|变化情况)",
)
def over_time(d: Draft, m: re.Match[str]) -> str | None:
    from llmauto_agent.planner.read_dates import date_column

    year, date = d.facts.year(d.base), date_column(d)
    if not re.search("over|trend|develop|course|随|势", m[0] + d.span(m)):
        return None
    col = date if date and date.table == d.base else year
    if col is None:
        return None
    d.groups.append(col.ref)
    return d.note(m)


_REVENUE = r"revenues?|turnover|sales value|order value|sales amount|gross sales|net sales|spending|income from sales"


@ARITHMETIC.rule(
    rf"(?<![a-z])(?:{_REVENUE})(?![a-z])", r"(?:销售额|营收|营业额|订单金额|总金额|销售金额|金额)"
)
def revenue(d: Draft, m: re.Match[str]) -> str | None:
    """Revenue where no column holds it: quantity times unit price, less the discount where there is one."""
    tables = [d.base, *[t.name for t in d.facts.tables if t.name != d.base]]
    for table in tables:
        amounts = [
            c
            for c in d.facts.columns(table)
            if re.fullmatch("quantity|qty|units|units_sold|数量|销量", c.name.lower())
        ]
        found = ((amounts[0], "") if amounts else None), d.facts.concept("price", [table])
        if found[0] is None or found[1] is None:
            continue
        quantity, price = found[0][0], found[1][0]
        if "price" not in price.name.lower() and "价" not in price.name:
            continue
        expr: Expr = Arithmetic(op="*", left=quantity.ref, right=price.ref)
        said = f"{quantity.name} × {price.name}"
        discount = next(
            (c for c in d.facts.columns(table) if re.fullmatch("discount|折扣", c.name.lower())), None
        )
        known = d.facts.known(discount) if discount else None
        if (
            discount is not None
            and known is not None
            and known.high is not None
            and 0 < float(known.high) <= 1
        ):
            rest = Arithmetic(op="-", left=Literal_(value=1), right=discount.ref)
            expr, said = Arithmetic(op="*", left=expr, right=rest), f"{said} × (1 − {discount.name})"
        d.assume(f"{d.span(m)} = {said}")
        return d.new_x(expr, d.span(m))
    return None


# ---- the scale and unit of what comes out

_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "k": 1e3, "万": 1e4, "亿": 1e8, "百万": 1e6, "千": 1e3, "mio": 1e6}  # fmt: skip
_INTO = {
    ("g", "kg"): 1000.0, ("mg", "g"): 1000.0, ("lbs", "t"): 2000.0, ("mm", "cm"): 10.0, ("mm", "m"): 1000.0, ("cm", "m"): 100.0,
    ("m", "km"): 1000.0, ("ms", "s"): 1000.0, ("ms", "min"): 60000.0, ("ms", "h"): 3.6e6, ("s", "min"): 60.0, ("s", "h"): 3600.0,
    ("min", "h"): 60.0, ("min", "s"): 1 / 60, ("h", "min"): 1 / 60, ("h", "d"): 24.0, ("bytes", "mb"): 1e6, ("bytes", "kb"): 1e3,
}  # fmt: skip
_UNIT_NAMES = {
    "kilogram": "kg", "kilo": "kg", "kg": "kg", "gram": "g", "g": "g", "cm": "cm", "centimeter": "cm", "mm": "mm", "m": "m", "meter": "m",
    "km": "km", "kilometer": "km", "second": "s", "sec": "s", "minute": "min", "min": "min", "hour": "h", "hr": "h", "h": "h", "day": "d",
    "megabyte": "mb", "mb": "mb", "kb": "kb", "millisecond": "ms", "milliseconds": "ms", "bytes": "bytes", "byte": "bytes", "lbs": "lbs",
    "公斤": "kg", "千克": "kg", "克": "g", "分钟": "min", "秒": "s", "小时": "h", "公里": "km", "米": "m", "厘米": "cm",
}  # fmt: skip


@FRAME.rule(
    r",? ?(?:\(?in|expressed in|measured in) ?(thousand|million|billion|k|mio)s?(?: of)?(?: ?(?:dollars|usd|euros|people))?\)?(?![a-z])",
    r",?(?:以|用|单位是?|单位为)?(百万|万|亿|千)元?(?:为单位|计|表示)?(?=$|[,)])",
)
def scale(d: Draft, m: re.Match[str]) -> str | None:
    d.scale = _SCALES[m[1]]
    return d.note(m)


@FRAME.rule(
    rf",? ?\(?in ({'|'.join(k for k in _UNIT_NAMES if k.isascii())})s?\)?(?![a-z])",
    rf",?(?:以|用)({'|'.join(k for k in _UNIT_NAMES if not k.isascii())})(?:为单位|计|表示)",
)
def output_unit(d: Draft, m: re.Match[str]) -> str | None:
    d.unit = _UNIT_NAMES[m[1]]
    return d.note(m)


def conversion(col: Col, said: str) -> float | None:
    """By what a number in the unit `said` is multiplied to be in the column's unit; None if not known."""
    from llmauto_agent.planner.words import split_name

    wanted = _UNIT_NAMES.get(said) or _UNIT_NAMES.get(said.removesuffix("s"))
    for word in reversed(split_name(col.name)):
        has = _UNIT_NAMES.get(word) or _UNIT_NAMES.get(word.removesuffix("s"))
        if has is not None and wanted is not None:
            return 1.0 if has == wanted else _INTO.get((has, wanted))
    return None


def factor(d: Draft, columns: list[Col]) -> float:
    """What a measure of these columns is divided by, for the unit that was asked for.

    Raises Refusal where the column's own unit is not known from its name.
    """
    if d.unit is None:
        return d.scale
    from llmauto_agent.planner.words import split_name

    for col in columns:
        for word in reversed(split_name(col.name)):
            has = _UNIT_NAMES.get(word) or _UNIT_NAMES.get(word.removesuffix("s"))
            if has == d.unit:
                return d.scale
            if has is not None and (has, d.unit) in _INTO:
                return d.scale * _INTO[has, d.unit]
    raise Refusal([d.unit], reason="unit")
