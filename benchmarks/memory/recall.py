"""Recall: of questions in other words, how many find their fact among the first five."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from facts import Fact, data_folder, distractors, read_facts

FIRST = 5
Method = Callable[[str], Sequence[str]]
"""A question to the ids that are found, best first."""


SETS_OF_QUESTIONS: tuple[tuple[str, str, Callable[[Fact], Sequence[str]]], ...] = (
    ("English, the thing named", "en", lambda f: f.plain),
    ("English, other words throughout", "en", lambda f: f.free),
    ("Chinese, other words", "zh", lambda f: f.free),
)


def measure(embedder: str = "builtin", part: str = "all", misses: bool = False) -> dict[str, Any]:
    """recall@5 and mean reciprocal rank by language and method, for the facts of a part ("dev", "held", "all")."""
    from llmauto_agent.memory.entry import Entry
    from llmauto_agent.memory.memory import Memory

    facts = [f for language in ("en", "zh") for f in read_facts(language)]
    data = data_folder()
    with tempfile.TemporaryDirectory(prefix="llmauto-memory-") as name:
        folder = Path(name)
        with Memory(folder / "memory", None, embedder=embedder, share="results") as memory:
            stored = memory.add([Entry(f.kind, f.text) for f in facts])  # type: ignore[arg-type]
            ids = {e.id: f for e, f in zip(stored, facts, strict=True)}
            more = list(distractors(data, folder / "w")) if data is not None else []
            memory.add(more)  # type: ignore[arg-type]
            memory.upkeep()
            methods = _methods(memory, folder)
            chosen = [f for f in facts if part == "all" or f.held == (part == "held")]
            of = {f: i for i, f in ids.items()}
            report: dict[str, Any] = {"facts": len(facts), "distractors": len(more), "part": part}
            for name, language, questions in SETS_OF_QUESTIONS:
                asked = [(q, of[f]) for f in chosen if f.language == language for q in questions(f)]
                report[name] = {"questions": len(asked)}
                for label, method in methods.items():
                    report[name][label] = _score(asked, method, ids, misses and label == "llmauto")
    return report


def _methods(memory: Any, folder: Path) -> dict[str, Method]:
    from llmauto_agent.memory.keywords import query_words

    store = memory.stores()[0]

    def ours(question: str) -> list[str]:
        return [r.entry.id for r in memory.search(question, limit=FIRST)]

    def words(question: str) -> list[str]:
        return [f"m{n}" for n, _ in store.keyword(query_words(question), FIRST)]

    def dense(question: str) -> list[str]:
        vector = memory.embedder().embed([question])[0]
        return [f"m{n}" for n, _ in memory._near(store).search(vector, FIRST)]

    methods: dict[str, Method] = {"llmauto": ours, "BM25 alone": words, "dense alone": dense}
    plain = _chroma(memory, folder)
    return methods | ({"Chroma's plain query": plain} if plain is not None else {})


def _chroma(memory: Any, folder: Path) -> Method | None:
    """The same texts and vectors in a Chroma collection with its defaults, through its public client."""
    try:
        import chromadb
        from chromadb.config import Settings
    except ImportError:
        return None
    client = chromadb.PersistentClient(str(folder / "plain"), Settings(anonymized_telemetry=False))
    collection = client.create_collection("plain", embedding_function=None)
    entries = memory.entries()
    for start in range(0, len(entries), 500):
        part = entries[start : start + 500]
        texts = [e.text for e in part]
        vectors = memory.embedder().embed(texts)
        collection.add([e.id for e in part], embeddings=vectors, documents=texts)

    def plain(question: str) -> list[str]:
        vector = memory.embedder().embed([question])
        return collection.query(query_embeddings=vector, n_results=FIRST)["ids"][0]

    return plain


def _score(
    asked: Sequence[tuple[str, str]], method: Method, ids: dict[str, Fact], misses: bool
) -> dict[str, float]:
    hits, reciprocal = 0, 0.0
    for question, wanted in asked:
        found = list(method(question))[:FIRST]
        if wanted in found:
            hits += 1
            reciprocal += 1 / (1 + found.index(wanted))
        elif misses:
            first = ids[found[0]].text if found and found[0] in ids else (found[:1] or ["nothing"])[0]
            print(f"  missed: {question}\n    wanted {ids[wanted].text}\n    first  {first}")
    return {"recall@5": round(hits / len(asked), 4), "mrr@5": round(reciprocal / len(asked), 4)}
