"""One column of numbers, pairs of measurements, and two columns of numbers."""

from __future__ import annotations

from typing import Any

from llmauto_tools.columns import quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.results import JsonValue, Section, section
from llmauto_tools.stats import correlation, means, pictures, ranks, words
from llmauto_tools.stats.case import Case, Settings, refuse_constant, refuse_few, sample_of
from llmauto_tools.stats.choose import Sample, choose_numbers, choose_one_number, choose_pairs
from llmauto_tools.stats.data import Data, label_sql, number_sql, text
from llmauto_tools.stats.moments import Moments, moments
from llmauto_tools.stats.outcome import TITLES, Choice, Kind, Outcome
from llmauto_tools.stats.question import Question
from llmauto_tools.stats.shape import normality

MEASURES = ("n", "mean", "sd", "median", "minimum", "maximum", "skewness")


def measures(m: Moments) -> tuple[float, ...]:
    return (m.n, m.mean, m.sd, m.median, m.minimum, m.maximum, m.skew)


class NumberCase(Case):
    """One column of numbers: its mean against a number, or its shape."""

    def __init__(self, data: Data, question: Question, settings: Settings) -> None:
        super().__init__(data, question, settings)
        self.values = data.values(question.value.column)
        self.moments = moments(data, self.values, settings.mean)
        refuse_few(self.moments.n, f"values of '{self.value}'")
        refuse_constant(self.moments.minimum, self.moments.maximum, f"The values of '{self.value}'")

    def choose(self) -> Choice:
        sample = sample_of(self.data, self.values, self.moments)
        return choose_one_number(sample, self.question.value.is_scale, self.settings.mean is not None)

    def run(self, kind: Kind) -> Outcome:
        settings = self.settings
        if kind in ("shapiro", "anderson", "ks"):
            self.refuse_alternative(kind)
            if kind != "shapiro" and self.moments.n < 8:
                raise InvalidArguments(
                    f"The {TITLES[kind]} needs 8 values, and there are {self.moments.n}.", "Use shapiro."
                )
            return normality(self.data, kind, self.values, self.moments, settings.alpha, settings.seed)
        if settings.mean is None:
            raise InvalidArguments(
                f"The {TITLES[kind]} of one column compares it with a number, and none was given.",
                "Give the number as `mean`, or groups as `by`.",
            )
        if kind == "t":
            return means.one_mean(
                self.moments, settings.alpha, paired=False, alternative=settings.alternative
            )
        shifted = f"SELECT v - {settings.mean!r} AS v FROM ({self.values})"
        return ranks.wilcoxon(self.data, shifted, settings.alpha, settings.alternative)

    def run_alternative(self, choice: Choice) -> Outcome | None:
        if choice.alternative == "anderson" and self.moments.n < 8:
            return None
        return super().run_alternative(choice)

    def sizes(self) -> list[int]:
        return [self.moments.n]

    def equivalence(self, margin: float) -> float | None:
        if self.settings.mean is None:
            return None
        m = self.moments
        return means.equivalence(m.offset, m.sd / m.n**0.5, m.n - 1, margin)

    def unit_of_detectable(self) -> float | None:
        return self.moments.sd

    def summary(self) -> Section:
        return section(self.value, MEASURES, [measures(self.moments)])

    def chart(self) -> dict[str, Any]:
        return pictures.histogram(self.data, self.values, self.value, self.settings.mean)

    def told(self, outcome: Outcome) -> dict[str, JsonValue]:
        return {"mean": self.moments.mean, "median": self.moments.median}

    def finding(self, outcome: Outcome, significant: bool, unsure: bool) -> str:
        if outcome.kind in ("shapiro", "anderson", "ks"):
            return words.normality_finding(self.value, significant)
        assert self.settings.mean is not None
        return words.one_mean_finding(self.value, self.moments, self.settings, outcome, significant, unsure)


