"""Steps on numbers: the SQL gives what scikit-learn's transformers give, on new rows too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import preprocessing as sk
from sklearn.impute import SimpleImputer

from .conftest import Frame, Made

FLOATS = ["normal", "skewed", "ties", "large", "constant", "whole"]


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize(
    ("method", "transformer"),
    [
        ("standard", sk.StandardScaler()),
        ("robust", sk.RobustScaler()),
        ("minmax", sk.MinMaxScaler()),
        ("quantile", sk.QuantileTransformer(n_quantiles=100, subsample=None)),
    ],
)  # fmt: skip
def test_scale(run: Made, numbers: Frame, method: str, transformer: Any) -> None:
    train, new = numbers(1), numbers(2)
    _, found = run([{"kind": "scale", "method": method, "columns": FLOATS}], train, new)
    close(found[FLOATS], transformer.fit(train[FLOATS]).transform(new[FLOATS]))
    _, again = run([{"kind": "scale", "method": method, "columns": FLOATS}], train)
    close(again[FLOATS], transformer.transform(train[FLOATS]))


def test_yeo_johnson(run: Made, numbers: Frame) -> None:
    columns = ["normal", "skewed", "ties", "constant", "whole"]
    train, new = numbers(3), numbers(4)
    _, found = run([{"kind": "scale", "method": "yeo_johnson", "columns": columns}], train, new)
    close(found[columns], sk.PowerTransformer().fit(train[columns]).transform(new[columns]))


def test_log1p(run: Made, numbers: Frame) -> None:
    new = numbers(6)
    new.loc[0, "skewed"] = -3.0
    _, found = run([{"kind": "scale", "method": "log1p", "columns": ["skewed"]}], numbers(5), new)
    expected = np.log1p(new["skewed"].where(new["skewed"] > -1))
    close(found["skewed"], expected)
    assert np.isnan(found["skewed"][0])


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_impute_numbers(run: Made, numbers: Frame, strategy: str) -> None:
    train, new = numbers(7), numbers(8)
    step = {"kind": "impute", "strategy": strategy, "columns": FLOATS, "indicator": True}
    _, found = run([step], train, new)
    close(found[FLOATS], SimpleImputer(strategy=strategy).fit(train[FLOATS]).transform(new[FLOATS]))
    for column in FLOATS:
        close(found[f"{column}_missing"], new[column].isna())


def test_infinite_values_are_missing(run: Made) -> None:
    train = pd.DataFrame({"x": [1.0, np.inf, 3.0, -np.inf, np.nan, 5.0]})
    _, found = run([{"kind": "impute", "strategy": "mean", "columns": ["x"]}], train)
    close(found["x"], [1, 3, 3, 3, 3, 5])


def test_columns_without_a_value_are_filled_with_zero_and_it_is_said(run: Made) -> None:
    train = pd.DataFrame({"x": pd.Series([None, None, None], dtype="float64"), "z": [1.0, 2.0, 3.0]})
    steps = [{"kind": "impute", "strategy": "mean", "columns": ["x"]}, {"kind": "scale", "columns": ["x"]}]
    fitted, found = run(steps, train)
    close(found["x"], SimpleImputer(keep_empty_features=True).fit_transform(train[["x"]])[:, 0])
    assert any("'x'" in n or "x" in n for n in fitted.notes)


@pytest.mark.parametrize(("rule", "probabilities"), [("iqr", (0.25, 0.75)), ("quantiles", (0.01, 0.99))])
def test_outliers(run: Made, numbers: Frame, rule: str, probabilities: tuple[float, float]) -> None:
    train, new = numbers(9), numbers(10)
    low, high = np.nanquantile(train["skewed"], probabilities)
    reach = 1.5 * (high - low) if rule == "iqr" else 0
    low, high = low - reach, high + reach
    cap = {"kind": "outliers", "rule": rule, "columns": ["skewed"]}
    _, capped = run([cap], train, new)
    close(capped["skewed"], new["skewed"].clip(low, high))
    _, flagged = run([{**cap, "action": "flag"}], train, new)
    close(flagged["skewed_outlier"], (new["skewed"] < low) | (new["skewed"] > high))
    close(flagged["skewed"], new["skewed"])
    fitted, kept = run([{**cap, "action": "drop"}], train, training=True)
    inside = train["skewed"].between(low, high) | train["skewed"].isna()
    close(kept["skewed"], train["skewed"][inside])
    assert fitted.learned[0]["dropped"] == (~inside).sum()
    _, everything = run([{**cap, "action": "drop"}], train, new)
    close(everything["skewed"], new["skewed"])


def test_impute_by_group(run: Made) -> None:
    rng = np.random.default_rng(11)
    groups = rng.choice(np.array(["a", "b", None, "only missing"], dtype=object), 300)
    train = pd.DataFrame({"g": groups, "h": rng.integers(0, 2, 300), "x": rng.normal(size=300)})
    train.loc[(train["g"] == "only missing") | (rng.random(300) < 0.3), "x"] = np.nan
    new = pd.DataFrame(
        {"g": ["a", "b", None, "only missing", "unseen", "a"], "h": [0, 1, 0, 1, 1, 7], "x": [np.nan] * 6}
    )
    _, found = run([{"kind": "impute", "strategy": "group", "by": ["g", "h"], "columns": ["x"]}], train, new)
    means = train.groupby(["g", "h"], dropna=False)["x"].mean().to_dict()
    overall = train["x"].mean()
    missing = next(v for (g, h), v in means.items() if g is None or (isinstance(g, float) and h == 0))
    close(found["x"], [means["a", 0], means["b", 1], missing, overall, overall, overall])


def test_impute_forward(run: Made) -> None:
    train = pd.DataFrame(
        {
            "t": [3, 1, 2, 4, 5, 6],
            "g": ["a", "a", "a", "b", "b", "a"],
            "x": [np.nan, 1.0, np.nan, np.nan, 8.0, np.nan],
        }
    )
    step = {"kind": "impute", "strategy": "forward", "order_by": "t", "columns": ["x"]}
    _, found = run([step], train)
    close(found["x"], train.sort_values("t")["x"].ffill().reindex(train.index))
    _, grouped = run([{**step, "by": ["g"]}], train)
    close(grouped["x"], [1, 1, 1, 4.5, 8, 1])  # the first of group b has nothing before it: the median
