"""What `llmauto planner` does: training and measuring in a thread, the outcome as tables or JSON."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from llmauto import exits, planner
from llmauto.cli.drive import Emit, drive
from llmauto.config import origin_of
from llmauto.exits import UsageError
from llmauto.render.message import print_note
from llmauto.render.screen import screen_for
from llmauto.render.status import StatusLine
from llmauto.render.text import clean
from llmauto_tools.errors import Interrupted

if TYPE_CHECKING:
    from llmauto_agent.planner.tuning.accept import Refused
    from llmauto_agent.planner.tuning.evaluate import Evaluation, Result
    from llmauto_agent.planner.tuning.store import Known
    from llmauto_agent.planner.tuning.tune import Measured, Report

SAVING_SECONDS = 60.0
"""How long a stopped training may take to finish its step and write its checkpoint."""
_SHOWN = 20
"""Pairs that are listed; the others are counted (--json has all)."""
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(s|sec|m|min|h)?")
_SECONDS = {None: 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}
T = TypeVar("T")


def train_command(
    pairs: Path, sources: Sequence[str], name: str, steps: int | None, time: str | None, as_json: bool
) -> int:
    """Train, measure, and use the new planner if it is better."""
    seconds = seconds_of(time) if time is not None else None
    try:
        report = _work(
            lambda progress: planner.train(
                pairs, sources, name=name, steps=steps, seconds=seconds, progress=progress
            )
        )
    except Interrupted as e:
        hint = "What was trained is kept: the same command goes on with it."
        raise Interrupted(e.message, hint) from e
    if report.kept:
        _note_environment()
    if as_json:
        _print_json(report_object(report))
    else:
        _print_report(report)
    return exits.ANSWERED


def check_command(pairs: Path, sources: Sequence[str], as_json: bool) -> int:
    """List the pairs that training would leave out."""
    refused = _work(lambda progress: planner.check(pairs, sources, progress=progress))
    if as_json:
        _print_json({"left_out": [asdict(r) for r in refused]})
        return exits.ANSWERED
    if refused:
        _print_refused(refused, len(refused))
    else:
        _say("All pairs can be used.")
    return exits.ANSWERED


def eval_command(
    planners: Sequence[str] | None, pairs: Path | None, sources: Sequence[str], show: bool, as_json: bool
) -> int:
    """Measure one planner, or two on the same questions."""
    found = _work(lambda progress: planner.evaluate(pairs, sources, planners=planners, progress=progress))
    if as_json:
        _print_json(evaluation_object(found))
        return exits.ANSWERED
    rows = [row for result in found.results for row in _result_rows(found, result)]
    _print_table(_COLUMNS if len(found.planners) == 1 else _COMPARED, rows)
    for result in found.results if show else ():
        _show(found, result)
    _print_refused(found.left_out, _SHOWN)
    return exits.ANSWERED


def use_command(name: str, as_json: bool) -> int:
    """Choose a planner."""
    ref = planner.use(name)
    _note_environment()
    if as_json:
        _print_json({"planner": ref})
    else:
        _say(f"Questions are read with {ref} from now on.")
    return exits.ANSWERED


def _note_environment() -> None:
    if origin_of("planner") == "environment":
        print_note("LLMAUTO_PLANNER is set in the environment and goes before this choice")


def list_command(as_json: bool) -> int:
    """List the planners."""
    used = planner.chosen()
    known = planner.planners()
    newest = {k.ref.partition("@")[0]: k.ref for k in known}
    in_use = newest.get(used, used)
    if as_json:
        _print_json({"planners": [{"name": k.ref, "used": k.ref == in_use, "folder": str(k.folder), **_facts(k)}
                                  for k in known]})  # fmt: skip
        return exits.ANSWERED
    rows = [_list_row(k, k.ref == in_use) for k in known]
    _print_table(
        ["planner", "in use", "trained", "pairs", "held out before", "held out then", "better"], rows
    )
    return exits.ANSWERED


def seconds_of(text: str) -> float:
    """ "90s", "10m", "1.5h" or seconds. Raises UsageError."""
    match = _TIME.fullmatch(text.strip().lower())
    if match is None or float(match[1]) <= 0:
        raise UsageError(f"'{text}' is no time.", "Like this: --time 90s, --time 10m, --time 1h.")
    return float(match[1]) * _SECONDS[match[2]]


# ---- running


def _work(body: Callable[[planner.Progress], T]) -> T:
    """Run with a status line. Ctrl-C lets the running step end and its checkpoint be written first."""
    status = StatusLine()
    stopped, ended = threading.Event(), threading.Event()

    def work(emit: Emit) -> T:
        def progress(text: str, fraction: float | None) -> None:
            if stopped.is_set():
                raise Interrupted("Interrupted.")
            emit((text, fraction))

        try:
            return body(progress)
        finally:
            ended.set()

    def stop() -> None:
        stopped.set()
        if not ended.wait(0.2):
            status.clear()
            print_note("stopping after this step (Ctrl-C again leaves at once)")
            ended.wait(SAVING_SECONDS)

    return drive(work, status, on_event=lambda event: status.say(*event), stop=stop)


# ---- JSON


def _print_json(value: dict[str, Any]) -> None:
    from llmauto.render.streams import print_json

    print_json({"version": 1, **value})


def report_object(report: Report) -> dict[str, Any]:
    """The JSON object of a training (docs/planner/training.md)."""
    return {
        "planner": report.ref, "kept": report.kept, "why": report.why, "compared_with": report.old,
        "folder": str(report.folder), "pairs": report.pairs, "learned": report.learned,
        "held_out": report.held_out, "left_out": [asdict(r) for r in report.left_out],
        "steps": report.steps, "seconds": report.seconds, "loss": report.loss, "resumed": report.resumed,
        "measured": [asdict(report.held), asdict(report.guard)],
    }  # fmt: skip


def evaluation_object(found: Evaluation) -> dict[str, Any]:
    """The JSON object of `eval` and `compare`."""
    two = len(found.planners) == 2
    results = [
        {
            "set": result.name,
            "scores": [asdict(s) for s in result.scores()],
            "paired": asdict(result.paired()) if two else None,
            "questions": [
                {"question": some[0].key, "states": [o.state for o in some]}
                for some in zip(*result.outcomes, strict=True)
            ],
        }
        for result in found.results
    ]
    return {
        "planners": list(found.planners),
        "results": results,
        "left_out": [asdict(r) for r in found.left_out],
    }


# ---- the screen

_COLUMNS = ["questions about", "number", "right", "wrong", "refused"]
_COMPARED = ["questions about", "number", "A right", "B right", "both", "only A", "only B", "neither", "p"]


def _print_report(report: Report) -> None:
    told = f"{report.pairs} pairs: {report.learned} learned from, {report.held_out} held out"
    _say(f"{told}, {len(report.left_out)} left out.")
    _print_refused(report.left_out, _SHOWN)
    gone = " (gone on with an earlier training)" if report.resumed else ""
    _say(f"Trained {report.steps} steps in {report.seconds:.0f} s{gone}, loss {report.loss:.2f}.")
    _say(f"A is {report.old}, B is {report.ref}:")
    _print_table(_COMPARED, [_measured_row(report.held), _measured_row(report.guard)])
    _say(report.why)
    if report.kept:
        _say(f"Kept: questions are read with {report.ref} from now on.")
        _say("Go back with: llmauto planner use builtin")
    else:
        _say(f"Not kept: questions are read with {report.old} as before.")
        _say(f"Use it all the same with: llmauto planner use {report.ref}")


def _measured_row(m: Measured) -> list[Any]:
    p = m.paired
    return [m.name, m.old.count, _percent(m.old.right), _percent(m.new.right), p.both, p.only_first, p.only_second,
            p.neither, f"{p.p:.3f}"]  # fmt: skip


def _result_rows(found: Evaluation, result: Result) -> list[list[Any]]:
    scores = result.scores()
    if len(found.planners) == 1:
        s = scores[0]
        return [[result.name, s.count, _percent(s.right), _percent(s.wrong), _percent(s.refused)]]
    p = result.paired()
    return [[result.name, scores[0].count, _percent(scores[0].right), _percent(scores[1].right), p.both,
             p.only_first, p.only_second, p.neither, f"{p.p:.3f}"]]  # fmt: skip


def _show(found: Evaluation, result: Result) -> None:
    """The questions that a planner does not read right, or that two read differently."""
    for some in zip(*result.outcomes, strict=True):
        states = [o.state for o in some]
        differ = len({s == "right" for s in states}) > 1
        if differ if len(states) > 1 else states[0] != "right":
            _say(f"{' / '.join(states)}: {some[0].key}")


def _facts(known: Known) -> dict[str, Any]:
    """What a planner's card says of how it was made."""
    card = known.card
    facts: dict[str, Any] = {"trained": card.get("trained"), "damaged": not card}
    if "base" in card:
        facts |= {"data": card.get("data"), "scores": card.get("scores"), "better": card.get("better")}
    return facts


