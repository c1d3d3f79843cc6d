from __future__ import annotations

from pathlib import Path

import pytest

from llmauto_agent.semantics.apply import Semantics
from llmauto_agent.semantics.draft import scalar, write_draft
from llmauto_agent.semantics.learn import learn, unit_of
from llmauto_tools.workspace import Workspace

ROWS = [
    ("order_id,buyer_id,quantity,price_eur,status,is_test,Body Mass (g),note: yes #1"),
    *(
        f"{i},b{i % 9},{i % 4},{i}.5,{('paid', 'cancelled')[i % 3 == 0]},{'true' if i % 7 == 0 else 'false'},{i},n{i % 3}"
        for i in range(80)
    ),
]


@pytest.fixture
def drafted(tmp_path: Path) -> tuple[str, Semantics]:
    (tmp_path / "orders.csv").write_text("\n".join(ROWS))
    (tmp_path / "buyers.csv").write_text(
        "buyer_id,on,yes\n" + "\n".join(f"b{i},{i},y{i % 2}" for i in range(9))
    )
    with Workspace(tmp_path / "w") as workspace:
        workspace.attach(str(tmp_path / "orders.csv"))
        workspace.attach(str(tmp_path / "buyers.csv"))
        text = write_draft(learn(workspace))
        tables = workspace.tables()
    (tmp_path / "llmauto.yml").write_text(text, encoding="utf-8")
    return text, Semantics(tmp_path / "llmauto.yml", lambda: tables)


def test_a_draft_can_be_read_and_fits_the_tables(drafted: tuple[str, Semantics]) -> None:
    _, semantics = drafted
    meanings = semantics()
    [revenue] = [d for d in meanings.definitions if d.name == "revenue"]
    assert revenue.body == "sum(quantity * price_eur)"
    [join] = meanings.joins
    assert (join.table, join.column, join.other_table) == ("orders", "buyer_id", "buyers")
    columns = semantics.file.tables["orders"].columns
    assert columns["price_eur"].unit == "eur"
    assert columns["Body Mass (g)"].unit == "g"
    assert "note: yes #1" in columns
    assert set(semantics.file.tables["buyers"].columns) == {"buyer_id", "on", "yes"}


def test_what_would_change_answers_is_only_proposed(drafted: tuple[str, Semantics]) -> None:
    text, semantics = drafted
    assert semantics().filters == ()
    assert "#    exclude: \"status = 'cancelled'\"" in text
    assert '#    exclude: "is_test"' in text


@pytest.mark.parametrize(
    ("name", "unit"),
    [("price_usd", "usd"), ("Culmen Depth (mm)", "mm"), ("金额万元", "万元"), ("plan_c", ""), ("usd", ""), ("total", "")],
)  # fmt: skip
def test_units_are_read_off_names(name: str, unit: str) -> None:
    assert unit_of(name) == unit


@pytest.mark.parametrize(
    "text", ["yes", "a: b", "x #1", "007", "'q'", "区域", "- a", "", "a\nb", "null", "N"]
)
def test_a_scalar_reads_back_as_the_same_text(text: str) -> None:
    import yaml  # type: ignore[import-untyped]

    assert yaml.safe_load(f"{{k: {scalar(text)}}}") == {"k": text}
    assert yaml.safe_load(f"{scalar(text)}: 1") == {text: 1}
