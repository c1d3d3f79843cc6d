"""Encoders: the SQL gives what scikit-learn's give, and unknown and missing levels have defined codes."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import preprocessing as sk
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from llmauto_tools.workspace import Workspace

from .conftest import Frame, Made


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=1e-6, atol=1e-6
    )


def levels(column: pd.Series) -> list[Any]:
    return sorted(column.dropna().unique())


@pytest.mark.parametrize("drop_first", [False, True])
def test_onehot(run: Made, categories: Frame, drop_first: bool) -> None:
    train, new = categories(1), categories(2, new=True)
    step = {"kind": "encode", "method": "onehot", "columns": ["colour", "size"], "drop_first": drop_first}
    _, found = run([step], train, new)
    for column in ("colour", "size"):
        encoder = sk.OneHotEncoder(
            categories=[levels(train[column])], handle_unknown="ignore", sparse_output=False
        )
        expected = encoder.fit(train[[column]].dropna()).transform(new[[column]])
        names = list(encoder.get_feature_names_out())[drop_first:]
        close(found[names], expected[:, drop_first:])
        assert column not in found
    unseen = new["colour"].isin(["violet", "RED"]) | new["colour"].isna()
    assert (found.loc[unseen, [c for c in found if c.startswith("colour_")]] == 0).all(axis=None)


def test_ordinal(run: Made, categories: Frame) -> None:
    train, new = categories(3), categories(4, new=True)
    _, found = run(
        [{"kind": "encode", "method": "ordinal", "columns": ["colour", "town", "size"]}], train, new
    )
    for column in ("colour", "town", "size"):  # town has enough levels for blocks
        encoder = sk.OrdinalEncoder(
            categories=[levels(train[column])], handle_unknown="use_encoded_value", unknown_value=-1
        )
        expected = encoder.fit(train[[column]].dropna()).transform(new[[column]].fillna("?"))[:, 0]
        close(found[column], np.where(new[column].isna(), np.nan, expected))


def test_ordinal_in_a_stated_order(run: Made) -> None:
    train = pd.DataFrame({"s": ["low", "high", "mid", None, "odd"]})
    step = {"kind": "encode", "method": "ordinal", "columns": ["s"], "order": ["low", "mid", "high"]}
    close(run([step], train)[1]["s"], [0, 2, 1, np.nan, -1])


def test_frequency(run: Made, categories: Frame) -> None:
    train, new = categories(5), categories(6, new=True)
    _, found = run([{"kind": "encode", "method": "frequency", "columns": ["colour", "town"]}], train, new)
    for column in ("colour", "town"):
        shares = train[column].value_counts(normalize=True, dropna=False).to_dict()
        missing = train[column].isna().mean()
        close(found[column], [missing if pd.isna(v) else shares.get(v, 0) for v in new[column]])


def test_hashing(run: Made, categories: Frame) -> None:
    train, new = categories(7), categories(8, new=True)
    step = {"kind": "encode", "method": "hashing", "columns": ["colour"], "n_features": 8}
    _, found = run([step], train, new)
    for row, value in enumerate(new["colour"]):
        codes = found.loc[row, [f"colour_hash{i}" for i in range(8)]].to_numpy(dtype=float)
        expected = np.zeros(8)
        if isinstance(value, str):
            expected[int(hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()[:8], 16) % 8] = 1
        close(codes, expected)


@pytest.mark.parametrize("smooth", [None, 10.0])
@pytest.mark.parametrize(
    ("target", "kind"), [("y", "binary"), ("amount", "continuous"), ("colour", "multiclass")]
)
def test_target_encoding_of_new_rows(
    run: Made, categories: Frame, target: str, kind: Any, smooth: float | None
) -> None:
    train, new = categories(9).dropna(), categories(10, new=True)
    columns = ["town"] if target == "colour" else ["town", "colour"]
    step = {"kind": "encode", "method": "target", "columns": columns, "smooth": smooth}
    _, found = run([step], train, new, target=target)
    encoder = sk.TargetEncoder(target_type=kind, smooth="auto" if smooth is None else smooth)
    expected = encoder.fit(train[columns], train[target]).transform(new[columns])
    names = [f"town_{c}" for c in encoder.classes_] if kind == "multiclass" else columns
    unseen_none = new[columns].isna().any(axis=1)  # a missing level that no training row has: the mean
    close(found[names], expected)
    if unseen_none.any():
        close(found.loc[unseen_none, "colour"], np.full(unseen_none.sum(), train[target].mean()))


def test_target_encoding_of_training_rows_is_cross_fitted(
    run: Made, categories: Frame, workspace: Workspace
) -> None:
    """Each fold's codes are those of a TargetEncoder that was fitted on the other folds."""
    train = categories(11)
    step = {"kind": "encode", "method": "target", "columns": ["colour", "town"]}
    _, found = run([step], train, target="amount", training=True)
    rows = len(train)
    folds = np.array(
        [
            r[0]
            for r in workspace.engine.query(
                f"SELECT hash(i + 1, 0) % 5 FROM range({rows}) t(i) ORDER BY i"
            ).rows
        ]
    )
    text = train[["colour", "town"]].fillna("(missing)")
    for fold in range(5):
        inside = folds == fold
        encoder = sk.TargetEncoder(target_type="continuous").fit(text[~inside], train["amount"][~inside])
        close(found.loc[inside, ["colour", "town"]], encoder.transform(text[inside]))


