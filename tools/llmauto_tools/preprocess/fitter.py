"""What a step may ask of the training rows while it is fitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from llmauto_tools.columns import quoted
from llmauto_tools.errors import InvalidArguments, did_you_mean
from llmauto_tools.preprocess.changes import Chain
from llmauto_tools.preprocess.kinds import MAX_LEVEL_CHARACTERS, Kind, Schema, text_sql

if TYPE_CHECKING:
    import pyarrow as pa

HOLISTIC_BYTES = 512 * 1024 * 1024
"""Memory for exact quantiles, which DuckDB keeps in memory, that one query may take."""
MAX_AGGREGATES = 1500
MAX_STATEMENT = 90_000
"""Characters of a statement; the engine takes 100,000."""

X = "\x00x\x00"
"""Stands for the column in a measure; no name has a NUL."""
AS_DOUBLE = f"CAST({X} AS DOUBLE)"


class Runner(Protocol):
    """Runs SELECTs; every row comes back."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]: ...

    def arrow(self, sql: str) -> pa.Table: ...


@dataclass
class Fitter:
    """Statistics of the training rows as they are after the steps so far."""

    runner: Runner
    relation: str
    chain: Chain
    train_rows: int
    target: str | None = None
    seed: int = 0
    notes: list[str] = field(default_factory=list)
    step: Callable[[str], None] = lambda text: None

    @property
    def schema(self) -> Schema:
        return self.chain.schema()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.runner.rows(sql)

    def train_sql(self, wanted: Sequence[str]) -> str:
        return self.chain.sql(self.relation, "train", wanted)

    def aggregate(
        self, columns: Sequence[str], measures: Sequence[str], *, holistic: int = 0
    ) -> dict[str, tuple[Any, ...]]:
        """Aggregates per column; X in a measure stands for the column. holistic: how many keep every value."""
        size = max(1, MAX_AGGREGATES // len(measures))
        if holistic:
            size = max(1, min(size, HOLISTIC_BYTES // (8 * holistic * max(self.train_rows, 1))))
        found: dict[str, tuple[Any, ...]] = {}
        rest = list(columns)
        while rest:
            chunk = rest[:size]
            sql = self._aggregate_sql(chunk, measures)
            if len(sql) > MAX_STATEMENT and len(chunk) > 1:
                size = smaller(len(chunk), sql)
                continue
            self.step(f"learning from {len(columns) - len(rest) + 1} of {len(columns)} columns")
            row = self.query(sql)[0]
            for i, name in enumerate(chunk):
                found[name] = row[i * len(measures) : (i + 1) * len(measures)]
            rest = rest[len(chunk) :]
        return found

    def _aggregate_sql(self, columns: Sequence[str], measures: Sequence[str]) -> str:
        parts = [m.replace(X, quoted(c)) for c in columns for m in measures]
        select = ", ".join(f"{p} AS a{i}" for i, p in enumerate(parts))
        return f"SELECT {select} FROM (\n{self.train_sql(columns)}\n)"

    def levels(self, column: str, limit: int) -> tuple[list[tuple[str | None, int]], int]:
        """The most frequent values as text with their counts (None: missing), and how many are left out.

        Sorted by count, ties by text. Missing does not count towards the limit; texts above 200
        characters are left out.
        """
        text = text_sql(column, self.schema[column])
        inner = f"SELECT {text} AS v, count(*) AS n FROM (\n{self.train_sql([column])}\n) GROUP BY 1"
        usable = f"v IS NULL OR (length(v) <= {MAX_LEVEL_CHARACTERS} AND NOT contains(v, chr(0)))"
        rows = self.query(
            f"SELECT v, n, count(*) OVER () AS every FROM ({inner})"
            f" ORDER BY v IS NULL DESC, ({usable}) DESC, n DESC, v LIMIT {limit + 1}"
        )
        if not rows:
            return [], 0
        every = int(rows[0][2]) - any(r[0] is None for r in rows)
        kept = [(r[0], int(r[1])) for r in rows if r[0] is None or is_level(r[0])]
        kept = [k for k in kept if k[0] is None] + [k for k in kept if k[0] is not None][:limit]
        return kept, every - sum(k[0] is not None for k in kept)

    def columns(self, names: Sequence[str] | None, kinds: Sequence[Kind], what: str) -> list[str]:
        """The columns that a step means; all that suit, without the target, where it names none.

        Raises InvalidArguments for one that is not there, or that holds something else.
        """
        return resolve(self.schema, names, kinds, what, self.target)


def smaller(columns: int, sql: str) -> int:
    """How many of so many columns make a statement that is short enough."""
    return max(1, int(columns * 0.95 * MAX_STATEMENT / len(sql)))


def is_level(text: str) -> bool:
    """Whether a text can be learned as a level."""
    return len(text) <= MAX_LEVEL_CHARACTERS and "\x00" not in text


def resolve(
    schema: Schema, names: Sequence[str] | None, kinds: Sequence[Kind], what: str, target: str | None
) -> list[str]:
    """See Fitter.columns."""
    if names is None:
        return [n for n, k in schema.items() if k in kinds and n != target]
    found = []
    for name in dict.fromkeys(names):
        match = find(schema, name, what)
        if match == target:
            raise InvalidArguments(
                f"The step '{what}' names the target '{match}'.",
                "Leave the target as it is, or name another.",
            )
        if schema[match] not in kinds:
            raise InvalidArguments(
                f"The step '{what}' needs {_words(kinds)}; '{match}' holds {_words([schema[match]])} there.",
                "Add a cast before it, or leave the column out.",
            )
        found.append(match)
    return found


def find(schema: Schema, name: str, what: str) -> str:
    """The column of that name (exact, else ignoring case). Raises InvalidArguments with the nearest."""
    if name in schema:
        return name
    for column in schema:
        if column.casefold() == name.casefold():
            return column
    raise InvalidArguments(
        f"The step '{what}' names '{name}', which is no column there: it does not exist, or an earlier"
        " step has replaced or dropped it.",
        did_you_mean(name, schema) or "See the steps before it.",
    )


def _words(kinds: Sequence[Kind]) -> str:
    words = {
        "integer": "numbers", "number": "numbers", "text": "text", "timestamp": "dates",
        "boolean": "true or false", "other": "a type that recipes do not take",
    }  # fmt: skip
    return " or ".join(dict.fromkeys(words[k] for k in kinds))
