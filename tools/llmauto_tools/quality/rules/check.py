"""Check a table against a person's rules."""

from __future__ import annotations

from llmauto_tools.errors import did_you_mean
from llmauto_tools.quality.base import Finding, Subject, counted, percent
from llmauto_tools.quality.rules.model import ColumnRules, TableRules
from llmauto_tools.quality.rules.outcome import RuleOutcome
from llmauto_tools.quality.rules.read import Lines, read_rules
from llmauto_tools.quality.rules.values import ValueRule, check_values
from llmauto_tools.quality.rules.whole import (
    check_expressions,
    check_rows,
    check_types,
    check_whole_column,
    is_unique,
)
from llmauto_tools.schema import Column

__all__ = ["RuleOutcome", "as_findings", "check_rules"]


def check_rules(subject: Subject, path: str) -> list[RuleOutcome]:
    """What came out for every rule of the file. Raises InvalidArguments where the file is wrong."""
    rules, lines = read_rules(path, subject.table.name)
    outcomes = check_rows(subject, rules)
    values: list[ValueRule] = []
    for name, wanted in rules.columns.items():
        column = subject.table.column(name)
        if column is None:
            outcomes.append(_absent(subject, name))
            continue
        values += _value_rules(column, wanted, lines)
        outcomes += check_types(subject, column, wanted)
        outcomes += check_whole_column(subject, column, wanted, lines)
    outcomes += check_values(subject, values)
    outcomes += _unique_sets(subject, rules, lines)
    return outcomes + check_expressions(subject, rules, lines)


def _absent(subject: Subject, name: str) -> RuleOutcome:
    near = did_you_mean(name, [c.name for c in subject.table.columns])
    return RuleOutcome(
        f"{name}: is there", subject.rows, subject.rows, (near,) if near else (), (name,), False
    )


def _value_rules(column: Column, wanted: ColumnRules, lines: Lines) -> list[ValueRule]:
    found = []
    for field in ("required", "min", "max", "allowed", "pattern"):
        value = getattr(wanted, field)
        if value is None or value is False:
            continue
        rule = ValueRule(column, field, value)
        problem = rule.problem()
        if problem:
            raise lines.error(("columns", column.name, field), problem)
        found.append(rule)
    return found


def _unique_sets(subject: Subject, rules: TableRules, lines: Lines) -> list[RuleOutcome]:
    outcomes = []
    for i, names in enumerate(rules.unique):
        columns = [subject.table.column(n) for n in names]
        absent = [n for n, c in zip(names, columns, strict=True) if c is None]
        if absent or not names:
            problem = f"the table has no column '{absent[0]}'" if absent else "it names no columns"
            raise lines.error(("unique", i), problem)
        outcomes.append(is_unique(subject, [c.name for c in columns if c is not None]))
    return outcomes


def as_findings(outcomes: list[RuleOutcome]) -> list[Finding]:
    """The rules that failed, as findings."""
    return [
        Finding(
            "rules",
            "rule",
            "high",
            r.columns,
            r.failures,
            r.checked,
            f"The rule '{r.name}' is broken in {counted(r.failures, 'row')}"
            + (f" ({percent(r.failures / r.checked)})." if 0 < r.failures <= r.checked else "."),
            r.examples,
        )
        for r in outcomes
        if not r.passed
    ]
