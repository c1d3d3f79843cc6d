"""What a training says: the leaderboard, the scores, the words, the meta data."""

from __future__ import annotations

import datetime as dt
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto_tools.models.assess import confusion_section, rounded, scores_section
from llmauto_tools.models.bootstrap import Interval
from llmauto_tools.models.charts import model_charts
from llmauto_tools.models.drift import input_profile
from llmauto_tools.results import QueryResult, Section, ToolResult, section, table_of, to_json_value

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from llmauto_tools.models.train import Training
    from llmauto_tools.versions import Saved

SHOWN_CANDIDATES = 10
LISTED = 6
LEDGER_RAN = 100


def describe_training(training: Training) -> None:
    """Add the notes about how the model was made."""
    learned, loaded = training.learned, training.loaded
    notes = training.notes
    if training.arguments.trials is None:
        notes.append(
            f"The time decided how many candidates ran: {len(learned.search.tried)} (figure 'ran'): another run with this "
            "seed can differ a little. A number of `trials` instead of a time gives the same result every time."
        )
    if loaded.sampled:
        notes.append(
            f"The model learns from {len(loaded.target.y):,} of {loaded.table_rows:,} rows, a random sample: a share "
            "in it is off by less than half a percent."
        )
    if learned.searched_rows < training.train_rows:
        last = (
            "the last model took all of them" if learned.whole else "the time did not suffice for all of them"
        )
        notes.append(
            f"Candidates were compared on {learned.searched_rows:,} training rows (a random sample); {last}."
        )
    if training.dropped:
        shown = "; ".join(f"'{d.name}' {d.reason}" for d in training.dropped[:LISTED])
        more = f"; and {len(training.dropped) - LISTED} more" if len(training.dropped) > LISTED else ""
        notes.append(f"Not used: {shown}{more}.")
    if learned.search.metric.scorer != training.metric.scorer:
        notes.append(
            f"Candidates are ranked by {learned.search.metric.name}, because {training.metric.name} hangs on the "
            "threshold, which was chosen afterwards on out-of-fold predictions."
        )


def training_result(training: Training, saved: Saved, meta: dict[str, Any]) -> ToolResult:
    """The tool's result; the model is saved already."""
    sections = [
        scores_section(
            f"Scores on the held-out rows ({len(training.scored.y):,})",
            training.scored.kind,
            training.intervals,
            training.baseline,
            f"95% intervals from {training.resamples:,} bootstrap resamples"
            f"{' of whole groups' if training.scored.groups is not None else ''}; "
            f"baseline: {training.baseline_name}.",
        )
    ]
    counts = confusion_section(training.scored)
    sections += [counts] if counts else []
    sections.append(_blend_section(training))
    return ToolResult(
        table=leaderboard(training),
        sections=sections,
        charts=model_charts(training.scored),
        figures=figures(training, saved, meta),
        text=words(training, saved),
        notes=training.notes,
        artifacts=[_inside(saved) / name for name in ("model.joblib", "card.html", "card.md")],
        seed=training.arguments.seed,
        tables=(training.chosen.table.name,),
    )


def _inside(saved: Saved) -> Path:
    """The model's folder, relative to the workspace."""
    return saved.path.relative_to(saved.path.parents[2])


def leaderboard(training: Training) -> QueryResult:
    """The best candidates and the baselines by their mean score over the folds."""
    search = training.learned.search
    weights = {id(t): w for t, w in training.learned.members}
    ranked = search.ranked()
    shown = ranked[:SHOWN_CANDIDATES] + [t for t in ranked[SHOWN_CANDIDATES:] if id(t) in weights]
    rows: list[list[Any]] = [
        [
            t.candidate.name,
            rounded(t.score),
            _spread(t.scores),
            rounded(t.seconds, 1),
            rounded(weights.get(id(t), 0.0), 3),
        ]
        for t in shown
    ]
    rows += [
        [
            f"baseline: {name}",
            rounded(statistics.fmean(scores)) if scores else None,
            _spread(scores),
            0.0,
            0.0,
        ]
        for name, scores in training.baseline_cv
    ]
    names = ["candidate", f"cv_{search.metric.name}", "std", "seconds", "weight"]
    return table_of(names, rows, tables=[training.chosen.table.name], sql=training.loaded.sql)


def _spread(scores: list[float]) -> float | None:
    return rounded(statistics.stdev(scores)) if len(scores) > 1 else None


def _blend_section(training: Training) -> Section:
    learned = training.learned
    calibration = learned.blend.calibration.kind if learned.blend.calibration else "none needed"
    rows = [
        ["tried", f"{len(learned.search.tried)} candidates"],
        ["folds", training.folds],
        ["test", f"{training.test_from}, {len(training.scored.y):,} rows"],
        ["preprocessing", training.recipe or "numbers, categories, dates and texts, fitted in each fold"],
    ]
    if learned.blend.task == "classification":
        rows.append(["calibration", calibration])
    if learned.threshold is not None:
        rows.append(["threshold", f"{rounded(learned.threshold)} for '{training.loaded.target.positive}'"])
    return section("How it was made", ["what", "value"], rows)


def figures(training: Training, saved: Saved, meta: dict[str, Any]) -> dict[str, Any]:
    """The named values that later steps and the wording use."""
    score, base = training.score, training.baseline[training.metric.scorer]
    target = training.loaded.target
    made = {
        "model": saved.ref,
        "task": target.task,
        "target": training.chosen.target.name,
        "metric": training.metric.name,
        "greater_is_better": training.metric.greater_is_better,
        "score": rounded(score.value),
        "score_low": rounded(score.low),
        "score_high": rounded(score.high),
        "baseline": rounded(base),
        "beats_baseline": beats(training.gain),
        "best": best_name(training),
        "rows": training.train_rows,
        "test_rows": len(training.scored.y),
        "features": len(training.inputs),
        "threshold": rounded(training.learned.threshold),
        "candidates": len(training.learned.search.tried),
        "ran": ran(training)[:LEDGER_RAN],
        "trials": training.learned.trials,
        "repeatable": training.arguments.trials is not None,
        "checksum": checksum(saved),
    }
    if target.classes:
        made |= {"classes": target.classes[:20], "positive": target.positive}
    return {k: to_json_value(v) for k, v in made.items()}


