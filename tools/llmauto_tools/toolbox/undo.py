"""Take back the last table that was saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class UndoArguments(BaseModel):
    """`undo` takes no arguments."""

    model_config = ConfigDict(extra="forbid")


def undo(workspace: Workspace, arguments: UndoArguments, context: ToolContext) -> ToolResult:
    """Hide the newest saved version; an earlier one of the same name comes back."""
    undone = workspace.derived.undo()
    if undone is None:
        return ToolResult(figures={"undone": None}, text="there is nothing to undo")
    before = next(
        (v for v in workspace.derived.current() if v.name.casefold() == undone.name.casefold()), None
    )
    outcome = f"the version saved as {before.evidence_id} is back" if before else "the table is gone"
    return ToolResult(
        figures={
            "undone": undone.name,
            "saved_by": undone.evidence_id,
            "restored": before.evidence_id if before else None,
        },
        text=f"took back {undone.name} ({undone.row_count:,} rows, {undone.evidence_id}): {outcome}",
    )


TOOL = ToolSpec(
    name="undo",
    summary="Take back the last table that was saved; its earlier version comes back if there was one.",
    arguments=UndoArguments,
    function=undo,
    changes=True,
)
