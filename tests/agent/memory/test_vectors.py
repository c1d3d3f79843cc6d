from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from memory_files import holds

from llmauto_agent.memory import chroma, signs, upkeep, vectors
from llmauto_agent.memory.entry import Entry
from llmauto_agent.memory.memory import Memory
from llmauto_agent.memory.nearest import Nearest
from llmauto_agent.memory.store import Store


class Fixed:
    """An embedder whose vectors follow from the number in a text; for what is about vectors and not meaning."""

    remote = False

    def __init__(self, name: str = "fixed", dimensions: int = 64, fails_after: int | None = None) -> None:
        self.name = name
        self.calls = 0
        self._dimensions = dimensions
        self._fails_after = fails_after

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.calls += 1
        if self._fails_after is not None and self.calls > self._fails_after:
            raise RuntimeError("switched off")
        return np.stack([self.vector(t) for t in texts])

    def vector(self, text: str) -> np.ndarray:
        number = int("".join(c for c in text if c.isdigit()) or 0)
        drawn = np.random.default_rng([number, len(self.name)]).standard_normal(self._dimensions)
        return (drawn / np.linalg.norm(drawn)).astype(np.float32)


@pytest.fixture
def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    opened = Store(tmp_path / "memory", "m")
    yield opened
    opened.close()


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large is from 200 vectors on, so that blocks and indexes are made in a moment."""
    monkeypatch.setattr(signs, "BLOCK", 64)
    monkeypatch.setattr(chroma, "LARGE", 200)
    monkeypatch.setattr(chroma, "_STEP", 100)
    monkeypatch.setattr(chroma, "_HNSW", chroma._HNSW | {"sync_threshold": 100, "batch_size": 50})


def fill(store: Store, count: int, begin: int = 0) -> None:
    store.add([Entry("finding", f"finding {i}") for i in range(begin, begin + count)])


def nearest(store: Store, embedder: Fixed, number: int, index: bool = False) -> list[int]:
    near = Nearest(store, vectors.of_model(store, embedder), index=index)
    return [n for n, _ in near.search(embedder.vector(str(number)), 3)]


def test_what_is_stored_waits_until_it_is_embedded(store: Store) -> None:
    embedder = Fixed()
    fill(store, 5)
    found = vectors.of_model(store, embedder)
    assert vectors.pending(store, found.id) == 5
    assert upkeep.embed_pending(store, embedder, "schema") == 5
    assert (vectors.pending(store, found.id), vectors.count(store, found.id)) == (0, 5)
    fill(store, 1, 5)
    assert vectors.pending(store, found.id) == 1
    assert upkeep.embed_pending(store, embedder, "schema", at_most=0) == 0
    assert nearest(store, embedder, 3)[0] == 4


def test_another_model_never_meets_the_vectors_of_the_one_before(store: Store) -> None:
    first, second = Fixed("first", 64), Fixed("second", 32)
    fill(store, 20)
    upkeep.run(store, first, "schema")
    store.add([Entry("finding", "finding 20")])
    assert vectors.of_model(store, second).dimensions == 32
    assert nearest(store, second, 3) == []
    upkeep.embed_pending(store, second, "schema")
    assert nearest(store, second, 3)[0] == 4
    assert {c.model for c in vectors.collections(store)} == {"first", "second"}
    upkeep.run(store, second, "schema")
    assert [c.model for c in vectors.collections(store)] == ["second"]
    assert store.rows("SELECT count(*), min(length(vector)) FROM vectors") == [(21, 64)]


def test_embedding_anew_goes_on_where_it_was_stopped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 4)
    fill(store, 20)
    with pytest.raises(RuntimeError):
        upkeep.embed_pending(store, Fixed(fails_after=3), "schema")
    found = vectors.of_model(store, Fixed())
    done = vectors.count(store, found.id)
    assert 0 < done < 20
    again = Fixed()
    assert upkeep.embed_pending(store, again, "schema") == 20 - done
    assert vectors.count(store, found.id) == 20


def test_a_model_of_another_length_under_the_same_name_is_told(store: Store) -> None:
    fill(store, 2)
    upkeep.embed_pending(store, Fixed(), "schema")
    with pytest.raises(Exception, match="gave 64"):
        vectors.collection(store, "fixed", 32)


def test_a_text_that_changed_while_it_was_embedded_keeps_waiting(store: Store) -> None:
    embedder = Fixed()
    fill(store, 1)
    found = vectors.of_model(store, embedder)
    [entry] = vectors.next_pending(store, found.id, 5)
    store.edit(Entry("finding", "finding 7", id=entry.id))
    vectors.put(store, found.id, [entry], embedder.embed([entry.text]))
    assert (vectors.count(store, found.id), vectors.pending(store, found.id)) == (0, 1)


def test_a_server_elsewhere_gets_no_findings_at_the_level_schema(store: Store) -> None:
    far = Fixed("far")
    far.remote = True
    store.add(
        [Entry("finding", "finding 1"), Entry("definition", "definition 2"), Entry("document", "page 3")]
    )
    upkeep.embed_pending(store, far, "schema")
    assert store.rows("SELECT entry FROM vectors") == [(2,)]
    assert vectors.pending(store, vectors.of_model(store, far).id) == 0


@pytest.mark.usefixtures("small_blocks")
def test_blocks_of_signs_find_what_comparing_all_finds(store: Store) -> None:
    embedder = Fixed()
    fill(store, 300)
    upkeep.embed_pending(store, embedder, "schema")
    before = [nearest(store, embedder, i) for i in range(0, 300, 30)]
    assert signs.pack(store, vectors.of_model(store, embedder)) == 4
    assert signs.pack(store, vectors.of_model(store, embedder)) == 0
    assert [nearest(store, embedder, i) for i in range(0, 300, 30)] == before
    fill(store, 10, 300)
    upkeep.embed_pending(store, embedder, "schema")
    assert nearest(store, embedder, 305)[0] == 306


@pytest.mark.usefixtures("small_blocks")
def test_a_deleted_vector_is_in_no_block(store: Store, tmp_path: Path) -> None:
    embedder = Fixed()
    fill(store, 200)
    upkeep.embed_pending(store, embedder, "schema")
    found = vectors.of_model(store, embedder)
    signs.pack(store, found)
    packed = signs.signs_of(embedder.vector("70").astype(np.float16).astype(np.float32)[None]).tobytes()
    assert holds(tmp_path, packed)
    near = Nearest(store, found, index=False)
    assert near.search(embedder.vector("70"), 1)[0][0] == 71
    store.remove([71])
    assert holds(tmp_path, packed) == []
    assert near.search(embedder.vector("70"), 1)[0][0] != 71
    assert near.search(embedder.vector("71"), 1)[0][0] == 72
    assert store.rows("SELECT count(*) FROM blocks") == [(2,)]
    signs.pack(store, found)
    assert nearest(store, embedder, 71)[0] == 72


chromadb_only = pytest.mark.skipif(not chroma.is_installed(), reason="needs the extra 'memory'")


@chromadb_only
@pytest.mark.usefixtures("small_blocks")
def test_a_large_store_has_an_index_that_chroma_s_own_client_reads(store: Store) -> None:
    embedder = Fixed()
    fill(store, 450)
    upkeep.run(store, embedder, "schema")
    [found] = vectors.collections(store)
    assert found.folder is not None
    assert found.upto == 400  # whole steps; the rest is compared one by one
    index = chroma.Index(store.folder / found.folder)
    assert [index.nearest(embedder.vector(str(i)), 1)[0][0] for i in (3, 250)] == [4, 251]
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(str(store.folder / found.folder), Settings(anonymized_telemetry=False))
    collection = client.get_collection("memory", embedding_function=None)
    assert collection.count() == 400
    asked = collection.query(query_embeddings=[embedder.vector("250").tolist()], n_results=1)
    assert asked["ids"] == [["251"]]


@chromadb_only
@pytest.mark.usefixtures("small_blocks")
def test_searches_go_through_the_index_once_it_is_loaded(store: Store) -> None:
    embedder = Fixed()
    fill(store, 450)
    upkeep.run(store, embedder, "schema")
    near = Nearest(store, vectors.of_model(store, embedder))
    before = [near.search(embedder.vector(str(i)), 1)[0][0] for i in (3, 250, 440)]
    for thread in __import__("threading").enumerate():
        if thread.name.startswith("llmauto-index"):
            thread.join(10)
    assert near._index is not None
    assert [near.search(embedder.vector(str(i)), 1)[0][0] for i in (3, 250, 440)] == before == [4, 251, 441]


@chromadb_only
@pytest.mark.usefixtures("small_blocks")
def test_forgetting_deletes_the_index_that_has_the_vector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = Fixed()
    monkeypatch.setattr("llmauto_agent.memory.embed.make_embedder", lambda spec: embedder)
    with Memory(tmp_path / "memory", None) as memory:
        memory.add([Entry("finding", f"finding {i}") for i in range(300)])
        memory.upkeep()
        store = memory.stores()[0]
        needle = embedder.vector("70").astype(np.float16).astype(np.float32).tobytes()[:40]
        assert holds(tmp_path, needle)  # Chroma keeps them in single precision
        memory.forget(["m71"])
        assert holds(tmp_path, needle) == []
        assert list(store.folder.glob("index-*")) == []
        assert memory.search("finding 71", limit=1)[0].entry.id == "m72"
        memory.upkeep()
        assert len(list(store.folder.glob("index-*"))) == 1
        memory.add([Entry("finding", "finding 900")])
        memory.search("finding 900")
        memory.forget(["m301"])  # newer than the index, which can stay
        assert len(list(store.folder.glob("index-*"))) == 1


@chromadb_only
@pytest.mark.usefixtures("small_blocks")
def test_an_index_that_was_begun_before_something_was_forgotten_is_not_used(store: Store) -> None:
    embedder = Fixed()
    fill(store, 300)
    upkeep.embed_pending(store, embedder, "schema")
    found = vectors.of_model(store, embedder)
    forgotten: list[int] = []

    def forget(text: str, fraction: float | None) -> None:
        if not forgotten:
            forgotten.append(store.remove([5]))

    assert chroma.build(store, found, forget) is False
    assert list(store.folder.glob("index-*")) == []
    assert chroma.build(store, vectors.of_model(store, embedder)) is True


@chromadb_only
@pytest.mark.usefixtures("small_blocks")
def test_what_a_killed_build_left_is_removed(store: Store) -> None:
    fill(store, 300)
    (store.folder / "index-1-deadbeef").mkdir()
    (store.folder / "index-1-deadbeef" / "chroma.sqlite3").write_bytes(b"half")
    upkeep.run(store, Fixed(), "schema")
    [kept] = store.folder.glob("index-*")
    assert kept.name != "index-1-deadbeef"


def test_one_process_at_a_time_does_the_upkeep(store: Store) -> None:
    fill(store, 3)
    with upkeep.upkeep_lock(store) as mine:
        assert mine
        assert upkeep.run(store, Fixed(), "schema") is False
    assert upkeep.run(store, Fixed(), "schema") is True


def test_the_upkeep_runs_in_a_process_of_its_own(memory: Memory) -> None:
    memory.add([Entry("finding", f"remark {i}") for i in range(60)])
    store = memory.stores()[0]
    assert upkeep.main(["--embedder", "builtin", "--share", "schema", f"{store.folder}=m"]) == 0
    [found] = vectors.collections(store)
    assert (vectors.count(store, found.id), vectors.pending(store, found.id)) == (60, 0)
    assert memory.status()[0]["models"][0]["pending"] == 0
