"""Facts over time: trend, change point, odd periods, seasonality, the last change; whole and by group."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.insights import courses
from llmauto_tools.insights import significance as s
from llmauto_tools.insights.layout import Layout, Measure
from llmauto_tools.insights.model import Candidate, Kind
from llmauto_tools.insights.passes import Moments
from llmauto_tools.insights.periods import ENOUGH, UNITS, Series, Timeline, Unit, coarser, start_of

Values = NDArray[np.float64]
Form = str
MIN_RATIO = 0.8
"""The part of the periods in which a group must have rows."""
POINT_COVERAGE = 0.6
SEASON_FILLED = 0.15
"""Of the positions of a season: those without rows tell about it too."""
GROUP_ROWS = 5
"""Rows of a group per period, on average, for its course to be followed: fewer tests, each of which can tell."""
MIN_FILLED = 0.5
"""The part of the periods that must have rows for their number to be followed."""
GROUP_SURPRISE = 1.15
SEASONS: tuple[tuple[str, Unit, Unit], ...] = (("weekday", "day", "week"), ("hour", "hour", "day"), ("month", "month", "year"))  # fmt: skip
"""The season's name, the unit of its positions, the unit of its cycle."""


@dataclass(frozen=True)
class Course:
    """One series of values: of the rows, a measure's mean or total, a rate, the share of missing values.

    form: rows, mean, total, missing; share (a group's share of the rows), against (a group's mean less that
    of the others). `positive`: sizes, whose changes are told as ratios.
    """

    form: Form
    columns: tuple[str, ...]
    values: Values
    weights: Values
    positive: bool
    deviation: float
    """Of single rows, for changes of means."""
    group: tuple[str, str] | None = None
    rate: bool = False
    coverage: float = 1.0
    noise: float = 0.0
    """The variance that sampling gives a value of weight 1; 0 where it is not known."""
    others: Values | None = None
    """For `against`: the means of the other groups."""


def time_facts(layout: Layout, timeline: Timeline | None, step: Callable[[], None]) -> Iterator[Candidate]:
    """The candidates of every course."""
    if timeline is None or layout.time is None:
        return
    whole = timeline.whole
    for course in whole_courses(layout, whole):
        yield from _shape_facts(course, whole)
    for series in _for_points(timeline):
        for course in whole_courses(layout, series):
            yield from _point_facts(course, series)
    for name, position, cycle in SEASONS:
        yield from _season_facts(layout, timeline, name, position, cycle)
    yield from _last_facts(layout, timeline)
    for key, part in timeline.levels.items():
        step()
        for course in group_courses(layout, whole, part, key):
            yield from _shape_facts(course, whole)
            yield from _point_facts(course, whole)


# ---- courses


def whole_courses(layout: Layout, series: Series, filled_least: float = MIN_FILLED) -> Iterator[Course]:
    """The courses of the whole table; sizes only where this part of the periods has rows."""
    assert layout.time is not None
    time, n, length = layout.time.columns, series.rows, lengths(series)
    filled = float((n > 0).mean()) if n.size else 0.0
    if layout.target is None and filled >= filled_least and n.max() > n.min():
        yield Course(
            "rows",
            time,
            n / length,
            np.ones(len(n)),
            True,
            math.sqrt(max(float(n.mean()), 1.0)),
            noise=float(n.mean()),
        )
    for m in layout.measures:
        if not layout.wanted(m.column):
            continue
        moments = series.moments[m.column]
        mean = np.where(moments.n > 0, moments.mean, np.nan)
        columns = (*time, m.column)
        if m.additive and filled >= filled_least and moments.n.max(initial=0) > 1:
            yield Course("total", columns, moments.total / length, np.ones(len(n)), True, m.std)
        yield Course(
            "mean", columns, mean, moments.n, m.low >= 0 and not m.rate, m.std, rate=m.rate, noise=_within(moments)
        )  # fmt: skip
    for gap in layout.gaps:
        if layout.wanted(gap.column):
            share = np.divide(series.gaps[gap.column], n, out=np.full(len(n), np.nan), where=n > 0)
            yield Course(
                "missing", (*time, gap.column), share, n, False, 1.0, rate=True, noise=_of_shares(share, n)
            )


def _too_thin(rows: Values) -> bool:
    """Few rows per period that come by chance; a table with one row per group and period is not thin."""
    mean = float(rows.mean()) if rows.size else 0.0
    return mean < GROUP_ROWS and float(rows.var()) > 0.3 * mean


def _within(moments: Moments) -> float:
    """The pooled variance of rows within periods; 0 where no period has two."""
    df = np.maximum(moments.n - 1, 0)
    return float((df * moments.variance).sum() / df.sum()) if df.sum() > 0 else 0.0


def _of_shares(share: Values, n: Values) -> float:
    known = n > 0
    return float((n * share * (1 - share))[known].sum() / n[known].sum()) if known.any() else 0.0


