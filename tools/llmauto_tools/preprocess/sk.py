"""A recipe as a scikit-learn Pipeline over DataFrames. Imports pandas and scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.extras import require

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from llmauto_tools.preprocess.recipe import Recipe

_ROWS_CHANGE = ("split", "deduplicate")


def make_pipeline(recipe: Recipe, columns: Sequence[str]) -> Pipeline:
    """See Recipe.to_sklearn. Raises InvalidArguments where a column is named twice."""
    require("sklearn", "A recipe as a scikit-learn pipeline", "ml")
    from sklearn.pipeline import Pipeline

    from llmauto_tools.preprocess.sk_frame import Entry, Finish
    from llmauto_tools.preprocess.sk_steps import transformer_of

    if len({*columns}) < len(columns):
        raise InvalidArguments("A column is named twice.", "Name each raw column once.")
    steps: list[tuple[str, Any]] = [("raw", Entry(list(columns)))]
    for number, step in enumerate(recipe.column_steps, start=1):
        drops_rows = step.kind in _ROWS_CHANGE or getattr(step, "action", "") == "drop"
        if not drops_rows:
            steps.append((f"{number}_{step.kind}", transformer_of(step, recipe.seed)))
    steps.append(("numbers", Finish()))
    return Pipeline(steps)
