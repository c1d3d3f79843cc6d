"""Propose a recipe for a table: one reason per step, in words.

Only training rows are looked at where there is a split. The rules are plain thresholds, named below.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import find_column, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.changes import Chain
from llmauto_tools.preprocess.fitter import Runner, find
from llmauto_tools.preprocess.kinds import Schema, schema_of
from llmauto_tools.preprocess.looks import SAMPLE_ROWS, Look, look_at
from llmauto_tools.preprocess.recipe import Recipe, Split, as_step
from llmauto_tools.preprocess.target_encoding import MAX_CLASSES

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

MOSTLY_MISSING = 0.95
READS_AS = 0.95
"""Share of a text column's values that have to read as numbers or dates."""
FEW_LEVELS = 20
SOME_LEVELS = 500
ID_SHARE = 0.98
"""Distinct values per row from which text or whole numbers are taken for ids."""
FEW_ROWS_EACH = 0.3
"""Distinct values per row from which a category has too few rows for a mean of its own."""
LONG_TEXT_WORDS = 4
SKEWED = 2.0
HEAVY_TAIL = 0.01
"""Share of the values beyond three interquartile ranges from which the median and the IQR scale a column."""
FLAG_MISSING = 0.05


def propose(
    workspace: Workspace, table: str, target: str | None = None, *, split: Split | None = None, seed: int = 0
) -> Recipe:
    """A recipe that turns every usable column of a table into numbers, with a reason per step.

    The target and the split's columns stay as they are, groups and times too. Tables above 1,000,000 rows
    are judged by a sample of about 200,000. Raises InvalidArguments for an unknown or constant target.
    """
    from llmauto_tools.preprocess.runners import EngineRunner
    from llmauto_tools.preprocess.splits import find_role

    found = workspace.table(table)
    schema = schema_of(found.columns)
    name = find_column(found, target).name if target is not None else None
    runner, relation = EngineRunner(workspace), quoted(found.name)
    by = find(schema, split.by, "split") if split is not None and split.by else None
    if split is not None:
        role = find_role(split, runner, relation, schema)
        relation = f"({Chain(schema, (), role).sql(relation, 'train', list(schema))})"
    left = {n: k for n, k in schema.items() if n not in (name, by)}
    looks, _ = look_at(runner, relation, left)
    target_type = None if name is None else _target_type(name, schema, runner, relation)
    steps = [as_step(s) for s in _steps(looks, target_type)]
    return Recipe(steps=[*([split] if split else []), *steps], target=name, seed=seed)


def sampled(workspace: Workspace, table: str) -> str | None:
    """A note on the sample that a proposal for this table is made from, or None."""
    rows = workspace.table(table).row_count
    if rows is None or rows <= 1_000_000:
        return None
    return (
        f"The recipe was proposed from a sample of about {SAMPLE_ROWS:,} training rows; it is fitted on all."
    )


def _target_type(name: str, schema: Schema, runner: Runner, relation: str) -> str | None:
    """What target encoding has to know; None where there are too many classes for it.

    Stated in the recipe, so that a model may hand its pipeline classes that are coded as numbers.
    """
    if schema[name] == "other":
        raise InvalidArguments(f"'{name}' holds values that cannot be a target.", "Choose another target.")
    classes = int(runner.rows(f"SELECT count(DISTINCT {quoted(name)}) FROM {relation}")[0][0])
    if classes == 0:
        raise InvalidArguments(f"The target '{name}' has no values.", "Choose another target.")
    if classes == 1:
        raise InvalidArguments(
            f"The target '{name}' has the same value in every training row.", "Choose another target."
        )
    if classes == 2:
        return "binary"
    if schema[name] in ("integer", "number"):
        return "continuous"
    return "multiclass" if schema[name] == "text" and classes <= MAX_CLASSES else None


def _steps(looks: dict[str, Look], target_type: str | None) -> Iterable[dict[str, Any]]:
    plan = _Plan()
    for look in looks.values():
        why = _useless(look)
        if why is not None:
            plan.add("drop", {}, look.name, why)
        elif look.kind == "text":
            _plan_text(plan, look, target_type)
        elif look.kind == "timestamp":
            _plan_date(plan, look)
        elif look.kind == "boolean":
            plan.add("cast", {"to": "number"}, look.name, "true and false as 1 and 0")
            _plan_missing(plan, look, "most_frequent")
        else:
            _plan_number(plan, look)
    return plan.steps()


class _Plan:
    """Columns by step, settings and reason; the order of the steps is fixed."""

    ORDER = ("drop", "trim", "unify", "cast", "dates", "text", "impute", "rare", "scale", "encode")

    def __init__(self) -> None:
        self._found: dict[tuple[Any, ...], list[str]] = {}

    def add(self, kind: str, settings: dict[str, Any], column: str, reason: str) -> None:
        key = (kind, tuple((k, tuple(v) if isinstance(v, list) else v) for k, v in settings.items()), reason)
        self._found.setdefault(key, []).append(column)

    def steps(self) -> list[dict[str, Any]]:
        made = []
        for (kind, settings, reason), columns in self._found.items():
            values = {k: list(v) if isinstance(v, tuple) else v for k, v in settings}
            made.append({"kind": kind, **values, "columns": columns, "reason": reason})
        return sorted(made, key=lambda s: self.ORDER.index(s["kind"]))


