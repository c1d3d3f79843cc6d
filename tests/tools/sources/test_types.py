"""Types of text columns: numbers, dates, times and booleans as people write them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

D = dt.date


def column(file, attach, values, name="v"):
    """(type, values, note) of one column next to an id."""
    quoted = ['"' + v.replace('"', '""') + '"' if v else "" for v in values]
    text = f"id,{name}\n" + "".join(f"{i},{v}\n" for i, v in enumerate(quoted))
    opened = attach(file("t.csv", text))
    return opened.types()[name], [r[1] for r in opened.rows()], opened.column(name).note


@pytest.mark.parametrize(
    ("values", "dtype", "read"),
    [
        (["1", "-2", "30"], "BIGINT", [1, -2, 30]),
        (["1", "2.5", ""], "DOUBLE", [1.0, 2.5, None]),
        (["1e3", "-2.5E-1"], "DOUBLE", [1000.0, -0.25]),
        (["1,234", "56", "7,000,000"], "BIGINT", [1234, 56, 7_000_000]),
        (["1,234.50", "2.25"], "DOUBLE", [1234.5, 2.25]),
        (["1.234,50", "2,25"], "DOUBLE", [1234.5, 2.25]),
        (["1 234,5", "12"], "DOUBLE", [1234.5, 12.0]),
        (["1\u00a0234", "12"], "BIGINT", [1234, 12]),
        (["1'234.5", "2"], "DOUBLE", [1234.5, 2.0]),
        (["12,34,567", "1,00,000"], "BIGINT", [1_234_567, 100_000]),
        (["$1,234.50", "$3"], "DECIMAL(18,2)", [Decimal("1234.50"), Decimal("3.00")]),
        (["1.234,50 €", "3,20 €"], "DECIMAL(18,2)", [Decimal("1234.50"), Decimal("3.20")]),
        (["-$5.25", "$1.00"], "DECIMAL(18,2)", [Decimal("-5.25"), Decimal("1.00")]),
        (["(1,200.00)", "300.00"], "DOUBLE", [-1200.0, 300.0]),
        (["45%", "3.5%", "-1%"], "DOUBLE", [0.45, 0.035, -0.01]),
        (["￥1,000", "￥20"], "DECIMAL(18,2)", [Decimal(1000), Decimal(20)]),
        (["NA", "3", "n/a", "-"], "BIGINT", [None, 3, None, None]),
        (["NaN", "1.5"], "DOUBLE", [None, 1.5]),
        (["true", "FALSE", ""], "BOOLEAN", [True, False, None]),
        (["yes", "No"], "BOOLEAN", [True, False]),
        (["ja", "nein"], "BOOLEAN", [True, False]),
        (["是", "否"], "BOOLEAN", [True, False]),
        (["Y", "N"], "BOOLEAN", [True, False]),
        (["2024-02-29", "1999-12-31"], "DATE", [D(2024, 2, 29), D(1999, 12, 31)]),
        (["31/12/2020", "01/02/2020"], "DATE", [D(2020, 12, 31), D(2020, 2, 1)]),
        (["12/31/2020", "1/2/2020"], "DATE", [D(2020, 12, 31), D(2020, 1, 2)]),
        (["31.12.2020", "1.2.2020"], "DATE", [D(2020, 12, 31), D(2020, 2, 1)]),
        (["2020/1/5", "2020/12/31"], "DATE", [D(2020, 1, 5), D(2020, 12, 31)]),
        (["5 Jan 2020", "31 Dec 2020"], "DATE", [D(2020, 1, 5), D(2020, 12, 31)]),
        (["05-Jan-20", "31-Dec-99"], "DATE", [D(2020, 1, 5), D(1999, 12, 31)]),
        (["January 5, 2020", "May 1, 2020"], "DATE", [D(2020, 1, 5), D(2020, 5, 1)]),
        (["2023年1月5日", "2023年12月31日"], "DATE", [D(2023, 1, 5), D(2023, 12, 31)]),
        (["2023-01", "2023-02"], "DATE", [D(2023, 1, 1), D(2023, 2, 1)]),
        (
            ["2024-01-05 10:00", "2024-01-05T10:00:01.5"],
            "TIMESTAMP",
            [dt.datetime(2024, 1, 5, 10), dt.datetime(2024, 1, 5, 10, 0, 1, 500_000)],
        ),
        (["2024-01-05", "2024-01-05 10:00:00"], "TIMESTAMP", [dt.datetime(2024, 1, 5), dt.datetime(2024, 1, 5, 10)]),
        (
            ["2024-01-05T10:00:00Z", "2024-01-05T10:00:00+02:00"],
            "TIMESTAMP",
            [dt.datetime(2024, 1, 5, 10), dt.datetime(2024, 1, 5, 8)],
        ),
        (["1/5/2020 3:04 PM", "12/31/2020 11:00 am"], "TIMESTAMP", [dt.datetime(2020, 1, 5, 15, 4), dt.datetime(2020, 12, 31, 11)]),
        (["10:30", "9:05:03"], "TIME", [dt.time(10, 30), dt.time(9, 5, 3)]),
        ([" 1", " 2"], "BIGINT", [1, 2]),
    ],
)  # fmt: skip
def test_read_as(file, attach, values, dtype, read):
    found = column(file, attach, values)
    assert found[:2] == (dtype, read)


@pytest.mark.parametrize(
    "values",
    [
        ["01234", "98765"],
        ["007", "7"],
        ["+4917012345678", "+4930123456"],
        ["12345678901234567890", "12345678901234567891"],
        ["$5", "€6"],
        ["5%", "6"],
        ["12 apples", "3"],
        ["1_000", "2_000"],
        ["0x1F", "0x20"],
        ["192.168.1.1", "10.0.0.1"],
        ["1.2.3", "1.2.4"],
        ["31/12/2020", "12/31/2020"],
        ["30.02.2020", "31.04.2020"],
        ["25:00", "26:30"],
        ["maybe", "yes"],
        ["Y", "Y"],
        ["t1", "f2"],
        ["555-1234", "555-9999"],
    ],
)
def test_stays_text(file, attach, values):
    dtype, read, _ = column(file, attach, values)
    assert dtype == "VARCHAR"
    assert read == values


def test_one_odd_value_deep_in_the_file_keeps_a_column_text(file, attach):
    lines = [f"{i},{i},{i * 0.5},2024-01-01,true,12:00" for i in range(30_000)]
    lines.insert(20_000, "x1,2 pcs,about 3,tomorrow,perhaps,noon")
    opened = attach(file("t.csv", "a,b,c,d,e,f\n" + "\n".join(lines) + "\n"))
    assert set(opened.types().values()) == {"VARCHAR"}
    assert opened.rows()[20_000] == ("x1", "2 pcs", "about 3", "tomorrow", "perhaps", "noon")


def test_types_widen_where_later_values_need_it(file, attach):
    lines = [f"{i},{i},2024-01-01,1" for i in range(30_000)]
    lines[25_000] = '2.5,"1,234",2024-01-01 10:00,NA'
    opened = attach(file("t.csv", "a,b,c,d\n" + "\n".join(lines) + "\n"))
    assert opened.types() == {"a": "DOUBLE", "b": "BIGINT", "c": "TIMESTAMP", "d": "BIGINT"}
    assert opened.rows()[25_000] == (2.5, 1234, dt.datetime(2024, 1, 1, 10), None)


def test_a_column_that_is_empty_at_first_gets_its_type(file, attach):
    lines = [f"{i},{i * 2 if i > 20_000 else ''}," for i in range(25_000)]
    opened = attach(file("t.csv", "a,late,never\n" + "\n".join(lines) + "\n"))
    assert opened.types() == {"a": "BIGINT", "late": "BIGINT", "never": "VARCHAR"}


def test_later_values_decide_the_order_of_day_and_month(file, attach):
    lines = ["01/02/2020"] * 20_000 + ["25/02/2020"]
    _, read, note = column(file, attach, lines)
    assert read[0] == D(2020, 2, 1)
    assert "decide" not in note
    _, read, note = column(file, attach, ["01/02/2020", "03/04/2020"])
    assert read[0] == D(2020, 1, 2)
    assert "month/day/year" in note
    assert "don't decide" in note
    _, read, note = column(file, attach, ["01.02.2020", "03.04.2020"])
    assert read[0] == D(2020, 2, 1)
    assert "don't decide" in note


def test_notes_say_what_was_done(file, attach):
    notes = {
        "€": column(file, attach, ["5 €", "6 €"])[2],
        "45% is 0.45": column(file, attach, ["5%", "6%"])[2],
        "minus": column(file, attach, ["(5.00)", "6.00"])[2],
        "'na' read as missing": column(file, attach, ["NA", "6"])[2],
        "leading zeros": column(file, attach, ["01", "02"])[2],
        "different currencies": column(file, attach, ["5 €", "$6"])[2],
        "could also be a decimal mark": column(file, attach, ["1,234", "2,345"])[2],
        "UTC": column(file, attach, ["2024-01-05T10:00:00Z"] * 2)[2],
    }
    for words, note in notes.items():
        assert words in note
    assert column(file, attach, ["1", "2"])[2] is None


def test_digits_are_a_date_only_where_the_name_says_so(file, attach):
    assert column(file, attach, ["20240131", "20240229"], "order_date")[:2] == (
        "DATE",
        [D(2024, 1, 31), D(2024, 2, 29)],
    )
    assert column(file, attach, ["20240131", "20240229"], "serial")[0] == "BIGINT"
    assert column(file, attach, ["20240131", "99999999"], "order_date")[0] == "BIGINT"


def test_missing_tokens_in_text_columns_are_kept(file, attach):
    assert column(file, attach, ["NA", "US", "-"])[1] == ["NA", "US", "-"]
