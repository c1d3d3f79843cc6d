"""Embedding models by one string: texts to unit vectors.

    builtin                         all-MiniLM-L6-v2, part of the package; needs no network
    sentence-transformers:NAME      a model of that library, in this process
    ollama:NAME                     a local Ollama server (OLLAMA_HOST)
    openai:NAME                     OpenAI, or any server with /v1/embeddings (OPENAI_BASE_URL)
    openai:NAME@URL                 such a server by its address: openai:bge-m3@http://127.0.0.1:8000/v1

A model that is not on this machine is used only where the person chose it; there is no fallback to it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from llmauto_tools.errors import ModelError, UnreadableSource, did_you_mean

if TYPE_CHECKING:
    import numpy as np

BUILTIN = "builtin"
SHIPPED = Path(__file__).parent / "encoder"
_REMOTE = {"ollama", "openai"}
_PROVIDERS = ("sentence-transformers", "ollama", "openai")
_MANY = 16
"""Texts from which several threads share the work."""
_REPAIR = "Install llmauto again, or name another model with: llmauto config set embedder NAME"


class Embedder(Protocol):
    """Makes unit vectors of texts. `name` tells the vectors of one model from another's."""

    name: str
    remote: bool
    """Whether texts leave this machine."""

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One unit vector per text: float32, (texts, dimensions). Raises ModelError."""
        ...


def check_embedder(spec: str) -> None:
    """Raise ModelError unless `spec` has a form that `make_embedder` knows. Imports nothing."""
    provider, _, name = spec.partition(":")
    if spec == BUILTIN or (provider in _PROVIDERS and name.partition("@")[0]):
        return
    known = [BUILTIN, *(f"{p}:NAME" for p in _PROVIDERS)]
    hint = did_you_mean(provider, [BUILTIN, *_PROVIDERS]) or f"Use one of: {', '.join(known)}."
    raise ModelError(f"'{spec}' names no embedding model that llmauto can use.", hint)


def make_embedder(spec: str = BUILTIN) -> Embedder:
    """The embedding model of that name. Raises ModelError, or MissingExtra when its package is missing."""
    check_embedder(spec)
    if spec == BUILTIN:
        return shipped()
    provider, _, name = spec.partition(":")
    if provider in _REMOTE:
        from llmauto_agent.memory.embed_http import HttpEmbedder

        return HttpEmbedder(provider, name)
    from llmauto_agent.memory.embed_local import SentenceTransformersEmbedder

    return SentenceTransformersEmbedder(name)


def is_shipped(spec: str) -> bool:
    return spec == BUILTIN


def model_name(spec: str) -> str:
    """The name that a model's vectors go by, without loading it."""
    if spec != BUILTIN:
        return spec
    card = json.loads((SHIPPED / "model.json").read_text("utf-8"))
    return _name(card)


def _name(card: dict[str, Any]) -> str:
    return f"{card['name']}-{card['precision']}-{card['files']['encoder.onnx'][:8]}"


@lru_cache(maxsize=1)
def shipped() -> OnnxEmbedder:
    """The model that comes with the package, loaded once in a process."""
    return OnnxEmbedder(SHIPPED)


class OnnxEmbedder:
    """A sentence encoder under onnxruntime. Safe in several threads."""

    remote = False

    def __init__(self, folder: Path = SHIPPED) -> None:
        """Load and verify. Raises UnreadableSource where a file is missing or is not the one that was made."""
        card, graph, pieces = _verified(folder)
        import onnxruntime
        from tokenizers import Tokenizer

        self.name = _name(card)
        self._tokenizer = Tokenizer.from_str(pieces)
        self._tokenizer.enable_truncation(card["max_pieces"])
        options = onnxruntime.SessionOptions()
        # One thread is as fast for a sentence and leaves the other core to DuckDB; the graph is fused already.
        options.intra_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One unit vector per text; a text beyond `max_pieces` word pieces is cut."""
        import numpy as np

        pieces = [e.ids for e in self._tokenizer.encode_batch(list(texts))]
        if len(pieces) < _MANY:
            found = [self._vector(ids) for ids in pieces]
        else:
            with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
                found = list(pool.map(self._vector, pieces))
        return np.stack(found) if found else np.zeros((0, 0), np.float32)

    def _vector(self, pieces: list[int]) -> Any:
        """The vector of one text. The scale of int8 activations is that of a whole batch, so that in a batch a
        text's vector would depend on what it is embedded beside."""
        import numpy as np

        ids = np.array([pieces], dtype=np.int64)
        [vectors] = self._session.run(None, {"ids": ids, "mask": np.ones_like(ids)})
        return vectors[0]


def _verified(folder: Path) -> tuple[dict[str, Any], bytes, str]:
    """The card, the graph and the tokenizer, after their checksums were compared."""
    try:
        card: dict[str, Any] = json.loads((folder / "model.json").read_text("utf-8"))
        read = {name: (folder / name).read_bytes() for name in card["files"]}
        graph, pieces = read["encoder.onnx"], read["tokenizer.json"].decode("utf-8")
    except (OSError, KeyError, ValueError) as e:
        raise UnreadableSource(f"The encoder in {folder} cannot be read: {e}.", _REPAIR) from e
    for name, content in read.items():
        if hashlib.sha256(content).hexdigest() != card["files"][name]:
            raise UnreadableSource(f"The encoder's file {folder / name} is damaged.", _REPAIR)
    return card, graph, pieces


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows of length 1 (a row of zeros stays)."""
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)
