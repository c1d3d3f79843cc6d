"""`report.yml`: a report that is made again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from llmauto_agent.report.checks import Check
from llmauto_tools.errors import InvalidArguments, did_you_mean

SUFFIXES = (".yml", ".yaml")


class ReportSpec(BaseModel):
    """What a report.yml says. Paths are relative to the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    goal: str
    sources: tuple[str, ...]
    output: tuple[str, ...] = ("report.html",)
    name: str | None = None
    template: str | None = None
    language: Literal["en", "zh"] | None = None
    workspace: str | None = None
    model: str | None = None
    share: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    checks: tuple[Check, ...] = ()

    @field_validator("sources", "output", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """One path may stand without a list."""
        return (value,) if isinstance(value, str) else value


def read_spec(path: Path) -> ReportSpec:
    """Read a report.yml, with its paths made absolute.

    Raises InvalidArguments where it cannot be read or is wrong: the line, or the field, is named.
    """
    import yaml  # type: ignore[import-untyped]

    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise InvalidArguments(f"{path} cannot be read: {e.strerror}.") from e
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        mark = getattr(e, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark is not None else ""
        raise InvalidArguments(f"{path.name} is no YAML{place}: {getattr(e, 'problem', None) or e}.") from e
    if not isinstance(loaded, dict):
        raise InvalidArguments(f"{path.name} holds no settings.", "It needs at least goal and sources.")
    try:
        spec = ReportSpec.model_validate(loaded)
    except ValidationError as e:
        raise InvalidArguments(f"{path.name} is not right: {_problem(e)}", _hint(e)) from e
    return _absolute(spec, path.resolve().parent)


def _problem(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "the file"
    return f"{place}: {first['msg']}."


def _hint(error: ValidationError) -> str:
    names = list(ReportSpec.model_fields)
    first = error.errors()[0]
    if first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
        return did_you_mean(str(first["loc"][0]), names) or f"It takes {', '.join(names)}."
    return f"It takes {', '.join(names)} (docs/reports.md)."


def _absolute(spec: ReportSpec, folder: Path) -> ReportSpec:
    def within(path: str) -> str:
        return path if "://" in path else str(folder / Path(path).expanduser())

    template = spec.template
    if template is not None and (folder / template).is_file():
        template = str(folder / template)
    return spec.model_copy(
        update={
            "sources": tuple(within(s) for s in spec.sources),
            "output": tuple(within(o) for o in spec.output),
            "template": template,
            "workspace": within(spec.workspace) if spec.workspace else None,
        }
    )
