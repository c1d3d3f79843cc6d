"""Grammar: dates as filters and as groups."""

from __future__ import annotations

import re

from llmauto_agent.planner.dates import DateLiteral
from llmauto_agent.planner.read_draft import Draft, Refusal, tables_of
from llmauto_agent.planner.read_facts import Col
from llmauto_agent.planner.read_grammar import Stage
from llmauto_agent.planner.words import root, split_name
from llmauto_tools.plan.model import (
    And,
    Between,
    ColumnRef,
    Compare,
    DateBucket,
    DatePart,
    Expr,
    Literal_,
    OneOf,
    Period,
    Predicate,
    RelativePeriod,
    Today,
)

DATES = Stage()

DATE_WORDS = r"(?:day of the week|day of week|month of the year|weekdays?|years?|quarters?|months?|weeks?|days?|hours?|date|星期几?|周几|小时|月份|年份|年|季度|月|周|天|日)"
"""Words for the parts and units of a date, as a pattern."""


def date_column(d: Draft, *, near: Col | None = None) -> Col | None:
    """The date column that a period without a column speaks of: of the base table first."""
    if near is not None and near.family == "date":
        return near
    others = [t.name for t in d.facts.tables if t.name != d.base]
    for table in [*_fact_tables(d), d.base, *sorted(others, key=lambda t: not d.facts.keyed(t))]:
        found = d.facts.dates(table)
        if found:
            return _said(d, found)
    return None


def _fact_tables(d: Draft) -> list[str]:
    """The tables that hold what is measured: a period is said of that ("units bought in 2024")."""
    found: list[str] = []
    for slot in d.code.slots_in(d.code.text):
        if slot.kind == "cn" and isinstance(slot.value, Col) and not d.facts.identifies(slot.value):
            found.append(slot.value.table)
        elif slot.kind in {"x", "m"}:
            found += sorted(tables_of(getattr(slot.value, "expr", slot.value)))
    return list(dict.fromkeys(found))


def _said(d: Draft, columns: list[Col]) -> Col:
    """Of several date columns the one whose name shares a word with the question ("shipped": ShippedDate)."""
    if len(columns) > 1:
        words = {root(w) for w in re.findall(r"[a-z]+", d.code.question.casefold())} - {"dat", "date"}
        for col in columns:
            if words & {root(p) for p in split_name(col.name) if p not in {"date", "time"}}:
                return col
        d.assume(f"dates by {columns[0].name}" if d.language == "en" else f"日期按{columns[0].name}")
    return columns[0]


def bucket(col: Col, unit: str) -> Expr:
    """A date group that keeps order: years as numbers, other units as the start of the unit."""
    if unit == "year":
        return DatePart(part="year", argument=col.ref)
    return DateBucket(unit=unit, argument=col.ref)  # type: ignore[arg-type]


def period_filter(d: Draft, literal: DateLiteral, col: Col | None) -> Predicate:
    """A period as a filter. Raises Refusal where the data has no date to hold it against."""
    if literal.unit == "year" and re.search(
        r"\b(?:end|beginning|start|early|late|mid)\b|年底|年初|年末|年中", literal.text
    ):
        raise Refusal([literal.text], reason="vague_date")
    if (
        literal.kind == "part"
        and literal.part is not None
        and not (literal.part in {"month", "weekday"} and not d.facts.dates(d.base))
    ):
        return _part_filter(d, literal, col)
    if (parts := _from_parts(d, literal)) is not None and (col is None or col.family != "date"):
        return parts
    if literal.kind == "part":
        return _part_filter(d, literal, col)
    target = col if col and (col.family == "date" or d.facts.is_year(col)) else None
    year = d.facts.year(d.base)
    if target is None:
        target = date_column(d) if not (year and not d.facts.dates(d.base)) else year
    if target is None:
        raise Refusal([literal.text], reason="no_date")
    if target.family == "number":
        return _year_filter(d, literal, target)
    if literal.kind == "period":
        return Period(argument=target.ref, start=literal.low, end=literal.high)
    if literal.kind == "relative" and literal.unit is not None:
        d.assume(
            f"'{literal.text.strip()}' counted from the newest date in the data"
            if d.language == "en"
            else f"“{literal.text.strip()}”从数据中最新的日期算起"
        )
        return RelativePeriod(
            argument=target.ref,
            unit="day" if literal.unit == "hour" else literal.unit,
            offset=literal.offset,
            count=literal.count,
            rolling=literal.rolling,
            anchor="data",
        )
    if literal.kind == "today":
        return Compare(op="=", left=target.ref, right=Today())
    raise Refusal([literal.text])


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _from_parts(d: Draft, literal: DateLiteral) -> Predicate | None:
    """A month, where the table keeps year and month in columns of their own; None elsewhere."""
    if d.facts.dates(d.base):
        return None
    month = d.facts.part(d.base, "month")
    if literal.kind == "part" and literal.part == "month" and month is not None:
        values = tuple(_month_value(d, month, v) for v in literal.values)
        return (
            Compare(op="=", left=month.ref, right=Literal_(value=values[0]))
            if len(values) == 1
            else OneOf(argument=month.ref, values=values)
        )
    year = d.facts.year(d.base)
    if (
        literal.kind != "period"
        or literal.unit != "month"
        or not (literal.low and literal.high)
        or not (month and year)
    ):
        return None
    if literal.low[5:7] != f"{(int(literal.high[5:7]) - 2) % 12 + 1:02}":
        return None  # more than one month
    return And(
        items=(
            Compare(op="=", left=year.ref, right=Literal_(value=int(literal.low[:4]))),
            Compare(
                op="=", left=month.ref, right=Literal_(value=_month_value(d, month, int(literal.low[5:7])))
            ),
        )
    )


