"""Numbers in groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.results import JsonValue, Section, section
from llmauto_tools.stats import means, pictures, ranks, words
from llmauto_tools.stats.case import Case, Settings, refuse_constant, refuse_few, samples_of
from llmauto_tools.stats.choose import choose_groups
from llmauto_tools.stats.data import Data, label_sql
from llmauto_tools.stats.format import named
from llmauto_tools.stats.moments import Moments, moments_by_group, pooled
from llmauto_tools.stats.multiple import CORRECTIONS, corrected
from llmauto_tools.stats.outcome import TITLES, Choice, Kind, Outcome
from llmauto_tools.stats.posthoc import Pairs, pairs_of_means, pairs_of_ranks
from llmauto_tools.stats.question import MAX_GROUPS, Question
from llmauto_tools.stats.shape import levene, normality

TWO_ONLY: frozenset[Kind] = frozenset({"t", "welch", "mann_whitney", "ks"})


class GroupsCase(Case):
    """Two to fifty independent groups of numbers."""

    def __init__(self, data: Data, question: Question, settings: Settings) -> None:
        super().__init__(data, question, settings)
        assert question.second is not None
        by = question.second.column
        _refuse_many(question.second.distinct, 2 * MAX_GROUPS, by.name)
        found = moments_by_group(data, data.grouped(question.value.column, by))
        _refuse_many(len(found), MAX_GROUPS, by.name)
        self.groups = [g for g in found if g.n > 1]
        self._note_left_out(found)
        refuse_few(sum(g.n for g in found), f"values of '{self.value}'")
        if len(self.groups) < 2:
            raise InvalidArguments(self._one_group(found), "Name a column with two groups or more in `by`.")
        refuse_constant(
            min(g.minimum for g in self.groups), max(g.maximum for g in self.groups),
            f"The values of '{self.value}'",
        )  # fmt: skip
        self.grouped = self.relation([g.label for g in self.groups])

    def relation(self, labels: Sequence[str]) -> str:
        assert self.question.second is not None
        return self.data.grouped(self.question.value.column, self.question.second.column, labels)

    def _note_left_out(self, found: Sequence[Moments]) -> None:
        single = [g.label for g in found if g.n < 2]
        if single:
            self.notes.append(f"Groups with a single value are left out: {named(single)}.")
        assert self.question.second is not None
        label = label_sql(self.question.second.column)
        known = {g.label for g in found}
        levels = self.data.rows(
            f"SELECT DISTINCT g FROM (SELECT {label} AS g FROM {self.data.source}) WHERE g IS NOT NULL"
        )
        empty = sorted(g for (g,) in levels if g not in known)
        if empty:
            self.notes.append(f"Groups without any value of '{self.value}': {named(empty)}.")

    def _one_group(self, found: Sequence[Moments]) -> str:
        if len(found) == 1:
            return (
                f"'{self.second}' has one group only with values of '{self.value}' ({found[0].label}),"
                " so there is nothing to compare."
            )
        return f"Fewer than two groups of '{self.second}' have two values or more of '{self.value}'."

    def choose(self) -> Choice:
        self.data.context.step("looking at the groups")
        samples = samples_of(self.data, self.grouped, self.groups)
        spread = None
        if all(g.n > 1 for g in self.groups) and any(g.var > 0 for g in self.groups):
            spread = levene(self.data, self.grouped, self.groups, self.settings.alpha).p
        choice = choose_groups(samples, self.question.value.is_scale, spread)
        if self.settings.alternative != "two-sided" and len(self.groups) > 2:
            self.refuse_alternative(choice.kind)
        return choice

    def run(self, kind: Kind) -> Outcome:
        self._refuse_more_than_two(kind)
        self._refuse_no_spread(kind)
        alpha, alternative = self.settings.alpha, self.settings.alternative
        if kind in ("t", "welch"):
            a, b = self.groups
            return means.two_means(a, b, alpha, equal_var=kind == "t", alternative=alternative)
        labels = [g.label for g in self.groups]
        if kind == "mann_whitney":
            pair = (labels[0], labels[1])
            return ranks.mann_whitney(self.data, self.grouped, pair, alpha, alternative)
        self.refuse_alternative(kind)
        if kind == "anova":
            return means.anova(self.groups, alpha)
        if kind == "welch_anova":
            return means.welch_anova(self.groups, alpha)
        if kind == "kruskal":
            return ranks.kruskal(self.data, self.grouped, alpha)
        if kind == "levene":
            return levene(self.data, self.grouped, self.groups, alpha)
        if kind == "ks":
            pair = (labels[0], labels[1])
            sizes = (self.groups[0].n, self.groups[1].n)
            return ranks.kolmogorov_smirnov(self.data, self.grouped, pair, sizes)
        return self._normality(kind)

    def _normality(self, kind: Kind) -> Outcome:
        """The group that is least normal, its p-value corrected for the number of groups."""
        settings = self.settings
        tested = [g for g in self.groups if g.n >= (8 if kind == "anderson" else 3) and g.var > 0]
        if not tested:
            raise InvalidArguments("No group has enough different values to test its shape.")
        found = [
            normality(self.data, kind, f"SELECT v FROM ({self.relation([g.label])})", g, settings.alpha,
                      settings.seed)
            for g in tested
        ]  # fmt: skip
        used = settings.correction or "holm"
        fixed = corrected([f.p for f in found], used)
        least = min(range(len(found)), key=lambda i: (found[i].p, i))
        note = (
            f"Of {len(found)} groups {tested[least].label} is the least normal; its p-value is corrected for"
            f" {len(found)} tests ({CORRECTIONS[used]})."
        )
        return replace(found[least], p=fixed[least], notes=(*found[least].notes, note))

    def _refuse_more_than_two(self, kind: Kind) -> None:
        if kind in TWO_ONLY and len(self.groups) > 2:
            names = named([g.label for g in self.groups])
            raise InvalidArguments(
                f"The {TITLES[kind]} compares two groups, and '{self.second}' has {len(self.groups)}: {names}.",
                "Use welch_anova, anova or kruskal, or keep two groups with `where`.",
            )

    def _refuse_no_spread(self, kind: Kind) -> None:
        flat = [g.label for g in self.groups if g.var == 0]
        if (kind == "welch_anova" and flat) or (
            kind in ("t", "welch", "anova") and len(flat) == len(self.groups)
        ):
            raise InvalidArguments(
                f"All values of '{self.value}' in {named(flat)} are the same, so the {TITLES[kind]}"
                " cannot be computed.",
                "Use a test of ranks: mann_whitney or kruskal.",
            )

    def sizes(self) -> list[int]:
        return [g.n for g in self.groups]

    def pairs(self, kind: Kind) -> Pairs | None:
        if len(self.groups) < 3:
            return None
        settings = self.settings
        if kind in ("anova", "welch_anova"):
            return pairs_of_means(
                self.groups, settings.alpha, equal_var=kind == "anova", correction=settings.correction
            )
        if kind == "kruskal":
            labels = [g.label for g in self.groups]
            return pairs_of_ranks(self.data, self.relation, labels, settings.alpha, settings.correction)
        return None

    def equivalence(self, margin: float) -> float | None:
        if len(self.groups) != 2:
            return None
        a, b = self.groups
        return means.equivalence(*means.difference_of(a, b, equal_var=False), margin)

    def unit_of_detectable(self) -> float | None:
        if len(self.groups) != 2:
            return None
        n, _, _, within = pooled(self.groups)
        return math.sqrt(within / (n - 2))

    def summary(self) -> Section:
        rows = []
        for g in self.groups:
            low, high = means.mean_interval(g, self.settings.alpha)
            rows.append((g.label, g.n, g.mean, low, high, g.sd, g.median, g.skew))
        names = (self.second, "n", "mean", "mean_low", "mean_high", "sd", "median", "skewness")
        return section(f"{self.value} by {self.second}", names, rows)

    def chart(self) -> dict[str, Any]:
        return pictures.boxes(self.value, self.second, self.groups, self.settings.alpha)

    def told(self, outcome: Outcome) -> dict[str, JsonValue]:
        by_ranks = outcome.kind in ("mann_whitney", "kruskal")
        name = "median" if by_ranks else "mean"
        ranked = sorted(self.groups, key=lambda g: g.median if by_ranks else g.mean)
        low, high = ((g.median if by_ranks else g.mean) for g in (ranked[0], ranked[-1]))
        told: dict[str, JsonValue] = {
            "groups": len(self.groups), "lowest_group": ranked[0].label, f"lowest_{name}": low,
            "highest_group": ranked[-1].label, f"highest_{name}": high,
        }  # fmt: skip
        if outcome.kind == "mann_whitney":
            told["chance_larger"] = outcome.effects[1].value
        if outcome.kind == "levene":
            spreads = sorted(g.sd for g in self.groups)
            told |= {"smallest_sd": spreads[0], "largest_sd": spreads[-1]}
        return told

    def finding(self, outcome: Outcome, significant: bool, unsure: bool) -> str:
        if outcome.kind in ("shapiro", "anderson") or (outcome.kind == "ks" and len(self.groups) != 2):
            return words.normality_finding(self.value, significant)
        if outcome.kind == "levene":
            return words.spread_finding(self.value, self.groups, significant)
        if outcome.kind == "ks":
            return words.distributions_finding(self.value, self.groups, significant, unsure)
        by_ranks = outcome.kind in ("mann_whitney", "kruskal")
        if len(self.groups) == 2:
            return words.two_groups_finding(
                self.value, self.groups, outcome, significant, unsure, by_ranks, self.settings
            )
        return words.groups_finding(self.value, self.second, self.groups, significant, unsure, by_ranks)


def _refuse_many(count: int, limit: int, name: str) -> None:
    if count > limit:
        about = "about " if limit > MAX_GROUPS else ""
        raise InvalidArguments(
            f"'{name}' has {about}{count:,} groups, and at most {MAX_GROUPS} are compared.",
            "Give a column of numbers as `other` to test a correlation, or keep fewer groups with `where`.",
        )
