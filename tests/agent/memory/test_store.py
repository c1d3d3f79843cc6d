from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from kills import many
from memory_files import holds

from llmauto_agent.memory.entry import Entry, entry_from
from llmauto_agent.memory.memory import Memory
from llmauto_agent.memory.store import FILE, Store, open_if_there
from llmauto_tools.errors import InvalidArguments, WorkspaceError


def test_nothing_is_made_before_something_is_stored(memory: Memory, tmp_path: Path) -> None:
    assert memory.empty()
    assert memory.search("anything") == []
    assert memory.entries() == []
    assert list(tmp_path.iterdir()) == []


def test_an_entry_comes_back_whole(memory: Memory) -> None:
    given = Entry("correction", "用 store_sales 表", data={"sql": "SELECT 1"}, source="you", session="s1",
                  fingerprints={"t": "f"}, created=12.5)  # fmt: skip
    [stored] = memory.add([given])
    assert stored.id == "m1"
    assert memory.get("m1") == stored
    assert (stored.text, stored.data, stored.created) == (given.text, given.data, 12.5)


def test_scopes_lie_in_their_own_folders(memory: Memory, tmp_path: Path) -> None:
    stored = memory.add([Entry("preference", "euros", "workspace"), Entry("preference", "metres", "person")])
    assert [e.id for e in stored] == ["m1", "p1"]
    assert holds(tmp_path / "memory", b"euros")
    assert not holds(tmp_path / "person", b"euros")
    with Memory(tmp_path / "another", tmp_path / "person") as other:
        assert [e.text for e in other.entries()] == ["metres"]


def test_the_same_key_replaces(memory: Memory) -> None:
    memory.add([Entry("definition", "ARR means mrr * 12", key="definition:arr")])
    memory.add([Entry("definition", "ARR means revenue of a year", key="definition:arr")])
    assert [(e.id, e.text) for e in memory.entries()] == [("m1", "ARR means revenue of a year")]
    assert memory.stores()[0].keyword(["mrr"], 5) == []


@pytest.mark.parametrize(
    "entry",
    [
        Entry("gossip", "x"),  # type: ignore[arg-type]
        Entry("finding", "  "),
        Entry("finding", "x", "world"),  # type: ignore[arg-type]
        Entry("finding", "x" * 5_000),
    ],
)
def test_what_cannot_be_stored_is_refused_and_nothing_is_made(
    memory: Memory, tmp_path: Path, entry: Entry
) -> None:
    with pytest.raises(InvalidArguments):
        memory.add([Entry("finding", "good"), entry])
    assert memory.empty()


def test_an_unknown_id_is_told(memory: Memory) -> None:
    memory.add([Entry("finding", "x")])
    for entry_id in ("m9", "x1", "m", "p1"):
        with pytest.raises(WorkspaceError, match="There is no memory"):
            memory.get(entry_id)


def test_reading_mode_stores_nothing(tmp_path: Path) -> None:
    with (
        Memory(tmp_path / "memory", None, mode="read") as memory,
        pytest.raises(WorkspaceError, match="read"),
    ):
        memory.add([Entry("finding", "x")])
    assert open_if_there(tmp_path / "memory", "m") is None


def test_forgetting_leaves_neither_text_nor_keyword_nor_vector_in_any_file(
    memory: Memory, tmp_path: Path
) -> None:
    texts = [f"ordinary remark {i} about deliveries and returns" for i in range(40)]
    memory.add([Entry("finding", t) for t in texts])
    [secret] = memory.add(
        [Entry("finding", "the zebracorn margin was quizzical", data={"sql": "SELECT zebracorn"})]
    )
    memory.search("margin")  # embeds
    store = memory.stores()[0]
    [(vector,)] = store.rows("SELECT vector FROM vectors WHERE entry = ?", (store.number(secret.id),))
    needles = (b"zebracorn", b"quizzic", bytes(vector)[:64], bytes(vector)[-64:])
    assert holds(tmp_path, *needles)
    memory.forget([secret.id])
    assert holds(tmp_path, *needles) == []
    memory.close()
    assert holds(tmp_path, *needles) == []


def test_an_edit_leaves_nothing_of_the_old_text(memory: Memory, tmp_path: Path) -> None:
    [entry] = memory.add([Entry("definition", "a wombatish order is large")])
    memory.search("order")
    memory.edit(entry.id, "a big order is large")
    assert holds(tmp_path, b"wombatish") == []
    assert [r.entry.text for r in memory.search("big order")] == ["a big order is large"]


def test_export_and_import_give_the_same(memory: Memory, tmp_path: Path) -> None:
    memory.add([Entry("finding", "one", data={"evidence": ["e1"]}), Entry("preference", "two", "person")])
    records = [e.as_object() | {"id": ""} for e in memory.entries()]
    with Memory(tmp_path / "other", tmp_path / "someone") as other:
        other.add([entry_from(r) for r in records])
        assert {(e.text, e.kind, e.scope) for e in other.entries()} == {
            ("one", "finding", "workspace"),
            ("two", "preference", "person"),
        }
    with pytest.raises(InvalidArguments, match="no field 'txt'"):
        entry_from({"kind": "finding", "txt": "x"})


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database at all, and never was" * 100)
    with pytest.raises(WorkspaceError, match="damaged"):
        Store(tmp_path, "m")


def test_two_processes_write_and_read_one_store(memory: Memory, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from llmauto_agent.memory.memory import Memory\nfrom llmauto_agent.memory.entry import Entry\n"
        "with Memory(Path(sys.argv[1]), None) as m:\n"
        "    for i in range(30): m.add([Entry('finding', f'theirs {i}')])\n"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "memory")])
    for i in range(30):
        memory.add([Entry("finding", f"ours {i}")])
    assert other.wait(60) == 0
    texts = {e.text for e in memory.entries()}
    assert texts == {f"{who} {i}" for who in ("ours", "theirs") for i in range(30)}
    assert memory.stores()[0].rows("PRAGMA integrity_check") == [("ok",)]
    assert {r.entry.text for r in memory.search("theirs 7", limit=3)} & {"theirs 7"}


def test_a_kill_at_any_point_loses_and_damages_nothing(tmp_path: Path) -> None:
    assert many(tmp_path / "memory", runs=3, seed=7) == []
