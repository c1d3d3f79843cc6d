"""Fit a recipe on training rows, and run it on any rows as SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.changes import ROLE, Chain, Change, Mode, Role
from llmauto_tools.preprocess.fitter import Fitter, Runner
from llmauto_tools.preprocess.kinds import Schema, schema_of
from llmauto_tools.preprocess.recipe import Recipe
from llmauto_tools.preprocess.steps import changes_of, finite, learn
from llmauto_tools.preprocess.words import step_words
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from llmauto_tools.workspace import Workspace


class FittedRecipe(BaseModel):
    """A recipe with what it learned. JSON in and out by Pydantic."""

    model_config = ConfigDict(extra="forbid")

    recipe: Recipe
    columns: list[tuple[str, str]]
    """Name and DuckDB type of the columns that it was fitted on."""
    learned: list[dict[str, Any]]
    """One for each of recipe.column_steps."""
    role_sql: str = "'train'"
    role_reads: list[str] = Field(default_factory=list)
    roles: dict[str, int] = Field(default_factory=dict)
    """Rows by role, before any were dropped."""
    notes: list[str] = Field(default_factory=list)

    @property
    def train_rows(self) -> int:
        """Rows that it was learned from, without dropped ones."""
        dropped = sum(int(step.get("dropped", 0)) for step in self.learned)
        return self.roles.get("train", 0) - dropped

    @property
    def target(self) -> str | None:
        return self.recipe.target

    def source_schema(self) -> Schema:
        return schema_of([Column(*c) for c in self.columns])

    def stages(self) -> list[tuple[str, list[Change], dict[str, Any]]]:
        """The first stage and each column step: its words, its changes, and what it learned."""
        schema = self.source_schema()
        first = finite(schema, self.target)
        stages: list[tuple[str, list[Change], dict[str, Any]]] = [("infinite values", [first], {})]
        at = first.apply_to(schema)
        for step, learned in zip(self.recipe.column_steps, self.learned, strict=True):
            changes = changes_of(step, learned, at)
            stages.append((step_words(step), changes, learned))
            for change in changes:
                at = change.apply_to(at)
        return stages

    def chain(self) -> Chain:
        """The stages over the columns that it was fitted on."""
        split = self.recipe.split
        role = Role(self.role_sql, tuple(self.role_reads), split.name if split else None)
        changes = tuple(change for _, stage, _ in self.stages() for change in stage)
        return Chain(self.source_schema(), changes, role)

    def made_from(self) -> dict[str, list[str]]:
        """Columns that were split into several or renamed, with what became of them."""
        made: dict[str, list[str]] = {}
        for learned in self.learned:
            for column, names in learned.get("names", {}).items():
                made.setdefault(column, []).extend(names)
            for part in learned.get("parts", ()):
                made.setdefault(part["column"], []).append(part["name"])
        return made

    def output_columns(self) -> list[str]:
        """The columns of the result, without the split's."""
        return list(self.chain().schema())

    def features(self) -> list[str]:
        """The columns of the result that hold numbers, without the target."""
        kinds = self.chain().schema()
        return [n for n, k in kinds.items() if k in ("integer", "number") and n != self.target]

    def sql(self, relation: str, columns: Sequence[str] | None = None) -> str:
        """A SELECT that runs the recipe on any rows.

        relation: a quoted table name or a SELECT in parentheses, with the columns that it was fitted on
        (`reads` tells which are needed). columns: only these of the result. No row is dropped, none is
        marked as training row. Raises InvalidArguments for a step that SQL cannot express.
        """
        return self._statement(relation, "apply", columns)

    def training_sql(self, relation: str, columns: Sequence[str] | None = None) -> str:
        """A SELECT that runs it on the rows that it was fitted on.

        Differs from `sql` in the split's column, in dropped training rows (duplicates, outliers) and in
        the cross-fitted codes of target encoding.
        """
        return self._statement(relation, "all", columns)

    def _statement(self, relation: str, mode: Mode, columns: Sequence[str] | None) -> str:
        chain = self.chain()
        return chain.sql(relation, mode, columns, ordered=chain.has_windows(mode))

    def reads(self, columns: Sequence[str] | None = None) -> list[str]:
        """The source columns that these output columns (all, where left out) are made of."""
        return self.chain().reads(self.output_columns() if columns is None else columns, "apply")

    def to_sklearn(self) -> Pipeline:
        """The recipe as an unfitted scikit-learn Pipeline over the columns without the target."""
        return self.recipe.to_sklearn([n for n, _ in self.columns if n != self.target])


