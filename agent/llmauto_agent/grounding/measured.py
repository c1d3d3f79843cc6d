"""Numbers in the words of an analyst's tool: a test, a model, a profile.

The result of a query has columns with roles, so that a number is checked against the cell that its words
name. The tools' results are made of many small tables and figures; here a number is traced where it is one
of their figures or cells as people write it: rounded, a fraction as a percentage, a bound ("p < 0.001").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from llmauto_agent.grounding.mentions import Mention
from llmauto_agent.grounding.resolve import Found
from llmauto_agent.numbers import is_number
from llmauto_tools.ledger import Evidence

QUERIED = frozenset(
    {"query", "analyze", "sample", "describe", "tables", "save_table", "undo", "chart", "look_up"}
)
"""Tools whose results are tables of the data, checked by the roles of their columns."""
_LEVEL = re.compile(
    r"\s*(?:confidence |prediction )?(?:interval|bounds?|level|的?(?:置信)?区间)", re.IGNORECASE
)
_LEVELS = {80.0, 90.0, 95.0, 99.0}
_BELOW = re.compile(r"(?:<|below|under|less than|小于|低于)\s*$", re.IGNORECASE)


def measured(evidence: Evidence, mention: Mention, text: str) -> Found | None:
    """Where a number of the text comes from in the record of an analyst's tool, or None."""
    if evidence.tool in QUERIED:
        return None
    if text[max(0, mention.start - 1) : mention.start] == "@":
        return Found("name", evidence.id)
    percent = mention.kind == "percent"
    if percent and mention.value in _LEVELS and _LEVEL.match(text, mention.end):
        return Found("argument", evidence.id)
    bound = _BELOW.search(text[: mention.start]) is not None
    for value in dict.fromkeys(_walk(evidence)):
        if mention.stands_for(value) or (percent and mention.stands_for(100 * value)):
            return Found("figure", evidence.id, value, fraction=percent and not mention.stands_for(value))
        if bound and 0 <= value < mention.value <= 0.05:
            return Found("figure", evidence.id, value)
    return None


def _walk(evidence: Evidence) -> Iterator[float]:
    yield from _numbers_in(evidence.figures)
    yield from _numbers_in(evidence.rows)
    for section in evidence.sections:
        yield from _numbers_in(section.rows)
        yield float(len(section.rows))
    yield from _numbers_in(evidence.arguments)
    yield float(len(evidence.rows))


def _numbers_in(value: Any) -> Iterator[float]:
    """Every number inside, and how many items each list has."""
    if is_number(value):
        yield float(value)
        yield abs(float(value))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _numbers_in(item)
    elif isinstance(value, (list, tuple)):
        yield float(len(value))
        for item in value:
            yield from _numbers_in(item)
