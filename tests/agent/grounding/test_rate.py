"""How many changed digits the check finds, on a few hundred answers of the verbaliser.

The benchmark (benchmarks/grounding) measures the same over many public tables; this keeps the rate from
falling unnoticed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from itertools import product

from llmauto_agent.grounding.check import check
from llmauto_agent.planner.verbalise import verbalise
from llmauto_tools.ledger import Evidence
from llmauto_tools.plan.model import Plan
from llmauto_tools.schema import Table

COLUMNS = {
    name: {"kind": "column", "name": name} for name in ("region", "class", "fare", "age", "day", "name")
}
WHERES = (
    None,
    {"kind": "compare", "op": ">", "left": COLUMNS["age"], "right": {"kind": "literal", "value": 42}},
    {"kind": "period", "argument": COLUMNS["day"], "start": "2023-01-01", "end": "2024-01-01"},
)
KEYS = (
    [{"expr": COLUMNS["region"]}],
    [{"expr": COLUMNS["class"]}],
    [{"expr": COLUMNS["class"]}, {"expr": COLUMNS["region"]}],
    [{"expr": {"kind": "date_bucket", "unit": "month", "argument": COLUMNS["day"]}}],
    [{"expr": {"kind": "number_bucket", "width": 10, "argument": COLUMNS["age"]}}],
)
FUNCTIONS = ("avg", "sum", "max", "median")


def plans() -> Iterator[Plan]:
    measures = [
        {"expr": {"kind": "aggregate", "function": f, "argument": COLUMNS["fare"]}} for f in FUNCTIONS
    ]
    measures.append({"expr": {"kind": "aggregate", "function": "count"}})
    for where, measure in product(WHERES, measures):
        yield Plan.model_validate({"table": "trips", "where": where, "measures": [measure]})
        for key in KEYS:
            parts = {"table": "trips", "where": where, "group_by": key, "measures": [measure]}
            yield Plan.model_validate(parts)
    for where, descending in product(WHERES, (True, False)):
        order = [{"by": COLUMNS["fare"], "descending": descending}]
        select = [{"expr": COLUMNS["name"]}, {"expr": COLUMNS["fare"]}]
        for limit in (1, 5):
            parts = {"table": "trips", "where": where, "select": select, "order_by": order, "limit": limit}
            yield Plan.model_validate(parts)


def changed(text: str, rng: random.Random) -> str:
    """The text with one digit of one number changed, names aside."""
    names = [m.span() for m in re.finditer(r"'[^']*'|“[^”]*”", text)]
    at = rng.choice([i for i, c in enumerate(text) if c.isdigit() and not any(s <= i < e for s, e in names)])
    digit = rng.choice([d for d in "123456789" if d != text[at]])
    return text[:at] + digit + text[at + 1 :]


def test_changed_digits_are_found_and_true_answers_pass(
    ask: Callable[[Plan], Evidence], table: Table
) -> None:
    rng = random.Random(11)
    answers = alarms = caught = 0
    for plan in plans():
        evidence = ask(plan)
        for language in ("en", "zh"):
            text = verbalise(plan, evidence, language, [table])  # type: ignore[arg-type]
            answers += 1
            alarms += bool(check(text, [evidence]).unverified)
            caught += bool(check(changed(text, rng), [evidence]).unverified)
    assert answers >= 200
    assert alarms == 0
    assert caught / answers >= 0.99
