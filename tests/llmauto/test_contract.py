from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from llmauto import contract
from llmauto.exits import UsageError
from llmauto_agent.answer import Answer, GroundingSummary
from llmauto_tools import errors
from llmauto_tools.ledger import Evidence

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads(files("llmauto").joinpath("answer.schema.json").read_text("utf-8"))


def evidence() -> Evidence:
    return Evidence(
        id="e3",
        tool="query",
        arguments={"sql": "SELECT 1 AS one"},
        state="finished",
        sql="SELECT 1 AS one",
        columns=(("one", "INTEGER"),),
        rows=((1,),),
        row_count=1,
        seconds=0.01,
    )


def answer(**changes: Any) -> Answer:
    fields: dict[str, Any] = {
        "question": "How many?",
        "status": "answered",
        "answer": "There is 1.",
        "value": 1,
        "columns": ["one"],
        "rows": [[1]],
        "sql": "SELECT 1 AS one",
        "evidence": [evidence()],
        "grounding": GroundingSummary(1, 1, []),
        "tokens": {"input": 0, "output": 0},
        "seconds": {"total": 0.5, "model": 0.4, "tools": 0.1},
        "session": "20260101-abcdef",
        "workspace": "folder",
    }
    return Answer(**fields | changes)


def check(value: dict[str, Any]) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(contract.to_json(value)))


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"status": "refused", "answer": "I don't know what a florp is.", "value": None, "evidence": []},
        {"status": "error", "error": {"kind": "model", "message": "It failed.", "hint": None}},
        {"grounding": GroundingSummary(2, 1, ["12.3"])},
    ],
)
def test_answers_fit_the_schema(changes: dict[str, Any]) -> None:
    check(contract.answer_object(answer(**changes)))


def test_tool_runs_fit_the_schema() -> None:
    value = contract.run_object(evidence(), "folder", 0.2)
    check(value)
    assert value["question"] is None
    assert value["value"] == 1


@pytest.mark.parametrize(
    "error", [UsageError("Wrong.", "Do this."), errors.SourceNotFound("Not there."), RuntimeError("a bug")]
)
def test_failures_fit_the_schema(error: Exception) -> None:
    value = contract.error_object(error, {"question": "How many?", "workspace": "folder"})
    check(value)
    assert value["status"] == "error"
    assert value["question"] == "How many?"


def test_the_schema_can_fail() -> None:
    broken = contract.answer_object(answer())
    for spoil in ({"version": 2}, {"extra": 1}, {"status": "done"}, {"error": {"kind": "x"}}):
        assert list(Draft202012Validator(SCHEMA).iter_errors({**broken, **spoil}))


def test_lone_surrogates_are_escaped() -> None:
    text = contract.to_json({"value": "bad \udc80"})
    assert text.encode("utf-8")
    assert json.loads(text) == {"value": "bad \udc80"}


def test_every_field_and_every_kind_is_documented() -> None:
    page = (ROOT / "docs" / "json.md").read_text("utf-8")
    item = SCHEMA["properties"]["evidence"]["items"]["properties"]
    for name in [*SCHEMA["properties"], *item]:
        assert f"| `{name}` |" in page, name
    kinds = {
        e.kind for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.LlmautoError)
    }
    for kind in kinds - {"error"}:
        assert f"`{kind}`" in page, kind
