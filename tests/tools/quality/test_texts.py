from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.tools.quality.conftest import Lab


import pytest

from llmauto_tools.quality.categories import distance, is_slip, key
from llmauto_tools.quality.numbers_in_text import date_format, is_number, quantity


def test_units_that_are_mixed(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT CASE WHEN i % 4 = 0 THEN i || ' lb' ELSE i || ' kg' END AS weight, (i + 1) || ' km' AS way,"
        " 'A' || i || ' m' AS code FROM range(100) r(i)",
    )
    found = {f["columns"]: f for f in lab.findings(t, "types")}
    assert set(found) == {"'weight'", "'way'"}
    assert (found["'weight'"]["severity"], found["'weight'"]["count"]) == ("high", 25)
    assert "75 in kg, 25 in lb" in found["'weight'"]["finding"]
    assert found["'way'"]["severity"] == "low"


def test_numbers_as_text_and_mixed_ones(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT CAST(i * 1.5 AS VARCHAR) AS text, CASE WHEN i % 25 = 0 THEN 'about ' || i ELSE CAST(i AS VARCHAR) END AS"
        " mixed, lpad(CAST(i AS VARCHAR), 5, '0') AS branch, CAST(10000 + i AS VARCHAR) AS zip_code,"
        " CASE WHEN i % 10 = 0 THEN '1.234,5' ELSE '1234.5' END AS marks FROM range(100) r(i)",
    )
    found = {f["columns"]: f for f in lab.findings(t, "types")}
    assert set(found) == {"'text'", "'mixed'", "'marks'"}
    assert (found["'mixed'"]["count"], found["'mixed'"]["severity"]) == (4, "high")
    assert found["'text'"]["fix"] == '[{"kind": "cast", "columns": ["text"], "to": "number"}]'
    assert found["'marks'"]["count"] == 10


def test_dates_in_several_formats_and_orders(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT CASE WHEN i % 10 = 0 THEN strftime(d, '%d.%m.%Y') ELSE strftime(d, '%Y-%m-%d') END AS formats,"
        " CASE WHEN i % 2 = 0 THEN strftime(d, '%m/%d/%Y') ELSE strftime(d, '%d/%m/%Y') END AS orders,"
        " strftime(d, '%b %d, %Y') AS words"
        " FROM (SELECT i, DATE '2023-01-01' + CAST(i AS INT) AS d FROM range(100) r(i))",
    )
    found = {f["columns"]: f for f in lab.findings(t, "types")}
    assert (found["'formats'"]["count"], found["'formats'"]["severity"]) == (10, "high")
    assert "day/month and month/day" in found["'orders'"]["finding"]
    assert found["'words'"]["severity"] == "medium"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2024-02-30", None), ("31/12/2024", ("a/b/2024", True)), ("12/31/2024", ("a/b/2024", False)),
     ("01/02/2024", ("a/b/2024", None)), ("13/13/2024", None), ("5 March 2021", ("31 Jan 2024", None)), ("1.2.3", None),
     ("2024-01-31 10:20:30", ("2024-01-31", None))],
)  # fmt: skip
def test_dates_are_read_by_the_calendar(text: str, expected: object) -> None:
    assert date_format(text) == expected


@pytest.mark.parametrize(
    ("text", "unit"),
    [("12 kg", "kg"), ("3lbs", "lb"), ("$4.50", "usd"), ("-3 °C", "c"), ("12 apples", None), ("kg", None)],
)
def test_quantities(text: str, unit: str | None) -> None:
    found = quantity(text)
    assert (found.unit if found else None) == unit


def test_numbers() -> None:
    assert [t for t in ("1", "-1.5e3", "1,234.5", "1,23", "", "-", "e", "1 2", "١٢") if is_number(t)] == [
        "1", "-1.5e3", "1,234.5",
    ]  # fmt: skip


def test_one_category_in_several_spellings(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT CASE WHEN i % 20 = 0 THEN 'U.S.A.' WHEN i % 20 = 1 THEN 'usa' WHEN i % 20 = 2 THEN 'United States'"
        " WHEN i % 2 = 0 THEN 'USA' ELSE 'France' END AS country,"
        " CASE WHEN i = 7 THEN 'Electronisc' WHEN i % 2 = 0 THEN 'Electronics' ELSE 'Furniture' END AS branch,"
        " CASE WHEN i % 3 = 0 THEN ' open' ELSE 'open' END AS state,"
        " ['A', 'A-', 'A+', 'B'][1 + i % 4] AS grade, ['1.5', '15', '1-5'][1 + i % 3] AS size,"
        " ['Iran', 'Iraq', 'Niger', 'Nigeria'][1 + i % 4] AS land"
        " FROM range(400) r(i)",
    )
    found = {f["columns"]: f for f in lab.findings(t, "categories")}
    assert set(found) == {"'country'", "'branch'", "'state'"}
    assert found["'country'"]["count"] == 60
    assert '"usa": "USA"' in found["'country'"]["fix"]
    assert "Electronisc (1) for Electronics (200)" in found["'branch'"]["examples"]
    assert found["'state'"]["fix"] == '[{"kind": "trim", "columns": ["state"]}]'


def test_keys_and_slips() -> None:
    assert key("U.S.A.") == key("u s a") == "usa"
    assert key("Café") == key("cafe")
    assert key("1.5") != key("15")
    assert distance("kitten", "ktiten", 2) == 1
    assert distance("abcdef", "azcdeq", 3) == 2
    assert is_slip("Electrnics", "Electronics")
    assert not is_slip("unmarried", "married")
    assert not is_slip("Model 12", "Model 13")
    assert not is_slip("Based on Toy", "Based on TV")
