"""`llmauto models`: what it finds on this machine, and that it asks no other one."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from llmauto.cli import models
from llmauto.cli.program import run_command
from llmauto_agent.testing import Reply, ScriptedServer


class _Ollama(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"models": [{"name": "qwen3:4b"}, {"name": "evil\x1b[31m"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Ollama)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    host = f"127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("OLLAMA_HOST", host)
    yield host
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "PORTS", ())
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")  # nothing listens there
    for name in ("HF_HOME", "HF_HUB_CACHE", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run_command(["models", "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_builtin_model_is_always_there(capsys: pytest.CaptureFixture[str]) -> None:
    found = listed(capsys)["models"]
    assert (found[0]["name"], found[0]["ready"]) == ("builtin", True)
    assert [m["ready"] for m in found[1:]] == [False] * (len(found) - 1)
    assert all(m["commands"] for m in found), "each says what to do"


def test_local_servers_that_answer(
    ollama: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer([Reply("")]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        commands = [c for m in listed(capsys)["models"] for c in m["commands"]]
        assert "llmauto chat FILE --model ollama:qwen3:4b" in commands
        assert f"OPENAI_BASE_URL={server.url} llmauto chat FILE --model openai:scripted" in commands
        assert run_command(["models"]) == 0
        assert "\x1b[31m" not in capsys.readouterr().out


def test_a_server_that_is_not_up_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert any("no server answers at http://127.0.0.1:1/v1" in m["detail"] for m in listed(capsys)["models"])


def test_other_machines_are_not_asked_and_keys_not_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(models, "_get", lambda url: asked.append(url))
    monkeypatch.setenv("OPENAI_BASE_URL", "https://name:secret@models.example.org/v1")
    monkeypatch.setenv("OLLAMA_HOST", "http://gpu.example.org:11434")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
    text = json.dumps(listed(capsys))
    assert asked == []
    assert "models.example.org" in text
    assert "secret" not in text
    assert "sk-planted" not in text


def test_the_hub_cache_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hub" / "models--Qwen--Qwen3-4B").mkdir(parents=True)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert listed(capsys)["hub_cache"] == ["Qwen/Qwen3-4B"]


KEYRING = """
import keyring, keyring.backend
class Planted(keyring.backend.KeyringBackend):
    priority = 1
    def get_password(self, service, name):
        return "sk-from-the-keyring-1" if (service, name) == ("llmauto", "OPENAI_API_KEY") else None
    def set_password(self, *a): pass
    def delete_password(self, *a): pass
keyring.set_keyring(Planted())
from llmauto_agent.keys import find_key
from llmauto_agent.models import make_model
from llmauto_agent.middleware import without_secrets
print(find_key("openai"), find_key("anthropic"))
model = make_model("openai:x", None)
print(model.openai_api_key.get_secret_value() == "sk-from-the-keyring-1", repr(model))
print(without_secrets("refused: sk-from-the-keyring-1"))
"""


def test_a_key_from_the_keyring_is_used_and_not_shown() -> None:
    pytest.importorskip("keyring", reason="the optional package keyring is not installed")
    done = subprocess.run([sys.executable, "-c", KEYRING], capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Key(origin='keyring') None" in done.stdout
    assert "True" in done.stdout
    assert "refused: ***" in done.stdout
    assert "sk-from-the-keyring" not in done.stdout


def test_a_missing_key_is_said_with_what_to_do(
    orders_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run_command(["ask", "how many?", str(orders_csv), "-m", "openai:x", "-w", str(tmp_path / "w")])
    assert code == 5
    assert "OPENAI_API_KEY" in capsys.readouterr().err
