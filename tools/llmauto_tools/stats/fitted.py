"""What a fitted regression knows: coefficients, their covariance, and joint tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from llmauto_tools.stats.design import Array, Design

Robust = Literal["HC3", "HC2", "HC1", "HC0", "none"]

ALIASED = 1e-8
"""A column whose part that the others do not explain is below this share of its length is left out."""


@dataclass(frozen=True)
class Check:
    """A look at the residuals: what was tested, its figure and p-value, and what it means."""

    name: str
    statistic: float
    p: float | None
    verdict: str


@dataclass
class Fit:
    """A fitted model; arrays follow `design.names`, coefficients are of the columns as they are."""

    method: Literal["ols", "logit"]
    design: Design
    beta: Array
    cov: Array
    """Robust, unless robust is "none"."""
    plain_cov: Array
    """Under equal variances (OLS), or from the information matrix (logit)."""
    gram: Array
    """X'X of the columns as they are."""
    y_products: Array
    """X'(y - mean of y)."""
    robust: Robust
    fit_share: float
    """R squared, or McFadden's pseudo R squared."""
    adjusted: float | None
    statistic: float
    """Of the whole model: a robust Wald F, or the likelihood ratio."""
    p: float
    y_ss: float
    """The sum of squares of y around its mean."""
    checks: list[Check] = field(default_factory=list)
    influential: list[tuple[float, float, float]] = field(default_factory=list)
    """(Cook's distance, y, fitted y) of the rows that move the coefficients most."""
    notes: list[str] = field(default_factory=list)

    @property
    def n(self) -> int:
        return self.design.n

    @property
    def df(self) -> int:
        """Degrees of freedom of the residuals."""
        return self.n - self.design.width

    def errors(self) -> Array:
        import numpy as np

        return np.sqrt(np.diag(self.cov))

    def p_values(self) -> Array:
        """Of each coefficient: Student's t (OLS) or normal (logit)."""
        import numpy as np
        from scipy import stats

        z = np.abs(self.beta / self.errors())
        return 2 * (stats.t.sf(z, self.df) if self.method == "ols" else stats.norm.sf(z))

    def half_widths(self, alpha: float) -> Array:
        from scipy import stats

        reach = stats.t.isf(alpha / 2, self.df) if self.method == "ols" else stats.norm.isf(alpha / 2)
        return reach * self.errors()

    def wald(self, indexes: Sequence[int], *, plain: bool = False) -> tuple[float, float]:
        """(statistic, p-value) that all of these coefficients are zero: F (OLS) or chi-square (logit)."""
        import numpy as np
        from scipy import stats

        cov = self.plain_cov if plain else self.cov
        part = self.beta[list(indexes)]
        chi2 = float(part @ np.linalg.solve(cov[np.ix_(indexes, indexes)], part))
        q = len(indexes)
        if self.method == "ols":
            return chi2 / q, float(stats.f.sf(chi2 / q, q, self.df))
        return chi2, float(stats.chi2.sf(chi2, q))

    def spreads(self) -> Array:
        """The standard deviation (n - 1) of each column; 0 for the intercept."""
        import numpy as np

        sums, squares = self.gram[0], np.diag(self.gram)
        return np.sqrt(np.maximum(squares - sums**2 / self.n, 0.0) / (self.n - 1))

    def standardised(self) -> Array:
        """Coefficients per standard deviation of a number; of y's standard deviation in OLS.

        A level of a category keeps its unit (against the reference).
        """
        import numpy as np

        numbers = [t.feature not in self.design.levels and t.parts is None for t in self.design.terms]
        scale = np.array([1.0, *(s if is_number else 1.0 for s, is_number in
                                 zip(self.spreads()[1:], numbers, strict=True))])  # fmt: skip
        y = math.sqrt(self.y_ss / (self.n - 1)) if self.method == "ols" else 1.0
        return self.beta * scale / y

    def inflation(self) -> Array:
        """Variance inflation factors; NaN for the intercept. Equals statsmodels' variance_inflation_factor."""
        import numpy as np

        found = np.full(self.design.width, math.nan)
        if self.design.width > 1:
            inverse = np.linalg.inv(centred_gram(self.gram, self.n))
            found[1:] = np.diag(inverse) * np.diag(centred_gram(self.gram, self.n))
        return found

    def alone(self) -> Array:
        """The plain correlation of each column with y; NaN for the intercept."""
        import numpy as np

        found = np.full(self.design.width, math.nan)
        spread = self.spreads()[1:] * math.sqrt(self.n - 1)
        scale = spread * math.sqrt(self.y_ss)
        np.divide(self.y_products[1:], scale, out=found[1:], where=scale > 0)
        return found


def centred_gram(gram: Array, n: int) -> Array:
    """The sums of squares and products of the columns around their means, the intercept left out."""
    import numpy as np

    sums = gram[0, 1:]
    return gram[1:, 1:] - np.outer(sums, sums) / n


def triangle(design: Design, *, with_y: bool = True) -> Array:
    """R of the QR decomposition of [X, y], one batch at a time; columns that others explain are dropped.

    Stacking each batch below R and decomposing again (TSQR; Demmel and others 2012) is as accurate as
    the decomposition of the whole matrix, in the memory of one batch.
    """
    import numpy as np

    r: Array = np.zeros((0, design.width + 1))
    for x, y in design.batches("fitting"):
        r = np.linalg.qr(np.vstack([r, np.column_stack([x, y])]), mode="r")
    k = design.width
    lengths = np.sqrt((r[:, :k] ** 2).sum(axis=0))
    diagonal = np.abs(np.diag(r)[:k])
    dropped = [i - 1 for i in range(1, k) if diagonal[i] <= ALIASED * lengths[i]]
    if dropped:
        before = design.terms
        design.without(dropped)
        kept = [0, *(i + 1 for i, t in enumerate(before) if t.label in set(design.names)), k]
        r = np.linalg.qr(r[:, kept], mode="r")
    return r


def dropped_terms(before: Sequence[str], design: Design) -> list[str]:
    """Which of the names a design has lost."""
    now = set(design.names)
    return [name for name in before if name not in now]
