"""What a number does in its sentence: restate a condition of the question, count, or state a result.

A literal of the plan or of the question grounds a number only where the words around it restate a
condition ("Age over 50", "the 5 cheapest", "in 2023"). A result that happens to equal a literal is not
grounded by it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Literal

from llmauto_agent.grounding.facts import FUNCTION_WORDS, Column, Constant
from llmauto_agent.grounding.labels import name_before
from llmauto_agent.grounding.mentions import Mention

Role = Literal["restating", "perhaps", "result"]

_COMPARED = re.compile(
    r"(?:\b(?:over|above|under|below|than|at least|at most|exceed\w*|between|up to|within|minimum of|"
    r"maximum of|older|younger)|[<>≥≤]|[<>]=|超过|大于|小于|至少|至多|最多|不到|不超过|高于|低于|多于|少于|介于|不少于|"
    r"不多于|不低于|不高于|早于|晚于|不早于|不晚于)\s*(?:the\s+)?[$€£¥₹(]?\s*$",
    re.I,
)
_RANGED = re.compile(
    r"(?:\b(?:in|on|from|since|before|after|until|till|during|by|through|to|for|of|and|dated|year)|[在从到至自于以和与]|截至)"
    r"\s*(?:the\s+(?:year\s+)?)?$",
    re.I,
)
_COUNTED_OFF = re.compile(
    r"(?:\b(?:top|first|last|bottom|best|worst|past|every|per|limit)|前|后|最近|每|最后|over|from|the)\s*$",
    re.I,
)
_SUPERLATIVE = re.compile(
    r"\b(?:most|least|highest|lowest|largest|smallest|biggest|latest|earliest|newest|oldest|best|worst|first|last|"
    r"cheapest|top|longest|shortest)\b",
    re.I,
)
_SUPERLATIVE_ZH = re.compile(r"(?:最\w{1,3}|前|后)的?\s*$")
_AFTERWARDS = re.compile(
    r"\s*(?:\+|or (?:more|older|higher|above|less|fewer|younger|lower|below|later|earlier)|以上|以下|以内|及以上|"
    r"(?:year|month|week|day)s?\b(?! (?:is|are|has))|-(?:year|month|week|day|unit|point))",
    re.I,
)
_LISTED = re.compile(r"\s*(?:and|or|to|-|–|,|，|、|和|或|到|至|与|and the)\s*[$€£¥₹]?\s*", re.I)
_COUNT_NOUN = re.compile(
    r"\s*(?:different |distinct |unique |matching |other |such |of the )*"
    r"(?:rows?|groups?|results?|records?|entries|entry|matches|values?|items?|categories|observations?|lines?|"
    r"people|cases|types|kinds|columns?|tables?)\b|\s*(?:in all|in total|altogether)\b|\s*(?:行|组|条|个|名|位|种|件|项|人)",
    re.I,
)
_UP_TO = re.compile(r"\s*到[^，。；]{1,24}之间")
_PERCENTILE = re.compile(r"\s*(?:percentile|百?分位)", re.I)


def follows_listing(previous: Mention | None, mention: Mention, text: str) -> bool:
    """Whether the mention goes on a list or a range that the previous one began ("20 and 30")."""
    return previous is not None and bool(_LISTED.fullmatch(text[previous.end : mention.start]))


def role_of(text: str, mention: Mention, constants: Sequence[Constant]) -> Role:
    """Whether the words around a number restate a condition, may do so, or state a result."""
    before = text[max(0, mention.start - 60) : mention.start]
    if _COMPARED.search(before) or mention.kind == "ordinal":
        return "restating"
    if any(name_before(text, mention.start, c.columns) for c in constants):
        return "perhaps"
    if _COUNTED_OFF.search(before) or _RANGED.search(before):
        return "perhaps"
    if _SUPERLATIVE_ZH.search(before) or _AFTERWARDS.match(text, mention.end):
        return "perhaps"
    return "result"


def counts_something(text: str, mention: Mention, nouns: Sequence[str]) -> bool:
    """Whether a noun follows that is counted: rows, groups, or a noun of the question or the columns."""
    if mention.kind not in {"number", "times"} or mention.step < 1:
        return False
    if _COUNT_NOUN.match(text, mention.end):
        return True
    following = text[mention.end : mention.end + 40].lstrip().casefold()
    return any(following.startswith(noun) for noun in nouns)


def fitting_constant(text: str, mention: Mention, constants: Sequence[Constant]) -> Constant | None:
    """The literal that a restating number repeats, judged by its value and by the words around it."""
    return next((c for c in constants if _repeats(text, mention, c)), None)


def _repeats(text: str, mention: Mention, constant: Constant) -> bool:
    before = text[max(0, mention.start - 60) : mention.start]
    if mention.date is not None or (mention.year_like and constant.date is not None):
        return _repeats_date(before, text, mention, constant)
    if mention.kind in {"times", "points"} or not isinstance(constant.value, float):
        return False
    if mention.kind == "ordinal":
        percentile = _PERCENTILE.match(text, mention.end)
        return constant.value == mention.value and (constant.kind == "limit" or bool(percentile))
    percent = mention.kind == "percent"
    equal = abs(constant.value * (100 if percent else 1) - mention.value) < 1e-9 * max(
        1.0, abs(mention.value)
    )
    equal = equal or (percent and constant.percent and constant.value == mention.value)
    if not equal and float(mention.step) > 1:
        equal = constant.value == mention.value
    return equal and _worded(before, text, mention, constant)


def _worded(before: str, text: str, mention: Mention, constant: Constant) -> bool:
    """Whether the words fit the literal: a limit is counted off, a filter is compared or named."""
    after = text[mention.end : mention.end + 70]
    if constant.kind == "limit":
        superlative = re.search(r"\bthe\s+$", before, re.I) and _SUPERLATIVE.search(after)
        return bool(superlative or (_COUNTED_OFF.search(before) and not before.rstrip().endswith("the"))
                    or _SUPERLATIVE_ZH.search(before))  # fmt: skip
    if constant.kind == "setting":
        return bool(_COUNTED_OFF.search(before) or _AFTERWARDS.match(text, mention.end))
    if _COMPARED.search(before) or _AFTERWARDS.match(text, mention.end):
        return True
    if before.rstrip().endswith("在") and _UP_TO.match(after):
        return True
    named = constant.equality and name_before(text, mention.start, constant.columns)
    return bool(named) or (mention.year_like and bool(_RANGED.search(before)))


def _repeats_date(before: str, text: str, mention: Mention, constant: Constant) -> bool:
    named = name_before(text, mention.start, constant.columns)
    if not (_RANGED.search(before) or _COMPARED.search(before) or named):
        return False
    date = mention.date
    if isinstance(constant.value, float):
        alone = date is not None and date.month is None and date.quarter is None and date.day is None
        return bool(alone and date is not None and date.year == constant.value)
    when = constant.date
    if when is None:
        return False
    last = when - dt.timedelta(days=1)
    if date is None:
        return mention.value == (last.year if constant.kind == "end" else when.year)
    if constant.kind != "end":
        return date.fits(when)
    return date.fits(last) or (date.day is not None and date.fits(when) and bool(_COMPARED.search(before)))


def columns_meant(context: str, columns: Sequence[Column]) -> list[Column]:
    """The columns that the words before a number speak of, by name and by aggregate; all where none is
    named, several where they are named alike."""
    folded = context.casefold()
    scores = []
    for column in columns:
        named = any(n and n.casefold() in folded for n in column.names)
        function = column.pattern is not None and column.pattern.search(context)
        scores.append(2 * bool(named) + 2 * bool(function))
    best = max(scores, default=0)
    return [c for c, score in zip(columns, scores, strict=True) if score == best]


def speaks_of(context: str, *functions: str) -> bool:
    """Whether the words hold one of these aggregates ("max": highest, largest, 最高...)."""
    return any(re.search(FUNCTION_WORDS[f], context, re.I) for f in functions)
