"""What a recipe does to the data: cells changed per step, and rows before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmauto_tools.columns import quoted
from llmauto_tools.preprocess.changes import Chain, Change, Form, Output
from llmauto_tools.preprocess.fitted import FittedRecipe
from llmauto_tools.preprocess.fitter import MAX_STATEMENT, Runner, smaller
from llmauto_tools.preprocess.kinds import text_sql

COUNTED = ("finite", "cast", "trim", "unify", "impute", "outliers", "rare")
"""Stages whose changed cells are counted: the others change every cell."""
_LOST = ("finite", "cast")
"""Of these only the cells that became missing."""
_CHUNK = 500
EXAMPLE_COLUMNS = 8
EXAMPLES = 2
EXAMPLE_ROWS = 300


@dataclass(frozen=True)
class StepDiff:
    """One step's effect on the table."""

    title: str
    cells: int | None
    """Cells changed (for cast: that became missing); None where every cell of the columns is."""
    dropped: int
    added: tuple[str, ...]
    removed: tuple[str, ...]


def step_diffs(fitted: FittedRecipe, runner: Runner, relation: str) -> list[StepDiff]:
    """The first stage (infinite values) and then every column step, in order."""
    stages = fitted.stages()
    chain, flags = _flagged(fitted, stages)
    counts = _count(chain, flags, runner, relation)
    diffs = []
    schema = fitted.source_schema()
    for number, (title, changes, learned) in enumerate(stages):
        before, counted = schema, False
        for change in changes:
            counted = counted or change.title in COUNTED
            schema = change.apply_to(schema)
        cells = sum(n for (stage, _), n in counts.items() if stage == number) if counted else None
        added = tuple(n for n in schema if n not in before)
        removed = tuple(n for n in before if n not in schema)
        diffs.append(StepDiff(title, cells, learned.get("dropped", 0), added, removed))
    return diffs


Flag = tuple[int, str]


def _flagged(
    fitted: FittedRecipe, stages: Sequence[tuple[str, list[Change], dict[str, Any]]]
) -> tuple[Chain, dict[Flag, str]]:
    """The chain with a column per stage and changed column that tells whether the cell has changed."""
    flags: dict[Flag, str] = {}
    changes: list[Change] = []
    schema = fitted.source_schema()
    for number, (_, stage, _) in enumerate(stages):
        for change in stage:
            extra = []
            for output in change.outputs if change.title in COUNTED else ():
                if output.name in schema:
                    name = f"llmauto changed {number} {output.name}"
                    flags[number, output.name] = name
                    extra.append(Output(name, "boolean", _flag(output, change.title)))
            changes.append(replace(change, outputs=(*change.outputs, *extra)))
            schema = change.apply_to(schema)
    chain = fitted.chain()
    return replace(chain, changes=tuple(changes)), flags


def _flag(output: Output, title: str) -> Form:
    old, form = quoted(output.name), output.form
    sql = (
        f"({form.sql}) IS NULL AND {old} IS NOT NULL"
        if title in _LOST
        else f"({form.sql}) IS DISTINCT FROM {old}"
    )
    return Form(sql, tuple(dict.fromkeys([*form.reads, output.name])), form.window)


def _count(chain: Chain, flags: dict[Flag, str], runner: Runner, relation: str) -> dict[Flag, int]:
    counts: dict[Flag, int] = {}
    rest = list(flags.items())
    size = _CHUNK
    while rest:
        chunk = rest[:size]
        sums = ", ".join(f"count(*) FILTER ({quoted(name)}) AS a{i}" for i, (_, name) in enumerate(chunk))
        inner = chain.sql(relation, "apply", [name for _, name in chunk])
        sql = f"SELECT {sums} FROM (\n{inner}\n)"
        if len(sql) > MAX_STATEMENT and len(chunk) > 1:
            size = smaller(len(chunk), sql)
            continue
        counts.update(zip((flag for flag, _ in chunk), runner.rows(sql)[0], strict=True))
        rest = rest[len(chunk) :]
    return counts


def examples(fitted: FittedRecipe, runner: Runner, relation: str) -> list[tuple[str, str, str]]:
    """(column, before, after) for a few source columns that the recipe changes, from the first rows."""
    chain = fitted.chain()
    made, source = fitted.made_from(), fitted.source_schema()
    outputs = chain.schema()
    changed = {o.name for c in chain.changes for o in c.outputs}
    touched = [
        n
        for n, kind in source.items()
        if kind != "other" and n != fitted.target and (n in made or (n in outputs and n in changed))
    ]
    found: list[tuple[str, str, str]] = []
    for name in touched[: 4 * EXAMPLE_COLUMNS]:
        found += _of_column(name, made.get(name, [name]), fitted, runner, relation)
        if len({f[0] for f in found}) >= EXAMPLE_COLUMNS:
            break
    return found


def _of_column(
    name: str, outputs: list[str], fitted: FittedRecipe, runner: Runner, relation: str
) -> list[tuple[str, str, str]]:
    """Its first value that changes, and its first missing one."""
    before = "llmauto before"
    text = Form(text_sql(name, fitted.source_schema()[name]), (name,))
    chain = fitted.chain()
    start = Change("before", (Output(before, "text", text),))
    chain = replace(chain, changes=(start, *chain.changes))
    present = [o for o in outputs if o in chain.schema()][:20]
    if not present:
        return []
    sql = chain.sql(relation, "apply", [before, *present])
    if len(sql) > MAX_STATEMENT:
        return []
    rows = runner.rows(f"SELECT * FROM (\n{sql}\n) LIMIT {EXAMPLE_ROWS}")
    found: dict[bool, tuple[str, str, str]] = {}
    for value, *after in rows:
        words = _after(name, present, after)
        old = "(missing)" if value is None else str(value)[:60]
        if words != old:
            found.setdefault(value is None, (name, old, words))
    return [found[key] for key in sorted(found)][:EXAMPLES]


def _after(name: str, outputs: list[str], values: Sequence[Any]) -> str:
    """The one value, or the parts that are not 0."""
    if outputs == [name]:
        return _value(values[0])
    parts = [
        f"{o.removeprefix(name + '_')} {_value(v)}" for o, v in zip(outputs, values, strict=True) if v != 0
    ]
    return ", ".join(parts[:4])[:100] or "all 0"


def _value(value: Any) -> str:
    if value is None:
        return "(missing)"
    return f"{value:.4g}" if isinstance(value, float) else str(value)[:60]
