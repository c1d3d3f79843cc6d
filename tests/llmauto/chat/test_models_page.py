"""Each command of docs/models.md is run against a server that speaks the provider's protocol; and
docs/privacy.md shows what the program sends today."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from llmauto.cli.program import run_command
from llmauto_agent.testing import Reply, ScriptedServer

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "models.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
SAID = "I am here."

OLLAMA = [
    {"model": "m", "message": {"role": "assistant", "content": SAID}, "done": False},
    {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"},
]
ANTHROPIC = [
    {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "model": "m",
     "content": [], "stop_reason": None, "usage": {"input_tokens": 1, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": SAID}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
]  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    """Answers as Ollama (/api/chat) or Anthropic (/v1/messages) would, streaming."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))  # type: ignore[attr-defined]
        ollama = self.path == "/api/chat"
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson" if ollama else "text/event-stream")
        self.end_headers()
        for event in OLLAMA if ollama else ANTHROPIC:
            text = json.dumps(event) + "\n"
            self.wfile.write((text if ollama else f"event: {event['type']}\ndata: {text}\n").encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet."""


@contextmanager
def other_provider() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def run_block(orders_csv: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the last line of a block with what its other lines export."""

    def run(block: str, **environment: str) -> int:
        *exports, command = block.strip().split("\n")
        for line in exports:
            assert line.startswith("export ")
            for assignment in shlex.split(line)[1:]:
                name, _, value = assignment.partition("=")
                monkeypatch.setenv(name, environment.get(name) or "test-key")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        program, *arguments = shlex.split(command)
        assert program == "llmauto"
        return run_command(arguments)

    return run


def test_the_page_has_a_command_for_each_kind() -> None:
    kinds = [re.search(r"--model (\w+)", b)[1] for b in BLOCKS]  # type: ignore[index]
    assert set(kinds) == {"builtin", "openai", "anthropic", "ollama"}


@pytest.mark.parametrize("block", [b for b in BLOCKS if "openai:" in b])
def test_openai_and_its_likes(run_block: Any, block: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedServer([Reply(SAID)]) as server:
        # OpenAI's own address is the one thing that a test has to change.
        assert run_block(block, OPENAI_BASE_URL=server.url) == 0
        assert server.requests[0]["model"] == re.search(r"openai:(\S+)", block)[1]  # type: ignore[index]
    assert SAID in capsys.readouterr().out


def test_anthropic(run_block: Any, capsys: pytest.CaptureFixture[str]) -> None:
    [block] = [b for b in BLOCKS if "anthropic:" in b]
    with other_provider() as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        assert run_block(block, ANTHROPIC_API_URL=url, ANTHROPIC_BASE_URL=url) == 0
        [(path, body)] = server.asked
    assert path == "/v1/messages"
    assert "query" in [t["name"] for t in body["tools"]]
    assert SAID in capsys.readouterr().out


def test_ollama(run_block: Any, capsys: pytest.CaptureFixture[str]) -> None:
    [block] = [b for b in BLOCKS if "ollama:" in b]
    with other_provider() as server:
        assert run_block(block, OLLAMA_HOST=f"http://127.0.0.1:{server.server_address[1]}") == 0
        [(path, body)] = server.asked
    assert (path, body["model"]) == ("/api/chat", "qwen3:8b")
    assert SAID in capsys.readouterr().out


def test_builtin(run_block: Any, capsys: pytest.CaptureFixture[str]) -> None:
    [block] = [b for b in BLOCKS if "builtin" in b]
    assert run_block(block) == 0
    assert "5" in capsys.readouterr().out


def test_the_privacy_page_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    made = runpy.run_path(str(ROOT / "scripts" / "privacy.py"))
    page = (ROOT / "docs" / "privacy.md").read_text("utf-8")
    assert made["filled"](page) == page, "run scripts/privacy.py"


def test_every_command_of_the_chat_is_on_its_page() -> None:
    from llmauto.chat.commands import COMMANDS

    page = (ROOT / "docs" / "chat.md").read_text("utf-8")
    assert [c.usage for c in COMMANDS.values() if f"| `{c.usage}` |" not in page] == []
