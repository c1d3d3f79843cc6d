"""The step `encode` as a scikit-learn transformer."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.kinds import unique_name
from llmauto_tools.preprocess.recipe import Encode
from llmauto_tools.preprocess.sk_frame import as_text, kind_of_series
from llmauto_tools.preprocess.sk_steps import StepColumns, replaced, top_levels
from llmauto_tools.preprocess.steps_encode import sort_levels

_MISSING = "\x00missing"
_UNKNOWN = "\x00unknown"
"""No level has a NUL."""


class EncodeColumns(StepColumns):
    """Unknown and missing categories get the codes that steps_encode names."""

    step: Encode
    suits = ("text", "boolean")

    def learn(self, X: pd.DataFrame, y: Any) -> None:  # noqa: N803
        super().learn(X, y)
        step = self.step
        self.levels_, self.kept_, self.names_, self.encoders_ = {}, {}, {}, {}
        taken = {c.casefold() for c in X.columns if c not in self.columns_}
        target = _Target(step, y) if step.method == "target" else None
        for c in self.columns_:
            text = as_text(X[c])
            counts = top_levels(text, step.level_limit)
            self.kept_[c] = counts
            self.levels_[c] = step.order or sort_levels(list(counts), kind_of_series(X[c]))
            if target is not None:
                self.encoders_[c] = target.encoder().fit(self._keyed(text, c), target.y)
            self.names_[c] = [unique_name(n, taken) for n in self._names(c, target)]
        self.rows_ = len(X)
        self.missing_ = {c: int(X[c].isna().sum()) for c in self.columns_}

    def _names(self, column: str, target: _Target | None) -> list[str]:
        if self.step.method == "onehot":
            return [f"{column}_{v}" for v in self.levels_[column][self.step.drop_first :]]
        if self.step.method == "hashing":
            return [f"{column}_hash{i}" for i in range(self.step.n_features)]
        if target is not None and target.kind == "multiclass":
            return [f"{column}_{v}" for v in self.encoders_[column].classes_]
        return [column]

    def _keyed(self, text: pd.Series, column: str) -> pd.DataFrame:
        """For TargetEncoder: missing is a level, levels that are not kept are all alike."""
        kept = self.kept_[column]
        keyed = text.map(lambda v: _MISSING if v is None else v if v in kept else _UNKNOWN)
        return keyed.astype(object).to_frame()

    def fit_transform(self, X: pd.DataFrame, y: Any = None, **params: Any) -> pd.DataFrame:  # noqa: N803
        """Target encoding is cross-fitted: a row's code comes from the other folds."""
        self.fit(X, y)
        if self.step.method != "target":
            return self.transform(X)
        target = _Target(self.step, y)
        made: dict[str, Any] = {}
        for c in self.columns_:
            keyed = self._keyed(as_text(X[c]), c)
            codes = np.empty((len(X), len(self.names_[c])))
            for learn, apply in target.folds(self.seed):
                encoder = target.encoder().fit(keyed.iloc[learn], target.y[learn])
                codes[apply] = _without_unknown(encoder, keyed.iloc[apply])
            made.update({n: codes[:, i] for i, n in enumerate(self.names_[c])})
        return replaced(X, made, self.columns_)

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        made: dict[str, Any] = {}
        for c in self.columns_:
            codes = self._codes(as_text(X[c]), c)
            made.update({n: codes[:, i] for i, n in enumerate(self.names_[c])})
        return replaced(X, made, self.columns_)

    def _codes(self, text: pd.Series, column: str) -> np.ndarray[Any, Any]:
        """One column per name; rows in order."""
        if self.step.method == "target":
            return _without_unknown(self.encoders_[column], self._keyed(text, column))
        if self.step.method == "hashing":
            return _hashed(text, self.step.n_features)
        if self.step.method == "frequency":
            shares = {v: n / self.rows_ for v, n in self.kept_[column].items()}
            missing = self.missing_[column] / self.rows_
            return np.array([[missing if v is None else shares.get(v, 0.0)] for v in text])
        return _by_sklearn(self.step, self.levels_[column], text)


def _by_sklearn(step: Encode, levels: list[str], text: pd.Series) -> np.ndarray[Any, Any]:
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    if not levels:
        width = 0 if step.method == "onehot" else 1
        return np.where(text.isna(), np.nan, -1.0).reshape(-1, 1)[:, :width]
    values = text.map(lambda v: _MISSING if v is None else v).to_numpy(dtype=object).reshape(-1, 1)
    if step.method == "onehot":
        encoder = OneHotEncoder(categories=[levels], handle_unknown="ignore", sparse_output=False)
        codes = encoder.fit(np.array(levels, dtype=object).reshape(-1, 1)).transform(values)
        return np.asarray(codes[:, step.drop_first :])
    ordinal = OrdinalEncoder(categories=[levels], handle_unknown="use_encoded_value", unknown_value=-1)
    codes = ordinal.fit(np.array(levels, dtype=object).reshape(-1, 1)).transform(values)
    return np.where(text.isna().to_numpy().reshape(-1, 1), np.nan, codes)


def _hashed(text: pd.Series, width: int) -> np.ndarray[Any, Any]:
    codes = np.zeros((len(text), width))
    for row, value in enumerate(text):
        if value is not None:
            codes[
                row, int(hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()[:8], 16) % width
            ] = 1
    return codes


def _without_unknown(encoder: Any, keyed: pd.DataFrame) -> np.ndarray[Any, Any]:
    """The codes; levels beyond the limit get the mean, as unknown ones do."""
    codes = np.asarray(encoder.transform(keyed), dtype=float)
    codes[(keyed.iloc[:, 0] == _UNKNOWN).to_numpy()] = encoder.target_mean_
    return codes


class _Target:
    """The target as TargetEncoder takes it."""

    def __init__(self, step: Encode, y: Any) -> None:
        if y is None:
            raise InvalidArguments("Target encoding needs a target.", "Give y when the pipeline is fitted.")
        self.step = step
        values = np.asarray(y)
        distinct = len(pd.unique(values))
        if distinct < 2:
            raise InvalidArguments("The target has the same value in every row.", "Choose another target.")
        numeric = np.issubdtype(values.dtype, np.number)
        self.kind = step.target_type
        if self.kind == "auto":
            self.kind = "binary" if distinct == 2 else "continuous" if numeric else "multiclass"
        self.y = values.astype(float) if self.kind == "continuous" else values

    def encoder(self) -> Any:
        from sklearn.preprocessing import TargetEncoder

        smooth = "auto" if self.step.smooth is None else self.step.smooth
        return TargetEncoder(target_type=self.kind, smooth=smooth)

    def folds(self, seed: int) -> Any:
        from sklearn.model_selection import KFold, StratifiedKFold

        count = min(self.step.folds, len(self.y))
        if self.kind == "continuous" or min(np.unique(self.y, return_counts=True)[1]) < count:
            return KFold(count, shuffle=True, random_state=seed).split(self.y)
        return StratifiedKFold(count, shuffle=True, random_state=seed).split(self.y, self.y)
