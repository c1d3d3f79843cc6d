"""Fine-tune the planner on a file of pairs, measure it, and say whether it is better than the one in use.

    report = tune(read_pairs("pairs.jsonl"), ["orders.csv"], "sales", store=Planners(folder))

Nothing is switched here: `report.kept` says whether the new planner should be used.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from llmauto_agent.planner.neural.runtime import Runtime, loaded
from llmauto_agent.planner.tuning import guard as guards
from llmauto_agent.planner.tuning.accept import Accepted, Progress, Refused, Sorted, accept, require_enough
from llmauto_agent.planner.tuning.data import Data, attached
from llmauto_agent.planner.tuning.pace import Pace
from llmauto_agent.planner.tuning.pairs import FEWEST, Pair, split
from llmauto_agent.planner.tuning.score import Outcome, Paired, Score, cases, judge, paired
from llmauto_agent.planner.tuning.store import BUILTIN, Known, Planners
from llmauto_tools.extras import require
from llmauto_tools.workspace import Limits

TOLERANCE = 1.0
"""Points that a new planner may lose on what everybody asks."""
OLD_MOST = 2_000
"""Old requests that are encoded for the mixture; more are gone through again."""


@dataclass(frozen=True)
class Measured:
    """The old and the new planner on the same questions."""

    name: str
    old: Score
    new: Score
    paired: Paired

    @staticmethod
    def of(name: str, old: Sequence[Outcome], new: Sequence[Outcome]) -> Measured:
        return Measured(name, Score.of(old), Score.of(new), paired(old, new))


@dataclass(frozen=True)
class Report:
    """What a training gave. `ref` is the new planner, `kept` whether it is better than `old` by the rule."""

    ref: str
    old: str
    kept: bool
    why: str
    folder: Path
    pairs: int
    learned: int
    held_out: int
    left_out: list[Refused]
    steps: int
    seconds: float
    loss: float
    resumed: bool
    held: Measured
    guard: Measured


def tune(
    pairs: Sequence[Pair],
    sources: Sequence[str],
    name: str,
    *,
    store: Planners,
    old: str = BUILTIN,
    pace: Pace | None = None,
    limits: Limits | None = None,
    progress: Progress = lambda text, fraction: None,
) -> Report:
    """Train from the shipped weights on the pairs that are not held out, and save the result as NAME@VERSION.

    pace: None is its defaults. old: the planner to compare with. progress: told what is done;
    where it raises Interrupted, the training is saved and the next call with the same pairs, sources and
    name goes on with it. Raises MissingExtra without the extra "train", InvalidArguments for too few pairs.
    """
    for module in ("torch", "transformers", "onnx"):
        require(module, "Training the planner", "train")
    pace = pace or Pace()
    folder = store.run_folder(name)
    before = store.find(old)
    with attached(sources, limits) as data:
        found = accept(pairs, data, progress)
        require_enough(found.accepted, found.refused, FEWEST)
        learned, held = _split(found.accepted)
        with tempfile.TemporaryDirectory(prefix="llmauto-planner-") as temporary:
            out = Path(temporary)
            trained = _train(found, learned, data, folder, pace, store, out, progress)
            compared = measure([a.pair for a in held], data, before, out, progress)
            kept, why = decide(*compared)
            report = Report(
                ref="", old=before.ref, kept=kept, why=why, folder=out, pairs=len(pairs), learned=len(learned),
                held_out=len(held), left_out=found.refused, held=compared[0], guard=compared[1], **trained,
            )  # fmt: skip
            _describe(out, report, store)
            saved = store.save(name, out)
    shutil.rmtree(folder, ignore_errors=True)
    return replace(report, ref=saved.ref, folder=saved.path)


def _split(accepted: Sequence[Accepted]) -> tuple[list[Accepted], list[Accepted]]:
    held = {p.digest for p in split([a.pair for a in accepted])[1]}
    learned = [a for a in accepted if a.pair.digest not in held]
    return learned, [a for a in accepted if a.pair.digest in held]


# ---- training


def _train(
    found: Sorted, learned: Sequence[Accepted], data: Data, folder: Path, pace: Pace, store: Planners, out: Path,
    progress: Progress,
) -> dict[str, Any]:  # fmt: skip
    """Train in `folder` and export to `out`; returns what the report says of it."""
    from llmauto_agent.planner.neural.restore import restore
    from llmauto_agent.planner.tuning.fit import Fit, begin
    from llmauto_agent.planner.tuning.mixture import mixture

    base = store.find(BUILTIN)
    progress("loading the shipped planner", None)
    resumed = begin(folder, _key(learned, base, pace))
    with _threads(pace.threads):
        fit = Fit(restore(base.folder), pace, folder)
        if fit.done() < 1:
            old = min(OLD_MOST, pace.steps * (pace.batch // 2))
            pieces = loaded(base.folder).pieces
            some = mixture(learned, found.block, data.index, pieces, old, pace.seed, progress)
            fit.run(some, progress)
        progress("writing the new planner", None)
        write(fit.planner, base, out)
    state = fit.state
    return {
        "steps": state.step,
        "seconds": round(state.seconds, 1),
        "loss": round(state.loss, 4),
        "resumed": resumed,
    }


def _key(learned: Sequence[Accepted], base: Known, pace: Pace) -> dict[str, Any]:
    """What must be the same for a training to be gone on with. Its length may change."""
    text = repr(sorted((a.pair.question, a.pair.sql, a.pair.previous_sql) for a in learned))
    kept = {k: v for k, v in asdict(pace).items() if k not in {"steps", "seconds", "threads"}}
    return {"pairs": hashlib.sha256(text.encode()).hexdigest(), "base": base.card["files"], "pace": kept}


@contextlib.contextmanager
def _threads(number: int) -> Iterator[None]:
    """torch on so many threads, and as before afterwards."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def write(planner: Any, base: Known, out: Path) -> None:
    """Export trained weights with the tokenizer of the planner that they came from."""
    from llmauto_agent.planner.neural.restore import network_of

    state = {k: v.detach().cpu() for k, v in planner.state_dict().items()}
    plain = network_of(state, planner.shape.heads, "eager", base.folder)
    export_quietly(plain, out)
    (out / "tokenizer.json").write_bytes((base.folder / "tokenizer.json").read_bytes())
    _card(out, base, {})


