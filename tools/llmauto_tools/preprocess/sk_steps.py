"""The steps of a recipe as scikit-learn transformers over DataFrames (see sk_frame)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from llmauto_tools.preprocess.kinds import NUMBER_PATTERN, WHITESPACE, Kind, unique_name
from llmauto_tools.preprocess.recipe import (
    Cast,
    ColumnStep,
    Drop,
    Impute,
    Outliers,
    Rare,
    Scale,
    Trim,
    Unify,
)
from llmauto_tools.preprocess.sk_frame import FrameStep, as_text, kind_of_series, mapped
from llmauto_tools.preprocess.steps_clean import UNIFY_LEVELS

_NUMBER = re.compile(NUMBER_PATTERN, re.ASCII)
_NO_WORD = re.compile(r"[\W_]+")
_TRUE, _FALSE = {"true", "t", "yes", "y", "1"}, {"false", "f", "no", "n", "0"}


def transformer_of(step: ColumnStep, seed: int) -> FrameStep:
    """The unfitted transformer of a step."""
    from llmauto_tools.preprocess import sk_encode, sk_features

    makers: dict[str, Any] = {
        "cast": CastColumns, "trim": TrimColumns, "unify": UnifyColumns, "impute": ImputeColumns,
        "outliers": LimitColumns, "scale": ScaleColumns, "encode": sk_encode.EncodeColumns,
        "dates": sk_features.DateColumns, "text": sk_features.TextColumns, "rare": RareColumns,
        "drop": DropColumns,
    }  # fmt: skip
    made: FrameStep = makers[step.kind](step, seed)
    return made


class StepColumns(FrameStep):
    """A transformer of one step."""

    suits: tuple[Kind, ...] = ()

    def __init__(self, step: ColumnStep, seed: int = 0) -> None:
        self.step = step
        self.seed = seed

    def chosen(self, X: pd.DataFrame) -> list[str]:  # noqa: N803
        """The step's columns that are there; all that suit where it names none."""
        if self.step.columns is None:
            return [c for c in X.columns if kind_of_series(X[c]) in self.suits]
        folded = {c.casefold(): c for c in X.columns}
        named = (c if c in X.columns else folded.get(c.casefold()) for c in self.step.columns)
        return list(dict.fromkeys(c for c in named if c is not None))

    def learn(self, X: pd.DataFrame, y: Any) -> None:  # noqa: N803
        self.columns_ = self.chosen(X)

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        return replaced(X, {c: self.one(X[c]) for c in self.columns_})

    def one(self, series: pd.Series) -> pd.Series:
        raise NotImplementedError


def replaced(frame: pd.DataFrame, made: dict[str, Any], drops: Sequence[str] = ()) -> pd.DataFrame:
    """The frame with columns replaced in place, new ones at the end, and some left out."""
    columns = {c: made.get(c, frame[c]) for c in frame.columns if c not in drops or c in made}
    columns.update(made)
    return pd.DataFrame(columns, index=frame.index)


class CastColumns(StepColumns):
    """Step `cast`."""

    step: Cast
    suits = ("number", "text", "timestamp", "boolean")

    def one(self, series: pd.Series) -> pd.Series:
        kind, to = kind_of_series(series), self.step.to
        if to == "text":
            return as_text(series)
        if to == "number":
            return _as_number(series, kind)
        if to == "boolean":
            return _as_boolean(series, kind)
        if kind == "timestamp":
            return series
        text = mapped(series, lambda v: v.strip(WHITESPACE))
        how = {"format": self.step.format} if self.step.format else {"format": "ISO8601"}
        return pd.to_datetime(text, errors="coerce", **how).astype("datetime64[us]")


