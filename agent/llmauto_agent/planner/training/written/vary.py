"""A chain of written requests with other values, numbers and periods, in the words and in the SQL alike."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlglot
from sqlglot import exp

from llmauto_agent.planner.tokens import has_cjk
from llmauto_agent.planner.training.generate.tables import Col
from llmauto_agent.planner.training.sql_periods import NAME
from llmauto_agent.planner.training.written.convert import Turn, convert_chain
from llmauto_agent.planner.training.written.parse import Block, Chain, Request
from llmauto_agent.planner.training.written.vary_numbers import numbers_of, other_numbers, with_numbers
from llmauto_agent.planner.training.written.vary_periods import other_periods, replaced

KEPT = 0.2
"""How often the values, the numbers or the periods of a chain stay as they were written."""
TRIES = 4


def varied(chain: Chain, turns: Sequence[Turn], block: Block, r: random.Random) -> list[Turn]:
    """The turns of the chain with other values, numbers and periods; the given ones where none fit.

    A change is kept where the plans are the same but for their constants.
    """
    shapes = [_shape(t.record["plan"]) for t in turns]
    for _ in range(TRIES):
        changed = _changed(chain, block, r)
        made, problems = convert_chain(changed, block)
        if not problems and [_shape(t.record["plan"]) for t in made] == shapes:
            return made
    return list(turns)


def _shape(node: object) -> object:
    """A plan without its constants. Parts of a date in OneOf or in one comparison are the same shape."""
    if isinstance(node, dict):
        hidden = {"start", "end", "offset", "count", "unit", "limit", "width", "rolling"}
        if node.get("kind") == "literal":
            return type(node.get("value")).__name__ in {"int", "float"}
        kept = {k: _shape(v) for k, v in node.items() if k not in hidden or node.get("kind") == "date_bucket"}
        return kept | ({"values": len(node["values"])} if node.get("kind") == "one_of" else {})
    return [_shape(item) for item in node] if isinstance(node, list) else node


def _changed(chain: Chain, block: Block, r: random.Random) -> Chain:
    parsed = [_Parsed(q, sqlglot.parse_one(q.sql, read="duckdb") if q.sql else None) for q in chain]
    if not any(p.tree is not None for p in parsed):
        return chain
    if r.random() > KEPT:
        parsed = _with_values(parsed, block, r)
    if r.random() > KEPT:
        parsed = _with_other_numbers(parsed, block, r)
    if r.random() > KEPT:
        parsed = _with_periods(parsed, block, r)
    return tuple(p.request_() for p in parsed)


@dataclass(frozen=True)
class _Parsed:
    request: Request
    tree: exp.Expr | None

    def request_(self) -> Request:
        return self.request if self.tree is None else replace(self.request, sql=self.tree.sql("duckdb"))

    def asked(self, question: str) -> _Parsed:
        return _Parsed(replace(self.request, question=question), self.tree)


def find_column(name: str, block: Block) -> Col | None:
    """The first column of that name; written requests name tables where several have it."""
    return next((c for t in block.tables for c in t.columns if c.name.lower() == name.lower()), None)


# ---- values


def _texts(tree: exp.Expr, block: Block) -> Iterator[tuple[Col, exp.Literal]]:
    """The text constants that a column is compared with."""
    for literal in tree.find_all(exp.Literal):
        parent = literal.parent
        if literal.is_string and isinstance(parent, (exp.EQ, exp.NEQ, exp.In)):
            column = parent.this
            found = find_column(column.name, block) if isinstance(column, exp.Column) else None
            if found is not None and found.role in {"cat", "name"}:
                yield found, literal


def _with_values(parsed: list[_Parsed], block: Block, r: random.Random) -> list[_Parsed]:
    """Values that the requests name are exchanged, for others of the same column, each for one."""
    used: dict[str, dict[str, None]] = {}
    columns: dict[str, Col] = {}
    for p in parsed:
        for column, literal in _texts(p.tree, block) if p.tree is not None else ():
            columns[column.name] = column
            used.setdefault(column.name, {})[literal.name] = None
    changes: dict[str, str] = {}
    for name, values in used.items():
        if all(v in columns[name].values and _said(v, parsed, block) for v in values):
            changes |= zip(values, r.sample(columns[name].values, len(values)), strict=True)
    if not changes or len(set(changes.values())) < len(changes):
        return parsed
    return [_exchanged(p, changes, block) for p in parsed]


def _said(value: str, parsed: Sequence[_Parsed], block: Block) -> bool:
    """Whether each request that newly asks for a value has it in its words, once."""
    before: set[str] = set()
    for p in parsed:
        there = {x.name for _, x in _texts(p.tree, block)} if p.tree is not None else set()
        count = len(_mention(value).findall(p.request.question))
        if count > 1 or (value in there and value not in before and not count):
            return False
        before = there
    return len(value) > 1


def _mention(value: str) -> re.Pattern[str]:
    edge = ("", "") if has_cjk(value) else (r"(?<!\w)", r"(?=s?(?!\w))")
    return re.compile(edge[0] + re.escape(value) + edge[1], re.IGNORECASE)


def _exchanged(p: _Parsed, changes: Mapping[str, str], block: Block) -> _Parsed:
    places = [(m, new) for old, new in changes.items() for m in _mention(old).finditer(p.request.question)]
    question, at = p.request.question, len(p.request.question)
    for match, new in sorted(places, key=lambda x: -x[0].start()):
        if match.end() > at:
            continue
        at = match.start()
        question = question[:at] + _typed_as(match[0], changes, new) + question[match.end() :]
    if p.tree is None:
        return p.asked(question)
    tree = p.tree.copy()
    for _, literal in list(_texts(tree, block)):
        literal.replace(exp.Literal.string(changes.get(literal.name, literal.name)))
    return _Parsed(replace(p.request, question=question), tree)


def _typed_as(typed: str, changes: Mapping[str, str], new: str) -> str:
    """The new value in lower or upper case where the old one was typed so, unlike its cell."""
    if typed in changes:
        return new
    if typed == typed.lower():
        return new.lower()
    return new.upper() if typed == typed.upper() else new


# ---- numbers


def _with_other_numbers(parsed: list[_Parsed], block: Block, r: random.Random) -> list[_Parsed]:
    found = [
        (p.request.question, numbers_of(p.tree, lambda n: find_column(n, block))) for p in parsed if p.tree
    ]
    changes = other_numbers(found, r)
    if not changes:
        return parsed
    made = []
    for p in parsed:
        question, tree = with_numbers(p.request.question, p.tree, changes, r)
        made.append(_Parsed(replace(p.request, question=question), tree))
    return made


# ---- periods


def _durings(tree: exp.Expr) -> Iterator[exp.Anonymous]:
    return (n for n in tree.find_all(exp.Anonymous) if n.name.lower() == NAME)


def _with_periods(parsed: list[_Parsed], block: Block, r: random.Random) -> list[_Parsed]:
    calls = [c for p in parsed if p.tree is not None for c in _durings(p.tree)]
    words = list(dict.fromkeys(c.expressions[1].name for c in calls))
    columns = [find_column(c.expressions[0].name, block) for c in calls]
    known = [c for c in columns if c is not None]
    if not words or len(known) < len(calls):
        return parsed
    bounds = (int(max(c.low for c in known)), int(min(c.high for c in known)))
    grouped = any(
        p.tree is not None and p.tree.find(exp.Group, exp.DateTrunc, exp.TimestampTrunc) for p in parsed
    )
    changes = other_periods(words, bounds, grouped, r)
    made = []
    for p in parsed:
        tree = p.tree.copy() if p.tree is not None else None
        for call in _durings(tree) if tree is not None else ():
            old = call.expressions[1].name
            call.set("expressions", [call.expressions[0], exp.Literal.string(changes[old])])
        made.append(_Parsed(replace(p.request, question=replaced(p.request.question, changes)), tree))
    return made
