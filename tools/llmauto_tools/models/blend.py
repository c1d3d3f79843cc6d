"""The fitted estimator of an artifact: a weighted average of models, each fitted on every fold.

Averaging the models of the folds instead of fitting once more is bagging by cross-validation (Parmanto,
Munro and Doyle 1996, "Reducing variance of committee prediction with resampling techniques"; the way of
AutoGluon, Erickson et al. 2020). The weights come from ensemble selection (ensemble.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from llmauto_tools.models.calibrate import Calibration


@dataclass
class Fitted:
    """A model of one fold: `encoder` turns the inputs into a matrix, `model` predicts from it.

    encoder: `transform(DataFrame) -> array (rows × columns)`, `columns_` (list of EncodedColumn: the
    matrix's columns and the inputs that they come from). model: `predict(matrix)` gives an array of rows
    × classes of probabilities, or of rows for a regression; `kind` is "lightgbm" (then `booster` is a
    lightgbm.Booster), "forest", "linear", "network" (then `estimator` is scikit-learn's) or "baseline".
    """

    encoder: Any
    model: Any

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return self.model.predict(self.encoder.transform(frame))  # type: ignore[no-any-return]


@dataclass
class Member:
    """One candidate in the blend: its models' average counts with `weight` (the weights sum to 1)."""

    name: str
    weight: float
    fitted: list[Fitted]


@dataclass
class Blend:
    """A weighted average of members, then the calibration of its probabilities."""

    task: str
    members: list[Member] = field(default_factory=list)
    calibration: Calibration | None = None

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Calibrated probabilities (rows × classes), or one number per row for a regression.

        frame: the model's inputs as `Model.prepare` gives them.
        """
        raw = self.predict_raw(frame)
        return raw if self.calibration is None else self.calibration.apply(raw)

    def predict_raw(self, frame: pd.DataFrame) -> np.ndarray:
        """As `predict`, before the calibration. Each encoder transforms the rows once."""
        matrices: dict[int, Any] = {}
        total: Any = None
        for member in self.members:
            for part in member.fitted:
                key = id(part.encoder)
                if key not in matrices:
                    matrices[key] = part.encoder.transform(frame)
                share = member.weight / len(member.fitted) * part.model.predict(matrices[key])
                total = share if total is None else total + share
        return total  # type: ignore[no-any-return]
