"""Grammar: aggregates, counts, rates and correlations become measures."""

from __future__ import annotations

import re

from llmauto_agent.planner.linker import Pick
from llmauto_agent.planner.read_draft import Draft, MeasureDraft, Refusal
from llmauto_agent.planner.read_facts import Col
from llmauto_agent.planner.read_grammar import NOUN, PARTS, ROW_NOUNS, Stage
from llmauto_agent.planner.read_lexicon import AGGREGATES
from llmauto_agent.planner.read_values import value_filter
from llmauto_tools.plan.model import Aggregate, Arithmetic, Expr, Predicate

MEASURES = Stage()
COUNTS = Stage()

_AGG = "[μηΣ↑↓σν◊]"


def aggregate(d: Draft, symbol: str, char: str) -> Aggregate | None:
    """The aggregate of a column or expression; None where its type does not allow it."""
    function = AGGREGATES[symbol]
    col = d.col(char)
    if col is not None and col.family != "number":
        pair = d.facts.binary(col)
        if function in {"avg", "sum"} and re.match("®", d.code.text[d.code.text.find(char) + 1 :]):
            return None  # "overall churn rate": the rate, of all
        if function in {"avg", "sum"} and pair is not None and (yes := d.facts.yes(col)) is not None:
            return d.count(where=yes) if function == "sum" else None
        if (function in {"min", "max"} and col.family == "date") or function == "mode":
            return Aggregate(function=function, argument=col.ref)  # type: ignore[arg-type]
        return None
    return Aggregate(function=function, argument=d.expr(char))  # type: ignore[arg-type]


def measure(d: Draft, symbol: str, char: str, text: str) -> str | None:
    expr = aggregate(d, symbol, char)
    return None if expr is None else d.new_m(MeasureDraft(expr, text))


@MEASURES.rule(
    r"({n}) ?(?:th|st|nd|rd)?[ -]?percentiles?(?: ?of)?({x})",
    r"({x})(?:第)?({n})(?:th)?(?:分位数?|百分位数?)",
    r"({x})({n}) ?percentile",
)
def quantile(d: Draft, m: re.Match[str]) -> str | None:
    number, char = (m[1], m[2]) if d.code.slot(m[1]).kind == "n" else (m[2], m[1])
    fraction = float(d.value(number).value)
    fraction = fraction / 100 if fraction > 1 else fraction
    expr = Aggregate(function="quantile", argument=d.expr(char), fraction=fraction)
    return d.new_m(MeasureDraft(expr, d.span(m)))


@MEASURES.rule(
    r"©(?: ?(?:between|of))?({x}) ?(?:and|with|to|vs|和|与|跟)+ ?({x})©?",
    r"(?:is |are |does )?({x})©({x})",
    r"({x})(?:和|与|跟)({x})(?:之间)?(?:有)?©(?:吗)?",
    r"(?:is |are )?({x})(?: and )({x})©",
)
def correlation(d: Draft, m: re.Match[str]) -> str | None:
    if m[1] == m[2]:
        return None
    expr = Aggregate(function="corr", argument=d.expr(m[1]), second=d.expr(m[2]))
    return d.new_m(MeasureDraft(expr, d.span(m)))


@MEASURES.rule(
    rf"({_AGG})(?:(?: ?(?:,|and|&|or) ?|和|与|及|、)+({_AGG}))(?:(?: ?(?:,|and|&) ?|和|与|及|、)+({_AGG}))?(?: ?of)?({{x}})"
)
def several_aggregates(d: Draft, m: re.Match[str]) -> str | None:
    return "".join(measure(d, s, m[4], d.text(m[4])) or "" for s in (m[1], m[2], m[3]) if s)


@MEASURES.rule(
    rf"({{x}})({_AGG})(?:(?: ?(?:,|and|&) ?|和|与|及|、)+({_AGG}))(?:(?: ?(?:,|and|&) ?|和|与|及|、)+({_AGG}))?(?!{{x}})"
)
def several_after(d: Draft, m: re.Match[str]) -> str | None:
    return "".join(measure(d, s, m[1], d.text(m[1])) or "" for s in (m[2], m[3], m[4]) if s)


@MEASURES.rule(
    rf"({_AGG})(?: ?(?:of|in|for|number of|value of|amount of|是|的))?#?({{x}}|{{cd}})((?:(?: ?(?:,|and|&) ?|和|与|及|、)+{{x}})+)(?!{_AGG})"
)
def several_columns(d: Draft, m: re.Match[str]) -> str | None:
    chars = m[2] + "".join(c for c in m[3] if c > "\ue000")
    made = [measure(d, m[1], c, d.span(m) if c == m[2] else d.text(c)) for c in chars]
    return None if None in made else "".join(x for x in made if x)


