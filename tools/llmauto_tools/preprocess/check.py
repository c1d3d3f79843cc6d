"""Look a recipe over before anything is learned."""

from __future__ import annotations

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.changes import RESERVED
from llmauto_tools.preprocess.fitter import find
from llmauto_tools.preprocess.kinds import Schema
from llmauto_tools.preprocess.recipe import ColumnStep, Recipe

_ONCE = ("impute", "scale", "encode", "unify")
_REPLACING = ("drop", "dates", "text", "encode")
"""After these a column is gone, or a number."""


def check_recipe(recipe: Recipe, schema: Schema) -> Recipe:
    """The recipe with its target as the table spells it. Raises InvalidArguments for steps that cannot go together."""
    for name in schema:
        if name.casefold().startswith(RESERVED):
            raise InvalidArguments(
                f"Columns whose names begin with '{RESERVED}' are kept for the recipe's own use: '{name}'.",
                "Rename the column.",
            )
    target = None if recipe.target is None else find(schema, recipe.target, "target")
    done: dict[str, tuple[int, ColumnStep]] = {}
    once: dict[tuple[str, str], int] = {}
    for number, step in enumerate(recipe.column_steps, start=1):
        for column in step.columns or ():
            folded = column.casefold()
            _check_known(column, schema, done, number, step)
            if folded in done:
                before, other = done[folded]
                raise _excluded(number, step, column, before, other)
            if step.kind in _ONCE and once.setdefault((step.kind, folded), number) != number:
                before = once[step.kind, folded]
                raise _excluded(number, step, column, before, step)
        if step.kind in _REPLACING and not getattr(step, "keep", False):
            _mark(step, number, done)
    return recipe.model_copy(update={"target": target})


def _mark(step: ColumnStep, number: int, done: dict[str, tuple[int, ColumnStep]]) -> None:
    """One-hot, dates, text and drop remove the column; the other codes keep its name, so it may be scaled."""
    if step.kind == "encode" and getattr(step, "method", "") not in ("onehot", "hashing"):
        return
    done.update({c.casefold(): (number, step) for c in step.columns or ()})


def _check_known(
    column: str, schema: Schema, done: dict[str, tuple[int, ColumnStep]], number: int, step: ColumnStep
) -> None:
    """A column of the table, or one that an earlier step may have made."""
    folded = column.casefold()
    made_before = any(folded.startswith(f"{n.casefold()}_") for n in schema)
    if folded not in done and not made_before:
        find(schema, column, f"{number}: {step.kind}")


def _excluded(number: int, step: ColumnStep, column: str, before: int, other: ColumnStep) -> InvalidArguments:
    if step.kind == other.kind:
        what = f"Steps {before} and {number} both {step.kind} '{column}'."
    else:
        what = f"Step {number} ({step.kind}) names '{column}', which step {before} ({other.kind}) has taken away."
    return InvalidArguments(what, "Leave one of them out, or change their order.")
