"""The memory in a session: what is recalled before a request is read, and what is kept after its answer.

Recollection.begin(question)    a new question: what was used so far is forgotten
  .direct(question)             an answer without the data: something was taught, or asked of earlier sessions
  .again(question)              the accepted plan or SQL of the same question, if the schema still fits
  .meanings()                   definitions and standing filters, for the planner
  .context(question, boundary)  what a chat model is told, within the privacy boundary
  .tables(question)             the tables that it is about, of hundreds
  .used                         what of it went into the answer, for `/why`
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmauto_agent.meaning.say import meanings_of, taught
from llmauto_agent.meaning.types import NONE, Meanings, combined
from llmauto_agent.memory.entry import Entry
from llmauto_agent.memory.memory import Memory
from llmauto_agent.planner.tokens import detect_language

if TYPE_CHECKING:
    from llmauto_agent.memory.earlier import Told
    from llmauto_agent.privacy import Boundary
    from llmauto_tools.workspace import Workspace

MANY_TABLES = 12
"""From so many tables on, recall helps to choose those that a question is about."""
_CONTEXT_KINDS = (
    "definition",
    "preference",
    "correction",
    "question",
    "finding",
    "model",
    "report",
    "document",
)


@dataclass(frozen=True)
class Direct:
    """An answer that needs no data. evidence: ids in this workspace's ledger."""

    text: str
    evidence: tuple[str, ...] = ()
    status: str = "answered"
    quoted: tuple[str, ...] = ()
    """Dates and ids in the text, which are no figures."""


@dataclass(frozen=True)
class Again:
    """What answered the same question before: the tool and its arguments, and a word that says so."""

    tool: str
    arguments: dict[str, Any]
    said: str


