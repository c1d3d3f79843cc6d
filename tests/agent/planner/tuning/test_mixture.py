"""What is trained on: every pair, varied, and old requests that no measuring uses."""

from __future__ import annotations

import random
from collections import Counter

from llmauto_agent.planner.neural.runtime import loaded
from llmauto_agent.planner.training.generate.tables import domains
from llmauto_agent.planner.tuning.accept import accept
from llmauto_agent.planner.tuning.data import Data
from llmauto_agent.planner.tuning.guard import LANGUAGES, held_out, learned
from llmauto_agent.planner.tuning.mixture import Mixture, _old_records, drawn, mixture, variations
from llmauto_agent.planner.tuning.pairs import Pair


def silent(text: str, fraction: float | None) -> None:
    """No progress."""


def test_every_item_is_drawn_before_any_comes_again() -> None:
    items = [f"item {n}" for n in range(10)]
    seen = [x for step in range(5) for x in drawn(items, step, 4, 0)]
    assert all(n == 2 for n in Counter(seen).values())
    assert seen[:10] != items
    assert seen[10:] != seen[:10]
    assert drawn(items, 3, 4, 0) == seen[12:16]


def test_a_pair_is_said_with_other_values_too(shop: Data, pairs: list[Pair]) -> None:
    found = accept(pairs, shop, silent)
    north = next(a for a in found.accepted if "North" in a.pair.question)
    made = list(variations(north, found.block, 12, random.Random(1)))
    assert made[0]["question"] == north.pair.question
    named = {r["plan"]["where"]["right"]["value"] for r in made}
    assert named > {"North"}
    assert named <= {"North", "South", "West"}
    assert all(r["plan"]["where"]["right"]["value"].lower() in r["question"].lower() for r in made)


def test_old_requests_are_of_tables_that_nothing_is_measured_on() -> None:
    db = {record["db"] for record, _ in _old_records(120, 0)}
    assert not db & {d.db for lang in LANGUAGES for d in held_out(lang)}
    assert {d.split(":")[0] for d in db} == {"en", "zh", "written"}
    for lang in LANGUAGES:
        assert {d.db for d in (*held_out(lang), *learned(lang))} == {d.db for d in domains(lang)}


def test_a_batch_is_half_of_each(shop: Data, pairs: list[Pair]) -> None:
    found = accept(pairs, shop, silent)
    made: Mixture = mixture(found.accepted, found.block, shop.index, loaded().pieces, 24, 0, silent)
    assert len(made.pairs) >= len(pairs)
    assert 12 <= len(made.old) <= 24
    batch = made.batch(0, 8, 0)
    own = {id(e) for e in made.pairs}
    assert sum(id(e) in own for e in batch) == 4
    assert [e.actions for e in made.batch(3, 8, 0)] == [e.actions for e in made.batch(3, 8, 0)]
