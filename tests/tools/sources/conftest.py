"""Helpers that attach a source and read it as the engine would, and real servers on loopback."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from llmauto_tools.schema import Column, Relation
from llmauto_tools.sources import open_source


@dataclass
class Attached:
    """The relations of one source, and their rows as a view reads them."""

    relations: list[Relation]
    _rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    @property
    def one(self) -> Relation:
        assert len(self.relations) == 1, [r.name for r in self.relations]
        return self.relations[0]

    @property
    def names(self) -> list[str]:
        return [r.name for r in self.relations]

    def __getitem__(self, name: str) -> Relation:
        return next(r for r in self.relations if r.name == name)

    def types(self, name: str | None = None) -> dict[str, str]:
        relation = self[name] if name else self.one
        return {c.name: c.dtype for c in relation.columns}

    def column(self, name: str) -> Column:
        return next(c for c in self.one.columns if c.name == name)

    def rows(self, name: str | None = None) -> list[tuple[Any, ...]]:
        """All rows; fails where the view has other columns or types than the relation says."""
        relation = self[name] if name else self.one
        db = duckdb.connect()
        try:
            if relation.attach is not None:
                alias, path = relation.attach
                db.execute(f"ATTACH '{path}' AS \"{alias}\" (READ_ONLY)")
            sql = relation.view_sql
            if relation.load is not None:
                assert sql is None
                sql = f"SELECT * FROM read_parquet('{relation.load()}')"
            assert sql is not None
            db.execute(f"CREATE VIEW it AS {sql}")
            described = [(n, t) for n, t, *_ in db.execute("DESCRIBE it").fetchall()]
            assert described == [(c.name, c.dtype) for c in relation.columns]
            rows = db.execute("FROM it").fetchall()
            assert relation.row_count in (None, len(rows))
            return rows
        finally:
            db.close()


Attach = Callable[..., Attached]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


@pytest.fixture
def attach(cache: Path) -> Attach:
    """attach(source) opens it with a cache of the test's own."""

    def opened(source: str | Path, **options: Any) -> Attached:
        return Attached(open_source(str(source), cache=cache, taken={}, **options))

    return opened


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """file(name, content) writes a file below the test's folder."""

    def written(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _program(name: str, *folders: str) -> str | None:
    found = shutil.which(name)
    places = [p for pattern in folders for p in sorted(Path("/").glob(pattern.lstrip("/")))]
    return found or next((str(p / name) for p in reversed(places) if (p / name).exists()), None)


@contextlib.contextmanager
def _folder_of(name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A short-lived folder, and arguments for subprocess that run a server as the user who owns it.

    Servers refuse to run as root. The folder is not pytest's own: that one is closed to other users
    again whenever another test run starts.
    """
    user = None
    if os.geteuid() == 0:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            pytest.skip(f"running as root, and there is no user '{name}'")
    with tempfile.TemporaryDirectory(prefix="llmauto-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        if user is None:
            yield folder, {}
        else:
            os.chown(folder, user.pw_uid, user.pw_gid)
            yield folder, {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


@dataclass(frozen=True)
class Server:
    """A server on loopback: `url` has the password in it."""

    url: str
    port: int
    password: str = "p@ss/w:rd"

    def execute(self, *statements: str) -> None:
        raise NotImplementedError


class Postgres(Server):
    def execute(self, *statements: str) -> None:
        from adbc_driver_postgresql import dbapi

        with dbapi.connect(self.url) as db, db.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            db.commit()


class MySQL(Server):
    def execute(self, *statements: str) -> None:
        import pymysql

        db = pymysql.connect(
            host="127.0.0.1", port=self.port, user="llm", password=self.password, database="shop"
        )
        with contextlib.closing(db), db.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            db.commit()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    pytest.importorskip("adbc_driver_postgresql")
    initdb = _program("initdb", "/usr/lib/postgresql/*/bin")
    server = _program("postgres", "/usr/lib/postgresql/*/bin")
    if initdb is None or server is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    with _folder_of("postgres") as (folder, as_user):
        yield from _run_postgres(folder, as_user, initdb, server)


def _run_postgres(folder: Path, as_user: dict[str, Any], initdb: str, server: str) -> Iterator[Postgres]:
    secret = folder / "secret"
    secret.write_text("p@ss/w:rd\n")
    data, port, log = folder / "data", free_port(), folder / "log"
    made = subprocess.run(
        [initdb, "-D", str(data), "-U", "llm", "-A", "scram-sha-256", f"--pwfile={secret}", "-N", "-E", "UTF8",
         "--locale=C"],
        cwd=folder, capture_output=True, check=False, **as_user,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr.decode()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [server, "-D", str(data), "-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1",
             "-c", "fsync=off"],
            cwd=folder, stdout=out, stderr=out, **as_user,
        )  # fmt: skip
    try:
        _until(lambda: "ready to accept connections" in log.read_text(errors="replace"), process, log)
        yield Postgres(f"postgresql://llm:p%40ss%2Fw%3Ard@127.0.0.1:{port}/postgres", port)
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def mysql() -> Iterator[MySQL]:
    pytest.importorskip("pymysql")
    install = _program("mariadb-install-db", "/usr/bin") or _program("mysql_install_db", "/usr/bin")
    server = _program("mariadbd", "/usr/sbin") or _program("mysqld", "/usr/sbin")
    if install is None or server is None:
        pytest.skip("MariaDB is not installed (Debian: mariadb-server)")
    with _folder_of("mysql") as (folder, as_user):
        yield from _run_mysql(folder, as_user, install, server)


def _run_mysql(folder: Path, as_user: dict[str, Any], install: str, server: str) -> Iterator[MySQL]:
    data, port, log = folder / "data", free_port(), folder / "log"
    made = subprocess.run(
        [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"],
        cwd=folder, capture_output=True, check=False, **as_user,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr.decode()
    start = folder / "start.sql"
    users = [f"CREATE USER llm@{host} IDENTIFIED BY 'p@ss/w:rd';" for host in ("'%'", "localhost")]
    grants = [f"GRANT ALL ON shop.* TO llm@{host};" for host in ("'%'", "localhost")]
    start.write_text("\n".join(["CREATE DATABASE shop CHARACTER SET utf8mb4;", *users, *grants, ""]))
    start.chmod(0o644)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [server, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
             f"--socket={folder}/s", f"--pid-file={folder}/pid", f"--init-file={start}"],
            cwd=folder, stdout=out, stderr=out, **as_user,
        )  # fmt: skip
    try:
        _until(lambda: _answers(port), process, log)
        yield MySQL(f"mysql://llm:p%40ss%2Fw%3Ard@127.0.0.1:{port}/shop", port)
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The endpoint of an S3 server in this process."""
    moto = pytest.importorskip("moto.server", reason="moto[server] is not installed")
    port = free_port()
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()
