"""The text that a template or a chat model writes, and the blocks that it stands for.

It is a small part of Markdown, with references to the evidence and lines that place tables and charts:

    ## Findings {#findings}                 a heading; what is below belongs to the part "findings"
    Sales rose by {{e3.figures.x | abs percent}} in **North**, see `region`.
    - item                 1. item          > [!caveat] Title      > text of the box
    ::table e3.sections[0] caption="By region" columns="region|sales" rows=10
    ::chart e3.charts[0] title="By region"
    ::sql e3               ::appendix

A backslash makes the next sign a plain one. Only what stands in the text itself is markup: the values of
references are filled in afterwards, so that no cell is obeyed.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from llmauto_agent.report.formats import format_value
from llmauto_agent.report.ground import link_text
from llmauto_agent.report.placed import chart_block, code_block, table_block
from llmauto_agent.report.references import resolve
from llmauto_tools.documents.model import (
    Appendix,
    Block,
    Callout,
    CodeText,
    Emphasis,
    Figure,
    Heading,
    Language,
    ListBlock,
    Paragraph,
    Pieces,
    Text,
    Unverified,
    plain,
)
from llmauto_tools.errors import ReportError
from llmauto_tools.ledger import Evidence

_HEADING = re.compile(r"(?P<marks>#{1,4})\s+(?P<text>.*?)(?:\s*\{#(?P<key>[^}]*)\})?\s*$")
_ITEM = re.compile(r"(?:[-*]|(?P<number>\d+)[.)])\s+(?P<text>.*)")
_BOX = re.compile(r">\s?\[!(?P<tone>note|caveat|warning)\]\s*(?P<title>.*)")
_DIRECTIVE = re.compile(r"::(?P<name>[a-z]+)(?:\s+(?P<rest>.*))?$")
_INLINE = re.compile(
    r"\\(?P<plain>.)|\{\{(?P<ref>.+?)\}\}|\*\*(?P<strong>.+?)(?<!\\)\*\*|(?<![\w*])\*(?P<soft>[^*\s].*?)(?<!\\)\*(?!\w)|`(?P<code>[^`]+)`",
    re.S,
)
_SPECIAL = re.compile(r"[\\*`{}\[\]#>:_|]")


class Mark(Markup):
    """Text that is markup already, so that it is not escaped again."""


def escape(text: object) -> str:
    """Any text as markup that shows it: on one line, with its signs made plain."""
    if isinstance(text, Markup):
        return str(text)
    given = str(text)
    line = " ".join(given.split())
    line = " " * given[:1].isspace() + line + " " * (given[-1:].isspace() and bool(line))
    line = _SPECIAL.sub(lambda m: "\\" + m[0], line)
    return re.sub(r"^(?=[-+]|\d+[.)])", r"\\", line)


def quoted(text: object) -> Mark:
    """Any text as the value of a directive's argument, as it is: the name of a column."""
    line = " ".join(str(text).split()).replace("\\", "\\\\").replace('"', '\\"')
    return Mark(f'"{line}"')


def caption(text: object) -> Mark:
    """Any text, or markup, as a title or caption of a directive."""
    return quoted(escape(text))


def code(text: object) -> Mark:
    """Any text to stand between backticks."""
    return Mark(" ".join(str(text).split()).replace("`", "'"))