def test_levels_beyond_the_limit_count_as_unknown_and_it_is_said(run: Made) -> None:
    train = pd.DataFrame({"c": ["a"] * 5 + ["b"] * 4 + ["c"] * 3 + ["d" * 300]})
    fitted, found = run([{"kind": "encode", "method": "ordinal", "columns": ["c"], "max_levels": 2}], train)
    close(found["c"], [0] * 5 + [1] * 4 + [-1] * 4)
    assert any("2 more levels" in n for n in fitted.notes)


def test_rare_levels_become_other(run: Made) -> None:
    train = pd.DataFrame({"c": ["a"] * 60 + ["b"] * 39 + ["c", None]})
    new = pd.DataFrame({"c": ["a", "b", "c", "unseen", None]})
    _, found = run([{"kind": "rare", "columns": ["c"], "min_share": 0.05}], train, new)
    assert [None if pd.isna(v) else v for v in found["c"]] == ["a", "b", "other", "other", None]


def test_names_that_differ_by_case_stay_apart(run: Made) -> None:
    train = pd.DataFrame({"x": ["a", "A", "a", "missing"], "X_A": [1.0, 2.0, 3.0, 4.0]})
    _, found = run([{"kind": "encode", "method": "onehot", "columns": ["x"]}], train)
    assert sorted(found.columns) == ["X_A", "x_A_2", "x_a_3", "x_missing"]
    close(found["x_A_2"], [0, 1, 0, 0])
    close(found["x_a_3"], [1, 0, 1, 0])


@pytest.mark.parametrize(("method", "maker"), [("counts", CountVectorizer), ("tfidf", TfidfVectorizer)])
def test_words(run: Made, method: str, maker: Any) -> None:
    rng = np.random.default_rng(12)
    words = np.array(["Apple", "pear", "it's", "naïve", "x", "snake_case", "中文字", "a1", "UPPER"])
    train = pd.DataFrame({"t": [" ".join(rng.choice(words, 6)) + "!" for _ in range(80)]})
    new = pd.DataFrame({"t": ["apple, apple; unknown", "", None, "PEAR-naïve 中文字", "it's x"]})
    _, found = run([{"kind": "text", "method": method, "columns": ["t"], "max_features": 50}], train, new)
    vectorizer = maker().fit(train["t"])
    names = [f"t_{w}" for w in vectorizer.get_feature_names_out()]
    assert list(found.columns) == names
    close(found[names], vectorizer.transform(new["t"].fillna("")).toarray())


def test_lengths_of_text(run: Made) -> None:
    train = pd.DataFrame({"t": ["Two words", "", None, "one"]})
    _, found = run([{"kind": "text", "columns": ["t"]}], train)
    close(found[["t_length", "t_words"]], [[9, 2], [0, 0], [0, 0], [3, 1]])
