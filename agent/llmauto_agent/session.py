"""A session: a conversation over the tables of one workspace.

Each question runs the agent loop in a thread of its own; the events come out of `stream`. The graph
is checkpointed at every step and each turn is recorded before it starts, so that a session whose
process was killed goes on, with `resume`, at the step it had reached.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmauto_agent.answer import Answer
from llmauto_agent.compose import compose_answer, error_answer, stored_answer
from llmauto_agent.events import Answered, ApprovalWanted, Event, Notice, PlanProposed, TextDelta
from llmauto_agent.lock import turn_lock
from llmauto_agent.models import check_model_name, is_embedded, make_model
from llmauto_agent.privacy import Boundary, parse_share
from llmauto_agent.store import SessionRecord, SessionStore
from llmauto_tools.errors import (
    InternalError,
    Interrupted,
    LlmautoError,
    MemoryLimitReached,
)
from llmauto_tools.registry import all_tools, tool_names
from llmauto_tools.schema import Table
from llmauto_tools.workspace import Workspace

if TYPE_CHECKING:
    from llmauto_agent.meaning.types import Meanings
    from llmauto_agent.memory.memory import Memory
    from llmauto_agent.memory.session import SessionMemory


@dataclass(frozen=True)
class _Failed:
    error: BaseException


class _Done:
    pass


Approval = Literal["ask", "always"]

EXAMPLES = 5
"""Example values per text column that a model may see at the share level "samples"."""

_INTERRUPT_AGAIN = 0.05
"""Seconds between interrupts while a stopped step has not ended."""

_GIVE_UP = 0.2
"""Seconds that a stopped step has to end. A query takes milliseconds; a model that sends nothing cannot be
stopped, so its thread is left behind and its late answer is dropped."""


class Session:
    """A conversation. Ask with `ask` (one answer) or `stream` (events while it works).

    model: a model string (see llmauto_agent.models), or a LangChain chat model for tests.
    share: what a remote model may see, "schema", "results" or "samples".
    session_id: an earlier session to go on with; its sources are attached again by `reattach`.
    timeout: seconds for one tool run.
    approve: "ask" yields ApprovalWanted before a costly step and waits for `decide`; "always" runs it.
    long_plan: where a model proposes that many steps at once, each is asked for too (None: never).
    planner: the folder of a fine-tuned built-in planner (None: the one that ships).

    memory: what is remembered, used and added to (None: nothing is). meanings: definitions and standing
    filters from elsewhere, which go before those of the memory.

    One question at a time; `interrupt` may be called from another thread.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        model: Any = "builtin",
        share: str = "schema",
        session_id: str | None = None,
        timeout: float | None = None,
        approve: Approval = "ask",
        long_plan: int | None = None,
        planner: Path | None = None,
        memory: Memory | None = None,
        meanings: Callable[[], Meanings] | None = None,
    ) -> None:
        self.workspace = workspace
        self.planner = planner
        self.approve: Approval = approve
        self.long_plan = long_plan
        self.share = parse_share(share)
        self.timeout = timeout
        self._model = model
        self.model = model if isinstance(model, str) else model._llm_type
        if isinstance(model, str):
            check_model_name(model)
        self.store = SessionStore(workspace.path)
        self.record: SessionRecord = (
            self.store.get(session_id) if session_id else self.store.create(self.model, self.share)
        )
        self.id = self.record.id
        self.meanings = meanings
        self.remembering = self._remembering(memory, meanings)
        self._turn: Any = None
        self._graph: Any = None
        self._saver: Any = None
        self._decisions: dict[str, dict[str, Any]] = {}
        self._replies: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._told: set[str] = set()
        self.failure: BaseException | None = None
        """The exception behind the last answer, if its status is "error": for a traceback."""

    def _remembering(
        self, memory: Memory | None, meanings: Callable[[], Meanings] | None
    ) -> SessionMemory | None:
        if memory is None and meanings is None:
            return None
        from llmauto_agent.memory.session import SessionMemory

        return SessionMemory(memory, self.workspace, self.id, meanings)

    # ---- sources

    def attach(self, source: str) -> list[Table]:
        """Attach a source to the workspace and remember it as one of this session's."""
        tables = self.workspace.attach(source)
        self.store.add_source(self.id, source)
        return tables

    def reattach(self) -> list[Table]:
        """Attach again what the session had attached before."""
        return [t for source in self.store.get(self.id).sources for t in self.workspace.attach(source)]

    def use(self, *, model: str | None = None, share: str | None = None) -> None:
        """Go on with another chat model or share level; the conversation so far stays."""
        share = parse_share(share or self.share)
        if model is not None:
            check_model_name(model)
            self._model = self.model = model
        self.share = share
        self._graph = None
        self.store.set_model(self.id, self.model, self.share)

    # ---- questions

    def ask(self, question: str) -> Answer:
        """Ask and wait for the answer. A failure comes as an answer with status "error"."""
        answer: Answer | None = None
        with contextlib.closing(self.stream(question)) as events:
            for event in events:
                if isinstance(event, Answered):
                    answer = event.answer
        assert answer is not None
        return answer

    async def aask(self, question: str) -> Answer:
        """`ask` without blocking the event loop; cancelling it interrupts the running step."""
        import asyncio

        try:
            return await asyncio.to_thread(self.ask, question)
        except asyncio.CancelledError:
            self.interrupt()
            raise

    def stream(self, question: str) -> Generator[Event]:
        """Ask and yield what happens, ending with `Answered`.

        Raises Interrupted after `interrupt()`, and WorkspaceError when a question of this session is
        running already, here or in another process.
        """
        with turn_lock(self.workspace.path, self.id):
            number = self.store.ask(self.id, question)
            yield from self._run(number, question, fresh=True)

    def pending(self) -> str | None:
        """The question that was asked last and never answered (a crash, an interrupt), or None."""
        turn = self.store.open_turn(self.id)
        return turn.question if turn else None

    def resume(self) -> Generator[Event]:
        """Go on with the unanswered question, at the step it had reached. No events if there is none."""
        with turn_lock(self.workspace.path, self.id):
            turn = self.store.open_turn(self.id)
            if turn is not None:
                yield from self._run(turn.number, turn.question, fresh=False)

    def interrupt(self) -> None:
        """Stop the running step. The turn stays open: `resume` goes on with it."""
        self._stopped.set()
        self._replies.put(None)
        self.workspace.interrupt()

    def decide(
        self,
        call_id: str,
        decision: Literal["approve", "reject", "edit"],
        *,
        arguments: dict[str, Any] | None = None,
        reason: str | None = None,
    ) -> None:
        """Answer an ApprovalWanted before asking the stream for its next event.

        edit runs the tool with `arguments` instead; a step that nobody decides on is rejected.
        """
        self._decisions[call_id] = {"type": decision, "arguments": arguments, "message": reason}

    # ---- running the graph

    def _run(self, number: int, question: str, *, fresh: bool) -> Iterator[Event]:
        began = time.perf_counter()
        # New ones: a step that outlived its turn stays stopped, and takes no answer that is not its own.
        self._stopped, self._replies = threading.Event(), queue.SimpleQueue()
        events: queue.SimpleQueue[Event | _Failed | _Done] = queue.SimpleQueue()
        worker = threading.Thread(
            target=self._work, args=(number, question, fresh, events), name="llmauto-agent", daemon=True
        )
        try:
            worker.start()
            failure: BaseException | None = None
            while not isinstance(event := self._next(events), _Done):
                if isinstance(event, _Failed):
                    failure = event.error
                else:
                    yield event
                    if isinstance(event, ApprovalWanted):
                        self._replies.put(self._decision(event))
            answer = self._conclude(number, question, failure, time.perf_counter() - began)
            yield Answered(answer)
        except (KeyboardInterrupt, GeneratorExit):
            self.interrupt()
            worker.join(_GIVE_UP)
            if worker.is_alive():
                self._leave_behind()
            raise

    def _next(self, events: queue.SimpleQueue[Event | _Failed | _Done]) -> Event | _Failed | _Done:
        """Wait for what happens next. An interrupt is repeated: the query may start only after it."""
        waited = 0.0
        while waited < _GIVE_UP:
            try:
                return events.get(timeout=_INTERRUPT_AGAIN)
            except queue.Empty:
                if self._stopped.is_set():
                    self.workspace.interrupt()
                    waited += _INTERRUPT_AGAIN
        self._leave_behind()
        events.put(_Done())
        return _Failed(Interrupted("Stopped."))

    def _leave_behind(self) -> None:
        """Part with a worker that does not end: it keeps its graph and its connection for itself."""
        self._graph = self._saver = None

    def _work(
        self, number: int, question: str, fresh: bool, events: queue.SimpleQueue[Event | _Failed | _Done]
    ) -> None:
        from llmauto_agent.loop import Turn

        stopped, replies = self._stopped, self._replies
        self._turn = Turn(f"q{number}", events.put, question, self.timeout)
        try:
            graph = self._make_graph()
            given = self._input(graph, number, question, fresh)
            while given is not _NOTHING_TO_DO:
                for chunk, meta in graph.stream(
                    given, self._config(), stream_mode="messages", durability="sync"
                ):
                    if stopped.is_set():
                        raise Interrupted("Stopped.")
                    if meta.get("langgraph_node") == "model" and chunk.text:
                        events.put(TextDelta(str(chunk.text)))
                given = self._approvals(graph, events, replies)
        except BaseException as e:
            events.put(_Failed(e))
        finally:
            events.put(_Done())

    def _approvals(
        self,
        graph: Any,
        events: queue.SimpleQueue[Event | _Failed | _Done],
        replies: queue.SimpleQueue[dict[str, Any] | None],
    ) -> Any:
        """Ask for the decisions that the graph waits for; what to go on with, or nothing."""
        waiting = graph.get_state(self._config()).interrupts
        if not waiting:
            return _NOTHING_TO_DO
        if self.long_plan is not None and len(waiting) >= self.long_plan:
            steps = tuple((i.value["name"], i.value["args"]) for i in waiting)
            events.put(PlanProposed(steps))
        from langgraph.types import Command

        answers: dict[str, Any] = {}
        for interrupt in waiting:
            asked = interrupt.value
            events.put(
                ApprovalWanted(asked["tool_call_id"], asked["name"], asked["args"], asked["description"])
            )
            reply = replies.get()
            if reply is None:
                raise Interrupted("Stopped.")
            answers[interrupt.id] = reply
        return Command(resume=answers)

    def _decision(self, wanted: ApprovalWanted) -> dict[str, Any]:
        """The person's decision in the form that LangChain's middleware takes."""
        given = self._decisions.pop(wanted.call_id, {"type": "reject", "arguments": None, "message": None})
        if given["type"] == "edit":
            action = {"name": wanted.tool, "args": given["arguments"] or wanted.arguments}
            return {"type": "edit", "edited_action": action}
        if given["type"] == "reject":
            return {"type": "reject"} | ({"message": given["message"]} if given["message"] else {})
        return {"type": "approve"}

    def _config(self) -> dict[str, Any]:
        return {"configurable": {"thread_id": self.id}, "recursion_limit": 200}

    def _input(self, graph: Any, number: int, question: str, fresh: bool) -> Any:
        """What to start the graph with: the question, None to go on, or nothing when it had finished."""
        from langchain_core.messages import HumanMessage

        from llmauto_agent.conversation import close_open_calls, forget_old

        # Not the state's messages either: new input drops what a step did that has no checkpoint.
        saved = self._saver.get_tuple(self._config())
        messages = saved.checkpoint["channel_values"].get("messages", []) if saved else []
        withheld = self._withheld(messages)
        if not fresh and not withheld:
            state = graph.get_state(self._config())
            if any(m.id == f"q{number}" for m in state.values.get("messages", [])):
                # Not `state.next`: it leaves out a step that was done but whose checkpoint was not written.
                return None if state.tasks else _NOTHING_TO_DO
        gone = {m.id for m in withheld}
        closed = close_open_calls([m for m in messages if m.id not in gone])
        forgotten = forget_old(messages) if self._embedded else []
        asked = HumanMessage(question, id=f"q{number}")
        return {"messages": [*withheld, *closed, *forgotten, asked]}

    def _withheld(self, messages: list[Any]) -> list[Any]:
        """What of the conversation so far a model may not see that was promised names and types only."""
        if self._embedded or self.share != "schema":
            return []
        from llmauto_agent.narrow import withhold

        return withhold(messages)

    @property
    def _embedded(self) -> bool:
        return isinstance(self._model, str) and is_embedded(self._model)

    def _make_graph(self) -> Any:
        """The compiled agent of the session's model, made once."""
        if self._graph is not None:
            return self._graph
        from llmauto_agent import loop

        embedded = self._embedded
        boundary = None if embedded else Boundary(self.share)
        named = isinstance(self._model, str)
        model = make_model(self._model, self.workspace, self.planner) if named else self._model
        if boundary is None:
            tools = loop.make_embedded_tools(self.workspace, tool_names(), self.id, lambda: self._turn)
        else:
            offered = [s for s in all_tools() if s.for_models]
            tools = loop.make_tools(self.workspace, offered, self.id, boundary, lambda: self._turn)
        middleware = loop.base_middleware(self.workspace, boundary, lambda: self._turn)
        if self.remembering is not None:
            middleware = [*self.remembering.middleware(embedded=embedded), *middleware]
            if embedded:
                self.remembering.equip(model)
        if self.approve == "ask":
            middleware += loop.approval_middleware([t.name for t in tools], self.long_plan)
        if boundary is not None:
            middleware += loop.chat_model_middleware(
                model, tools, lambda: self._prompt(boundary), boundary.share
            )
        self._saver = self._saver or loop.open_checkpoints(self.workspace.path)
        self._graph = loop.make_agent(model, tools, self._saver, middleware)
        return self._graph

    def _prompt(self, boundary: Boundary) -> str:
        """The system prompt of this turn: the tables that its question is about."""
        from llmauto_agent.context import choose_tables, left_out_line
        from llmauto_prompts import render

        question = self._turn.question
        memory = self.remembering
        recalled = memory.tables(question) if memory is not None else []
        remembered = memory.context(question, boundary) if memory is not None else ""
        tables, others = choose_tables(self.workspace.tables(), question, recalled)
        lines = [boundary.describe_tables(tables, self._samples(tables, boundary)), left_out_line(others)]
        told = "\n".join(line for line in lines if line)
        return render("system", tables=told, share=self.share, memory=remembered)

    def _samples(self, tables: list[Table], boundary: Boundary) -> dict[tuple[str, str], list[str]]:
        """Example values of text columns, looked up only where the person shares them."""
        if boundary.share != "samples":
            return {}
        return {
            (t.name, c.name): self._examples(t.name, c.name)
            for t in tables
            for c in t.columns
            if c.family == "text"
        }

    def _examples(self, table: str, column: str) -> list[str]:
        quoted_table, quoted_column = (name.replace('"', '""') for name in (table, column))
        found = self.workspace.engine.query(
            f'SELECT DISTINCT "{quoted_column}" FROM (SELECT "{quoted_column}" FROM "{quoted_table}" LIMIT 1000)'
            f' WHERE "{quoted_column}" IS NOT NULL ORDER BY 1',
            max_rows=EXAMPLES,
        )
        return [str(row[0]) for row in found.rows]

    def _conclude(self, number: int, question: str, failure: BaseException | None, seconds: float) -> Answer:
        """Make the answer of a turn that has ended, store it, and drop the checkpoints it superseded."""
        if isinstance(failure, (Interrupted, KeyboardInterrupt)):
            raise failure
        self.failure = failure
        messages: list[Any] = []
        if failure is not None:
            answer = error_answer(self, question, _known_error(failure), seconds)
            answer.evidence = self._evidence(number)
        else:
            messages = self._graph.get_state(self._config()).values["messages"]
            answer = compose_answer(self, question, messages, self._evidence(number), seconds)
            self._drop_superseded()
        if self.remembering is not None:
            self.remembering.note(answer, messages)
        self.store.answer(self.id, number, stored_answer(answer))
        return answer

    def remember(self) -> None:
        """Write what the last answer is remembered by. Call it when the answer has been shown: it takes some
        milliseconds, for which nobody then waits."""
        if self.remembering is not None:
            self.remembering.remember(self._examples if self.share == "samples" else None)

    def _evidence(self, number: int) -> list[Any]:
        done = self.workspace.ledger.list(self.id, call_prefix=f"q{number}/")
        return [e for e in done if e.state in ("finished", "failed")]

    def _drop_superseded(self) -> None:
        from llmauto_agent.loop import drop_superseded

        drop_superseded(self._saver, self.id)

    def notices(self) -> list[Notice]:
        """What a person should know of the attached sources."""
        return [Notice(f"{t.name}: {note}") for t in self.workspace.tables() for note in t.notes]

    def untold_notices(self) -> list[Notice]:
        """Those of `notices` that no answer of this session has told yet."""
        untold = [n for n in self.notices() if n.text not in self._told]
        self._told.update(n.text for n in untold)
        return untold

    def close(self) -> None:
        """Close the session's files. The workspace stays open."""
        self.store.close()
        if self._saver is not None:
            self._saver.conn.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


_NOTHING_TO_DO = object()


def _known_error(error: BaseException) -> LlmautoError:
    """An error of a library in the terms of our tree; what is no model's fault stays a bug of ours."""
    if isinstance(error, LlmautoError):
        return error
    if isinstance(error, MemoryError):
        return MemoryLimitReached("The process ran out of memory.", "Ask for less at once.")
    text = f"{type(error).__name__}: {str(error)[:300]}"
    known = InternalError(f"Something in llmauto went wrong: {text}", "Please report it; --debug shows more.")
    known.__cause__ = error
    return known
