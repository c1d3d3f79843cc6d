"""Rules on single values, checked by pandera in batches of 100,000 rows.

pandera judges a data frame in memory (or a table through ibis, which would need a connection of its own
beside the locked one that all reading goes through), so the columns with rules are streamed and every
batch is validated by itself. That is right for rules that look at one value at a time; the others are in
whole.py.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from llmauto_tools.columns import quoted
from llmauto_tools.extras import require
from llmauto_tools.quality.base import Subject, shown
from llmauto_tools.quality.rules.outcome import RuleOutcome
from llmauto_tools.schema import Column


@dataclass(frozen=True)
class ValueRule:
    """One rule of one column: field is required, min, max, allowed or pattern."""

    column: Column
    field: str
    value: Any

    @property
    def name(self) -> str:
        if self.field == "required":
            return f"{self.column.name}: required"
        return f"{self.column.name}: {self.field} {shown(_words(self.value), 60)}"

    def problem(self) -> str | None:
        """What is wrong with the rule for this column, if anything is."""
        family = self.column.family
        is_date = isinstance(self.value, dt.date)
        if self.field in ("min", "max") and family != "text" and is_date != (family == "date"):
            return f"a limit of this kind does not fit '{self.column.name}' ({self.column.dtype})"
        if self.field == "pattern" and family != "text":
            return f"a pattern does not fit '{self.column.name}' ({self.column.dtype})"
        return None

    def sql(self) -> str:
        """The column as the rule compares it; a text that is no such value is left to the rule on types."""
        q = quoted(self.column.name)
        if self.field in ("min", "max"):
            return f"TRY_CAST({q} AS {'TIMESTAMP' if isinstance(self.value, dt.date) else 'DOUBLE'})"
        if self.field == "pattern":
            return f"CAST({q} AS VARCHAR)"
        if self.field == "required":
            nan = f" OR isnan(CAST({q} AS DOUBLE))" if self.column.family == "number" else ""
            return f"CASE WHEN {q} IS NULL{nan} THEN NULL ELSE 1 END"
        if self.column.family == "date":
            return f"CAST({q} AS TIMESTAMP)"
        if self.column.family == "number":
            return f"CAST({q} AS {'BIGINT' if 'INT' in self.column.dtype else 'DOUBLE'})"
        return q if self.column.family == "boolean" else f"CAST({q} AS VARCHAR)"


def _words(value: Any) -> str:
    return ", ".join(str(v) for v in value) if isinstance(value, list) else str(value)


def check_values(subject: Subject, rules: list[ValueRule]) -> list[RuleOutcome]:
    """Needs the extra `ml` (pandera). Raises MissingExtra without it."""
    if not rules:
        return []
    pandera = require("pandera.pandas", "Checking rules on values", "ml")
    schema = _schema(pandera, rules)
    failures = [0] * len(rules)
    examples: list[dict[str, None]] = [{} for _ in rules]
    items = ", ".join(f"{r.sql()} AS r{i}" for i, r in enumerate(rules))
    done = 0
    batches = subject.workspace.engine.batches(
        f"SELECT {items} FROM {subject.relation}", timeout=subject.context.timeout
    )
    for batch in batches:
        subject.step("checking rules", min(done / max(subject.rows, 1), 1.0))
        done += batch.num_rows
        frame = batch.to_pandas(date_as_object=False)
        try:
            schema.validate(frame, lazy=True)
        except pandera.errors.SchemaErrors as e:
            _collect(e.failure_cases, failures, examples, subject.options.examples)
    return [
        RuleOutcome(r.name, n, subject.rows, tuple(shown), (r.column.name,), n == 0)
        for r, n, shown in zip(rules, failures, examples, strict=True)
    ]


def _schema(pandera: Any, rules: list[ValueRule]) -> Any:
    """One column per rule, so that a failure tells which rule it broke."""
    return pandera.DataFrameSchema(
        {
            f"r{i}": pandera.Column(checks=_checks(pandera, r), nullable=r.field != "required")
            for i, r in enumerate(rules)
        }
    )


def _checks(pandera: Any, rule: ValueRule) -> list[Any]:
    import pandas as pd

    value = rule.value
    if isinstance(value, dt.date):
        value = pd.Timestamp(value)
    if rule.field == "min":
        return [pandera.Check.ge(value)]
    if rule.field == "max":
        return [pandera.Check.le(value)]
    if rule.field == "pattern":
        return [pandera.Check.str_matches(rf"(?:{value})\Z")]
    if rule.field == "allowed":
        if rule.column.family == "text":
            return [pandera.Check.isin([str(v) for v in value])]
        return [pandera.Check.isin([pd.Timestamp(v) if isinstance(v, dt.date) else v for v in value])]
    return []


def _collect(cases: Any, failures: list[int], examples: list[dict[str, None]], most: int) -> None:
    """Count the failures of a batch by rule and keep the first few values."""
    for name, group in cases.groupby("column", sort=False):
        i = int(str(name)[1:])
        failures[i] += len(group)
        for value in group["failure_case"].head(most):
            if len(examples[i]) < most and value is not None:
                examples[i][shown(value)] = None
