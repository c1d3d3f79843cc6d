"""A file of questions with expected results, which `llmauto test` runs (docs/testing-answers.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from llmauto_agent.semantics.places import read_yaml
from llmauto_agent.semantics.read import validated

_EXPECTED = ("value", "rows", "sql", "refused")


@dataclass(frozen=True)
class Tolerance:
    """How far a number may be off: `absolute`, or `relative` to what was expected (0.01 is 1%)."""

    absolute: float = 0.0
    relative: float = 0.0


def parse_tolerance(value: object) -> Tolerance:
    """0.5 is absolute, "1%" relative. Raises ValueError."""
    text = str(value).strip()
    if not re.fullmatch(r"\d+(\.\d+)?(e-?\d+)?\s*%?", text, re.IGNORECASE):
        raise ValueError('a number such as 0.5, or a percentage such as "1%"')
    if text.endswith("%"):
        return Tolerance(relative=float(text[:-1]) / 100)
    return Tolerance(absolute=float(text))


Names = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]
"""One name or several."""
Within = Annotated[
    Tolerance | None, BeforeValidator(lambda value: None if value is None else parse_tolerance(value))
]


class Case(BaseModel):
    """One question and what has to come of it: exactly one of value, rows, sql, refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    question: str = Field(min_length=1)
    name: str | None = None
    value: Any = None
    rows: tuple[tuple[Any, ...], ...] | None = None
    sql: str | None = None
    refused: bool | None = None
    columns: Names | None = None
    """The columns of the answer that are compared, by name, in the order of `rows` (all, where left out)."""
    order: bool = False
    """Whether the order of rows counts."""
    tolerance: Within = None
    after: Names = ()
    """Questions that are asked before it in the same conversation."""

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        if isinstance(value, dict):
            given = [k for k in _EXPECTED if k in value]
            if len(given) != 1:
                raise ValueError(f"give exactly one of {', '.join(_EXPECTED)}")
            if "refused" in value and value["refused"] is not True:
                raise ValueError("refused takes true; expect a value, rows or sql where it is to be answered")
        return value

    @field_validator("rows", mode="before")
    @classmethod
    def _rows(cls, value: object) -> object:
        """A list of single values is one column."""
        if not isinstance(value, list):
            return value
        return [row if isinstance(row, list) else [row] for row in value]

    @property
    def expects_value(self) -> bool:
        return self.rows is None and self.sql is None and self.refused is None


class QuestionFile(BaseModel):
    """The whole file. `sources` are relative to it."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    sources: Names = ()
    model: str | None = None
    share: str | None = None
    project: str | None = None
    tolerance: Within = None
    examples: bool = False
    """Whether the examples of llmauto.yml are run too: each has to give what its SQL gives."""
    tests: tuple[Case, ...] = Field(min_length=1)

    @classmethod
    def parts(cls) -> dict[str, type[BaseModel]]:
        """The models of its lists, for errors that name what an entry takes."""
        return {"tests": Case}


@dataclass(frozen=True)
class Located:
    """A file of questions, with paths made absolute, and the line of each question."""

    path: Path
    file: QuestionFile
    lines: tuple[int, ...]


def read_questions(path: Path) -> Located:
    """Read a file of questions. Raises InvalidArguments with file, line and what to do."""
    found = read_yaml(path)
    file = validated(found, QuestionFile, "docs/testing-answers.md")
    folder = path.resolve().parent

    def within(source: str) -> str:
        return source if "://" in source else str(folder / Path(source).expanduser())

    update: dict[str, Any] = {"sources": tuple(within(s) for s in file.sources)}
    if file.project is not None:
        update["project"] = within(file.project)
    lines = tuple(found.line(("tests", i, "question")) for i in range(len(file.tests)))
    return Located(path, file.model_copy(update=update), lines)