_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _weekday_names(d: Draft, wanted: tuple[int, ...]) -> Predicate | None:
    """Weekdays that a text column spells out: "Sun", "Sunday"."""
    for col in d.facts.columns(d.base):
        values = [str(v) for v in (d.facts.values(col) or ())] if col.family == "text" else []
        if values and len(values) <= 7 and all(v[:3].casefold() in _WEEKDAYS for v in values):
            found = [v for v in values if _WEEKDAYS.index(v[:3].casefold()) + 1 in wanted]
            if len(found) == 1:
                return Compare(op="=", left=col.ref, right=Literal_(value=found[0]))
            return OneOf(argument=col.ref, values=tuple(found)) if found else None
    return None


def _month_value(d: Draft, month: Col, number: int) -> int | str:
    """A month as its column spells it: 5, "may" or "May"."""
    if month.family == "number":
        return number
    for value in d.facts.values(month) or ():
        if str(value).casefold().startswith(_MONTHS[number - 1]):
            return str(value)
    raise Refusal([_MONTHS[number - 1]])


def _part_filter(d: Draft, literal: DateLiteral, col: Col | None) -> Predicate:
    target = date_column(d, near=col)
    if target is None:
        raise Refusal([literal.text], reason="no_date")
    part = DatePart(part=literal.part, argument=target.ref)  # type: ignore[arg-type]
    if len(literal.values) == 1:
        return Compare(op="=", left=part, right=Literal_(value=literal.values[0]))
    return OneOf(argument=part, values=literal.values)


def _year_filter(d: Draft, literal: DateLiteral, target: Col) -> Predicate:
    if literal.kind != "period" or literal.unit != "year":
        raise Refusal([literal.text], reason="no_date")
    low = int(literal.low[:4]) if literal.low else None
    high = int(literal.high[:4]) - 1 if literal.high else None
    if low is not None and high is not None:
        if low == high:
            return Compare(op="=", left=target.ref, right=Literal_(value=low))
        return Between(argument=target.ref, low=Literal_(value=low), high=Literal_(value=high))
    if low is not None:
        return Compare(op=">=", left=target.ref, right=Literal_(value=low))
    return Compare(op="<=", left=target.ref, right=Literal_(value=high))


# ---- groups


_PARTS = {
    "weekday": "weekday_name", "day of week": "weekday_name", "day of the week": "weekday_name", "days of week": "weekday_name",
    "month of year": "month", "hour of day": "hour", "month of the year": "month", "calendar month": "month",
    "hour": "hour", "星期几": "weekday_name", "星期": "weekday_name", "周几": "weekday_name", "小时": "hour", "月份": "month",
}  # fmt: skip
_BUCKETS = {"year": "year", "quarter": "quarter", "month": "month", "week": "week", "day": "day", "date": "day",
            "年": "year", "年份": "year", "季度": "quarter", "月": "month", "周": "week", "天": "day", "日": "day"}  # fmt: skip


def date_words(word: str) -> tuple[str, str] | None:
    """("part" | "bucket", its name) of a word for a part or a unit of a date."""
    word = word.strip().removesuffix("s") if word.isascii() else word
    if word in _PARTS:
        return "part", _PARTS[word]
    if word in _BUCKETS:
        return "bucket", _BUCKETS[word]
    return None


def word_group(d: Draft, word: str) -> Expr | None:
    """The group that a date word asks for ("weekday", "month", 季度), on the table's date column."""
    found = date_words(word)
    if found is None:
        return None
    if found == ("bucket", "year") and (year := d.facts.year(d.base)) and not d.facts.dates(d.base):
        return year.ref
    col = date_column(d)
    if col is None:
        return None
    if found[0] == "part":
        return DatePart(part=found[1], argument=col.ref)  # type: ignore[arg-type]
    return bucket(col, found[1])


def grain_group(d: Draft, literal: DateLiteral) -> Expr | None:
    if literal.unit is not None:
        return word_group(d, literal.unit)
    if literal.part is not None:
        col = date_column(d)
        part = {"weekday": "weekday_name"}.get(literal.part, literal.part)
        return DatePart(part=part, argument=col.ref) if col else None  # type: ignore[arg-type]
    return None


def is_grain(literal: DateLiteral) -> bool:
    return literal.kind == "grain" or (literal.kind == "part" and not literal.values)


@DATES.rule(
    r"({cd}|{cn})?(?: ?(?<![a-z])(?:is|was|are|were|in|on|of|during|for|from|since|between)(?![a-z]))*({d})",
    r"({cd}|{cn})?(?:是|在|为|于)?({d})",
)
def date_filter(d: Draft, m: re.Match[str]) -> str | None:
    literal: DateLiteral = d.value(m[2])
    if is_grain(literal):
        return None
    col = d.col(m[1]) if m[1] else None
    keep = ""
    if col is not None and col.family != "date" and not d.facts.is_year(col):
        col, keep = None, m[1]  # "sales 2023": the column is no date
    return keep + d.new_f(period_filter(d, literal, col), d.span(m))


@DATES.rule(r"({cd})?([≻⪰≺⪯])({d})")
def date_comparison(d: Draft, m: re.Match[str]) -> str | None:
    literal: DateLiteral = d.value(m[3])
    col = d.col(m[1]) if m[1] else date_column(d)
    if col is None or literal.kind != "period":
        return None
    start, end = {
        "≻": (literal.high, None), "⪰": (literal.low, None), "≺": (None, literal.low), "⪯": (None, literal.high),
    }[m[2]]  # fmt: skip
    return d.new_f(Period(argument=col.ref, start=start, end=end), d.span(m))


def same_column(a: Expr, b: Expr) -> bool:
    return isinstance(a, ColumnRef) and isinstance(b, ColumnRef) and a == b
