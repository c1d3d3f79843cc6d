#!/usr/bin/env python3
"""Make the sentence encoder of the memory from the published files of all-MiniLM-L6-v2.

    .venv/bin/python scripts/memory_encoder.py --from DIR [--precision int8|fp32] [--out DIR]

DIR holds model.safetensors and tokenizer.json of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0); their
checksums are compared with the published ones. Writes encoder.onnx (word pieces to a sentence's unit vector:
mean pooling and normalisation are part of the graph), tokenizer.json and model.json with the checksums of
both. Needs torch, transformers, onnx and onnxruntime (the extra 'train').
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

from llmauto_agent.planner.neural.encoder import MODEL_SHA256, TOKENIZER_SHA256, load_encoder, verified

OPSET = 17
OUT = Path(__file__).resolve().parents[1] / "agent" / "llmauto_agent" / "memory" / "encoder"
CARD = {
    "name": "all-MiniLM-L6-v2",
    "dimensions": 384,
    "max_pieces": 256,
    "license": "Apache-2.0",
    "source": "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
}


class Sentences(nn.Module):
    """Unit vectors of sentences: the mean of the pieces' states, of length 1 (Reimers and Gurevych, 2019)."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * weights).sum(1) / weights.sum(1)
        return nn.functional.normalize(mean, dim=-1)


def export(encoder: Any, path: Path, precision: str) -> None:
    """Write the graph, with int8 weights (one scale per output channel) or as it was trained."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    encoder.config._attn_implementation = "eager"
    ids = torch.ones(2, 7, dtype=torch.int64)
    axes = {"ids": {0: "texts", 1: "pieces"}, "mask": {0: "texts", 1: "pieces"}, "vectors": {0: "texts"}}
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            Sentences(encoder).eval(), (ids, ids), str(whole), input_names=["ids", "mask"],
            output_names=["vectors"], dynamic_axes=axes, opset_version=OPSET, dynamo=False,
        )  # fmt: skip
        if precision == "fp32":
            path.write_bytes(whole.read_bytes())
            return
        small = Path(folder) / "small.onnx"
        quantize_dynamic(
            whole, small, weight_type=QuantType.QInt8, per_channel=True,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        )  # fmt: skip
        optimise(small, path)


def optimise(graph: Path, path: Path) -> None:
    """Fuse the graph once, here: doing it at each start takes four times as long as loading the result.

    Level "extended": what holds on every CPU, and not only on the one that this runs on.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def tokenizer(folder: Path) -> str:
    """The published tokenizer; padding and truncation are the reader's business."""
    stored: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    stored["truncation"] = stored["padding"] = None
    return json.dumps(stored, ensure_ascii=False)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--from", dest="source", type=Path, required=True)
    parser.add_argument("--precision", choices=["int8", "fp32"], default="int8")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(arguments)
    folder = verified(args.source)
    args.out.mkdir(parents=True, exist_ok=True)
    export(load_encoder(folder), args.out / "encoder.onnx", args.precision)
    (args.out / "tokenizer.json").write_text(tokenizer(folder), "utf-8")
    made = {
        name: hashlib.sha256((args.out / name).read_bytes()).hexdigest()
        for name in ("encoder.onnx", "tokenizer.json")
    }
    upstream = {"model.safetensors": MODEL_SHA256, "tokenizer.json": TOKENIZER_SHA256}
    card = {"files": made, "made_from": upstream, "precision": args.precision, **CARD}
    (args.out / "model.json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    print({name: (args.out / name).stat().st_size for name in made})


if __name__ == "__main__":
    main()
