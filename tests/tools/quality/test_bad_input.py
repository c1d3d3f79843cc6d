from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.tools.quality.conftest import Lab


import subprocess
import sys

import pytest
from pydantic import ValidationError

from llmauto_tools.errors import Interrupted, InvalidArguments, QueryInvalid
from llmauto_tools.registry import ToolContext
from llmauto_tools.toolbox.check_quality import CheckQualityArguments, check_quality


def test_tables_with_hardly_any_rows(lab: Lab) -> None:
    none = lab.table("none", "SELECT 1 AS a, 'x' AS b, DATE '2024-01-01' AS d WHERE false")
    one = lab.table("one", "SELECT 1 AS a, 'x' AS b, DATE '2024-01-01' AS d, 1.5 AS y")
    empty = lab.table("nulls", "SELECT CAST(NULL AS DOUBLE) AS a, CAST(NULL AS VARCHAR) AS b FROM range(30)")
    assert lab.check(none, target="a").rows == ()
    assert "no rows" in lab.check(none).notes[0]
    assert lab.check(one).rows == ()
    (f,) = lab.findings(empty, target="a")
    assert (f["columns"], f["count"]) == ("'a' and 'b'", 30)
    assert lab.check(none, other=one).rows == ()
    assert lab.check(one, other=none, checks=["drift", "leakage"]).row_count == 1  # a column that it lacks
    assert lab.check(empty, other=empty).row_count == 1


def test_hostile_names(lab: Lab) -> None:
    t = lab.table(
        "t",
        """SELECT CAST(i % 3 AS INT) AS "a""b'; DROP TABLE t; --", 'v' || (i % 5) AS "{}", random() AS "p",
        CASE WHEN i % 3 = 0 THEN NULL ELSE i END AS "position", i * 2.5 AS "x < 0", 'k' || (i % 4) AS "",
        random() AS "c0", DATE '2024-01-01' + CAST(i AS INT) AS "{0} %s", i % 2 AS "y" FROM range(300) r(i)""".replace(
            'AS "",', 'AS " ",'
        ),
    )
    other = lab.table("u", 'SELECT \'v\' || (i % 5) AS "{}", i * 3.5 AS "x < 0" FROM range(90) r(i)')
    evidence = lab.check(t, target="y", other=other, time="{0} %s", group="{}")
    assert evidence.state == "finished"


def test_thousands_of_columns(lab: Lab) -> None:
    columns = ", ".join(f"CAST(i % {2 + n % 7} AS INT) AS c{n}" for n in range(2_098))
    t = lab.table("wide", f"SELECT 1 AS one, {columns}, CAST(NULL AS INT) AS none FROM range(30) r(i)")
    evidence = lab.check(t, checks=["missing", "constant"])
    assert [r[2] for r in evidence.rows] == ["'one'", "'none'"]
    assert any("first 20 of 2,100 columns" in n for n in evidence.notes)


def test_unknown_names_and_wrong_types_are_explained(lab: Lab) -> None:
    t = lab.table("orders", "SELECT 1 AS amount, 'x' AS state FROM range(5)")
    with pytest.raises(InvalidArguments, match="amount"):
        lab.check(t, target="amuont")
    with pytest.raises(QueryInvalid, match="orders"):
        lab.check("ordres")
    with pytest.raises(QueryInvalid):
        lab.check(t, other="nowhere")
    with pytest.raises(InvalidArguments, match="not a date"):
        lab.check(t, time="state")
    with pytest.raises(InvalidArguments, match="checks"):
        lab.check(t, checks=["speling"])
    with pytest.raises(ValidationError):
        CheckQualityArguments(table="t", nonsense=1)  # type: ignore[call-arg]
    assert CheckQualityArguments.model_validate({"table": "t", "entity": "state"}).group == "state"


def test_the_same_twice_and_within_bounds(lab: Lab) -> None:
    columns = ", ".join(
        f"CASE WHEN i % {3 + n} > 0 THEN 'v' || i % 3 ELSE 'N/A' END AS c{n}" for n in range(62)
    )
    t = lab.table("t", f"SELECT {columns} FROM range(200) r(i)")
    first, second = (lab.check(t, checks=["missing"]) for _ in range(2))
    assert first.rows == second.rows
    assert len(first.rows) == 60
    assert first.figures["findings"] > 60
    assert any("worst 60" in n for n in first.notes)


def test_a_person_can_stop_it(lab: Lab) -> None:
    t = lab.table("t", "SELECT random() AS a, random() AS b FROM range(100)")
    context = ToolContext("e1", stopped=lambda: True)
    with pytest.raises(Interrupted):
        check_quality(lab.workspace, CheckQualityArguments(table=t), context)


def test_a_checked_table_needs_no_heavy_library(lab: Lab) -> None:
    path = lab.folder / "t.csv"
    path.write_text("id,x\n" + "\n".join(f"{i},{i % 7}" for i in range(50)))
    script = (
        "import sys; from llmauto_tools.workspace import Workspace; from llmauto_tools.runner import run_tool\n"
        f"ws = Workspace({str(lab.folder / 'w')!r}); ws.attach({str(path)!r}); run_tool(ws, 'check_quality', {{'table': 't'}})\n"
        "ws.close(); print([m for m in ('sklearn', 'pandas', 'pandera', 'scipy', 'cleanlab', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
