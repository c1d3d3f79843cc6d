"""Paths into the evidence, and what is said where they lead nowhere."""

from __future__ import annotations

import pytest

from llmauto_agent.report.references import named_reference, resolve
from llmauto_tools.errors import ReportError
from llmauto_tools.ledger import Evidence


@pytest.mark.parametrize(
    ("path", "value", "ref"),
    [
        ("e1.rows[0].total", 120.0, "e1.rows[0][1]"),
        ("e1.rows[1][2]", 0.382, "e1.rows[1][2]"),
        ("e1.rows[region=South].total", 80.0, "e1.rows[1][1]"),
        ('e1.rows[0]["Unit price"]', 9.5, "e1.rows[0][3]"),
        ("e1.row_count", 3, "e1.row_count"),
        ("e2.figures.insights[0].values.share", 0.573, "e2.figures.insights[0].values.share"),
        ("e2.sections[0].rows[1].mean", 80.0, "e2.sections[0].rows[1][1]"),
        ("e2.sections[0].row_count", 2, "e2.sections[0].row_count"),
        ("e3.arguments.table", "t", "e3.arguments.table"),
    ],
)
def test_a_path_gives_its_value_and_its_place(
    evidence: dict[str, Evidence], path: str, value: object, ref: str
) -> None:
    found = resolve(path, evidence)
    assert (found.value, found.ref) == (value, ref)
    assert resolve(found.ref, evidence).value == value


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("total", "is no reference"),
        ("e9.rows[0].total", "did not run"),
        ("e4.rows[0].total", "did not finish"),
        ("e1.rows[7].total", "there are 3 rows"),
        ("e1.rows[0].totl", "Did you mean 'total'"),
        ("e1.rows[region=East].total", "no rows have region"),
        ("e1.rows[0]", "names no cell"),
        ("e1.charm", "names no part"),
        ("e2.sections[4].rows[0].mean", "has 1 sections"),
        ("e2.figures.insights[0].values.shore", "Did you mean 'share'"),
        ("e2.figures.insights[3].id", "there are 1 entries"),
        ("e1.rows[0].total.more", "names no cell"),
        ("e1.rows[0]total", "cannot be read"),
    ],
)
def test_what_leads_nowhere_is_refused_with_what_there_is(
    evidence: dict[str, Evidence], path: str, said: str
) -> None:
    with pytest.raises(ReportError) as caught:
        resolve(path, evidence)
    assert said in str(caught.value)


def test_a_place_can_be_named_by_its_column(evidence: dict[str, Evidence]) -> None:
    assert named_reference("e1.rows[0][3]", evidence) == 'e1.rows[0]["Unit price"]'
    assert named_reference("e3.figures.n", evidence) == "e3.figures.n"
