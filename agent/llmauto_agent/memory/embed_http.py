"""Embedding models behind a server: OpenAI's /v1/embeddings, which many servers speak, and Ollama's /api/embed."""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmauto_agent.keys import KEY_NAMES, find_key
from llmauto_agent.memory.embed import unit
from llmauto_agent.models import is_loopback
from llmauto_tools.errors import ModelError

if TYPE_CHECKING:
    import numpy as np

_OPENAI = "https://api.openai.com/v1"
_OLLAMA = "http://127.0.0.1:11434"
_SECONDS = 60.0
_TEXTS = 64
"""Texts in one request."""


class HttpEmbedder:
    """Asks a server for vectors. `name` is what the person wrote, so that another server is another model."""

    def __init__(self, provider: str, name: str) -> None:
        """`name` may end in @URL. Raises ModelError where the provider needs a key and there is none."""
        self.name = f"{provider}:{name}"
        self._provider = provider
        self._model, _, url = name.partition("@")
        self._url = (url or _default_url(provider)).rstrip("/")
        if not self._url.startswith(("http://", "https://")):
            raise ModelError(
                f"'{self._url}' is no address of a server.", "It begins with http:// or https://."
            )
        self.remote = not is_loopback(self._url)
        self._key = self._find_key()

    def _find_key(self) -> str | None:
        if self._provider != "openai" or not self.remote:
            return None
        found = find_key("openai")
        if found is None and self._url == _OPENAI:
            name = KEY_NAMES["openai"]
            raise ModelError(
                f"The embedding model '{self.name}' needs a key, and there is none.",
                f"Set {name}, or keep it in the system's keyring: keyring set llmauto {name}",
            )
        return found.value if found else None

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One unit vector per text. Raises ModelError where the server fails or answers something else."""
        import numpy as np

        rows: list[Any] = []
        for start in range(0, len(texts), _TEXTS):
            rows += self._ask(list(texts[start : start + _TEXTS]))
        try:
            vectors = np.asarray(rows, dtype=np.float32)
        except ValueError as e:
            raise self._strange("its vectors are of different lengths") from e
        if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
            raise self._strange("it sent no vector for each text")
        return unit(vectors)

    def _ask(self, texts: list[str]) -> list[Any]:
        path = "/api/embed" if self._provider == "ollama" else "/embeddings"
        body = json.dumps({"model": self._model, "input": texts}).encode()
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(self._url + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as response:
                answer = json.load(response)
            if self._provider == "ollama":
                return list(answer["embeddings"])
            return [item["embedding"] for item in sorted(answer["data"], key=lambda item: item["index"])]
        except urllib.error.HTTPError as e:
            raise ModelError(f"The embedding server refused: {e.code} {e.reason}.", self._hint()) from e
        except (OSError, http.client.HTTPException) as e:
            raise ModelError(
                f"The embedding server at {self._url} cannot be reached: {e}.", self._hint()
            ) from e
        except (ValueError, KeyError, TypeError) as e:
            raise self._strange("its answer has another form") from e

    def _strange(self, what: str) -> ModelError:
        return ModelError(
            f"The embedding server at {self._url} is none that llmauto knows: {what}.", self._hint()
        )

    def _hint(self) -> str:
        return "Check the server, or go back to: llmauto config set embedder builtin"


def _default_url(provider: str) -> str:
    if provider == "openai":
        return os.environ.get("OPENAI_BASE_URL") or _OPENAI
    host = os.environ.get("OLLAMA_HOST") or _OLLAMA
    return host if "://" in host else f"http://{host}"
