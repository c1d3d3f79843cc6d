"""`llmauto memory`: what the commands do."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto import exits
from llmauto.cli.memory_open import open_memory
from llmauto.exits import UsageError
from llmauto.render.message import print_note
from llmauto.render.screen import screen_for
from llmauto.render.text import clean, clean_lines

if TYPE_CHECKING:
    from llmauto_agent.memory.entry import Entry
    from llmauto_agent.memory.memory import Memory

NOTHING_YET = 'Nothing is remembered yet. Say something: llmauto memory add "ARR means sum of mrr * 12"'


@contextmanager
def _memory(workspace: str | None) -> Iterator[Memory]:
    """The memory for a command that looks at it or changes it; it works whatever the setting `memory` is,
    but stores only where that is on."""
    memory = open_memory(workspace)
    try:
        yield memory
        for notice in memory.notices:
            print_note(notice)
    finally:
        memory.close()


def list_entries(
    workspace: str | None, kinds: Sequence[str], scope: str | None, limit: int, as_json: bool
) -> int:
    """Print entries, the newest first."""
    _check(kinds, scope)
    with _memory(workspace) as memory:
        found = [e for e in memory.entries(kinds) if scope in (None, e.scope)][:limit]
        _show(found, as_json)
    return exits.ANSWERED


def search_entries(
    request: str, workspace: str | None, kinds: Sequence[str], limit: int, as_json: bool
) -> int:
    """Print the entries that belong to a text, best first."""
    _check(kinds, None)
    with _memory(workspace) as memory:
        found = memory.search(request, kinds=kinds, limit=limit)
        if as_json:
            _print_json([r.entry.as_object() | {"score": round(r.score, 4)} for r in found])
        else:
            _show([r.entry for r in found], False, nothing="Nothing that is remembered belongs to that.")
    return exits.ANSWERED


def show_entry(entry_id: str, workspace: str | None, as_json: bool) -> int:
    """Print one entry whole."""
    with _memory(workspace) as memory:
        entry = memory.get(entry_id)
        if as_json:
            _print_json(entry.as_object())
            return exits.ANSWERED
        print_entry(entry)
    return exits.ANSWERED


def print_entry(entry: Entry) -> None:
    """An entry in words: what it is, its text, where it comes from."""
    from rich.text import Text

    screen = screen_for(sys.stdout)
    console = screen.console()
    head = f"{entry.id}  {entry.kind}  {entry.scope}  {_when(entry.created)}"
    console.print(Text(clean(head, screen.unicode), style="dim"))
    console.print(Text(clean_lines(entry.text, screen.unicode)))
    if entry.source:
        console.print(Text(clean(f"from {entry.source}", screen.unicode), style="dim"))
    for name, value in entry.data.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        console.print(Text(clean_lines(f"{name}: {shown}", screen.unicode), style="dim"))


def add_entries(
    text: str | None,
    files: Sequence[Path],
    kind: str | None,
    scope: str | None,
    allow_personal: bool,
    workspace: str | None,
    as_json: bool,
) -> int:
    """Remember a sentence or documents."""
    from llmauto_agent.memory.documents import read_document
    from llmauto_agent.memory.teach import entry_of

    if not text and not files:
        raise UsageError("What is to be remembered?", 'A sentence, or --file FILE: llmauto memory add "…"')
    _check([kind] if kind else [], scope)
    chosen: Any = scope or "workspace"
    made = [entry_of(text, chosen, kind)] if text else []
    for path in files:
        made += read_document(path, chosen)
    with _memory(workspace) as memory:
        stored = memory.add(made, allow_personal=allow_personal)
        memory.upkeep_later()
        if as_json:
            _print_json([e.as_object() for e in stored])
        elif files:
            print_note(f"{len(stored)} entries of {', '.join(p.name for p in files)} are remembered")
        else:
            print_note(f"{stored[0].id} is remembered: {how_it_is_used(stored[0])}")
    return exits.ANSWERED


def how_it_is_used(entry: Entry) -> str:
    """What will come of an entry that a person gave, in a few words."""
    if "definition" in entry.data:
        return f"“{entry.data['definition']['name']}” is read so from now on"
    if "filter" in entry.data:
        return "a filter that applies to every question over such a table"
    if "fiscal_start" in entry.data:
        return "fiscal years are read so from now on"
    return f"a {entry.kind}, recalled where it belongs to a question"


def edit_entry(entry_id: str, text: str, allow_personal: bool, workspace: str | None, as_json: bool) -> int:
    """Give an entry another text, and read anew what it teaches."""
    from llmauto_agent.memory.teach import retold

    with _memory(workspace) as memory:
        new = retold(memory.get(entry_id), text)
        stored = memory.edit(entry_id, new.text, new.data, allow_personal=allow_personal)
        if as_json:
            _print_json(stored.as_object())
        else:
            print_note(f"{entry_id} is changed")
    return exits.ANSWERED


def forget_entries(
    ids: Sequence[str],
    everything: bool,
    kinds: Sequence[str],
    scope: str | None,
    workspace: str | None,
    yes: bool,
) -> int:
    """Forget entries for good, after asking."""
    from llmauto.cli.confirm import confirm

    if bool(ids) == everything:
        raise UsageError("Which entries?", "Name them (llmauto memory list), or give --all.")
    _check(kinds, scope)
    with _memory(workspace) as memory:
        chosen = [memory.get(i) for i in ids] if ids else memory.entries(kinds)
        chosen = [e for e in chosen if scope in (None, e.scope)]
        if not chosen:
            print_note("There is nothing to forget.")
            return exits.ANSWERED
        if not yes:
            what = _cut(chosen[0].text, 60) if len(chosen) == 1 else f"{len(chosen)} entries"
            confirm(f"Forget {what}? This cannot be taken back.")
        count = memory.forget([e.id for e in chosen])
        memory.upkeep_later()
        print_note(f"{count} {'entry is' if count == 1 else 'entries are'} forgotten")
    return exits.ANSWERED


def export_entries(output: Path | None, training: Path | None, workspace: str | None, yes: bool) -> int:
    """Write entries, or question–SQL pairs, as JSON lines."""
    path = training or output
    if path is not None and path.exists() and not yes:
        raise UsageError(f"'{path}' exists already.", "Give --yes to replace it, or another name.")
    with _memory(workspace) as memory:
        if training is None:
            _write(output, (e.as_object() for e in reversed(memory.entries())))
            return exits.ANSWERED
        from llmauto.cli.confirm import confirm
        from llmauto_agent.memory.feedback import training_pairs

        pairs = training_pairs(memory)
        if not pairs:
            print_note("No answer was accepted or corrected yet: /right and /fix in a chat do that.")
            return exits.ANSWERED
        if not yes:
            confirm(
                f"Write {len(pairs)} questions with their SQL, which may quote cells, and the names of your "
                f"tables and columns to {training}?"
            )
        _write(training, pairs)
    return exits.ANSWERED


def _write(path: Path | None, records: Any) -> None:
    lines = [json.dumps(r, ensure_ascii=False) for r in records]
    text = "".join(line + "\n" for line in lines)
    if path is None:
        sys.stdout.write(text)
        return
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(text, "utf-8")
        new.replace(path)
    except OSError as e:
        raise UsageError(f"{path} cannot be written: {e.strerror}.") from e
    print_note(f"{len(lines)} lines are in {path}")


def import_entries(file: Path, allow_personal: bool, workspace: str | None) -> int:
    """Read what export wrote; ids are given anew."""
    from llmauto_agent.memory.entry import entry_from
    from llmauto_tools.errors import InvalidArguments

    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as e:
        raise UsageError(f"'{file}' cannot be read: {e}.") from e
    made = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            made.append(entry_from({k: v for k, v in record.items() if k != "id"}))
        except (ValueError, AttributeError, TypeError, InvalidArguments) as e:
            raise UsageError(
                f"Line {number} of {file} is no entry: {e}", "It was written by: llmauto memory export"
            ) from e
    with _memory(workspace) as memory:
        stored = memory.add(made, allow_personal=allow_personal)
        memory.upkeep_later()
        print_note(f"{len(stored)} entries are remembered")
    return exits.ANSWERED


def reembed(workspace: str | None) -> int:
    """Do what waits now, with a status line."""
    from llmauto.cli.drive import Emit, drive
    from llmauto.render.status import StatusLine

    status = StatusLine()

    def work(emit: Emit) -> bool:
        with _memory(workspace) as memory:
            return memory.upkeep(lambda text, fraction: emit((text, fraction)))

    done = drive(work, status, on_event=lambda event: status.say(*event), stop=lambda: None)
    print_note(
        "Everything is embedded." if done else "Another process is at it; llmauto memory status says how far."
    )
    return exits.ANSWERED


def show_status(workspace: str | None, as_json: bool) -> int:
    """Print what there is and where."""
    from llmauto.config import load_settings

    settings = load_settings(workspace=workspace)
    with _memory(workspace) as memory:
        stores = memory.status()
    if as_json:
        _print_json({"memory": settings.memory, "embedder": settings.embedder, "stores": stores})
        return exits.ANSWERED
    say: Callable[[str], object] = print
    say(f"memory {settings.memory}, embedding model {settings.embedder}")
    for store in stores:
        say(f"\n{store['scope']}: {store['folder']}")
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in store["kinds"].items())
        say(f"  {store['entries']:,} entries{f' ({kinds})' if kinds else ''}, {store['bytes']:,} bytes")
        for model in store["models"]:
            index = "a Chroma index" if model["indexed"] else "compared one by one"
            waits = f", {model['pending']:,} wait" if model["pending"] else ""
            say(f"  {model['model']}: {model['vectors']:,} vectors, {index}{waits}")
    if not stores:
        say(NOTHING_YET)
    return exits.ANSWERED


def _show(found: Sequence[Entry], as_json: bool, nothing: str = NOTHING_YET) -> None:
    if as_json:
        _print_json([e.as_object() for e in found])
        return
    if not found:
        print_note(nothing)
        return
    from llmauto.render.table import render_table

    screen = screen_for(sys.stdout)
    rows = [[e.id, e.kind, e.scope, _when(e.created), " ".join(e.text.split()), e.source] for e in found]
    names = ["id", "kind", "scope", "when", "text", "from"]
    for part in render_table(names, rows, screen, max_rows=0, row_count=len(rows), whole={"id"}):
        screen.console().print(part)


def _check(kinds: Sequence[str], scope: str | None) -> None:
    from llmauto_agent.memory.entry import KINDS, SCOPES
    from llmauto_tools.errors import did_you_mean

    for given, known, what in (*((k, KINDS, "kind") for k in kinds), (scope, SCOPES, "scope")):
        if given is not None and given not in known:
            hint = did_you_mean(given, known) or f"One of: {', '.join(known)}."
            raise UsageError(f"'{given}' is no {what} of memory.", hint)


def _print_json(value: Any) -> None:
    from llmauto.render.streams import print_json

    print_json(value)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
