"""Claims of direction and size against the values."""

from __future__ import annotations

import pytest

from llmauto_agent.numbers import Language
from llmauto_agent.report.claims import Claim, claims_in
from llmauto_agent.report.markup import MarkupParser
from llmauto_tools.ledger import Evidence

FIRST, LAST = "{{e2.figures.insights[0].values.first}}", "{{e2.figures.insights[0].values.last}}"
SHARE = "{{e2.figures.insights[0].values.share|percent}}"
N, S, W = "{{e1.rows[0].total}}", "{{e1.rows[1].total}}", "{{e1.rows[2].total}}"


def judged(text: str, evidence: dict[str, Evidence], language: Language = "en") -> list[Claim]:
    return claims_in(MarkupParser(evidence, language).inline(text), evidence)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (f"Sales rose from {FIRST} to {LAST}.", f"Sales fell from {FIRST} to {LAST}."),
        (f"Sales fell from {LAST} to {FIRST}.", f"Sales rose from {LAST} to {FIRST}."),
        (f"Sales grew: {FIRST} before, {LAST} since.", f"Sales shrank: {FIRST} before, {LAST} since."),
        ("It fell by {{e1.rows[0].change|abs number}}.", "It rose by {{e1.rows[0].change|abs number}}."),
        (f"North ({N}) is higher than South ({S}).", f"North ({N}) is lower than South ({S})."),
        (f"More than half ({SHARE}) are in the North.", f"Less than half ({SHARE}) are in the North."),
        (f"Most of the sales ({SHARE}) are there.", f"Nearly all sales ({SHARE}) are there."),
        (f"The North has {N}, the highest total.", f"The South has {S}, the highest total."),
        (f"The lowest total is {W}.", f"The lowest total is {S}."),
        ("The groups differ clearly (p = {{e3.figures.p_value|p}}).", "The groups do not differ (p = {{e3.figures.p_value|p}})."),
        (f"The North is more than twice as large as before: {W} then, {N} now.", f"The North doubled from {S} to {N}."),
        (f"销售额从 {FIRST} 上升到 {LAST}。", f"销售额从 {FIRST} 下降到 {LAST}。"),
        (f"超过一半（{SHARE}）来自北方。", f"不到一半（{SHARE}）来自北方。"),
        (f"北方最高，为 {N}。", f"南方最高，为 {S}。"),
        (f"北方（{N}）高于南方（{S}）。", f"北方（{N}）低于南方（{S}）。"),
    ],
)  # fmt: skip
def test_a_claim_holds_or_it_does_not(evidence: dict[str, Evidence], right: str, wrong: str) -> None:
    language: Language = "zh" if "\u4e00" <= right[0] <= "\u9fff" else "en"
    good, bad = judged(right, evidence, language), judged(wrong, evidence, language)
    assert good
    assert [c.holds for c in good] == [True] * len(good), good
    assert any(c.holds is False and c.reason for c in bad), bad


@pytest.mark.parametrize(
    "text",
    [
        f"Sales did not rise: {N}.",
        "Nothing rose here.",
        f"The column `highest rise` has {N}.",
        f"It has {N} rows of growth_rate.",
    ],
)
def test_what_claims_nothing_is_left_alone(evidence: dict[str, Evidence], text: str) -> None:
    assert not [c for c in judged(text, evidence) if c.holds is False]


def test_the_tool_s_own_words_decide_where_the_values_do_not(evidence: dict[str, Evidence]) -> None:
    assert [c.holds for c in judged(f"Sales have risen, {SHARE} of them there.", evidence)] == [True]
    assert [c.holds for c in judged(f"Sales have dropped, {SHARE} of them there.", evidence)] == [False]


def test_without_anything_beside_it_a_claim_is_open(evidence: dict[str, Evidence]) -> None:
    assert [c.holds for c in judged("It rose; n = {{e3.figures.n}}.", evidence)] == [None]
