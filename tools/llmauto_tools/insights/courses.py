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


def find_shape(values: Values, weights: Values, season: Codes | None) -> Shape | None:
    """Least squares of a line and of every step, beside dummies of the season.

    The p of the step is Bonferroni's bound over the places tried. Positive autocorrelation of what is left
    widens both tests as it would an average of (1 - r) / (1 + r) as many periods (Bayley and Hammersley 1946).
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
    splits = np.unique(
        np.linspace(EDGE_PERIODS, n - EDGE_PERIODS, min(MAX_SPLITS, n - 2 * EDGE_PERIODS + 1)).astype(int)
    )
    steps = (np.arange(n)[:, None] >= splits[None, :]).astype(float) * root[:, None]
    steps = steps - base @ (base.T @ steps)
    size = np.maximum((steps**2).sum(axis=0), 1e-12)
    gains = (steps.T @ left) ** 2 / size
    best = int(np.argmax(gains))
    is_step = float(gains[best]) > gain_line
    column = steps[:, best] if is_step else line
    slope = float(column @ left) / float(column @ column)
    residual = left - slope * column
    parameters = base.shape[1] + 1
    rho = autocorrelation(residual)
    line_p = _gain_p(gain_line, total, n, parameters, rho)
    step_p = s.bounded(_gain_p(float(gains[best]), total, n, parameters, rho), len(splits))
    clear = min(line_p, step_p) < MODELLED
    split = int(splits[best])
    before, after = _ends(y, root**2, at, slope, split, is_step)
    return Shape(
        line_p, step_p, is_step, int(np.flatnonzero(known)[split]), before, after,
        math.sqrt(min(max(float(gains[best]) if is_step else gain_line, 0.0) / total, 1.0)),
        _scattered(residual if clear else left, known), parameters if clear else parameters - 1,
    )  # fmt: skip


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


def _gain_p(gain: float, total: float, n: int, parameters: int, rho: float) -> float:
    fewer = (1 - rho) / (1 + rho)
    df = (n - parameters) * fewer
    rest = max(total - gain, 1e-12 * total)
    return s.f_p(gain / rest * df, 1, df) if df >= 3 else 1.0


# ---- single periods


def odd_one(residual: Values, parameters: int, first: int = 0) -> tuple[int, float, float] | None:
    """The period furthest from the rest: its place, p, and how many deviations it is off.

    Externally studentised, with a Student distribution whose tails are those of the other periods; p is
    Bonferroni's bound over all periods. Places before `first` are not looked at.
    """
    known = np.flatnonzero(~np.isnan(residual))
    n = len(known)
    if n < MIN_PERIODS + parameters:
        return None
    e = residual[known]
    i = int(np.argmax(np.abs(e)))
    rest = np.delete(e, i)
    deviation = math.sqrt(float((rest**2).sum()) / max(n - parameters - 1, 1))
    if deviation <= 0:
        return None
    t = float(e[i]) / deviation / math.sqrt(1 + parameters / n)
    df = min(n - parameters - 1, s.tail_df(rest))
    # A Student distribution of few degrees of freedom has a larger deviation than 1.
    scale = math.sqrt(df / (df - 2)) if df > 2 else 1.0
    return int(known[i]), s.bounded(s.t_p(t * scale, df), n), t


def odd_period(values: Values, weights: Values, season: Codes | None, positive: bool) -> tuple[int, float, float] | None:  # fmt: skip
    """`odd_one` of a course; one of sizes has to be odd as it is, as a root and as a logarithm."""
    found: tuple[int, float, float] | None = None
    if np.median(weights) > 1:  # one odd row makes no odd period
        values = np.where(weights >= ODD_ROWS, values, np.nan)
    if (~np.isnan(values)).sum() < MIN_PERIODS:
        return None
    forms = [values]
    if positive and np.nanmin(values) >= 0:
        forms.append(np.sqrt(values))
        if np.nanmin(values) > 0:
            forms.append(np.log(values))
    for form in forms:
        shape = find_shape(form, weights, season)
        odd = odd_one(shape.residual, shape.parameters) if shape is not None else None
        if odd is None or (found is not None and odd[0] != found[0]):
            return None
        found = odd if found is None or odd[1] > found[1] else found
    return found


def last_change(values: Values, most_recent: int = 0) -> tuple[float, float] | None:
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
