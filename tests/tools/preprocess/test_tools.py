"""The tools preprocess and apply_recipe, run as the agent runs them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from llmauto_tools.errors import Interrupted, InvalidArguments, LlmautoError
from llmauto_tools.preprocess import Recipe, fit, load
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

from .conftest import Frame

EXAMPLES = Path(__file__).parents[3] / "examples" / "data"
Attach = Callable[[str, Any], str]


@pytest.fixture
def penguins(workspace: Workspace) -> Workspace:
    workspace.attach(str(EXAMPLES / "penguins.csv"))
    return workspace


def test_a_recipe_is_proposed_shown_saved_applied_and_undone(penguins: Workspace) -> None:
    done = run_tool(penguins, "preprocess", {"table": "penguins", "target": "Species"})
    assert done.figures["table"] == "penguins_prepared"
    assert done.figures["recipe"] == "penguins@1"
    assert done.figures["rows"] == 344
    assert done.figures["train_rows"] == 275
    assert done.seed == 0
    steps = {row[0]: row for row in done.rows}
    assert steps["encode (onehot)"][2]
    assert "Individual ID: " in steps["encode (frequency)"][3]
    changed = next(s for s in done.sections if s.title == "What changed")
    filled = sum(row[1] for row in changed.rows if row[0].startswith("impute"))
    raw = penguins.engine.arrow('SELECT * FROM "penguins"').to_pandas()
    kept = [c for c in raw if c not in ("Region", "Stage", "Species")]
    assert filled == raw[kept].isna().sum().sum()
    before = next(s for s in done.sections if s.title == "Before and after")
    assert ("Culmen Length (mm)", "39.1") in {row[:2] for row in before.rows}
    prepared = penguins.engine.query('SELECT * FROM "penguins_prepared"')
    assert prepared.row_count == 344
    assert {c.dtype for c in prepared.columns if c.name not in ("Species", "split")} == {"DOUBLE"}
    again = run_tool(penguins, "apply_recipe", {"table": "penguins", "recipe": "penguins", "name": "again"})
    assert again.figures["table"] == "again"
    assert again.figures["rows"] == 344
    run_tool(penguins, "undo", {})
    run_tool(penguins, "undo", {})
    assert [t.name for t in penguins.tables()] == ["penguins"]
    second = run_tool(penguins, "preprocess", {"table": "penguins", "recipe": "penguins", "seed": 3})
    assert second.figures["recipe"] == "penguins@2"
    assert any("no split" in n for n in second.notes)


def test_what_is_learned_comes_from_the_training_rows_only(
    workspace: Workspace, attach: Attach, numbers: Frame, categories: Frame
) -> None:
    """Change every value of the test rows: the recipe learns the same."""
    frame = pd.concat([numbers(1, 300), categories(1, 300)], axis=1)
    split = {"kind": "split", "method": "random", "test": 0.3}
    steps: list[dict[str, Any]] = [
        split,
        {"kind": "deduplicate"},
        {"kind": "outliers", "columns": ["normal", "skewed"]},
        {"kind": "outliers", "action": "drop", "columns": ["whole"], "rule": "quantiles"},
        {"kind": "impute", "strategy": "median", "columns": ["normal"]},
        {"kind": "impute", "strategy": "group", "by": ["colour"], "columns": ["large"]},
        {"kind": "impute", "strategy": "iterative", "columns": ["skewed", "ties"]},
        {"kind": "scale", "method": "quantile", "columns": ["normal"]},
        {"kind": "scale", "method": "yeo_johnson", "columns": ["skewed"]},
        {"kind": "unify", "columns": ["colour"]},
        {"kind": "encode", "method": "target", "columns": ["colour"]},
        {"kind": "encode", "method": "frequency", "columns": ["town"]},
    ]
    recipe = Recipe.model_validate({"steps": steps, "target": "y"})
    relation = attach("first", frame)
    fitted = fit(workspace, relation, recipe)
    role = workspace.engine.arrow(
        f'SELECT {fitted.role_sql} AS role FROM (SELECT row_number() OVER () AS "llmauto row" FROM {relation})'
    )["role"].to_pandas()
    test = (role == "test").to_numpy()
    assert test.sum() == 90
    other = frame.copy()
    for column in frame:
        shuffled = frame.loc[test, column].to_numpy()[::-1]
        other.loc[test, column] = shuffled * 1000 if column in ("normal", "skewed", "large") else shuffled
    other.loc[test, "town"] = "elsewhere"
    again = fit(workspace, attach("second", other), recipe)
    close(again.learned, fitted.learned)
    assert again.role_sql == fitted.role_sql
    changed = frame.copy()
    changed.loc[~test, "normal"] += 1.0
    with pytest.raises(AssertionError):
        close(fit(workspace, attach("third", changed), recipe).learned, fitted.learned)


def close(one: Any, other: Any) -> None:
    """Equal, numbers to 1e-6: sums depend on the order in which threads add them."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        close(list(one.values()), [other[key] for key in one])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            close(a, b)
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-6, abs=1e-6)
    else:
        assert one == other


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": "Specie"}, "no column 'Specie'.*Did you mean 'Species'"),
        ({"steps": [{"kind": "scale", "columns": ["Body Mas (g)"]}]}, r"'Body Mas \(g\)'.*Did you mean"),
        ({"steps": []}, "There are no steps"),
        ({"steps": [{"kind": "scale", "columns": ["Sex"]}]}, "needs numbers; 'Sex' holds text"),
        ({"target": "Sex", "steps": [{"kind": "encode", "columns": ["Sex"]}]}, "names the target 'Sex'"),
        ({"target": "Stage"}, "same value in every training row"),
        ({"steps": [{"kind": "scale", "columns": ["Body Mass (g)"]}] * 2}, "Steps 1 and 2 both scale"),
        (
            {"steps": [{"kind": "drop", "columns": ["Sex"]}, {"kind": "encode", "columns": ["Sex"]}]},
            r"Step 2 \(encode\) names 'Sex', which step 1 \(drop\) has taken away",
        ),
        ({"split": "stratified"}, "needs 'target'"),
        ({"split": "group"}, "needs 'group'"),
        ({"group": "Sex", "time": "Date Egg"}, "by group or by time"),
        ({"group": "Region"}, "only one group"),
        ({"test": 0.0001, "target": "Body Mass (g)"}, "no test rows"),
        ({"test": 0.9999, "split": "random"}, "no training rows"),
        ({"name": "penguins"}, "attached source"),
        ({"recipe": "a/b"}, "cannot be the name of a recipe"),
        ({"steps": [{"kind": "encode", "method": "target", "columns": ["Sex"]}]}, "needs a target"),
        ({"steps": [{"kind": "scale", "method": "log1p", "columns": ["Delta 13 C (o/oo)"]}]}, "yeo_johnson"),
        ({"steps": [{"kind": "impute", "strategy": "constant", "columns": ["Sex"]}]}, "needs a value"),
        ({"steps": [{"kind": "scale", "methods": "x"}]}, "Extra inputs"),
        ({"steps": [{"kind": "split", "name": "sex"}, {"kind": "trim"}]}, "a column 'sex' already"),
    ],
)  # fmt: skip
def test_bad_input_is_told_and_leaves_nothing(
    penguins: Workspace, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidArguments, match=message):
        run_tool(penguins, "preprocess", {"table": "penguins", **arguments})
    assert penguins.derived.history() == []
    assert not list((penguins.path / "recipes").glob("*/*"))
    assert not list((penguins.path / "tables").iterdir())


