"""Which part each column plays: measure, category, time, or a column that is only looked at for gaps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import find_column, literal, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.plan.keys import name_words
from llmauto_tools.profile.kinds import in_statements, semantic_kinds
from llmauto_tools.profile.sample import finite
from llmauto_tools.schema import Column, Table
from llmauto_tools.series.columns import TimeColumn, find_time, is_measure
from llmauto_tools.stats.data import label_sql

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

MAX_MEASURES = 12
MAX_CATEGORIES = 8
MAX_ENTITIES = 3
MAX_GAPS = 12
MAX_LEVELS = 1_000
"""Texts with more different values are entities: concentration is looked for, groups are not compared."""
MAX_SCANNED = 400
"""Columns of a wider table that are looked at."""
LEVELS = 24
"""Levels of a category that pairs of columns are cut into; the rarer ones are taken together."""
LEVEL_CHARACTERS = 120
YES = ("yes", "y", "true", "t", "on", "1", "是", "有", "真")
_ADDITIVE = {
    "quantity", "qty", "count", "unit", "unit_sold", "sold", "sale", "sales", "amount", "revenue", "total", "volume",
    "visit", "visits", "click", "clicks", "order", "orders", "cost", "profit", "spend", "spent", "turnover",
    "payment", "trips", "passengers", "tickets", "views", "downloads", "minutes", "hours", "population", "pop",
    "units", "items", "sum", "income", "expense", "expenses", "births", "deaths", "cases", "calls", "energy", "kwh",
}  # fmt: skip
_NOT_ADDITIVE = {
    "rate", "ratio", "share", "pct", "percent", "price", "unit_price", "average", "avg", "mean", "median", "score", "capita", "percap",
    "index", "per", "age", "temperature", "rating", "margin", "discount",
}  # fmt: skip
_CHINESE_ADDITIVE = re.compile(r"(数量|销量|销售额|金额|收入|成本|利润|总额|总量|人数|次数|订单量|费用)")
_CHINESE_NOT = re.compile(r"(率|比例|占比|单价|平均|评分|指数)")


@dataclass(frozen=True)
class Measure:
    """A column of numbers, or of two values (then `rate`, as 0 and 1)."""

    column: str
    sql: str
    """A DOUBLE, NULL where there is no finite value."""
    rate: bool
    additive: bool
    mean: float
    std: float
    low: float
    high: float
    present: int
    yes: str | None = None
    """For a rate: the value that is counted, as the table spells it."""

    @property
    def positive(self) -> bool:
        return self.low > 0


@dataclass(frozen=True)
class Category:
    """A column whose values are groups. Levels are sorted by their number of rows, most first."""

    column: str
    sql: str
    levels: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    boolean: bool = False

    @property
    def coded(self) -> tuple[str, ...]:
        """The levels that get a code of their own in pairs of columns."""
        return tuple(v for v in self.levels[:LEVELS] if len(v) <= LEVEL_CHARACTERS)

    @property
    def code_sql(self) -> str:
        """The place among `coded`, -1 for the other levels, NULL for none."""
        whens = " ".join(f"WHEN {literal(level)} THEN {i}" for i, level in enumerate(self.coded))
        return f"CASE {self.sql} {whens} ELSE CASE WHEN {self.sql} IS NOT NULL THEN -1 END END"


@dataclass(frozen=True)
class Gap:
    """A column with missing values."""

    column: str
    missing: int


@dataclass(frozen=True)
class Layout:
    """The columns of a table by their part. Measures come with the target first."""

    table: Table
    rows: int
    target: str | None
    measures: tuple[Measure, ...] = ()
    categories: tuple[Category, ...] = ()
    entities: tuple[Category, ...] = ()
    gaps: tuple[Gap, ...] = ()
    time: TimeColumn | None = None
    notes: tuple[str, ...] = ()

    def wanted(self, *columns: str) -> bool:
        """Whether a fact about these columns was asked for."""
        return self.target is None or self.target in columns

    def measure(self, column: str) -> Measure | None:
        return next((m for m in self.measures if m.column == column), None)

    def category(self, column: str) -> Category | None:
        return next((c for c in (*self.categories, *self.entities) if c.column == column), None)


@dataclass
class _Sorting:
    """The parts while the columns are gone through."""

    measures: list[Measure] = field(default_factory=list)
    categories: list[Category] = field(default_factory=list)
    entities: list[Category] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


def lay_out(
    workspace: Workspace,
    table: Table,
    target: str | None,
    time: str | None,
    groups: Sequence[str] | None,
    context: ToolContext,
) -> Layout:
    """Sort the columns of a table. Raises InvalidArguments for columns that cannot play their part."""
    goal = find_column(table, target).name if target is not None else None
    named = [find_column(table, g).name for g in groups or ()]
    if time is not None and find_column(table, time).name == goal:
        raise InvalidArguments(f"'{goal}' cannot be both the target and the time.", "Name another column.")
    columns, notes = _looked_at(table, [n for n in (goal, time, *named) if n is not None])
    context.step("looking at the columns", 0.02)
    when, time_notes = _time(workspace, table, time)
    kinds = semantic_kinds(workspace, table.name, [c.name for c in columns], timeout=context.timeout)
    rows, seen = _scan(workspace, table, columns, kinds, context)
    sorting = _Sorting()
    taken = set(when.columns) if when else set()
    for column in columns:
        if column.name not in taken:
            _sort_in(sorting, column, kinds[column.name], seen[column.name], rows, named, goal)
    layout = Layout(table, rows, goal, time=when, notes=(*notes, *time_notes))
    layout = _chosen(layout, sorting, named, goal)
    if goal is not None and goal not in [
        *(m.column for m in layout.measures),
        *(c.column for c in layout.categories),
    ]:
        raise InvalidArguments(
            f"The target '{goal}' holds neither numbers nor a few groups that vary.",
            "Choose a column of numbers or of groups, or leave `target` out.",
        )
    return layout


def _looked_at(table: Table, named: Sequence[str]) -> tuple[list[Column], list[str]]:
    if len(table.columns) <= MAX_SCANNED:
        return list(table.columns), []
    first = [c for c in table.columns if c.name in named]
    others = [c for c in table.columns if c.name not in named][: MAX_SCANNED - len(first)]
    note = f"{MAX_SCANNED} of {len(table.columns):,} columns were looked at; name others as target or groups."
    return [*first, *others], [note]


def _time(workspace: Workspace, table: Table, name: str | None) -> tuple[TimeColumn | None, tuple[str, ...]]:
    """The named time, else the only or the first column of dates, else none."""
    if name is not None:
        found = find_time(workspace, table, name)
        return found, found.notes
    dates = [c for c in table.columns if c.family == "date"]
    if len(dates) > 1:
        note = f"Time is read from '{dates[0].name}'; name another of the {len(dates)} dates with `time`."
        return find_time(workspace, table, dates[0].name), (note,)
    try:
        found = find_time(workspace, table, None)
    except InvalidArguments:
        return None, ()
    return found, found.notes


# ---- measuring the columns


def _scan(
    workspace: Workspace, table: Table, columns: Sequence[Column], kinds: dict[str, Any], context: ToolContext
) -> tuple[int, dict[str, dict[str, Any]]]:
    """Rows, and per column: present, distinct (approximate), and the moments of numbers and yes/no columns."""
    seen: dict[str, dict[str, Any]] = {}
    rows = 0
    for part in in_statements(columns, 900):
        context.step("measuring the columns", 0.05)
        selected = ["count(*)"]
        for c in part:
            value = _value_sql(c, kinds[c.name])
            distinct = "0" if c.family == "other" else f"approx_count_distinct({quoted(c.name)})"
            selected += [f"count({quoted(c.name)})", distinct]
            v = value or "NULL::DOUBLE"
            selected += [
                f"avg({v})",
                f"coalesce(stddev_samp({v}), 0)",
                f"min({v})",
                f"max({v})",
                f"count({v})",
            ]
            selected.append(f"min({label_sql(c)})" if kinds[c.name] == "boolean" else "NULL")
            selected.append(f"max({label_sql(c)})" if kinds[c.name] == "boolean" else "NULL")
        sql = f"SELECT {', '.join(selected)} FROM {quoted(table.name)}"
        found = workspace.engine.query(sql, max_rows=1, timeout=context.timeout).rows[0]
        rows = int(found[0])
        names = ("present", "distinct", "mean", "std", "low", "high", "finite", "first", "last")
        for i, c in enumerate(part):
            seen[c.name] = dict(zip(names, found[1 + 9 * i : 10 + 9 * i], strict=True))
    return rows, seen


def _value_sql(column: Column, kind: str) -> str | None:
    """A measure's values; None for a column that is none."""
    if column.family == "number":
        return finite(column)
    if column.family == "boolean":
        return f"CAST({quoted(column.name)} AS TINYINT)::DOUBLE"
    if kind == "boolean" and column.family == "text":
        words = ", ".join(literal(w) for w in YES)
        q = quoted(column.name)
        return f"CASE WHEN {q} IS NOT NULL THEN CAST(lower(trim({q})) IN ({words}) AS TINYINT)::DOUBLE END"
    return None


