"""The tables that requests are invented about: the written-down domains, with values drawn for their columns."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

DATA = Path(__file__).parent.parent / "data"
Role = Literal["id", "name", "cat", "number", "money", "date", "year", "bool", "flag", "yesno"]

_FIRST = [
    "Ana",
    "Ben",
    "Carla",
    "David",
    "Emma",
    "Farid",
    "Grace",
    "Hugo",
    "Ines",
    "Jonas",
    "Kofi",
    "Lena",
    "Marco",
    "Nadia",
    "Oscar",
    "Petra",
    "Quinn",
    "Rosa",
    "Sven",
    "Tara",
]
_LAST = [
    "Abbott",
    "Becker",
    "Costa",
    "Dupont",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Hansen",
    "Ito",
    "Jensen",
    "Kowalski",
    "Lopez",
    "Meyer",
    "Novak",
    "Okafor",
    "Patel",
]
_WORDS = [
    "Blue",
    "River",
    "Silent",
    "Golden",
    "Night",
    "Winter",
    "Broken",
    "Little",
    "Secret",
    "Northern",
    "Paper",
    "Iron",
    "Garden",
    "Summer",
    "Glass",
    "Stone",
]
_FAMILY_ZH = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙"]
_GIVEN_ZH = [
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "洋",
    "勇",
    "艳",
    "杰",
    "涛",
    "明",
    "超",
    "秀英",
    "建国",
    "志强",
    "晓东",
    "雨萱",
]
TYPES = ("id", "name", "cat", "int", "float", "money", "pct", "date", "year", "bool", "flag", "yesno")
NAMES = 40
"""Different names that a table of people or titles holds."""


@dataclass(frozen=True)
class Col:
    """A column: its name, what it is, its DuckDB type, its values or bounds."""

    name: str
    role: Role
    dtype: str
    values: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    say: tuple[str, ...] = ()
    """Other words for it that were written down."""

    @property
    def whole(self) -> bool:
        return self.dtype == "BIGINT"


@dataclass(frozen=True)
class Domain:
    """A table, the noun for its rows, and its columns."""

    name: str
    noun: str
    nouns: str
    columns: tuple[Col, ...]
    lang: str = "en"
    extra: dict[str, Any] = field(default_factory=dict)

    def of(self, *roles: str) -> list[Col]:
        return [c for c in self.columns if c.role in roles]

    @property
    def db(self) -> str:
        return f"{self.lang}:{self.name}"

    def schema(self) -> dict[str, Any]:
        """As the schema files keep it."""
        return {
            "db": self.db,
            "tables": [
                {"name": self.name, "columns": [stored_column(c) for c in self.columns], "rows": 1000}
            ],
            "foreign_keys": [],
        }


def stored_column(column: Col) -> dict[str, Any]:
    """A column as the schema files keep it."""
    stored: dict[str, Any] = {"name": column.name, "type": column.dtype}
    if column.values:
        return stored | {"values": list(column.values)}
    if column.role == "bool":
        return stored
    if column.role in {"date"}:
        return stored | {"low": f"{int(column.low)}-01-03", "high": f"{int(column.high)}-12-28"}
    return stored | {"low": column.low, "high": column.high}


@lru_cache(maxsize=2)
def domains(lang: str) -> tuple[Domain, ...]:
    """All domains of a language, as they are written in `data/domains_LANG.txt`."""
    lines = (DATA / f"domains_{lang}.txt").read_text("utf-8").splitlines()
    return tuple(_domain(line, lang) for line in lines if line.strip() and not line.startswith("#"))


def _domain(line: str, lang: str) -> Domain:
    head, *columns = (part.strip() for part in line.split("|"))
    name, _, nouns = head.partition("(")
    singular, _, plural = nouns.rstrip(") ").partition(",")
    drawn = random.Random(name)
    made = tuple(_column(c, drawn, lang) for c in columns)
    return Domain(name.strip(), singular.strip(), plural.strip() or singular.strip(), made, lang)


def column_of(text: str, seed: str, lang: str) -> Col:
    """A column as the files write it: name, type, arguments. Raises ValueError for an unknown type."""
    kind = text.split()[1] if len(text.split()) > 1 else ""
    if kind not in TYPES:
        raise ValueError(f"{kind!r} is no type: {', '.join(TYPES)}")
    return _column(text, random.Random(seed), lang)


def _column(text: str, drawn: random.Random, lang: str) -> Col:
    head, _, rest = text.strip().partition(" ")
    name, *said = head.split("=")
    if said:
        said = said[0].split("/")
    kind, _, arguments = rest.strip().partition(" ")
    say = tuple(said)
    if kind == "cat":
        return Col(name, "cat", "VARCHAR", tuple(v.strip() for v in arguments.split(",")), say=say)
    if kind == "name":
        return Col(name, "name", "VARCHAR", _names(name, drawn, lang), say=say)
    if kind == "yesno":
        return Col(name, "yesno", "VARCHAR", ("否", "是") if lang == "zh" else ("No", "Yes"), say=say)
    if kind == "bool":
        return Col(name, "bool", "BOOLEAN", say=say)
    if kind == "flag":
        return Col(name, "flag", "BIGINT", low=0, high=1, say=say)
    if kind == "id":
        return Col(name, "id", "BIGINT", low=1, high=1000, say=say)
    if kind == "pct":
        return Col(name, "number", "DOUBLE", low=0, high=100, say=say)
    low, _, high = arguments.strip().partition(" ")
    if kind == "date":
        return Col(name, "date", "DATE", low=float(low), high=float(high or low), say=say)
    if kind == "year":
        return Col(name, "year", "BIGINT", low=float(low), high=float(high), say=say)
    role: Role = "money" if kind == "money" else "number"
    return Col(name, role, "BIGINT" if kind == "int" else "DOUBLE", low=float(low), high=float(high), say=say)


def _names(column: str, drawn: random.Random, lang: str) -> tuple[str, ...]:
    """Names of people, or titles where the column is called so."""
    found: dict[str, None] = {}
    while len(found) < NAMES:
        if lang == "zh":
            found[drawn.choice(_FAMILY_ZH) + drawn.choice(_GIVEN_ZH)] = None
        elif any(
            w in column
            for w in ("title", "item", "label", "film", "model", "stadium", "restaurant", "company")
        ):
            found[f"{drawn.choice(_WORDS)} {drawn.choice(_WORDS)}"] = None
        else:
            found[f"{drawn.choice(_FIRST)} {drawn.choice(_LAST)}"] = None
    return tuple(found)
