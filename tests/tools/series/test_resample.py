from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.runner import run_tool

if TYPE_CHECKING:
    from tests.tools.lab import Lab

DAY = dt.date(2023, 1, 1)


def months(n: int) -> list[str]:
    return [f"{2000 + i // 12}-{i % 12 + 1:02d}-01" for i in range(n)]


def sales(days: int, first: dt.date = DAY) -> list[list[Any]]:
    return [[first + dt.timedelta(i), 10 + i % 7] for i in range(days)]


def test_sums_equal_duckdbs_and_ends_are_marked(lab: Lab) -> None:
    name = lab.table("sales", ["day", "amount"], sales(81, dt.date(2023, 1, 10)))
    got = lab.run("time_series", name, what="resample", every="month", aggregate="sum")
    direct = lab.workspace.engine.query(
        "SELECT date_trunc('month', day), sum(amount), count(*) FROM sales GROUP BY 1 ORDER BY 1"
    ).rows
    assert [tuple(r[1:3]) for r in got.rows] == [(float(s), n) for _, s, n in direct]
    assert [r[3] for r in got.rows] == [True, False, False]  # January from the 10th; March to its end
    whole = lab.run("time_series", name, every="week", aggregate="sum")
    assert whole.figures["periods"] == 10  # of 12: the first begins on a Tuesday, the last ends on a Friday
    assert any("first week (2023-01-09) is covered only in part" in n for n in whole.notes)


def test_the_step_is_found_and_the_sum_has_a_reason(lab: Lab) -> None:
    name = lab.table("t", ["day", "amount"], sales(60))
    assert lab.run("time_series", name, what="resample").figures["every"] == "day"
    monthly = lab.run("time_series", name, what="resample", every="month")
    assert (monthly.figures["aggregate"], "amount" in monthly.figures["aggregate_reason"]) == ("sum", True)
    prices = lab.table("p", ["day", "price"], sales(60))
    assert lab.run("time_series", prices, what="resample", every="month").figures["aggregate"] == "mean"


def test_weekends_without_rows_are_not_missing(lab: Lab) -> None:
    rows = [r for r in sales(100) if r[0].isoweekday() < 6]
    del rows[30]
    got = lab.run("time_series", lab.table("t", ["day", "price"], rows), what="resample")
    assert got.figures["every"] == "day (Monday to Friday)"
    assert got.figures["missing"] == 1
    assert any(n.startswith("Periods without a value, shown as missing: 1 of") for n in got.notes)


@pytest.mark.parametrize(
    ("fill", "value"), [("none", None), ("zero", 0.0), ("forward", 1.0), ("linear", 2.0)]
)
def test_a_missing_month_is_filled_as_asked(lab: Lab, fill: str, value: float | None) -> None:
    rows = [[m, v] for m, v in zip(months(5), [1, 1, None, 3, 3], strict=True) if v is not None]
    got = lab.run(
        "time_series", lab.table("t", ["month", "x"], rows), what="resample", every="month", fill=fill
    )
    assert [r[1] for r in got.rows] == [1.0, 1.0, value, 3.0, 3.0]


def test_counts_of_nothing_are_zero(lab: Lab) -> None:
    rows = [["2024-01-03"], ["2024-01-04"], ["2024-03-09"]]
    got = lab.run("time_series", lab.table("t", ["day"], rows), what="resample", every="month")
    assert [r[1] for r in got.rows] == [2.0, 0.0, 1.0]


