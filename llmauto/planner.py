"""Fine-tune and choose the built-in planner from Python, as `llmauto planner` does.

>>> from llmauto import planner
>>> report = planner.train("pairs.jsonl", ["orders.csv"], name="sales")
>>> report.kept, report.held.new.right, report.held.old.right
>>> planner.use("builtin")
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto.config import load_settings, write_setting
from llmauto.exits import ConfigError
from llmauto.folders import data_folder
from llmauto_tools.errors import InvalidArguments, LlmautoError

if TYPE_CHECKING:
    from llmauto_agent.planner.tuning.accept import Refused
    from llmauto_agent.planner.tuning.evaluate import Evaluation
    from llmauto_agent.planner.tuning.pairs import Pair
    from llmauto_agent.planner.tuning.store import Known, Planners
    from llmauto_agent.planner.tuning.tune import Report
    from llmauto_tools.workspace import Limits

BUILTIN = "builtin"
NAME = "team"
"""What a fine-tuned planner is called where no name is given."""

Pairs = str | os.PathLike[str] | Iterable[Mapping[str, Any]]
"""A file of pairs (.jsonl, .csv, .tsv), or the pairs as dicts with question and sql."""
Progress = Callable[[str, float | None], None]


def train(
    pairs: Pairs,
    sources: Sequence[str],
    *,
    name: str = NAME,
    steps: int | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Report:
    """Fine-tune the planner on accepted pairs; it is used from now on if it is better (`report.kept`).

    steps, seconds: what the training may take (400 and 600 where nothing is given). Ctrl-C keeps what was
    trained; the same call goes on with it. Raises MissingExtra without the extra "train",
    InvalidArguments for too few pairs, and the errors of sources.
    """
    from llmauto_agent.planner.tuning.tune import tune

    some = _pairs(pairs)
    pace = _pace(steps, seconds)
    report = tune(
        some, list(sources), name, store=store(), old=chosen(), pace=pace, limits=_limits(),
        progress=progress or _silent,
    )  # fmt: skip
    if report.kept:
        use(report.ref)
    return report


def check(pairs: Pairs, sources: Sequence[str], *, progress: Progress | None = None) -> list[Refused]:
    """The pairs that training would leave out, each with its line and the reason. Trains nothing."""
    from llmauto_agent.planner.tuning.accept import accept
    from llmauto_agent.planner.tuning.data import attached

    with attached(list(sources), _limits()) as data:
        return accept(_pairs(pairs), data, progress or _silent).refused


def evaluate(
    pairs: Pairs | None = None,
    sources: Sequence[str] = (),
    *,
    planners: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure planners (the one in use) on pairs, or on what everybody asks where no pairs are given."""
    from llmauto_agent.planner.tuning.evaluate import evaluate as measured

    known = [store().find(ref) for ref in planners or [chosen()]]
    some = _pairs(pairs) if pairs is not None else None
    return measured(known, some, list(sources), _limits(), progress or _silent)


def compare(
    first: str,
    second: str,
    pairs: Pairs | None = None,
    sources: Sequence[str] = (),
    *,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure two planners on the same questions; each result's `paired()` counts where they differ."""
    return evaluate(pairs, sources, planners=[first, second], progress=progress)


def use(name: str) -> str:
    """Read questions with this planner from now on ("builtin": the shipped one); returns its full name."""
    ref = store().find(name).ref
    write_setting("planner", None if ref == BUILTIN else ref)
    return ref


def planners() -> list[Known]:
    """The planners on this machine, the shipped one first."""
    return store().all()


# ---- what is chosen


def store() -> Planners:
    """The planners below the user's data folder."""
    from llmauto_agent.planner.tuning.store import Planners

    return Planners(data_folder() / "planners")


def chosen() -> str:
    """The setting `planner`."""
    return load_settings().planner


def weights(named: str) -> Path | None:
    """The folder of the planner that the setting names; None for the shipped one.

    Raises ConfigError where it is not on this machine.
    """
    if named == BUILTIN:
        return None
    from llmauto_tools.versions import Versions

    try:
        return Versions(data_folder() / "planners", "planner").find(named).path
    except InvalidArguments as e:
        raise ConfigError(
            f"The setting 'planner' is '{named}', and there is no such planner here.",
            "Go back with: llmauto planner use builtin",
        ) from e


def _pairs(pairs: Pairs) -> list[Pair]:
    from llmauto_agent.planner.tuning.pairs import pairs_of, read_pairs

    return read_pairs(pairs) if isinstance(pairs, (str, os.PathLike)) else pairs_of(pairs)


def _pace(steps: int | None, seconds: float | None) -> Any:
    from llmauto_agent.planner.tuning.pace import Pace

    given = {k: v for k, v in (("steps", steps), ("seconds", seconds)) if v is not None}
    for name, value in given.items():
        if value <= 0:
            raise InvalidArguments(
                f"{name} is {value:g}; it has to be above 0.", "Leave it out for the usual."
            )
    return Pace(**given, threads=load_settings().threads or 1)  # type: ignore[arg-type]


def _limits() -> Limits:
    from llmauto_tools.workspace import Limits

    settings = load_settings()
    return Limits(memory=settings.memory_limit, timeout=settings.timeout, threads=settings.threads)


def _silent(text: str, fraction: float | None) -> None:
    """No progress is shown."""


__all__ = ["LlmautoError", "check", "compare", "evaluate", "planners", "train", "use", "weights"]
