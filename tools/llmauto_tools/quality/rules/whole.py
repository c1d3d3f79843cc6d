"""Rules on a whole table: types, uniqueness, references, row counts, expressions. DuckDB aggregates.

They cannot be checked batch by batch (a value may repeat a million rows later), and a validation library
would have to hold the table.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmauto_tools.columns import quoted
from llmauto_tools.errors import QueryError
from llmauto_tools.quality.base import Subject, shown
from llmauto_tools.quality.rules.model import ColumnRules, TableRules
from llmauto_tools.quality.rules.outcome import RuleOutcome
from llmauto_tools.quality.rules.read import Lines
from llmauto_tools.schema import Column

_CASTS = {
    "integer": "DOUBLE",
    "number": "DOUBLE",
    "date": "TIMESTAMP",
    "datetime": "TIMESTAMP",
    "boolean": "BOOLEAN",
}
_FAMILIES = {"integer": "number", "number": "number", "date": "date", "datetime": "date", "boolean": "boolean",
             "text": "text"}  # fmt: skip


def check_rows(subject: Subject, rules: TableRules) -> list[RuleOutcome]:
    if rules.rows is None:
        return []
    outcomes = []
    for field, limit in (("min", rules.rows.min), ("max", rules.rows.max)):
        if limit is not None:
            off = max(0, limit - subject.rows if field == "min" else subject.rows - limit)
            name = f"rows: {field} {limit:,}"
            outcomes.append(RuleOutcome(name, off, subject.rows, (f"{subject.rows:,} rows",), (), off == 0))
    return outcomes


def check_types(subject: Subject, column: Column, rules: ColumnRules) -> list[RuleOutcome]:
    """The type: of the column where it is stored so, else of every value."""
    if rules.type is None:
        return []
    name = f"{column.name}: type {rules.type}"
    q = quoted(column.name)
    if rules.type == "text" or (
        _FAMILIES[rules.type] == column.family and rules.type not in ("integer", "date")
    ):
        return [RuleOutcome(name, 0, subject.rows, (), (column.name,), True)]
    if column.family not in (_FAMILIES[rules.type], "text"):
        return [
            RuleOutcome(name, subject.rows, subject.rows, (column.dtype,), (column.name,), subject.rows == 0)
        ]
    cast = f"TRY_CAST({q} AS {_CASTS[rules.type]})"
    bad = f"{cast} IS NULL"
    if rules.type == "integer":
        bad += f" OR {cast} <> floor({cast})"
    if rules.type == "date":
        bad += f" OR {cast} <> date_trunc('day', {cast})"
    return [_count(subject, name, column.name, f"{q} IS NOT NULL AND ({bad})")]


def _count(subject: Subject, name: str, column: str, bad: str) -> RuleOutcome:
    q = quoted(column)
    rows = subject.query(
        f"SELECT CAST({q} AS VARCHAR), count(*) AS n, sum(n) OVER () FROM {subject.relation} WHERE {bad} GROUP BY {q}"
        f" ORDER BY n DESC, 1 LIMIT {max(subject.options.examples, 1)}"
    )
    failures = int(rows[0][2]) if rows else 0
    examples = tuple(shown(v) for v, *_ in rows[: subject.options.examples])
    return RuleOutcome(name, failures, subject.rows, examples, (column,), failures == 0)


def check_whole_column(
    subject: Subject, column: Column, rules: ColumnRules, lines: Lines
) -> list[RuleOutcome]:
    outcomes = [is_unique(subject, [column.name])] if rules.unique else []
    if rules.references is not None:
        outcomes.append(_references(subject, column, rules, lines))
    return outcomes


def is_unique(subject: Subject, names: Sequence[str]) -> RuleOutcome:
    """Whether no two rows have the same values; rows in which one is missing are left out, as in SQL."""
    columns = ", ".join(quoted(n) for n in names)
    given = " AND ".join(f"{quoted(n)} IS NOT NULL" for n in names)
    shown_as = f"concat_ws(', ', {', '.join(f'CAST({quoted(n)} AS VARCHAR)' for n in names)})"
    rows = subject.query(
        f"SELECT any_value({shown_as}) AS v, count(*) AS n, sum(count(*) - 1) OVER () FROM {subject.relation}"
        f" WHERE {given} GROUP BY {columns} HAVING n > 1 ORDER BY n DESC, v LIMIT {max(subject.options.examples, 1)}"
    )
    failures = int(rows[0][2]) if rows else 0
    examples = tuple(f"{shown(v)} ({n} times)" for v, n, _ in rows[: subject.options.examples])
    return RuleOutcome(
        f"{', '.join(names)}: unique", failures, subject.rows, examples, tuple(names), failures == 0
    )


def _references(subject: Subject, column: Column, rules: ColumnRules, lines: Lines) -> RuleOutcome:
    wanted = rules.references
    assert wanted is not None
    place = ("columns", column.name, "references")
    try:
        table = subject.workspace.table(wanted.table)
    except QueryError as e:
        raise lines.error(place, e.message.rstrip("."), e.hint) from e
    other = table.column(wanted.column)
    if other is None:
        raise lines.error(place, f"the table '{table.name}' has no column '{wanted.column}'")
    q, o = (f"CAST({quoted(c.name)} AS VARCHAR)" for c in (column, other))
    if column.family == other.family:
        q, o = quoted(column.name), quoted(other.name)
    bad = (
        f"{quoted(column.name)} IS NOT NULL AND {q} NOT IN (SELECT {o} FROM {quoted(table.name)}"
        f" WHERE {quoted(other.name)} IS NOT NULL)"
    )
    return _count(subject, f"{column.name}: references {table.name}.{other.name}", column.name, bad)


def check_expressions(subject: Subject, rules: TableRules, lines: Lines) -> list[RuleOutcome]:
    outcomes = []
    for i, expression in enumerate(rules.expressions):
        try:
            failures = int(
                subject.query(
                    f"SELECT count(*) FROM {subject.relation} WHERE NOT CAST((\n{expression.sql}\n) AS BOOLEAN)"
                )[0][0]
            )
        except QueryError as e:
            raise lines.error(("expressions", i, "sql"), e.message.rstrip("."), e.hint) from e
        name = expression.name or shown(expression.sql, 60)
        outcomes.append(RuleOutcome(name, failures, subject.rows, (), (), failures == 0))
    return outcomes
