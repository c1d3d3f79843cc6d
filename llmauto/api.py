"""The Python interface, for notebooks and scripts (docs/install.md has a tour)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from llmauto import contract, frames, notebook
from llmauto.exits import UsageError
from llmauto.folders import workspace_folder
from llmauto_tools.errors import LlmautoError

if TYPE_CHECKING:
    import pyarrow as pa

    from llmauto_agent.answer import Answer as AgentAnswer
    from llmauto_agent.answer import GroundingSummary
    from llmauto_agent.events import Event
    from llmauto_agent.memory.memory import Memory
    from llmauto_tools.ledger import Evidence
    from llmauto_tools.results import Section
    from llmauto_tools.workspace import Workspace

Source = Any
"""A path, glob or URL, or a table: pandas, polars, pyarrow, or a dict of names to these."""


class Table:
    """A result: column names and JSON rows here, and typed tables through the `to_` methods.

    Only the first rows come with an answer; `truncated` says so, and `to_arrow()` then runs the SQL
    again for all of them.
    """

    def __init__(self, evidence: Evidence, fetch: Callable[[str], pa.Table]) -> None:
        self._evidence = evidence
        self._fetch = fetch

    @property
    def columns(self) -> list[str]:
        return [name for name, _ in self._evidence.columns]

    @property
    def types(self) -> dict[str, str]:
        """DuckDB types by column name."""
        return dict(self._evidence.columns)

    @property
    def rows(self) -> list[list[Any]]:
        """The rows that came with the answer, as JSON values."""
        return [list(row) for row in self._evidence.rows]

    @property
    def row_count(self) -> int | None:
        """The number of rows of the result, or None where counting them took too long."""
        return self._evidence.row_count

    @property
    def truncated(self) -> bool:
        return self._evidence.truncated or (self.row_count or 0) > len(self._evidence.rows)

    def to_arrow(self) -> pa.Table:
        """All rows as a pyarrow Table. Needs the open session where the result was truncated."""
        if not self.truncated:
            return frames.from_rows(self._evidence.columns, self._evidence.rows)
        assert self._evidence.sql is not None, "only a query's result is truncated"
        return self._fetch(self._evidence.sql)

    def to_pandas(self) -> Any:
        """All rows as a pandas DataFrame."""
        return frames.to_pandas(self.to_arrow())

    def to_polars(self) -> Any:
        """All rows as a polars DataFrame."""
        return frames.to_polars(self.to_arrow())

    def __len__(self) -> int:
        return self.row_count if self.row_count is not None else len(self._evidence.rows)

    def __iter__(self) -> Iterator[list[Any]]:
        return iter(self.rows)

    def __repr__(self) -> str:
        return f"<llmauto.Table {self.columns}, {self.row_count} rows>"

    def _repr_html_(self) -> str:
        return notebook.table_html(self.columns, self.rows, self.row_count)


class Chart:
    """A chart of an answer: its Vega-Lite specification, and a way to save it."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it as .png, .svg, .html or .json and return the path. Pictures need the extra 'images'."""
        from llmauto_tools.charts.export import save_chart

        save_chart(self.spec, Path(path))
        return Path(path)

    def __repr__(self) -> str:
        return f"<llmauto.Chart {self.spec.get('mark')}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {**notebook.chart_bundle(self.spec), "text/plain": repr(self)}


class Answer:
    """What came of one question; the same as `llmauto ask --json`, with tables and charts as objects."""

    def __init__(self, answer: AgentAnswer, fetch: Callable[[str], pa.Table]) -> None:
        self._answer = answer
        self._fetch = fetch

    @property
    def question(self) -> str:
        return self._answer.question

    @property
    def status(self) -> str:
        """ "answered", "refused" (see `text`) or "error" (see `error`)."""
        return self._answer.status

    @property
    def text(self) -> str:
        """The answer in a sentence or a few."""
        return self._answer.answer

    @property
    def value(self) -> Any:
        """The scalar, when the answer is one; else None."""
        return self._answer.value

    @property
    def sql(self) -> str | None:
        return self._answer.sql

    @property
    def table(self) -> Table | None:
        """The main result, or None when there is none."""
        main = next((e for e in reversed(self._answer.evidence) if e.state == "finished" and e.columns), None)
        return Table(main, self._fetch) if main is not None and self._answer.columns else None

    @property
    def chart(self) -> Chart | None:
        return Chart(self._answer.charts[0]) if self._answer.charts else None

    @property
    def evidence(self) -> list[Evidence]:
        """The ledger records of the tool runs behind the answer."""
        return list(self._answer.evidence)

    @property
    def grounding(self) -> GroundingSummary:
        """How many numbers of the text were checked, how many were found, and the others."""
        return self._answer.grounding

    @property
    def notices(self) -> list[str]:
        return list(self._answer.notices)

    @property
    def seconds(self) -> dict[str, float]:
        return dict(self._answer.seconds)

    @property
    def error(self) -> dict[str, str | None] | None:
        return self._answer.error

    def to_dict(self) -> dict[str, Any]:
        """The JSON contract (docs/json.md)."""
        return contract.answer_object(self._answer)

    def to_json(self) -> str:
        """The JSON contract as text."""
        return contract.to_json(self.to_dict())

    def raise_for_status(self) -> Answer:
        """Return the answer if the question was answered; else raise LlmautoError with the reason."""
        if self.status == "answered":
            return self
        fields = self.error or {}
        error = LlmautoError(fields.get("message") or self.text, fields.get("hint"))
        error.kind = fields.get("kind") or self.status
        raise error

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<llmauto.Answer {self.status}: {self.text!r}>"

    def _repr_html_(self) -> str:
        return notebook.answer_html(self._answer)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": self.text, "text/html": self._repr_html_()}
        if self._answer.charts:
            bundle |= notebook.chart_bundle(self._answer.charts[0])
        return bundle

    def _ipython_display_(self) -> None:
        """Table and chart as two outputs: a frontend shows only one form of each output."""
        import IPython.display

        display: Any = IPython.display.display
        display({"text/plain": self.text, "text/html": self._repr_html_()}, raw=True)
        if self.chart is not None:
            display(self.chart._repr_mimebundle_(), raw=True)


