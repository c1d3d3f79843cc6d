"""Known patterns, planted into a table without any. Each says which insight would tell it.

A planter takes a World and a generator, changes the table and returns a Planted. The strengths are those of
patterns that a person would want to be told of: means half to one and a half deviations apart, shares 20 to 40
points apart, correlations of 0.35 to 0.8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from worlds import World

Rng = np.random.Generator


@dataclass(frozen=True)
class Planted:
    """A pattern: the kinds that tell it, all its columns, and what the sentence has to name."""

    kinds: tuple[str, ...]
    columns: tuple[str, ...]
    names: tuple[str, ...] = ()
    """Groups that have to be among the values of the insight."""
    when: pd.Timestamp | None = None
    within: int = 0
    """Days that the date told may be off."""
    or_totals: bool = False
    """A total that follows the rows tells it too: one more column, a measure."""


COURSE = ("trend", "change_point")
Planter = Callable[[World, Rng], Planted]


# ---- helpers


def share_of_time(w: World) -> np.ndarray:
    """0 at the first day, 1 at the last."""
    when = w.data[w.time]
    return ((when - when.min()) / (when.max() - when.min())).to_numpy()


def lift(w: World, m: str, where: np.ndarray, deviations: float) -> None:
    """Raise a measure by so many of its deviations; values that were positive stay so."""
    x = w.data[m].astype(float)
    raised = x + np.asarray(where, dtype=float) * deviations * float(x.std())
    w.data[m] = raised.clip(lower=float(x.min())).round(2) if x.min() >= 0 else raised.round(2)


def set_rate(w: World, flag: str, p: np.ndarray, rng: Rng) -> None:
    w.data[flag] = np.where(rng.random(len(w.data)) < p, "yes", "no")


def keep_rows(w: World, weight: np.ndarray, rng: Rng) -> None:
    """As many rows as before, drawn again with these weights (columns stay independent of the time)."""
    n = len(w.data)
    at = np.sort(rng.choice(n, n, p=weight / weight.sum()))
    times = w.data[w.time].to_numpy()[at]
    w.data[w.time] = times


def level_of(w: World, c: str, rng: Rng) -> str:
    levels = w.levels(c)
    return str(levels[int(rng.integers(len(levels)))])


def is_level(w: World, c: str, level: str) -> np.ndarray:
    return (w.data[c] == level).to_numpy()


def date_at(w: World, share: float) -> pd.Timestamp:
    when = w.data[w.time]
    return (when.min() + (when.max() - when.min()) * share).normalize()


def on_time(w: World) -> str:
    w.used.add(w.time)
    return w.time


# ---- trend


def rows_up(w: World, rng: Rng) -> Planted:
    keep_rows(w, 0.3 + 1.4 * share_of_time(w), rng)
    return Planted(COURSE, (on_time(w),), or_totals=True)


def mean_up(w: World, rng: Rng) -> Planted:
    m = w.take(w.measures, rng)
    lift(w, m, share_of_time(w), rng.uniform(1.0, 1.8))
    return Planted(COURSE, (on_time(w), m))


def mean_down(w: World, rng: Rng) -> Planted:
    m = w.take(w.measures[1:], rng)
    lift(w, m, 1 - share_of_time(w), rng.uniform(1.0, 1.8))
    return Planted(COURSE, (on_time(w), m))


def rate_up(w: World, rng: Rng) -> Planted:
    f = w.take(w.flags, rng)
    set_rate(w, f, 0.25 + 0.4 * share_of_time(w), rng)
    return Planted(COURSE, (on_time(w), f))


def mix_shift(w: World, rng: Rng) -> Planted:
    c = w.take(w.categories, rng)
    level = level_of(w, c, rng)
    w.data.loc[rng.random(len(w.data)) < 0.6 * share_of_time(w), c] = level
    return Planted(COURSE, (on_time(w), c), (level,))


def group_trend(w: World, rng: Rng) -> Planted:
    c, m = w.take(w.categories, rng), w.take(w.measures, rng)
    level = level_of(w, c, rng)
    lift(w, m, share_of_time(w) * is_level(w, c, level), 2.2)
    return Planted(COURSE, (on_time(w), m, c), (level,))


def growth(w: World, rng: Rng) -> Planted:
    m = w.take(w.measures, rng)
    w.data[m] = (w.data[m].astype(float) * np.exp(0.9 * share_of_time(w))).round(2)
    return Planted(COURSE, (on_time(w), m))


# ---- change points


def mean_step(w: World, rng: Rng) -> Planted:
    m, at = w.take(w.measures, rng), float(rng.uniform(0.3, 0.75))
    lift(w, m, share_of_time(w) >= at, rng.uniform(0.8, 1.4))
    return Planted(("change_point",), (on_time(w), m), when=date_at(w, at), within=50)


def rows_step(w: World, rng: Rng) -> Planted:
    at = float(rng.uniform(0.35, 0.7))
    keep_rows(w, np.where(share_of_time(w) >= at, 0.45, 1.0), rng)
    return Planted(("change_point",), (on_time(w),), when=date_at(w, at), within=50, or_totals=True)


def rate_step(w: World, rng: Rng) -> Planted:
    f, at = w.take(w.flags, rng), float(rng.uniform(0.35, 0.7))
    set_rate(w, f, np.where(share_of_time(w) >= at, 0.6, 0.3), rng)
    return Planted(("change_point",), (on_time(w), f), when=date_at(w, at), within=50)


def group_step(w: World, rng: Rng) -> Planted:
    c, m, at = w.take(w.categories, rng), w.take(w.measures, rng), float(rng.uniform(0.35, 0.65))
    level = level_of(w, c, rng)
    lift(w, m, (share_of_time(w) >= at) & is_level(w, c, level), 1.6)
    return Planted(("change_point",), (on_time(w), m, c), (level,), date_at(w, at), 75)


# ---- seasons


def weekday_mean(w: World, rng: Rng) -> Planted:
    m, day = w.take(w.measures, rng), int(rng.integers(0, 7))
    lift(w, m, (w.data[w.time].dt.weekday == day).to_numpy(), 1.2)
    return Planted(("seasonality",), (on_time(w), m))


def weekend_rows(w: World, rng: Rng) -> Planted:
    keep_rows(w, np.where(w.data[w.time].dt.weekday >= 5, 0.4, 1.0), rng)
    return Planted(("seasonality",), (on_time(w),), or_totals=True)


def month_mean(w: World, rng: Rng) -> Planted:
    m = w.take(w.measures, rng)
    angle = 2 * np.pi * (w.data[w.time].dt.month.to_numpy() - float(rng.integers(1, 13))) / 12
    lift(w, m, 0.5 + 0.5 * np.cos(angle), 1.5)
    return Planted(("seasonality",), (on_time(w), m))


def hour_rows(w: World, rng: Rng) -> Planted:
    hour = w.data[w.time].dt.hour.to_numpy()
    keep_rows(w, 0.3 + np.exp(-(((hour - 14) / 4.0) ** 2)), rng)
    return Planted(("seasonality",), (on_time(w),), or_totals=True)


def weekday_rate(w: World, rng: Rng) -> Planted:
    f = w.take(w.flags, rng)
    set_rate(w, f, np.where(w.data[w.time].dt.weekday >= 5, 0.75, 0.35), rng)
    return Planted(("seasonality",), (on_time(w), f))


# ---- outliers


def spike_rows(w: World, rng: Rng) -> Planted:
    at = date_at(w, float(rng.uniform(0.2, 0.8)))
    n = max(12, int(0.03 * len(w.data)))
    picked = rng.choice(len(w.data), n, replace=False)
    w.data.loc[picked, w.time] = at
    w.data.sort_values(w.time, kind="stable", inplace=True, ignore_index=True)
    return Planted(("outlier",), (on_time(w),), when=at, within=31, or_totals=True)


def odd_month_mean(w: World, rng: Rng) -> Planted:
    m = w.take(w.measures, rng)
    at = date_at(w, float(rng.uniform(0.2, 0.8))).to_period("M").start_time
    inside = (w.data[w.time].dt.to_period("M") == at.to_period("M")).to_numpy()
    lift(w, m, inside, 1.8)
    return Planted(("outlier", "change_point"), (on_time(w), m), when=at, within=31)


def odd_group_mean(w: World, rng: Rng) -> Planted:
    c = _many(w, rng)
    m, level = w.take(w.measures, rng), level_of(w, c, rng)
    lift(w, m, is_level(w, c, level), 1.5)
    return Planted(("outlier", "group_difference"), (c, m), (level,))


def odd_group_rate(w: World, rng: Rng) -> Planted:
    c = _many(w, rng)
    f, level = w.take(w.flags, rng), level_of(w, c, rng)
    set_rate(w, f, np.where(is_level(w, c, level), 0.85, 0.35), rng)
    return Planted(("outlier", "group_difference", "association"), (c, f), (level,))


def _many(w: World, rng: Rng) -> str:
    """The category with most levels."""
    c = max(w.categories, key=lambda name: len(w.levels(name)))
    w.used.add(c)
    return c


def odd_month_rate(w: World, rng: Rng) -> Planted:
    f = w.take(w.flags, rng)
    at = date_at(w, float(rng.uniform(0.2, 0.8))).to_period("M").start_time
    inside = (w.data[w.time].dt.to_period("M") == at.to_period("M")).to_numpy()
    set_rate(w, f, np.where(inside, 0.95, 0.4), rng)
    return Planted(("outlier", "change_point"), (on_time(w), f), when=at, within=31)


# ---- the last change


def last_rows(w: World, rng: Rng) -> Planted:
    last = w.data[w.time].max().to_period("M")
    keep_rows(w, np.where(w.data[w.time].dt.to_period("M") == last, 2.6, 1.0), rng)
    return Planted(
        ("change", "outlier", "change_point"), (on_time(w),), when=last.start_time, within=31, or_totals=True
    )


def last_mean(w: World, rng: Rng) -> Planted:
    m = w.take(w.measures, rng)
    last = w.data[w.time].max().to_period("M")
    lift(w, m, (w.data[w.time].dt.to_period("M") == last).to_numpy(), 1.8)
    return Planted(("change", "outlier", "change_point"), (on_time(w), m), when=last.start_time, within=31)


# ---- who makes up the total


def top_by_rows(w: World, rng: Rng) -> Planted:
    c = w.take(w.categories, rng)
    level = level_of(w, c, rng)
    w.data.loc[rng.random(len(w.data)) < 0.5, c] = level
    w.used.add(w.additive)
    return Planted(("top_contributor", "share"), (c,), (level,), or_totals=True)


def top_by_values(w: World, rng: Rng) -> Planted:
    c = w.take(w.categories, rng)
    level = level_of(w, c, rng)
    w.used.add(w.additive)
    factor = np.where(is_level(w, c, level), rng.uniform(5, 8), 1.0)
    w.data[w.additive] = (w.data[w.additive].astype(float) * factor).round(2)
    return Planted(("top_contributor", "share"), (c, w.additive), (level,))


def small_but_large(w: World, rng: Rng) -> Planted:
    c = w.take(w.categories, rng)
    level = level_of(w, c, rng)
    others = [v for v in w.levels(c) if v != level]
    mine = is_level(w, c, level) & (rng.random(len(w.data)) < 0.6)
    w.data.loc[mine, c] = rng.choice(np.array(others, dtype=object), int(mine.sum()))
    w.used.add(w.additive)
    w.data[w.additive] = (w.data[w.additive].astype(float) * np.where(is_level(w, c, level), 7.0, 1.0)).round(
        2
    )
    return Planted(("share", "top_contributor"), (c, w.additive), (level,))


def one_level_rules(w: World, rng: Rng) -> Planted:
    c = w.take(w.categories, rng)
    level = level_of(w, c, rng)
    w.data.loc[rng.random(len(w.data)) < 0.75, c] = level
    return Planted(("share", "top_contributor"), (c,), (level,), or_totals=True)


def pareto_rows(w: World, rng: Rng) -> Planted:
    members = np.array(sorted(w.data[w.entity].unique()), dtype=object)
    weight = (np.arange(len(members)) + 3.0) ** -1.1
    w.data[w.entity] = rng.choice(rng.permutation(members), len(w.data), p=weight / weight.sum())
    w.used.add(w.entity)
    return Planted(("concentration",), (w.entity,), or_totals=True)


def pareto_totals(w: World, rng: Rng) -> Planted:
    members = np.array(sorted(w.data[w.entity].unique()), dtype=object)
    factor = pd.Series(np.exp(rng.normal(0, 1.2, len(members))), index=members)
    w.data[w.additive] = (w.data[w.additive].astype(float) * w.data[w.entity].map(factor).to_numpy()).round(2)
    w.used |= {w.entity, w.additive}
    return Planted(("concentration",), (w.entity, w.additive))


def pareto_products(w: World, rng: Rng) -> Planted:
    weight = (np.arange(40) + 1.0) ** -1.0
    names = np.array([f"item {chr(65 + i % 26)}{i}" for i in range(40)], dtype=object)
    w.data["item"] = rng.choice(names, len(w.data), p=weight / weight.sum())
    return Planted(("concentration",), ("item",), or_totals=True)


# ---- groups


def two_means(w: World, rng: Rng) -> Planted:
    f, m = w.take(w.flags, rng), w.take(w.measures, rng)
    lift(w, m, is_level(w, f, "yes"), rng.uniform(0.7, 1.2))
    return Planted(("group_difference",), (f, m))


def graded_means(w: World, rng: Rng) -> Planted:
    c, m = w.take(w.categories, rng), w.take(w.measures, rng)
    levels = list(rng.permutation(np.array(w.levels(c), dtype=object)))
    place = w.data[c].map({v: i / (len(levels) - 1) for i, v in enumerate(levels)}).to_numpy(dtype=float)
    lift(w, m, place, 1.6)
    return Planted(("group_difference",), (c, m), (str(levels[-1]), str(levels[0])))


def rates_by_group(w: World, rng: Rng) -> Planted:
    c, f = w.take(w.categories, rng), w.take(w.flags, rng)
    levels = w.levels(c)
    p = dict(zip(levels, np.linspace(0.2, 0.7, len(levels)), strict=True))
    set_rate(w, f, w.data[c].map(p).to_numpy(dtype=float), rng)
    return Planted(("group_difference", "association"), (c, f))


def weak_means(w: World, rng: Rng) -> Planted:
    c, m = w.take(w.categories, rng), w.take(w.measures, rng)
    lift(w, m, is_level(w, c, level_of(w, c, rng)), 0.6)
    return Planted(("group_difference", "outlier"), (c, m))


def unequal_spread(w: World, rng: Rng) -> Planted:
    c, m = w.take(w.categories, rng), w.take(w.measures, rng)
    level = level_of(w, c, rng)
    mine = is_level(w, c, level)
    x = w.data[m].astype(float)
    w.data[m] = np.where(mine, x.mean() + 2.0 * (x - x.mean()) + 1.5 * x.std(), x).round(2)
    return Planted(("group_difference", "outlier"), (c, m), (level,))


# ---- interactions


def crossover(w: World, rng: Rng) -> Planted:
    a, b, m = w.flags[0], w.take(w.categories, rng), w.take(w.measures, rng)
    w.used.add(a)
    level = level_of(w, b, rng)
    lift(w, m, is_level(w, a, "yes") == is_level(w, b, level), 1.2)
    return Planted(("interaction", "simpsons_reversal"), (a, b, m))


def hot_cell(w: World, rng: Rng) -> Planted:
    a, b, m = w.take(w.categories, rng), w.take(w.categories, rng), w.take(w.measures, rng)
    one, two = level_of(w, a, rng), level_of(w, b, rng)
    lift(w, m, is_level(w, a, one) & is_level(w, b, two), 2.2)
    return Planted(("interaction",), (a, b, m), (one, two))


def slope_by_group(w: World, rng: Rng) -> Planted:
    c = w.take(w.categories, rng)
    x, y = w.take(w.measures[1:], rng), w.take(w.measures[1:], rng)
    level = level_of(w, c, rng)
    z = standard(w, x)
    lift(w, y, z * is_level(w, c, level), 1.2)
    return Planted(("interaction",), (x, y, c), (level,))


def rate_interaction(w: World, rng: Rng) -> Planted:
    a, b, f = w.take(w.categories, rng), w.take(w.categories, rng), w.take(w.flags, rng)
    one, two = level_of(w, a, rng), level_of(w, b, rng)
    set_rate(w, f, np.where(is_level(w, a, one) & is_level(w, b, two), 0.9, 0.3), rng)
    return Planted(("interaction",), (a, b, f), (one, two))


# ---- associations


def standard(w: World, m: str) -> np.ndarray:
    x = w.data[m].astype(float)
    return ((x - x.mean()) / x.std()).fillna(0).to_numpy()


def linear(w: World, rng: Rng) -> Planted:
    x, y = w.take(w.measures, rng), w.take(w.measures, rng)
    lift(w, y, standard(w, x), rng.uniform(0.6, 1.2))
    return Planted(("association",), (x, y))


def falling(w: World, rng: Rng) -> Planted:
    x, y = w.take(w.measures, rng), w.take(w.measures, rng)
    lift(w, y, -standard(w, x), rng.uniform(0.6, 1.2))
    return Planted(("association",), (x, y))


def bent(w: World, rng: Rng) -> Planted:
    x, y = w.take(w.measures, rng), w.take(w.measures, rng)
    z = standard(w, x)
    lift(w, y, np.log1p(z - z.min()), 1.5)
    return Planted(("association",), (x, y))


def valley(w: World, rng: Rng) -> Planted:
    x, y = w.take(w.measures, rng), w.take(w.measures, rng)
    z = pd.Series(standard(w, x)).rank(pct=True).to_numpy() - 0.5
    lift(w, y, (4 * z**2), 2.2)
    return Planted(("association",), (x, y))


def categories_together(w: World, rng: Rng) -> Planted:
    a, b = w.take(w.categories, rng), w.take(w.categories, rng)
    la, lb = w.levels(a), w.levels(b)
    follow = w.data[a].map({v: lb[i % len(lb)] for i, v in enumerate(la)})
    w.data[b] = np.where(rng.random(len(w.data)) < 0.45, follow, w.data[b])
    return Planted(("association",), (a, b))


def flags_together(w: World, rng: Rng) -> Planted:
    a, b = w.flags[0], w.flags[1]
    w.used |= {a, b}
    set_rate(w, b, np.where(is_level(w, a, "yes"), 0.65, 0.35), rng)
    return Planted(("association", "group_difference"), (a, b))


def weak_linear(w: World, rng: Rng) -> Planted:
    x, y = w.take(w.measures, rng), w.take(w.measures, rng)
    lift(w, y, standard(w, x), 0.4)
    return Planted(("association",), (x, y))


# ---- gaps


def gap_by_group(w: World, rng: Rng) -> Planted:
    c, m = w.take(w.categories, rng), w.take(w.measures[2:], rng)
    level = level_of(w, c, rng)
    w.data[m] = w.data[m].mask(is_level(w, c, level) & (rng.random(len(w.data)) < 0.35))
    return Planted(("missing_pattern",), (m, c), (level,))


def gap_by_number(w: World, rng: Rng) -> Planted:
    x, m = w.take(w.measures[:2], rng), w.take(w.measures[2:], rng)
    high = w.data[x].rank(pct=True).to_numpy() > 0.75
    w.data[m] = w.data[m].mask(high & (rng.random(len(w.data)) < 0.35))
    return Planted(("missing_pattern",), (m, x))


def gaps_together(w: World, rng: Rng) -> Planted:
    a, b = w.measures[2], w.measures[3]
    w.used |= {a, b}
    both = rng.random(len(w.data)) < 0.1
    w.data[a], w.data[b] = w.data[a].mask(both), w.data[b].mask(both)
    return Planted(("missing_pattern",), (a, b))


def gap_since(w: World, rng: Rng) -> Planted:
    m, at = w.take(w.measures[2:], rng), float(rng.uniform(0.4, 0.7))
    w.data[m] = w.data[m].mask((share_of_time(w) >= at) & (rng.random(len(w.data)) < 0.3))
    return Planted(("missing_pattern",), (on_time(w), m), when=date_at(w, at), within=50)


# ---- reversals


def reversal_rate(w: World, rng: Rng) -> Planted:
    a, f, z = w.flags[0], w.flags[1], w.take(w.categories, rng)
    w.used |= {a, f}
    place = (
        w.data[z]
        .map({v: i / (len(w.levels(z)) - 1) for i, v in enumerate(w.levels(z))})
        .to_numpy(dtype=float)
    )
    set_rate(w, a, 0.1 + 0.8 * place, rng)
    set_rate(w, f, np.clip(0.15 + 0.75 * place - 0.17 * is_level(w, a, "yes"), 0.02, 0.98), rng)
    return Planted(("simpsons_reversal",), (a, f, z))


def reversal_slope(w: World, rng: Rng) -> Planted:
    z = w.take(w.categories, rng)
    x, y = w.take(w.measures[1:], rng), w.take(w.measures[1:], rng)
    place = w.data[z].map({v: float(i) for i, v in enumerate(w.levels(z))}).to_numpy(dtype=float)
    inner = standard(w, x)
    lift(w, x, place, 1.5)
    lift(w, y, 1.8 * place - 0.8 * inner, 1.0)
    return Planted(("simpsons_reversal",), (x, y, z))


def reversal_mean(w: World, rng: Rng) -> Planted:
    a, z, m = w.flags[0], w.take(w.categories, rng), w.take(w.measures, rng)
    w.used.add(a)
    place = (
        w.data[z]
        .map({v: i / (len(w.levels(z)) - 1) for i, v in enumerate(w.levels(z))})
        .to_numpy(dtype=float)
    )
    set_rate(w, a, 0.12 + 0.76 * place, rng)
    lift(w, m, 4.0 * place - 0.9 * is_level(w, a, "yes"), 1.0)
    return Planted(("simpsons_reversal",), (a, m, z))


FAMILIES: dict[str, tuple[Planter, ...]] = {
    "trend": (rows_up, mean_up, mean_down, rate_up, mix_shift, group_trend, growth),
    "change point": (mean_step, rows_step, rate_step, group_step),
    "seasonality": (weekday_mean, weekend_rows, month_mean, hour_rows, weekday_rate),
    "outlier": (spike_rows, odd_month_mean, odd_group_mean, odd_group_rate, odd_month_rate),
    "last change": (last_rows, last_mean),
    "top contributor": (top_by_rows, top_by_values),
    "share": (small_but_large, one_level_rules),
    "concentration": (pareto_rows, pareto_totals, pareto_products),
    "group difference": (two_means, graded_means, rates_by_group, weak_means, unequal_spread),
    "interaction": (crossover, hot_cell, slope_by_group, rate_interaction),
    "association": (linear, falling, bent, valley, categories_together, flags_together, weak_linear),
    "missing pattern": (gap_by_group, gap_by_number, gaps_together, gap_since),
    "Simpson's reversal": (reversal_rate, reversal_slope, reversal_mean),
}
"""Family → its variants. The first, third, ... of each are for tuning, the others are held out."""


def variants(part: str) -> list[tuple[str, Planter]]:
    """(family, planter) of "dev", "held" or "all". Fixed before the first run."""
    chosen = []
    for family, planters in FAMILIES.items():
        for i, planter in enumerate(planters):
            if part == "all" or (i % 2 == 0) == (part == "dev"):
                chosen.append((family, planter))
    return chosen


OPTIONS: dict[str, dict[str, Any]] = {
    "month_mean": {"days": 1461}, "hour_rows": {"days": 120, "hours": True}, "spike_rows": {"days": 365},
    "last_rows": {"days": 728}, "last_mean": {"days": 728},
}  # fmt: skip
"""What the table of a variant needs: years for a season by month, times of day for one by hour."""
