"""The chat's commands about memory: /memory, and /right, /wrong and /fix about the last answer."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from llmauto.chat.state import Chat
from llmauto.exits import UsageError
from llmauto_tools.errors import did_you_mean

if TYPE_CHECKING:
    from llmauto_agent.answer import Answer
    from llmauto_agent.memory.entry import Entry
    from llmauto_agent.memory.memory import Memory

USAGE = "/memory [list, search, show, add, edit, forget, status] …"
_SHOWN = 15


def memory_command(chat: Chat, rest: str) -> None:
    """Run `/memory …`. Raises UsageError for an unknown action and where the memory is off."""
    action, _, given = rest.partition(" ")
    run = _ACTIONS.get(action or "list")
    if run is None:
        raise UsageError(f"/memory has no '{action}'.", did_you_mean(action, _ACTIONS) or USAGE)
    run(chat, given.strip())


def _memory(chat: Chat) -> Memory:
    memory = chat.session.remembering.memory if chat.session.remembering is not None else None
    if memory is None:
        raise UsageError("The memory is off in this chat.", "Start it with: llmauto chat --memory on")
    return memory


def _list(chat: Chat, given: str) -> None:
    kinds = given.split()
    found = _memory(chat).entries(kinds, session=chat.session.id, limit=_SHOWN + 1)
    if not kinds:  # tables and columns are many, and nobody said them
        found = [
            e for e in _memory(chat).entries(session=chat.session.id) if e.kind not in ("table", "column")
        ][: _SHOWN + 1]
    _show(chat, found[:_SHOWN])
    if len(found) > _SHOWN:
        chat.say("There is more: /memory search TEXT, or llmauto memory list")


def _search(chat: Chat, given: str) -> None:
    if not given:
        raise UsageError("What for?", "/memory search how is revenue defined")
    memory = _memory(chat)
    found = chat.work("searching", lambda emit: memory.search(given, session=chat.session.id))
    _show(chat, [r.entry for r in found])


def _entry(chat: Chat, given: str) -> None:
    from llmauto.cli.memory import print_entry

    print_entry(_memory(chat).get(_one(given, "/memory show m12")))


def _add(chat: Chat, given: str) -> None:
    from llmauto.cli.memory import how_it_is_used
    from llmauto_agent.memory.documents import read_document
    from llmauto_agent.memory.teach import entry_of

    if not given:
        raise UsageError(
            "What is to be remembered?", "/memory add ARR means sum of mrr * 12 (or a file's path)"
        )
    memory = _memory(chat)
    path = Path(given.strip("'\"")).expanduser()
    if path.suffix and path.is_file():
        stored = chat.work(f"reading {path.name}", lambda emit: memory.add(read_document(path)))
        chat.say(f"{len(stored)} entries of {path.name} are remembered")
        memory.upkeep_later()
        return
    entry = memory.add([entry_of(given, session=chat.session.id)])[0]
    chat.say(f"{entry.id} is remembered: {how_it_is_used(entry)}")


def _edit(chat: Chat, given: str) -> None:
    from llmauto_agent.memory.teach import retold

    entry_id, _, text = given.partition(" ")
    if not text.strip():
        raise UsageError("Which entry, and what should it say?", "/memory edit m12 ARR means sum of mrr * 12")
    memory = _memory(chat)
    new = retold(memory.get(entry_id), text.strip())
    memory.edit(entry_id, new.text, new.data)
    chat.say(f"{entry_id} is changed")


def _forget(chat: Chat, given: str) -> None:
    ids = given.replace(",", " ").split()
    if not ids:
        raise UsageError("Which entries?", "/memory forget m12 m13")
    count = _memory(chat).forget(ids)
    chat.say(f"{count} {'entry is' if count == 1 else 'entries are'} forgotten")


def _status(chat: Chat, given: str) -> None:
    memory = _memory(chat)
    chat.say(f"memory {memory.mode}, embedding model {memory.embedder_spec}")
    for store in memory.status():
        chat.say(
            f"{store['scope']}: {store['entries']:,} entries, {store['bytes']:,} bytes in {store['folder']}"
        )


_ACTIONS = {
    "list": _list, "search": _search, "show": _entry, "add": _add, "edit": _edit, "forget": _forget,
    "status": _status,
}  # fmt: skip


def _show(chat: Chat, found: list[Entry]) -> None:
    from llmauto.chat import show

    if not found:
        chat.say("Nothing is remembered that fits. /memory add TEXT")
        return
    show.definitions(chat, [(f"{e.id} {e.kind}", " ".join(e.text.split())[:300]) for e in found])


def _one(given: str, usage: str) -> str:
    words = shlex.split(given)
    if len(words) != 1:
        raise UsageError("Which entry?", usage)
    return words[0]


# ---- the last answer


def right(chat: Chat, rest: str) -> None:
    """The last answer is right: its query is used when the question comes again."""
    from llmauto_agent.memory.feedback import accept

    entry = accept(_writable(chat), _last(chat), chat.workspace.tables(), _fingerprints(chat))
    chat.say(f"{entry.id}: this query is used when the question comes again")


def wrong(chat: Chat, rest: str) -> None:
    """The last answer is wrong: it is not told again."""
    from llmauto_agent.memory.feedback import reject

    entry = reject(_writable(chat), _last(chat), chat.workspace.tables(), _fingerprints(chat))
    chat.say(f"{entry.id}: this answer is not told again. /fix SELECT … says what it should have been")


def fix(chat: Chat, rest: str) -> None:
    """Run the statement that the last question should have been, show it, and remember it."""
    from llmauto.chat import files, show
    from llmauto_agent.memory.feedback import correct

    if not rest:
        raise UsageError("What should it have been?", "/fix SELECT …")
    answer, memory = _last(chat), _writable(chat)
    evidence = files.run_by_hand(chat, "query", {"sql": rest})
    chat.result = evidence
    show.result(chat, evidence)
    used = [t for t in chat.workspace.tables() if t.name in evidence.tables]
    entry = correct(memory, answer, rest, used, _fingerprints(chat))
    chat.say(f"{entry.id}: this is what “{answer.question}” means from now on")


def _last(chat: Chat) -> Answer:
    if chat.last is None:
        raise UsageError("There is no answer yet.", "Ask a question first.")
    return chat.last


def _writable(chat: Chat) -> Memory:
    memory = _memory(chat)
    if memory.mode != "on":
        raise UsageError("The memory is only read in this chat.", "Start it with: llmauto chat --memory on")
    return memory


def _fingerprints(chat: Chat) -> dict[str, str]:
    assert chat.session.remembering is not None
    return chat.session.remembering.fingerprints()
