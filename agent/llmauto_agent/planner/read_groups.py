"""Grammar: bins and groups."""

from __future__ import annotations

import re

from llmauto_agent.planner.dates import DateLiteral
from llmauto_agent.planner.read_code import pattern
from llmauto_agent.planner.read_dates import (
    DATE_WORDS,
    date_column,
    grain_group,
    is_grain,
    word_group,
)
from llmauto_agent.planner.read_draft import Draft, MeasureDraft, Refusal
from llmauto_agent.planner.read_facts import Col
from llmauto_agent.planner.read_grammar import Stage
from llmauto_tools.plan.model import Expr, NumberBucket

GROUPS = Stage()

_LIST = r"(?: ?, ?and | ?, ?| and | & | plus |and |and|和|与|及|以及|、|，|再按)+"
_ITEM = rf"(?:{{c}}|{{t}}|{{d}}|{DATE_WORDS}(?![a-z一-鿿]))"


# ---- bins


@GROUPS.rule(
    r"⊞?({x})(?: ?(?:distribution|histogram))? ?(?:in|⊞)? ?({n})[- ]?(?:year|point|unit|wide|dollar)?s?[- ]? ?(?:bins?|steps?|groups?|buckets?|bands?|intervals?|brackets|ranges)",
    r"⊞?({x})(?: ?distribution)?(?:,|⊞| )*(?:in )?(?:bins?|steps|groups?|buckets?|bands?|intervals?|brackets|ranges)(?: ?of)?(?: ?(?:size|width))? ?({n})",
    r"(?:⊞)?({n})[- ]?(?:wide |year |point |unit )?(?:[a-z]+ )?({x}) ?(?:bins?|groups?|buckets?|bands?|brackets)",
    r"(?:⊞)?({n})[- ](?:year|point)[- ]?({x}) ?(?:bins?|groups?|buckets?|bands?|brackets)",
    r"⊞?({x})(?:⊞|每)({n})(?:为)?(?:一)?(?:档|组|段|区间|个区间|个段)?",
    r"⊞({n})(?:一?[档组段])({x})",
    r"⊞({x}),?(?:以)({n})(?:为)?(?:间隔|单位|一组|一档|步长)",
)
def bins(d: Draft, m: re.Match[str]) -> str | None:
    char, width = (m[1], m[2]) if d.code.slot(m[2]).kind == "n" else (m[2], m[1])
    size = float(d.value(width).value)
    if size <= 0:
        return None
    d.groups.append(NumberBucket(width=size, argument=d.expr(char)))
    return d.note(m)


@GROUPS.rule(r"⊞?({x})?⊞? ?(?:in )?(?:decades?|年代|每十年|十年)(?:of)?({x})?(?: ?\([^)]*\))?(?:分组?)?")
def decades(d: Draft, m: re.Match[str]) -> str | None:
    char = m[1] or m[2]
    col = d.col(char) if char else d.facts.year(d.base)
    if col is None or col.family != "number":
        date = date_column(d)
        if date is None:
            return None
        from llmauto_tools.plan.model import DatePart

        d.groups.append(NumberBucket(width=10, argument=DatePart(part="year", argument=date.ref)))
        return d.note(m)
    d.groups.append(NumberBucket(width=10, argument=col.ref))
    return d.note(m)


# ---- groups


