"""Sums and counts give what scikit-learn, scipy and pandas give; batches give what one piece gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import contingency, spearmanr
from sklearn.datasets import make_classification, make_friedman1
from sklearn.feature_selection import (
    chi2,
    f_classif,
    f_regression,
    mutual_info_classif,
    mutual_info_regression,
)

from llmauto_tools.features.bins import Binner, edges_of
from llmauto_tools.features.filters import Sums, sums_of
from llmauto_tools.features.information import chi_square, cramers_v, entropy, mutual_information
from llmauto_tools.features.ranking import Data

Make = Callable[[np.ndarray, np.ndarray], Data]


@pytest.fixture(scope="module")
def classes() -> tuple[np.ndarray, np.ndarray]:
    x, y = make_classification(
        3000, 12, n_informative=6, n_redundant=3, n_classes=3, flip_y=0.05, random_state=1
    )
    return x * np.linspace(0.01, 1000, 12) + 5, y


def test_f_of_classes_is_scikit_learns(make_data: Make, classes: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = classes
    data = make_data(x, y)
    found = sums_of(data.matrix, data.task, data.y).f_statistic()
    # F does not depend on the scale, but scikit-learn's sums of raw squares lose digits to a large mean.
    np.testing.assert_allclose(found, f_classif((x - x.mean(0)) / x.std(0), y)[0], rtol=1e-9)


def test_f_of_an_amount_is_scikit_learns(make_data: Make) -> None:
    x, y = make_friedman1(2000, 10, random_state=0)
    data = make_data(x, y * 1e6 + 1e9)
    found = sums_of(data.matrix, data.task, data.y).f_statistic()
    np.testing.assert_allclose(found, f_regression(x, y)[0], rtol=1e-7)


def test_f_over_present_rows_where_some_are_missing(
    make_data: Make, classes: tuple[np.ndarray, np.ndarray]
) -> None:
    x, y = classes
    x = x.copy()
    x[np.random.default_rng(0).random(x.shape) < 0.2] = np.nan
    data = make_data(x, y)
    found = sums_of(data.matrix, data.task, data.y).f_statistic()
    for j in range(x.shape[1]):
        there = ~np.isnan(x[:, j])
        np.testing.assert_allclose(found[j], f_classif(x[there, j : j + 1], y[there])[0][0], rtol=1e-6)


def test_correlations_are_pandas_pairwise_complete_ones(
    make_data: Make, classes: tuple[np.ndarray, np.ndarray]
) -> None:
    x = classes[0].copy()
    x[np.random.default_rng(0).random(x.shape) < 0.2] = np.nan
    data = make_data(x, classes[1])
    found = sums_of(data.matrix, data.task, data.y).correlations()
    np.testing.assert_allclose(found, pd.DataFrame(x).corr().to_numpy(), atol=1e-5)


def test_batches_give_what_one_piece_gives(make_data: Make, classes: tuple[np.ndarray, np.ndarray]) -> None:
    x = classes[0].copy()
    x[:500:7, 3] = np.nan
    data = make_data(x, classes[1])
    whole = sums_of(data.matrix, data.task, data.y)
    parts = Sums(data.matrix, data.task, data.y)
    for rows in np.array_split(np.arange(len(x)), 7):
        parts.add(data.matrix.rows(rows), data.y[rows])
    assert all((a == b).all() for a, b in zip(whole.joint, parts.joint, strict=True))
    np.testing.assert_allclose(parts.f_statistic(), whole.f_statistic(), rtol=1e-10)
    np.testing.assert_allclose(parts.correlations(), whole.correlations(), atol=1e-5)
    np.testing.assert_allclose(parts.missing(), np.isnan(x).mean(axis=0))


def test_information_ranks_as_nearest_neighbours_do(
    make_data: Make, classes: tuple[np.ndarray, np.ndarray]
) -> None:
    y = classes[1]
    x = y[:, None] + np.random.default_rng(0).gumbel(size=(len(y), 15)) * np.linspace(0.3, 4, 15)
    x[:, ::2] = np.exp(x[:, ::2])
    data = make_data(x, y)
    found = sums_of(data.matrix, data.task, data.y).mutual_information()
    assert spearmanr(found, mutual_info_classif(x, y, random_state=0))[0] >= 0.95


def test_information_with_an_amount_ranks_as_nearest_neighbours_do(make_data: Make) -> None:
    random = np.random.default_rng(0)
    y = random.normal(size=3000)
    x = y[:, None] + random.normal(size=(3000, 8)) * np.linspace(0.3, 4, 8)
    data = make_data(x, y)
    found = sums_of(data.matrix, data.task, data.y).mutual_information()
    assert spearmanr(found, mutual_info_regression(x, y, random_state=0))[0] >= 0.95
    exact = 0.5 * np.log(1 + 1 / np.linspace(0.3, 4, 8) ** 2)
    assert (found <= exact + 0.03).all(), "bins see at most what there is"
    np.testing.assert_allclose(found[2:], exact[2:], atol=0.06)


def test_correction_takes_the_bias_of_independence_away() -> None:
    random = np.random.default_rng(0)
    found = [
        mutual_information(np.histogram2d(random.random(1000), random.random(1000), bins=10)[0])
        for _ in range(50)
    ]
    plug_in_bias = 81 / 2000
    assert np.mean(found) < plug_in_bias / 4


def test_chi_square_is_the_sum_of_scikit_learns_over_indicators() -> None:
    random = np.random.default_rng(0)
    x, y = random.integers(0, 5, 800), random.integers(0, 3, 800)
    joint = np.zeros((5, 3))
    np.add.at(joint, (x, y), 1)
    statistic, freedom = chi_square(joint)
    assert statistic == pytest.approx(chi2(np.eye(5)[x], y)[0].sum())
    assert freedom == 8
    assert statistic == pytest.approx(contingency.chi2_contingency(joint, correction=False)[0])


def test_entropy_and_v_at_their_ends() -> None:
    assert entropy(np.array([500, 500])) == pytest.approx(np.log(2), abs=0.001)
    assert cramers_v(np.diag([300, 300, 400])) == pytest.approx(1.0, abs=1e-6)
    assert cramers_v(np.full((3, 3), 100)) == 0.0


def test_few_values_get_a_bin_each_and_missing_ones_their_own(make_data: Make) -> None:
    x = np.array([[0.0], [1.0], [1.0], [5.0], [np.nan]])
    matrix = make_data(x, np.array([0, 1, 0, 1, 0])).matrix
    codes = Binner.fit(matrix).codes(matrix)
    assert codes.tolist() == [[0, 1, 1, 2, 3]]


def test_bins_are_about_equally_full() -> None:
    values = np.random.default_rng(0).lognormal(size=10_000)
    sizes = np.bincount(np.searchsorted(edges_of(values, 20), values))
    assert len(sizes) == 20
    assert sizes.max() - sizes.min() <= 2
