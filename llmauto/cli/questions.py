"""`llmauto test`: ask a list of questions and compare the answers with what is expected."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto import exits
from llmauto.cli.common import limits
from llmauto.cli.drive import Emit, drive
from llmauto.exits import UsageError
from llmauto.project import project_file
from llmauto.render.message import print_note
from llmauto.render.screen import screen_for
from llmauto.render.status import StatusLine
from llmauto.render.text import clean

if TYPE_CHECKING:
    from llmauto.config import Settings
    from llmauto_agent.answer import Answer
    from llmauto_agent.semantics.apply import Semantics
    from llmauto_agent.semantics.questions import Case, Located, Tolerance
    from llmauto_tools.workspace import Workspace

NAME = "questions.yml"
"""The file that is run where none is named: beside llmauto.yml, else in the working directory."""
MAX_ROWS = 100_000
"""Rows of a result that are compared."""


@dataclass(frozen=True)
class QuestionOptions:
    """The command line of `llmauto test`."""

    file: Path | None = None
    sources: tuple[str, ...] = ()
    model: str | None = None
    project: str | None = None
    workspace: str | None = None
    timeout: float | None = None
    json: bool = False
    junit: Path | None = None
    fail_fast: bool = False
    quiet: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of one question. difference: why it failed (None: it passed)."""

    name: str
    question: str
    line: int
    passed: bool
    difference: str | None
    status: str
    answer: str
    sql: str | None
    seconds: float


def questions_command(options: QuestionOptions) -> int:
    """Run the questions; 0 if all pass, 7 if one fails. Raises InvalidArguments for a file that is wrong."""
    from llmauto.config import load_settings
    from llmauto_agent.semantics.questions import read_questions

    located = read_questions(_file(options))
    settings = load_settings(
        model=options.model or located.file.model, share=located.file.share, timeout=options.timeout,
        project=options.project or located.file.project,
    )  # fmt: skip
    began = time.perf_counter()
    status = StatusLine(quiet=options.quiet)
    status.say("reading the sources")
    stops: list[Any] = []

    def stop() -> None:
        for each in stops:
            each()

    def show(event: Any) -> None:
        status.say(*event)

    found = drive(
        lambda emit: _run(located, settings, options, emit, stops), status, on_event=show, stop=stop
    )
    seconds = time.perf_counter() - began
    if options.junit is not None:
        _write_junit(options.junit, located.path, found, seconds)
    if options.json:
        print(json.dumps(_object(located.path, found, seconds), ensure_ascii=False, default=str))
    else:
        _print(found, seconds, options.quiet)
    return exits.ANSWERED if all(o.passed for o in found) else exits.CHECK_FAILED


def _file(options: QuestionOptions) -> Path:
    if options.file is not None:
        return options.file
    project = project_file(options.project)
    places = [project.parent / NAME] if project is not None else []
    found = next((p for p in [*places, Path(NAME)] if p.is_file()), None)
    if found is None:
        raise UsageError(
            f"There is no {NAME} here.",
            "Name a file: llmauto test FILE (docs/testing-answers.md has an example).",
        )
    return found


def _run(
    located: Located, settings: Settings, options: QuestionOptions, emit: Emit, stops: list[Any]
) -> list[Outcome]:
    from llmauto.project import project_semantics
    from llmauto_tools.workspace import Workspace

    sources = options.sources or located.file.sources
    if not sources:
        raise UsageError(
            f"{located.path.name} names no sources.", f"Add 'sources: [data.csv]' to it, or: llmauto test {located.path} SOURCE"
        )  # fmt: skip
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.workspace).expanduser().absolute() if options.workspace else Path(temporary)
        with Workspace(folder, limits(settings)) as workspace:
            stops.append(workspace.interrupt)
            for source in sources:
                workspace.attach(source)
            near = settings.project or _nearest(located.path)
            semantics = project_semantics(workspace, near)
            if semantics is not None:
                semantics()  # a file that is wrong is told once, and not of every question
            cases = list(_cases(located, semantics))
            for number, (case, line) in enumerate(cases, 1):
                emit((f"{number} of {len(cases)}: {case.question}", number / (len(cases) + 1)))
                outcome = _outcome(workspace, settings, semantics, case, line, located.file.tolerance)
                outcomes.append(outcome)
                if options.fail_fast and not outcome.passed:
                    break
    return outcomes


def _nearest(path: Path) -> str | None:
    """The llmauto.yml beside the questions, before any above the working directory."""
    from llmauto.project import NAMES

    beside = (path.resolve().parent / name for name in NAMES)
    return next((str(p) for p in beside if p.is_file()), None)


def _cases(located: Located, semantics: Semantics | None) -> Iterator[tuple[Case, int]]:
    from llmauto_agent.semantics.questions import Case

    yield from zip(located.file.tests, located.lines, strict=True)
    if located.file.examples and semantics is not None:
        for example in semantics.file.examples:
            yield Case.model_validate({"question": example.question, "sql": example.sql}), 0


