"""Names of columns and tables, whatever the file calls them."""

from __future__ import annotations

import pytest

from llmauto_tools.sources import open_source
from llmauto_tools.sources.names import column_names, stem, table_name, unique_names


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a_1", "a_2"]),
        (["a", "A", "a_1"], ["a", "A_2", "a_1"]),
        (["", "b", ""], ["column1", "b", "column3"]),
        (["column2", ""], ["column2", "column2_1"]),
        (["select", 'qu"ote', "it's", "-- x", "a;b"], ["select", 'qu"ote', "it's", "-- x", "a;b"]),
        (["价格", "emoji 😀", "Straße", "👩\u200d🔬"], ["价格", "emoji 😀", "Straße", "👩\u200d🔬"]),
        (["a\x00b", "two\nlines", " pad ", "\u200bzero"], ["ab", "two lines", "pad", "zero"]),
        (["x" * 500], ["x" * 200]),
        (["x" * 500, "x" * 500], ["x" * 200, "x" * 200 + "_1"]),
        ([None, "STRASSE", "straße"], ["column1", "STRASSE", "straße_1"]),
    ],
)
def test_column_names(raw, names):
    assert column_names(raw) == names


def test_many_equal_names_are_quick_and_unique():
    names = column_names(["x"] * 20_000)
    assert len({n.casefold() for n in names}) == 20_000


def test_hostile_names_survive_a_view(file, attach):
    names = ["a b", 'qu""ote', "select", "价格", "😀", "a", "A", "", "drop table x; --", "it's", "c0", "c1"]
    header = ",".join(f'"{n}"' for n in names)
    opened = attach(file("t.csv", f"{header}\n{','.join(str(i) for i in range(len(names)))}\n"))
    assert [c.name for c in opened.one.columns] == [
        "a b", 'qu"ote', "select", "价格", "😀", "a", "A_1", "column8", "drop table x; --", "it's", "c0", "c1",
    ]  # fmt: skip
    assert opened.rows() == [tuple(range(len(names)))]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("sales", "sales"),
        ("Sales 2024 (final)", "Sales_2024_final"),
        ("销售", "销售"),
        ("2024", "t_2024"),
        ("--", "data"),
        ("a.b-c", "a_b_c"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_table_names(text, name):
    assert table_name(text) == name


def test_stems():
    assert stem("a.csv.gz") == "a"
    assert stem("a.b.parquet") == "a.b"
    assert stem(".csv") == ".csv"


def test_taken_names_are_left_to_their_owner(file, cache):
    path = str(file("sales.csv", "a\n1\n"))
    (first,) = open_source(path, cache=cache, taken={"SALES": "elsewhere.csv"})
    assert first.name == "sales_2"
    (again,) = open_source(path, cache=cache, taken={"sales": path, "sales_2": "other"})
    assert again.name == "sales"
    assert unique_names(["a", "A", "a"], {}, "o") == ["a", "A_2", "a_3"]


def test_file_names_with_glob_characters_and_quotes(file, attach):
    for name in ("we[ird]*.csv", "it's.csv", 'q"uote?.csv', "a{b}.csv", "空 格.csv", "%20.csv"):
        assert attach(file(name, "a\n1\n")).rows() == [(1,)], name