def test_an_empty_table_and_one_row(workspace: Workspace, attach: Attach) -> None:
    empty = pd.DataFrame({"x": pd.Series([], dtype="float64"), "c": pd.Series([], dtype="str")})
    attach("empty", empty)
    with pytest.raises(InvalidArguments, match="no rows to learn from"):
        run_tool(workspace, "preprocess", {"table": "empty"})
    attach("one", pd.DataFrame({"x": [1.0], "c": ["a"]}))
    with pytest.raises(InvalidArguments, match=r"leaves no (test|training) rows"):
        run_tool(workspace, "preprocess", {"table": "one", "split": "random"})


def test_hostile_columns_are_proposed_for(workspace: Workspace, attach: Attach) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            'a"b': rng.normal(size=80), "select": rng.choice(np.array(["x'", "--", 'y"'], dtype=object), 80),
            "": rng.normal(size=80), "X": [np.inf, -np.inf] * 40, "x": rng.integers(0, 3, 80),
            "nothing": pd.Series([None] * 80, dtype="float64"), "same": 1.0,
        }
    )  # fmt: skip
    attach("hostile", frame)
    done = run_tool(workspace, "preprocess", {"table": "hostile", "split": "random"})
    prepared = workspace.engine.arrow('SELECT * FROM "hostile_prepared"').to_pandas()
    assert {"select_x'", "select_--", 'select_y"', 'a"b'} <= {*prepared.columns}
    assert np.isfinite(prepared.drop(columns="split").to_numpy(dtype=float)).all()
    dropped = next(row for row in done.rows if row[0] == "drop")
    assert "nothing" in " ".join(str(row) for row in done.rows)
    assert dropped[2]


