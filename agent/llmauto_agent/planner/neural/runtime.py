"""The trained planner as the product runs it: two ONNX graphs under onnxruntime, without torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
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
    states: np.ndarray
    read: np.ndarray
    keys: np.ndarray
    kinds: np.ndarray


class Runtime:
    """Loaded weights: word pieces, and the scores that `search` asks for. Safe in several threads."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        """Load and verify. Raises UnreadableSource where a file is missing or is not the one that was made."""
        self.card = verified_card(folder)
        self.calibration: list[float] = self.card.get("calibration") or [0.0, 1.0, *[0.0] * 6]
        from tokenizers import Tokenizer

        self.pieces = Pieces(Tokenizer.from_file(str(folder / "tokenizer.json")))
        self._encoder = _session(folder / "encoder.onnx")
        self._decoder = _session(folder / "decoder.onnx")

    def prepare(self, encoded: Encoded) -> _Prepared:
        def row(values: Sequence[int]) -> np.ndarray:
            return np.array([values], dtype=np.int64)

        kinds = row(encoded.kinds)
        states, read, keys = self._encoder.run(
            None,
            {
                "ids": row(encoded.ids), "segments": row(encoded.segments), "levels": row(encoded.levels),
                "flags": row(encoded.flags), "places": row(encoded.places), "kinds": kinds,
            },
        )  # fmt: skip
        return _Prepared(states, read, keys, kinds)

    def scores(self, prepared: _Prepared, before: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        given = {
            "states": prepared.states, "read": prepared.read, "keys": prepared.keys, "kinds": prepared.kinds,
            "before": before, "symbols": symbols,
        }  # fmt: skip
        [scores] = self._decoder.run(None, given)
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
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@lru_cache(maxsize=2)
def loaded(folder: Path = SHIPPED) -> Runtime:
    """The weights of a folder, loaded once in a process."""
    return Runtime(folder)
