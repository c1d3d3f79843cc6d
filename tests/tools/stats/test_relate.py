"""Regressions equal statsmodels' to 1e-9, in memory and in batches."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy.stats import chi2
from statsmodels.stats.diagnostic import het_breuschpagan
from statsmodels.stats.outliers_influence import variance_inflation_factor
from statsmodels.stats.stattools import jarque_bera

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.ledger import Evidence
from llmauto_tools.stats import design

from .conftest import Run

FORMULA = "y ~ z + tied + C(g, Treatment('b')) + bit"
FEATURES = ["z", "tied", "g", "bit"]


def close(a: Any, b: Any, tolerance: float = 1e-9) -> None:
    assert math.isclose(float(a), float(b), rel_tol=tolerance, abs_tol=1e-12), (a, b)


def column(evidence: Evidence, name: str) -> list[Any]:
    at = [c[0] for c in evidence.columns].index(name)
    return [row[at] for row in evidence.rows]


def section(evidence: Evidence, title: str) -> list[Any]:
    return list(next(s.rows for s in evidence.sections if s.title == title))


def in_our_order(values: Any) -> list[float]:
    """Patsy puts categories first: intercept, a, c, d, z, tied, bit; ours follow the features."""
    v = [float(x) for x in values]
    return [v[0], v[4], v[5], v[1], v[2], v[3], v[6]]


@pytest.fixture(params=["in memory", "in batches"])
def memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "in batches":
        monkeypatch.setattr(design, "KEPT_CELLS", 0)
        monkeypatch.setattr("llmauto_tools.sql.engine.BATCH_ROWS", 64)


@pytest.mark.parametrize("robust", ["HC3", "HC2", "HC1", "HC0", "none"])
def test_ols(run: Run, frame: pd.DataFrame, memory: None, robust: str) -> None:
    cov = "nonrobust" if robust == "none" else robust
    reference = smf.ols(FORMULA, frame).fit(cov_type=cov, use_t=True)
    found = run("relate", target="y", features=FEATURES, robust=robust)
    interval = reference.conf_int()
    for name, expected in (
        ("coefficient", reference.params), ("std_error", reference.bse), ("p_value", reference.pvalues),
        ("ci_low", interval[0]), ("ci_high", interval[1]),
    ):  # fmt: skip
        for ours, theirs in zip(column(found, name), in_our_order(expected), strict=True):
            close(ours, theirs)
    close(found.figures["r_squared"], reference.rsquared)
    close(found.figures["r_squared_adjusted"], reference.rsquared_adj)
    close(found.figures["model_statistic"], reference.fvalue, 1e-8)
    assert found.figures["n"] == int(reference.nobs)


def test_the_checks_of_the_residuals(run: Run, frame: pd.DataFrame) -> None:
    reference = smf.ols(FORMULA, frame).fit()
    found = run("relate", target="y", features=FEATURES)
    spread, shape, influence = section(found, "residuals")
    lm, p, _, _ = het_breuschpagan(reference.resid, reference.model.exog)
    close(spread[1], lm)
    close(spread[2], p)
    jb, p, _, _ = jarque_bera(reference.resid)
    close(shape[1], jb)
    close(shape[2], p)
    cook = reference.get_influence().cooks_distance[0]
    close(influence[1], cook.max())
    rows = section(found, "rows of most influence")
    worst = int(np.argmax(cook))
    close(rows[0][1], reference.model.endog[worst])
    close(rows[0][2], reference.fittedvalues.iloc[worst])
    exog = reference.model.exog
    factors = [variance_inflation_factor(exog, i) for i in range(exog.shape[1])]
    for ours, theirs in zip(column(found, "vif")[1:], in_our_order(factors)[1:], strict=True):
        close(ours, theirs)


def test_joint_and_partial_association(run: Run, frame: pd.DataFrame) -> None:
    reference = smf.ols(FORMULA, frame).fit(cov_type="HC3", use_t=True)
    rows = {
        r[0]: r for r in section(run("relate", target="y", features=FEATURES), "columns given the others")
    }
    joint = reference.f_test(
        "C(g, Treatment('b'))[T.a] = C(g, Treatment('b'))[T.c] = C(g, Treatment('b'))[T.d] = 0"
    )
    close(rows["g"][3], joint.statistic)
    close(rows["g"][4], joint.pvalue)
    kept = frame.dropna(subset=["y", "g"])
    left_y = smf.ols("y ~ tied + C(g) + bit", kept).fit().resid
    left_z = smf.ols("z ~ tied + C(g) + bit", kept).fit().resid
    close(rows["z"][5], np.corrcoef(left_y, left_z)[0, 1])
    close(rows["z"][6], np.corrcoef(kept["y"], kept["z"])[0, 1])


def test_standardised_coefficients(run: Run, frame: pd.DataFrame) -> None:
    kept = frame.dropna(subset=["y"])[["y", "z", "tied"]]
    scaled = (kept - kept.mean()) / kept.std()
    reference = sm.OLS(scaled["y"], scaled[["z", "tied"]]).fit()
    found = run("relate", target="y", features=["z", "tied"])
    for ours, theirs in zip(column(found, "standardised")[1:], reference.params, strict=True):
        close(ours, theirs)


def test_interactions(run: Run, frame: pd.DataFrame) -> None:
    reference = smf.ols("y ~ z * tied", frame).fit(cov_type="HC3", use_t=True)
    found = run("relate", target="y", features=["z", "tied"], interactions=[["z", "tied"]])
    for ours, theirs in zip(column(found, "coefficient"), reference.params, strict=True):
        close(ours, theirs)
    for ours, theirs in zip(column(found, "std_error"), reference.bse, strict=True):
        close(ours, theirs)
    exog = reference.model.exog
    for i, ours in enumerate(column(found, "vif")[1:], start=1):
        close(ours, variance_inflation_factor(exog, i))


@pytest.mark.parametrize("robust", ["HC3", "none"])
def test_logit(run: Run, frame: pd.DataFrame, memory: None, robust: str) -> None:
    made = frame.assign(yes=frame["yes"].astype(int))
    model = smf.logit("yes ~ z + tied + C(g, Treatment('b')) + bit", made)
    reference = model.fit(
        disp=0, method="newton", tol=1e-13, ridge_factor=0, cov_type="HC0" if robust == "HC3" else "nonrobust"
    )
    found = run("relate", target="yes", features=FEATURES, robust=robust)
    for name, expected in (
        ("coefficient", reference.params), ("std_error", reference.bse), ("p_value", reference.pvalues),
        ("odds_ratio", np.exp(reference.params)),
    ):  # fmt: skip
        for ours, theirs in zip(column(found, name), in_our_order(expected), strict=True):
            close(ours, theirs)
    p = reference.model.endog.mean()
    null = reference.nobs * (
        p * math.log(p) + (1 - p) * math.log(1 - p)
    )  # statsmodels iterates to about 1e-10
    close(found.figures["pseudo_r_squared"], 1 - reference.llf / null)
    close(found.figures["model_p"], chi2.sf(2 * (reference.llf - null), reference.df_model))


def test_a_large_mean_costs_no_digits(run_on: Run) -> None:
    r = np.random.default_rng(1)
    small = r.normal(size=200)
    made = pd.DataFrame({"y": 2 * small + r.normal(size=200), "moment": small + 1.7e9})
    exact = sm.OLS(made["y"], sm.add_constant(made["moment"] - 1.7e9)).fit(cov_type="HC3", use_t=True)
    found = run_on(made, "relate", target="y", features=["moment"], method="ols")
    close(column(found, "coefficient")[1], exact.params.iloc[1])
    close(column(found, "std_error")[1], exact.bse.iloc[1])


def test_columns_that_say_the_same_are_left_out(run_on: Run) -> None:
    r = np.random.default_rng(2)
    made = pd.DataFrame({"y": r.normal(size=50), "a": r.normal(size=50)})
    made["b"] = 3 * made["a"] + 2
    found = run_on(made, "relate", target="y", features=["a", "b"], interactions=[["a", "b"]])
    assert any("'b' is explained by the other columns" in note for note in found.notes)
    assert column(found, "term") == ["(intercept)", "a"]
    close(column(found, "coefficient")[1], smf.ols("y ~ a", made).fit().params.iloc[1])


def test_the_reference_is_named(run: Run) -> None:
    found = run("relate", target="y", features=["g", "z"])
    assert found.figures["references"] == {"g": "b"}
    assert any("g: b" in note for note in found.notes)


def test_one_feature_is_a_test_of_two_columns(run: Run) -> None:
    kinds = {
        ("y", "z"): "spearman", ("y", "g"): "welch_anova", ("two", "y"): "welch", ("colour", "g"): "chi2",
        ("yes", "two"): "proportions",
    }  # fmt: skip
    for (target, feature), test in kinds.items():
        assert run("relate", target=target, features=[feature]).figures["test"] == test


def test_a_control_is_held_but_not_told(run: Run, frame: pd.DataFrame) -> None:
    found = run("relate", target="y", features=["z"], controls=["tied", "g"])
    reference = smf.ols("y ~ z + tied + C(g)", frame).fit(cov_type="HC3", use_t=True)
    close(found.figures["effect"], reference.params["z"])
    close(found.figures["ci_low"], reference.conf_int().loc["z", 0])
    close(found.figures["p_value"], reference.pvalues["z"])
    assert found.figures["features"] == ["z"]
    assert found.figures["controls"] == ["g", "tied"] or found.figures["controls"] == ["tied", "g"]


def test_all_columns_where_none_are_named(run_on: Run) -> None:
    r = np.random.default_rng(4)
    made = pd.DataFrame(
        {"y": r.normal(size=80), "a": r.normal(size=80), "same": 1, "code": [f"c{i}" for i in range(80)],
         "gaps": [1.0] * 5 + [None] * 70 + [2.0] * 5, "row_id": range(1000, 1080)}
    )  # fmt: skip
    found = run_on(made, "relate", target="y", method="ols")
    assert found.figures["features"] == ["a"]
    left = " ".join(found.notes)
    assert all(f"'{name}'" in left for name in ("same", "code", "gaps", "row_id"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"target": "nope"}, "Did you mean|has no column 'nope'"),
        ({"target": "y", "features": ["zz"]}, "has no column 'zz'"),
        ({"target": "colour", "features": ["y", "z"]}, "more than two categories"),
        ({"target": "y", "features": ["z", "tied"], "method": "logit"}, "logit needs two categories"),
        ({"target": "y", "features": ["y", "z"]}, "is the target itself"),
        ({"target": "y", "features": ["z"], "where": "z is null"}, "no values|No row|is left"),
        (
            {"target": "y", "features": ["z", "tied"], "interactions": [["z", "g"]]},
            "neither a feature nor a control",
        ),
        ({"target": "y", "features": ["z"], "method": "correlation", "controls": ["g"]}, "need a regression"),
    ],
)
def test_bad_input(run: Run, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidArguments, match=says):
        run("relate", **arguments)


def test_too_few_rows(run_on: Run) -> None:
    made = pd.DataFrame({"y": [1.0, 2, 4, 3], "a": [1.0, 5, 2, 2], "b": [3.0, 1, 1, 4]})
    with pytest.raises(InvalidArguments, match="too few for 3 coefficients"):
        run_on(made, "relate", target="y", features=["a", "b"])


def test_a_feature_that_tells_the_target_is_refused(run_on: Run) -> None:
    made = pd.DataFrame({"y": [0] * 20 + [1] * 20, "leak": range(40), "other": [i % 7 for i in range(40)]})
    with pytest.raises(InvalidArguments, match="almost without error"):
        run_on(made, "relate", target="y", features=["leak", "other"])


def test_a_constant_target_and_infinite_values(run_on: Run) -> None:
    made = pd.DataFrame({"y": [1.5] * 30, "x": range(30), "w": [math.inf, *range(29)]})
    with pytest.raises(InvalidArguments, match="one value only"):
        run_on(made, "relate", target="y", features=["x", "w"])
    made["y"] = [i * 0.5 + (i % 3) for i in range(30)]
    found = run_on(made, "relate", target="y", features=["w"], method="ols")
    assert found.figures["n"] == 29
    assert any("infinite" in note for note in found.notes)


def test_words_do_not_overclaim(run: Run) -> None:
    r = run("relate", target="y", features=FEATURES)
    assert "say nothing about causes" in (r.text or "")
    assert "we cannot tell" in (r.text or "")
    assert "prove" not in (r.text or "")
