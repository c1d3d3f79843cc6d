"""Save the result of a statement as a table of the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.derived import check_name
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult
from llmauto_tools.toolbox.query import size_words

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class SaveTableArguments(BaseModel):
    """Arguments of `save_table`."""

    model_config = ConfigDict(extra="forbid")

    sql: str = Field(description="One read-only SELECT in DuckDB's SQL, whose rows are saved.")
    name: str = Field(
        description="The new table's name. An earlier table of this name that was saved is replaced."
    )


def save_table(workspace: Workspace, arguments: SaveTableArguments, context: ToolContext) -> ToolResult:
    """Write the rows to a new parquet file of the workspace and keep where they came from.

    Raises InvalidArguments when the name is a source's or no name at all.
    """
    from llmauto_tools.sql.parquet import parquet_columns

    name = arguments.name.strip()
    check_name(name)
    _refuse_source_name(workspace, name)
    engine = workspace.engine
    checked = engine.check(arguments.sql)

    def write(path: Path) -> int:
        return engine.copy_to_parquet(checked.sql, path, timeout=context.timeout, progress=context.progress)

    table = workspace.derived.save(
        name, checked.sql, write, parquet_columns, context.evidence_id, checked.tables
    )
    columns = [[c.name, c.dtype] for c in table.columns]
    size = size_words(table.row_count or 0, len(columns))
    return ToolResult(
        sql=checked.sql,
        tables=checked.tables,
        figures={"table": name, "rows": table.row_count, "columns": columns, "parents": list(checked.tables)},
        text=f"saved {size} as {name}",
    )


def _refuse_source_name(workspace: Workspace, name: str) -> None:
    for table in workspace.tables():
        if table.kind == "source" and table.name.casefold() == name.casefold():
            raise InvalidArguments(
                f"'{name}' is an attached source, which is never overwritten.", "Choose another name."
            )


TOOL = ToolSpec(
    name="save_table",
    summary="Save the rows of a SELECT as a new table of the workspace, to be used by later queries.",
    arguments=SaveTableArguments,
    function=save_table,
    example={"sql": "SELECT * FROM orders WHERE amount > 100", "name": "large_orders"},
    changes=True,
)