def fit(
    workspace: Workspace,
    relation_sql: str,
    recipe: Recipe,
    *,
    step: Callable[[str, float | None], None] = lambda text, fraction: None,
    timeout: float | None = None,
) -> FittedRecipe:
    """Fit a recipe on the training rows of a relation.

    relation_sql: a quoted table name or a SELECT in parentheses. Without a split in the recipe all rows
    are training rows. `step` is told the progress and may raise Interrupted. Raises InvalidArguments for
    columns that do not exist or do not fit, and where there is no training row.
    """
    from llmauto_tools.preprocess.runners import EngineRunner

    columns = workspace.engine.columns(f"SELECT * FROM {relation_sql}")
    return fit_with(EngineRunner(workspace, timeout), relation_sql, columns, recipe, step)


def fit_with(
    runner: Runner,
    relation: str,
    columns: tuple[Column, ...],
    recipe: Recipe,
    step: Callable[[str, float | None], None] = lambda text, fraction: None,
) -> FittedRecipe:
    """`fit` on any runner."""
    from llmauto_tools.preprocess.check import check_recipe
    from llmauto_tools.preprocess.splits import find_role

    schema = schema_of(columns)
    recipe = check_recipe(recipe, schema)
    step("splitting the rows", 0.0)
    role = find_role(recipe.split, runner, relation, schema) if recipe.split else Role()
    chain = Chain(schema, (finite(schema, recipe.target),), role)
    roles = count_roles(runner, relation, chain)
    _check_roles(roles, recipe)
    fitter = Fitter(runner, relation, chain, roles["train"], recipe.target, recipe.seed)
    learned = []
    steps = recipe.column_steps
    for number, one in enumerate(steps):
        fraction = number / len(steps)
        fitter.step = lambda text, f=fraction: step(text, f)  # type: ignore[misc]
        fitter.step(f"fitting step {number + 1} of {len(steps)}: {one.kind}")
        learned.append(learn(one, fitter))
        for change in changes_of(one, learned[-1], fitter.schema):
            fitter.chain = Chain(schema, (*fitter.chain.changes, change), role)
        if fitter.chain.changes[-1].keep is not None:
            _count_dropped(fitter, learned[-1])
    return FittedRecipe(
        recipe=recipe,
        columns=[(c.name, c.dtype) for c in columns],
        learned=learned,
        role_sql=role.sql,
        role_reads=list(role.reads),
        roles=roles,
        notes=fitter.notes,
    )


def _count_dropped(fitter: Fitter, learned: dict[str, Any]) -> None:
    """Note how many training rows a step has dropped. Raises InvalidArguments where none is left."""
    before = fitter.train_rows
    fitter.train_rows = count_roles(fitter.runner, fitter.relation, fitter.chain).get("train", 0)
    learned["dropped"] = before - fitter.train_rows
    if not fitter.train_rows:
        raise InvalidArguments("A step drops every training row.", "Loosen its limits, or flag instead.")


def count_roles(runner: Runner, relation: str, chain: Chain, mode: Mode = "all") -> dict[str, int]:
    sql = chain.sql(relation, mode, [ROLE])
    return {
        r[0]: int(r[1]) for r in runner.rows(f"SELECT role, count(*) FROM (\n{sql}\n) AS t(role) GROUP BY 1")
    }


def _check_roles(roles: dict[str, int], recipe: Recipe) -> None:
    if not roles.get("train"):
        if not sum(roles.values()):
            raise InvalidArguments("There are no rows to learn from.", "Choose a table that has rows.")
        raise InvalidArguments("The split leaves no training rows.", "Ask for a smaller test share.")
    if recipe.split is not None and not roles.get("test"):
        raise InvalidArguments(
            "The split leaves no test rows.", "Ask for a larger test share, or leave the split out."
        )
