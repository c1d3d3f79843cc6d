"""How long and how fast to train."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """How to train: at most so many steps and seconds; learning rates are peaks."""

    steps: int = 400
    seconds: float = 600.0
    batch: int = 16
    encoder_rate: float = 2e-5
    decoder_rate: float = 1e-4
    warmup: int = 10
    seed: int = 0
    threads: int = 1
    """On the CPU. Two were measured ten times slower than one on two shared cores (docs/planner/training.md)."""
