"""What a question asks for: a column, the rows of a table, a part of a date."""

from __future__ import annotations

from llmauto_agent.planner.read_dates import (
    DATE_WORDS,
    date_words,
    word_group,
)
from llmauto_agent.planner.read_draft import Draft, Subject
from llmauto_agent.planner.read_facts import Col
from llmauto_agent.planner.read_grammar import NOUN, ROW_NOUNS

SUBJECT = rf"(?:{{c}}|{{t}}|{NOUN}|{DATE_WORDS})"
_NOT_ROWS = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "does",
        "do",
        "did",
        "has",
        "have",
        "had",
        "can",
        "will",
        "would",
        "one",
        "of",
        "the",
        "ones",
        "paid",
        "with",
        "by",
        "most",
        "in",
        "on",
        "at",
        "for",
        "from",
        "to",
    ]
)


def subject_of(d: Draft, piece: str) -> Subject | None:
    if len(piece) == 1 and piece > "\ue000":
        slot = d.code.slot(piece)
        if slot.kind == "t":
            return Subject(table=slot.value or d.base)
        col: Col = slot.value
        if d.facts.is_key(col):
            return Subject(table=col.table)
        if d.facts.binary(col) is not None and (yes := d.facts.yes(col)) is not None and col.family != "text":
            d.code.append(d.new_f(yes, slot.text), 0, 0)  # "the oldest survivor": a row that says yes
            return Subject(table=col.table)
        if col.family == "number" and not d.facts.discrete(col):
            return None
        return Subject(col=col, table=col.table)
    if date_words(piece):
        expr = word_group(d, piece)
        if expr is None:
            return None
        return Subject(table=d.base) if _row_dates(d, piece) else Subject(expr=expr)
    return _row_noun(d, piece)


def _row_dates(d: Draft, word: str) -> bool:
    """Whether "day" names the rows: a table with one row a day."""
    return date_words(word) == ("bucket", "day")


def _row_noun(d: Draft, word: str) -> Subject | None:
    if word in _NOT_ROWS or d.facts.only is None:
        return None
    known = word in ROW_NOUNS or ROW_NOUNS & {word + "s", word.removesuffix("s")}
    if d.language == "en" and not known and not d.facts.names_rows(word, d.base):
        return None
    d.row_nouns.add(word)
    return Subject(table=d.base)
