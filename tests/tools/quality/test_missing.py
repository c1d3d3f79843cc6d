from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.tools.quality.conftest import Lab


def test_columns_that_go_missing_together(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT i, CASE WHEN i % 10 > 0 THEN i END AS a, CASE WHEN i % 10 > 0 THEN i * 2 END AS b,"
        " CASE WHEN i % 7 > 0 THEN i END AS c FROM range(500) r(i)",
    )
    found = lab.findings(t, "missing")
    together = [f for f in found if "together" in f["finding"]]
    assert [(f["columns"], f["count"], f["share"]) for f in together] == [("'a' and 'b'", 50, 0.1)]
    assert any(f["columns"] == "'c'" and f["count"] == 72 for f in found)
    step = json.loads(together[0]["fix"])[0]
    assert step == {"kind": "impute", "columns": ["a", "b"], "strategy": "median"}


def test_a_column_that_ends_early_but_not_one_that_is_sorted(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT CASE WHEN i < 940 THEN hash(i) % 100 END AS stopped, CASE WHEN i < 940 THEN i END AS ranked,"
        " CASE WHEN hash(i) % 10 > 0 THEN i END AS holes FROM range(1000) r(i)",
    )
    early = [f for f in lab.findings(t, "missing") if "ends early" in f["finding"]]
    assert [f["columns"] for f in early] == ["'stopped'"]
    assert early[0]["count"] == 60


def test_stand_ins_for_missing_values(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT CASE WHEN i % 20 = 0 THEN 'N/A' WHEN i % 20 = 1 THEN '-' ELSE 'v' || (i % 9) END AS word,"
        " CASE WHEN i % 50 = 0 THEN 9999 ELSE i % 90 END AS number,"
        " CASE WHEN i % 50 = 0 THEN DATE '1900-01-01' ELSE DATE '2020-01-01' + CAST(i AS INT) END AS day,"
        " CASE WHEN i % 2 = 0 THEN 'unknown' ELSE 'known ' || (i % 5) END AS vague,"
        " CAST(i % 100 AS INT) AS clean FROM range(1000) r(i)",
    )
    found = {f["columns"]: f for f in lab.findings(t, "missing")}
    assert {c: f["count"] for c, f in found.items()} == {
        "'word'": 100, "'number'": 20, "'day'": 20, "'vague'": 500
    }  # fmt: skip
    assert found["'vague'"]["severity"] == "low"
    assert '"N/A"' in found["'word'"]["finding"]


def test_nan_is_missing_and_minus_one_among_small_numbers_is_not(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT CASE WHEN i % 2 = 0 THEN 'nan'::DOUBLE ELSE i + 0.5 END AS x, CAST(i % 7 AS INT) - 1 AS y"
        " FROM range(200) r(i)",
    )
    found = lab.findings(t, "missing")
    assert [(f["columns"], f["count"]) for f in found] == [("'x'", 100)]
