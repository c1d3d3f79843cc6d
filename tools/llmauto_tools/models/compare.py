"""Two models on the same rows: a paired bootstrap, and McNemar's test for labels."""

from __future__ import annotations

from dataclasses import dataclass, field

from llmauto_tools.models.assess import Scored, rounded
from llmauto_tools.models.bootstrap import Interval, difference_interval
from llmauto_tools.models.learners import Clock
from llmauto_tools.models.metrics import Metric
from llmauto_tools.results import Section, section

EXACT = 25
"""With fewer rows on which the models differ, McNemar's test is the exact binomial one."""


@dataclass
class Comparison:
    """gain: how much better the first model is (positive: better), with its 95% interval.

    only_first, only_second: rows that only this model gets right; mcnemar_p: None for numbers.
    """

    first: float
    second: float
    gain: Interval
    only_first: int | None = None
    only_second: int | None = None
    mcnemar_p: float | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def better(self) -> str | None:
        """ "first" or "second" where the whole interval says so, else None."""
        if self.gain.low > 0:
            return "first"
        return "second" if self.gain.high < 0 else None

    def words(self, metric: Metric, first: str, second: str) -> str:
        """One sentence that claims no more than the interval allows."""
        scores = f"({metric.name} {rounded(self.first)} and {rounded(self.second)} on the same rows)"
        if self.better is None:
            return f"{first} and {second} cannot be told apart {scores}."
        winner, loser = (first, second) if self.better == "first" else (second, first)
        return f"{winner} is better than {loser} {scores}."


def compare(first: Scored, second: Scored, metric: Metric, clock: Clock, seed: int) -> Comparison:
    """Compare predictions for the same rows in the same order."""
    gain = difference_interval(
        metric, first.y, (first.prediction, first.threshold), (second.prediction, second.threshold),
        len(first.classes), first.groups, clock, seed,
    )  # fmt: skip
    made = Comparison(
        metric.of(first.y, first.prediction, first.threshold),
        metric.of(second.y, second.prediction, second.threshold),
        gain,
    )
    if first.classes:
        right, also = first.said == first.y, second.said == second.y
        made.only_first, made.only_second = int((right & ~also).sum()), int((~right & also).sum())
        made.mcnemar_p = mcnemar(made.only_first, made.only_second)
    return made


def mcnemar(only_first: int, only_second: int) -> float:
    """The p-value of McNemar's test (1947) that both models are right equally often.

    Exact binomial with fewer than 25 rows on which they differ, else chi-square with continuity
    correction, as statsmodels.stats.contingency_tables.mcnemar.
    """
    from scipy.stats import binomtest, chi2

    n = only_first + only_second
    if n == 0:
        return 1.0
    if n < EXACT:
        return float(binomtest(only_first, n, 0.5).pvalue)
    return float(chi2.sf((abs(only_first - only_second) - 1) ** 2 / n, 1))


def comparison_section(made: Comparison, metric: Metric, first: str, second: str) -> Section:
    """The comparison as a table."""
    rows: list[list[object]] = [
        [metric.name, rounded(made.first), rounded(made.second), rounded(made.gain.value, 5),
         rounded(made.gain.low, 5), rounded(made.gain.high, 5)]
    ]  # fmt: skip
    note = "gain: how much better the first is, by paired bootstrap."
    if made.only_first is not None and made.mcnemar_p is not None:
        rows.append(["rows that only it gets right", made.only_first, made.only_second, None, None, None])
        note += f" McNemar's test of the labels: p = {made.mcnemar_p:.3g}."
    return section("Against the other model", ["what", first, second, "gain", "low", "high"], rows, note)
