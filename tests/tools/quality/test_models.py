from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.tools.quality.conftest import Lab


import pytest
from scipy import stats

from llmauto_tools.quality.drift import chi_square, chi_square_p, kolmogorov_p, psi


def test_the_target_is_imbalanced_or_alone(lab: Lab) -> None:
    t = lab.table(
        "t", "SELECT i % 50 = 0 AS rare, i % 2 AS even, 'x' AS alone, random() AS x FROM range(500) r(i)"
    )
    (f,) = lab.findings(t, "imbalance", target="rare")
    assert (f["count"], f["severity"], f["share"]) == (10, "low", 0.02)
    assert lab.findings(t, "imbalance", target="even") == []
    assert lab.findings(t, "imbalance", target="alone")[0]["severity"] == "high"
    assert lab.findings(t, "imbalance", target="x") == []


def test_features_that_know_the_answer(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT y, CASE WHEN y THEN 'gone' ELSE 'here' END AS mapped, CASE WHEN y THEN 'left on ' || i END AS exit_note,"
        " CAST(y AS INT) + 0.2 * random() AS scored, CASE WHEN random() < 0.9 THEN y ELSE NOT y END AS honest,"
        " i AS id, random() AS noise, CAST(y AS INT) + 2.0 * random() AS total_paid"
        " FROM (SELECT i, hash(i) % 4 = 0 AS y FROM range(1000) r(i))",
    )
    found = {f["columns"]: f["severity"] for f in lab.findings(t, "leakage", target="y")}
    assert found == {"'mapped'": "high", "'exit_note'": "high", "'scored'": "high", "'total_paid'": "low"}


def test_leaks_of_a_quantity_and_of_many_classes(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT price, price * 1.2 + random() AS gross, price * price AS curve, price + 900 * random() AS fair,"
        " ['a', 'b', 'c', 'd'][1 + CAST(hash(i) % 4 AS INT)] AS kind, hash(i) % 4 + 10 AS code, hash(i) % 2 AS half"
        " FROM (SELECT i, 1000 * random() AS price FROM range(2000) r(i))",
    )
    assert {f["columns"] for f in lab.findings(t, "leakage", target="price")} == {"'gross'", "'curve'"}
    assert [f["columns"] for f in lab.findings(t, "leakage", target="kind")] == ["'code'"]


def test_shared_entities_rows_and_times(lab: Lab) -> None:
    rows = "SELECT hash(i) AS a, hash(i, 3) AS b, i % 70 AS person, DATE '2024-01-01' + CAST(i AS INT) AS day, i % 2 AS y"
    train = lab.table("train", f"{rows} FROM range(0, 100) r(i)")
    test = lab.table("test", f"{rows} FROM range(90, 150) r(i)")
    apart = lab.table("apart", f"{rows} FROM range(100, 130) r(i)")
    found = [
        f["finding"]
        for f in lab.findings(train, "leakage", other=test, group="person", time="day", target="y")
    ]
    assert any("60 of 70 different values of 'person'" in f for f in found)
    assert any(f.startswith("10 rows (10%) are in 'test' too") for f in found)
    assert any("9 rows of 'train' are later" in f for f in found)
    assert lab.findings(train, "leakage", other=apart) == []


def test_a_date_after_the_row_is_a_time_leak(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT DATE '2024-01-01' + CAST(i AS INT) AS day, DATE '2024-01-05' + CAST(i AS INT) AS settled,"
        " DATE '2020-01-01' + CAST(i AS INT) AS born FROM range(100) r(i)",
    )
    assert [f["columns"] for f in lab.findings(t, "leakage", time="day")] == ["'settled' and 'day'"]


def test_drift_is_found_and_trifles_are_not(lab: Lab) -> None:
    sql = (
        "SELECT random() + {0} AS moved, random() + 0.005 * {0} AS trifle, CASE WHEN random() < 0.5 + 0.3 * {0} THEN 'a'"
        " ELSE 'b' END AS kind, CASE WHEN random() < 0.5 THEN 'a' ELSE 'b' END AS same,"
        " CASE WHEN random() > 0.3 * {0} THEN 1 + i % 5 END AS holes, i AS id FROM range({1}) r(i)"
    )
    a = lab.table("a", sql.format("0.0", 60_000))
    b = lab.table("b", sql.format("1.0", 60_000))
    found = {f["columns"]: f["finding"] for f in lab.findings(a, "drift", other=b)}
    assert set(found) == {"'moved'", "'kind'", "'holes'"}
    assert "missing" in found["'holes'"]
    assert lab.findings(a, "drift", other=lab.table("c", sql.format("0.0", 300))) == []


def test_drift_measures_equal_scipy() -> None:
    counts = [(30, 45), (50, 40), (20, 15), (5, 0)]
    table = [[p for p, _ in counts], [q for _, q in counts]]
    expected = stats.chi2_contingency(table, correction=False)
    assert chi_square(counts) == pytest.approx(expected.statistic, rel=1e-12)
    assert chi_square_p(expected.statistic, 3) == pytest.approx(expected.pvalue, abs=2e-3)
    for distance, n, m in ((0.05, 500, 400), (0.1, 800, 900), (0.02, 50_000, 60_000)):
        asymptotic = stats.kstwobign.sf((n * m / (n + m)) ** 0.5 * distance)
        assert kolmogorov_p(distance, n, m) == pytest.approx(asymptotic, abs=0.03)
    assert psi([(50, 50), (50, 50)]) == 0
    assert psi([(50, 25), (50, 75)]) == pytest.approx(0.25 * 1.0986123, rel=1e-6)


def test_the_ks_distance_equals_scipy(lab: Lab) -> None:
    a = lab.table("a", "SELECT floor(random() * 50) / 10 AS x, i AS id FROM range(900) r(i)")
    b = lab.table("b", "SELECT floor(random() * 60) / 10 AS x, i AS id FROM range(700) r(i)")
    (rows,) = [s.rows for s in lab.check(a, other=b, checks=["drift"]).sections]
    values = [[r[0] for r in lab.workspace.engine.query(f"SELECT x FROM {t}").rows] for t in (a, b)]
    assert rows[0][3] == pytest.approx(stats.ks_2samp(*values).statistic, abs=1e-4)


def test_columns_and_types_that_differ_between_tables(lab: Lab) -> None:
    a = lab.table("a", "SELECT i, 'x' || i AS code, i AS gone FROM range(50) r(i)")
    b = lab.table("b", "SELECT i, i AS code FROM range(50) r(i)")
    found = [(f["columns"], f["severity"]) for f in lab.findings(a, "drift", other=b)]
    assert found == [("'code'", "high"), ("'gone'", "medium")]


def test_labels_that_were_swapped(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT x, z, CASE WHEN i IN (3, 77, 150) THEN NOT y ELSE y END AS y FROM (SELECT i, hash(i) % 2 = 0 AS y,"
        " 9 * (hash(i) % 2) + hash(i + 999) % 5 AS x, hash(i + 555) % 3 AS z FROM range(300) r(i))",
    )
    (f,) = lab.findings(t, "labels", target="y")
    rows = {part.split(":")[0] for part in f["examples"].split("; ")}
    assert f["count"] == len(rows) >= 2
    assert rows <= {"row 4", "row 78", "row 151"}
    noise = lab.table("n", "SELECT random() AS x, hash(i) % 2 = 0 AS y FROM range(300) r(i)")
    evidence = lab.check(noise, target="y", checks=["labels"])
    assert evidence.rows == ()
    assert "Labels were not judged" in evidence.notes[0]
