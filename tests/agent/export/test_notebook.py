"""A session exported as a notebook runs in a real kernel without llmauto."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

if TYPE_CHECKING:
    from tests.agent.export.conftest import Author

PER_REGION = "SELECT region, count(*) AS n, sum(amount) AS total FROM orders GROUP BY region ORDER BY n DESC"


def execute(path: Path) -> Any:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=100, kernel_name="python3").execute()
    return notebook


def printed(notebook: Any) -> str:
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    return "".join(o.get("text", "") for o in outputs)


def shown(notebook: Any) -> list[Any]:
    return [
        o.data
        for c in notebook.cells
        if c.cell_type == "code"
        for o in c.outputs
        if o.output_type == "execute_result"
    ]


@pytest.mark.usefixtures("llmauto_blocked")
def test_notebook_replays_and_shows_tables(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    author.turn("How many orders per region?", PER_REGION)
    author.tool("save_table", {"sql": "SELECT * FROM orders WHERE amount > 15", "name": "large"})
    author.turn("How many large ones?", "SELECT count(*) AS n FROM large")
    notebook = execute(author.export("session.ipynb"))
    assert "e1: same result (3 rows)" in printed(notebook)
    assert "e3: same result (1 row)" in printed(notebook)
    first = shown(notebook)[0]
    assert "North" in first["text/plain"]
    assert "<td>North</td>" in first["text/html"]
    assert "30.50" in first["text/html"]


@pytest.mark.usefixtures("llmauto_blocked")
def test_changed_source_stops_the_notebook(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    author.turn("How many?", "SELECT count(*) AS n FROM orders")
    path = author.export("session.ipynb")
    orders_csv.write_text(orders_csv.read_text() + "6,West,1.0,2024-04-01,0\n")
    with pytest.raises(CellExecutionError, match="e1: the result differs from the recorded one"):
        execute(path)


def test_notebook_is_valid_and_opens_with_what_it_is(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    author.turn("How many orders per region?", PER_REGION, answer="North has 2.")
    author.turn("All?", "SELECT range AS i FROM range(500)")
    notebook = nbformat.read(author.export("session.ipynb"), as_version=4)
    nbformat.validate(notebook)
    texts = [c.source for c in notebook.cells if c.cell_type == "markdown"]
    assert texts[0].startswith("# How many orders per region?\n")
    assert 'pip install "duckdb==' in texts[0]
    assert "builtin" in texts[0]
    assert any("> How many orders per region?" in t for t in texts)
    assert any("North has 2." in t for t in texts)
    folded = [c.source for c in notebook.cells if c.metadata.get("jupyter", {}).get("source_hidden")]
    assert [s.splitlines()[0] for s in folded[1:]] == ["replay.check(e2, Recorded("]
    assert len({c.id for c in notebook.cells}) == len(notebook.cells)
