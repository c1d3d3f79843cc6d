"""The entries whose vectors are nearest to a question's.

Exact, in numpy, for what has no index; through Chroma's index for the rest of a large store. What was deleted
since the vectors were read is left out when the entries are looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmauto_agent.memory import vectors
from llmauto_agent.memory.vectors import Collection

if TYPE_CHECKING:
    import numpy as np

    from llmauto_agent.memory.chroma import Index
    from llmauto_agent.memory.store import Store

_BLOCK = 4_096
"""Rows that are set aside at once for new vectors."""


class Nearest:
    """Searches one collection of a store, and keeps what it has read. Not for several threads at once."""

    def __init__(self, store: Store, found: Collection) -> None:
        self._store = store
        self._found = found
        self._index: Index | None = None
        self._folder: str | None = None
        self._read = 0
        self._count = 0
        self._seqs: np.ndarray | None = None
        self._rows: np.ndarray | None = None

    def search(self, vector: np.ndarray, count: int) -> list[tuple[int, float]]:
        """(number of the entry, cosine) of about the `count` nearest, best first."""
        self._refresh()
        scored = self._index.nearest(vector, count) if self._index is not None else []
        scored += self._compare(vector, count)
        scored.sort(key=lambda pair: -pair[1])
        there = vectors.entries_of(self._store, [seq for seq, _ in scored[: 2 * count]])
        return [(there[seq], cosine) for seq, cosine in scored if seq in there][:count]

    def _compare(self, vector: np.ndarray, count: int) -> list[tuple[int, float]]:
        """The nearest among the vectors that are held here."""
        import numpy as np

        if self._rows is None or self._seqs is None or not self._count:
            return []
        cosines = self._rows[: self._count] @ vector
        best = np.argpartition(-cosines, min(count, self._count) - 1)[:count]
        return [(int(self._seqs[i]), float(cosines[i])) for i in best]

    def _refresh(self) -> None:
        """Read what is new; begin anew where the collection's index is another than before."""
        found = next((c for c in vectors.collections(self._store) if c.id == self._found.id), None)
        if found is None:
            self._count, self._index = 0, None
            return
        if found.folder != self._folder or self._rows is None:
            self._open(found)
        if vectors.newest(self._store, found.id) > self._read:
            self._append(*vectors.load(self._store, found, self._read))

    def _open(self, found: Collection) -> None:
        self._folder, self._index = found.folder, None
        self._rows = self._seqs = None
        self._count, self._read = 0, 0
        if found.folder is not None:
            from llmauto_agent.memory import chroma

            if chroma.is_installed() and (folder := self._store.folder / found.folder).is_dir():
                self._index = chroma.Index(folder)
                self._read = found.upto

    def _append(self, seqs: np.ndarray, rows: np.ndarray) -> None:
        """Add vectors, with room for more, so that one new entry does not copy all."""
        import numpy as np

        if not len(seqs):
            return
        end = self._count + len(seqs)
        if self._rows is None or self._seqs is None or end > len(self._rows):
            room = end + _BLOCK
            old_rows, old_seqs = self._rows, self._seqs
            self._rows = np.empty((room, self._found.dimensions), dtype=np.float32)
            self._seqs = np.empty(room, dtype=np.int64)
            if old_rows is not None and old_seqs is not None:
                self._rows[: self._count] = old_rows[: self._count]
                self._seqs[: self._count] = old_seqs[: self._count]
        self._rows[self._count : end], self._seqs[self._count : end] = rows, seqs
        self._count, self._read = end, int(seqs[-1])
