"""What a fact is: the candidate that is tested, and the insight that is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from llmauto_tools.results import JsonValue, Section

Kind = Literal[
    "trend", "change_point", "seasonality", "outlier", "change", "top_contributor", "share", "concentration",
    "group_difference", "interaction", "association", "missing_pattern", "simpsons_reversal",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "trend", "change_point", "seasonality", "outlier", "change", "top_contributor", "share", "concentration",
    "group_difference", "interaction", "association", "missing_pattern", "simpsons_reversal",
)  # fmt: skip

Format = Literal["number", "percent", "date", "integer"]


@dataclass(frozen=True)
class Candidate:
    """One fact that was tested, whatever came out of the test.

    `form` says how it is told (the key of a teller), `facts` holds what the teller needs. `effect` is on a
    scale from 0 to 1 that compares across kinds (of the size of a correlation), `coverage` the share of the
    rows that the fact speaks about.
    """

    kind: Kind
    form: str
    columns: tuple[str, ...]
    p: float
    effect: float
    effect_name: str
    coverage: float
    surprise: float = 1.0
    group: tuple[str, str] | None = None
    """(column, level) where the fact is about one group."""
    facts: dict[str, Any] = field(default_factory=dict)
    q: float = 1.0
    score: float = 0.0

    @property
    def key(self) -> str:
        """Orders candidates of equal score the same way each time."""
        return f"{self.kind}|{self.form}|{'|'.join(self.columns)}|{self.group}"


@dataclass(frozen=True)
class Insight:
    """A fact with its sentences in two languages, the numbers in them, and the evidence behind it.

    The sentences hold placeholders {{name}} for the keys of `values`. p is of the fact's own test, q corrected
    for all facts that were tested. `section` is the small table behind it, `chart` a Vega-Lite specification,
    `sql` the statement that the numbers were read from.
    """

    id: str
    kind: Kind
    title_en: str
    title_zh: str
    sentence_en: str
    sentence_zh: str
    caveat_en: str
    caveat_zh: str
    values: dict[str, JsonValue]
    formats: dict[str, Format]
    score: float
    p: float
    q: float
    effect: float
    effect_name: str
    coverage: float
    columns: tuple[str, ...]
    group: tuple[str, str] | None
    form: str
    section: Section
    chart: dict[str, Any] | None
    sql: str

    def text(self, language: Literal["en", "zh"] = "en") -> str:
        """The sentence with its numbers filled in."""
        from llmauto_tools.insights.words import filled

        return filled(self.sentence_en if language == "en" else self.sentence_zh, self.values, self.formats)

    def figures(self, section: int, chart: int | None) -> dict[str, JsonValue]:
        """The insight as JSON, with the places of its table and its chart in the tool's result."""
        return {
            "id": self.id, "kind": self.kind, "title_en": self.title_en, "title_zh": self.title_zh,
            "sentence_en": self.sentence_en, "sentence_zh": self.sentence_zh, "caveat_en": self.caveat_en,
            "caveat_zh": self.caveat_zh, "values": self.values, "formats": self.formats, "score": self.score,
            "p": self.p, "q": self.q, "effect": self.effect, "effect_name": self.effect_name,
            "coverage": self.coverage, "columns": list(self.columns),
            "group": list(self.group) if self.group else None, "form": self.form, "section": section,
            "chart": chart, "sql": self.sql,
        }  # fmt: skip
