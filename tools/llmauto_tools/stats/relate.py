"""Relate a target to other columns: one association, or a regression on several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.results import JsonValue, Section, ToolResult, section, table_of
from llmauto_tools.stats import pictures
from llmauto_tools.stats.case import Settings, left_out
from llmauto_tools.stats.data import Data
from llmauto_tools.stats.design import INTERCEPT, Design, build_design
from llmauto_tools.stats.effects import share_interval
from llmauto_tools.stats.features import Chosen, Target, choose_features, read_target
from llmauto_tools.stats.fitted import Fit, Robust
from llmauto_tools.stats.format import named
from llmauto_tools.stats.hypothesis import Asked, answer, answer_many
from llmauto_tools.stats.logit import fit_logit
from llmauto_tools.stats.ols import fit_ols
from llmauto_tools.stats.power import detectable_partial
from llmauto_tools.stats.relate_words import TOLD, regression_words

Method = Literal["auto", "correlation", "ols", "logit"]

MAX_TERMS = 200
SHOWN_TERMS = 40
DRAWN_TERMS = 25
ROWS_PER_TERM = 10
HIGH_INFLATION = 10.0


@dataclass(frozen=True)
class Wanted:
    """What is related to what, and how."""

    target: str
    features: tuple[str, ...] | None
    method: Method
    robust: Robust
    interactions: tuple[tuple[str, str], ...]
    controls: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """One feature in a fitted model: its terms' joint test, and its association given the others."""

    name: str
    df: int
    statistic: float
    p: float
    partial: float | None
    """Partial correlation of a single term, else the root of the partial R squared (OLS)."""
    alone: float | None
    is_control: bool


def relate(data: Data, wanted: Wanted, settings: Settings) -> ToolResult:
    """Two columns: the test that fits their kinds. Several: a regression. See the tool's page."""
    single = wanted.features is not None and len(wanted.features) == 1
    if wanted.method == "correlation" or (
        wanted.method == "auto" and single and not wanted.controls and not wanted.interactions
    ):
        return _correlations(data, wanted, settings)
    target = read_target(data, wanted.target)
    method = _method(target, wanted)
    chosen = choose_features(data, wanted.target, wanted.features, wanted.controls)
    _refuse_unknown_interactions(wanted, chosen)
    names = [(_spelt(chosen, a), _spelt(chosen, b)) for a, b in wanted.interactions]
    design = build_design(data, target.sql, chosen.all, names)
    _refuse_design(design, target)
    fit = fit_ols(design, wanted.robust) if method == "ols" else fit_logit(design, wanted.robust)
    return _result(data, target, chosen, fit, settings)


def _correlations(data: Data, wanted: Wanted, settings: Settings) -> ToolResult:
    """Each feature's own association with the target, the test chosen by their kinds."""
    if wanted.controls or wanted.interactions:
        raise InvalidArguments(
            "Controls and interactions need a regression.", "Leave `method` out, or give ols or logit."
        )
    features = wanted.features
    if features is None:
        features = tuple(f.column.name for f in choose_features(data, wanted.target, None, ()).features)
    if len(features) == 1:
        found = answer(data, Asked(wanted.target, other=features[0]), settings)
    else:
        found = answer_many(data, features, Asked(features[0], other=wanted.target), settings)
    found.figures |= {"method": "correlation", "target": wanted.target, "features": list(features)}
    return found


def _method(target: Target, wanted: Wanted) -> Literal["ols", "logit"]:
    """The regression that suits the target. Raises InvalidArguments for a target that it does not fit."""
    is_number = target.facts.column.family == "number"
    if not is_number and target.level is None:
        raise InvalidArguments(
            f"The target '{target.name}' has more than two categories, which neither OLS nor logit explains.",
            "Use method='correlation', or train_model for a classifier.",
        )
    if wanted.method == "logit" and target.level is None:
        raise InvalidArguments(
            f"The target '{target.name}' is a number, and logit needs two categories.", "Use method='ols'."
        )
    if wanted.method in ("ols", "logit"):
        return "ols" if wanted.method == "ols" else "logit"
    return "logit" if target.level is not None else "ols"


