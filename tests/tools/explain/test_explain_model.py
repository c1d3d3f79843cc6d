"""explain_model on two small trained models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from llmauto_tools.errors import InvalidArguments, QueryError
from llmauto_tools.explain.contributions import contributions
from llmauto_tools.explain.links import carry, sigmoid, softmax
from llmauto_tools.ledger import Evidence
from llmauto_tools.models.artifact import load_saved
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

Trained = tuple[Workspace, dict[str, Evidence]]


def explain(trained: Trained, **arguments: Any) -> Evidence:
    return run_tool(trained[0], "explain_model", arguments)


@pytest.fixture(scope="module")
def churned(trained: Trained) -> Evidence:
    return explain(trained, model="churned", page="why.html")


def test_the_inputs_that_made_the_target_come_first(churned: Evidence) -> None:
    assert churned.figures["top"][0] == "tenure"
    assert churned.figures["model"] == "churned@1"
    ranked = [row[0] for row in churned.rows]
    assert ranked.index("tenure") < ranked.index("region")
    first = churned.rows[0]
    assert first[2] > 0
    assert first[2] <= first[1] <= first[3]


def test_directions_are_in_words_of_the_table(churned: Evidence) -> None:
    assert "higher 'tenure' goes with a lower probability of 'yes'" in (churned.text or "")
    assert "cause" in churned.notes[0]


def test_a_page_is_written(trained: Trained, churned: Evidence) -> None:
    page = (trained[0].path / churned.artifacts[0]).read_text()
    assert "tenure" in page
    assert "<script" not in page


@pytest.mark.parametrize("name", ["churned", "spend"])
def test_contributions_add_up_to_the_prediction(trained: Trained, name: str) -> None:
    model = load_saved(trained[0], name)
    rows = model.prepare(model.background())
    made = contributions(model, rows.head(15), rows.head(40), 0, lambda done: None)
    said = model.estimator.predict(rows.head(15))
    said = said[:, 1] if said.ndim == 2 else said
    assert np.allclose(made.base[0] + made.values[:, :, 0].sum(axis=1), said, rtol=5e-3, atol=5e-3)


def test_a_row_in_words(trained: Trained) -> None:
    made = explain(trained, model="churned", row=12)
    model = load_saved(trained[0], "churned")
    value = run_tool(trained[0], "predict", {"table": "customers", "model": "churned", "name": "p"})
    assert value.figures["rows"] == 400
    said = trained[0].engine.query("SELECT probability FROM p LIMIT 1 OFFSET 11").rows[0][0]
    assert made.figures["prediction"] == pytest.approx(said, abs=5e-3)
    assert made.text
    assert made.text.startswith("For row 12 the model says for 'yes'")
    assert made.figures["because"]
    assert len(made.charts) == 1
    assert model.ref == made.figures["model"]


def test_a_filter_takes_the_first_row_that_fits(trained: Trained) -> None:
    made = explain(trained, model="spend", row="tenure > 60", table="customers")
    assert made.figures["row"] > 0
    assert any("the first is explained" in note for note in made.notes)


def test_the_newest_model_is_the_default(trained: Trained) -> None:
    made = explain(trained, features=["price"])
    assert made.figures["model"] == "spend@1"
    assert "price and the prediction" in [s.title for s in made.sections]
    assert run_tool(trained[0], "evaluate_model", {}).figures["model"] == "spend@1"


def test_a_table_without_labels_is_ranked_by_contributions(trained: Trained) -> None:
    run_tool(trained[0], "save_table", {"sql": "SELECT * EXCLUDE (spend) FROM fresh", "name": "bare"})
    made = explain(trained, model="spend", table="bare")
    assert "loss" not in " ".join(name for name, _ in made.columns)
    assert any("no score can be measured" in note for note in made.notes)


def test_a_number_may_come_as_text(trained: Trained) -> None:
    made = explain(trained, model="churned", row="7")
    assert made.figures["row"] == 7


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": "chrned"}, "churned"),
        ({"model": "churned", "features": ["tenur"]}, "tenure"),
        ({"model": "churned", "row": 100_000}, "no row"),
        ({"model": "churned", "row": 0}, "no row"),
        ({"model": "churned", "table": "nothing"}, "nothing"),
        ({"model": "churned", "page": "../why.html"}, "outside"),
    ],
)
def test_bad_input_is_named(trained: Trained, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArguments, match=words):
        explain(trained, **arguments)


def test_a_filter_cannot_leave_its_place(trained: Trained) -> None:
    with pytest.raises(QueryError):
        explain(trained, model="churned", row="1=1) UNION SELECT * FROM read_csv('/etc/passwd') --")


@pytest.mark.parametrize("link", [sigmoid, softmax])
def test_links_keep_the_sum(link: Any) -> None:
    random = np.random.default_rng(0)
    outputs = 1 if link is sigmoid else 3
    parts, base = random.normal(size=(20, 5, outputs)), random.normal(size=outputs)
    made, start = carry(parts, base, link)
    assert np.allclose(start + made.sum(axis=1), link(base + parts.sum(axis=1)))
    if outputs == 1:
        assert (np.sign(made) == np.sign(parts)).all()
