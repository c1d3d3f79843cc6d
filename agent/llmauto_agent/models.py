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
from typing import TYPE_CHECKING, Any

from llmauto_tools.errors import MissingExtra, ModelError, did_you_mean

if TYPE_CHECKING:
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


def make_model(model: str, workspace: Workspace) -> BaseChatModel:
    """The chat model of that name. Raises ModelError, or MissingExtra when its package is missing."""
    check_model_name(model)
    if model == "builtin":
        from llmauto_agent.planner.model import BuiltinChatModel

        return BuiltinChatModel(workspace=workspace)
    provider, _, name = model.partition(":")
    package, class_name = _PROVIDERS[provider]
    try:
        chat_class: Any = getattr(importlib.import_module(package), class_name)
    except ImportError as e:
        raise MissingExtra(f"The chat model '{model}'", provider) from e
    try:
        built: BaseChatModel = chat_class(model=name, **_OPTIONS[provider])
    except Exception as e:
        raise ModelError(f"The chat model '{model}' could not be set up: {e}", "See docs/models.md.") from e
    return built
