"""The trained planner as the product runs it: two ONNX graphs under onnxruntime, without torch."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llmauto_agent.planner.neural.inputs import Encoded, Pieces
from llmauto_tools.errors import UnreadableSource

if TYPE_CHECKING:
    import onnxruntime

SHIPPED = Path(__file__).parent / "weights"
_REPAIR = "Install llmauto again, or name another planner in the configuration."


@dataclass
class _Prepared:
    """What is computed once for a request, and the steps of its beams so far."""

    across: np.ndarray
    read: np.ndarray
    keys: np.ndarray
    kinds: np.ndarray
    memory: np.ndarray


class Runtime:
    """Loaded weights: word pieces, and the scores that `search` asks for. Safe in several threads."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        """Load and verify. Raises UnreadableSource where a file is missing or is not the one that was made."""
        self.card = verified_card(folder)
        self.calibration: list[float] = self.card.get("calibration") or [0.0, 1.0, *[0.0] * 10]
        from tokenizers import Tokenizer

        self.pieces = Pieces(Tokenizer.from_file(str(folder / "tokenizer.json")))
        self._encoder = _session(folder / "encoder.onnx")
        self._decoder = _session(folder / "decoder.onnx")

    def prepare(self, encoded: Encoded) -> _Prepared:
        def row(values: Sequence[int]) -> np.ndarray:
            return np.array([values], dtype=np.int64)

        kinds = row(encoded.kinds)
        across, read, keys = self._encoder.run(
            None,
            {
                "ids": row(encoded.ids), "segments": row(encoded.segments), "levels": row(encoded.levels),
                "flags": row(encoded.flags), "places": row(encoded.places), "kinds": kinds,
            },
        )  # fmt: skip
        layers, _, heads, _, width = across.shape
        return _Prepared(across, read, keys, kinds, np.zeros((layers, 1, heads, 0, width), np.float32))

    def advance(
        self, prepared: _Prepared, parents: np.ndarray, before: np.ndarray, symbols: np.ndarray
    ) -> np.ndarray:
        memory = prepared.memory[:, parents]
        given = {
            "across": prepared.across, "read": prepared.read, "keys": prepared.keys, "kinds": prepared.kinds,
            "before": before, "symbols": symbols, "place": np.array([memory.shape[3]]), "memory": memory,
        }  # fmt: skip
        scores, prepared.memory = self._decoder.run(None, given)
        return np.asarray(scores)


def verified_card(folder: Path) -> dict[str, Any]:
    """What model.json says, after every file's checksum was compared."""
    try:
        card: dict[str, Any] = json.loads((folder / "model.json").read_text("utf-8"))
        for name, wanted in card["files"].items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != wanted:
                raise UnreadableSource(f"The planner's file {folder / name} is damaged.", _REPAIR)
    except (OSError, KeyError, ValueError) as e:
        raise UnreadableSource(f"The planner's weights in {folder} cannot be read: {e}.", _REPAIR) from e
    return card


def _session(path: Path) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # `export` has optimised the graphs. One thread: two wait for each other wherever other work runs.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


_loaded: dict[Path, Runtime] = {}
_loading = threading.Lock()


def forget() -> None:
    """Let go of all weights, so that they are read again."""
    with _loading:
        _loaded.clear()


def loaded(folder: Path = SHIPPED) -> Runtime:
    """The weights of a folder, loaded once in a process; a second caller waits for the first."""
    with _loading:
        if folder not in _loaded:
            _loaded[folder] = Runtime(folder)
        return _loaded[folder]
