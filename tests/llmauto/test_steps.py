from __future__ import annotations

from llmauto.render.steps import step_lines, steps_of, without_step

PLAN = {
    "steps": [
        {"tool": "preprocess", "arguments": {"table": "t", "target": "churn"}},
        {"tool": "select_features", "arguments": {"table": "t", "target": "churn"}},
        {
            "tool": "train_model",
            "arguments": {"table": "t", "recipe": "$1.recipe", "features": "$2.features"},
        },
        {"tool": "explain_model", "arguments": {"model": "$3.model"}},
    ]
}


def test_a_plan_is_read_as_numbered_lines() -> None:
    assert step_lines(steps_of("compose", PLAN))[2] == (
        "  3. train_model  (table: t; recipe: recipe of step 1; features: features of step 2)"
    )
    assert steps_of("train_model", PLAN) == []


def test_a_step_that_is_left_out_moves_the_references() -> None:
    fewer = without_step(PLAN, 2)
    assert fewer is not None
    assert [s["tool"] for s in fewer["steps"]] == ["preprocess", "train_model", "explain_model"]
    assert fewer["steps"][1]["arguments"] == {"table": "t", "recipe": "$1.recipe"}
    assert fewer["steps"][2]["arguments"] == {"model": "$2.model"}
    assert len(PLAN["steps"]) == 4


def test_a_step_that_a_later_one_needs_stays() -> None:
    assert without_step(PLAN, 3) is None
    assert without_step(PLAN, 9) is None
    assert without_step({"steps": [PLAN["steps"][0]]}, 1) is None
