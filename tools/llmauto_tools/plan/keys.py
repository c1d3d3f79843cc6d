"""How tables belong together: declared keys, keys found by names and values, and paths along them.

Names first: orders.customer_id belongs to customers.id or customers.customer_id, whatever the spelling
(CustomerID, "customer id", 客户编号). With an engine, the values are looked at too: at least 90% of the
distinct values in the first 10,000 rows have to occur in the other table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from llmauto_tools.plan.paths import AmbiguousJoinError, join_path
from llmauto_tools.schema import Column, ForeignKey, Table

if TYPE_CHECKING:
    from llmauto_tools.sql.engine import Engine

__all__ = ["AmbiguousJoinError", "FoundKey", "examine_joins", "find_joins", "join_path", "name_words"]

SAMPLED_ROWS = 10_000
MIN_CONTAINED = 0.9

_ID_WORDS = {"id", "key", "code", "no", "nr", "num", "number", "uuid", "guid", "pk", "sk", "ref"}
_SURROGATES = {"id", "key", "uuid", "guid", "pk", "sk"}
"""Only these are shared by chance rarely; two tables that both have a postal code are not related."""
_CHINESE_ID = re.compile(r"(编号|编码|代码|号码|号|ID|id)$")
_TABLE_PREFIXES = {"tbl", "tb", "dim", "fact", "fct", "stg", "raw"}
_KEY_TYPES = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
    "UHUGEINT", "DECIMAL", "VARCHAR", "UUID", "ENUM",
}  # fmt: skip


@dataclass(frozen=True)
class FoundKey:
    """A join and how it was found."""

    key: ForeignKey
    how: Literal["declared", "names", "names and values"]
    score: float
    """How well the names fit, 0..1; declared keys have 1."""
    contained: float | None = None
    """The part of the sampled distinct values that occur in the other table, where values were looked at."""
    sampled: int = 0
    """How many distinct values that were."""


def find_joins(
    tables: Sequence[Table], foreign_keys: Iterable[ForeignKey] = (), *, engine: Engine | None = None
) -> list[ForeignKey]:
    """The joins between tables: declared ones first, then those that names (and values) speak for."""
    return [found.key for found in examine_joins(tables, foreign_keys, engine=engine)]


def examine_joins(
    tables: Sequence[Table],
    foreign_keys: Iterable[ForeignKey] = (),
    *,
    engine: Engine | None = None,
    of: str | None = None,
) -> list[FoundKey]:
    """The same with the reason for each. A column that has a declared key is given no other.

    With `of`, only the joins of that table to others, and only their values are looked at.
    """
    by_name = {t.name: t for t in tables}
    declared = [FoundKey(k, "declared", 1.0) for k in foreign_keys if _exists(k, by_name)]
    taken = {(f.key.table, f.key.column) for f in declared}
    found: list[FoundKey] = []
    for place, candidates in _Schema(tables).candidates().items():
        if of is not None and place[0] != of:
            candidates = [c for c in candidates if c.key.other_table == of]
        if place not in taken and candidates:
            kept = _confirmed(candidates, engine) if engine is not None else candidates[0]
            found += [kept] if kept is not None else []
    linked = {frozenset((f.key.table, f.key.other_table)) for f in [*declared, *found] if f.score > _WEAK}
    strong = [
        f for f in found if f.score > _WEAK or frozenset((f.key.table, f.key.other_table)) not in linked
    ]
    every = [*declared, *_without_mirrors(strong)]
    return [f for f in every if of is None or of in (f.key.table, f.key.other_table)]


_WEAK = 0.6
"""A join this weak is kept only between tables that nothing better connects."""
_SHARED = 0.5
"""Two tables share the name of a key that is neither's own."""


def _exists(key: ForeignKey, tables: dict[str, Table]) -> bool:
    table, other = tables.get(key.table), tables.get(key.other_table)
    return bool(table and other and table.column(key.column) and other.column(key.other_column))


