"""Select features: the whole way from a table to a ranking and its score."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import find_column, find_columns, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.features.candidates import LeftOut, by_type, by_values
from llmauto_tools.features.curve import Curve, counts_for, score_curve
from llmauto_tools.features.filters import Sums
from llmauto_tools.features.folds import make_folds
from llmauto_tools.features.leaks import find_leaks
from llmauto_tools.features.matrix import Matrix, batches, read_sample, sample_rows, value_sql
from llmauto_tools.features.pace import OutOfTime, Pace
from llmauto_tools.features.ranking import (
    DEFAULT_METHODS,
    WRAPPERS,
    Data,
    Method,
    Ranking,
    rank_features,
    screen,
)
from llmauto_tools.features.target import Target, Task, read_target
from llmauto_tools.schema import Column, Table

if TYPE_CHECKING:
    import numpy as np

    from llmauto_tools.workspace import Workspace


@dataclass(frozen=True)
class Request:
    """What is asked for; the tool's arguments with the table and columns looked up."""

    table: Table
    target: Column
    candidates: tuple[Column, ...]
    count: int | None
    methods: tuple[Method, ...]
    task: Task | None
    group: Column | None
    time: Column | None
    seed: int
    budget: float


@dataclass(frozen=True)
class Selection:
    """What came out. `ranking` and `curve` speak of the features of `matrix` by position."""

    request: Request
    target: Target
    matrix: Matrix
    sample: int
    """Rows that the models saw."""
    left_out: tuple[LeftOut, ...]
    ranking: Ranking
    curve: Curve
    count: int
    methods: tuple[Method, ...]
    """The measures that ran."""
    positions: tuple[int, ...]
    """Where each feature of `matrix` stands in the orders of `curve` (a wide table is screened anew in each
    fold)."""
    candidates: int
    """Columns from which was chosen, those that were screened away included."""
    notes: tuple[str, ...]

    @property
    def kept(self) -> list[int]:
        return self.ranking.order[: self.count]


def request_of(
    table: Table,
    target: str,
    features: Sequence[str] | None = None,
    count: int | None = None,
    methods: Sequence[Method] | None = None,
    task: Task | None = None,
    group: str | None = None,
    time: str | None = None,
    seed: int = 0,
    budget: float = 60.0,
) -> Request:
    """Look the columns up. Raises InvalidArguments with the nearest name for one that is not there."""
    return Request(
        table,
        find_column(table, target),
        tuple(find_columns(table, features)),
        count,
        tuple(dict.fromkeys(methods)) if methods else DEFAULT_METHODS,
        task,
        find_column(table, group) if group else None,
        find_column(table, time) if time else None,
        seed,
        budget,
    )


def select(workspace: Workspace, request: Request, pace: Pace) -> Selection:
    """Select features from a table's columns.

    Filters see all rows; models, duplicates of categories and the score see a sample of up to 20,000 rows
    (fewer for a very wide table). Raises InvalidArguments where there is nothing to select from.
    """
    began = time.monotonic()
    pace.step("looking at the target")
    target = read_target(workspace, request.table.name, request.target, request.task)
    data, left_out, arrays, notes = _candidates(workspace, request, target, pace)
    notes = [*target.notes, *notes]
    data, left_out = _without_leaks(data, left_out)
    chosen = screen(data)
    groups, times = arrays
    folds, fold_notes = make_folds(data.y, data.task, groups=groups, times=times, seed=request.seed)
    ranking = _rank_all(workspace, request, target, data.keep(chosen), pace, began, len(folds))
    methods = tuple(m for m in request.methods if m in ranking.scores)
    curve = _curve(request, data, folds, methods, ranking, pace.within(None), began)
    count = _count(request, ranking, curve, notes)
    return Selection(
        request, target, data.matrix.keep(chosen), len(data.y), tuple(left_out), ranking, curve, count,
        methods, tuple(int(j) for j in chosen), len(data.matrix.columns), (*notes, *fold_notes, *_time_notes(request, ranking, curve)),
    )  # fmt: skip


Extra = tuple["np.ndarray | None", "np.ndarray | None"]


def _candidates(
    workspace: Workspace, request: Request, target: Target, pace: Pace
) -> tuple[Data, list[LeftOut], Extra, list[str]]:
    """The sample of the columns that can be features, those that cannot, and the sample's groups and times."""
    folding = [c for c in (request.group, request.time) if c is not None]
    columns, left_out = by_type(request.candidates, request.target.name, [c.name for c in folding])
    if not columns:
        raise _nothing_left(left_out)
    pace.step("reading a sample of the rows")
    expressions = [*map(value_sql, columns), target.sql, *_folding_sql(request)]
    arrays = read_sample(
        workspace, request.table.name, target, expressions, sample_rows(len(columns)), request.seed
    )
    matrix, out, infinite = by_values(columns, arrays[: len(columns)], target.rows)
    left_out += out
    if not len(matrix.columns):
        raise _nothing_left(left_out)
    y = target.numbers(arrays[len(columns)].combine_chunks())
    groups, times = _folding(request, arrays[len(columns) + 1 :])
    notes = [
        f"{name} has {n:,} infinite values (in the sample), which count as missing."
        for name, n in infinite.items()
    ]
    return Data(matrix, target.task, y, len(target.classes)), left_out, (groups, times), notes


