"""The steps `dates` and `text` as scikit-learn transformers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from llmauto_tools.preprocess.fitter import is_level
from llmauto_tools.preprocess.kinds import unique_name
from llmauto_tools.preprocess.recipe import Dates, TextFeatures
from llmauto_tools.preprocess.sk_steps import StepColumns, replaced
from llmauto_tools.preprocess.steps_dates import DAY, PERIODS

_EPOCH = pd.Timestamp(0)


class DateColumns(StepColumns):
    """Step `dates`."""

    step: Dates
    suits = ("timestamp",)

    def learn(self, X: pd.DataFrame, y: Any) -> None:  # noqa: N803
        super().learn(X, y)
        step = self.step
        taken = {c.casefold() for c in X.columns if step.keep or c not in self.columns_}
        self.since_ = {c: self._since(X[c]) for c in self.columns_ if step.age or step.since is not None}
        self.names_ = {}
        for c in self.columns_:
            names = [*step.parts, *(f"{p}_{w}" for p in step.cycles for w in ("sin", "cos"))]
            names += ["age_days"] if self.since_ else []
            self.names_[c] = [unique_name(f"{c}_{n}", taken) for n in names]

    def _since(self, series: pd.Series) -> float:
        if self.step.since is not None:
            return dt.datetime.fromisoformat(self.step.since).replace(tzinfo=dt.UTC).timestamp()
        latest = series.max()
        return 0.0 if pd.isna(latest) else _seconds(latest)

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        made: dict[str, Any] = {}
        for c in self.columns_:
            values = [_part(X[c], p) for p in self.step.parts]
            for cycle in self.step.cycles:
                period, first = PERIODS[cycle]
                angle = (_part(X[c], cycle) - first) * (2 * np.pi / period)
                values += [np.sin(angle), np.cos(angle)]
            if c in self.since_:
                values.append((self.since_[c] - _seconds(X[c])) / DAY)
            made.update(zip(self.names_[c], values, strict=True))
        return replaced(X, made, () if self.step.keep else self.columns_)


def _seconds(value: Any) -> Any:
    return (value - _EPOCH) / pd.Timedelta(seconds=1)


def _part(series: pd.Series, part: str) -> pd.Series:
    names = {"weekday": "day_of_week", "dayofyear": "day_of_year"}
    found = series.dt.isocalendar()["week"] if part == "week" else getattr(series.dt, names.get(part, part))
    return found.astype("float64")


class TextColumns(StepColumns):
    """Step `text`, by CountVectorizer and TfidfVectorizer."""

    step: TextFeatures
    suits = ("text",)

    def learn(self, X: pd.DataFrame, y: Any) -> None:  # noqa: N803
        super().learn(X, y)
        taken = {c.casefold() for c in X.columns if c not in self.columns_}
        self.words_, self.names_ = {}, {}
        for c in self.columns_:
            endings = ["length", "words"]
            if self.step.method != "lengths":
                self.words_[c] = self._vectorizer(X[c])
                endings = list(self.words_[c].get_feature_names_out()) if self.words_[c] else []
            self.names_[c] = [unique_name(f"{c}_{e}", taken) for e in endings]

    def _vectorizer(self, series: pd.Series) -> Any:
        """Fitted on the commonest words (ties by the alphabet); None where there is no word."""
        from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

        texts = series.fillna("")
        counts: dict[str, int] = {}
        analyse = CountVectorizer().build_analyzer()
        for value in texts:
            for word in analyse(value):
                counts[word] = counts.get(word, 0) + 1
        words = sorted(counts, key=lambda w: (-counts[w], w))[: self.step.max_features]
        words = sorted(w for w in words if is_level(w))
        maker = TfidfVectorizer if self.step.method == "tfidf" else CountVectorizer
        return maker(vocabulary=words).fit(texts) if words else None

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        made: dict[str, Any] = {}
        for c in self.columns_:
            texts = X[c].map(lambda v: v or "")
            values = _lengths(texts)
            if self.step.method != "lengths":
                vectorizer = self.words_[c]
                values = vectorizer.transform(texts).toarray().astype(float) if vectorizer else values[:, :0]
            made.update({n: values[:, i] for i, n in enumerate(self.names_[c])})
        return replaced(X, made, self.columns_)


def _lengths(texts: pd.Series) -> np.ndarray[Any, Any]:
    import re

    word = re.compile(r"\w\w+")
    return np.array([[len(t), len(word.findall(t.lower()))] for t in texts], dtype=float).reshape(-1, 2)
