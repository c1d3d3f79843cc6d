"""Delimited text: dialects, encodings, ragged rows, headers, broken files."""

from __future__ import annotations

import gzip
import os

import pytest

from llmauto_tools.errors import UnreadableSource


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("a,b\n1,x\n2,y\n", [(1, "x"), (2, "y")]),
        ("a;b\n1,5;x\n2;y\n", [(1.5, "x"), (2.0, "y")]),
        ("a\tb\n1\tx y\n", [(1, "x y")]),
        ("a|b\n1|x\n", [(1, "x")]),
        ('a,b\n1,"x, ""y"""\n', [(1, 'x, "y"')]),
        ('a,b\n1,"two\nlines"\n2,z\n', [(1, "two\nlines"), (2, "z")]),
        ('a,b\n1,"say \\"hi\\" now"\n', [(1, 'say "hi" now')]),
        ("a,b\n'1','x, y'\n'2','z'\n", [(1, "x, y"), (2, "z")]),
        ("a,b\r\n1,x\r\n2,y\r\n", [(1, "x"), (2, "y")]),
        ("a,b\r1,x\r2,y\r", [(1, "x"), (2, "y")]),
        ("a,b\r\n1,x\n2,y\r\n3,z\n", [(1, "x"), (2, "y"), (3, "z")]),
        ("a,b\n1,x\n\n\n2,y", [(1, "x"), (2, "y")]),
        ("sep=;\na;b\n1;x\n", [(1, "x")]),
        ('a,b\n1,5" pipe\n2,"bad"x\n', [(1, '5" pipe'), (2, "bad")]),
        ("name\nSmith\nDoe\n", [("Smith",), ("Doe",)]),
    ],
)
def test_dialects(file, attach, content, rows):
    assert attach(file("t.csv", content)).rows() == rows


def test_preamble_and_comments_are_skipped_and_said(file, attach):
    text = 'Report of sales\n"Updated","2024-01-01"\n\nid,name,total\n1,a,2\n2,b,3\n'
    opened = attach(file("t.csv", text))
    assert opened.rows() == [(1, "a", 2), (2, "b", 3)]
    assert opened.types() == {"id": "BIGINT", "name": "VARCHAR", "total": "BIGINT"}
    assert "Report of sales" in " ".join(opened.one.notes)
    commented = attach(file("c.csv", "# made by hand\n# twice\nid,n\n1,2\n# in between\n3,4\n"))
    assert commented.rows() == [(1, 2), (3, 4)]


def test_a_header_that_begins_with_a_hash_is_no_comment(file, attach):
    opened = attach(file("t.csv", "#id,name\n1,x\n2,y\n"))
    assert opened.types() == {"#id": "BIGINT", "name": "VARCHAR"}


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("utf-8", "stadt,n\nKöln,1\n"),
        ("utf-8-sig", "stadt,n\nKöln,1\n"),
        ("utf-16", "stadt,n\nKöln,1\n"),
        ("utf-16-le", "stadt,n\nKöln,1\n"),
        ("utf-16-be", "stadt,n\nKöln,1\n"),
        ("latin-1", "stadt,n\nKöln,1\n"),
        ("cp1252", "stadt,n\nKöln – „alt“ 5 €,1\n"),
        ("gbk", "城市,数量\n北京,1\n上海,2\n广州,3\n"),
        ("gb18030", "城市,数量\n北京市朝阳区,1\n深圳㐀,2\n"),
        ("cp1251", "город,n\nМосква,1\nСанкт-Петербург,2\nЕкатеринбург,3\n"),
        ("shift_jis", "都市,n\nとうきょう,1\nおおさか市,2\nカタカナのテスト,3\n"),
    ],
)
def test_encodings(file, attach, codec, text):
    header, *lines = text.splitlines()
    opened = attach(file("t.csv", text.encode(codec)))
    assert list(opened.types()) == header.split(",")
    assert [row[0] for row in opened.rows()] == [line.split(",")[0] for line in lines]
    assert bool(opened.one.notes) == (not codec.startswith("utf-8"))


def test_encoding_that_shows_only_deep_in_the_file(file, attach):
    body = b"".join(b"%d,plain\n" % i for i in range(60_000)) + "9,Köln\n".encode("latin-1")
    opened = attach(file("t.csv", b"id,city\n" + body))
    rows = opened.rows()
    assert len(rows) == 60_001
    assert rows[-1] == (9, "Köln")
    assert any("Latin-1" in n for n in opened.one.notes)


