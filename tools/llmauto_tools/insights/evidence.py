"""What a teller works with: the table, a way to run the statement behind a fact, and how to hand it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import literal, quoted
from llmauto_tools.insights import words
from llmauto_tools.insights.layout import Category, Layout, Measure
from llmauto_tools.insights.model import Format
from llmauto_tools.insights.passes import Sample
from llmauto_tools.results import Section, section, to_json_value

if TYPE_CHECKING:
    from llmauto_tools.insights.periods import Timeline

SHOWN = 12
MAX_ROWS = 16_000
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Desk:
    """The table with all that was read of it, and `run`, which gives the rows of a statement."""

    layout: Layout
    sample: Sample
    timeline: Timeline | None
    run: Callable[[str], tuple[Row, ...]]

    @property
    def relation(self) -> str:
        return quoted(self.layout.table.name)

    def measure(self, column: str) -> Measure:
        found = self.layout.measure(column)
        assert found is not None
        return found

    def category(self, column: str) -> Category:
        found = self.layout.category(column)
        assert found is not None
        return found


@dataclass
class Told:
    """The words, numbers, table, chart and statement of a fact. `values` are those of both languages."""

    title_en: str
    title_zh: str
    sentence_en: str
    sentence_zh: str
    sql: str
    section: Section
    chart: dict[str, Any] | None
    values: dict[str, Any] = field(default_factory=dict)
    formats: dict[str, Format] = field(default_factory=dict)
    caveats: list[tuple[str, str]] = field(default_factory=list)


class Figures:
    """Collects the values of a sentence with their formats."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.formats: dict[str, Format] = {}

    def number(self, key: str, x: float, measure: Measure | None = None) -> None:
        """A number; of a rate, a percent."""
        self._put(
            key, words.rounded(float(x)), "percent" if measure is not None and measure.rate else "number"
        )

    def percent(self, key: str, x: float) -> None:
        """A share as a fraction."""
        self._put(key, words.rounded(float(x)), "percent")

    def integer(self, key: str, x: float) -> None:
        self._put(key, int(x), "integer")

    def date(self, key: str, text: str) -> None:
        self._put(key, text, "date")

    def text(self, key: str, value: Any) -> None:
        """A data value, such as the name of a group."""
        self.values[key] = words.value(value)

    def _put(self, key: str, value: Any, form: Format) -> None:
        self.values[key] = value
        self.formats[key] = form


def table_of(
    title: str, columns: Sequence[str], rows: Sequence[Row], of: int | None = None, note: str = ""
) -> Section:
    """A small table: at most SHOWN rows, numbers rounded; a note says how many there are in all."""
    shown = [
        [words.rounded(c) if isinstance(c, float) else to_json_value(c) for c in row] for row in rows[:SHOWN]
    ]
    if (of or len(rows)) > len(shown):
        note = f"{len(shown)} of {of or len(rows):,} rows are shown. {note}".strip()
    return section(title, columns, shown, note or None)


def beside_the_rest(rows: Sequence[Row], level: str) -> tuple[Row, float] | None:
    """Of rows (level, rows, of them, share): that of a level, and the share in all the others together."""
    mine = next((r for r in rows if r[0] == level), None)
    rest = [r for r in rows if r[0] != level]
    if mine is None or not rest:
        return None
    return mine, sum(r[2] for r in rest) / sum(r[1] for r in rest)


def ends(rows: Sequence[Row]) -> list[Row]:
    """Of sorted rows that are too many, those at both ends."""
    return list(rows) if len(rows) <= SHOWN else [*rows[: SHOWN // 2], *rows[-SHOWN // 2 :]]


def noun(desk: Desk, column: str) -> tuple[str, str]:
    """What a measure's mean is called: "average amount", "share of paid = yes"."""
    m = desk.layout.measure(column)
    n = words.name(column)
    if m is not None and m.rate:
        yes = words.name(m.yes or "1")
        return f"the share of {n} = {yes}", f"{n} = {yes} 的占比"
    return f"average {n}", f"{n} 的平均值"


def same(category: Category, level: str) -> str:
    """A condition: the category has this level."""
    return f"{category.sql} = {literal(level)}"


ROUGH = (
    "An association; it does not say what causes what.",
    "这只是关联，不说明因果。",
)
