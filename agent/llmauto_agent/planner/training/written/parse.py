"""Files of written requests as blocks: tables, and chains of requests about them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from llmauto_agent.planner.neural.grammar import CHARTS, REFUSALS, TOOLS
from llmauto_agent.planner.training.generate.tables import DATA, Col, Domain, column_of
from llmauto_tools.schema import Column, ForeignKey, Table

FOLDER = DATA / "written"


@dataclass(frozen=True)
class Problem:
    """A line that cannot be used, and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(frozen=True)
class Request:
    """A request with one answer: SQL, the calls of tools, or the reason of a refusal."""

    line: int
    question: str
    sql: str | None = None
    chart: str | None = None
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    refuse: str | None = None


Chain = tuple[Request, ...]
"""A request and the follow-ups on it, in turn."""


@dataclass
class Block:
    """A schema with its requests."""

    name: str
    lang: str
    file: str
    line: int
    tables: tuple[Domain, ...] = ()
    keys: tuple[ForeignKey, ...] = ()
    chains: list[Chain] = field(default_factory=list)

    def schema_tables(self) -> list[Table]:
        return [Table(t.name, tuple(Column(c.name, c.dtype) for c in t.columns)) for t in self.tables]

    def column(self, table: str, name: str) -> Col | None:
        """A column without regard to case."""
        for owner in self.tables:
            if owner.name.lower() == table.lower():
                return next((c for c in owner.columns if c.name.lower() == name.lower()), None)
        return None


def written_files(lang: str | None = None) -> list[Path]:
    """The files of the repository, those of one language or all."""
    return sorted(FOLDER.glob(f"{lang or '*'}_*.txt"))


def parse_file(path: Path) -> tuple[list[Block], list[Problem]]:
    """The blocks of a file and the lines that cannot be read."""
    lang = path.name.split("_")[0]
    if lang not in {"en", "zh"}:
        return [], [Problem(path.name, 0, "the name of the file must begin with en_ or zh_")]
    blocks: list[Block] = []
    problems: list[Problem] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            _read_line(line.strip(), number, blocks, lang, path.name)
        except ValueError as e:
            problems.append(Problem(path.name, number, str(e)))
    return blocks, problems


def _read_line(line: str, number: int, blocks: list[Block], lang: str, file: str) -> None:
    if not line or line.startswith("#"):
        return
    head, _, rest = line.partition(" ")
    if head == "@schema":
        if not rest.strip():
            raise ValueError("@schema needs a name")
        blocks.append(Block(rest.strip(), lang, file, number))
        return
    if not blocks:
        raise ValueError("a line before the first @schema")
    block = blocks[-1]
    if head == "@table":
        block.tables += (_table(rest, lang),)
    elif head == "@key":
        block.keys += (_key(rest, block),)
    elif head.startswith("@"):
        raise ValueError(f"{head} is none of @schema, @table, @key")
    else:
        _add_request(line, number, block)


def _add_request(line: str, number: int, block: Block) -> None:
    follows = line.startswith(">")
    question, arrow, answer = line.lstrip("> ").partition(" => ")
    if not arrow or not question.strip() or not answer.strip():
        raise ValueError("expected: request => answer")
    request = _answered(Request(number, question.strip()), answer.strip())
    if not follows:
        block.chains.append((request,))
    elif block.chains:
        block.chains[-1] += (request,)
    else:
        raise ValueError("a follow-up without a request before it")


def _answered(request: Request, answer: str) -> Request:
    if answer.startswith("!"):
        if answer[1:] not in REFUSALS:
            raise ValueError(f"{answer} is none of {', '.join('!' + r for r in REFUSALS)}")
        return replace(request, refuse=answer[1:])
    if answer.startswith("="):
        return replace(request, calls=tuple(_calls(answer[1:])))
    if answer.startswith("chart:"):
        head, _, sql = answer.partition(" ")
        kind = head.removeprefix("chart:")
        if kind not in CHARTS:
            raise ValueError(f"{kind} is none of the charts {', '.join(CHARTS)}")
        return replace(request, sql=sql.strip(), chart=kind)
    return replace(request, sql=answer)


def _calls(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in re.split(r"\s;\s(?=\w+ ?\{)", text):
        tool, _, arguments = part.strip().partition(" ")
        if tool not in TOOLS:
            raise ValueError(f"{tool!r} is none of the tools {', '.join(TOOLS)}")
        try:
            read = json.loads(arguments or "{}")
        except json.JSONDecodeError as e:
            raise ValueError(f"the arguments of {tool} are no JSON: {e}") from e
        yield tool, read


# ---- tables


def _table(text: str, lang: str) -> Domain:
    head, *columns = (part.strip() for part in text.split("|"))
    name, _, nouns = head.partition("(")
    singular, _, plural = nouns.rstrip(") ").partition(",")
    name = name.strip().strip('"')
    if not name or not columns:
        raise ValueError("expected: @table name (noun, nouns) | column type | ...")
    made = tuple(_column(c, f"{name}.{i}", lang) for i, c in enumerate(columns) if c)
    _refuse_twice(c.name for c in made)
    return Domain(name, singular.strip() or name, plural.strip() or singular.strip() or name, made, lang)


_QUOTED = re.compile(r'"([^"]+)"(\S*)\s+(.*)')


def _column(text: str, seed: str, lang: str) -> Col:
    """A column; its name may stand in double quotes, and the other words for it may hold spaces."""
    quoted = _QUOTED.fullmatch(text)
    said: list[str] = []
    if quoted:
        name, rest = quoted[1], (quoted[2] + " " + quoted[3]).strip()
    else:
        name, _, rest = text.partition(" ")
        name, equals, first = name.partition("=")
        rest = ("=" + first + " " + rest) if equals else rest
    if rest.startswith("="):
        words, rest = _other_words(rest[1:])
        said = [w.strip() for w in words.split("/")]
    try:
        made = column_of(f"{name.replace(' ', '_')} {rest}", seed, lang)
    except ValueError as e:
        raise ValueError(f"the column {name}: {e}") from e
    return replace(made, name=name, say=tuple(said))


_TYPE = re.compile(
    r"(?:^|\s)(?=(?:id|name|pct|bool|flag|yesno)\s*$|cat\s|(?:int|float|money|date|year)\s+-?[\d.])"
)


def _other_words(text: str) -> tuple[str, str]:
    """(other words of a column, its type with arguments)."""
    found = _TYPE.search(text)
    if found is None:
        raise ValueError(f"no type of a column in {text!r}")
    at = found.end()
    return text[:at].strip(), text[at:]


def _refuse_twice(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise ValueError(f"the column {name} stands twice")
        seen.add(name.lower())


_KEY = re.compile(r'\s*("[^"]+"|[^.="]+)\.("[^"]+"|[^="]+?)\s*=\s*("[^"]+"|[^.="]+)\.("[^"]+"|[^="]+?)\s*')


def _key(text: str, block: Block) -> ForeignKey:
    match = _KEY.fullmatch(text)
    if match is None:
        raise ValueError("expected: @key table.column = other_table.column")
    table, column, other, other_column = (g.strip().strip('"') for g in match.groups())
    for t, c in ((table, column), (other, other_column)):
        if block.column(t, c) is None:
            raise ValueError(f"there is no column {t}.{c}")
    return ForeignKey(table, column, other, other_column, declared=True)
