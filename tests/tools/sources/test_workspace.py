"""Sources in a workspace: what open_source returns is what the engine can run under its lock."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import duckdb
import pytest

from llmauto_tools.errors import SourceError
from llmauto_tools.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    with Workspace(tmp_path / "work") as ws:
        yield ws


def test_every_kind_answers_a_query(workspace, file, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import feather

    table = pa.table({"id": [1, 2]})
    pq.write_table(table, tmp_path / "p.parquet")
    feather.write_feather(table, tmp_path / "f.feather")
    with closing(sqlite3.connect(tmp_path / "s.db")) as db:
        db.executescript("CREATE TABLE lite (id INT); INSERT INTO lite VALUES (1), (2);")
    with closing(duckdb.connect(str(tmp_path / "k.duckdb"))) as db:
        db.execute("CREATE TABLE duck AS SELECT unnest([1, 2]) AS id")
    file("c.csv", "id\n1\n2\n")
    file("u.csv", "id,stadt\n1,Köln\n2,Zürich\n".encode("utf-16"))
    file("we[ird]*.csv", "id\n1\n2\n")
    file("j.json", json.dumps([{"id": 1}, {"id": 2}]))
    file("folder/1.csv", "id\n1\n")
    file("folder/2.csv", "id\n2\n")
    names = []
    for source in (
        "p.parquet",
        "f.feather",
        "s.db",
        "k.duckdb",
        "c.csv",
        "u.csv",
        "we[ird]*.csv",
        "j.json",
        "folder",
    ):
        names += [t.name for t in workspace.attach(str(tmp_path / source))]
    assert len(names) == 9
    for name in names:
        assert workspace.engine.query(f'SELECT sum(id) AS s FROM "{name}"').rows == ((3,),), name


def test_attaching_again_keeps_the_name_and_sees_the_change(workspace, file):
    path = str(file("c.csv", "id\n1\n"))
    workspace.attach(path)
    before = workspace.fingerprint("c")
    file("c.csv", "id\n1\n2\n")
    assert [t.name for t in workspace.attach(path)] == ["c"]
    assert workspace.fingerprint("c") != before
    assert workspace.engine.query("SELECT count(*) FROM c").rows == ((2,),)


def test_a_failed_attach_changes_nothing(workspace, file):
    workspace.attach(str(file("c.csv", "id\n1\n")))
    with pytest.raises(SourceError):
        workspace.attach("nowhere.csv")
    assert [t.name for t in workspace.tables()] == ["c"]
    assert workspace.engine.query("SELECT id FROM c").rows == ((1,),)
