from __future__ import annotations

from typing import TYPE_CHECKING

from llmauto_tools.runner import run_tool

if TYPE_CHECKING:
    from tests.tools.quality.conftest import Lab


def test_the_steps_on_offer_run_and_mend(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT i AS id, CASE WHEN i % 40 = 0 THEN 9999 ELSE i % 37 END AS n, CASE WHEN i % 11 = 0 THEN 'N/A' WHEN"
        " i % 5 = 0 THEN ' open' WHEN i % 2 = 0 THEN 'open' WHEN i % 3 = 0 THEN 'shut' ELSE 'OPEN' END AS state, 1 AS one,"
        " CAST(i * 1.5 AS VARCHAR) AS amount FROM range(400) r(i)",
    )
    checks = ["missing", "categories", "types", "constant"]
    fixes = lab.check(t, checks=checks).figures["fixes"]
    assert {s["kind"] for f in fixes for s in f["arguments"]["steps"]} == {"cast", "unify", "trim", "drop"}
    table = t
    for i, fix in enumerate(fixes):
        arguments = fix["arguments"] | {"table": table, "name": f"clean{i}"}
        table = run_tool(lab.workspace, fix["tool"], arguments).figures["table"]
    after = lab.check(table, checks=checks)
    assert [r[5] for r in after.rows if r[1] != "missing"] == []
    assert all("stand" not in r[5] and "code for" not in r[5] for r in after.rows)