class PairsCase(Case):
    """Two measurements of the same rows, or of the same subjects in two groups."""

    def __init__(self, data: Data, question: Question, settings: Settings) -> None:
        super().__init__(data, question, settings)
        assert question.second is not None
        if question.shape == "paired groups":
            self.names, self.pairs_sql = self._matched()
        else:
            self.names = (self.value, self.second)
            self.pairs_sql = data.pairs(question.value.column, question.second.column)
        self.differences = f"SELECT x - y AS v FROM ({self.pairs_sql})"
        self.moments = moments(data, self.differences, 0.0)
        refuse_few(self.moments.n, "pairs")
        refuse_constant(self.moments.minimum, self.moments.maximum, "The differences of the pairs")
        self.sides = [moments(data, f"SELECT {c} AS v FROM ({self.pairs_sql})") for c in ("x", "y")]

    def _matched(self) -> tuple[tuple[str, str], str]:
        """The two groups, and their pairs (x, y) by subject, or by the order of the rows."""
        q = self.question
        assert q.second is not None
        grouped = self.data.grouped(q.value.column, q.second.column)
        found = self.data.rows(f"SELECT g, count(*) FROM ({grouped}) GROUP BY g ORDER BY min(k), g", 100)
        if len(found) != 2:
            raise InvalidArguments(
                f"A paired test compares two groups, and '{q.second.column.name}' has {len(found)}.",
                "Keep two groups with `where`.",
            )
        (first, n1), (second, n2) = found
        if q.subject is None and n1 != n2:
            raise InvalidArguments(
                f"The groups cannot be paired: {first} has {n1:,} values and {second} has {n2:,}.",
                "Name the column that says which rows belong together with `subject`, or leave `paired` out.",
            )
        return (first, second), self._by_subject(first, second, n1 + n2)

    def _by_subject(self, first: str, second: str, rows: int) -> str:
        q, source = self.question, self.data.source
        assert q.second is not None
        v, g = number_sql(q.value.column), label_sql(q.second.column)
        a, b = (f"avg(v) FILTER (g = {text(label)})" for label in (first, second))
        if q.subject is None:
            self.notes.append("No subject was named, so rows are paired in the order in which they come.")
            # Numbered first: a window over groups does not keep the order of the rows.
            marked = (
                f"SELECT v, g, row_number() OVER (PARTITION BY g ORDER BY position) AS s FROM (SELECT v, g,"
                f" row_number() OVER () AS position FROM (SELECT {v} AS v, {g} AS g FROM {source})"
                " WHERE v IS NOT NULL AND g IS NOT NULL)"
            )
            return f"SELECT x, y FROM (SELECT {a} AS x, {b} AS y FROM ({marked}) GROUP BY s)"
        marked = f"SELECT {v} AS v, {g} AS g, {quoted(q.subject.name)} AS s FROM {source}"
        pairs = (
            f"SELECT x, y FROM (SELECT {a} AS x, {b} AS y FROM ({marked}) WHERE s IS NOT NULL GROUP BY s)"
            " WHERE x IS NOT NULL AND y IS NOT NULL"
        )
        count = int(self.data.row(f"SELECT count(*) FROM ({pairs})")[0])
        if 2 * count != rows:
            self.notes.append(
                f"{count:,} subjects have both measurements; several values of one are averaged, and subjects"
                " with one side only are left out."
            )
        return pairs

    def choose(self) -> Choice:
        sample = sample_of(self.data, self.differences, self.moments)
        return choose_pairs(sample, self.question.value.is_scale)

    def run(self, kind: Kind) -> Outcome:
        alpha, alternative = self.settings.alpha, self.settings.alternative
        if kind == "paired_t":
            return means.one_mean(self.moments, alpha, paired=True, alternative=alternative)
        return ranks.wilcoxon(self.data, self.differences, alpha, alternative)

    def sizes(self) -> list[int]:
        return [self.moments.n]

    def equivalence(self, margin: float) -> float | None:
        m = self.moments
        return means.equivalence(m.mean, m.sd / m.n**0.5, m.n - 1, margin)

    def unit_of_detectable(self) -> float | None:
        return self.moments.sd

    def summary(self) -> Section:
        rows = [
            (name, *measures(m))
            for name, m in zip((*self.names, "difference"), (*self.sides, self.moments), strict=True)
        ]
        return section("the pairs", ("measurement", *MEASURES), rows)

    def chart(self) -> dict[str, Any]:
        name = f"{self.names[0]} minus {self.names[1]}"
        return pictures.histogram(self.data, self.differences, name, 0.0)

    def told(self, outcome: Outcome) -> dict[str, JsonValue]:
        name = "median" if outcome.kind == "wilcoxon" else "mean"
        first, second, difference = (getattr(m, name) for m in (*self.sides, self.moments))
        return {
            "first": self.names[0], "second": self.names[1], f"first_{name}": first, f"second_{name}": second,
            f"{name}_difference": difference,
        }  # fmt: skip

    def finding(self, outcome: Outcome, significant: bool, unsure: bool) -> str:
        return words.pairs_finding(
            self.names, self.sides, self.moments, outcome, significant, unsure, self.settings
        )


class NumbersCase(Case):
    """Two columns of numbers: their correlation."""

    def __init__(self, data: Data, question: Question, settings: Settings) -> None:
        super().__init__(data, question, settings)
        assert question.second is not None
        self.pairs_sql = data.pairs(question.value.column, question.second.column)
        self.sides = [moments(data, f"SELECT {c} AS v FROM ({self.pairs_sql})") for c in ("x", "y")]
        refuse_few(self.sides[0].n, "pairs of values")
        for name, m in zip((self.value, self.second), self.sides, strict=True):
            refuse_constant(m.minimum, m.maximum, f"The values of '{name}'")

    def choose(self) -> Choice:
        samples = [self._sample(c, m) for c, m in zip(("x", "y"), self.sides, strict=True)]
        second = self.question.second
        is_scale = self.question.value.is_scale or (second is not None and second.is_scale)
        return choose_numbers(samples[0], samples[1], is_scale, (self.value, self.second))

    def _sample(self, column: str, found: Moments) -> Sample:
        return sample_of(self.data, f"SELECT {column} AS v FROM ({self.pairs_sql})", found)

    def run(self, kind: Kind) -> Outcome:
        alpha, alternative = self.settings.alpha, self.settings.alternative
        if kind == "pearson":
            return correlation.pearson(self.data, self.pairs_sql, alpha, alternative)
        if kind == "spearman":
            return correlation.spearman(self.data, self.pairs_sql, alpha, alternative)
        n, seed = self.sides[0].n, self.settings.seed
        return correlation.kendall(self.data, self.pairs_sql, n, alpha, seed, alternative)

    def sizes(self) -> list[int]:
        return [self.sides[0].n]

    def summary(self) -> Section:
        rows = [(name, *measures(m)) for name, m in zip((self.value, self.second), self.sides, strict=True)]
        return section("the columns", ("column", *MEASURES), rows)

    def chart(self) -> dict[str, Any]:
        return pictures.binned_scatter(self.data, self.pairs_sql, self.value, self.second)

    def finding(self, outcome: Outcome, significant: bool, unsure: bool) -> str:
        return words.correlation_finding(self.value, self.second, outcome, significant, unsure)
