"""What is loaded at start: `--version`, `--help` and `import llmauto` stay light, checked by module name."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "duckdb", "langchain", "langchain_core", "langgraph", "pyarrow", "sqlglot", "pydantic", "pydantic_core",
    "pandas", "polars", "numpy", "plotext", "rich", "torch", "sklearn", "prompt_toolkit", "platformdirs",
    "jinja2", "nbformat", "asyncio",
}  # fmt: skip


def loaded(code: str) -> set[str]:
    """The top-level modules in a fresh interpreter after running `code`."""
    report = "import sys, json; json.dump(sorted({m.split('.')[0] for m in sys.modules}), sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr))


def command(*arguments: str) -> str:
    return (
        "import sys\n"
        f"sys.argv = ['llmauto', *{list(arguments)!r}]\n"
        "from llmauto.cli.program import run_command\n"
        f"assert run_command({list(arguments)!r}) == 0"
    )


def test_no_heavy_library_is_loaded_for_help() -> None:
    assert loaded(command("--help")) & HEAVY == set()


@pytest.mark.parametrize("arguments", [("ask", "--help"), ("run", "--help"), ("sessions", "--help")])
def test_a_command_s_help_loads_no_more_than_typer_does(arguments: tuple[str, ...]) -> None:
    """Typer itself parses a command's options with pydantic."""
    assert loaded(command(*arguments)) & HEAVY <= {"pydantic", "pydantic_core"}


def test_the_version_needs_no_typer_either() -> None:
    code = "import sys; sys.argv = ['llmauto', '--version']; from llmauto.cli import main; main()"
    assert loaded(code) & (HEAVY | {"typer", "click"}) == set()


def test_importing_the_package_loads_nothing_else() -> None:
    modules = loaded("import llmauto; assert llmauto.__version__; assert 'Session' in dir(llmauto)")
    assert modules & (HEAVY | {"typer", "llmauto_tools", "llmauto_agent"}) == set()


def test_the_guard_sees_heavy_modules() -> None:
    assert "pydantic" in loaded("import pydantic")
