"""Kinds of columns, on real files and on what is built to mislead."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.profile.kinds import semantic_kinds
from llmauto_tools.workspace import Workspace

EXAMPLES = Path(__file__).parents[3] / "examples" / "data"


def kinds_of(folder: Path, select: str, columns: list[str] | None = None) -> dict[str, str]:
    """The kinds of the columns of a parquet file made by this SELECT."""
    path = folder / "made.parquet"
    duckdb.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    with Workspace(folder / "ws") as workspace:
        (table,) = workspace.attach(str(path))
        return dict(semantic_kinds(workspace, table.name, columns))


def test_kinds_of_an_english_and_a_chinese_file(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        workspace.attach(str(EXAMPLES / "orders.csv"))
        (sales,) = workspace.attach(str(EXAMPLES / "销售.csv"))
        orders = semantic_kinds(workspace, "orders")
        chinese = semantic_kinds(workspace, sales.name)
    assert orders == {
        "order_id": "id", "order_date": "date", "customer_id": "id", "region": "category",
        "product": "category", "category": "category", "quantity": "number", "unit_price": "money",
        "discount": "number", "status": "category", "channel": "category",
    }  # fmt: skip
    assert (chinese["订单号"], chinese["销售额"], chinese["是否退货"]) == ("id", "money", "boolean")


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("'https://example.com/' || i", "url"),
        ("'p' || i || '@example.com'", "email"),
        ("uuid()", "id"),
        ("'ORD-' || lpad(CAST(i AS VARCHAR), 6, '0')", "id"),
        ("'$' || (i * 3) || '.50'", "money"),
        ("'2024-01-' || (1 + i % 28)", "date"),
        ("TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR", "date"),
        ("TIME '10:00:00' + INTERVAL (i) MINUTE", "time"),
        ("INTERVAL (i) DAY", "time"),
        ("CASE WHEN i % 2 = 0 THEN 'Yes' ELSE 'no' END", "boolean"),
        ("i % 2", "boolean"),
        ("'a longer remark about row ' || i", "text"),
        ("['a', 'b' || i]", "text"),
        ("CAST(i AS VARCHAR) || '.25'", "number"),
        ("(40 + i / 100.0) || ', ' || (-70 + i / 100.0)", "geo"),
        ("CASE WHEN i % 3 = 0 THEN 'inf'::DOUBLE WHEN i % 3 = 1 THEN 'nan'::DOUBLE ELSE i END", "number"),
        ("(i * 7919 % 1000003)::HUGEINT", "number"),
        ("1", "constant"),
        ("NULL::VARCHAR", "empty"),
        ("CASE WHEN i % 2 = 0 THEN 'flagged' END", "category"),
    ],
)
def test_kinds_by_their_values(tmp_path: Path, expression: str, kind: str) -> None:
    found = kinds_of(tmp_path, f"SELECT {expression} AS x FROM range(500) r(i)")
    assert found == {"x": kind}


@pytest.mark.parametrize(
    ("name", "expression", "kind"),
    [
        ("latitude", "i / 10.0", "geo"),
        ("latitude", "i * 10.0", "number"),
        ("store_id", "i % 4", "category"),
        ("store_id", "i % 97", "id"),
        ("pclass", "1 + i % 3", "category"),
        ("children", "i % 3", "number"),
        ("monthly_salary", "1000.5 + i", "money"),
        ("price_count", "i % 50", "number"),
    ],
)
def test_kinds_by_name_and_values(tmp_path: Path, name: str, expression: str, kind: str) -> None:
    assert kinds_of(tmp_path, f"SELECT {expression} AS {name} FROM range(500) r(i)") == {name: kind}


def test_what_the_first_rows_hide_is_looked_up(tmp_path: Path) -> None:
    """Sorted columns look constant or empty in the first rows."""
    select = (
        "SELECT i // 40000 AS half, CASE WHEN i >= 40000 THEN 'v' || i END AS late, 7 AS seven,"
        " CASE WHEN i = 79999 THEN 5 ELSE 4 END AS almost FROM range(80000) r(i)"
    )
    found = kinds_of(tmp_path, select)
    assert found == {"half": "boolean", "late": "text", "seven": "constant", "almost": "number"}


def test_thousands_of_columns_and_hostile_names(tmp_path: Path) -> None:
    wide = ", ".join(f"i % {k % 7 + 2} AS c{k}" for k in range(4_000))
    hostile = '''i AS "a""; DROP TABLE t; --", 'x' || i AS "', '"'''
    found = kinds_of(tmp_path, f"SELECT {wide}, {hostile} FROM range(20) r(i)")
    assert len(found) == 4_002
    assert found["c0"] == "boolean"
    assert found['a"; DROP TABLE t; --'] == "id"


def test_no_rows_and_unknown_columns(tmp_path: Path) -> None:
    assert kinds_of(tmp_path, "SELECT 1 AS a, 'x' AS b WHERE false") == {"a": "empty", "b": "empty"}
    with pytest.raises(InvalidArguments, match="no column 'aa'"):
        kinds_of(tmp_path, "SELECT 1 AS a", ["aa"])