class _Schema:
    """What the names of all tables say about each other."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._tables = tables
        named = {(t.name, c.name): _own_key(t, c) for t in tables for c in t.columns}
        owners = {_words(column) for (_, column), strength in named.items() if strength == 1.0}
        # playlist_track has a track_id, but where there is a table track, the key is that table's.
        self._holders = Counter(_words(column) for _, column in named)
        named |= self._leading(owners)
        self._own = {
            place: strength
            for place, strength in named.items()
            if strength == 1.0 or (strength > 0 and _words(place[1]) not in owners)
        }

    def _leading(self, owners: set[tuple[str, ...]]) -> dict[tuple[str, str], float]:
        """Keys that nobody owns by name, but that are the first column of one table only."""
        first = [(t, t.columns[0]) for t in self._tables if t.columns and _is_id(t.columns[0].name)]
        count = Counter(_words(column.name) for _, column in first)
        return {
            (table.name, column.name): 0.6
            for table, column in first
            if (words := _words(column.name)) not in owners and count[words] == 1 < self._holders[words]
        }

    def candidates(self) -> dict[tuple[str, str], list[FoundKey]]:
        """For each column, the keys of other tables that it may refer to, best first."""
        keys = [(t, c) for t in self._tables for c in t.columns if self._own_of(t, c) or _is_id(c.name)]
        found: dict[tuple[str, str], list[FoundKey]] = {}
        for table in self._tables:
            for column in table.columns:
                scored = [
                    FoundKey(ForeignKey(table.name, column.name, other.name, key.name), "names", score)
                    for other, key in keys
                    if other is not table and (score := self._score(table, column, other, key)) > 0
                ]
                if scored:
                    found[table.name, column.name] = sorted(scored, key=lambda f: -f.score)
        return found

    def _own_of(self, table: Table, column: Column) -> float:
        return self._own.get((table.name, column.name), 0.0)

    def _score(self, table: Table, column: Column, other: Table, key: Column) -> float:
        """How well the names say that column refers to key: 0 is not at all."""
        words, key_words, owner = _words(column.name), _words(key.name), _table_words(other.name)
        if words == ("id",) or not {_base(column.dtype), _base(key.dtype)} <= _KEY_TYPES:
            return 0.0  # a bare id is its own table's
        likely = 1.0 if column.family == key.family else 0.9
        return likely * self._name_score(
            words, key_words, owner, self._own_of(table, column), self._own_of(other, key)
        )

    def _name_score(
        self,
        words: tuple[str, ...],
        key_words: tuple[str, ...],
        owner: tuple[str, ...],
        own: float,
        others_own: float,
    ) -> float:
        if words == key_words:
            if others_own > own:
                return 0.95 if _is_id_words(words) else _WEAK
            # Two tables with the same foreign key; among more of them it would connect everything.
            pair = own == others_own == 0 and self._holders[words] == 2
            return _SHARED if pair and words[-1] in _SURROGATES else 0.0
        stem = _stem(words, key_words) if others_own else ()
        if not stem or own == 1.0:
            return 0.0
        if stem == owner:
            return 1.0
        if owner[-len(stem) :] == stem:
            return 0.8
        # A role in front: billing_customer_id refers to customers.
        role = len(stem) > len(owner) and stem[-len(owner) :] == owner
        role = role or (len(key_words) > 1 and words[-len(key_words) :] == key_words)
        return 0.7 if role else 0.0


def _stem(words: tuple[str, ...], key_words: tuple[str, ...]) -> tuple[str, ...]:
    """What is left of a column's name without the key's last word: customer of customer_id."""
    return words[:-1] if key_words[-1] == words[-1] and _is_id_words(words) else ()


def _base(dtype: str) -> str:
    return dtype.upper().split("(")[0]


def _own_key(table: Table, column: Column) -> float:
    """How surely a column is the key of its own table: 1 for id or customer_id in customers, 0.5 for
    item_id in order_items."""
    words, owner = _words(column.name), _table_words(table.name)
    stem = words[:-1]
    if stem == owner and words[-1] == "name":
        return 0.4  # state.state_name, to which another state_name may refer
    if _base(column.dtype) not in _KEY_TYPES or not _is_id_words(words):
        return 0.0
    if words == ("id",) or stem == owner or (not stem and table.columns[0].name == column.name):
        return 1.0
    return 0.5 if stem and owner[-len(stem) :] == stem else 0.0


def _is_id(name: str) -> bool:
    return _is_id_words(_words(name))


def _is_id_words(words: tuple[str, ...]) -> bool:
    return bool(words) and words[-1] in _ID_WORDS


# ---- names


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    """CustomerID, customer_id and "Customer id" as ("customer", "id"); 客户编号 as ("客户", "id")."""
    name = _CHINESE_ID.sub(" id", name)
    parts = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3 \2\4", name)
    words = [w for w in re.split(r"[\W_]+", parts.casefold()) if w]
    if words and len(words) == 1 and words[0] not in _ID_WORDS:
        glued = re.fullmatch(r"([a-z]{3,})(id|key|code)", words[0])
        if glued:
            words = [glued[1], glued[2]]
    return (*words[:-2], *(_singular(w) for w in words[-2:]))


def name_words(name: str) -> tuple[str, ...]:
    """The words of a column's name, lower case, plurals at its end made singular."""
    return _words(name)