def _spelt(chosen: Chosen, name: str) -> str:
    return next(f.column.name for f in chosen.all if f.column.name.casefold() == name.casefold())


def _refuse_unknown_interactions(wanted: Wanted, chosen: Chosen) -> None:
    known = {f.column.name.casefold() for f in chosen.all}
    for a, b in wanted.interactions:
        for name in (a, b):
            if name.casefold() not in known:
                raise InvalidArguments(
                    f"'{name}' of an interaction is neither a feature nor a control.", "Add it to `features`."
                )
        if a.casefold() == b.casefold():
            raise InvalidArguments(f"'{a}' cannot interact with itself.", "Name two columns.")


def _refuse_design(design: Design, target: Target) -> None:
    if design.width > MAX_TERMS:
        raise InvalidArguments(
            f"The regression would have {design.width} coefficients, and at most {MAX_TERMS} are fitted.",
            "Name fewer features.",
        )
    if design.n < design.width + 2:
        raise InvalidArguments(
            f"Only {design.n:,} rows have a value in every column, too few for {design.width} coefficients.",
            "Name fewer features, or ones with fewer missing values.",
        )
    if target.level is not None and not 0 < design.y_centre < 1:
        raise InvalidArguments(
            f"In the rows with a value in every column '{target.name}' has one value only.",
            "Name features with fewer missing values.",
        )


# ---- the result


def _result(data: Data, target: Target, chosen: Chosen, fit: Fit, settings: Settings) -> ToolResult:
    parts = parts_of(fit, chosen)
    figures = _figures(target, fit, parts, settings)
    columns, rows = coefficients(fit, settings.alpha)
    return ToolResult(
        table=table_of(columns, rows[:SHOWN_TERMS], tables=[data.table.name]),
        figures=figures,
        text=regression_words(target, fit, parts, figures, settings),
        sections=_sections(fit, parts, settings.alpha),
        charts=[_chart(target, fit, settings)],
        notes=_notes(target, chosen, fit),
        seed=settings.seed,
    )


def parts_of(fit: Fit, chosen: Chosen) -> list[Part]:
    """Each feature of a fit with the joint test of its terms, features first, then controls."""
    terms = fit.design.terms
    alone = fit.alone()
    controls = {f.column.name for f in chosen.controls}
    found = []
    for name in dict.fromkeys(t.feature for t in terms):
        indexes = [i for i, t in enumerate(terms, start=1) if t.feature == name]
        statistic, p = fit.wald(indexes)
        single = indexes[0] if len(indexes) == 1 else None
        own = float(alone[single]) if single is not None else None
        found.append(Part(name, len(indexes), statistic, p, _partial(fit, indexes), own, name in controls))
    return sorted(found, key=lambda part: (part.is_control, part.p, -abs(part.partial or 0)))


def _partial(fit: Fit, indexes: Sequence[int]) -> float | None:
    """The correlation that is left when the other terms are held: signed for one term, else without a sign."""
    if fit.method != "ols":
        return None
    f, _ = fit.wald(indexes, plain=True)
    size = math.sqrt(f * len(indexes) / (f * len(indexes) + fit.df))
    return math.copysign(size, float(fit.beta[indexes[0]])) if len(indexes) == 1 else size


