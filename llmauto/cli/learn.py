"""`llmauto learn`: draft llmauto.yml from the data."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto import exits
from llmauto.cli.common import limits
from llmauto.cli.drive import Emit, drive
from llmauto.exits import UsageError
from llmauto.project import NAMES
from llmauto.render.message import print_note
from llmauto.render.status import StatusLine

if TYPE_CHECKING:
    from llmauto_agent.semantics.learn import Learned


def learn_command(
    sources: tuple[str, ...], project: Path | None, *, force: bool, stdout: bool, timeout: float | None
) -> int:
    """Look at the sources and write the draft; a file that is there is only replaced with `force`."""
    if not sources:
        raise UsageError("From which data?", "Like this: llmauto learn orders.csv customers.csv")
    folder = (project or Path()).expanduser()
    target = folder / NAMES[0]
    if not stdout:
        _check(folder, force)
    learned = _look(sources, timeout)
    from llmauto_agent.semantics.draft import write_draft

    text = write_draft(learned)
    if stdout:
        sys.stdout.write(text)
        return exits.ANSWERED
    _write(target, text)
    counts = (
        (len(learned.tables), "table"), (len(learned.joins), "join"), (len(learned.measures), "measure"),
        (len(learned.dimensions), "dimension"),
    )  # fmt: skip
    said = ", ".join(f"{n} {word if n == 1 else word + 's'}" for n, word in counts)
    print_note(f"{target} is written: {said}. Read it before you rely on it.")
    return exits.ANSWERED


def _check(folder: Path, force: bool) -> None:
    if not folder.is_dir():
        raise UsageError(f"There is no folder '{folder}'.", "Make it first, or name another with --project.")
    there = next((folder / n for n in NAMES if (folder / n).exists()), None)
    if there is not None and not force:
        raise UsageError(
            f"'{there}' exists already.", "Compare with --stdout, or give --force to replace it."
        )


def _look(sources: tuple[str, ...], timeout: float | None) -> Learned:
    from llmauto.config import load_settings

    settings = load_settings(timeout=timeout)
    status = StatusLine()
    status.say("reading the sources")
    stops: list[Any] = []

    def work(emit: Emit) -> Learned:
        from llmauto_agent.semantics.learn import learn
        from llmauto_tools.workspace import Workspace

        with (
            tempfile.TemporaryDirectory() as temporary,
            Workspace(Path(temporary), limits(settings)) as workspace,
        ):
            stops.append(workspace.interrupt)
            for source in sources:
                workspace.attach(source)
            return learn(workspace, timeout=settings.timeout, step=lambda text, done: emit((text, done)))

    def stop() -> None:
        for each in stops:
            each()

    found: Learned = drive(work, status, on_event=lambda event: status.say(*event), stop=stop)
    return found


def _write(target: Path, text: str) -> None:
    """Whole or not at all."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(target)
    except OSError as e:
        part.unlink(missing_ok=True)
        raise UsageError(
            f"{target} cannot be written: {e.strerror or e}.", "Choose another --project."
        ) from e
