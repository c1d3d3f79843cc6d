"""A number with its unit, as an argument counts it: "2 minutes" is 120 seconds, "two years, monthly" 24."""

from __future__ import annotations

import re
from typing import Any

from llmauto_agent.planner.literals import NumberLiteral

_UNITS = {
    "second": r"sec|s\b|秒",
    "minute": r"min|m\b|分",
    "hour": r"hour|hr|h\b|个?小时|个?钟头",
    "day": r"day|天|日",
    "week": r"week|wk|个?周|个?星期|个?礼拜",
    "month": r"month|mth|个?月",
    "quarter": r"quarter|qtr|个?季",
    "year": r"year|yr|年",
}
_AFTER = re.compile(
    r"[\s-]*(?:more |full |whole )?(?:" + "|".join(f"(?P<{n}>{p})" for n, p in _UNITS.items()) + ")"
)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_OF_EACH = {
    "day": {"hour": 24},
    "week": {"day": 7, "hour": 168},
    "month": {"week": 4, "day": 30},
    "quarter": {"month": 3, "week": 13, "day": 91},
    "year": {"quarter": 4, "month": 12, "week": 52, "day": 365},
}


def factor(argument: str, number: NumberLiteral, question: str, arguments: dict[str, Any]) -> int:
    """What a number of the request is multiplied with for an argument: `time_budget` counts seconds,
    `horizon` periods of `every`. 1 where its unit is that of the argument, or none follows."""
    found = _AFTER.match(question.casefold(), number.end) if number.end >= 0 else None
    unit = found.lastgroup if found else None
    if unit is None:
        return 1
    if argument == "time_budget":
        return _SECONDS.get(unit, 1)
    if argument == "horizon":
        return _OF_EACH.get(unit, {}).get(str(arguments.get("every")), 1)
    return 1
