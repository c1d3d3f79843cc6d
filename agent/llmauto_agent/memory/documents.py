"""Documents that a person adds: Markdown, text, PDF, Word and HTML, as chunks with their place.

A chunk is what lies under one heading, or a part of it where that is long, or a part of a page. The encoder
reads 256 word pieces, so that a chunk is at most about that long; it begins with its headings, which say what
it is about.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from llmauto_agent.memory.entry import Entry, Scope
from llmauto_tools.errors import LlmautoError, SourceNotFound, UnreadableSource, UnsupportedSource
from llmauto_tools.extras import require

CHUNK = 900
"""Characters of a chunk at most, headings apart."""
MAX_BYTES = 50_000_000
SUFFIXES = (".md", ".markdown", ".txt", ".text", ".pdf", ".docx", ".html", ".htm")


@dataclass(frozen=True)
class Block:
    """A paragraph of a document, a row of a table, or a list item: `heading` is the path of headings above it."""

    text: str
    heading: tuple[str, ...] = ()
    page: int | None = None


def read_document(path: Path, scope: Scope = "workspace") -> list[Entry]:
    """The entries of a document, one a chunk.

    Raises SourceNotFound, UnsupportedSource (another kind of file), UnreadableSource (broken, locked by a
    password, or without any text), and MissingExtra for the libraries of PDF and Word files.
    """
    blocks = list(_blocks(path))
    chunks = list(chunked(blocks))
    if not chunks:
        hint = "A scanned page is a picture; this reads text." if path.suffix.lower() == ".pdf" else None
        raise UnreadableSource(f"There is no text in '{path.name}'.", hint)
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    name = str(path.resolve())
    return [
        Entry(
            "document",
            chunk.text,
            scope,
            {
                "file": name,
                "version": version,
                "part": number,
                "heading": list(chunk.heading),
                "page": chunk.page,
            },
            _source(path, chunk),
            key=f"document:{scope}:{name}:{number}",
        )
        for number, chunk in enumerate(chunks)
    ]


def _source(path: Path, chunk: Block) -> str:
    place = f", page {chunk.page}" if chunk.page is not None else ""
    return f"{path.name}{place}" + (f", “{' › '.join(chunk.heading)}”" if chunk.heading else "")


def _blocks(path: Path) -> Iterator[Block]:
    if not path.is_file():
        raise SourceNotFound(f"There is no file '{path}'.")
    if path.stat().st_size > MAX_BYTES:
        raise UnsupportedSource(
            f"'{path.name}' is larger than {MAX_BYTES // 1_000_000} MB.", "Add a part of it."
        )
    suffix = path.suffix.lower()
    try:
        if suffix in (".md", ".markdown"):
            return iter(list(_markdown(_text(path))))
        if suffix in (".txt", ".text"):
            return iter(list(_paragraphs(_text(path))))
        if suffix in (".html", ".htm"):
            return iter(_html(_text(path)))
        if suffix == ".docx":
            return iter(list(_word(path)))
        if suffix == ".pdf":
            return iter(list(_pdf(path)))
    except LlmautoError:
        raise
    except Exception as e:  # the readers of PDF and Word raise whatever a broken file leads them to
        raise UnreadableSource(f"'{path.name}' cannot be read: {str(e)[:200] or type(e).__name__}.") from e
    raise UnsupportedSource(
        f"'{path.name}' is no document that can be read.", f"One of: {', '.join(SUFFIXES)}."
    )


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(content).best()
        if best is None:
            raise UnreadableSource(f"'{path.name}' is no text.") from None
        return str(best)


def _paragraphs(text: str) -> Iterator[Block]:
    for part in re.split(r"\n\s*\n|\f", text):
        if joined := " ".join(part.split()):
            yield Block(joined)


_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_UNDERLINE = re.compile(r"(=+|-{3,})\s*$")
_FENCE = re.compile(r"\s*(```|~~~)")
_RULE = re.compile(r"\s*\|?[\s:|-]+\|?\s*$")


def _markdown(text: str) -> Iterator[Block]:
    """Headings, then paragraphs; a list item and a table's row stand for themselves."""
    headings: list[str] = []
    lines: list[str] = []
    fenced = False
    for line in [*text.splitlines(), ""]:
        heading = None if fenced else _HEADING.match(line)
        under = None if fenced or not lines else _UNDERLINE.match(line)
        if _FENCE.match(line):
            fenced = not fenced
            continue
        if heading or under:
            level = len(heading[1]) if heading else 1 if line.startswith("=") else 2
            title = heading[2] if heading else lines.pop()
            yield from _flush(lines, headings)
            headings = [*headings[: level - 1], _plain(title)]
        elif not line.strip():
            yield from _flush(lines, headings)
        elif re.match(r"\s*(?:[-*+]|\d+[.)])\s", line) or (line.lstrip().startswith("|") and not fenced):
            yield from _flush(lines, headings)
            if not _RULE.match(line):
                lines.append(line)
        else:
            lines.append(line)
    yield from _flush(lines, headings)


