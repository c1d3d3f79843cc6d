"""The parts of an encoder: each turns one column, or all numbers at once, into matrix columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

CODE_LEVELS = 100
"""Levels that a code column tells apart; rarer ones share a code."""

SMOOTHING = 10.0
"""A level's mean counts as much as the overall mean when it has this many rows."""

TEXT_WORDS = 80
_FOLDS = 5
_WIDE = 200
"""With more numbers than this, the linear matrix keeps one column per number."""


@dataclass(frozen=True)
class EncodedColumn:
    """A column of the matrix: `source` is the input it comes from, `kind` "number", "code", "level",
    "mean", "date" or "text"; `detail` is the level, word or date part, where there is one."""

    source: str
    kind: str
    detail: str | None = None


class Part(Protocol):
    """Learns from training rows in `fit_transform`; `transform` treats any other rows."""

    columns: list[EncodedColumn]

    def fit_transform(self, frame: pd.DataFrame, target: np.ndarray) -> np.ndarray: ...

    def transform(self, frame: pd.DataFrame) -> np.ndarray: ...


class NumberPart:
    """Numbers as they are, missing values kept."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self.columns = [EncodedColumn(n, "number") for n in names]

    def fit_transform(self, frame: pd.DataFrame, target: np.ndarray) -> np.ndarray:
        return self.transform(frame)

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        return np_float(frame[self.names])


class ScaledPart:
    """Numbers for linear models and networks: imputed by the median, standardised, and once more by rank.

    The rank columns (quantiles of a normal distribution) tame skew and outliers; columns that have
    missing values get a flag.
    """

    def __init__(self, names: Sequence[str], seed: int) -> None:
        self.names = list(names)
        self.seed = seed
        self.columns: list[EncodedColumn] = []

    def fit_transform(self, frame: pd.DataFrame, target: np.ndarray) -> np.ndarray:
        import numpy as np
        from sklearn.preprocessing import QuantileTransformer

        x = np_float(frame[self.names])
        missing = np.isnan(x)
        self.flags = np.flatnonzero(missing.mean(axis=0) > 0.005)
        self.medians = np.nan_to_num(np.nanmedian(np.where(missing.all(axis=0), 0, x), axis=0))
        filled = np.where(missing, self.medians, x)
        self.means, deviations = filled.mean(axis=0), filled.std(axis=0)
        self.deviations = np.where(deviations > 0, deviations, 1.0)
        self.ranks = None
        if len(self.names) <= _WIDE:
            self.ranks = QuantileTransformer(
                n_quantiles=min(500, len(x)), output_distribution="normal", random_state=self.seed
            ).fit(filled)
        self.columns = [EncodedColumn(n, "number") for n in self.names]
        if self.ranks is not None:
            self.columns += [EncodedColumn(n, "number", "rank") for n in self.names]
        self.columns += [EncodedColumn(self.names[i], "number", "missing") for i in self.flags]
        return self.transform(frame)

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        import numpy as np

        x = np_float(frame[self.names])
        missing = np.isnan(x)
        filled = np.where(missing, self.medians, x)
        made = [np.clip((filled - self.means) / self.deviations, -6, 6)]
        if self.ranks is not None:
            made.append(np.clip(self.ranks.transform(filled), -3.5, 3.5))
        made.append(missing[:, self.flags])
        return np.hstack(made).astype("float32")


class Levels:
    """The levels of a category that the training rows have, most frequent first, and codes for any rows."""

    def __init__(self, values: pd.Series, most: int | None = None, at_least: int = 1) -> None:
        counts = values.value_counts()
        kept = counts[counts >= at_least]
        self.names: list[str] = [str(level) for level in kept.index[:most]]
        self.counts = kept.to_numpy()[:most]

    def codes(self, values: pd.Series) -> np.ndarray:
        """0, 1, ... for the levels; len(names) for other values, -1 for missing ones (int64)."""
        import numpy as np
        import pandas as pd

        position = {name: i for i, name in enumerate(self.names)}
        other = len(self.names)
        of_level = np.array(
            [position.get(str(c), other) for c in values.cat.categories] + [-1], dtype="int64"
        )
        return np.asarray(of_level[pd.Series(values.cat.codes).to_numpy()])


class CodePart:
    """A category as one column of codes, more frequent levels first; rare ones share a code.

    With many levels, the first character and the frequency come as further columns: codes such as cabin
    or product numbers often carry a meaning in their first letter.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.columns: list[EncodedColumn] = []

    def fit_transform(self, frame: pd.DataFrame, target: np.ndarray) -> np.ndarray:
        values = frame[self.name]
        self.levels = Levels(values, CODE_LEVELS)
        self.columns = [EncodedColumn(self.name, "code")]
        self.first = self.all = None
        if values.nunique() > CODE_LEVELS:
            self.first = Levels(_first_characters(values), CODE_LEVELS)
            self.all = Levels(values)
            self.columns += [
                EncodedColumn(self.name, "code", "first character"),
                EncodedColumn(self.name, "number", "frequency"),
            ]
        return self.transform(frame)

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        import numpy as np

        values = frame[self.name]
        made = [_as_codes(self.levels.codes(values))]
        if self.first is not None and self.all is not None:
            made.append(_as_codes(self.first.codes(_first_characters(values))))
            counts = np.concatenate([np.log1p(self.all.counts), [0.0, 0.0]])  # other, missing (-1)
            made.append(counts[self.all.codes(values)])
        return np.column_stack(made).astype("float32")


