"""The findings of a series in a few plain sentences."""

from __future__ import annotations

from collections.abc import Sequence

from llmauto_tools.series.analysis import Analysis, seasonal_figure

SHOWN = 3
"""Changes and anomalies that the sentences name; the tables have all."""


def number(value: float) -> str:
    """A number with four significant digits and separators: 1,234, 0.01235, 12.35."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    text = f"{value:.4g}"
    return text if "e" in text else text.rstrip("0").rstrip(".") if "." in text else text


def probability(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def strength_word(strength: float) -> str:
    """Weak below 0.4, strong from 0.64 on (where nsdiffs of R's package forecast takes differences)."""
    return "strong" if strength >= 0.64 else "moderate" if strength >= 0.4 else "weak"


def trend_sentence(analysis: Analysis) -> str:
    found = analysis.trend
    if analysis.constant:
        return f"Every period has the same value, {number(float(analysis.values[0]))}."
    if found is None:
        return "There are too few periods to tell a trend."
    interval = f"95% interval {number(found.low)} to {number(found.high)}"
    if not found.clear:
        return f"No steady trend can be told from chance ({probability(found.p)}; {interval} per {analysis.step.words})."
    verb = "rose" if found.slope > 0 else "fell"
    return (
        f"Over the whole time it {verb} by about {number(abs(found.slope))} per {analysis.step.words}"
        f" ({interval}, {probability(found.p)})."
    )


def season_sentence(analysis: Analysis) -> str:
    if analysis.constant:
        return ""
    if not analysis.seasons:
        return "No repeating pattern was found."
    sentences = []
    for i, found in enumerate(analysis.seasons):
        positions = seasonal_figure(analysis, i)
        high = max(positions, key=lambda p: p[1])
        low = min(positions, key=lambda p: p[1])
        start = "It repeats" if i == 0 else "It also repeats"
        sentences.append(
            f"{start} every {analysis.step.plural(found.period)} ({strength_word(found.strength)}: strength"
            f" {found.strength:.2f} of 1); highest: {high[0]}, lowest: {low[0]}."
        )
    return " ".join(sentences)


def changes_sentence(analysis: Analysis) -> str:
    found = analysis.segments.changes
    if analysis.constant:
        return ""
    if not found:
        return "No lasting change was found."
    largest = sorted(found, key=lambda c: -abs(c.after - c.before))[:SHOWN]
    parts = []
    for change in sorted(largest, key=lambda c: c.at):
        what = "mean" if change.kind == "level" else f"slope per {analysis.step.words}"
        parts.append(
            f"{analysis.label(change.at)} ({what} {number(change.before)} before, {number(change.after)} after)"
        )
    return f"{_counted(len(found), 'lasting change')}{_named(parts, len(found))}."


def anomalies_sentence(analysis: Analysis) -> str:
    found = analysis.anomalies
    if analysis.constant:
        return ""
    if not found:
        return "No single period is unusual."
    parts = [
        f"{analysis.label(a.at)} ({number(a.value)}, expected about {number(a.expected)})"
        for a in found[:SHOWN]
    ]
    return f"{_counted(len(found), 'unusual period')}{_named(parts, len(found))}."


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _named(parts: Sequence[str], count: int) -> str:
    lead = ", among them " if count > len(parts) else ": "
    return lead + ", ".join(parts)
