"""The work of `train_model`: read, split, learn, test, warn, save."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.extras import require
from llmauto_tools.models import checks
from llmauto_tools.models.artifact import Input, write_model
from llmauto_tools.models.assess import Scored, assess, rounded
from llmauto_tools.models.baseline import baseline_scores, names, predict_baseline
from llmauto_tools.models.bootstrap import Interval, difference_interval
from llmauto_tools.models.card import subgroup_sections, write_card
from llmauto_tools.models.data import Chosen, Loaded, choose_columns, load_rows
from llmauto_tools.models.frame import coerce
from llmauto_tools.models.learn import Learned, learn
from llmauto_tools.models.learners import Clock
from llmauto_tools.models.metrics import Metric, metric_of
from llmauto_tools.models.recipes import RecipeSource, recipe_source
from llmauto_tools.models.roles import Dropped, assign_roles
from llmauto_tools.models.search import Rows, default_encoder
from llmauto_tools.models.splits import Design, hold_out, make_folds
from llmauto_tools.results import Section
from llmauto_tools.versions import Saved, Versions

if TYPE_CHECKING:
    import numpy as np

    from llmauto_tools.registry import ToolContext
    from llmauto_tools.toolbox.train_model import TrainModelArguments
    from llmauto_tools.workspace import Workspace

DEFAULT_TEST = 0.2
MAX_TEST_ROWS = 50_000
FINISH_SHARE = 0.08
"""The part of the time that is kept for the test, the checks and the file."""


@dataclass
class Training:
    """A finished training: what the result and the meta data are made of."""

    arguments: TrainModelArguments
    chosen: Chosen
    loaded: Loaded
    learned: Learned
    metric: Metric
    inputs: list[Input]
    dropped: list[Dropped]
    train_rows: int
    scored: Scored
    test_positions: np.ndarray
    test_from: str
    folds: str
    intervals: dict[str, Interval]
    resamples: int
    baseline_name: str
    baseline: dict[str, float]
    gain: Interval
    baseline_cv: list[tuple[str, list[float]]]
    recipe: str | None = None
    notes: list[str] = field(default_factory=list)
    groups: list[Section] = field(default_factory=list)
    """Scores by subgroup, for the model card."""

    @property
    def score(self) -> Interval:
        """The main metric on the test rows."""
        return self.intervals[self.metric.scorer]


@dataclass
class _Sides:
    """Training and test rows, each as (frame, y, groups), and where they are."""

    rows: Rows
    design: Design
    train_positions: np.ndarray
    test_frame: Any
    test_design: Design
    test_positions: np.ndarray
    test_from: str
    whole: Loaded
    train: np.ndarray
    test: np.ndarray


def train(
    workspace: Workspace, arguments: TrainModelArguments, context: ToolContext
) -> tuple[Training, Saved, dict[str, Any]]:
    """Train, test and save a model; returns the training, where it is saved, and its meta data.

    Raises InvalidArguments where the table cannot train a model, MissingExtra, Interrupted.
    """
    from llmauto_tools.models.report import describe_training, meta_of
    from llmauto_tools.versions import check_name

    fixed = arguments.trials is not None
    end = float("inf") if fixed else time.monotonic() + arguments.time_budget
    for module in ("sklearn", "lightgbm", "pandas", "joblib"):
        require(module, "Training a model", "ml")
    name = arguments.name or model_name(arguments.target)
    check_name(name, "model")
    clock = Clock(end, lambda: context.step("training", None) if context.stopped() else None)
    table = workspace.table(arguments.table)
    chosen = choose_columns(table, arguments.target, arguments.features, arguments.group, arguments.time)
    source = recipe_source(workspace, arguments.recipe, chosen) if arguments.recipe else None
    context.step(f"reading {table.name}", 0.01)
    began = time.monotonic()
    sides = _sides(workspace, arguments, chosen, context)
    reserve = _reserve(arguments.time_budget, time.monotonic() - began)
    training = _train(arguments, chosen, sides, source, clock, reserve, context)
    describe_training(training)
    context.step("saving the model", 0.97)
    meta = meta_of(training, workspace.fingerprint(table.name), context.evidence_id, name)
    saved = Versions(workspace.path / "models", "model").save(
        name, lambda folder: _write(folder, training, sides, meta)
    )
    return training, saved, meta


def model_name(target: str) -> str:
    """A name that a folder can have, from the target's."""
    import re

    cleaned = re.sub(r"[^\w.-]+", "_", target).strip("_.-")[:60]
    return cleaned or "model"


