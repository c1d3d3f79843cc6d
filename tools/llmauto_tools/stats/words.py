"""What a test found, in plain words: association and never cause, and no claim of "no difference"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from llmauto_tools.stats.counts import Crosstab
from llmauto_tools.stats.format import number, p_words, share
from llmauto_tools.stats.moments import Moments
from llmauto_tools.stats.outcome import TITLES, Choice, Effect, Outcome
from llmauto_tools.stats.power import Detectable

if TYPE_CHECKING:
    from llmauto_tools.stats.case import Settings

MODERATE = {
    "standard deviations": 0.5, "standard deviations of the differences": 0.5, "Cohen's f": 0.25,
    "Cohen's w": 0.3, "Cohen's h": 0.5, "correlation": 0.3,
}  # fmt: skip
"""Cohen's (1988) moderate effects: a sample that could not find one cannot tell much."""


def is_unsure(found: Detectable | None) -> bool:
    """Whether even a moderate effect could have been missed."""
    return found is not None and found.effect > MODERATE[found.unit]


def interval(effect: Effect | None, alpha: float) -> str:
    """A confidence interval in brackets, or nothing."""
    if effect is None or effect.low is None or effect.high is None:
        return ""
    return f" ({100 * (1 - alpha):g}% interval {number(effect.low)} to {number(effect.high)})"


def outcome_words(outcome: Outcome) -> str:
    """Welch's t-test, t = 3.2, p = 0.002, n = 151."""
    statistic = f"{outcome.statistic_name} = {number(outcome.statistic)}"
    return f"{outcome.title}, {statistic}, {p_words(outcome.p)}, n = {outcome.n:,}"


def two_groups_finding(
    value: str, groups: Sequence[Moments], outcome: Outcome, significant: bool, unsure: bool,
    by_ranks: bool, settings: Settings,
) -> str:  # fmt: skip
    """Two groups of numbers."""
    a, b = groups
    if by_ranks:
        chance = outcome.effects[1].value
        numbers = (
            f"the medians are {number(a.median)} and {number(b.median)}, and a value of {a.label} is the larger"
            f" one in {share(chance)} of the pairs (ties count half)"
        )
    else:
        difference = outcome.difference
        assert difference is not None
        numbers = (
            f"the means are {number(a.mean)} and {number(b.mean)}, a difference of"
            f" {number(difference.value)}{interval(difference, settings.alpha)}"
        )
    return f"{_two(a, b, value, significant, unsure, by_ranks, settings)}: {numbers}."


def _two(
    a: Moments, b: Moments, value: str, significant: bool, unsure: bool, by_ranks: bool, settings: Settings
) -> str:
    what = "values" if by_ranks else "mean"
    direction = {"greater": "higher", "less": "lower"}.get(settings.alternative)
    if significant:
        higher = direction or ("higher" if _is_higher(a, b, by_ranks) else "lower")
        return f"{a.label} has the {higher} {what} of {value} than {b.label}" if not by_ranks else (
            f"{value} tends to be {higher} in {a.label} than in {b.label}"
        )  # fmt: skip
    if direction:
        return f"{value} is not clearly {direction} in {a.label} than in {b.label}"
    if unsure:
        return f"We cannot tell whether {a.label} and {b.label} differ in {value}"
    return f"{a.label} and {b.label} do not differ clearly in {value}"


def _is_higher(a: Moments, b: Moments, by_ranks: bool) -> bool:
    if by_ranks and a.median != b.median:
        return a.median > b.median
    return a.mean > b.mean


def groups_finding(
    value: str, by: str, groups: Sequence[Moments], significant: bool, unsure: bool, by_ranks: bool
) -> str:
    """Three groups of numbers or more."""
    name = "median" if by_ranks else "mean"
    ranked = sorted(groups, key=lambda g: g.median if by_ranks else g.mean)
    low, high = ((g.median if by_ranks else g.mean) for g in (ranked[0], ranked[-1]))
    numbers = f"the lowest {name} is that of {ranked[0].label} ({number(low)}), the highest that of {ranked[-1].label} ({number(high)})"
    if significant:
        return f"{value} differs between the groups of {by}: {numbers}."
    if unsure:
        return f"We cannot tell whether {value} differs between the groups of {by}: {numbers}."
    return f"The groups of {by} do not differ clearly in {value}: {numbers}."


