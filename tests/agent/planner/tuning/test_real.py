"""One real training of the shipped weights: what was learned survives the export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from llmauto_agent.planner.neural.examples import Example
from llmauto_agent.planner.neural.runtime import SHIPPED, Runtime, loaded
from llmauto_agent.planner.tuning import guard as guards
from llmauto_agent.planner.tuning.accept import Progress, accept
from llmauto_agent.planner.tuning.data import Data
from llmauto_agent.planner.tuning.guard import Guard, measure_invented
from llmauto_agent.planner.tuning.mixture import mixture
from llmauto_agent.planner.tuning.pace import Pace
from llmauto_agent.planner.tuning.pairs import Pair
from llmauto_agent.planner.tuning.score import Outcome
from llmauto_agent.planner.tuning.store import Planners
from llmauto_agent.planner.tuning.tune import tune

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("onnx")


def loss_of(folder: Path, examples: Sequence[Example]) -> float:
    """The mean loss of the examples under the weights of a planner."""
    import torch

    from llmauto_agent.planner.neural.batches import batch_of
    from llmauto_agent.planner.neural.restore import restore
    from llmauto_agent.planner.neural.train import losses

    with torch.no_grad():
        return float(losses(restore(folder).eval(), batch_of(examples))[0])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_shipped_weights_learn_a_team_s_words(
    shop: Data, shop_csv: Path, pairs: list[Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(runtime: Runtime, progress: Progress, what: str) -> list[Outcome]:
        return measure_invented(runtime, progress, what, each=4)

    monkeypatch.setattr(guards, "guard", lambda: Guard("8 invented requests", measured))
    pace = Pace(steps=16, seconds=240, batch=8, threads=1)
    report = tune(pairs, [str(shop_csv)], "shop", store=Planners(tmp_path), pace=pace)
    assert report.guard.new.count == 8
    found = accept(pairs, shop, lambda text, fraction: None)
    made = mixture(
        found.accepted, found.block, shop.index, loaded().pieces, 4, 0, lambda text, fraction: None
    )
    own = list(made.pairs)[: 4 * len(pairs)]
    assert loss_of(report.folder, own) < 0.8 * loss_of(SHIPPED, own)