def _flush(lines: list[str], headings: Sequence[str]) -> Iterator[Block]:
    text = _plain(" ".join(" ".join(lines).split()))
    lines.clear()
    if text:
        yield Block(text, tuple(headings))


def _plain(text: str) -> str:
    """Markdown without its marks."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^\s*(?:[-*+]|\d+[.)])\s+", "", text)
    if text.startswith("|"):
        text = " | ".join(cell.strip() for cell in text.strip("|").split("|"))
    return re.sub(r"(\*\*|__|`)", "", text).strip()


class _Page(HTMLParser):
    """Text by block, with the headings above; what a browser does not show is left out."""

    _BLOCKS = frozenset(
        (
            "p",
            "li",
            "td",
            "th",
            "tr",
            "dt",
            "dd",
            "div",
            "section",
            "article",
            "pre",
            "blockquote",
            "br",
            "table",
            "ul",
            "ol",
        )
    )
    _HIDDEN = frozenset(("script", "style", "head", "template", "noscript"))

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Block] = []
        self._headings: list[str] = []
        self._text: list[str] = []
        self._hidden = 0
        self._level = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in self._HIDDEN:
            self._hidden += 1
        elif re.fullmatch(r"h[1-6]", tag):
            self._end()
            self._level = int(tag[1])
        elif tag in ("td", "th", "dd") and self._text:
            self._text.append(" | ")
        elif tag in self._BLOCKS:
            self._end()

    def handle_endtag(self, tag: str) -> None:
        if tag in self._HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif re.fullmatch(r"h[1-6]", tag):
            title = " ".join("".join(self._text).split())
            self._text.clear()
            self._headings = [*self._headings[: self._level - 1], title] if title else self._headings
        elif tag in self._BLOCKS - {"td", "th", "dt"}:
            self._end()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._text.append(data)

    def _end(self) -> None:
        text = " ".join("".join(self._text).split()).strip(" |")
        self._text.clear()
        if text:
            self.found.append(Block(text, tuple(self._headings)))

    def close(self) -> None:
        super().close()
        self._end()


def _html(text: str) -> list[Block]:
    page = _Page()
    page.feed(text)
    page.close()
    return page.found


def _word(path: Path) -> Iterator[Block]:
    docx = require("docx", "Reading a Word document", "memory")
    headings: list[str] = []
    for part in docx.Document(str(path)).iter_inner_content():
        if hasattr(part, "rows"):
            for row in part.rows:
                cells = dict.fromkeys(" ".join(c.text.split()) for c in row.cells)  # merged cells come again
                if text := " | ".join(c for c in cells if c):
                    yield Block(text, tuple(headings))
            continue
        text = " ".join(part.text.split())
        level = re.fullmatch(r"Heading (\d)|Title", part.style.name or "") if part.style else None
        if level and text:
            headings = [*headings[: int(level[1] or 1) - 1], text]
        elif text:
            yield Block(text, tuple(headings))


def _pdf(path: Path) -> Iterator[Block]:
    pypdf = require("pypdf", "Reading a PDF", "memory")
    document = pypdf.PdfReader(str(path))
    if document.is_encrypted and not document.decrypt(""):
        raise UnreadableSource(f"'{path.name}' is locked by a password.", "Save it without one and add that.")
    for number, page in enumerate(document.pages, 1):
        for block in _paragraphs(page.extract_text() or ""):
            yield Block(block.text, (), number)


def chunked(blocks: Sequence[Block]) -> Iterator[Block]:
    """Join the blocks of one place to chunks of at most CHUNK characters; a longer block is divided at sentences."""
    held: list[str] = []
    place: tuple[tuple[str, ...], int | None] | None = None
    for block in (part for b in blocks for part in _divided(b)):
        here = (block.heading, block.page)
        if held and (here != place or sum(map(len, held)) + len(held) + len(block.text) > CHUNK):
            yield _chunk(held, place)
            held = []
        place = here
        held.append(block.text)
    if held:
        yield _chunk(held, place)


def _chunk(texts: Sequence[str], place: tuple[tuple[str, ...], int | None] | None) -> Block:
    heading, page = place or ((), None)
    title = " › ".join(h[:120] for h in heading[-3:])
    return Block("\n".join([title, *texts] if title else texts), heading, page)


_SENTENCE = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])")


def _divided(block: Block) -> Iterator[Block]:
    if len(block.text) <= CHUNK:
        yield block
        return
    text = ""
    for sentence in _SENTENCE.split(block.text):
        for start in range(0, len(sentence), CHUNK):
            piece = sentence[start : start + CHUNK]
            if text and len(text) + len(piece) > CHUNK:
                yield Block(text.strip(), block.heading, block.page)
                text = ""
            text += piece + ("" if _is_chinese(piece) else " ")
    if text.strip():
        yield Block(text.strip(), block.heading, block.page)


def _is_chinese(text: str) -> bool:
    from llmauto_agent.planner.tokens import has_cjk

    return has_cjk(text[-2:])
