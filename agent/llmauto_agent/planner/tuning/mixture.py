"""What is trained on: a team's pairs with variations, and old requests so that nothing is forgotten."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.neural.examples import Example, compact, example, schema_index
from llmauto_agent.planner.neural.inputs import Pieces
from llmauto_agent.planner.neural.write import NotSayableError
from llmauto_agent.planner.training.generate.make import records
from llmauto_agent.planner.training.generate.noise import typed
from llmauto_agent.planner.training.written.make import block_records, is_dev
from llmauto_agent.planner.training.written.parse import Block, parse_file, written_files
from llmauto_agent.planner.training.written.vary import varied
from llmauto_agent.planner.tuning.accept import Accepted, Progress
from llmauto_agent.planner.tuning.guard import LANGUAGES, learned

LONGEST = 96
"""Actions of the longest plan that is trained on."""
VARIED = 1_500
"""So many examples are made of the pairs, each of them varied a few times; never more than MOST each."""
MOST = 8
OLD_PARTS = 2
"""The old requests are half invented and half written by hand."""

Json = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Mixture:
    """Encoded examples of both kinds; `batch` draws half of each."""

    pairs: Sequence[Example]
    old: Sequence[Example]

    def batch(self, step: int, size: int, seed: int) -> list[Example]:
        """The examples of a step: the same for the same step and seed, so that training can resume."""
        half = size // 2
        return [*drawn(self.pairs, step, size - half, seed), *drawn(self.old, step, half, seed + 1)]


def drawn(items: Sequence[T], step: int, count: int, seed: int) -> list[T]:
    """The next `count` items at a step, passing through all of them in a new order each time."""
    places = range(step * count, (step + 1) * count)
    return [items[_order(len(items), p // len(items), seed)[p % len(items)]] for p in places]


@lru_cache(maxsize=8)
def _order(size: int, epoch: int, seed: int) -> list[int]:
    order = list(range(size))
    random.Random(f"{seed}-{epoch}").shuffle(order)
    return order


def mixture(
    accepted: Sequence[Accepted],
    block: Block,
    index: SchemaIndex,
    pieces: Pieces,
    old: int,
    seed: int,
    progress: Progress,
) -> Mixture:
    """Encode the pairs with their variations, and about `old` old requests."""
    own = list(_pair_examples(accepted, block, index, pieces, seed, progress))
    others = list(_old_examples(old, pieces, seed, progress))
    return Mixture(own, others)


def _pair_examples(
    accepted: Sequence[Accepted],
    block: Block,
    index: SchemaIndex,
    pieces: Pieces,
    seed: int,
    progress: Progress,
) -> Iterator[Example]:
    copies = max(1, min(MOST, VARIED // len(accepted)))
    for n, one in enumerate(accepted):
        progress("reading the pairs", n / len(accepted))
        r = random.Random(f"{seed}-{one.pair.digest}")
        for record in variations(one, block, copies, r):
            yield from _encoded(record, index, pieces)


def variations(one: Accepted, block: Block, copies: int, r: random.Random) -> Iterator[Json]:
    """The record of a pair, then with other values, numbers and periods, and as other people type it."""
    yield one.record
    said = {one.record["question"]}
    for _ in range(copies - 1):
        record = varied(one.chain, one.turns, block, r)[-1].record
        question = record["question"] if record["context"] else typed(record["question"], r)
        if question not in said:
            said.add(question)
            yield record | {"question": question}


def _encoded(record: Json, index: SchemaIndex, pieces: Pieces) -> Iterator[Example]:
    """The record as an example, where it can be said and fits."""
    try:
        one = example({"id": "", **record}, index, pieces)
    except (NotSayableError, ValueError):
        return
    fits = max(one.encoded.places, default=0) < len(one.encoded.ids)
    if len(one.actions) <= LONGEST and fits:
        yield compact(one)


# ---- old requests


def _old_examples(count: int, pieces: Pieces, seed: int, progress: Progress) -> Iterator[Example]:
    for made, (record, index) in enumerate(_old_records(count, seed)):
        progress("reading old requests", min(1.0, made / count))
        yield from _encoded(record, index, pieces)


def _old_records(count: int, seed: int) -> Iterator[tuple[Json, SchemaIndex]]:
    """Requests with the index of their tables, those over the same tables one after the other."""
    each = max(1, count // (OLD_PARTS * len(LANGUAGES)))
    for lang in LANGUAGES:
        tables = learned(lang)
        schemas = {d.db: d.schema() for d in tables}
        yield from _indexed(records(lang, tables, each, seed), schemas)
        yield from _written(lang, each, seed)


def _written(lang: str, count: int, seed: int) -> Iterator[tuple[Json, SchemaIndex]]:
    """Requests written by hand, of blocks drawn by chance, without those kept for measuring."""
    blocks = [b for path in written_files(lang) for b in parse_file(path)[0] if not is_dev(b)]
    random.Random(seed).shuffle(blocks)
    left = count
    for block in blocks:
        if left <= 0:
            return
        made, schemas = block_records(block, 1, seed)
        made = made[:left]
        left -= len(made)
        yield from _indexed(made, {s["db"]: s for s in schemas})


def _indexed(some: Iterable[Json], schemas: dict[str, Json]) -> Iterator[tuple[Json, SchemaIndex]]:
    by_db: dict[str, list[Json]] = {}
    for record in some:
        by_db.setdefault(record["db"], []).append(record)
    for db, mine in by_db.items():
        index = schema_index(schemas[db])
        yield from ((record, index) for record in mine)
