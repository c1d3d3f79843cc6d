"""train_model from a table to a saved artifact, and what it says aloud."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from llmauto_tools.errors import InvalidArguments, UnreadableSource
from llmauto_tools.ledger import Evidence
from llmauto_tools.models import load
from llmauto_tools.models.artifact import load_saved
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

Trained = tuple[Workspace, dict[str, Evidence]]


def test_figures_and_leaderboard(trained: Trained) -> None:
    _, evidence = trained
    made = evidence["churned"]
    f = made.figures
    assert f["model"] == "churned@1"
    assert (f["task"], f["metric"], f["rows"], f["test_rows"]) == ("classification", "roc_auc", 320, 80)
    assert f["baseline"] == 0.5
    assert f["score_low"] <= f["score"] <= f["score_high"]
    assert f["score"] > 0.75
    assert f["beats_baseline"] is True
    assert [c[0] for c in made.columns] == ["candidate", "cv_roc_auc", "std", "seconds", "weight"]
    names = [r[0] for r in made.rows]
    assert {"LightGBM", "baseline: most frequent label"} <= set(names)
    assert sum(r[4] for r in made.rows) == pytest.approx(1, abs=0.01)
    assert len(made.charts) == 4
    assert all(len(json.dumps(c)) < 100_000 for c in made.charts)
    assert any("'customer_key' looks like an identifier" in n for n in made.notes)
    assert any("time='since'" in n for n in made.notes)


def test_a_regression_is_found_from_its_target(trained: Trained) -> None:
    _, evidence = trained
    made = evidence["spend"]
    assert (made.figures["task"], made.figures["metric"]) == ("regression", "r2")
    assert made.figures["threshold"] is None
    assert made.figures["score"] > 0.7
    assert "is a number with" in (made.text or "")


def test_the_numbers_in_the_text_are_in_the_figures(trained: Trained) -> None:
    for made in trained[1].values():
        for name in ("score", "score_low", "score_high", "baseline", "test_rows", "model"):
            assert str(made.figures[name]) in (made.text or ""), name


def test_test_predictions_are_what_the_score_says(trained: Trained) -> None:
    from sklearn.metrics import r2_score, roc_auc_score

    ws, evidence = trained
    kept = load(ws.path / "models/churned/1").test_predictions()
    auc = roc_auc_score(kept["target"] == "yes", kept["p_1"])
    assert auc == pytest.approx(evidence["churned"].figures["score"], abs=1e-4)
    kept = load(ws.path / "models/spend/1").test_predictions()
    assert r2_score(kept["target"], kept["prediction"]) == pytest.approx(
        evidence["spend"].figures["score"], abs=1e-4
    )


def test_out_of_fold_and_test_rows_are_apart_and_whole(
    trained: Trained, customers: Callable[..., pd.DataFrame]
) -> None:
    model = load(trained[0].path / "models/churned/1")
    oof, test = model.out_of_fold(), model.test_predictions()
    assert sorted([*oof["row"], *test["row"]]) == list(range(400))
    frame = customers()
    assert (frame["churned"].iloc[test["row"]].to_numpy() == test["target"].to_numpy()).all()
    assert (frame["churned"].iloc[oof["row"]].to_numpy() == oof["target"].to_numpy()).all()


def test_the_artifact_predicts_in_plain_python(
    trained: Trained, customers: Callable[..., pd.DataFrame]
) -> None:
    model = load(trained[0].path / "models/churned/1")
    frame = customers()
    test = model.test_predictions()
    p = model.predict_proba(frame.iloc[test["row"]])
    assert p[:, 1] == pytest.approx(test["p_1"].to_numpy(), abs=1e-6)
    assert p.sum(axis=1) == pytest.approx(1)
    assert (model.predict(frame.iloc[test["row"]]) == test["prediction"].to_numpy()).all()
    assert model.classes == ["no", "yes"]
    assert model.positive == "yes"
    assert "customer_key" not in model.features
    with pytest.raises(InvalidArguments, match="lacks: 'plan'") as e:
        model.predict(frame.rename(columns={"plan": "plans"}))
    assert "'plans' for 'plan'" in str(e.value.hint)
    with pytest.raises(InvalidArguments, match="no probabilities"):
        load(trained[0].path / "models/spend/1").predict_proba(frame)


def test_meta_says_what_a_model_card_needs(trained: Trained) -> None:
    ws, evidence = trained
    meta = json.loads((ws.path / "models/churned/1/meta.json").read_text())
    assert meta["evidence"] == evidence["churned"].id
    assert meta["fingerprint"] == ws.fingerprint("customers")
    assert meta["checksum"] == evidence["churned"].figures["checksum"]
    assert meta["versions"]["lightgbm"]
    assert {i["name"]: i["role"] for i in meta["inputs"]}["since"] == "date"
    assert meta["metrics"]["roc_auc"]["value"] == pytest.approx(
        evidence["churned"].figures["score"], abs=1e-4
    )


def test_a_changed_file_is_not_loaded(trained: Trained, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "models" / "churned" / "1"
    shutil.copytree(trained[0].path / "models/churned/1", copy)
    load(copy)
    content = bytearray((copy / "model.joblib").read_bytes())
    content[len(content) // 2] ^= 1
    (copy / "model.joblib").write_bytes(bytes(content))
    with pytest.raises(UnreadableSource, match="checksum differs"):
        load(copy)


def test_a_model_from_elsewhere_is_not_loaded_by_the_tools(trained: Trained, workspace: Workspace) -> None:
    import shutil

    shutil.copytree(trained[0].path / "models", workspace.path / "models")
    with pytest.raises(InvalidArguments, match="does not know the file"):
        load_saved(workspace, "churned")
    with pytest.raises(InvalidArguments, match="no model 'churn'") as e:
        load_saved(workspace, "churn")
    assert "churned" in str(e.value.hint)


def test_costs_move_the_threshold(
    workspace: Workspace,
    tmp_path: Path,
    customers: Callable[..., pd.DataFrame],
    attach: Callable[..., str],
    train: Callable[..., Evidence],
) -> None:
    table = attach(workspace, customers(), tmp_path)
    careful = train(workspace, table, "churned", cost={"false_positive": 1, "false_negative": 20}, folds=3)
    assert careful.figures["threshold"] < 0.35
    said = next(s for s in careful.sections if s.title == "True labels (rows) and said labels (columns)")
    missed = said.rows[1][1]  # true yes, said no
    assert missed <= 4


def test_leakage_is_said_loudly_and_first(
    workspace: Workspace,
    tmp_path: Path,
    customers: Callable[..., pd.DataFrame],
    attach: Callable[..., str],
    train: Callable[..., Evidence],
) -> None:
    frame = customers(200)
    frame["refund_code"] = np.where(frame["churned"] == "yes", 7.0, np.nan)
    made = train(workspace, attach(workspace, frame, tmp_path), "churned", folds=3)
    assert made.notes[0].startswith("LEAKAGE? 'refund_code' alone predicts")


def test_a_useless_model_is_called_that(
    workspace: Workspace, tmp_path: Path, attach: Callable[..., str], train: Callable[..., Evidence]
) -> None:
    """What holds in the older rows is reversed in the newest ones."""
    x = np.random.default_rng(0).normal(size=300)
    at = np.arange(300)
    frame = pd.DataFrame({"x": x, "at": at, "y": np.where(at < 240, x, -x)})
    made = train(workspace, attach(workspace, frame, tmp_path), "y", time="at", folds=3)
    assert made.figures["beats_baseline"] is False
    assert "does NOT beat the baseline" in (made.text or "")
    assert any("test set is small" in n for n in made.notes)


def test_by_time_the_newest_rows_test_and_the_last_value_is_a_baseline(
    workspace: Workspace, tmp_path: Path, attach: Callable[..., str], train: Callable[..., Evidence]
) -> None:
    random = np.random.default_rng(0)
    days = pd.date_range("2023-01-01", periods=300)
    trend = 0.1 * np.arange(300)
    frame = pd.DataFrame({"day": days, "temp": random.normal(10, 5, 300)})
    frame["demand"] = 20 + trend + 2 * frame["temp"] + random.normal(0, 1, 300)
    shuffled = frame.sample(frac=1, random_state=1)
    made = train(workspace, attach(workspace, shuffled, tmp_path), "demand", time="day")
    model = load(workspace.path / "models/demand/1")
    tested = shuffled.iloc[model.test_predictions()["row"]]
    assert tested["day"].min() >= days[239]
    assert "baseline: last value" in [r[0] for r in made.rows]
    assert all(len(m.fitted) == 1 for m in model.members)  # fitted once more on all training rows


def test_groups_stay_on_one_side(
    workspace: Workspace,
    tmp_path: Path,
    customers: Callable[..., pd.DataFrame],
    attach: Callable[..., str],
    train: Callable[..., Evidence],
) -> None:
    frame = customers(300)
    frame["customer"] = np.arange(300) // 6
    made = train(workspace, attach(workspace, frame, tmp_path), "churned", group="customer", folds=3)
    model = load(workspace.path / "models/churned/1")
    assert "customer" not in model.features
    test = set(frame["customer"].iloc[model.test_predictions()["row"]])
    assert not test & set(frame["customer"].iloc[model.out_of_fold()["row"]])
    assert "whole groups" in made.sections[0].note


def test_another_table_tests(
    workspace: Workspace,
    tmp_path: Path,
    customers: Callable[..., pd.DataFrame],
    attach: Callable[..., str],
    train: Callable[..., Evidence],
) -> None:
    table = attach(workspace, customers(), tmp_path)
    other = attach(workspace, customers(150, seed=5), tmp_path, "later")
    made = train(workspace, table, "churned", test=other, folds=3)
    assert (made.figures["rows"], made.figures["test_rows"]) == (400, 150)


def test_a_recipe_is_fitted_inside_the_folds(
    workspace: Workspace,
    tmp_path: Path,
    customers: Callable[..., pd.DataFrame],
    attach: Callable[..., str],
    train: Callable[..., Evidence],
) -> None:
    frame = customers(300).drop(columns=["customer_key", "since"])
    table = attach(workspace, frame, tmp_path)
    recipe = run_tool(workspace, "preprocess", {"table": table, "target": "churned"}).figures["recipe"]
    made = train(workspace, table, "churned", recipe=recipe, folds=3)
    assert made.figures["score"] > 0.7
    model = load(workspace.path / "models/churned/1")
    assert model.meta["recipe"] == recipe
    assert model.predict_proba(frame.head(3)).shape == (3, 2)
    columns = model.members[0].fitted[0].encoder.columns_
    assert {c.source for c in columns} <= set(model.features)


def test_the_tool_is_light_to_list() -> None:
    import subprocess

    code = (
        "import sys; from llmauto_tools.registry import get_tool\n"
        "for t in ('train_model', 'evaluate_model', 'predict'): get_tool(t)\n"
        "print([m for m in ('numpy', 'pandas', 'sklearn', 'lightgbm', 'pyarrow', 'duckdb') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
