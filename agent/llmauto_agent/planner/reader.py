"""Read a question: from words to a typed plan, or to an honest refusal.

    question → literals, operators and links (read_place) → coded text
             → the stages of the grammar, bottom-up → draft → plan (read_build)
             → confidence from what was left over

Every content word has to be taken by a rule or be a known filler; a word that is neither lowers the
confidence, and below the threshold the question is refused with the word named.
"""

from __future__ import annotations

import re

from llmauto_agent.planner.asks.read import read_ask
from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.read_build import build
from llmauto_agent.planner.read_coverage import leftovers, note_row_nouns, unreached
from llmauto_agent.planner.read_cues import lacks_a_question
from llmauto_agent.planner.read_dates import DATES
from llmauto_agent.planner.read_draft import Draft, Refusal
from llmauto_agent.planner.read_facts import Facts
from llmauto_agent.planner.read_filters import FILTERS, NORMALISE
from llmauto_agent.planner.read_groups import GROUPS
from llmauto_agent.planner.read_logic import LOGIC
from llmauto_agent.planner.read_measures import COUNTS, MEASURES
from llmauto_agent.planner.read_nulls import NULLS
from llmauto_agent.planner.read_numbers import ARITHMETIC, FRAME
from llmauto_agent.planner.read_order import ORDER
from llmauto_agent.planner.read_place import place
from llmauto_agent.planner.read_schema import out_of_scope, schema_question
from llmauto_agent.planner.read_shares import SHARES
from llmauto_agent.planner.read_values import FLAGS, VALUES
from llmauto_agent.planner.reading import THRESHOLD, Reading
from llmauto_agent.planner.tokens import Language, detect_language, fold

_STAGES = (
    NORMALISE, FRAME, ARITHMETIC, MEASURES, FILTERS, NULLS, DATES, GROUPS, VALUES, COUNTS, FLAGS, LOGIC,
    FILTERS, NULLS, SHARES, ORDER,
)  # fmt: skip


def read(question: str, index: SchemaIndex, context: Reading | None = None) -> Reading:
    """The best reading of a question over the tables of `index`; a refusal where there is none.

    `context` is the reading before, which a follow-up ("and by sex?", "only 2023") edits.
    """
    language = detect_language(question)
    if not index.tables:
        return Reading(question, language, missing=["data"], reason="no_data")
    asked = read_ask(question, index, context)
    if asked is None or not _stands(asked, index):
        return _read_query(question, index, language, context)
    if asked.refused or asked.tool in {"relate", "chart"}:
        planned = _read_query(question, index, language, context)
        if planned.plan is not None and (asked.refused or planned.confidence >= WHOLE):
            return planned  # a plain coefficient, a result that is drawn, a follow-up
    return asked


WHOLE = 0.95
"""The confidence of a plan that takes up every word of a question."""
_TIMED = re.compile(r"(?:^|[_ ])(?:year|yr|month|date|day|time)s?(?:$|[_ ])|年|月|日|时间", re.IGNORECASE)


_COLUMNS = re.compile(r"\b(?:columns?|fields?|variables?|features?)\b|列|字段|变量|特征", re.IGNORECASE)


def _stands(asked: Reading, index: SchemaIndex) -> bool:
    """Whether a tool can do what is asked: nothing is forecast without a time, no row is dropped by a recipe."""
    named = asked.arguments.get("table")
    table = next((t for t in index.tables if t.name == named), index.tables[0])
    if asked.tool in {"forecast", "time_series"}:
        return any(c.family == "date" or _TIMED.search(c.name) for c in table.columns)
    if asked.tool == "preprocess":
        steps = asked.arguments.get("steps") or []
        only_drops = all(s.get("kind") == "drop" for s in steps)
        columns = _COLUMNS.search(asked.question) or any(
            str(c) in asked.question for s in steps for c in s.get("columns") or ()
        )
        if only_drops and not columns:
            return out_of_scope(asked.question, asked.language) != "write" and not steps
    return True


def _read_query(question: str, index: SchemaIndex, language: Language, context: Reading | None) -> Reading:
    """The reading of a question as a plan, or as one of the tools that look at the schema."""
    if (tool := schema_question(question, index, language)) is not None:
        return tool
    if (reason := out_of_scope(question, language)) is not None:
        return Reading(question, language, reason=reason, missing=[question.strip()])
    from llmauto_agent.planner.followup import follow_up

    if context is not None and context.plan is not None:
        followed = follow_up(question, index, context, language)
        if followed is not None:
            return followed
    elif lacks_a_question(fold(question).strip()):
        return Reading(question, language, missing=[], reason="no_context")
    try:
        draft = parse(question, index, context is not None)
        try:
            plan = build(draft)
        except Refusal as refusal:
            return unplanned(question, draft, refusal)
    except Refusal as refusal:
        return refused(question, language, refusal)
    return finish(question, draft, plan)


def parse(question: str, index: SchemaIndex, has_context: bool = False, base: str | None = None) -> Draft:
    """Run the grammar over a question. Raises Refusal where it meets something it must not guess."""
    facts = Facts(index)
    draft = place(question, facts, detect_language(question), base or index.tables[0].name, has_context)
    draft.base = base or draft.base
    for stage in _STAGES:
        stage.run(draft)
    note_row_nouns(draft)
    return draft


def refused(question: str, language: str, refusal: Refusal) -> Reading:
    return Reading(
        question,
        language,  # type: ignore[arg-type]
        missing=[m for m in refusal.missing if m],
        choices=refusal.choices,
        reason=refusal.reason,
    )


def unplanned(question: str, d: Draft, refusal: Refusal) -> Reading:
    """The refusal of a question that was read in part: what was understood, what was not, and the choices."""
    missing = list(dict.fromkeys([*(m for m in refusal.missing if m), *leftovers(d), *d.ambiguous]))
    choices = refusal.choices or next(iter(d.ambiguous.values()), [])
    understood = list(dict.fromkeys(u for u in (w.strip() for w in _understood(d)) if u))
    understood = [u for u in understood if u not in missing]
    return Reading(question, d.language, None, 0.0, understood, missing, choices, reason=refusal.reason)


def finish(question: str, d: Draft, plan) -> Reading:  # type: ignore[no-untyped-def]
    """The reading of a draft and its plan, with the confidence that its leftovers allow."""
    missing = [*leftovers(d), *unreached(d, plan)]
    confidence = max(0.0, 0.97 - 0.5 * len(missing) - 0.05 * len(d.assumptions))
    understood = list(dict.fromkeys(u for u in (w.strip() for w in _understood(d)) if u))
    if confidence < THRESHOLD:
        choices = next((c for words, c in d.ambiguous.items() if set(words.split()) & set(missing)), [])
        reason = "ambiguous" if choices else None
        return Reading(question, d.language, None, confidence, understood, missing, choices, reason=reason)
    return Reading(
        question,
        d.language,
        plan=plan,
        confidence=round(confidence, 2),
        understood=understood,
        missing=missing,
        tool="analyze",
        chart=d.chart,
        assumptions=d.assumptions,
    )


def _understood(d: Draft) -> list[str]:
    slots = [s.text for s in d.code.slots_in(d.code.text)]
    return [re.sub(r"\s+", " ", w) for w in [*d.understood, *slots]]
