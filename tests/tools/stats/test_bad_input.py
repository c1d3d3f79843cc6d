"""Data that cannot be tested gets its own clear error, or a stated remedy; never a stack trace."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from llmauto_tools.errors import InvalidArguments, LlmautoError, QueryInvalid, QueryRejected

from .conftest import Run


def made(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


N = list(np.random.default_rng(0).normal(size=60))


@pytest.mark.parametrize(
    ("frame", "asked", "says"),
    [
        (made(v=N, g=["a"] * 60), {"by": "g"}, "one group only"),
        (made(v=N, g=["a", None] * 30), {"by": "g"}, "one group only"),
        (made(v=N[:2], g=["a", "b"]), {"by": "g"}, "only 2 usable values"),
        (made(v=N[:3], g=["a", "b", "c"]), {"by": "g"}, "Fewer than two groups"),
        (made(v=[1.0] * 60, g=["a", "b"] * 30), {"by": "g"}, "all the same"),
        (made(v=[1.0] * 60), {"mean": 2}, "all the same"),
        (made(v=[None] * 60, g=["a", "b"] * 30).astype({"v": float}), {"by": "g"}, "has no values"),
        (made(v=[math.inf, -math.inf] * 30, g=["a", "b"] * 30), {"by": "g"}, "only infinite values"),
        (made(v=N, g=[f"g{i}" for i in range(60)]), {"by": "g"}, "60 groups, and at most 50|about \\d+ groups"),
        (made(v=N * 10, g=[f"g{i}" for i in range(300)] * 2), {"by": "g"}, "about \\d+ groups"),
        (made(v=[f"text {i}" for i in range(300)], g=["a", "b", "c"] * 100), {"by": "g"}, "too many to be categories"),
        (made(v=["x", "y"] * 30, g=["a", "b"] * 30), {"by": "g", "kind": "t"}, "holds text, and the Student's t-test"),
        (made(v=pd.date_range("2024-01-01", periods=60)), {"kind": "shapiro"}, "holds dates"),
        (made(v=["x"] * 60, g=["a", "b"] * 30), {"by": "g"}, "one value only"),
        (made(v=N, g=["a", "b", "c"] * 20), {"by": "g", "kind": "welch"}, "compares two groups, and 'g' has 3"),
        (made(v=N, g=["a", "b", "c"] * 20), {"by": "g", "alternative": "less"}, "has no direction"),
        (made(v=N, g=["a"] * 25 + ["b"] * 35), {"by": "g", "paired": True}, "cannot be paired: a has 25 values and b has 35"),
        (made(v=N, g=["a", "b", "c"] * 20), {"by": "g", "paired": True}, "compares two groups, and 'g' has 3"),
        (made(v=N, w=N), {"other": "w", "paired": True}, "differences of the pairs are all the same"),
        (made(v=N, w=[2.0] * 60), {"other": "w"}, "all the same"),
        (made(v=N, w=[None, 1.0] * 30), {"other": "v"}, "against itself"),
        (made(v=[1.0, None, 3.0, None], w=[None, 1.0, 2.0, 3.0]), {"other": "w"}, "only 1 usable pairs"),
        (made(v=N, g=["a", "b"] * 30, w=N), {"by": "g", "other": "w"}, "not both"),
        (made(v=N), {"kind": "t"}, "none was given"),
        (made(v=N), {"kind": "chi2", "by": None}, "does not fit|too many"),
        (made(v=N, w=N[::-1]), {"other": "w", "kind": "welch"}, "does not fit this question"),
        (made(v=["x", "y", "z"] * 20), {"proportion": 0.5}, "has 3 levels"),
        (made(v=["x", "y"] * 30, g=["a", "b", "c"] * 20), {"by": "g", "kind": "fisher"}, "two columns of two levels"),
        (made(v=N, g=["a", "b", "c"] * 20), {"by": "g", "margin": 1.0}, "Equivalence within a margin"),
        (made(v=["x", "y"] * 30, w=["p", "q"] * 30), {"other": "w", "paired": True}, "the same two levels"),
        (made(v=N, g=["a"] * 60), {"by": "h"}, "has no column 'h'"),
        (made(v=N, s=[{"a": 1}] * 60), {"by": "s"}, "which no test reads"),
    ],
)  # fmt: skip
def test_refused_with_a_reason(run_on: Run, frame: pd.DataFrame, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidArguments, match=says) as caught:
        run_on(frame, value="v", **asked)
    assert caught.value.message.endswith(".")


def test_an_unknown_column_names_the_nearest(run: Run) -> None:
    with pytest.raises(InvalidArguments, match="Did you mean 'Body Mass"):
        run(table="penguins", value="Body Mass", by="Species")


def test_a_condition_is_guarded_and_checked(run: Run) -> None:
    with pytest.raises(QueryInvalid):
        run(value="y", by="g", where="nonsense = 1")
    with pytest.raises(QueryInvalid):
        run(value="y", by="g", where="y >")
    with pytest.raises((QueryRejected, QueryInvalid)):
        run(value="y", by="g", where="1 = 1); DROP TABLE t; --")
    with pytest.raises(LlmautoError):
        run(value="y", by="g", where="y IN (SELECT column0 FROM read_csv('/etc/passwd'))")
    with pytest.raises(InvalidArguments, match="No row of 't' is left"):
        run(value="y", by="g", where="y > 1e9 -- none")


def test_infinite_values_and_nulls_are_left_out_and_told(run_on: Run) -> None:
    frame = made(v=[math.inf, math.nan, None, *N[:57]], g=["a", "b"] * 30)
    found = run_on(frame, value="v", by="g")
    assert found.figures["n"] == 57
    assert any("infinite" in note for note in found.notes)
    assert any("have no value of 'v'" in note for note in found.notes)


def test_small_and_empty_groups_are_told(run_on: Run) -> None:
    frame = made(v=[*N[:58], 0.5, None], g=["a", "b"] * 29 + ["single", "empty"])
    found = run_on(frame, value="v", by="g")
    assert found.figures["groups"] == 2
    assert any("single value are left out: single" in note for note in found.notes)
    assert any("without any value of 'v': empty" in note for note in found.notes)


def test_pairs_in_the_order_of_rows_are_told(run_on: Run) -> None:
    frame = made(v=N, g=["a"] * 30 + ["b"] * 30)
    found = run_on(frame, value="v", by="g", paired=True)
    assert found.figures["difference"] == pytest.approx(np.mean(N[:30]) - np.mean(N[30:]), rel=1e-9)
    assert any("in the order in which they come" in note for note in found.notes)


def test_pairs_by_subject(run_on: Run) -> None:
    frame = made(
        v=[1.0, 2.0, 4.0, 8.0, 9.0, 5.0, 7.0, 3.0, 1.0], g=list("aaaabbbba"), s=[1, 2, 3, 4, 4, 3, 2, 1, 9]
    )
    found = run_on(frame, value="v", by="g", subject="s", paired=True)
    assert found.figures["n"] == 4
    assert found.figures["difference"] == pytest.approx(np.mean([1 - 3, 2 - 7, 4 - 5, 8 - 9]))
    assert any("one side only are left out" in note for note in found.notes)


def test_a_column_among_many_that_cannot_be_tested_says_why(run_on: Run) -> None:
    frame = made(v=N, same=[1.0] * 60, g=["a", "b"] * 30)
    found = run_on(frame, value=["v", "same"], by="g")
    assert [row[0] for row in found.rows] == ["v"]
    assert any("'same' was not tested" in note for note in found.notes)


def test_names_with_quotes_and_brackets(run_on: Run) -> None:
    frame = pd.DataFrame({'v "x"': N, "g'[1].a": ["it's", "b"] * 30})
    found = run_on(frame, value='v "x"', by="g'[1].a")
    assert found.figures["n"] == 60


def test_it_stops_when_a_person_stops_it(run: Run, workspace: Any) -> None:
    from llmauto_tools.errors import Interrupted
    from llmauto_tools.runner import run_tool

    def stop(text: str, fraction: float | None) -> None:
        workspace.interrupts += 1

    with pytest.raises(Interrupted):
        run_tool(
            workspace,
            "test_hypothesis",
            {"table": "t", "value": "tied", "by": "g", "kind": "kruskal"},
            progress=stop,
        )


def test_words_do_not_overclaim(run: Run) -> None:
    clear = run(table="penguins", value="Body Mass (g)", by="Sex")
    assert "says nothing about its cause" in (clear.text or "")
    unclear = run(table="penguins", value="Body Mass (g)", by="Species", where="Species not like 'Gentoo%'")
    assert "do not differ clearly" in (unclear.text or "")
    assert "may have been missed" in (unclear.text or "")
    small = "\"Sample Number\" < 8 and Species not like 'Gentoo%'"
    few = run(table="penguins", value="Body Mass (g)", by="Species", where=small)
    assert "We cannot tell" in (few.text or "")
    for found in (clear, unclear, few):
        assert "prove" not in (found.text or "")
        assert "no difference" not in (found.text or "")


def test_samples_say_their_size(run_on: Run) -> None:
    r = np.random.default_rng(5)
    found = run_on(made(v=r.normal(size=9_000)), value="v", kind="shapiro")
    assert any("random sample of" in note and "9,000" in note for note in found.notes)
    assert found.figures["n"] <= 5_000
