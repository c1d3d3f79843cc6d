"""Which tool a request is for, by a linear model over its words and characters.

Trained by `llmauto_agent.planner.training.tool_choice` on phrasings that were written for it; it knows far
more wordings than the cues do and needs a millisecond.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmauto_agent.planner.tokens import fold

FILE = Path(__file__).parent.parent / "data" / "tool_choice.npz"
BUCKETS = 1 << 15
_PIECE = re.compile(r"[a-z]+(?:'[a-z]+)?|@\d+|\d+|[\u4e00-\u9fff]")


def grams(text: str) -> dict[int, float]:
    """Counts of hashed n-grams: 1 to 3 words (or Chinese characters), and 3 to 5 letters of a word."""
    pieces = ["0" if p.isdigit() else p for p in _PIECE.findall(fold(text))]
    found: dict[int, float] = {}
    marked = ["<", *pieces, ">"]
    for size, weight in ((1, 1.0), (2, 1.0), (3, 0.7)):
        for i in range(len(marked) - size + 1):
            _add(found, "w" + " ".join(marked[i : i + size]), weight)
    for piece in pieces:
        word = f"<{piece}>"
        for size in (3, 4, 5):
            for i in range(len(word) - size + 1):
                _add(found, "c" + word[i : i + size], 0.35)
    return found


def _add(found: dict[int, float], gram: str, weight: float) -> None:
    bucket = zlib.crc32(gram.encode()) % BUCKETS
    found[bucket] = found.get(bucket, 0.0) + weight


@lru_cache(maxsize=1)
def _model() -> dict[str, Any] | None:
    if not FILE.exists():
        return None
    import numpy as np

    with np.load(FILE) as stored:
        return {name: stored[name] for name in ("weights", "scale", "bias", "tools")}


@lru_cache(maxsize=256)
def choice(text: str) -> dict[str, float]:
    """The probability of each tool, "other" for a request that is for none; empty without the model."""
    model = _model()
    if model is None:
        return {}
    import numpy as np

    counts = grams(text)
    norm = sum(v * v for v in counts.values()) ** 0.5 or 1.0
    columns = list(counts)
    values = np.array([counts[c] / norm for c in columns], dtype=np.float32)
    logits = (model["weights"][:, columns].astype(np.float32) * model["scale"]) @ values + model["bias"]
    odds = np.exp(logits - logits.max())
    return dict(zip(map(str, model["tools"]), (odds / odds.sum()).tolist(), strict=True))
