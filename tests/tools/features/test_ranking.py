"""The measures and their consensus on data whose relevant features are known; folds; the curve."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_friedman1

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.features.curve import Curve, counts_for
from llmauto_tools.features.folds import make_folds
from llmauto_tools.features.leaks import find_leaks
from llmauto_tools.features.models import score
from llmauto_tools.features.pace import OutOfTime, Pace
from llmauto_tools.features.ranking import DEFAULT_METHODS, Data, consensus_of, rank_features, ranks_of
from llmauto_tools.features.wrappers import verdicts

Make = Callable[[np.ndarray, np.ndarray], Data]


def test_friedmans_five_come_first(make_data: Make) -> None:
    x, y = make_friedman1(1000, 15, noise=0.5, random_state=0)
    order = np.random.default_rng(1).permutation(15)
    ranking = rank_features(make_data(x[:, order], y), DEFAULT_METHODS, 0, Pace())
    assert {int(order[j]) for j in ranking.order[:5]} == set(range(5))
    assert set(ranking.scores) == set(DEFAULT_METHODS)


def test_features_that_only_work_together_are_found(make_data: Make) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(1500, 10))
    y = ((x[:, 4] > 0) ^ (x[:, 7] > 0)).astype(int)
    ranking = rank_features(make_data(x, y), ("mutual_information", "l1", "tree", "permutation"), 0, Pace())
    assert set(ranking.order[:2]) == {4, 7}
    assert ranking.scores["mutual_information"][4] == 0, "alone it says nothing"


def test_boruta_and_elimination_tell_noise_apart(make_data: Make) -> None:
    x, y = make_classification(
        600, 8, n_informative=3, n_redundant=0, n_clusters_per_class=1, shuffle=False, random_state=2
    )
    ranking = rank_features(make_data(x, y), ("boruta", "rfecv"), 0, Pace())
    found = verdicts(ranking.scores["boruta"])
    assert found.count("confirmed") >= 2
    assert "confirmed" not in found[3:]
    assert set(ranking.order[:2]) < {0, 1, 2}


def test_a_wrapper_without_time_is_skipped(make_data: Make) -> None:
    x, y = make_friedman1(300, 6, random_state=0)
    data = make_data(x, y)
    ranking = rank_features(data, ("f_test", "boruta"), 0, Pace(), budget=lambda left: -1.0)
    assert ranking.skipped == ["boruta"]
    assert set(ranking.scores) == {"f_test"}
    with pytest.raises(OutOfTime):
        Pace().within(-1.0).step("something")


def test_ranks_share_ties_and_leave_out_what_was_not_measured() -> None:
    assert ranks_of(np.array([5.0, 1.0, 5.0, np.nan])).tolist()[:3] == [1.5, 3.0, 1.5]
    scores = {"tree": np.array([3.0, 2.0, 1.0]), "f_test": np.array([np.nan, 2.0, 9.0])}
    np.testing.assert_allclose(consensus_of(scores), [0.0, 0.75, 0.5])  # type: ignore[arg-type]


def test_folds_respect_groups_and_time() -> None:
    random = np.random.default_rng(0)
    y, groups = random.integers(0, 2, 300), random.integers(0, 12, 300)
    folds, _ = make_folds(y, "classification", groups=groups)
    assert len(folds) == 5
    assert all(not set(groups[a]) & set(groups[b]) for a, b in folds)
    times = random.integers(0, 40, 300).astype(float)
    groups = (times // 3 + random.integers(0, 2, 300)).astype(int)  # some of each week's groups return
    folds, _ = make_folds(y, "classification", times=times, groups=groups)
    assert all(times[a].max() < times[b].min() for a, b in folds)
    assert all(not set(groups[a]) & set(groups[b]) for a, b in folds)


def test_few_groups_make_few_folds_and_one_group_none() -> None:
    y = np.tile([0, 1], 30)
    folds, notes = make_folds(y, "classification", groups=np.repeat([0, 1, 2], 20))
    assert len(folds) == 3
    assert "only 3 groups" in notes[0]
    with pytest.raises(InvalidArguments, match="too few groups"):
        make_folds(y, "classification", groups=np.zeros(60))
    with pytest.raises(InvalidArguments, match="second largest class"):
        make_folds(np.array([0] * 30 + [1]), "classification")


def test_one_standard_error_takes_the_fewest_that_are_good_enough() -> None:
    scores = np.array([[0.5, 0.80, 0.84, 0.84], [0.5, 0.84, 0.85, 0.88], [0.5, 0.86, 0.88, 0.89]])
    curve = Curve((1, 2, 4, 8), scores, ([0], [0], [0]), 3)
    assert curve.error[3] == pytest.approx(np.std([0.84, 0.88, 0.89], ddof=1) / 3**0.5)
    assert curve.one_standard_error() == 4
    assert counts_for(4, None) == (1, 2, 3, 4)
    assert counts_for(100, 17)[-1] == 100
    assert 17 in counts_for(100, 17)


def test_scores_are_scikit_learns() -> None:
    from sklearn.metrics import balanced_accuracy_score, r2_score, roc_auc_score

    random = np.random.default_rng(0)
    y, p = random.integers(0, 2, 200), random.random(200).round(1)
    assert score(p, "classification", y, 2) == pytest.approx(roc_auc_score(y, p))
    y, probabilities = random.integers(0, 3, 200), random.random((200, 3))
    expected = balanced_accuracy_score(y, probabilities.argmax(axis=1))
    assert score(probabilities, "classification", y, 3) == pytest.approx(expected)
    amount = random.normal(size=200)
    assert score(amount + p, "regression", amount, 0) == pytest.approx(r2_score(amount, amount + p))


def test_leaks_are_found_and_strong_features_are_not(make_data: Make) -> None:
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 2000)
    filled = np.where(y == 1, random.random(2000), np.nan)
    strong = y + random.normal(size=2000) * 0.4
    leaks = find_leaks(make_data(np.column_stack([filled, strong]), y).matrix, "classification", y)
    assert [leak.feature for leak in leaks] == [0]
    amount = random.lognormal(size=2000)
    x = np.column_stack([np.log(amount), amount + random.normal(size=2000), amount * 1.2 + 3])
    leaks = find_leaks(make_data(x, amount).matrix, "regression", amount)
    assert [leak.feature for leak in leaks] == [0, 2]
