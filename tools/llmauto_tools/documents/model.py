"""What a document is made of: blocks of inline pieces, tables, charts, and the evidence behind its numbers.

Everything is immutable and goes to JSON and back without loss. Texts are plain: whatever markup they hold is
shown, not obeyed. A number is a `Figure`: what is printed, with the reference to the value in the evidence
(`e12.rows[0][2]`) that it prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from llmauto_tools.errors import InvalidArguments

Language = Literal["en", "zh"]
Value = Any
"""A JSON value: None, bool, int, float, str, or lists and dicts of these."""


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# ---- inline pieces


class Text(_Node):
    kind: Literal["text"] = "text"
    text: str


class Emphasis(_Node):
    kind: Literal["emphasis"] = "emphasis"
    text: str
    strong: bool = False


class CodeText(_Node):
    """Words of a program: the name of a column, a condition."""

    kind: Literal["code"] = "code"
    text: str


class Figure(_Node):
    """A number, date or name that the evidence holds, as it is printed.

    `ref` is the path of the value in the ledger; `value` what stands there; `format` how `text` was made of
    it (llmauto_agent.report.formats).
    """

    kind: Literal["figure"] = "figure"
    text: str
    ref: str
    value: Value = None
    format: str = "auto"

    @property
    def evidence(self) -> str:
        """The id of the evidence record, such as "e12"."""
        return self.ref.partition(".")[0]


class Unverified(_Node):
    """Words that were found in no evidence: a number, or a claim that the values do not bear out."""

    kind: Literal["unverified"] = "unverified"
    text: str
    reason: str = ""


Piece = Annotated[Text | Emphasis | CodeText | Figure | Unverified, Field(discriminator="kind")]
Pieces = tuple[Piece, ...]


def plain(pieces: Iterable[Text | Emphasis | CodeText | Figure | Unverified]) -> str:
    """The words of the pieces, without their markup."""
    return "".join(piece.text for piece in pieces)


# ---- blocks


class _Block(_Node):
    key: str = ""
    """The part of the document that it belongs to, such as "summary" or "finding:trend-3f2a": what an edit
    names, and what two versions are compared by."""


class Heading(_Block):
    kind: Literal["heading"] = "heading"
    level: Literal[2, 3, 4] = 2
    pieces: Pieces


class Paragraph(_Block):
    kind: Literal["paragraph"] = "paragraph"
    pieces: Pieces


class ListBlock(_Block):
    kind: Literal["list"] = "list"
    items: tuple[Pieces, ...]
    ordered: bool = False


class Table(_Block):
    """A table of values. Where it shows evidence, `source` is the path of its rows ("e3.rows") and `picked`
    the places of its columns there, so that every cell has a reference."""

    kind: Literal["table"] = "table"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    formats: tuple[str, ...] = ()
    """How each column is printed: "number", "percent", "text", …; empty for all as they suit."""
    source: str = ""
    picked: tuple[int, ...] = ()
    note: str = ""

    def cell_ref(self, row: int, column: int) -> str:
        """The path of a cell in the evidence, "" where the table shows none."""
        if not self.source:
            return ""
        place = self.picked[column] if self.picked else column
        return f"{self.source}[{row}][{place}]"


class Chart(_Block):
    """A Vega-Lite chart with its data inside. `alt` says in words what it shows."""

    kind: Literal["chart"] = "chart"
    spec: dict[str, Any]
    title: str
    alt: str
    notes: tuple[str, ...] = ()
    source: str = ""


class Callout(_Block):
    """Remarks in a box: a caveat of a finding, a warning about the data."""

    kind: Literal["callout"] = "callout"
    tone: Literal["note", "caveat", "warning"] = "caveat"
    title: str = ""
    paragraphs: tuple[Pieces, ...]


class Code(_Block):
    kind: Literal["code_block"] = "code_block"
    title: str = ""
    language: str = "sql"
    text: str
    source: str = ""


# ---- the evidence behind the numbers


class RecordTable(_Node):
    """A table of a record: `path` is that of its rows ("e3.sections[0].rows")."""

    path: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: int | None = None
    """Rows in all, where more were found than are shown; None where nobody counted them."""
    group: str = ""


class RecordFigure(_Node):
    """A named value of a record that the text cites."""

    path: str
    name: str
    value: Value
    group: str = ""


class Statement(_Node):
    """SQL that a record ran; `group` ties it to the figures and tables that came of it."""

    sql: str
    title: str = ""
    group: str = ""


class Record(_Node):
    """One tool run as the appendix shows it."""

    id: str
    tool: str
    title: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    statements: tuple[Statement, ...] = ()
    tables: tuple[RecordTable, ...] = ()
    figures: tuple[RecordFigure, ...] = ()
    notes: tuple[str, ...] = ()
    seed: int | None = None
    versions: dict[str, str] = Field(default_factory=dict)


class Appendix(_Block):
    kind: Literal["appendix"] = "appendix"
    records: tuple[Record, ...]


Block = Annotated[
    Heading | Paragraph | ListBlock | Table | Chart | Callout | Code | Appendix, Field(discriminator="kind")
]


class Meta(_Node):
    """What is known of a document besides its content."""

    language: Language = "en"
    goal: str = ""
    template: str = ""
    created: str = ""
    """The date, ISO 8601; the one thing that differs between two runs on the same data."""
    sources: tuple[str, ...] = ()
    generator: str = "llmauto"
    model: str = "builtin"
    checked: int = 0
    """Numbers and claims of the text that were checked against the evidence."""
    unverified: tuple[str, ...] = ()
    """Those that were found nowhere, as they are printed."""


class Document(_Node):
    """A report, ready to be rendered. `title` is not among the blocks."""

    title: str
    meta: Meta = Meta()
    blocks: tuple[Block, ...] = ()

    def to_json(self) -> str:
        """The whole document as JSON text."""
        return self.model_dump_json(indent=1)

    @staticmethod
    def from_json(text: str | bytes) -> Document:
        """The document that `to_json` wrote. Raises InvalidArguments for anything else."""
        try:
            return Document.model_validate_json(text)
        except ValidationError as e:
            first = e.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the file"
            raise InvalidArguments(
                f"This is no document of llmauto: {place}: {first['msg']}.",
                "Give a .json file that it wrote.",
            ) from e

    def records(self) -> dict[str, Record]:
        """The evidence in the appendix, by id."""
        return {r.id: r for block in self.blocks if isinstance(block, Appendix) for r in block.records}

    def texts(self) -> Iterator[tuple[str, Pieces]]:
        """Every run of inline pieces with the key of its block, in the order of reading."""
        for block in self.blocks:
            for pieces in pieces_of(block):
                yield block.key, pieces


def pieces_of(block: Block) -> list[Pieces]:
    """The runs of inline pieces of a block."""
    if isinstance(block, (Heading, Paragraph)):
        return [block.pieces]
    if isinstance(block, ListBlock):
        return list(block.items)
    return list(block.paragraphs) if isinstance(block, Callout) else []


def with_pieces(block: Block, runs: list[Pieces]) -> Block:
    """The block with other runs of inline pieces, as many as `pieces_of` gives."""
    if isinstance(block, (Heading, Paragraph)):
        return block.model_copy(update={"pieces": runs[0]})
    if isinstance(block, ListBlock):
        return block.model_copy(update={"items": tuple(runs)})
    return block.model_copy(update={"paragraphs": tuple(runs)}) if isinstance(block, Callout) else block
