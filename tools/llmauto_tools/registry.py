"""What a tool is, and which tools there are.

A tool is a plain typed function `f(workspace, arguments, context) -> ToolResult` with a Pydantic model
for its arguments. Its module is imported when it is first used, so listing a tool costs nothing.
To add one: write the module with a `TOOL` in it and name it in `_MODULES` (docs/adding-a-tool.md).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from llmauto_tools.errors import Interrupted, UnknownTool, did_you_mean
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

Progress = Callable[[str, float | None], None]
"""Called with a short text and a fraction 0..1, or None when the fraction is not known."""


@dataclass
class ToolContext:
    """What a run may use besides the workspace."""

    evidence_id: str
    progress: Progress = lambda text, fraction: None
    timeout: float | None = None
    """Seconds for this run, None for the workspace's default."""
    stopped: Callable[[], bool] = lambda: False
    """Whether a person has stopped the run. A query stops by itself; loops in Python have to ask."""

    session: str | None = None
    call_id: str | None = None
    """Of the call that started it; a tool that runs other tools derives their ids from it."""

    def step(self, text: str, fraction: float | None = None) -> None:
        """Report progress (fraction 0 to 1, or None); raises Interrupted where a person has stopped the run.

        Call it in every loop that may take a second, from the tool's own thread.
        """
        if self.stopped():
            raise Interrupted("The run was stopped.")
        self.progress(text, fraction)


@dataclass(frozen=True)
class ToolSpec:
    """A typed operation: its name, what it does, its arguments, and the function behind it."""

    name: str
    summary: str
    """One sentence for a person and for a chat model."""
    arguments: type[BaseModel]
    function: Callable[[Workspace, Any, ToolContext], ToolResult]
    example: dict[str, Any] = field(default_factory=dict)
    costly: bool = False
    """Takes long or much memory: a person is asked first."""
    writes_outside: bool = False
    """Writes outside the workspace folder: a person is asked first."""
    changes: bool = False
    """Changes the workspace's tables (so that /undo may take it back)."""
    for_models: bool = True
    """Offered to chat models; the built-in planner may use every tool."""
    extra: str | None = None
    """The optional part of llmauto that it needs."""


_MODULES: dict[str, str] = {
    "query": "llmauto_tools.toolbox.query",
    "analyze": "llmauto_tools.toolbox.analyze",
    "tables": "llmauto_tools.toolbox.tables",
    "describe": "llmauto_tools.toolbox.describe",
    "profile": "llmauto_tools.toolbox.profile",
    "sample": "llmauto_tools.toolbox.sample",
    "save_table": "llmauto_tools.toolbox.save_table",
    "undo": "llmauto_tools.toolbox.undo",
    "chart": "llmauto_tools.toolbox.chart",
    "look_up": "llmauto_tools.toolbox.look_up",
    "compose": "llmauto_tools.toolbox.compose",
    "check_quality": "llmauto_tools.toolbox.check_quality",
    "select_features": "llmauto_tools.toolbox.select_features",
    "test_hypothesis": "llmauto_tools.toolbox.test_hypothesis",
    "relate": "llmauto_tools.toolbox.relate",
    "preprocess": "llmauto_tools.toolbox.preprocess",
    "apply_recipe": "llmauto_tools.toolbox.apply_recipe",
    "time_series": "llmauto_tools.toolbox.time_series",
    "forecast": "llmauto_tools.toolbox.forecast",
    "segment": "llmauto_tools.toolbox.segment",
    "train_model": "llmauto_tools.toolbox.train_model",
    "evaluate_model": "llmauto_tools.toolbox.evaluate_model",
    "predict": "llmauto_tools.toolbox.predict",
    "explain_model": "llmauto_tools.toolbox.explain_model",
    "find_insights": "llmauto_tools.toolbox.find_insights",
}


def tool_names() -> list[str]:
    return list(_MODULES)


def get_tool(name: str) -> ToolSpec:
    """The tool of that name. Raises UnknownTool with the nearest names."""
    module = _MODULES.get(name)
    if module is None:
        hint = did_you_mean(name, _MODULES) or "See the list with: llmauto tools"
        raise UnknownTool(f"There is no tool '{name}'.", hint)
    spec = importlib.import_module(module).TOOL
    assert isinstance(spec, ToolSpec)
    return spec


def all_tools() -> list[ToolSpec]:
    """Every tool, imported."""
    return [get_tool(name) for name in _MODULES]
