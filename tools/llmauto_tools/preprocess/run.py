"""The work of the tools `preprocess` and `apply_recipe`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llmauto_tools.columns import find_column, quoted
from llmauto_tools.derived import check_name
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.changes import Mode
from llmauto_tools.preprocess.diff import examples, step_diffs
from llmauto_tools.preprocess.fitted import FittedRecipe, fit
from llmauto_tools.preprocess.kinds import NUMERIC, kind_of
from llmauto_tools.preprocess.propose import propose, sampled
from llmauto_tools.preprocess.recipe import Recipe, Split
from llmauto_tools.preprocess.runners import EngineRunner
from llmauto_tools.preprocess.store import SQL_FILE, load, save, versions
from llmauto_tools.preprocess.words import learned_words, names_words, step_words
from llmauto_tools.preprocess.writer import write_chain
from llmauto_tools.results import Section, ToolResult, section, table_of
from llmauto_tools.versions import check_name as check_recipe_name

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.schema import Table
    from llmauto_tools.toolbox.apply_recipe import ApplyRecipeArguments
    from llmauto_tools.toolbox.preprocess import PreprocessArguments
    from llmauto_tools.workspace import Workspace

MAX_COLUMNS = 1_000
"""Columns of a table that recipes are made for: each takes a look of its own and its part of a statement."""
STRATA = 20
"""A target with at most this many values is split in proportion."""


def run_preprocess(workspace: Workspace, arguments: PreprocessArguments, context: ToolContext) -> ToolResult:
    """Make or take a recipe, fit it, and save the recipe and the table that it makes."""
    table = workspace.table(arguments.table)
    if len(table.columns) > MAX_COLUMNS:
        raise InvalidArguments(
            f"The table '{table.name}' has {len(table.columns):,} columns; a recipe is made for at most "
            f"{MAX_COLUMNS:,}.",
            "select_features says which columns matter, and save_table keeps those; train_model takes the whole "
            "table as it is.",
        )
    name = _free_name(workspace, arguments.name or f"{table.name}_prepared")
    recipe_name = arguments.recipe or recipe_name_of(table.name)
    check_recipe_name(recipe_name, "recipe")
    context.step("proposing the steps", 0.0)
    recipe = make_recipe(workspace, table, arguments)
    relation = quoted(table.name)
    fitted = fit(
        workspace,
        relation,
        recipe,
        step=lambda text, fraction: context.step(text, None if fraction is None else fraction * 0.6),
        timeout=context.timeout,
    )
    runner = EngineRunner(workspace, context.timeout)
    context.step("counting what changes", 0.6)
    diffs = step_diffs(fitted, runner, relation)
    shown = examples(fitted, runner, relation)
    context.step("writing the table", 0.7)
    made = _write(workspace, fitted, relation, "all", name, (table.name,), context)
    saved = save(workspace, recipe_name, fitted, table.name)
    rows = sum(fitted.roles.values())
    notes = [*fitted.notes, *_notes(fitted, arguments)]
    if arguments.steps is None and (note := sampled(workspace, table.name)):
        notes.append(note)
    figures = {
        "table": name, "recipe": saved.ref, "rows": made.row_count, "train_rows": fitted.train_rows,
        "source_rows": rows, "source_columns": len(table.columns), "columns": len(made.columns),
        "features": len(fitted.features()), "steps": len(fitted.recipe.steps), "split": dict(fitted.roles),
    }  # fmt: skip
    text = (
        f"{len(fitted.recipe.steps)} steps made {len(made.columns)} columns from the {len(table.columns)} of"
        f" {table.name}, learned from {fitted.train_rows:,} training rows. Saved as the table {name}"
        f" ({made.row_count:,} rows) and the recipe {saved.ref}; 'undo' takes the table back."
    )
    return ToolResult(
        table=table_of(("step", "columns", "reason", "learned"), _recipe_rows(fitted), tables=(table.name,)),
        sections=[_diff_section(fitted, diffs_rows(diffs), rows), _example_section(shown)],
        figures=figures,
        text=text,
        notes=notes,
        artifacts=[saved.path.relative_to(workspace.path) / SQL_FILE],
        seed=fitted.recipe.seed,
        tables=(table.name,),
    )


def make_recipe(workspace: Workspace, table: Table, arguments: PreprocessArguments) -> Recipe:
    """The person's steps, or proposed ones, with the split that was asked for."""
    target = None if arguments.target is None else find_column(table, arguments.target).name
    split = make_split(workspace, table, arguments, target)
    if arguments.steps is None:
        return propose(workspace, table.name, target, split=split, seed=arguments.seed)
    steps = list(arguments.steps)
    if any(isinstance(s, Split) for s in steps):
        if arguments.split is not None or arguments.group or arguments.time:
            raise InvalidArguments("There are two splits.", "Say it in the steps or in the arguments.")
        split = None
    if not steps:
        raise InvalidArguments("There are no steps.", "Leave 'steps' out to have them proposed.")
    return Recipe(steps=[*([split] if split else []), *steps], target=target, seed=arguments.seed)


