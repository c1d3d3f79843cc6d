"""What a goal names: its language, its template, its table and columns, and a question in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmauto_agent.numbers import Language
from llmauto_tools.errors import ReportError

if TYPE_CHECKING:
    from llmauto_agent.planner.reading import Reading
    from llmauto_tools.workspace import Workspace

TEMPLATES = ("exploratory", "kpi", "experiment", "model", "quality")

_CUES: tuple[tuple[str, str], ...] = (
    ("experiment", r"\ba/?b[ -]?tests?\b|\bexperiments?\b|\btreatment\b|\bvariants?\b|\bcontrol group\b|实验|对照组|试验|AB测试"),
    ("quality", r"\bdata[ -]quality\b|\bquality (?:report|check|of)\b|\bhow clean\b|\bclean(?:ing|ed)? (?:the )?data\b|\bdata problems?\b|数据质量|质量报告|脏数据"),
    ("model", r"\bpredict(?:s|ing|ion|ions)?\b|\bmodel(?:s|ling)? (?:of|for|report)\b|\btrain\b|\b(?:build|fit|make) (?:a |the )?model\b|\bmodel report\b|\bclassif(?:y|ier|ication)\b|\bdrivers of\b|预测模型|建模|模型报告|预测"),
    ("kpi", r"\bkpis?\b|\bmetrics?\b|\b(?:weekly|monthly|quarterly|annual|yearly) (?:\w+ )?(?:report|review|numbers|figures)\b|\b(?:compared (?:to|with)|vs\.?|versus|against) (?:the )?(?:last|previous|prior)\b|\b(?:last|previous) (?:week|month|quarter|year)\b|指标|周报|月报|季报|年报|环比|同比|业绩"),
)  # fmt: skip
_PERIODS: tuple[tuple[str, str], ...] = (
    ("day", r"\bdaily\b|\byesterday\b|日报|每日|按日|按天"),
    ("week", r"\bweek(?:ly|s)?\b|周报|每周|按周|上周"),
    ("quarter", r"\bquarter(?:ly|s)?\b|季报|季度"),
    ("year", r"\b(?:year(?:ly|s)?|annual)\b|年报|年度|每年|按年|去年"),
    ("month", r"\bmonth(?:ly|s)?\b|月报|每月|按月|月度|上月|上个月"),
)
PERIODS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Goal:
    """A goal, read: names are those of the workspace."""

    text: str
    language: Language
    template: str
    table: str
    columns: tuple[str, ...] = ()
    """Columns that it names, in its order."""
    period: str | None = None
    question: Reading | None = None
    """How the built-in planner reads it as a question of the data; None where it cannot."""
    parameters: Mapping[str, Any] = field(default_factory=dict)


def read_goal(
    workspace: Workspace,
    text: str,
    *,
    template: str | None = None,
    language: Language | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Goal:
    """Read a goal with the planner's linker. `parameters` (table, target, …) go before what it says.

    Raises ReportError where there is no table, QueryInvalid for a table that is not there.
    """
    from llmauto_agent.planner.asks.mentions import Named
    from llmauto_agent.planner.linker import SchemaIndex
    from llmauto_agent.planner.tokens import detect_language
    from llmauto_agent.planner.understand import understand
    from llmauto_agent.planner.values import EngineValues
    from llmauto_tools.plan.keys import find_joins

    tables = workspace.tables()
    if not tables:
        raise ReportError("There is no table to report on.", "Name a source: llmauto report GOAL data.csv")
    given = dict(parameters or {})
    values = EngineValues(workspace.engine, tables, workspace.fingerprint)
    index = SchemaIndex(tables, find_joins(tables, workspace.foreign_keys()), values)
    wanted = workspace.table(str(given["table"])).name if "table" in given else None
    named = Named(text, index, wanted or tables[0].name)
    table = wanted or named.table.name
    columns = [m.column for m in named.columns if m.table == table]
    reading = understand(text, index)
    return Goal(
        text=text,
        language=language or detect_language(text),
        template=template or template_of(text),
        table=table,
        columns=tuple(dict.fromkeys(columns)),
        period=str(given["period"]) if "period" in given else period_of(text),
        question=reading if reading.plan is not None and not reading.refused else None,
        parameters=given,
    )


def template_of(text: str) -> str:
    """The template that the words of a goal ask for; exploratory where none does."""
    return next((name for name, cues in _CUES if re.search(cues, text, re.IGNORECASE)), "exploratory")


def period_of(text: str) -> str | None:
    """The period that a goal compares or goes by, or None."""
    return next((name for name, cues in _PERIODS if re.search(cues, text, re.IGNORECASE)), None)
