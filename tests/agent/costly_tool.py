"""A tool that declares itself costly, for tests of approvals."""

from __future__ import annotations

from pydantic import BaseModel

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult
from llmauto_tools.workspace import Workspace


class Arguments(BaseModel):
    epochs: int = 1


def train(workspace: Workspace, arguments: Arguments, context: ToolContext) -> ToolResult:
    return ToolResult(figures={"epochs": arguments.epochs}, text=f"trained for {arguments.epochs} epochs")


TOOL = ToolSpec(name="train", summary="Train.", arguments=Arguments, function=train, costly=True)