@MEASURES.rule(rf"({_AGG})(?: ?(?:of|in|for|number of|value of|amount of))?#?({{x}}|{{c}})")
def one_aggregate(d: Draft, m: re.Match[str]) -> str | None:
    return measure(d, m[1], m[2], d.span(m))


@MEASURES.rule(rf"({{x}}|{{cd}})(?:on|in)?({_AGG})(?!{{x}})")
def aggregate_after(d: Draft, m: re.Match[str]) -> str | None:
    return measure(d, m[2], m[1], d.span(m))


@MEASURES.rule(r"Σ(?: ?of)?({t})", r"({t})Σ")
def total_of_rows(d: Draft, m: re.Match[str]) -> str | None:
    """ "total sales", "total of the invoices": the amount that the rows of a table carry."""
    table = d.value(m[1])
    if table is None:
        return None
    named = [
        c
        for c in d.facts.columns(table)
        if re.fullmatch(r"total|amount|value|sum|revenue|sales|.*[金总销]售?额", c.name.lower())
    ]
    if len(named) != 1 or named[0].family != "number":
        return None
    return d.new_m(MeasureDraft(Aggregate(function="sum", argument=named[0].ref), d.span(m)))


@MEASURES.rule(r"[Σμ]?({v}|{c})(?:ing|al)?®", r"®of({v}|{c})", r"({v}|{cb})%(?!{any})")
def rate(d: Draft, m: re.Match[str]) -> str | None:
    """ "survival rate", "refund rate": the share of the rows with that value."""
    yes = _truth(d, m[1])
    if yes is None:
        return None
    return d.new_m(MeasureDraft(share_of(d, yes), d.span(m)))


def _truth(d: Draft, char: str) -> Predicate | None:
    value = d.value(char)
    if isinstance(value, Pick):
        return value_filter(d.facts.col(value.link.table or "", value.link.column or ""), [value])
    return d.facts.yes(value) if isinstance(value, Col) else None


def share_of(d: Draft, part: Predicate) -> Expr:
    """Rows that fulfil `part`, divided by all rows."""
    return Arithmetic(op="/", left=d.count(where=part), right=d.count())


@MEASURES.rule(r"(μ)?(?:卖|售|销|买)[出了掉]*#", r"(μ)({t})?(?:金额|销售额|消费)", language="zh")
def pieces_sold(d: Draft, m: re.Match[str]) -> str | None:
    """平均卖多少件: of the quantity."""
    hit = d.facts.concept("quantity" if "#" in m[0] else "sales", [d.base])
    if hit is None:
        return None
    function = "avg" if m[1] else "sum"
    return d.new_m(MeasureDraft(Aggregate(function=function, argument=hit[0].ref), d.span(m)))  # type: ignore[arg-type]


@MEASURES.rule(
    r"({x})(?: ?(?:distribution|spread))?(?: ?range|范围|区间|的范围)(?:: ?↓ ?(?:and|to) ?↑)?",
    r"(?:range|spread) of({x})",
)
def value_range(d: Draft, m: re.Match[str]) -> str | None:
    """The smallest and the largest value."""
    return (measure(d, "↓", m[1], d.span(m)) or "") + (measure(d, "↑", m[1], d.span(m)) or "") or None


@COUNTS.rule(r"({t})((?:{f}|{v})*) ?(?:counts?|numbers)(?![a-z])", language="en")
def rows_counts(d: Draft, m: re.Match[str]) -> str | None:
    return m[2] + _count_rows(d, d.value(m[1]), d.span(m))


# ---- counts


@COUNTS.rule(
    r"‡(?: ?(?:values|kinds|types)? ?(?:of)? ?)?({c})",
    r"({c})‡",
    r"#(?:different|distinct|unique)({c})",
    r"({c})有‡",
)
def distinct_count(d: Draft, m: re.Match[str]) -> str | None:
    col = d.col(m[1])
    if col is None:
        return None
    return d.new_m(MeasureDraft(Aggregate(function="count_distinct", argument=col.ref), d.span(m)))


@COUNTS.rule(r"‡({t})")
def distinct_rows(d: Draft, m: re.Match[str]) -> str | None:
    if re.search(r"types?|kinds?|sorts?|种|类", d.code.words(m.start(), m.start() + 1)):
        named = [c for c in d.facts.columns(d.value(m[1]) or d.base) if re.search(r"type|kind|category|species|class$|种类|类型|类别", c.name.casefold())]  # fmt: skip
        if len(named) != 1:
            return None
        return d.new_m(MeasureDraft(Aggregate(function="count_distinct", argument=named[0].ref), d.span(m)))
    return _count_rows(d, d.value(m[1]), d.span(m))


def _count_rows(d: Draft, table: str | None, text: str) -> str:
    table = table or d.base
    return d.new_m(MeasureDraft(d.count(), text, table=table))


