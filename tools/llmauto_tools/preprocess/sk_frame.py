"""The two ends of a pipeline, and what its steps share. Imports pandas and scikit-learn.

Between the steps a DataFrame holds numbers as float64 (missing: NaN), dates as datetime64, booleans as
pandas' nullable booleans, and text as str objects (missing: None), as the SQL sees them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.kinds import Kind


def canonical(series: pd.Series) -> pd.Series:
    """A raw column as one of the four kinds; infinite numbers become missing."""
    kind = series.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return canonical(series.astype(kind.categories.dtype))
    if pd.api.types.is_bool_dtype(kind):
        return series.astype("boolean")
    if pd.api.types.is_numeric_dtype(kind):
        values = pd.to_numeric(series, errors="coerce").astype("float64")
        return values.where(np.isfinite(values))
    if pd.api.types.is_datetime64_any_dtype(kind):
        naive = series.dt.tz_convert("UTC").dt.tz_localize(None) if series.dt.tz is not None else series
        return naive.astype("datetime64[us]")
    return _from_objects(series)


def _from_objects(series: pd.Series) -> pd.Series:
    present = series.dropna()
    if len(present) and all(isinstance(v, (bool, np.bool_)) for v in present):
        return series.astype("boolean")
    if len(present) and all(isinstance(v, (dt.date, np.datetime64)) for v in present):
        return pd.to_datetime(series).astype("datetime64[us]")
    if len(present) and not any(isinstance(v, str) for v in present):
        try:
            return canonical(series.astype("float64"))
        except (TypeError, ValueError):
            raise InvalidArguments(
                f"The column '{series.name}' holds values that recipes do not take.", "Leave it out."
            ) from None
    values = series.astype(object)
    return values.where(values.notna(), None)


def kind_of_series(series: pd.Series) -> Kind:
    if pd.api.types.is_bool_dtype(series.dtype):
        return "boolean"
    if pd.api.types.is_numeric_dtype(series.dtype):
        return "number"
    return "timestamp" if pd.api.types.is_datetime64_any_dtype(series.dtype) else "text"


def as_text(series: pd.Series) -> pd.Series:
    """What kinds.text_sql makes of a column: whole numbers without a point, true and false."""
    kind = kind_of_series(series)
    if kind == "text":
        return series
    if kind == "boolean":
        return mapped(series, lambda v: "true" if v else "false")
    return mapped(series, _timestamp_text if kind == "timestamp" else _number_text)


def _number_text(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _timestamp_text(value: Any) -> str:
    return str(value)[:26].rstrip("0").rstrip(".") if "." in str(value) else str(value)


def mapped(series: pd.Series, change: Callable[[Any], Any]) -> pd.Series:
    """Change each value that is not missing; missing ones become None."""
    values = [None if v is None or v is pd.NA or v != v else change(v) for v in series]
    return pd.Series(values, index=series.index, name=series.name, dtype=object)


class FrameStep(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Base of the steps: DataFrame in, DataFrame out; the columns are resolved when it is fitted."""

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:  # noqa: N803 (scikit-learn's name)
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self.learn(X, y)
        self.feature_names_out_ = list(self.transform(X).columns)
        return self

    def learn(self, X: pd.DataFrame, y: Any) -> None:  # noqa: N803
        """Learn from the training rows."""

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        raise NotImplementedError

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray[Any, Any]:
        return np.asarray(self.feature_names_out_, dtype=object)


class Entry(FrameStep):
    """Take the raw columns of a DataFrame, in order, as the kinds that the steps know."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        missing = [c for c in self.columns if c not in X.columns]
        if missing:
            raise InvalidArguments(
                f"The data lacks the column '{missing[0]}'"
                + (f" and {len(missing) - 1} more." if len(missing) > 1 else "."),
                "Give every raw column that the recipe was made for.",
            )
        kinds = getattr(self, "kinds_", {})
        made = {c: _like(canonical(X[c]), kinds.get(c)) for c in self.columns}
        return pd.DataFrame(made, index=X.index, columns=list(self.columns))

    def learn(self, X: pd.DataFrame, y: Any) -> None:  # noqa: N803
        self.kinds_ = {c: kind_of_series(s) for c, s in self.transform(X).items()}


def _like(series: pd.Series, kind: Kind | None) -> pd.Series:
    """The column as the kind that it had when it was fitted (new rows may lack every value)."""
    if kind is None or kind_of_series(series) == kind:
        return series
    if series.isna().all():
        empty = {"number": "float64", "boolean": "boolean", "timestamp": "datetime64[us]", "text": object}
        return pd.Series(None, index=series.index, dtype=empty[kind], name=series.name)
    if kind == "text":
        return as_text(series)
    if kind == "number" and kind_of_series(series) == "boolean":
        return series.astype("float64")
    raise InvalidArguments(
        f"The column '{series.name}' held another type when the recipe was fitted.",
        "Read it as the same type.",
    )


class Finish(FrameStep):
    """Check that only numbers are left, and give them as float64."""

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        for name, series in X.items():
            if kind_of_series(series) not in ("number", "boolean"):
                raise InvalidArguments(
                    f"'{name}' is no number after the recipe's steps.",
                    "Add a step that encodes or drops it.",
                )
        return X.astype("float64")