def _train(
    arguments: TrainModelArguments,
    chosen: Chosen,
    sides: _Sides,
    source: RecipeSource | None,
    clock: Clock,
    reserve: float,
    context: ToolContext,
) -> Training:
    target = sides.whole.target
    metric = metric_of(arguments.metric, target.kind)
    if arguments.cost is not None and target.kind != "binary":
        raise InvalidArguments(
            "`cost` chooses a threshold between two labels, and the target has not two.",
            "Leave `cost` out.",
        )
    inputs, dropped, role_notes = assign_roles(sides.rows.frame, chosen.features, chosen.named)
    if not inputs:
        reasons = "; ".join(f"'{d.name}' {d.reason}" for d in dropped[:5])
        raise InvalidArguments(
            f"No column can be used to predict '{chosen.target.name}': {reasons}.",
            "Name the columns in `features` to use them all the same." if chosen.features else None,
        )
    rows = Rows(coerce(sides.rows.frame, inputs), sides.rows.y, sides.rows.classes)
    folds, fold_words = make_folds(
        sides.design, len(inputs), arguments.folds, arguments.time_budget, arguments.seed
    )
    fixed = arguments.trials is not None
    searching = Clock(clock.end - reserve, clock.check)
    cost = (arguments.cost.false_positive, arguments.cost.false_negative) if arguments.cost else None
    learned = learn(
        rows, sides.design, folds, source.encoder(inputs) if source else default_encoder(inputs), metric, cost,
        searching, lambda text, part: context.step(_with_time(text, clock), part), _threads(), arguments.seed,
        len(sides.test_design.y), float("inf") if fixed else 0.5 * reserve, arguments.trials,
    )  # fmt: skip
    context.step("testing the model", 0.9)
    test_frame = coerce(sides.test_frame, inputs)
    scored = Scored(target.kind, target.classes, sides.test_design.y, learned.blend.predict(test_frame),
                    learned.threshold, sides.test_design.groups)  # fmt: skip
    late = Clock(max(clock.end - 0.3 * reserve, time.monotonic() + 0.2), clock.check)
    intervals, resamples = assess(scored, metric, late, arguments.seed)
    baselines = _baselines(sides, metric, folds)
    name, prediction = baselines[0]
    training = Training(
        arguments, chosen, sides.whole, learned, metric, inputs, dropped, len(rows.y), scored,
        sides.test_positions, sides.test_from, _used(fold_words, len(folds), len(learned.search.folds)), intervals, resamples, name,
        {m: _of(m, target.kind, scored.y, prediction) for m in intervals},
        difference_interval(metric, scored.y, (scored.prediction, learned.threshold), (prediction, None),
                            rows.classes, scored.groups, late, arguments.seed),
        [(n, baseline_scores(n, sides.design, folds, learned.search.metric)) for n in names(sides.design)],
        arguments.recipe,
    )  # fmt: skip
    training.notes = [*chosen.notes, *target.notes, *role_notes]
    checking = clock if fixed else Clock(time.monotonic() + max(0.25 * reserve, 1.0), clock.check)
    training.notes += _warnings(training, sides, rows, checking)
    training.groups = subgroup_sections(test_frame, inputs, scored, metric, late, arguments.seed)
    return training


def _reserve(budget: float, reading: float) -> float:
    """Seconds that are kept for what follows the search.

    Testing, checking and writing take about as long, on the machine as it is now, as reading and
    splitting took.
    """
    return min(max(FINISH_SHARE * budget, 0.7, reading), 0.3 * budget)


