"""The settings of cleaning steps come from the words of the request."""

from __future__ import annotations

import pytest

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.neural.items import find_items
from llmauto_agent.planner.neural.settings import with_settings
from llmauto_agent.planner.values import EngineValues
from llmauto_tools.toolbox.preprocess import PreprocessArguments
from llmauto_tools.workspace import Workspace


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SchemaIndex:
    folder = tmp_path_factory.mktemp("settings")
    (folder / "visits.csv").write_text("visit_id,club,minutes\n1,Riverside,60\n2,Docklands,45\n")
    (folder / "trainers.csv").write_text("trainer,since\nAda,2019\n")
    workspace = Workspace(folder / "ws")
    for name in ("visits", "trainers"):
        workspace.attach(str(folder / f"{name}.csv"))
    tables = workspace.tables()
    return SchemaIndex(tables, [], EngineValues(workspace.engine, tables))


@pytest.mark.parametrize(
    ("question", "step", "settings"),
    [
        ("fill minutes", {"kind": "impute", "columns": ["minutes"]}, {"strategy": "median"}),
        ("fill club", {"kind": "impute", "columns": ["club"]}, {"strategy": "most_frequent"}),
        ("put the mean into minutes", {"kind": "impute", "columns": ["minutes"]}, {"strategy": "mean"}),
        (
            'replace missing clubs with "None Given"',
            {"kind": "impute", "columns": ["club"]},
            {"strategy": "constant", "value": "None Given"},
        ),
        ("minutes min-max", {"kind": "scale", "columns": ["minutes"]}, {"method": "minmax"}),
        ("target encoding 处理 club", {"kind": "encode", "columns": ["club"]}, {"method": "target"}),
        ("turn visit_id into text", {"kind": "cast", "columns": ["visit_id"]}, {"to": "text"}),
        ("remove outliers", {"kind": "outliers"}, {"action": "drop"}),
        ("strip spaces", {"kind": "trim"}, {}),
    ],
)
def test_a_step_gets_the_settings_of_its_words(
    index: SchemaIndex, question: str, step: dict[str, object], settings: dict[str, object]
) -> None:
    items = find_items(question, index)
    arguments = {"table": "visits", "steps": [step]}
    filled = with_settings("preprocess", arguments, items)
    assert filled["steps"] == [step | settings]
    PreprocessArguments.model_validate(filled)


def test_steps_of_a_plan_are_filled_too(index: SchemaIndex) -> None:
    items = find_items("fill the gaps with zeros, then segment", index)
    calls = [
        {"tool": "preprocess", "arguments": {"table": "visits", "steps": [{"kind": "impute"}]}},
        {"tool": "segment", "arguments": {"table": "visits"}},
    ]
    first, second = with_settings("compose", {"steps": calls}, items)["steps"]
    assert first["arguments"]["steps"][0] == {"kind": "impute", "strategy": "constant", "value": "0"}
    assert second["arguments"] == {"table": "$1.table"}
    assert calls[1]["arguments"] == {"table": "visits"}


def test_a_training_in_a_plan_takes_the_recipe_and_the_features(index: SchemaIndex) -> None:
    items = find_items("clean, choose features for club, train and explain", index)
    target = {"table": "visits", "target": "club"}
    tools = ("preprocess", "select_features", "train_model", "explain_model")
    calls = [{"tool": t, "arguments": {"table": "visits"} if t == "explain_model" else target} for t in tools]
    steps = with_settings("compose", {"steps": calls}, items)["steps"]
    assert steps[2]["arguments"] == target | {"features": "$2.features", "recipe": "$1.recipe"}
    assert steps[3]["arguments"] == {"model": "$3.model"}


@pytest.mark.parametrize(
    ("question", "metric"),
    [
        ("train on club, optimise AUC", {"metric": "roc_auc"}),
        ("minutes 的回归，用平均绝对误差", {"metric": "neg_mean_absolute_error"}),
        ("train on club", {}),
    ],
)
def test_a_training_gets_the_metric_of_the_request(
    index: SchemaIndex, question: str, metric: dict[str, str]
) -> None:
    arguments = {"table": "visits", "target": "club"}
    assert with_settings("train_model", arguments, find_items(question, index)) == arguments | metric


@pytest.mark.parametrize(
    ("question", "kept"), [("how good is the model", {}), ("is it good on visits?", {"table": "visits"})]
)
def test_a_model_is_looked_at_on_its_held_out_rows_unless_a_table_is_named(
    index: SchemaIndex, question: str, kept: dict[str, str]
) -> None:
    items = find_items(question, index)
    assert with_settings("evaluate_model", {"table": "visits"}, items) == kept


def test_listing_the_tables_takes_no_arguments(index: SchemaIndex) -> None:
    assert with_settings("tables", {"table": "visits"}, find_items("which tables", index)) == {}
