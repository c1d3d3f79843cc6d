from __future__ import annotations

import sys
from pathlib import Path

import pytest

from llmauto.cli import bench, complete
from llmauto.exits import UsageError


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "benchmarks" / "tiny"
    folder.mkdir(parents=True)
    (folder / "beside.py").write_text("NAME = 'tiny'\n")
    (folder / "run.py").write_text(
        "import sys\nfrom beside import NAME\n"
        "if __name__ == '__main__':\n    print(NAME, sys.argv[1:])\n    sys.exit(len(sys.argv) - 1)\n"
    )
    monkeypatch.setattr(complete, "CHECKOUT", tmp_path)
    monkeypatch.setattr(bench, "CHECKOUT", tmp_path)
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


def test_a_benchmark_runs_with_what_follows_its_name(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.run_benchmark("tiny", []) == 0
    assert bench.run_benchmark("tiny", ["--only", "x"]) == 2
    assert capsys.readouterr().out.splitlines()[-1] == "tiny ['--only', 'x']"


def test_an_unknown_benchmark_names_those_there_are(checkout: Path) -> None:
    with pytest.raises(UsageError) as caught:
        bench.run_benchmark("large", [])
    assert caught.value.hint == "One of: tiny"


def test_outside_a_checkout_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complete, "CHECKOUT", tmp_path)
    with pytest.raises(UsageError, match="no benchmark"):
        bench.run_benchmark("requests", [])


def test_this_checkout_has_the_request_benchmark() -> None:
    assert "requests" in complete.benchmarks()