class Session:
    """A conversation about data, from Python.

    sources: what to attach: a path, glob or URL, a DataFrame or Arrow table, a list of these, or a
    dict that names them. model, share: as the command's options. workspace: a folder (default: as the
    command's). memory: "on", "read" or "off" (default: the setting). project: the folder of llmauto.yml (default:
    the nearest one above the working directory). session_id: an earlier session to go on with; its sources come with it. timeout:
    seconds for one query.

    >>> with llmauto.Session({"sales": frame}) as session:
    ...     session.ask("total by month").table.to_pandas()
    """

    def __init__(
        self,
        sources: Source | Sequence[Source] | Mapping[str, Source] | None = None,
        *,
        model: Any = "builtin",
        share: str = "schema",
        workspace: str | os.PathLike[str] | None = None,
        session_id: str | None = None,
        timeout: float | None = None,
        memory: str | None = None,
        project: str | os.PathLike[str] | None = None,
    ) -> None:
        from llmauto.planner import chosen, weights
        from llmauto.project import project_semantics
        from llmauto_agent.session import Session as AgentSession

        self._workspace = open_workspace(workspace)
        try:
            self._session = AgentSession(
                self._workspace, model=model, share=share, session_id=session_id, timeout=timeout,
                planner=weights(chosen()), memory=open_memory(self._workspace.path, share, memory),
                meanings=project_semantics(self._workspace, project or chosen_project()),
            )  # fmt: skip
            if session_id is not None:
                self._session.reattach()
            self.attach(sources)
        except BaseException:
            self._workspace.close()
            raise

    @property
    def id(self) -> str:
        """Give it as `session_id` to go on later."""
        return self._session.id

    @property
    def workspace(self) -> Path:
        """The folder that keeps the session, its evidence and its tables."""
        return self._workspace.path

    def attach(self, sources: Source | Sequence[Source] | Mapping[str, Source] | None) -> list[str]:
        """Attach more sources; returns the names of the tables they bring."""
        paths = source_paths(sources, self._workspace.path / "cache")
        return [table.name for path in paths for table in self._session.attach(path)]

    def tables(self) -> dict[str, dict[str, str]]:
        """The tables that can be asked about: column names and DuckDB types by table name."""
        return {t.name: {c.name: c.dtype for c in t.columns} for t in self._workspace.tables()}

    def ask(self, question: str) -> Answer:
        """Ask and wait. A refusal and a failure come as an answer too: see `status`, `raise_for_status`."""
        answer = Answer(self._session.ask(question), self._workspace.engine.arrow)
        self._session.remember()
        return answer

    async def aask(self, question: str) -> Answer:
        """`ask` for asyncio; cancelling it interrupts the query."""
        answer = Answer(await self._session.aask(question), self._workspace.engine.arrow)
        self._session.remember()
        return answer

    @property
    def memory(self) -> Memory | None:
        """What is remembered: add, search, entries, edit, forget (docs/memory.md); None where it is off."""
        remembering = self._session.remembering
        return remembering.memory if remembering is not None else None

    def stream(self, question: str) -> Iterator[Event]:
        """Ask and yield events while it works (llmauto_agent.events), `Answered` last."""
        return self._session.stream(question)

    def run(self, tool: str, **arguments: Any) -> ToolRun:
        """Run one tool on the session's tables, with evidence, without a model."""
        from llmauto_tools.runner import run_tool

        evidence = run_tool(self._workspace, tool, arguments, session=self.id)
        return ToolRun(evidence, self._workspace.engine.arrow)

    def interrupt(self) -> None:
        """Stop the running question, from another thread."""
        self._session.interrupt()

    def close(self) -> None:
        """Close the session and its workspace."""
        if self.memory is not None:
            self.memory.close()
        self._session.close()
        self._workspace.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<llmauto.Session {self.id} in {self.workspace}>"


