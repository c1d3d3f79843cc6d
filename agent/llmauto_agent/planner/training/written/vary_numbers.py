"""Other numbers of like size, in a request and in its SQL."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from llmauto_agent.planner.dates import read_dates
from llmauto_agent.planner.training.generate.tables import Col

Role = Literal["limit", "value", "year", "width", "fixed"]
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between)
_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20,
}  # fmt: skip
_WORD = {n: w for w, n in _WORDS.items()}
_NUMERALS = {"两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_NUMERAL = {n: w for w, n in _NUMERALS.items()}
_MENTION = re.compile(
    r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w.,]*\d|[a-zA-Z%])|\b(?:" + "|".join(_WORDS) + r")\b"
    r"|(?<=[前后])[两三四五六七八九十](?![一二三四五六七八九十百千])",
    re.IGNORECASE,
)  # fmt: skip
_MENTION_ZH = re.compile(
    r"(?<![\d.])\d+(?:\.\d+)?(?![\d.%万千亿])|(?<=[前后])[两三四五六七八九十](?![一二三四五六七八九十百千])"
)
_LIMITS = (2, 3, 3, 4, 5, 5, 6, 7, 8, 10, 10, 12, 15)
_LONG_LIMITS = (20, 25, 30, 40, 50, 100)


@dataclass(frozen=True)
class Number:
    """A number of a statement, with what it is there for."""

    value: float
    role: Role
    low: float | None = None
    high: float | None = None


def numbers_of(tree: exp.Expr, column: Callable[[str], Col | None]) -> list[Number]:
    """The numbers of a statement, without positions of the SELECT list."""
    found = []
    for literal in tree.find_all(exp.Literal):
        if not literal.is_string and not isinstance(literal.parent, (exp.Group, exp.Ordered)):
            found.append(_number(literal, column))
    return found


def _number(literal: exp.Literal, column: Callable[[str], Col | None]) -> Number:
    value, parent = float(literal.name), literal.parent
    if value in {0, 1}:
        return Number(value, "fixed")
    if isinstance(parent, exp.Limit):
        return Number(value, "limit")
    if isinstance(parent, _COMPARISONS):
        other = parent.this
        if isinstance(other, exp.Window):
            return Number(value, "limit")
        found = column(other.name) if isinstance(other, exp.Column) else None
        if found is not None:
            role: Role = "year" if found.role == "year" else "value"
            return Number(value, role, found.low, found.high)
        return Number(value, "value")
    inside = literal.find_ancestor(exp.Floor) is not None
    bucket = inside or (isinstance(parent, exp.Mul) and parent.find(exp.Floor) is not None)
    return Number(value, "width" if bucket else "fixed")


Asked = tuple[str, Sequence[Number]]


def other_numbers(asked: Sequence[Asked], r: random.Random) -> dict[float, float]:
    """Each number that can be exchanged in all requests of a conversation, with another of like size."""
    every = [n for _, numbers in asked for n in numbers]
    changes: dict[float, float] = {}
    for value in dict.fromkeys(n.value for n in every):
        same = [n for n in every if n.value == value]
        if len({n.role for n in same}) == 1 and same[0].role != "fixed" and _said(value, asked):
            changes[value] = _drawn(same[0], r)
    kept = sorted(changes)
    ordered = [changes[v] for v in kept]
    if len(set(ordered)) < len(ordered) or ordered != sorted(ordered):
        return {}
    others = {n.value for n in every} - set(changes)
    return {} if others & set(ordered) else changes


def _said(value: float, asked: Sequence[Asked]) -> bool:
    """Whether each request that newly has the number says it, once."""
    before: set[float] = set()
    for question, numbers in asked:
        there = {n.value for n in numbers}
        count = sum(v == value for _, _, v in mentions(question))
        if count > 1 or (value in there and value not in before and not count):
            return False
        before = there
    return True


def mentions(question: str) -> list[tuple[int, int, float]]:
    """(start, end, number) of the numbers in a request that are no part of a date."""
    dates = [
        (d.start, d.end) for d in read_dates(question) if d.kind in {"period", "relative"} and d.score > 0.4
    ]
    pattern = _MENTION_ZH if re.search(r"[一-龥]", question) else _MENTION
    found = []
    for m in pattern.finditer(question):
        if not any(a < m.end() and m.start() < b for a, b in dates):
            found.append((m.start(), m.end(), _read(m[0])))
    return found


def _read(text: str) -> float:
    known = _WORDS.get(text.lower(), _NUMERALS.get(text))
    return float(known) if known is not None else float(text.replace(",", ""))


def _drawn(number: Number, r: random.Random) -> float:
    value = number.value
    if number.role == "limit":
        return float(r.choice(_LIMITS if value <= 15 else _LONG_LIMITS))
    if number.role == "year":
        return float(r.randint(int(number.low or value), int(number.high or value)))
    if number.role == "width":
        return value * r.choice([0.5, 1, 2, 2.5, 5]) if value % 2 == 0 else value
    low, high = value * 0.5, value * 2
    if number.low is not None and number.high is not None and number.low <= value <= number.high:
        margin = (number.high - number.low) * 0.05
        low, high = max(low, number.low + margin), min(high, number.high - margin)
    step = _step(value)
    drawn = round(round(r.uniform(low, high) / step) * step, 2) if low < high else value
    return drawn if drawn > 1 else value


def _step(value: float) -> float:
    """How finely a number of this kind is said: 500 for 1,500, 5 for 30, 1 for 37, 0.1 for 2.5."""
    if value != int(value):
        return 0.1
    step = 1
    while value % (step * 10) == 0:
        step *= 10
    return step / 2 if step > 1 else 1


def with_numbers(
    question: str, tree: exp.Expr | None, changes: Mapping[float, float], r: random.Random
) -> tuple[str, exp.Expr | None]:
    """A request and its statement with the numbers exchanged."""
    for start, end, value in reversed(mentions(question)):
        if value in changes:
            question = question[:start] + _typed_as(question[start:end], changes[value], r) + question[end:]
    if tree is None:
        return question, None
    tree = tree.copy()
    for literal in list(tree.find_all(exp.Literal)):
        positional = isinstance(literal.parent, (exp.Group, exp.Ordered))
        if not literal.is_string and not positional and float(literal.name) in changes:
            literal.replace(exp.Literal.number(_plain(changes[float(literal.name)])))
    return question, tree


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _typed_as(typed: str, value: float, r: random.Random) -> str:
    """The number as the old one was typed: a word, with commas, or plain."""
    if typed in _NUMERALS and int(value) in _NUMERAL:
        return _NUMERAL[int(value)]
    if typed.lower() in _WORDS and value in _WORD:
        word = _WORD[int(value)]
        return word.capitalize() if typed[0].isupper() else word
    if "," in typed or (value >= 1000 and typed.isascii() and r.random() < 0.2):
        return f"{value:,.0f}" if value == int(value) else f"{value:,}"
    return _plain(value)
