"""`llmauto models`: the chat models that can be used here, and what to type for each.

Only this machine is asked: servers on loopback, the hub's cache, nvidia-smi. An OPENAI_BASE_URL that points
elsewhere is named and not contacted.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from llmauto import exits
from llmauto.cli import checks
from llmauto.render.screen import Screen, screen_for
from llmauto.render.text import clean
from llmauto_agent.keys import KEY_NAMES, find_key
from llmauto_agent.models import is_loopback

TIMEOUT = 1.0
"""Seconds that a server on this machine has to list its models."""
PORTS = (8000, 8080, 1234)
"""Where vLLM, llama.cpp's server and LM Studio listen when they are not told otherwise."""
MOST_MODELS = 20
_PACKAGES = {"openai": "langchain_openai", "anthropic": "langchain_anthropic", "ollama": "langchain_ollama"}


@dataclass(frozen=True)
class Usable:
    """A way to a chat model: whether it can be used now, and the commands that use it or make it usable."""

    name: str
    ready: bool
    detail: str
    commands: list[str] = field(default_factory=list)


def models_command(as_json: bool) -> int:
    """Print what can be used here, and what to type."""
    found = list(usable_models())
    gpus = [c.detail for c in checks.gpu() if c.name != "gpu"]
    cached = [p.name[len("models--") :].replace("--", "/") for p in sorted(_hub_cache().glob("models--*"))]
    if as_json:
        from llmauto.render.streams import print_json

        print_json({"version": 1, "models": [asdict(u) for u in found], "hub_cache": cached, "gpus": gpus})
    else:
        _print(found, cached, gpus, screen_for(sys.stdout))
    return exits.ANSWERED


def usable_models() -> Iterable[Usable]:
    """The built-in model, the servers on this machine, and the providers."""
    yield Usable("builtin", True, "part of llmauto: offline, no key", ["llmauto chat FILE"])
    bases = _openai_bases()
    with ThreadPoolExecutor(max_workers=len(bases) + 1) as pool:
        ollama = pool.submit(_ollama)
        servers = [s for s in pool.map(_openai_server, bases) if s is not None]
    yield ollama.result()
    yield from servers
    named = os.environ.get("OPENAI_BASE_URL") or ""
    if not is_loopback(named):
        yield _provider("openai")
    elif not any(named in s.detail for s in servers):
        yield Usable("openai:NAME", False, f"no server answers at {_without_user(named)} (OPENAI_BASE_URL)")
    yield _provider("anthropic")


def _provider(name: str) -> Usable:
    """A provider on the network: its package and its key are looked for, nothing is sent."""
    wanted = []
    if importlib.util.find_spec(_PACKAGES[name]) is None:
        wanted.append(f"pip install 'llmauto[{name}]'")
    key = find_key(name)
    if key is None:
        wanted.append(f"export {KEY_NAMES[name]}=…   (or: keyring set llmauto {KEY_NAMES[name]})")
    where = f"key from the {key.origin}" if key else "no key"
    base = os.environ.get("OPENAI_BASE_URL") if name == "openai" else None
    detail = f"{where}, {'package missing' if len(wanted) > (key is None) else 'package installed'}"
    detail += f", sends to {_without_user(base)}" if base else ""
    return Usable(f"{name}:NAME", not wanted, detail, wanted or [f"llmauto chat FILE --model {name}:NAME"])


def _ollama() -> Usable:
    base = os.environ.get("OLLAMA_HOST") or "http://127.0.0.1:11434"
    base = base if "://" in base else f"http://{base}"
    if not is_loopback(base):
        return Usable("ollama:NAME", True, f"OLLAMA_HOST is {_without_user(base)}, which is not asked",
                      ["llmauto chat FILE --model ollama:NAME"])  # fmt: skip
    told = _get(f"{base.rstrip('/')}/api/tags")
    if told is None:
        return Usable("ollama:NAME", False, f"no server answers at {base}",
                      ["ollama serve", "ollama pull qwen3:4b"])  # fmt: skip
    names = [str(m.get("name")) for m in told.get("models", []) if isinstance(m, dict)]
    missing = importlib.util.find_spec(_PACKAGES["ollama"]) is None
    use = [f"llmauto chat FILE --model ollama:{n}" for n in names[:MOST_MODELS]] or ["ollama pull qwen3:4b"]
    return Usable(
        "ollama:NAME",
        bool(names) and not missing,
        f"a server answers at {base} with {len(names)} models",
        ["pip install 'llmauto[ollama]'"] * missing + use,
    )


def _openai_bases() -> list[str]:
    named = os.environ.get("OPENAI_BASE_URL")
    bases = [named] if named and is_loopback(named) else []
    return list(dict.fromkeys([*bases, *(f"http://127.0.0.1:{port}/v1" for port in PORTS)]))


def _openai_server(base: str) -> Usable | None:
    """A server on this machine that speaks OpenAI's protocol, or None where none answers."""
    told = _get(f"{base.rstrip('/')}/models")
    listed = told.get("data") if told else None
    if not isinstance(listed, list):
        return None
    names = [str(m.get("id")) for m in listed if isinstance(m, dict)]
    missing = importlib.util.find_spec(_PACKAGES["openai"]) is None
    prefix = f"OPENAI_BASE_URL={base} llmauto chat FILE --model openai:"
    return Usable(
        "openai:NAME",
        bool(names) and not missing,
        f"a server answers at {base} with {len(names)} models",
        ["pip install 'llmauto[openai]'"] * missing + [prefix + n for n in names[:MOST_MODELS]],
    )


def _without_user(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _get(url: str) -> dict[str, Any] | None:
    """The JSON object at a URL of this machine, without any proxy; None where there is none."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    try:
        with opener.open(url, timeout=TIMEOUT) as response:
            value = json.loads(response.read(1 << 20))
    except (OSError, ValueError, http.client.HTTPException):
        return None
    return value if isinstance(value, dict) else None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A server on this machine must not send us elsewhere."""

    def redirect_request(self, *args: Any, **options: Any) -> None:
        return None


def _hub_cache() -> Path:
    home = os.environ.get("HF_HOME") or str(Path.home() / ".cache" / "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")


def _print(found: list[Usable], cached: list[str], gpus: list[str], screen: Screen) -> None:
    from rich.text import Text

    console = screen.console()
    for usable in found:
        mark = ("✓" if screen.unicode else "ok") if usable.ready else ("·" if screen.unicode else "--")
        line = Text(f"{mark} ", style="green" if usable.ready else "dim")
        line.append(clean(usable.name, screen.unicode), style="bold" if usable.ready else "")
        line.append(f"  {clean(usable.detail, screen.unicode)}")
        console.print(line)
        for command in usable.commands:
            # Not wrapped: it is there to be copied.
            console.print(Text(f"    {clean(command, screen.unicode)}", style="dim"), soft_wrap=True)
    shown = ", ".join(cached[:10]) + (f" and {len(cached) - 10} more" if len(cached) > 10 else "")
    console.print(Text(f"hub cache: {clean(shown, screen.unicode) or 'no models'}"))
    console.print(Text(f"GPU: {clean('; '.join(gpus), screen.unicode) or 'none'}"))
