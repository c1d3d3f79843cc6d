"""The guard: what a statement may be before it gets near the data.

It must be exactly one statement of type SELECT, and every node of its syntax tree (DuckDB's own, from
`json_serialize_sql`) must be of a kind that is known here: tables are attached ones or CTEs in scope,
functions come from the allow-list in `functions.py`. Whatever is not known is refused. The locked
connection (`instance.py`) is the second line; docs/security.md says what each of them holds.

Allowed besides plain SELECT: VALUES, FROM-first, set operations, CTEs (recursive ones too: time and
memory limits stop them), DESCRIBE and SUMMARIZE of something allowed, UNPIVOT, and PIVOT with its
values listed (`PIVOT t ON year IN (2023, 2024) USING sum(x)`). A PIVOT without them creates a type first
and is therefore several statements: refused with that hint.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmauto_tools.errors import QueryInvalid, QueryRejected
from llmauto_tools.sql.scan import nesting_depth, without_trailing_semicolon
from llmauto_tools.sql.tree import ALLOWED, TreeWalk, ascii_lower

if TYPE_CHECKING:
    import duckdb

MAX_STATEMENT_CHARACTERS = 100_000
MAX_BRACKET_DEPTH = 100


@dataclass(frozen=True)
class Checked:
    """A statement that passed: fit to run, and to be put in parentheses as a subquery."""

    sql: str
    tables: tuple[str, ...]
    """The attached tables that it names, as they are spelled in the workspace."""
    columns: tuple[str, ...]
    """The last parts of the column names that it uses (they are not resolved here)."""


def check(sql: str, connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> Checked:
    """Check a statement against the names of the attached tables; nothing is executed.

    `connection` is used to parse only. Raises QueryRejected (something that is not allowed) or
    QueryInvalid (broken syntax, or a table that is not attached), with the statement in `.sql`.
    """
    try:
        _check_text(sql)
        # What is checked is what runs: the text without a trailing semicolon.
        sql = without_trailing_semicolon(sql)
        if not sql:
            raise QueryInvalid("The statement is empty.", "Write one SELECT statement.")
        tree = _parse(sql, connection)
        walk = TreeWalk({ascii_lower(t): t for t in tables})
        walk.run(tree)
    except (QueryRejected, QueryInvalid) as e:
        e.sql = sql  # type: ignore[union-attr]
        raise
    return Checked(sql, tuple(walk.tables), tuple(walk.columns))


def _check_text(sql: str) -> None:
    if len(sql) > MAX_STATEMENT_CHARACTERS:
        raise QueryRejected(
            f"The statement is {len(sql):,} characters long; at most {MAX_STATEMENT_CHARACTERS:,} are allowed."
        )
    if "\x00" in sql:
        raise QueryRejected("The statement holds a NUL character.")
    if nesting_depth(sql, MAX_BRACKET_DEPTH) > MAX_BRACKET_DEPTH:
        raise _too_deep()


def _too_deep() -> QueryRejected:
    return QueryRejected(
        f"The statement is nested too deeply (more than {MAX_BRACKET_DEPTH} levels).",
        "Split it into CTEs: WITH step AS (SELECT …) SELECT …",
    )


def _parse(sql: str, connection: duckdb.DuckDBPyConnection) -> Any:
    """The syntax tree of the one SELECT statement in `sql`."""
    import duckdb

    from llmauto_tools.sql.failures import syntax_failure
    from llmauto_tools.sql.instance import text

    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as e:
        raise syntax_failure(e, sql) from e
    if len(statements) != 1:
        raise _several(sql, statements)
    kind = statements[0].type.name
    if kind != "SELECT":
        raise QueryRejected(f"A {kind} statement is not allowed; only reading is.", ALLOWED)
    # A literal and not a parameter: for a parameter DuckDB imports pandas, a quarter of a second.
    options = "skip_null := true, skip_empty := true, skip_default := true"
    try:
        # All rows are fetched, so that no transaction stays open in which views made later are not seen.
        rows = connection.execute(f"SELECT json_serialize_sql({text(sql)}, {options})").fetchall()
    except duckdb.ParserException as e:  # a NUL byte ends the text that DuckDB's parser sees
        raise syntax_failure(e, sql) from e
    try:
        tree = json.loads(rows[0][0])
    except RecursionError as e:
        raise _too_deep() from e
    if tree.get("error") is not False or len(tree.get("statements", ())) != 1:
        raise QueryRejected("This kind of statement cannot be checked, so it is not run.", ALLOWED)
    return tree["statements"][0]


def _several(sql: str, statements: list[Any]) -> QueryRejected:
    kinds = [s.type.name for s in statements]
    if kinds == ["CREATE", "SELECT"] and "pivot" in sql.casefold():
        return QueryRejected(
            "PIVOT needs its values listed.", "Write: PIVOT t ON year IN (2023, 2024) USING sum(amount)."
        )
    return QueryRejected(f"There are {len(kinds)} statements; exactly one is allowed.", ALLOWED)