@dataclass
class Parsed:
    """The blocks of a text, its title, and what was wrong with its references."""

    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class MarkupParser:
    """Turns markup into blocks, with every reference resolved.

    sayings: texts that are said of a record, by name, as (text, record).
    strict: raise ReportError for a reference that names nothing; else it becomes an unverified piece and a
    problem.
    """

    def __init__(
        self,
        evidence: Mapping[str, Evidence],
        language: Language,
        *,
        strict: bool = True,
        sayings: Mapping[str, tuple[str, Evidence]] | None = None,
    ) -> None:
        self._evidence = evidence
        self._sayings = dict(sayings or {})
        self._language: Language = language
        self._strict = strict
        self.problems: list[str] = []

    def parse(self, text: str) -> Parsed:
        """The blocks of a whole text. Raises ReportError."""
        parsed = Parsed()
        reader = _Lines(text)
        keys: dict[int, str] = {}
        while (line := reader.take()) is not None:
            heading = _HEADING.match(line)
            if heading is None:
                key = keys[max(keys)] if keys else ""
                parsed.blocks += [b.model_copy(update={"key": key}) for b in self._block(line, reader)]
                continue
            level = len(heading["marks"])
            pieces = self.inline(heading["text"])
            if level == 1:
                parsed.title = "".join(p.text for p in pieces)
                continue
            keys = {k: v for k, v in keys.items() if k < level} | {level: heading["key"] or ""}
            keys[level] = keys[level] or next((keys[k] for k in sorted(keys, reverse=True) if keys[k]), "")
            parsed.blocks.append(Heading(level=level, pieces=pieces, key=keys[level]))  # type: ignore[arg-type]
        parsed.problems = self.problems
        return parsed

    # ---- blocks

    def _block(self, line: str, reader: _Lines) -> list[Block]:
        directive = _DIRECTIVE.match(line)
        if directive is not None:
            return self._directive(directive["name"], directive["rest"] or "")
        box = _BOX.match(line)
        if box is not None:
            lines = reader.take_while(lambda x: x.startswith(">"))
            runs = tuple(self.inline(x[1:].strip()) for x in lines if x[1:].strip())
            title = "".join(p.text for p in self.inline(box["title"]))
            return [Callout(tone=box["tone"], title=title, paragraphs=runs)] if runs else []  # type: ignore[arg-type]
        item = _ITEM.match(line)
        if item is not None:
            rest = [_ITEM.match(x) for x in reader.take_while(lambda x: _ITEM.match(x) is not None)]
            texts = [item["text"], *(m["text"] for m in rest if m is not None)]
            return [ListBlock(items=tuple(self.inline(t) for t in texts), ordered=item["number"] is not None)]
        more = reader.take_while(lambda x: not _starts_block(x))
        pieces = self.inline(" ".join([line, *more]))
        return [Paragraph(pieces=pieces)] if pieces else []

    def _directive(self, name: str, rest: str) -> list[Block]:
        place, arguments = _arguments(name, rest)
        if name == "appendix":
            return [Appendix(records=())]
        makers: dict[str, Callable[..., Block | None]] = {
            "table": table_block,
            "chart": chart_block,
            "sql": code_block,
        }
        if name not in makers:
            raise ReportError(
                f"A template cannot place '::{name}'.", f"It can: {', '.join(makers)}, appendix."
            )
        for argument in ("title", "caption", "alt"):
            if argument in arguments:
                arguments[argument] = plain(self.inline(arguments[argument]))
        block = makers[name](place, arguments, self._evidence, self._language)
        return [block] if block is not None else []

    # ---- inline

    def inline(self, text: str) -> Pieces:
        """The pieces of one run of text."""
        pieces: list[Text | Emphasis | CodeText | Figure | Unverified] = []
        words = ""
        place = 0
        for match in _INLINE.finditer(text):
            words += text[place : match.start()]
            place = match.end()
            if match["plain"] is not None:
                words += match["plain"]
                continue
            if words:
                pieces.append(Text(text=words))
                words = ""
            pieces += self._piece(match)
        words += text[place:]
        return (*pieces, Text(text=words)) if words else tuple(pieces)

    def _piece(self, match: re.Match[str]) -> Pieces:
        if match["ref"] is not None:
            told = match["ref"].rpartition("|")[2].strip() == "told"
            return self._told(match["ref"].rpartition("|")[0]) if told else (self._figure(match["ref"]),)
        if match["code"] is not None:
            return (CodeText(text=match["code"]),)
        strong = match["strong"] is not None
        inner = self.inline(match["strong"] if strong else match["soft"])
        return tuple(Emphasis(text=p.text, strong=strong) if isinstance(p, Text) else p for p in inner)

    def _told(self, path: str) -> Pieces:
        """A text of the evidence with its numbers linked, or one that the draft says of it ("say:answer")."""
        name = path.strip().removeprefix("say:")
        if name in self._sayings:
            text, evidence = self._sayings[name]
            return link_text(text, [evidence], f"{evidence.id}.text" if text == evidence.text else "")
        found = resolve(path.strip(), self._evidence)
        return link_text(str(found.value or ""), [found.evidence], found.ref)

    def _figure(self, text: str) -> Figure | Unverified:
        path, _, form = text.rpartition("|") if "|" in text else (text, "", "auto")
        try:
            found = resolve(path.strip(), self._evidence)
            printed = format_value(found.value, form.strip(), self._language)
        except ReportError as e:
            if self._strict:
                raise
            self.problems.append(str(e))
            return Unverified(text="{{" + text + "}}", reason=e.message)
        return Figure(text=printed, ref=found.ref, value=found.value, format=form.strip())


class _Lines:
    """The lines of a text, without empty ones; an empty line ends what `take_while` takes."""

    def __init__(self, text: str) -> None:
        self._lines = [line.strip() for line in text.splitlines()]
        self._place = 0

    def take(self) -> str | None:
        while self._place < len(self._lines) and not self._lines[self._place]:
            self._place += 1
        if self._place >= len(self._lines):
            return None
        self._place += 1
        return self._lines[self._place - 1]

    def take_while(self, wanted: Callable[[str], bool]) -> list[str]:
        taken = []
        while (
            self._place < len(self._lines) and self._lines[self._place] and wanted(self._lines[self._place])
        ):
            taken.append(self._lines[self._place])
            self._place += 1
        return taken


def _starts_block(line: str) -> bool:
    return any(p.match(line) for p in (_HEADING, _ITEM, _BOX, _DIRECTIVE))


def _arguments(name: str, rest: str) -> tuple[str, dict[str, str]]:
    try:
        words = shlex.split(rest)
    except ValueError as e:
        raise ReportError(f"A quotation mark is missing in '::{name} {rest}'.") from e
    if not words:
        return "", {}
    arguments = {}
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if not equals:
            raise ReportError(f"'{word}' in '::{name} {rest}' is not NAME=VALUE.")
        arguments[key] = value
    return words[0], arguments