def make_split(
    workspace: Workspace, table: Table, arguments: PreprocessArguments, target: str | None
) -> Split | None:
    """The split that was asked for; with a target and nothing said, one fifth of the rows for testing."""
    method, by = arguments.split, None
    if arguments.group and arguments.time:
        raise InvalidArguments("Rows are split by group or by time, not both.", "Name one of them.")
    if arguments.group or arguments.time:
        method, by = ("group", arguments.group) if arguments.group else ("time", arguments.time)
        if arguments.split not in (None, method):
            raise InvalidArguments(
                f"A {arguments.split} split does not go with '{by}'.", f"Ask for a {method} split."
            )
    if method == "none" or (method is None and target is None):
        return None
    if method is None:
        few = workspace.engine.scalar(
            f"SELECT count(DISTINCT {quoted(target or '')}) FROM {quoted(table.name)}"
        )
        method = "stratified" if 1 < few <= STRATA else "random"
    if method == "stratified":
        by = target
    if method != "random" and by is None:
        missing = {"stratified": "target", "group": "group", "time": "time"}[method]
        raise InvalidArguments(f"A {method} split needs '{missing}'.", f"Name the column in '{missing}'.")
    by = None if by is None else find_column(table, by).name
    return Split.model_validate(
        {"method": method, "by": by, "test": arguments.test, "valid": arguments.valid, "seed": arguments.seed,
         "reason": "all else is learned from the training rows"}
    )  # fmt: skip


def run_apply(workspace: Workspace, arguments: ApplyRecipeArguments, context: ToolContext) -> ToolResult:
    """Run a saved recipe on a table. No row is dropped."""
    table = workspace.table(arguments.table)
    saved = versions(workspace).find(arguments.recipe)
    fitted = load(workspace, saved.ref)
    name = _free_name(workspace, arguments.name or f"{table.name}_prepared")
    relation, columns, notes = matched(table, fitted)
    context.step("applying the recipe", 0.1)
    made = _write(workspace, fitted, relation, "apply", name, (table.name,), context, columns)
    dropping = [s for s in fitted.learned if "dropped" in s]
    if dropping:
        notes.append("Steps that drop rows acted on the training rows only: every row of this table is kept.")
    return ToolResult(
        table=table_of(("step", "columns", "reason", "learned"), _recipe_rows(fitted), tables=(table.name,)),
        figures={"table": name, "recipe": saved.ref, "rows": made.row_count, "columns": len(made.columns)},
        text=(
            f"The recipe {saved.ref}, learned from {fitted.train_rows:,} rows, made the table {name} of"
            f" {made.row_count:,} rows and {len(made.columns)} columns from {table.name}."
        ),
        notes=notes,
        tables=(table.name,),
        seed=fitted.recipe.seed,
    )


def matched(table: Table, fitted: FittedRecipe) -> tuple[str, list[str], list[str]]:
    """The table as the recipe knows its columns, the output columns, and notes on types that differ.

    Raises InvalidArguments where a column is missing. The target may be.
    """
    columns = fitted.output_columns()
    if fitted.target is not None and table.column(fitted.target) is None:
        columns = [c for c in columns if c != fitted.target]
    types = dict(fitted.columns)
    items, missing, read = [], [], []
    for name in fitted.reads(columns):
        column = table.column(name)
        if column is None:
            missing.append(name)
            continue
        kinds = {kind_of(column), fitted.source_schema()[name]}
        if len(kinds) == 1 or kinds <= {*NUMERIC}:
            items.append(f"{quoted(column.name)} AS {quoted(name)}")
        else:
            read.append(f"'{name}' as {types[name]}")
            items.append(f"TRY_CAST({quoted(column.name)} AS {types[name]}) AS {quoted(name)}")
    if missing:
        raise InvalidArguments(
            f"The table '{table.name}' lacks {names_words(missing)}, which the recipe reads.",
            "Attach a table with the same columns as the one that the recipe was fitted on.",
        )
    notes = [f"Read {', '.join(read[:5])}; values that are none became missing."] if read else []
    known = {name.casefold() for name in types}
    extra = [c.name for c in table.columns if c.name.casefold() not in known]
    if extra:
        notes.append(f"Left out, since the recipe does not know them: {names_words(extra)}.")
    return f"(SELECT {', '.join(items)} FROM {quoted(table.name)})", columns, notes


