"""Cell values as a person reads them: numbers grouped and with a common precision per column."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from llmauto.render.text import clean

SIGNIFICANT = 5
"""Digits that a column of fractions shows, if its values have as many (always two decimals of large ones)."""

Kind = Literal["number", "text", "boolean", "date"]
_MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\dT00:00:00(\.0+)?$")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?$")
_UNGROUPED = re.compile(
    r"(^|[\W_])(id|ids|key|code|zip|zipcode|postcode|postal|phone|year|no|nr|number)$", re.I
)
_CAMEL_ID = re.compile(r"[a-z](Id|ID|Code|Key|Year)$")


@dataclass(frozen=True)
class Formatted:
    """A column ready to be laid out: its cells as text, which of them are NULL, how it is aligned."""

    name: str
    cells: list[str]
    nulls: list[bool]
    kind: Kind

    @property
    def right(self) -> bool:
        return self.kind == "number"


def format_column(name: str, values: Sequence[Any], unicode: bool = True, missing: str = "NULL") -> Formatted:
    """Format one column of JSON values (numbers, strings, booleans, None, lists, objects).

    `missing` stands for None: NULL where the table is data, a dash where a cell does not apply.
    """
    present = [v for v in values if v is not None]
    nulls = [v is None for v in values]
    kind = _kind(present)
    if kind == "number":
        shown = _number_formatter(name, present)
    elif kind == "date":
        dates_only = all(_MIDNIGHT.match(str(v)) for v in present)
        shown = _date if dates_only else _timestamp
    else:
        shown = _text_formatter(unicode)
    cells = [missing if v is None else shown(v) for v in values]
    return Formatted(clean(name, unicode) or '""', cells, nulls, kind)


def _kind(present: Sequence[Any]) -> Kind:
    if present and all(_is_number(v) for v in present):
        return "number"
    if present and all(isinstance(v, bool) for v in present):
        return "boolean"
    if present and all(isinstance(v, str) and _MOMENT.match(v) for v in present):
        return "date"
    return "text"


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return value in {"NaN", "Infinity", "-Infinity"}
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _date(value: Any) -> str:
    return str(value)[:10]


def _timestamp(value: Any) -> str:
    return str(value).replace("T", " ", 1)


def _text_formatter(unicode: bool) -> Any:
    def shown(value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return format_number(value)
        text = value if isinstance(value, str) else _structure(value)
        # An empty text and a text that reads NULL must not look like nothing and like NULL.
        return f'"{text}"' if text in {"", "NULL"} else clean(text, unicode)

    return shown


def _structure(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _number_formatter(name: str, values: Sequence[Any]) -> Any:
    finite = [v for v in values if not isinstance(v, str)]
    grouped = not is_identifier(name)
    if not any(isinstance(v, float) and not float(v).is_integer() for v in finite):
        return lambda v: _infinite(v) if isinstance(v, str) else _whole(v, grouped)
    decimals = _decimals([float(v) for v in finite])
    if decimals is None:
        return lambda v: _infinite(v) if isinstance(v, str) else f"{float(v):.{SIGNIFICANT}g}"
    return lambda v: _infinite(v) if isinstance(v, str) else f"{float(v):,.{decimals}f}"


def is_identifier(name: str) -> bool:
    """Whether the numbers of a column of that name are labels (ids, years, codes), never grouped."""
    return bool(_UNGROUPED.search(name) or _CAMEL_ID.search(name))


def _whole(value: float, grouped: bool) -> str:
    """Four digits stay as they are, so that a year reads as a year in any column."""
    if abs(value) >= 1e15 and isinstance(value, float):
        return f"{value:.{SIGNIFICANT}g}"
    return f"{int(value):,}" if grouped and abs(value) >= 10_000 else str(int(value))


def _infinite(value: str) -> str:
    return value


def _decimals(values: Sequence[float]) -> int | None:
    """The decimals that a column shows, or None where only scientific notation would fit."""
    sizes = [abs(v) for v in values if v]
    largest, smallest = max(sizes, default=0.0), min(sizes, default=0.0)
    if largest >= 1e15 or (smallest and smallest < 1e-6):
        return None
    needed = max(_shortest_decimals(v) for v in values)
    digits_before = max(0, math.floor(math.log10(largest)) + 1) if largest else 1
    enough = max(2, SIGNIFICANT - digits_before)
    if smallest and smallest < 0.1:
        enough = max(enough, -math.floor(math.log10(smallest)) + 2)
    return min(needed, enough)


def _shortest_decimals(value: float) -> int:
    text = repr(value)
    if "e" in text:
        return 12
    return len(text.partition(".")[2].rstrip("0"))


def format_number(value: float) -> str:
    """A number on its own, such as a bar's label: grouped, at most six significant digits."""
    return str(_number_formatter("", [value])(value))


def format_seconds(seconds: float) -> str:
    """A duration: "8 ms", "0.84 s", "12.3 s", "2 min 5 s"."""
    if seconds < 0.0995:
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