def export_quietly(planner: Any, out: Path) -> None:
    """`neural.export.export` without the advice on graphs that the exporters have for their developers."""
    from llmauto_agent.planner.neural.export import export

    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            export(planner, out)
    finally:
        logging.disable(before)


def _card(out: Path, base: Known, more: dict[str, Any]) -> None:
    from llmauto_agent.planner.neural.export import describe

    kept: dict[str, Any] = {k: base.card[k] for k in ("calibration", "encoder") if k in base.card}
    describe(out, {"base": BUILTIN, "base_files": base.card["files"], **kept, **more})


def _describe(out: Path, report: Report, store: Planners) -> None:
    """model.json with how the planner was made and what it scored."""
    made = {
        "trained": dt.date.today().isoformat(),
        "step": report.steps,
        "data": {"pairs": report.pairs, "learned": report.learned, "held_out": report.held_out,
                 "left_out": len(report.left_out)},
        "scores": {"compared_with": report.old, "held_out": asdict(report.held), "guard": asdict(report.guard)},
        "better": report.kept,
    }  # fmt: skip
    _card(out, store.find(BUILTIN), made)


# ---- measuring


def measure(
    held: Sequence[Pair], data: Data, before: Known, new: Path, progress: Progress
) -> tuple[Measured, Measured]:
    """Both planners on the held-out pairs and on what must not be forgotten."""
    some, _ = cases(held, data)
    runtimes = [loaded(before.folder), Runtime(new)]
    own = [judge(some, data, r, progress, "reading the held-out pairs") for r in runtimes]
    guard = guards.guard()
    rest = [guard.measure(r, progress, f"measuring on {guard.name}") for r in runtimes]
    return Measured.of("held-out pairs", *own), Measured.of(guard.name, *rest)


def decide(held: Measured, guard: Measured) -> tuple[bool, str]:
    """Whether the new planner is kept, and why in a sentence."""
    if held.new.right <= held.old.right:
        return False, (
            f"It is not better on the held-out pairs: {held.new.right:g}% right, {held.old.right:g}% before."
        )
    if guard.new.right < guard.old.right - TOLERANCE:
        return False, (
            f"It lost more than {TOLERANCE:g} point on {guard.name}: {guard.new.right:g}% right,"
            f" {guard.old.right:g}% before."
        )
    return True, f"It is better on the held-out pairs: {held.new.right:g}% right, {held.old.right:g}% before."
