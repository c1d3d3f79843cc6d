"""Run the checks on a table and order what they found."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from llmauto_tools.errors import MissingExtra
from llmauto_tools.quality import (
    categories,
    constant,
    drift,
    duplicates,
    forest,
    imbalance,
    impossible,
    labels,
    leakage,
    missing,
    outliers,
    personal,
    time_order,
    types,
)
from llmauto_tools.quality.base import SEVERITIES, Finding, Subject

Check = Literal[
    "missing", "duplicates", "constant", "outliers", "types", "categories", "impossible", "time_order",
    "imbalance", "leakage", "drift", "labels", "personal",
]  # fmt: skip
CHECKS: tuple[Check, ...] = get_args(Check)


@dataclass
class Report:
    """What was found, worst first, and what was looked for."""

    findings: list[Finding] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    drift: list[drift.Drift] = field(default_factory=list)


_ON_ONE_TABLE: dict[Check, Callable[[Subject], list[Finding]]] = {
    # Personal data first: its columns' values are masked wherever they are shown.
    "personal": personal.find,
    "missing": missing.find,
    "duplicates": duplicates.find,
    "constant": constant.find,
    "outliers": outliers.find,
    "types": types.find,
    "categories": categories.find,
    "impossible": impossible.find,
    "time_order": time_order.find,
    "imbalance": imbalance.find,
    "leakage": leakage.find,
}


def run_checks(subject: Subject, other: Subject | None, wanted: Sequence[Check] | None) -> Report:
    """Run the wanted checks (all that apply where None). `other` is the second table, if there is one."""
    report = Report()
    for table in (subject, other):
        if table is not None and not table.rows:
            subject.note(f"'{table.table.name}' has no rows: there is nothing to check.")
    chosen = [c for c in _ON_ONE_TABLE if wanted is None or c in wanted]
    for i, name in enumerate(chosen):
        if name == "imbalance" and subject.options.target is None:
            continue
        subject.step(f"checking {name.replace('_', ' ')}", i / len(chosen))
        report.checked.append(name)
        if subject.rows:
            report.findings += _ON_ONE_TABLE[name](subject)
    _with_models(subject, wanted, report)
    if other is not None:
        _two_tables(subject, other, wanted, report)
    _say_what_was_not_checked(subject, other, wanted)
    report.findings = ordered(report.findings)
    return report


def _with_models(subject: Subject, wanted: Sequence[Check] | None, report: Report) -> None:
    """The checks that train a model, where scikit-learn is installed or they were asked for by name."""
    if not subject.rows:
        return
    # Rare combinations are seldom faults, so they are looked for only where outliers were asked for.
    if wanted is not None and "outliers" in wanted:
        _optional(subject, report, "outliers", forest.find, asked=False)
    if subject.options.target is not None and (wanted is None or "labels" in wanted):
        report.checked.append("labels")
        _optional(subject, report, "labels", labels.find, asked=wanted is not None)


def _optional(
    subject: Subject, report: Report, name: str, find: Callable[[Subject], list[Finding]], *, asked: bool
) -> None:
    if importlib.util.find_spec("sklearn") is None and not asked:
        what = "Rows that are unusual as a whole" if name == "outliers" else "Wrong labels"
        subject.note(f"{what} were not looked for: that needs the extra 'ml' (pip install 'llmauto[ml]').")
        return
    try:
        report.findings += find(subject)
    except MissingExtra as e:
        if asked:
            raise
        subject.note(str(e))


def _two_tables(subject: Subject, other: Subject, wanted: Sequence[Check] | None, report: Report) -> None:
    if wanted is None or "leakage" in wanted:
        report.findings += leakage.shared_rows(subject, other)
    if wanted is None or "drift" in wanted:
        report.checked.append("drift")
        found, report.drift = drift.find(subject, other)
        report.findings += found


def _say_what_was_not_checked(
    subject: Subject, other: Subject | None, wanted: Sequence[Check] | None
) -> None:
    """A check that was asked for by name and could not run is said so."""
    asked = set(wanted or ())
    if subject.options.target is None and asked & {"imbalance", "labels", "leakage"}:
        subject.note("Name the target to have imbalance, leakage and labels checked.")
    if other is None and "drift" in asked:
        subject.note("Name a second table as `other` to have drift checked.")


def ordered(findings: list[Finding]) -> list[Finding]:
    """Worst first, then by share of the rows, then by name."""
    return sorted(
        findings, key=lambda f: (SEVERITIES.index(f.severity), -f.share, f.check, f.kind, f.columns)
    )
