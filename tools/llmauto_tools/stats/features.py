"""Which columns enter a regression, and which do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from llmauto_tools.columns import find_column
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.schema import Column
from llmauto_tools.stats.case_counts import of_interest
from llmauto_tools.stats.data import Data, label_sql, number_sql, text
from llmauto_tools.stats.question import Facts, facts_of

MAX_LEVELS = 30
MAX_FEATURES = 40
MAX_MISSING = 0.4
"""A column with a larger share of missing values is not taken by itself: it would cost too many rows."""


@dataclass(frozen=True)
class Target:
    """What is explained: its column, the SQL of its number, and the level that counts as 1."""

    facts: Facts
    sql: str
    level: str | None

    @property
    def name(self) -> str:
        return self.facts.column.name

    @property
    def label(self) -> str:
        return f"{self.name} = {self.level}" if self.level is not None else self.name


@dataclass
class Chosen:
    """The features and controls of a regression, and what was left out of it."""

    features: list[Facts]
    controls: list[Facts]
    notes: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[Facts]:
        return [*self.features, *self.controls]


def read_target(data: Data, name: str) -> Target:
    """The target of a regression. Raises InvalidArguments for one with many categories or one value."""
    facts = facts_of(data, name)
    column = facts.column
    if column.family == "number":
        low, high = data.row(f"SELECT min(v), max(v) FROM ({data.values(column)})")
        if low == high:
            raise InvalidArguments(
                f"The target '{column.name}' has one value only ({low:,.6g}), so nothing can go with it.",
                "Name another target.",
            )
        return Target(facts, number_sql(column), "1" if facts.is_binary else None)
    if column.family == "date" or facts.distinct > 2 * MAX_LEVELS:
        what = "dates" if column.family == "date" else f"about {facts.distinct:,} different texts"
        raise InvalidArguments(
            f"The target '{column.name}' holds {what}; a regression needs numbers or two categories.",
            "Name a column of numbers, or one of two categories.",
        )
    label = label_sql(column)
    levels = data.rows(
        f"SELECT DISTINCT g FROM (SELECT {label} AS g FROM {data.source}) WHERE g IS NOT NULL ORDER BY g"
    )
    labels = tuple(str(g) for (g,) in levels)
    if len(labels) == 1:
        raise InvalidArguments(
            f"The target '{column.name}' has one value only ({labels[0]}), so nothing can go with it.",
            "Name another target.",
        )
    level = of_interest(labels)
    return Target(facts, f"CAST({label} = {text(level)} AS DOUBLE)", level if len(labels) == 2 else None)


def choose_features(data: Data, target: str, names: Sequence[str] | None, controls: Sequence[str]) -> Chosen:
    """The features that were named, or else every column that can enter a regression, and the controls.

    Raises InvalidArguments for a named column that cannot, and where none is left.
    """
    target_column = find_column(data.table, target)
    held = [_usable(data, c, target_column) for c in dict.fromkeys(controls)]
    taken = {target_column.name, *(f.column.name for f in held)}
    if names is not None:
        features = [_usable(data, n, target_column) for n in dict.fromkeys(names)]
        kept = [f for f in features if f.column.name not in {c.column.name for c in held}]
        chosen = Chosen(kept, held)
    else:
        chosen = _automatic(data, [c for c in data.table.columns if c.name not in taken], held)
    if not chosen.features:
        raise InvalidArguments("No column is left to relate to the target.", "Name columns in `features`.")
    return chosen


def _usable(data: Data, name: str, target: Column) -> Facts:
    facts = facts_of(data, name)
    if facts.column == target:
        raise InvalidArguments(f"'{name}' is the target itself.", "Name other columns in `features`.")
    problem = _problem(data, facts)
    if problem:
        raise InvalidArguments(f"'{facts.column.name}' {problem}.", "Leave it out, or name another column.")
    return facts


def _problem(data: Data, facts: Facts) -> str | None:
    """Why a column cannot enter a regression, or None."""
    if facts.column.family == "date":
        return "holds dates, which enter as numbers only once they are turned into some"
    if facts.column.family == "number":
        low, high = data.row(f"SELECT min(v), max(v) FROM ({data.values(facts.column)})")
        return "has one value only" if low == high else None
    if facts.distinct > MAX_LEVELS:
        return f"has about {facts.distinct:,} different values, and at most {MAX_LEVELS} can be levels"
    return "has one value only" if facts.distinct < 2 else None


def _automatic(data: Data, columns: Sequence[Column], held: list[Facts]) -> Chosen:
    chosen = Chosen([], held)
    dropped: list[str] = []
    for column in columns:
        data.context.step(f"looking at {column.name}")
        try:
            facts = facts_of(data, column.name)
        except InvalidArguments as e:
            dropped.append(f"'{column.name}' ({e.message.rstrip('.')})")
            continue
        problem = _problem(data, facts)
        if problem is None and facts.missing + facts.infinite > MAX_MISSING * facts.rows:
            problem = f"lacks {100 * (1 - facts.usable / facts.rows):.0f}% of its values"
        if problem is None and _counts_rows(facts):
            problem = "numbers the rows"
        if problem is None and len(chosen.features) >= MAX_FEATURES:
            problem = f"comes after the first {MAX_FEATURES}"
        if problem is None:
            chosen.features.append(facts)
        else:
            dropped.append(f"'{column.name}' {problem}")
    if dropped:
        more = f", and {len(dropped) - 8} more" if len(dropped) > 8 else ""
        chosen.notes.append(f"Left out: {'; '.join(dropped[:8])}{more}.")
    return chosen


def _counts_rows(facts: Facts) -> bool:
    """Whether a column of whole numbers looks like a key: a different one in nearly every row."""
    whole = facts.column.dtype.upper() in {"INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER"}
    return (
        whole
        and facts.rows > 50
        and facts.distinct > 0.9 * facts.rows
        and "id" in facts.column.name.casefold()
    )
