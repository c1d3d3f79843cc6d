"""Plans of every family over any table, chosen by a seed, and their evidence from a real DuckDB."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmauto_tools.errors import LlmautoError
from llmauto_tools.ledger import Evidence, bounded_rows
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.plan.model import (
    Aggregate,
    Arithmetic,
    Between,
    ColumnRef,
    Compare,
    DateBucket,
    DatePart,
    Expr,
    IsNull,
    Item,
    Literal_,
    Measure,
    Not,
    NumberBucket,
    OneOf,
    Order,
    Period,
    Plan,
    Predicate,
    ScalarQuery,
    TextMatch,
    TopPerGroup,
)
from llmauto_tools.schema import Column, Table


@dataclass(frozen=True)
class Profile:
    """A table with what a question can be about."""

    table: Table
    keys: tuple[str, ...]
    """Columns with 2 to 60 different values."""
    measures: tuple[str, ...]
    labels: tuple[str, ...]
    """Text columns with many values: names of rows."""
    dates: tuple[str, ...]
    values: dict[str, list[Any]]
    """Some values per column, for filters."""


def load(connection: Any, path: Path) -> Profile:
    """Read a CSV file as a table and look at its columns."""
    name = path.name.split(".")[0]
    connection.execute(
        f'CREATE OR REPLACE TABLE "{name}" AS FROM read_csv(?, sample_size = 50000, ignore_errors = true)',
        [str(path)],
    )
    described = connection.execute(f'DESCRIBE "{name}"').fetchall()
    zoned = [f'"{row[0]}"' for row in described if "WITH TIME ZONE" in row[1]]
    for column in zoned:
        connection.execute(f'ALTER TABLE "{name}" ALTER {column} TYPE TIMESTAMP')
    described = connection.execute(f'DESCRIBE "{name}"').fetchall()
    columns = tuple(Column(row[0], row[1]) for row in described)
    keys, measures, labels, dates, values = [], [], [], [], {}
    for column in columns:
        quoted = '"' + column.name.replace('"', '""') + '"'
        distinct = connection.execute(f'SELECT count(DISTINCT {quoted}) FROM "{name}"').fetchone()[0]
        found = connection.execute(
            f'SELECT DISTINCT {quoted} FROM "{name}" WHERE {quoted} IS NOT NULL ORDER BY 1 LIMIT 400'
        ).fetchall()
        values[column.name] = [row[0] for row in found]
        if column.family == "date" and distinct > 2:
            dates.append(column.name)
        elif column.family == "number" and distinct > 12:
            measures.append(column.name)
        elif column.family in {"text", "number", "boolean"} and 2 <= distinct <= 60:
            keys.append(column.name)
        if column.family == "text" and distinct > 60:
            labels.append(column.name)
    return Profile(Table(name, columns), tuple(keys), tuple(measures), tuple(labels), tuple(dates), values)


def run(connection: Any, plan: Plan, tables: list[Table], number: int) -> Evidence | None:
    """The evidence that the tool "analyze" would record, or None where the plan does not fit the data."""
    try:
        sql = compile_plan(plan, tables)
    except LlmautoError:
        return None
    cursor = connection.execute(sql)
    columns = tuple((d[0], str(d[1])) for d in cursor.description)
    fetched = cursor.fetchall()
    rows, truncated = bounded_rows(tuple(fetched))
    return Evidence(
        id=f"e{number}",
        tool="analyze",
        arguments={"plan": plan.model_dump(mode="json")},
        state="finished",
        sql=sql,
        columns=columns,
        rows=tuple(tuple(r) for r in rows),
        row_count=len(fetched),
        truncated=truncated,
        tables=(plan.table,),
    )


# ---- the families


class Generator:
    """Draws plans of the families that a table allows."""

    def __init__(self, profile: Profile, rng: random.Random) -> None:
        self.p = profile
        self.rng = rng
        self.t = profile.table.name

    def plans(self, per_family: int) -> Iterator[tuple[str, Plan]]:
        """(family, plan) pairs, up to `per_family` of each family that fits the table."""
        for family in FAMILIES:
            for _ in range(per_family):
                plan = getattr(self, family)()
                if plan is not None:
                    yield family, plan

    # ---- parts

    def column(self, names: tuple[str, ...]) -> ColumnRef | None:
        return ColumnRef(name=self.rng.choice(names)) if names else None

    def aggregate(self) -> Aggregate:
        column = self.column(self.p.measures)
        if column is None or self.rng.random() < 0.25:
            return Aggregate(function="count")
        function = self.rng.choice(["avg", "avg", "sum", "median", "min", "max", "stddev", "quantile"])
        fraction = self.rng.choice([0.25, 0.9, 0.95]) if function == "quantile" else None
        return Aggregate.model_validate({"function": function, "argument": column, "fraction": fraction})

    def filter(self, share: float = 0.5) -> Predicate | None:
        """A condition for some of the plans."""
        if self.rng.random() > share:
            return None
        kinds = [self._over, self._between, self._equal, self._contains, self._known, self._period]
        return self.rng.choice(kinds)()

    def _number(self, name: str) -> Literal_:
        value = self.rng.choice(self.p.values[name])
        return Literal_(value=round(float(value), 2) if float(value) % 1 else int(value))

    def _over(self) -> Predicate | None:
        column = self.column(self.p.measures)
        if column is None:
            return None
        op = self.rng.choice([">", ">=", "<", "<="])
        return Compare.model_validate({"op": op, "left": column, "right": self._number(column.name)})

    def _between(self) -> Predicate | None:
        column = self.column(self.p.measures)
        if column is None:
            return None
        bounds = sorted((self._number(column.name) for _ in range(2)), key=lambda e: float(str(e.value)))
        return Between(argument=column, low=bounds[0], high=bounds[1])

    def _equal(self) -> Predicate | None:
        column = self.column(self.p.keys)
        if column is None:
            return None
        value = self.rng.choice(self.p.values[column.name])
        return Compare(op="=", left=column, right=Literal_(value=value))

    def _contains(self) -> Predicate | None:
        column = self.column(self.p.labels)
        if column is None:
            return None
        word = str(self.rng.choice(self.p.values[column.name]))[:3].strip()
        return TextMatch(argument=column, how="contains", text=word) if word else None

    def _known(self) -> Predicate | None:
        column = self.column(self.p.measures)
        return Not(item=IsNull(argument=column)) if column is not None else None

    def _period(self) -> Predicate | None:
        column = self.column(self.p.dates)
        if column is None:
            return None
        year = self.rng.choice(self.p.values[column.name]).year
        return Period(argument=column, start=f"{year}-01-01", end=f"{year + 1}-01-01")

    # ---- families

    def count(self) -> Plan | None:
        return Plan(
            table=self.t, where=self.filter(1.0), measures=(Measure(expr=Aggregate(function="count")),)
        )

    def scalar(self) -> Plan | None:
        return Plan(table=self.t, where=self.filter(), measures=(Measure(expr=self.aggregate()),))

    def several(self) -> Plan | None:
        column = self.column(self.p.measures)
        if column is None:
            return None
        names = self.rng.sample(["avg", "min", "max", "median", "sum"], 3)
        parts = [Aggregate.model_validate({"function": f, "argument": column}) for f in names]
        return Plan(table=self.t, where=self.filter(), measures=tuple(Measure(expr=a) for a in parts))

    def distinct_count(self) -> Plan | None:
        column = self.column(self.p.keys + self.p.labels)
        if column is None:
            return None
        expr = Aggregate(function="count_distinct", argument=column)
        return Plan(table=self.t, where=self.filter(), measures=(Measure(expr=expr),))

    def share(self) -> Plan | None:
        condition = self._equal() or self._over()
        if condition is None:
            return None
        part, whole = Aggregate(function="count", where=condition), Aggregate(function="count")
        if self.rng.random() < 0.4:
            ratio = Arithmetic(op="/", left=part, right=whole)
            return Plan(table=self.t, measures=(Measure(expr=ratio),))
        return Plan(table=self.t, where=self.filter(0.3), measures=(Measure(expr=part), Measure(expr=whole)))

    def compare(self) -> Plan | None:
        column, key = self.column(self.p.measures), self.column(self.p.keys)
        if column is None or key is None:
            return None
        first, second = self.rng.sample(self.p.values[key.name], 2)
        measures = tuple(
            Measure(
                expr=Aggregate(
                    function="avg", argument=column, where=Compare(op="=", left=key, right=Literal_(value=v))
                )
            )
            for v in (first, second)
        )
        return Plan(table=self.t, measures=measures)

    def groups(self) -> Plan | None:
        key = self.column(self.p.keys)
        if key is None:
            return None
        measure = Measure(expr=self.aggregate())
        return Plan(table=self.t, where=self.filter(0.4), group_by=(Item(expr=key),), measures=(measure,))

    def groups_chosen(self) -> Plan | None:
        """Two or three values of a key, compared: the filter names the groups."""
        key = self.column(self.p.keys)
        if key is None:
            return None
        values = self.p.values[key.name]
        chosen = tuple(self.rng.sample(values, min(self.rng.choice([2, 3]), len(values))))
        where = OneOf(argument=key, values=chosen)
        measure = Measure(expr=self.aggregate())
        return Plan(table=self.t, where=where, group_by=(Item(expr=key),), measures=(measure,))

    def group_shares(self) -> Plan | None:
        """The share of rows with a condition, per group."""
        key, condition = self.column(self.p.keys), self._over()
        if key is None or condition is None:
            return None
        part, whole = Aggregate(function="count", where=condition), Aggregate(function="count")
        ratio = Measure(expr=Arithmetic(op="/", left=part, right=whole))
        return Plan(table=self.t, group_by=(Item(expr=key),), measures=(ratio,))

    def superlative_rows(self) -> Plan | None:
        """All rows that have the highest or the lowest value."""
        column, label = self.column(self.p.measures), self.column(self.p.labels or self.p.keys)
        if column is None or label is None:
            return None
        extreme = Aggregate.model_validate({"function": self.rng.choice(["max", "min"]), "argument": column})
        inner = ScalarQuery(plan=Plan(table=self.t, measures=(Measure(expr=extreme),)))
        where = Compare(op="=", left=column, right=inner)
        return Plan(table=self.t, where=where, select=(Item(expr=label), Item(expr=column)))

    def groups_of_two(self) -> Plan | None:
        if len(self.p.keys) < 2:
            return None
        keys = self.rng.sample(self.p.keys, 2)
        items = tuple(Item(expr=ColumnRef(name=k)) for k in keys)
        return Plan(table=self.t, group_by=items, measures=(Measure(expr=self.aggregate()),))

    def groups_two_measures(self) -> Plan | None:
        key = self.column(self.p.keys)
        if key is None:
            return None
        measures = (Measure(expr=self.aggregate()), Measure(expr=Aggregate(function="count")))
        return Plan(table=self.t, group_by=(Item(expr=key),), measures=measures)

    def buckets(self) -> Plan | None:
        column = self.column(self.p.measures)
        if column is None:
            return None
        values = [float(v) for v in self.p.values[column.name]]
        width = max(round((max(values) - min(values)) / 8), 1)
        key = Item(expr=NumberBucket(width=width, argument=column))
        return Plan(table=self.t, group_by=(key,), measures=(Measure(expr=self.aggregate()),))

    def shares(self) -> Plan | None:
        key = self.column(self.p.keys)
        if key is None:
            return None
        measure = Measure(expr=Aggregate(function="count"), window="share")
        return Plan(table=self.t, where=self.filter(0.3), group_by=(Item(expr=key),), measures=(measure,))

    def having(self) -> Plan | None:
        key = self.column(self.p.keys)
        if key is None:
            return None
        count = Aggregate(function="count")
        condition = Compare(op=">", left=count, right=Literal_(value=self.rng.choice([5, 10, 50])))
        measure = Measure(expr=self.aggregate())
        return Plan(table=self.t, group_by=(Item(expr=key),), measures=(measure,), having=condition)

    def top_groups(self) -> Plan | None:
        key = self.column(self.p.keys + self.p.labels)
        if key is None:
            return None
        measure = self.aggregate()
        return Plan(
            table=self.t,
            where=self.filter(0.4),
            group_by=(Item(expr=key),),
            measures=(Measure(expr=measure, alias="value"),),
            order_by=(Order(by="value", descending=self.rng.random() < 0.7),),
            limit=self.rng.choice([1, 3, 5, 10]),
        )

    def top_rows(self) -> Plan | None:
        column, label = self.column(self.p.measures), self.column(self.p.labels or self.p.keys)
        if column is None or label is None:
            return None
        return Plan(
            table=self.t,
            where=self.filter(0.4),
            select=(Item(expr=label), Item(expr=column)),
            order_by=(Order(by=column, descending=self.rng.random() < 0.7),),
            limit=self.rng.choice([1, 1, 3, 5, 10]),
        )

    def row_list(self) -> Plan | None:
        columns = self.p.labels[:1] + self.p.measures[:2] + self.p.dates[:1]
        where = self.filter(1.0)
        if len(columns) < 2 or where is None:
            return None
        return Plan(table=self.t, where=where, select=tuple(Item(expr=ColumnRef(name=c)) for c in columns))

    def distinct(self) -> Plan | None:
        column = self.column(self.p.keys)
        if column is None:
            return None
        return Plan(table=self.t, where=self.filter(0.3), select=(Item(expr=column),), distinct=True)

    def top_per_group(self) -> Plan | None:
        column, key, label = (self.column(c) for c in (self.p.measures, self.p.keys, self.p.labels))
        if column is None or key is None or label is None:
            return None
        total = Measure(expr=Aggregate(function="sum", argument=column), alias="total")
        return Plan(
            table=self.t,
            group_by=(Item(expr=key), Item(expr=label)),
            measures=(total,),
            order_by=(Order(by="total", descending=True),),
            top_per_group=TopPerGroup(by=(key,), count=self.rng.choice([1, 2])),
        )

    def _time(self) -> Expr | None:
        column = self.column(self.p.dates)
        if column is None:
            return None
        return DateBucket.model_validate(
            {
                "unit": self.rng.choice(["year", "quarter", "month", "month", "week", "day"]),
                "argument": column,
            }
        )

    def _timed(self, **window: Any) -> Plan | None:
        time = self._time()
        if time is None:
            return None
        measure = Measure.model_validate({"expr": self.aggregate(), **window})
        return Plan(table=self.t, where=self.filter(0.3), group_by=(Item(expr=time),), measures=(measure,))

    def series(self) -> Plan | None:
        return self._timed()

    def running_total(self) -> Plan | None:
        return self._timed(window="running_total")

    def change(self) -> Plan | None:
        return self._timed(window=self.rng.choice(["change", "percent_change"]))

    def seasons(self) -> Plan | None:
        column = self.column(self.p.dates)
        if column is None:
            return None
        part = DatePart.model_validate(
            {"part": self.rng.choice(["month", "weekday_name", "year"]), "argument": column}
        )
        return Plan(table=self.t, group_by=(Item(expr=part),), measures=(Measure(expr=self.aggregate()),))


FAMILIES = (
    "count", "scalar", "several", "distinct_count", "share", "compare", "groups", "groups_chosen", "group_shares", "superlative_rows", "groups_of_two",
    "groups_two_measures", "buckets", "shares", "having", "top_groups", "top_rows", "row_list", "distinct",
    "top_per_group", "series", "running_total", "change", "seasons",
)  # fmt: skip
