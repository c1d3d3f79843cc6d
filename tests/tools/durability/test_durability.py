"""A workspace survives kills, full disks, damage and company. Programs of their own do the work."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from llmauto_tools.derived import DerivedTables
from llmauto_tools.errors import WorkspaceError
from llmauto_tools.ledger import Ledger
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

HERE = Path(__file__).parent


@pytest.mark.slow
def test_sigkill_at_random_points(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "kill_runs.py"), str(tmp_path / "ws"), "100", "20261124"],
        capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["faults"] == []
    assert found["runs"] == 100
    assert found["reported"] >= 100
    assert found["saved"] >= 20


def test_full_disk(tmp_path: Path) -> None:
    """On a file system of 6 MB, in a mount namespace that goes with the process."""
    unshare = shutil.which("unshare")
    probe = ["sh", "-c", 'mount -t tmpfs -o size=6m tmpfs "$0"', str(tmp_path)]
    if (
        unshare is None
        or subprocess.run([unshare, "--mount", *probe], capture_output=True, check=False).returncode
    ):
        pytest.skip("mounting a small file system is not permitted here")
    command = f'mount -t tmpfs -o size=6m tmpfs "$0" && exec {sys.executable} {HERE / "full_disk.py"} "$0"'
    done = subprocess.run(
        [unshare, "--mount", "sh", "-c", command, str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "before": "finished",
        "save": "disk_full",
        "left in tables": [],
        "saved": [],
        "recorded": ["disk_full"],
        "full": ["disk_full"],
        "after": "finished",
        "states": ["failed", "finished"],
        "integrity": "ok",
    }


def test_file_size_limit_is_disk_full(tmp_path: Path) -> None:
    """The same where no file system may be mounted: the process may write files of 100 kB at most."""
    program = textwrap.dedent(f"""
        import resource
        from llmauto_tools.errors import DiskFull
        from llmauto_tools.runner import run_tool
        from llmauto_tools.workspace import Workspace

        with Workspace({str(tmp_path / "ws")!r}) as ws:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
            sql = "SELECT md5(random()::VARCHAR) AS t FROM range(100000)"
            for call in ({{"sql": sql, "name": "big"}}, {{"sql": "SELECT 1 AS a", "name": "small"}}):
                try:
                    print(run_tool(ws, "save_table", call).state)
                except DiskFull as e:
                    print(e.kind, e.evidence_id)
            print(ws.derived.names(), [e.state for e in ws.ledger.list()])
    """)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == ["disk_full e1", "finished", "['small'] ['failed', 'finished']"], (
        done.stderr
    )
    assert len(list((tmp_path / "ws" / "tables").iterdir())) == 1


def test_two_processes_write_one_workspace(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    program = textwrap.dedent("""
        import sys
        from llmauto_tools.runner import run_tool
        from llmauto_tools.workspace import Limits, Workspace

        me = sys.argv[2]
        with Workspace(sys.argv[1], Limits(threads=1, memory="200MB")) as ws:
            print("ready", flush=True)
            sys.stdin.readline()
            for i in range(15):
                run_tool(ws, "save_table", {"sql": f"SELECT '{me}' AS who, {i} AS i", "name": "shared"})
                run_tool(ws, "query", {"sql": "SELECT count(*) FROM shared"})
                run_tool(ws, "save_table", {"sql": f"SELECT {i} AS i", "name": me})
    """)
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(folder), me],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for me in ("anna", "bert")
    ]  # fmt: skip
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    outputs = []
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        outputs.append(process.communicate(timeout=60))
        assert process.returncode == 0, outputs
    with Workspace(folder) as ws:
        records = ws.ledger.list()
        assert [e.id for e in records] == [f"e{n}" for n in range(1, 91)]
        assert {e.state for e in records} == {"finished"}
        assert len(ws.derived.history()) == 60
        assert sorted(ws.derived.names()) == ["anna", "bert", "shared"]
        assert run_tool(ws, "query", {"sql": "SELECT i FROM anna"}).rows == ((14,),)


def test_an_open_workspace_sees_what_another_saves(tmp_path: Path) -> None:
    with Workspace(tmp_path / "ws") as here, Workspace(tmp_path / "ws") as there:
        assert run_tool(here, "query", {"sql": "SELECT 1"}).rows == ((1,),)
        run_tool(there, "save_table", {"sql": "SELECT 7 AS a", "name": "new"})
        assert run_tool(here, "query", {"sql": "SELECT a FROM new"}).rows == ((7,),)
        run_tool(here, "undo", {})
        assert there.tables() == []


def test_a_damaged_state_file_is_one_clear_error(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    Workspace(folder).close()
    for damage in (
        b"this is no database" * 1000,
        (folder / "state.sqlite").read_bytes()[:1000] + b"\xff" * 8000,
    ):
        (folder / "state.sqlite").write_bytes(damage)
        with pytest.raises(WorkspaceError) as caught:
            Workspace(folder)
        assert "state.sqlite" in caught.value.message
        assert "copy" in (caught.value.hint or "")


def test_damage_that_shows_later_is_a_clear_error_too(tmp_path: Path) -> None:
    with Workspace(tmp_path / "ws") as ws:
        for i in range(200):
            ws.ledger.start("query", {"sql": f"SELECT {i} /* {'x' * 200} */"})
    path = tmp_path / "ws" / "state.sqlite"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xee" * (len(content) - len(content) // 2)
    path.write_bytes(content)
    with pytest.raises(WorkspaceError, match="damaged"):
        Ledger(path).list()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkspaceError, match="cannot be made"):
        Workspace(tmp_path / "file" / "ws")


def test_states_of_unfinished_runs(tmp_path: Path) -> None:
    """Running here; lost in a dead process, and in a process whose id another one has now."""
    path = tmp_path / "state.sqlite"
    ledger = Ledger(path)
    running = ledger.start("query", {})
    program = f"from pathlib import Path; from llmauto_tools.ledger import Ledger; print(Ledger(Path({str(path)!r})).start('query', {{}}))"
    dead = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    ).stdout.strip()
    with sqlite3.connect(path) as db:
        db.execute(
            "INSERT INTO evidence (pid, process, started, payload) SELECT ?, 'another boot/1', started, payload FROM evidence LIMIT 1",
            (os.getppid(),),
        )
    db.close()
    assert [(e.id, e.state) for e in ledger.list()] == [(running, "running"), (dead, "lost"), ("e3", "lost")]
    ledger.close()


def test_a_run_in_another_live_process_is_running(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    program = (
        "import sys; from pathlib import Path; from llmauto_tools.ledger import Ledger;"
        f" Ledger(Path({str(path)!r})).start('query', {{}}); print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        ledger = Ledger(path)
        assert ledger.get("e1").state == "running"
        other.kill()
        other.wait()
        assert ledger.get("e1").state == "lost"
        ledger.close()


def test_leftovers_of_a_killed_save_are_removed(tmp_path: Path) -> None:
    Workspace(tmp_path / "ws").close()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    tables = tmp_path / "ws" / "tables"
    (tables / f"a-1.{dead.pid}.tmp").write_text("half")
    (tables / f"b-1.{os.getpid()}.tmp").write_text("being written")
    (tables / "c-1.parquet").write_text("just renamed by another process")
    old = tables / "d-1.parquet"
    old.write_text("renamed, then killed, long ago")
    os.utime(old, (0, 0))
    DerivedTables(tmp_path / "ws").close()
    assert sorted(p.name for p in tables.iterdir()) == [f"b-1.{os.getpid()}.tmp", "c-1.parquet"]
