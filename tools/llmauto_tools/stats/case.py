"""One question on its data: what all shapes of question share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.results import JsonValue, Section
from llmauto_tools.stats.choose import SMALL, Sample
from llmauto_tools.stats.data import Data, text
from llmauto_tools.stats.moments import Moments
from llmauto_tools.stats.multiple import Correction
from llmauto_tools.stats.outcome import TITLES, Alternative, Choice, Kind, Outcome
from llmauto_tools.stats.posthoc import Pairs
from llmauto_tools.stats.question import Facts, Question

MIN_ROWS = 3
BIG = 2_000_000
"""Values beyond which a rank test is run only where it was chosen or asked for."""
RANK_TESTS: frozenset[Kind] = frozenset({"mann_whitney", "wilcoxon", "kruskal", "spearman", "kendall"})


@dataclass(frozen=True)
class Settings:
    """What a person may set. `mean` and `proportion` are what one sample is compared with."""

    alternative: Alternative = "two-sided"
    alpha: float = 0.05
    mean: float | None = None
    proportion: float | None = None
    correction: Correction | None = None
    margin: float | None = None
    power: float = 0.8
    seed: int = 0


class Case:
    """A question with its data looked at. Each shape has a subclass.

    Building one raises InvalidArguments where the data cannot be tested.
    """

    def __init__(self, data: Data, question: Question, settings: Settings) -> None:
        self.data = data
        self.question = question
        self.settings = settings
        self.notes = list(question.notes)
        for facts in (question.value, question.second):
            if facts is not None:
                self.notes.extend(left_out(facts))

    @property
    def value(self) -> str:
        return self.question.value.column.name

    @property
    def second(self) -> str:
        assert self.question.second is not None
        return self.question.second.column.name

    def choose(self) -> Choice:
        """The test that fits, from the data."""
        raise NotImplementedError

    def run(self, kind: Kind) -> Outcome:
        """One test of this shape. Raises InvalidArguments where the data does not allow it."""
        raise NotImplementedError

    def run_alternative(self, choice: Choice) -> Outcome | None:
        """The test that would have been the alternative, or None where there is none or it would take long.

        Beyond `BIG` values the sorting of a rank test costs far more than the test that was chosen.
        """
        if choice.alternative is None:
            return None
        if choice.alternative in RANK_TESTS and (n := sum(self.sizes())) > BIG:
            self.notes.append(
                f"The {TITLES[choice.alternative]} was not run beside it: it would sort all {n:,} values. "
                f"kind='{choice.alternative}' runs it."
            )
            return None
        return self.run(choice.alternative)

    def sizes(self) -> list[int]:
        """The sizes of the groups, or the one size."""
        raise NotImplementedError

    def df(self) -> int:
        """Degrees of freedom of a chi-square test, for its power."""
        return 1

    def pairs(self, kind: Kind) -> Pairs | None:
        """Pairs of groups after a test of more than two."""
        return None

    def equivalence(self, margin: float) -> float | None:
        """The p-value of the two one-sided tests against a margin, or None for a shape without it."""
        return None

    def unit_of_detectable(self) -> float | None:
        """What a standard deviation is in the unit of the values, to word what could have been found."""
        return None

    def summary(self) -> Section:
        """What was compared."""
        raise NotImplementedError

    def chart(self) -> dict[str, Any]:
        """The picture of what was compared, a Vega-Lite specification."""
        raise NotImplementedError

    def finding(self, outcome: Outcome, significant: bool, unsure: bool) -> str:
        """The answer in one sentence, without the test's own figures."""
        raise NotImplementedError

    def told(self, outcome: Outcome) -> dict[str, JsonValue]:
        """What the finding's words tell besides the test, for the figures."""
        return {}

    def refuse_alternative(self, kind: Kind) -> None:
        """Raise InvalidArguments for a test that has no direction."""
        if self.settings.alternative != "two-sided":
            raise InvalidArguments(
                f"The {TITLES[kind]} has no direction, so alternative must be two-sided.",
                "Leave `alternative` out, or compare two groups.",
            )


def left_out(facts: Facts) -> list[str]:
    """What was left out of a column."""
    name, notes = facts.column.name, []
    if facts.missing:
        notes.append(f"{facts.missing:,} of {facts.rows:,} rows have no value of '{name}' and are left out.")
    if facts.infinite:
        notes.append(f"{facts.infinite:,} infinite or undefined values of '{name}' are left out.")
    return notes


def refuse_few(n: int, what: str) -> None:
    if n < MIN_ROWS:
        raise InvalidArguments(
            f"There are only {n} usable {what}, and no test can say anything below {MIN_ROWS}.",
            "Widen the condition or add data.",
        )


def refuse_constant(low: float, high: float, what: str) -> None:
    if low == high:
        raise InvalidArguments(
            f"{what} are all the same ({low:,.6g}), so there is nothing to test.", "Name another column."
        )


def samples_of(data: Data, grouped: str, groups: Sequence[Moments]) -> list[Sample]:
    """Each group with its Shapiro-Wilk p-value where it has 3 to 29 different enough values."""
    small = [g for g in groups if 3 <= g.n < SMALL and g.var > 0]
    p_values: dict[str, float] = {}
    if small:
        from scipy.stats import shapiro

        names = ", ".join(text(g.label) for g in small)
        v, labels = data.arrays(f"SELECT v, g FROM ({grouped}) WHERE g IN ({names})")
        for g in small:
            p_values[g.label] = float(shapiro(v[labels == g.label]).pvalue)
    return [Sample(g, p_values.get(g.label)) for g in groups]


def sample_of(data: Data, values: str, found: Moments) -> Sample:
    """One column's sample; `values` is a relation (v)."""
    return samples_of(data, f"SELECT v, {text(found.label)} AS g FROM ({values})", [found])[0]
