"""Nothing that a person, a model or a file says becomes code, markup or a leaked secret."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

if TYPE_CHECKING:
    from tests.agent.export.conftest import Author

BOMB = "raise SystemExit('injected')"
STRINGS = [
    f'"""\n{BOMB}\n"""', f"'''\n{BOMB}\n'''", f"\r{BOMB}", f"\u2028{BOMB}", f"\x0c{BOMB}", f"x\n{BOMB}\n# coding: utf-7",
    f"\\\n{BOMB}", f"</script><img src=x onerror=alert(1)>\n{BOMB}", f"```\n{BOMB}\n```", "`$(touch x)` %run x.py\n!touch x\n%%bash",
    "\ud800 \x00 \x1b[2J \u202e", "引号“”\"'\\",
]  # fmt: skip


@pytest.mark.parametrize("text", STRINGS)
def test_hostile_words_stay_words(author: Author, text: str) -> None:
    storable = text.encode("utf-8", "replace").decode("utf-8")
    quoted = storable.replace("\x00", "").replace("'", "''")
    sql = f"SELECT '{quoted}' AS v -- {storable.splitlines()[0]}".replace("\x00", "")
    author.turn(storable, sql, answer=storable)
    printed = author.replay()
    assert "e1: same result (1 row)" in printed
    notebook = nbformat.read(author.export("session.ipynb"), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.source.lstrip().startswith(("%", "!"))
            assert BOMB not in [
                ast.unparse(n) for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Raise)
            ]
        else:
            assert "<img" not in cell.source.replace("    ", "")
    transcript = author.export("session.md").read_text("utf-8")
    assert "\x1b" not in transcript


def test_hostile_file_and_column_names(author: Author, tmp_path: Path) -> None:
    path = tmp_path / 'a"b\'c\\d\n""" {x} 总.csv'
    header = '"say ""hi""","it\'s","back\\slash","new\nline","""""""","{x}%s"'
    path.write_text(f"{header}\n1,2,3,4,5,6\n", "utf-8")
    (table,) = author.attach(path)
    quoted = table.replace('"', '""')
    author.turn("All?", f'SELECT * FROM "{quoted}"')
    author.tool("save_table", {"name": 'to"p \\ \'x\' """', "sql": f'SELECT * FROM "{quoted}"'})
    author.turn("Saved?", 'SELECT * FROM "to""p \\ \'x\' """""""')
    printed = author.replay()
    assert "e1: same result (1 row)" in printed
    assert "e3: same result (1 row)" in printed
    author.export("session.ipynb")
    author.export("session.md")


def test_credentials_appear_in_no_export(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    author.store.add_source(author.session.id, "postgresql://ann:hunter2@db.example/shop")
    author.turn(
        "Read postgresql://ann:hunter2@db.example/shop?token=tok123",
        "SELECT 1 AS one",
        answer="From mysql://u:hunter2@h/x.",
    )
    for name in ("session.py", "session.ipynb", "session.md"):
        text = author.export(name).read_text("utf-8")
        assert "hunter2" not in text
        assert "tok123" not in text
        assert "db.example" in text


def test_markup_in_cells_is_escaped_in_the_transcript(author: Author) -> None:
    author.turn("Cell?", "SELECT '<b>|x|</b>\n## y' AS \"<i>|\"")
    lines = author.export("session.md").read_text().splitlines()
    assert "| &lt;i&gt;\\| |" in lines
    assert "| &lt;b&gt;\\|x\\|&lt;/b&gt; ## y |" in lines
