"""Search for the best plans: a beam over the grammar, whatever computes the scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from llmauto_agent.planner.neural.grammar import (
    POINTERS,
    START,
    TOKEN_ID,
    VOCABULARY,
    Action,
    Pointer,
    Stack,
    Token,
    allowed,
    step,
)
from llmauto_agent.planner.neural.inputs import Encoded
from llmauto_agent.planner.neural.symbols import SYMBOL_ID

LONGEST = 96


class Scorer(Protocol):
    """What computes scores: the network in torch, or its export."""

    def prepare(self, encoded: Encoded) -> Any:
        """Whatever of a request is computed once, and where a search keeps its steps."""
        ...

    def advance(
        self, prepared: Any, parents: np.ndarray, before: np.ndarray, symbols: np.ndarray
    ) -> np.ndarray:
        """Scores (beams, tokens + items) of the next action.

        Each beam goes on from the one that was at place `parents` in the call before, with the action
        `before` as a number, and expands `symbols`; all three are (beams).
        """
        ...


@dataclass(frozen=True)
class Found:
    """One way to read a request: its actions and the log-probability that the network gives them."""

    actions: tuple[Action, ...]
    score: float


@dataclass(frozen=True)
class _Beam:
    stack: Stack
    numbers: tuple[int, ...]
    symbols: tuple[int, ...]
    score: float
    parent: int = 0
    """Its place among the beams that it grew from."""


def search(scorer: Scorer, encoded: Encoded, width: int = 4) -> list[Found]:
    """The best readings, best first (log-probabilities, not divided by length)."""
    prepared = scorer.prepare(encoded)
    beams = [_Beam(START, (), (), 0.0)]
    done: list[_Beam] = []
    following = _Following(encoded)
    for _ in range(LONGEST):
        scores = scorer.advance(
            prepared,
            np.array([b.parent for b in beams]),
            np.array([b.numbers[-1] if b.numbers else 0 for b in beams], dtype=np.int64),
            np.array([SYMBOL_ID[b.stack[-1]] for b in beams], dtype=np.int64),
        )
        grown = [
            g
            for i, b in enumerate(beams)
            for g in _grow(b, i, scores[i], following(b.stack[-1]), encoded, width)
        ]
        grown.sort(key=lambda b: -b.score)
        beams = []
        for beam in grown[: width * 2]:
            (done if not beam.stack else beams).append(beam)
        beams = beams[:width]
        done.sort(key=lambda b: -b.score)
        if not beams or (len(done) >= width and done[width - 1].score > beams[0].score):
            break
    return [Found(tuple(action_of(n, encoded) for n in b.numbers), b.score) for b in done[:width]]


def _grow(
    beam: _Beam, place: int, row: np.ndarray, numbers: np.ndarray, encoded: Encoded, width: int
) -> list[_Beam]:
    """The best actions that may follow a prefix, normalised over those that may."""
    if not len(numbers):
        return []
    values = row[numbers]
    top = float(values.max())
    total = top + math.log(float(np.exp(values - top).sum()))
    best = np.argsort(-values)[:width]
    symbols = (*beam.symbols, SYMBOL_ID[beam.stack[-1]])
    return [
        _Beam(
            step(beam.stack, action_of(int(numbers[i]), encoded)),
            (*beam.numbers, int(numbers[i])),
            symbols,
            beam.score + float(values[i]) - total,
            place,
        )
        for i in best
    ]


class _Following:
    """The actions that may follow a symbol, as numbers; found once for each symbol of a search."""

    def __init__(self, encoded: Encoded) -> None:
        self._encoded = encoded
        self._known: dict[str, np.ndarray] = {}

    def __call__(self, symbol: str) -> np.ndarray:
        if symbol not in self._known:
            self._known[symbol] = np.array(self._numbers(symbol), dtype=np.int64)
        return self._known[symbol]

    def _numbers(self, symbol: str) -> list[int]:
        may = allowed(symbol)
        found = [TOKEN_ID[name] for name in may.tokens]
        for kind in may.pointers:
            first = self._encoded.offsets[kind]
            number = POINTERS.index(kind)
            count = sum(1 for k in self._encoded.kinds if k == number)
            found += range(len(VOCABULARY) + first, len(VOCABULARY) + first + count)
        return found


def action_of(number: int, encoded: Encoded) -> Action:
    """The action that a number stands for: the inverse of `Encoded.position`."""
    if number < len(VOCABULARY):
        return Token(VOCABULARY[number])
    place = number - len(VOCABULARY)
    kind = POINTERS[encoded.kinds[place]]
    return Pointer(kind, place - encoded.offsets[kind])


def actions_of(numbers: Sequence[int], encoded: Encoded) -> list[Action]:
    return [action_of(n, encoded) for n in numbers]
