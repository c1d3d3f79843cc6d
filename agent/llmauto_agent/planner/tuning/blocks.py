"""Attached tables as a block of the written requests, so that pairs are varied as those are."""

from __future__ import annotations

import re
from typing import Any

from llmauto_agent.planner.training.generate.tables import Col, Domain, Role
from llmauto_agent.planner.training.written.parse import Block
from llmauto_agent.planner.tuning.data import Data
from llmauto_agent.planner.words import split_name
from llmauto_tools.schema import Column, Table

_ID_WORDS = {"id", "key", "uuid", "guid", "no", "nr", "number", "code"}
_ID_ZH = re.compile(r"(编号|编码|代码|号码|号)$")
_YEAR = re.compile(r"(?:^|_| )(?:year|yr)$|年份?$", re.IGNORECASE)
_YEARS = (1800, 2100)


def block_of(data: Data) -> Block:
    """The tables with their values and bounds, as far as the linker knows them, and their joins."""
    tables = tuple(_domain(t, data) for t in data.index.tables)
    return Block("pairs", "en", "pairs", 0, tables, tuple(data.index.foreign_keys))


def _domain(table: Table, data: Data) -> Domain:
    return Domain(
        table.name, table.name, table.name, tuple(_column(table.name, c, data) for c in table.columns)
    )


def _column(table: str, column: Column, data: Data) -> Col:
    assert data.index.values is not None
    facts = data.index.values.facts(table, column.name)
    low, high = (facts.low, facts.high) if facts is not None else (None, None)
    values = tuple(str(v) for v in facts.values) if facts is not None and facts.values else ()
    if column.family == "text" and not _is_id(column.name):
        return Col(column.name, "name" if facts is not None and facts.unique else "cat", column.dtype, values)
    if column.family == "date":
        return Col(column.name, "date", column.dtype, low=_year(low), high=_year(high))
    role = _role(column, low, high)
    return Col(column.name, role, column.dtype, low=_number(low), high=_number(high))


def _role(column: Column, low: Any, high: Any) -> Role:
    if column.family == "boolean":
        return "bool"
    if _is_id(column.name):
        return "id"
    within = low is not None and _YEARS[0] <= _number(low) and _number(high) <= _YEARS[1]
    return "year" if within and _YEAR.search(column.name) else "number"


def _is_id(name: str) -> bool:
    words = [w.lower() for w in split_name(name)]
    return bool(_ID_ZH.search(name)) or bool(words and words[-1] in _ID_WORDS)


def _year(value: Any) -> float:
    return float(str(value)[:4]) if value is not None and str(value)[:4].isdigit() else 0.0


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