def _list_row(known: Known, used: bool) -> list[Any]:
    facts = _facts(known)
    if facts["damaged"]:
        return [known.ref, used and "yes", "damaged", None, None, None, None]
    held = (facts.get("scores") or {}).get("held_out")
    rest: list[Any] = [None] * 4
    if held is not None:
        pairs = facts["data"]["learned"]
        rest = [
            pairs,
            _percent(held["old"]["right"]),
            _percent(held["new"]["right"]),
            "yes" if facts["better"] else "no",
        ]
    return [known.ref, "yes" if used else None, facts["trained"], *rest]


def _print_refused(refused: Sequence[Refused], most: int) -> None:
    for r in refused[:most]:
        _say(f"  left out, line {r.line}: {r.question}: {r.reason}")
    if len(refused) > most:
        _say(f"  and {len(refused) - most} more (llmauto planner train … --check lists all)")


def _percent(value: float) -> str:
    return f"{value:.1f}%"


def _print_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    from llmauto.render.table import render_table

    screen = screen_for(sys.stdout)
    console = screen.console()
    cells = [["" if cell is None else cell for cell in row] for row in rows]
    for part in render_table(list(names), cells, screen, max_rows=0, whole={names[0]}):
        console.print(part)


def _say(text: str) -> None:
    screen = screen_for(sys.stdout)
    sys.stdout.write(clean(text, screen.unicode) + "\n")
