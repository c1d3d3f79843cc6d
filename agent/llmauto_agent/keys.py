"""Where the keys of chat models come from: the environment, else the system's keyring.

The keyring is asked only where the optional package `keyring` is installed, only for the provider that the
person chose, under the service "llmauto" and the variable's own name:

    keyring set llmauto OPENAI_API_KEY

A key is handed to the provider's client and goes nowhere else; `seen_keys` lets errors blot it out.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from dataclasses import dataclass, field
from typing import Any, Literal

KEY_NAMES = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
SERVICE = "llmauto"

seen_keys: set[str] = set()
"""Keys that came from the keyring in this process: unlike those of the environment they have no name."""


@dataclass(frozen=True)
class Key:
    """A key and where it is from; it does not show itself."""

    value: str = field(repr=False)
    origin: Literal["environment", "keyring"]


def find_key(provider: str) -> Key | None:
    """The provider's key, or None. A keyring that is locked or absent counts as one without the key."""
    name = KEY_NAMES.get(provider)
    if name is None:
        return None
    if value := os.environ.get(name):
        return Key(value, "environment")
    stored = _from_keyring(name)
    if not stored:
        return None
    seen_keys.add(stored)
    return Key(stored, "keyring")


def _from_keyring(name: str) -> str | None:
    if importlib.util.find_spec("keyring") is None:
        return None
    keyring: Any = importlib.import_module("keyring")
    errors: Any = importlib.import_module("keyring.errors")
    try:
        found = keyring.get_password(SERVICE, name)
    except (errors.KeyringError, OSError):
        return None
    return str(found) if found else None
