"""Run one question, or the same question of many columns, and word the answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from llmauto_tools.columns import find_columns
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.results import JsonValue, Section, ToolResult, section, table_of
from llmauto_tools.stats import words
from llmauto_tools.stats.case import Case, Settings
from llmauto_tools.stats.case_counts import CategoryCase, CrosstabCase, PairedTableCase
from llmauto_tools.stats.case_groups import GroupsCase
from llmauto_tools.stats.case_numbers import NumberCase, NumbersCase, PairsCase
from llmauto_tools.stats.data import Data
from llmauto_tools.stats.format import named, number, p_words
from llmauto_tools.stats.multiple import CORRECTIONS, corrected
from llmauto_tools.stats.outcome import TITLES, Choice, Kind, Outcome
from llmauto_tools.stats.posthoc import Pairs
from llmauto_tools.stats.power import Detectable, detectable
from llmauto_tools.stats.question import Shape, check_kind, read_question

CASES: dict[Shape, type[Case]] = {
    "one number": NumberCase, "one category": CategoryCase, "groups": GroupsCase, "paired groups": PairsCase,
    "numbers": NumbersCase, "paired numbers": PairsCase, "crosstab": CrosstabCase,
    "paired categories": PairedTableCase,
}  # fmt: skip

SHOWN_PAIRS = 20
MANY_ROWS = 10_000
COLUMNS = ("test", "statistic_name", "statistic", "df", "p_value", "n", "effect_name", "effect", "ci_low",
           "ci_high")  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """The columns of a question, as a person names them."""

    value: str
    by: str | None = None
    other: str | None = None
    kind: Kind | None = None
    paired: bool = False
    subject: str | None = None


@dataclass(frozen=True)
class Tested:
    """A question with its answer."""

    case: Case
    choice: Choice
    outcome: Outcome
    other: Outcome | None
    detectable: Detectable | None

    @property
    def significant(self) -> bool:
        return self.outcome.p < self.case.settings.alpha


def run_question(data: Data, asked: Asked, settings: Settings) -> Tested:
    """Choose the test (or take the one that was asked for) and run it with its alternative."""
    question = read_question(
        data, asked.value, asked.by, asked.other, asked.kind, asked.paired, asked.subject
    )
    check_kind(question, asked.kind)
    case = CASES[question.shape](data, question, settings)
    chosen = case.choose()
    if asked.kind is not None and asked.kind != chosen.kind:
        choice = Choice(asked.kind, "it was asked for", chosen.kind, chosen.checks)
    else:
        choice = chosen
    data.context.step(f"running the {TITLES[choice.kind]}")
    outcome = case.run(choice.kind)
    other = case.run(chosen.kind) if choice is not chosen else case.run_alternative(choice)
    found = detectable(
        choice.kind, case.sizes(), settings.alpha, settings.power, settings.alternative, case.df()
    )
    return Tested(case, choice, outcome, other, found)


def answer(data: Data, asked: Asked, settings: Settings) -> ToolResult:
    """The whole result of one question."""
    tested = run_question(data, asked, settings)
    case, outcome = tested.case, tested.outcome
    pairs = case.pairs(outcome.kind)
    figures = figures_of(tested)
    sentences = _sentences(tested)
    if settings.margin is not None:
        sentences.append(_equivalence(tested, settings.margin, figures))
    if pairs is not None:
        figures["pairs"] = len(pairs.pairs)
        figures["pairs_that_differ"] = sum(p.p_corrected < settings.alpha for p in pairs.pairs)
        sentences.append(_pairs_words(pairs, settings.alpha))
    return ToolResult(
        table=table_of(COLUMNS, [_row(o) for o in (outcome, tested.other) if o], tables=[data.table.name]),
        figures=figures,
        text=" ".join(sentences),
        sections=_sections(tested, pairs),
        charts=[case.chart()],
        notes=_notes(tested),
        seed=settings.seed,
    )


def _sentences(tested: Tested) -> list[str]:
    case, settings = tested.case, tested.case.settings
    unsure = not tested.significant and words.is_unsure(tested.detectable)
    found = [
        case.finding(tested.outcome, tested.significant, unsure),
        words.size_words(tested.outcome, settings.alpha),
        words.choice_words(tested.choice, tested.other, settings.alpha, tested.significant),
    ]
    if not tested.significant:
        found.append(words.power_words(tested.detectable, case.unit_of_detectable(), case.value))
    elif case.question.shape not in ("one number", "one category"):
        found.append("This is an association in these data, which says nothing about its cause.")
    return [sentence for sentence in found if sentence]


def _equivalence(tested: Tested, margin: float, figures: dict[str, JsonValue]) -> str:
    """Two one-sided tests, put into the figures and into words. Raises InvalidArguments where they do not fit."""
    p = tested.case.equivalence(margin)
    if p is None:
        raise InvalidArguments(
            "Equivalence within a margin is tested for two means, pairs, one mean against a number or two shares.",
            "Leave `margin` out, or keep two groups with `where`.",
        )
    equivalent = p < tested.case.settings.alpha
    figures |= {"margin": margin, "equivalence_p": p, "equivalent": equivalent}
    verdict = "is smaller than" if equivalent else "may be as large as"
    return f"The difference {verdict} the margin of {number(margin)} (equivalence test, {p_words(p)})."


def figures_of(tested: Tested) -> dict[str, JsonValue]:
    """The named scalars of a test."""
    outcome, effect, settings = tested.outcome, tested.outcome.effect, tested.case.settings
    figures: dict[str, JsonValue] = {
        "test": outcome.kind, "statistic": outcome.statistic, "p_value": outcome.p,
        "effect": effect.value if effect else None, "effect_name": effect.name if effect else None,
        "ci_low": effect.low if effect else None, "ci_high": effect.high if effect else None,
        "n": outcome.n, "significant": tested.significant, "alpha": settings.alpha,
        "confidence": 1 - settings.alpha, "alternative_test": tested.other.kind if tested.other else None,
        "alternative_p": tested.other.p if tested.other else None,
    }  # fmt: skip
    if tested.other is not None:
        figures["agrees"] = (tested.other.p < settings.alpha) == tested.significant
    if outcome.difference is not None:
        d = outcome.difference
        figures |= {"difference": d.value, "difference_low": d.low, "difference_high": d.high}
    figures |= tested.case.told(outcome)
    if tested.detectable is not None:
        found, unit = tested.detectable, tested.case.unit_of_detectable()
        figures |= {"power": found.power, "detectable_effect": found.effect, "detectable_unit": found.unit}
        if unit is not None and found.unit.startswith("standard deviations"):
            figures["detectable_difference"] = found.effect * unit
    return figures


def _row(outcome: Outcome) -> tuple[JsonValue, ...]:
    effect = outcome.effect
    df = ", ".join(f"{d:.6g}" for d in outcome.df) or None
    sizes = (effect.name, effect.value, effect.low, effect.high) if effect else (None,) * 4
    return (outcome.title, outcome.statistic_name, outcome.statistic, df, outcome.p, outcome.n, *sizes)


def _sections(tested: Tested, pairs: Pairs | None) -> list[Section]:
    found = [tested.case.summary()]
    effects = [*tested.outcome.effects]
    if tested.outcome.difference is not None and tested.outcome.difference not in effects:
        effects.append(tested.outcome.difference)
    if len(effects) > 1:
        rows = [(e.name, e.value, e.low, e.high, e.method) for e in effects]
        confidence = f"intervals at {100 * (1 - tested.case.settings.alpha):g}%"
        found.append(section("effect sizes", ("effect", "value", "low", "high", "method"), rows, confidence))
    if tested.choice.checks:
        checks = [(c.assumption, c.found, c.verdict) for c in tested.choice.checks]
        found.append(section("assumptions", ("assumption", "found", "verdict"), checks))
    if pairs is not None:
        found.append(_pairs_section(pairs))
    return found


def _pairs_section(pairs: Pairs) -> Section:
    ranked = sorted(pairs.pairs, key=lambda p: p.p_corrected)
    rows = [(p.first, p.second, p.effect, p.low, p.high, p.p, p.p_corrected) for p in ranked[:SHOWN_PAIRS]]
    note = pairs.method
    if len(ranked) > SHOWN_PAIRS:
        note += f"; the {SHOWN_PAIRS} with the smallest p-values of {len(ranked):,}"
    names = ("first", "second", pairs.effect_name, "low", "high", "p_value", "p_corrected")
    return section("pairs", names, rows, note)


def _pairs_words(pairs: Pairs, alpha: float) -> str:
    different = [f"{p.first} against {p.second}" for p in pairs.pairs if p.p_corrected < alpha]
    if not different:
        return f"Of the {len(pairs.pairs)} pairs none differs clearly after the correction for many tests."
    listed = f": {named(different)}" if len(different) <= 3 else ""
    return f"Of the {len(pairs.pairs)} pairs {len(different)} differ{listed} ({pairs.method.split(',')[0]})."


def _notes(tested: Tested) -> list[str]:
    notes = [*tested.case.notes, *tested.outcome.notes]
    effect, n = tested.outcome.effect, tested.outcome.n
    if tested.significant and n >= MANY_ROWS and effect is not None and is_small(effect.name, effect.value):
        notes.append(f"With {n:,} rows even a small effect is significant: look at its size.")
    if any(s < 10 for s in tested.case.sizes()) and tested.outcome.kind not in ("fisher", "mcnemar"):
        notes.append("There are fewer than 10 values in a group, so assumptions can hardly be checked.")
    if tested.other is not None and (tested.other.p < tested.case.settings.alpha) != tested.significant:
        notes.append("The two tests do not agree: take the result as a hint, not as an answer.")
    return list(dict.fromkeys(notes))


_SMALL = {"Hedges' g": 0.2, "omega squared": 0.01, "epsilon squared": 0.01, "Cramér's V": 0.1,
          "risk difference": 0.02}  # fmt: skip


def is_small(name: str, value: float) -> bool:
    """Whether an effect is below what Cohen (1988) calls small."""
    return math.isfinite(value) and abs(value) < _SMALL.get(name, 0.1)


# ---- many columns


def answer_many(data: Data, values: Sequence[str], asked: Asked, settings: Settings) -> ToolResult:
    """One row per column with p-values corrected for their number; a column that cannot be tested says why.

    Raises what the first column raises where none can be tested.
    """
    used = settings.correction or "holm"
    find_columns(data.table, [*values, *(c for c in (asked.by, asked.other) if c)])
    tested: list[Tested] = []
    failed: list[tuple[str, InvalidArguments]] = []
    for i, value in enumerate(values):
        data.context.step(f"testing {value}", i / len(values))
        try:
            tested.append(run_question(data, _of(asked, value), settings))
        except InvalidArguments as e:
            failed.append((value, e))
    if not tested:
        raise failed[0][1]
    fixed = corrected([t.outcome.p for t in tested], used)
    order = sorted(range(len(tested)), key=lambda i: (fixed[i], tested[i].outcome.p))
    rows = [
        (
            tested[i].case.question.value.column.name,
            *_row(tested[i].outcome),
            fixed[i],
            fixed[i] < settings.alpha,
        )
        for i in order
    ]
    names = ("column", *COLUMNS, "p_corrected", "significant")
    clear = [str(r[0]) for r in rows if r[-1]]
    first = tested[order[0]]
    figures = figures_of(first) | {
        "column": rows[0][0], "p_value": fixed[order[0]], "p_uncorrected": first.outcome.p,
        "significant": fixed[order[0]] < settings.alpha, "tested": len(tested),
        "clear": len(clear), "significant_columns": clear, "correction": used,
    }  # fmt: skip
    notes = [f"'{value}' was not tested: {e.message}" for value, e in failed]
    return ToolResult(
        table=table_of(names, rows, tables=[data.table.name]),
        figures=figures,
        text=_many_words(len(tested), clear, asked, CORRECTIONS[used]),
        charts=[first.case.chart()],
        notes=notes,
        seed=settings.seed,
    )


def _of(asked: Asked, value: str) -> Asked:
    return Asked(value, asked.by, asked.other, asked.kind, asked.paired, asked.subject)


def _many_words(count: int, clear: Sequence[str], asked: Asked, correction: str) -> str:
    by = f" by {asked.by}" if asked.by else f" with {asked.other}" if asked.other else ""
    corrected_words = f"after {correction}'s correction for {count} tests"
    if not clear:
        return f"Of {count} columns tested{by} none shows a clear effect {corrected_words}."
    return (
        f"Of {count} columns tested{by}, {len(clear)} show a clear effect {corrected_words}: {named(clear)}."
        " The table has the test, its p-values and the effect of each."
    )
