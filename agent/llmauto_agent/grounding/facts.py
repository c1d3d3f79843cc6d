"""Evidence as the grounding check sees it: columns with roles and units, cells, labels, literals."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from llmauto_agent.numbers import clip, is_number, parse_iso
from llmauto_tools.ledger import Evidence
from llmauto_tools.schema import type_family

Unit = Literal["plain", "fraction", "percent"]

_PERCENT_WORDS = {"pct", "percent", "percentage", "perc", "rate", "rates", "ratio", "share", "proportion"}
_SQL_TEXT = re.compile(r"'((?:[^']|'')*)'")
_SQL_NUMBER = re.compile(r"(?<![\w.\"])-?\d+(?:\.\d+)?(?![\w.\"])")


def _says_percent(name: str) -> bool:
    """Whether a column of that name may hold percentages or rates."""
    words = re.split(r"[\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold())
    return bool(_PERCENT_WORDS.intersection(words)) or bool(re.search(r"%|百分|占比|比例|率", name))


FUNCTION_WORDS: dict[str, str] = {
    "avg": r"\bavg\b|average|\bmean\b|平均",
    "sum": r"\btotal|\bsum\b|总和|总|合计",
    "median": r"median|中位",
    "min": r"\bmin\b|minimum|lowest|smallest|earliest|cheapest|最小|最低|最早",
    "max": r"\bmax\b|maximum|highest|largest|biggest|latest|most expensive|最大|最高|最晚",
    "stddev": r"standard deviation|std|标准差",
    "variance": r"variance|方差",
    "quantile": r"percentile|quantile|quartile|分位",
    "count": r"\bnumber of|\bcount\b|how many|行数|个数|数量|人数",
    "count_distinct": r"different|distinct|unique|不同",
    "corr": r"correlat|相关",
    "mode": r"most common|众数",
}
WINDOW_WORDS: dict[str, str] = {
    "share": r"share|percent|占比|比例",
    "running_total": r"running|cumulative|累计",
    "change": r"change|变化",
    "percent_change": r"change|变化率|增长率",
    "moving_average": r"moving|移动",
    "rank": r"rank|排名",
}


@dataclass(frozen=True)
class Constant:
    """A literal of the plan or the SQL."""

    value: float | str
    columns: tuple[str, ...] = ()
    """The columns that it is compared with."""
    kind: Literal["filter", "limit", "start", "end", "setting"] = "filter"
    equality: bool = True
    """Whether the column equals it (or one of several), so that "Pclass 3" words it."""

    @cached_property
    def date(self) -> dt.datetime | None:
        return parse_iso(self.value)

    @property
    def percent(self) -> bool:
        """Whether it is compared with a column of percentages."""
        return any(map(_says_percent, self.columns))


@dataclass(frozen=True)
class Column:
    """One output column. `names` are what it may be called; `pattern` the words of its aggregate."""

    index: int
    names: tuple[str, ...]
    is_key: bool
    unit: Unit
    family: str
    counts: bool = False
    """Whether it counts rows or values."""
    bucket: float | None = None
    """The width of a number bucket."""
    pattern: re.Pattern[str] | None = None
    conditions: tuple[Constant, ...] = ()
    """Constants of the condition that restricts this one measure."""

    @property
    def additive(self) -> bool:
        """Whether its values may be added: counts, sums and plain values, no averages."""
        return self.counts or self.pattern is None or self.pattern.pattern.startswith(FUNCTION_WORDS["sum"])

    @property
    def measure(self) -> str:
        """What it measures, the same for columns whose numbers can be compared."""
        if self.counts:
            return "count"
        return f"{self.names[0]} {self.pattern.pattern if self.pattern else ''}"


@dataclass
class Facts:
    """An index over one evidence record."""

    evidence: Evidence
    columns: list[Column]
    constants: list[Constant]
    is_total: bool
    """One row of measures over all rows, so that its row count says nothing."""
    names: frozenset[str]
    """The names of all columns that the plan or the result mentions."""
    limited: bool
    """The plan keeps only the first rows, so that the last ones are no extremes."""
    _numbers: dict[int, list[tuple[int, float]]] = field(default_factory=dict)
    _dates: dict[int, list[tuple[int, dt.datetime]]] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[tuple[Any, ...], ...]:
        return self.evidence.rows

    @property
    def row_count(self) -> int | None:
        return self.evidence.row_count if self.evidence.row_count is not None else None

    @property
    def grouped(self) -> bool:
        """Whether a plan says which columns are keys and which measures."""
        plan = self.evidence.arguments.get("plan")
        return isinstance(plan, dict) and bool(plan.get("measures"))

    @property
    def complete(self) -> bool:
        return not self.evidence.truncated and self.evidence.row_count in (None, len(self.rows))

    def numbers(self, index: int) -> list[tuple[int, float]]:
        """(row, value) of the numeric cells of a column."""
        if index not in self._numbers:
            cells = ((r, row[index]) for r, row in enumerate(self.rows))
            self._numbers[index] = [(r, v) for r, v in cells if is_number(v)]
        return self._numbers[index]

    def dates(self, index: int) -> list[tuple[int, dt.datetime]]:
        """(row, date) of the date cells of a column."""
        if index not in self._dates:
            cells = ((r, parse_iso(row[index])) for r, row in enumerate(self.rows))
            self._dates[index] = [(r, d) for r, d in cells if d is not None]
        return self._dates[index]

    @cached_property
    def values(self) -> list[Column]:
        """The columns whose cells are results rather than labels."""
        return [c for c in self.columns if not c.is_key]

    @cached_property
    def texts(self) -> dict[str, list[tuple[int, int]]]:
        """Text cells as they may be written, to their (row, column)."""
        found: dict[str, list[tuple[int, int]]] = {}
        for column in self.columns:
            if column.family in {"number", "date", "boolean"}:
                continue
            for r, row in enumerate(self.rows):
                if isinstance(row[column.index], str) and row[column.index].strip():
                    found.setdefault(clip(row[column.index]), []).append((r, column.index))
        return found

    @cached_property
    def total(self) -> dict[int, float]:
        """The sum of each numeric column of a complete result."""
        return {
            c.index: sum(v for _, v in self.numbers(c.index)) for c in self.columns if self.numbers(c.index)
        }


def facts_of(evidence: Evidence) -> Facts:
    """Index an evidence record; the plan in its arguments gives roles, units and literals."""
    plan = evidence.arguments.get("plan")
    if isinstance(plan, dict):
        items = _plan_items(plan, len(evidence.columns))
        constants = list(_constants(plan, ()))
        is_total = bool(plan.get("measures")) and not plan.get("group_by")
        limited = plan.get("limit") is not None or plan.get("top_per_group") is not None
    else:
        items = [(None, None)] * len(evidence.columns)
        constants = [*_sql_constants(evidence.sql or ""), *_argument_constants(evidence.arguments)]
        is_total = False
        limited = bool(re.search(r"\blimit\s+\d", evidence.sql or "", re.I))
    columns = [
        _column(i, name, dtype, item, role)
        for i, ((name, dtype), (item, role)) in enumerate(zip(evidence.columns, items, strict=True))
    ]
    names = frozenset([*(n for c in columns for n in c.names), *_all_names(plan)])
    return Facts(evidence, columns, constants, is_total, names, limited)


def all_facts(evidence: Evidence) -> list[Facts]:
    """The main table of a record and its further tables, each indexed by itself."""
    found = [facts_of(evidence)]
    for section in evidence.sections:
        columns = tuple(
            (name, "DOUBLE" if any(is_number(row[i]) for row in section.rows) else "VARCHAR")
            for i, name in enumerate(section.columns)
        )
        count = len(section.rows)
        table = replace(evidence, columns=columns, rows=section.rows, row_count=count, arguments={}, sql=None)
        found.append(facts_of(table))
    return found


def _all_names(node: Any) -> Iterator[str]:
    """Every column name below a node of a plan."""
    if isinstance(node, dict):
        if isinstance(node.get("name"), str):
            yield node["name"]
        for value in node.values():
            yield from _all_names(value)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _all_names(item)


Item = dict[str, Any]


def _plan_items(plan: Item, count: int) -> list[tuple[Item | None, str | None]]:
    items: list[tuple[Item | None, str | None]] = []
    if plan.get("measures"):
        items += [(item, "key") for item in plan.get("group_by", ())]
        items += [(item, "value") for item in plan["measures"]]
    else:
        items += [(item, None) for item in plan.get("select", ())]
    if len(items) != count or plan.get("combine"):
        return [(None, None)] * count
    return items


def _column(index: int, name: str, dtype: str, item: Item | None, role: str | None) -> Column:
    family = type_family(dtype)
    is_key = role == "key" if role else family != "number"
    if item is None:
        unit: Unit = "percent" if _says_percent(name) else "plain"
        counts = bool(re.search(r"count|\bn\b|num|数", name, re.I)) and family == "number"
        parts = re.split(r"[\W_]+", name.casefold())
        pattern = "|".join(p for f, p in FUNCTION_WORDS.items() if f in parts)
        return Column(index, (name,), is_key, unit, family, counts, pattern=_compiled(pattern))
    expr, window = item.get("expr") or {}, item.get("window", "none")
    names = tuple(dict.fromkeys([*_names(expr), name]))
    function = expr.get("function") if "function" in expr and role == "value" else None
    unit = "fraction" if window in {"share", "percent_change"} or _is_share(expr) else "plain"
    if unit == "plain" and any(map(_says_percent, names)):
        unit = "percent"
    words = [FUNCTION_WORDS.get(str(function), ""), WINDOW_WORDS.get(window, "")]
    condition = expr.get("where") if isinstance(expr.get("where"), dict) else None
    return Column(
        index,
        names,
        is_key,
        unit,
        family,
        counts=function in {"count", "count_distinct"} and window in {"none", "running_total"},
        bucket=expr.get("width"),
        pattern=_compiled("|".join(w for w in words if w)),
        conditions=tuple(_constants(condition, ())) if condition else (),
    )


def _compiled(pattern: str) -> re.Pattern[str] | None:
    return re.compile(pattern, re.I) if pattern else None


def _names(expr: Any) -> list[str]:
    """What an expression may be called: its columns, and the part of a date."""
    if not isinstance(expr, dict):
        return []
    found = [str(expr["part"]).removesuffix("_name")] if "part" in expr else []
    if isinstance(expr.get("name"), str):
        found.append(expr["name"])
    for key in ("argument", "second", "left", "right", "start", "end"):
        found += _names(expr.get(key))
    return found


def _is_share(expr: Item) -> bool:
    """`part / whole` of one aggregate, the part restricted."""
    left, right = expr.get("left"), expr.get("right")
    if expr.get("op") != "/" or not isinstance(left, dict) or not isinstance(right, dict):
        return False
    same = left.get("function") == right.get("function") and left.get("function") is not None
    return bool(same and left.get("where") and not right.get("where"))


def _constants(node: Any, columns: tuple[str, ...]) -> Iterator[Constant]:
    """Every literal below a node of a plan, with the columns that stand beside it."""
    if isinstance(node, (list, tuple)):
        for item in node:
            yield from _constants(item, columns)
        return
    if not isinstance(node, dict):
        return
    if any(k in node for k in ("argument", "left")):
        columns = tuple(_names(node.get("argument") or node.get("left"))) or columns
    found = _constants_in(node, columns)
    ordered = node.get("op") in {"<", "<=", ">", ">="} or ("low" in node and "high" in node)
    yield from (replace(c, equality=False) for c in found) if ordered else found


def _constants_in(node: Item, columns: tuple[str, ...]) -> Iterator[Constant]:
    for key, value in node.items():
        if key in {"limit", "count", "periods"} and is_number(value):
            if (key, value) != ("periods", 1):  # the default, which nobody words
                yield Constant(float(value), columns, "limit")
        elif key == "fraction" and is_number(value):
            yield Constant(value * 100, columns, "setting")
        elif key in {"width", "offset"} and is_number(value):
            yield Constant(abs(float(value)), columns, "setting")
        elif key in {"start", "end"} and isinstance(value, str):
            yield Constant(value, columns, "start" if key == "start" else "end")
        elif key in {"value", "text"}:
            yield from _literals([value], columns)
        elif key == "values":
            yield from _literals(value, columns)
        else:
            yield from _constants(value, columns)


def _literals(values: Any, columns: tuple[str, ...]) -> Iterator[Constant]:
    for value in values:
        if is_number(value):
            yield Constant(float(value), columns)
        elif isinstance(value, str):
            yield Constant(value, columns)


def _sql_constants(sql: str) -> Iterator[Constant]:
    bare = _SQL_TEXT.sub(" ", sql)
    for text in _SQL_TEXT.findall(sql):
        yield Constant(text.replace("''", "'"))
    for match in _SQL_NUMBER.finditer(bare):
        limit = re.search(r"\b(limit|top|first)\s*$", bare[: match.start()], re.I)
        yield Constant(float(match.group()), (), "limit" if limit else "filter")


def _argument_constants(arguments: dict[str, Any]) -> Iterator[Constant]:
    """Numbers among a tool's own arguments: how many rows to sample, ..."""
    for key, value in arguments.items():
        if key not in {"sql", "plan"} and is_number(value):
            yield Constant(float(value), (key,), "limit")