def coefficients(fit: Fit, alpha: float) -> tuple[list[str], list[list[JsonValue]]]:
    """The table of coefficients; a logit also has odds ratios."""
    import numpy as np

    half, errors, p = fit.half_widths(alpha), fit.errors(), fit.p_values()
    standardised, inflation = fit.standardised(), fit.inflation()
    names = ["term", "coefficient", "std_error", "ci_low", "ci_high", "p_value", "standardised", "vif"]
    if fit.method == "logit":
        names += ["odds_ratio", "odds_low", "odds_high"]
    rows: list[list[JsonValue]] = []
    for i, name in enumerate(fit.design.names):
        b, h = float(fit.beta[i]), float(half[i])
        vif = None if i == 0 else float(inflation[i])
        row: list[JsonValue] = [name, b, float(errors[i]), b - h, b + h, float(p[i]),
                                None if i == 0 else float(standardised[i]), vif]  # fmt: skip
        if fit.method == "logit":
            row += [float(v) for v in np.exp(np.clip([b, b - h, b + h], -700, 700))]
        rows.append(row)
    return names, rows


def _figures(target: Target, fit: Fit, parts: Sequence[Part], settings: Settings) -> dict[str, JsonValue]:
    features = [p for p in parts if not p.is_control]
    clear = [p.name for p in features if p.p < settings.alpha]
    figures: dict[str, JsonValue] = {
        "test": fit.method, "method": fit.method, "target": target.name, "n": fit.n, "alpha": settings.alpha,
        "confidence": 1 - settings.alpha, "robust": fit.robust, "power": settings.power,
        "r_squared" if fit.method == "ols" else "pseudo_r_squared": fit.fit_share,
        "features": [p.name for p in features], "clear_features": clear,
        "controls": [p.name for p in parts if p.is_control],
        "references": {name: levels.reference for name, levels in fit.design.levels.items()},
        "detectable_partial": detectable_partial(fit.n, fit.design.width, settings.alpha, settings.power),
        "model_statistic": fit.statistic, "model_p": fit.p,
    }  # fmt: skip
    if fit.adjusted is not None:
        figures["r_squared_adjusted"] = fit.adjusted
    if target.level is not None:
        figures |= {"level": target.level, "share": fit.design.y_centre}
    figures |= _main_effect(fit, features, settings)
    for part in [f for f in features if f.p < settings.alpha and f.df == 1][:TOLD]:
        i = next(i for i, t in enumerate(fit.design.terms, start=1) if t.feature == part.name)
        figures[f"coefficient of {fit.design.names[i]}"] = float(fit.beta[i])
        figures[f"p_value of {fit.design.names[i]}"] = part.p
    return figures


def _main_effect(fit: Fit, features: Sequence[Part], settings: Settings) -> dict[str, JsonValue]:
    """The one feature's coefficient where there is one, else the whole model."""
    single = (
        [i for i, t in enumerate(fit.design.terms, start=1) if t.feature == features[0].name]
        if features
        else []
    )
    if len(features) == 1 and len(single) == 1:
        i = single[0]
        half = float(fit.half_widths(settings.alpha)[i])
        b = float(fit.beta[i])
        return {
            "statistic": b / float(fit.errors()[i]), "p_value": float(fit.p_values()[i]), "effect": b,
            "effect_name": f"coefficient of {fit.design.names[i]}", "ci_low": b - half, "ci_high": b + half,
            "significant": bool(fit.p_values()[i] < settings.alpha),
        }  # fmt: skip
    low, high = (None, None)
    if fit.method == "ols":
        low, high = share_interval(fit.fit_share, fit.design.width - 1, fit.df, fit.n, settings.alpha)
    return {
        "statistic": fit.statistic, "p_value": fit.p, "effect": fit.fit_share, "ci_low": low, "ci_high": high,
        "effect_name": "R squared" if fit.method == "ols" else "McFadden's pseudo R squared",
        "significant": fit.p < settings.alpha,
    }  # fmt: skip


def _sections(fit: Fit, parts: Sequence[Part], alpha: float) -> list[Section]:
    kind = "F" if fit.method == "ols" else "chi-square"
    rows = [
        (p.name, "control" if p.is_control else "feature", p.df, p.statistic, p.p, p.partial, p.alone)
        for p in parts
    ]
    names = ("column", "role", "terms", kind, "p_value", "partial", "alone")
    note = "partial: correlation given the other columns; alone: without them" if fit.method == "ols" else (
        "alone: correlation with the target without the other columns")  # fmt: skip
    found = [section("columns given the others", names, rows, note)]
    if fit.method == "logit":
        found.append(_odds_section(fit, alpha))
    if fit.checks:
        checks = [(c.name, c.statistic, c.p, c.verdict) for c in fit.checks]
        found.append(section("residuals", ("check", "statistic", "p_value", "verdict"), checks))
    if fit.influential:
        found.append(
            section("rows of most influence", ("cooks_distance", "value", "fitted"), fit.influential)
        )
    return found