def _used(words: str, made: int, used: int) -> str:
    return words if used == made else f"{words}, of which {used} fitted into the time"


def _with_time(text: str, clock: Clock) -> str:
    if clock.end == float("inf"):
        return text
    return f"{text} ({max(clock.left(), 0):.0f} s left)"


def _threads() -> int:
    import os

    return max(1, min(os.cpu_count() or 1, 8))


def _of(scorer: str, kind: str, y: np.ndarray, prediction: np.ndarray) -> float:
    return metric_of(scorer, kind).of(y, prediction)


def _baselines(sides: _Sides, metric: Metric, folds: list[Any]) -> list[tuple[str, np.ndarray]]:
    """Each baseline's predictions for the test rows, the best one first."""
    import numpy as np

    together = sides.design
    n = len(together.y)
    test = sides.test_design
    joined = Design(
        np.concatenate([together.y, test.y]),
        together.classes,
        None
        if together.groups is None or test.groups is None
        else np.concatenate([together.groups, test.groups]),
        None
        if together.times is None or test.times is None
        else np.concatenate([together.times, test.times]),
    )
    train, rows = np.arange(n), n + np.arange(len(test.y))
    made = [(name, predict_baseline(name, joined, train, rows)) for name in names(joined)]
    return sorted(made, key=lambda m: -np.nan_to_num(metric.utility(metric.of(test.y, m[1])), nan=-np.inf))


def _sides(
    workspace: Workspace, arguments: TrainModelArguments, chosen: Chosen, context: ToolContext
) -> _Sides:
    """Read the table, or both tables, and split."""
    import numpy as np

    loaded = load_rows(workspace, chosen, arguments.task, arguments.positive, arguments.seed, context.timeout)
    design = _design(loaded)
    if arguments.folds and len(loaded.target.y) < 2 * arguments.folds:
        raise InvalidArguments(
            f"{len(loaded.target.y)} rows cannot be cut into {arguments.folds} folds and a test.",
            "Ask for fewer folds, or leave `folds` out.",
        )
    if arguments.test is not None:
        return _with_test_table(workspace, arguments, chosen, loaded, context)
    rows = len(loaded.target.y)
    size = arguments.test_size or min(DEFAULT_TEST, MAX_TEST_ROWS / rows)
    if design.groups is not None and len(np.unique(design.groups)) < 3:
        raise InvalidArguments(
            f"'{arguments.group}' has fewer than three groups: they cannot be split.",
            "Name another column as `group`, or leave it out.",
        )
    train_rows, test_rows = hold_out(design, size, arguments.seed)
    _refuse_one_sided(design, train_rows, test_rows, arguments)
    if design.times is not None:
        by = f"the newest rows by '{arguments.time}'"
    else:
        by = f"whole groups of '{arguments.group}'" if design.groups is not None else "rows at random"
    return _Sides(
        Rows(loaded.frame.iloc[train_rows].reset_index(drop=True), design.y[train_rows], design.classes),
        design.rows(train_rows), loaded.positions[train_rows], loaded.frame.iloc[test_rows].reset_index(drop=True),
        design.rows(test_rows), loaded.positions[test_rows], by, loaded, train_rows, test_rows,
    )  # fmt: skip


def _design(loaded: Loaded) -> Design:
    return Design(loaded.target.y, len(loaded.target.classes), loaded.groups, loaded.times)


def _refuse_one_sided(
    design: Design, train_rows: np.ndarray, test_rows: np.ndarray, arguments: TrainModelArguments
) -> None:
    import numpy as np

    if len(train_rows) < 2 * (arguments.folds or 5) or not len(test_rows):
        raise InvalidArguments(
            f"The split leaves {len(train_rows)} rows to train on and {len(test_rows)} to test.",
            "Use another `test_size`, `time` or `group`.",
        )
    if len(np.unique(design.y[train_rows])) < 2:
        raise InvalidArguments(
            "The training rows of the split have one value of the target only.",
            "Use another `test_size`, `time` or `group`.",
        )


