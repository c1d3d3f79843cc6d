"""What each column is to a model: a number, a category, a text, a date, or of no use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmauto_tools.models.artifact import Input, Role
from llmauto_tools.models.frame import as_role
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    import pandas as pd

ID_ROWS = 50
"""With fewer rows, a column of different values is not taken for an id."""

_ID_NAME = re.compile(r"(^|[\W_])(id|uuid|guid|key|index|order|number|no|nr)$|[a-z]I[dD]$", re.IGNORECASE)
_TEXT_WORDS = 2.5
"""Mean words per value from which a column of many different texts is read as text."""

_TEXT_LEVELS = 100
_TEXT_SHARE = 0.2
_PARSED = 0.95
_PARSE_LEVELS = 2_000


@dataclass(frozen=True)
class Dropped:
    """A column that the model does not use, and why, in words."""

    name: str
    reason: str


def assign_roles(
    frame: pd.DataFrame, columns: Sequence[Column], named: bool
) -> tuple[list[Input], list[Dropped], list[str]]:
    """The inputs among `columns`, what is left out, and notes.

    frame: the training rows as `frame.to_frame` gives them. named: whether a person chose the columns;
    ids are kept then, with a note.
    """
    inputs, dropped, notes = [], [], []
    for column in columns:
        values = frame[column.name]
        reason = _useless(values)
        role: Role = "number" if reason else _role(values, column)
        if reason is None and role != "date":
            told = as_role(values, role) if role == "number" else values
            reason = _id_reason(told, column.name)
            if reason is not None and named:
                notes.append(f"'{column.name}' {reason}; it is used because it was named.")
                reason = None
        if reason is not None:
            dropped.append(Dropped(column.name, reason))
            continue
        if column.family == "text" and role in ("number", "date"):
            notes.append(
                f"'{column.name}' is text that is read as {'a date' if role == 'date' else 'numbers'}."
            )
        inputs.append(Input(column.name, column.dtype, role))
    return inputs, dropped, notes


def _useless(values: pd.Series) -> str | None:
    import numpy as np

    if values.dtype == "float64":
        numbers = values.to_numpy()
        present = numbers[np.isfinite(numbers)]
        distinct = 0 if not len(present) else 1 if (present == present[0]).all() else 2
        missing = len(present) < len(numbers)
    else:
        distinct, missing = values.nunique(), bool(values.isna().any())
    if distinct == 0:
        return "is empty"
    return "has one value only" if distinct == 1 and not missing else None


def _id_reason(values: pd.Series, name: str) -> str | None:
    """Why a column is taken for an identifier, or None."""
    import numpy as np
    import pandas as pd

    rows = len(values)
    if rows < ID_ROWS:
        return None
    if values.dtype == "float64":
        numbers = values.to_numpy()
        if not np.isfinite(numbers).all() or (numbers != np.floor(numbers)).any():
            return None
        running = float(np.ptp(numbers)) < 3 * rows and bool((np.diff(numbers) > 0).all())
        if (running or _ID_NAME.search(name)) and len(np.unique(numbers)) >= 0.99 * rows:
            return "looks like an identifier (a different whole number in each row)"
        return None
    if (
        isinstance(values.dtype, pd.CategoricalDtype)
        and values.nunique() >= 0.99 * rows
        and _words(values) < 1.5
    ):
        return "looks like an identifier (a different code in each row)"
    return None


def _words(values: pd.Series) -> float:
    """Mean number of words per value, of the different values."""
    levels = values.cat.categories[:_PARSE_LEVELS]
    return sum(len(str(level).split()) for level in levels) / max(len(levels), 1)


def _role(values: pd.Series, column: Column) -> Role:
    if column.family in ("number", "boolean", "time"):
        return "number"
    if column.family == "date":
        return "date"
    levels = values.cat.categories.to_series().head(_PARSE_LEVELS).reset_index(drop=True).astype(object)
    if len(levels) > 2:
        parseable: tuple[Role, ...] = ("number", "date")
        for role in parseable:
            if as_role(levels, role).notna().mean() >= _PARSED and not (role == "number" and _coded(levels)):
                return role
    many = len(values.cat.categories) > max(_TEXT_LEVELS, _TEXT_SHARE * len(values))
    return "text" if many and _words(values) >= _TEXT_WORDS else "category"


def _coded(levels: pd.Series) -> bool:
    """Digits with leading zeros, such as postal codes, are labels and no numbers."""
    return bool(levels.map(lambda v: len(str(v)) > 1 and str(v)[0] == "0" and str(v)[1].isdigit()).any())