def _folding_sql(request: Request) -> list[str]:
    found = [f"CAST({quoted(request.group.name)} AS VARCHAR)"] if request.group else []
    if request.time is not None:
        name = quoted(request.time.name)
        if request.time.family == "number":
            found.append(f"CAST({name} AS DOUBLE)")
        else:
            found.append(f"CAST(epoch(TRY_CAST(CAST({name} AS VARCHAR) AS TIMESTAMP)) AS DOUBLE)")
    return found


def _folding(request: Request, arrays: Sequence[Any]) -> Extra:
    """The groups as text and the times as numbers. Raises InvalidArguments for a time that is none."""
    import numpy as np

    remaining = list(arrays)
    groups = None
    if request.group is not None:
        groups = np.array([g if g is not None else "" for g in remaining.pop(0).to_pylist()])
    if request.time is None:
        return groups, None
    times = np.asarray(remaining.pop(0), dtype=np.float64)
    if np.isnan(times).any():
        raise InvalidArguments(
            f"'{request.time.name}' has rows whose time is missing or cannot be read as a date.",
            "Choose a complete date column for time, or turn the text into dates first.",
        )
    return groups, times


def _nothing_left(left_out: Sequence[LeftOut]) -> InvalidArguments:
    reasons = "; ".join(f"{o.name} {o.reason}" for o in left_out[:5])
    more = f"; and {len(left_out) - 5} more" if len(left_out) > 5 else ""
    return InvalidArguments(f"No column is left to select from: {reasons}{more}.", "Name other features.")


def _without_leaks(data: Data, left_out: list[LeftOut]) -> tuple[Data, list[LeftOut]]:
    """Leave out the columns that know the answer."""
    leaks = find_leaks(data.matrix, data.task, data.y)
    if not leaks:
        return data, left_out
    names = data.matrix.names
    found = [
        LeftOut(
            names[leak.feature], "leak",
            f"knows the answer: alone it reaches a {leak.metric} of {leak.score:.3f} on rows it had not seen",
        )
        for leak in leaks
    ]  # fmt: skip
    all_out = [*left_out, *found]
    gone = {leak.feature for leak in leaks}
    remaining = [j for j in range(len(names)) if j not in gone]
    if not remaining:
        raise _nothing_left(sorted(all_out, key=lambda o: o.cause != "leak"))
    return data.keep(remaining), all_out


def _rank_all(
    workspace: Workspace, request: Request, target: Target, data: Data, pace: Pace, began: float, folds: int
) -> Ranking:
    """The ranking of all rows: filters on every row, models on the sample."""
    sums = None
    if target.rows > len(data.y):
        sums = Sums(data.matrix, data.task, data.y)
        for matrix, y in batches(workspace, request.table.name, target, data.matrix):
            sums.add(matrix, y)
            pace.step("reading all rows", sums.rows / target.rows)

    def budget(left: int) -> float:
        # The curve needs about half of the time; a wrapper runs once here and once in each fold.
        return max(0.0, request.budget - (time.monotonic() - began)) * 0.5 / (left * (folds + 1))

    ranking = rank_features(data, request.methods, request.seed, pace, sums=sums, budget=budget)
    if not ranking.scores:
        raise OutOfTime(
            f"None of the measures asked for fits into {request.budget:g} seconds.",
            "Give more time with time_budget, or ask for quicker measures such as tree.",
        )
    return ranking


def _curve(
    request: Request,
    data: Data,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
    methods: Sequence[Method],
    ranking: Ranking,
    pace: Pace,
    began: float,
) -> Curve:
    features = len(ranking.order) - len(ranking.duplicates)
    asked = min(request.count, len(ranking.order)) if request.count is not None else None

    def rank(learned: Data) -> list[int]:
        chosen = screen(learned)
        order = rank_features(learned.keep(chosen), methods, request.seed, pace).order
        return [int(chosen[j]) for j in order]

    remaining = request.budget - (time.monotonic() - began)
    return score_curve(data, folds, counts_for(features, asked), rank, request.seed, pace.within(remaining))


def _count(request: Request, ranking: Ranking, curve: Curve, notes: list[str]) -> int:
    """As asked, at most all; else by the curve."""
    if request.count is None:
        return curve.one_standard_error()
    if request.count > len(ranking.order):
        notes.append(f"{request.count} features were asked for; there are only {len(ranking.order)}.")
    return min(request.count, len(ranking.order))


def _time_notes(request: Request, ranking: Ranking, curve: Curve) -> list[str]:
    notes = []
    from llmauto_tools.features.ranking import LABELS

    if ranking.skipped:
        names = ", ".join(LABELS[m] for m in ranking.skipped)
        notes.append(
            f"Skipped, because it would not fit into {request.budget:g} seconds inside every fold: {names}."
            " Give more with time_budget."
        )
    if len(curve.scores) < curve.planned:
        notes.append(f"The time allowed {len(curve.scores)} of {curve.planned} folds.")
    absent = [LABELS[m] for m in WRAPPERS if m not in request.methods]
    if absent and request.methods == DEFAULT_METHODS:
        notes.append(
            f"Not run by default, because they take longer: {', '.join(absent)} (name them in methods)."
        )
    return notes