def _with_test_table(
    workspace: Workspace, arguments: TrainModelArguments, chosen: Chosen, loaded: Loaded, context: ToolContext
) -> _Sides:
    """All rows of the table train, and those of the other table test."""
    import numpy as np

    from llmauto_tools.models.labelled import load_labelled

    assert arguments.test is not None
    other = workspace.table(arguments.test)
    design = _design(loaded)
    labelled = load_labelled(
        workspace, other, chosen.features, chosen.target, loaded.target.task, loaded.target.classes,
        arguments.seed, context.timeout, chosen.group,
    )  # fmt: skip
    chosen.notes += labelled.notes
    test_design = Design(labelled.y, design.classes, labelled.groups, None)
    rows = np.arange(len(design.y))
    return _Sides(
        Rows(loaded.frame, design.y, design.classes), design, loaded.positions, labelled.frame, test_design,
        labelled.positions, f"the table '{other.name}'", loaded, rows, np.arange(0),
    )  # fmt: skip


def _warnings(training: Training, sides: _Sides, rows: Rows, clock: Clock) -> list[str]:
    """Everything that is said aloud, the gravest first."""
    import pandas as pd

    found, looked = checks.leaking_features(
        rows.frame, training.inputs, rows.y, rows.classes, clock, training.arguments.seed
    )
    notes = checks.leak_notes(found, rows.classes)
    if looked < len(training.inputs):
        notes.append(f"{looked:,} of {len(training.inputs):,} columns were checked for leakage.")
    if not found and (warning := checks.too_good(training.metric, training.score.value)):
        notes.append(warning)
    if len(sides.test):
        frame = sides.whole.frame
        notes += checks.duplicate_notes(frame, sides.whole.target.y, sides.train, sides.test)
        shared = checks.shared_groups(sides.whole.groups, sides.train, sides.test)
    else:
        names = [i.name for i in training.inputs]
        both = pd.concat([sides.rows.frame[names].astype(object), sides.test_frame[names].astype(object)])
        import numpy as np

        y, n = np.concatenate([rows.y, sides.test_design.y]), len(rows.y)
        notes += checks.duplicate_notes(both, y, np.arange(n), np.arange(n, len(y)))
        shared = 0
    if shared:
        notes.append(
            f"{shared:,} groups of '{training.arguments.group}' have rows on both sides of the split by time."
        )
    notes += checks.size_notes(
        training.metric, training.score, training.baseline[training.metric.scorer], len(training.scored.y)
    )
    if rows.classes:
        rare = checks.imbalance_note(
            rows.y,
            list(sides.whole.target.classes),
            training.learned.threshold,
            training.arguments.cost is not None,
        )
        notes += [rare] if rare else []
    arguments = training.arguments
    return notes + checks.entity_notes(rows.frame, training.inputs, arguments.group, arguments.time)


def _write(folder: Path, training: Training, sides: _Sides, meta: dict[str, Any]) -> None:
    from llmauto_tools.models.report import prediction_frame

    target = training.loaded.target
    oof = prediction_frame(
        sides.train_positions, sides.rows.y, training.learned.oof, target.classes, target.positive,
        training.learned.threshold,
    )  # fmt: skip
    test = prediction_frame(
        sides.test_positions, sides.test_design.y, training.scored.prediction, target.classes, target.positive,
        training.learned.threshold,
    )  # fmt: skip
    rows = training.learned.search.rows
    background = rows.frame.sample(min(500, len(rows.frame)), random_state=training.arguments.seed)
    labels = (
        [target.classes[k] for k in rows.y[background.index]] if target.classes else rows.y[background.index]
    )
    background = background.assign(**{training.chosen.target.name: labels})
    write_model(folder, training.learned.blend, meta, inputs=training.inputs, out_of_fold=oof, test=test,
                background=background)  # fmt: skip
    write_card(folder, meta, training.inputs, training.groups)


__all__ = ["Training", "model_name", "rounded", "train"]