def _useless(look: Look) -> str | None:
    if look.kind == "other":
        return "a type that cannot be turned into numbers here"
    if look.present == 0:
        return "no values"
    if look.missing_share >= MOSTLY_MISSING:
        return f"at least {MOSTLY_MISSING:.0%} of the values are missing"
    if look.distinct == 1 and look.low == look.high and look.missing == 0:
        return "the same value in every row"
    few_words = look.kind != "text" or look.words < LONG_TEXT_WORDS
    if look.kind in ("text", "integer") and look.present > 50 and look.unique_share >= ID_SHARE and few_words:
        if look.kind == "text" and max(look.reads_number, look.reads_date) < READS_AS:
            return "nearly every value occurs once, as in an id"
        if look.kind == "integer" and look.spread < 2 * look.present and _says_id(look.name):
            return "nearly every value occurs once, as in an id"
    return None


def _says_id(name: str) -> bool:
    words = name.casefold().replace("-", "_").replace(" ", "_").split("_")
    return bool({"id", "key", "no", "nr", "number", "index", "rowid", "编号", "订单号"} & {*words}) or (
        name.casefold().endswith("id")
    )


def _plan_number(plan: _Plan, look: Look) -> None:
    _plan_missing(plan, look, "median")
    column = look.name
    if look.skew > SKEWED and look.lowest is not None and look.lowest >= 0:
        plan.add("scale", {"method": "log1p"}, column, "positive and strongly skewed: the logarithm evens it")
    elif look.far_share >= HEAVY_TAIL:
        plan.add(
            "scale", {"method": "robust"}, column, "some values lie far out: the median and IQR resist them"
        )
    else:
        plan.add("scale", {"method": "standard"}, column, "mean 0 and deviation 1, so that columns compare")


def _plan_missing(plan: _Plan, look: Look, strategy: str) -> None:
    if not look.missing:
        if strategy != "most_frequent":
            plan.add(
                "impute", {"strategy": strategy}, look.name, "none missing now; new rows may lack a value"
            )
        return
    flag = look.missing_share >= FLAG_MISSING
    reason = f"some values are missing: the {strategy.replace('_', ' ')} stands in"
    if flag:
        reason += f"; over {FLAG_MISSING:.0%} are, so a flag tells which"
    plan.add("impute", {"strategy": strategy, "indicator": flag}, look.name, reason)


def _plan_date(plan: _Plan, look: Look) -> None:
    settings: dict[str, Any] = {
        "parts": ["year", "month", "day"],
        "cycles": ["month", "weekday"],
        "age": True,
    }
    reason = "calendar parts, cycles that join December to January, and days before the latest date"
    if look.has_hours:
        settings["parts"].append("hour")
        settings["cycles"].append("hour")
        reason += ", with the hour"
    plan.add("dates", settings, look.name, reason)


def _plan_text(plan: _Plan, look: Look, target_type: str | None) -> None:
    if look.untrimmed:
        plan.add("trim", {}, look.name, "white space around some values")
    if look.reads_number >= READS_AS:
        plan.add("cast", {"to": "number"}, look.name, f"at least {READS_AS:.0%} of the text reads as numbers")
        plan.add(
            "impute", {"strategy": "median"}, look.name, "values that are missing or did not read as numbers"
        )
        plan.add(
            "scale", {"method": "standard"}, look.name, "mean 0 and deviation 1, so that columns compare"
        )
        return
    if look.reads_date >= READS_AS:
        plan.add(
            "cast", {"to": "timestamp"}, look.name, f"at least {READS_AS:.0%} of the text reads as dates"
        )
        _plan_date(plan, look)
        return
    if look.distinct > FEW_LEVELS and look.words >= LONG_TEXT_WORDS:
        plan.add("text", {"method": "lengths"}, look.name, "free text: its length and number of words")
        return
    if look.spellings > look.keys:
        plan.add("unify", {}, look.name, "categories that differ only in case, spaces or punctuation")
    _plan_levels(plan, look, target_type)


def _plan_levels(plan: _Plan, look: Look, target_type: str | None) -> None:
    if look.missing and look.distinct <= FEW_LEVELS:
        plan.add(
            "impute",
            {"strategy": "constant", "value": "missing"},
            look.name,
            "missing is a category of its own",
        )
    if look.distinct <= FEW_LEVELS:
        plan.add("encode", {"method": "onehot"}, look.name, f"at most {FEW_LEVELS} categories: a column each")
    elif look.distinct <= SOME_LEVELS and target_type is not None and look.unique_share < FEW_ROWS_EACH:
        plan.add(
            "encode",
            {"method": "target", "target_type": target_type},
            look.name,
            f"more than {FEW_LEVELS} categories: the mean target of each, learned on other folds",
        )
    else:
        plan.add(
            "encode", {"method": "frequency"}, look.name, "many categories: the share of the rows of each"
        )
