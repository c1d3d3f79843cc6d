from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.tools.quality.conftest import Lab


def test_outliers_but_not_a_long_tail(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT CASE WHEN i IN (10, 20) THEN 900.0 ELSE 50 + sqrt(-2 * ln(random())) * cos(6.28318 * random()) END AS x,"
        " exp(8 + sqrt(-2 * ln(random())) * cos(6.28318 * random())) AS income FROM range(2000) r(i)",
    )
    found = lab.findings(t, "outliers")
    assert [(f["columns"], f["count"]) for f in found if f["columns"]] == [("'x'", 2)]
    assert found[0]["severity"] == "medium"


def test_rows_that_are_unusual_together(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT CASE WHEN i < 2 THEN 9 ELSE random() END AS a, CASE WHEN i < 2 THEN 9 ELSE random() END AS b,"
        " CASE WHEN i < 2 THEN 9 ELSE random() END AS c, CASE WHEN i < 2 THEN 9 ELSE random() END AS d FROM range(1000) r(i)",
    )
    rows = [f for f in lab.findings(t, "outliers") if not f["columns"]]
    assert [f["count"] for f in rows] == [2]


def test_impossible_values(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT CASE WHEN i = 5 THEN -3 ELSE CAST(i % 80 AS INT) END AS age, CASE WHEN i < 3 THEN 130.0 ELSE i % 100 END AS"
        " discount_pct, CASE WHEN i = 9 THEN 95.5 ELSE i % 60 END AS latitude, i % 300 AS pct_change,"
        " CASE WHEN i = 1 THEN 'inf'::DOUBLE ELSE i END AS score, CAST(i % 9 AS INT) - 4 AS balance,"
        " DATE '1990-01-01' + CAST(CASE WHEN i = 4 THEN 40000 ELSE i END AS INT) AS birth_date,"
        " DATE '2024-01-01' + CAST(i AS INT) AS start_date,"
        " DATE '2024-01-03' + CAST(CASE WHEN i = 8 THEN 0 ELSE i END AS INT) AS end_date,"
        " i AS low_price, CASE WHEN i = 6 THEN 1 ELSE i + 1 END AS high_price FROM range(200) r(i)",
    )
    found = {f["columns"]: f["count"] for f in lab.findings(t, "impossible")}
    assert found == {
        "'age'": 1, "'discount_pct'": 3, "'latitude'": 1, "'score'": 1, "'birth_date'": 1,
        "'start_date' and 'end_date'": 1, "'low_price' and 'high_price'": 1,
    }  # fmt: skip


def test_time_that_runs_backwards_repeats_and_has_holes(lab: Lab) -> None:
    day = "DATE '2024-01-01' + CAST({} AS INT)"
    backwards = lab.table(
        "a", f"SELECT {day.format('CASE WHEN i = 50 THEN 30 ELSE i END')} AS day, i FROM range(100) r(i)"
    )
    gap = lab.table(
        "b", f"SELECT {day.format('CASE WHEN i > 60 THEN i + 9 ELSE i END')} AS day, i FROM range(100) r(i)"
    )
    whole = lab.table("c", f"SELECT {day.format('i')} AS day, i FROM range(100) r(i)")
    weekdays = lab.table("d", f"SELECT {day.format('i // 5 * 7 + i % 5')} AS day, i FROM range(200) r(i)")
    shuffled = lab.table("e", f"SELECT {day.format('hash(i) % 1000')} AS day, i FROM range(100) r(i)")
    found = [f["finding"] for f in lab.findings(backwards, "time_order")]
    assert any("runs backwards in 1 place" in f for f in found)
    assert any("repeats in 1 row" in f for f in found)
    (f,) = lab.findings(gap, "time_order")
    assert "1 gap" in f["finding"]
    assert f["examples"] == "2024-03-01 to 2024-03-11"
    assert [lab.findings(t, "time_order") for t in (whole, weekdays, shuffled)] == [[], [], []]
    assert "not sorted" in lab.findings(shuffled, "time_order", time="day")[0]["finding"]


def test_time_within_groups(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT 'shop ' || (i // 100) AS shop, DATE '2024-01-01' + CAST(CASE WHEN i = 250 THEN 49 ELSE i % 100 END AS INT)"
        " AS day FROM range(400) r(i)",
    )
    found = lab.findings(t, "time_order")
    assert any("repeats in 1 row within its 'shop'" in f["finding"] for f in found)
    assert not any("backwards" in f["finding"] for f in found)
