"""The Python interface: the same answers as the command line, with tables, charts and Jupyter display."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import llmauto
from llmauto import errors

SCHEMA = json.loads(files("llmauto").joinpath("answer.schema.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def session(orders_csv: Path) -> Iterator[llmauto.Session]:
    with llmauto.Session(orders_csv) as opened:
        yield opened


def test_an_answer_is_the_contract_with_objects(session: llmauto.Session) -> None:
    answer = session.ask("average amount by region")
    assert answer.status == "answered"
    assert answer.raise_for_status() is answer
    assert str(answer) == answer.text
    assert answer.sql is not None
    assert answer.table is not None
    assert answer.table.columns[0] == "region"
    assert len(answer.table) == 3
    assert answer.evidence[-1].sql == answer.sql
    assert answer.grounding.checked >= 1
    Draft202012Validator(SCHEMA).validate(json.loads(answer.to_json()))
    assert session.ask("how many orders?").value == 5


def test_tables_keep_their_types(session: llmauto.Session) -> None:
    result = session.run(
        "query", sql="SELECT *, 1.5::DECIMAL(6,2) AS d, NULL::INTEGER AS n FROM orders ORDER BY id"
    )
    assert result.table is not None
    arrow = result.table.to_arrow()
    assert arrow.column("ordered").to_pylist()[0] == dt.date(2024, 1, 3)
    assert str(arrow.schema.field("d").type) == "decimal128(6, 2)"
    assert arrow.column("n").to_pylist() == [None] * 5
    frame = result.table.to_pandas()
    assert frame["amount"].sum() == pytest.approx(165.74)
    assert "index" not in frame.columns
    assert result.table.to_polars().shape == (5, 7)


def test_a_long_result_comes_whole(session: llmauto.Session, orders_csv: Path) -> None:
    sql = "SELECT a.id FROM orders a, orders b, orders c, orders d, orders e"
    table = session.run("query", sql=sql).table
    assert table is not None
    assert table.truncated
    assert len(table) == 3125
    assert table.to_arrow().num_rows == 3125
    closed = llmauto.run("query", orders_csv, sql=sql).table
    assert closed is not None
    with pytest.raises(errors.LlmautoError, match="closed"):
        closed.to_arrow()


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow"])
def test_frames_are_sources(kind: str) -> None:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    data = {"city": ["深圳", "Oslo"], "sales": [10, 32]}
    frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "arrow": pa.table}[kind](data)
    with llmauto.Session({"sales": frame}) as session:
        assert session.tables() == {"sales": {"city": "VARCHAR", "sales": "BIGINT"}}
        table = session.run("query", sql="SELECT sum(sales) AS total FROM sales").table
        assert table is not None
        assert table.rows == [[42]]


def test_many_kinds_of_sources_together(orders_csv: Path) -> None:
    import pandas as pd

    with llmauto.Session([str(orders_csv), pd.DataFrame({"a": [1]})]) as session:
        assert set(session.tables()) == {"orders", "df"}
        session.attach({"more": pd.DataFrame({"b": [1]})})
        assert "more" in session.tables()
    with pytest.raises(errors.LlmautoError):
        llmauto.Session(42)
    with pytest.raises(errors.LlmautoError):
        llmauto.Session({"x": "orders.csv"})


def test_a_session_goes_on_by_its_id(orders_csv: Path) -> None:
    with llmauto.Session(orders_csv) as first:
        first.ask("how many orders?")
    with llmauto.Session(session_id=first.id) as again:
        assert again.id == first.id
        assert again.ask("average amount").status == "answered"


def test_a_refusal_is_an_answer_that_can_be_raised(session: llmauto.Session) -> None:
    answer = session.ask("what is the meaning of life?")
    assert answer.status == "refused"
    assert answer.table is None
    assert answer.chart is None
    with pytest.raises(errors.LlmautoError) as caught:
        answer.raise_for_status()
    assert caught.value.kind == "refused"


def test_asking_without_blocking(session: llmauto.Session) -> None:
    answer = asyncio.run(session.aask("how many orders?"))
    assert answer.value == 5


def test_one_tool_runs_without_a_session(orders_csv: Path) -> None:
    result = llmauto.run("query", orders_csv, sql="SELECT count(*) AS n FROM orders")
    assert result.table is not None
    assert result.table.rows == [[5]]
    assert result.evidence.state == "finished"
    with pytest.raises(errors.QueryInvalid):
        llmauto.run("query", orders_csv, sql="SELECT nothing FROM orders")


def test_a_chart_is_a_specification_that_can_be_saved(session: llmauto.Session, tmp_path: Path) -> None:
    chart = session.ask("average amount by region").chart
    assert chart is not None
    assert json.loads(chart.save(tmp_path / "c.json").read_text("utf-8")) == chart.spec
    assert chart.save(tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


def test_jupyter_shows_table_sql_and_chart_and_escapes_data(tmp_path: Path) -> None:
    from IPython.core.formatters import DisplayFormatter

    path = tmp_path / "cells.csv"
    path.write_text("name,n\n<script>alert(1)</script>,1\nb,2\n")
    with llmauto.Session(path) as session:
        answer = session.ask("average n by name")
        assert answer.status == "answered", answer.text
        html = answer._repr_html_()
        bundle = answer._repr_mimebundle_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "GROUP BY" in html
    assert bundle["text/plain"] == answer.text
    assert any(mime.startswith("application/vnd.vegalite") for mime in bundle)
    assert answer.table is not None
    data, _ = DisplayFormatter().format(answer.table)
    assert data["text/html"].startswith("<table>")


def test_missing_sources_raise_the_tree() -> None:
    with pytest.raises(errors.SourceNotFound):
        llmauto.Session("no-such-file.csv")