def test_splits(workspace: Workspace, attach: Attach) -> None:
    rng = np.random.default_rng(0)
    rows = 500
    frame = pd.DataFrame(
        {
            "g": rng.integers(0, 40, rows), "t": pd.date_range("2024-01-01", periods=rows)[rng.permutation(rows)],
            "y": rng.random(rows) < 0.1, "x": rng.normal(size=rows),
        }
    )  # fmt: skip
    attach("data", frame)

    def roles(**arguments: Any) -> pd.DataFrame:
        run_tool(
            workspace,
            "preprocess",
            {"table": "data", "steps": [{"kind": "scale", "columns": ["x"]}], **arguments},
        )
        return workspace.engine.arrow('SELECT * FROM "data_prepared"').to_pandas()

    stratified = roles(target="y", test=0.25, valid=0.25)
    counts = stratified.groupby("y")["split"].value_counts().unstack()
    for y, share in counts.iterrows():
        total = (frame["y"] == y).sum()
        assert abs(share["test"] - total * 0.25) <= 1
        assert abs(share["valid"] - total * 0.25) <= 1
    assert (roles(split="random", test=0.3)["split"] == "test").sum() == 150
    assert not roles(split="random", seed=1)["split"].equals(roles(split="random", seed=2)["split"])
    grouped = roles(group="g")
    assert (grouped.groupby("g")["split"].nunique() == 1).all()
    assert grouped.loc[grouped["split"] == "test", "g"].nunique() == 8
    timed = roles(time="t", valid=0.1)
    latest = timed.groupby("split")["t"].agg(["min", "max"])
    assert latest.loc["train", "max"] < latest.loc["valid", "min"] < latest.loc["test", "min"]
    assert timed["split"].value_counts().to_dict() == {"train": 350, "test": 100, "valid": 50}


