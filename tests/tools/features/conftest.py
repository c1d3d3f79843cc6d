"""A workspace that holds tables made from arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llmauto_tools.features.matrix import Matrix
from llmauto_tools.features.ranking import Data
from llmauto_tools.ledger import Evidence
from llmauto_tools.runner import run_tool
from llmauto_tools.schema import Column
from llmauto_tools.workspace import Workspace

Run = Callable[..., Evidence]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "ws") as ws:
        yield ws


@pytest.fixture
def run(workspace: Workspace, tmp_path: Path) -> Run:
    """Attach columns as the table t and run select_features on it."""

    def _run(columns: Mapping[str, Any], target: str = "y", **arguments: Any) -> Evidence:
        pq.write_table(pa.table(dict(columns)), tmp_path / "t.parquet")
        workspace.attach(str(tmp_path / "t.parquet"))
        return run_tool(workspace, "select_features", {"table": "t", "target": target, **arguments})

    return _run


@pytest.fixture
def make_data() -> Callable[[np.ndarray, np.ndarray], Data]:
    """Numbers of shape (rows, features) and a target (whole numbers: classes) as what a ranking learns from."""

    def make(values: np.ndarray, y: np.ndarray) -> Data:
        columns = tuple(Column(f"x{i}", "DOUBLE") for i in range(values.shape[1]))
        matrix = Matrix(columns, (None,) * len(columns), np.ascontiguousarray(values.T))
        if y.dtype.kind in "iub":
            return Data(matrix, "classification", y.astype(np.intp), int(y.max()) + 1)
        return Data(matrix, "regression", y, 0)

    return make
