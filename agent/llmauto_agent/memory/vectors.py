"""The vectors of a store: one collection for each embedding model, and what waits to be embedded.

Vectors are unit vectors in half precision. A collection belongs to one model and its dimensions; a search
looks in one collection only, so that vectors of two models never meet. `seq` counts up, and an entry that is
edited gets a new one: who has read up to a seq knows what is new.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmauto_agent.memory.store import Store
from llmauto_tools.errors import WorkspaceError
from llmauto_tools.state import state_errors, writing

if TYPE_CHECKING:
    import numpy as np

    from llmauto_agent.memory.embed import Embedder
    from llmauto_agent.memory.entry import Entry


_COLUMNS = "id, model, dimensions, folder, upto, forgotten"


@dataclass(frozen=True)
class Collection:
    """One model's vectors in a store. `folder` names the Chroma index of those up to seq `upto`, if any."""

    id: int
    model: str
    dimensions: int
    folder: str | None = None
    upto: int = 0
    forgotten: int = 0
    """How many vectors were ever deleted: an index that was begun before the last of these is not used."""


def collections(store: Store) -> list[Collection]:
    rows = store.rows(f"SELECT {_COLUMNS} FROM collections ORDER BY used DESC")
    return [Collection(*row) for row in rows]


def collection(store: Store, model: str, dimensions: int) -> Collection:
    """The collection of a model, made where there is none: then every entry waits to be embedded.

    Raises WorkspaceError where the model gives vectors of another length than before.
    """
    found = next((c for c in collections(store) if c.model == model), None)
    if found is None:
        with store.lock, writing(store.db, store.path) as db:
            db.execute(
                "INSERT OR IGNORE INTO collections (model, dimensions, used) VALUES (?, ?, ?)",
                (model, dimensions, time.time()),
            )
            db.execute(
                "INSERT OR IGNORE INTO pending SELECT c.id, e.number FROM collections c, entries e"
                " WHERE c.model = ? AND NOT EXISTS"
                " (SELECT 1 FROM vectors v WHERE v.collection = c.id AND v.entry = e.number)",
                (model,),
            )
        return collection(store, model, dimensions)
    if found.dimensions != dimensions:
        raise WorkspaceError(
            f"The embedding model '{model}' gives vectors of {dimensions} numbers, and gave {found.dimensions}.",
            "It is another model of the same name. Start anew: llmauto memory reembed --fresh",
        )
    return found


def of_model(store: Store, embedder: Embedder) -> Collection:
    """The collection of an embedding model; the model is asked for its dimensions where it is new."""
    known = next((c for c in collections(store) if c.model == embedder.name), None)
    if known is not None:
        return known
    return collection(store, embedder.name, int(embedder.embed(["dimensions"]).shape[1]))


def pending(store: Store, collection_id: int) -> int:
    """How many entries wait to be embedded."""
    return int(store.rows("SELECT count(*) FROM pending WHERE collection = ?", (collection_id,))[0][0])


def count(store: Store, collection_id: int) -> int:
    """How many vectors a collection has."""
    return int(store.rows("SELECT count(*) FROM vectors WHERE collection = ?", (collection_id,))[0][0])


def next_pending(store: Store, collection_id: int, limit: int) -> list[Entry]:
    rows = store.rows("SELECT entry FROM pending WHERE collection = ? LIMIT ?", (collection_id, limit))
    numbers = [n for (n,) in rows]
    found = store.some(numbers)
    if len(found) < len(numbers):  # deleted meanwhile
        there = {store.number(e.id) for e in found}
        with store.lock, writing(store.db, store.path) as db:
            db.executemany("DELETE FROM pending WHERE entry = ?", [(n,) for n in numbers if n not in there])
    return found


