from __future__ import annotations

import pytest

from llmauto.render.text import clean, clean_lines, cut, pad, width


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("北京", "北京"),
        ("a\x1b[31mred\x1b[0m", "a␛[31mred␛[0m"),
        ("bell\x07 null\x00 delete\x7f", "bell␇ null␀ delete␡"),
        ("one\r\ntwo\nthree", "one↵two↵three"),
        ("tab\there", "tab here"),
        ("\x9b31m C1", "\N{REPLACEMENT CHARACTER}31m C1"),
        ("abc\u202edef", "abcdef"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("lone \udc80", "lone \N{REPLACEMENT CHARACTER}"),
        ("line\u2028separator", "line↵separator"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_what_a_terminal_would_act_on_is_made_visible(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_without_unicode_the_pictures_are_ascii() -> None:
    assert clean("a\x1b[31m\nb", unicode=False) == "a?[31m b"


def test_lines_stay_lines_in_sentences() -> None:
    assert clean_lines("SELECT 1\n\tFROM t\x1b") == "SELECT 1\n    FROM t␛"


def test_widths_count_terminal_columns() -> None:
    assert width("abc") == 3
    assert width("北京a") == 5
    assert pad("北京", 6) == "北京  "
    assert pad("7", 3, right=True) == "  7"


@pytest.mark.parametrize("columns", range(1, 9))
def test_cut_never_exceeds_its_columns(columns: int) -> None:
    for text in ("abcdefgh", "北京市海淀区", "a北b京c市"):
        assert width(cut(text, columns)) <= columns


def test_cut_says_that_it_cut() -> None:
    assert cut("abcdefgh", 5) == "abcd…"
    assert cut("北京市海淀区", 6) == "北京…"
    assert cut("short", 5) == "short"
