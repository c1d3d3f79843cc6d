"""Folds that respect classes, groups and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.extras import require
from llmauto_tools.features.target import Task

if TYPE_CHECKING:
    import numpy as np

Fold = tuple["np.ndarray", "np.ndarray"]
FOLDS = 5


def make_folds(
    y: np.ndarray,
    task: Task,
    *,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
    seed: int = 0,
    count: int = FOLDS,
) -> tuple[list[Fold], list[str]]:
    """Row numbers (training, test) per fold, and notes on what had to give way.

    Classes keep their shares; with groups, no group is on both sides; with times, a test is later than all
    of its training rows. Fewer folds than asked for where a class or the groups are too few; raises
    InvalidArguments where not even two are possible.
    """
    notes: list[str] = []
    if groups is not None:
        count = _fewer(count, len(set(groups.tolist())), "groups", notes)
    if task == "classification" and times is None:
        count = _fewer(count, _second(y), "rows in the second largest class", notes)
    count = _fewer(count, len(y) // 2, "pairs of rows", notes)
    folds = _by_time(times, groups, count) if times is not None else _split(y, task, groups, seed, count)
    usable = [f for f in folds if _can_score(y, task, f)]
    if len(usable) < 2:
        raise InvalidArguments(
            "The rows cannot be divided into folds that each have training and test rows of two classes.",
            "Leave group or time out, or attach more rows.",
        )
    if len(usable) < len(folds):
        notes.append(
            f"{len(folds) - len(usable)} of {len(folds)} folds have one class only and are left out."
        )
    return usable, notes


def _fewer(count: int, available: int, what: str, notes: list[str]) -> int:
    if available >= count:
        return count
    if available < 2:
        raise InvalidArguments(
            f"There are too few {what} to divide the rows into folds: {available}, and two are needed.",
            "Attach more rows, or leave group out.",
        )
    notes.append(f"There are only {available} {what}, so {available} folds instead of {count}.")
    return available


def _second(y: np.ndarray) -> int:
    import numpy as np

    counts = np.sort(np.bincount(y))
    return int(counts[-2]) if len(counts) > 1 else 0


def _split(y: np.ndarray, task: Task, groups: np.ndarray | None, seed: int, count: int) -> list[Fold]:
    import warnings

    selection = require("sklearn.model_selection", "Selecting features", "ml")
    name = (
        ("Stratified" if task == "classification" else "") + ("Group" if groups is not None else "") + "KFold"
    )
    splitter = getattr(selection, name)(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class that is rarer than the folds is in some of them only
        return list(splitter.split(y, y, groups))


def _by_time(times: np.ndarray, groups: np.ndarray | None, count: int) -> list[Fold]:
    """Blocks of time: each is a test of what was learned before it (scikit-learn's TimeSeriesSplit)."""
    import numpy as np

    selection = require("sklearn.model_selection", "Selecting features", "ml")
    order = np.argsort(times, kind="stable")
    folds = []
    for early, late in selection.TimeSeriesSplit(count).split(order):
        train, test = order[early], order[late]
        train = train[times[train] < times[test].min()]
        if groups is not None:
            train = train[~np.isin(groups[train], groups[test])]
        if len(train):
            folds.append((train, test))
    return folds


def _can_score(y: np.ndarray, task: Task, fold: Fold) -> bool:
    """Two different values on both sides."""
    return all(len(part) > 1 and bool((y[part] != y[part[0]]).any()) for part in fold)
