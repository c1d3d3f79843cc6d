"""llmauto.yml as Pydantic models (docs/semantics.md has a tour)."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
JOIN = re.compile(r"^\s*(?P<a>[^=]+)\.(?P<x>[^=.]+?)\s*=\s*(?P<b>[^=]+)\.(?P<y>[^=.]+?)\s*$")


def _listed(value: object) -> object:
    """One word may stand without a list; words may be written as numbers or yes and no."""
    if value is None:
        return ()
    given = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(str(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v for v in given)


Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Text = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnMeaning(_Part):
    """What a column is: shown to chat models, and its other words are read as the column."""

    description: str = ""
    unit: str = ""
    synonyms: Words = ()
    values: dict[str, Words] = Field(default_factory=dict)
    """Other words for a value, by the value as the data spells it."""

    @field_validator("values", mode="before")
    @classmethod
    def _values(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {_spelled(k): v for k, v in value.items()}


def _spelled(value: object) -> object:
    """A key of YAML as the data may spell it: yes and no are words here."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


class TableMeaning(_Part):
    description: str = ""
    synonyms: Words = ()
    columns: dict[str, ColumnMeaning] = Field(default_factory=dict)

    @field_validator("columns", mode="before")
    @classmethod
    def _columns(cls, value: object) -> object:
        """A column may be followed by its description alone."""
        if not isinstance(value, dict):
            return value
        return {k: {"description": v} if isinstance(v, str) else v for k, v in value.items()}


class NamedExpression(_Part):
    """A name with a SQL expression over one table; without `table`, over every table that has its columns."""

    name: Text
    expression: Text
    table: str | None = None
    description: str = ""
    unit: str = ""
    synonyms: Words = ()


class MeasureMeaning(NamedExpression):
    """An aggregate, such as sum(quantity * unit_price)."""


class DimensionMeaning(NamedExpression):
    """A value of each row (or a condition, which rows meet or not)."""


class FilterMeaning(_Part):
    """What always holds. Exactly one of `only` (rows that count) and `exclude` (rows that do not)."""

    table: Text
    name: str = ""
    """The words that lift it: "including NAME"."""
    only: str | None = None
    exclude: str | None = None
    description: str = ""

    @model_validator(mode="after")
    def _one(self) -> FilterMeaning:
        if (self.only is None) == (self.exclude is None):
            raise ValueError("give exactly one of only and exclude")
        return self

    @property
    def condition(self) -> str:
        return self.only if self.only is not None else self.exclude or ""


class Example(_Part):
    """A question with the SQL that answers it: shown to chat models, and run by `llmauto test`."""

    question: Text
    sql: Text


class SemanticFile(_Part):
    """The whole file."""

    tables: dict[str, TableMeaning] = Field(default_factory=dict)
    measures: tuple[MeasureMeaning, ...] = ()
    dimensions: tuple[DimensionMeaning, ...] = ()
    synonyms: dict[str, Words] = Field(default_factory=dict)
    """Other words for anything that has a name: a table, a column, a measure."""
    joins: tuple[str, ...] = ()
    filters: tuple[FilterMeaning, ...] = ()
    fiscal_year_start: int | None = Field(None, ge=1, le=12)
    examples: tuple[Example, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _empty_parts(cls, value: Any) -> Any:
        """A part whose entries are all commented out is empty, not wrong."""
        return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value

    @field_validator("fiscal_year_start", mode="before")
    @classmethod
    def _month(cls, value: object) -> object:
        if not isinstance(value, str) or value.strip().isdecimal():
            return value
        named = value.strip().lower()
        found = [i for i, month in enumerate(MONTHS, 1) if len(named) > 2 and month.startswith(named)]
        if not found:
            raise ValueError("a month, by its name or number, such as April")
        return found[0]

    @field_validator("joins")
    @classmethod
    def _joins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for join in value:
            if not JOIN.match(join):
                raise ValueError(f"'{join}' is no join: write it as orders.customer_id = customers.id")
        return value
