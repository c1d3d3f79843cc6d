"""Walk the syntax tree of a statement, as DuckDB serializes it; refuse what is not known.

Every node is visited once, with what is in scope at its place. Constants are data and not looked into.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from llmauto_tools.errors import QueryInvalid, QueryRejected, did_you_mean
from llmauto_tools.sql.functions import (
    ALLOWED_FUNCTIONS,
    ALLOWED_TABLE_FUNCTIONS,
    DUPLICATING_MACROS,
    FORMATTING_FUNCTIONS,
    MAX_REPEAT,
    REPEATING_FUNCTIONS,
)

MAX_TREE_DEPTH = 900
"""Levels of the serialized tree; an expression takes two or three of them per operator."""
MAX_NODES = 200_000
MAX_LAMBDA_DEPTH = 8
MAX_MACRO_DEPTH = 5

ALLOWED = (
    "Allowed is one SELECT over the attached tables, with DuckDB's functions for maths, text, dates, lists, "
    "JSON, aggregates and windows."
)

_EXPRESSIONS = {
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION",
    "LAMBDA", "LAMBDA_REF", "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "TYPE", "WINDOW",
}  # fmt: skip
_QUERY_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
_TABLE_REFS = {
    "BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "EMPTY_FROM", "PIVOT", "SHOW_REF",
}  # fmt: skip
_MODIFIERS = {
    "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "ORDER_MODIFIER", "DISTINCT_MODIFIER", "ORDER_DEFAULT",
    "ASCENDING", "DESCENDING",
}  # fmt: skip
_TYPE_INFO = {
    "DECIMAL_TYPE_INFO", "LIST_TYPE_INFO", "STRUCT_TYPE_INFO", "ARRAY_TYPE_INFO", "ENUM_TYPE_INFO",
    "STRING_TYPE_INFO", "GENERIC_TYPE_INFO", "INTEGER_LITERAL_TYPE_INFO", "UNBOUND_TYPE_INFO",
}  # fmt: skip
_NODE_TYPES = _QUERY_NODES | _TABLE_REFS | _MODIFIERS | _TYPE_INFO
_BASE_TABLE_KEYS = {
    "type", "alias", "column_name_alias", "sample", "query_location", "table_name", "schema_name", "catalog_name",
    "qualified_name", "query_location_length",
}  # fmt: skip
_TELLING_KEYS = {"function_name", "table_name", "function", "query", "subquery", "from_table"}
"""Keys that only a known kind of node may have; seen elsewhere, the tree is not what we think."""


def ascii_lower(name: str) -> str:
    """Lower case of the letters A-Z only, which is how DuckDB compares names."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in name)


@dataclass(frozen=True)
class _Place:
    """Where in the tree a node stands."""

    ctes: frozenset[str] = frozenset()
    depth: int = 0
    lambdas: int = 0
    macros: int = 0