def ran(training: Training) -> list[str]:
    """The candidates that were scored on every fold, in the order in which they ran."""
    return [t.candidate.name for t in training.learned.search.tried]


def checksum(saved: Saved) -> str:
    from llmauto_tools.models.artifact import read_meta

    return str(read_meta(saved.path)["checksum"])


def best_name(training: Training) -> str:
    members = training.learned.members
    if len(members) == 1:
        return members[0][0].candidate.name
    return f"blend of {len(members)}"


def beats(gain: Interval) -> bool:
    """Whether the model is better than the baseline in all of the 95% interval of the difference."""
    return gain.low > 0


def words(training: Training, saved: Saved) -> str:
    """Two or three sentences: what was found, how sure, beside which baseline."""
    metric, score = training.metric, training.score
    base = rounded(training.baseline[metric.scorer])
    target = training.chosen.target.name
    said = (
        f"{best_name(training)[:1].upper()}{best_name(training)[1:]} predicts '{target}' with {metric.words} "
        f"{rounded(score.value)} (95% interval {rounded(score.low)} to {rounded(score.high)}) on "
        f"{len(training.scored.y):,} held-out rows."
    )
    if beats(training.gain):
        beside = f" The baseline ({training.baseline_name}) has {base}."
    else:
        beside = (
            f" It does NOT beat the baseline ({training.baseline_name}: {base}) beyond chance: "
            "do not use it as it is."
        )
    return f"{said}{beside}{_right_share(training)} Saved as {saved.ref}; the task is {training.loaded.target.task}, because {_why(training)}."


def _right_share(training: Training) -> str:
    """How many labels are right: what a person asks first, whatever the metric is."""
    accuracy = training.intervals.get("accuracy")
    if accuracy is None or training.metric.scorer == "accuracy":
        return ""
    base = training.baseline["accuracy"]
    return f" Of the labels it says, {accuracy.value:.1%} are right (baseline: {base:.1%})."


def _why(training: Training) -> str:
    why = training.loaded.target.why
    return "it was asked for" if why == "as asked" else why


def meta_of(training: Training, fingerprint: str, evidence: str, name: str) -> dict[str, Any]:
    """What meta.json says besides the inputs, the library versions and the checksum."""
    arguments, target, learned = training.arguments, training.loaded.target, training.learned
    made: dict[str, Any] = {
        "name": name,
        "task": target.task,
        "kind": target.kind,
        "target": training.chosen.target.name,
        "target_dtype": training.chosen.target.dtype,
        "classes": target.classes,
        "positive": target.positive,
        "threshold": learned.threshold,
        "calibration": learned.blend.calibration.kind if learned.blend.calibration else None,
        "metric": {"name": training.metric.name, "scorer": training.metric.scorer,
                   "greater_is_better": training.metric.greater_is_better},
        "metrics": {m: {"value": rounded(i.value, 6), "low": rounded(i.low, 6), "high": rounded(i.high, 6),
                        "baseline": rounded(training.baseline[m], 6)} for m, i in training.intervals.items()},
        "baseline": training.baseline_name,
        "beats_baseline": beats(training.gain),
        "leaderboard": [[*row] for row in leaderboard(training).rows],
        "members": [{"name": t.candidate.name, "family": t.candidate.family, "weight": w,
                     "settings": t.candidate.settings} for t, w in learned.members],
        "table": training.chosen.table.name,
        "fingerprint": fingerprint,
        "rows": training.train_rows,
        "test_rows": len(training.scored.y),
        "test_table": arguments.test,
        "split": training.test_from,
        "test_size": arguments.test_size,
        "folds": training.folds,
        "group": arguments.group,
        "time": arguments.time,
        "recipe": training.recipe,
        "dropped": [[d.name, d.reason] for d in training.dropped],
        "cost": arguments.cost.model_dump() if arguments.cost else None,
        "time_budget": arguments.time_budget if arguments.trials is None else None,
        "ran": ran(training),
        "trials": learned.trials,
        "repeatable": arguments.trials is not None,
        "seed": arguments.seed,
        "profile": input_profile(learned.search.rows.frame, training.inputs),
        "notes": training.notes,
        "evidence": evidence,
        "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    value: dict[str, Any] = to_json_value(made)
    return value


def prediction_frame(
    positions: np.ndarray,
    y: np.ndarray,
    prediction: np.ndarray,
    classes: list[Any],
    positive: Any,
    threshold: float | None,
) -> pd.DataFrame:
    """Rows as the artifact keeps them: row, target, prediction, p_0, p_1, ...; unscored rows left out."""
    import numpy as np
    import pandas as pd

    from llmauto_tools.models.calibrate import labels_of

    known = np.isfinite(prediction.reshape(len(prediction), -1)).all(axis=1)
    positions, y, prediction = positions[known], y[known], prediction[known]
    if not classes:
        return pd.DataFrame({"row": positions, "target": y, "prediction": prediction})
    names = np.array(classes, dtype=object)
    said = labels_of(prediction, classes, positive, threshold)
    made = pd.DataFrame({"row": positions, "target": names[y], "prediction": said})
    return made.assign(**{f"p_{k}": prediction[:, k] for k in range(len(classes))})
