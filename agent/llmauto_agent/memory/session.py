"""What a session does with the memory, so that the session itself need not know how."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from llmauto_agent.meaning.types import Meanings
from llmauto_agent.memory.use import Recollection

if TYPE_CHECKING:
    from llmauto_agent.answer import Answer
    from llmauto_agent.memory.entry import Entry
    from llmauto_agent.memory.keep import Examples
    from llmauto_agent.memory.memory import Memory
    from llmauto_agent.privacy import Boundary
    from llmauto_tools.workspace import Workspace


_GOES_ON = re.compile(
    r"\s*(?:and|but|or|only|just|also|now|same|what about|how about|instead|then|without|no,)\b|[和那只再换]|同样|按.{1,8}呢",
    re.IGNORECASE,
)


def _goes_on(answer: Answer, messages: Sequence[Any]) -> bool:
    """Whether a question goes on from the one before ("and by region?"): alone it says nothing. The built-in
    planner knows; of a chat model's questions the beginning tells."""
    if not messages:
        return False
    reading = messages[-1].response_metadata.get("llmauto_reading", {})
    if "follow_up" in reading:
        return bool(reading["follow_up"])
    asked = sum(1 for m in messages if m.type == "human")
    return asked > 1 and _GOES_ON.match(answer.question) is not None


class SessionMemory:
    """The memory of one session. memory None: only `meanings` from elsewhere apply, and nothing is kept."""

    def __init__(
        self,
        memory: Memory | None,
        workspace: Workspace,
        session: str,
        meanings: Callable[[], Meanings] | None,
    ) -> None:
        self.memory = memory
        self._workspace = workspace
        self._meanings = meanings
        self._to_keep: list[Entry] = []
        self.recollection = Recollection(memory, workspace, session, meanings) if memory is not None else None

    # ---- before the answer

    def middleware(self, *, embedded: bool) -> list[Any]:
        """What of the agent loop the memory takes over; embedded: the built-in planner reuses accepted plans."""
        if self.recollection is None:
            return []
        from llmauto_agent.memory.middleware import Recollecting

        return [Recollecting(self.recollection, reuse=embedded)]

    def equip(self, model: Any) -> None:
        """Give the built-in planner the meanings that apply."""
        if self.recollection is None:
            model.meanings = self._meanings
            return
        model.meanings, model.applied = self.recollection.meanings, self.recollection.note_meanings

    def tables(self, question: str) -> list[str]:
        """The tables that are recalled for a question, best first."""
        return self.recollection.tables(question) if self.recollection is not None else []

    def context(self, question: str, boundary: Boundary) -> str:
        """What a chat model is told of what is remembered, and of the meanings from elsewhere."""
        told = boundary.meanings(self._meanings()) if self._meanings is not None else []
        if self.recollection is not None and (remembered := self.recollection.context(question, boundary)):
            told.append(remembered)
        return "\n".join(told)

    # ---- after the answer

    def note(self, answer: Answer, messages: Sequence[Any]) -> None:
        """Write into an answer what of the memory it used, and set aside what is worth keeping of it.

        messages: the conversation, the answer last; it says whether the question went on from another.
        """
        if self.recollection is None or self.memory is None:
            return
        answer.memory = list(self.recollection.used)
        answer.notices += self.memory.notices
        self.memory.notices.clear()
        if self.memory.mode == "on":
            self._to_keep = self._worth_keeping(answer, messages)

    def _worth_keeping(self, answer: Answer, messages: Sequence[Any]) -> list[Entry]:
        from llmauto_agent.memory.keep import finding_entries, question_entry

        if any(used["how"] in ("recalled", "remembered") for used in answer.memory):
            return []  # it was told from memory: nothing is new
        tables = self._workspace.tables()
        fingerprints = self.fingerprints()
        asked = None if _goes_on(answer, messages) else question_entry(answer, tables, fingerprints)
        return [*([asked] if asked is not None else []), *finding_entries(answer, fingerprints)]

    def fingerprints(self) -> dict[str, str]:
        """The data version of each table, by its name."""
        return {t.name: self._workspace.fingerprint(t.name) for t in self._workspace.tables()}

    def remember(self, examples: Examples | None) -> None:
        """Write what the last answer is remembered by. `examples` gives values, where samples are shared."""
        from llmauto_agent.memory.keep import without_sensitive

        kept, self._to_keep = self._to_keep, []
        if kept and self.memory is not None and self.memory.mode == "on":
            self.memory.keep(without_sensitive(kept))
            self.memory.learn_schema(self._workspace.tables(), examples)
            self.memory.upkeep_later()