@GROUPS.rule(
    rf"(?:and |then |再)?⊞(?:(?:different|level of|type of|kind of|combinations? of|country of|each of|of|number of|#) ?)?({_ITEM}(?:{_LIST}⊞?(?:number of|country of|#)? ?{_ITEM}(?! ?(?:with|having|that)[^|]{{0,12}}[⊤⊥]))*)(?: ?(?:levels?|types?|groups?|airports?|city|cities|names?|codes?|category|categories|kinds?|class|status|countries|country)(?![a-z])|组合|组|分组|统计|分类|分|汇总|来看|看|拆分|细分|显示)?"
)
def group(d: Draft, m: re.Match[str]) -> str | None:
    if _is_sort_target(d, m):
        return None
    whole = re.search(r"\bacross\b|\bof all\b|\bfor all\b", d.code.words(m.start(), m.start(1)))
    if whole and m[1] > "\ue000" and d.code.slot(m[1][0]).kind == "t" and len(m[1]) == 1:
        return d.note(m)  # "across all counties": the whole table
    agent = m[1] > "\ue000" and d.code.slot(m[1][0]).kind == "t"
    if agent and re.search(r"[a-z]ed$", d.code.text[: m.start()].rstrip()):
        return m[1]  # "requested by entrepreneurs": who did it, not what to group by
    found = [_group_item(d, piece) for piece in re.findall(pattern(_ITEM).pattern, m[1])]
    if None in found:
        alone = len(found) == 1 and m[1] > "\ue000" and d.code.slot(m[1][0]).kind == "t"
        return d.note(m) if alone and "μ" not in d.code.text and _averages(d) else None
    for expr in found:
        if expr is not None and expr not in d.groups:
            d.groups.append(expr)
    return d.note(m)


@GROUPS.rule(r"({c}) ?(?:split|breakdown|mix|make-?up|composition)(?![a-z])", r"({c})(?:构成|结构|占比情况)")
def split_of(d: Draft, m: re.Match[str]) -> str | None:
    """ "the gender split": how many of each."""
    col = d.col(m[1])
    if col is None or not d.facts.discrete(col):
        return None
    d.groups.append(d.facts.named(col).ref)
    if not d.measures() and not re.search(r"[#μηΣ↑↓%]", d.code.text):
        return d.new_m(MeasureDraft(d.count(), d.span(m), table=col.table))
    return d.note(m)


def _averages(d: Draft) -> bool:
    """Whether an average was asked, for which "per row" says nothing more."""
    return any(getattr(measure.expr, "function", None) == "avg" for measure in d.measures())


def _is_sort_target(d: Draft, m: re.Match[str]) -> bool:
    """ "sorted by price", "top 5 products by price": the column orders, it does not group."""
    before = d.code.text[: m.start()]
    if before.endswith("⇅"):
        return True
    after = d.code.text[m.end() :]
    if d.language == "zh" and re.match(r"(?:⇓|⇑|⇅|排)", after):
        return True
    char = m[1][0]
    if char > "\ue000" and d.code.slot(char).kind == "cn":
        col = d.col(char)
        ranked = re.search(r"[⊤⊥]", before)
        return bool(ranked and col and not d.facts.discrete(col)) or bool(
            ranked and col and d.facts.additive(col)
        )
    return False


def _group_item(d: Draft, piece: str) -> Expr | None:
    if len(piece) > 1 or not piece > "\ue000":
        return word_group(d, piece)
    slot = d.code.slot(piece)
    if slot.kind == "t":
        if (slot.value or d.base) == d.base and d.facts.only is not None:
            return None  # "per passenger" is every row: no groups
        label = d.facts.label(slot.value or d.base)
        return label.ref if label else None
    if isinstance(slot.value, DateLiteral):
        return grain_group(d, slot.value) if is_grain(slot.value) else None
    col: Col = slot.value
    return d.facts.named(col).ref


@GROUPS.rule(r"(?:⊞)?({d})")
def grain(d: Draft, m: re.Match[str]) -> str | None:
    literal: DateLiteral = d.value(m[1])
    if not is_grain(literal):
        return None
    expr = grain_group(d, literal)
    if expr is None:
        raise Refusal([literal.text], reason="no_date")
    if expr not in d.groups:
        d.groups.append(expr)
    return d.note(m)


@GROUPS.rule(r"(?<=\|) ?(?:and|&|和|与|及) ?⊞?({c})(?=$|[|,?]|(?: ?(?:for|in|of|with|where)(?![a-z])))")
def another_group(d: Draft, m: re.Match[str]) -> str | None:
    """ "per year and channel": a second key behind one that was read already."""
    col = d.col(m[1])
    if not d.groups or col is None or not d.facts.discrete(col) or d.sort or "⇅" in d.code.text:
        return None
    d.groups.append(d.facts.named(col).ref)
    return d.note(m)