@lru_cache(maxsize=1024)
def _table_words(name: str) -> tuple[str, ...]:
    words = tuple(_singular(w) for w in _words(name))
    while len(words) > 1 and words[0] in _TABLE_PREFIXES:
        words = words[1:]
    return words


def _singular(word: str) -> str:
    """The singular of a regular English plural; other words as they are."""
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("xes", "sses", "ches", "shes", "tuses", "buses")):
        return word[:-2]
    return word[:-1]


# ---- values


def _confirmed(candidates: list[FoundKey], engine: Engine) -> FoundKey | None:
    """The best candidate whose values are contained in the other table's key."""
    for candidate in candidates:
        sampled, hits = _contained(candidate.key, engine)
        if sampled == 0:  # an empty column says nothing against the names
            return candidate
        if hits >= MIN_CONTAINED * sampled:
            return replace(candidate, how="names and values", contained=hits / sampled, sampled=sampled)
    return None


def _contained(key: ForeignKey, engine: Engine) -> tuple[int, int]:
    """How many distinct values the first rows have, and how many of them the other table knows."""
    from sqlglot import exp

    def column(name: str) -> exp.Expr:  # as text, because an id may be a number here and text there
        return exp.cast(exp.Column(this=exp.to_identifier(name, quoted=True)), "TEXT")

    def table(name: str) -> exp.Table:
        return exp.Table(this=exp.to_identifier(name, quoted=True))

    head = exp.select(exp.alias_(column(key.column), "value")).from_(table(key.table)).limit(SAMPLED_ROWS)
    values = exp.select("value").distinct().from_(head.subquery("head")).where("NOT value IS NULL")
    known = exp.select(column(key.other_column)).from_(table(key.other_table))
    known = known.where(exp.not_(exp.Is(this=column(key.other_column), expression=exp.null())))
    hit = exp.In(this=exp.column("value"), query=known.subquery())
    hits = exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=hit))
    query = exp.select(exp.Count(this=exp.Star()), hits).from_(values.subquery("listed"))
    ((sampled, found),) = engine.query(query.sql("duckdb")).rows
    return int(sampled), int(found)


def _without_mirrors(found: list[FoundKey]) -> list[FoundKey]:
    """Of a pair that was found in both directions, the better one, or the first."""
    kept: dict[frozenset[tuple[str, str]], FoundKey] = {}
    for each in found:
        ends = frozenset(((each.key.table, each.key.column), (each.key.other_table, each.key.other_column)))
        if ends not in kept or each.score > kept[ends].score:
            kept[ends] = each
    return list(kept.values())
