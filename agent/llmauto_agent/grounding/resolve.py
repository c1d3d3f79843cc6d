"""Finds the cell, count or figure of one evidence record that a number of a text states."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from llmauto_agent.grounding.facts import Column, Facts
from llmauto_agent.grounding.labels import (
    Anchor,
    Binder,
    Label,
    adjacent_columns,
    mention_labels,
    name_before,
    text_labels,
)
from llmauto_agent.grounding.mentions import DateParts, Mention
from llmauto_agent.grounding.roles import columns_meant, counts_something, speaks_of
from llmauto_agent.numbers import is_number

_HEDGE = re.compile(
    r"(?:about|around|roughly|approximately|approx\.?|nearly|almost|some|circa|~|≈|约|大约|近|将近)\s*$", re.I
)
_HEDGE_AFTER = re.compile(r"\s*(?:左右|上下|or so)")
_FIRST_ROW = re.compile(r"first (?:row|one|result|is|has)|第一[行条个]|前面的是|the first", re.I)
_EACH = re.compile(r"\b(?:each|all|every)\b|都|均", re.I)
_FROM = re.compile(r"(?:\bfrom|\bbetween|since|从|自)\s*(?:the week of\s*)?$", re.I)
_TO = re.compile(r"(?:\bto|\band|through|until|到|至)\s*(?:the week of\s*)?$", re.I)
_MORE_THAN = re.compile(r"(?:more than|over|at least|超过|至少)\s*$", re.I)
_WHOLE = re.compile(r"\b(?:of|out of)\s+(?:the\s+|all\s+)*$", re.I)
_EXTREME = re.compile(
    r"(?P<high>highest|largest|biggest|latest|最高|最大|最晚)|(?P<low>lowest|smallest|earliest|最低|最小|最早)",
    re.I,
)
_EXTREME_FOR = re.compile(
    r"\b(?:highest|lowest|largest|smallest|latest|earliest)\s+(?:for|in)\b|最[高低大小晚早](?:的是|在)"
)
"""Says which row is meant, not which column."""
_EXTREME_LINK = re.compile(r"\s*(?:for|in|is|:|：|的是|在|是)?\s*(?:the week of\s*)?['“\"]?$")
_HALF_DATE = re.compile(r"\s*(?:月|号|季度)")
_ROWS_ONLY = re.compile(r"\s*(?:groups\b|组|rows?:|行：)")
_ITEM_END = re.compile(r"[)）](?=[,，、])")
_COLUMNS = re.compile(r"\s*(?:columns?\b|列)", re.I)
NEAR_ROWS = 5
MANY_ROWS = 10


@dataclass(frozen=True)
class Found:
    """Where a number comes from. `value` is the exact one; `labels` those that bound it."""

    how: str
    evidence: str
    value: float | None = None
    step: str | None = None
    labels: tuple[Label, ...] = ()
    fraction: bool = False
    measure: str = ""
    """What it measures: only numbers of one measure are compared with each other."""
    additive: bool = True


class Resolver:
    """One text against one evidence record."""

    def __init__(self, text: str, facts: Facts, nouns: Sequence[str]) -> None:
        self.text = text
        self.facts = facts
        self.nouns = nouns
        self.texts = text_labels(text, facts)
        self.bare = text
        for name in sorted((n for n in facts.names if re.search(r"[:：;；]", n)), key=len, reverse=True):
            self.bare = self.bare.replace(name, "_" * len(name))
        self.labels: list[Label] = list(self.texts)
        self.binder: Binder | None = None
        self.ends: Sequence[int] = ()
        self.starts: Sequence[int] = ()

    def prepare(self, mentions: Sequence[Mention], ends: Sequence[int]) -> None:
        """Find the numbers that name rows, once the numbers of the text are known."""
        taken = {(label.start, label.end) for label in self.texts}
        self.labels += [
            lb for lb in mention_labels(self.text, mentions, self.facts) if (lb.start, lb.end) not in taken
        ]
        self.ends = ends
        self.starts = [m.end for m in mentions]
        self.binder = Binder(self.text, self.facts, self.labels, ends)

    def is_label(self, mention: Mention) -> bool:
        return any(lb.start <= mention.start and mention.end <= lb.end for lb in self.labels)

    # ---- one number

    def speaks_of(self, mention: Mention, found: Found) -> bool:
        """Whether the words before a number name what this record holds, so that an earlier record may
        ground it: a row by its label, or a column by its name."""
        if found.how == "row_count":
            return False
        if any(label in self.texts for label in found.labels):
            return True
        clause = self._clause(mention).casefold()
        return any(n and n.casefold() in clause for c in self.facts.values for n in c.names)

    def result(self, mention: Mention) -> Found | None:
        """The evidence of a number that states a result, or None."""
        if mention.kind in {"ordinal", "name"} or _HALF_DATE.match(self.text, mention.end):
            return None
        if mention.date is not None or mention.year_like:
            date = mention.date or DateParts(year=int(mention.value))
            found = self._date(mention, date)
            if found or mention.date is not None:
                return found
        if self._names_other(mention):
            return None
        if _ROWS_ONLY.match(self.text, mention.end) and not self.facts.is_total:
            return self._count(mention)
        anchor = self.binder.anchor(mention.start, mention.end) if self.binder else None
        counting = counts_something(self.text, mention, self.nouns)
        close = anchor is not None and anchor.how != "loose"
        if counting and not close:
            counted = self._count(mention)
            if counted:
                return counted
        if len(self.facts.rows) == 1:
            found = self._in_rows(mention, anchor, frozenset({0}))
        else:
            found = self._anchored(mention, anchor) if anchor else None
            found = found or (None if close else self._by_position(mention))
        if found is None and close and counting:
            return self._count(mention)
        return found or (None if close else self._figure(mention))

    def _names_other(self, mention: Mention) -> bool:
        """Whether the name of a column that holds no results stands right before ("Pclass 9"): then it
        is a key or a condition, and no result."""
        values = {n for c in self.facts.values for n in c.names}
        if not self.text[: mention.start].endswith((" ", "为")):
            return False
        others = [n for n in self.facts.names - values if len(n) > 1]
        other = name_before(self.text, mention.start, others, linked=False)
        return other > name_before(self.text, mention.start, tuple(values), linked=False)

    def restated(self, mention: Mention) -> Found | None:
        """What may stand behind a comparison besides a literal: "more than 1,000 rows" of a result that
        was cut off, or a cell that names its row right behind ("than 13.68 for female")."""
        before = self.text[max(0, mention.start - 20) : mention.start]
        rows = len(self.facts.rows)
        unknown = self.facts.row_count is None and self.facts.evidence.truncated
        if unknown and _MORE_THAN.search(before) and mention.value <= rows:
            return Found("row_count", self.facts.evidence.id, float(rows), f"more than {rows} rows")
        anchor = self.binder.anchor(mention.start, mention.end) if self.binder else None
        return self._anchored(mention, anchor) if anchor and anchor.how == "forward" else None

    # ---- counts and figures

    def _count(self, mention: Mention) -> Found | None:
        facts = self.facts
        if mention.kind != "number":
            return None
        if _COLUMNS.match(self.text, mention.end):
            count = len(facts.columns)
            return Found("count of columns", facts.evidence.id, count) if mention.stands_for(count) else None
        rows = facts.row_count
        if rows is None and not facts.evidence.truncated:
            rows = len(facts.rows)
        if (
            rows is None
            or facts.is_total
            or not facts.columns
            or not mention.stands_for(rows, step=self._step(mention))
        ):
            return None
        return Found("row_count", facts.evidence.id, float(rows))

    def _figure(self, mention: Mention) -> Found | None:
        for value in self.facts.evidence.figures.values():
            if is_number(value) and self._states(mention, float(value), None):
                return Found("figure", self.facts.evidence.id, float(value))
        return None

    # ---- cells

    def _clause(self, mention: Mention) -> str:
        start = max((e for e in self.ends if e <= mention.start), default=0)
        return self.text[start : mention.start]

    def _segment(self, mention: Mention) -> str:
        """The words since the number before, within the clause."""
        clause = max((e for e in self.ends if e <= mention.start), default=0)
        last = max((e for e in self.starts if e <= mention.start), default=0)
        return self.text[max(clause, last) : mention.start]

    def _columns(self, mention: Mention, anchor: Anchor | None = None) -> list[Column]:
        """The columns that may hold the number, narrowed by the words before it."""
        naming = {label.column for label in anchor.labels} if anchor else set()
        values = [c for c in self.facts.values if self.facts.numbers(c.index) and c.index not in naming]
        values = adjacent_columns(self.text, mention.start, values) or values
        if len(values) < 2:
            return values
        segment = re.split(r"[:：]", self._segment(mention))[-1]
        meant = columns_meant(_EXTREME_FOR.sub(" ", segment), values)
        if len(meant) == len(values):
            clause = re.split(r"[:：]", self._clause(mention))[-1]
            meant = columns_meant(_EXTREME_FOR.sub(" ", clause), values)
        return self._whole_or_part(mention, meant)

    def _whole_or_part(self, mention: Mention, columns: list[Column]) -> list[Column]:
        """In "Of 891, 342 ..." the first is the measure without a condition, the second the one with."""
        part = [c for c in columns if c.conditions]
        whole = [c for c in columns if not c.conditions]
        if not part or not whole or mention.kind != "number":
            return columns
        if _WHOLE.search(self.text[: mention.start]) or re.match(r"\s*行中", self.text[mention.end :]):
            return whole
        after = self.text[mention.end : mention.end + 60]
        words = {n for c in part for k in c.conditions for n in (*k.columns, str(k.value))}
        return part if any(w and w in after for w in words) else columns

    def _anchored(self, mention: Mention, anchor: Anchor) -> Found | None:
        """The cell that lies in a row of every label; or its share of the column."""
        found: Found | None = None
        place = self._item_place(anchor)
        for column in self._columns(mention, anchor):
            if anchor.columns is not None and column.index not in anchor.columns:
                continue
            cells = [
                self._cell(mention, column, {place} if place in rows else rows) for rows in anchor.members
            ]
            if all(cells) and self._extreme_holds(mention, column, anchor, cells[0]):
                found = cells[0]
                break
        found = found or self._share(mention, anchor)
        if found is None:
            return None
        return replace(found, labels=anchor.labels)

    def _item_place(self, anchor: Anchor) -> int | None:
        """Which item of a list "rain (9.5), rain (8.8)" it is, where the label alone does not say which
        row is meant and the rows are no groups: items then stand for the first rows in their order."""
        if anchor.how != "tight" or len(anchor.members) != 1 or len(anchor.members[0]) < 2:
            return None
        first = anchor.labels[0]
        start = max((e for e in self.ends if e <= first.start), default=0)
        head = max(self.bare.rfind(":", start, first.start), self.bare.rfind("：", start, first.start))
        if head < 0:
            return None
        return len(_ITEM_END.findall(self.text[head : first.start]))

    def _in_rows(self, mention: Mention, anchor: Anchor | None, rows: frozenset[int]) -> Found | None:
        if anchor is not None and anchor.how != "loose":
            if not all(member & rows for member in anchor.members):
                return None
            return self._anchored(mention, anchor)
        for column in self._columns(mention):
            found = self._cell(mention, column, rows)
            if found:
                return found
        return None

    def _cell(self, mention: Mention, column: Column, rows: Iterable[int]) -> Found | None:
        wanted = set(rows)
        if len(wanted) > MANY_ROWS:  # a label that many rows share narrows nothing
            wanted = {r for r in wanted if r < MANY_ROWS}
        for r, value in self.facts.numbers(column.index):
            if r in wanted and self._states(mention, value, column):
                fraction = mention.kind == "percent" and column.unit != "percent"
                return Found(
                    "cell", self.facts.evidence.id, value, fraction=fraction, measure=column.measure,
                    additive=column.additive,
                )  # fmt: skip
        return None

    def _share(self, mention: Mention, anchor: Anchor) -> Found | None:
        """A cell as a percentage of its column's total."""
        if mention.kind != "percent" or not self.facts.complete or len(anchor.members) != 1:
            return None
        for column in self._columns(mention, anchor):
            total = self.facts.total.get(column.index, 0)
            if column.unit != "plain" or total <= 0:
                continue
            for r, value in self.facts.numbers(column.index):
                if r in anchor.members[0] and 0 <= value <= total and mention.stands_for(100 * value / total):
                    return Found("share", self.facts.evidence.id, value, f"{value:g} / {total:g}")
        return None

    def _extreme_holds(self, mention: Mention, column: Column, anchor: Anchor, cell: Found | None) -> bool:
        """Where the words say "highest for", the cell has to be the column's highest."""
        facts = self.facts
        if cell is None or cell.value is None or not facts.complete or facts.limited or len(facts.rows) < 2:
            return True
        before = self._clause(Mention(anchor.labels[0].start, anchor.labels[0].start, "", "number"))
        claim = None
        for match in _EXTREME.finditer(before):
            claim = match
        if (
            claim is None
            or anchor.how != "tight"
            or before[: claim.start()].endswith(("增幅", "降幅", "涨幅", "跌幅"))
        ):
            return True
        gap = before[claim.end() :]
        for name in sorted((n for c in facts.columns for n in c.names), key=len, reverse=True):
            gap = gap.replace(name, "")
        if not _EXTREME_LINK.fullmatch(gap):
            return True
        values = [v for _, v in facts.numbers(column.index)]
        return cell.value == (max(values) if claim["high"] else min(values))

    # ---- numbers whose row is not named

    def _by_position(self, mention: Mention) -> Found | None:
        """A cell that stands out without a label: the highest, the first row's, a total, one that all
        rows share, or an element of a list that begins with the first row."""
        clause = self._clause(mention)
        columns = self._columns(mention)
        if counts_something(self.text, mention, self.nouns):
            columns = [c for c in columns if c.counts]
        if _FIRST_ROW.search(clause):
            return self._of_rows(mention, columns, range(1))
        spans = _FROM.search(clause) or _TO.search(clause)
        keys = [c for c in self.facts.columns if c.is_key] if spans else []
        for column in [*columns, *keys]:
            found = self._outstanding(mention, column, clause)
            if found:
                return found
        if any(name_before(self.text, mention.start, c.names) for c in columns):
            row = self._listed_row(mention)
            rows = range(NEAR_ROWS) if row is None else range(row, row + 1)
            return self._of_rows(mention, columns, rows)
        return None

    def _listed_row(self, mention: Mention) -> int | None:
        """The place in a list "…: Age 38, Fare 71; Age 26, Fare 8" whose items are the first rows."""
        head = max(self.bare.rfind(":", 0, mention.start), self.bare.rfind("：", 0, mention.start))
        if head < 0 or not re.search(r"[;；]", self.bare[head:]):
            return None
        return len(re.findall(r"[;；]", self.bare[head : mention.start]))

    def _of_rows(self, mention: Mention, columns: Sequence[Column], rows: Iterable[int]) -> Found | None:
        return next((f for c in columns if (f := self._cell(mention, c, rows))), None)

    def _outstanding(self, mention: Mention, column: Column, clause: str) -> Found | None:
        values = [v for _, v in self.facts.numbers(column.index)]
        if not values or not self.facts.complete:
            return None
        high, low, total = max(values), min(values), sum(values)
        starts, ends = bool(_FROM.search(clause)), bool(_TO.search(clause))
        after = self.text[mention.end : mention.end + 20]
        candidates: list[tuple[bool, str, float, str | None]] = [
            (speaks_of(clause, "max") or ends, "cell", high, None),
            (speaks_of(clause, "min") or starts, "cell", low, None),
            (starts, "cell", values[0], None),
            (ends, "cell", values[-1], None),
            (high == low and bool(_EACH.search(clause + after)), "cell", high, None),
            (
                speaks_of(clause + after, "sum") or bool(_WHOLE.search(clause)),
                "sum",
                total,
                "sum of the column",
            ),
            (speaks_of(clause, "avg"), "mean", total / len(values), "mean of the column"),
        ]
        for worded, how, value, step in candidates:
            if worded and self._states(mention, value, column):
                fraction = column.unit == "fraction"
                return Found(how, self.facts.evidence.id, value, step, (), fraction, column.measure)
        return None

    # ---- dates

    def _date(self, mention: Mention, date: DateParts) -> Found | None:
        """A date cell of a single row, the first or last of a span, or the latest or earliest."""
        clause = self._clause(mention)
        anchor = self.binder.anchor(mention.start, mention.end) if self.binder else None
        for column in self.facts.columns:
            dates = self.facts.dates(column.index)
            if not dates:
                continue
            fitting = {r for r, d in dates if date.fits(d)}
            if len(self.facts.rows) == 1 and fitting:
                return Found("date", self.facts.evidence.id)
            if anchor and not column.is_key and all(fitting & member for member in anchor.members):
                return Found("date", self.facts.evidence.id, labels=anchor.labels)
            if self._date_stands_out(date, [d for _, d in dates], clause):
                return Found("date", self.facts.evidence.id)
            named = name_before(self.text, mention.start, column.names)
            if (_FIRST_ROW.search(clause) and 0 in fitting) or (named and fitting & set(range(NEAR_ROWS))):
                return Found("date", self.facts.evidence.id)
        return None

    def _date_stands_out(self, date: DateParts, dates: Sequence[dt.datetime], clause: str) -> bool:
        if not self.facts.complete:
            return False
        starts = bool(_FROM.search(clause)) or (not _TO.search(clause) and speaks_of(clause, "min"))
        if starts:
            return date.fits(min(dates))
        return bool(_TO.search(clause) or speaks_of(clause, "max")) and date.fits(max(dates))

    # ---- does the printed number state the value?

    def _step(self, mention: Mention) -> float:
        """The precision that a number claims: coarser behind "about" where it ends in noughts."""
        before, after = self.text[: mention.start], self.text[mention.end :]
        if not (_HEDGE.search(before[-20:]) or _HEDGE_AFTER.match(after)) or mention.step != 1:
            return mention.step
        digits = mention.text.replace(",", "").strip("$€£¥ ")
        zeros = len(digits) - len(digits.rstrip("0"))
        return float(10**zeros) if digits.isdecimal() and zeros < len(digits) else mention.step

    def _states(self, mention: Mention, value: float, column: Column | None) -> bool:
        unit = column.unit if column is not None else "plain"
        if mention.kind in {"percent", "points"}:
            as_fraction = (unit == "fraction" or abs(value) <= 1) and mention.stands_for(100 * value)
            return as_fraction or (unit == "percent" and mention.stands_for(value))
        if unit == "fraction" and mention.step >= 1 and value % 1:
            return False
        return mention.stands_for(value, step=self._step(mention))