def lengths(series: Series) -> Values:
    """The length of each period, 1 on average: sizes by month are compared per day, February is no drop."""
    if series.unit in ("hour", "day", "week"):
        return np.ones(len(series.rows))
    starts = [start_of(int(i), series.unit) for i in (*series.index, series.first + len(series.rows))]
    days = np.array([(b - a).days for a, b in itertools.pairwise(starts)], dtype=float)
    return np.asarray(days / days.mean())


def group_courses(layout: Layout, whole: Series, part: Series, key: tuple[str, str]) -> Iterator[Course]:
    """The courses of one level of a category, each against the other levels."""
    assert layout.time is not None
    column, _ = key
    n, time = whole.rows, layout.time.columns
    coverage = float(part.rows.sum() / max(n.sum(), 1))
    category = layout.category(column)
    two = category is not None and category.boolean  # its rate is a course of its own
    if _too_thin(part.rows):
        return
    if layout.wanted(column) and n.max(initial=0) > 1 and not two:
        share = np.divide(part.rows, n, out=np.full(len(n), np.nan), where=n > 0)
        yield Course(
            "share",
            (*time, column),
            share,
            n,
            False,
            1.0,
            key,
            True,
            max(coverage, 0.3),
            _of_shares(share, n),
        )
    for m in layout.measures:
        if m.column == column or not layout.wanted(column, m.column):
            continue
        mine, all_rows = part.moments[m.column], whole.moments[m.column]
        rest = all_rows.n - mine.n
        both = (mine.n > 0) & (rest > 0)
        if both.mean() < MIN_RATIO:
            continue
        others = np.divide(all_rows.total - mine.total, rest, out=np.full(len(n), np.nan), where=both)
        weight = np.where(both, mine.n * rest / np.maximum(mine.n + rest, 1), 0)
        yield Course(
            "against", (*time, m.column, column), np.where(both, mine.mean - others, np.nan), weight, False, m.std, key,
            m.rate, max(coverage, 0.3), _within(all_rows), others,
        )  # fmt: skip


# ---- facts


def season_of(series: Series) -> NDArray[np.int64] | None:
    """The positions of the season to take away from a course, where there are enough periods for it."""
    if series.unit == "day" and len(series.rows) >= 42:
        return (series.index + 3) % 7
    if series.unit == "hour" and len(series.rows) >= 96:
        return series.index % 24
    if series.unit == "month" and len(series.rows) >= 36:
        return series.index % 12
    return None


def _shape_facts(course: Course, series: Series) -> Iterator[Candidate]:
    shape = best_shape(course, season_of(series))
    if shape is None:
        return
    size = magnitude(course, shape.before, shape.after)
    effect = math.sqrt(shape.fit * size)
    surprise = GROUP_SURPRISE if course.group else 1.0
    forms: tuple[tuple[Kind, float, bool], ...] = (
        ("trend", shape.line_p, not shape.is_step),
        ("change_point", shape.step_p, shape.is_step),
    )
    for kind, p, is_it in forms:
        # The shape that fits less well was tested too, and counts among the tests, but is not told.
        yield Candidate(
            _kind(course, kind), _form(course, kind), course.columns, p if is_it else 1.0, effect if is_it else 0.0,
            "fit and size of the change", course.coverage, surprise, course.group,
            {"unit": series.unit, "at": int(series.index[shape.at]), "first": int(series.first),
             "last": int(series.index[-1]), "course": course.form, "rises": shape.after > shape.before},
        )  # fmt: skip


def best_shape(course: Course, season: NDArray[np.int64] | None) -> courses.Shape | None:
    """The shape of a course; of sizes, in logarithms where growth by a rate fits better (p times two)."""
    shape = courses.find_shape(course.values, course.weights, season, course.noise)
    if shape is None or not course.positive or np.nanmin(course.values) <= 0:
        return shape
    grown = courses.find_shape(np.log(course.values), course.weights, season)
    if grown is None:
        return shape
    fitting = min(shape, grown, key=lambda one: min(one.line_p, one.step_p))
    # Sizes before and after are told as they are, not in logarithms.
    ends = (
        (shape.before, shape.after)
        if fitting.is_step == shape.is_step
        else (math.exp(grown.before), math.exp(grown.after))
    )
    return replace(
        fitting,
        line_p=s.bounded(fitting.line_p, 2),
        step_p=s.bounded(fitting.step_p, 2),
        before=ends[0],
        after=ends[1],
    )


def _kind(course: Course, kind: Kind) -> Kind:
    return "missing_pattern" if course.form == "missing" else kind


def _form(course: Course, kind: str) -> str:
    return f"{kind}_{course.form}"


def magnitude(course: Course, before: float, after: float) -> float:
    """The size of a change, 0 to 1: of sizes their ratio, of shares Cohen's h, of means in deviations of rows."""
    if course.rate and course.form != "against":
        return s.from_d(_h(before, after))
    if course.positive and course.form in ("rows", "total"):
        return s.from_ratio(max(before, 0.0), max(after, 0.0))
    if course.rate:
        base = float(np.nanmean(course.others)) if course.others is not None else 0.5
        return s.from_d(_h(base + before, base + after))
    return s.from_d((after - before) / course.deviation) if course.deviation > 0 else 0.0


