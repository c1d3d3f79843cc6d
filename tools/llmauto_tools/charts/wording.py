"""The words on a chart: headings with units, the names of aggregates, formats of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_UNITS = {
    "kg": "kg", "mg": "mg", "mm": "mm", "cm": "cm", "km": "km", "ms": "ms", "kmh": "km/h", "mph": "mph",
    "usd": "USD", "eur": "EUR", "gbp": "GBP", "cny": "CNY", "jpy": "JPY", "pct": "%", "percent": "%",
    "kwh": "kWh", "kb": "kB", "mb": "MB", "gb": "GB", "ml": "ml", "hz": "Hz", "celsius": "°C",
    "fahrenheit": "°F", "sec": "s", "secs": "s", "seconds": "s", "minutes": "min", "hours": "h",
}  # fmt: skip
_LETTERS = {
    "g": ("g", {"mass", "weight", "dose", "fat", "protein", "sugar"}),
    "m": ("m", {"length", "height", "distance", "width", "depth", "altitude", "elevation", "radius"}),
    "s": ("s", {"time", "duration", "latency", "delay", "elapsed"}),
    "h": ("h", {"time", "duration", "delay"}),
    "c": ("°C", {"temp", "temperature"}),
    "f": ("°F", {"temp", "temperature"}),
    "l": ("l", {"volume", "capacity"}),
}
"""A single letter is a unit only after a word for what it measures: vitamin_c is no temperature."""
AGGREGATE_WORDS = {
    "count": "count", "sum": "total", "mean": "mean", "median": "median", "min": "smallest", "max": "largest",
    "std": "standard deviation of", "distinct": "distinct",
}  # fmt: skip
LABEL_CHARACTERS = 60


def words(name: str) -> str:
    """A heading as a person writes it: avg_fare becomes "avg fare", body_mass_g "body mass (g)"."""
    parts = [part for part in name.split("_") if part]
    last = parts[-1].casefold() if parts else ""
    unit = _UNITS.get(last)
    if unit is None and last in _LETTERS and len(parts) > 1:
        letter, measured = _LETTERS[last]
        unit = letter if parts[-2].casefold() in measured else None
    if unit is not None and len(parts) > 1:
        return f"{' '.join(parts[:-1])} ({unit})"
    return " ".join(name.replace("_", " ").split()) or name


def shortened(text: str, limit: int = LABEL_CHARACTERS) -> str:
    """A text of a cell on one line and of a bounded length."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def number_axis(values: Iterable[Any], *, percent: bool = False) -> dict[str, Any]:
    """The axis (Vega-Lite) of numbers: 1.2M rather than 1,200,000, percentages where they are shares."""
    if percent:
        return {"format": "~%"}
    largest = max((abs(v) for v in values if isinstance(v, (int, float))), default=0.0)
    if largest < 10_000:
        return {}
    # d3's SI prefix of 10^9 is G, which a reader of sums of money would not know
    return {"labelExpr": "replace(format(datum.value, '~s'), 'G', 'B')"}


def number_words(value: float) -> str:
    """A number in a sentence: grouped, at most four significant digits below 10,000."""
    if abs(value) >= 10_000 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.4g}"
