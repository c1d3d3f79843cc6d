"""Find and read a project's llmauto.yml."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from llmauto_agent.semantics.model import (
    ColumnMeaning,
    DimensionMeaning,
    Example,
    FilterMeaning,
    MeasureMeaning,
    SemanticFile,
    TableMeaning,
)
from llmauto_agent.semantics.places import Located, Place, read_yaml
from llmauto_tools.errors import InvalidArguments, did_you_mean

Model = TypeVar("Model", bound=BaseModel)

_PARTS: dict[str, type[BaseModel]] = {
    "measures": MeasureMeaning, "dimensions": DimensionMeaning, "filters": FilterMeaning, "examples": Example,
    "tables": TableMeaning,
}  # fmt: skip


def read_semantics(path: Path) -> tuple[SemanticFile, Located]:
    """The file and the lines of its entries. Raises InvalidArguments with file, line and what to do."""
    located = read_yaml(path)
    if located.content is None:
        return SemanticFile.model_validate({}), located
    return validated(located, SemanticFile, "docs/semantics.md"), located


def validated(located: Located, model: type[Model], page: str) -> Model:
    """The content of a file as a model. page: where what it may hold is described."""
    if not isinstance(located.content, dict):
        raise InvalidArguments(
            f"{located.at(())}: this file holds no entries.",
            f"It takes {', '.join(model.model_fields)} ({page}).",
        )
    try:
        return model.model_validate(located.content)
    except ValidationError as e:
        problem = e.errors()[0]
        place: Place = tuple(problem["loc"])
        raise InvalidArguments(
            f"{located.at(place)}: {_said(problem, place)}", _hint(problem, place, model, page)
        ) from e


def _said(problem: object, place: Place) -> str:
    assert isinstance(problem, dict)
    name = ".".join(str(p) if isinstance(p, str) else f"{int(str(p)) + 1}" for p in place)
    if problem["type"] == "extra_forbidden":
        return f"there is no setting '{place[-1]}' here."
    if problem["type"] == "missing":
        return f"'{place[-1]}' is missing in {'.'.join(str(p) for p in place[:-1]) or 'the file'}."
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{name}: {message[:1].lower()}{message[1:].rstrip('.')}."


def _hint(problem: object, place: Place, model: type[BaseModel], page: str) -> str:
    assert isinstance(problem, dict)
    known = _fields_at(place[:-1], model)
    if problem["type"] == "extra_forbidden":
        near = did_you_mean(str(place[-1]), known)
        if near:
            return near
    return f"It takes {', '.join(known)} ({page})." if known else f"See {page}."


def _fields_at(place: Place, model: type[BaseModel]) -> list[str]:
    """The settings that are known at a place of the file."""
    if not place:
        return list(model.model_fields)
    part = _PARTS.get(str(place[0])) if model is SemanticFile else None
    if "columns" in place:
        part = ColumnMeaning
    if part is None and hasattr(model, "parts"):
        part = model.parts().get(str(place[0]))
    return list(part.model_fields) if part is not None else []
