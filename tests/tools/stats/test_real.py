"""Real tables: equal to scipy and statsmodels to 1e-9, and charts that are complete."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from llmauto_tools.ledger import Evidence
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

from .conftest import EXAMPLES, Run

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("LLMAUTO_DATA", ROOT.parent / "shared" / "data")) / "tabular"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the shared data sets are not here (LLMAUTO_DATA)")

MASS, FLIPPER = "Body Mass (g)", "Flipper Length (mm)"


def same(found: Evidence, statistic: Any, p: Any) -> None:
    assert math.isclose(found.figures["statistic"], float(statistic), rel_tol=1e-9)
    assert math.isclose(found.figures["p_value"], float(p), rel_tol=1e-9, abs_tol=1e-300)


@pytest.fixture(scope="module")
def penguins() -> pd.DataFrame:
    return pd.read_csv(EXAMPLES / "penguins.csv")


def parts(frame: pd.DataFrame, value: str, by: str) -> list[Any]:
    return [part[value].to_numpy() for _, part in frame[[value, by]].dropna().groupby(by)]


def test_penguins(run: Run, penguins: pd.DataFrame) -> None:
    mass = parts(penguins, MASS, "Species")
    same(run(table="penguins", value=MASS, by="Species", kind="anova"), *stats.f_oneway(*mass))
    same(run(table="penguins", value=MASS, by="Species", kind="kruskal"), *stats.kruskal(*mass))
    same(
        run(table="penguins", value=MASS, by="Sex"),
        *stats.ttest_ind(*parts(penguins, MASS, "Sex"), equal_var=False),
    )
    table = pd.crosstab(penguins["Species"], penguins["Island"])
    same(
        run(table="penguins", value="Island", by="Species"),
        *stats.chi2_contingency(table, correction=False)[:2],
    )
    both = penguins[[MASS, FLIPPER]].dropna()
    same(run(table="penguins", value=MASS, other=FLIPPER), *stats.pearsonr(both[MASS], both[FLIPPER]))
    same(run(table="penguins", value=MASS, kind="shapiro"), *stats.shapiro(both[MASS]))


def test_the_same_countries_twice(run: Run) -> None:
    wide = pd.read_csv(EXAMPLES / "gapminder.csv").pivot(index="country", columns="year", values="lifeExp")
    found = run(table="gapminder", value="lifeExp", by="year", subject="country", paired=True,
                where="year IN (1952, 2007)")  # fmt: skip
    same(found, *stats.ttest_rel(wide[1952], wide[2007]))


def test_a_regression_on_penguins(run: Run, penguins: pd.DataFrame) -> None:
    short = penguins.rename(columns={MASS: "mass", FLIPPER: "flipper"})
    reference = smf.ols("mass ~ flipper + C(Sex, Treatment('MALE')) + C(Species)", short).fit(
        cov_type="HC3", use_t=True
    )
    found = run("relate", table="penguins", target=MASS, features=[FLIPPER], controls=["Sex", "Species"])
    assert math.isclose(found.figures["effect"], reference.params["flipper"], rel_tol=1e-9)
    assert math.isclose(found.figures["ci_low"], reference.conf_int().loc["flipper", 0], rel_tol=1e-9)
    assert math.isclose(found.figures["r_squared"], reference.rsquared, rel_tol=1e-9)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with Workspace(tmp_path_factory.mktemp("shared")) as ws:
        for name in ("titanic", "tips", "winequality_red"):
            ws.attach(str(DATA / f"{name}.csv.gz"))
        yield ws


@needs_data
def test_shared_data(shared: Workspace) -> None:
    def run(table: str, **asked: Any) -> Evidence:
        return run_tool(shared, "test_hypothesis", {"table": table} | asked)

    titanic, tips, wine = (pd.read_csv(DATA / f"{n}.csv.gz") for n in ("titanic", "tips", "winequality_red"))
    ranks = run("titanic", value="Fare", by="Sex", kind="mann_whitney")
    same(ranks, *stats.mannwhitneyu(*parts(titanic, "Fare", "Sex")))
    table = pd.crosstab(titanic["Sex"], titanic["Survived"])[[1, 0]]
    fisher = run("titanic", value="Survived", by="Sex", kind="fisher")
    same(fisher, *stats.fisher_exact(table))
    same(run("tips", value="tip", by="day", kind="levene"), *stats.levene(*parts(tips, "tip", "day")))
    same(
        run("tips", value="tip", other="total_bill", kind="spearman"),
        *stats.spearmanr(tips["tip"], tips["total_bill"]),
    )
    same(run("winequality_red", value="alcohol", other="quality", kind="kendall"),
         *stats.kendalltau(wine["alcohol"], wine["quality"]))  # fmt: skip


# ---- charts


@pytest.mark.parametrize(
    ("tool", "asked"),
    [
        ("test_hypothesis", {"value": MASS, "by": "Species"}),
        ("test_hypothesis", {"value": MASS, "mean": 4200}),
        ("test_hypothesis", {"value": "Sex", "by": "Species"}),
        ("test_hypothesis", {"value": "Sex"}),
        ("test_hypothesis", {"value": MASS, "other": FLIPPER}),
        ("test_hypothesis", {"value": MASS, "other": FLIPPER, "paired": True}),
        ("relate", {"target": MASS, "features": [FLIPPER, "Sex", "Species"]}),
        ("relate", {"target": "Sex", "features": [FLIPPER, MASS]}),
    ],
)
def test_charts_are_small_and_valid(run: Run, tool: str, asked: dict[str, Any]) -> None:
    altair = pytest.importorskip("altair")
    (spec,) = run(tool, table="penguins", **asked).charts
    assert len(json.dumps(spec)) < 100_000
    assert spec["data"]["values"]
    altair.Chart.from_dict(spec, validate=True)


def test_a_chart_counts_every_row(run: Run, penguins: pd.DataFrame) -> None:
    (spec,) = run(table="penguins", value=MASS, other=FLIPPER).charts
    assert sum(v["count"] for v in spec["data"]["values"]) == penguins[[MASS, FLIPPER]].dropna().shape[0]
    (boxes,) = run(table="penguins", value=MASS, by="Sex").charts
    by_group = {v["group"]: v for v in boxes["data"]["values"]}
    males = penguins.loc[penguins["Sex"] == "MALE", MASS].dropna()
    assert by_group["MALE"]["median"] == np.median(males)
    assert by_group["MALE"]["n"] == len(males)
