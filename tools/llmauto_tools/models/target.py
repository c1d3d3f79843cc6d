"""What is predicted: the task, the classes, and the target as numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from llmauto_tools.columns import quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Task = Literal["classification", "regression"]

FEW_NUMBERS = 10
"""A target of at most so many different whole numbers is taken for classes."""

MAX_CLASSES = 200
_NO_WORDS = {"no", "n", "false", "f", "0", "negative", "none", "never", "not", "否", "normal", "ok", "stayed"}


@dataclass
class Target:
    """keep: which rows have a target; y: class numbers or floats of the kept rows."""

    task: Task
    y: np.ndarray
    keep: np.ndarray
    classes: list[Any] = field(default_factory=list)
    positive: Any = None
    notes: list[str] = field(default_factory=list)
    why: str = ""
    """How the task was found, in words."""

    @property
    def kind(self) -> str:
        """ "binary", "multiclass" or "regression"."""
        if self.task == "regression":
            return "regression"
        return "binary" if len(self.classes) == 2 else "multiclass"


def target_expression(column: Column) -> str:
    """SQL that gives the target as DOUBLE, BOOLEAN or VARCHAR. Raises InvalidArguments for other types."""
    name = quoted(column.name)
    if column.family == "number":
        return f"TRY_CAST({name} AS DOUBLE)"
    if column.family == "boolean":
        return name
    if column.family == "text":
        return f"nullif(trim(CAST({name} AS VARCHAR)), '')"
    raise InvalidArguments(
        f"The target '{column.name}' is of type {column.dtype}, which cannot be predicted.",
        "A target is a number, a text or true/false. Derive one with SQL and save_table.",
    )


def read_target(values: pd.Series, column: Column, task: Task | None, positive: str | None) -> Target:
    """Find the task and turn the target into numbers.

    Texts, true/false and at most 10 different whole numbers are classes; other numbers are a regression.
    Rows without a (finite) target are left out, with a note. Raises InvalidArguments for a target that is
    empty, constant, or does not fit the task.
    """
    import numpy as np

    if column.family == "number":
        values = values.where(np.isfinite(values.astype(float)))
    keep = values.notna().to_numpy().copy()
    known = values[keep]
    if not len(known):
        raise InvalidArguments(f"The target '{column.name}' is empty.", "Name another column as the target.")
    if known.nunique() < 2:
        raise InvalidArguments(
            f"The target '{column.name}' has one value only ({_shown(known.iloc[0])}): there is nothing to learn.",
            "Name another column, or take rows in which it differs.",
        )
    found, why = (task, "as asked") if task else _find_task(known, column)
    missing = int((~keep).sum())
    make = _regression if found == "regression" else _classification
    made = make(known, keep, column, positive)
    made.why = why
    if missing:
        made.notes.insert(0, f"{missing:,} rows without a value of '{column.name}' were left out.")
    return made


def _find_task(known: pd.Series, column: Column) -> tuple[Task, str]:
    distinct = int(known.nunique())
    if column.family in ("text", "boolean"):
        return "classification", f"'{column.name}' has {distinct:,} different labels"
    whole = bool((known == known.round()).all())
    if whole and distinct <= FEW_NUMBERS:
        return "classification", f"'{column.name}' has {distinct} different whole numbers"
    return "regression", f"'{column.name}' is a number with {distinct:,} different values"


def _regression(known: pd.Series, keep: np.ndarray, column: Column, positive: str | None) -> Target:
    import pandas as pd

    if column.family == "text":
        numbers = pd.to_numeric(known.astype(object), errors="coerce")
        if numbers.isna().mean() > 0.01:
            bad = ", ".join(_shown(v) for v in known[numbers.isna()].unique()[:3])
            raise InvalidArguments(
                f"A regression needs numbers, and '{column.name}' holds texts such as {bad}.",
                "Leave `task` out for a classification, or make it a number first.",
            )
        full = keep.copy()
        full[keep] = numbers.notna().to_numpy()
        return Target("regression", numbers.dropna().to_numpy(dtype=float), _into(keep, full))
    return Target("regression", known.astype(float).to_numpy(), keep)


def _into(keep: np.ndarray, narrowed: np.ndarray) -> np.ndarray:
    keep[:] = narrowed  # the caller counts the rows that are left out from it
    return keep


def _classification(known: pd.Series, keep: np.ndarray, column: Column, positive: str | None) -> Target:
    import numpy as np
    import pandas as pd

    counts = known.value_counts()
    _refuse_too_many(known, counts, column)
    notes = []
    alone = counts[counts < 2]
    if len(alone):
        labels = ", ".join(_shown(v) for v in alone.index[:5])
        notes.append(
            f"{len(alone)} labels have one row only ({labels}{', ...' if len(alone) > 5 else ''}); "
            "these rows were left out."
        )
        narrowed = keep.copy()
        narrowed[keep] = ~known.isin(alone.index).to_numpy()
        keep[:] = narrowed
        known = known[~known.isin(alone.index)]
        counts = counts[counts >= 2]
    if len(counts) < 2:
        raise InvalidArguments(
            f"'{column.name}' has fewer than two labels with two rows or more.",
            "A classification needs two rows of each of two labels at least.",
        )
    classes = [_plain(c, column) for c in sorted(counts.index)]
    chosen = _positive(classes, positive) if len(classes) == 2 else None
    if chosen is not None and chosen == classes[0]:
        classes.reverse()  # the positive class is the second one, always
    number = {c: i for i, c in enumerate(classes)}
    codes, labels = pd.factorize(known)
    y = np.array([number[_plain(v, column)] for v in labels], dtype="int64")[codes]
    few = [c for c in classes if counts[c] < 10]
    if few:
        notes.append(f"{len(few)} labels have fewer than 10 rows: little can be learned about them.")
    return Target("classification", y, keep, classes, chosen, notes)


def _refuse_too_many(known: pd.Series, counts: pd.Series, column: Column) -> None:
    if len(counts) > MAX_CLASSES or len(counts) > max(20, len(known) // 2):
        numbers = column.family == "number"
        raise InvalidArguments(
            f"'{column.name}' has {len(counts):,} different values in {len(known):,} rows, too many for labels.",
            "Use task='regression'." if numbers else "Group its values first, or name another column.",
        )


def _positive(classes: list[Any], asked: str | None) -> Any:
    """The class that a yes means: the one asked for, else the second that does not say no."""
    if asked is not None:
        for c in classes:
            if str(c).casefold() == asked.strip().casefold() or (
                isinstance(c, int) and asked.strip() == str(float(c))
            ):
                return c
        raise InvalidArguments(
            f"'{asked}' is no value of the target.", f"Its values are {classes[0]} and {classes[1]}."
        )
    return classes[0] if str(classes[1]).strip().casefold() in _NO_WORDS else classes[1]


def _plain(value: Any, column: Column) -> Any:
    """A label as JSON has it: bool, int, float or str."""
    if column.family == "boolean":
        return bool(value)
    if column.family == "number":
        return int(value) if float(value).is_integer() else float(value)
    return str(value)


def _shown(value: Any) -> str:
    return f"'{str(value)[:40]}'"
