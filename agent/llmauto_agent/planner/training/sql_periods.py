"""`during(column, 'words')`: a period in the words of the request, as the condition that it sets.

The condition holds what the reader of dates finds at these words, so that "last year" stays relative and
what the network points to is what it is trained to write.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from llmauto_agent.planner.date_conditions import dated
from llmauto_agent.planner.date_words import DateLiteral
from llmauto_agent.planner.dates import read_dates
from llmauto_agent.planner.training import sql_expressions as expressions
from llmauto_agent.planner.training.sql_scope import CannotSay, SqlScope
from llmauto_tools.plan.model import (
    Between,
    Compare,
    Expr,
    Literal_,
    Predicate,
)  # fmt: skip

NAME = "during"
_KINDS = {"period", "relative", "part"}


def during(node: exp.Anonymous, scope: SqlScope) -> Predicate:
    """The condition of one `during(column, 'words')`. Raises CannotSay for words that are no period."""
    if len(node.expressions) != 2:
        raise CannotSay("during", node.sql())
    argument = expressions.expression(node.expressions[0], scope)
    words = expressions.constant(node.expressions[1])
    date = find_period(str(words), scope.texts)
    if scope.family(argument) == "number":
        return _year(argument, date)
    if date.kind == "relative" and date.unit in {None, "hour"}:
        raise CannotSay("period_not_read", date.text)
    return dated(argument, date)


def find_period(words: str, texts: Sequence[str]) -> DateLiteral:
    """What is read at these words in the first of the texts that has them. Raises CannotSay."""
    for text in texts:
        at = text.casefold().find(words.casefold())
        if at < 0:
            continue
        end = at + len(words)
        over = [d for d in read_dates(text) if d.kind in _KINDS and d.start < end and at < d.end]
        if len(over) == 1:
            return over[0]
        raise CannotSay("period_not_read", f"{words!r} is read as {[d.text for d in over] or 'no period'}")
    raise CannotSay("period_not_in_request", words)


def _year(column: Expr, date: DateLiteral) -> Predicate:
    """A period on a column that holds the year as a number."""
    if date.kind != "period" or date.unit != "year":
        raise CannotSay("period_on_year", date.text)
    low = int(date.low[:4]) if date.low else None
    high = int(date.high[:4]) - 1 if date.high else None
    if low is None:
        return Compare(op="<", left=column, right=Literal_(value=(high or 0) + 1))
    if high is None:
        return Compare(op=">=", left=column, right=Literal_(value=low))
    if low == high:
        return Compare(op="=", left=column, right=Literal_(value=low))
    return Between(argument=column, low=Literal_(value=low), high=Literal_(value=high))
