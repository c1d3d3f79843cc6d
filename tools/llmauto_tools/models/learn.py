"""The course of a training: presets, tuning, a blend, calibration and threshold, all within the time."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmauto_tools.extras import require
from llmauto_tools.models.blend import Blend, Fitted, Member
from llmauto_tools.models.calibrate import best_threshold, cheapest_threshold, choose_calibration
from llmauto_tools.models.candidates import presets, wants_logarithm
from llmauto_tools.models.ensemble import blended, select_blend
from llmauto_tools.models.learners import Candidate, Clock, Data, Problem, fastest_threads
from llmauto_tools.models.metrics import class_numbers, search_metric
from llmauto_tools.models.search import MakeEncoder, Rows, Search, Tried
from llmauto_tools.models.tune import tune

if TYPE_CHECKING:
    import numpy as np

    from llmauto_tools.models.metrics import Metric
    from llmauto_tools.models.splits import Design, Fold

SEARCH_CELLS = 2_500_000
"""Rows × inputs that a candidate of the search is fitted on; the last model takes all rows."""

SMALL_CELLS = 150_000
"""On smaller tables a second thread costs more than it saves."""

_TUNING_SHARE = 0.7
"""What tuning may take of the time after the presets; the rest averages over further folds."""

_MODELS_WANTED = 7
"""Folds are given up until so many candidates as slow as the first one fit into the time."""

_FEW_ROWS = 5_000
"""With fewer rows one fold says too little: three stay, whatever the time."""

_PRESET_SHARE = 0.6
_FULL_SHARE = 0.4
_LOSSES = {"neg_mean_absolute_error": "l1", "neg_median_absolute_error": "l1",
           "neg_mean_absolute_percentage_error": "mape"}  # fmt: skip

Report = Callable[[str, float | None], None]


@dataclass
class Learned:
    """What came of the training. oof: the blend's calibrated out-of-fold predictions, NaN where none."""

    blend: Blend
    members: list[tuple[Tried, float]]
    search: Search
    oof: np.ndarray
    threshold: float | None
    trials: int
    searched_rows: int
    whole: bool
    """Whether some candidate was fitted on all training rows."""
    notes: list[str] = field(default_factory=list)


def learn(
    rows: Rows,
    design: Design,
    folds: list[Fold],
    make_encoder: MakeEncoder,
    metric: Metric,
    cost: tuple[float, float] | None,
    clock: Clock,
    report: Report,
    threads: int,
    seed: int,
    test_rows: int,
    testing: float,
    trials: int | None = None,
) -> Learned:
    """Train on `rows` until the clock ends. cost: (false positive, false negative) of a wrong row.

    test_rows, testing: so many rows are to be predicted afterwards, in about so many seconds. trials: the
    search has exactly so many and nothing hangs on the time (the clock never ends then).
    """
    threadpool_limits = require("threadpoolctl", "Training a model", "ml").threadpool_limits

    small = rows.frame.size < SMALL_CELLS
    # Linear algebra on small matrices gains nothing from threads, and loses much on a busy machine.
    with threadpool_limits(1, user_api="blas"):
        return _learn(
            rows, design, folds, make_encoder, metric, cost, clock, report, 1 if small else threads, seed,
            test_rows, testing, trials,
        )  # fmt: skip


