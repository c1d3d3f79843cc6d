"""The design matrix of a regression, streamed from DuckDB in batches.

Numbers are centred and interactions are products of centred columns, so that large means cost no digits;
`back` turns coefficients of the centred columns into those of the columns as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmauto_tools.stats.data import Data, label_sql, number_sql, text
from llmauto_tools.stats.question import Facts

Array = Any
"""A NumPy array of doubles; NumPy is imported where it is used."""

KEPT_CELLS = 10_000_000
"""Designs of at most this many cells stay in memory between the passes; larger ones are read again."""

INTERCEPT = "(intercept)"


@dataclass(frozen=True)
class Term:
    """One column of the design: a number, a level of a category, or the product of two others."""

    feature: str
    label: str
    sql: str
    """Of the column as it is, over the relation of complete rows."""
    centre: float = 0.0
    parts: tuple[int, int] | None = None
    """Of an interaction: which two terms it is the product of."""


@dataclass(frozen=True)
class Levels:
    """The levels of a category with their counts; the reference is the most frequent one."""

    reference: str
    others: tuple[str, ...]
    counts: dict[str, int]


@dataclass
class Design:
    """A target and its terms over the complete rows of a table."""

    data: Data
    relation: str
    """y and the columns c0, c1, ... of the features, complete rows only."""
    n: int
    y_centre: float
    terms: list[Term]
    levels: dict[str, Levels]
    _kept: list[tuple[Array, Array]] | None = field(default=None, repr=False)

    @property
    def names(self) -> list[str]:
        return [INTERCEPT, *(t.label for t in self.terms)]

    @property
    def width(self) -> int:
        return len(self.terms) + 1

    def batches(self, what: str) -> Iterator[tuple[Array, Array]]:
        """X with the intercept first, centred, and y less `y_centre`. Each call is a pass over the data."""
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[tuple[Array, Array]] | None = [] if self.n * self.width <= KEPT_CELLS else None
        done = 0
        for batch in self._stream():
            self.data.context.step(what, min(done / self.n, 1.0))
            done += len(batch[1])
            if kept is not None:
                kept.append(batch)
            yield batch
        self._kept = kept

    def _stream(self) -> Iterator[tuple[Array, Array]]:
        import numpy as np

        columns = ", ".join(f"{self._centred(i)} AS x{i}" for i in range(len(self.terms)))
        sql = f"SELECT y - {self.y_centre!r} AS y{', ' if columns else ''}{columns} FROM ({self.relation})"
        engine = self.data.workspace.engine
        for batch in engine.batches(sql, timeout=self.data.context.timeout):
            y, *xs = (c.to_numpy(zero_copy_only=False) for c in batch.columns)
            yield np.column_stack([np.ones(len(y)), *xs]), y

    def _centred(self, index: int) -> str:
        term = self.terms[index]
        if term.parts is not None:
            return " * ".join(self._centred(i) for i in term.parts)
        return f"({term.sql} - {term.centre!r})" if term.centre else f"({term.sql})"

    def back(self) -> Array:
        """The matrix P with beta = P @ beta_centred, and X_centred = X @ P, all columns as they are."""
        import numpy as np

        found = np.eye(self.width)
        for i, term in enumerate(self.terms, start=1):
            if term.parts is None:
                found[0, i] = -term.centre
                continue
            a, b = term.parts
            first, second = self.terms[a].centre, self.terms[b].centre
            found[a + 1, i], found[b + 1, i], found[0, i] = -second, -first, first * second
        return found

    def without(self, dropped: Sequence[int]) -> None:
        """Take terms out, by their index; an interaction that loses a part keeps its SQL through a copy."""
        gone = set(dropped)
        gone |= {i for i, t in enumerate(self.terms) if t.parts and gone & set(t.parts)}
        place = {old: new for new, old in enumerate(i for i in range(len(self.terms)) if i not in gone)}
        kept = []
        for i, t in enumerate(self.terms):
            if i in gone:
                continue
            parts = (place[t.parts[0]], place[t.parts[1]]) if t.parts else None
            kept.append(Term(t.feature, t.label, t.sql, t.centre, parts))
        self.terms = kept
        self._kept = None


def build_design(
    data: Data,
    target: str,
    features: Sequence[Facts],
    interactions: Sequence[tuple[str, str]],
) -> Design:
    """The design of a target (an SQL expression of a number) on features; complete rows only.

    Categories become one 0/1 column per level but the most frequent one, their reference.
    """
    relation = _complete(data, target, features)
    n, centre, *means = data.row(
        "SELECT count(*), avg(y)"
        + "".join(f", avg(c{i})" for i, f in enumerate(features) if is_numeric(f))
        + f" FROM ({relation})"
    )
    left = iter(means)
    terms: list[Term] = []
    levels: dict[str, Levels] = {}
    for i, facts in enumerate(features):
        name = facts.column.name
        if is_numeric(facts):
            mean = next(left)
            terms.append(Term(name, name, f"c{i}", 0.0 if facts.is_binary or mean is None else float(mean)))
            continue
        found = _levels(data, relation, i) if n else Levels("", (), {})
        levels[name] = found
        for level in found.others:
            terms.append(Term(name, f"{name} = {level}", f"CAST(c{i} = {text(level)} AS DOUBLE)"))
    design = Design(data, relation, int(n), float(centre or 0.0), terms, levels)
    for pair in interactions:
        _add_interaction(design, *pair)
    return design


def is_numeric(facts: Facts) -> bool:
    """Whether a feature enters as a number: numbers, and columns of 0 and 1."""
    return facts.column.family == "number"


def _complete(data: Data, target: str, features: Sequence[Facts]) -> str:
    columns = [
        f"{number_sql(f.column) if is_numeric(f) else label_sql(f.column)} AS c{i}"
        for i, f in enumerate(features)
    ]
    complete = "".join(f" AND c{i} IS NOT NULL" for i in range(len(features)))
    inner = f"SELECT {', '.join([f'{target} AS y', *columns])} FROM {data.source}"
    return f"SELECT * FROM ({inner}) WHERE y IS NOT NULL{complete}"


def _levels(data: Data, relation: str, index: int) -> Levels:
    rows = data.rows(f"SELECT c{index} AS g, count(*) AS n FROM ({relation}) GROUP BY g ORDER BY n DESC, g")
    counts = {str(g): int(n) for g, n in rows}
    reference = next(iter(counts))
    return Levels(reference, tuple(sorted(g for g in counts if g != reference)), counts)


def _add_interaction(design: Design, first: str, second: str) -> None:
    left = [i for i, t in enumerate(design.terms) if t.feature == first and t.parts is None]
    right = [i for i, t in enumerate(design.terms) if t.feature == second and t.parts is None]
    for i in left:
        for j in right:
            label = f"{design.terms[i].label} × {design.terms[j].label}"
            sql = f"({design.terms[i].sql} * {design.terms[j].sql})"
            design.terms.append(Term(f"{first} × {second}", label, sql, 0.0, (i, j)))
