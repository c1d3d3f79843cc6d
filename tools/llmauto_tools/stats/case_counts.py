"""Categories: one column, two columns, and two answers of the same rows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.results import JsonValue, Section, section
from llmauto_tools.stats import counts, pictures, words
from llmauto_tools.stats.case import Case, Settings, refuse_few
from llmauto_tools.stats.choose import (
    choose_one_category,
    choose_paired_table,
    choose_table,
    needs_random_tables,
)
from llmauto_tools.stats.counts import Crosstab
from llmauto_tools.stats.data import Data, label_sql
from llmauto_tools.stats.format import named
from llmauto_tools.stats.outcome import TITLES, Choice, Kind, Outcome
from llmauto_tools.stats.posthoc import Pairs, pairs_of_rows
from llmauto_tools.stats.question import MAX_GROUPS, Facts, Question

_YES = ("true", "yes", "y", "1", "success", "positive", "t")


def of_interest(labels: tuple[str, ...]) -> str:
    """The level whose share is told: true, yes or 1 where there is one, else the last."""
    return next((label for label in labels if label.casefold() in _YES), labels[-1])


def refuse_levels(facts: Facts) -> None:
    """Raise InvalidArguments for a column with too many different values, or one only."""
    name = facts.column.name
    if facts.distinct > 2 * MAX_GROUPS:
        what = {"text": "texts", "date": "dates", "boolean": "values"}.get(facts.column.family, "values")
        raise InvalidArguments(
            f"'{name}' has about {facts.distinct:,} different {what}, too many to be categories.",
            f"A test compares at most {MAX_GROUPS} categories: name another column, or keep fewer with `where`.",
        )


def _refuse_one(labels: tuple[str, ...], name: str) -> None:
    if len(labels) < 2:
        raise InvalidArguments(
            f"'{name}' has one value only in these rows ({labels[0]}), so there is nothing to test.",
            "Name another column, or widen the condition.",
        )
    if len(labels) > MAX_GROUPS:
        raise InvalidArguments(
            f"'{name}' has {len(labels)} different values, and at most {MAX_GROUPS} are compared.",
            "Keep fewer with `where`.",
        )


class CategoryCase(Case):
    """One column of categories: a share against a number, or equal shares."""

    def __init__(self, data: Data, question: Question, settings: Settings) -> None:
        super().__init__(data, question, settings)
        refuse_levels(question.value)
        column = question.value.column
        found = data.rows(
            f"SELECT g, count(*) FROM (SELECT {label_sql(column)} AS g FROM {data.source})"
            " WHERE g IS NOT NULL GROUP BY g ORDER BY g"
        )
        self.levels: dict[str, int] = {label: int(n) for label, n in found}
        self.n = sum(self.levels.values())
        refuse_few(self.n, f"values of '{self.value}'")
        _refuse_one(tuple(self.levels), self.value)
        self.level = of_interest(tuple(self.levels))
        if settings.proportion is not None and len(self.levels) > 2:
            raise InvalidArguments(
                f"'{self.value}' has {len(self.levels)} levels, and a share is tested of two.",
                "Leave `proportion` out to test equal shares.",
            )

    @property
    def share(self) -> float:
        """The share that the hypothesis states."""
        return 0.5 if self.settings.proportion is None else self.settings.proportion

    def choose(self) -> Choice:
        return choose_one_category(len(self.levels))

    def run(self, kind: Kind) -> Outcome:
        if kind == "chi2":
            self.refuse_alternative(kind)
            return counts.goodness_of_fit(list(self.levels), list(self.levels.values()), self.settings.alpha)
        if len(self.levels) != 2:
            raise InvalidArguments(
                f"The {TITLES[kind]} needs two levels, and '{self.value}' has {len(self.levels)}.",
                "Use chi2.",
            )
        test = counts.binomial if kind == "binomial" else counts.one_proportion
        return test(
            self.levels[self.level], self.n, self.share, self.settings.alpha, self.settings.alternative
        )

    def sizes(self) -> list[int]:
        return [self.n]

    def df(self) -> int:
        return len(self.levels) - 1

    def summary(self) -> Section:
        rows = []
        for label, count in self.levels.items():
            rows.append((label, count, count / self.n, *counts.wilson(count, self.n, self.settings.alpha)))
        return section(self.value, ("level", "n", "share", "share_low", "share_high"), rows)

    def chart(self) -> dict[str, Any]:
        rows = [(str(r[0]), float(r[2]), float(r[3]), float(r[4])) for r in self.summary().rows]
        expected = self.share if len(self.levels) == 2 else 1 / len(self.levels)
        return pictures.intervals(f"shares of {self.value}", "share", rows, expected)

    def told(self, outcome: Outcome) -> dict[str, JsonValue]:
        if len(self.levels) == 2:
            return {
                "level": self.level,
                "share": self.levels[self.level] / self.n,
                "expected_share": self.share,
            }
        ranked = sorted(self.levels.values())
        return {"fewest": ranked[0], "most": ranked[-1]}

    def finding(self, outcome: Outcome, significant: bool, unsure: bool) -> str:
        if outcome.kind == "chi2":
            return words.equal_shares_finding(self.value, self.levels, significant, unsure)
        share = self.levels[self.level] / self.n
        return words.share_finding(self.value, self.level, share, self.share, significant, unsure)


class CrosstabCase(Case):
    """Two columns of categories: rows are the groups (`by`), columns the levels of the value."""

    def __init__(self, data: Data, question: Question, settings: Settings) -> None:
        super().__init__(data, question, settings)
        assert question.second is not None
        for facts in (question.value, question.second):
            refuse_levels(facts)
        labels = data.labels(question.second.column, question.value.column)
        table = counts.crosstab(data, labels, 2 * MAX_GROUPS + 10)
        refuse_few(table.n, "rows with both values")
        _refuse_one(table.rows, self.second)
        _refuse_one(table.columns, self.value)
        self.table = first_column(table, of_interest(table.columns)) if len(table.columns) == 2 else table

    def choose(self) -> Choice:
        choice = choose_table(self.table)
        if choice.kind == "chi2":
            self.refuse_alternative(choice.kind)
        return choice

    def run(self, kind: Kind) -> Outcome:
        settings = self.settings
        if kind == "chi2":
            self.refuse_alternative(kind)
            return counts.chi_square(
                self.table,
                settings.alpha,
                settings.seed,
                simulate=needs_random_tables(self.table) and not self._is_small(),
            )
        if not self._is_small():
            raise InvalidArguments(
                f"The {TITLES[kind]} needs two columns of two levels each, and these have"
                f" {len(self.table.rows)} and {len(self.table.columns)}.",
                "Use chi2.",
            )
        test = counts.fisher if kind == "fisher" else counts.proportions
        return test(self.table, settings.alpha, settings.alternative)

    def _is_small(self) -> bool:
        return (len(self.table.rows), len(self.table.columns)) == (2, 2)

    def run_alternative(self, choice: Choice) -> Outcome | None:
        settings = self.settings
        if settings.alternative != "two-sided" and choice.alternative == "chi2":
            return counts.proportions(self.table, settings.alpha, settings.alternative)
        if choice.kind == "chi2" and choice.alternative == "chi2":
            simulated = needs_random_tables(self.table)
            if not simulated and self.table.n > 1_000_000:
                return None  # random tables would say the same
            return counts.chi_square(self.table, settings.alpha, settings.seed, simulate=not simulated)
        return super().run_alternative(choice)

    def sizes(self) -> list[int]:
        return self.table.row_sums

    def df(self) -> int:
        return (len(self.table.rows) - 1) * (len(self.table.columns) - 1)

    def pairs(self, kind: Kind) -> Pairs | None:
        if kind != "chi2" or len(self.table.rows) < 3:
            return None
        return pairs_of_rows(self.table, self.settings.alpha, self.settings.seed, self.settings.correction)

    def equivalence(self, margin: float) -> float | None:
        """Two one-sided z-tests of the difference of two shares, variances not pooled (Wald)."""
        if not self._is_small():
            return None
        (a, _), (c, _) = self.table.counts
        n1, n2 = self.table.row_sums
        p1, p2 = a / n1, c / n2
        se = math.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
        if se == 0:
            return None
        upper = counts.normal_tail((p1 - p2 + margin) / se, "greater")
        return max(upper, counts.normal_tail((p1 - p2 - margin) / se, "less"))

    def summary(self) -> Section:
        table = self.table
        rows = [
            (label, *row, total, *([row[0] / total] if len(row) == 2 else []))
            for label, row, total in zip(table.rows, table.counts, table.row_sums, strict=True)
        ]
        names = [self.second, *table.columns, "all rows"]
        if len(table.columns) == 2:
            names.append(f"share of {table.columns[0]}")
        return section(f"{self.second} and {self.value}: rows", names, rows)

    def chart(self) -> dict[str, Any]:
        return pictures.shares(self.table, self.second, self.value)

    def told(self, outcome: Outcome) -> dict[str, JsonValue]:
        if not self._is_small():
            return {}
        shares = [row[0] / total for row, total in zip(self.table.counts, self.table.row_sums, strict=True)]
        return {
            "level": self.table.columns[0], "first": self.table.rows[0], "second": self.table.rows[1],
            "first_share": shares[0], "second_share": shares[1],
        }  # fmt: skip

    def finding(self, outcome: Outcome, significant: bool, unsure: bool) -> str:
        if self._is_small():
            return words.two_shares_finding(
                self.value, self.second, self.table, significant, unsure, self.settings
            )
        return words.table_finding(self.value, self.second, significant, unsure)


class PairedTableCase(Case):
    """Two answers of yes and no by the same rows (McNemar)."""

    def __init__(self, data: Data, question: Question, settings: Settings) -> None:
        super().__init__(data, question, settings)
        assert question.second is not None
        for facts in (question.value, question.second):
            refuse_levels(facts)
        table = counts.crosstab(
            data, data.labels(question.value.column, question.second.column), 2 * MAX_GROUPS + 10
        )
        refuse_few(table.n, "rows with both values")
        levels = tuple(sorted({*table.rows, *table.columns}))
        if len(levels) != 2:
            raise InvalidArguments(
                f"McNemar's test needs the same two levels in both columns, and they have {named(levels)}.",
                "Leave `paired` out to test whether the columns are associated.",
            )
        self.table = _square(table, levels)

    def choose(self) -> Choice:
        return choose_paired_table(self.table)

    def run(self, kind: Kind) -> Outcome:
        self.refuse_alternative(kind)
        return counts.mcnemar(self.table, self.settings.alpha)

    def sizes(self) -> list[int]:
        return [self.table.n]

    def summary(self) -> Section:
        rows = [(r, *c) for r, c in zip(self.table.rows, self.table.counts, strict=True)]
        return section(f"{self.value} (rows) and {self.second}", (self.value, *self.table.columns), rows)

    def chart(self) -> dict[str, Any]:
        return pictures.shares(self.table, self.value, self.second)

    def told(self, outcome: Outcome) -> dict[str, JsonValue]:
        n, table = self.table.n, self.table
        first, second = table.row_sums[0] / n, table.column_sums[0] / n
        return {"level": table.rows[0], "first_share": first, "second_share": second}

    def finding(self, outcome: Outcome, significant: bool, unsure: bool) -> str:
        return words.paired_shares_finding(self.value, self.second, self.table, significant, unsure)


def first_column(table: Crosstab, label: str) -> Crosstab:
    """The table with the column of that label first."""
    order = sorted(range(len(table.columns)), key=lambda i: table.columns[i] != label)
    counted = tuple(tuple(row[i] for i in order) for row in table.counts)
    return replace(table, columns=tuple(table.columns[i] for i in order), counts=counted)


def _square(table: Crosstab, levels: tuple[str, ...]) -> Crosstab:
    """The table of both levels in both directions, the level of interest first."""
    first = of_interest(levels)
    order = (first, *(level for level in levels if level != first))
    cells = {
        (r, c): n
        for r, row in zip(table.rows, table.counts, strict=True)
        for c, n in zip(table.columns, row, strict=True)
    }
    return Crosstab(order, order, tuple(tuple(cells.get((r, c), 0) for c in order) for r in order))
