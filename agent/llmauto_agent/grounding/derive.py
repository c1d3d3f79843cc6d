"""Numbers that follow from cells in one step: difference, ratio, share, percent change, sum, mean.

The operands are cells that the same sentence states (or, for a result of one row, its cells), never
any cells of a table: among many cells a step would fit by chance. A ratio needs "times", a share or a
change a percent sign, a difference, a sum or a mean a word that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from llmauto_agent.grounding.mentions import Mention

_DIFFERENCE = re.compile(
    r"(?:\bby|\bdifference (?:of|is)|\bdiffers? by|\bgap (?:of|is)|\b(?:up|down|rose|fell|grew|dropped|change of|"
    r"increase of|decrease of)|高出|相差|差距?[为是]|增加了?|减少了?|增长了?|下降了?|多了?|少了?|低了?)\s*[$€£¥₹]?\s*$",
    re.I,
)
_DIFFERENCE_AFTER = re.compile(
    r"\s*(?:[a-z]+\s)?(?:more|less|higher|lower|fewer|larger|smaller) than\b|的?差距", re.I
)
_CHANGE = re.compile(
    r"\bup\b|\bdown\b|\brise|\brose|\bfell|\bfall|increas|decreas|chang|grew|growth|drop|more|less|higher|lower|"
    r"增|减|升|降|涨|跌|多|少|高|低",
    re.I,
)
_SUM = re.compile(
    r"\b(?:total(?:s| of| is)?|sum (?:of|is)|together|combined|in all|altogether)[ :,]*$|(?:合计|总计|总共|一共|共计)[为是]?$",
    re.I,
)
_SUM_AFTER = re.compile(r"[^.;,]{0,20}\b(?:in total|in all|altogether|together|combined)\b", re.I)
_MEAN = re.compile(r"\b(?:average|mean)(?: of| is)?\s*$|平均(?:值)?[为是]?$", re.I)
MAX_OPERANDS = 12


@dataclass(frozen=True)
class Operand:
    """A value from evidence, as it is and as the text shows it."""

    value: float
    shown: str
    evidence: str
    fraction: bool = False
    measure: str = ""
    additive: bool = True


@dataclass(frozen=True)
class Derivation:
    how: str
    step: str
    evidence: str


def derive(mention: Mention, operands: Sequence[Operand], text: str) -> Derivation | None:
    """One step from the operands to the mention, or None. The words around it in the text have to say
    which step it is."""
    unique = list({(o.value, o.evidence): o for o in operands}.values())[:MAX_OPERANDS]
    before, after = text[max(0, mention.start - 40) : mention.start], text[mention.end : mention.end + 40]
    for value, how, step, evidence in _steps(mention, unique, before, after):
        if mention.stands_for(value):
            return Derivation(how, step, evidence)
    return None


Step = tuple[float, str, str, str]


def _steps(mention: Mention, operands: Sequence[Operand], before: str, after: str) -> Iterator[Step]:
    if mention.kind == "times":
        for a, b in _pairs(operands):
            if b.value:
                yield a.value / b.value, "ratio", f"{a.shown} / {b.shown}", a.evidence
    elif mention.kind == "percent":
        yield from _percents(operands, bool(_CHANGE.search(before + after[:20])))
    elif mention.kind == "points":
        for a, b in _pairs(operands):
            factor = 100 if a.fraction and b.fraction else 1
            yield (a.value - b.value) * factor, "difference", f"{a.shown} - {b.shown}", a.evidence
    elif mention.kind == "number":
        yield from _plain([o for o in operands if not o.fraction], before, after)


def _pairs(operands: Sequence[Operand]) -> Iterator[tuple[Operand, Operand]]:
    """Ordered pairs that can be compared: of one measure."""
    return ((a, b) for a, b in permutations(operands, 2) if a.measure == b.measure)


def _percents(operands: Sequence[Operand], changes: bool) -> Iterator[Step]:
    for a, b in _pairs(operands):
        if b.value and 0 <= a.value / b.value <= 1:
            yield 100 * a.value / b.value, "share", f"{a.shown} / {b.shown}", a.evidence
    for a, b in _pairs(operands):
        if b.value and changes:
            change = 100 * (a.value - b.value) / b.value
            step = f"({a.shown} - {b.shown}) / {b.shown}"
            yield change, "percent change", step, a.evidence
            yield abs(change), "percent change", step, a.evidence


def _plain(operands: Sequence[Operand], before: str, after: str) -> Iterator[Step]:
    if _DIFFERENCE.search(before) or _DIFFERENCE_AFTER.match(after):
        for a, b in _pairs(operands):
            yield a.value - b.value, "difference", f"{a.shown} - {b.shown}", a.evidence
    addable = [o for o in operands if o.additive]
    sums = bool(_SUM.search(before) or _SUM_AFTER.match(after))
    means = bool(_MEAN.search(before))
    groups = [*combinations(addable, 2), tuple(addable)] if len(addable) > 2 else [tuple(addable)]
    for group in groups:
        if len({o.measure for o in group}) != 1 or len(group) < 2 or not (sums or means):
            continue
        total = sum(o.value for o in group)
        step = " + ".join(o.shown for o in group)
        if sums:
            yield total, "sum", step, group[0].evidence
        if means:
            yield total / len(group), "mean", f"({step}) / {len(group)}", group[0].evidence
