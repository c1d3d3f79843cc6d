"""Paths into the evidence, such as `e12.rows[0].total`, and the values that they name.

    e12.row_count                                  rows that the step gave
    e12.rows[0].total   e12.rows[0][2]             a cell, by its column's name or place
    e12.rows[region=North].total                   the row whose column has that value
    e12.sections[1].rows[0].mean                   a cell of a further table
    e12.figures.rows   e12.figures.insights[2].values.change
    e12.arguments.alpha                            what the step was asked for

A name that is no word stands in quotation marks: `e12.rows[0]["Body Mass (g)"]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmauto_tools.errors import ReportError, did_you_mean
from llmauto_tools.ledger import Evidence

_HEAD = re.compile(r"(e\d+)(?=[.\[]|$)")
_STEP = re.compile(
    r"\.(?P<name>[^\W\d]\w*)"
    r"|\[(?P<index>\d+)\]"
    r"|\[\"(?P<quoted>(?:[^\"\\]|\\.)*)\"\]"
    r"|\[(?P<column>[^\]=\"]+|\"(?:[^\"\\]|\\.)*\")=(?P<wanted>[^\]\"]*|\"(?:[^\"\\]|\\.)*\")\]"
)
_CELL = re.compile(
    r"(?P<path>(?P<id>e\d+)(?:\.sections\[(?P<section>\d+)\])?\.rows\[\d+\])\[(?P<column>\d+)\]$"
)
_PARTS = ("rows", "row_count", "figures", "sections", "arguments", "seed", "text", "notes")

Step = str | int | tuple[str, str]


@dataclass(frozen=True)
class Resolved:
    """The value at the end of a path; `ref` is the path with every column and row by its place."""

    value: Any
    ref: str
    evidence: Evidence


def parse_reference(text: str) -> tuple[str, list[Step]]:
    """The evidence id and the steps of a path. Raises ReportError for what is no path."""
    head = _HEAD.match(text)
    if head is None:
        raise ReportError(f"'{text}' is no reference.", "References look like e12.rows[0].total.")
    steps: list[Step] = []
    place = head.end()
    while place < len(text):
        match = _STEP.match(text, place)
        if match is None:
            raise ReportError(
                f"The reference '{text}' cannot be read from '{text[place:]}' on.",
                'Names that are no words stand in quotation marks: e1.rows[0]["Unit price"].',
            )
        steps.append(_step(match))
        place = match.end()
    return head[1], steps


def _step(match: re.Match[str]) -> Step:
    if match["name"] is not None:
        return match["name"]
    if match["index"] is not None:
        return int(match["index"])
    if match["quoted"] is not None:
        return _unquoted(f'"{match["quoted"]}"')
    return _unquoted(match["column"]), _unquoted(match["wanted"])


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def step_text(name: str) -> str:
    """A name as a step of a path."""
    if re.fullmatch(r"[^\W\d]\w*", name):
        return f".{name}"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{escaped}"]'


def resolve(text: str, evidence: Mapping[str, Evidence]) -> Resolved:
    """The value that a path names. Raises ReportError, with what there is instead, where it names none."""
    identity, steps = parse_reference(text)
    record = evidence.get(identity)
    if record is None:
        known = ", ".join(evidence) or "none"
        raise ReportError(
            f"'{text}' refers to {identity}, which this report did not run.", f"It ran: {known}."
        )
    if record.state != "finished":
        raise ReportError(f"'{text}' refers to {identity}, which did not finish.")
    if not steps or steps[0] not in _PARTS:
        raise ReportError(f"'{text}' names no part of {identity}.", f"The parts are {', '.join(_PARTS)}.")
    part, rest = str(steps[0]), steps[1:]
    if part == "rows":
        value, tail = _in_rows(record.rows, [n for n, _ in record.columns], rest, text)
        return Resolved(value, f"{identity}.rows{tail}", record)
    if part == "sections" and rest and isinstance(rest[0], int):
        return _in_section(record, rest, text)
    value, tail = _walk(getattr(record, part), rest, text)
    return Resolved(value, f"{identity}.{part}{tail}", record)


def _in_section(record: Evidence, steps: Sequence[Step], text: str) -> Resolved:
    index = int(str(steps[0]))
    if index >= len(record.sections):
        raise ReportError(f"'{text}': {record.id} has {len(record.sections)} sections, counted from 0.")
    section = record.sections[index]
    rest = list(steps[1:])
    if rest and rest[0] == "row_count":
        return Resolved(len(section.rows), f"{record.id}.sections[{index}].row_count", record)
    if not rest or rest[0] != "rows":
        raise ReportError(f"'{text}' names no value of the section.", "Go on with .rows[0].COLUMN.")
    value, tail = _in_rows(section.rows, list(section.columns), rest[1:], text)
    return Resolved(value, f"{record.id}.sections[{index}].rows{tail}", record)


def _in_rows(
    rows: Sequence[Sequence[Any]], names: Sequence[str], steps: Sequence[Step], text: str
) -> tuple[Any, str]:
    if len(steps) != 2:
        raise ReportError(
            f"'{text}' names no cell.", "A cell is rows[ROW].COLUMN, with the rows counted from 0."
        )
    row = _row(rows, names, steps[0], text)
    column = _column(names, steps[1], text)
    return rows[row][column], f"[{row}][{column}]"


def _row(rows: Sequence[Sequence[Any]], names: Sequence[str], step: Step, text: str) -> int:
    if isinstance(step, int):
        if step >= len(rows):
            raise ReportError(f"'{text}': there are {len(rows)} rows, counted from 0.")
        return step
    if isinstance(step, tuple):
        column = _column(names, step[0], text)
        found = [i for i, row in enumerate(rows) if str(row[column]) == step[1]]
        if len(found) == 1:
            return found[0]
        raise ReportError(f"'{text}': {len(found) or 'no'} rows have {step[0]} = {step[1]!r}.")
    raise ReportError(
        f"'{text}' names no row.", "Rows are counted from 0: rows[0], or named: rows[region=North]."
    )


def _column(names: Sequence[str], step: Step, text: str) -> int:
    if isinstance(step, int) and step < len(names):
        return step
    if isinstance(step, str) and step in names:
        return names.index(step)
    hint = did_you_mean(str(step), names) or f"The columns are {', '.join(names)}."
    raise ReportError(f"'{text}': there is no column '{step}'.", hint)


def _walk(value: Any, steps: Sequence[Step], text: str) -> tuple[Any, str]:
    tail = ""
    for step in steps:
        if isinstance(step, int) and isinstance(value, (list, tuple)):
            if step >= len(value):
                raise ReportError(f"'{text}': there are {len(value)} entries, counted from 0.")
            value, tail = value[step], f"{tail}[{step}]"
        elif isinstance(step, str) and isinstance(value, dict):
            if step not in value:
                hint = did_you_mean(step, value) or f"There is: {', '.join(map(str, list(value)[:20]))}."
                raise ReportError(f"'{text}': there is no '{step}'.", hint)
            value, tail = value[step], tail + step_text(step)
        else:
            raise ReportError(f"'{text}' goes on where there is a single value already.")
    return value, tail


def named_reference(ref: str, evidence: Mapping[str, Evidence]) -> str:
    """A path with the column of a cell by its name, so that a reader knows what it is."""
    match = _CELL.match(ref)
    record = evidence.get(match["id"]) if match is not None else None
    if match is None or record is None:
        return ref
    if match["section"] is None:
        names = [n for n, _ in record.columns]
    else:
        names = list(record.sections[int(match["section"])].columns)
    return match["path"] + step_text(names[int(match["column"])])
