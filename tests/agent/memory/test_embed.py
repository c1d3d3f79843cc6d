from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llmauto_agent.memory import embed
from llmauto_agent.memory.embed import SHIPPED, OnnxEmbedder, check_embedder, make_embedder
from llmauto_tools.errors import ModelError, UnreadableSource


class Server(HTTPServer):
    """An embedding server on loopback that speaks both protocols, over real HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, Any], str | None]] = []
        self.status = 200
        self.answer: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body, self.headers.get("Authorization")))
        vectors = [[float(len(t)), 3.0, 4.0] for t in body["input"]]
        data = [{"index": i, "embedding": v} for i, v in enumerate(vectors)]
        answer = self.server.answer or (
            {"embeddings": vectors} if self.path == "/api/embed" else {"data": data[::-1]}
        )
        content = json.dumps(answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


def test_the_shipped_encoder_knows_what_belongs_together() -> None:
    a, b, c = make_embedder("builtin").embed(
        ["how many customers left us", "the number of churned clients", "height of mountains in metres"]
    )
    assert a.shape == (384,)
    assert abs(float(np.linalg.norm(a)) - 1) < 1e-4
    assert a @ b > a @ c + 0.3


def test_the_vectors_do_not_depend_on_what_is_embedded_beside() -> None:
    encoder = make_embedder("builtin")
    texts = [
        "revenue",
        "a much longer sentence about the revenue of all the shops in the north of the country",
    ]
    together = encoder.embed(texts)
    alone = np.stack([encoder.embed([t])[0] for t in texts])
    assert np.array_equal(together, alone)
    assert encoder.embed([]).shape[0] == 0


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(SHIPPED, folder)
    graph = bytearray((folder / "encoder.onnx").read_bytes())
    graph[-1] ^= 1
    (folder / "encoder.onnx").write_bytes(graph)
    with pytest.raises(UnreadableSource, match="damaged"):
        OnnxEmbedder(folder)
    (folder / "encoder.onnx").unlink()
    with pytest.raises(UnreadableSource, match="cannot be read"):
        OnnxEmbedder(folder)


@pytest.mark.parametrize("spec", ["ollama:", "olama:x", "gpt", "openai:@http://x"])
def test_an_unknown_name_says_what_there_is(spec: str) -> None:
    with pytest.raises(ModelError, match="names no embedding model"):
        check_embedder(spec)


def test_openai_s_protocol_over_http(server: Server) -> None:
    made = make_embedder(f"openai:bge-m3@{server.url}/v1")
    vectors = made.embed(["a", "bb"])
    assert np.allclose(vectors[1], np.array([2, 3, 4]) / np.linalg.norm([2, 3, 4]), atol=1e-6)
    assert server.asked == [("/v1/embeddings", {"model": "bge-m3", "input": ["a", "bb"]}, None)]
    assert not made.remote
    assert made.name == f"openai:bge-m3@{server.url}/v1"


def test_a_key_goes_to_a_server_elsewhere_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert make_embedder("openai:x@http://127.0.0.1:9/v1")._key is None  # type: ignore[attr-defined]
    elsewhere = make_embedder("openai:x@https://models.example/v1")
    assert elsewhere.remote
    assert elsewhere._key == "sk-secret"  # type: ignore[attr-defined]
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ModelError, match="needs a key"):
        make_embedder("openai:text-embedding-3-small")


def test_ollama_s_protocol_over_http(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", server.url.removeprefix("http://"))
    assert make_embedder("ollama:nomic-embed-text").embed(["abc"]).shape == (1, 3)
    assert server.asked[0][0] == "/api/embed"


def test_many_texts_are_asked_in_parts(server: Server) -> None:
    assert make_embedder(f"ollama:x@{server.url}").embed(["t"] * 150).shape == (150, 3)
    assert [len(body["input"]) for _, body, _ in server.asked] == [64, 64, 22]


@pytest.mark.parametrize(
    "answer", [{"data": []}, {"error": "no"}, {"data": [{"index": 0, "embedding": [None]}]}]
)
def test_a_strange_answer_is_told(server: Server, answer: Any) -> None:
    server.answer = answer
    with pytest.raises(ModelError, match="none that llmauto knows"):
        make_embedder(f"openai:x@{server.url}").embed(["a"])


def test_a_refusal_and_a_dead_server_are_told(server: Server) -> None:
    server.status = 404
    with pytest.raises(ModelError, match="refused: 404"):
        make_embedder(f"openai:x@{server.url}").embed(["a"])
    with pytest.raises(ModelError, match="cannot be reached"):
        make_embedder("openai:x@http://127.0.0.1:9/v1").embed(["a"])


def test_a_missing_library_says_how_to_add_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", None)
    with pytest.raises(ModelError, match="pip install sentence-transformers"):
        make_embedder("sentence-transformers:x")


def test_the_card_names_the_license_and_what_it_was_made_from() -> None:
    card = json.loads((SHIPPED / "model.json").read_text("utf-8"))
    assert card["license"] == "Apache-2.0"
    assert card["made_from"]["model.safetensors"].startswith("53aa5117")
    assert (SHIPPED / "LICENSE.md").exists()
    assert sum(f.stat().st_size for f in SHIPPED.iterdir()) < 25_000_000
    assert embed.make_embedder("builtin") is embed.make_embedder("builtin")
