"""Training examples: records of requests with their plans, encoded over their schemas."""

from __future__ import annotations

import gzip
import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.neural.grammar import START, Action, check, step
from llmauto_agent.planner.neural.inputs import Encoded, Pieces, encode
from llmauto_agent.planner.neural.items import Items, find_items
from llmauto_agent.planner.neural.symbols import SYMBOL_ID
from llmauto_agent.planner.neural.write import NotSayableError, write_call, write_plan, write_refusal
from llmauto_agent.planner.value_index import ValueIndex, binary_pair
from llmauto_agent.planner.value_types import ColumnFacts, Phrase, ValueMatch
from llmauto_tools.plan.keys import find_joins
from llmauto_tools.plan.model import Plan
from llmauto_tools.schema import Column, ForeignKey, Table

Json = dict[str, Any]


def read_lines(path: Path) -> Iterator[Json]:
    """The objects of a gzip file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


class StoredValues:
    """The cell values that a schema file keeps, as the linker asks for them."""

    def __init__(self, schema: Json) -> None:
        self._facts: dict[tuple[str, str], ColumnFacts] = {}
        self._index = ValueIndex()
        for table in schema["tables"]:
            for column in table["columns"]:
                self._add(table["name"], column)

    def _add(self, table: str, stored: Json) -> None:
        column, values = Column(stored["name"], stored["type"]), stored.get("values")
        if column.family == "boolean":
            facts = ColumnFacts((False, True), True, (False, True))
        elif column.family in {"number", "date"}:
            low, high = stored.get("low"), stored.get("high")
            flag = (low, high) == (0, 1) and "INT" in column.dtype
            facts = ColumnFacts((0, 1) if flag else None, flag, (0, 1) if flag else None, low, high)
        elif values and column.family == "text":
            texts = [str(v) for v in values]
            self._index.add(table, column.name, texts)
            facts = ColumnFacts(tuple(texts), True, binary_pair(texts) if len(texts) == 2 else None)
        else:
            facts = ColumnFacts()
        self._facts[table, column.name] = facts

    def facts(self, table: str, column: str) -> ColumnFacts | None:
        return self._facts.get((table, column))

    def find(self, phrases: Sequence[Phrase], first: Sequence[str] = ()) -> list[ValueMatch]:
        return self._index.find(phrases)


def schema_index(schema: Json) -> SchemaIndex:
    """The index of a stored schema."""
    tables = [
        Table(t["name"], tuple(Column(c["name"], c["type"]) for c in t["columns"])) for t in schema["tables"]
    ]
    declared = [ForeignKey(k[0], k[1], k[2], k[3], declared=True) for k in schema.get("foreign_keys", ())]
    return SchemaIndex(tables, find_joins(tables, declared), StoredValues(schema))


@dataclass(frozen=True)
class Example:
    """An encoded request with the actions to be written: each action as a number, and its symbol."""

    id: str
    encoded: Encoded
    actions: Sequence[int]
    symbols: Sequence[int]


def example(record: Json, index: SchemaIndex, pieces: Pieces) -> Example:
    """Encode one record. Raises NotSayableError where its plan points to what was not found."""
    items = record_items(record, index)
    actions = record_actions(record, items)
    return numbered(record["id"], encode(items, pieces), actions)


def record_items(record: Json, index: SchemaIndex) -> Items:
    previous = record.get("previous")
    plan = Plan.model_validate(previous) if previous else None
    return find_items(record["question"], index, record.get("context") or (), plan)


def record_actions(record: Json, items: Items) -> list[Action]:
    if record.get("refuse"):
        actions = write_refusal(record["refuse"])
    elif record["tool"] == "analyze":
        actions = write_plan(Plan.model_validate(record["plan"]), items, record.get("chart"))
    else:
        actions = write_call(record["tool"], record["arguments"], items)
    check(actions)
    return actions


def numbered(name: str, encoded: Encoded, actions: Sequence[Action]) -> Example:
    stack = START
    symbols = []
    for action in actions:
        symbols.append(SYMBOL_ID[stack[-1]])
        stack = step(stack, action)
    return Example(name, encoded, [encoded.position(a) for a in actions], symbols)


def compact(one: Example) -> Example:
    """The same with small arrays in the place of lists: hundreds of thousands fit into memory."""
    e = one.encoded
    small = Encoded(
        array("H", e.ids), array("B", e.segments), array("B", e.levels), array("B", e.flags),
        array("H", e.places), array("B", e.kinds), e.offsets,
    )  # fmt: skip
    return Example(one.id, small, array("H", one.actions), array("B", one.symbols))


def examples(
    records: Iterable[Json], schemas: Iterable[Json], pieces: Pieces, longest: int
) -> tuple[list[Example], Counter[str]]:
    """The examples of the records that can be said in at most `longest` actions, and why others cannot."""
    stored = {s["db"]: s for s in schemas}
    indexes: dict[str, SchemaIndex] = {}
    made, lost = [], Counter[str]()
    for record in sorted(records, key=lambda r: r["db"]):
        db = record["db"]
        if db not in indexes:
            indexes = {db: schema_index(stored[db])}
        try:
            one = example(record, indexes[db], pieces)
        except NotSayableError as e:
            lost[str(e)] += 1
            continue
        if len(one.actions) > longest:
            lost["too long"] += 1
        elif max(one.encoded.places, default=0) >= len(one.encoded.ids):
            lost["request and schema too long"] += 1
        else:
            made.append(one)
    return made, lost
