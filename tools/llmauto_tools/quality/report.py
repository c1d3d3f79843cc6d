"""Findings as a tool's result, with personal data masked and the size bounded."""

from __future__ import annotations

import json
from collections import Counter

from llmauto_tools.quality.base import SEVERITIES, Finding, Subject, counted, listed, shown
from llmauto_tools.quality.check import Report
from llmauto_tools.quality.drift import Drift
from llmauto_tools.quality.personal import mask
from llmauto_tools.quality.rules.check import RuleOutcome
from llmauto_tools.results import JsonValue, Section, ToolResult, section, table_of

COLUMNS = ("severity", "check", "columns", "count", "share", "finding", "examples", "fix")
MAX_FINDINGS = 60
MAX_FIX = 600
"""Characters of a fix in the table; the figures have it whole."""

_DRIFT_ROWS = 20
_RULE_ROWS = 40


def result(
    subject: Subject, report: Report, rules: list[RuleOutcome] | None, tables: tuple[str, ...]
) -> ToolResult:
    """The findings as a table, worst first; drift and rules as sections; counts as figures."""
    findings = report.findings
    kept = findings[:MAX_FINDINGS]
    if len(kept) < len(findings):
        subject.note(f"The worst {len(kept)} of {len(findings)} findings are shown; figures count all.")
    rows = [_row(subject, f) for f in kept]
    counts: Counter[str] = Counter(f.severity for f in findings)
    figures: dict[str, JsonValue] = {
        "rows": subject.rows,
        "columns": len(subject.table.columns),
        "findings": len(findings),
        **{severity: counts[severity] for severity in SEVERITIES},
        "checks": report.checked,
        "fixes": [f.fix for f in kept if f.fix is not None][:20],
    }
    sections = []
    if report.drift:
        sections.append(_drift_section(report.drift))
    if rules is not None:
        figures |= _rule_figures(rules)
        sections.append(_rule_section(rules))
    return ToolResult(
        table=table_of(COLUMNS, rows, tables=tables),
        figures=figures,
        text=_text(subject, report, counts, rules),
        notes=subject.notes,
        sections=sections,
        seed=subject.options.seed,
    )


def _row(subject: Subject, f: Finding) -> tuple[JsonValue, ...]:
    hidden = f.check != "personal" and bool(subject.personal.intersection(f.columns))
    examples = "; ".join("(hidden)" if hidden else mask(e) for e in f.examples)
    fix = json.dumps(f.fix["arguments"]["steps"], ensure_ascii=False) if f.fix else ""
    if len(fix) > MAX_FIX or hidden:
        fix = shown(fix.partition("mapping")[0], 80) if fix else ""
    columns = listed(f.columns, 6) if f.columns else ""
    return (f.severity, f.check, columns, f.count, round(f.share, 4), mask(f.sentence), examples, fix)


def _text(subject: Subject, report: Report, counts: Counter[str], rules: list[RuleOutcome] | None) -> str:
    name, rows = subject.table.name, counted(subject.rows, "row")
    if not report.findings:
        text = f"Nothing was found in {name} ({rows}), in what was checked."
    else:
        parts = ", ".join(f"{counts[s]} {s}" for s in SEVERITIES if counts[s])
        first = report.findings[0]
        text = (
            f"{name} ({rows}): {counted(len(report.findings), 'finding')} ({parts}). {mask(first.sentence)}"
        )
    if rules:
        failed = sum(not r.passed for r in rules)
        text += f" {failed} of {counted(len(rules), 'rule')} failed."
    return text


def _drift_section(drifts: list[Drift]) -> Section:
    rows = [
        (d.column, round(d.psi, 4), d.measure, round(d.statistic, 4), float(f"{d.p:.3g}"))
        for d in drifts[:_DRIFT_ROWS]
    ]
    left_out = (
        f" {len(drifts) - _DRIFT_ROWS} more columns are not shown." if len(drifts) > _DRIFT_ROWS else ""
    )
    note = "PSI over the first table's deciles or the 50 most frequent values." + left_out
    return section("Drift by column", ("column", "PSI", "measure", "effect", "p"), rows, note)


def _rule_figures(rules: list[RuleOutcome]) -> dict[str, JsonValue]:
    failed = [r for r in rules if not r.passed]
    return {
        "rules": len(rules),
        "failed_rules": len(failed),
        "failed_rule_names": [r.name for r in failed][:_RULE_ROWS],
    }


def _rule_section(rules: list[RuleOutcome]) -> Section:
    worst = sorted(rules, key=lambda r: r.passed)
    rows = [
        (
            r.name,
            "passed" if r.passed else "failed",
            r.failures,
            r.checked,
            "; ".join(mask(e) for e in r.examples),
        )
        for r in worst[:_RULE_ROWS]
    ]
    left_out = f"{len(rules) - _RULE_ROWS} more rules are not shown." if len(rules) > _RULE_ROWS else None
    return section("Rules", ("rule", "outcome", "failures", "checked", "examples"), rows, left_out)
