"""A regression in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmauto_tools.stats.features import Target
from llmauto_tools.stats.fitted import Fit
from llmauto_tools.stats.format import named, number, p_words, share

if TYPE_CHECKING:
    from llmauto_tools.stats.case import Settings
    from llmauto_tools.stats.relate import Part

TOLD = 2
"""Features that are told one by one."""


def regression_words(
    target: Target, fit: Fit, parts: Sequence[Part], figures: Mapping[str, Any], settings: Settings
) -> str:
    """What goes with the target, how much together, and what cannot be told."""
    features = [p for p in parts if not p.is_control]
    clear = [p for p in features if p.p < settings.alpha]
    given = " given the other columns" if len(parts) > 1 else ""
    if clear:
        names = named([p.name for p in clear])
        sentences = [f"{target.label} goes with {names}{given}."]
        sentences += [_one(target, fit, p, settings) for p in clear[:TOLD] if p.df == 1]
    else:
        sentences = [f"None of the {len(features)} columns goes clearly with {target.label}{given}."] if len(features) > 1 else [
            f"{features[0].name} does not go clearly with {target.label}{given} ({p_words(features[0].p)})."
        ]  # fmt: skip
    sentences.append(_together(target, fit, settings))
    unclear = [p.name for p in features if p.p >= settings.alpha]
    if unclear:
        sentences.append(_untold(unclear, figures, settings))
    sentences.append("These are associations in the data and say nothing about causes.")
    return " ".join(sentences)


def _one(target: Target, fit: Fit, part: Part, settings: Settings) -> str:
    """A feature with a single term."""
    i = next(i for i, t in enumerate(fit.design.terms, start=1) if t.feature == part.name)
    term = fit.design.terms[i - 1]
    half = float(fit.half_widths(settings.alpha)[i])
    b = float(fit.beta[i])
    level = f"{100 * (1 - settings.alpha):g}%"
    against = fit.design.levels.get(part.name)
    start = (
        f"Rows with {term.label} (against {against.reference})" if against else f"Each 1 more of {term.label}"
    )
    if term.parts is not None:
        start = f"The interaction {term.label}"
    if fit.method == "logit":
        scale = float(fit.standardised()[i]) / b if b else 1.0
        if not against and term.parts is None:
            start = f"One standard deviation more of {term.label}"
        low, high = number(math.exp((b - half) * scale)), number(math.exp((b + half) * scale))
        return (
            f"{start} goes with {number(math.exp(b * scale))} times the odds ({level} interval {low} to {high},"
            f" {p_words(part.p)})."
        )
    verb = "have" if against else "goes with"
    return (
        f"{start} {verb} a {target.name} that differs by {number(b)} ({level} interval {number(b - half)} to"
        f" {number(b + half)}, {p_words(part.p)})."
    )


def _together(target: Target, fit: Fit, settings: Settings) -> str:
    if fit.method == "ols":
        return f"Together the columns account for {share(fit.fit_share)} of the variance of {target.name} (n = {fit.n:,})."
    return (
        f"The model has a pseudo R squared of {number(fit.fit_share)}; {target.label} in {share(fit.design.y_centre)}"
        f" of {fit.n:,} rows."
    )


def _untold(unclear: Sequence[str], figures: Mapping[str, Any], settings: Settings) -> str:
    least = figures.get("detectable_partial")
    start = f"For {named(unclear)} we cannot tell"
    if least is None or figures["method"] != "ols":
        return f"{start}: their intervals hold no association as well as one."
    return (
        f"{start}: with so many rows a partial correlation of {number(least)} is found in"
        f" {share(settings.power)} of cases, and a weaker one may have been missed."
    )