class OneHotPart:
    """A category as 0/1 columns, one per level; rare levels share a column, missing ones have theirs."""

    def __init__(self, name: str, most: int) -> None:
        self.name = name
        self.most = most
        self.columns: list[EncodedColumn] = []

    def fit_transform(self, frame: pd.DataFrame, target: np.ndarray) -> np.ndarray:
        rare = max(2, min(20, len(frame) // 1000))
        self.levels = Levels(frame[self.name], self.most, rare)
        details = [*self.levels.names, "other", "missing"]
        self.columns = [EncodedColumn(self.name, "level", d) for d in details]
        return self.transform(frame)

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        import numpy as np

        codes = self.levels.codes(frame[self.name])
        made = np.zeros((len(codes), len(self.columns)), dtype="float32")
        made[np.arange(len(codes)), codes] = 1  # -1, missing, is the last column
        return made


class TargetPart:
    """A category as the smoothed mean of the target over its level, cross-fitted on the training rows."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.seed = seed
        self.columns: list[EncodedColumn] = []

    def fit_transform(self, frame: pd.DataFrame, target: np.ndarray) -> np.ndarray:
        import numpy as np

        self.levels = Levels(frame[self.name])
        codes = self.levels.codes(frame[self.name])
        self.means = self._means(codes, target)
        self.columns = [EncodedColumn(self.name, "mean", str(k)) for k in range(target.shape[1])]
        fold = np.random.default_rng(self.seed).permutation(len(codes)) % _FOLDS
        made = np.empty(target.shape, dtype="float32")
        for k in range(_FOLDS):
            inside = fold == k
            made[inside] = self._means(codes[~inside], target[~inside])[codes[inside]]
        return made

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        import numpy as np

        return np.asarray(self.means[self.levels.codes(frame[self.name])])

    def _means(self, codes: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Levels × outputs; the last two rows are for other and for missing values."""
        import numpy as np

        slots = len(self.levels.names) + 2
        at = codes % slots  # -1 is the last slot
        counts = np.bincount(at, minlength=slots)[:, None]
        sums = np.column_stack([np.bincount(at, weights=t, minlength=slots) for t in target.T])
        prior = target.mean(axis=0)
        return np.asarray((sums + SMOOTHING * prior) / (counts + SMOOTHING), dtype="float32")


class DatePart:
    """A date as days since 1970, year, month, day, weekday and hour; sine and cosine for linear models."""

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind
        details = ["days", "year", "month", "day", "weekday", "hour"]
        if kind == "linear":
            details = ["days", "month sine", "month cosine", "weekday sine", "weekday cosine", "hour sine",
                       "hour cosine", "missing"]  # fmt: skip
        self.columns = [EncodedColumn(name, "date", d) for d in details]

    def fit_transform(self, frame: pd.DataFrame, target: np.ndarray) -> np.ndarray:
        days = self._days(frame)
        self.middle = float(days.median()) if days.notna().any() else 0.0
        self.spread = float(days.std()) or 1.0
        return self.transform(frame)

    def _days(self, frame: pd.DataFrame) -> pd.Series:
        import pandas as pd

        return (frame[self.name] - pd.Timestamp(0)) / pd.Timedelta(days=1)

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        import numpy as np

        days, parts = self._days(frame), frame[self.name].dt
        if self.kind == "tree":
            made = [days, parts.year, parts.month, parts.day, parts.day_of_week, parts.hour]
            return np.column_stack([np.asarray(m, dtype="float32") for m in made])
        columns: list[Any] = [np.clip((days - self.middle) / self.spread, -6, 6)]
        for values, cycle in ((parts.month, 12), (parts.day_of_week, 7), (parts.hour, 24)):
            angle = 2 * np.pi * values / cycle
            columns += [np.sin(angle), np.cos(angle)]
        columns.append(days.isna())
        return np.asarray(np.nan_to_num(np.column_stack([np.asarray(c, dtype="float32") for c in columns])))


class TextPart:
    """A short text as TF-IDF weights of its frequent words, its length and its number of words."""

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind
        self.columns: list[EncodedColumn] = []

    def fit_transform(self, frame: pd.DataFrame, target: np.ndarray) -> np.ndarray:
        from sklearn.feature_extraction.text import TfidfVectorizer

        texts = _texts(frame[self.name])
        self.words: TfidfVectorizer | None = TfidfVectorizer(
            max_features=TEXT_WORDS, min_df=max(3, len(texts) // 500), sublinear_tf=True,
            token_pattern=r"(?u)\b\w+\b",
        )  # fmt: skip
        try:
            self.words.fit(texts)
            names = [str(n) for n in self.words.get_feature_names_out()]
        except ValueError:  # no word is frequent enough
            self.words, names = None, []
        self.columns = [EncodedColumn(self.name, "text", d) for d in [*names, "length", "words"]]
        return self.transform(frame)

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        import numpy as np

        texts = _texts(frame[self.name])
        length = np.log1p([len(t) for t in texts])
        count = np.log1p([len(t.split()) for t in texts])
        made = [self.words.transform(texts).toarray()] if self.words is not None else []
        return np.hstack([*made, np.column_stack([length, count])]).astype("float32")


def np_float(frame: pd.DataFrame) -> np.ndarray:
    """A block of numbers as float32 (rows × columns), NaN for missing values."""
    import numpy as np

    return np.asarray(frame.to_numpy(dtype="float32", na_value=float("nan")))


def _as_codes(codes: np.ndarray) -> np.ndarray:
    """Codes as floats, with NaN for missing values."""
    import numpy as np

    return np.where(codes < 0, np.nan, codes)


def _texts(values: pd.Series) -> list[str]:
    return ["" if v is None or v != v else str(v) for v in values.astype(object)]


def _first_characters(values: pd.Series) -> pd.Series:
    first = [str(c)[:1] for c in values.cat.categories]
    return values.map(dict(zip(values.cat.categories, first, strict=True))).astype("category")
