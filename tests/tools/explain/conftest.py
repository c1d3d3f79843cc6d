"""Tables that are made on the spot, and two small models that are trained once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from llmauto_tools.ledger import Evidence
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace


def _customers(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """Churn that hangs on tenure, plan and price; with an id, a date, missing values and a text."""
    random = np.random.default_rng(seed)
    tenure = random.integers(1, 72, rows)
    plan = random.choice(["basic", "plus", "pro"], rows)
    price = random.normal(50, 15, rows) + 10 * (plan == "pro")
    odds = -0.08 * (tenure - 30) + 0.05 * (price - 50) + 1.2 * (plan == "basic") + random.logistic(size=rows)
    return pd.DataFrame(
        {
            "customer_key": [f"C{i:05d}" for i in random.permutation(rows)],
            "tenure": tenure,
            "plan": plan,
            "price": np.where(random.random(rows) < 0.05, np.nan, price),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 900, rows), unit="D"),
            "region": random.choice(["north", "south"], rows),
            "spend": price * tenure / 10 + random.normal(0, 20, rows),
            "churned": np.where(odds > 0, "yes", "no"),
        }
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "ws") as ws:
        yield ws


def _attach(workspace: Workspace, frame: pd.DataFrame, folder: Path, name: str = "t") -> str:
    """Save the frame as a parquet file and attach it; returns the table's name."""
    path = folder / f"{name}.parquet"
    frame.to_parquet(path, index=False)
    return workspace.attach(str(path))[0].name


def _train(workspace: Workspace, table: str, target: str, **arguments: Any) -> Evidence:
    """Train for two seconds at most."""
    return run_tool(
        workspace, "train_model", {"table": table, "target": target, "time_budget": 2, **arguments}
    )


@pytest.fixture
def customers() -> Callable[..., pd.DataFrame]:
    return _customers


@pytest.fixture
def attach() -> Callable[..., str]:
    return _attach


@pytest.fixture
def train() -> Callable[..., Evidence]:
    return _train


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, dict[str, Evidence]]]:
    """A workspace with the models churned@1 (binary) and spend@1 (a regression)."""
    folder = tmp_path_factory.mktemp("trained")
    with Workspace(folder / "ws") as ws:
        _attach(ws, _customers(), folder, "customers")
        fresh = _customers(300, seed=9).assign(plan=lambda d: d["plan"].where(d["tenure"] < 60, "gold"))
        _attach(ws, fresh, folder, "fresh")
        evidence = {
            "churned": _train(ws, "customers", "churned", folds=3),
            "spend": _train(ws, "customers", "spend", folds=3),
        }
        yield ws, evidence
