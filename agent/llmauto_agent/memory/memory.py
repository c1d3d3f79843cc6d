"""The memory of one line of work and of one person: what the rest of the program uses.

    with Memory(workspace / "memory", person_folder) as memory:
        memory.add([Entry("definition", "ARR means sum of mrr * 12")])
        memory.search("annual recurring revenue")

Two stores lie behind it, one in the workspace (which also holds what belongs to a session) and one of the
person across workspaces. Neither is made before something is stored. The embedding model is loaded when it is
first needed; where it fails, recall goes by words alone and says so (`notices`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmauto_agent.memory.embed import BUILTIN
from llmauto_agent.memory.entry import Entry, checked
from llmauto_agent.memory.store import Store, open_if_there
from llmauto_tools.errors import LlmautoError, WorkspaceError

if TYPE_CHECKING:
    import numpy as np

    from llmauto_agent.memory.embed import Embedder
    from llmauto_agent.memory.keep import Examples
    from llmauto_agent.memory.nearest import Nearest
    from llmauto_agent.memory.recall import Recalled
    from llmauto_tools.schema import Table

Mode = Literal["on", "read", "off"]
Progress = Callable[[str, float | None], None]
Stale = Callable[[Entry], str | None]

LIMIT = 8
CHARACTERS = 6_000
"""What one recall brings at most: entries, and characters of their texts."""
EMBED_NOW = 48
"""So many new entries are embedded before a search (a few milliseconds each); more wait for the upkeep."""


class Memory:
    """The door to what is remembered. A context manager; safe in several threads and processes.

    workspace, person: the folders of the two stores, None for none. mode "read" recalls and stores nothing.
    embedder: see embed.py. share: what a model elsewhere may see (also an embedding model).
    """

    def __init__(
        self,
        workspace: Path | None,
        person: Path | None,
        *,
        mode: Mode = "on",
        embedder: str = "builtin",
        share: str = "schema",
    ) -> None:
        self.mode = mode
        self.share = share
        self.embedder_spec = embedder
        self.notices: list[str] = []
        """What went wrong without stopping anything, for the person; the reader empties it."""
        self._folders = {"m": workspace, "p": person}
        self._stores: dict[str, Store] = {}
        self._nearest: dict[str, Nearest] = {}
        self._embedder: Embedder | None = None
        self._failed: str | None = None
        self._lock = threading.RLock()

    # ---- stores

    def stores(self) -> list[Store]:
        """The stores that there are, the workspace's first."""
        found = [self._open(letter, make=False) for letter in self._folders]
        return [s for s in found if s is not None]

    def empty(self) -> bool:
        """Whether nothing is remembered: then nothing needs to be loaded."""
        return all(store.empty() for store in self.stores())

    def _open(self, letter: str, *, make: bool) -> Store | None:
        with self._lock:
            folder = self._folders[letter]
            if letter not in self._stores and folder is not None:
                opened = Store(folder, letter) if make else open_if_there(folder, letter)
                if opened is None:
                    return None
                self._stores[letter] = opened
            return self._stores.get(letter)

    def _store_of(self, entry_id: str) -> Store:
        store = self._open(entry_id[:1], make=False) if entry_id[:1] in self._folders else None
        if store is None or not entry_id[1:].isdecimal():
            raise WorkspaceError(
                f"There is no memory '{entry_id}'.", "Ids look like m12 or p3: llmauto memory list"
            )
        return store

    # ---- writing

    def add(self, entries: Iterable[Entry], *, allow_personal: bool = False) -> list[Entry]:
        """Store entries and return them with their ids.

        Raises InvalidArguments where one holds personal data or a secret that the person has not allowed
        (then none of a scope is stored), and WorkspaceError where the memory is read only.
        """
        self._must_write()
        given = [checked(e) for e in entries]
        if not allow_personal:
            from llmauto_agent.memory.personal import refuse_sensitive

            for entry in given:
                refuse_sensitive(entry.text, entry.data)
        stored: list[Entry] = []
        for letter in ("m", "p"):
            own = [e for e in given if (e.scope == "person") == (letter == "p")]
            if not own:
                continue
            store = self._open(letter, make=True)
            if store is None:
                raise WorkspaceError(f"There is no place for memories of the scope '{own[0].scope}' here.")
            stored += store.add(own)
        return stored

    def keep(self, entries: Iterable[Entry]) -> None:
        """Store what an answer is remembered by. What was said of the same answer before stays with it."""
        kept = []
        store = self._open("m", make=True)
        for entry in entries:
            old = store.by_key(entry.key) if store is not None and entry.key else None
            if (
                old is not None
                and old.data.get("accepted") is not None
                and old.data.get("sql") == entry.data.get("sql")
            ):
                entry = replace(entry, data=entry.data | {"accepted": old.data["accepted"]})
            kept.append(entry)
        if store is not None and kept:
            store.add(kept)

    def edit(
        self, entry_id: str, text: str, data: dict[str, Any] | None = None, *, allow_personal: bool = False
    ) -> Entry:
        """Give an entry another text (and data). What was made of the old text is overwritten on the disk."""
        self._must_write()
        old = self.get(entry_id)
        new = replace(old, text=text, data=old.data if data is None else data)
        if not allow_personal:
            from llmauto_agent.memory.personal import refuse_sensitive

            refuse_sensitive(new.text, new.data)
        store = self._store_of(entry_id)
        store.edit(new)
        self._clean(store)
        return new

    def forget(self, ids: Sequence[str]) -> int:
        """Delete entries for good: text, keywords and vectors, on the disk. Raises WorkspaceError for an unknown id."""
        found = [self.get(i) for i in ids]
        for store in self.stores():
            own = [store.number(e.id) for e in found if e.id[:1] == store.letter]
            if own:
                store.remove(own)
                self._clean(store)
        return len(found)

    def _clean(self, store: Store) -> None:
        """Remove what a deleted vector may still lie in."""
        from llmauto_agent.memory import chroma
        from llmauto_agent.memory.upkeep import upkeep_lock

        store.scrub()
        self._nearest.pop(store.letter, None)
        with upkeep_lock(store) as mine:
            if mine:  # else whoever is building an index finds out, and removes it
                chroma.remove_unused(store)

    def _must_write(self) -> None:
        if self.mode != "on":
            raise WorkspaceError(
                f"The memory is set to '{self.mode}', so nothing is stored.",
                "Give --memory on, or set it: llmauto config set memory on",
            )

    # ---- reading

    def get(self, entry_id: str) -> Entry:
        """The entry of that id. Raises WorkspaceError when there is none."""
        store = self._store_of(entry_id)
        found = store.get(store.number(entry_id))
        if found is None:
            raise WorkspaceError(f"There is no memory '{entry_id}'.", "See them with: llmauto memory list")
        return found

    def entries(
        self,
        kinds: Sequence[str] = (),
        *,
        session: str | None = None,
        limit: int = -1,
        since: float = 0.0,
        until: float = 9e15,
    ) -> list[Entry]:
        """Entries of both stores, the newest first. With `session`, without what belongs to another one."""
        found = [e for s in self.stores() for e in s.entries(kinds, limit=limit, since=since, until=until)]
        found = [e for e in found if session is None or _visible(e, session)]
        found.sort(key=lambda e: -e.created)
        return found if limit < 0 else found[:limit]

    def search(
        self,
        request: str,
        *,
        limit: int = LIMIT,
        kinds: Sequence[str] = (),
        session: str | None = None,
        dense: bool = True,
        stale: Stale | None = None,
        characters: int = CHARACTERS,
    ) -> list[Recalled]:
        """The entries that belong to a request, best first.

        dense False: by words alone, which loads no model. stale: says why an entry may be out of date.
        """
        from llmauto_agent.memory.recall import merged, recall_from

        vector = self._embed(request) if dense and not self.empty() else None
        parts = []
        for store in self.stores():
            search = self._dense(store, vector) if vector is not None else None
            found = recall_from(
                store, request, search, 2 * limit, kinds, multilingual=self.embedder_spec != BUILTIN
            )
            parts.append([r for r in found if session is None or _visible(r.entry, session)])
        kept = merged(parts, limit, characters)
        return [replace(r, stale=stale(r.entry)) for r in kept] if stale is not None else kept

    def _dense(self, store: Store, vector: np.ndarray) -> Callable[[str, int], list[tuple[int, float]]]:
        def search(request: str, count: int) -> list[tuple[int, float]]:
            with self._lock:
                return self._near(store).search(vector, count)

        return search

    def _near(self, store: Store) -> Nearest:
        from llmauto_agent.memory import vectors
        from llmauto_agent.memory.nearest import Nearest
        from llmauto_agent.memory.upkeep import embed_pending

        embedder = self.embedder()
        self._try(lambda: embed_pending(store, embedder, self.share, at_most=EMBED_NOW))
        if store.letter not in self._nearest:
            self._nearest[store.letter] = Nearest(store, vectors.of_model(store, embedder))
        return self._nearest[store.letter]

    # ---- the embedding model

    def embedder(self) -> Embedder:
        """The embedding model, loaded once. Raises ModelError where it cannot be used."""
        with self._lock:
            if self._embedder is None:
                from llmauto_agent.memory.embed import make_embedder

                self._embedder = make_embedder(self.embedder_spec)
            return self._embedder

    def _embed(self, request: str) -> np.ndarray | None:
        """The vector of a request, or None (with a notice) where the embedding model fails."""
        made: list[Any] = []
        self._try(lambda: made.append(self.embedder().embed([request])[0]))
        return made[0] if made else None

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except LlmautoError as e:
            if self._failed != e.message:
                self._failed = e.message
                self.notices.append(f"The memory is searched by words alone: {e.message}")

    # ---- schema

    def learn_schema(self, tables: Sequence[Table], examples: Examples | None = None) -> int:
        """Remember the tables and columns that are new or have changed; what they were like before is forgotten."""
        from llmauto_agent.memory import keep

        store = self._open("m", make=True)
        if store is None or self.mode != "on":
            return 0
        new, old = [], []
        for table in tables:
            known = store.keys(f"table:{table.name}:")
            if f"table:{table.name}:{keep.schema_mark(table)}" in known:
                continue
            new.append(table)
            if known:
                old += [*known.values(), *store.keys(f"column:{table.name}.").values()]
        if old:
            store.remove(old)
            self._clean(store)
        if new:
            store.add(keep.without_sensitive(keep.schema_entries(new, examples)))
        return len(new)

    # ---- what there is

    def status(self) -> list[dict[str, Any]]:
        """For each store that there is: scope, folder, bytes, entries by kind, and its models' vectors."""
        from llmauto_agent.memory import vectors

        told = []
        for store in self.stores():
            files = [f for f in store.folder.rglob("*") if f.is_file()]
            models = [
                {
                    "model": c.model,
                    "vectors": vectors.count(store, c.id),
                    "pending": vectors.pending(store, c.id),
                    "indexed": c.folder is not None,
                }
                for c in vectors.collections(store)
            ]
            told.append(
                {
                    "scope": "person" if store.letter == "p" else "workspace",
                    "folder": str(store.folder),
                    "bytes": sum(f.stat().st_size for f in files),
                    "entries": store.count(),
                    "kinds": store.counts(),
                    "models": models,
                }
            )
        return told

    # ---- upkeep

    def upkeep(self, progress: Progress | None = None) -> bool:
        """Embed what waits, and make the index of a large store, here and now; whether it was done."""
        from llmauto_agent.memory import upkeep

        done = [upkeep.run(store, self.embedder(), self.share, progress) for store in self.stores()]
        self._nearest.clear()
        return all(done)

    def upkeep_later(self) -> bool:
        """Start a process for what is more than the next search will do by itself; whether one was started."""
        from llmauto_agent.memory import chroma, upkeep, vectors
        from llmauto_agent.memory.embed import model_name

        name = model_name(self.embedder_spec)
        folders = []
        for store in self.stores():
            known = next((c for c in vectors.collections(store) if c.model == name), None)
            many = (vectors.pending(store, known.id) if known else store.count()) > EMBED_NOW
            if many or (known is not None and chroma.wanted(store, known)):
                with upkeep.upkeep_lock(store) as free:
                    folders += [(store.folder, store.letter)] if free else []
        if folders:
            upkeep.start_process(folders, self.embedder_spec, self.share)
        return bool(folders)

    # ---- life

    def close(self) -> None:
        with self._lock:
            for store in self._stores.values():
                store.close()
            self._stores.clear()
            self._nearest.clear()

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _visible(entry: Entry, session: str) -> bool:
    """Whether an entry may be used in a session: those of another session may not."""
    return entry.scope != "session" or entry.session == session