def test_a_few_broken_bytes_in_utf8_do_not_change_the_encoding(file, attach):
    text = "city\n" + "Köln\nZürich\nÅrhus\n" * 50
    opened = attach(file("t.csv", text.encode() + b"br\xffken\n"))
    assert opened.rows()[0] == ("Köln",)
    assert opened.rows()[-1] == ("br\ufffdken",)
    assert any("replaced" in n for n in opened.one.notes)


def test_short_and_long_rows_are_kept_and_reported(file, attach):
    opened = attach(file("t.csv", "a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n13\n"))
    assert opened.rows() == [
        (1, 2, 3, None), (4, 5, None, None), (6, 7, 8, 9), (10, 11, 12, None), (13, None, None, None),
    ]  # fmt: skip
    notes = " ".join(opened.one.notes)
    assert "2 rows have fewer values than the header (line 3, 6)" in notes
    assert "1 row has more values than the header (line 4)" in notes


def test_line_numbers_count_lines_and_not_records(file, attach):
    opened = attach(file("t.csv", 'a,b\n1,"x\ny\nz"\n2\n3,4\n5,6\n7,8\n'))
    assert "(line 5)" in " ".join(opened.one.notes)
    assert len(opened.rows()) == 5


def test_many_ragged_rows_name_only_the_first(file, attach):
    opened = attach(file("t.csv", "a,b\n" + "1,2\n" * 20 + "3\n" * 12))
    (note,) = opened.one.notes
    assert note.startswith("12 rows have fewer values than the header (line 22, 23, 24, 25, 26, …)")
    assert len(opened.rows()) == 32


def test_ragged_rows_deep_in_the_file(file, attach):
    body = "".join(f"{i},x\n" for i in range(50_000)) + "1,y,extra\n"
    opened = attach(file("t.csv", "id,v\n" + body))
    assert len(opened.rows()) == 50_001
    assert opened.rows()[-1] == (1, "y", "extra")
    assert "line 50002" in " ".join(opened.one.notes)


def test_without_header(file, attach):
    opened = attach(file("t.csv", "1,x,2.5\n2,y,3.5\n"))
    assert opened.types() == {"column1": "BIGINT", "column2": "VARCHAR", "column3": "DOUBLE"}
    assert any("no header" in n for n in opened.one.notes)
    assert len(opened.rows()) == 2


def test_years_as_names_are_a_header(file, attach):
    opened = attach(file("t.csv", "Country,1960,1961,1962\nAruba,54211,55438,56225\nCuba,1,2,3\n"))
    assert list(opened.types()) == ["Country", "1960", "1961", "1962"]


def test_text_only_tables_have_a_header(file, attach):
    opened = attach(file("t.csv", "first,last\nAda,Lovelace\nAlan,Turing\n"))
    assert opened.rows() == [("Ada", "Lovelace"), ("Alan", "Turing")]


def test_row_names_without_a_heading(file, attach):
    opened = attach(file("t.csv", "mpg,cyl\nMazda,21,6\nFiat,32.4,4\n"))
    assert opened.types() == {"column1": "VARCHAR", "mpg": "DOUBLE", "cyl": "BIGINT"}


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"\xef\xbb\xbf"])
def test_empty_files(file, attach, content):
    with pytest.raises(UnreadableSource, match="empty"):
        attach(file("t.csv", content))


def test_only_a_header(file, attach):
    opened = attach(file("t.csv", "id,name\n"))
    assert opened.rows() == []
    assert opened.types() == {"id": "VARCHAR", "name": "VARCHAR"}
    assert any("no row" in n for n in opened.one.notes)


