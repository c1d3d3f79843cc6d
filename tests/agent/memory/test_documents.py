from __future__ import annotations

from pathlib import Path

import pytest

from llmauto_agent.memory.documents import CHUNK, read_document
from llmauto_agent.memory.memory import Memory
from llmauto_tools.errors import (
    LlmautoError,
    MissingExtra,
    SourceNotFound,
    UnreadableSource,
    UnsupportedSource,
)

MARKDOWN = """# Data dictionary

Introduction to **all** [tables](https://example.com).

## Orders

- `chan`: W is web, S is store
- `amt`: amount in cents

| column | meaning |
|--------|---------|
| reg | region of the shop |

```
# not a heading
```

Returns
-------
Booked on the day of the sale.
"""


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def pdf(*pages: str) -> bytes:
    """A PDF with a line of text on each page, written by hand."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    kids = []
    for text in pages:
        stream = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET" if text else ""
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        content = len(objects)
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>"
            f" /Contents {content} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{p:010d} 00000 n \n" for p in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF"
    return out + end.encode()


def test_markdown_is_chunked_by_heading(tmp_path: Path) -> None:
    chunks = read_document(written(tmp_path, "dictionary.md", MARKDOWN))
    assert [c.data["heading"] for c in chunks] == [
        ["Data dictionary"],
        ["Data dictionary", "Orders"],
        ["Data dictionary", "Returns"],
    ]
    assert chunks[0].text == "Data dictionary\nIntroduction to all tables."
    assert "chan: W is web, S is store" in chunks[1].text
    assert "reg | region of the shop" in chunks[1].text
    assert chunks[2].source == "dictionary.md, “Data dictionary › Returns”"


def test_html_shows_what_a_browser_shows(tmp_path: Path) -> None:
    page = """<html><head><title>x</title><style>p {color: red}</style></head><body><h1>Terms</h1>
    <p>A <b>bounce</b> is a session with one page.</p><script>alert(1)</script>
    <h2>Codes</h2><table><tr><th>code</th><th>meaning</th></tr><tr><td>47</td><td>refused</td></tr></table></body></html>"""
    chunks = read_document(written(tmp_path, "terms.html", page))
    assert [c.text for c in chunks] == [
        "Terms\nA bounce is a session with one page.",
        "Terms › Codes\ncode | meaning\n47 | refused",
    ]


def test_long_texts_are_divided_at_sentences(tmp_path: Path) -> None:
    sentences = [f"Sentence number {i} says something about the orders." for i in range(100)]
    chunks = read_document(written(tmp_path, "long.txt", " ".join(sentences)))
    assert all(len(c.text) <= CHUNK for c in chunks)
    assert all(c.text.endswith(".") for c in chunks)
    assert "".join(c.text for c in chunks).count("Sentence number") == 100
    chinese = read_document(written(tmp_path, "zh.txt", "订单在周一发货。" * 300))
    assert sum(c.text.count("订单") for c in chinese) == 300


def test_a_pdf_says_the_page(tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    chunks = read_document(
        written(tmp_path, "d.pdf", pdf("Field chan is the sales channel", "Stock is counted monthly"))
    )
    assert [(c.data["page"], c.text) for c in chunks] == [
        (1, "Field chan is the sales channel"),
        (2, "Stock is counted monthly"),
    ]
    assert chunks[1].source == "d.pdf, page 2"


def test_a_word_document_keeps_headings_and_tables(tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    made = docx.Document()
    made.add_heading("Definitions", 1)
    made.add_paragraph("ARR is the yearly run rate.")
    table = made.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "chan", "sales channel"
    made.save(str(tmp_path / "d.docx"))
    [chunk] = read_document(tmp_path / "d.docx")
    assert chunk.text == "Definitions\nARR is the yearly run rate.\nchan | sales channel"


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.xyz", "text", UnsupportedSource),
        ("a.txt", "  \n \n", UnreadableSource),
        ("a.pdf", "no pdf", UnreadableSource),
        ("a.docx", "no word", UnreadableSource),
        ("empty.pdf", pdf(""), UnreadableSource),
    ],
)
def test_what_cannot_be_read_is_told(
    tmp_path: Path, name: str, content: str | bytes, error: type[LlmautoError]
) -> None:
    if name.endswith((".pdf", ".docx")):
        pytest.importorskip("pypdf")
        pytest.importorskip("docx")
    with pytest.raises(error):
        read_document(written(tmp_path, name, content))


def test_a_missing_file_and_a_missing_library_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceNotFound):
        read_document(tmp_path / "nowhere.md")
    monkeypatch.setitem(__import__("sys").modules, "pypdf", None)
    with pytest.raises(MissingExtra, match="memory"):
        read_document(written(tmp_path, "d.pdf", pdf("x")))


def test_another_encoding_is_read(tmp_path: Path) -> None:
    text = "订单的金额以分为单位，退货记在原销售日。渠道代码有三种：网站、门店和电话。" * 6
    chunks = read_document(written(tmp_path, "old.txt", text.encode("gb18030")))
    assert "渠道代码有三种" in chunks[0].text


def test_a_document_that_is_added_again_replaces_itself(memory: Memory, tmp_path: Path) -> None:
    path = written(tmp_path, "d.md", "# A\nfirst\n\n# B\nsecond")
    memory.add(read_document(path))
    path.write_text("# A\nfirst, changed\n\n# B\nsecond")
    memory.add(read_document(path))
    assert sorted(e.text for e in memory.entries()) == ["A\nfirst, changed", "B\nsecond"]
