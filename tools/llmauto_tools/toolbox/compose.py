"""Run several tools one after the other, each with its own evidence; a failed step stops there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from llmauto_tools.errors import InvalidArguments, LlmautoError, StepFailed
from llmauto_tools.ledger import Evidence
from llmauto_tools.registry import ToolContext, ToolSpec, get_tool
from llmauto_tools.results import JsonValue, ToolResult, section, table_of

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

MAX_STEPS = 12
_REFERENCE = re.compile(r"\$(\d+)\.(\w+)")


class Step(BaseModel):
    """One call of a tool. "$1.table" as an argument is the figure `table` of the first step."""

    model_config = ConfigDict(extra="forbid")

    tool: str = Field(description="The tool's name.")
    arguments: dict[str, Any] = Field(
        default_factory=dict, description='Its arguments; "$1.model" stands for a figure of an earlier step.'
    )


class ComposeArguments(BaseModel):
    """Arguments of `compose`."""

    model_config = ConfigDict(extra="forbid")

    steps: list[Step] = Field(
        min_length=1, max_length=MAX_STEPS, description="The tools to run, in their order."
    )

    @model_validator(mode="after")
    def _steps_exist(self) -> Self:
        for number, step in enumerate(self.steps, 1):
            if step.tool == TOOL.name:
                raise ValueError("a step cannot be 'compose' itself")
            for earlier, _ in _references(step.arguments):
                if not 1 <= earlier < number:
                    raise ValueError(f"step {number} refers to step {earlier}, which does not run before it")
        return self


def compose(workspace: Workspace, arguments: ComposeArguments, context: ToolContext) -> ToolResult:
    """Run the steps in their order; each is a tool run of its own in the ledger.

    The tools and the names of their arguments are checked before the first step runs. A step of a
    session that was killed and resumed is not run again where it had finished. Raises StepFailed where a
    step fails: what the steps before it made is kept.
    """
    from llmauto_tools.runner import run_tool

    _check(arguments.steps)
    done: list[Evidence] = []
    count = len(arguments.steps)
    for number, step in enumerate(arguments.steps, 1):
        context.step(f"step {number} of {count}: {step.tool}", (number - 1) / count)
        try:
            evidence = run_tool(
                workspace,
                step.tool,
                _resolved(step.arguments, done),
                session=context.session,
                call_id=f"{context.call_id}.{number}" if context.call_id else None,
                progress=_within(context, number, count, step.tool),
                timeout=context.timeout,
            )
        except LlmautoError as e:
            if e.kind == "interrupted":
                raise
            raise _failure(e, number, arguments.steps, done) from e
        done.append(evidence)
    return _result(done)


def _check(steps: Sequence[Step]) -> None:
    for number, step in enumerate(steps, 1):
        fields = get_tool(step.tool).arguments.model_fields
        unknown = [name for name in step.arguments if name not in fields]
        missing = [n for n, f in fields.items() if f.is_required() and n not in step.arguments]
        if unknown or missing:
            what = f"has no argument '{unknown[0]}'" if unknown else f"needs the argument '{missing[0]}'"
            raise InvalidArguments(
                f"Step {number}: the tool '{step.tool}' {what}.", f"It takes: {', '.join(fields)}."
            )


def _within(context: ToolContext, number: int, count: int, tool: str) -> Any:
    """Progress of a step as progress of the whole."""

    def report(text: str, fraction: float | None) -> None:
        whole = None if fraction is None else (number - 1 + fraction) / count
        context.progress(f"step {number} of {count}: {tool}: {text}", whole)

    return report


def _references(value: JsonValue) -> list[tuple[int, str]]:
    """(step, figure) of every reference inside the arguments."""
    if isinstance(value, str) and (found := _REFERENCE.fullmatch(value)):
        return [(int(found[1]), found[2])]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [reference for item in items for reference in _references(item)]


def _resolved(value: JsonValue, done: Sequence[Evidence]) -> JsonValue:
    """The arguments with the figures of earlier steps in the place of their references."""
    if isinstance(value, str) and (found := _REFERENCE.fullmatch(value)):
        earlier = done[int(found[1]) - 1]
        if found[2] not in earlier.figures:
            raise InvalidArguments(
                f"The step {found[1]} ({earlier.tool}) has no figure '{found[2]}'.",
                f"It has: {', '.join(earlier.figures) or 'none'}.",
            )
        return earlier.figures[found[2]]
    if isinstance(value, dict):
        return {name: _resolved(item, done) for name, item in value.items()}
    return [_resolved(item, done) for item in value] if isinstance(value, list) else value


def _failure(error: LlmautoError, number: int, steps: Sequence[Step], done: Sequence[Evidence]) -> StepFailed:
    kept = ", ".join(f"{e.id} ({e.tool})" for e in done)
    hints = [error.hint, f"What came before is kept: {kept}." if kept else None]
    return StepFailed(
        f"Step {number} of {len(steps)}, {steps[number - 1].tool}, failed: {error.message}",
        " ".join(h for h in hints if h) or None,
    )


def _result(done: Sequence[Evidence]) -> ToolResult:
    """The steps as a table, the sentences of each, and what the last one shows."""
    last = done[-1]
    rows = [(n, e.tool, e.id, round(e.seconds or 0.0, 2)) for n, e in enumerate(done, 1)]
    read = tuple(dict.fromkeys(table for e in done for table in e.tables))
    sections = list(last.sections)
    if last.columns:
        sections.insert(0, section(last.tool, [name for name, _ in last.columns], last.rows))
    return ToolResult(
        table=table_of(["step", "tool", "evidence", "seconds"], rows, tables=read),
        sections=sections,
        charts=list(last.charts),
        figures={**last.figures, "steps": [e.id for e in done]},
        text="\n".join(f"{n}. {e.tool}: {e.text or 'done'}" for n, e in enumerate(done, 1)),
        notes=[f"{e.tool}: {note}" for e in done for note in e.notes],
        seed=last.seed,
    )


TOOL = ToolSpec(
    name="compose",
    summary=(
        "Run several tools one after the other as one plan that is shown before it runs, such as cleaning, "
        "choosing features, training and explaining."
    ),
    arguments=ComposeArguments,
    function=compose,
    example={
        "steps": [
            {"tool": "select_features", "arguments": {"table": "customers", "target": "churn"}},
            {
                "tool": "train_model",
                "arguments": {"table": "customers", "target": "churn", "features": "$1.features"},
            },
        ]
    },
    costly=True,
    changes=True,
)
