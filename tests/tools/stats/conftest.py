"""Tables for tests of tests: made on the spot, attached to a real workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("scipy")
pytest.importorskip("statsmodels")

import numpy as np
import pandas as pd

from llmauto_tools.ledger import Evidence
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

EXAMPLES = Path(__file__).parents[3] / "examples" / "data"

Run = Callable[..., Evidence]


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    """Numbers with ties, nulls, unequal groups and unequal spreads; categories; pairs."""
    r = np.random.default_rng(7)
    n = 400
    g = r.choice(["a", "b", "c", "d"], n, p=[0.15, 0.4, 0.25, 0.2])
    shift = pd.Series(g).map({"a": 0.0, "b": 0.4, "c": 0.2, "d": 1.0}).to_numpy()
    x = r.normal(size=n) * (1 + shift) + shift + 1e6
    tied = np.round(r.exponential(3, n) + shift)
    y = 0.5 * (x - 1e6) + r.normal(size=n)
    z = r.lognormal(1, 1, n)
    made = pd.DataFrame(
        {
            "x": x, "tied": tied, "y": y, "z": z, "g": g,
            "two": np.where(r.random(n) < 0.3, "left", "right"),
            "yes": r.random(n) < 0.2 + 0.1 * shift,
            "before": x, "after": x + r.normal(0.1, 1, n),
            "colour": r.choice(["red", "green", "blue"], n), "bit": (r.random(n) < 0.4).astype(int),
        }
    )  # fmt: skip
    made.loc[r.choice(n, 30, replace=False), "x"] = np.nan
    made.loc[r.choice(n, 25, replace=False), "y"] = np.nan
    made.loc[r.choice(n, 20, replace=False), "g"] = None
    return made


@pytest.fixture(scope="session")
def workspace(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("stats")
    frame.to_parquet(folder / "t.parquet")
    with Workspace(folder / "ws") as ws:
        ws.attach(str(folder / "t.parquet"))
        for name in ("penguins.csv", "orders.csv", "gapminder.csv"):
            ws.attach(str(EXAMPLES / name))
        yield ws


@pytest.fixture(scope="session")
def run(workspace: Workspace) -> Run:
    """test_hypothesis on the table t of the session's workspace, unless another is named."""

    def call(tool: str = "test_hypothesis", **arguments: Any) -> Evidence:
        return run_tool(workspace, tool, {"table": "t"} | arguments)

    return call


@pytest.fixture
def run_on(tmp_path: Path) -> Iterator[Run]:
    """A tool on a table of its own: run_on(frame, ...)."""
    opened: list[Workspace] = []

    def call(made: pd.DataFrame, tool: str = "test_hypothesis", **arguments: Any) -> Evidence:
        path = tmp_path / f"made{len(opened)}.parquet"
        made.to_parquet(path)
        ws = Workspace(tmp_path / f"ws{len(opened)}")
        opened.append(ws)
        name = ws.attach(str(path))[0].name
        return run_tool(ws, tool, {"table": name} | arguments)

    yield call
    for ws in opened:
        ws.close()
