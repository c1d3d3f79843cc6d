"""Bad input gets its own words or a stated remedy, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from llmauto_tools.errors import Interrupted, InvalidArguments, LlmautoError, QueryInvalid
from llmauto_tools.ledger import Evidence
from llmauto_tools.models import load
from llmauto_tools.registry import ToolContext
from llmauto_tools.toolbox.train_model import TOOL
from llmauto_tools.workspace import Workspace


def _frame(**columns: Any) -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame({"x": random.normal(size=60), "z": random.choice(["a", "b"], 60), **columns})


@pytest.mark.parametrize(
    ("frame", "arguments", "words"),
    [
        (_frame(y=["same"] * 60), {}, "one value only"),
        (_frame(y=[np.nan] * 60), {}, "is empty"),
        (_frame(y=[3.5] * 60), {}, "one value only"),
        (_frame(y=["a", "b", "c"] * 20), {"task": "regression"}, "needs numbers"),
        (_frame(y=[f"k{i}" for i in range(60)]), {}, "too many for labels"),
        (_frame(y=list(range(60))), {"task": "classification"}, "too many for labels"),
        (_frame(y=[0, 1] * 30).head(10), {}, "too few"),
        (_frame(y=[0, 1] * 30).head(30), {"folds": 20}, "cannot be cut into 20 folds"),
        (_frame(y=[0, 1] * 30), {"features": ["x", "y"]}, "among the features"),
        (_frame(y=[0, 1] * 30), {"features": ["xx"]}, "no column 'xx'"),
        (_frame(y=[0, 1] * 30), {"time": "z"}, "does not order the rows in time"),
        (_frame(y=[0, 1] * 30), {"metric": "rmse"}, "not a metric"),
        (_frame(y=[0, 1] * 30), {"positive": "maybe"}, "no value of the target"),
        (_frame(y=[0, 1] * 30), {"group": "z"}, "fewer than three groups"),
        (_frame(y=[0, 1] * 30), {"recipe": "nope"}, "no recipe 'nope'"),
        (_frame(y=[0, 1] * 30), {"name": "../up"}, "cannot be the name"),
        (_frame(y=["a"] + ["b"] * 59), {}, "fewer than two labels"),
        (
            _frame(y=np.linspace(0, 1, 60)),
            {"cost": {"false_positive": 1, "false_negative": 2}},
            "has not two",
        ),
        (pd.DataFrame({"y": [0, 1] * 30}), {}, "no column besides"),
        (pd.DataFrame({"e": [None] * 60, "c": [1] * 60, "y": [0, 1] * 30}), {}, "No column can be used"),
        (_frame(y=pd.date_range("2024-01-01", periods=60)), {}, "cannot be predicted"),
    ],
)
def test_errors_in_words(
    workspace: Workspace,
    tmp_path: Path,
    frame: pd.DataFrame,
    arguments: dict[str, Any],
    words: str,
    attach: Callable[..., str],
    train: Callable[..., Evidence],
) -> None:
    table = attach(workspace, frame, tmp_path)
    with pytest.raises(LlmautoError, match=words) as e:
        train(workspace, table, "y", **arguments)
    assert e.value.hint
    models = workspace.path / "models"
    assert not models.exists() or not any(models.iterdir())


def test_unknown_table_and_target(
    workspace: Workspace, tmp_path: Path, attach: Callable[..., str], train: Callable[..., Evidence]
) -> None:
    table = attach(workspace, _frame(y=[0, 1] * 30), tmp_path, "orders")
    with pytest.raises(QueryInvalid, match="no table 'order'"):
        train(workspace, "order", "y")
    with pytest.raises(InvalidArguments, match="no column 'why'"):
        train(workspace, table, "why")


@pytest.fixture
def awkward(
    workspace: Workspace, tmp_path: Path, attach: Callable[..., str], train: Callable[..., Evidence]
) -> Evidence:
    """Everything that is awkward at once, and still a table that can be learned."""
    random = np.random.default_rng(0)
    n = 240
    x = random.normal(size=n)
    label = np.where(x + random.normal(0, 0.5, n) > 0, "yes", "no").astype(object)
    frame = pd.DataFrame(
        {
            'quote" and, [brackets]: {"json"}': x,
            "infinite": np.where(np.arange(n) % 7 == 0, np.inf, random.normal(size=n)),
            "empty": np.full(n, np.nan),
            "同じ": np.ones(n),
            "day as text": pd.Series(pd.date_range("2024-01-01", periods=n))
            .dt.strftime("%Y-%m-%d")
            .to_numpy(),
            "list": [[1, 2]] * n,
            "y": label,
        }
    )
    frame.loc[[0, 1], "y"] = None
    frame.loc[2, "y"] = "typo"
    frame = pd.concat([frame, frame.iloc[10:30]], ignore_index=True)
    return train(workspace, attach(workspace, frame, tmp_path), "y", folds=3)


def test_awkward_columns_have_a_remedy_that_is_said(awkward: Evidence, workspace: Workspace) -> None:
    notes = " ".join(awkward.notes)
    assert "2 rows without a value of 'y' were left out" in notes
    assert "have one row only ('typo')" in notes
    assert "'day as text' is text that is read as a date" in notes
    assert "'empty' is empty" in notes
    assert "'同じ' has one value only" in notes
    assert "Lists, structs and binary columns" in notes
    assert "same as a training row" in notes or "repeat an earlier row" in notes
    model = load(workspace.path / "models/y/1")
    assert 'quote" and, [brackets]: {"json"}' in model.features
    assert awkward.figures["score"] > 0.75


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ten_thousand_columns(
    workspace: Workspace, tmp_path: Path, attach: Callable[..., str], train: Callable[..., Evidence]
) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(80, 10_000))
    frame = pd.DataFrame(x, columns=[f"c{i}" for i in range(10_000)])
    frame["y"] = (x[:, 0] + x[:, 1] > 0).astype(int)
    made = train(workspace, attach(workspace, frame, tmp_path), "y", folds=3)
    assert made.figures["features"] == 10_000
    assert any("columns were checked for leakage" in n for n in made.notes) or made.figures["score"] <= 1


def test_a_stop_leaves_nothing(
    workspace: Workspace, tmp_path: Path, customers: Callable[..., pd.DataFrame], attach: Callable[..., str]
) -> None:
    table = attach(workspace, customers(), tmp_path)
    arguments = TOOL.arguments(table=table, target="churned", time_budget=60)
    seen: list[str] = []

    def stopped() -> bool:
        return any(text.startswith("fitting extra trees") for text in seen)

    context = ToolContext("e1", lambda text, fraction: seen.append(text), stopped=stopped)
    with pytest.raises(Interrupted):
        TOOL.function(workspace, arguments, context)
    assert any("s left" in text for text in seen)
    assert not (workspace.path / "models").exists()


def test_a_failure_while_writing_leaves_nothing(
    workspace: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    customers: Callable[..., pd.DataFrame],
    attach: Callable[..., str],
    train: Callable[..., Evidence],
) -> None:
    import llmauto_tools.models.train as module

    def broken(folder: Path, *rest: Any, **more: Any) -> None:
        (folder / "model.joblib").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_model", broken)
    table = attach(workspace, customers(100), tmp_path)
    with pytest.raises(LlmautoError, match="cannot be saved"):
        train(workspace, table, "churned", folds=2)
    left = [p for p in (workspace.path / "models").rglob("*") if p.is_file()]
    assert left == []
