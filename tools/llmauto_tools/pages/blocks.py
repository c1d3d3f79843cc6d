"""What a page is made of. Texts are plain: whatever markup they hold is shown, not obeyed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Heading:
    """A heading, which the table of contents lists. The page's title is above them."""

    text: str
    level: Literal[2, 3] = 2
    lead: str = ""
    """A few words beside it, such as a column's type."""


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class Notes:
    """Remarks that a reader must not miss, in a box."""

    texts: Sequence[str]
    title: str = "Notes"


@dataclass(frozen=True)
class Facts:
    """Names and values, such as a column's figures. Numbers are written for reading."""

    pairs: Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class DataTable:
    """A table with a heading per column; numbers stand right. `note` is a line below."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str | None = None


@dataclass(frozen=True)
class Code:
    """Text in a fixed pitch, folded away below its title."""

    title: str
    text: str


@dataclass(frozen=True)
class Bars:
    """A histogram: bars side by side from the first label to the last.

    `labels` says what each bar counts; `ticks` are (position in bars, text) below the axis.
    """

    title: str
    labels: Sequence[str]
    counts: Sequence[int]
    ticks: Sequence[tuple[float, str]]
    note: str = ""


@dataclass(frozen=True)
class Ranking:
    """Bars below each other with their label and value, such as the most frequent values."""

    title: str
    rows: Sequence[tuple[str, float]]
    note: str = ""
    total: float | None = None
    """Given, the values are also written as a share of it."""


@dataclass(frozen=True)
class Matrix:
    """A heat map of values from 0 to 1 between the same names; None is drawn as empty."""

    title: str
    names: Sequence[str]
    values: Sequence[Sequence[float | None]]
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """An SVG picture from elsewhere (a chart of Vega-Lite), shown isolated from the page."""

    svg: str
    alt: str


@dataclass(frozen=True)
class Row:
    """Blocks side by side where there is room."""

    blocks: Sequence[Block]


Block = Heading | Paragraph | Notes | Facts | DataTable | Code | Bars | Ranking | Matrix | Picture | Row
