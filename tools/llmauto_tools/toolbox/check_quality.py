"""Check the quality of a table: what is wrong, how bad, where, and the step that would mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.quality.base import Options
    from llmauto_tools.schema import Table
    from llmauto_tools.workspace import Workspace

Check = Literal[
    "missing", "duplicates", "constant", "outliers", "types", "categories", "impossible", "time_order",
    "imbalance", "leakage", "drift", "labels", "personal",
]  # fmt: skip


class CheckQualityArguments(BaseModel):
    """Arguments of `check_quality`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="The table to check.")
    target: str | None = Field(
        default=None, description="The column to be predicted: adds imbalance, leakage and wrong labels."
    )
    other: str | None = Field(
        default=None, description="A second table (a test set, a later month): adds drift and shared rows."
    )
    time: str | None = Field(default=None, description="The column that says when a row happened.")
    group: str | None = Field(
        default=None, description="The column that says which entity (person, shop) a row belongs to."
    )
    rules: str | None = Field(default=None, description="Path of a file with your own rules (data.yml).")
    checks: list[Check] | None = Field(
        default=None, min_length=1, description="Only these checks (all that apply, where left out)."
    )
    examples: int = Field(default=3, ge=0, le=20, description="Example values per finding.")
    seed: int = Field(default=0, ge=0, description="Seed of samples and models.")

    @model_validator(mode="before")
    @classmethod
    def _entity(cls, values: object) -> object:
        """`entity` is another word for `group`."""
        if isinstance(values, dict) and "entity" in values and "group" not in values:
            values = {("group" if k == "entity" else k): v for k, v in values.items()}
        return values


def check_quality(workspace: Workspace, arguments: CheckQualityArguments, context: ToolContext) -> ToolResult:
    """Findings ordered by severity, each with its count, examples, and the preprocess step that mends it.

    Raises QueryInvalid for a table that is not there, InvalidArguments for a column that is not, or for a
    rule file that is wrong (the line and the field are named), MissingExtra where rules on values or
    labels were asked for and the extra `ml` is not installed.
    """
    from llmauto_tools.quality.base import Subject
    from llmauto_tools.quality.check import ordered, run_checks
    from llmauto_tools.quality.report import result
    from llmauto_tools.quality.rules.check import as_findings, check_rules

    table = workspace.table(arguments.table)
    options = _options(table, arguments)
    subject = Subject(workspace, table, context, options)
    other = None
    tables: tuple[str, ...] = (table.name,)
    if arguments.other is not None:
        second = workspace.table(arguments.other)
        other = Subject(workspace, second, context, options, notes=subject.notes)
        tables = tuple(dict.fromkeys((table.name, second.name)))
    # First, so that a rule file that is wrong does not cost the time of the checks.
    rules = check_rules(subject, arguments.rules) if arguments.rules is not None else None
    report = run_checks(subject, other, arguments.checks)
    if rules is not None:
        report.findings = ordered(report.findings + as_findings(rules))
    return result(subject, report, rules, tables)


def _options(table: Table, arguments: CheckQualityArguments) -> Options:
    from llmauto_tools.columns import find_column
    from llmauto_tools.errors import InvalidArguments
    from llmauto_tools.quality.base import Options

    names = {
        role: find_column(table, name).name
        for role in ("target", "time", "group")
        if (name := getattr(arguments, role)) is not None
    }
    time = table.column(names["time"]) if "time" in names else None
    if time is not None and time.family != "date":
        raise InvalidArguments(
            f"'{time.name}' is {time.dtype}, not a date.",
            "Cast it with preprocess first: {'kind': 'cast', 'to': 'timestamp'}.",
        )
    return Options(**names, examples=arguments.examples, seed=arguments.seed)


TOOL = ToolSpec(
    name="check_quality",
    summary=(
        "Check the quality of a table: missing and duplicate data, outliers, mixed types and units, inconsistent"
        " categories, impossible values, broken time order, imbalance, leakage of the target, drift against a second"
        " table, wrong labels, personal data, and a person's own rules (data.yml). Each finding has a severity, a"
        " count, examples, and the preprocess step that mends it."
    ),
    arguments=CheckQualityArguments,
    function=check_quality,
    example={"table": "orders", "target": "churned"},
)
