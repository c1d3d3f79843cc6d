"""From a data frame of inputs to the matrix that a model takes, learned on training rows only.

Two kinds: "tree" (numbers as they are, categories as codes, missing values kept) and "linear" (scaled,
one-hot, imputed). Parts with one job each are in encode_parts.py. `fit_transform` differs from
`transform` for target encoding: the training rows get means from other folds (cross-fitting, as
scikit-learn's TargetEncoder; Micci-Barreca 2001).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from llmauto_tools.models.encode_parts import (
    CodePart,
    DatePart,
    EncodedColumn,
    NumberPart,
    OneHotPart,
    Part,
    ScaledPart,
    TargetPart,
    TextPart,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from llmauto_tools.models.artifact import Input

Kind = Literal["tree", "linear"]

ONE_HOT_LEVELS = 60
TARGET_LEVELS = 10
"""Categories with more levels than this also get target encoding."""


class Encoder:
    """Turns inputs into a float32 matrix. `columns_` says what each of its columns is."""

    def __init__(self, inputs: Sequence[Input], kind: Kind, seed: int = 0) -> None:
        self.inputs = list(inputs)
        self.kind = kind
        self.seed = seed
        self.columns_: list[EncodedColumn] = []

    def fit_transform(self, frame: pd.DataFrame, target: np.ndarray) -> np.ndarray:
        """Learn from training rows and give their matrix (rows × columns).

        target: rows × outputs as float: one 0/1 column per class (one column where there are two), or the
        number of a regression. It is used for target encoding only.
        """
        self.parts_ = self._parts(frame)
        made = [part.fit_transform(frame, target) for part in self.parts_]
        self.columns_ = [column for part in self.parts_ for column in part.columns]
        return _joined(made, len(frame))

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """The matrix of any rows; levels that were not seen count as missing."""
        return _joined([part.transform(frame) for part in self.parts_], len(frame))

    @property
    def categorical_(self) -> list[int]:
        """Positions of the columns that hold codes without an order."""
        return [i for i, column in enumerate(self.columns_) if column.kind == "code"]

    def _parts(self, frame: pd.DataFrame) -> list[Part]:
        by_role: dict[str, list[str]] = {}
        for i in self.inputs:
            by_role.setdefault(i.role, []).append(i.name)
        numbers, categories = by_role.get("number", []), by_role.get("category", [])
        levels = {n: int(frame[n].nunique()) for n in categories}
        parts: list[Part] = []
        if numbers:
            parts.append(NumberPart(numbers) if self.kind == "tree" else ScaledPart(numbers, self.seed))
        if self.kind == "tree":
            parts += [CodePart(n) for n in categories]
            parts += [TargetPart(n, self.seed) for n in categories if levels[n] > TARGET_LEVELS]
        else:
            parts += [OneHotPart(n, ONE_HOT_LEVELS) for n in categories]
            parts += [TargetPart(n, self.seed) for n in categories if levels[n] > ONE_HOT_LEVELS]
        parts += [DatePart(n, self.kind) for n in by_role.get("date", [])]
        parts += [TextPart(n, self.kind) for n in by_role.get("text", [])]
        return parts


def _joined(matrices: list[Any], rows: int) -> np.ndarray:
    import numpy as np

    if not matrices:
        return np.zeros((rows, 0), dtype="float32")
    return np.ascontiguousarray(np.hstack(matrices), dtype="float32")
