"""The parts of a training: roles, encoders, splits, calibration, thresholds, the blend."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from llmauto_tools.models.artifact import Input
from llmauto_tools.models.calibrate import cheapest_threshold, choose_calibration
from llmauto_tools.models.encode import Encoder
from llmauto_tools.models.ensemble import blended, select_blend
from llmauto_tools.models.frame import coerce
from llmauto_tools.models.learners import Candidate, Clock, Data, Problem, fit_lightgbm
from llmauto_tools.models.metrics import log_loss, metrics_for
from llmauto_tools.models.roles import assign_roles
from llmauto_tools.models.search import Rows, Search, Tried
from llmauto_tools.models.splits import Design, hold_out, make_folds
from llmauto_tools.schema import Column

FOREVER = Clock(float("inf"))


def test_roles_of_columns() -> None:
    n = 200
    frame = pd.DataFrame(
        {
            "row_id": np.arange(n, dtype=float),
            "amount": np.linspace(0, 1, n),
            "city": pd.Series(["A", "B"] * (n // 2)).astype("category"),
            "code": pd.Series([f"X{i}" for i in range(n)]).astype("category"),
            "comment": pd.Series([f"text number {i} of many words" for i in range(n)]).astype("category"),
            "day": pd.Series(pd.date_range("2024-01-01", periods=n).strftime("%Y-%m-%d")).astype("category"),
            "zip": pd.Series([f"0{i % 90:04d}" for i in range(n)]).astype("category"),
            "empty": np.full(n, np.nan),
            "same": np.ones(n),
        }
    )
    texts = ("city", "code", "comment", "day", "zip")
    columns = [Column(c, "VARCHAR" if c in texts else "DOUBLE") for c in frame.columns]
    inputs, dropped, notes = assign_roles(frame, columns, named=False)
    assert {i.name: i.role for i in inputs} == {
        "amount": "number", "city": "category", "comment": "text", "day": "date", "zip": "category",
    }  # fmt: skip
    assert {d.name for d in dropped} == {"row_id", "code", "empty", "same"}
    assert any("'day' is text that is read as a date" in n for n in notes)
    named, _, notes = assign_roles(frame, columns[:1], named=True)
    assert [i.name for i in named] == ["row_id"]
    assert "because it was named" in notes[0]


def test_target_encoding_of_training_rows_does_not_see_their_own_target() -> None:
    """With one row per level, a leaking encoder would give the answer away."""
    n = 300
    levels = [f"L{i}" for i in range(n)]
    frame = pd.DataFrame({"level": pd.Series(levels).astype("category")})
    y = np.random.default_rng(0).integers(0, 2, n).astype(float)
    encoder = Encoder([Input("level", "VARCHAR", "category")], "tree")
    made = encoder.fit_transform(frame, y[:, None])
    at = [i for i, c in enumerate(encoder.columns_) if c.kind == "mean"]
    assert len(at) == 1
    assert abs(np.corrcoef(made[:, at[0]], y)[0, 1]) < 0.2
    again = encoder.transform(frame)[:, at[0]]  # other rows get the level's own mean
    assert np.corrcoef(again, y)[0, 1] > 0.99


@pytest.mark.parametrize("kind", ["tree", "linear"])
def test_encoders_take_what_they_have_not_seen(kind: str) -> None:
    inputs = [Input("x", "DOUBLE", "number"), Input("c", "VARCHAR", "category"), Input("d", "TIMESTAMP", "date"),
              Input("t", "VARCHAR", "text")]  # fmt: skip
    raw = pd.DataFrame(
        {
            "x": [1.0, 2.0, np.nan, 4.0] * 10,
            "c": ["a", "b", None, "a"] * 10,
            "d": ["2024-01-01", None, "2024-05-05", "2023-01-01"] * 10,
            "t": ["red fox", "blue fox", None, "red hen"] * 10,
        }
    )
    encoder = Encoder(inputs, kind)  # type: ignore[arg-type]
    made = encoder.fit_transform(coerce(raw, inputs), np.ones((40, 1)))
    assert made.shape == (40, len(encoder.columns_))
    new = pd.DataFrame({"x": [np.inf, 9.0], "c": ["zzz", None], "d": ["x", "2030-01-01"], "t": ["", "green"]})
    other = encoder.transform(coerce(new, inputs))
    assert other.shape == (2, made.shape[1])
    if kind == "linear":
        assert np.isfinite(other).all()
    else:
        assert np.isnan(other[0, 0])  # infinite counts as missing


def test_splits_keep_groups_whole_and_time_in_order() -> None:
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 400)
    groups = random.integers(0, 40, 400)
    design = Design(y, 2, groups=groups)
    train, test = hold_out(design, 0.25, 0)
    assert not set(groups[train]) & set(groups[test])
    folds, words = make_folds(design.rows(train), 5, None, 60, 0)
    assert "whole groups" in words
    for a, b in folds:
        assert not set(groups[train][a]) & set(groups[train][b])
    times = random.permutation(400).astype(float) // 4  # four rows of each moment
    design = Design(y, 2, times=times)
    train, test = hold_out(design, 0.25, 0)
    assert times[train].max() < times[test].min()
    folds, _ = make_folds(design.rows(train), 5, None, 60, 0)
    assert len(folds) == 4
    for a, b in folds:
        assert times[train][a].max() < times[train][b].min()


def test_a_random_split_keeps_the_shares_of_classes() -> None:
    y = np.array([0] * 380 + [1] * 20)
    train, test = hold_out(Design(y, 2), 0.2, 0)
    assert y[test].sum() == 4
    assert sorted([*train, *test]) == list(range(400))


def test_calibration_mends_probabilities_that_are_too_sure() -> None:
    random = np.random.default_rng(0)
    logit = random.normal(0, 1.5, 3000)
    y = (random.random(3000) < 1 / (1 + np.exp(-logit))).astype(int)
    sure = 1 / (1 + np.exp(-3 * logit))
    p = np.column_stack([1 - sure, sure])
    made = choose_calibration(p, y, 0)
    assert made is not None
    assert log_loss(y, made.apply(p)) < 0.9 * log_loss(y, p)
    honest = 1 / (1 + np.exp(-logit))
    kept = choose_calibration(np.column_stack([1 - honest, honest]), y, 0)
    assert kept is None or abs(kept.numbers[0] - 1) < 0.15


def test_temperature_for_more_classes() -> None:
    random = np.random.default_rng(0)
    p = random.dirichlet([1, 1, 1], 2000)
    y = np.array([random.choice(3, p=row) for row in p])
    sharp = p**3 / (p**3).sum(axis=1, keepdims=True)
    made = choose_calibration(sharp, y, 0)
    assert made is not None
    assert made.kind == "temperature"
    assert made.numbers == pytest.approx(3, abs=0.4)
    assert made.apply(sharp).sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize(("fp", "fn"), [(1.0, 1.0), (1.0, 9.0), (5.0, 1.0)])
def test_the_threshold_is_the_cheapest_one(fp: float, fn: float) -> None:
    random = np.random.default_rng(0)
    p = np.round(random.random(800), 2)
    y = (random.random(800) < p).astype(int)

    def cost(cut: float) -> float:
        said = p >= cut
        return float(fp * (said & (y == 0)).sum() + fn * (~said & (y == 1)).sum())

    found = cheapest_threshold(p, y, fp, fn)
    assert cost(found) == min(cost(c) for c in np.linspace(0, 1.01, 405))
    assert found == pytest.approx(fp / (fp + fn), abs=0.12)  # as decision theory has it (Elkan 2001)


def _search(y: np.ndarray, predictions: dict[str, np.ndarray]) -> Search:
    rows = Rows(pd.DataFrame({"x": y}), y, 0)
    metric = metrics_for("regression")["neg_root_mean_squared_error"]
    search = Search(rows, [], Problem(0, "", "regression"), metric, lambda kind, seed: None, 0)
    for name, p in predictions.items():
        search.tried.append(Tried(Candidate(name, name, "tree"), [metric.of(y, p)], 0.0, p))
    return search


def test_the_blend_beats_its_members_and_leaves_out_the_bad_one() -> None:
    random = np.random.default_rng(0)
    y = random.normal(0, 3, 500)
    search = _search(y, {n: y + random.normal(0, s, 500) for n, s in (("a", 1.0), ("b", 1.1), ("bad", 30.0))})
    members = select_blend(search, search.metric, FOREVER, 0)
    weights = {t.candidate.name: w for t, w in members}
    assert set(weights) == {"a", "b"}
    assert sum(weights.values()) == pytest.approx(1)
    assert search.metric.of(y, blended(members)) < 0.85 * min(t.score for t in search.tried)


def test_boosting_stops_by_itself_and_by_the_clock() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(600, 5)).astype("float32")
    y = x[:, 0] + random.normal(0, 0.5, 600)
    data = Data(x[:400], y[:400], x[400:], y[400:])
    problem = Problem(0, "", "regression", 1)
    model = fit_lightgbm({"learning_rate": 0.1, "num_leaves": 8}, data, problem, FOREVER, 0)
    assert 5 < model.rounds < 400
    assert model.booster.num_trees() == model.rounds  # the trees after the best one are cut off
    late = fit_lightgbm({"learning_rate": 0.1}, data, problem, Clock(0.0), 0)
    assert late.rounds == 1
