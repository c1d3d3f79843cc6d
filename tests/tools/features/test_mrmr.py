"""mRMR against a plain restatement of its definition, and duplicates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.feature_selection import f_classif

from llmauto_tools.features.duplicates import find_duplicates
from llmauto_tools.features.filters import sums_of
from llmauto_tools.features.mrmr import f_relevance, information_redundancy, mrmr_order
from llmauto_tools.features.ranking import Data

Make = Callable[[np.ndarray, np.ndarray], Data]


def plain_fcq(x: np.ndarray, y: np.ndarray) -> list[int]:
    """F over the mean absolute correlation with those taken, not below 0.001, one after the other."""
    f, r = f_classif(x, y)[0], np.abs(np.corrcoef(x.T)).clip(0.001)
    order = [int(f.argmax())]
    while len(order) < x.shape[1]:
        scores = {j: f[j] / np.mean([r[j, k] for k in order]) for j in range(x.shape[1]) if j not in order}
        order.append(max(scores, key=lambda j: scores[j]))
    return order


def test_fcq_is_its_definition(make_data: Make) -> None:
    x, y = make_classification(1500, 15, n_informative=6, n_redundant=5, random_state=3)
    data = make_data(x, y)
    sums = sums_of(data.matrix, data.task, data.y)
    r = sums.correlations()
    relevance = f_relevance(sums.f_statistic(), "quotient", len(y), 2)
    assert mrmr_order(relevance, lambda i: r[i], "quotient") == plain_fcq(x, y)


@pytest.mark.parametrize("form", ["quotient", "difference"])
def test_a_copy_comes_after_something_new(make_data: Make, form: str) -> None:
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 4000))
    y = (a + 0.7 * b + random.normal(size=4000) > 0).astype(int)
    data = make_data(np.column_stack([a, a + 0.05 * random.normal(size=4000), b]), y)
    sums = sums_of(data.matrix, data.task, data.y)
    redundancy = information_redundancy(sums.binner.codes(data.matrix), sums.binner.widths)
    order = mrmr_order(sums.mutual_information(), redundancy, form)  # type: ignore[arg-type]
    assert order[1] == 2


def test_the_rest_follows_by_its_last_score() -> None:
    relevance = np.array([0.1, 0.5, 0.3, 0.4])
    assert mrmr_order(relevance, lambda i: np.zeros(4), "difference", picks=1) == [1, 3, 2, 0]


def test_the_more_telling_of_two_correlated_columns_stays() -> None:
    r = np.array([[1.0, 0.99, 0.1], [0.99, 1.0, 0.1], [0.1, 0.1, 1.0]])
    (found,) = find_duplicates(r, np.array([0.2, 0.3, 0.1]))
    assert (found.feature, found.kept, found.r) == (0, 1, 0.99)