def _as_number(series: pd.Series, kind: Kind) -> pd.Series:
    if kind == "timestamp":
        return (series - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
    if kind != "text":
        return series.astype("float64")
    plain = mapped(series, lambda v: v.strip(WHITESPACE).replace(",", ""))
    numbers = mapped(plain, lambda v: float(v) if _NUMBER.fullmatch(v) else np.nan)
    return numbers.astype("float64")


def _as_boolean(series: pd.Series, kind: Kind) -> pd.Series:
    if kind == "boolean":
        return series
    if kind == "text":
        low = mapped(series, lambda v: v.strip(WHITESPACE).lower())
        return mapped(low, lambda v: True if v in _TRUE else False if v in _FALSE else None).astype("boolean")
    return series.map({1.0: True, 0.0: False}).astype("boolean")


class TrimColumns(StepColumns):
    """Step `trim`."""

    step: Trim
    suits = ("text",)

    def one(self, series: pd.Series) -> pd.Series:
        text = mapped(series, lambda v: v.strip(WHITESPACE))
        return text.where(text != "", None) if self.step.empty_as_missing else text


class UnifyColumns(StepColumns):
    """Step `unify`."""

    step: Unify
    suits = ("text",)

    def learn(self, X: pd.DataFrame, y: Any) -> None:  # noqa: N803
        super().learn(X, y)
        if self.step.mapping is None:
            self.maps_ = {c: self._spellings(X[c]) for c in self.columns_}

    @staticmethod
    def key(value: str) -> str:
        return _NO_WORD.sub("", value.lower()) or value

    def _spellings(self, series: pd.Series) -> dict[str, str]:
        counts = series.dropna().value_counts()
        by_key: dict[str, list[tuple[int, str]]] = {}
        for value, n in counts.items():
            if len(value) <= 200:
                by_key.setdefault(self.key(value), []).append((-n, value))
        order = sorted(by_key, key=lambda k: (len(by_key[k]) < 2, sum(n for n, _ in by_key[k]), k))
        return {k: min(by_key[k])[1] for k in order[:UNIFY_LEVELS]}

    def one(self, series: pd.Series) -> pd.Series:
        if self.step.mapping is not None:
            mapping = self.step.mapping
            return mapped(series, lambda v: mapping.get(v, v))
        known = self.maps_[series.name]
        return mapped(series, lambda v: known.get(self.key(v), v))


class RareColumns(StepColumns):
    """Step `rare`."""

    step: Rare
    suits = ("text", "boolean")

    def learn(self, X: pd.DataFrame, y: Any) -> None:  # noqa: N803
        super().learn(X, y)
        self.kept_ = {}
        for c in self.columns_:
            text = as_text(X[c])
            levels = top_levels(text, self.step.max_levels)
            self.kept_[c] = {v for v, n in levels.items() if n >= self.step.min_share * text.notna().sum()}

    def one(self, series: pd.Series) -> pd.Series:
        kept, other = self.kept_[series.name], self.step.name
        return mapped(as_text(series), lambda v: v if v in kept else other)


def top_levels(text: pd.Series, limit: int) -> dict[str, int]:
    """The most frequent texts that can be levels, with their counts; see Fitter.levels."""
    from llmauto_tools.preprocess.fitter import is_level

    counts = {v: int(n) for v, n in text.dropna().value_counts().items() if is_level(v)}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit])


class DropColumns(StepColumns):
    """Step `drop`."""

    step: Drop

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        return X.drop(columns=self.columns_)


class ImputeColumns(StepColumns):
    """Step `impute`; numbers through SimpleImputer, KNNImputer and IterativeImputer."""

    step: Impute

    @property
    def suits(self) -> tuple[Kind, ...]:  # type: ignore[override]
        if self.step.strategy == "constant":
            return ("number",) if isinstance(self.step.value, float) else ("text",)
        return (
            ("number", "text", "boolean")
            if self.step.strategy in ("most_frequent", "forward")
            else ("number",)
        )

    def learn(self, X: pd.DataFrame, y: Any) -> None:  # noqa: N803
        super().learn(X, y)
        step = self.step
        self.fill_ = {c: self._fill(X[c]) for c in self.columns_}
        taken = {c.casefold() for c in X.columns}
        self.flags_ = {c: unique_name(f"{c}_missing", taken) for c in self.columns_ if step.indicator}
        if step.strategy == "group":
            keys = group_keys(X, step.by)
            self.groups_ = {c: X[c].groupby(keys).mean().dropna() for c in self.columns_}
        if step.strategy in ("knn", "iterative"):
            from llmauto_tools.preprocess.model_imputer import make_imputer

            self.model_ = make_imputer(step.strategy, self.seed).fit(
                X[self.columns_].to_numpy(float, copy=True)
            )

    def _fill(self, series: pd.Series) -> Any:
        text = kind_of_series(series) == "text"
        values = series if text else series.astype("float64")
        strategy = self.step.strategy
        if strategy == "constant":
            value = self.step.value
            if not text:
                return float(value or 0)
            return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        if values.isna().all():
            return "missing" if text else 0.0
        if text or strategy == "most_frequent":
            counts = values.dropna().value_counts()
            return min(counts.index[counts == counts.max()])
        from sklearn.impute import SimpleImputer

        how = "mean" if strategy in ("mean", "group") else "median"
        return float(SimpleImputer(strategy=how).fit(values.to_frame()).statistics_[0])

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        made = {c: self._filled(X, c) for c in self.columns_}
        if hasattr(self, "model_"):
            values = self.model_.transform(X[self.columns_].to_numpy(float, copy=True))
            made = {c: pd.Series(values[:, i], index=X.index) for i, c in enumerate(self.columns_)}
        flags = {flag: X[c].isna().astype("float64") for c, flag in self.flags_.items()}
        return replaced(X, {**made, **flags})

    def _filled(self, frame: pd.DataFrame, column: str) -> pd.Series:
        series = frame[column]
        if kind_of_series(series) != "text":
            series = series.astype("float64")
        if self.step.strategy == "group":
            series = series.fillna(group_keys(frame, self.step.by).map(self.groups_[column]))
        if self.step.strategy == "forward":
            ordered = frame.sort_values(self.step.order_by, kind="stable", na_position="first").index
            moved = series.loc[ordered]
            groups = group_keys(frame, self.step.by).loc[ordered] if self.step.by else None
            series = (moved.ffill() if groups is None else moved.groupby(groups).ffill()).reindex(frame.index)
        return series.where(series.notna(), self.fill_[column])


