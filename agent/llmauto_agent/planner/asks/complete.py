"""What a request leaves out because the workspace knows it: the newest model, the newest recipe, the table."""

from __future__ import annotations

from typing import Any

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.versions import Versions
from llmauto_tools.workspace import Workspace

_MODELS = frozenset({"evaluate_model", "predict", "explain_model"})


def complete(workspace: Workspace, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call with the newest model or recipe of the workspace where none is named.

    Raises InvalidArguments where there is none yet.
    """
    found = dict(arguments)
    if tool in _MODELS and "model" not in found:
        found["model"] = _newest(
            workspace, "models", "model", "Train one first: train a model that predicts ..."
        )
    if tool == "apply_recipe" and "recipe" not in found:
        found["recipe"] = _newest(workspace, "recipes", "recipe", "Make one first: clean the data ...")
    if tool == "predict" and "table" not in found:
        found["table"] = workspace.tables()[0].name
    return found


def _newest(workspace: Workspace, folder: str, noun: str, hint: str) -> str:
    saved = Versions(workspace.path / folder, noun).all()
    if not saved:
        raise InvalidArguments(f"No {noun} is saved in this workspace yet.", hint)
    return max(saved, key=lambda s: s.path.stat().st_mtime).ref
