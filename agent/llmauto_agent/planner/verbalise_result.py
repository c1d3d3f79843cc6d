"""A result as the verbaliser sees it: which outputs are keys, which are values, how a cell is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmauto_agent.numbers import (
    Language,
    clip,
    common_decimals,
    format_date,
    format_number,
    format_percent,
    is_number,
    parse_iso,
    percent_decimals,
)
from llmauto_tools.ledger import Evidence
from llmauto_tools.plan.model import (
    Aggregate,
    Arithmetic,
    ColumnRef,
    Compare,
    DateBucket,
    DatePart,
    Expr,
    Item,
    Measure,
    NumberBucket,
    Plan,
    Predicate,
    ScalarQuery,
)
from llmauto_tools.schema import Table, type_family

_CODE_WORDS = {"id", "ids", "code", "zip", "zipcode", "postal", "postcode", "phone", "isbn", "sku"}
_YEAR_WORDS = {"year", "years", "yr", "fy"}
_CURRENCY = re.compile(r"[$€£¥₹]")


def name_words(name: str) -> list[str]:
    """The words of a column name, lower case: "orderDate_2" gives order, date, 2."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [w.casefold() for w in re.split(r"[\W_]+", spaced) if w]


def is_code(name: str) -> bool:
    """Whether the numbers of a column of that name are years or codes, written without separators."""
    words = set(name_words(name))
    return bool(words & (_CODE_WORDS | _YEAR_WORDS)) or any(w in name for w in ("年份", "编号", "邮编"))


def is_ratio_of_parts(expr: Expr | None) -> bool:
    """`part / whole` of the same aggregate, the part restricted: a share between 0 and 1."""
    if not isinstance(expr, Arithmetic) or expr.op != "/":
        return False
    part, whole = expr.left, expr.right
    if not isinstance(part, Aggregate) or not isinstance(whole, Aggregate):
        return False
    same = part.function == whole.function and part.argument == whole.argument
    return same and part.where is not None and whole.where is None


def _shown_column(expr: Expr) -> str:
    """The column whose values an output shows as they are or in the middle, "" for other numbers."""
    if isinstance(expr, Aggregate) and expr.argument is not None:
        like_values = {"min", "max", "avg", "median", "quantile", "mode", "first", "last"}
        return _shown_column(expr.argument) if expr.function in like_values else ""
    return expr.name if isinstance(expr, ColumnRef) else ""


def highest_of(where: Predicate | None) -> tuple[str, bool] | None:
    """The column, and whether its highest (else its lowest), of a filter "Fare = (the highest Fare)"."""
    if not isinstance(where, Compare) or where.op != "=" or not isinstance(where.right, ScalarQuery):
        return None
    plan, column = where.right.plan, where.left
    if (
        not isinstance(column, ColumnRef)
        or plan.where is not None
        or len(plan.measures) != 1
        or plan.group_by
    ):
        return None
    expr = plan.measures[0].expr
    if not isinstance(expr, Aggregate) or expr.function not in {"max", "min"} or expr.where is not None:
        return None
    same = isinstance(expr.argument, ColumnRef) and expr.argument.name == column.name
    return (column.name, expr.function == "max") if same else None


@dataclass(frozen=True)
class Output:
    """One column of the result, with what the plan says about it."""

    index: int
    name: str
    dtype: str
    source: Item | Measure | None
    is_key: bool
    percent: bool = False
    """A fraction that is worded as a percentage."""
    code: bool = False
    currency: str = ""

    @property
    def expr(self) -> Expr | None:
        return self.source.expr if self.source is not None else None

    @property
    def window(self) -> str:
        return self.source.window if isinstance(self.source, Measure) else "none"

    @property
    def date_unit(self) -> str | None:
        expr = self.expr
        if isinstance(expr, DateBucket):
            return expr.unit
        return "year" if isinstance(expr, DatePart) and expr.part == "year" else None

    @property
    def is_numeric(self) -> bool:
        return type_family(self.dtype) == "number"

    @property
    def is_date(self) -> bool:
        return type_family(self.dtype) == "date"


