"""Grammar: missing values, and texts that contain, start or end with something."""

from __future__ import annotations

import re

from llmauto_agent.planner.read_draft import Draft
from llmauto_agent.planner.read_filters import IS, kind_of
from llmauto_agent.planner.read_grammar import Stage
from llmauto_tools.plan.model import (
    Compare,
    IsNull,
    Literal_,
    Not,
    Or,
    TextMatch,
)

NULLS = Stage()


@NULLS.rule(
    r"(?:with |having )?∅(?: ?(?:value|values|entries) ?(?:for|in|of))?({c})∃?",
    r"∅({c})∃?",
    r"({c})(?:is |are |was |值)?∅(?:value)?",
    r"(?:with|have|has|having|had)? ?no({c})(?:recorded|known|given|at all|value|∃)?",
    r"({c})(?:没有|没)(?:值|数据|记录)",
)
def null(d: Draft, m: re.Match[str]) -> str | None:
    col = d.col(m[1])
    if col is None:
        return None
    if d.facts.yes(col) is not None and re.search(r"\b(?:no|without)\b|没有|无|没", d.span(m)):
        answer = d.facts.yes(col, wanted=False)
        return d.new_f(answer, d.span(m)) if answer else None
    known = d.facts.known(col)
    none = re.search(r"\b(?:no|without)\b|没|无", d.span(m))
    if col.family == "number" and known is not None and known.low == 0 and none:
        return d.new_f(Compare(op="=", left=col.ref, right=Literal_(value=0)), d.span(m))
    return d.new_f(IsNull(argument=col.ref), d.span(m))


@NULLS.rule(
    r"(?:with |have |has |having |contain(?:s|ing)? )?(⪰{n}|any|有任何|有)?∅ ?(?:values?|cells?|data|entries|值|数据)(?! ?(?:in|for|of|per|⊞))"
)
def any_null(d: Draft, m: re.Match[str]) -> str | None:
    """ "at least one missing value": in any column of the table."""
    if m[1] and m[1][0] == "⪰" and d.value(m[1][1]).value != 1:
        return None
    if not (d.code.text[: m.start()].strip() or d.code.text[m.end() :].strip()):
        return None
    items = tuple(IsNull(argument=c.ref) for c in d.facts.columns(d.base))
    return d.new_f(Or(items=items), d.span(m))


@NULLS.rule(r"({c})∃", r"∃({c})", r"(?:with|having|have|has) (?:known|recorded)({c})")
def not_null(d: Draft, m: re.Match[str]) -> str | None:
    col = d.col(m[1])
    return d.new_f(Not(item=IsNull(argument=col.ref)), d.span(m)) if col else None


@NULLS.rule(
    r"({ct})(?:that |which |is |are |里|中|名)?([ℓ⊢⊣])(?:with |word |letter |text )*({q}|[a-z0-9]+)(?:开头|起头|打头|结尾|字样|结束)?",
    r"(?:whose |named |called |title )?([ℓ⊢⊣])(?:with |word |letter |text )*({q})(?:开头|起头|打头|结尾|字样|结束)?",
    r"({ct})(?:里|中)?(?:以)?({q})([⊢⊣]|开头|结尾)",
)
def text_match(d: Draft, m: re.Match[str]) -> str | None:
    parts = [p for p in m.groups() if p]
    how = next((p for p in parts if p in "ℓ⊢⊣"), "⊢" if "开头" in parts else "⊣")
    quoted = next(
        (p for p in parts if (p not in "ℓ⊢⊣" and not d.code.slots_in(p)) or kind_of(d, p) == "q"),
        None,
    )
    column = next((d.col(p) for p in parts if kind_of(d, p) == "ct"), None) or d.facts.label(d.base)
    if column is None or quoted is None:
        return None
    text = str(d.value(quoted)) if kind_of(d, quoted) == "q" else quoted
    kind = {"ℓ": "contains", "⊢": "starts", "⊣": "ends"}[how]
    return d.new_f(TextMatch(argument=column.ref, how=kind, text=text), d.span(m))  # type: ignore[arg-type]


@NULLS.rule(r"({ct}) ?(?:is|are|was|were|does|do|did)? ?not ?(?:named|called|equal)?({q})")
def text_differs(d: Draft, m: re.Match[str]) -> str | None:
    col = d.col(m[1])
    if col is None:
        return None
    same = TextMatch(argument=col.ref, how="equals", text=str(d.value(m[2])))
    return d.new_f(Not(item=same), d.span(m))


@NULLS.rule(rf"({{ct}})(?:named|called|叫){IS} ?({{q}})", rf"({{ct}}){IS} ?({{q}})")
def text_equal(d: Draft, m: re.Match[str]) -> str | None:
    col = d.col(m[1])
    text = str(d.value(m[2]))
    return d.new_f(TextMatch(argument=col.ref, how="equals", text=text), d.span(m)) if col else None


@NULLS.rule(r"(?:called|named|by name of|whose name is|whose name contains) ?([a-z][a-z'-]+)(?![a-z])")
def called(d: Draft, m: re.Match[str]) -> str | None:
    """ "everybody called Smith": in the column that names the rows."""
    label = d.facts.label(d.base)
    if label is None:
        return None
    return d.new_f(
        TextMatch(argument=label.ref, how="contains", text=d.code.words(m.start(1), m.end(1))), d.span(m)
    )
