"""Chat models by one string: `builtin`, and the providers that LangChain integrates.

    builtin             the planner that is part of llmauto: offline, no key
    openai:NAME         OpenAI, or any server that speaks its protocol (OPENAI_BASE_URL)
    anthropic:NAME      Anthropic
    ollama:NAME         a local Ollama server
    hf:NAME             a transformers model in process (not yet)

A remote model is used only when the person chose it; there is no fallback from one to another.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from llmauto_agent.keys import KEY_NAMES, find_key
from llmauto_tools.errors import MissingExtra, ModelError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel

    from llmauto_tools.workspace import Workspace

_PROVIDERS = {
    "openai": ("langchain_openai", "ChatOpenAI"),
    "anthropic": ("langchain_anthropic", "ChatAnthropic"),
    "ollama": ("langchain_ollama", "ChatOllama"),
}

_OPTIONS: dict[str, dict[str, Any]] = {
    # A server that sends nothing for a minute is hanging; refused requests are tried again by the client.
    "openai": {"timeout": 60.0, "max_retries": 3, "stream_chunk_timeout": 60.0, "stream_usage": True},
    "anthropic": {"timeout": 60.0, "max_retries": 3},
    "ollama": {},
}


def is_embedded(model: str) -> bool:
    """Whether the model runs inside this process, so that nothing leaves the machine."""
    return model == "builtin"


def check_model_name(model: str) -> None:
    """Raise ModelError unless `model` has a form that `make_model` knows. Imports nothing."""
    provider = model.partition(":")[0]
    if model == "builtin" or (provider in _PROVIDERS and model.partition(":")[2]):
        return
    known = ["builtin", *(f"{p}:NAME" for p in _PROVIDERS)]
    hint = did_you_mean(provider, ["builtin", *_PROVIDERS]) or f"Use one of: {', '.join(known)}."
    raise ModelError(f"'{model}' names no chat model that llmauto can use.", hint)


def make_model(model: str, workspace: Workspace, planner: Path | None = None) -> BaseChatModel:
    """The chat model of that name. Raises ModelError, or MissingExtra when its package is missing.

    planner: the folder of a fine-tuned planner, for "builtin" (None: the one that ships).
    """
    check_model_name(model)
    if model == "builtin":
        from llmauto_agent.planner.model import BuiltinChatModel

        return BuiltinChatModel(workspace=workspace, weights=planner)
    provider, _, name = model.partition(":")
    package, class_name = _PROVIDERS[provider]
    try:
        chat_class: Any = getattr(importlib.import_module(package), class_name)
    except ImportError as e:
        raise MissingExtra(f"The chat model '{model}'", provider) from e
    options = _OPTIONS[provider] | _key_option(model, provider)
    if provider == "openai" and os.environ.get("OPENAI_BASE_URL"):
        # LangChain chooses OpenAI's other protocol by the model's name; other servers speak this one.
        options["use_responses_api"] = False
    try:
        built: BaseChatModel = chat_class(model=name, **options)
    except Exception as e:
        raise ModelError(f"The chat model '{model}' could not be set up: {e}", "See docs/models.md.") from e
    return built


def _key_option(model: str, provider: str) -> dict[str, str]:
    """The key for a provider's client, where it would not find it in the environment by itself.

    A server on this machine needs none; it is not given the one that was kept for the provider.
    Raises ModelError where there is no key.
    """
    if provider not in KEY_NAMES or os.environ.get(KEY_NAMES[provider]):
        return {}
    if provider == "openai" and is_loopback(os.environ.get("OPENAI_BASE_URL") or ""):
        return {"api_key": "none"}
    key = find_key(provider)
    if key is None:
        name = KEY_NAMES[provider]
        raise ModelError(
            f"The chat model '{model}' needs a key, and there is none.",
            f"Set {name}, or keep it in the system's keyring: keyring set llmauto {name}",
        )
    return {"api_key": key.value}


def is_loopback(url: str) -> bool:
    """Whether a URL points to this machine itself."""
    from urllib.parse import urlsplit

    try:
        return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
    except ValueError:
        return False
