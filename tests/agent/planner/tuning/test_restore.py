"""The network that is restored from an export gives the scores of the export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.neural.inputs import encode
from llmauto_agent.planner.neural.items import find_items
from llmauto_agent.planner.neural.runtime import SHIPPED, Runtime
from llmauto_agent.planner.neural.search import _Following, search
from llmauto_agent.planner.neural.symbols import SYMBOL_ID
from llmauto_agent.planner.tuning.data import Data
from llmauto_tools.errors import UnreadableSource

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("onnx")


def scores(
    planner: Any, runtime: Runtime, index: SchemaIndex, question: str
) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each step of the best reading: log-probabilities of what may follow, of the export and of torch."""
    from llmauto_agent.planner.neural.grammar import START, step

    encoded = encode(find_items(question, index), runtime.pieces)
    prepared = runtime.prepare(encoded)
    row = {n: torch.tensor([list(getattr(encoded, n))]) for n in ("ids", "segments", "levels", "flags")}
    mask = torch.ones_like(row["ids"])
    states = planner.encode(**row, mask=mask)
    places, kinds = torch.tensor([encoded.places]), torch.tensor([encoded.kinds])
    read, keys = planner.items(states, places, kinds)
    best = search(runtime, encoded, width=1)[0].actions
    numbers = [encoded.position(a) for a in best]
    symbols, stack = [], START
    for action in best:
        symbols.append(stack[-1])
        stack = step(stack, action)
    whole = planner.decode(
        states, mask, read, keys, kinds, torch.tensor([[0, *numbers[:-1]]]),
        torch.tensor([[SYMBOL_ID[s] for s in symbols]]),
    )[0].numpy()  # fmt: skip
    following, found = _Following(encoded), []
    for n, symbol in enumerate(symbols):
        before = np.array([numbers[n - 1] if n else 0])
        [row_] = runtime.advance(prepared, np.array([0]), before, np.array([SYMBOL_ID[symbol]]))
        may = following(symbol)
        found.append((log_softmax(row_[may]), log_softmax(whole[n][may])))
    return found


def log_softmax(values: np.ndarray) -> np.ndarray:
    top = values - values.max()
    return np.asarray(top - np.log(np.exp(top).sum()))


def test_the_shipped_weights_give_the_scores_of_the_shipped_planner(shop: Data) -> None:
    from llmauto_agent.planner.neural.restore import restore

    planner, runtime = restore(SHIPPED).eval(), Runtime(SHIPPED)
    with torch.no_grad():
        steps = scores(planner, runtime, shop.index, "average price by region for kind desk in 2024")
    assert len(steps) > 8
    # The export also quantises what flows between its layers, torch does not: small differences stay.
    assert np.mean([np.abs(np.exp(a) - np.exp(b)).max() for a, b in steps]) < 0.08
    assert np.mean([a.argmax() == b.argmax() for a, b in steps]) > 0.9


def test_every_weight_comes_back(tiny: Path) -> None:
    from llmauto_agent.planner.neural.restore import restore

    planner = restore(tiny)
    assert planner.shape.heads == 2
    assert planner.shape.layers == 1
    assert planner.item.weight.shape == (32 * 6, 32)
    again = {n: p.detach().abs().sum().item() for n, p in planner.named_parameters()}
    assert all(v > 0 for v in again.values())


def test_weights_of_another_network_are_refused(tiny: Path, tmp_path: Path) -> None:
    import onnx

    from llmauto_agent.planner.neural.restore import restore

    for name in ("encoder.onnx", "decoder.onnx"):
        model = onnx.load(str(tiny / name))
        kept = [i for i in model.graph.initializer if i.name != "planner.norm.bias"]
        del model.graph.initializer[:]
        model.graph.initializer.extend(kept)
        onnx.save(model, str(tmp_path / name))
    with pytest.raises(UnreadableSource, match=r"norm\.bias"):
        restore(tmp_path)
