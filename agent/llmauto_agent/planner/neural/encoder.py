"""The encoder that training starts from, with a vocabulary that also knows Chinese characters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from llmauto_agent.planner.tokens import has_cjk
from llmauto_tools.errors import UnreadableSource

MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
"""sentence-transformers/all-MiniLM-L6-v2, model.safetensors and tokenizer.json as they were published."""


def verified(folder: Path) -> Path:
    """The folder, after its two files were checked. Raises UnreadableSource for any other content."""
    for name, wanted in (("model.safetensors", MODEL_SHA256), ("tokenizer.json", TOKENIZER_SHA256)):
        path = folder / name
        if not path.is_file():
            raise UnreadableSource(f"{path} is missing.", "It holds the encoder all-MiniLM-L6-v2.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
            raise UnreadableSource(f"{path} is not the published file.", "Take it from the model's own page.")
    return folder


def extended_tokenizer(folder: Path, texts: Iterable[str], at_least: int = 2) -> str:
    """The published tokenizer as JSON, with more Chinese characters.

    Those that the texts hold so often, and the 3,755 common ones of GB 2312: a character that no training
    text holds can still be matched with itself, which an unknown one cannot.
    """
    counts: dict[str, int] = dict.fromkeys(_common_characters(), at_least)
    for text in texts:
        for char in text:
            if has_cjk(char):
                counts[char] = counts.get(char, 0) + 1
    stored: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    vocabulary: dict[str, int] = stored["model"]["vocab"]
    for char in sorted(c for c, n in counts.items() if n >= at_least and c not in vocabulary):
        vocabulary[char] = len(vocabulary)
    stored["truncation"] = stored["padding"] = None
    return json.dumps(stored, ensure_ascii=False)


def _common_characters() -> list[str]:
    """The first level of GB 2312: rows 16 to 55 of its table."""
    codes = (bytes((0xA0 + row, 0xA0 + cell)) for row in range(16, 56) for cell in range(1, 95))
    return [c for code in codes if (c := code.decode("gb2312", "ignore"))]


def load_encoder(folder: Path) -> Any:
    """A transformers BertModel (torch) with the published weights."""
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    config = BertConfig.from_pretrained(
        str(folder), hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    model = BertModel(config, add_pooling_layer=False)
    weights = load_file(str(folder / "model.safetensors"))
    missing, _ = model.load_state_dict(
        {k: v for k, v in weights.items() if not k.startswith("pooler.")}, strict=False
    )
    if missing:
        raise UnreadableSource(f"The encoder lacks {missing[0]}.")
    return model
