"""What each kind of step learns, and the stages that it becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llmauto_tools.preprocess import steps_clean, steps_dates, steps_encode, steps_numbers, steps_scale
from llmauto_tools.preprocess.changes import Change, Form, Output
from llmauto_tools.preprocess.fitter import Fitter
from llmauto_tools.preprocess.kinds import Schema
from llmauto_tools.preprocess.recipe import ColumnStep

Learned = dict[str, Any]
"""What a step learned, as JSON; "columns" are the ones it works on."""

_LEARN: dict[str, Callable[[Any, Fitter], Learned]] = {
    "cast": steps_clean.learn_cast,
    "trim": steps_clean.learn_trim,
    "unify": steps_clean.learn_unify,
    "deduplicate": steps_clean.learn_deduplicate,
    "impute": steps_numbers.learn_impute,
    "outliers": steps_numbers.learn_outliers,
    "scale": steps_scale.learn_scale,
    "encode": steps_encode.learn_encode,
    "dates": steps_dates.learn_dates,
    "text": steps_dates.learn_text,
    "rare": steps_clean.learn_rare,
    "drop": steps_clean.learn_drop,
}

_CHANGES: dict[str, Callable[[Any, Learned, Schema], list[Change]]] = {
    "cast": steps_clean.change_cast,
    "trim": steps_clean.change_trim,
    "unify": steps_clean.change_unify,
    "deduplicate": steps_clean.change_deduplicate,
    "impute": steps_numbers.change_impute,
    "outliers": steps_numbers.change_outliers,
    "scale": steps_scale.change_scale,
    "encode": steps_encode.change_encode,
    "dates": steps_dates.change_dates,
    "text": steps_dates.change_text,
    "rare": steps_clean.change_rare,
    "drop": steps_clean.change_drop,
}


def learn(step: ColumnStep, fitter: Fitter) -> Learned:
    """Fit one step on the training rows as they are after the steps before it."""
    return _LEARN[step.kind](step, fitter)


def changes_of(step: ColumnStep, learned: Learned, schema: Schema) -> list[Change]:
    return _CHANGES[step.kind](step, learned, schema)


def finite(schema: Schema, target: str | None) -> Change:
    """The first stage: infinite values and NaN become missing, and decimals become floats."""
    from llmauto_tools.columns import quoted

    outputs = []
    for name, kind in schema.items():
        if kind == "number" and name != target:
            x = f"CAST({quoted(name)} AS DOUBLE)"
            outputs.append(Output(name, "number", Form(f"CASE WHEN isfinite({x}) THEN {x} END", (name,))))
    return Change("finite", tuple(outputs))
