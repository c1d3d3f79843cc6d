"""Export trained weights for the product: python -m llmauto_agent.planner.neural.export --run DIR --out DIR

Writes encoder.onnx and decoder.onnx with int8 weights (per channel), tokenizer.json and model.json with
checksums. onnxruntime runs them; torch is not needed then.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from llmauto_agent.planner.neural.grammar import VOCABULARY
from llmauto_agent.planner.neural.network import Planner, Shape
from llmauto_agent.planner.neural.symbols import SYMBOLS

OPSET = 17
KNOWN = 30522
"""Word pieces of the published encoder."""
ENCODER = "sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)"
DATA = (
    "WikiSQL (BSD-3; tables of TabFact, CC BY-SA)",
    "Spider train, without the databases held out (CC BY-SA 4.0)",
    "nvBench (MIT)",
    "WikiTableQuestions (CC BY-SA 4.0)",
    "CHASE (MIT)",
    "RETQA (MIT)",
    "requests invented by this repository",
    "requests written by hand for this repository",
)


class _Encoder(nn.Module):
    """From a request's features to everything that the decoder needs of it."""

    def __init__(self, planner: Planner) -> None:
        super().__init__()
        self.planner = planner

    def forward(
        self, ids: Tensor, segments: Tensor, levels: Tensor, flags: Tensor, places: Tensor, kinds: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        mask = torch.ones_like(ids)
        states = self.planner.encode(ids, segments, levels, flags, mask)
        read, keys = self.planner.items(states, places, kinds)
        return self.planner.across(states), read, keys


class _Decoder(nn.Module):
    """Scores of the next action of every beam, from the action before it and what is remembered."""

    def __init__(self, planner: Planner) -> None:
        super().__init__()
        self.planner = planner

    def forward(
        self, across: Tensor, read: Tensor, keys: Tensor, kinds: Tensor, before: Tensor, symbols: Tensor,
        place: Tensor, memory: Tensor,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        return self.planner.advance(across, read, keys, kinds, before, symbols, place, memory)


def export(planner: Planner, out: Path) -> None:
    """Write both parts as ONNX with int8 weights."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    planner.eval()
    shape, pieces, items, beams, steps = planner.shape, 20, 7, 4, 3
    wide = {n: torch.zeros(1, pieces, dtype=torch.int64) for n in ("ids", "segments", "levels", "flags")}
    places, kinds = torch.zeros(1, items, dtype=torch.int64), torch.zeros(1, items, dtype=torch.int64)
    across = planner.across(torch.randn(1, pieces, shape.width)).detach()
    keys, number = torch.randn(1, items, shape.width), torch.zeros(beams, dtype=torch.int64)
    memory = torch.randn(2 * shape.layers, beams, shape.heads, steps, shape.width // shape.heads)
    with tempfile.TemporaryDirectory() as folder:
        _write(
            _Encoder(planner), (*wide.values(), places, kinds), Path(folder) / "encoder.onnx",
            [*wide, "places", "kinds"], ["across", "read", "keys"],
            {**{n: {1: "pieces"} for n in wide}, "places": {1: "items"}, "kinds": {1: "items"}},
        )  # fmt: skip
        _write(
            _Decoder(planner),
            (across, keys, keys, kinds, number, number, torch.tensor([steps]), memory),
            Path(folder) / "decoder.onnx",
            ["across", "read", "keys", "kinds", "before", "symbols", "place", "memory"],
            ["scores", "remembered"],
            {
                "across": {3: "pieces"}, "read": {1: "items"}, "keys": {1: "items"}, "kinds": {1: "items"},
                "before": {0: "beams"}, "symbols": {0: "beams"}, "memory": {1: "beams", 3: "steps"},
            },
        )  # fmt: skip
        for name in ("encoder.onnx", "decoder.onnx"):
            quantize_dynamic(
                Path(folder) / name, Path(folder) / f"int8_{name}", weight_type=QuantType.QInt8,
                per_channel=True, op_types_to_quantize=["MatMul", "Gemm", "Gather"],
            )  # fmt: skip
            _optimise(Path(folder) / f"int8_{name}", out / name)


def _optimise(path: Path, out: Path) -> None:
    """Fold constants once here rather than at every start: loading takes a third of the time.

    Only what leaves nodes with their names, by which `restore` finds the weights again.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(out)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _write(
    module: nn.Module, arguments: tuple[Tensor, ...], path: Path, inputs: list[str], outputs: list[str],
    axes: dict[str, dict[int, str]],
) -> None:  # fmt: skip
    with torch.no_grad():
        torch.onnx.export(
            module, arguments, str(path), input_names=inputs, output_names=outputs, dynamic_axes=axes,
            opset_version=OPSET, dynamo=False,
        )  # fmt: skip


def describe(out: Path, card: dict[str, Any]) -> None:
    """model.json: the checksum of each file, the sizes that have to fit, and what the card says."""
    files = {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(out.iterdir())
        if p.name != "model.json"
    }
    grammar = hashlib.sha256(json.dumps([VOCABULARY, SYMBOLS]).encode()).hexdigest()
    text = json.dumps({"files": files, "grammar": grammar, **card}, ensure_ascii=False, indent=1)
    (out / "model.json").write_text(text + "\n", "utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--run", type=Path, required=True, help="a folder that `train` wrote")
    parser.add_argument("--data", type=Path, required=True, help="the folder that it was trained on")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel

    tokenizer = args.data / "tokenizer.json"
    size = Tokenizer.from_file(str(tokenizer)).get_vocab_size()
    config = BertConfig(
        vocab_size=KNOWN, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536
    )
    config._attn_implementation = "eager"
    planner = Planner(BertModel(config, add_pooling_layer=False), size, Shape())
    state = torch.load(args.run / "checkpoint.pt", map_location="cpu", weights_only=True)
    planner.load_state_dict(state["model"])
    args.out.mkdir(parents=True, exist_ok=True)
    export(planner, args.out)
    (args.out / "tokenizer.json").write_text(tokenizer.read_text("utf-8"), "utf-8")
    card = {"step": state["step"], "settings": state["settings"], "encoder": ENCODER, "data": DATA}
    describe(args.out, card)
    print({p.name: p.stat().st_size for p in sorted(args.out.iterdir())})


if __name__ == "__main__":
    main()
