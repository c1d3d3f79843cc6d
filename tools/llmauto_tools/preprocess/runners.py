"""Where the statements of a recipe run: the workspace's engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from llmauto_tools.workspace import Workspace

MAX_ROWS = 200_000
"""Rows of statistics that one statement may bring back (levels by folds)."""


class EngineRunner:
    """Guarded, bounded statements on a workspace; see fitter.Runner."""

    def __init__(self, workspace: Workspace, timeout: float | None = None) -> None:
        self._engine = workspace.engine
        self._timeout = timeout

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self._engine.query(sql, max_rows=MAX_ROWS, timeout=self._timeout).rows)

    def arrow(self, sql: str) -> pa.Table:
        return self._engine.arrow(sql, timeout=self._timeout)
