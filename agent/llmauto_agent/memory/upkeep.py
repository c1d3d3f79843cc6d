"""What a store needs besides writing: embedding what waits for it, the index of a large store, old vectors.

All of it can be stopped and killed at any point and goes on where it was. One process at a time does it for a
store, held by a lock that the system lets go of when the process dies.

    python -m llmauto_agent.memory.upkeep --embedder NAME --share LEVEL FOLDER=LETTER…
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from llmauto_agent.lock import try_lock
from llmauto_agent.memory import chroma, signs, vectors
from llmauto_agent.memory.embed import Embedder, make_embedder
from llmauto_agent.memory.store import Store, open_if_there

Progress = Callable[[str, float | None], None]

BATCH = 128
"""Entries that are embedded and stored at once; what a kill loses at most is done again."""

KEPT_HERE = frozenset(("finding", "model", "report", "document", "correction"))
"""Kinds whose texts may quote cells: a server elsewhere embeds them only where results are shared."""


def embeds(embedder: Embedder, share: str, kind: str) -> bool:
    """Whether the texts of a kind may be given to an embedding model."""
    return not embedder.remote or share != "schema" or kind not in KEPT_HERE


def embed_pending(
    store: Store,
    embedder: Embedder,
    share: str,
    *,
    at_most: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Embed entries that wait for it; how many were done. Each batch is stored as it is made."""
    found = vectors.of_model(store, embedder)
    waiting = vectors.pending(store, found.id) if progress or at_most is not None else 0
    if at_most is not None and waiting > at_most:
        return 0
    done = 0
    while batch := vectors.next_pending(store, found.id, BATCH):
        if progress is not None:
            progress("reading the memory anew", done / max(waiting, done + 1))
        allowed = [e for e in batch if embeds(embedder, share, e.kind)]
        if allowed:
            vectors.put(store, found.id, allowed, embedder.embed([e.text for e in allowed]))
        vectors.leave_out(store, found.id, [e for e in batch if e not in allowed])
        done += len(batch)
    return done


@contextlib.contextmanager
def upkeep_lock(store: Store) -> Iterator[bool]:
    """Whether this process may do the upkeep now; False while another one does it."""
    with try_lock(store.folder / "upkeep.lock") as mine:
        yield mine


def run(store: Store, embedder: Embedder, share: str, progress: Progress | None = None) -> bool:
    """Do all that waits; whether it was done (False: another process is at it).

    Vectors of other models are deleted when those of this one are complete.
    """
    with upkeep_lock(store) as mine:
        if not mine:
            return False
        embed_pending(store, embedder, share, progress=progress)
        current = vectors.of_model(store, embedder)
        if vectors.count(store, current.id) >= chroma.LARGE:
            signs.pack(store, current)
        for other in vectors.collections(store):
            if other.id != current.id:
                vectors.drop(store, other.id)
        if chroma.wanted(store, current):
            chroma.build(store, current, progress)
        chroma.remove_unused(store)
    return True


def waits(store: Store, embedder_name: str | None) -> bool:
    """Whether there is upkeep to do, as far as the store knows without loading a model."""
    known = vectors.collections(store)
    current = next((c for c in known if c.model == embedder_name), None)
    if current is None:
        return not store.empty()
    return len(known) > 1 or vectors.pending(store, current.id) > 0 or chroma.wanted(store, current)


def start_process(folders: Sequence[tuple[Path, str]], embedder: str, share: str) -> None:
    """Do the upkeep in a process of its own, which outlives this one and says nothing."""
    places = [f"{folder}={letter}" for folder, letter in folders]
    command = [sys.executable, "-m", "llmauto_agent.memory.upkeep", "--embedder", embedder, "--share", share]
    quiet = subprocess.DEVNULL
    subprocess.Popen(
        [*command, *places], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True, close_fds=True
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--embedder", required=True)
    parser.add_argument("--share", required=True)
    parser.add_argument("places", nargs="+", metavar="FOLDER=LETTER")
    args = parser.parse_args(arguments)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    embedder = make_embedder(args.embedder)
    for place in args.places:
        folder, _, letter = place.rpartition("=")
        store = open_if_there(Path(folder), letter)
        if store is not None:
            run(store, embedder, args.share)
            store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