def _odds_section(fit: Fit, alpha: float) -> Section:
    """Odds ratios of a standard deviation more of a number, or of a level against its reference."""
    import numpy as np

    rows = []
    scaled, half = fit.standardised(), fit.half_widths(alpha)
    for i, name in enumerate(fit.design.names[: SHOWN_TERMS + 1]):
        if i > 0:
            reach = half[i] * (scaled[i] / fit.beta[i] if fit.beta[i] else 1.0)
            rows.append(
                (name, *np.exp(np.clip([scaled[i], scaled[i] - reach, scaled[i] + reach], -700, 700)))
            )
    return section(
        "odds ratios per standard deviation or level", ("term", "odds_ratio", "odds_low", "odds_high"), rows
    )


def _chart(target: Target, fit: Fit, settings: Settings) -> dict[str, Any]:
    """Standardised coefficients with their intervals; odds ratios per standard deviation on a log scale."""
    import numpy as np

    standardised = fit.standardised()
    scale = np.divide(standardised, fit.beta, out=np.ones_like(fit.beta), where=fit.beta != 0)
    half = fit.half_widths(settings.alpha) * np.abs(scale)
    rows = [
        (name, float(b), float(b - h), float(b + h))
        for name, b, h in zip(fit.design.names, standardised, half, strict=True)
        if name != INTERCEPT
    ]
    rows.sort(key=lambda row: -abs(row[1]))
    axis = "standardised coefficient" if fit.method == "ols" else "log odds per standard deviation or level"
    return pictures.intervals(f"what goes with {target.label}", axis, rows[:DRAWN_TERMS], 0.0)


def _notes(target: Target, chosen: Chosen, fit: Fit) -> list[str]:
    notes = [*chosen.notes]
    rows = target.facts.rows
    if fit.n < rows:
        notes.append(
            f"{rows - fit.n:,} of {rows:,} rows lack a value in one of the columns and are left out."
        )
        for facts in (target.facts, *chosen.all):
            notes += [n for n in left_out(facts) if "infinite" in n or facts.missing > 0.2 * rows]
    references = [f"{name}: {levels.reference}" for name, levels in fit.design.levels.items()]
    if references:
        notes.append(f"Levels are compared with the most frequent one ({'; '.join(references)}).")
    if target.level is not None and fit.method == "logit":
        notes.append(f"The model is of the odds of {target.label}, with the sandwich errors of Logit.")
    fewer = min(fit.design.y_centre, 1 - fit.design.y_centre) * fit.n if fit.method == "logit" else fit.n
    if fewer < ROWS_PER_TERM * fit.design.width:
        what = "rows of the rarer level" if fit.method == "logit" else "rows"
        notes.append(
            f"There are fewer than {ROWS_PER_TERM} {what} per coefficient: take the figures as hints."
        )
    inflation = fit.inflation()[1:]
    tangled = [name for name, v in zip(fit.design.names[1:], inflation, strict=True) if v > HIGH_INFLATION]
    if tangled:
        notes.append(
            f"Columns overlap strongly with others (VIF above {HIGH_INFLATION:g}): {named(tangled)}."
        )
    if any(t.parts for t in fit.design.terms):
        notes.append("With an interaction a column's own coefficient holds where the other one is 0.")
    if len(fit.design.names) > SHOWN_TERMS:
        notes.append(f"The first {SHOWN_TERMS} of {len(fit.design.names)} coefficients are shown.")
    return [*notes, *fit.notes]