def spread_finding(value: str, groups: Sequence[Moments], significant: bool) -> str:
    ranked = sorted(groups, key=lambda g: g.var)
    numbers = (
        f"the standard deviations go from {number(ranked[0].sd)} ({ranked[0].label}) to"
        f" {number(ranked[-1].sd)} ({ranked[-1].label})"
    )
    verb = "differs" if significant else "does not differ clearly"
    return f"The spread of {value} {verb} between the groups: {numbers}."


def distributions_finding(value: str, groups: Sequence[Moments], significant: bool, unsure: bool) -> str:
    a, b = groups
    if significant:
        return f"{value} is distributed differently in {a.label} and {b.label}."
    return f"The distributions of {value} in {a.label} and {b.label} do not differ clearly."


def normality_finding(value: str, significant: bool) -> str:
    if significant:
        return f"{value} does not follow a normal distribution."
    return f"There is no clear sign that {value} departs from a normal distribution, which does not show that it is normal."


def one_mean_finding(
    value: str, m: Moments, settings: Settings, outcome: Outcome, significant: bool, unsure: bool
) -> str:
    """One column against a number."""
    assert settings.mean is not None
    target = number(settings.mean)
    if outcome.kind == "wilcoxon":
        what, numbers = "middle", f"the median is {number(m.median)}"
    else:
        what = "mean"
        numbers = f"the mean is {number(m.mean)}, off by{_space(outcome.difference)}{interval(outcome.difference, settings.alpha)}"
    if significant:
        return f"The {what} of {value} differs from {target}: {numbers}."
    if unsure:
        return f"We cannot tell whether the {what} of {value} differs from {target}: {numbers}."
    return f"The {what} of {value} does not differ clearly from {target}: {numbers}."


def _space(effect: Effect | None) -> str:
    return f" {number(effect.value)}" if effect is not None else ""


def pairs_finding(
    names: tuple[str, str], sides: Sequence[Moments], differences: Moments, outcome: Outcome,
    significant: bool, unsure: bool, settings: Settings,
) -> str:  # fmt: skip
    """Two measurements of the same subjects."""
    a, b = sides
    if outcome.kind == "wilcoxon":
        numbers = (
            f"the medians are {number(a.median)} and {number(b.median)}, and the median of the"
            f" {differences.n:,} differences is {number(differences.median)}"
        )
    else:
        numbers = (
            f"the means are {number(a.mean)} and {number(b.mean)}, and the mean of the {differences.n:,}"
            f" differences is {number(differences.mean)}{interval(outcome.difference, settings.alpha)}"
        )
    if significant:
        return f"{names[0]} and {names[1]} differ within the pairs: {numbers}."
    if unsure:
        return f"We cannot tell whether {names[0]} and {names[1]} differ within the pairs: {numbers}."
    return f"{names[0]} and {names[1]} do not differ clearly within the pairs: {numbers}."


def correlation_finding(x: str, y: str, outcome: Outcome, significant: bool, unsure: bool) -> str:
    """Two columns of numbers."""
    r = outcome.statistic
    what = f"{outcome.statistic_name} = {number(r)}"
    if significant:
        way = "rises" if r > 0 else "falls"
        return f"{y} {way} with {x}: {what}, a {strength(abs(r))} association."
    if unsure:
        return f"We cannot tell whether {x} and {y} are associated: {what}."
    return f"{x} and {y} are not clearly associated: {what}."


def strength(r: float) -> str:
    """Cohen's (1988) words for a correlation."""
    return "strong" if r >= 0.5 else "moderate" if r >= 0.3 else "weak" if r >= 0.1 else "very weak"


def share_finding(
    value: str, level: str, found: float, expected: float, significant: bool, unsure: bool
) -> str:
    numbers = f"it is {share(found)}"
    if significant:
        return f"The share of {level} in {value} differs from {share(expected)}: {numbers}."
    if unsure:
        return f"We cannot tell whether the share of {level} in {value} differs from {share(expected)}: {numbers}."
    return f"The share of {level} in {value} does not differ clearly from {share(expected)}: {numbers}."


