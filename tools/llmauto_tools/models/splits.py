"""Which rows test the model and which folds rank the candidates; groups and time are respected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Fold = tuple["np.ndarray", "np.ndarray"]
"""Positions of the rows to fit on and of the rows to score."""

HOLD_OUT_CELLS = 4_000_000
"""A table with more cells (rows × columns) is ranked on one validation part instead of folds."""

VALID_ROWS = 50_000
TIME_FOLDS = 4


@dataclass
class Design:
    """What the split has to respect. classes: y holds class numbers; groups and times: one per row."""

    y: np.ndarray
    classes: int
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    """Nanoseconds or any numbers that grow with time; the rows are sorted by it first."""

    def rows(self, picked: np.ndarray) -> Design:
        """The design of some of the rows."""
        return Design(
            self.y[picked],
            self.classes,
            None if self.groups is None else self.groups[picked],
            None if self.times is None else self.times[picked],
        )


def hold_out(design: Design, test_size: float, seed: int) -> Fold:
    """Positions of the training and of the test rows.

    By time the newest rows test (rows of the same moment stay together); by group whole groups do;
    otherwise the classes keep their shares.
    """
    import numpy as np
    from sklearn.model_selection import GroupShuffleSplit, train_test_split

    rows = np.arange(len(design.y))
    if design.times is not None:
        cut = np.sort(design.times)[int(len(rows) * (1 - test_size))]
        return rows[design.times < cut], rows[design.times >= cut]
    if design.groups is not None:
        splitter = GroupShuffleSplit(1, test_size=test_size, random_state=seed)
        train, test = next(splitter.split(rows, groups=design.groups))
        return train, test
    stratify = design.y if design.classes and can_stratify(design, test_size) else None
    train, test = train_test_split(rows, test_size=test_size, random_state=seed, stratify=stratify)
    return np.sort(train), np.sort(test)


def can_stratify(design: Design, test_size: float) -> bool:
    """Each class needs two rows, and both sides a row of each."""
    import numpy as np

    counts = np.bincount(design.y)
    counts = counts[counts > 0]
    smaller = min(test_size, 1 - test_size) * len(design.y)
    return bool(counts.min() >= 2 and smaller >= len(counts))


def make_folds(
    design: Design, columns: int, count: int | None, seconds: float, seed: int
) -> tuple[list[Fold], str]:
    """The folds for the ranking, and what they are in words.

    count: how many a person wants, else as the size of the table and the time allow: 5 (twice for less than
    2,500 rows), 3, or a single validation part. seconds: of the whole training.
    """
    import numpy as np

    rows = len(design.y)
    cells = rows * max(columns, 1)
    if design.times is not None:
        wanted = count or TIME_FOLDS
        return _by_time(design.times, wanted), f"{wanted} parts that follow each other in time"
    if count is None and cells > HOLD_OUT_CELLS:
        share = min(0.2, VALID_ROWS / rows)
        fold = hold_out(design, share, seed)
        return [fold], f"one validation part of {len(fold[1]):,} rows"
    wanted = count or (5 if cells <= HOLD_OUT_CELLS // 3 and seconds >= 20 else 3)
    repeats = 2 if count is None and rows <= 2_500 and design.groups is None and seconds >= 40 else 1
    made: list[Fold] = []
    for repeat in range(repeats):
        made += shuffled_folds(design, wanted, seed + repeat)
    words = f"{wanted} folds" + (", twice" if repeats == 2 else "")
    if design.groups is not None:
        wanted = min(wanted, len(np.unique(design.groups)))
        words = f"{wanted} folds of whole groups"
    return made, words


def shuffled_folds(design: Design, count: int, seed: int) -> list[Fold]:
    """Folds of rows in random order, the classes in their shares, or of whole groups."""
    import warnings

    import numpy as np
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    rows = np.zeros(len(design.y))
    with warnings.catch_warnings():
        # A class with fewer rows than folds is in some folds only; train_model says so itself.
        warnings.filterwarnings("ignore", message="The least populated class")
        if design.groups is not None:
            groups = min(count, len(np.unique(design.groups)))
            if design.classes:
                splitter = StratifiedGroupKFold(groups, shuffle=True, random_state=seed)
                return list(splitter.split(rows, design.y, design.groups))
            return list(GroupKFold(groups).split(rows, design.y, design.groups))
        if design.classes and np.bincount(design.y).max() >= count:
            return list(StratifiedKFold(count, shuffle=True, random_state=seed).split(rows, design.y))
        return list(KFold(count, shuffle=True, random_state=seed).split(rows))


def _by_time(times: np.ndarray, count: int) -> list[Fold]:
    """Expanding windows: fit on all that came before, score the next part (as TimeSeriesSplit)."""
    import numpy as np

    ordered = np.sort(times)
    cuts = [ordered[len(ordered) * (k + 1) // (count + 2)] for k in range(1, count + 1)]
    folds = []
    for low, high in zip(cuts, [*cuts[1:], None], strict=True):
        before = np.flatnonzero(times < low)
        after = times >= low if high is None else (times >= low) & (times < high)
        if len(before) and after.any():
            folds.append((before, np.flatnonzero(after)))
    return folds
