"""evaluate_model and predict on models that were trained once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from llmauto_tools.errors import Interrupted, InvalidArguments
from llmauto_tools.ledger import Evidence
from llmauto_tools.models import load
from llmauto_tools.registry import ToolContext
from llmauto_tools.runner import run_tool
from llmauto_tools.toolbox.predict import TOOL
from llmauto_tools.workspace import Workspace

Trained = tuple[Workspace, dict[str, Evidence]]


def test_the_held_out_rows_score_as_in_training(trained: Trained) -> None:
    ws, evidence = trained
    made = run_tool(ws, "evaluate_model", {"model": "churned"})
    before = evidence["churned"].figures
    for name in ("score", "score_low", "score_high"):
        assert made.figures[name] == pytest.approx(before[name], abs=0.03 if name != "score" else 1e-4)
    assert made.figures["rows"] == before["test_rows"]


def test_subgroups_add_up_to_the_rows(trained: Trained) -> None:
    from sklearn.metrics import roc_auc_score

    ws, _ = trained
    made = run_tool(ws, "evaluate_model", {"model": "churned", "by": "region"})
    table = next(s for s in made.sections if s.title == "By region")
    assert sum(r[1] for r in table.rows) == made.figures["rows"]
    frame = ws.engine.arrow('SELECT * FROM "customers"').to_pandas()
    kept = load(ws.path / "models/churned/1").test_predictions()
    for label, rows, score, *_ in table.rows:
        picked = (frame["region"].iloc[kept["row"]] == label).to_numpy()
        assert rows == picked.sum()
        assert score == pytest.approx(
            roc_auc_score(kept["target"][picked] == "yes", kept["p_1"][picked]), abs=1e-4
        )


def test_numbers_are_cut_into_bins_in_order(trained: Trained) -> None:
    made = run_tool(
        trained[0], "evaluate_model", {"model": "spend", "table": "fresh", "by": "tenure", "bins": 3}
    )
    table = next(s for s in made.sections if s.title == "By tenure")
    assert [str(r[0]).split(" to ")[0] for r in table.rows] == sorted(
        (str(r[0]).split(" to ")[0] for r in table.rows), key=float
    )
    assert sum(r[1] for r in table.rows) == 300
    assert table.columns[-1] == "mean_residual"


def test_a_weaker_model_is_told_apart(trained: Trained, train: Callable[..., Evidence]) -> None:
    ws, _ = trained
    train(ws, "customers", "churned", features=["region"], name="weak", folds=3)
    made = run_tool(ws, "evaluate_model", {"model": "churned", "table": "fresh", "against": "weak"})
    assert made.figures["better"] == "first"
    assert made.figures["difference_low"] > 0
    assert "churned@1 is better than weak@1" in (made.text or "")
    with pytest.raises(InvalidArguments, match="Compare models of the same target"):
        run_tool(ws, "evaluate_model", {"model": "churned", "against": "spend"})


def test_training_rows_are_called_that(trained: Trained) -> None:
    made = run_tool(trained[0], "evaluate_model", {"model": "churned", "table": "customers"})
    assert any("320 of the 400 rows are of the table that churned@1 was trained on" in n for n in made.notes)


def test_a_changed_table_has_no_held_out_rows(
    workspace: Workspace,
    tmp_path: Path,
    customers: Callable[..., pd.DataFrame],
    attach: Callable[..., str],
    train: Callable[..., Evidence],
) -> None:
    table = attach(workspace, customers(120), tmp_path)
    train(workspace, table, "churned", folds=2)
    attach(workspace, customers(130, seed=2), tmp_path)
    with pytest.raises(InvalidArguments, match="has changed since"):
        run_tool(workspace, "evaluate_model", {"model": "churned"})


def test_predictions_are_a_table_that_equals_plain_python(trained: Trained) -> None:
    ws, _ = trained
    made = run_tool(ws, "predict", {"model": "churned", "table": "fresh", "keep": ["region", "churned"]})
    assert made.figures["table"] == "fresh_predictions"
    saved = ws.engine.arrow('SELECT * FROM "fresh_predictions"').to_pandas()
    assert list(saved.columns) == ["region", "churned", "prediction", "probability"]
    frame = ws.engine.arrow('SELECT * FROM "fresh"').to_pandas()
    model = load(ws.path / "models/churned/1")
    assert saved["probability"].to_numpy() == pytest.approx(model.predict_proba(frame)[:, 1], abs=1e-9)
    assert (saved["prediction"].to_numpy() == model.predict(frame)).all()
    assert (saved["churned"].to_numpy() == frame["churned"].to_numpy()).all()
    assert sum(r[1] for r in made.rows) == 300
    assert any("'plan' in" in n for n in made.notes)  # the level gold
    assert any("'spend'" in n for n in made.notes) is False  # an input is not named as unused


def test_predictions_are_undone_like_any_change(trained: Trained) -> None:
    ws, _ = trained
    run_tool(ws, "predict", {"model": "spend", "table": "fresh", "name": "forecast"})
    assert ws.engine.scalar('SELECT count(prediction) FROM "forecast"') == 300
    run_tool(ws, "undo", {})
    assert "forecast" not in [t.name for t in ws.tables()]


def test_batches_do_not_change_the_predictions(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    import llmauto_tools.models.apply as module

    ws, _ = trained
    run_tool(ws, "predict", {"model": "spend", "table": "fresh", "name": "whole", "keep": []})
    monkeypatch.setattr(module, "BATCH_ROWS", 2048)
    ws.engine.invalidate()
    run_tool(ws, "predict", {"model": "spend", "table": "fresh", "name": "pieces", "keep": []})
    whole = ws.engine.arrow('SELECT prediction FROM "whole"').column(0).to_numpy()
    pieces = ws.engine.arrow('SELECT prediction FROM "pieces"').column(0).to_numpy()
    assert pieces == pytest.approx(whole)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns=["plan", "price"]), "lacks: 'plan', 'price'"),
        (lambda f: f.assign(tenure=pd.Timestamp("2024-01-01")), "'tenure' is of type TIMESTAMP"),
        (lambda f: f.head(0), "has no rows"),
    ],
)
def test_unfit_tables(
    trained: Trained,
    tmp_path: Path,
    customers: Callable[..., pd.DataFrame],
    attach: Callable[..., str],
    change: Callable[[pd.DataFrame], pd.DataFrame],
    words: str,
) -> None:
    table = attach(trained[0], change(customers(50)), tmp_path, "unfit")
    with pytest.raises(InvalidArguments, match=words):
        run_tool(trained[0], "predict", {"model": "churned", "table": table, "name": "nothing"})
    assert "nothing" not in [t.name for t in trained[0].tables()]


def test_shifted_rows_and_unreadable_values_are_hinted_at(
    trained: Trained, tmp_path: Path, customers: Callable[..., pd.DataFrame], attach: Callable[..., str]
) -> None:
    frame = customers(200, seed=3)
    frame["price"] = frame["price"] * 3
    frame["tenure"] = [str(t) if i % 2 else "n/a yet" for i, t in enumerate(frame["tenure"])]
    table = attach(trained[0], frame, tmp_path, "shifted")
    made = run_tool(trained[0], "predict", {"model": "churned", "table": table, "name": "shifted_out"})
    notes = " ".join(made.notes)
    assert "differ from the training rows" in notes
    assert "'price'" in notes
    assert "'tenure' in 100 rows" in notes
    assert made.figures["stability_index"]["price"] > 0.25


def test_a_source_is_never_overwritten_and_a_stop_leaves_nothing(trained: Trained) -> None:
    ws, _ = trained
    with pytest.raises(InvalidArguments, match="attached source"):
        run_tool(ws, "predict", {"model": "churned", "table": "fresh", "name": "customers"})
    before = sorted(p.name for p in (ws.path / "tables").iterdir())
    with pytest.raises(Interrupted):
        TOOL.function(
            ws,
            TOOL.arguments(model="churned", table="fresh", name="stopped"),
            ToolContext("e1", stopped=lambda: True),
        )
    assert sorted(p.name for p in (ws.path / "tables").iterdir()) == before


def test_drift_is_nothing_for_the_rows_themselves(trained: Trained) -> None:
    from llmauto_tools.models.drift import Drift

    ws, _ = trained
    model = load(ws.path / "models/churned/1")
    frame = ws.engine.arrow('SELECT * FROM "customers"').to_pandas()
    drift = Drift(model.inputs, model.meta["profile"])
    drift.add(model.prepare(frame.iloc[model.out_of_fold()["row"]]))
    assert max(drift.shifts().values()) < 0.02
    assert not drift.unseen
    assert np.isfinite(list(drift.shifts().values())).all()
