"""Chroma as the index of a large store's vectors.

A store with many entries keeps an index of them, a folder that Chroma's engine wrote once and that is only
read after that: entries that are newer are compared one by one (nearest.py), and when there are many of them
a new folder is made and the store pointed to it in one step. So a kill leaves the old index in use, several
processes can search while one of them builds, and an index is never half of one. It holds vectors and
numbers, no text. Forgetting an entry deletes the folder that has its vector.

Chroma's Rust engine is used directly: `import chromadb` takes 0.8 s, of which the engine is 0.03 s. The format
is the engine's own; a test opens the folder with chromadb's public client.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import secrets
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto_agent.memory import vectors
from llmauto_agent.memory.vectors import Collection

if TYPE_CHECKING:
    import numpy as np

    from llmauto_agent.memory.store import Store

LARGE = 10_000
"""Vectors from which an index is kept; below, comparing all of them takes a millisecond or two."""
GROWTH = 0.2
"""A new index is made when so large a part of the vectors is newer than the index."""
_STEP = 5_000
"""Vectors that are given to Chroma at once. It writes its graph to the disk after each of these (its
sync_threshold), and only whole steps are indexed, so that nothing is left over to be replayed at opening."""
_PLACE = ("default_tenant", "default_database")
_NAME = "memory"
_HNSW = {
    "space": "ip",
    "sync_threshold": _STEP,
    "batch_size": 1_000,
    "ef_construction": 100,
    "ef_search": 100,
}
"""Inner product: the vectors are of length 1 (Malkov and Yashunin, 2018, for the graph)."""

Progress = Callable[[str, float | None], None]


def is_installed() -> bool:
    """Whether Chroma is there (the extra 'memory'). Imports nothing."""
    return importlib.util.find_spec("chromadb_rust_bindings") is not None


def wanted(store: Store, found: Collection) -> bool:
    """Whether a collection has so many vectors without an index that one should be made."""
    [(beyond,)] = store.rows(
        "SELECT count(*) FROM (SELECT 1 FROM vectors WHERE collection = ? AND seq > ? LIMIT ?)",
        (found.id, found.upto, 10 * LARGE),
    )
    if beyond < LARGE:
        return False
    [(all_of_them,)] = store.rows("SELECT count(*) FROM vectors WHERE collection = ?", (found.id,))
    return bool(beyond >= GROWTH * all_of_them) and is_installed()


def build(store: Store, found: Collection, progress: Progress | None = None) -> bool:
    """Make an index of a collection's vectors, use it, and delete the one before; whether it is in use.

    It is not where an entry was forgotten meanwhile. Takes about a second per thousand vectors. Call it with
    the upkeep's lock (upkeep.py). Raises whatever `progress` raises; the old index then stays.
    """
    folder = store.folder / f"index-{found.id}-{secrets.token_hex(4)}"
    try:
        upto = _write(store, found, folder, progress)
        if not vectors.use_index(store, found, folder.name, upto):
            return False
    finally:
        remove_unused(store)
    return True


def _write(store: Store, found: Collection, folder: Path, progress: Progress | None) -> int:
    folder.mkdir()
    seqs, rows = vectors.load(store, found)
    whole = len(seqs) - len(seqs) % _STEP
    engine = _engine(folder)
    made = engine.create_collection(_NAME, json.dumps({"hnsw": _HNSW}), None, None, True, *_PLACE)
    for start in range(0, whole, _STEP):
        if progress is not None:
            progress("indexing the memory", start / whole)
        part = slice(start, start + _STEP)
        ids = [str(s) for s in seqs[part]]
        engine.add(ids, str(made.id), rows[part].tolist(), None, None, None, *_PLACE)
    return int(seqs[whole - 1])


def remove_unused(store: Store) -> None:
    """Delete the folders that no collection uses: of earlier indexes, and of builds that were killed."""
    used = {c.folder for c in vectors.collections(store)}
    for folder in store.folder.glob("index-*"):
        if folder.name not in used:
            shutil.rmtree(folder, ignore_errors=True)


class Index:
    """An open index. Safe in several threads."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._engine = _engine(folder)
        self._id = str(self._engine.get_collection(_NAME, *_PLACE).id)

    def warm(self, dimensions: int) -> None:
        """Load the graph into memory, which the first search does."""
        import numpy as np

        self.nearest(np.full(dimensions, dimensions**-0.5, dtype=np.float32), 1)

    def nearest(self, vector: np.ndarray, count: int) -> list[tuple[int, float]]:
        """(seq, cosine) of about the `count` nearest vectors, best first."""
        with self._lock:
            found = self._engine.query(
                self._id, None, [vector.tolist()], count, None, None, ["distances"], *_PLACE
            )
        return [(int(i), 1.0 - d) for i, d in zip(found.ids[0], found.distances[0], strict=True)]


def _engine(folder: Path) -> Any:
    chroma: Any = importlib.import_module("chromadb_rust_bindings")

    settings = chroma.SqliteDBConfig(
        hash_type=chroma.MigrationHash.MD5,
        migration_mode=chroma.MigrationMode.Apply,
        url=str(folder / "chroma.sqlite3"),
    )
    return chroma.Bindings(
        allow_reset=False, sqlite_db_config=settings, persist_path=str(folder), hnsw_cache_size=16
    )