def _learn(
    rows: Rows,
    design: Design,
    folds: list[Fold],
    make_encoder: MakeEncoder,
    metric: Metric,
    cost: tuple[float, float] | None,
    clock: Clock,
    report: Report,
    threads: int,
    seed: int,
    test_rows: int,
    testing: float,
    exactly: int | None,
) -> Learned:
    kind = "regression" if not rows.classes else "binary" if rows.classes == 2 else "multiclass"
    ranking = search_metric(metric, kind)
    problem = Problem(rows.classes, _stop(ranking), _loss(ranking, rows.classes), threads)
    by_time = design.times is not None
    search = Search(rows, folds, problem, ranking, make_encoder, seed, by_time)
    columns = rows.frame.shape[1]
    cap = max(20_000, SEARCH_CELLS // max(columns, 1))
    sampled = len(folds[0][0]) > cap
    total = clock.left()
    log = not rows.classes and wants_logarithm(rows.y)
    later = _FULL_SHARE if sampled else 0.25 if by_time else 0.05
    until = clock.within(total * (1 - later))
    planned = presets(min(cap, len(rows.y)), columns, rows.classes, log, by_time)
    planned = [dataclasses.replace(c, rows=min(c.rows or cap, cap)) for c in planned]
    report("fitting the first model", 0.03)
    if exactly is None:
        planned = _fit_to_time(search, planned, until)
    _try_presets(search, planned, until.within(_PRESET_SHARE * until.left()), report)
    report("tuning LightGBM", 0.5)
    tuning = until.within(until.left() * (1 if sampled or by_time else _TUNING_SHARE))
    tunes = exactly is not None or tuning.left() > 0.08 * total
    trials = tune(search, tuning, cap, log, exactly) if tunes else 0
    if not sampled and not by_time and exactly is None:
        report("averaging over further folds", 0.75)
        _more_folds(search, design, until, seed)
    if sampled:
        report("fitting the best model on all rows", 0.7)
        _on_all_rows(search, clock.within(0.75 * clock.left()))
    whole = not sampled or any(t.candidate.rows is None for t in search.tried)
    report("choosing the blend", 0.85)
    members = select_blend(search, ranking, clock, seed)
    oof = blended(members)
    blend = Blend("classification" if rows.classes else "regression")
    if by_time:
        report("fitting once more on all training rows", 0.88)
    few = _fewer_models(members, test_rows, testing)
    parts = [
        _refitted(search, t, clock) if by_time else t.fitted[:n]
        for (t, _), n in zip(members, few, strict=True)
    ]
    blend.members = [Member(t.candidate.name, w, p) for (t, w), p in zip(members, parts, strict=True)]
    threshold = _finish(blend, oof, rows, metric, cost, seed)
    known = blend.calibration.apply(oof) if blend.calibration is not None else oof
    return Learned(blend, members, search, known, threshold, trials, min(cap, len(rows.y)), whole)


def _stop(metric: Metric) -> str:
    """LightGBM's name for the metric that ends its training."""
    names = {"roc_auc": "auc", "average_precision": "average_precision",
             "neg_mean_absolute_error": "l1", "neg_median_absolute_error": "l1",
             "neg_mean_absolute_percentage_error": "mape"}  # fmt: skip
    return names.get(metric.scorer, "")


def _loss(metric: Metric, classes: int) -> str:
    if classes:
        return "binary" if classes == 2 else "multiclass"
    return _LOSSES.get(metric.scorer, "regression")


def _fit_to_time(search: Search, planned: list[Candidate], clock: Clock) -> list[Candidate]:
    """Fit LightGBM on one fold; where that is slow, use fewer folds, higher learning rates, fewer candidates.

    The folds that are given up are in `search.spare`.
    """
    total = clock.left()
    first = next(c for c in planned if c.family == "lightgbm")
    began = time.monotonic()
    _, data = search.data(0, first.kind)  # type: ignore[arg-type]
    preparing = time.monotonic() - began
    if search.problem.threads > 1 and total > 3:
        search.problem.threads = fastest_threads(data, search.problem)
    seconds = search.probe(first, clock.within(max(total / 8, 0.2)))
    slow = seconds > total / 9
    least = 1 if len(search.rows.y) > _FEW_ROWS else 3
    per_fold = _MODELS_WANTED * max(seconds, 1e-3) + 2 * preparing  # two kinds of matrices
    affordable = max(int(total / per_fold), least)
    if affordable < len(search.folds):
        last = search.by_time  # the newest parts are most like the rows to come
        kept = search.folds[-affordable:] if last else search.folds[:affordable]
        search.spare = [] if last else search.folds[affordable:]
        search.folds = kept
    if slow:  # it was cut off by the clock
        planned = [_faster(c) for c in planned if c.name not in ("LightGBM, large", "random forest")]
    return planned


def _faster(candidate: Candidate) -> Candidate:
    settings = dict(candidate.settings)
    if "learning_rate" in settings:
        settings["learning_rate"] = 0.12
    return dataclasses.replace(candidate, settings=settings)


def _try_presets(search: Search, planned: list[Candidate], clock: Clock, report: Report) -> None:
    """Each candidate gets its share of the time; what one leaves goes to the next ones."""
    for i, candidate in enumerate(planned):
        report(f"fitting {candidate.name}", 0.05 + 0.4 * i / len(planned))
        if clock.left() < 0 and search.tried:
            return
        share = max(clock.left() / (len(planned) - i) * 2.0, 0.3)
        if search.tried:
            search.attempt(candidate, clock.within(share))
        else:  # without it there would be no model
            search.attempt(candidate, clock.within(share), must=True)


def _more_folds(search: Search, design: Design, clock: Clock, seed: int) -> None:
    """Use the time that tuning left: the best candidates once more on folds that are cut differently."""
    from llmauto_tools.models.splits import shuffled_folds

    count = len(search.folds) + len(search.spare)
    if count < 2:
        return
    for extra in range(6):
        folds = search.spare if extra == 0 else shuffled_folds(design, count, seed + 100 * extra)
        if not folds:
            continue
        for tried in search.ranked()[:4]:
            if not search.extend(tried, folds, clock):
                return


def _on_all_rows(search: Search, clock: Clock) -> None:
    """The best LightGBM once more with all training rows, as many rounds as the time allows."""
    best = search.best("lightgbm")
    if best is None:
        return
    settings = dict(best.candidate.settings)
    inner = best.fitted[0].model
    rounds = max(getattr(inner, "rounds", 0) or getattr(getattr(inner, "inner", None), "rounds", 0), 50)
    grown = len(search.folds[0][0]) / (best.candidate.rows or len(search.folds[0][0]))
    needed = best.seconds * max(grown, 1.0) * 1.2
    faster = max(1.0, needed / max(clock.left() / len(search.folds), 0.1))
    settings["learning_rate"] = min(settings["learning_rate"] * faster, 0.3)
    settings["rounds"] = max(int(rounds * 2), 100)
    name = f"{best.candidate.name}, all rows"
    candidate = dataclasses.replace(best.candidate, name=name, settings=settings, rows=None)
    search.attempt(candidate, clock)


def _fewer_models(members: list[tuple[Tried, float]], rows: int, seconds: float) -> list[int]:
    """How many models of each member stay, so that predicting so many rows fits into the time."""
    needed = rows * sum(t.predicting for t, _ in members)
    share = min(seconds / max(needed, 1e-9), 1.0)
    return [max(int(len(t.fitted) * share), 1) for t, _ in members]


def _refitted(search: Search, tried: Tried, clock: Clock) -> list[Fitted]:
    """The candidate fitted on all training rows, its rounds from the folds: rows by time only.

    The models of the folds know the older rows only, so that their average would lag behind.
    """
    import numpy as np

    everything = np.arange(len(search.rows.y))
    encoder = search.make_encoder(tried.candidate.kind, search.seed)  # type: ignore[arg-type]
    x = encoder.fit_transform(search.rows.frame, search.rows.encoded_target(everything))
    data = Data(x, search.rows.y, x[:0], search.rows.y[:0], encoder.categorical_)
    settings = dict(tried.candidate.settings)
    if tried.candidate.family == "lightgbm":
        models = [f.model.inner if tried.candidate.log_target else f.model for f in tried.fitted]
        settings["rounds"] = int(np.median([m.rounds for m in models[len(models) // 2 :]]) * 1.1) + 1
    candidate = dataclasses.replace(tried.candidate, settings=settings)
    generous = Clock(max(clock.end, time.monotonic() + tried.seconds), clock.check)
    return [Fitted(encoder, candidate.fit(data, search.problem, generous, search.seed))]


def _finish(
    blend: Blend,
    oof: np.ndarray,
    rows: Rows,
    metric: Metric,
    cost: tuple[float, float] | None,
    seed: int,
) -> float | None:
    """Calibrate the blend and choose the threshold, both on out-of-fold predictions."""
    import numpy as np

    if not rows.classes:
        return None
    known = np.isfinite(oof).all(axis=1)
    p, y = oof[known], rows.y[known]
    blend.calibration = choose_calibration(p, y, seed)
    if rows.classes > 2:
        return None
    second = (blend.calibration.apply(p) if blend.calibration else p)[:, 1]
    if cost is not None:
        return cheapest_threshold(second, y, *cost)
    if metric.needs != "label":
        return 0.5
    scored = _label_score(metric)
    return best_threshold(second, y, scored)


def _label_score(metric: Metric) -> Callable[[Any, Any], float]:
    return lambda y, said: metric.utility(metric.value(y, said))


def said_classes(learned: Learned, probabilities: np.ndarray) -> np.ndarray:
    """Class numbers of probabilities at the learned threshold."""
    return class_numbers(probabilities, learned.threshold)
