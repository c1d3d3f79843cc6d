"""The test that is chosen is the one that a textbook chooses."""

from __future__ import annotations

import numpy as np
import pytest

from .conftest import Run
from .situations import SITUATIONS, Situation


def test_there_are_enough_situations() -> None:
    assert len(SITUATIONS) >= 40
    assert len({s.name for s in SITUATIONS}) == len(SITUATIONS)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda s: s.name)
def test_the_textbook_choice(run: Run, run_on: Run, situation: Situation) -> None:
    asked = situation.asked | ({"where": situation.where} if situation.where else {})
    if isinstance(situation.data, str):
        found = run(table=situation.data, **asked)
    else:
        found = run_on(situation.data(np.random.default_rng(11)), **asked)
    assert found.figures["test"] == situation.textbook, (situation.why, found.text)
    assert "was chosen because" in (found.text or "")


def test_a_rank_test_is_not_run_beside_on_big_data(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from llmauto_tools.stats import case

    beside = run(table="t", value="x", by="two")
    assert beside.figures["alternative_test"] == "mann_whitney"
    monkeypatch.setattr(case, "BIG", 100)
    alone = run(table="t", value="x", by="two")
    assert alone.figures["alternative_test"] is None
    assert alone.figures["p_value"] == beside.figures["p_value"]
    assert any("was not run beside it" in note for note in alone.notes)
    asked = run(table="t", value="x", by="two", kind="mann_whitney")
    assert asked.figures["test"] == "mann_whitney"
