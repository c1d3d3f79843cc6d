"""Words a plan and its result in a plain sentence or two.

Every number that it writes is a cell of the evidence, its row count, a literal of the plan, or a
difference, ratio or share of two cells that stand beside it, so that the grounding check can show
where it comes from. It claims no more than the rows at hand show: no lowest value of a top five, no
extremes of a result that was cut off, ties as ties.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmauto_agent.numbers import Language
from llmauto_agent.planner.verbalise_en import ENGLISH
from llmauto_agent.planner.verbalise_groups import word_groups
from llmauto_agent.planner.verbalise_rows import word_any, word_rows, word_schema
from llmauto_agent.planner.verbalise_sentence import Sentence
from llmauto_agent.planner.verbalise_totals import word_totals
from llmauto_agent.planner.verbalise_zh import CHINESE
from llmauto_tools.ledger import Evidence
from llmauto_tools.plan.model import Plan
from llmauto_tools.schema import Table


def verbalise(
    plan: Plan | None,
    evidence: Evidence,
    language: Language,
    tables: Sequence[Table],
    question: str = "",
    assumptions: Sequence[str] = (),
) -> str:
    """A sentence from plan and result, in the language of the question.

    `plan` None is SQL that somebody typed: the sentence then names columns and rows only. Evidence
    without a result table gives its own short text. `assumptions` are appended as they are.
    """
    voice = CHINESE if language == "zh" else ENGLISH
    text = _sentence(Sentence.of(plan, evidence, voice, tables, question))
    space = "" if language == "zh" else " "
    return space.join([text, *assumptions])


def _sentence(s: Sentence) -> str:
    evidence = s.view.evidence
    if evidence.tool in {"describe", "tables"} and evidence.columns:
        return word_schema(s)
    worded = evidence.text and evidence.tool not in {"query", "analyze"}
    if worded or not evidence.columns:
        return s.capital(evidence.text or s.voice.templates["done"])
    if s.plan is None or any(o.source is None for o in s.view.outputs):
        return word_any(s)
    if not s.view.rows:
        return s.nothing()
    if not s.plan.measures:
        return word_rows(s)
    return word_groups(s) if s.view.keys else word_totals(s)
