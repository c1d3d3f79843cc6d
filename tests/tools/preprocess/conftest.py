"""Random tables with nulls, ties, constants and infinite values, in a real workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llmauto_tools.preprocess import FittedRecipe, Recipe, fit
from llmauto_tools.workspace import Workspace

Frame = Callable[..., pd.DataFrame]
Made = Callable[..., tuple[FittedRecipe, pd.DataFrame]]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "ws") as made:
        yield made


@pytest.fixture
def attach(workspace: Workspace, tmp_path: Path) -> Callable[[str, Any], str]:
    """Save a DataFrame or Arrow table as parquet and attach it; returns the table's quoted name."""

    def make(name: str, data: pd.DataFrame | pa.Table) -> str:
        path = tmp_path / f"{name}.parquet"
        table = data if isinstance(data, pa.Table) else pa.Table.from_pandas(data, preserve_index=False)
        pq.write_table(table, path)
        return f'"{workspace.attach(str(path))[0].name}"'

    return make


@pytest.fixture
def run(workspace: Workspace, attach: Callable[[str, Any], str]) -> Made:
    """Fit steps on one frame and run them on another (the same, where left out)."""

    def make(
        steps: Sequence[dict[str, Any]],
        train: pd.DataFrame,
        new: pd.DataFrame | None = None,
        *,
        target: str | None = None,
        training: bool = False,
    ) -> tuple[FittedRecipe, pd.DataFrame]:
        relation = attach("train", train)
        fitted = fit(workspace, relation, Recipe.model_validate({"steps": list(steps), "target": target}))
        if new is not None:
            relation = attach("fresh", new)
        sql = fitted.training_sql(relation) if training else fitted.sql(relation)
        return fitted, workspace.engine.arrow(sql).to_pandas()

    return make


@pytest.fixture
def numbers() -> Frame:
    """Numbers of several shapes; `seed` makes another draw."""

    def make(seed: int, rows: int = 400) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(
            {
                "normal": rng.normal(50, 10, rows),
                "skewed": rng.lognormal(0, 2, rows),
                "ties": rng.integers(0, 5, rows).astype(float),
                "large": rng.normal(1e9, 1, rows),
                "constant": np.full(rows, 7.25),
                "whole": rng.integers(-100, 100, rows),
            }
        )
        for column in ("normal", "skewed", "ties", "large"):
            frame.loc[rng.random(rows) < 0.15, column] = np.nan
        return frame

    return make


@pytest.fixture
def categories() -> Frame:
    """Text with nulls and tied counts, whole numbers, booleans, and a target; `new` adds unseen levels."""

    def make(seed: int, rows: int = 500, new: bool = False) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        colours = ["red", "green", "blue", "it's", "Ünï 中", *(["violet", "RED"] if new else [])]
        frame = pd.DataFrame(
            {
                "colour": rng.choice(np.array(colours, dtype=object), rows),
                "town": [f"town {i}" for i in rng.integers(0, 60 if new else 50, rows)],
                "size": rng.integers(8, 13, rows),
                "flag": rng.random(rows) < 0.5,
                "y": rng.random(rows) < 0.4,
                "amount": rng.normal(1000, 5, rows),
            }
        )
        frame.loc[rng.random(rows) < 0.1, "colour"] = None
        return frame

    return make
