"""What the grammar has to know of tables and columns: what names a row, what can be summed, what is yes or no."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.read_lexicon import CONCEPTS, CONCEPTS_ZH
from llmauto_agent.planner.values import CellValue, ColumnFacts
from llmauto_agent.planner.words import singular, split_name
from llmauto_tools.plan.model import ColumnRef, Compare, IsTrue, Literal_, Not, Predicate
from llmauto_tools.schema import Column, Table, TypeFamily

_ADDITIVE = re.compile(
    r"sales|revenue|amount|^total|total$|gross|quantity|qty|units|count|profit|cost|spend|spent|precip"
    r"|passengers|births|deaths|votes|exports?|imports?|budget|dvd|visits|orders|clicks|generation|^pop|population"
    r"|production|consumption|output|emission|tonnes|[mkg]wh$|injur|casualt|outages|assists|seats|reviews|likes|views"
    r"|downloads|comments|donation|cases$|doses|attendance|票房|产量|播放量|人次|households|rooms|bedrooms|murders|fatal|incidents|wounds|disease|points|goals|hours_worked|freight"
    r"|销售额|数量|金额|成本|利润|销量|收入|营收|人数|人口|总额|订单数|件数|次数|运费"
)
_INTENSIVE = re.compile(
    r"avg|average|mean|median|rate|ratio|percent|pct|per[_ ]?cap|per$|price|share|score|rating|(?:^|_)ages?(?:_|$)|temp|index"
    r"|year|单价|评分|比例|率|均|年龄|温|折扣|discount"
)
_NAME = re.compile(r"^(?:full[_ ]?)?name$|^title$|^姓名$|^名称$|^名字$|name$|名称$|^film$|^label$")
_KEY = re.compile(r"(?:^|[_ ])(?:id|key|code|no|number)$|Id$|ID$|编号$|号$|^id$")
_YEAR = re.compile(r"^(?:.*[_ -])?(?:year|yr)(?:[_ /].*)?$|^年$|^年份$|[a-z]Year$|^season$", re.IGNORECASE)


_EVENT = re.compile(
    r"^(?:completed|completion|founded|established|built|opened|born|released|created|launched|introduced"
    r"|published|discovered|started|ended|died|joined|inaugurated)$"
)


@dataclass(frozen=True)
class Col:
    """A column of a table."""

    table: str
    column: Column

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def family(self) -> TypeFamily:
        return self.column.family

    @property
    def ref(self) -> ColumnRef:
        return ColumnRef(name=self.column.name, table=self.table)


class Facts:
    """Answers the grammar's questions about the schema, from names, types and known values."""

    def __init__(self, index: SchemaIndex) -> None:
        self.index = index
        self._tables = {t.name: t for t in index.tables}
        self._known: dict[tuple[str, str], ColumnFacts | None] = {}

    @property
    def tables(self) -> tuple[Table, ...]:
        return self.index.tables

    def table(self, name: str) -> Table:
        return self._tables[name]

    @cached_property
    def only(self) -> str | None:
        """The table, where there is just one."""
        return self.tables[0].name if len(self.tables) == 1 else None

    def col(self, table: str, name: str) -> Col:
        column = self._tables[table].column(name)
        assert column is not None, f"the linker gave a column that {table} lacks: {name}"
        return Col(table, column)

    def of(self, ref: ColumnRef) -> Col:
        return self.col(ref.table or self.only or self.tables[0].name, ref.name)

    def known(self, col: Col) -> ColumnFacts | None:
        key = (col.table, col.name)
        if key not in self._known:
            source = self.index.values
            self._known[key] = source.facts(*key) if source else None
        return self._known[key]

    def values(self, col: Col) -> tuple[CellValue, ...] | None:
        """All distinct values of a column with few, else None."""
        known = self.known(col)
        return known.values if known and known.values and known.complete else None

    def binary(self, col: Col) -> tuple[CellValue, CellValue] | None:
        if col.family == "boolean":
            return (False, True)
        known = self.known(col)
        return known.binary if known else None

    def named(self, col: Col) -> Col:
        """The column that tells a person which row a foreign key points to: its table's label, else itself."""
        for key in self.index.foreign_keys:
            if (key.table, key.column) == (col.table, col.name) and key.other_table != col.table:
                label = self.label(key.other_table)
                if label is not None and label.family == "text":
                    return label
        return col

    def keyed(self, table: str) -> bool:
        """Whether a table takes part in declared keys, as views of a database do not; True where none are."""
        declared = [k for k in self.index.foreign_keys if k.declared]
        return not declared or any(table in (k.table, k.other_table) for k in declared)

    def names_rows(self, word: str, table: str) -> bool:
        """Whether a noun stands for the rows of a table: it is part of the table's name ("wine": winequality)."""
        stem = singular(word)
        return len(stem) >= 4 and stem in table.casefold()

    def yes(self, col: Col, wanted: bool = True) -> Predicate | None:
        """The filter "is yes" (or "is no") of a two-valued column, or None for other columns."""
        if col.family == "boolean":
            true = IsTrue(argument=col.ref)
            return true if wanted else Not(item=true)
        pair = self.binary(col) or self._yes_no_and_more(col)
        if pair is None:
            return None
        return Compare(op="=", left=col.ref, right=Literal_(value=pair[1] if wanted else pair[0]))

    def _yes_no_and_more(self, col: Col) -> tuple[CellValue, CellValue] | None:
        """(no, yes) of a column such as Yes / No / No internet service."""
        if col.family == "number":
            return None
        by_word = {str(v).casefold(): v for v in self.values(col) or ()}
        for no, yes in (("no", "yes"), ("n", "y"), ("0", "1"), ("false", "true"), ("否", "是"), ("无", "有")):
            if no in by_word and yes in by_word and len(by_word) <= 4:
                return by_word[no], by_word[yes]
        return None

    def additive(self, col: Col) -> bool:
        """Whether a column can be summed sensibly: amounts and counts, not rates, prices or ages."""
        words = "_".join(split_name(col.name))
        return col.family == "number" and bool(_ADDITIVE.search(words)) and not _INTENSIVE.search(words)

    def countable(self, col: Col) -> bool:
        """Whether a column counts something of its row: "how many seats" then asks for their sum."""
        words = "_".join(split_name(col.name))
        whole = "INT" in col.column.dtype and not self.identifies(col) and not self.is_year(col)
        whole = whole and not self.row_label(col)
        return whole and not _INTENSIVE.search(words) and self.binary(col) is None

    def discrete(self, col: Col) -> bool:
        """Whether a column makes sensible groups: text, dates, yes/no, or numbers with few values."""
        if col.family != "number":
            return True
        if _YEAR.search(col.name) or _KEY.search(col.name):
            return True
        known = self.known(col)
        return bool(known and known.values is not None and len(known.values) <= 40)

    def identifies(self, col: Col) -> bool:
        """Whether a column holds ids, of its own table's rows or of another's: numbers that are no amounts."""
        keys = {(k.table, k.column) for k in self.index.foreign_keys}
        return bool(_KEY.search(col.name)) or (col.table, col.name) in keys

    def is_key(self, col: Col) -> bool:
        """Whether a column looks like the id of its own table: the first id-like column, unlike a foreign key."""
        if not _KEY.search(col.name):
            return False
        if any(k.table == col.table and k.column == col.name for k in self.index.foreign_keys):
            return False
        first = next((c for c in self.table(col.table).columns if _KEY.search(c.name)), None)
        return first is not None and first.name == col.name

    def key(self, table: str) -> Col | None:
        return next((c for c in self.columns(table) if self.is_key(c)), None)

    def columns(self, table: str) -> list[Col]:
        return [Col(table, c) for c in self.table(table).columns]

    def label(self, table: str) -> Col | None:
        """The column that names a row for a person: name, title, else the first text column with many values."""
        columns = self.columns(table)
        texts = [c for c in columns if c.family == "text"]
        for exact in (r"^(?:full[_ ]?)?name$|^姓名$|^名称$|^名字$", r"name$|名称$", _NAME.pattern):
            found = [c for c in texts if re.search(exact, c.name, re.IGNORECASE)]
            if found:
                last = [c for c in found if re.search("last", c.name, re.IGNORECASE)]
                return (last or found)[0]
        plain = [c for c in texts if not _KEY.search(c.name)]
        many = [c for c in plain if self.unique(c)] or [c for c in plain if self.values(c) is None]
        return many[0] if many else self.key(table)

    def unique(self, col: Col) -> bool:
        known = self.known(col)
        return bool(known and known.unique)

    def row_label(self, col: Col) -> bool:
        """Whether a column names its rows, one by one: "restaurants" then are the rows."""
        if col.family == "number":  # a running number, called like what it numbers: respondent, order
            first = self.columns(col.table)[0] == col
            plain = not (self.additive(col) or self.is_year(col) or _INTENSIVE.search(col.name.casefold()))
            return first and plain and self.unique(col)
        return (
            col.family == "text"
            and not _KEY.search(col.name)
            and self.unique(col)
            and col == self.label(col.table)
        )

    def dates(self, table: str) -> list[Col]:
        return [c for c in self.columns(table) if c.family == "date"]

    def year(self, table: str) -> Col | None:
        """A column that holds the year as a number."""
        numbers = [c for c in self.columns(table) if c.family == "number" and _YEAR.search(c.name)]
        exact = [c for c in numbers if c.name.casefold() in {"year", "年", "年份", "yr"}]
        found = exact or numbers or [c for c in self.columns(table) if self._event_year(c)]
        return found[0] if found else None

    def _event_year(self, col: Col) -> bool:
        """Whether a number column called like an event holds years: completed, founded, built."""
        if not _EVENT.search(col.name.casefold()) or "INT" not in col.column.dtype:
            return False
        known = self.known(col)
        low, high = (known.low, known.high) if known else (None, None)
        return isinstance(low, int) and isinstance(high, int) and low >= 1000 and high <= 2100

    def part(self, table: str, unit: str) -> Col | None:
        """A column that holds the year, month, day or hour of a row."""
        if unit == "year":
            return self.year(table)
        names = {
            "month": {"month", "月", "月份"},
            "day": {"day", "date_of_month", "日"},
            "hour": {"hour", "小时"},
        }
        return next((c for c in self.columns(table) if c.name.casefold() in names.get(unit, ())), None)

    def finest_part(self, col: Col) -> bool:
        """Whether a column is the finest part of the date that its table keeps in columns."""
        parts = [p for p in (self.part(col.table, u) for u in ("hour", "day", "month")) if p]
        return bool(parts) and parts[0] == col and not self.dates(col.table)

    def is_year(self, col: Col) -> bool:
        return col.family == "number" and (bool(_YEAR.search(col.name)) or self._event_year(col))

    def concept(self, concept: str, tables: list[str]) -> tuple[Col, str] | None:
        """The column that measures a concept ("price": unit_price), and the name it was found by."""
        if concept == "date" and (dated := [c for t in tables for c in self.dates(t)]):
            return dated[0], "date"
        names = CONCEPTS.get(concept, ()) + CONCEPTS_ZH.get(concept, ())
        for name in names:
            words = set(split_name(name))
            found = [
                c
                for t in tables
                for c in self.columns(t)
                if c.family in {"number", "date"} and _named(words, name, c.name)
            ]
            if found:
                found.sort(key=lambda c: len(c.name))
                return found[0], name
        return None


def _named(words: set[str], name: str, column: str) -> bool:
    if not name.isascii():
        return name in column
    parts = split_name(column)
    expanded = {w for p in parts for w in _expand(p)}
    return words <= expanded


def _expand(part: str) -> tuple[str, ...]:
    from llmauto_agent.planner.words import expand, singular

    return (part, singular(part), *expand(part))
