"""Tests of one course over time: a line, a step, a season, a single period, the last change."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.insights import significance as s

Values = NDArray[np.float64]
Codes = NDArray[np.int64]

MIN_PERIODS = 10
MAX_SPLITS = 200
EDGE_PERIODS = 4
LEAST_DF = 3.0
"""Left by the correction for autocorrelation: a short course that goes one way all along is still a trend."""
ONLY_SAMPLING = 1.25
MANY_ROWS, MOSTLY_SAMPLING, LIGHT_DF = 20, 1.6, 200.0
ODD_ROWS = 5
"""Of a period with a mean or a share that may be called odd."""
MODELLED = 0.01
"""A line or step with a smaller p is taken away before single periods are judged."""


@dataclass(frozen=True)
class Shape:
    """The better of a line and a step through a course."""

    line_p: float
    step_p: float
    is_step: bool
    at: int
    """The first period after the step."""
    before: float
    after: float
    """Fitted at the first and the last period, or the means before and after the step."""
    fit: float
    """The root of the share of variance that it explains."""
    residual: Values
    """Of the weighted course, after the shape and the season where it is clear, else after the season alone."""
    parameters: int
    least: float
    """The variance of the weighted course that the sampling of its rows alone gives."""


def find_shape(values: Values, weights: Values, season: Codes | None, noise: float = 0.0) -> Shape | None:
    """Least squares of a line and of every step, beside dummies of the season.

    The p of the step is Bonferroni's bound over the places tried. Positive autocorrelation of what is left
    widens both tests as it would an average of (1 - r) / (1 + r) as many periods (Bayley and Hammersley 1946).
    noise: the variance of a period of weight 1 by sampling; what is left is never taken to vary less.
    None for too few periods, or where nothing varies. `values` may hold NaN.
    """
    known = ~np.isnan(values) & (weights > 0)
    n = int(known.sum())
    if n < MIN_PERIODS:
        return None
    at, y = np.flatnonzero(known).astype(float), values[known]
    root = np.sqrt(weights[known] / weights[known].mean())
    base = _orthogonal(_base(n, season[known] if season is not None else None) * root[:, None])
    left = _without(base, y * root)
    total = float(left @ left)
    if total <= 1e-18 * float((y * root) @ (y * root)) or total <= 0:
        return None
    line = _without(base, at * root)
    gain_line = float(line @ left) ** 2 / max(float(line @ line), 1e-300)
    split, gain, column = _best_step(left, base, root)
    is_step = gain > gain_line
    column = column if is_step else line
    slope = float(column @ left) / float(column @ column)
    residual = left - slope * column
    parameters = base.shape[1] + 1
    least = noise / float(weights[known].mean())
    rho = autocorrelation(residual)
    if float(residual @ residual) <= ONLY_SAMPLING * least * (n - parameters):
        rho = 0.0  # independent rows explain all of the scatter
    line_p = _gain_p(gain_line, total, n, parameters, rho, least)
    step_p = s.bounded(_gain_p(gain, total, n, parameters, rho, least), n - 2 * EDGE_PERIODS + 1)
    clear = min(line_p, step_p) < MODELLED
    before, after = _ends(y, root**2, at, slope, split, is_step)
    return Shape(
        line_p, step_p, is_step, int(np.flatnonzero(known)[split]), before, after,
        math.sqrt(min(max(gain if is_step else gain_line, 0.0) / total, 1.0)),
        _scattered(residual if clear else left, known), parameters if clear else parameters - 1, least,
    )  # fmt: skip


def _best_step(left: Values, base: Values, root: Values) -> tuple[int, float, Values]:
    """The place of the step that explains most, what it explains, and its column (without the base).

    Long courses are searched at MAX_SPLITS places first, then around the best of them.
    """
    n = len(left)
    places = np.unique(np.linspace(EDGE_PERIODS, n - EDGE_PERIODS, MAX_SPLITS).astype(int))
    best, gain, column = _step_at(places, left, base, root)
    if len(places) < n - 2 * EDGE_PERIODS + 1:
        width = -(-n // MAX_SPLITS)
        near = np.arange(max(EDGE_PERIODS, best - width), min(n - EDGE_PERIODS, best + width) + 1)
        best, gain, column = _step_at(near, left, base, root)
    return best, gain, column


def _step_at(places: Codes, left: Values, base: Values, root: Values) -> tuple[int, float, Values]:
    steps = (np.arange(len(left))[:, None] >= places[None, :]).astype(float) * root[:, None]
    steps = steps - base @ (base.T @ steps)
    gains = (steps.T @ left) ** 2 / np.maximum((steps**2).sum(axis=0), 1e-12)
    at = int(np.argmax(gains))
    return int(places[at]), float(gains[at]), steps[:, at]


def _ends(
    y: Values, weight: Values, at: Values, slope: float, split: int, is_step: bool
) -> tuple[float, float]:
    if is_step:
        return (
            float((y[:split] * weight[:split]).sum() / weight[:split].sum()),
            float((y[split:] * weight[split:]).sum() / weight[split:].sum()),
        )
    centre, middle = float((y * weight).sum() / weight.sum()), float((at * weight).sum() / weight.sum())
    return centre + slope * (float(at[0]) - middle), centre + slope * (float(at[-1]) - middle)


def _base(n: int, season: Codes | None) -> Values:
    """A constant, and dummies of the positions of the season."""
    if season is None:
        return np.ones((n, 1))
    positions = np.unique(season)
    return np.column_stack([np.ones(n), *[(season == p).astype(float) for p in positions[1:]]])


def _orthogonal(design: Values) -> Values:
    q, r = np.linalg.qr(design)
    return np.asarray(q[:, np.abs(np.diag(r)) > 1e-9])


def _without(base: Values, v: Values) -> Values:
    return np.asarray(v - base @ (base.T @ v))


def _scattered(values: Values, known: NDArray[np.bool_]) -> Values:
    full = np.full(len(known), np.nan)
    full[known] = values
    return full


def autocorrelation(residual: Values) -> float:
    """Of neighbours, corrected for its bias in short series (Kendall 1954), 0 where it is negative."""
    n, total = len(residual), float(residual @ residual)
    if n < 4 or total <= 0:
        return 0.0
    r = float(residual[1:] @ residual[:-1]) / total
    return min(max(r + (1 + 4 * r) / n, 0.0), 0.99)


def _gain_p(gain: float, total: float, n: int, parameters: int, rho: float, least: float) -> float:
    fewer = (1 - rho) / (1 + rho)
    df = max((n - parameters) * fewer, LEAST_DF)
    rest = max(total - gain, 1e-12 * total, least * (n - parameters))
    return s.f_p(gain / rest * df, 1, df)


# ---- single periods


def odd_one(shape: Shape, light: bool = False) -> tuple[int, float, float] | None:
    """The period furthest from the rest: its place, p, and how many deviations it is off.

    Externally studentised, with a Student distribution whose tails are those of the other periods, or of normal
    ones where they are known to be `light`; p is Bonferroni's bound over all periods.
    """
    known = np.flatnonzero(~np.isnan(shape.residual))
    n, parameters = len(known), shape.parameters
    if n < MIN_PERIODS + parameters:
        return None
    e = shape.residual[known]
    i = int(np.argmax(np.abs(e)))
    rest = np.delete(e, i)
    variance = max(float((rest**2).sum()) / max(n - parameters - 1, 1), shape.least)
    if variance <= 0:
        return None
    t = float(e[i]) / math.sqrt(variance * (1 + parameters / n))
    df = LIGHT_DF
    if not light:
        df = min(n - parameters - 1.0, s.tail_df(rest))
        # A Student distribution of few degrees of freedom has a larger deviation than 1.
        t *= math.sqrt(df / (df - 2)) if df > 2 else 1.0
    return int(known[i]), s.bounded(s.t_p(t, df), n), t


@dataclass(frozen=True)
class Periods:
    """A course as the search for odd periods needs it. counts: numbers of rows; positive: sizes."""

    values: Values
    weights: Values
    season: Codes | None
    noise: float
    positive: bool
    counts: bool
    rate: bool


def odd_period(c: Periods) -> tuple[int, float, float] | None:
    """`odd_one` of a course; one of sizes has to be odd as it is and in transformed values, a rate by
    the exact binomial test too."""
    values = c.values
    if np.median(c.weights) > 1:  # one odd row makes no odd period
        values = np.where(c.weights >= ODD_ROWS, values, np.nan)
    if (~np.isnan(values)).sum() < MIN_PERIODS:
        return None
    found: tuple[int, float, float] | None = None
    light = False
    for k, form in enumerate(_forms(values, c)):
        shape = find_shape(form, c.weights, c.season, c.noise if k == 0 else 0.0)
        if shape is None:
            return None
        light = _is_light(shape, c, values) if k == 0 else light
        odd = odd_one(shape, light)
        if odd is None or (found is not None and odd[0] != found[0]):
            return None
        found = odd if found is None or odd[1] > found[1] else found
    if found is not None and c.rate:
        found = found[0], max(found[1], _binomial_p(values, c.weights, found[0])), found[2]
    return found


def _forms(values: Values, c: Periods) -> list[Values]:
    """The values, and as roots and logarithms, in which skewed sizes are nearly symmetric.

    Of counts Anscombe's root (1948).
    """
    forms = [values]
    if c.counts:
        forms.append(np.sqrt(values + 0.375))
    elif c.positive and np.nanmin(values) >= 0:
        forms.append(np.sqrt(values))
        if np.nanmin(values) > 0:
            forms.append(np.log(values))
    return forms


def _is_light(shape: Shape, c: Periods, values: Values) -> bool:
    """Means, or counts, of many rows that scatter as their rows make them do: their tails are those of the normal."""
    known = ~np.isnan(values)
    rest = shape.residual[~np.isnan(shape.residual)]
    rest = np.delete(rest, int(np.argmax(np.abs(rest))))
    rows = float(np.mean(values[known])) if c.counts else float(c.weights[known].min())
    enough = c.noise > 0 and rows >= MANY_ROWS
    return enough and float(rest.var()) <= MOSTLY_SAMPLING * shape.least


def _binomial_p(values: Values, weights: Values, at: int) -> float:
    from scipy import stats

    known = ~np.isnan(values)
    hits = float(np.nansum(values * weights)) - float(values[at] * weights[at])
    others = float(weights[known].sum()) - float(weights[at])
    share = min(max(hits / others, 0.0), 1.0) if others > 0 else 0.0
    exact = stats.binomtest(round(float(values[at] * weights[at])), round(float(weights[at])), share).pvalue
    return s.bounded(float(exact), int(known.sum()))


def last_change(values: Values) -> tuple[float, float] | None:
    """p and the size, in deviations, of the last change against the changes before it; None for too few."""
    known = values[~np.isnan(values)]
    changes = np.diff(known)
    if len(changes) < 6:
        return None
    before, last = changes[:-1], float(changes[-1])
    k, deviation = len(before), float(before.std(ddof=1))
    if deviation <= 0:
        return None
    off = min(abs(last), abs(last - float(before.mean())))
    t = off / (deviation * math.sqrt(1 + 1 / k))
    return s.t_p(t, min(k - 1, s.tail_df(before - before.mean()))), t


# ---- seasons


def season_test(
    values: Values, weights: Values, position: Codes, cycle: Codes
) -> tuple[float, float, Values] | None:
    """p, the root of the share of variance within cycles, and the effect of each position.

    A straight line and the mean of each cycle are taken away first, so that neither a trend nor a good year
    looks like a season; then one-way analysis of variance over the positions.
    """
    known = ~np.isnan(values) & (weights > 0)
    y, w, p, c = (
        values[known],
        weights[known],
        position[known],
        np.unique(cycle[known], return_inverse=True)[1],
    )
    n, cycles, positions = len(y), int(c.max(initial=-1)) + 1, np.unique(p)
    df = n - cycles - len(positions)
    if cycles < 2 or len(positions) < 3 or df < 6:
        return None
    w = w / w.mean()
    at = np.flatnonzero(known).astype(float)
    slope = _slope(at, y, w, c)
    y = _centred(y - slope * at, w, c)
    k = int(p.max()) + 1
    size = np.bincount(p, w, k)
    effect = np.divide(np.bincount(p, w * y, k), size, out=np.zeros(k), where=size > 0)
    between = float((size * effect**2).sum())
    total = float((w * y**2).sum())
    if total <= 0 or total <= 1e-18 * float((w * values[known] ** 2).sum()):
        return None
    within = max(total - between, 1e-12 * total) / df
    f = between / (len(positions) - 1) / within
    explained = max(between - (len(positions) - 1) * within, 0.0) / total
    return s.f_p(f, len(positions) - 1, df), math.sqrt(min(explained, 1.0)), effect


def _centred(y: Values, w: Values, c: Codes) -> Values:
    mean = np.bincount(c, w * y) / np.bincount(c, w)
    return np.asarray(y - mean[c])


def _slope(at: Values, y: Values, w: Values, c: Codes) -> float:
    """The slope over whole cycles: between the means of the cycles, where a season cannot reach it."""
    if int(c.max()) < 2:
        return 0.0
    weight = np.bincount(c, w)
    t, m = np.bincount(c, w * at) / weight, np.bincount(c, w * y) / weight
    t = t - (weight * t).sum() / weight.sum()
    return float((weight * t * m).sum() / max((weight * t * t).sum(), 1e-300))
