"""The findings of a report: an insight, or the answer to the goal's question, ready for a template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llmauto_agent.numbers import Language
from llmauto_agent.report.markup import Mark, escape
from llmauto_agent.report.references import step_text
from llmauto_tools.errors import ReportError
from llmauto_tools.ledger import Evidence

MAX_FINDINGS = 8
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class Finding:
    """One finding. Texts are markup; `table` and `chart` are places of directives, "" for none."""

    key: str
    kind: str
    title: Mark
    sentence: Mark
    caveat: Mark
    table: str = ""
    chart: str = ""
    sql: str = ""
    evidence: str = ""
    columns: tuple[str, ...] = ()


def findings_of(done: Mapping[str, Evidence], language: Language) -> list[Finding]:
    """The insights that a report tells, the strongest first."""
    evidence = done.get("insights")
    if evidence is None:
        return []
    insights = evidence.figures.get("insights") or []
    return [_finding(evidence, i, insight, language) for i, insight in enumerate(insights[:MAX_FINDINGS])]


def _finding(evidence: Evidence, index: int, insight: dict[str, Any], language: Language) -> Finding:
    section, chart = insight.get("section"), insight.get("chart")
    return Finding(
        key=f"finding:{insight['id']}",
        kind=str(insight["kind"]),
        title=filled(evidence.id, index, insight, f"title_{language}"),
        sentence=filled(evidence.id, index, insight, f"sentence_{language}"),
        caveat=filled(evidence.id, index, insight, f"caveat_{language}"),
        table=f"{evidence.id}.sections[{section}]" if section is not None else "",
        chart=f"{evidence.id}.charts[{chart}]" if chart is not None else "",
        sql=str(insight.get("sql") or ""),
        evidence=evidence.id,
        columns=tuple(insight.get("columns") or ()),
    )


def filled(evidence: str, index: int, insight: Mapping[str, Any], name: str) -> Mark:
    """A sentence of an insight with its places as references to the insight's values.

    Raises ReportError where a place names no value: the tool and its text do not fit each other.
    """
    text, parts, at = str(insight.get(name) or ""), [], 0
    values, formats = insight.get("values") or {}, insight.get("formats") or {}
    for match in _PLACE.finditer(text):
        if match[1] not in values:
            raise ReportError(f"The insight '{insight.get('id')}' has no value '{match[1]}' for its {name}.")
        parts.append(escape(text[at : match.start()]))
        form = str(formats.get(match[1], "auto"))
        path = f"{evidence}.figures.insights[{index}].values{step_text(match[1])}"
        parts.append("{{" + path + (f"|{form}" if form != "auto" else "") + "}}")
        at = match.end()
    parts.append(escape(text[at:]))
    return Mark("".join(parts))
