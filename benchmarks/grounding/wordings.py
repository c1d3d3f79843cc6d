"""True answers in words that the verbaliser never uses, as a language model would write them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llmauto_agent.numbers import format_number, is_number
from llmauto_tools.ledger import Evidence
from llmauto_tools.plan.model import ColumnRef, Plan

_TENS = ("", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def other_wordings(plan: Plan, evidence: Evidence) -> Iterator[str]:
    """Sentences, lists and tables about a result, in English and Chinese."""
    rows = evidence.rows
    if len(evidence.columns) == 1 and len(rows) == 1 and is_number(rows[0][0]):
        yield from _scalars(evidence.columns[0][0], rows[0][0])
    plain_key = len(plan.group_by) == 1 and isinstance(plan.group_by[0].expr, ColumnRef)
    if not plain_key or len(plan.measures) != 1 or plan.measures[0].window != "none" or evidence.truncated:
        return
    key, name = evidence.columns[0][0], evidence.columns[1][0]
    complete = [(_label(row[0]), row[1]) for row in rows if row[0] is not None and is_number(row[1])]
    if len(complete) == len(rows) and 3 <= len(rows) <= 30 and all(complete[i][0] for i in range(len(rows))):
        yield from _groups(key, name, complete, limited=plan.limit is not None)


def _label(value: Any) -> str:
    return (
        str(value) if isinstance(value, str) and value.strip() else f"{value:g}" if is_number(value) else ""
    )


def _scalars(name: str, value: float) -> Iterator[str]:
    yield f"**{format_number(value)}** is the {name}."
    yield f"查询结果：{name}为{format_number(value)}。"
    if value >= 2e6:
        yield f"It comes to about {value / 1e6:.1f} million."
        yield f"大约是{value / 1e4:.0f}万。"
    elif value >= 2e4:
        yield f"It comes to roughly {value / 1e3:.1f}k."


def _groups(key: str, name: str, rows: list[tuple[str, float]], limited: bool) -> Iterator[str]:
    shown = [(label, format_number(value, 2)) for label, value in rows]
    yield f"Here is {name} for each {key}:\n\n" + "\n".join(f"- {key} {lb}: {v}" for lb, v in shown[:8])
    table = "\n".join(f"| {lb} | {v} |" for lb, v in shown)
    yield f"| {key} | {name} |\n|---|---|\n{table}"
    yield "结果如下：\n" + "\n".join(f"- {key} {lb}：{v}" for lb, v in shown[:6])
    if limited:
        return
    ordered = sorted(rows, key=lambda row: -row[1])
    top, second, last = ordered[0], ordered[1], ordered[-1]
    if len({top[1], second[1], last[1]}) < 3:
        return
    high, next_, low = (format_number(v, 2) for _, v in (top, second, last))
    yield f"{key} {top[0]} comes first with {high}, followed by {key} {second[0]} with {next_}."
    yield (
        f"The highest {name} is {high} (for {key} {top[0]}) and the lowest is {low} (for {key} {last[0]}), "
        f"a difference of {format_number(top[1] - last[1], 2)}."
    )
    yield f"{key} {top[0]}的{name}最高，为{high}；{key} {last[0]}最低，只有{low}。"
    if last[1] > 0:
        yield f"At {high}, {key} {top[0]} has {top[1] / last[1]:.1f} times the {name} of {key} {last[0]} ({low})."
    if len(rows) <= 12:
        yield f"There are {_TENS[len(rows)]} groups; {key} {top[0]} leads with {high}."
    if all(v >= 0 for _, v in rows) and name.startswith(("count", "sum")):
        total = sum(v for _, v in rows)
        yield f"{key} {top[0]} accounts for {100 * top[1] / total:.1f}% of the total ({high} of {format_number(total, 2)})."
