"""The scikit-learn pipeline gives what the SQL gives, and can be refitted inside folds."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess import Recipe

from .conftest import Frame, Made

NUMBERS: list[dict[str, Any]] = [
    {"kind": "outliers", "columns": ["skewed"]},
    {"kind": "outliers", "action": "flag", "rule": "quantiles", "columns": ["normal"]},
    {"kind": "impute", "strategy": "median", "columns": ["normal", "large"], "indicator": True},
    {"kind": "impute", "strategy": "group", "by": ["whole"], "columns": ["skewed"]},
    {"kind": "impute", "strategy": "constant", "value": 3, "columns": ["ties"]},
    {"kind": "scale", "method": "quantile", "columns": ["skewed"]},
    {"kind": "scale", "method": "yeo_johnson", "columns": ["normal"]},
    {"kind": "scale", "method": "robust", "columns": ["large"]},
    {"kind": "scale", "method": "minmax", "columns": ["whole"]},
    {"kind": "encode", "method": "onehot", "columns": ["ties"]},
]
CATEGORIES: list[dict[str, Any]] = [
    {"kind": "trim"},
    {"kind": "unify", "columns": ["colour"]},
    {"kind": "cast", "to": "number", "columns": ["flag"]},
    {"kind": "rare", "columns": ["town"], "min_share": 0.02},
    {"kind": "encode", "method": "target", "columns": ["town"]},
    {"kind": "encode", "method": "frequency", "columns": ["size"]},
    {"kind": "encode", "method": "hashing", "columns": ["colour"], "n_features": 4},
]


@pytest.mark.parametrize("case", ["numbers", "categories"])
def test_the_pipeline_equals_the_sql(run: Made, numbers: Frame, categories: Frame, case: str) -> None:
    steps, target = (NUMBERS, None) if case == "numbers" else (CATEGORIES, "amount")
    train = numbers(1) if case == "numbers" else categories(1)
    new = numbers(2) if case == "numbers" else categories(2, new=True)
    train, new = (f.drop(columns=["y"], errors="ignore") for f in (train, new))
    fitted, found = run(steps, train, new, target=target)
    pipeline = fitted.to_sklearn()
    pipeline.fit(train, train[target] if target else None)
    made = pipeline.transform(new)
    assert list(made.columns) == [c for c in found.columns if c != target] == fitted.features()
    for column in made:
        np.testing.assert_allclose(
            found[column].to_numpy(float), made[column], rtol=1e-6, atol=1e-6, err_msg=column
        )


def test_it_can_be_cloned_cross_validated_and_saved(categories: Frame) -> None:
    frame = categories(3)
    recipe = Recipe.model_validate({"steps": [*CATEGORIES, {"kind": "scale"}]})
    columns = ["colour", "town", "size", "flag", "amount"]
    model = make_pipeline(recipe.to_sklearn(columns), LogisticRegression())
    scores = cross_val_score(clone(model), frame[columns], frame["y"], cv=3, error_score="raise")
    assert len(scores) == 3
    model.fit(frame[columns], frame["y"])
    again = pickle.loads(pickle.dumps(model))
    new = categories(4, new=True)[columns]
    np.testing.assert_array_equal(again.predict_proba(new), model.predict_proba(new))


def test_fit_transform_cross_fits_target_codes() -> None:
    """A category of noise tells nothing about the target, unless its code has seen the row's own target."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": [f"i{i}" for i in rng.integers(0, 150, 300)]})
    y = rng.integers(0, 2, 300)
    step = {"kind": "encode", "method": "target", "columns": ["id"], "smooth": 0.0}
    pipeline = Recipe.model_validate({"steps": [step]}).to_sklearn(["id"])
    crossed = pipeline.fit_transform(frame, y)["id"]
    plain = pipeline.transform(frame)["id"]
    assert np.corrcoef(plain, y)[0, 1] > 0.5
    assert abs(np.corrcoef(crossed, y)[0, 1]) < 0.25


def test_steps_for_other_columns_are_left_out_and_text_that_stays_is_refused(categories: Frame) -> None:
    frame = categories(5)
    recipe = Recipe.model_validate(
        {"steps": [{"kind": "encode", "columns": ["colour"]}, {"kind": "scale", "columns": ["amount"]}]}
    )
    assert list(recipe.to_sklearn(["amount"]).fit_transform(frame)) == ["amount"]
    with pytest.raises(InvalidArguments, match="'town' is no number"):
        recipe.to_sklearn(["amount", "town"]).fit(frame)
    with pytest.raises(InvalidArguments, match="lacks the column 'colour'"):
        recipe.to_sklearn(["colour"]).fit(frame[["amount"]])
    with pytest.raises(InvalidArguments, match="named twice"):
        recipe.to_sklearn(["colour", "colour"])


def test_missing_values_by_a_model(run: Made, numbers: Frame) -> None:
    train, new = (numbers(s)[["normal", "ties", "skewed", "whole"]] for s in (6, 7))
    train["whole"] = train["whole"] + train["normal"].fillna(50).round().astype(int)
    step = {"kind": "impute", "strategy": "iterative", "columns": list(train), "indicator": True}
    fitted, found = run([step], train, new)
    made = fitted.to_sklearn().fit(train).transform(new)
    assert list(made) == list(found) == [*train, *(f"{c}_missing" for c in train)]
    np.testing.assert_allclose(found, made, rtol=1e-6, atol=1e-6)
    assert found["normal"][new["normal"].isna()].nunique() > 20  # not one value for all


def test_nearest_neighbours_are_for_pipelines_only(run: Made, numbers: Frame) -> None:
    frame = numbers(6)[["normal", "ties"]]
    step = {"kind": "impute", "strategy": "knn", "columns": ["normal", "ties"]}
    made = Recipe.model_validate({"steps": [step]}).to_sklearn(list(frame)).fit_transform(frame)
    assert made.notna().all(axis=None)
    with pytest.raises(InvalidArguments, match="SQL cannot express"):
        run([step], frame)
