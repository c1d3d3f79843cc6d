"""What a person says of an answer: right, wrong, or the SQL that it should have been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmauto_agent.memory.entry import Entry
from llmauto_tools.errors import InvalidArguments

if TYPE_CHECKING:
    from llmauto_agent.answer import Answer
    from llmauto_agent.memory.memory import Memory
    from llmauto_tools.schema import Table


def accept(memory: Memory, answer: Answer, tables: Sequence[Table], fingerprints: dict[str, str]) -> Entry:
    """Remember that an answer is right: its plan is used again. Raises InvalidArguments where it has no query."""
    return _judged(memory, answer, tables, fingerprints, True)


def reject(memory: Memory, answer: Answer, tables: Sequence[Table], fingerprints: dict[str, str]) -> Entry:
    """Remember that an answer is wrong: it is neither used again nor told as a finding."""
    return _judged(memory, answer, tables, fingerprints, False)


def correct(
    memory: Memory, answer: Answer, sql: str, tables: Sequence[Table], fingerprints: dict[str, str]
) -> Entry:
    """Remember the statement that answers a question, in place of what was answered."""
    reject(memory, answer, tables, fingerprints)
    from llmauto_agent.memory.keep import question_key, schema_of

    data = {
        "sql": sql,
        "accepted": True,
        "language": _language(answer.question),
        "schema": schema_of(tables),
        "instead_of": answer.sql,
    }
    made = Entry(
        "correction", answer.question, "workspace", data, f"your correction in session {answer.session}",
        fingerprints=fingerprints, key=f"correction:{question_key(answer.question)}",
    )  # fmt: skip
    return memory.add([made])[0]


def _judged(
    memory: Memory,
    answer: Answer,
    tables: Sequence[Table],
    fingerprints: dict[str, str],
    right: bool,
) -> Entry:
    from llmauto_agent.memory.keep import question_entry

    made = question_entry(answer, tables, fingerprints)
    if made is None:
        raise InvalidArguments("There is no answer with a query or a tool's result to say that of.")
    return memory.add([replace(made, data=made.data | {"accepted": right})])[0]


def training_pairs(memory: Memory) -> list[dict[str, Any]]:
    """Questions whose answers were accepted or corrected, oldest first, as the planner is trained on them.

    {"question", "language", "sql", "plan" or None, "tables": [{"name", "columns": [[name, type], …]}]}
    """
    pairs = []
    for entry in reversed(memory.entries(("question", "correction"))):
        if entry.data.get("accepted") is not True or not entry.data.get("sql"):
            continue
        pairs.append(
            {
                "question": entry.text,
                "language": entry.data.get("language") or _language(entry.text),
                "sql": entry.data["sql"],
                "plan": entry.data.get("plan"),
                "tables": entry.data.get("schema", []),
            }
        )
    return pairs


def _language(text: str) -> str:
    from llmauto_agent.planner.tokens import detect_language

    return detect_language(text)