def put(store: Store, collection_id: int, entries: Sequence[Entry], vectors: np.ndarray) -> None:
    """Store the vectors of entries (one row each), unless an entry was changed or deleted since it was read."""
    import numpy as np

    halves = np.ascontiguousarray(vectors, dtype=np.float16)
    with store.lock, writing(store.db, store.path) as db:
        now = {e.id: e.text for e in store.some([store.number(e.id) for e in entries])}
        for entry, vector in zip(entries, halves, strict=True):
            if now.get(entry.id) != entry.text:
                continue
            number = store.number(entry.id)
            db.execute(
                "INSERT OR REPLACE INTO vectors (collection, entry, vector) VALUES (?, ?, ?)",
                (collection_id, number, vector.tobytes()),
            )
            db.execute("DELETE FROM pending WHERE collection = ? AND entry = ?", (collection_id, number))


def leave_out(store: Store, collection_id: int, entries: Sequence[Entry]) -> None:
    """Let entries wait no longer: they stay without a vector, and are found by their words."""
    with store.lock, writing(store.db, store.path) as db:
        db.executemany(
            "DELETE FROM pending WHERE collection = ? AND entry = ?",
            [(collection_id, store.number(e.id)) for e in entries],
        )


def load(
    store: Store, found: Collection, after: int = 0, before: int = 2**62, limit: int = -1
) -> tuple[np.ndarray, np.ndarray]:
    """(seq, vectors) of a collection between two seqs, as int64 (n,) and float32 (n, dimensions)."""
    rows = store.rows(
        "SELECT seq, vector FROM vectors WHERE collection = ? AND seq > ? AND seq < ? ORDER BY seq LIMIT ?",
        (found.id, after, before, limit),
    )
    return _arrays(rows, found.dimensions)


def load_some(store: Store, found: Collection, seqs: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The same for some seqs, as far as they are there."""
    marks = ", ".join("?" * len(seqs))
    return _arrays(
        store.rows(f"SELECT seq, vector FROM vectors WHERE seq IN ({marks})", seqs), found.dimensions
    )


def _arrays(rows: Sequence[tuple[int, bytes]], dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    seqs = np.fromiter((seq for seq, _ in rows), dtype=np.int64, count=len(rows))
    halves = np.frombuffer(b"".join(v for _, v in rows), dtype=np.float16)
    return seqs, halves.reshape(len(rows), dimensions).astype(np.float32)


def cosines(rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """The products of unit vectors with one, in one thread: the barriers of a threaded BLAS cost twenty
    milliseconds where other programs keep the cores busy, and the products themselves a fraction of one."""
    import numpy as np

    return np.asarray(np.einsum("ij,j->i", rows, vector))


def entries_of(store: Store, seqs: Sequence[int]) -> dict[int, int]:
    """seq to the number of its entry, for the vectors that are still there."""
    marks = ", ".join("?" * len(seqs))
    return dict(store.rows(f"SELECT seq, entry FROM vectors WHERE seq IN ({marks})", seqs))


def newest(store: Store, collection_id: int) -> int:
    """The largest seq of a collection, 0 where it is empty."""
    [(seq,)] = store.rows("SELECT coalesce(max(seq), 0) FROM vectors WHERE collection = ?", (collection_id,))
    return int(seq)


def state(store: Store, collection_id: int) -> tuple[object, ...]:
    """Changes when the blocks or the index of a collection do, or when a vector was deleted."""
    rows = store.rows(
        "SELECT c.folder, c.forgotten, (SELECT count(*) FROM blocks b WHERE b.collection = c.id)"
        " FROM collections c WHERE c.id = ?",
        (collection_id,),
    )
    return tuple(rows[0]) if rows else ()


def use_index(store: Store, found: Collection, folder: str, upto: int) -> bool:
    """Point a collection at another Chroma index, unless a vector was deleted since `found` was read."""
    with store.lock, state_errors(store.path):
        done = store.db.execute(
            "UPDATE collections SET folder = ?, upto = ? WHERE id = ? AND forgotten = ?",
            (folder, upto, found.id, found.forgotten),
        )
    return done.rowcount == 1


def drop(store: Store, collection_id: int) -> None:
    """Delete a model's vectors."""
    with store.lock, writing(store.db, store.path) as db:
        for table in ("vectors", "pending", "blocks", "collections"):
            column = "id" if table == "collections" else "collection"
            db.execute(f"DELETE FROM {table} WHERE {column} = ?", (collection_id,))
