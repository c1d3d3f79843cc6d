"""Grammar: not, or, neither; differences between groups; rows without a partner in another table."""

from __future__ import annotations

import re

from llmauto_agent.planner.harmless import verbs
from llmauto_agent.planner.read_code import pattern
from llmauto_agent.planner.read_draft import Draft, MeasureDraft
from llmauto_agent.planner.read_grammar import Stage
from llmauto_tools.plan.model import (
    Aggregate,
    And,
    Arithmetic,
    Compare,
    Literal_,
    Not,
    OneOf,
    Or,
)

LOGIC = Stage()


@LOGIC.rule(
    r"(?:not ?(?:(?:from|in|with|an?|of|at|by) ?)?|(?<![a-z])non[- ]?|except(?: for)? ?|exclud(?:e|ing) ?|other than ?|apart from ?|without ?|ignor(?:e|ing) ?|skip(?:ping)? ?|leav(?:e|ing) out ?|but not ?|(?:is|are|did|was|were|do|does|has|have|had|can|could)(?:n't| not) ?|never ?|no )(?:people |ones |those |rows |records |values |entries |{t}|with|who are)*({f})(?:ones|ones?|values?)?",
    r"(?:不是|不包括|不包含|不含|除了|除去|除|排除|去掉|剔除|非|不在|没有|没|未|不)({f})(?:以外|之外|外)?",
)
@LOGIC.rule(r"({f}) ?(?:left out|excluded|ignored|omitted|removed|not counted|除外|不算|不计)")
def negation(d: Draft, m: re.Match[str]) -> str | None:
    return d.new_f(Not(item=d.value(m[1])), d.span(m))


@LOGIC.rule(
    r"differences? ?(?:in|of|for)?({m})(?:between|of|for|from)({f})",
    r"({m})differences? ?(?:between|of|for)({f})",
    r"differences? ?(?:between|of|for)({f})(?:in|for|of|regarding|⊞|in terms of)*({m})",
    r"({f})({m})(?:之间)?(?:相差|的?差距?|差异|差值|差别|差了)(?:是|为)?(?:多少)?",
    r"({f})({m})(?:差|相差)多少",
)
def difference(d: Draft, m: re.Match[str]) -> str | None:
    """ "difference in average price between A and B": the first minus the second."""
    chars = (m[1], m[2]) if d.code.slot(m[1]).kind == "m" else (m[2], m[1])
    measure, groups = d.value(chars[0]), d.value(chars[1])
    if not isinstance(groups, OneOf) or len(groups.values) != 2 or not isinstance(measure.expr, Aggregate):
        return None
    sides = [
        measure.expr.model_copy(
            update={"where": Compare(op="=", left=groups.argument, right=Literal_(value=value))}
        )
        for value in groups.values
    ]
    d.comparing = False
    d.assume(f"{groups.values[0]} − {groups.values[1]}")
    return d.new_m(MeasureDraft(Arithmetic(op="-", left=sides[0], right=sides[1]), d.span(m)))


@LOGIC.rule(r"neither ?({f}) ?nor ?(?:an? )?({f})")
def neither(d: Draft, m: re.Match[str]) -> str | None:
    return d.new_f(And(items=(Not(item=d.value(m[1])), Not(item=d.value(m[2])))), d.span(m))


@LOGIC.rule(r"({c}) ?(?:is|are|was|were|does|do|did|has)? ?not ?(?:equal|from|in|at|an?|be)? ?({f})")
def column_is_not(d: Draft, m: re.Match[str]) -> str | None:
    """ "whose industry is not Banking": the column only says what the value is of."""
    predicate = d.value(m[2])
    target = getattr(predicate, "left", None) or getattr(predicate, "argument", None)
    return d.new_f(Not(item=predicate), d.span(m)) if target == d.expr(m[1]) else None


@LOGIC.rule(r"({c}) ?(?:to|in|by|from|at|on|⊞)? ?({f})")
def verb_of_column(d: Draft, m: re.Match[str]) -> str | None:
    """ "shipped to France": the verb only says what the value is of; it asks for no column."""
    word = d.text(m[1]).casefold()
    verb = re.fullmatch(r"[a-z]+(?:ed|ing)", word)
    linking = word in verbs() and pattern(r"(?:{t}|{m}|who|that|which) ?$").search(d.code.text[: m.start()])
    return m[2] if verb or linking else None


@LOGIC.rule(r"(?:either )?({f}) ?(?:or|或者?|或是) ?({f})")
def either(d: Draft, m: re.Match[str]) -> str | None:
    left, right = d.value(m[1]), d.value(m[2])
    items = (*left.items, right) if isinstance(left, Or) else (left, right)
    return d.new_f(Or(items=items), d.span(m))


# ---- rows without a partner in another table


@LOGIC.rule(
    r"({t}) ?(?:who|that|which|with|have|has|had|did|were|are|been|no|not|never|any|without|do|does|placed|made|bought|purchased|an|a|∅| |didn't|haven't|hasn't|don't|doesn't)+({t})",
    r"({t})(?:从未|从来没有|从没|没有|没|未|不曾)(?:有|过|被|下过|任何)*({t})",
    r"(?:从未|从来没有|从没|没有|没|未)(?:有|过|被|下过|任何)*({t})(?:过)?({t})",
)
def without_partner(d: Draft, m: re.Match[str]) -> str | None:
    """ "customers who never ordered": rows that no row of the other table points to."""
    from llmauto_agent.planner.read_joins import partners

    if not re.search(
        r"\b(?:no|not|never|without|\w+n't)\b|没|未|不曾", d.code.words(m.start(1) + 1, m.end())
    ) and not re.search(r"从未|没|未|不曾", m[0]):
        return None
    here, there = d.value(m[1]), d.value(m[2])
    if re.match(r"从|没|未", m[0]):
        here, there = there, here
    if here is None or there is None or here == there:
        return None
    found = partners(d.facts, here, there)
    if found is None:
        return None
    d.base = here
    keep = m[1] if d.value(m[1]) == here else m[2]
    return keep + d.new_f(Not(item=found), d.span(m))