def _write(
    workspace: Workspace,
    fitted: FittedRecipe,
    relation: str,
    mode: Mode,
    name: str,
    parents: Sequence[str],
    context: ToolContext,
    columns: list[str] | None = None,
) -> Table:
    from llmauto_tools.sql.parquet import parquet_columns

    chain = fitted.chain()
    outputs = columns if columns is not None else fitted.output_columns()
    if not outputs:
        raise InvalidArguments("The recipe leaves no column.", "Drop fewer columns.")

    def write(path: Path) -> int:
        return write_chain(
            workspace, chain, relation, mode, outputs, path, timeout=context.timeout, step=context.step
        )

    sql = chain.sql(relation, mode, outputs if mode == "apply" else None)
    return workspace.derived.save(name, sql, write, parquet_columns, context.evidence_id, parents)


def _free_name(workspace: Workspace, name: str) -> str:
    name = name.strip()
    check_name(name)
    for table in workspace.tables():
        if table.kind == "source" and table.name.casefold() == name.casefold():
            raise InvalidArguments(
                f"'{name}' is an attached source, which is never overwritten.", "Choose another name."
            )
    return name


def recipe_name_of(table: str) -> str:
    """A name for the recipe of a table."""
    return re.sub(r"[^\w.-]+", "_", table).strip("_.-")[:80] or "recipe"


def _recipe_rows(fitted: FittedRecipe) -> list[tuple[str, str, str, str]]:
    rows = []
    learned = iter(fitted.learned)
    for step in fitted.recipe.steps:
        if isinstance(step, Split):
            parts = ", ".join(f"{role} {n:,}" for role, n in sorted(fitted.roles.items()))
            rows.append((step_words(step), step.by or "", step.reason, parts))
        else:
            found = next(learned)
            rows.append(
                (step_words(step), names_words(found["columns"]), step.reason, learned_words(step, found))
            )
    return rows


def diffs_rows(diffs: Sequence[object]) -> list[tuple[object, ...]]:
    """Rows for the section; steps that change nothing countable keep an empty cell."""
    from llmauto_tools.preprocess.diff import StepDiff

    rows: list[tuple[object, ...]] = []
    for diff in diffs:
        assert isinstance(diff, StepDiff)
        if diff.title == "infinite values" and not diff.cells:
            continue
        rows.append(
            (diff.title, diff.cells, diff.dropped, names_words([*diff.added]), names_words([*diff.removed]))
        )
    return rows


def _diff_section(fitted: FittedRecipe, rows: list[tuple[object, ...]], of: int) -> Section:
    return section(
        "What changed",
        ("step", "cells changed", "rows dropped", "columns added", "columns removed"),
        rows,
        f"Cells of all {of:,} rows; for cast and infinite values those that became missing; empty where a"
        " step changes every cell of its columns.",
    )


def _example_section(rows: Sequence[tuple[str, str, str]]) -> Section:
    return section(
        "Before and after",
        ("column", "before", "after"),
        rows,
        "From the first rows, as the recipe treats new rows.",
    )


def _notes(fitted: FittedRecipe, arguments: PreprocessArguments) -> list[str]:
    notes = []
    if fitted.recipe.split is None:
        notes.append(
            "There is no split: the recipe was learned from all rows, so a test on any of these rows would"
            " flatter a model. Ask for a split, or fit the recipe inside the folds."
        )
    if any(s.kind == "encode" and getattr(s, "method", "") == "target" for s in fitted.recipe.column_steps):
        notes.append(
            "Target codes of training rows come from other folds, so they differ from those of new rows."
        )
    if fitted.train_rows < 50:
        notes.append(f"Only {fitted.train_rows} training rows: what was learned from them is unsure.")
    return notes
