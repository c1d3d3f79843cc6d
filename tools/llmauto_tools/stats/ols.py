"""Ordinary least squares in two passes over the data, with robust errors and a look at the residuals."""

from __future__ import annotations

import heapq
import math

from llmauto_tools.stats.design import Array, Design
from llmauto_tools.stats.fitted import Check, Fit, Robust, dropped_terms, triangle

INFLUENTIAL = 5


class Residuals:
    """Sums over the second pass: powers of the residuals, the robust meat, Breusch-Pagan, Cook's distances."""

    def __init__(self, width: int) -> None:
        import numpy as np

        self.powers = [0.0, 0.0, 0.0, 0.0]
        self.meat = np.zeros((width, width))
        self.squared_products = np.zeros(width)
        self.leverage_one = 0
        self.many = 0
        self.top: list[tuple[float, float, float]] = []

    def add(
        self, x: Array, y: Array, beta: Array, inverse_r: Array, s2: float, robust: Robust, limit: float
    ) -> None:
        """One batch. `inverse_r` is R^-1 of X = QR, so that leverages are the squares of the rows of X R^-1."""
        import numpy as np

        fitted = x @ beta
        e = y - fitted
        leverage = ((x @ inverse_r) ** 2).sum(axis=1)
        self.leverage_one += int((leverage > 1 - 1e-9).sum())
        left = np.maximum(1 - leverage, 1e-9)
        for i in range(4):
            self.powers[i] += float((e ** (i + 1)).sum())
        weights = e**2 / {"HC2": left, "HC3": left**2}.get(robust, np.ones(len(e)))
        self.meat += (x * weights[:, None]).T @ x
        self.squared_products += x.T @ e**2
        cook = e**2 * leverage / (left**2 * x.shape[1] * s2) if s2 > 0 else np.zeros(len(e))
        self.many += int((cook > limit).sum())
        for i in np.argsort(cook)[-INFLUENTIAL:]:
            heapq.heappush(self.top, (float(cook[i]), float(y[i]), float(fitted[i])))
        while len(self.top) > INFLUENTIAL:
            heapq.heappop(self.top)


def fit_ols(design: Design, robust: Robust) -> Fit:
    """Least squares; equals statsmodels.OLS(...).fit(cov_type=robust, use_t=True).

    Columns that others explain altogether are dropped, with a note.
    """
    import numpy as np
    from scipy.linalg import solve_triangular

    before = design.names
    r = triangle(design)
    k, n = design.width, design.n
    notes = [
        f"'{name}' is explained by the other columns and is left out."
        for name in dropped_terms(before, design)
    ]
    inverse_r = solve_triangular(r[:k, :k], np.eye(k))
    beta = inverse_r @ r[:k, k]
    rss = float(r[k, k] ** 2) if r.shape[0] > k else 0.0
    tss = float((r[1:, k] ** 2).sum())
    s2 = rss / (n - k)
    residuals = Residuals(k)
    for x, y in design.batches("looking at the residuals"):
        residuals.add(x, y, beta, inverse_r, s2, robust, 4 / n)
    bread = inverse_r @ inverse_r.T
    plain = bread * s2
    cov = _robust(bread, residuals.meat, n, k, robust) if robust != "none" else plain
    fit = _in_raw_columns(design, beta, cov, plain, r, robust, rss, tss)
    fit.notes += notes
    _look_at(fit, residuals, bread, rss)
    return fit


def _robust(bread: Array, meat: Array, n: int, k: int, robust: Robust) -> Array:
    """The sandwich (White 1980; MacKinnon and White 1985)."""
    scale = n / (n - k) if robust == "HC1" else 1.0
    return scale * bread @ meat @ bread


def _in_raw_columns(
    design: Design, beta: Array, cov: Array, plain: Array, r: Array, robust: Robust, rss: float, tss: float
) -> Fit:
    """The fit with the centring taken out of the coefficients."""
    import numpy as np

    k, n = design.width, design.n
    back = design.back()
    undo = np.linalg.inv(back)
    raw = back @ beta
    raw[0] += design.y_centre
    gram = undo.T @ (r[:k, :k].T @ r[:k, :k]) @ undo
    share = 1 - rss / tss
    fit = Fit(
        "ols", design, raw, back @ cov @ back.T, back @ plain @ back.T, gram,
        undo.T @ (r[:k, :k].T @ r[:k, k]), robust, share, 1 - (1 - share) * (n - 1) / (n - k),
        math.nan, math.nan, tss,
    )  # fmt: skip
    if k > 1:
        fit.statistic, fit.p = fit.wald(range(1, k))
    return fit


def _look_at(fit: Fit, residuals: Residuals, bread: Array, rss: float) -> None:
    """Equal spread, shape, and rows of influence."""
    from scipy.stats import chi2

    n, k = fit.n, fit.design.width
    lm, p = _breusch_pagan(residuals, bread, n, k, rss)
    verdict = "the spread is not equal" if p < 0.05 else "no sign of unequal spread"
    if fit.robust != "none":
        verdict += "; the errors are robust to it"
    fit.checks.append(Check("equal spread (Breusch-Pagan)", lm, p, verdict))
    m2, m3, m4 = (total / n for total in residuals.powers[1:])
    skew, kurtosis = m3 / m2**1.5, m4 / m2**2
    jb = n / 6 * (skew**2 + (kurtosis - 3) ** 2 / 4)
    normal = float(chi2.sf(jb, 2))
    if normal >= 0.05:
        verdict = "no sign against a normal shape"
    else:
        verdict = "not normal" + (
            ", which matters little with so many rows" if n >= 25 * skew**2 and n >= 100 else ""
        )
    fit.checks.append(
        Check("shape of the residuals (Jarque-Bera)", jb, normal, f"{verdict} (skewness {skew:.2f})")
    )
    largest = max((t[0] for t in residuals.top), default=0.0)
    verdict = "a single row moves the fit" if largest > 1 else "no single row moves the fit"
    fit.checks.append(
        Check(f"influence: largest Cook's distance, {residuals.many:,} above 4/n", largest, None, verdict)
    )
    fit.influential = [
        (cook, y + fit.design.y_centre, fitted + fit.design.y_centre)
        for cook, y, fitted in sorted(residuals.top, reverse=True)
    ]
    if residuals.leverage_one and fit.robust in ("HC2", "HC3"):
        fit.notes.append(
            f"{residuals.leverage_one:,} rows are fitted exactly because nothing else tells about them; robust errors"
            " are unreliable for their terms."
        )


def _breusch_pagan(residuals: Residuals, bread: Array, n: int, k: int, rss: float) -> tuple[float, float]:
    """Koenker's (1981) form: n R² of the squared residuals on X; equals statsmodels' het_breuschpagan."""
    from scipy.stats import chi2

    if k < 2:
        return 0.0, 1.0
    explained = float(residuals.squared_products @ bread @ residuals.squared_products) - rss**2 / n
    total = residuals.powers[3] - rss**2 / n
    lm = n * explained / total if total > 0 else 0.0
    return lm, float(chi2.sf(lm, k - 1))
