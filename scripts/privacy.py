#!/usr/bin/env python3
"""Write docs/privacy.md: what a remote model is sent at each share level, captured from real requests.

    .venv/bin/python scripts/privacy.py

The page's words stand in docs/privacy.md itself; what is between the marks is replaced. A test compares it
with what the program sends today.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs" / "privacy.md"
LEVELS = ("schema", "results", "samples")
PEOPLE = """name,city,salary,started
Ada Quill,Grenovale,52011,2021-03-01
Ben Tarn,Port Ambrose,48250,2022-07-15
Cleo Vance,Grenovale,61300,2020-11-30
"""
QUESTION = "Who earns the most?"
STATEMENT = "SELECT name, salary FROM people ORDER BY salary DESC LIMIT 1"


def captured(level: str) -> list[dict[str, Any]]:
    """The bodies of the two requests of one question: before and after the tool ran."""
    from llmauto_agent.session import Session
    from llmauto_agent.testing import Reply, ScriptedServer, ToolCall
    from llmauto_tools.workspace import Workspace

    steps = [Reply(tool_calls=[ToolCall("query", {"sql": STATEMENT})]), Reply("See the table.")]
    with tempfile.TemporaryDirectory() as folder, ScriptedServer(steps) as server:
        os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"] = server.url, "none"
        people = Path(folder) / "people.csv"
        people.write_text(PEOPLE)
        with Workspace(Path(folder) / "w") as workspace, Session(
            workspace, model="openai:scripted", share=level
        ) as session:
            session.attach(str(people))
            session.ask(QUESTION)
        return server.requests


def blocks() -> dict[str, str]:
    """What stands between the marks of the page, by name."""
    made = {"file": _fenced(PEOPLE.strip(), "csv")}
    for level in LEVELS:
        requests = captured(level)
        made[level] = "\n\n".join(_message(m) for m in requests[1]["messages"])
        made["tools"] = _fenced(
            "\n".join(json.dumps(t["function"], ensure_ascii=False) for t in requests[1]["tools"]), "json"
        )
        rest = {k: v for k, v in requests[1].items() if k not in ("messages", "tools")}
        made["rest"] = _fenced(json.dumps(rest, ensure_ascii=False), "json")
    return made


def _message(message: dict[str, Any]) -> str:
    """One message: who says it, and its words exactly as they were in the request."""
    said = message.get("content") or ""
    calls = message.get("tool_calls") or []
    parts = [f"`{message['role']}`"]
    if said:
        parts.append(_fenced(said, "text"))
    parts += [_fenced(json.dumps(c["function"], ensure_ascii=False), "json") for c in calls]
    return "\n\n".join(parts)


def _fenced(text: str, language: str) -> str:
    return f"```{language}\n{text}\n```"


def filled(page: str) -> str:
    """The page with what is between its marks replaced."""
    for name, text in blocks().items():
        pattern = rf"(<!-- begin: {name} -->\n).*?(\n<!-- end: {name} -->)"
        page, found = re.subn(pattern, lambda m, t=text: f"{m[1]}\n{t}\n{m[2]}", page, flags=re.DOTALL)
        if found != 1:
            raise SystemExit(f"{PAGE} has no marks for '{name}'.")
    return page


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")
    sys.stdout.write(f"wrote {PAGE}\n")