class ToolRun:
    """What one tool gave: its table, its named figures, its evidence."""

    def __init__(self, evidence: Evidence, fetch: Callable[[str], pa.Table]) -> None:
        self.evidence = evidence
        self._fetch = fetch

    @property
    def text(self) -> str | None:
        return self.evidence.text

    @property
    def sql(self) -> str | None:
        return self.evidence.sql

    @property
    def figures(self) -> dict[str, Any]:
        return dict(self.evidence.figures)

    @property
    def table(self) -> Table | None:
        return Table(self.evidence, self._fetch) if self.evidence.columns else None

    @property
    def sections(self) -> list[Section]:
        """The further tables, each with title, columns, rows and a note."""
        return list(self.evidence.sections)

    @property
    def charts(self) -> list[dict[str, Any]]:
        """Vega-Lite specifications."""
        return list(self.evidence.charts)

    @property
    def artifacts(self) -> list[Path]:
        """The files that it wrote, below the workspace folder."""
        return [Path(p) for p in self.evidence.artifacts]

    @property
    def notices(self) -> list[str]:
        return list(self.evidence.notes)

    def __repr__(self) -> str:
        return f"<llmauto.ToolRun {self.evidence.tool} {self.evidence.id}>"

    def _repr_html_(self) -> str:
        table = self.table
        return table._repr_html_() if table is not None else notebook.text_html(self.text or repr(self))


def run(
    tool: str,
    sources: Source | Sequence[Source] | Mapping[str, Source] | None = None,
    /,
    *,
    workspace: str | os.PathLike[str] | None = None,
    **arguments: Any,
) -> ToolRun:
    """Run one tool on sources, as `llmauto run` does.

    >>> llmauto.run("query", "data.csv", sql="SELECT count(*) FROM data").table.rows
    """
    from llmauto_tools.runner import run_tool

    with open_workspace(workspace) as opened:
        for path in source_paths(sources, opened.path / "cache"):
            opened.attach(path)
        evidence = run_tool(opened, tool, arguments)
    return ToolRun(evidence, _closed)


def _closed(sql: str) -> pa.Table:
    raise LlmautoError(
        "The whole result did not come with the answer, and its workspace is closed.",
        "Use llmauto.Session(...).run(...) and read the table before the session closes.",
    )


def open_workspace(named: str | os.PathLike[str] | None) -> Workspace:
    """The workspace that a Python program works in, with the limits from the configuration."""
    from llmauto.config import load_settings
    from llmauto_tools.workspace import Limits, Workspace

    settings = load_settings(workspace=os.fspath(named) if named is not None else None)
    limits = Limits(memory=settings.memory_limit, timeout=settings.timeout, threads=settings.threads)
    return Workspace(workspace_folder(settings.workspace), limits)


def chosen_project() -> str | None:
    """The project that the configuration names, or None: the nearest llmauto.yml."""
    from llmauto.config import load_settings

    return load_settings().project


def open_memory(workspace: Path, share: str, mode: str | None) -> Memory | None:
    """The memory of a Python program's session, or None where it is off."""
    from llmauto.cli.memory_open import memory_in_use
    from llmauto.config import load_settings

    return memory_in_use(load_settings(memory=mode, share=share), workspace)


def source_paths(sources: Source | Iterable[Source] | Mapping[str, Source] | None, cache: Path) -> list[str]:
    """Sources as the strings that a workspace attaches; tables are written to `cache` first."""
    if sources is None:
        return []
    if isinstance(sources, (str, os.PathLike)):
        return [os.fspath(sources)]
    if frames.is_frame(sources):
        return [frames.keep_frame(sources, "df", cache)]
    if isinstance(sources, Mapping):
        return [_named_path(str(name), source, cache) for name, source in sources.items()]
    if isinstance(sources, Iterable):
        return [path for source in sources for path in source_paths(source, cache)]
    raise UsageError(
        f"A {type(sources).__name__} is no source.",
        "Give a path, a DataFrame or Arrow table, or a list of these.",
    )


def _named_path(name: str, source: Source, cache: Path) -> str:
    if frames.is_frame(source):
        return frames.keep_frame(source, name, cache)
    raise UsageError(
        f"'{name}' is no table.", "A dict names DataFrames and Arrow tables; give paths in a list."
    )