@dataclass
class TreeWalk:
    """Visits every node once; an explicit stack, since the tree may be deeper than Python's."""

    known: dict[str, str]
    tables: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    _stack: list[tuple[Any, _Place]] = field(default_factory=list)

    def run(self, statement: Any) -> None:
        if set(statement) - {"node", "named_param_map"}:
            raise _unknown("statement", ", ".join(statement))
        self._stack.append((statement["node"], _Place()))
        if statement.get("named_param_map"):
            raise QueryRejected("Parameters (? or $name) have no value here.", "Write the value itself.")
        visited = 0
        while self._stack:
            node, place = self._stack.pop()
            visited += 1
            if place.depth > MAX_TREE_DEPTH or visited > MAX_NODES:
                raise QueryRejected(
                    "The statement is too large or too deeply nested.", "Split it into parts."
                )
            if isinstance(node, dict):
                self._dict(node, place)
            elif isinstance(node, list):
                self._push(node, place)

    def _push(self, values: Iterable[Any], place: _Place, **change: Any) -> None:
        below = _Place(**{**place.__dict__, "depth": place.depth + 1, **change})
        # Reversed, so that tables and columns are met in the order in which they are written.
        self._stack.extend((v, below) for v in reversed(list(values)) if isinstance(v, (dict, list)))

    def _dict(self, node: dict[str, Any], place: _Place) -> None:
        if "class" in node:
            self._expression(node, place)
        elif isinstance(node.get("type"), str):
            self._typed(node, place)
        elif "is_null" in node and isinstance(node.get("type"), dict):
            self._push([node["type"]], place)  # a constant: its value is data
        elif "id" in node:
            self._push(node.values(), place)
        elif _TELLING_KEYS & set(node) and not _is_subquery_holder(node):
            raise _unknown("node", ", ".join(node))
        else:
            self._push(node.values(), place)

    # ---- expressions

    def _expression(self, node: dict[str, Any], place: _Place) -> None:
        kind = str(node["class"])
        if kind not in _EXPRESSIONS:
            raise _unknown("expression", kind)
        if kind == "COLUMN_REF":
            self.columns.append(str(node.get("column_names", [""])[-1]))
        elif kind == "TYPE":
            _check_type(node)
        elif kind in ("FUNCTION", "WINDOW"):
            self._function(node, place)
            return
        elif kind == "LAMBDA":
            if place.lambdas >= MAX_LAMBDA_DEPTH:
                raise QueryRejected(f"Lambdas are nested more than {MAX_LAMBDA_DEPTH} deep.")
            self._push(node.values(), place, lambdas=place.lambdas + 1)
            return
        self._push(node.values(), place)

    def _function(self, node: dict[str, Any], place: _Place) -> None:
        name = ascii_lower(str(node.get("function_name", "")))
        _check_path(node, "function_name", "catalog", "schema")
        if name not in ALLOWED_FUNCTIONS:
            raise _refused_function(name)
        _check_schema(node, f"The function '{name}'")
        if name in REPEATING_FUNCTIONS:
            _check_repeat(name, node)
        if name in FORMATTING_FUNCTIONS:
            _check_format(name, node)
        macros = place.macros + (name in DUPLICATING_MACROS)
        if macros > MAX_MACRO_DEPTH:
            raise QueryRejected(
                f"'{name}' is nested more than {MAX_MACRO_DEPTH} deep.", "Use a CTE per step."
            )
        self._push(node.values(), place, macros=macros)

    # ---- query nodes, tables, modifiers

    def _typed(self, node: dict[str, Any], place: _Place) -> None:
        kind = node["type"]
        if kind not in _NODE_TYPES:
            raise _unknown("node", kind)
        if kind in _QUERY_NODES:
            self._query_node(node, place)
            return
        if kind == "BASE_TABLE":
            self._base_table(node, place)
        elif kind == "TABLE_FUNCTION":
            self._table_function(node, place)
            return
        elif kind == "SHOW_REF" and "query" not in node:
            raise QueryRejected(
                "SHOW is not allowed; DESCRIBE and SUMMARIZE of a table are.",
                "The tool 'tables' lists the tables.",
            )
        elif kind == "UNBOUND_TYPE_INFO":
            _check_type(node)
        self._push(node.values(), place)

    def _query_node(self, node: dict[str, Any], place: _Place) -> None:
        """A CTE is seen by the CTEs after it and by the node's own parts, and nowhere else."""
        scope = place.ctes
        parts: list[tuple[Any, frozenset[str]]] = []
        for entry in node.get("cte_map", {}).get("map", ()):
            parts.append((entry["value"], scope))
            scope = scope | {ascii_lower(entry["key"])}
        for key, value in node.items():
            if key == "cte_map":
                continue
            inside = scope
            if key in ("right", "child") and "cte_name" in node:
                # Only the recursive side sees the CTE itself; in its anchor the name is another table.
                inside = scope | {ascii_lower(node["cte_name"])}
            parts.append((value, inside))
        for value, ctes in reversed(parts):
            self._push([value], place, ctes=ctes)

    def _base_table(self, node: dict[str, Any], place: _Place) -> None:
        unknown = set(node) - _BASE_TABLE_KEYS
        if unknown:
            raise _unknown("table with", ", ".join(sorted(unknown)))
        name = str(node.get("table_name", ""))
        _check_path(node, "table_name", "catalog_name", "schema_name")
        folded = ascii_lower(name)
        schema, catalog = node.get("schema_name", ""), node.get("catalog_name", "")
        if not schema and not catalog and folded in place.ctes:
            return
        if schema == "recurring" and not catalog and folded in place.ctes:
            return  # the whole of a recursive CTE with USING KEY
        if catalog not in ("", "memory") or schema not in ("", "main") or folded not in self.known:
            full = ".".join(p for p in (catalog, schema, name) if p)
            raise self._unknown_table(full)
        if self.known[folded] not in self.tables:
            self.tables.append(self.known[folded])

    def _unknown_table(self, name: str) -> QueryInvalid | QueryRejected:
        hint = did_you_mean(name, self.known.values())
        if hint is None:
            listed = ", ".join(f"'{t}'" for t in list(self.known.values())[:20])
            hint = f"The tables are: {listed}." if listed else "Attach a source first."
        if any(c in name for c in "/\\:*?") or "." in name:
            return QueryRejected(f"'{name}' is not an attached table; files are not read by name.", hint)
        return QueryInvalid(f"There is no table '{name}'.", hint)

    def _table_function(self, node: dict[str, Any], place: _Place) -> None:
        function = node.get("function", {})
        name = ascii_lower(str(function.get("function_name", "")))
        if function.get("class") != "FUNCTION" or name not in ALLOWED_TABLE_FUNCTIONS:
            allowed = ", ".join(sorted(ALLOWED_TABLE_FUNCTIONS))
            raise QueryRejected(
                f"The table function '{name}' is not allowed.", f"Allowed in FROM are: {allowed}."
            )
        _check_path(function, "function_name", "catalog", "schema")
        _check_schema(function, f"The table function '{name}'")
        rest = [v for k, v in node.items() if k != "function"]
        self._push([*function.values(), *rest], place)


