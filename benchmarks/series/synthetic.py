"""Series whose trend, season, changes and anomalies are known, because they were put there."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

UNITS = {"month": (12, 60, 180), "day": (7, 90, 500), "quarter": (4, 40, 90), "hour": (24, 240, 800)}
"""The calendar period, and the shortest and longest series, of each step."""
NOISES = ("white", "ar 0.3", "ar 0.6", "heavy tails")


@dataclass
class Planted:
    """A series with unit noise, and what was planted in it. Positions count from 0."""

    kind: str
    unit: str
    values: NDArray[np.float64]
    period: int | None = None
    changes: list[int] = field(default_factory=list)
    anomalies: list[int] = field(default_factory=list)
    slope: float = 0.0
    noise: str = "white"


def noise(rng: np.random.Generator, n: int, kind: str) -> NDArray[np.float64]:
    """Noise with variance 1: white, first-order autoregressive, a random walk, or Student's t with 4 degrees."""
    if kind == "heavy tails":
        return rng.standard_t(4, n) / np.sqrt(2.0)
    if kind == "random walk":
        return np.cumsum(rng.normal(size=n))
    rho = float(kind.split()[1]) if kind.startswith("ar") else 0.0
    e = rng.normal(size=n) * np.sqrt(1 - rho**2)
    x = np.empty(n)
    x[0] = rng.normal()
    for i in range(1, n):
        x[i] = rho * x[i - 1] + e[i]
    return x


def make(kind: str, seed: int) -> Planted:
    """One series. kind: noise, season, change, anomaly, trend or all of them together ("mixed")."""
    rng = np.random.default_rng(seed)
    unit = sorted(UNITS)[int(rng.integers(len(UNITS)))]
    period, short, long = UNITS[unit]
    n = int(rng.integers(short, long))
    name = NOISES[int(rng.integers(len(NOISES)))] if kind != "noise" else _null_noise(rng)
    made = Planted(kind, unit, noise(rng, n, name), noise=name)
    if kind in ("season", "mixed"):
        _add_season(rng, made, period)
    if kind in ("trend", "mixed"):
        _add_trend(rng, made)
    if kind in ("change", "mixed"):
        _add_changes(rng, made)
    if kind in ("anomaly", "mixed"):
        _add_anomalies(rng, made)
    made.values = 100 + 10 * made.values
    return made


def _null_noise(rng: np.random.Generator) -> str:
    kinds = (*NOISES, "ar 0.8", "random walk")
    return kinds[int(rng.integers(len(kinds)))]


def _add_season(rng: np.random.Generator, made: Planted, period: int) -> None:
    made.period = period
    if made.kind == "season" and rng.random() < 0.3:  # a period that no calendar knows
        made.period = int(rng.choice([p for p in (5, 9, 10, 11, 15, 17) if p * 6 <= len(made.values)]))
    figure = rng.normal(size=made.period)
    figure = (figure - figure.mean()) / figure.std() * rng.uniform(1.0, 2.0)
    made.values = made.values + figure[np.arange(len(made.values)) % made.period]


def _add_trend(rng: np.random.Generator, made: Planted) -> None:
    rise = rng.uniform(3, 6) * rng.choice([-1, 1])
    made.slope = float(rise / len(made.values))
    made.values = made.values + made.slope * np.arange(len(made.values))


def _add_changes(rng: np.random.Generator, made: Planted) -> None:
    n = len(made.values)
    count = 1 if made.kind == "mixed" or n < 80 else int(rng.integers(1, 3))
    for part in range(count):
        low, high = n * part // count, n * (part + 1) // count
        at = int(rng.integers(low + (high - low) // 4, high - (high - low) // 4))
        made.changes.append(at)
        made.values[at:] += rng.uniform(2.5, 5.0) * rng.choice([-1, 1])


def _add_anomalies(rng: np.random.Generator, made: Planted) -> None:
    n = len(made.values)
    places = [i for i in range(3, n - 3) if all(abs(i - c) > 3 for c in made.changes)]
    for at in rng.choice(places, size=int(rng.integers(1, 4)), replace=False):
        made.anomalies.append(int(at))
        made.values[at] += rng.uniform(6, 10) * rng.choice([-1, 1])
