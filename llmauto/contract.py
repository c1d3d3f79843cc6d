"""The object that `--json` prints: one, versioned, the same for every command (docs/json.md).

`answer.schema.json` beside this file is its JSON schema; a test validates real output against it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llmauto_tools.errors import LlmautoError

if TYPE_CHECKING:
    from llmauto_agent.answer import Answer
    from llmauto_tools.ledger import Evidence
    from llmauto_tools.results import Section

VERSION = 1
"""Grows when a field changes its meaning or goes away; new fields may come without that."""


def answer_object(answer: Answer) -> dict[str, Any]:
    """An answer as the JSON contract."""
    return {
        "version": VERSION,
        "question": answer.question,
        "status": answer.status,
        "answer": answer.answer,
        "value": answer.value,
        "columns": list(answer.columns),
        "rows": [list(row) for row in answer.rows],
        "sections": [section_object(s) for s in answer.sections],
        "sql": answer.sql,
        "evidence": [evidence_object(e) for e in answer.evidence],
        "grounding": {
            "checked": answer.grounding.checked,
            "grounded": answer.grounding.grounded,
            "unverified": list(answer.grounding.unverified),
        },
        "charts": list(answer.charts),
        "figures": {},
        "notices": list(answer.notices),
        "memory": list(answer.memory),
        "model": answer.model,
        "tokens": dict(answer.tokens),
        "seconds": _seconds(answer.seconds),
        "session": answer.session or None,
        "workspace": answer.workspace or None,
        "error": dict(answer.error) if answer.error else None,
    }


def evidence_object(evidence: Evidence) -> dict[str, Any]:
    """One evidence record as it appears in the contract (its rows stay in the ledger)."""
    return {
        "id": evidence.id,
        "tool": evidence.tool,
        "arguments": evidence.arguments,
        "sql": evidence.sql,
        "columns": [{"name": name, "type": dtype} for name, dtype in evidence.columns],
        "row_count": evidence.row_count,
        "truncated": evidence.truncated,
        "artifacts": list(evidence.artifacts),
        "seconds": evidence.seconds,
    }


def section_object(section: Section) -> dict[str, Any]:
    """A further table of a result."""
    return {
        "title": section.title,
        "columns": list(section.columns),
        "rows": [list(row) for row in section.rows],
        "note": section.note,
    }


def run_object(evidence: Evidence, workspace: str, total: float) -> dict[str, Any]:
    """A tool that was run without an agent, in the same contract: no question, no model, no session."""
    rows = [list(row) for row in evidence.rows]
    single = len(rows) == 1 and len(rows[0]) == 1
    return {
        **_empty(),
        "status": "answered",
        "answer": evidence.text or "",
        "value": rows[0][0] if single else None,
        "columns": [name for name, _ in evidence.columns],
        "rows": rows,
        "sections": [section_object(s) for s in evidence.sections],
        "sql": evidence.sql,
        "evidence": [evidence_object(evidence)],
        "charts": list(evidence.charts),
        "figures": evidence.figures,
        "notices": list(evidence.notes),
        "seconds": _seconds({"total": total, "tools": evidence.seconds or 0.0}),
        "workspace": workspace,
    }


def error_object(error: BaseException, known: dict[str, Any] | None = None) -> dict[str, Any]:
    """A failure before there was an answer; `known` holds fields such as the question."""
    return {**_empty(), **(known or {}), "status": "error", "error": error_fields(error)}


def error_fields(error: BaseException) -> dict[str, str | None]:
    """{kind, message, hint} of any exception; ours carry them, others are kind "internal"."""
    if isinstance(error, LlmautoError):
        return {"kind": error.kind, "message": error.message, "hint": error.hint}
    return {"kind": "internal", "message": f"{type(error).__name__}: {error}", "hint": None}


def to_json(contract: dict[str, Any], *, ascii_only: bool = False) -> str:
    """One line of JSON.

    Lone surrogates, which UTF-8 has no bytes for, become the escapes that JSON has for them.
    """
    text = json.dumps(contract, ensure_ascii=ascii_only, allow_nan=False, default=str)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _empty() -> dict[str, Any]:
    return {
        "version": VERSION,
        "question": None,
        "status": "error",
        "answer": "",
        "value": None,
        "columns": [],
        "rows": [],
        "sections": [],
        "sql": None,
        "evidence": [],
        "grounding": {"checked": 0, "grounded": 0, "unverified": []},
        "charts": [],
        "figures": {},
        "notices": [],
        "memory": [],
        "model": None,
        "tokens": {},
        "seconds": _seconds({}),
        "session": None,
        "workspace": None,
        "error": None,
    }


def _seconds(known: dict[str, float]) -> dict[str, float]:
    return {part: round(known.get(part, 0.0), 6) for part in ("total", "model", "tools")}
