"""Sentences for results of one row: totals, counts, shares, comparisons of two restricted measures."""

from __future__ import annotations

import re

from llmauto_agent.numbers import format_percent, is_number
from llmauto_agent.planner.verbalise_groups import compare_two
from llmauto_agent.planner.verbalise_result import Output, is_ratio_of_parts
from llmauto_agent.planner.verbalise_sentence import Sentence
from llmauto_tools.plan.model import Aggregate, And, Arithmetic, Predicate

_SHARE_WORDS = re.compile(r"\b(share|percent|percentage|proportion|fraction|rate)\b|占比|比例|百分|率", re.I)


def word_totals(s: Sentence) -> str:
    """One row of measures over all matching rows."""
    values = s.view.values
    if len(values) == 1:
        return _answer(s, values[0])
    share = _share_of_counts(s)
    if share:
        return share
    pair = _restricted_pair(s)
    if pair:
        return pair
    facts = [_fact(s, output) for output in values]
    joined = s.voice.join(facts)
    return s.capital(s.say("facts", facts=joined, for_rows=s.condition("for_rows", s.where)))


def _fact(s: Sentence, output: Output) -> str:
    value = s.view.rows[0][output.index]
    if value is None:
        return s.say("fact_none", what=s.what(output))
    return s.say("fact", what=s.what(output), value=s.view.text(output, value))


def _answer(s: Sentence, output: Output) -> str:
    value = s.view.rows[0][output.index]
    expr = output.expr
    if value is None:
        return s.say("no_value", what=s.what(output), of_rows=s.condition("of_rows", s.where))
    if (
        isinstance(expr, Aggregate)
        and expr.function == "count"
        and expr.argument is None
        and is_number(value)
    ):
        return _count(s, value, _both(s.where, expr.where))
    plain = isinstance(expr, Aggregate) and expr.where is None and is_number(value)
    if (
        plain
        and isinstance(expr, Aggregate)
        and expr.function == "count_distinct"
        and expr.argument is not None
    ):
        template = "different_one" if value == 1 else "different"
        what = s.voice.expression(expr.argument)
        return s.say(template, count=f"{value:,}", what=what, of_rows=s.condition("of_rows", s.where))
    part = expr.left if is_ratio_of_parts(expr) and isinstance(expr, Arithmetic) else None
    if isinstance(part, Aggregate) and part.argument is None and part.where is not None:
        with_, percent = s.condition("with", s.where), s.view.text(output, value)
        return s.say("share_only", percent=percent, noun=s.noun, with_=with_, verb=_verb(s, part.where))
    shown = s.view.text(output, value)
    rate = isinstance(expr, Aggregate) and expr.function == "avg" and not output.percent
    if rate and is_number(value) and 0 < value < 1 and _SHARE_WORDS.search(s.question):
        shown = s.say("percent_also", value=shown, percent=format_percent(value))
    of_rows = s.condition("of_rows", s.where)
    return s.capital(s.say("scalar", what=s.what(output), of_rows=of_rows, value=shown))


def _both(first: Predicate | None, second: Predicate | None) -> Predicate | None:
    """The filter of the plan and that of its one measure, which restrict the same rows."""
    if first is None or second is None:
        return first or second
    return And(items=(first, second))


def _count(s: Sentence, value: float, where: Predicate | None) -> str:
    verb = s.voice.verb_of(where, s.question)
    if verb and value:
        sentence = s.say(
            "count_verb_one" if value == 1 else "count_verb", count=f"{value:,}", noun=s.noun, verb=verb
        )
    else:
        template = {0: "none", 1: "count_one"}.get(int(value), "count")
        sentence = s.say(template, count=f"{value:,}", noun=s.noun, with_=s.condition("with", where))
    if s.voice.yes_no(s.question):
        lowered = sentence if s.voice.language == "zh" else sentence[:1].lower() + sentence[1:]
        return s.say("yes" if value else "no", sentence=lowered)
    return sentence


def _verb(s: Sentence, condition: Predicate) -> str:
    words = s.voice.predicate(condition)
    return s.voice.verb_of(condition, s.question) or s.say("share_condition", condition=words)


def _share_of_counts(s: Sentence) -> str | None:
    """ "Of 891 passengers, 342 survived (38.4%)", where the plan counts both a part and the whole."""
    part = whole = None
    for output in s.view.values:
        expr = output.expr
        if is_ratio_of_parts(expr):
            continue
        if not isinstance(expr, Aggregate) or expr.function != "count" or expr.argument is not None:
            return None
        if expr.where is None:
            whole = output
        elif part is None:
            part = output
        else:
            return None
    if part is None or whole is None or not isinstance(part.expr, Aggregate) or part.expr.where is None:
        return None
    counts = s.view.rows[0][part.index], s.view.rows[0][whole.index]
    if not counts[1]:
        return s.nothing()
    return s.say(
        "share" if counts[0] else "share_none",
        whole=f"{counts[1]:,}",
        part=f"{counts[0]:,}",
        percent=format_percent(counts[0] / counts[1]),
        noun=s.noun,
        with_=s.condition("with", s.where),
        verb=_verb(s, part.expr.where),
    )


def _restricted_pair(s: Sentence) -> str | None:
    """The same aggregate under two conditions, compared."""
    pairs = [(o, o.expr) for o in s.view.values if isinstance(o.expr, Aggregate) and o.expr.where]
    if len(pairs) != 2 or len(s.view.values) > 4:
        return None
    (first, a), (second, b) = pairs
    if (a.function, a.argument) != (b.function, b.argument) or a.where is None or b.where is None:
        return None
    values = [s.view.rows[0][o.index] for o in (first, second)]
    if not all(map(is_number, values)):
        return None
    what = s.voice.expression(a.model_copy(update={"where": None}))
    labels = [s.voice.predicate(w) for w in (a.where, b.where)]
    head = s.capital(what) + s.condition("for_rows", s.where)
    return s.say("head", head=head, rest=compare_two(s, first, labels, values))
