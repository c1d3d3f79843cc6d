"""Keep fitted recipes: a folder per version, with the recipe, its SQL, and its scikit-learn pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from llmauto_tools.columns import quoted
from llmauto_tools.errors import WorkspaceError
from llmauto_tools.preprocess.fitted import FittedRecipe
from llmauto_tools.versions import Saved, Versions

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

FILE = "recipe.json"
SQL_FILE = "recipe.sql"
PIPELINE_FILE = "pipeline.py"
SQL_TABLE = "your_table"


def versions(workspace: Workspace) -> Versions:
    return Versions(workspace.path / "recipes", "recipe")


def save(workspace: Workspace, name: str, fitted: FittedRecipe, table: str = SQL_TABLE) -> Saved:
    """Save a new version: recipe.json, recipe.sql (over `table`) and pipeline.py."""

    def write(folder: Path) -> None:
        (folder / FILE).write_text(fitted.model_dump_json(indent=1), encoding="utf-8")
        (folder / SQL_FILE).write_text(fitted.sql(quoted(table)) + "\n", encoding="utf-8")
        (folder / PIPELINE_FILE).write_text(pipeline_code(fitted), encoding="utf-8")

    return versions(workspace).save(name, write)


def load(workspace: Workspace, ref: str) -> FittedRecipe:
    """The recipe that "name" (the newest) or "name@3" means. Raises InvalidArguments, WorkspaceError."""
    saved = versions(workspace).find(ref)
    try:
        return FittedRecipe.model_validate_json((saved.path / FILE).read_text(encoding="utf-8"))
    except (OSError, ValidationError) as e:
        raise WorkspaceError(
            f"The recipe {saved.ref} cannot be read: {type(e).__name__}.", "Make it again."
        ) from e


def pipeline_code(fitted: FittedRecipe) -> str:
    """A Python file that rebuilds the recipe as an unfitted scikit-learn Pipeline."""
    recipe = json.dumps(fitted.recipe.model_dump_json(exclude_defaults=False), ensure_ascii=True)
    columns = json.dumps([n for n, _ in fitted.columns if n != fitted.target], ensure_ascii=True)
    return f'''"""A recipe as a scikit-learn Pipeline: fit it on the training rows, a DataFrame with these columns."""

from llmauto_tools.preprocess import Recipe

RECIPE = {recipe}
COLUMNS = {columns}


def make_pipeline():
    return Recipe.model_validate_json(RECIPE).to_sklearn(COLUMNS)
'''