def _outcome(
    workspace: Workspace,
    settings: Settings,
    semantics: Semantics | None,
    case: Case,
    line: int,
    tolerance: Tolerance | None,
) -> Outcome:
    """Ask one question in a conversation of its own, without any memory."""
    from llmauto.planner import weights
    from llmauto_agent.session import Session
    from llmauto_tools.errors import LlmautoError

    began = time.perf_counter()
    with Session(
        workspace, model=settings.model, share=settings.share, timeout=settings.timeout, approve="always",
        planner=weights(settings.planner), meanings=semantics,
    ) as session:  # fmt: skip
        for earlier in case.after:
            session.ask(earlier)
        answer = session.ask(case.question)
    try:
        difference = _difference(workspace, case, answer, case.tolerance or tolerance)
    except LlmautoError as e:
        difference = f"{e.message} {e.hint or ''}".strip()
    return Outcome(
        case.name or case.question, case.question, line, difference is None, difference, answer.status,
        answer.answer, answer.sql, round(time.perf_counter() - began, 3),
    )  # fmt: skip


def _difference(workspace: Workspace, case: Case, answer: Answer, tolerance: Tolerance | None) -> str | None:
    from llmauto_agent.semantics.compare import rows_difference, value_difference

    if case.refused:
        return None if answer.status == "refused" else f"expected a refusal, got: {answer.answer}"
    if answer.status != "answered":
        said = (answer.error or {}).get("message") or answer.answer
        return f"{'refused' if answer.status == 'refused' else 'failed'}: {said}"
    if case.expects_value:
        single = len(answer.rows) == 1 and len(answer.columns) == 1
        if answer.value is None and not single:
            return (
                f"expected one value, got {len(answer.rows)} rows of {', '.join(answer.columns) or 'nothing'}"
            )
        return value_difference(case.value, answer.value, tolerance)
    expected = case.rows if case.rows is not None else _rows_of(workspace, case.sql or "")
    got, missing = _chosen(case, _answer_rows(workspace, answer), answer.columns)
    if missing is not None:
        return missing
    return rows_difference(expected, got, tolerance, ordered=case.order)


def _rows_of(workspace: Workspace, sql: str) -> list[list[Any]]:
    from llmauto_tools.results import to_json_value

    found = workspace.engine.query(sql, max_rows=MAX_ROWS)
    return [[to_json_value(v) for v in row] for row in found.rows]


def _answer_rows(workspace: Workspace, answer: Answer) -> list[list[Any]]:
    """All rows of the answer: what came with it is bounded."""
    main = next((e for e in reversed(answer.evidence) if e.state == "finished" and e.columns), None)
    whole = main is None or not main.sql or not (main.truncated or (main.row_count or 0) > len(main.rows))
    return [list(row) for row in answer.rows] if whole else _rows_of(workspace, answer.sql or "")


def _chosen(case: Case, rows: list[list[Any]], names: list[str]) -> tuple[list[list[Any]], str | None]:
    """The columns that the case is about; and why they cannot be found."""
    if case.columns is None:
        return rows, None
    places = {n.casefold(): i for i, n in enumerate(names)}
    absent = [c for c in case.columns if c.casefold() not in places]
    if absent:
        return [], f"the answer has no column {', '.join(absent)}; it has {', '.join(names)}"
    return [[row[places[c.casefold()]] for c in case.columns] for row in rows], None


# ---- what is shown and written


def _object(path: Path, found: list[Outcome], seconds: float) -> dict[str, Any]:
    passed = sum(o.passed for o in found)
    return {
        "version": 1, "file": str(path), "passed": passed, "failed": len(found) - passed,
        "seconds": round(seconds, 3), "tests": [asdict(o) for o in found],
    }  # fmt: skip


def _print(found: list[Outcome], seconds: float, quiet: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    screen = screen_for(sys.stdout)
    marks = ("✓", "✗") if screen.unicode else ("pass", "FAIL")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column()
    grid.add_column(no_wrap=True, justify="right")
    for o in found:
        if quiet and o.passed:
            continue
        text = Text(clean(o.name, screen.unicode))
        if o.difference is not None:
            text.append(f"\n{clean(o.difference, screen.unicode)}", "red")
            if o.line:
                text.append(f" (line {o.line})", "dim")
        mark = Text(marks[0], "green") if o.passed else Text(marks[1], "red bold")
        grid.add_row(mark, text, Text(f"{o.seconds:.1f} s", "dim"))
    if grid.row_count:
        screen.console().print(grid)
    failed = sum(not o.passed for o in found)
    print_note(f"{len(found) - failed} passed, {failed} failed in {seconds:.1f} s")


def _write_junit(path: Path, file: Path, found: list[Outcome], seconds: float) -> None:
    """JUnit's XML, which CI systems read."""
    from xml.etree import ElementTree as Xml

    failed = sum(not o.passed for o in found)
    suite = Xml.Element(
        "testsuite", name=file.stem, tests=str(len(found)), failures=str(failed), errors="0", skipped="0",
        time=f"{seconds:.3f}",
    )  # fmt: skip
    for o in found:
        case = Xml.SubElement(
            suite, "testcase", classname=file.stem, name=_xml(o.name), file=str(file), line=str(o.line),
            time=f"{o.seconds:.3f}",
        )  # fmt: skip
        if o.difference is not None:
            failure = Xml.SubElement(case, "failure", message=_xml(o.difference))
            failure.text = _xml(f"{o.question}\n{o.difference}\n{o.answer}\n{o.sql or ''}")
    root = Xml.Element("testsuites")
    root.append(suite)
    Xml.indent(root)
    try:
        Xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as e:
        raise UsageError(f"{path} cannot be written: {e.strerror}.", "Give --junit another path.") from e


def _xml(text: str) -> str:
    """A text without the control characters that XML has no place for."""
    return "".join(c for c in text if c in "\n\t" or ord(c) >= 32)
