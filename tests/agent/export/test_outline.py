"""A session without its data: what is in the file, and that no cell is."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from llmauto_agent.export import export_session, render_session
from llmauto_agent.export.outline import without_values
from llmauto_agent.session import Session
from llmauto_tools.errors import InvalidArguments, LlmautoError
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

SCHEMA = frozenset({"people", "name", "city", "salary", "started"})
NAMES = [f"Zylophia{i} Quandtman" for i in range(40)]
CITIES = ["Grenovale", "Port Ambrose", "Kestrelby", "Old Hythe"]


def test_no_cell_is_in_it(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    rows = [f"{n},{CITIES[i % 4]},{52_011 + 137 * i},2021-03-{i % 28 + 1:02d}" for i, n in enumerate(NAMES)]
    people.write_text("name,city,salary,started\n" + "\n".join(rows) + "\n")
    with Workspace(tmp_path / "w") as workspace, Session(workspace) as session:
        session.attach(str(people))
        for question in ("average salary by city", "how many in grenovale?", "the top 3 people by salary",
                         "list all names", "describe people", "how many per month", "what is love?"):  # fmt: skip
            session.ask(question)
        for sql in (
            f"SELECT * FROM people WHERE name = '{NAMES[3]}' OR salary > 52285",
            "PIVOT people ON city USING avg(salary)",
            "SELECT CAST(name AS INTEGER) FROM people",
            f'SELECT count(*) AS "in {CITIES[1]}" FROM people -- {NAMES[5]}',
        ):
            with contextlib.suppress(LlmautoError):  # failures are part of a session
                run_tool(workspace, "query", {"sql": sql}, session=session.id)
        text = render_session(workspace, session.id, "transcript", data=False)
        values = [v for row in rows for v in row.split(",")]
        assert [v for v in values if v.casefold() in text.casefold() and v != "Grenovale"] == []
        assert text.count("Grenovale") + text.count("grenovale") <= 2, (
            "as it was typed, in the question and its SQL"
        )
        assert "average salary by city" in text
        assert "### e1: analyze" in text
        assert str(tmp_path) not in text
        path = export_session(workspace, session.id, tmp_path / "shared.md", data=False)
        assert path.read_text("utf-8").startswith("# average salary by city")
        with pytest.raises(InvalidArguments):
            export_session(workspace, session.id, tmp_path / "shared.ipynb", data=False)


@pytest.mark.parametrize(
    ("sql", "question", "shown", "gone"),
    [
        ("SELECT count(*) FROM people WHERE city = 'Kestrelby'", "how many there?", "'…'", "Kestrelby"),
        (
            "SELECT count(*) FROM people WHERE city = 'Kestrelby'",
            "how many in kestrelby?",
            "'Kestrelby'",
            "…",
        ),
        ("SELECT * FROM people ORDER BY salary LIMIT 7", "the lowest", "LIMIT 7", "…"),
        ('SELECT 1 AS "avg Kestrelby" FROM people', "?", '"…"', "Kestrelby"),
        ("SELECT broken FROM (((", "?", "left out", "broken"),
    ],
)
def test_values_in_sql(sql: str, question: str, shown: str, gone: str) -> None:
    masked = without_values(sql, question, SCHEMA, {"kestrelby"})
    assert shown in masked
    assert gone not in masked
