"""How fast a large memory is: adding, opening, recalling; and how exact the search by signs and by Chroma is."""

from __future__ import annotations

import csv
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from facts import HERE, read_facts

ASKED = 400
REAL = 20_000


def texts(count: int) -> list[str]:
    """Real short texts of the public sets: news, requests to a bank and to assistants, questions to tables."""
    root = Path(os.environ.get("LLMAUTO_DATA") or HERE.parents[2] / "shared" / "data")
    found: dict[str, None] = {}
    for text in _texts(root):
        found.setdefault(text[:300])
        if len(found) == count:
            break
    made = list(found)
    number = 0
    while len(made) < count:  # too few: the same again, told apart by a number
        number += 1
        made += [f"{t} (no. {number})" for t in list(found)[: count - len(made)]]
    return made


def _texts(root: Path) -> Iterator[str]:
    for path in sorted((root / "text").glob("*.csv.gz")):
        if "_zh_" in path.name:
            continue
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                yield max(row, key=len, default="")
    for path in sorted((root / "nl2sql").rglob("*.jsonl*")):
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as file:
            for line in file:
                try:
                    record = json.loads(line)
                except ValueError:
                    break
                if isinstance(record, dict) and isinstance(record.get("question"), str):
                    yield record["question"]


def measure(entries: int) -> dict[str, Any]:
    from llmauto_agent.memory.entry import Entry
    from llmauto_agent.memory.memory import Memory

    kept = Path(tempfile.gettempdir()) / f"llmauto-memory-{entries}"
    report: dict[str, Any] = {"entries": entries}
    new = not kept.exists()
    with Memory(kept, None) as memory:
        if new:
            report |= _fill(memory, texts(entries), Entry)
        report["bytes"] = sum(f.stat().st_size for f in kept.rglob("*") if f.is_file())
        report["adding 1,000"] = _add_thousand(memory, Entry)
        report["by signs"] = _recall(memory, index=False)
        report["by Chroma"] = _recall(memory, index=True)
    report["opening, in a new process (ms)"] = [_open(kept) for _ in range(5)]
    return report


def _fill(memory: Any, chosen: list[str], entry: Any) -> dict[str, Any]:
    began = time.perf_counter()
    for start in range(0, len(chosen), 5_000):
        memory.add(
            [entry("document", t) for t in chosen[start : start + 5_000] if t.strip()], allow_personal=True
        )
    added = time.perf_counter()
    _vectors(memory, len(chosen))
    made = time.perf_counter()
    memory.upkeep(lambda text, fraction: None)
    return {
        "storing all (s)": round(added - began, 1),
        "embedding the first 20,000 (s)": round(made - added, 1),
        "signs and the Chroma index (s)": round(time.perf_counter() - made, 1),
    }


def _vectors(memory: Any, count: int) -> None:
    """Vectors of the first REAL texts by the encoder; those of the others are those of a real text, moved at
    random by half their length, which spares an hour of encoding and is as scattered as texts are."""
    import numpy as np

    from llmauto_agent.memory import vectors
    from llmauto_agent.memory.embed import unit

    store, embedder = memory.stores()[0], memory.embedder()
    found = vectors.of_model(store, embedder)
    chance = np.random.default_rng(0)
    real: list[Any] = []
    while batch := vectors.next_pending(store, found.id, 1_000):
        if sum(map(len, real)) < min(REAL, count):
            rows = embedder.embed([e.text for e in batch])
            real.append(rows)
        else:
            known = np.concatenate(real)
            moved = chance.standard_normal((len(batch), known.shape[1])).astype(np.float32)
            rows = unit(known[chance.integers(0, len(known), len(batch))] + 0.5 * unit(moved))
        vectors.put(store, found.id, batch, rows)


def _add_thousand(memory: Any, entry: Any) -> dict[str, float]:
    """Texts that are new, stored and embedded, as a search finds them."""
    from llmauto_agent.memory.upkeep import embed_pending

    mark = f"{time.time():.0f}"
    new = [entry("document", f"note {i} of {mark}: {t}") for i, t in enumerate(texts(1_000))]
    began, cpu = time.perf_counter(), time.process_time()
    stored = memory.add(new, allow_personal=True)
    embed_pending(memory.stores()[0], memory.embedder(), "schema")
    took, used = time.perf_counter() - began, time.process_time() - cpu
    assert len(stored) == len(new)
    return {"seconds": round(took, 2), "of processor time": round(used, 2)}


def _recall(memory: Any, *, index: bool) -> dict[str, Any]:
    import numpy as np

    from llmauto_agent.memory import vectors
    from llmauto_agent.memory.nearest import Nearest

    store = memory.stores()[0]
    found = vectors.of_model(store, memory.embedder())
    near = Nearest(store, found, index=index)
    memory._nearest[store.letter] = near
    asked = [q for f in read_facts("en") for q in (*f.plain, *f.free)][:ASKED]
    memory.search(asked[0])
    for _ in range(200):
        if not index or near._index is not None:
            break
        time.sleep(0.1)
    times, used = [], []
    for question in asked:
        began, cpu = time.perf_counter(), time.process_time()
        memory.search(question)
        times.append(1_000 * (time.perf_counter() - began))
        used.append(1_000 * (time.process_time() - cpu))
    seqs, rows = vectors.load(store, found)
    numbers = vectors.entries_of(store, [int(s) for s in seqs[:1]]) and {
        int(s): int(n)
        for s, n in store.rows("SELECT seq, entry FROM vectors WHERE collection = ?", (found.id,))
    }
    right = []
    for question in asked[:100]:
        vector = memory.embedder().embed([question])[0]
        exact = {numbers[int(seqs[i])] for i in np.argsort(-(rows @ vector))[:10]}
        right.append(len(exact & {n for n, _ in near.search(vector, 10)}) / 10)
    return {
        "median (ms)": round(statistics.median(times), 2),
        "p95 (ms)": round(sorted(times)[int(0.95 * len(times))], 2),
        "processor time, median (ms)": round(statistics.median(used), 2),
        "processor time, p95 (ms)": round(sorted(used)[int(0.95 * len(used))], 2),
        "recall@10 against all compared": round(sum(right) / len(right), 3),
        "through Chroma": near._index is not None,
    }


_OPENING = """
import json, sys, time
began, cpu = time.perf_counter(), time.process_time()
from llmauto_agent.memory.memory import Memory
from pathlib import Path
memory = Memory(Path(sys.argv[1]), None, mode="read")
memory.search("how is revenue defined", dense=False)
words = time.perf_counter()
memory.search("how is revenue defined")
print(json.dumps([round(1000 * (words - began)), round(1000 * (time.perf_counter() - began)), round(1000 * (time.process_time() - cpu))]))
"""


def _open(folder: Path) -> list[int]:
    """[by words, by meaning too, processor time of both]: imports, opening, the first recall; milliseconds."""
    done = subprocess.run(
        [sys.executable, "-c", _OPENING, str(folder)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]