def group_keys(frame: pd.DataFrame, by: Sequence[str]) -> pd.Series:
    """One text per group; see steps_numbers.group_key."""
    parts = [as_text(frame[c]).map(lambda v: "\x1e" if v is None else v) for c in by]
    keys = parts[0].astype(str)
    for part in parts[1:]:
        keys = keys + "\x1f" + part.astype(str)
    return keys


class LimitColumns(StepColumns):
    """Step `outliers` (cap and flag); the quantiles are NumPy's default, linear interpolation."""

    step: Outliers
    suits = ("number",)

    def learn(self, X: pd.DataFrame, y: Any) -> None:  # noqa: N803
        super().learn(X, y)
        step = self.step
        self.limits_ = {}
        taken = {c.casefold() for c in X.columns}
        for c in self.columns_:
            values = X[c].dropna().to_numpy()
            if not len(values):
                self.limits_[c] = (-np.inf, np.inf)
                continue
            low, high = np.quantile(
                values, [step.lower, step.upper] if step.rule == "quantiles" else [0.25, 0.75]
            )
            reach = step.factor * (high - low) if step.rule == "iqr" else 0.0
            self.limits_[c] = (float(low - reach), float(high + reach))
        self.flags_ = {c: unique_name(f"{c}_outlier", taken) for c in self.columns_}

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        if self.step.action == "cap":
            return replaced(X, {c: X[c].clip(*self.limits_[c]) for c in self.columns_})
        made = {}
        for c in self.columns_:
            low, high = self.limits_[c]
            made[self.flags_[c]] = ((X[c] < low) | (X[c] > high)).astype("float64")
        return replaced(X, made)


class ScaleColumns(StepColumns):
    """Step `scale`, by scikit-learn's scalers."""

    step: Scale
    suits = ("number",)

    def learn(self, X: pd.DataFrame, y: Any) -> None:  # noqa: N803
        super().learn(X, y)
        self.scalers_ = {}
        for c in self.columns_:
            values = X[[c]].to_numpy(dtype=float)
            if self.step.method != "log1p" and not np.isnan(values).all():
                self.scalers_[c] = make_scaler(self.step, len(values), self.seed).fit(values)

    def one(self, series: pd.Series) -> pd.Series:
        values = series.to_numpy(dtype=float).reshape(-1, 1)
        if self.step.method == "log1p":
            moved = np.log1p(np.where(values > -1, values, np.nan))
        elif series.name not in self.scalers_:
            return series
        else:
            moved = self.scalers_[series.name].transform(values)
        return pd.Series(moved[:, 0], index=series.index, name=series.name)


def make_scaler(step: Scale, rows: int, seed: int) -> Any:
    """scikit-learn's transformer for a method."""
    from sklearn import preprocessing as sk

    if step.method == "standard":
        return sk.StandardScaler()
    if step.method == "robust":
        return sk.RobustScaler()
    if step.method == "minmax":
        return sk.MinMaxScaler()
    if step.method == "yeo_johnson":
        return sk.PowerTransformer(method="yeo-johnson")
    return sk.QuantileTransformer(n_quantiles=min(step.n_quantiles, rows), subsample=None, random_state=seed)
