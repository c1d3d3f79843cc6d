"""What is asked: the roles of the columns, and what cannot be tested."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from llmauto_tools.columns import find_column, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.schema import Column
from llmauto_tools.stats.data import Data, label_sql, number_sql
from llmauto_tools.stats.outcome import TITLES, Kind

MAX_GROUPS = 50
MAX_SCALE = 7
"""Whole numbers with at most this many different values are read as a scale of ranks, such as marks."""

Shape = Literal[
    "one number", "one category", "groups", "paired groups", "numbers", "paired numbers", "crosstab",
    "paired categories",
]  # fmt: skip

FITS: dict[Shape, tuple[Kind, ...]] = {
    "one number": ("t", "wilcoxon", "shapiro", "anderson", "ks"),
    "one category": ("binomial", "proportions", "chi2"),
    "groups": ("t", "welch", "mann_whitney", "anova", "welch_anova", "kruskal", "levene", "ks", "shapiro",
               "anderson"),
    "paired groups": ("paired_t", "wilcoxon"),
    "numbers": ("pearson", "spearman", "kendall"),
    "paired numbers": ("paired_t", "wilcoxon"),
    "crosstab": ("chi2", "fisher", "proportions"),
    "paired categories": ("mcnemar",),
}  # fmt: skip
"""The tests of each shape of question."""

NUMERIC: frozenset[Kind] = frozenset(
    {"t", "welch", "mann_whitney", "paired_t", "wilcoxon", "anova", "welch_anova", "kruskal", "shapiro",
     "anderson", "ks", "levene", "pearson", "spearman", "kendall"}
)  # fmt: skip
PAIRED: frozenset[Kind] = frozenset({"paired_t", "wilcoxon", "mcnemar"})


@dataclass(frozen=True)
class Facts:
    """One column: rows, usable values, nulls, infinite values, different values (approximate above about
    a hundred), whether it has two values, whether it is a scale of ranks, and how the question reads it."""

    column: Column
    rows: int
    usable: int
    missing: int
    infinite: int
    distinct: int
    is_binary: bool
    is_scale: bool
    is_number: bool


@dataclass(frozen=True)
class Question:
    """A question with its columns; `second` is the groups, the other numbers or the other categories."""

    shape: Shape
    value: Facts
    second: Facts | None = None
    subject: Column | None = None
    notes: tuple[str, ...] = ()


def facts_of(data: Data, name: str) -> Facts:
    """Look at one column. Raises InvalidArguments for one that is unknown, of no usable type or empty."""
    column = find_column(data.table, name)
    if column.family not in ("number", "text", "boolean", "date"):
        raise InvalidArguments(
            f"'{column.name}' has the type {column.dtype}, which no test reads.", "Name another column."
        )
    facts = _number_facts(data, column) if column.family == "number" else _label_facts(data, column)
    _refuse_empty(data, facts)
    return facts


def _number_facts(data: Data, column: Column) -> Facts:
    v = number_sql(column)
    rows, given, usable, distinct, low, high, whole = data.row(
        "SELECT count(*), count(raw), count(v), approx_count_distinct(v), min(v), max(v),"
        f" bool_and(v = floor(v)) FROM (SELECT {v} AS v, {quoted(column.name)} AS raw FROM {data.source})"
    )
    binary = bool(whole) and (low, high) == (0, 1)
    scale = bool(whole) and not binary and 2 < distinct <= MAX_SCALE and low >= 0 and high <= 10
    return Facts(column, rows, usable, rows - given, given - usable, distinct, binary, scale, not binary)


def _label_facts(data: Data, column: Column) -> Facts:
    rows, usable, distinct = data.row(
        "SELECT count(*), count(v), approx_count_distinct(v) FROM"
        f" (SELECT {label_sql(column)} AS v FROM {data.source})"
    )
    binary = column.family == "boolean" or distinct == 2
    return Facts(column, rows, usable, rows - usable, 0, distinct, binary, False, False)


def _refuse_empty(data: Data, facts: Facts) -> None:
    if facts.rows == 0:
        hint = "Widen the condition in `where`." if data.where else "Name another table."
        raise InvalidArguments(f"No row of '{data.table.name}' is left to test.", hint)
    if facts.usable == 0:
        what = "only infinite values" if facts.infinite else "no values"
        raise InvalidArguments(
            f"'{facts.column.name}' has {what} in the {facts.rows:,} rows.", "Name another column."
        )


def read_question(
    data: Data, value: str, by: str | None, other: str | None, kind: Kind | None, paired: bool,
    subject: str | None = None,
) -> Question:  # fmt: skip
    """Which shape of question the columns make. Raises InvalidArguments where they make none."""
    if by is not None and other is not None:
        raise InvalidArguments(
            "Give either `by` (groups) or `other` (a second column), not both.",
            "For pairs that are marked by a column, give `by` and `subject`.",
        )
    first = _as_asked(facts_of(data, value), kind)
    second = facts_of(data, by or other or "") if by or other else None
    if second is None:
        return Question("one number" if first.is_number else "one category", first)
    if second.column == first.column:
        raise InvalidArguments(f"'{value}' cannot be tested against itself.", "Name two columns.")
    paired = paired or kind in PAIRED
    if other is not None:
        second = _as_asked(second, kind)
        if not (first.is_number and second.is_number):
            return _with_categories(first, second, paired, "other")
        return Question("paired numbers" if paired else "numbers", first, second)
    if first.is_number and paired:
        found = find_column(data.table, subject) if subject else None
        return Question("paired groups", first, second, found)
    return _with_categories(first, second, paired, "by")


def _as_asked(facts: Facts, kind: Kind | None) -> Facts:
    """A column as the named test reads it: 0 and 1 are numbers for a test of numbers, 1, 2 and 3 categories
    for a test of counts. Raises InvalidArguments for a text column where numbers are needed.
    """
    if kind is None:
        return facts
    if kind not in NUMERIC:
        return replace(facts, is_number=facts.is_number and facts.distinct > MAX_GROUPS)
    if facts.column.family in ("text", "date"):
        what = "text" if facts.column.family == "text" else "dates"
        raise InvalidArguments(
            f"'{facts.column.name}' holds {what}, and the {TITLES[kind]} needs numbers.",
            "Name a column of numbers, or leave `kind` out.",
        )
    return replace(facts, is_number=True)


def _with_categories(first: Facts, second: Facts, paired: bool, argument: str) -> Question:
    if first.is_number:
        return Question("groups", first, second)
    if second.is_number and second.distinct > MAX_GROUPS:
        note = (
            f"The numbers of '{second.column.name}' are compared between the groups of '{first.column.name}'."
        )
        return Question("groups", second, first, notes=(note,))
    if paired:
        return Question("paired categories", first, second)
    if argument == "other" and second.is_number:
        return Question("groups", second, first)
    return Question("crosstab", first, second)


def check_kind(question: Question, kind: Kind | None) -> None:
    """Raise InvalidArguments where a test does not fit the shape of the question."""
    if kind is None or kind in FITS[question.shape]:
        return
    fits = ", ".join(FITS[question.shape])
    raise InvalidArguments(
        f"The {TITLES[kind]} does not fit this question ({_ASKED[question.shape]}).",
        f"These do: {fits}. {_NEEDS.get(kind, '')}".strip(),
    )


_ASKED: dict[Shape, str] = {
    "one number": "one column of numbers",
    "one category": "one column of categories",
    "groups": "numbers in groups",
    "paired groups": "numbers of the same subjects in two groups",
    "numbers": "two columns of numbers",
    "paired numbers": "two measurements of the same rows",
    "crosstab": "two columns of categories",
    "paired categories": "two answers of the same rows",
}
_NEEDS: dict[Kind, str] = {
    "chi2": "It needs categories.",
    "fisher": "It needs two columns of two categories each.",
    "mcnemar": "It needs two columns of yes and no, with paired=true.",
    "binomial": "It needs one column of two categories.",
    "pearson": "It needs two columns of numbers: value and other.",
    "spearman": "It needs two columns of numbers: value and other.",
    "kendall": "It needs two columns of numbers: value and other.",
}
