"""The commands of a chat, which begin with a slash. Each is a function of the chat and the rest of the line."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from llmauto.chat import files, turn
from llmauto.chat.state import Chat
from llmauto.exits import UsageError
from llmauto_tools.errors import did_you_mean

Run = Callable[[Chat, str], None]


@dataclass(frozen=True)
class Command:
    """A command: what `/help` says, and its function."""

    usage: str
    summary: str
    run: Run


def run_command(chat: Chat, line: str) -> None:
    """Run a line that begins with a slash. Raises UsageError for an unknown command."""
    name, _, rest = line[1:].partition(" ")
    command = COMMANDS.get(name.lower())
    if command is None:
        near = did_you_mean(name, COMMANDS)
        raise UsageError(f"There is no command '/{name}'.", near or "See them with /help.")
    command.run(chat, rest.strip())


def _help(chat: Chat, rest: str) -> None:
    wide = max(len(c.usage) for c in COMMANDS.values())
    for command in COMMANDS.values():
        chat.say(f"{command.usage:<{wide}}  {command.summary}")
    chat.say(
        "\nAnything else is a question. Alt-Enter or a line that ends in \\ goes on in a new line; "
        "Ctrl-R searches the history; Ctrl-C stops a running step, twice it leaves."
    )


def _sources(chat: Chat, rest: str) -> None:
    sources = chat.session.store.get(chat.session.id).sources
    for source in sources:
        chat.say(source)
    if not sources:
        chat.say("No source yet. Attach one with /add FILE")


def _add(chat: Chat, rest: str) -> None:
    for source in _words(rest, "/add FILE…"):
        chat.attach(source)


def _tables(chat: Chat, rest: str) -> None:
    files.show_tool(chat, "tables", {})


def _schema(chat: Chat, rest: str) -> None:
    tables = chat.workspace.tables()
    name = rest or (tables[0].name if len(tables) == 1 else "")
    if not name:
        raise UsageError("Which table?", "/schema TABLE; see them with /tables.")
    files.show_tool(chat, "describe", {"table": chat.workspace.table(name).name})


def _sql(chat: Chat, rest: str) -> None:
    if not rest:
        raise UsageError("Which statement?", "/sql SELECT …")
    files.show_tool(chat, "query", {"sql": rest})


def _undo(chat: Chat, rest: str) -> None:
    files.show_tool(chat, "undo", {})


def _keep(chat: Chat, rest: str) -> None:
    evidence = chat.main_evidence()
    if evidence is None or not evidence.sql:
        raise UsageError("There is no result to keep yet.")
    if not rest:
        raise UsageError("Under which name?", "/keep NAME")
    files.show_tool(chat, "save_table", {"sql": evidence.sql, "name": rest})


def _save(chat: Chat, rest: str) -> None:
    paths = _words(rest, "/save PATH (.csv, .parquet, .json)")
    files.save_result(chat, Path(paths[0]).expanduser())


def _chart(chat: Chat, rest: str) -> None:
    files.chart(chat, rest)


def _model(chat: Chat, rest: str) -> None:
    if rest:
        chat.session.use(model=rest)
    chat.say(f"model {chat.session.model}")


def _share(chat: Chat, rest: str) -> None:
    if rest:
        chat.session.use(share=rest)
    embedded = " (the built-in model sends nothing anywhere)" if chat.session.model == "builtin" else ""
    chat.say(f"share {chat.session.share}{embedded}")


def _cost(chat: Chat, rest: str) -> None:
    used = sum(chat.tokens.values())
    split = ", ".join(f"{n:,} {kind}" for kind, n in chat.tokens.items())
    chat.say(f"{used:,} tokens{f' ({split})' if used else ''}, {chat.seconds:.1f} s of answers")


def _sessions(chat: Chat, rest: str) -> None:
    for record in chat.session.store.list():
        mark = "*" if record.id == chat.session.id else " "
        chat.say(f"{mark} {record.id}  {record.turns:>3} questions  {record.title}")


def _resume(chat: Chat, rest: str) -> None:
    if rest:
        files.switch_session(chat, rest)
    if chat.session.pending() is None:
        chat.say("Every question of this session is answered.")
        return
    chat.say(f"going on with: {chat.session.pending()}")
    turn.resume(chat)


def _why(chat: Chat, rest: str) -> None:
    files.show_why(chat, rest)


def _export(chat: Chat, rest: str) -> None:
    paths = _words(rest, "/export PATH (.ipynb, .py, .md)")
    files.export(chat, Path(paths[0]).expanduser())


def _quit(chat: Chat, rest: str) -> None:
    chat.leaving = True


def _words(rest: str, usage: str) -> list[str]:
    try:
        words = shlex.split(rest)
    except ValueError as e:
        raise UsageError(f"A quotation mark is missing: {e}.", usage) from e
    if not words:
        raise UsageError("Something is missing.", usage)
    return words


COMMANDS: dict[str, Command] = {
    "help": Command("/help", "show this", _help),
    "sources": Command("/sources", "what is attached", _sources),
    "add": Command("/add FILE…", "attach files, folders, databases or URLs", _add),
    "tables": Command("/tables", "the tables and their columns", _tables),
    "schema": Command("/schema [TABLE]", "the columns of a table with their values in short", _schema),
    "sql": Command("/sql SELECT …", "run a statement of your own", _sql),
    "why": Command("/why [EVIDENCE]", "where the last answer's numbers come from", _why),
    "keep": Command("/keep NAME", "keep the last result as a table", _keep),
    "undo": Command("/undo", "take back the table that was kept last", _undo),
    "save": Command("/save PATH", "write the last result to a .csv, .parquet or .json file", _save),
    "chart": Command(
        "/chart [KIND] [PATH]", "draw the last result (bar, line, …), or write .png, .svg, .html", _chart
    ),
    "model": Command("/model [NAME]", "show or change the chat model", _model),
    "share": Command("/share [LEVEL]", "show or change what a remote model may see", _share),
    "cost": Command("/cost", "tokens and time so far", _cost),
    "sessions": Command("/sessions", "the sessions of this workspace", _sessions),
    "resume": Command("/resume [ID]", "go on with an open question, or in another session", _resume),
    "export": Command("/export PATH", "write the session as .ipynb, .py or .md", _export),
    "quit": Command("/quit", "leave (also Ctrl-D)", _quit),
}