class ResultView:
    """Evidence with its outputs sorted into keys (what a row is about) and values."""

    def __init__(
        self, plan: Plan | None, evidence: Evidence, language: Language, tables: Sequence[Table]
    ) -> None:
        self.plan = plan
        self.evidence = evidence
        self.language = language
        self.rows = evidence.rows
        self._tables = {t.name: t for t in tables}
        sources = _sources(plan, len(evidence.columns))
        grouped = plan is not None and bool(plan.measures)
        self.outputs = [
            self._output(i, name, dtype, source, grouped)
            for i, ((name, dtype), source) in enumerate(zip(evidence.columns, sources, strict=True))
        ]
        self.keys = [o for o in self.outputs if o.is_key]
        self.values = [o for o in self.outputs if not o.is_key]

    @property
    def row_count(self) -> int | None:
        """The true number of rows, None where it is not known."""
        if self.evidence.row_count is not None:
            return self.evidence.row_count
        return None if self.evidence.truncated else len(self.rows)

    @property
    def complete(self) -> bool:
        """Whether every row of the result is at hand, so that extremes may be claimed."""
        return not self.evidence.truncated and self.row_count == len(self.rows)

    def column(self, output: Output) -> list[Any]:
        return [row[output.index] for row in self.rows]

    def _output(
        self, index: int, name: str, dtype: str, source: Item | Measure | None, grouped: bool
    ) -> Output:
        expr = source.expr if source is not None else None
        family = type_family(dtype)
        is_key = not isinstance(source, Measure) if grouped else family != "number"
        window = source.window if isinstance(source, Measure) else "none"
        percent = window in {"share", "percent_change"} or is_ratio_of_parts(expr)
        code = isinstance(expr, DatePart) and expr.part == "year"
        code = code or is_code(name if expr is None else _shown_column(expr))
        return Output(index, name, dtype, source, is_key, percent, code, self._currency(expr))

    def _currency(self, expr: Expr | None) -> str:
        """The currency sign that the column's note says was read away, for money of that column."""
        if isinstance(expr, Aggregate):
            money = {"sum", "avg", "median", "min", "max", "quantile", "first", "last"}
            return self._currency(expr.argument) if expr.function in money else ""
        if not isinstance(expr, ColumnRef) or self.plan is None:
            return ""
        table = self._tables.get(expr.table or self.plan.table)
        column = table.column(expr.name) if table else None
        found = _CURRENCY.search(column.note) if column and column.note else None
        return found.group() if found else ""

    # ---- cells as text

    def decimals(self, output: Output, values: Sequence[Any]) -> int:
        """The decimals at which these values of one output are written side by side."""
        return percent_decimals(values) if output.percent else common_decimals(values)

    def text(self, output: Output, value: Any, decimals: int | None = None) -> str:
        """A cell as a person reads it. NULL is the caller's to word."""
        if is_number(value):
            if output.percent:
                return format_percent(value, 1 if decimals is None else decimals)
            if output.code:
                return format_number(value, grouped=False)
            number = format_number(value, decimals)
            if output.currency:
                number = f"-{output.currency}{number[1:]}" if value < 0 else output.currency + number
            return number
        if output.is_date and parse_iso(value):
            return format_date(value, output.date_unit, self.language)
        if isinstance(value, bool):
            return {True: "true", False: "false"}[value]
        return clip(str(value))

    def label(self, row: Sequence[Any], keys: Sequence[Output]) -> str:
        """What a row is about: its keys, numbers and truth values with the column's name before them."""
        parts = []
        for key in keys:
            value = row[key.index]
            if value is None:
                missing = "{}为空" if self.language == "zh" else "no {}"
                parts.append(missing.format(key_name(key)))
            elif isinstance(key.expr, NumberBucket) and is_number(value):
                parts.append(f"{key_name(key)} {self._bucket(key.expr, value)}")
            elif (is_number(value) and key.date_unit is None) or isinstance(value, bool):
                parts.append(f"{key_name(key)} {self.text(key, value)}")
            elif isinstance(value, str) and not key.is_date:
                parts.append(quote(self.text(key, value), self.language))
            else:
                parts.append(self.text(key, value))
        return " / ".join(parts)

    def _bucket(self, expr: NumberBucket, low: float) -> str:
        """A bucket as its half-open range "20–30"; only the number where the width is 1."""
        decimals = common_decimals([low, expr.width])
        grouped = not is_code(_shown_column(expr.argument))
        start = format_number(low, decimals, grouped=grouped)
        if expr.width == 1:
            return start
        return f"{start}–{format_number(low + expr.width, decimals, grouped=grouped)}"


def _sources(plan: Plan | None, count: int) -> list[Item | Measure | None]:
    """The plan's part behind each output column: keys first, then measures. None where they differ."""
    items: list[Item | Measure] = []
    if plan is not None and plan.combine is None:
        items = [*plan.group_by, *plan.measures] if plan.measures else [*plan.select]
    return list(items) if len(items) == count else [None] * count


def key_name(key: Output) -> str:
    """What a key column is called in a sentence."""
    expr = key.expr
    if isinstance(expr, ColumnRef):
        return show_name(expr.name)
    if isinstance(expr, DatePart):
        return expr.part.removesuffix("_name")
    if isinstance(expr, NumberBucket) and isinstance(expr.argument, ColumnRef):
        return show_name(expr.argument.name)
    return show_name(key.name)


def show_name(name: str) -> str:
    """A column's name in running text, in quotes where it would not be seen as a name."""
    plain = name == name.strip() and name and not re.search(r"[,;:()'\"|。，；：]", name)
    return name if plain else f'"{name}"'


def quote(text: str, language: Language) -> str:
    """Text of a cell, in quotes where it holds punctuation or digits that would blur the sentence."""
    if (
        any(c.isalpha() for c in text)
        and text == text.strip()
        and not re.search(r"[\d,;:()'\"/|.。，；：、（）]", text)
    ):
        return text
    return f"“{text}”" if language == "zh" or "'" in text else f"'{text}'"


@dataclass(frozen=True)
class Voice:
    """The words of one language. `templates` are sentences with named gaps."""

    language: Language
    templates: Mapping[str, str]
    expression: Callable[[Expr], str]
    measure: Callable[[Measure], str]
    predicate: Callable[[Predicate], str]
    join: Callable[[Sequence[str]], str]
    row_noun: Callable[[str, Sequence[str]], str]
    """(question, column names) to the question's own word for a row."""
    verb_of: Callable[[Predicate | None, str], str | None]
    yes_no: Callable[[str], bool]
    plural: Callable[[str], str]

    def say(self, template: str, **parts: object) -> str:
        return self.templates[template].format(**parts)