@dataclass
class Recollection:
    """Recalls for one session of a workspace."""

    memory: Memory
    workspace: Workspace
    session: str
    others: Callable[[], Meanings] | None = None
    """Meanings from elsewhere (a project's llmauto.yml); they go before those of the memory."""
    used: list[dict[str, Any]] = field(default_factory=list)
    _context: tuple[str, str] | None = None

    def begin(self, question: str) -> None:
        self.used = []
        self._context = None

    # ---- answers without the data

    def direct(self, question: str) -> Direct | None:
        """An answer to what teaches something, or asks of earlier sessions; None for any other question."""
        found = taught(question)
        if found is not None:
            return self._teach(question)
        if self.memory.empty():
            return None
        from llmauto_agent.memory.earlier import asks_about_earlier, tell

        if not asks_about_earlier(question):
            return None
        told = tell(self.memory, question, self.session, self.stale)
        if not told.entries and not told.at_other_times and self._is_of_the_data(question):
            return None
        self._note(told)
        return Direct(told.text, told.evidence, quoted=told.quoted)

    def _is_of_the_data(self, question: str) -> bool:
        """Whether a question that nothing is remembered of can be meant for the data ("what do we know of …")."""
        from llmauto_agent.context import words

        names = {
            w
            for t in self.workspace.tables()
            for n in (t.name, *(c.name for c in t.columns))
            for w in words(n)
        }
        return bool(words(question) & names)

    def _teach(self, question: str) -> Direct:
        from llmauto_agent.memory.teach import entry_of
        from llmauto_tools.errors import LlmautoError

        zh = detect_language(question) == "zh"
        try:
            stored = self.memory.add([entry_of(question, session=self.session)])[0]
        except LlmautoError as e:
            return Direct(str(e), status="refused")
        self._say(stored, "remembered")
        if zh:
            said = f"已记住（{stored.id}），之后的问题会用到。用 /memory forget {stored.id} 可以忘掉。"
        else:
            said = (
                f"Remembered as {stored.id}, and used from now on. To forget it: /memory forget {stored.id}"
            )
        return Direct(said, quoted=(stored.id,))

    def _note(self, told: Told) -> None:
        for found in told.entries:
            self._say(found.entry, "recalled", found.stale)

    # ---- the same question

    def again(self, question: str) -> Again | None:
        """The accepted plan or the corrected SQL of this question, where the tables still fit."""
        from llmauto_agent.memory.keep import fits, question_key

        known = [e for e in self._answered(question_key(question)) if e.data.get("accepted") is True]
        tables = self.workspace.tables()
        for entry in known:
            different = fits(entry.data.get("schema", []), tables)
            if different is not None:
                self.memory.notices.append(
                    f"An answer to this that you accepted ({entry.id}) does not fit any more: {different}."
                )
                continue
            self._say(entry, "used again")
            zh = detect_language(question) == "zh"
            said = (
                f"沿用您认可过的查询（{entry.id}）。"
                if zh
                else f"With the query that you accepted before ({entry.id})."
            )
            if entry.data.get("plan"):
                return Again("analyze", {"plan": entry.data["plan"]}, said)
            return Again("query", {"sql": entry.data["sql"]}, said)
        return None

    def _answered(self, key: str) -> list[Entry]:
        """What is remembered of a question: corrections first, the newest first."""
        found: list[Entry] = []
        for store in self.memory.stores():
            numbers = [*store.keys(f"correction:{key}").values(), *store.keys(f"question:{key}:").values()]
            found += [e for e in store.some(numbers) if e.scope != "session" or e.session == self.session]
        return sorted(found, key=lambda e: (e.kind != "correction", -e.created))

    # ---- definitions

    def meanings(self) -> Meanings:
        """Definitions, standing filters and the fiscal year: the newest of one name."""
        own = NONE
        if not self.memory.empty():
            entries = self.memory.entries(("definition", "preference"), session=self.session)
            own = combined(meanings_of(e.data, e.id) for e in entries)
        return self.others() + own if self.others is not None else own

    def note_meanings(self, used: tuple[tuple[str, str, str], ...]) -> None:
        """Definitions and filters that went into a plan, for `used`."""
        for name, body, source in used:
            self.used.append(
                {"id": source, "kind": "definition", "text": f"{name}: {body}", "how": "applied"}
            )

    # ---- chat models

    def context(self, question: str, boundary: Boundary) -> str:
        """The lines of remembered things that a chat model is given with a question, or nothing."""
        if self.memory.empty():
            return ""
        if self._context is None or self._context[0] != question:
            found = self.memory.search(question, kinds=_CONTEXT_KINDS, session=self.session, stale=self.stale)
            always = self.memory.entries(("preference",), session=self.session, limit=10)
            told = {r.entry.id for r in found}
            shown = [(r.entry, r.stale) for r in found] + [(e, None) for e in always if e.id not in told]
            lines = [(e, line) for e, stale in shown if (line := boundary.remembered(e, stale))]
            for entry, _ in lines:
                self._say(entry, "given to the model", next(s for e, s in shown if e is entry))
            self._context = (question, "\n".join(line for _, line in lines))
        return self._context[1]

    def tables(self, question: str) -> list[str]:
        """Names of the tables that belong to a question, best first; empty where there are few."""
        if len(self.workspace.tables()) < MANY_TABLES or self.memory.empty():
            return []
        found = self.memory.search(question, kinds=("table", "column"), limit=40, characters=40_000)
        return list(dict.fromkeys(str(r.entry.data.get("table")) for r in found))

    # ---- out of date

    def stale(self, entry: Entry) -> str | None:
        """Why an entry may be out of date: a table that it speaks of has changed since, or is not here."""
        tables = {t.name: t for t in self.workspace.tables()}
        if entry.kind in ("table", "column"):
            return self._stale_schema(entry)
        for name, fingerprint in entry.fingerprints.items():
            if name in tables and self.workspace.fingerprint(name) != fingerprint:
                return f"the data of {name} changed since"
        return None

    def _stale_schema(self, entry: Entry) -> str | None:
        from llmauto_agent.memory.keep import fits

        return fits(entry.data.get("schema", []), self.workspace.tables())

    def _say(self, entry: Entry, how: str, stale: str | None = None) -> None:
        self.used.append(
            {"id": entry.id, "kind": entry.kind, "text": entry.text[:300], "source": entry.source, "how": how}
            | ({"stale": stale} if stale else {})
        )
