"""The whole way on real tables: propose, fit, SQL, scikit-learn, save and load."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from llmauto_tools.columns import quoted
from llmauto_tools.preprocess import Recipe, fit, load, propose, save
from llmauto_tools.preprocess.recipe import Split
from llmauto_tools.workspace import Workspace

EXAMPLES = Path(__file__).parents[3] / "examples" / "data"


@pytest.mark.parametrize(
    ("file", "target"), [("penguins.csv", "Species"), ("orders.csv", "status"), ("gapminder.csv", "lifeExp"), ("销售.csv", None)]
)  # fmt: skip
def test_sql_equals_the_pipeline_that_is_fitted_on_the_same_rows(
    tmp_path: Path, file: str, target: str | None
) -> None:
    with Workspace(tmp_path) as workspace:
        table = workspace.attach(str(EXAMPLES / file))[0].name
        recipe = propose(workspace, table, target, split=Split(test=0.25))
        fitted = fit(workspace, quoted(table), recipe)
        assert all(step.reason for step in recipe.column_steps)
        assert save(workspace, "first", fitted, table).ref == "first@1"
        assert load(workspace, "first") == fitted
        train = workspace.engine.arrow(fitted.training_sql(quoted(table))).to_pandas()["split"] == "train"
        assert 0.7 < train.mean() < 0.8
        by_sql = workspace.engine.arrow(fitted.sql(quoted(table))).to_pandas()
        raw = workspace.engine.arrow(f"SELECT * FROM {quoted(table)}").to_pandas()
    features = raw.drop(columns=[target] if target else [])
    pipeline = recipe.to_sklearn(list(features.columns))
    pipeline.fit(features[train.to_numpy()], raw[target][train.to_numpy()] if target else None)
    made = pipeline.transform(features)
    assert list(made.columns) == [c for c in by_sql.columns if c != target]
    assert list(pipeline.get_feature_names_out()) == list(made.columns)
    for column in made.columns:
        np.testing.assert_allclose(
            by_sql[column].to_numpy(dtype=float), made[column], rtol=1e-9, atol=1e-9, err_msg=column
        )


def test_the_exported_file_rebuilds_the_pipeline(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        table = workspace.attach(str(EXAMPLES / "penguins.csv"))[0].name
        recipe = Recipe.model_validate({"steps": [{"kind": "scale", "columns": ["Body Mass (g)"]}]})
        saved = save(workspace, "mass", fit(workspace, quoted(table), recipe), table)
        space: dict[str, object] = {}
        exec((saved.path / "pipeline.py").read_text(encoding="utf-8"), space)
        assert [name for name, _ in space["make_pipeline"]().steps] == ["raw", "1_scale", "numbers"]  # type: ignore[operator]
        sql = (saved.path / "recipe.sql").read_text(encoding="utf-8")
        mass = workspace.engine.query(sql).rows
        assert len(mass) == 344
