from __future__ import annotations

from typing import Any

import pytest
from screens import table_text

from llmauto.render.text import width

WIDE_NAMES = ["region", "customer name", "city", "note", "quantity", "unit price", "order total", "ordered"]
WIDE_ROWS: list[list[Any]] = [
    ["North", "Farid Garcia of the long name", "Milan", "please leave it at the door", 3, 12.5, 1234567.89,
     "2024-01-03T00:00:00"],
    ["华南大区", "王小明", "深圳市南山区", None, 12, 5698.1, 68377.2, "2024-02-14T00:00:00"],
]  # fmt: skip


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    for line in table_text(WIDE_NAMES, WIDE_ROWS, columns).splitlines():
        assert width(line) <= columns, line


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_numbers_are_never_cut(columns: int) -> None:
    shown = table_text(WIDE_NAMES, WIDE_ROWS, columns)
    assert "1,234,567.89" in shown or "order total" in shown.splitlines()[-1]
    assert "1,234,5…" not in shown


def test_all_columns_show_where_there_is_room() -> None:
    shown = table_text(WIDE_NAMES, WIDE_ROWS, 200)
    assert all(name in shown for name in WIDE_NAMES)
    assert "please leave it at the door" in shown
    assert "do not fit" not in shown


def test_columns_that_are_left_out_are_named() -> None:
    shown = table_text(WIDE_NAMES, WIDE_ROWS, 40)
    last = shown.splitlines()[-1]
    assert "of 8 columns do not fit" in " ".join(shown.splitlines()[-2:])
    assert "region" in shown.splitlines()[0]
    assert last


def test_columns_stay_aligned_with_wide_characters() -> None:
    shown = table_text(["城市", "n"], [["深圳", 5], ["a", 12345]], 80).splitlines()
    assert [width(line) for line in shown[2:4]] == [width(shown[0])] * 2


def test_long_tables_are_bounded_with_the_true_count() -> None:
    rows = [[i] for i in range(50)]
    shown = table_text(["n"], rows, max_rows=5, row_count=200).splitlines()
    assert len(shown) == 2 + 5 + 1
    assert shown[-1] == "… 195 more rows (of 200)"
    assert table_text(["n"], rows, max_rows=0, row_count=50).count("\n") == 52
    assert table_text(["n"], [[1], [2]], max_rows=1, row_count=2).splitlines()[-1] == "… 1 more row (of 2)"


def test_an_unknown_count_is_said_to_be_unknown() -> None:
    rows = [[i] for i in range(50)]
    assert "not counted" in table_text(["n"], rows, max_rows=5, row_count=None)


def test_a_single_row_that_is_too_wide_stands_up() -> None:
    shown = table_text(WIDE_NAMES, WIDE_ROWS[:1], 40).splitlines()
    assert len(shown) == len(WIDE_NAMES)
    assert shown[0].split() == ["region", "North"]


def test_dates_and_ids_are_never_cut() -> None:
    names, row = ["id", "when", "text"], ["20240103-abcdef", "2024-01-03 10:30", "long text " * 9]
    shown = table_text(names, [row, row], 46, whole={"id"}, row_count=2)
    assert shown.count("20240103-abcdef") == 2
    assert shown.count("2024-01-03 10:30") == 2


def test_cells_cannot_reach_the_terminal() -> None:
    shown = table_text(["a\x1b]0;title\x07", "[bold]b[/bold]"], [["\x1b[2J", "[red]not red[/red] :smile:"]])
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "[red]not red[/red] :smile:" in shown
    assert "[bold]b[/bold]" in shown


def test_ascii_terminals_get_ascii() -> None:
    shown = table_text(["name", "n"], [["x" * 90, 1], ["y", 2]], 30, max_rows=1, row_count=2, unicode=False)
    assert shown.isascii()


def test_a_result_without_columns_or_rows() -> None:
    assert table_text(["a", "b"], [], row_count=0).splitlines()[0].split() == ["a", "b"]