def _h(p: float, q: float) -> float:
    """Cohen's h (1988), the difference of two shares that counts alike near 0 and in the middle."""
    p, q = min(max(p, 0.0), 1.0), min(max(q, 0.0), 1.0)
    return 2 * math.asin(math.sqrt(p)) - 2 * math.asin(math.sqrt(q))


def _for_points(timeline: Timeline) -> list[Series]:
    """The periods of the whole, and days where most have rows: one odd day drowns in a week."""
    fine = timeline.fine if timeline.fine.unit != "hour" else coarser(timeline.fine, "day")
    finer = UNITS.index(fine.unit) > UNITS.index(timeline.whole.unit)
    if finer and fine.unit == "day" and len(fine.rows) <= 1_500 and (fine.rows > 0).mean() >= MIN_RATIO:
        return [timeline.whole, _inner(fine)]
    return [timeline.whole]


def _inner(series: Series) -> Series:
    """Without the first and the last period, which may be covered in part only."""
    from llmauto_tools.insights.periods import cut

    return cut(series, slice(1, len(series.rows) - 1)) if len(series.rows) > 30 else series


def _point_facts(course: Course, series: Series) -> Iterator[Candidate]:
    found = courses.odd_period(_periods(course, series))
    if found is None:
        return
    at, p, t = found
    usual = np.delete(course.values, at)
    size = magnitude(course, float(np.nanmedian(usual)), float(course.values[at]))
    yield Candidate(
        _kind(course, "outlier"), _form(course, "outlier"), course.columns, p, math.sqrt(size * s.from_d(t / 3)),
        "size of the deviation", POINT_COVERAGE * course.coverage, 1.2 * (GROUP_SURPRISE if course.group else 1.0),
        course.group,
        {"unit": series.unit, "at": int(series.index[at]), "course": course.form, "first": int(series.first),
         "last": int(series.index[-1])},
    )  # fmt: skip


def _periods(course: Course, series: Series) -> courses.Periods:
    exact = course.rate and course.form != "against"
    return courses.Periods(
        course.values,
        course.weights,
        season_of(series),
        course.noise,
        course.positive,
        course.form == "rows",
        exact,
    )


def _season_facts(
    layout: Layout, timeline: Timeline, name: str, position: Unit, cycle: Unit
) -> Iterator[Candidate]:
    fine = timeline.fine
    if UNITS.index(fine.unit) < UNITS.index(position):
        return
    series = fine if fine.unit == position else coarser(fine, position)
    if position == "month" and timeline.span.days > 40 and len(series.rows) > 25:
        series = _inner(series)
    if (series.rows > 0).mean() < SEASON_FILLED or len(series.rows) < 3 * {"day": 7, "hour": 24, "month": 8}[
        position
    ]:
        return
    places, cycles = positions_of(series, name)
    for course in whole_courses(layout, series, SEASON_FILLED):
        found = courses.season_test(course.values, course.weights, places, cycles)
        if found is None:
            continue
        p, explained, effect = found
        used = effect[np.bincount(places, minlength=len(effect)) > 0]
        centre = float(np.nanmean(course.values))
        size = magnitude(course, centre + float(used.min()), centre + float(used.max()))
        yield Candidate(
            _kind(course, "seasonality"), _form(course, "season"), course.columns, p, math.sqrt(explained * size),
            "share of the variance within cycles, and size", course.coverage, 1.0, None,
            {"season": name, "course": course.form, "unit": position, "first": int(series.first),
             "last": int(series.index[-1])},
        )  # fmt: skip


def positions_of(series: Series, season: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The position within the season and the number of the cycle of each period. Monday, January: 0."""
    index = series.index
    if season == "weekday":
        return (index + 3) % 7, (index + 3) // 7
    size = 24 if season == "hour" else 12
    return index % size, index // size


def _last_facts(layout: Layout, timeline: Timeline) -> Iterator[Candidate]:
    """The last complete period against the one before."""
    unit = timeline.whole.unit
    series = timeline.whole
    if len(series.rows) < ENOUGH // 3:
        return
    for course in whole_courses(layout, series):
        if course.form == "missing":
            continue
        found = courses.last_change(course.values)
        if found is None:
            continue
        p, t = found
        size = magnitude(course, float(course.values[-2]), float(course.values[-1]))
        if np.isnan(size):
            continue
        yield Candidate(
            "change", _form(course, "last"), course.columns, p, math.sqrt(size * s.from_d(t / 2)), "size of the change",
            POINT_COVERAGE, 0.9, None, {"unit": unit, "at": int(series.index[-1]), "course": course.form},
        )  # fmt: skip


def measure_of(layout: Layout, candidate: Candidate) -> Measure | None:
    """The measure that a fact over time is about, if any."""
    assert layout.time is not None
    others = [c for c in candidate.columns if c not in layout.time.columns]
    return layout.measure(others[0]) if others else None