def equal_shares_finding(value: str, levels: Mapping[str, int], significant: bool, unsure: bool) -> str:
    ranked = sorted(levels, key=lambda label: levels[label])
    numbers = f"{ranked[-1]} has {levels[ranked[-1]]:,} rows and {ranked[0]} {levels[ranked[0]]:,}"
    if significant:
        return f"The levels of {value} are not equally frequent: {numbers}."
    start = "We cannot tell whether the levels of" if unsure else "The levels of"
    end = "are equally frequent" if unsure else "do not differ clearly in how frequent they are"
    return f"{start} {value} {end}: {numbers}."


def two_shares_finding(
    value: str, by: str, table: Crosstab, significant: bool, unsure: bool, settings: Settings
) -> str:
    """A 2 × 2 table: the share of the first column in both rows."""
    level = table.columns[0]
    a, b = table.rows
    p1, p2 = (row[0] / total for row, total in zip(table.counts, table.row_sums, strict=True))
    numbers = f"it is {share(p1)} where {by} is {a} and {share(p2)} where it is {b}"
    subject = f"the share of {value} = {level}"
    direction = {"greater": "higher", "less": "lower"}.get(settings.alternative)
    if significant:
        higher = direction or ("higher" if p1 > p2 else "lower")
        return f"T{subject[1:]} is {higher} in {a} than in {b}: {numbers}."
    if direction:
        return f"T{subject[1:]} is not clearly {direction} in {a} than in {b}: {numbers}."
    if unsure:
        return f"We cannot tell whether {subject} differs between {a} and {b}: {numbers}."
    return f"T{subject[1:]} does not differ clearly between {a} and {b}: {numbers}."


def table_finding(value: str, by: str, significant: bool, unsure: bool) -> str:
    if significant:
        return f"{value} and {by} are associated: the shares of {value} differ between the groups of {by}."
    if unsure:
        return f"We cannot tell whether {value} and {by} are associated."
    return f"{value} and {by} are not clearly associated."


def paired_shares_finding(first: str, second: str, table: Crosstab, significant: bool, unsure: bool) -> str:
    level = table.rows[0]
    p1, p2 = table.row_sums[0] / table.n, table.column_sums[0] / table.n
    numbers = f"{share(p1)} in {first} and {share(p2)} in {second}"
    if significant:
        return f"The share of {level} differs between the two answers: {numbers}."
    return f"The share of {level} does not differ clearly between the two answers: {numbers}."


# ---- the sentences after the finding


def size_words(outcome: Outcome, alpha: float) -> str:
    """The test, and the size of the effect with its interval."""
    effect = outcome.effect
    if effect is None:
        return f"{outcome_words(outcome)}."
    size = f"{effect.name} {number(effect.value)}{interval(effect, alpha)}"
    return f"{_capital(outcome_words(outcome))}; {size}."


def choice_words(choice: Choice, other: Outcome | None, alpha: float, significant: bool) -> str:
    """Why this test, and whether the alternative agrees: one sentence."""
    start = f"{_capital(the(TITLES[choice.kind]))} was chosen because {choice.reason}"
    if other is None:
        return start + "."
    agrees = "agrees" if (other.p < alpha) == significant else "does not agree"
    return f"{start}; the alternative, {the(other.title)}, {agrees} ({p_words(other.p)})."


def power_words(found: Detectable | None, unit: float | None, value: str) -> str:
    """What could have been found, for a result that is not clear."""
    if found is None:
        return ""
    size = f"{found.unit} of {number(found.effect)}"
    if found.unit.startswith("standard deviations"):
        size = f"a difference of {number(found.effect)} {found.unit}"
        if unit is not None:
            size += f" (about {number(found.effect * unit)})"
    return f"A sample of this size finds {size} in {share(found.power)} of cases, so a smaller one may have been missed."


def the(title: str) -> str:
    """A test's name with its article, where it is not named after a person's own."""
    return title if title[0].isupper() and "'s " in title else f"the {title}"


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
