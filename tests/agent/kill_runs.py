"""Kills a process that answers questions, many times, and checks after each kill what is left.

Run by test_durability.py in a process of its own, so that nothing but this module has made threads or
connections: everything is imported once, and each run is a fork. A run goes on with the workspace that
the last kill left behind, so that one conversation is cut many times, also while it is being resumed.

    python kill_runs.py FOLDER builtin|scripted KILLS SEED

Prints one JSON object: how many kills hit which moment, and every violation that was found.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sqlite3
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from llmauto_agent.events import Answered, ToolFinished, ToolStarted
from llmauto_agent.session import Session
from llmauto_agent.testing import ScriptedChatModel
from llmauto_tools.workspace import Limits, Workspace

ROWS = 200
ENOUGH = 10
"""Violations after which there is no need to look for more."""
QUESTIONS = ("how many sales are there", "average amount by region", "how many sales are in North")
ANSWERS = ("200", "", "50")
"""What an answer has to contain, by question."""


# ---- what the child does


def sales(folder: Path) -> Path:
    path = folder / "sales.csv"
    regions = ("North", "South", "East", "West")
    rows = [f"{i},{regions[i % 4]},{i * 7 % 100 / 4}" for i in range(ROWS)]
    path.write_text("\n".join(["id,region,amount", *rows]) + "\n")
    return path


class Told:
    """Tells the parent what happens, one JSON object a line, in one write each."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def __call__(self, kind: str, **what: Any) -> None:
        os.write(self._pipe, (json.dumps({"kind": kind, **what}) + "\n").encode())


def scripted(told: Told) -> ScriptedChatModel:
    """A model whose steps follow from the conversation alone: a call, three at once, then the answer."""

    def calls(turn: str, step: int, *statements: str) -> AIMessage:
        made = [
            {"name": "query", "args": {"sql": sql}, "id": f"s{step}_{i}", "type": "tool_call"}
            for i, sql in enumerate(statements)
        ]
        return AIMessage("", tool_calls=made)

    def step(messages: list[BaseMessage]) -> AIMessage:
        last = max(i for i, m in enumerate(messages) if isinstance(m, HumanMessage))
        results = sum(isinstance(m, ToolMessage) for m in messages[last:])
        turn = str(messages[last].id)
        told("model", turn=turn, results=results)
        told_wrong_if_dangling(messages, told)
        if results == 0:
            return calls(turn, 1, "SELECT count(*) AS n FROM sales")
        if results == 1:
            where = [
                f"SELECT count(*) AS n FROM sales WHERE region = '{r}'" for r in ("North", "South", "East")
            ]
            return calls(turn, 2, *where)
        return AIMessage("There are 200 sales, 50 of them in North, 50 in South and 50 in East.")

    return ScriptedChatModel(steps=[step])


def told_wrong_if_dangling(messages: list[BaseMessage], told: Told) -> None:
    """Providers refuse a conversation in which a call has no answer right behind it, or has two."""
    open_calls: list[str] = []
    for message in messages:
        if isinstance(message, ToolMessage):
            if message.tool_call_id not in open_calls:
                told("wrong", what=f"an answer to no call: {message.tool_call_id}")
            else:
                open_calls.remove(message.tool_call_id)
        elif open_calls:
            told("wrong", what=f"calls without an answer: {open_calls} before {message.content!r}")
            open_calls = []
        if isinstance(message, AIMessage):
            open_calls = [str(call["id"]) for call in message.tool_calls]


def converse(folder: Path, kind: str, pipe: int, questions: int, skip: bool = False) -> None:
    """Check what is there, go on with the open question (or leave it), and ask more until killed."""
    told = Told(pipe)
    known = json.loads((folder / "known.json").read_text())
    with Workspace(folder / "ws", Limits(threads=1)) as workspace:
        model = "builtin" if kind == "builtin" else scripted(told)
        session = Session(workspace, model=model, share="results", session_id=known["session"] or None)
        told("session", id=session.id)
        check(workspace, session, known, told)
        if session.record.sources:
            session.reattach()
        else:
            session.attach(str(folder / "sales.csv"))
        told("ready")
        if skip and (turn := session.store.open_turn(session.id)) is not None:
            told("skipped", number=turn.number)
        else:
            _tell(session.resume(), told, session)
        while (asked := len(session.store.turns(session.id))) < questions:
            told("asking", number=asked + 1)
            _tell(session.stream(QUESTIONS[asked % len(QUESTIONS)]), told, session)
        session.close()
    told("end")


