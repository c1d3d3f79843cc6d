"""Exact figures of the whole table, in one scan per statement: moments, ranges, lengths, distinct counts.

Distinct values are counted among those whose hash is divisible by M (distinct sampling, Gibbons, VLDB 2001),
with M = 1, and so exactly, up to some 50,000 of them. DuckDB's HyperLogLog has 64 registers and is 13% off on average,
which neither tells a key nor compares two columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import literal, quoted
from llmauto_tools.profile.model import Numbers, Texts
from llmauto_tools.profile.plans import ColumnPlan
from llmauto_tools.profile.sample import finite, moment
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

STATEMENT_CHARACTERS = 60_000
ROUNDING = 1e-12
"""What is left of the skewness of symmetric values."""


@dataclass(frozen=True)
class Scanned:
    """The exact figures of one column; the names are those of ColumnProfile."""

    present: int
    distinct: int | None = None
    distinct_error: float = 0.0
    unique: bool = False
    compared_share: float = 1.0
    numbers: Numbers | None = None
    texts: Texts | None = None
    first: str | None = None
    last: str | None = None
    frequent: tuple[tuple[str, int], ...] = ()


def scan(
    workspace: Workspace,
    table: str,
    columns: Sequence[Column],
    plans: Sequence[ColumnPlan],
    context: ToolContext,
) -> tuple[int, list[Scanned], list[str]]:
    """The number of rows, the figures of each column, and the statements."""
    measures = [_measures(i, c, p) for i, (c, p) in enumerate(zip(columns, plans, strict=True))]
    found: list[Scanned] = []
    statements: list[str] = []
    rows = 0
    for part in _in_statements(measures):
        context.step("measuring the columns", 0.2 + 0.3 * len(found) / len(columns))
        sql = _statement(table, part)
        result = workspace.engine.query(sql, timeout=context.timeout, progress=context.progress)
        statements.append(sql)
        rows, *values = result.rows[0]
        cells = iter(values)
        for measure in part:
            figures = {name: next(cells) for name in measure.aggregates}
            column, plan = columns[len(found)], plans[len(found)]
            found.append(_scanned(column, plan, rows, figures))
    return rows, found, statements


@dataclass(frozen=True)
class _Measures:
    """What is measured of one column: expressions of its rows, and aggregates over them, by name."""

    inner: dict[str, str]
    aggregates: dict[str, str]

    @property
    def size(self) -> int:
        return sum(len(name) + len(sql) + 8 for name, sql in (self.inner | self.aggregates).items())


def _statement(table: str, measures: Sequence[_Measures]) -> str:
    inner = ", ".join(f"{sql} AS {name}" for m in measures for name, sql in m.inner.items())
    aggregates = ", ".join(sql for m in measures for sql in m.aggregates.values())
    return f"SELECT count(*), {aggregates} FROM (SELECT {inner} FROM {quoted(table)})"


def _in_statements(measures: Sequence[_Measures]) -> Iterator[list[_Measures]]:
    part: list[_Measures] = []
    length = 0
    for measure in measures:
        if part and length + measure.size > STATEMENT_CHARACTERS:
            yield part
            part, length = [], 0
        part.append(measure)
        length += measure.size
    if part:
        yield part


# ---- what is measured


def _measures(i: int, column: Column, plan: ColumnPlan) -> _Measures:
    """v is the value itself; x a finite number; z the same, centred; t a finite moment; h a hash."""
    v, x, z, t, h = (f"{letter}{i}" for letter in "vxzth")
    inner = {v: quoted(column.name)}
    aggregates = {"present": f"count({v})"}
    if not plan.by_value:
        inner[h], distinct = _distinct(quoted(column.name), h, plan)
        aggregates |= distinct
    if column.family == "number":
        inner |= {x: finite(column), z: f"({finite(column)} - ({plan.centre!r})) / {plan.scale!r}"}
        aggregates |= _moments(v, x, z)
    elif column.family == "date":
        inner[t] = moment(column)
        aggregates |= _ends(t)
    elif column.family == "time":
        aggregates |= _ends(v)
    elif column.family == "text":
        inner[v] = (
            quoted(column.name) if column.dtype == "VARCHAR" else f"CAST({quoted(column.name)} AS VARCHAR)"
        )
        aggregates |= {
            "shortest": f"min(length({v}))", "longest": f"max(length({v}))", "length": f"avg(length({v}))",
            "empty": f"count_if({v} = '')",
        }  # fmt: skip
    for k, value in enumerate(plan.frequent):
        aggregates[f"top{k}"] = f"count_if({_equals(column, value, v, x, t)})"
    return _Measures(inner, aggregates)


def _distinct(q: str, h: str, plan: ColumnPlan) -> tuple[str, dict[str, str]]:
    """The hash of the values that are counted, and how they are counted."""
    picked = f"{q} IS NOT NULL" + (f" AND hash({q}) % {plan.every} = 0" if plan.every > 1 else "")
    aggregates = {"distinct": f"count(DISTINCT {h})"}
    if not plan.repeats and plan.every > 1:
        aggregates["picked"] = f"count({h})"
    return f"CASE WHEN {picked} THEN hash({q}) END", aggregates


def _moments(v: str, x: str, z: str) -> dict[str, str]:
    return {
        "finite": f"count({x})", "low": f"min({x})", "high": f"max({x})", "zeros": f"count_if({v} = 0)",
        "negatives": f"count_if({v} < 0)", "z1": f"sum({z})", "z2": f"sum({z} * {z})", "z3": f"sum({z} * {z} * {z})",
    }  # fmt: skip


def _ends(value: str) -> dict[str, str]:
    return {"first": f"CAST(min({value}) AS VARCHAR)", "last": f"CAST(max({value}) AS VARCHAR)"}


def _equals(column: Column, value: str | float, v: str, x: str, t: str) -> str:
    if column.family == "number":
        return f"{x} = {value!r}"
    if column.family == "date":
        return f"epoch({t}) = {value!r}"
    text = v if column.family == "text" else f"CAST({v} AS VARCHAR)"
    return f"{text} = {literal(str(value))}"


# ---- what came of it


def _scanned(column: Column, plan: ColumnPlan, rows: int, found: dict[str, Any]) -> Scanned:
    present = int(found["present"])
    distinct = found.get("distinct")
    picked = found.get("picked", present)
    unique = not plan.repeats and present == rows and rows > 0 and distinct == picked
    counted = None if distinct is None else min(int(distinct) * plan.every, present)
    estimated = plan.every > 1 and counted is not None
    if unique:
        counted, estimated = present, False
    return Scanned(
        present=present,
        distinct=counted,
        distinct_error=1.96 / math.sqrt(max(int(distinct or 0), 1)) if estimated else 0.0,
        unique=unique,
        compared_share=1 / plan.every,
        numbers=_numbers(plan, present, found) if column.family == "number" else None,
        texts=_texts(found) if present and column.family == "text" else None,
        first=found.get("first"),
        last=found.get("last"),
        frequent=_frequent(plan, found),
    )


def _frequent(plan: ColumnPlan, found: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    counted = [(_written(value), int(found[f"top{k}"] or 0)) for k, value in enumerate(plan.frequent)]
    return tuple(sorted(counted, key=lambda pair: -pair[1]))


def _written(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"


def _texts(found: dict[str, Any]) -> Texts:
    return Texts(
        int(found["shortest"]), float(found["length"]), int(found["longest"]), int(found["empty"] or 0)
    )


def _numbers(plan: ColumnPlan, present: int, found: dict[str, Any]) -> Numbers:
    count = int(found["finite"] or 0)
    mean, std, skewness = _from_sums(plan, count, found)
    return Numbers(
        mean=mean, std=std, skewness=skewness, low=found["low"], high=found["high"], zeros=int(found["zeros"] or 0),
        negatives=int(found["negatives"] or 0), not_finite=present - count, quantiles=plan.quantiles,
    )  # fmt: skip


def _from_sums(
    plan: ColumnPlan, count: int, found: dict[str, Any]
) -> tuple[float | None, float | None, float | None]:
    """Mean, standard deviation and skewness from the sums of powers of (x - centre) / scale."""
    if not count:
        return None, None, None
    z1, z2, z3 = (float(found[name]) / count for name in ("z1", "z2", "z3"))
    mean = plan.centre + plan.scale * z1
    if count < 2:
        return mean, None, None
    variance = max(z2 - z1 * z1, 0.0)
    std = plan.scale * math.sqrt(variance * count / (count - 1))
    if count < 3 or found["low"] == found["high"] or variance == 0.0:
        return mean, 0.0 if found["low"] == found["high"] else std, None
    if not math.isfinite(variance) or not math.isfinite(z3):
        return mean, None, None
    third = z3 - 3 * z1 * z2 + 2 * z1**3
    adjusted = math.sqrt(count * (count - 1)) / (count - 2)
    skewness = adjusted * third / variance**1.5
    return mean, std, skewness if abs(skewness) > ROUNDING else 0.0
