from __future__ import annotations

import subprocess
import sys


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_unused_packages_are_not_run_by_importing_langchain() -> None:
    code = (
        "import sys; from llmauto.lean import import_lean; import_lean(); import_lean()\n"
        "import langchain.agents\n"
        "print('httpx' in sys.modules, len([m for m in sys.modules if m.startswith('langsmith.types.')]) > 50)"
    )
    assert run(code).split() == ["False", "False"]


def test_what_was_put_off_is_there_when_it_is_used() -> None:
    code = (
        "from llmauto.lean import import_lean; import_lean()\n"
        "import langchain.agents, langgraph_sdk, langsmith.types\n"
        "from langgraph_sdk import get_client\n"
        "print(get_client.__name__, hasattr(langgraph_sdk, 'nothing_like_this'))"
    )
    assert run(code).split() == ["get_client", "False"]


def test_a_package_that_is_not_installed_stays_an_import_error() -> None:
    code = (
        "import llmauto.lean as lean; lean.LATER = frozenset({'no_such_package'}); lean.import_lean()\n"
        "try:\n    import no_such_package\nexcept ModuleNotFoundError as e:\n    print(e.name)"
    )
    assert run(code).strip() == "no_such_package"


def test_a_program_that_uses_llmauto_keeps_its_imports() -> None:
    code = (
        "import sys, tempfile; finders = list(sys.meta_path); import llmauto\n"
        "with llmauto.Session(workspace=tempfile.mkdtemp()) as s:\n    s.ask('hello')\n"
        "import langgraph_sdk; print(sys.meta_path == finders, 'get_client' in vars(langgraph_sdk))"
    )
    assert run(code).split() == ["True", "True"]


def test_the_collector_is_back_after_a_warm_start() -> None:
    code = (
        "import gc, threading; from llmauto.cli.ask import warm_up; warm_up()\n"
        "[t.join() for t in threading.enumerate() if t.name == 'llmauto-imports']\n"
        "print(gc.isenabled(), gc.get_freeze_count() > 0)"
    )
    assert run(code).split() == ["True", "True"]
