"""The model card, repeatable trainings, and predictions that stay in range."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from llmauto_tools.ledger import Evidence
from llmauto_tools.models import learners
from llmauto_tools.models.card import markdown
from llmauto_tools.models.learners import Candidate, Clock, Data, Problem
from llmauto_tools.pages.blocks import DataTable, Paragraph
from llmauto_tools.workspace import Workspace

Trained = tuple[Workspace, dict[str, Evidence]]


def test_a_card_stands_beside_the_model(trained: Trained) -> None:
    workspace, evidence = trained
    made = evidence["churned"]
    paths = [workspace.path / a for a in made.artifacts]
    assert [p.name for p in paths] == ["model.joblib", "card.html", "card.md"]
    card = paths[2].read_text()
    assert card.startswith("# Model card: churned")
    assert str(made.figures["score"]) in card
    assert "By plan" in card
    assert "customer\\_key" in card  # what is not used
    assert "<script" not in paths[1].read_text()


def test_the_evidence_says_which_candidates_ran(trained: Trained) -> None:
    figures = trained[1]["churned"].figures
    assert "LightGBM" in figures["ran"]
    assert len(figures["ran"]) == figures["candidates"]
    assert figures["repeatable"] is False


def test_markup_in_names_stays_text() -> None:
    table = DataTable("a|b", ["x|y"], [["<b>*bold*</b>"]])
    made = markdown("t", [Paragraph("# no heading"), table])
    assert "\n# no heading" not in made
    assert "\\<b\\>\\*bold\\*\\</b\\>" in made
    assert "| x\\|y |" in made


def test_trials_give_the_same_model_twice(
    workspace: Workspace, tmp_path: Path, customers: Callable[..., pd.DataFrame], attach: Callable[..., str],
    train: Callable[..., Evidence],
) -> None:  # fmt: skip
    table = attach(workspace, customers(120), tmp_path)
    first, second = (
        train(workspace, table, "churned", trials=1, folds=2, features=["tenure", "plan", "price"])
        for _ in range(2)
    )
    assert first.figures["repeatable"] is True
    assert first.figures["trials"] == 1
    assert first.figures["ran"] == second.figures["ran"]
    one, two = (
        pd.read_parquet(workspace.path / "models" / "churned" / v / "test.parquet") for v in ("1", "2")
    )
    pd.testing.assert_frame_equal(one, two)


def test_boosting_that_is_short_of_time_still_leaves_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(2_000, 5)).astype("float32")
    y = x[:, 0] + np.sign(x[:, 1])

    ticks = itertools.count()  # each look at the clock takes a millisecond, whatever the machine
    monkeypatch.setattr(learners, "time", SimpleNamespace(monotonic=lambda: next(ticks) / 1_000))
    settings = {"learning_rate": 0.02, "num_leaves": 15}
    model = Candidate("LightGBM", "lightgbm", "tree", settings).fit(
        Data(x, y, x[:0], y[:0]), Problem(0, "", "regression", 1), Clock(0.013), 0
    )
    assert model.rounds <= 12
    assert 1 - ((y - model.predict(x)) ** 2).mean() / y.var() > 0.7  # 0.3 at most at the rate that was given


def test_a_row_unlike_all_others_gets_no_number_unlike_all_others() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 3)).astype("float32")
    y = np.exp(x[:, 0] + 10)
    none = x[:0], y[:0]
    far = np.array([[60.0, 0.0, 0.0]], dtype="float32")
    for log_target in (False, True):
        candidate = Candidate("ridge", "linear", "linear", {}, log_target=log_target)
        model = candidate.fit(Data(x, y, *none), Problem(0, "", "regression"), Clock(float("inf")), 0)
        spread = np.ptp(np.log(y) if log_target else y)
        limit = np.exp(np.log(y).max() + 0.1 * spread) if log_target else y.max() + 0.5 * spread
        assert model.predict(far)[0] <= limit * (1 + 1e-6)