def _tell(events: Any, told: Told, session: Session) -> None:
    for event in events:
        if isinstance(event, ToolStarted):
            told("started", call=_key(session, event.call_id))
        elif isinstance(event, ToolFinished):
            told("finished", call=_key(session, event.call_id), evidence=event.evidence.id)
        elif isinstance(event, Answered):
            number = session.store.turns(session.id)[-1].number
            told("answered", number=number, status=event.answer.status, answer=event.answer.answer)


def _key(session: Session, call_id: str) -> str:
    turn = session.store.open_turn(session.id)
    return f"q{turn.number if turn else 0}/{call_id}"


def check(workspace: Workspace, session: Session, known: dict[str, Any], told: Told) -> None:
    """What was reported before the kill is there, whole, and once."""

    def wrong(what: str) -> None:
        told("wrong", what=what)

    for name in ("state.sqlite", "checkpoints.sqlite"):
        if (workspace.path / name).exists():
            db = sqlite3.connect(workspace.path / name, timeout=30)
            found = db.execute("PRAGMA integrity_check").fetchall()
            db.close()
            if found != [("ok",)]:
                wrong(f"{name}: {found}")
    turns = session.store.turns(session.id)
    if [t.number for t in turns] != list(range(1, len(turns) + 1)):
        wrong(f"turns are numbered {[t.number for t in turns]}")
    open_turns = [t.number for t in turns if t.answer is None and t.number not in known["skipped"]]
    if open_turns not in ([], [len(turns)]):
        wrong(f"open turns: {open_turns} of {len(turns)}")
    for number, text in known["answered"].items():
        stored = turns[int(number) - 1].answer if int(number) <= len(turns) else None
        if stored is None or stored["answer"] != text:
            wrong(f"turn {number} was reported as {text!r}, and is stored as {stored}")
    for turn in turns:
        if turn.answer is not None and str(turn.number) not in known["answered"]:
            # Killed between the answer's record and its report.
            told("answered", number=turn.number, status=turn.answer["status"], answer=turn.answer["answer"])
    records = workspace.ledger.list(session.id)
    states = {(e.call_id, e.id): e.state for e in records}
    finished = Counter(call for (call, _), state in states.items() if state == "finished")
    if any(state not in ("finished", "lost") for state in states.values()):
        wrong(f"states after a kill: {states}")
    for call, count in finished.items():
        if count > 1:
            wrong(f"{call} was run {count} times to its end")
    for call, evidence in known["finished"].items():
        if states.get((call, evidence)) != "finished":
            wrong(f"{call} was reported as finished ({evidence}); the ledger has {states}")
        later = [i for (c, i) in states if c == call and int(i[1:]) > int(evidence[1:])]
        if later:
            wrong(f"{call} was run again as {later} after {evidence}")


# ---- what the parent does


@dataclass
class Conversation:
    """What the child has reported over all its lives."""

    folder: Path
    kind: str
    session: str = ""
    answered: dict[str, str] = field(default_factory=dict)
    finished: dict[str, str] = field(default_factory=dict)
    model_steps: dict[str, int] = field(default_factory=dict)
    """The furthest step of a turn that the model was asked for, as the number of results it saw."""
    skipped: list[int] = field(default_factory=list)
    """Questions that were left open, for a new one."""
    wrong: list[str] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """How many questions have been done with. One may be left and, after a kill, resumed all the same."""
        return len({int(number) for number in self.answered} | set(self.skipped))

    def save(self) -> None:
        known = {
            "session": self.session,
            "answered": self.answered,
            "finished": self.finished,
            "skipped": self.skipped,
        }
        (self.folder / "known.json").write_text(json.dumps(known))

    def hear(self, event: dict[str, Any]) -> None:
        match event["kind"]:
            case "session":
                self.session = self.session or event["id"]
            case "wrong":
                self.wrong.append(event["what"])
            case "skipped":
                self.skipped.append(event["number"])
            case "finished":
                earlier = self.finished.setdefault(event["call"], event["evidence"])
                if earlier != event["evidence"]:
                    self.wrong.append(f"{event['call']} finished as {earlier} and as {event['evidence']}")
            case "model":
                furthest = self.model_steps.get(event["turn"], 0)
                if event["results"] < furthest:
                    self.wrong.append(
                        f"{event['turn']} fell back from {furthest} to {event['results']} results"
                    )
                self.model_steps[event["turn"]] = event["results"]
            case "answered":
                self._hear_answer(event)

    def _hear_answer(self, event: dict[str, Any]) -> None:
        number, text = str(event["number"]), event["answer"]
        if number in self.answered:
            self.wrong.append(f"turn {number} was answered twice: {self.answered[number]!r}, {text!r}")
        self.answered[number] = text
        expected = ANSWERS[(event["number"] - 1) % len(ANSWERS)]
        if event["status"] != "answered" or expected not in text:
            self.wrong.append(f"turn {number}: {event['status']} {text!r}, expected {expected!r}")


