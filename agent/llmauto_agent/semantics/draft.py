"""What was learned of tables as the text of a llmauto.yml, with comments that explain each part."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from llmauto_agent.semantics.learn import Learned, LearnedColumn, LearnedTable
from llmauto_tools.schema import ForeignKey

_PLAIN = re.compile(r"[^\W\d_][\w ./*()%-]*", re.UNICODE)
"""Texts that YAML reads as they are, with no quotation marks."""
_WORDS_OF_YAML = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))

_HEAD = """\
# What the data of this project means. llmauto obeys it in this folder and below: `llmauto ask`, `chat`, `test`.
# Drafted by `llmauto learn`; read it, correct it, keep it in version control (docs/semantics.md).
# A name that is not there, or a wrong expression, is an error with the line."""
_TABLES = """\
# Tables and columns. All of it is optional: description, unit, synonyms (other words for it) and values
# (other words for a cell, such as  values: {paid: [settled]}).
tables:"""
_MEASURES = """\
# Measures: names for aggregates, in SQL over one table. "revenue by region" then means this.
measures:"""
_MEASURE_EXAMPLE = """\
#  - name: average order value
#    table: orders
#    expression: sum(amount) / count(DISTINCT order_id)
#    unit: EUR
#    synonyms: [AOV]"""
_DIMENSIONS = """\
# Dimensions: what rows are grouped by, and conditions that rows meet ("big orders"), in SQL over one table.
dimensions:"""
_DIMENSION_EXAMPLE = """\
#  - name: big order
#    table: orders
#    expression: amount >= 500"""
_SYNONYMS = """\
# Other words for anything that has a name above or in the data.
synonyms:
#  revenue: [turnover, takings]"""
_JOINS = """\
# How the tables belong together."""
_FILTERS = """\
# Filters that always apply, and are said in the answer. "including NAME" in a question lifts one. Either
# `exclude` (rows that do not count) or `only` (rows that count). These are guesses: uncomment what is right.
filters:"""
_FILTER_EXAMPLE = """\
#  - name: test accounts
#    table: customers
#    exclude: is_test"""
_FISCAL = """\
# The month in which the fiscal year begins; "fiscal year 2024" begins in that month of 2024.
#fiscal_year_start: April"""
_EXAMPLES = """\
# Questions with their SQL: chat models learn from them, and `llmauto test` can run them.
examples:
#  - question: What is the revenue by region?
#    sql: SELECT region, sum(amount) FROM orders GROUP BY region"""


def write_draft(learned: Learned) -> str:
    """The whole file."""
    parts = [
        _HEAD,
        "\n".join([_TABLES, *(line for table in learned.tables for line in _table(table))]),
        "\n".join([_MEASURES, *(_measures(learned) or [_MEASURE_EXAMPLE])]),
        "\n".join([_DIMENSIONS, *_dimensions(learned), _DIMENSION_EXAMPLE]),
        _SYNONYMS,
        "\n".join([_JOINS, *_joins(learned)]),
        "\n".join([_FILTERS, *(_filters(learned) or [_FILTER_EXAMPLE])]),
        _FISCAL,
        _EXAMPLES,
    ]
    return "\n\n".join(parts) + "\n"


def scalar(text: str) -> str:
    """A text as YAML writes it: in quotation marks where it would be read as something else."""
    plain = _PLAIN.fullmatch(text) and not text.endswith(" ") and text.lower() not in _WORDS_OF_YAML
    return text if plain else json.dumps(text, ensure_ascii=False)


def _comment(text: str) -> str:
    """A text for a comment: in one line."""
    return " ".join(text.split())[:100]


def _table(table: LearnedTable) -> Iterator[str]:
    rows = f"{table.rows:,} rows" if table.rows is not None else "rows not counted"
    yield f"  {scalar(table.name)}: # {rows}"
    yield '    description: ""'
    yield "    columns:"
    for column in table.columns:
        yield f"      {scalar(column.name)}: {_settings(column)} # {_about(column)}"
    if table.more:
        yield f"      # and {table.more:,} more columns"


def _settings(column: LearnedColumn) -> str:
    return f"{{unit: {scalar(column.unit)}}}" if column.unit else "{}"


def _about(column: LearnedColumn) -> str:
    if column.values:
        return _comment(f"{column.kind}: {', '.join(column.values)}")
    return f"{column.kind}, {column.dtype.lower()}"


def _measures(learned: Learned) -> list[str]:
    lines = []
    for m in learned.measures:
        lines += [f"  - name: {scalar(m.name)}", f"    table: {scalar(m.table)}"]
        lines += [f"    expression: {json.dumps(m.expression, ensure_ascii=False) if '#' in m.expression else m.expression}"]  # fmt: skip
        lines += [f"    unit: {scalar(m.unit)}"] if m.unit else []
        lines += [f"    description: {scalar(m.description)}"]
    return lines


def _dimensions(learned: Learned) -> Iterable[str]:
    """The columns that group rows, each once; a name that two tables have stays with its first."""
    seen: set[str] = set()
    for table, column in learned.dimensions:
        name = " ".join(column.replace("_", " ").split())
        if name.casefold() in seen:
            continue
        seen.add(name.casefold())
        quoted = (
            column if re.fullmatch(r"[a-z_][a-z0-9_]*", column) else '"' + column.replace('"', '""') + '"'
        )
        yield f"  - {{name: {scalar(name)}, table: {scalar(table)}, expression: {scalar(quoted)}}}"


def _joins(learned: Learned) -> Iterator[str]:
    if not learned.joins:
        yield "joins:\n#  - orders.customer_id = customers.id"
        return
    yield "joins:"
    for found in learned.joins:
        how = found.how
        if found.contained is not None:
            how += f": {found.contained:.0%} of {found.sampled:,} values occur there"  # type: ignore[assignment]
        yield f"  - {json.dumps(_equation(found.key), ensure_ascii=False)} # {how}"


def _equation(key: ForeignKey) -> str:
    return f"{key.table}.{key.column} = {key.other_table}.{key.other_column}"


def _filters(learned: Learned) -> list[str]:
    lines = []
    for f in learned.filters:
        exclude = json.dumps(f.exclude, ensure_ascii=False)
        lines += [f"#  - name: {scalar(_comment(f.name))}", f"#    table: {scalar(f.table)}", f"#    exclude: {exclude}"]  # fmt: skip
    return lines