def test_years_and_months_in_columns_of_their_own(lab: Lab) -> None:
    rows = [[1990 + i // 12, m, i] for i, m in enumerate(["Jan", "Feb", "March"] * 2)]
    rows = [[1990 + i // 3, m, i] for i, m in enumerate(["Jan", "Feb", "March"] * 2)]
    got = lab.run("time_series", lab.table("t", ["year", "month", "x"], rows), what="resample", every="month")
    assert (got.rows[0][0], got.rows[-1][0], got.figures["time"]) == (
        "1990-01-01",
        "1991-03-01",
        "year and month",
    )
    years = lab.table("y", ["year", "pop"], [[y, y / 10] for y in range(1950, 2010, 5)])
    assert lab.run("time_series", years, what="resample").figures["every"] == "5 years"


def test_text_that_is_mostly_dates_and_mixed_zones(lab: Lab) -> None:
    rows = [["oops", 1], *([f"{1 + i % 28}.{1 + i // 28:02d}.2024", i] for i in range(56))]
    got = lab.run("time_series", lab.table("t", ["when", "x"], rows), what="resample", every="month")
    assert [r[2] for r in got.rows] == [28, 28]
    assert any("cannot be read there: 1" in n for n in got.notes)
    zones = [["2024-01-01T00:30:00+02:00", 1], ["2024-01-01T00:00:00Z", 2], ["2024-01-01T23:30:00-05:00", 4]]
    got = lab.run(
        "time_series", lab.table("z", ["t", "x"], zones), what="resample", every="day", aggregate="sum"
    )
    assert [r[1] for r in got.rows] == [1.0, 2.0, 4.0]  # 31 December, 1 and 2 January in UTC
    assert any("UTC" in n for n in got.notes)


def test_infinite_values_and_repeated_times(lab: Lab) -> None:
    rows = [[f"2024-01-{d:02d}", v] for d in range(1, 11) for v in (d, 3 * d)]
    lab.table("t", ["day", "x"], rows)
    odd = "SELECT day, CASE WHEN x = 9 THEN CAST('inf' AS DOUBLE) ELSE x END AS x FROM t"
    run_tool(lab.workspace, "save_table", {"sql": odd, "name": "odd"})
    got = lab.run("time_series", "odd", what="resample")
    assert got.rows[0][1] == 2.0
    assert got.rows[2][1] == 3.0  # only the finite of the two: 3, and 9 that was made infinite
    assert any("Infinite values of 'x' that are left out: 2" in n for n in got.notes)


def test_errors_name_the_choices(lab: Lab) -> None:
    plain = lab.table("plain", ["city", "x"], [["a", 1], ["b", 2]])
    with pytest.raises(InvalidArguments, match="no column of dates"):
        lab.run("time_series", plain)
    two = lab.table("two", ["start", "end", "x", "y"], [["2024-01-01", "2024-02-01", 1, 2]] * 3)
    with pytest.raises(InvalidArguments, match=r"several dates: start, end"):
        lab.run("time_series", two)
    with pytest.raises(InvalidArguments, match=r"can be the value: x, y"):
        lab.run("time_series", two, time="start")
    with pytest.raises(InvalidArguments, match="Did you mean 'start'"):
        lab.run("time_series", two, time="strat")
    with pytest.raises(InvalidArguments, match="holds no numbers"):
        lab.run("time_series", two, time="start", value="end")
    with pytest.raises(InvalidArguments, match="is not a time"):
        lab.run("time_series", plain, time="x")
    with pytest.raises(InvalidArguments, match="known by day"):
        lab.run("time_series", lab.table("d", ["day", "x"], sales(30)), every="hour")
    run_tool(
        lab.workspace, "save_table",
        {"sql": "SELECT start, CAST(NULL AS DOUBLE) AS x FROM two", "name": "nothing"},
    )  # fmt: skip
    with pytest.raises(InvalidArguments, match="missing in every row"):
        lab.run("time_series", "nothing")


def test_hostile_names(lab: Lab) -> None:
    value, time, group = 'x"; DROP TABLE t --', "d'\"", "g {}%s"
    rows = [[m, i, f"</script>{i % 2}'"] for i, m in enumerate(months(40))]
    name = lab.table("t", [time, value, group], rows)
    got = lab.run("time_series", name, time=time, value=value, by=group)
    assert len(got.rows) == 2
    assert lab.run("forecast", name, time=time, value=value, horizon=2).row_count == 2
