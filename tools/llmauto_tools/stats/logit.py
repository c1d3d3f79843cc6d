"""Logistic regression by Newton's method, one pass over the data a step."""

from __future__ import annotations

import math

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.stats.design import Array, Design
from llmauto_tools.stats.fitted import Fit, Robust, dropped_terms, triangle

STEPS = 40
TOLERANCE = 1e-11
FARTHEST = 30.0
"""A log odds per standard deviation beyond this means that the target is told without error."""


def fit_logit(design: Design, robust: Robust) -> Fit:
    """Maximum likelihood; equals statsmodels.Logit(...).fit(cov_type=...).

    Every robust kind is the sandwich of statsmodels' Logit (White 1982), which has no leverages. Raises
    InvalidArguments where a feature tells the target without error: no finite coefficient fits then.
    """
    import numpy as np

    before = design.names
    r = triangle(design)
    k, n = design.width, design.n
    notes = [
        f"'{name}' is explained by the other columns and is left out."
        for name in dropped_terms(before, design)
    ]
    scale = np.sqrt((r[:k, :k] ** 2).sum(axis=0) / n)
    beta, hessian, meat, likelihood = _newton(design, scale)
    inverse = np.linalg.inv(hessian) / np.outer(scale, scale)
    meat = meat * np.outer(scale, scale)
    back = design.back()
    undo = np.linalg.inv(back)
    plain = back @ inverse @ back.T
    cov = back @ (inverse @ meat @ inverse) @ back.T if robust != "none" else plain
    null = _null_likelihood(n, design.y_centre)
    ratio = 2 * (likelihood - null)
    from scipy.stats import chi2

    fit = Fit(
        "logit", design, back @ (beta / scale), cov, plain, undo.T @ (r[:k, :k].T @ r[:k, :k]) @ undo,
        undo.T @ (r[:k, :k].T @ r[:k, k]), robust, 1 - likelihood / null, None, ratio,
        float(chi2.sf(ratio, k - 1)) if k > 1 else 1.0, float((r[1:, k] ** 2).sum()),
    )  # fmt: skip
    fit.notes += notes
    return fit


def _newton(design: Design, scale: Array) -> tuple[Array, Array, Array, float]:
    """(coefficients, negative Hessian, sum of squared scores, log likelihood) of the scaled columns."""
    import numpy as np

    beta = np.zeros(design.width)
    beta[0] = math.log(design.y_centre / (1 - design.y_centre)) * scale[0]
    for step in range(STEPS):
        gradient, hessian, meat, likelihood = _pass(design, scale, beta, step)
        try:
            change = np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            break
        if np.max(np.abs(change)) < TOLERANCE * max(1.0, float(np.max(np.abs(beta)))):
            return beta, hessian, meat, likelihood
        beta = beta + change
        if np.max(np.abs(beta[1:]), initial=0.0) > FARTHEST:
            break
    raise _separation(design, beta)


def _pass(design: Design, scale: Array, beta: Array, step: int) -> tuple[Array, Array, Array, float]:
    import numpy as np

    k = design.width
    gradient, hessian, meat, likelihood = np.zeros(k), np.zeros((k, k)), np.zeros((k, k)), 0.0
    for x, centred in design.batches(f"fitting, step {step + 1}"):
        z = x / scale
        y = centred + design.y_centre
        eta = z @ beta
        p = 1 / (1 + np.exp(-eta))
        gradient += z.T @ (y - p)
        hessian += (z * (p * (1 - p))[:, None]).T @ z
        meat += (z * ((y - p) ** 2)[:, None]).T @ z
        likelihood -= float(np.logaddexp(0, np.where(y > 0.5, -eta, eta)).sum())
    return gradient, hessian, meat, likelihood


def _null_likelihood(n: int, share: float) -> float:
    return n * (share * math.log(share) + (1 - share) * math.log(1 - share))


def _separation(design: Design, beta: Array) -> InvalidArguments:
    import numpy as np

    largest = design.names[1:][int(np.argmax(np.abs(beta[1:])))]
    return InvalidArguments(
        f"'{largest}' (perhaps with others) tells the target almost without error, so no finite coefficient fits.",
        "Leave that column out, and ask whether it was known before the target was.",
    )
