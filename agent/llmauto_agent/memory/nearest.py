"""The entries whose vectors are nearest to a question's.

Exact, in numpy, where there are few; a large store is searched by the signs of its vectors (signs.py) as soon
as it is open, and through its Chroma index (chroma.py) once that is loaded, which takes half a second for
100,000 entries and happens in a thread. What was deleted meanwhile is left out when the entries are looked up.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from llmauto_agent.memory import signs, vectors
from llmauto_agent.memory.vectors import Collection

if TYPE_CHECKING:
    import numpy as np

    from llmauto_agent.memory.chroma import Index
    from llmauto_agent.memory.store import Store

_ROOM = 1_024
"""Rows that are set aside at once for new vectors."""


class Nearest:
    """Searches one collection of a store, and keeps what it has read. Not for several threads at once.

    index False: never through Chroma, for a process that asks once.
    """

    def __init__(self, store: Store, found: Collection, *, index: bool = True) -> None:
        self._store = store
        self._found = found
        self._with_index = index
        self._state: tuple[object, ...] = ()
        self._index: Index | None = None
        self._signs: signs.Signs | None = None
        self._upto = 0
        self._read = 0
        self._count = 0
        self._seqs: np.ndarray | None = None
        self._rows: np.ndarray | None = None

    def search(self, vector: np.ndarray, count: int) -> list[tuple[int, float]]:
        """(number of the entry, cosine) of about the `count` nearest, best first."""
        self._refresh()
        index, blocks = self._index, self._signs
        scored = index.nearest(vector, count) if index is not None else []
        after = self._upto if index is not None else 0
        if blocks is not None and blocks.last > after:
            scored += [(seq, cosine) for seq, cosine in blocks.nearest(vector, count) if seq > after]
        scored += self._compare(vector, count, after)
        scored.sort(key=lambda pair: -pair[1])
        there = vectors.entries_of(self._store, [seq for seq, _ in scored[: 2 * count]])
        return [(there[seq], cosine) for seq, cosine in scored if seq in there][:count]

    def _compare(self, vector: np.ndarray, count: int, after: int = 0) -> list[tuple[int, float]]:
        """The nearest among the vectors that are held here, with seqs after one."""
        import numpy as np

        if self._rows is None or self._seqs is None or not self._count:
            return []
        begin = int(np.searchsorted(self._seqs[: self._count], after, side="right"))
        rows = self._rows[begin : self._count]
        if not len(rows):
            return []
        cosines = vectors.cosines(rows, vector)
        best = np.argpartition(-cosines, min(count, len(rows)) - 1)[:count]
        return [(int(self._seqs[begin + i]), float(cosines[i])) for i in best]

    def _refresh(self) -> None:
        """Read what is new; begin anew where blocks or the index are others than before."""
        state = vectors.state(self._store, self._found.id)
        if state != self._state:
            self._begin(state)
        elif vectors.newest(self._store, self._found.id) > self._read:
            self._append(*vectors.load(self._store, self._found, self._read))

    def _begin(self, state: tuple[object, ...]) -> None:
        self._state, self._index = state, None
        self._rows = self._seqs = None
        self._count = self._read = 0
        blocks = signs.Signs(self._store, self._found)
        self._signs = blocks if blocks.count else None
        self._append(*signs.loose(self._store, self._found))
        self._read = vectors.newest(self._store, self._found.id)
        current = next((c for c in vectors.collections(self._store) if c.id == self._found.id), None)
        if current is not None and current.folder is not None and self._with_index:
            loader = threading.Thread(
                target=self._load_index, args=(current, state), name="llmauto-index", daemon=True
            )
            loader.start()

    def _load_index(self, current: Collection, state: tuple[object, ...]) -> None:
        """Open the Chroma index beside the searches, and use it once it is loaded."""
        from llmauto_agent.memory import chroma

        folder = self._store.folder / str(current.folder)
        if not chroma.is_installed() or not folder.is_dir():
            return
        index = chroma.Index(folder)
        index.warm(current.dimensions)
        if state == self._state:
            self._upto, self._index = current.upto, index

    def _append(self, seqs: np.ndarray, rows: np.ndarray) -> None:
        """Add vectors, with room for more, so that one new entry does not copy all."""
        import numpy as np

        if not len(seqs):
            return
        end = self._count + len(seqs)
        if self._rows is None or self._seqs is None or end > len(self._rows):
            room = end + _ROOM
            old_rows, old_seqs = self._rows, self._seqs
            self._rows = np.empty((room, self._found.dimensions), dtype=np.float32)
            self._seqs = np.empty(room, dtype=np.int64)
            if old_rows is not None and old_seqs is not None:
                self._rows[: self._count] = old_rows[: self._count]
                self._seqs[: self._count] = old_seqs[: self._count]
        self._rows[self._count : end], self._seqs[self._count : end] = rows, seqs
        self._count, self._read = end, int(seqs[-1])
