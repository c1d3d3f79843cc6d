"""What a rule file may say."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    field_validator,
    model_validator,
)

Kind = Literal["integer", "number", "text", "date", "datetime", "boolean"]
Limit = StrictInt | StrictFloat | dt.datetime | dt.date
Scalar = StrictBool | StrictInt | StrictFloat | StrictStr | dt.datetime | dt.date


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=False)


class Reference(_Strict):
    """The column of another table that values have to be in; written "customers.id" for short."""

    table: str
    column: str


class ColumnRules(_Strict):
    """The rules of one column. Missing values break `required` only."""

    type: Kind | None = None
    required: bool = False
    unique: bool = False
    min: Limit | None = None
    max: Limit | None = None
    allowed: list[Scalar] | None = Field(default=None, min_length=1)
    pattern: str | None = None
    """A Python regular expression that the whole value has to match."""
    references: Reference | None = None

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as e:
                raise ValueError(f"not a regular expression: {e}") from e
        return pattern

    @field_validator("references", mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        table, dot, column = value.rpartition(".")
        if not (table and dot and column):
            raise ValueError("write it as table.column")
        return {"table": table, "column": column}

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if self.min is not None and self.max is not None:
            if isinstance(self.min, dt.date) != isinstance(self.max, dt.date):
                raise ValueError("min and max are of different kinds")
            if as_comparable(self.min) > as_comparable(self.max):
                raise ValueError("min is above max")
        return self


def as_comparable(limit: Limit) -> float:
    """A limit as a number; dates as seconds since 1970."""
    if isinstance(limit, dt.date):
        moment = limit if isinstance(limit, dt.datetime) else dt.datetime.combine(limit, dt.time())
        return (moment.replace(tzinfo=None) - dt.datetime(1970, 1, 1)).total_seconds()
    return float(limit)


class RowRules(_Strict):
    """How many rows the table has to have."""

    min: int | None = Field(default=None, ge=0)
    max: int | None = Field(default=None, ge=0)


class Expression(_Strict):
    """A condition in SQL that must not be false in any row (missing is no fault, as in a CHECK)."""

    sql: str = Field(min_length=1)
    name: str | None = None


class TableRules(_Strict):
    """The rules of one table."""

    table: str | None = None
    rows: RowRules | None = None
    columns: dict[str, ColumnRules] = Field(default_factory=dict)
    unique: list[list[str]] = Field(default_factory=list)
    """Sets of columns of which no two rows have the same values."""
    expressions: list[Expression] = Field(default_factory=list)
