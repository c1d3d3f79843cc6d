"""The encoder that ships: int8 against fp32, onnxruntime against torch; time to load, time a text, recall."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from facts import HERE, read_facts

REPEATS = 3

_LOAD = """
import sys, time
began = time.perf_counter()
from pathlib import Path
from llmauto_agent.memory.embed import OnnxEmbedder
OnnxEmbedder(Path(sys.argv[1])).embed(["how is revenue defined"])
print(1000 * (time.perf_counter() - began))
"""
_LOAD_TORCH = """
import sys, time
began = time.perf_counter()
sys.path.insert(0, sys.argv[2])
from encoder import torch_encoder
torch_encoder(sys.argv[1])(["how is revenue defined"])
print(1000 * (time.perf_counter() - began))
"""


def torch_encoder(source: str) -> Callable[[Sequence[str]], Any]:
    """The published weights under torch, one text at a time."""
    import torch
    from tokenizers import Tokenizer

    from llmauto_agent.planner.neural.encoder import load_encoder, verified

    folder = verified(Path(source))
    model = load_encoder(folder).eval()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()

    def embed(texts: Sequence[str]) -> Any:
        found = []
        with torch.inference_mode():
            for text in texts:
                ids = torch.tensor([tokenizer.encode(text).ids[:256]])
                states = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
                found.append(torch.nn.functional.normalize(states.mean(1), dim=-1)[0])
        return torch.stack(found).numpy()

    return embed


def measure(source: Path) -> dict[str, Any]:
    from llmauto_agent.memory.embed import SHIPPED, OnnxEmbedder

    texts = [f.text for f in read_facts("en")]
    with tempfile.TemporaryDirectory() as name:
        whole = Path(name)
        script = HERE.parents[1] / "scripts" / "memory_encoder.py"
        subprocess.run(
            [sys.executable, str(script), "--from", str(source), "--precision", "fp32", "--out", name],
            check=True, capture_output=True,
        )  # fmt: skip
        report = {}
        for label, folder in (("int8, onnxruntime", SHIPPED), ("fp32, onnxruntime", whole)):
            embed = OnnxEmbedder(folder).embed
            load = [_seconds(_LOAD, str(folder)) for _ in range(REPEATS)]
            size = (folder / "encoder.onnx").stat().st_size
            report[label] = _line(load, embed, texts) | {"bytes": size}
    load = [_seconds(_LOAD_TORCH, str(source), str(HERE)) for _ in range(3)]
    embed = torch_encoder(str(source))
    report["fp32, torch"] = {
        "start and first text (ms)": round(statistics.median(load)),
        "each of many texts (ms)": _each(embed, texts[:60]),
    }
    return report


def _line(
    load: Sequence[float], embed: Callable[[Sequence[str]], Any], texts: Sequence[str]
) -> dict[str, Any]:
    return {
        "start and first text (ms)": round(statistics.median(load)),
        "each of many texts (ms)": _each(embed, texts),
        "recall@5, English, among the facts": _recall(embed),
    }


def _each(embed: Callable[[Sequence[str]], Any], texts: Sequence[str]) -> float:
    embed(texts[:5])
    began = time.perf_counter()
    embed(texts)
    return round(1_000 * (time.perf_counter() - began) / len(texts), 2)


def _recall(embed: Callable[[Sequence[str]], Any]) -> dict[str, float]:
    import numpy as np

    facts = [f for language in ("en", "zh") for f in read_facts(language)]
    rows = embed([f.text for f in facts])
    found = {}
    for label in ("plain", "free"):
        asked = [(q, i) for i, f in enumerate(facts) if f.language == "en" for q in getattr(f, label)]
        best = np.argsort(-(embed([q for q, _ in asked]) @ rows.T), axis=1)[:, :5]
        found[label] = round(float(np.mean([i in row for row, (_, i) in zip(best, asked, strict=True)])), 4)
    return found


def _seconds(code: str, *arguments: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return float(json.loads(done.stdout.splitlines()[-1]))
