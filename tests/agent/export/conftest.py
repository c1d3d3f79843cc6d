"""Sessions built by hand on a real workspace, and their exports run where llmauto cannot be imported."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from llmauto_agent.export import export_session
from llmauto_agent.store import SessionStore
from llmauto_tools.ledger import Evidence
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        root = name.split(".")[0]
        if root.startswith("llmauto") or (ONLY_DUCKDB and root not in KNOWN):
            raise ModuleNotFoundError("blocked: " + name, name=name)

KNOWN = {*sys.stdlib_module_names, "duckdb", "_duckdb"}
sys.meta_path.insert(0, Blocker())
"""


class Author:
    """Asks, answers and runs tools in one session, as the agent would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = Workspace(folder / "workspace")
        self.store = SessionStore(self.workspace.path)
        self.session = self.store.create("builtin", "schema")
        self.calls = 0

    def attach(self, path: Path) -> list[str]:
        self.store.add_source(self.session.id, str(path))
        return [t.name for t in self.workspace.attach(str(path))]

    def turn(self, question: str, *sql: str, answer: str = "Done.", **changes: Any) -> list[Evidence]:
        """A whole turn: one `query` per statement."""
        number = self.store.ask(self.session.id, question)
        evidence = [self.tool("query", {"sql": s}, turn=number) for s in sql]
        ids = [e.id for e in evidence]
        self.store.answer(
            self.session.id,
            number,
            {"status": "answered", "answer": answer, "model": "builtin", "evidence": ids, **changes},
        )
        return evidence

    def tool(self, name: str, arguments: dict[str, Any], turn: int | None = None) -> Evidence:
        self.calls += 1
        call_id = f"q{turn}/c{self.calls}" if turn is not None else None
        return run_tool(self.workspace, name, arguments, session=self.session.id, call_id=call_id)

    def export(self, name: str) -> Path:
        return export_session(self.workspace, self.session.id, self.folder / name)

    def replay(self) -> str:
        """What the exported script prints. Fails when it fails."""
        result = run_script(self.export("session.py"))
        assert result.returncode == 0, result.stderr
        return result.stdout

    def close(self) -> None:
        self.store.close()
        self.workspace.close()


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    author = Author(tmp_path)
    yield author
    author.close()


def run_script(script: Path, *, only_duckdb: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a script in an isolated Python that has DuckDB and the standard library only."""
    runner = f"ONLY_DUCKDB = {only_duckdb}\n{BLOCKER}\nimport runpy\nrunpy.run_path({str(script)!r}, run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", runner],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
    )


@pytest.fixture
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run_script`, for the tests (a conftest cannot be imported everywhere)."""
    return run_script


@pytest.fixture
def llmauto_blocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python processes that the test starts cannot import llmauto."""
    folder = tmp_path / "blocker"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(f"ONLY_DUCKDB = False\n{BLOCKER}")
    monkeypatch.setenv("PYTHONPATH", str(folder))
