"""The exported network step by step: what a beam remembers is what its own prefix made."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.neural.grammar import START, step
from llmauto_agent.planner.neural.inputs import encode
from llmauto_agent.planner.neural.items import find_items
from llmauto_agent.planner.neural.runtime import loaded
from llmauto_agent.planner.neural.search import _Following, search
from llmauto_agent.planner.neural.symbols import SYMBOL_ID
from llmauto_agent.planner.values import EngineValues
from llmauto_tools.workspace import Workspace


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SchemaIndex:
    folder: Path = tmp_path_factory.mktemp("runtime")
    (folder / "visits.csv").write_text(
        "visit_id,club,day,minutes\n1,Riverside,2023-01-04,60\n2,Docklands,2023-02-11,45\n"
    )
    workspace = Workspace(folder / "ws")
    workspace.attach(str(folder / "visits.csv"))
    tables = workspace.tables()
    return SchemaIndex(tables, [], EngineValues(workspace.engine, tables))


def test_a_score_is_that_of_the_prefix_alone(index: SchemaIndex) -> None:
    runtime = loaded()
    encoded = encode(find_items("average minutes per club in 2023", index), runtime.pieces)
    for found in search(runtime, encoded, width=4)[:3]:
        prepared = runtime.prepare(encoded)
        stack, before, total = START, 0, 0.0
        following = _Following(encoded)
        for action in found.actions:
            symbol = stack[-1]
            [row] = runtime.advance(
                prepared, np.array([0]), np.array([before]), np.array([SYMBOL_ID[symbol]])
            )
            values = row[following(symbol)]
            before = encoded.position(action)
            total += float(row[before] - values.max()) - math.log(float(np.exp(values - values.max()).sum()))
            stack = step(stack, action)
        assert not stack
        # The int8 kernels quantise the activations of a batch together, so beams round a little differently.
        assert total == pytest.approx(found.score, abs=0.35)
