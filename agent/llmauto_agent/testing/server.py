"""A scripted server that speaks the OpenAI chat-completions protocol, on loopback.

>>> with ScriptedServer([Reply(tool_calls=[ToolCall("query", {"sql": "SELECT 1"})]), Reply("It is 1.")]) as s:
...     ChatOpenAI(model="scripted", base_url=s.url, api_key="none")

A step answers one request. After the last step it is repeated, so that an endless loop is one step.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool; `arguments` may be text, to send malformed JSON."""

    name: str
    arguments: dict[str, Any] | str = field(default_factory=dict)
    id: str | None = None

    def text(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class Reply:
    """An answer: text, tool calls, or both. `pieces` is how many chunks a streamed text comes in."""

    text: str = ""
    tool_calls: Sequence[ToolCall] = ()
    pieces: int = 4


@dataclass(frozen=True)
class Status:
    """An HTTP error such as 429 or 500."""

    code: int
    message: str = "scripted error"
    retry_after: float | None = None


@dataclass(frozen=True)
class Drop:
    """Close the connection, after `after` bytes of a streamed answer."""

    text: str = "cut"


@dataclass(frozen=True)
class Stall:
    """Send the first piece of a stream and then nothing for `seconds` (or until the server closes)."""

    seconds: float = 30.0


Step = Reply | Status | Drop | Stall | Callable[[dict[str, Any]], Reply]


class ScriptedServer:
    """Serves `steps` in order at `url`; `requests` are the parsed bodies, `wire` the raw bytes sent."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = list(steps)
        self.requests: list[dict[str, Any]] = []
        self.wire: list[bytes] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.script = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL, ending in /v1."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def next_step(self, body: bytes, headers: str) -> tuple[Step, dict[str, Any], int]:
        """Record a request and choose its step."""
        with self._lock:
            request = json.loads(body)
            number = len(self.requests)
            self.requests.append(request)
            self.wire.append(headers.encode() + body)
            return self.steps[min(number, len(self.steps) - 1)], request, number

    def wait(self, seconds: float) -> None:
        """Sleep, but not beyond the closing of the server."""
        self._closing.wait(seconds)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    script: ScriptedServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of many scripts."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def script(self) -> ScriptedServer:
        return cast("_Server", self.server).script

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet."""

    def do_GET(self) -> None:
        if self.path.rstrip("/").endswith("/models"):
            self._json(200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})
        else:
            self._json(404, {"error": {"message": f"no such path: {self.path}"}})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        step, request, number = self.script.next_step(body, str(self.headers))
        if callable(step):
            step = step(request)
        if isinstance(step, Status):
            self._error(step)
        elif isinstance(step, Reply) and not request.get("stream"):
            self._json(200, _completion(step, number))
        else:
            self._stream(step, number)

    def _error(self, step: Status) -> None:
        headers = {"Retry-After": str(step.retry_after)} if step.retry_after is not None else {}
        self._json(step.code, {"error": {"message": step.message, "type": "scripted"}}, headers)

    def _json(self, code: int, value: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, step: Step, number: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if isinstance(step, Drop):
            self._event(_chunk(number, {"role": "assistant", "content": step.text}))
            return
        if isinstance(step, Stall):
            self._event(_chunk(number, {"role": "assistant", "content": "…"}))
            self.script.wait(step.seconds)
            return
        assert isinstance(step, Reply)
        for delta in _deltas(step, number):
            self._event(_chunk(number, delta))
        self._event(_chunk(number, {}, "tool_calls" if step.tool_calls else "stop"))
        self._event(_chunk(number, None, usage=_USAGE))
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, value: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(value)}\n\n".encode())
        self.wfile.flush()


_USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def _calls(step: Reply, number: int, *, streamed: bool) -> list[dict[str, Any]]:
    return [
        {
            "id": c.id or f"call_{number}_{i}",
            "type": "function",
            "function": {"name": c.name, "arguments": c.text()},
        }
        | ({"index": i} if streamed else {})
        for i, c in enumerate(step.tool_calls)
    ]


def _deltas(step: Reply, number: int) -> list[dict[str, Any]]:
    size = max(1, -(-len(step.text) // max(1, step.pieces)))
    pieces = [step.text[i : i + size] for i in range(0, len(step.text), size)]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in pieces]
    for tool_call in _calls(step, number, streamed=True):
        arguments = tool_call["function"]["arguments"]
        half = len(arguments) // 2
        head = tool_call | {
            "function": {"name": tool_call["function"]["name"], "arguments": arguments[:half]}
        }
        tail = {"index": tool_call["index"], "function": {"arguments": arguments[half:]}}
        deltas += [{"tool_calls": [head]}, {"tool_calls": [tail]}]
    return deltas


def _chunk(
    number: int, delta: dict[str, Any] | None, finish: str | None = None, usage: dict[str, int] | None = None
) -> dict[str, Any]:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {
        "id": f"scripted-{number}",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": "scripted",
        "choices": choices,
        "usage": usage,
    }


def _completion(step: Reply, number: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": step.text or None}
    if step.tool_calls:
        message["tool_calls"] = _calls(step, number, streamed=False)
    return {
        "id": f"scripted-{number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": "scripted",
        "choices": [
            {"index": 0, "message": message, "finish_reason": "tool_calls" if step.tool_calls else "stop"}
        ],
        "usage": _USAGE,
    }