def test_apply_tells_what_differs(workspace: Workspace, attach: Attach) -> None:
    attach("old", pd.DataFrame({"x": [1.0, 2.0, 3.0], "c": ["a", "b", "a"], "y": [0, 1, 0]}))
    steps = [{"kind": "outliers", "action": "drop", "columns": ["x"]}, {"kind": "encode", "columns": ["c"]}]
    run_tool(workspace, "preprocess", {"table": "old", "target": "y", "split": "none", "steps": steps})
    attach("new", pd.DataFrame({"C": ["b", "unseen"], "x": ["99", "oops"], "more": [1, 2]}))
    done = run_tool(workspace, "apply_recipe", {"table": "new", "recipe": "old@1"})
    rows = workspace.engine.query('SELECT x, "c_a", "c_b" FROM "new_prepared"').rows
    assert rows == ((99.0, 0.0, 1.0), (None, 0.0, 0.0))
    notes = " ".join(done.notes)
    assert "Read 'x' as DOUBLE" in notes
    assert "more" in notes
    assert "every row of this table is kept" in notes
    attach("short", pd.DataFrame({"x": [1.0]}))
    with pytest.raises(InvalidArguments, match="lacks c"):
        run_tool(workspace, "apply_recipe", {"table": "short", "recipe": "old"})
    with pytest.raises(InvalidArguments, match=r"no recipe 'odl'.*Did you mean 'old'"):
        run_tool(workspace, "apply_recipe", {"table": "new", "recipe": "odl"})


def test_a_table_too_wide_for_one_statement(workspace: Workspace, attach: Attach) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 500))
    values[rng.random(values.shape) < 0.05] = np.nan
    frame = pd.DataFrame(values, columns=[f"c{i}" for i in range(500)])
    attach("wide", frame)
    steps = [{"kind": "impute", "strategy": "mean"}, {"kind": "scale"}]
    done = run_tool(workspace, "preprocess", {"table": "wide", "steps": steps, "split": "random"})
    assert done.figures["columns"] == 501
    filled = sum(row[1] or 0 for s in done.sections if s.title == "What changed" for row in s.rows)
    assert filled == np.isnan(values).sum()
    made = workspace.engine.arrow('SELECT c0, c499, split FROM "wide_prepared"').to_pandas()
    train = (made["split"] == "train").to_numpy()
    for name in ("c0", "c499"):
        x = frame[name].fillna(frame[name][train].mean())
        np.testing.assert_allclose(
            made[name], (x - x[train].mean()) / x[train].std(ddof=0), rtol=1e-6, atol=1e-9
        )


def test_a_stopped_run_leaves_nothing(penguins: Workspace) -> None:
    def stop(text: str, fraction: float | None) -> None:
        if text.startswith("fitting step 3"):
            penguins.interrupt()

    with pytest.raises(Interrupted):
        run_tool(penguins, "preprocess", {"table": "penguins"}, progress=stop)
    assert penguins.derived.history() == []
    assert not list((penguins.path / "recipes").glob("*/*"))


def test_the_exported_sql_runs_by_itself(penguins: Workspace) -> None:
    done = run_tool(penguins, "preprocess", {"table": "penguins", "target": "Species"})
    saved = penguins.path / "recipes" / "penguins" / "1"
    sql = (saved / "recipe.sql").read_text(encoding="utf-8")
    assert "coalesce" in sql
    assert penguins.engine.query(sql).row_count == 344
    assert load(penguins, done.figures["recipe"]).train_rows == 275
    with pytest.raises(LlmautoError, match="no version '7'"):
        load(penguins, "penguins@7")


def test_the_tools_are_light_to_import() -> None:
    code = (
        "import sys, llmauto_tools.toolbox.preprocess, llmauto_tools.toolbox.apply_recipe;"
        "print(sorted({'numpy', 'pandas', 'sklearn', 'pyarrow', 'duckdb', 'scipy'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_thousands_of_columns_are_refused_with_what_to_do(workspace: Workspace, attach: Attach) -> None:
    wide = pd.DataFrame({f"c{i}": [1, 2, 3] for i in range(1_001)})
    attach("wide", wide)
    with pytest.raises(
        InvalidArguments, match=r"1,001 columns; a recipe is made for at most 1,000"
    ) as refused:
        run_tool(workspace, "preprocess", {"table": "wide"})
    assert refused.value.hint
    assert "select_features" in refused.value.hint
