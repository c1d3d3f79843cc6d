"""Measure planners on somebody's pairs, or on what everybody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llmauto_agent.planner.neural.runtime import loaded
from llmauto_agent.planner.tuning.accept import Progress, Refused, accept
from llmauto_agent.planner.tuning.data import Data, attached
from llmauto_agent.planner.tuning.guard import guard
from llmauto_agent.planner.tuning.pairs import FEWEST, Pair, split
from llmauto_agent.planner.tuning.score import Case, Outcome, Paired, Score, cases, judge, paired
from llmauto_agent.planner.tuning.store import Known
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.workspace import Limits

HELD, LEARNED = "held-out pairs", "pairs that training learns from"


@dataclass(frozen=True)
class Result:
    """One set of questions: what each planner made of each, in the order of the planners."""

    name: str
    outcomes: tuple[tuple[Outcome, ...], ...]

    def scores(self) -> list[Score]:
        return [Score.of(some) for some in self.outcomes]

    def paired(self) -> Paired:
        """The first two planners on the same questions."""
        return paired(self.outcomes[0], self.outcomes[1])


@dataclass(frozen=True)
class Evaluation:
    """The planners by name, the sets they were measured on, and the pairs that could not be measured."""

    planners: tuple[str, ...]
    results: tuple[Result, ...]
    left_out: tuple[Refused, ...] = ()


def evaluate(
    planners: Sequence[Known],
    pairs: Sequence[Pair] | None,
    sources: Sequence[str],
    limits: Limits | None = None,
    progress: Progress = lambda text, fraction: None,
) -> Evaluation:
    """Measure the planners on the pairs (whose SQL runs over the sources), without pairs on the guard.

    Pairs are shown in two parts, since a planner that was trained on this file has seen one of them.
    """
    names = tuple(p.ref for p in planners)
    if pairs is None:
        chosen = guard()
        some = [chosen.measure(loaded(p.folder), progress, f"measuring {p.ref}") for p in planners]
        return Evaluation(names, (Result(chosen.name, tuple(map(tuple, some))),))
    with attached(sources, limits) as data:
        made, refused = cases(pairs, data, _learned(pairs, data, progress))
        if not made:
            reason = f" The first: {refused[0].reason}." if refused else ""
            raise InvalidArguments(
                f"None of the pairs can be measured.{reason}", "Name the sources that their SQL reads."
            )
        parts = {HELD: [c for c in made if c.held], LEARNED: [c for c in made if not c.held]}
        results = [_result(name, some, planners, data, progress) for name, some in parts.items() if some]
    return Evaluation(names, tuple(results), tuple(refused))


def _learned(pairs: Sequence[Pair], data: Data, progress: Progress) -> set[int]:
    """The pairs that a training on this file learns from; none where there are too few to train on."""
    accepted = [a.pair for a in accept(pairs, data, progress).accepted]
    return {p.digest for p in split(accepted)[0]} if len(accepted) >= FEWEST else set()


def _result(
    name: str, some: Sequence[Case], planners: Sequence[Known], data: Data, progress: Progress
) -> Result:
    found = [judge(some, data, loaded(p.folder), progress, f"measuring {p.ref}") for p in planners]
    return Result(name, tuple(map(tuple, found)))