def _sort_in(
    sorting: _Sorting,
    column: Column,
    kind: str,
    seen: dict[str, Any],
    rows: int,
    named: Sequence[str],
    goal: str | None,
) -> None:
    missing = rows - int(seen["present"])
    if 0 < missing < rows and column.family != "other":
        sorting.gaps.append(Gap(column.name, missing))
    if seen["distinct"] < 2 and (seen["low"] is None or seen["low"] == seen["high"]):
        return
    by_name = column.name in named
    if kind in ("number", "money", "boolean") or column.name == goal:
        _add_measure(sorting, column, kind, seen, by_name, goal)
    few = column.family == "text" and seen["distinct"] <= min(MAX_LEVELS, 0.5 * rows)
    if kind in ("category", "boolean") or by_name or (column.name == goal and few):
        sorting.categories.append(Category(column.name, label_sql(column), boolean=kind == "boolean"))
    elif kind in ("id", "text") and column.family in ("text", "number") and seen["distinct"] < 0.5 * rows:
        sorting.entities.append(Category(column.name, label_sql(column)))


def _add_measure(
    sorting: _Sorting, column: Column, kind: str, seen: dict[str, Any], by_name: bool, goal: str | None
) -> None:
    value = _value_sql(column, kind)
    if value is None or seen["low"] is None or seen["low"] == seen["high"] or by_name:
        return
    if column.name != goal and kind != "boolean" and not is_measure(column.name):
        return  # a running number or a part of a date
    rate = kind == "boolean"
    measure = Measure(
        column.name, value, rate, not rate and seen["low"] >= 0 and _is_additive(column, kind),
        float(seen["mean"]), float(seen["std"]), float(seen["low"]), float(seen["high"]), int(seen["finite"]),
        _yes(seen) if rate else None,
    )  # fmt: skip
    if measure.std > 0 and abs(measure.std) > 1e-12 * abs(measure.mean):
        sorting.measures.append(measure)


