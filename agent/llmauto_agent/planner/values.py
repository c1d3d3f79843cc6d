"""Cell values that a question may name: found through the engine, within bounds, kept in memory.

What is read, and when: the first question that needs a table reads its distinct text values and the
bounds of its numbers and dates in one query, over the first `_CELLS` cells (rows times columns) of the
table at most. Columns with more than `_DISTINCT` distinct values, and the rest of large tables, are asked
per question for exactly the phrases of the question. So a value that only occurs late in a large table,
and in another spelling, may be missed; `ColumnFacts.complete` says so. Of many tables, only those are read
whose names or columns a question names. The time limits are a safety net: the bounds are what keeps
reading short, so that the same question finds the same values on a slow machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from llmauto_agent.planner.value_index import ValueIndex, binary_pair
from llmauto_agent.planner.value_types import (
    CellValue,
    ColumnFacts,
    Phrase,
    ValueHow,
    ValueMatch,
    ValueSource,
    distinct,
)
from llmauto_agent.planner.words import is_stop_word
from llmauto_tools.errors import Interrupted, LlmautoError, TimeLimitReached
from llmauto_tools.results import QueryResult, to_json_value
from llmauto_tools.schema import Column, Table

__all__ = [
    "CellValue", "ColumnFacts", "EngineValues", "Phrase", "ValueHow", "ValueMatch", "ValueSource", "distinct",
]  # fmt: skip

_CELLS = 1_000_000
_DISTINCT = 2_000
_LENGTH = 60
_FEW = 20
_UNIQUE = 0.9
"""Share of different values, estimated, from which a text column names its rows."""
_SCAN_SECONDS = 2.0
_PROBE_SECONDS = 1.0
_FEW_TABLES = 12
"""So many tables are all read; of more, only those that the question names."""
_PROBED_PHRASES = 60
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "HUGEINT")


class QueryEngine(Protocol):
    """The part of `llmauto_tools.sql.engine.Engine` that values need."""

    def query(
        self, sql: str, *, max_rows: int | None = None, timeout: float | None = None
    ) -> QueryResult: ...


@dataclass
class _TableValues:
    """What was read of one table."""

    facts: dict[str, ColumnFacts] = field(default_factory=dict)
    index: ValueIndex = field(default_factory=ValueIndex)
    open_columns: tuple[str, ...] = ()
    """Text columns whose values are not all in the index."""
    coded_columns: frozenset[str] = frozenset()
    """Those of them that look like codes (with digits), such as an order number."""
    slow: bool = False
    """Looking a phrase up took too long once: only quoted ones are looked up from now on."""


_Cache = dict[tuple[str, str, tuple[Column, ...]], _TableValues]
_caches: WeakKeyDictionary[Any, _Cache] = WeakKeyDictionary()
"""Per engine, so that a new schema index does not read unchanged tables again."""


class EngineValues:
    """Values of workspace tables, read through the engine when a question needs them.

    `fingerprint` gives a table's data version (`Workspace.fingerprint`); with it, what was read is
    kept for the engine's life and shared by later instances. Errors of the engine (a time limit, an
    unreadable file) mean that fewer values are known; `Interrupted` is passed on.
    """

    def __init__(
        self,
        engine: QueryEngine,
        tables: Sequence[Table],
        fingerprint: Callable[[str], str] | None = None,
    ) -> None:
        self._engine = engine
        self._tables = {t.name: t for t in tables}
        self._fingerprint = fingerprint
        self._cache: _Cache = _caches.setdefault(engine, {}) if fingerprint else {}

    # ---- ValueSource

    def facts(self, table: str, column: str) -> ColumnFacts | None:
        """What is known of a column (reads the table's values if that has not been done)."""
        if table not in self._tables or self._tables[table].column(column) is None:
            return None
        return self._read(self._tables[table]).facts.get(column)

    def find(self, phrases: Sequence[Phrase], first: Sequence[str] = ()) -> list[ValueMatch]:
        """The values that the phrases name. Of many tables, those in `first` and those known are searched."""
        matches: list[ValueMatch] = []
        for name, table in self._tables.items():
            if len(self._tables) > _FEW_TABLES and name not in first and self._key(table) not in self._cache:
                continue
            values = self._read(table)
            found = values.index.find(phrases)
            matches += found
            if values.open_columns:
                matches += self._probe(table, values, phrases, found)
        return matches

    # ---- reading a table

    def _key(self, table: Table) -> tuple[str, str, tuple[Column, ...]]:
        return table.name, self._fingerprint(table.name) if self._fingerprint else "", table.columns

    def _read(self, table: Table) -> _TableValues:
        key = self._key(table)
        if key not in self._cache:
            rows = max(1_000, min(100_000, _CELLS // max(1, len(table.columns))))
            read = self._scan(table, rows) or self._scan(table, max(1_000, rows // 20)) or _TableValues()
            self._cache[key] = read
        return self._cache[key]

    def _scan(self, table: Table, rows: int) -> _TableValues | None:
        """Read the first `rows` rows of a table; None when that failed or took too long."""
        parts = [(c, kind, sql) for c in table.columns for kind, sql in _figures(c)]
        selected = ", ".join(sql for _, _, sql in parts)
        source = f"(SELECT * FROM {_quote(table.name)} LIMIT {rows})"
        try:
            result = self._engine.query(
                f"SELECT count(*){', ' + selected if selected else ''} FROM {source}",
                max_rows=1,
                timeout=_SCAN_SECONDS,
            )
        except Interrupted:
            raise
        except LlmautoError:
            return None
        figures: dict[str, dict[str, Any]] = {c.name: {} for c in table.columns}
        for (column, kind, _), value in zip(parts, result.rows[0][1:], strict=True):
            figures[column.name][kind] = value
        return _collect(table, figures, whole=result.rows[0][0] < rows)

    # ---- asking for single values

    def _probe(
        self, table: Table, values: _TableValues, phrases: Sequence[Phrase], found: Sequence[ValueMatch]
    ) -> Iterator[ValueMatch]:
        """Exact matches (ignoring case) in the columns that are too large for the index."""
        wanted = _worth_probing(phrases, found, only_quoted=values.slow)
        coded = {t: p for t, p in wanted.items() if p.quoted or any(map(str.isdigit, t))}
        asked = {c: coded if c in values.coded_columns else wanted for c in values.open_columns}
        asked = {c: texts for c, texts in asked.items() if texts}
        if not asked:
            return
        parts = [
            f"list(DISTINCT {_quote(c)}) FILTER (WHERE lower({_quote(c)}) IN ({', '.join(map(_text, texts))}))"
            for c, texts in asked.items()
        ]
        sql = f"SELECT {', '.join(parts)} FROM {_quote(table.name)}"
        try:
            result = self._engine.query(sql, max_rows=1, timeout=_PROBE_SECONDS)
        except Interrupted:
            raise
        except TimeLimitReached:
            values.slow = True
            return
        except LlmautoError:
            return
        for column, hits in zip(asked, result.rows[0], strict=True):
            for value in hits or ():
                phrase = wanted[str(value).lower()]
                yield ValueMatch(phrase, table.name, column, value, 1.0 if phrase.quoted else 0.93, "exact")


def _worth_probing(
    phrases: Sequence[Phrase], found: Sequence[ValueMatch], *, only_quoted: bool
) -> dict[str, Phrase]:
    """Phrases by their lower-case text: quoted and capitalised ones first, stop words at the ends left out."""
    known = {(m.phrase.start, m.phrase.end) for m in found if m.score >= 0.9}

    def rank(phrase: Phrase) -> tuple[bool, bool, int]:
        capital = phrase.typed[:1].isupper() and phrase.start > 0
        return (not phrase.quoted, not capital, -len(phrase.typed))

    wanted: dict[str, Phrase] = {}
    for phrase in sorted(phrases, key=rank):
        words = phrase.typed.lower().split()
        edge = is_stop_word(words[0]) or is_stop_word(words[-1])
        if not phrase.quoted and (only_quoted or edge or phrase.explained or len(phrase.typed) < 2):
            continue
        if (phrase.start, phrase.end) in known:
            continue
        if len(wanted) < _PROBED_PHRASES:
            wanted.setdefault(phrase.typed.lower(), phrase)
    return wanted


def _is_code(text: str) -> bool:
    return not text.strip() or any(map(str.isdigit, text))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _figures(column: Column) -> Iterator[tuple[str, str]]:
    """What to compute of a column, as (what it is, SQL)."""
    name = _quote(column.name)
    if column.family == "text":
        short = f"list(DISTINCT {name}) FILTER (WHERE length({name}) <= {_LENGTH})"
        yield "values", f"CASE WHEN approx_count_distinct({name}) <= {_DISTINCT} THEN {short} END"
        yield "low", f"min({name})"
        yield "unique", f"count(*) >= 8 AND approx_count_distinct({name}) >= {_UNIQUE} * count(*)"
    elif column.family in ("number", "date"):
        yield "low", f"min({name})"
        yield "high", f"max({name})"
        if column.dtype in _INTEGERS:
            yield "unique", f"count(*) >= 8 AND approx_count_distinct({name}) >= {_UNIQUE} * count(*)"
        if column.dtype in _INTEGERS:
            yield (
                "values",
                f"CASE WHEN approx_count_distinct({name}) <= {_FEW} THEN list(DISTINCT {name}) FILTER (WHERE {name} IS NOT NULL) END",
            )


def _collect(table: Table, figures: dict[str, dict[str, Any]], *, whole: bool) -> _TableValues:
    read = _TableValues()
    open_columns = []
    coded = []
    for column in table.columns:
        known = figures[column.name]
        facts = _facts(column, known, whole)
        read.facts[column.name] = facts
        if column.family != "text":
            continue
        if facts.values is not None:
            read.index.add(table.name, column.name, [str(v) for v in facts.values])
        if facts.values is None or not whole:
            open_columns.append(column.name)
            if _is_code(str(known["low"] or "")):
                coded.append(column.name)
    read.coded_columns = frozenset(coded)
    read.open_columns = tuple(open_columns)
    return read


def _facts(column: Column, known: dict[str, Any], whole: bool) -> ColumnFacts:
    if column.family == "boolean":
        return ColumnFacts((False, True), True, (False, True))
    if column.family == "text":
        unique = bool(known.get("unique"))
        if known.get("values") is None:
            return ColumnFacts(unique=unique)
        values = tuple(sorted(str(v) for v in known["values"]))
        pair = binary_pair(values) if len(values) == 2 else None
        return ColumnFacts(values, whole, pair, unique=unique)
    low, high = to_json_value(known.get("low")), to_json_value(known.get("high"))
    unique = bool(known.get("unique"))
    if column.dtype in _INTEGERS and known.get("values"):
        numbers = tuple(sorted(known["values"]))
        return ColumnFacts(numbers, whole, (0, 1) if numbers == (0, 1) else None, low, high, unique)
    return ColumnFacts(None, False, None, low, high, unique)
