"""What of a question was not understood: the words that no rule took and that are no fillers."""

from __future__ import annotations

import re

from llmauto_agent.planner.harmless import discourse, verbs
from llmauto_agent.planner.read_code import pattern
from llmauto_agent.planner.read_draft import Draft
from llmauto_agent.planner.read_grammar import ROW_NOUNS
from llmauto_agent.planner.read_lexicon import OPERATORS
from llmauto_agent.planner.read_lexicon_en import FILLERS as FILLERS_EN
from llmauto_agent.planner.read_lexicon_zh import FILLERS as FILLERS_ZH
from llmauto_agent.planner.read_lexicon_zh import ROW_NOUNS as ROW_NOUNS_ZH
from llmauto_agent.planner.words import singular
from llmauto_tools.plan.model import Node, Plan

_CJK = re.compile(r"[㐀-鿿]+")
_HARMLESS = "®"
"""Operators that may be left over without changing what is asked."""


def leftovers(d: Draft) -> list[str]:
    """The words and literals of a question that the plan does not reflect."""
    missing: list[str] = []
    text = _without_harmless(d, d.code.text)
    for i, char in enumerate(text):
        words = d.code.words(i, i + 1)
        if char >= "\ue000" and char <= "\uefff":
            if d.code.slot(char).kind in {"n", "d", "q", "v"}:
                missing.append(d.text(char).strip())
        elif char in OPERATORS + "®©" and char not in _HARMLESS:
            missing.append(words)
    text = _without_event_verbs(d, text)
    nouns = {singular(n) for n in d.row_nouns}
    for match in re.finditer(r"[^\W\d_㐀-鿿μηΣσν]+(?:'[a-z]+)?", text):
        word = match[0]
        said = d.code.words(match.start(), match.end())
        if len(said) == 1 and said.isupper() and said != "I" and match.start() > 0:
            missing.append(said)  # "grade A"
            continue
        if word[0] in OPERATORS or word in FILLERS_EN or singular(word) in nouns or word.startswith("'"):
            continue
        if word in discourse():
            continue
        missing.append(word)
    missing += [m[0] for m in re.finditer(r"\d+", text)]
    for match in _CJK.finditer(text):
        rest = match[0]
        common = [n for n in ROW_NOUNS_ZH if n in rest] if d.facts.only else []
        for noun in sorted([*d.row_nouns, *common], key=len, reverse=True):
            rest = rest.replace(noun, " ")
        for filler in FILLERS_ZH:
            rest = rest.replace(filler, " ")
        missing += rest.split()
    return list(dict.fromkeys(missing))


_LINKS = r"(?: ?(?:in|on|at|by|from|to|with|since|before|after|between|during|for|as|of|under|into|through|about|against|over|a|an|be|their|has|have))*"


def _without_event_verbs(d: Draft, text: str) -> str:
    """ "discovered since 2010", "players that play for United": the verb before a filter only links it."""
    text = pattern(rf"(?<![a-z])[a-z]+(?:ed|ing|en|born|made|built|held|sold)(?={_LINKS} ?{{f}})").sub(
        lambda m: " " * len(m[0]), text
    )
    words = [(m.start(), m.end()) for m in re.finditer(r"(?<![a-z'])[a-z]+(?![a-z'])", text)]
    for start, end in words:
        if text[start:end] in verbs() and _links(d, text, start, end):
            text = text[:start] + " " * (end - start) + text[end:]
    return text


def _links(d: Draft, text: str, start: int, end: int) -> bool:
    """Whether a verb says nothing of its own: it stands before a filter, or at the end of "how many goals
    did ... score" where what is counted is in the data."""
    if pattern(rf"{_LINKS} ?{{f}}").match(text, end):
        return True
    counts_rows = d.guessed or any(getattr(m.expr, "function", "") == "count" for m in d.measures())
    ends = re.match(r"[ |]*(?:,|$)", text[end:])
    return (
        bool(ends)
        and not counts_rows
        and bool(re.search(r"(?<![a-z])(?:did|does|do)(?![a-z])", text[:start]))
    )


_TOTALS = ("count", "sum", "count_distinct")


def _without_harmless(d: Draft, text: str) -> str:
    """Operators that repeat what is said anyway: "by" before a measure or a filter, "in total" of a count."""
    text = pattern(r"⊞(?= ?(?:{f}|{m}))").sub(" ", text)
    if any(getattr(m.expr, "function", None) in _TOTALS for m in d.measures()):
        text = text.replace("Σ", " ")
    if d.comparing:
        text = _COMPARATIVE.sub(lambda m: " " * len(m[0]), text)
    return text


_COMPARATIVE = re.compile(
    r"(?<![a-z])(?:higher|lower|more|less|bigger|longer|shorter|greater|better|worse|larger|smaller|older|younger|heavier|lighter)(?![a-z])"
)


def unreached(d: Draft, plan: Plan) -> list[str]:
    """The words for tables that the plan does not read: what they said of the rows was lost."""
    reached = {plan.table, *(j.table for j in plan.joins)}
    stack: list[object] = [plan.where, plan.having]
    while stack:
        node = stack.pop()
        if isinstance(node, Plan):
            reached |= {node.table, *(j.table for j in node.joins)}
            stack.append(node.where)
        elif isinstance(node, Node):
            stack.extend(getattr(node, name) for name in type(node).model_fields)
        elif isinstance(node, tuple):
            stack.extend(node)
    return list(dict.fromkeys(words for table, words in d.named if table not in reached))


_BEFORE_ROWS = re.compile(
    r"(?:^|[|,:\ue000-\uefff#%μηΣ↑↓⊤⊥]|(?<![a-z])(?:of|for|among|amongst|all|which|what|list|show|the|our|are|were|was|many|me|these|those|other|from|between"
    r"|across|these|only|just|and|or|in|give|find|display|count|by|any|different|various|total|both|such|get|see|print|return|sort|rank|to))[ ]?$"
)


def note_row_nouns(d: Draft) -> None:
    """Common nouns for rows ("films", "people") that are left over say only what the rows are, unless they
    are what somebody has ("who own a car")."""
    if d.facts.only is None:
        return
    unclear = {w for words in d.ambiguous for w in words.split()}
    for match in re.finditer(r"(?<![a-z⊞])[a-z]+", d.code.text):
        word = match[0]
        if word in unclear:
            continue
        if (word in ROW_NOUNS and _BEFORE_ROWS.search(d.code.text[: match.start()])) or d.facts.names_rows(
            word, d.base
        ):
            d.row_nouns.add(word)
