"""Which columns hold the time and the value of a series."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmauto_tools.columns import find_column, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.schema import Column, Table
from llmauto_tools.series.steps import Unit

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

_PARTS: dict[str, re.Pattern[str]] = {
    "year": re.compile(r"year|yr|yyyy|年|年份|年度", re.IGNORECASE),
    "quarter": re.compile(r"quarter|qtr|季度", re.IGNORECASE),
    "month": re.compile(r"month|mon|mm|月|月份", re.IGNORECASE),
    "day": re.compile(r"day|dd|(date|day)_of_month|dom|日", re.IGNORECASE),
    "hour": re.compile(r"hour|hr|hh|小时|时", re.IGNORECASE),
}
_CALENDAR = re.compile(
    r"(day|week)_?(of_?(week|year|month)|number|no)?|weekday|dow|doy|星期|周", re.IGNORECASE
)
_ID = re.compile(
    r"(.*[_ .-])?(id|ids|no|nr|key|code|zip|index|idx|row|uuid|number)|编号|序号|.*[a-z]I[dD]", re.IGNORECASE
)
_PLACE = re.compile(r"lat|lon|lng|latitude|longitude|纬度|经度", re.IGNORECASE)
_SAMPLE = 2_000
_MOSTLY = 0.9
"""The share of a text column that has to be dates for it to be read as one."""
_FIRST_YEAR, _LAST_YEAR = 1500, 2200
LISTED = 12
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class TimeColumn:
    """Where the time of a row comes from: a TIMESTAMP expression over one or several columns."""

    label: str
    sql: str
    columns: tuple[str, ...]
    finest: Unit | None = None
    """The unit below which it says nothing: a column of years knows no months."""
    notes: tuple[str, ...] = ()


def find_time(workspace: Workspace, table: Table, name: str | None, every: Unit | None = None) -> TimeColumn:
    """The time of a table: the column of that name, or the only one that can be it.

    Dates, timestamps (those with a zone in UTC), years, columns of year, month, day and hour together,
    and text that is mostly dates. Raises InvalidArguments, with the choices where there are several.
    """
    if name is not None:
        return _named_time(workspace, table, find_column(table, name), every)
    dates = [c for c in table.columns if c.family == "date"]
    if len(dates) == 1:
        return _of_date(dates[0])
    if dates:
        raise InvalidArguments(
            f"The table '{table.name}' has several dates: {_listed(dates)}.", "Say which one with `time`."
        )
    parts = _of_parts(table, every)
    if parts is not None:
        return parts
    texts = [c for c in table.columns if c.family == "text"][:LISTED]
    found = [t for c in texts if (t := _of_text(workspace, table, c)) is not None]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidArguments(
            f"Several columns of '{table.name}' hold dates: {', '.join(t.label for t in found)}.",
            "Say which one with `time`.",
        )
    raise InvalidArguments(
        f"The table '{table.name}' has no column of dates or times.",
        f"Name one with `time`; its columns are: {_listed(table.columns)}.",
    )


def _named_time(workspace: Workspace, table: Table, column: Column, every: Unit | None) -> TimeColumn:
    if column.family == "date":
        return _of_date(column)
    if (
        _is_part(column.name)
        and (parts := _of_parts(table, every)) is not None
        and column.name in parts.columns
    ):
        return parts
    if column.family == "number" and (year := _of_year(workspace, table, column)) is not None:
        return year
    text = _of_text(workspace, table, column) if column.family == "text" else None
    if text is None:
        raise InvalidArguments(
            f"The column '{column.name}' ({column.dtype}) is not a time: it holds no dates or years.",
            f"Columns of dates: {_listed([c for c in table.columns if c.family == 'date']) or 'none'}.",
        )
    return text


def _of_date(column: Column) -> TimeColumn:
    q = quoted(column.name)
    if "WITH TIME ZONE" in column.dtype:
        note = f"The times of '{column.name}' have a zone and are read in UTC."
        # epoch_us works without the time zone extension that a cast would need.
        return TimeColumn(column.name, f"make_timestamp(epoch_us({q}))", (column.name,), notes=(note,))
    notes = (f"'{column.name}': {column.note}.",) if column.note and "zone" in column.note else ()
    return TimeColumn(column.name, f"CAST({q} AS TIMESTAMP)", (column.name,), notes=notes)


def _is_part(name: str) -> bool:
    return any(p.fullmatch(name.strip()) for p in _PARTS.values())


def _of_parts(table: Table, every: Unit | None) -> TimeColumn | None:
    """A year column, with those of the quarter or the month, the day and the hour as far as they follow."""
    found: dict[str, Column] = {}
    for part, pattern in _PARTS.items():
        for column in table.columns:
            fits = column.family == "number" or (part == "month" and column.family == "text")
            if fits and part not in found and pattern.fullmatch(column.name.strip()):
                found[part] = column
    if "year" not in found:
        return None
    used = ["year"]
    if every != "year":
        used += [p for p in ("month", "day", "hour") if p in found]
        order = ["year", "month", "day", "hour"]
        while used != order[: len(used)]:
            used.pop()
        if used == ["year"] and "quarter" in found:
            used.append("quarter")
    number = {p: f"TRY_CAST({quoted(found[p].name)} AS INTEGER)" for p in used}
    return _parts_column(found, used, number)


def _parts_column(found: dict[str, Column], used: list[str], number: dict[str, str]) -> TimeColumn:
    month = "1"
    if "month" in used:
        month = _month_sql(found["month"])
    elif "quarter" in used:
        month = f"({number['quarter']} * 3 - 2)"
    sql = f"CAST({_date_sql(number['year'], month, number.get('day', '1'))} AS TIMESTAMP)"
    if "hour" in used:
        sql = f"({sql} + to_hours({number['hour']}))"
    columns = tuple(found[p].name for p in used)
    finest: Unit = used[-1]  # type: ignore[assignment]
    label = " and ".join(columns) if len(columns) < 3 else ", ".join(columns[:-1]) + " and " + columns[-1]
    return TimeColumn(label, sql, columns, finest)


def _date_sql(year: str, month: str, day: str) -> str:
    """A date, NULL where the parts make none: the cast of text does not fail as make_date does."""
    return f"TRY_CAST(concat(lpad(CAST({year} AS VARCHAR), 4, '0'), '-', {month}, '-', {day}) AS DATE)"


def _month_sql(column: Column) -> str:
    q = quoted(column.name)
    if column.family == "number":
        return f"TRY_CAST({q} AS INTEGER)"
    names = " ".join(
        f"WHEN lower(left(trim({q}), 3)) = '{name}' THEN {i}" for i, name in enumerate(_MONTHS, 1)
    )
    return f"CASE {names} ELSE TRY_CAST(replace(trim({q}), '月', '') AS INTEGER) END"


def _of_year(workspace: Workspace, table: Table, column: Column) -> TimeColumn | None:
    """A column of whole numbers that can all be years."""
    q = quoted(column.name)
    fits = workspace.engine.scalar(
        f"SELECT count({q}) > 0 AND coalesce(bool_and({q} BETWEEN {_FIRST_YEAR} AND {_LAST_YEAR}"
        f" AND {q} = floor({q})), false) FROM {quoted(table.name)}"
    )
    if not fits:
        return None
    year = f"CAST({_date_sql(f'CAST({q} AS INTEGER)', '1', '1')} AS TIMESTAMP)"
    return TimeColumn(column.name, year, (column.name,), "year")


def _of_text(workspace: Workspace, table: Table, column: Column) -> TimeColumn | None:
    """A text column of which at least 90% are dates in one notation (a sample of its values decides)."""
    from llmauto_tools.sources.dates import infer_date

    q = quoted(column.name)
    values = workspace.engine.query(
        f"SELECT v, count(*) AS n FROM (SELECT trim({q}) AS v FROM {quoted(table.name)} WHERE {q} IS NOT NULL"
        f" LIMIT {_SAMPLE * 10}) GROUP BY v ORDER BY n DESC, v LIMIT {_SAMPLE}",
        max_rows=_SAMPLE,
    ).rows
    # One value at a time: a single stray text must not hide the dates.
    dates = {v for v, _ in values if v and infer_date({v}, column.name) is not None}
    when = infer_date(dates, column.name) if dates else None
    if when is None or len(dates) < _MOSTLY * len(values):
        return None
    value = f"trim({q})"
    sql = f"CAST(CASE WHEN {when.test.replace('{v}', value)} THEN {when.value.replace('{v}', value)} END AS TIMESTAMP)"
    note = f"'{column.name}' is text; {when.note or 'it is read as dates'}."
    return TimeColumn(column.name, sql, (column.name,), notes=(note,))


def find_value(table: Table, name: str | None, taken: Sequence[str]) -> Column | None:
    """The column of that name, or the only one that can be a value; None where rows are to be counted.

    taken: the columns of the time and of the groups. Raises InvalidArguments with the choices.
    """
    if name is not None:
        column = find_column(table, name)
        if column.family not in ("number", "boolean"):
            raise InvalidArguments(
                f"The column '{column.name}' ({column.dtype}) holds no numbers.",
                "Name a column of numbers, or count the rows with aggregate='count'.",
            )
        return column
    choices = [
        c for c in table.columns if c.family == "number" and c.name not in taken and is_measure(c.name)
    ]
    if len(choices) > 1:
        raise InvalidArguments(
            f"Several columns of '{table.name}' can be the value: {_listed(choices)}.",
            "Say which one with `value`, or count the rows with aggregate='count'.",
        )
    return choices[0] if choices else None


def is_measure(name: str) -> bool:
    """Whether a column of numbers can be measured over time: no id, part of a date or coordinate."""
    plain = name.strip()
    return not any(p.fullmatch(plain) for p in (_ID, _CALENDAR, _PLACE)) and not _is_part(plain)


def _listed(columns: Sequence[Column]) -> str:
    names = [c.name for c in columns]
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
