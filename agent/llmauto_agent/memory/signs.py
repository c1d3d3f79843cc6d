"""The signs of vectors, in blocks: a large store is searched by them as soon as it is open.

Of two vectors' signs the number that differ grows with the angle between them (Charikar, "Similarity estimation
techniques from rounding algorithms", STOC 2002). A vector of 384 numbers is 48 bytes of signs, so that those of
100,000 entries are read in some milliseconds and compared in one; the nearest of them are then compared
exactly. A block holds a range of seqs. When a vector in it is deleted, the whole block is, and its other
vectors count as new until they are packed again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmauto_agent.memory import vectors
from llmauto_agent.memory.vectors import Collection
from llmauto_tools.state import writing

if TYPE_CHECKING:
    import numpy as np

    from llmauto_agent.memory.store import Store

BLOCK = 4_096
"""Vectors in a block."""
CANDIDATES = 400
"""The nearest by signs that are compared exactly: of 100,000 texts most of the true first ten are among
them (benchmarks/memory)."""


def pack(store: Store, found: Collection) -> int:
    """Make blocks of vectors that are in none, in whole blocks only; how many were made."""
    made = 0
    for first, last in _gaps(store, found.id):
        while True:
            seqs, rows = vectors.load(store, found, first, last, BLOCK)
            if len(seqs) < BLOCK:
                break
            _write(store, found, seqs, rows)
            first = int(seqs[-1])
            made += 1
    return made


def _write(store: Store, found: Collection, seqs: np.ndarray, rows: np.ndarray) -> None:
    """Store a block, unless one of its vectors was deleted since it was read."""
    with store.lock, writing(store.db, store.path) as db:
        [(there,)] = db.execute(
            "SELECT count(*) FROM vectors WHERE collection = ? AND seq BETWEEN ? AND ?",
            (found.id, int(seqs[0]), int(seqs[-1])),
        ).fetchall()
        if there == len(seqs):
            db.execute(
                "INSERT OR REPLACE INTO blocks (collection, first, last, seqs, signs) VALUES (?, ?, ?, ?, ?)",
                (found.id, int(seqs[0]), int(seqs[-1]), seqs.tobytes(), signs_of(rows).tobytes()),
            )


def _gaps(store: Store, collection_id: int) -> list[tuple[int, int]]:
    """Ranges of seqs that no block covers: (after, before), both left out."""
    covered = store.rows(
        "SELECT first, last FROM blocks WHERE collection = ? ORDER BY first", (collection_id,)
    )
    starts = [0, *(last for _, last in covered)]
    ends = [*(first for first, _ in covered), 2**62]
    return [(a, b) for a, b in zip(starts, ends, strict=True) if b - a > 1]


def loose(store: Store, found: Collection) -> tuple[np.ndarray, np.ndarray]:
    """(seqs, vectors) of what is in no block."""
    import numpy as np

    parts = [vectors.load(store, found, a, b) for a, b in _gaps(store, found.id)]
    return np.concatenate([s for s, _ in parts]), np.concatenate([v for _, v in parts])


def signs_of(rows: np.ndarray) -> np.ndarray:
    """The signs of vectors, packed: uint64, (vectors, words)."""
    import numpy as np

    bits = np.packbits(rows > 0, axis=1)
    missing = -bits.shape[1] % 8
    return np.pad(bits, ((0, 0), (0, missing))).view(np.uint64)


class Signs:
    """The blocks of a collection, read at once."""

    def __init__(self, store: Store, found: Collection) -> None:
        import numpy as np

        blocks = store.rows(
            "SELECT seqs, signs, last FROM blocks WHERE collection = ? ORDER BY first", (found.id,)
        )
        self._store, self._found = store, found
        self._seqs = np.frombuffer(b"".join(s for s, _, _ in blocks), dtype=np.int64)
        signs = np.frombuffer(b"".join(s for _, s, _ in blocks), dtype=np.uint64)
        self.count = len(self._seqs)
        # One word of all vectors after another: summing over the last, short axis takes thirty times as long.
        self._words = np.ascontiguousarray(signs.reshape(max(self.count, 1), -1).T)
        self.last = int(self._seqs[-1]) if self.count else 0

    def nearest(self, vector: np.ndarray, count: int) -> list[tuple[int, float]]:
        """(seq, cosine) of the nearest, best first."""
        import numpy as np

        if not self.count:
            return []
        different = np.zeros(self.count, dtype=np.uint16)
        for word, asked in zip(self._words, signs_of(vector[None])[0], strict=True):
            different += _ones(word ^ asked)
        wanted = min(max(CANDIDATES, 4 * count), self.count)
        close = np.argpartition(different, wanted - 1)[:wanted]
        seqs, rows = vectors.load_some(self._store, self._found, [int(s) for s in self._seqs[close]])
        cosines = vectors.cosines(rows, vector)
        best = np.argsort(-cosines)[:count]
        return [(int(seqs[i]), float(cosines[i])) for i in best]


def _ones(words: np.ndarray) -> np.ndarray:
    """How many bits are set in each word."""
    import numpy as np

    if hasattr(np, "bitwise_count"):  # NumPy 2
        counted: np.ndarray = np.bitwise_count(words)
        return counted
    bits = np.unpackbits(words.view(np.uint8)).reshape(len(words), 64)
    return np.asarray(bits.sum(axis=1, dtype=np.uint16))
