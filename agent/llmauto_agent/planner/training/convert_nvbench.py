"""nvBench: requests for charts over Spider's databases, written in its own language, VQL.

    Visualize BAR SELECT x, y FROM ... WHERE ... GROUP BY ... ORDER BY ... BIN x BY WEEKDAY

The query behind a chart becomes SQL first: a colour is a third column, a bin is a part of the date. The gold
rows are the chart's values without the zeros that fill a chart's gaps. A question about a bin is kept only
where it names the unit, because many of them were made for another bin of the same chart.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from llmauto_agent.planner.training.convert_check import Database, Example
from llmauto_agent.planner.training.convert_spider import foreign_keys, part_of, sources
from llmauto_agent.planner.training.records import read_lines

CHARTS = {
    "Bar": "bar", "Stacked Bar": "bar", "Pie": "pie", "Line": "line", "Grouping Line": "line",
    "Scatter": "scatter", "Grouping Scatter": "scatter",
}  # fmt: skip
_UNIT_WORDS = {
    "WEEKDAY": re.compile(r"week\s?day|days? of (the )?week", re.IGNORECASE),
    "MONTH": re.compile(r"month", re.IGNORECASE),
    "YEAR": re.compile(r"year", re.IGNORECASE),
}
_BINS = {
    "WEEKDAY": "DAYNAME(CAST({} AS TIMESTAMP))",
    "MONTH": "MONTHNAME(CAST({} AS TIMESTAMP))",
    "YEAR": "YEAR(CAST({} AS TIMESTAMP))",
}
_LONG = {
    "Mon": "Monday", "Tue": "Tuesday", "Wed": "Wednesday", "Thur": "Thursday", "Fri": "Friday",
    "Sat": "Saturday", "Sun": "Sunday", "Jan": "January", "Feb": "February", "Mar": "March", "Apr": "April",
    "Aug": "August", "Sept": "September", "Oct": "October", "Nov": "November", "Dec": "December",
}  # fmt: skip
_VQL = re.compile(
    r"Visualize \w+ SELECT (?P<x>.+?) , (?P<y>.+?) FROM (?P<rest>.+?)"
    r"(?: BIN (?P<bin>\S+) BY (?P<unit>\w+))?$",
    re.DOTALL,
)
_GROUP = re.compile(r" GROUP BY (.+?)(?= ORDER BY | HAVING | LIMIT |$)", re.IGNORECASE | re.DOTALL)
_AFTER_GROUPS = re.compile(r" (ORDER BY|HAVING|LIMIT) ", re.IGNORECASE)
_AGGREGATE = re.compile(r"\b(count|sum|avg|min|max)\s*\(", re.IGNORECASE)


def nvbench(folder: Path, spider_folder: Path, cache: Path, part: str) -> list[Database]:
    """The databases of a part ("train" or "dev") with their charts, without Spider's held-out databases."""
    charts: dict[str, list[Example]] = {}
    for row in read_lines(folder / f"{part}.jsonl.gz"):
        if part_of(row["db_id"]) == "train":
            charts.setdefault(row["db_id"], []).append(_example(row))
    return [
        Database(name, examples, load, foreign_keys(schema))
        for name, (load, schema) in sources(spider_folder, cache).items()
        if (examples := charts.get(name))
    ]


def _example(row: dict[str, Any]) -> Example:
    unit = (row.get("bin") or [None, None])[1]
    sql = vql_to_sql(row["vql"], colour="classify" in (row["values"] or [{}])[0])
    counted = re.search(r"SELECT .+? , count\s*\(", row["vql"], re.IGNORECASE) is not None
    rows = [_values(v, unit) for v in row["values"] if not (v["y_data"] == 0 and (counted or unit))]
    words = _UNIT_WORDS.get(unit or "")
    asked = tuple(q.strip() for q in row["questions"] if words is None or words.search(q))
    return Example(
        row["id"], asked, sql, rows, len(rows), chart=CHARTS[row["chart"]], dialect="sqlite", rerun=True
    )


def _values(value: dict[str, Any], unit: str | None) -> list[Any]:
    x = value["x_data"]
    if unit in {"WEEKDAY", "MONTH"}:
        x = _LONG.get(x, x)
    elif unit == "YEAR":
        x = int(x) if str(x).isdigit() else x
    return [x, value["y_data"], *([value["classify"]] if "classify" in value else [])]


def vql_to_sql(vql: str, *, colour: bool) -> str:
    """The query behind a chart. `colour`: it has a third column, which VQL names only in GROUP BY."""
    match = _VQL.match(re.sub(r"\s+", " ", vql.strip()))
    if match is None:
        return vql
    x, y, rest = (_quotes(match[k]) for k in ("x", "y", "rest"))
    shown = _BINS[match["unit"]].format(x) if match["unit"] in _BINS and _same(match["bin"], x) else x
    if match["unit"] and shown == x:
        return vql
    group = _GROUP.search(rest)
    keys = [k.strip() for k in group[1].split(",")] if group else []
    others = [k for k in keys if not _same(k, x)]
    if colour and not others:
        return vql
    columns = [shown, y, *(others[:1] if colour else [])]
    grouped = _AGGREGATE.search(x + " " + y) is not None
    rest = _GROUP.sub(" ", rest)
    if match["unit"]:
        rest = re.sub(rf"ORDER BY {re.escape(x)}(?!\w)", f"ORDER BY {shown}", rest, flags=re.IGNORECASE)
    if grouped:
        by = [*(k for k in [shown, *others] if not _AGGREGATE.search(k))] if colour or match["unit"] else keys
        rest = _with_group(rest, by)
    return f"SELECT {', '.join(columns)} FROM {rest}"


def _quotes(text: str) -> str:
    """VQL writes texts in double quotes, and a missing number as "null"."""
    text = re.sub(r'"([^"]*)"', lambda m: "'" + m[1].replace("'", "''") + "'", text)
    return re.sub(r"(\S+) != 'null'", r"\1 IS NOT NULL", text)


def _same(one: str, other: str) -> bool:
    return one.split(".")[-1].strip().lower() == other.split(".")[-1].strip().lower()


def _with_group(rest: str, keys: list[str]) -> str:
    """GROUP BY before the last ORDER BY or LIMIT that is not inside a subquery."""
    if not keys:
        return rest
    places = [
        m.start()
        for m in _AFTER_GROUPS.finditer(rest)
        if rest[m.start() :].count(")") == rest[m.start() :].count("(")
    ]
    at = places[0] if places else len(rest)
    return f"{rest[:at]} GROUP BY {', '.join(keys)}{rest[at:]}"
