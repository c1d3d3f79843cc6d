"""Written requests as training records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmauto_agent.planner.neural.grammar import ENUMS, TOOLS, two_columns
from llmauto_agent.planner.training.generate.tables import Col, Domain, stored_column
from llmauto_agent.planner.training.records import plan_json
from llmauto_agent.planner.training.sql_scope import CannotSay
from llmauto_agent.planner.training.sql_to_plan import to_plan
from llmauto_agent.planner.training.written.parse import Block, Chain, Problem, Request

Json = dict[str, Any]
ROWS = 1_000
"""Rows that a schema record says its tables have."""


@dataclass(frozen=True)
class Turn:
    """A request of a chain with its record, which has no id and no db yet."""

    request: Request
    record: Json


def convert_chain(chain: Chain, block: Block) -> tuple[list[Turn], list[Problem]]:
    """The turns of a chain. What follows a turn that does not convert has no plan to follow, and ends."""
    turns: list[Turn] = []
    context: list[str] = []
    previous: Json | None = None
    for request in chain:
        try:
            answer = _answer(request, block, [request.question, *reversed(context)])
        except (CannotSay, ValueError) as e:
            return turns, [Problem(block.file, request.line, str(e))]
        record = {
            "source": "written",
            "lang": block.lang,
            "question": request.question,
            "context": list(context),
            "previous": previous,
            **answer,
        }
        turns.append(Turn(request, record))
        context.append(request.question)
        previous = answer["plan"]
    return turns, []


def _answer(request: Request, block: Block, texts: Sequence[str]) -> Json:
    empty: Json = {"tool": "analyze", "arguments": {}, "chart": None, "plan": None}
    if request.refuse is not None:
        return empty | {"refuse": request.refuse}
    if request.calls:
        return empty | _call(request, block)
    assert request.sql is not None
    complete = {(t.name, c.name) for t in block.tables for c in t.columns if c.role == "id"}
    plan = to_plan(
        request.sql, block.schema_tables(), foreign_keys=block.keys, complete=complete, texts=texts
    )
    return empty | {"plan": plan_json(plan), "chart": request.chart}


# ---- other tools


def _call(request: Request, block: Block) -> Json:
    calls = [{"tool": tool, "arguments": _arguments(tool, given, block)} for tool, given in request.calls]
    if len(calls) == 1:
        return calls[0]
    return {"tool": "compose", "arguments": {"steps": calls}}


def _arguments(tool: str, given: Json, block: Block) -> Json:
    """The arguments with the table that they are about. Raises ValueError for what the tool does not take."""
    kinds = TOOLS[tool]
    if tool == "test_hypothesis" and two_columns(given):
        kinds = {**kinds, "other": "COL"}
    for name, value in given.items():
        if name == "table":
            continue
        if name not in kinds:
            raise ValueError(f"{tool} takes no {name}: {', '.join(['table', *kinds])}")
        allowed = ENUMS.get(kinds[name])
        for one in value if isinstance(value, list) else [value]:
            one = one["kind"] if name == "steps" else one
            if allowed is not None and str(one).lower() not in allowed:
                raise ValueError(f"{name} of {tool} is {one!r}: {', '.join(allowed)}")
    columns = [c for name, kind in kinds.items() if kind in {"COL", "COLS"} for c in _listed(given.get(name))]
    columns += [c for step in given.get("steps", ()) for c in step.get("columns", ())]
    table = given.get("table") or _table_of(columns, block)
    for column in columns:
        if not any(c.name == column for t in block.tables if t.name == table for c in t.columns):
            raise ValueError(f"there is no column {column} in {table}")
    return {"table": table, **given}


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _table_of(columns: Sequence[str], block: Block) -> str:
    for table in block.tables:
        if set(columns) <= {c.name for c in table.columns}:
            return table.name
    return block.tables[0].name


# ---- values that requests name


def with_named_values(block: Block, records: Sequence[Json]) -> Block:
    """The block, with the names and titles that requests name among the values of their columns."""
    named: dict[tuple[str, str], dict[str, None]] = {}
    for record in records:
        for table, column, value in text_values(record["plan"]):
            named.setdefault((table, column), {})[value] = None
    return replace(block, tables=tuple(_extended(t, named) for t in block.tables))


def _extended(table: Domain, named: dict[tuple[str, str], dict[str, None]]) -> Domain:
    def extended(column: Col) -> Col:
        more = named.get((table.name, column.name), {})
        if column.role != "name" or not more:
            return column
        return replace(column, values=tuple(dict.fromkeys([*column.values, *more])))

    return replace(table, columns=tuple(extended(c) for c in table.columns))


def text_values(node: Any) -> Iterator[tuple[str, str, str]]:
    """(table, column, value) of every text that a column of the plan is said to be, or not to be."""
    if isinstance(node, list):
        for item in node:
            yield from text_values(item)
    elif isinstance(node, dict):
        column = node.get("left") or node.get("argument")
        if node.get("kind") == "compare" and node["right"].get("kind") == "literal":
            yield from _values_of(column, [node["right"].get("value")])
        elif node.get("kind") == "one_of":
            yield from _values_of(column, node["values"])
        for item in node.values():
            yield from text_values(item)


def _values_of(column: Any, values: Sequence[Any]) -> Iterator[tuple[str, str, str]]:
    if isinstance(column, dict) and column.get("kind") == "column":
        yield from ((column["table"], column["name"], v) for v in values if isinstance(v, str))


def unknown_value(record: Json, block: Block) -> str | None:
    """A text in the plan that the column of a fixed list of values does not have."""
    for table, column, value in text_values(record["plan"]):
        found = block.column(table, column)
        if found is not None and found.role in {"cat", "yesno"} and value not in found.values:
            return f"{value!r} is no value of {column}: {', '.join(found.values)}"
    return None


def schema_record(block: Block, db: str) -> Json:
    """The block's tables as the schema files keep them."""
    return {
        "db": db,
        "tables": [
            {"name": t.name, "columns": [stored_column(c) for c in t.columns], "rows": ROWS}
            for t in block.tables
        ],
        "foreign_keys": [[k.table, k.column, k.other_table, k.other_column] for k in block.keys],
    }