def test_binary_rubbish(file, attach):
    with pytest.raises(UnreadableSource, match="binary"):
        attach(file("t.csv", os.urandom(5_000)))
    with pytest.raises(UnreadableSource, match="binary"):
        attach(file("u.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20))


def test_nul_bytes_are_removed_and_reported(file, attach):
    opened = attach(file("t.csv", b"id,name\n1,a\x00b\n2,c\n" * 1))
    assert opened.rows() == [(1, "ab"), (2, "c")]
    assert any("NUL" in n for n in opened.one.notes)


def test_a_quote_that_is_never_closed_loses_no_row_in_silence(file, attach):
    opened = attach(file("t.csv", 'a,b\n1,x\n2,"y\n3,z\n4,w\n'))
    rows = opened.rows()
    text = " ".join(str(v) for r in rows for v in r)
    assert "1" in text
    assert len(rows) == 4 or opened.one.notes or all(c in text for c in "yzw")


def test_very_long_values(file, attach):
    long = "x" * 3_000_000
    assert attach(file("t.csv", f"a,b\n1,{long}\n2,y\n")).rows() == [(1, long), (2, "y")]


def test_compressed_forms(file, attach):
    import pyarrow as pa

    text = b"id,name\n" + b"".join(b"%d,n%d\n" % (i, i) for i in range(5_000))
    for name, data in {
        "t.csv.gz": gzip.compress(text),
        "t.tsv.gz": gzip.compress(text.replace(b",", b"\t")),
        "t.csv.zst": pa.compress(text, "zstd", asbytes=True),
        "latin.csv.gz": gzip.compress(text + "1,Köln\n".encode("latin-1")),
    }.items():
        opened = attach(file(name, data))
        assert len(opened.rows()) in (5_000, 5_001), name
        assert opened.rows()[4_999] == (4_999, "n4999")


@pytest.mark.parametrize("name", ["t.csv.gz", "t.csv.zst"])
def test_truncated_compressed_files_are_refused(file, attach, name):
    import pyarrow as pa

    text = b"id,name\n" + b"".join(b"%d,n%d\n" % (i, i * i) for i in range(50_000))
    data = gzip.compress(text) if name.endswith("gz") else pa.compress(text, "zstd", asbytes=True)
    with pytest.raises(UnreadableSource, match="damaged"):
        attach(file(name, data[: len(data) // 2]))


def test_ten_thousand_columns(file, attach):
    names = [f"x{i}" for i in range(10_000)]
    lines = [",".join(str(i * j % 97) for i in range(10_000)) for j in range(5)]
    opened = attach(file("t.csv", "\n".join([",".join(names), *lines])))
    assert len(opened.one.columns) == 10_000
    assert set(opened.types().values()) == {"BIGINT"}
    assert opened.one.row_count == 5


def test_large_files_are_checked_by_sample_and_say_so(file, attach, monkeypatch):
    from llmauto_tools.sources import csv_files

    monkeypatch.setattr(csv_files, "WHOLE_BYTES", 100_000)
    monkeypatch.setattr(csv_files, "SAMPLED_ROWS", 5_000)
    body = "".join(f"{i},{i * 0.5},2024-01-{i % 28 + 1:02}\n" for i in range(40_000))
    opened = attach(file("t.csv", "id,v,day\n" + body))
    assert opened.types() == {"id": "BIGINT", "v": "DOUBLE", "day": "DATE"}
    assert opened.one.row_count is None
    assert any("5,000 rows" in n for n in opened.one.notes)
    assert len(opened.rows()) == 40_000
    late = attach(file("u.csv", "id,v,day\n" + body + "".join(f"A{i},n/k,x\n" for i in range(40_000))))
    assert late.types() == {"id": "VARCHAR", "v": "VARCHAR", "day": "VARCHAR"}


def test_a_sampled_integer_column_does_not_round(file, attach, monkeypatch):
    from llmauto_tools.sources import csv_files

    monkeypatch.setattr(csv_files, "WHOLE_BYTES", 1_000)
    monkeypatch.setattr(csv_files, "SAMPLED_ROWS", 100)
    monkeypatch.setattr(csv_files, "_spread", lambda *_: None)
    body = "".join(f"{i},x\n" for i in range(50_000)) + "1.5,y\n"
    opened = attach(file("t.csv", "id,v\n" + body))
    assert opened.rows()[-1] == (None, "y")
    assert any("reads as NULL" in n for n in opened.one.notes)


def test_views_read_the_file_only_through_explicit_parameters(file, attach):
    opened = attach(file("t.csv", "a,b\n1,x\n"))
    assert "auto_detect=false" in str(opened.one.view_sql)
    assert opened.one.paths == (str(file("t.csv", "a,b\n1,x\n").resolve()),)


def test_irregular_line_ends_and_extra_values_lose_nothing(file, attach):
    opened = attach(file("t.csv", "a,b\r\n1,x\n2,y,z\r\n3,w\n"))
    assert opened.rows() == [(1, "x", None), (2, "y", "z"), (3, "w", None)]
    assert any("more values" in n for n in opened.one.notes)