@dataclass
class Death:
    """When to kill: after the `count`th event of a kind, and a pause in seconds."""

    kind: str
    count: int
    pause: float


def choose_death(chance: random.Random, turn_seconds: float) -> Death:
    if chance.random() < 0.5:
        return Death("ready", 1, chance.uniform(0, 1.5 * turn_seconds))
    kind = chance.choice(["session", "asking", "started", "finished", "finished", "answered"])
    return Death(kind, chance.randint(1, 3), chance.choice([0.0, 0.0, 0.001, 0.003, 0.01]))


def live(talk: Conversation, questions: int, death: Death | None, skip: bool = False) -> str:
    """One life of the child; returns the kind of the last thing it said, or "end"."""
    talk.save()
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        _child(talk, write_end, questions, skip)
    os.close(write_end)
    last, buffer, kill_at, seen = "", b"", None, 0
    give_up = time.monotonic() + 60
    while True:
        wait = (kill_at or give_up) - time.monotonic()
        if wait <= 0 or not select.select([read_end], [], [], wait)[0]:
            if kill_at is None:
                talk.wrong.append(f"the child hung after {last!r}")
            break
        piece = os.read(read_end, 65536)
        if not piece:
            break
        buffer += piece
        *lines, buffer = buffer.split(b"\n")
        for line in lines:
            event = json.loads(line)
            talk.hear(event)
            last = event["kind"]
            seen += death is not None and last == death.kind
            if death is not None and kill_at is None and seen >= death.count:
                kill_at = time.monotonic() + death.pause
    os.kill(child, signal.SIGKILL)
    for line in (buffer + _drain(read_end)).split(b"\n")[:-1]:
        event = json.loads(line)
        talk.hear(event)
        last = event["kind"]
    os.close(read_end)
    os.waitpid(child, 0)
    return last


def _drain(pipe: int) -> bytes:
    """What a killed child had already said: the pipe ends once it is gone."""
    heard = b""
    while piece := os.read(pipe, 65536):
        heard += piece
    return heard


def _child(talk: Conversation, pipe: int, questions: int, skip: bool) -> None:
    try:
        converse(talk.folder, talk.kind, pipe, questions, skip)
    except BaseException:
        Told(pipe)("wrong", what=traceback.format_exc())
    finally:
        os._exit(0)


def main() -> None:
    folder, kind, kills, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    chance = random.Random(seed)
    sales(folder)
    import_what_a_turn_needs(folder, kind)
    moments: Counter[str] = Counter()
    talks: list[Conversation] = []
    turn_seconds = 0.15
    while sum(moments.values()) < kills and sum(len(talk.wrong) for talk in talks) < ENOUGH:
        if not talks or talks[-1].asked >= 12 or talks[-1].wrong:
            place = folder / f"talk{len(talks)}"
            place.mkdir()
            sales(place)
            talks.append(Conversation(place, kind))
        death, skip = choose_death(chance, turn_seconds), chance.random() < 0.25
        last = live(talks[-1], talks[-1].asked + 4, death, skip)
        moments[last] += last != "end"
    for talk in talks:
        finish(talk)
    wrong = [w for talk in talks for w in talk.wrong]
    print(json.dumps({"moments": moments, "conversations": len(talks), "wrong": wrong}))


def finish(talk: Conversation) -> None:
    """Let the last life end by itself, so that what the last kill left is checked and answered too."""
    questions = talk.asked + 2
    if live(talk, questions, None) != "end" or talk.asked != questions:
        talk.wrong.append(f"the last life ended with {talk.asked} of {questions} questions")


def import_what_a_turn_needs(folder: Path, kind: str) -> None:
    """Import in this process what a turn imports, learned from a child: no thread may start here."""
    place = folder / "warm"
    place.mkdir()
    sales(place)
    (place / "known.json").write_text(
        json.dumps({"session": "", "answered": {}, "finished": {}, "skipped": []})
    )
    read_end, write_end = os.pipe()
    if os.fork() == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        try:
            converse(place, kind, quiet, len(QUESTIONS))
            os.write(write_end, json.dumps(list(sys.modules)).encode())
        finally:
            os._exit(0)
    os.close(write_end)
    names = json.loads(_drain(read_end))
    os.close(read_end)
    os.wait()
    for name in names:
        if name not in sys.modules and name != "__main__":
            __import__(name)


if __name__ == "__main__":
    main()
