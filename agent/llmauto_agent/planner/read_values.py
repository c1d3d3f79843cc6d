"""Grammar: values found in the data and yes/no columns become filters, or the groups that are compared."""

from __future__ import annotations

import re

from llmauto_agent.planner.linker import Pick
from llmauto_agent.planner.read_draft import Draft, MeasureDraft
from llmauto_agent.planner.read_facts import Col
from llmauto_agent.planner.read_filters import IS
from llmauto_agent.planner.read_grammar import Stage
from llmauto_tools.plan.model import (
    And,
    Arithmetic,
    Compare,
    IsNull,
    Literal_,
    Not,
    OneOf,
    Predicate,
)

VALUES = Stage()
FLAGS = Stage()


@VALUES.rule(
    r"with(?: and |/| or | vs\.? )without({c})",
    r"with({c}) ?(?:and|or|vs\.?|versus) ?without(?: it| one|{c})?",
    r"有(?:和|与)没有({c})",
)
def with_and_without(d: Draft, m: re.Match[str]) -> str | None:
    """ "with and without central air": both groups."""
    col = d.col(m[1])
    if col is None or not d.facts.discrete(col):
        return None
    d.groups.append(col.ref)
    return d.note(m)


@VALUES.rule(r"({v})([^|{n}]*?)≻(?:non[- ]?)?({v})", r"({v})(?:比|相比|较)({v})()")
def more_than(d: Draft, m: re.Match[str]) -> str | None:
    """ "do men tip more than women": a comparison of the two groups."""
    second, middle = (m[3], m[2]) if m[3] else (m[2], "")
    picks: list[Pick] = [d.value(m[1]), d.value(second)]
    if (picks[0].link.table, picks[0].link.column) != (picks[1].link.table, picks[1].link.column):
        return None
    col = d.facts.col(picks[0].link.table or "", picks[0].link.column or "")
    d.comparing = True
    if picks[0].link.value == picks[1].link.value:  # smokers and non-smokers
        d.groups.append(col.ref)
        return middle
    return d.new_f(value_filter(col, picks), d.span(m)) + middle


@VALUES.rule(
    rf"({{c}})?{IS} ?((?:{{v}})(?:(?: ?(?:,|and|or|&|/|vs\.?|versus|of|for|in|with) ?|和|与|及|以及|、|或者?|还是|跟|对比|比|)+(?:{{v}}))*)(?: ?- ?(?={{c}}))?({{c}})?"
)
def values(d: Draft, m: re.Match[str]) -> str | None:
    picks: list[tuple[str, Pick]] = [(c, d.value(c)) for c in m[2] if "\ue700" <= c < "\ue900"]
    text = d.span(m)
    before, after = m[1] or "", m[3] or ""
    columns = {(p.link.table, p.link.column) for _, p in picks}
    if len(columns) > 1:
        return None if len(picks) == 1 else _mixed(d, m)
    col = d.facts.col(picks[0][1].link.table or "", picks[0][1].link.column or "")
    keep_before = before if before and d.col(before) != col else ""
    keep_after = after if after and d.col(after) != col else ""
    if keep_before:
        text = "".join(d.text(c) for c, _ in picks)
    if len(picks) > 1:
        d.joined = d.joined or bool(re.search(r"and|&|和|与|及|、", m[2]))
    if len(picks) > 1 and not keep_after:
        d.comparing = (
            d.comparing
            or d.language == "zh"
            or bool(re.search(r"or|vs|versus|and|&|还是|和|与|跟|对比|比", m[2]))
        )
    return keep_before + d.new_f(value_filter(col, [p for _, p in picks]), text) + keep_after


def _mixed(d: Draft, m: re.Match[str]) -> str | None:
    """Values of several columns side by side: each is a filter of its own, the words between stay."""
    out = m[1] or ""
    last = None
    for char in m[2]:
        if "\ue700" <= char < "\ue900":
            pick: Pick = d.value(char)
            col = d.facts.col(pick.link.table or "", pick.link.column or "")
            out += d.new_f(value_filter(col, [pick]), d.text(char))
            last = col
        else:
            out += char
    return out + (m[3] if m[3] and d.col(m[3]) != last else "")


