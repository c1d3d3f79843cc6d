"""Foreign text stays text in code, comments and Markdown."""

from __future__ import annotations

import ast

import pytest
from markdown_it import MarkdownIt

from llmauto_agent.export.text import (
    comment,
    fenced,
    literal,
    markdown,
    markdown_cell,
    text_literal,
    without_credentials,
)

HOSTILE = [
    '"""\nimport os; os.system("x")\n"""',
    "'''\nraise SystemExit(1)\n'''",
    "a\\", 'ends with "', "\\N{BULLET} \\x41 \\", "{braces} %s %(x)s", "a\rraise SystemExit(1)",
    "a\x0craise\x0b\x1c\x1d\x1e\x85\u2028\u2029raise SystemExit(1)",
    "\x00 \x1b[31m \x7f \ud800 \ufeff \u202e", "", " ", "\n", "tab\there", "总额 🇨🇭 👩\u200d🔬", " leading and trailing ",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_literals_read_back_as_they_were(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text
    read = ast.literal_eval(text_literal(text))
    assert read == text or read.strip() == text
    source = literal(text) + text_literal(text)
    assert all(c.isprintable() or c == "\n" for c in source)
    source.encode("utf-8")


@pytest.mark.parametrize("text", HOSTILE)
def test_comments_hold_nothing_but_comments(text: str) -> None:
    source = comment(text)
    source.encode("utf-8")
    assert ast.parse(source).body == []
    assert all(line.startswith("#") for line in source.splitlines())


def test_sql_is_readable_where_it_can_be() -> None:
    assert text_literal("SELECT 'é'\nFROM t") == '"""\nSELECT \'é\'\nFROM t\n"""'
    assert text_literal("SELECT '\\d'\nFROM t") == "(\n    \"SELECT '\\\\d'\\n\"\n    'FROM t'\n)"


@pytest.mark.parametrize(
    "text",
    [
        "# heading", "- item", "1. item", "12) item", "+ x", "---", "===", "> quote", "    indented code", "```\nfence\n```",
        "*a* _b_ **c** ~~d~~ `e`", "[link](javascript:alert(1))", "![image](x)", "<script>alert(1)</script>",
        "<b>bold</b> &amp; &lt;", "a | b\n--|--\n1 | 2", "title\n===", "a\\*b\\", "$x$ $$y$$ \\(z\\) \\[w\\] \\begin{x}",
        "[a]: http://x", "-5 and 2.", "* a\n* b", "a  \nb", "\\", "^", "<!-- -->",
    ],
)  # fmt: skip
def test_markdown_shows_the_text_itself(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown(text))
    assert [t.type for t in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {c.type for c in children} <= {"text", "text_special", "hardbreak"}
    seen = "".join("\n" if c.type == "hardbreak" else c.content for c in children)
    assert seen == "\n".join(line.strip() for line in text.strip().split("\n"))


@pytest.mark.parametrize("text", ["$x$", "\\(x\\)", "\\begin{x}", "a \\\\( b"])
def test_markdown_starts_no_formula(text: str) -> None:
    """Jupyter looks for these before it reads Markdown."""
    shown = markdown(text)
    assert "$" not in shown
    assert "\\\\" not in shown
    assert "\\begin" not in shown


def test_ordinary_text_is_not_disfigured() -> None:
    text = "Of 891 passengers, 342 survived (38.4%). That's -3 points; see e1."
    assert markdown(text) == text


def test_a_cell_stays_in_its_row() -> None:
    assert markdown_cell("a|b\nc\u2028d") == "a\\|b c d"
    assert markdown_cell(None) == ""


def test_fence_is_longer_than_any_run_inside() -> None:
    text = "````\nescaped?\n````"
    assert fenced(text) == f"`````\n{text}\n`````"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgresql://ann:s3cr:et@host:5432/db", "s3cr:et"), ("mysql://ann:p@ss@host/db", "p@ss"),
        ("https://host/x.csv?token=tok123&a=1", "tok123"),
        ("s3://bucket/x?X-Amz-Signature=abcdef", "abcdef"), ("host=h password=hunter2 dbname=d", "hunter2"),
    ],
)  # fmt: skip
def test_credentials_are_removed(text: str, secret: str) -> None:
    shown = without_credentials(text)
    assert secret not in shown
    assert "ann" not in shown
    assert "host" in shown or "bucket" in shown


@pytest.mark.parametrize(
    "text", ["mail ann@example.com", "https://host/a@b", "a: b@c", "tokens = 5", "signal=3"]
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert without_credentials(text) == text
