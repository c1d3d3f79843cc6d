"""The tool: its result, its honesty, what it leaves out, and what it refuses."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llmauto_tools.errors import Interrupted, InvalidArguments, LlmautoError, TimeLimitReached
from llmauto_tools.ledger import Evidence
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

Run = Callable[..., Evidence]
QUICK = ["mutual_information", "f_test", "tree"]


def people(rows: int = 600) -> dict[str, Any]:
    """Churn that depends on tenure and plan; a copy, an identifier, a constant, a leak, and noise beside."""
    random = np.random.default_rng(0)
    tenure = random.integers(1, 72, rows)
    plan = random.choice(["basic", "plus", "pro"], rows)
    chance = 1 / (1 + np.exp(0.08 * (tenure - 30) - 1.5 * (plan == "basic")))
    y = random.random(rows) < chance
    return {
        "customer_id": [f"C{i:05d}" for i in range(rows)],
        "tenure_months": tenure,
        "tenure_days": tenure * 30.4 + random.normal(size=rows),
        "plan": plan,
        "country": ["NL"] * rows,
        "cancelled_on": [20240101 + i % 28 if left else None for i, left in enumerate(y)],
        "noise_a": random.normal(size=rows),
        "noise_b": random.normal(size=rows),
        "empty": np.full(rows, np.nan),
        "y": ["yes" if left else "no" for left in y],
    }


@pytest.fixture
def churn(run: Run) -> Evidence:
    return run(people(), methods=QUICK)


def sections(evidence: Evidence) -> dict[str, list[tuple[Any, ...]]]:
    return {s.title: [tuple(r) for r in s.rows] for s in evidence.sections}


def test_what_matters_is_kept_with_reasons(churn: Evidence) -> None:
    figures = churn.figures
    assert set(figures["features"]) <= {"tenure_months", "tenure_days", "plan"}
    assert len(figures["features"]) == figures["count"] == 2
    assert (figures["task"], figures["metric"]) == ("classification", "ROC AUC")
    assert 0.75 < figures["score"] < 0.95
    reasons = {r[1]: r[4] for r in churn.rows}
    duplicate = next(r for name, r in reasons.items() if name.startswith("tenure") and "duplicates" in r)
    assert "r = 1.00" in duplicate
    assert "tells more about y" in duplicate
    assert "folds" in reasons["plan"]


def test_what_is_left_out_is_named_and_a_leak_is_loud(churn: Evidence) -> None:
    causes = {r[0]: r[1] for r in sections(churn)["Left out before ranking"]}
    assert causes == {
        "cancelled_on": "leak", "customer_id": "identifier", "country": "constant", "empty": "empty",
    }  # fmt: skip
    assert churn.notes[0].startswith("WARNING, possible leak: cancelled_on")
    assert churn.figures["leaks"] == ["cancelled_on"]


def test_the_curve_the_text_and_the_file_agree(churn: Evidence, workspace: Workspace) -> None:
    curve = sections(churn)["Score by number of features"]
    (chosen,) = [r for r in curve if r[3]]
    assert chosen[:3] == (churn.figures["count"], churn.figures["score"], churn.figures["standard_error"])
    assert f"{churn.figures['score']:.3f}" in (churn.text or "")
    assert [v["count"] for v in churn.charts[0]["data"]["values"]] == [r[0] for r in curve]
    with (workspace.path / churn.artifacts[0]).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [r["feature"] for r in rows if r["kept"] == "True"] == churn.figures["features"]
    assert {r["feature"] for r in rows if not r["rank"]} >= {"customer_id", "country"}


def test_noise_scores_like_chance_inside_the_folds(run: Run) -> None:
    """Choosing the best of 150 noise columns outside the folds would score about 0.8 here."""
    random = np.random.default_rng(5)
    columns = {f"n{i}": random.normal(size=120) for i in range(150)} | {"y": random.integers(0, 2, 120)}
    evidence = run(columns, methods=["f_test"], count=10)
    assert abs(evidence.figures["score"] - 0.5) < 0.15


def test_the_same_seed_gives_the_same(run: Run) -> None:
    columns = people(200)
    first, second = (
        run(columns, methods=["tree", "stability", "permutation"], seed=3, count=2) for _ in range(2)
    )
    assert first.rows == second.rows
    assert first.figures == second.figures


def test_a_larger_table_is_sampled_and_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmauto_tools.features.select.sample_rows", lambda columns: 500)
    evidence = run(people(3000), methods=QUICK, features=["tenure_months", "plan", "noise_a"])
    assert evidence.figures["rows"] == 3000
    assert 400 < evidence.figures["sample_rows"] < 600
    assert any("all 3,000 rows" in n and "sample of" in n for n in evidence.notes)


def test_count_group_time_and_every_measure(run: Run) -> None:
    columns = people(240) | {"household": np.arange(240) // 3, "day": np.arange(240)}
    evidence = run(
        columns, count=2, group="household", time="day",
        methods=["chi_square", "mrmr", "mrmr_difference", "mrmr_fcq", "mrmr_fcd", "l1", "boruta"],
    )  # fmt: skip
    assert evidence.figures["count"] == 2
    causes = {r[0]: r[1] for r in sections(evidence)["Left out before ranking"]}
    assert causes["household"] == causes["day"] == "folds"
    assert "2 were asked for" in str(evidence.rows)
    assert sections(evidence)["Boruta"]


def test_an_amount_and_several_classes(run: Run) -> None:
    random = np.random.default_rng(0)
    x, level = random.normal(size=400), random.choice(list("abc"), 400)
    columns = {"x": x, "level": level, "noise": random.normal(size=400)}
    amount = run(columns | {"y": 3 * x + 2.0 * (level == "a") + random.normal(size=400)})  # every default
    assert (amount.figures["task"], amount.figures["metric"]) == ("regression", "R squared")
    assert amount.figures["features"] == ["x", "level"]
    three = run(columns | {"y": np.digitize(x, [-0.5, 0.5])}, methods=QUICK)
    assert three.figures["leaks"] == ["x"]
    grades = run(columns | {"y": np.digitize(x + 0.5 * random.normal(size=400), [-0.5, 0.5])}, methods=QUICK)
    assert grades.figures["metric"] == "balanced accuracy"
    assert grades.figures["features"][0] == "x"
    assert any("3 different whole numbers" in n for n in grades.notes)


BASE = {"x": np.arange(40.0) % 7, "z": np.arange(40.0) % 5, "label": [f"text {i}" for i in range(40)]}


@pytest.mark.parametrize(
    ("changes", "arguments", "message"),
    [
        ({"y": ["yes"] * 40}, {}, "one value only"),
        ({"y": np.full(40, 3.5)}, {}, "one value only"),
        ({"y": [None] * 39 + [1.0]}, {}, "one value only"),
        ({"y": np.full(40, np.nan)}, {}, "no value in any row"),
        ({"y": [0.0, 1.0, *[np.inf] * 38]}, {}, "Only 2 rows"),
        ({"y": [f"n{i % 35}" for i in range(40)]}, {"task": "regression"}, "regression needs an amount"),
        ({"y": ["a"] * 39 + ["b"]}, {}, "second largest class"),
        ({"y": np.arange(40) % 2}, {"target": "yy"}, "no column 'yy'.* 'y'"),
        ({"y": np.arange(40) % 2}, {"features": ["xx"]}, "no column 'xx'"),
        ({"y": np.arange(40) % 2}, {"features": ["label"]}, "No column is left.*identifier"),
        ({"y": np.arange(40) % 2}, {"time": "label"}, "cannot be read as a date"),
        ({"y": np.arange(40) % 2}, {"count": 0}, "count"),
        ({"y": np.arange(40) % 2}, {"methods": ["magic"]}, "methods"),
    ],
)  # fmt: skip
def test_bad_input_gets_its_own_error(
    run: Run, changes: dict[str, Any], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidArguments, match=message) as caught:
        run(BASE | changes, **arguments)
    assert caught.value.hint


def test_a_text_target_with_many_values(run: Run) -> None:
    columns = {"x": np.arange(300.0), "y": [f"name {i % 120}" for i in range(300)]}
    with pytest.raises(InvalidArguments, match="120 different values: too many to be classes"):
        run(columns)


def test_infinite_values_and_a_named_target_are_told(run: Run) -> None:
    x = np.where(np.arange(80) % 9 == 0, np.inf, np.arange(80) % 7)
    columns = {"x": x, "z": np.arange(80.0) % 5, "other": np.arange(80.0) % 3, "y": (np.arange(80) % 7 > 3)}
    evidence = run(columns, features=["x", "z", "y"], methods=["f_test"])
    assert any("x has 9 infinite values" in n for n in evidence.notes)
    assert any("target y was among the features" in n for n in evidence.notes)
    assert "y" not in evidence.figures["features"]


def test_thousands_of_columns(run: Run) -> None:
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 60)
    columns: dict[str, Any] = {f"c{i}": column for i, column in enumerate(random.normal(size=(800, 60)))}
    columns["c77"] = y + 0.3 * random.normal(size=60)
    evidence = run(columns | {"y": y}, methods=["f_test"], count=1)
    assert evidence.figures["features"] == ["c77"]
    assert any("800 columns the best 500" in n for n in evidence.notes)
    assert len(json.dumps(evidence.rows)) < 8_000


def test_no_time_for_the_only_measure(run: Run) -> None:
    with pytest.raises(TimeLimitReached, match="None of the measures"):
        run(people(200), methods=["boruta"], time_budget=0.01)


def test_a_person_can_stop_it(workspace: Workspace, run: Run) -> None:
    run(people(200), methods=["f_test"])

    def stop(text: str, fraction: float | None) -> None:
        workspace.interrupt()

    with pytest.raises(Interrupted):
        run_tool(workspace, "select_features", {"table": "t", "target": "y"}, progress=stop)
    assert isinstance(Interrupted("x"), LlmautoError)


def test_the_filters_need_no_scikit_learn() -> None:
    code = (
        "import sys, llmauto_tools.toolbox.select_features, llmauto_tools.features.select\n"
        "heavy = {'numpy', 'pandas', 'sklearn', 'scipy', 'pyarrow', 'lightgbm'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
