"""What belongs to the figures of a sentence: the other values of their row or insight, the column that they
stand in, and the tool's own words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmauto_agent.numbers import is_number
from llmauto_agent.report.claim_words import Family, said_in
from llmauto_tools.documents.model import Figure
from llmauto_tools.ledger import Evidence

_PAIRS = (
    ("previous", "current"), ("before", "after"), ("first", "last"), ("before", "last"), ("start", "end"),
    ("old", "new"),
)  # fmt: skip
"""Names of values that come one after the other."""
_AGAINST = (
    ("value", "usual"), ("value", "expected"), ("share", "rest"), ("missing", "known"), ("high", "low"),
    ("first_value", "second_value"), ("total_share", "row_share"), ("total_share", "equal_share"),
    ("current", "year_before"), ("value", "others_high"), ("r_group", "r_others"),
)  # fmt: skip
"""Names of values of which the first is compared with the second."""
_CHANGES = ("change", "slope", "trend", "difference", "diff", "change_share", "rho", "r")
_SHARES = ("share", "total_share", "top_share")
_INSIGHT = re.compile(r"e\d+\.figures\.insights\[(\d+)\]")
_ROW = re.compile(r"e\d+(?:\.sections\[(?P<section>\d+)\])?\.rows\[(?P<row>\d+)\]\[(?P<column>\d+)\]$")


@dataclass
class Belongings:
    """The values by name, the columns that figures stand in, and the sentences that a tool tells them with."""

    values: dict[str, Any] = field(default_factory=dict)
    columns: list[list[float]] = field(default_factory=list)
    columns_of: dict[str, list[float]] = field(default_factory=dict)
    """The column of a figure that is a cell, by its reference."""
    wordings: list[str] = field(default_factory=list)
    clear: bool | None = None
    """Whether the test that the figures come from found a difference."""

    def change_sign(self, stated: Figure | None = None) -> int | None:
        """Which way the values changed: by two that follow each other, else by a signed change."""
        pair = self.pair()
        if pair is not None and pair[0] != pair[1]:
            return 1 if pair[1] > pair[0] else -1
        signed = [self.values[n] for n in _CHANGES if is_number(self.values.get(n)) and self.values[n] < 0]
        return -1 if signed else None

    def pair(self) -> tuple[float, float] | None:
        """Two values that follow each other, as (before, after)."""
        return next(
            (
                (float(self.values[a]), float(self.values[b]))
                for a, b in _PAIRS
                if is_number(self.values.get(a)) and is_number(self.values.get(b))
            ),
            None,
        )

    def compare_sign(self) -> int | None:
        """Whether the value that is told of is above the one that it is compared with."""
        for one, other in _AGAINST:
            a, b = self.values.get(one), self.values.get(other)
            if is_number(a) and is_number(b) and a != b:
                return 1 if float(a or 0) > float(b or 0) else -1
        return None

    def share(self) -> float | None:
        """The share that is told of."""
        return next((float(self.values[n]) for n in _SHARES if is_number(self.values.get(n))), None)

    def ends_of(self, figure: Figure, value: float) -> set[int] | None:
        """+1 in it where the value is the greatest of its column, -1 where the least; None: it is in no column."""
        own = self.columns_of.get(figure.ref)
        columns = [
            c for c in ([own] if own is not None else self.columns) if len(c) > 1 and _inside(value, c)
        ]
        if not columns:
            return None
        ends: set[int] = set()
        for column in columns:
            ends |= {1} if _same(value, max(column)) else set()
            ends |= {-1} if _same(value, min(column)) else set()
        return ends

    def own_sign(self, family: Family) -> int | None:
        """The direction that the tool's own words claim, where they claim just one."""
        signs = {s.sign for w in self.wordings for s in said_in(w, []) if s.family == family}
        return signs.pop() if len(signs) == 1 else None


def belongings(figures: Sequence[Figure], evidence: Mapping[str, Evidence]) -> Belongings:
    """What belongs to these figures."""
    found = Belongings()
    for figure in figures:
        record = evidence.get(figure.evidence)
        if record is None:
            continue
        insight, cell = _INSIGHT.match(figure.ref), _ROW.match(figure.ref)
        if insight is not None:
            _add_insight(found, record, int(insight[1]))
        elif cell is not None:
            _add_row(found, record, cell, figure.ref)
        else:
            _add_figures(found, record)
        if is_truth(record.figures.get("significant")):
            found.clear = bool(record.figures["significant"])
    return found


def is_truth(value: Any) -> bool:
    """Whether a figure is a yes or a no."""
    return isinstance(value, bool)


def _add_insight(found: Belongings, record: Evidence, index: int) -> None:
    insight = record.figures["insights"][index]
    _add_values(found, dict(insight.get("values") or {}))
    told = ("title_en", "title_zh", "sentence_en", "sentence_zh")
    found.wordings += [w for n in told if (w := str(insight.get(n) or "")) and w not in found.wordings]
    section = insight.get("section")
    if section is not None and int(section) < len(record.sections):
        found.columns += list(_columns(record.sections[int(section)].rows))


def _add_row(found: Belongings, record: Evidence, cell: re.Match[str], ref: str) -> None:
    if cell["section"] is None:
        names, rows = [n for n, _ in record.columns], record.rows
    else:
        section = record.sections[int(cell["section"])]
        names, rows = list(section.columns), section.rows
    _add_values(found, dict(zip(names, rows[int(cell["row"])], strict=True)))
    column = [float(r[int(cell["column"])]) for r in rows if is_number(r[int(cell["column"])])]
    found.columns_of[ref] = column
    found.columns.append(column)


def _add_figures(found: Belongings, record: Evidence) -> None:
    if record.text and record.text not in found.wordings:
        found.wordings.append(record.text)
    _add_values(found, {k: v for k, v in record.figures.items() if not isinstance(v, (list, dict))})


def _add_values(found: Belongings, values: dict[str, Any]) -> None:
    """The values of the first row or insight count: those of another one would be mixed up with them."""
    for name, value in values.items():
        found.values.setdefault(name, value)


def _columns(rows: Sequence[Sequence[Any]]) -> Iterator[list[float]]:
    for index in range(len(rows[0]) if rows else 0):
        yield [float(r[index]) for r in rows if is_number(r[index])]


def _inside(value: float, column: Sequence[float]) -> bool:
    return any(_same(value, v) for v in column)


def _same(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-12)
