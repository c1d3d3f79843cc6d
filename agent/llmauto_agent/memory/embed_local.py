"""Embedding models of the library sentence-transformers, in this process."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmauto_agent.memory.embed import unit
from llmauto_tools.errors import ModelError

if TYPE_CHECKING:
    import numpy as np


class SentenceTransformersEmbedder:
    """A model by its name or folder. It is taken from the hub's cache where it is there; else the library fetches it."""

    remote = False

    def __init__(self, name: str) -> None:
        """Load. Raises ModelError without the library, or where the model cannot be loaded."""
        try:
            library: Any = importlib.import_module("sentence_transformers")
        except ImportError as e:
            raise ModelError(
                f"The embedding model '{name}' needs the library sentence-transformers.",
                "Add it with: pip install sentence-transformers",
            ) from e
        self.name = f"sentence-transformers:{name}"
        try:
            self._model = library.SentenceTransformer(name)
        except Exception as e:  # the library raises whatever its parts raise
            raise ModelError(f"The embedding model '{name}' cannot be loaded: {str(e)[:300]}") from e

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One unit vector per text."""
        import numpy as np

        vectors = self._model.encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
        return unit(np.asarray(vectors, dtype=np.float32))
