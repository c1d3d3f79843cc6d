"""The commands of a chat, which begin with a slash. Each is a function of the chat and the rest of the line."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from llmauto.chat import files, remember, reports, show, turn
from llmauto.chat.state import Chat
from llmauto.chat.toolbar import cost, money
from llmauto.exits import UsageError
from llmauto_tools.errors import did_you_mean

Run = Callable[[Chat, str], None]

KEYS = (
    ("Enter", "send"),
    ("Alt-Enter, or \\ at the end", "go on in a new line"),
    ("Tab", "complete a command, a table, a column, a file"),
    ("Up, Ctrl-R", "earlier questions, also of other chats"),
    ("Ctrl-C", "stop the running step; twice leaves"),
    ("Ctrl-D", "leave"),
)


@dataclass(frozen=True)
class Command:
    """A command: what `/help` says, and its function."""

    usage: str
    summary: str
    run: Run


def run_command(chat: Chat, line: str) -> None:
    """Run a line that begins with a slash. Raises UsageError for an unknown command."""
    name, _, rest = line[1:].replace("\n", " \n", 1).partition(" ")
    command = COMMANDS.get(name.lower())
    if command is None:
        near = did_you_mean(name, COMMANDS)
        raise UsageError(f"There is no command '/{name}'.", near or "See them with /help.")
    command.run(chat, rest.strip())


def _help(chat: Chat, rest: str) -> None:
    """All commands, or one."""
    if rest:
        command = COMMANDS.get(rest.removeprefix("/").lower())
        if command is None:
            raise UsageError(f"There is no command '{rest}'.", did_you_mean(rest, COMMANDS))
        show.definitions(chat, [(command.usage, command.summary)])
        return
    chat.say("What does not begin with / is a question, a follow-up or a correction.\n", "")
    show.definitions(chat, [(c.usage, c.summary) for c in COMMANDS.values()])
    chat.say("")
    show.definitions(chat, KEYS)


def _sources(chat: Chat, rest: str) -> None:
    sources = chat.session.store.get(chat.session.id).sources
    for source in sources:
        chat.say(source, "")
    if not sources:
        chat.say("No source yet. Attach one with /add FILE")


def _add(chat: Chat, rest: str) -> None:
    for source in _words(rest, "/add FILE…"):
        chat.attach(source)


def _tables(chat: Chat, rest: str) -> None:
    show.tables(chat)


def _schema(chat: Chat, rest: str) -> None:
    tables = chat.workspace.tables()
    name = rest or (tables[0].name if len(tables) == 1 else "")
    if not name:
        raise UsageError("Which table?", f"/schema {tables[0].name}" if tables else "Attach one: /add FILE")
    show.schema(chat, files.run_by_hand(chat, "describe", {"table": chat.workspace.table(name).name}))


def _sql(chat: Chat, rest: str) -> None:
    if not rest:
        raise UsageError("Which statement?", "/sql SELECT …")
    chat.result = files.run_by_hand(chat, "query", {"sql": rest})
    show.result(chat, chat.result)


def _undo(chat: Chat, rest: str) -> None:
    show.line(chat, files.run_by_hand(chat, "undo", {}))


def _keep(chat: Chat, rest: str) -> None:
    evidence = chat.last_result("keep")
    if not rest:
        raise UsageError("Under which name?", "/keep NAME")
    show.line(chat, files.run_by_hand(chat, "save_table", {"sql": evidence.sql, "name": rest}))


def _save(chat: Chat, rest: str) -> None:
    [path] = _words(rest, "/save result.csv (or .parquet, .json)", only=1)
    files.save_result(chat, Path(path).expanduser())


def _chart(chat: Chat, rest: str) -> None:
    files.chart(chat, _words(rest, "/chart bar chart.png") if rest else [])


def _why(chat: Chat, rest: str) -> None:
    if not rest and chat.last is not None:
        show.remembered(chat, chat.last.memory)
        if chat.last.memory and not chat.last.evidence:
            return
    for evidence in files.evidence_of(chat, rest):
        show.result(chat, evidence)
        for table in evidence.tables:
            chat.say(f"from {table}")


def _model(chat: Chat, rest: str) -> None:
    if rest:
        files.change_model(chat, rest)
    chat.say(f"model {chat.session.model}{_what_is_sent(chat)}")
    if not rest:
        chat.say("Another one: /model NAME; what can be used here: llmauto models")


def _share(chat: Chat, rest: str) -> None:
    """The share level; with the name of a file, a transcript for someone else."""
    if Path(rest.partition(" ")[0]).suffix or "--data" in rest:
        files.share(chat, _words(rest, "/share transcript.html (or .md), with --data also answers and rows"))
        return
    if rest:
        chat.session.use(share=rest)
    chat.say(f"share {chat.session.share}{_what_is_sent(chat)}")


SENT = {
    "schema": "it is sent the names and types of tables and columns, and no cell",
    "results": "it is sent names, types, and the rows of the results it asks for",
    "samples": "it is sent names, types, results, and a few example values of each text column",
}


def _what_is_sent(chat: Chat) -> str:
    if chat.session.model == "builtin":
        return ": it runs here and sends nothing anywhere"
    return f": {SENT[chat.session.share]} (docs/privacy.md)"


def _cost(chat: Chat, rest: str) -> None:
    used = sum(chat.tokens.values())
    split = ", ".join(f"{n:,} {kind}" for kind, n in chat.tokens.items() if n)
    chat.say(
        f"{used:,} tokens{f' ({split})' if split else ''} and {chat.seconds:.1f} s of answers in this chat"
    )
    price = cost(chat.tokens, chat.settings.token_price)
    if used and price is not None:
        chat.say(f"that costs about {money(price)} at {chat.settings.token_price} dollars per million tokens")
    elif used:
        chat.say("for the cost, set the prices: llmauto config set token_price INPUT/OUTPUT")


def _sessions(chat: Chat, rest: str) -> None:
    show.sessions(chat)


def _resume(chat: Chat, rest: str) -> None:
    if rest:
        files.switch_session(chat, rest)
        show.where_it_stood(chat)
        return
    question = chat.session.pending()
    if question is None:
        chat.say("Every question of this session is answered.")
        return
    chat.say(f"going on with: {question}")
    turn.resume(chat)


def _export(chat: Chat, rest: str) -> None:
    [path] = _words(rest, "/export analysis.ipynb (or .py, .md)", only=1)
    files.export(chat, Path(path).expanduser())


def _quit(chat: Chat, rest: str) -> None:
    chat.leaving = True


def _words(rest: str, usage: str, only: int | None = None) -> list[str]:
    try:
        words = shlex.split(rest)
    except ValueError as e:
        raise UsageError("A quotation mark is missing.", usage) from e
    if not words or (only is not None and len(words) != only):
        raise UsageError("Which file?" if not words else "One file, please; quote a name with spaces.", usage)
    return words


COMMANDS: dict[str, Command] = {
    "help": Command("/help", "show this", _help),
    "tables": Command("/tables", "the tables and their columns", _tables),
    "schema": Command("/schema [TABLE]", "the columns of a table: types, gaps, ranges, frequent values", _schema),
    "sources": Command("/sources", "what is attached", _sources),
    "add": Command("/add FILE…", "attach files, folders, databases or URLs", _add),
    "sql": Command("/sql SELECT …", "run a statement of your own", _sql),
    "why": Command("/why [e1]", "the tool runs behind the last answer, or one of them", _why),
    "right": Command("/right", "the last answer is right: its query is used when the question comes again", remember.right),
    "wrong": Command("/wrong", "the last answer is wrong: it is not told again", remember.wrong),
    "fix": Command("/fix SELECT …", "what the last question should have been; it is run and remembered", remember.fix),
    "memory": Command(remember.USAGE, "what is remembered: see, add, correct, forget", remember.memory_command),
    "chart": Command("/chart [KIND] [PATH]", "draw the last result: bar, line, …; or write it: .png, .svg, .html, .json", _chart),
    "save": Command("/save PATH", "write the whole last result to a .csv, .parquet or .json file", _save),
    "keep": Command("/keep NAME", "keep the last result as a table", _keep),
    "undo": Command("/undo", "take back the table that was kept last", _undo),
    "export": Command("/export PATH", "write the session as .ipynb, .py or .md", _export),
    "report": Command("/report GOAL [-o PATH]", "draft a report, then change it by saying what to change", reports.run),
    "sessions": Command("/sessions", "the sessions of this workspace", _sessions),
    "resume": Command("/resume [ID]", "go on with an open question, or in another session", _resume),
    "model": Command("/model [NAME]", "show or change the chat model", _model),
    "share": Command("/share [LEVEL or FILE]", "what a remote model may see: schema, results, samples; or write a transcript without data to a .html or .md file", _share),
    "cost": Command("/cost", "tokens, time and cost so far", _cost),
    "quit": Command("/quit", "leave", _quit),
}  # fmt: skip