def value_filter(col: Col, picks: list[Pick]) -> Predicate:
    """The filter that one or several values of a column stand for; an opposite ("unarmed") negates it."""
    negated = [
        p.link.value for p in picks if p.link.negated and p.link.how != "flag" and p.link.value is not None
    ]
    constants = [p.link.value for p in picks if p.link.value is not None and p.link.value not in negated]
    if negated and not constants:
        inner: list[Predicate] = [Compare(op="!=", left=col.ref, right=Literal_(value=v)) for v in negated]
        return inner[0] if len(inner) == 1 else And(items=tuple(inner))
    if len(constants) == 1:
        return Compare(op="=", left=col.ref, right=Literal_(value=constants[0]))
    return OneOf(argument=col.ref, values=tuple(dict.fromkeys(constants)))


@FLAGS.rule(
    r"(?:with|having|have|has|had|got|gets?|received)(?: an?)?({c})(?=$|[|,⊞]| ?(?:by|per|in|who|that|and|are)(?![a-z]))",
    r"有({c})(?=$|[|,⊞的])(?!{n})",
)
def having_some(d: Draft, m: re.Match[str]) -> str | None:
    """ "orders with a discount": more than nothing, or not missing."""
    col = d.col(m[1])
    if col is None or d.facts.yes(col) is not None or d.facts.is_key(col):
        return None
    if not (
        d.measures()
        or "%" in d.code.text
        or d.row_nouns
        or re.search(r"[\ue600-\ue6ff]", d.code.text[: m.start()])
    ):
        return None
    known = d.facts.known(col)
    text = d.span(m)
    if col.family == "number":
        if known is None or known.low is None or float(known.low) != 0:
            return None
        d.assume(f"'{text}' read as {col.name} above 0")
        return d.new_f(Compare(op=">", left=col.ref, right=Literal_(value=0)), text)
    d.assume(f"'{text}' read as {col.name} not missing")
    return d.new_f(Not(item=IsNull(argument=col.ref)), text)


@FLAGS.rule(
    r"(?:have|has|had|did|who|that)? ?(?:never|not|n't) ?(?:have|had|got|get|received?|scored?|made|make|taken?|any|a|an|been|done|given)*(?: any| an?)? ?({cn})(?![≻≺⪰⪯≈])",
    r"(?:从未|从没|没有|没)(?:过|有|任何)*({cn})(?=$|[|,的])",
)
def none_of(d: Draft, m: re.Match[str]) -> str | None:
    """ "players that never got a red card": none of an amount that can be 0."""
    col = d.col(m[1])
    known = d.facts.known(col) if col else None
    if col is None or known is None or known.low is None or float(known.low) != 0 or d.facts.yes(col):
        return None
    return d.new_f(Compare(op="=", left=col.ref, right=Literal_(value=0)), d.span(m))


@FLAGS.rule(
    r"({n})? ?(?:(?<![a-z])(?:is|was|were|are|who|that|did|had|have|has|with)(?![a-z]) ?)* ?({c})(?:了|过)?({f})?"
)
def flag(d: Draft, m: re.Match[str]) -> str | None:
    """A yes/no column that is named among rows that are counted: those with yes."""
    col = d.col(m[2])
    if m[1] or col is None or (yes := d.facts.yes(col)) is None:
        return None
    if d.comparing and not d.measures():
        share = Arithmetic(op="/", left=d.count(where=yes), right=d.count())
        return d.new_m(MeasureDraft(share, d.span(m))) + (m[3] or "")
    counted = re.search(r"[%#®]", d.code.text) or d.measures()
    said = re.match(r"\s*(?:who|that|with)\b", m[0])
    if not counted and not said:
        return None
    return d.new_f(yes, d.span(m)) + (m[3] or "")


def conjunction(items: list[Predicate]) -> Predicate | None:
    unique = list({p.model_dump_json(): p for p in items}.values())
    if not unique:
        return None
    return unique[0] if len(unique) == 1 else And(items=tuple(unique))