def _is_subquery_holder(node: dict[str, Any]) -> bool:
    """A CTE's entry or the statement inside a subquery: containers without a type of their own."""
    return isinstance(node.get("query"), dict) and set(node) <= {
        "query",
        "aliases",
        "materialized",
        "key_targets",
    }


def _unknown(what: str, kind: str) -> QueryRejected:
    return QueryRejected(f"The statement has a part that is not allowed ({what} {kind}).", ALLOWED)


def _refused_function(name: str) -> QueryRejected:
    close = difflib.get_close_matches(name, (f for f in ALLOWED_FUNCTIONS if f[0].isalpha()), cutoff=0.8)
    hint = "Did you mean " + " or ".join(f"'{c}'" for c in close) + "?" if close else ALLOWED
    return QueryRejected(f"The function '{name}' is not allowed.", hint)


def _check_schema(node: dict[str, Any], what: str) -> None:
    """Functions of an attached database file could be macros that its author wrote."""
    if node.get("catalog", "") not in ("", "system") or node.get("schema", "") not in (
        "",
        "main",
        "pg_catalog",
    ):
        raise QueryRejected(
            f"{what} is written with a prefix.", "Write its plain name, with its arguments in ()."
        )


def _check_path(node: dict[str, Any], name: str, *prefixes: str) -> None:
    """DuckDB 2 writes the whole name once more; it has to say the same."""
    if "qualified_name" in node:
        parts = [node[key] for key in (*prefixes, name) if node.get(key)]
        if node["qualified_name"].get("path") != parts:
            raise _unknown("name", name)


def _check_type(node: dict[str, Any]) -> None:
    if node.get("catalog") or node.get("schema"):
        raise QueryRejected("Types of other databases are not allowed.", "Use a plain DuckDB type.")


def _check_repeat(name: str, node: dict[str, Any]) -> None:
    position = REPEATING_FUNCTIONS[name]
    children = _arguments(node)
    value = _constant(children, position)
    if len(children) <= position and name == "bitstring":
        return
    if not isinstance(value, (int, float)) or isinstance(value, bool) or value > MAX_REPEAT:
        raise QueryRejected(
            f"'{name}' needs a constant length of at most {MAX_REPEAT:,}.",
            "It makes results that DuckDB's memory limit does not see.",
        )
    if any(_calls_repeating(c) for c in children):
        raise QueryRejected(f"'{name}' is nested in itself.", "Give the whole length at once.")


def _check_format(name: str, node: dict[str, Any]) -> None:
    value = _constant(_arguments(node), 0)
    if not isinstance(value, str) or re.search(r"\d{5}|\{[^}]*\{|%[^a-zA-Z%]*\*", value):
        raise QueryRejected(
            f"'{name}' needs a constant format with widths below 10,000.",
            "It makes results that DuckDB's memory limit does not see.",
        )


def _arguments(node: dict[str, Any]) -> list[Any]:
    """The argument expressions of a call, as DuckDB 1 or 2 writes them."""
    return [*node.get("children", []), *(a.get("expression") for a in node.get("arguments", []))]


def _constant(arguments: list[Any], position: int) -> Any:
    """The value of an argument that is a constant, else None."""
    if len(arguments) <= position or not isinstance(arguments[position], dict):
        return None
    literal = arguments[position].get("literal")  # DuckDB 2
    if isinstance(literal, dict):
        text = str(literal.get("text", ""))
        return int(text) if literal.get("kind") == "INTEGER" and text.isdecimal() else text
    value = arguments[position].get("value")  # DuckDB 1
    return value.get("value") if isinstance(value, dict) else None


def _calls_repeating(node: Any) -> bool:
    stack = [node]
    while stack:
        at = stack.pop()
        if isinstance(at, dict):
            if ascii_lower(str(at.get("function_name", ""))) in ("repeat", "list_resize", "array_resize"):
                return True
            stack.extend(at.values())
        elif isinstance(at, list):
            stack.extend(at)
    return False
