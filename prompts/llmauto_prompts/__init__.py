"""The words given to a language model: text files beside this one, rendered strictly."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def _environment() -> Environment:
    from jinja2 import DictLoader, Environment, StrictUndefined

    texts = {
        f.name.removesuffix(".txt"): f.read_text("utf-8")
        for f in files(__name__).iterdir()
        if f.name.endswith(".txt")
    }
    return Environment(loader=DictLoader(texts), undefined=StrictUndefined, autoescape=False)


def render(name: str, **values: Any) -> str:
    """The prompt `name`.txt with its values. An unknown variable or prompt is an error (jinja2)."""
    return _environment().get_template(name).render(**values)
