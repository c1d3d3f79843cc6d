from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.tools.quality.conftest import Lab


PEOPLE = (
    "SELECT i AS id, 'Person ' || chr(65 + CAST(i % 26 AS INT)) || chr(65 + CAST(i // 26 AS INT)) || ' Miller' AS name,"
    " 'Street ' || (hash(i) % 5000) AS street, CAST(hash(i + 1000) % 80 AS INT) AS age, hash(i + 2000) % 2 = 0 AS member"
    " FROM range(300) r(i)"
)


def test_rows_that_repeat_wholly_and_but_for_the_id(lab: Lab) -> None:
    t = lab.table(
        "t",
        f"WITH p AS ({PEOPLE}) SELECT * FROM p UNION ALL SELECT * FROM p WHERE id < 12"
        " UNION ALL SELECT id + 1000, upper(name) || ' ', street, age, member FROM p WHERE id BETWEEN 50 AND 57",
    )
    found = lab.findings(t, "duplicates")
    exact = next(f for f in found if "in every column" in f["finding"])
    assert (exact["count"], exact["severity"]) == (12, "medium")
    assert exact["fix"] == '[{"kind": "deduplicate"}]'
    t = lab.table(
        "u",
        f"WITH p AS ({PEOPLE}) SELECT * FROM p UNION ALL"
        " SELECT id + 1000, upper(name) || ' ', street, age, member FROM p WHERE id BETWEEN 50 AND 57",
    )
    found = lab.findings(t, "duplicates")
    assert [(f["columns"], f["count"]) for f in found] == [("'id'", 8)]


def test_names_typed_twice(lab: Lab) -> None:
    t = lab.table(
        "t",
        f"WITH p AS ({PEOPLE}) SELECT * FROM p UNION ALL"
        " SELECT id + 1000, replace(name, 'Miller', 'Mliler'), street, age, member FROM p WHERE id BETWEEN 5 AND 9",
    )
    found = [f for f in lab.findings(t, "duplicates") if f["columns"] == "'name'"]
    assert [f["count"] for f in found] == [5]
    assert "Mliler" in found[0]["examples"]


def test_names_that_differ_by_a_number_are_different(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT i AS id, 'Route number ' || i AS name, 'Depot ' || (i // 10) AS depot, (i // 10) % 7 AS zone, i // 10 AS code"
        " FROM range(200) r(i)",
    )
    assert not [f for f in lab.findings(t, "duplicates") if f["columns"] == "'name'"]


def test_few_coarse_columns_repeat_by_chance(lab: Lab) -> None:
    t = lab.table(
        "t", "SELECT hash(i) % 5 AS a, hash(i + 1000) % 4 AS b, hash(i + 2000) % 6 AS c FROM range(400) r(i)"
    )
    assert lab.findings(t, "duplicates") == []


def test_a_column_that_repeats_another(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT hash(i) % 100 AS a, hash(i) % 100 AS b, 99 - hash(i) % 100 AS c, hash(i) % 2 AS d, hash(i + 5000) % 2 AS e"
        " FROM range(1000) r(i)",
    )
    found = [f for f in lab.findings(t, "duplicates") if "repeats" in f["finding"]]
    assert [f["columns"] for f in found if "every row" in f["finding"]] == ["'a' and 'b'"]


def test_constant_nearly_constant_and_empty_columns(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT 1 AS one, CAST(NULL AS INT) AS none, CASE WHEN i = 3 THEN 'b' ELSE 'a' END AS nearly,"
        " i % 40 = 0 AS rare, i AS id FROM range(500) r(i)",
    )
    found = {f["columns"]: f for f in lab.findings(t, "constant")}
    assert set(found) == {"'one'", "'none'", "'nearly'"}
    assert found["'nearly'"]["count"] == 499
    assert "empty" in found["'none'"]["finding"]
