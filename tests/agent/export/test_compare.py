"""The comparison of a replayed result with the recorded one."""

from __future__ import annotations

import pytest

from llmauto_agent.export.runtime import Recorded, Replay, Replayed
from llmauto_agent.export.runtime_compare import compare_in_order, same_value, unmatched


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (1, 1, True), (1, 2, False), (1, 1.0, True), (1.0, 1.0 + 1e-12, True), (1.0, 1.0 + 1e-6, False),
        (0.0, 1e-300, False), (2**60, 2**60 + 1, False), (True, 1, False), (None, None, True), (None, 0, False),
        ("a", "a", True), ("1", 1, False), ([1.0, "x"], [1.0 + 1e-12, "x"], True), ([1], [1, 2], False),
        ({"a": 1.0}, {"a": 1.0 + 1e-12}, True), ({"a": 1}, {"b": 1}, False), ("NaN", "NaN", True),
    ],
)  # fmt: skip
def test_same_value(a: object, b: object, same: bool) -> None:
    assert same_value(a, b) is same


def test_multisets_count_repeats() -> None:
    assert unmatched([[1], [1], [2]], [[2], [1], [1]]) == ([], [])
    assert unmatched([[1], [1], [2]], [[2], [2], [1]]) == ([[1]], [[2]])


def test_multisets_tolerate_noise_across_a_bucket_edge() -> None:
    edge = 1.00000005  # where eight digits round up or down
    assert unmatched([["a", edge * (1 - 1e-12)]], [["a", edge * (1 + 1e-12)]]) == ([], [])
    assert unmatched([["a", 1.0]], [["a", 1.0 + 1e-8]]) == ([["a", 1.0]], [["a", 1.0 + 1e-8]])


@pytest.mark.parametrize(
    ("replayed", "keys", "cut", "problem", "note"),
    [
        ([["a", 3], ["b", 2], ["c", 2]], (1,), False, "", ""),
        ([["a", 3], ["c", 2], ["b", 2]], (1,), False, "", "equal keys in another order"),
        ([["a", 3], ["c", 2], ["d", 2]], (1,), False, "in place of", ""),
        ([["a", 3], ["c", 2], ["d", 2]], (1,), True, "", "equal keys at its end"),
        ([["x", 3], ["b", 2], ["c", 2]], (1,), True, "in place of", ""),
        ([["a", 4], ["b", 2], ["c", 2]], (1,), True, "row 1 is ('a', 4), recorded ('a', 3)", ""),
        ([["b", 2], ["a", 3], ["c", 2]], (1,), False, "row 1 is", ""),
        ([["b", 2], ["a", 3], ["c", 2]], None, False, "", "a key that is not in the result"),
        ([["b", 2], ["a", 3], ["d", 2]], None, False, "1 recorded rows are not there", ""),
    ],
)  # fmt: skip
def test_order(
    replayed: list[list[object]], keys: tuple[int, ...] | None, cut: bool, problem: str, note: str
) -> None:
    recorded = [["a", 3], ["b", 2], ["c", 2]]
    found, noted = compare_in_order(replayed, recorded, keys, cut)
    assert problem in found
    assert note in noted
    assert bool(found) == bool(problem)
    assert bool(noted) == bool(note)


@pytest.fixture
def replay() -> Replay:
    return Replay({}, {}, "UTC")


def check(replay: Replay, sql: str, **recorded: object) -> None:
    given = {"columns": [("i", "BIGINT")], "row_count": 3, "rows": [[0], [1], [2]], **recorded}
    replay.check(replay.run("e1", sql), Recorded(**given))  # type: ignore[arg-type]


THREE = "SELECT range AS i FROM range(3)"


@pytest.mark.parametrize(
    ("sql", "recorded", "message"),
    [
        (THREE, {"columns": [("j", "BIGINT")]}, "a column is named 'i', recorded 'j'"),
        (THREE, {"columns": [("i", "INTEGER")]}, "the column 'i' is BIGINT, recorded INTEGER"),
        (THREE, {"columns": [("i", "BIGINT"), ("j", "BIGINT")]}, "1 columns, recorded 2"),
        (THREE, {"row_count": 4}, "3 rows, recorded 4"),
        (THREE, {"rows": [[0], [1], [3]]}, "(3,), and (2,) was not recorded"),
        (THREE, {"rows": [[0], [2], [1]], "ordered": True, "keys": (0,)}, "row 2 is (1,), recorded (2,)"),
    ],
)
def test_differences_are_named(replay: Replay, sql: str, recorded: dict[str, object], message: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check(replay, sql, **recorded)
    assert message in str(caught.value)


def test_rows_that_were_not_counted_are_not_compared_by_number(
    replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    check(replay, "SELECT range AS i FROM range(2000)", row_count=None)
    assert capsys.readouterr().out == "e1: same result (2,000 rows, 3 of them compared)\n"


def test_bounded_rows_are_looked_for_in_the_whole_result(
    replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = "SELECT range AS i FROM range(50000)"
    check(replay, sql, row_count=50_000, rows=[[49_999], [7]])
    assert "same result (50,000 rows, 2 of them compared)" in capsys.readouterr().out
    with pytest.raises(AssertionError, match="1 recorded rows are not there"):
        check(replay, sql, row_count=50_000, rows=[[49_999], [50_000]])


@pytest.mark.parametrize(
    ("excuse", "words"),
    [
        ({"random": True}, "it draws at random"), ({"frozen": "now()"}, "it reads the clock (now())"),
        ({"limited": True}, "a LIMIT without ORDER BY may pick any rows"),
    ],
)  # fmt: skip
def test_unsteady_statements_say_so_instead_of_failing(
    replay: Replay, capsys: pytest.CaptureFixture[str], excuse: dict[str, object], words: str
) -> None:
    check(replay, THREE, rows=[[0], [1], [5]], **excuse)
    assert f"e1: not the same result, but {words}" in capsys.readouterr().out
    with pytest.raises(AssertionError):
        check(replay, THREE, rows=[[0], [1], [5]], stale="orders", **excuse)


def test_a_result_shows_itself_bounded_and_escaped() -> None:
    rows = [("<script>", i) for i in range(30)]
    result = Replayed("e1", "", [("<b>", "VARCHAR"), ("i", "INTEGER")], rows, 1234)
    assert "<script>" not in result._repr_html_()
    assert "<b>" not in result._repr_html_()
    assert result._repr_html_().count("&lt;script&gt;") == 20
    assert repr(result).endswith("... and 1,214 more rows")
    assert list(result.df().columns) == ["<b>", "i"]