@COUNTS.rule(rf"#(?: ?of)?((?:{{f}}|{{v}}|,| |and|or)*)({{t}}|{{c}}|{NOUN}(?! ?{NOUN}))?", language="en")
def count_en(d: Draft, m: re.Match[str]) -> str | None:
    if _fused(d, m):
        return None  # "most common plan": ranked by count, not a count
    adjectives = m[1].strip()
    if adjectives.endswith(("and", "or", ",")):
        adjectives = adjectives.rstrip("andor, ")
    noun = m[2] or ""
    if noun and noun.isascii():
        made = _count_noun(d, m, noun)
        return None if made is None else made + adjectives
    if noun and d.code.slot(noun).kind != "t":
        made = _count_column(d, m, noun, adjectives)
        return None if made is None else made + adjectives
    table = d.value(noun) if noun else None
    return _count_rows(d, table, d.span(m)) + (adjectives if adjectives else "")


def _fused(d: Draft, m: re.Match[str]) -> bool:
    """Whether a count sign is the second half of an operator such as "most common"."""
    at = m.start()
    return at > 0 and d.code.text[at - 1] in "⊤⊥" and d.code.source[at - 1] == d.code.source[at]


def _count_noun(d: Draft, m: re.Match[str], noun: str) -> str | None:
    """An unknown noun where the rows' noun is expected: the rows, when there is one table."""
    if noun in PARTS or (d.facts.only is None and noun not in ROW_NOUNS):
        raise Refusal([noun])
    if noun not in ROW_NOUNS and not d.facts.names_rows(noun, d.base):
        d.assume(f"'{noun}' read as the rows of {d.base}")
        d.guessed = True
    d.row_nouns.add(noun)
    return _count_rows(d, None, d.span(m))


def _count_column(d: Draft, m: re.Match[str], char: str, adjectives: str) -> str | None:
    col = d.col(char)
    if col is None:
        return None
    text = d.span(m)
    if d.facts.is_key(col):
        return _count_rows(d, col.table, text)
    if col.family == "number" and d.facts.additive(col):
        return d.new_m(MeasureDraft(Aggregate(function="sum", argument=col.ref), text))
    if (yes := d.facts.yes(col)) is not None:
        return d.new_m(MeasureDraft(d.count(where=yes), text))
    if d.facts.finest_part(col):
        return _count_rows(d, col.table, text)
    if col.family == "number" and not d.facts.discrete(col):
        if not d.facts.countable(col):
            return None
        return d.new_m(MeasureDraft(Aggregate(function="sum", argument=col.ref), text))
    if col.family == "date":
        return _count_rows(d, col.table, text)  # "how many joined in 2022": the verb of the date
    return d.new_m(MeasureDraft(Aggregate(function="count_distinct", argument=col.ref), text))


@COUNTS.rule(
    rf"(?<={{m}})(?: ?(?:of|for|among|across|from|in|over))+ ?(?:{{f}}|all|other)*({NOUN})(?=$|[|,⊞{{any}}]| (?:who|that|with|in|at|from|whose|aged|by|having|on|where|which|were|was|are|is)(?![a-z]))",
    language="en",
)
def rows_of(d: Draft, m: re.Match[str]) -> str | None:
    """A common noun for the rows behind a measure: average age of clients who ..."""
    if (m[1] in ROW_NOUNS or d.facts.names_rows(m[1], d.base)) and (
        d.facts.only is not None or m[1] in {"people", "rows", "records"}
    ):
        d.row_nouns.add(m[1])
    return None


@COUNTS.rule(
    r"#((?:{f}|{v}|和|或)*)({t}|{c})",
    r"((?:{f}|{v})*)({t}|{c})(?:一共|总共|大概|分别|,)*(?:#|总?数(?!据|字|值))",
    language="zh",
)
def count_zh(d: Draft, m: re.Match[str]) -> str | None:
    if d.code.slot(m[2]).kind == "t":
        return m[1] + _count_rows(d, d.value(m[2]), d.span(m))
    made = _count_column(d, m, m[2], m[1])
    return None if made is None else m[1] + made


@COUNTS.rule(
    r"(?<={m})(?:,|\|)*#()()",
    r"#(?=[,|]|$|{f}|{v}|⊞|在|是|被|属于)",
    r"#([一-鿿]{1,3})(?=[,|]|$|{f}|{v}|在|是|被)",
    r"(?<=[{any}|])()#",
    r"(?<![一-鿿])([一-鿿]{1,3})#(?=$|[,|])",
    language="zh",
)
def count_bare_zh(d: Draft, m: re.Match[str]) -> str | None:
    if m.re.groups == 2:
        return "|"  # "...是多少": what was said is asked for, not a count
    if m.lastindex and m[1]:
        if d.facts.only is None:
            raise Refusal([m[1]])
        d.row_nouns.add(m[1])
    return _count_rows(d, None, d.span(m))