def _yes(seen: dict[str, Any]) -> str:
    values = [str(seen["first"]), str(seen["last"])]
    return next((v for v in values if v.strip().casefold() in YES), values[-1])


def _is_additive(column: Column, kind: str) -> bool:
    """Whether its values may be added up over rows, as its name says."""
    words = set(name_words(column.name))
    if words & _NOT_ADDITIVE or _CHINESE_NOT.search(column.name):
        return False
    return kind == "money" or bool(words & _ADDITIVE) or bool(_CHINESE_ADDITIVE.search(column.name))


def _chosen(layout: Layout, sorting: _Sorting, named: Sequence[str], goal: str | None) -> Layout:
    """Cut to the numbers that pairs can be made of, and say so."""
    notes = list(layout.notes)
    measures = sorted(sorting.measures, key=lambda m: m.column != goal)
    categories = sorted(sorting.categories, key=lambda c: (c.column != goal, c.column not in named))
    if named:
        categories = [c for c in categories if c.column in named or c.column == goal]
    for what, found, most in (
        ("columns of numbers", len(measures), MAX_MEASURES),
        ("columns of groups", len(categories), MAX_CATEGORIES),
        ("columns with gaps", len(sorting.gaps), MAX_GAPS),
    ):
        if found > most:
            notes.append(f"The first {most} of {found} {what} were used; name others as target or groups.")
    gaps = [g for g in sorting.gaps if layout.time is None or g.column not in layout.time.columns]
    return replace(
        layout, measures=tuple(measures[:MAX_MEASURES]), categories=tuple(categories[:MAX_CATEGORIES]),
        entities=tuple(sorting.entities[:MAX_ENTITIES]), gaps=tuple(gaps[:MAX_GAPS]), notes=tuple(notes),
    )  # fmt: skip
