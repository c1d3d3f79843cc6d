"""Examples as padded tensors, batched by length so that little is padded."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from llmauto_agent.planner.neural.examples import Example
from llmauto_agent.planner.neural.grammar import POINTERS, TOKEN_ID, VOCABULARY, allowed
from llmauto_agent.planner.neural.symbols import SYMBOLS

POOL = 50
"""Batches whose examples are sorted together: length and chance both have a say."""


@dataclass
class Batch:
    """Tensors of one batch; B requests, P pieces, I items, S steps."""

    ids: Tensor
    segments: Tensor
    levels: Tensor
    flags: Tensor
    mask: Tensor
    places: Tensor
    kinds: Tensor
    before: Tensor
    symbols: Tensor
    target: Tensor
    """(B, S), -100 behind the end."""
    allowed: Tensor
    """(B, S, tokens + I), True where the grammar lets an action follow."""

    def to(self, device: torch.device) -> Batch:
        return Batch(**{k: v.to(device, non_blocking=True) for k, v in vars(self).items()})


def token_mask() -> np.ndarray:
    """(symbols, tokens): the tokens that each symbol allows."""
    mask = np.zeros((len(SYMBOLS), len(VOCABULARY)), dtype=bool)
    for row, symbol in enumerate(SYMBOLS):
        for name in allowed(symbol).tokens:
            mask[row, TOKEN_ID[name]] = True
    return mask


def kind_mask() -> np.ndarray:
    """(symbols, kinds): the kinds of pointers that each symbol allows."""
    mask = np.zeros((len(SYMBOLS), len(POINTERS)), dtype=bool)
    for row, symbol in enumerate(SYMBOLS):
        for kind in allowed(symbol).pointers:
            mask[row, POINTERS.index(kind)] = True
    return mask


_TOKENS, _KINDS = token_mask(), kind_mask()


def batch_of(chosen: Sequence[Example]) -> Batch:
    """Pad examples to one batch."""
    count = len(chosen)
    # Few different shapes: matrix kernels are made anew for each one.
    pieces = _up(max(len(e.encoded.ids) for e in chosen), 8)
    items = _up(max(len(e.encoded.places) for e in chosen), 8)
    steps = _up(max(len(e.actions) for e in chosen), 4)
    wide = {
        name: np.zeros((count, pieces), dtype=np.int64)
        for name in ("ids", "segments", "levels", "flags", "mask")
    }
    places = np.zeros((count, items), dtype=np.int64)
    kinds = np.zeros((count, items), dtype=np.int64)
    real = np.zeros((count, items), dtype=bool)
    before = np.zeros((count, steps), dtype=np.int64)
    symbols = np.zeros((count, steps), dtype=np.int64)
    target = np.full((count, steps), -100, dtype=np.int64)
    for row, e in enumerate(chosen):
        n, m, s = len(e.encoded.ids), len(e.encoded.places), len(e.actions)
        for name in ("ids", "segments", "levels", "flags"):
            wide[name][row, :n] = getattr(e.encoded, name)
        wide["mask"][row, :n] = 1
        places[row, :m], kinds[row, :m], real[row, :m] = e.encoded.places, e.encoded.kinds, True
        before[row, 1:s] = e.actions[:-1]
        symbols[row, :s], target[row, :s] = e.symbols, e.actions
    pointers = _KINDS[symbols[..., None], kinds[:, None, :]] & real[:, None, :]
    may = np.concatenate([_TOKENS[symbols], pointers], axis=-1)
    arrays = {
        **wide,
        "places": places,
        "kinds": kinds,
        "before": before,
        "symbols": symbols,
        "target": target,
    }
    return Batch(**{k: torch.from_numpy(v) for k, v in arrays.items()}, allowed=torch.from_numpy(may))


def _up(number: int, multiple: int) -> int:
    return max(multiple, -(-number // multiple) * multiple)


def batches(all_examples: Sequence[Example], size: int, seed: int) -> Iterator[list[Example]]:
    """One pass in a shuffled order, in batches of about equal length."""
    order = list(all_examples)
    random.Random(seed).shuffle(order)
    for start in range(0, len(order), size * POOL):
        pool = sorted(order[start : start + size * POOL], key=lambda e: len(e.encoded.ids))
        cut = [pool[i : i + size] for i in range(0, len(pool), size)]
        random.Random(seed + start).shuffle(cut)
        yield from cut
