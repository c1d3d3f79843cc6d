"""Our metrics equal scikit-learn's; intervals hold what they should."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn import metrics as sk
from statsmodels.stats.contingency_tables import mcnemar as sm_mcnemar

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.models import metrics as ours
from llmauto_tools.models.bootstrap import difference_interval, resamples, score_intervals
from llmauto_tools.models.compare import mcnemar
from llmauto_tools.models.learners import Clock

FOREVER = Clock(float("inf"))


@pytest.fixture
def binary() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    y = random.integers(0, 2, 500)
    p = np.clip(np.round(0.3 * y + 0.7 * random.random(500), 2), 0, 1)  # with ties
    return y, np.column_stack([1 - p, p])


def test_binary_metrics_equal_scikit_learns(binary: tuple[np.ndarray, np.ndarray]) -> None:
    y, p = binary
    said = (p[:, 1] >= 0.5).astype(int)
    expected = {
        "roc_auc": sk.roc_auc_score(y, p[:, 1]),
        "average_precision": sk.average_precision_score(y, p[:, 1]),
        "neg_brier_score": sk.brier_score_loss(y, p[:, 1]),
        "accuracy": sk.accuracy_score(y, said),
        "balanced_accuracy": sk.balanced_accuracy_score(y, said),
        "f1": sk.f1_score(y, said),
        "f1_macro": sk.f1_score(y, said, average="macro"),
        "precision": sk.precision_score(y, said),
        "recall": sk.recall_score(y, said),
        "matthews_corrcoef": sk.matthews_corrcoef(y, said),
    }
    known = ours.metrics_for("binary")
    assert set(known) == set(expected) | {"neg_log_loss"}
    for name, value in expected.items():
        assert known[name].of(y, p) == pytest.approx(value, abs=1e-12), name
    inside = np.clip(p, 0.01, 0.99)
    inside /= inside.sum(axis=1, keepdims=True)
    assert known["neg_log_loss"].of(y, inside) == pytest.approx(sk.log_loss(y, inside), abs=1e-12)


def test_multiclass_metrics_equal_scikit_learns() -> None:
    random = np.random.default_rng(1)
    y = np.concatenate([np.arange(4), random.integers(0, 4, 300)])
    p = random.dirichlet(np.ones(4), len(y)) + 0.5 * np.eye(4)[y]
    p /= p.sum(axis=1, keepdims=True)
    said = p.argmax(axis=1)
    expected = {
        "neg_log_loss": sk.log_loss(y, p),
        "f1_macro": sk.f1_score(y, said, average="macro"),
        "f1_weighted": sk.f1_score(y, said, average="weighted"),
        "precision_macro": sk.precision_score(y, said, average="macro"),
        "recall_macro": sk.recall_score(y, said, average="macro"),
        "matthews_corrcoef": sk.matthews_corrcoef(y, said),
        "roc_auc_ovr": sk.roc_auc_score(y, p, multi_class="ovr"),
    }
    known = ours.metrics_for("multiclass")
    for name, value in expected.items():
        assert known[name].of(y, p) == pytest.approx(value, abs=1e-12), name


def test_regression_metrics_equal_scikit_learns() -> None:
    random = np.random.default_rng(1)
    y = random.normal(10, 3, 200)
    p = y + random.normal(0, 1, 200)
    known = ours.metrics_for("regression")
    assert known["r2"].of(y, p) == pytest.approx(sk.r2_score(y, p))
    assert known["neg_root_mean_squared_error"].of(y, p) == pytest.approx(sk.root_mean_squared_error(y, p))
    assert known["neg_mean_absolute_error"].of(y, p) == pytest.approx(sk.mean_absolute_error(y, p))
    assert known["neg_median_absolute_error"].of(y, p) == pytest.approx(sk.median_absolute_error(y, p))
    assert known["neg_mean_absolute_percentage_error"].of(y, p) == pytest.approx(
        sk.mean_absolute_percentage_error(y, p)
    )


def test_names_of_metrics() -> None:
    assert ours.metric_of(None, "binary").scorer == "roc_auc"
    assert ours.metric_of("RMSE", "regression").scorer == "neg_root_mean_squared_error"
    assert ours.metric_of("f1", "multiclass").scorer == "f1_macro"
    with pytest.raises(InvalidArguments, match="not a metric for a target of numbers"):
        ours.metric_of("roc_auc", "regression")


def test_the_interval_of_a_share_is_about_the_normal_one() -> None:
    y = np.zeros(1000, dtype=int)
    p = np.zeros((1000, 2))
    p[:, 0] = 1
    y[:300] = 1
    wrong = np.random.default_rng(0).permutation(1000)[:200]
    p[y == 1] = [0, 1]
    p[wrong] = p[wrong][:, ::-1]
    accuracy = ours.metrics_for("binary")["accuracy"]
    made, count = score_intervals([accuracy], y, p, 2, None, None, FOREVER, 0)
    interval = made["accuracy"]
    half = norm.ppf(0.975) * (0.8 * 0.2 / 1000) ** 0.5
    assert count == 1000
    assert interval.value == 0.8
    assert interval.low == pytest.approx(0.8 - half, abs=0.004)
    assert interval.high == pytest.approx(0.8 + half, abs=0.004)


def test_resamples_keep_class_shares_and_whole_groups() -> None:
    y = np.array([0] * 90 + [1] * 10)
    for picked in resamples(y, 2, None, 5, 0):
        assert np.bincount(y[picked]).tolist() == [90, 10]
    groups = np.repeat(np.arange(20), 5)
    for picked in resamples(y, 2, groups, 5, 0):
        assert (np.bincount(groups[picked], minlength=20) % 5 == 0).all()


def test_a_paired_difference_is_surer_than_two_intervals() -> None:
    random = np.random.default_rng(0)
    y = random.normal(0, 5, 300)
    first, second = y + random.normal(0, 1, 300), y + random.normal(0, 1.5, 300)
    rmse = ours.metrics_for("regression")["neg_root_mean_squared_error"]
    gain = difference_interval(rmse, y, (first, None), (second, None), 0, None, FOREVER, 0)
    assert gain.low > 0  # positive is better, for a loss too
    assert gain.value == pytest.approx(rmse.of(y, second) - rmse.of(y, first))


@pytest.mark.parametrize(("b", "c"), [(3, 9), (0, 0), (40, 21), (12, 12), (13, 12)])
def test_mcnemar_equals_statsmodels(b: int, c: int) -> None:
    expected = (
        1.0 if b + c == 0 else float(sm_mcnemar([[5, b], [c, 5]], exact=b + c < 25, correction=True).pvalue)
    )
    assert mcnemar(b, c) == pytest.approx(expected, abs=1e-12)
