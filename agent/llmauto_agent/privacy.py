"""The privacy boundary: the one place that decides what a chat model may see.

    schema    names and types of tables and columns, the number of rows a query gave
    results   also the results of the queries that the model asks for, bounded
    samples   also a few example values per column

The embedded model is part of the program and leaves nothing off the machine, so it is not bounded.
Names and cell values are data: they are quoted as JSON strings and cut, never pasted as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from llmauto_tools.errors import InvalidArguments, LlmautoError
from llmauto_tools.ledger import Evidence
from llmauto_tools.results import Section
from llmauto_tools.schema import Table

if TYPE_CHECKING:
    from llmauto_agent.meaning.types import Meanings
    from llmauto_agent.memory.entry import Entry

Share = Literal["schema", "results", "samples"]
SHARE_LEVELS: tuple[str, ...] = get_args(Share)

MAX_NAME = 120
MAX_CELL = 200
MAX_ROWS = 30
MAX_RESULT_CHARACTERS = 8_000
MAX_MESSAGE = 600
MAX_TEXT = 2_000
MAX_NOTES = 8
MAX_TYPE = 300
MAX_EXAMPLES = 10

_NAMES = ("table", "recipe", "model", "features")
"""Figures that name what a later step needs: they are names of the schema, or ours, and no cells."""

_READERS = {"query", "analyze", "sample", "save_table", "describe", "tables"}

_ENUM = re.compile(r"ENUM\((?:'(?:[^']|'')*'(?:,\s*)?)*\)")


def parse_share(level: str) -> Share:
    """Check a level that a person typed. Raises InvalidArguments."""
    if level not in SHARE_LEVELS:
        raise InvalidArguments(
            f"'{level}' is not a share level.", f"Use one of: {', '.join(SHARE_LEVELS)} (docs/privacy.md)."
        )
    return level  # type: ignore[return-value]


@dataclass(frozen=True)
class Boundary:
    """Turns schema, results and errors into the text that a chat model is given."""

    share: Share

    def describe_tables(self, tables: Sequence[Table], samples: dict[tuple[str, str], list[str]]) -> str:
        """The tables as JSON lines. `samples` is used at the level "samples" only."""
        lines = []
        for table in tables:
            columns = []
            for column in table.columns:
                entry: dict[str, Any] = {"name": _cut(column.name, MAX_NAME), "type": _type(column.dtype)}
                if self.share == "samples" and (table.name, column.name) in samples:
                    entry["examples"] = [_cut(v, 40) for v in samples[table.name, column.name][:5]]
                columns.append(entry)
            lines.append(
                json.dumps({"table": _cut(table.name, MAX_NAME), "columns": columns}, ensure_ascii=False)
            )
        return "\n".join(lines)

    def result(self, evidence: Evidence) -> str:
        """What the model is told of a finished tool run: the evidence id, and rows if it may see them."""
        shown: dict[str, Any] = {
            "evidence": evidence.id,
            "columns": [[_cut(n, MAX_NAME), _type(t)] for n, t in evidence.columns],
            "row_count": evidence.row_count,
        }
        if self.share == "schema":
            if evidence.tool not in _READERS or "pivot" in (evidence.sql or "").casefold():
                del shown["columns"]  # their names may be cells: groups that were tested, values of a pivot
            shown["rows"] = "shown to the person, not to you (share level: schema)"
            shown |= {name: evidence.figures[name] for name in _NAMES if name in evidence.figures}
            return json.dumps(shown, ensure_ascii=False)
        if evidence.text:
            shown["text"] = _cut(evidence.text, MAX_TEXT)
        if evidence.notes:
            shown["notes"] = [_cut(note, MAX_MESSAGE) for note in evidence.notes[:MAX_NOTES]]
        rows = [[_cut_value(v) for v in row] for row in evidence.rows[:MAX_ROWS]]
        while rows and len(json.dumps(rows, ensure_ascii=False)) > MAX_RESULT_CHARACTERS:
            rows.pop()
        shown["rows"] = rows
        shown["rows_left_out"] = (
            "not counted"
            if evidence.row_count is None and evidence.truncated
            else (evidence.row_count or len(evidence.rows)) - len(rows)
        )
        if evidence.figures:
            short = len(json.dumps(evidence.figures, ensure_ascii=False)) <= MAX_RESULT_CHARACTERS
            shown["figures"] = (
                evidence.figures if short else "too long to show; ask for the parts that you need"
            )
        if evidence.sections:
            room = MAX_RESULT_CHARACTERS - len(json.dumps(shown, ensure_ascii=False))
            shown["sections"] = [_section(s, room // len(evidence.sections)) for s in evidence.sections]
        return json.dumps(shown, ensure_ascii=False)

    def fact(self, about: str, told: str, values: dict[str, Any], kind: str) -> str:
        """A fact that a report's summary may tell: its placeholders, and what stands behind them if the model may
        see it. At the level "schema" neither the values nor the wording (which may quote cells) are given.
        """
        shown: dict[str, Any] = {"kind": kind}
        if about:
            shown["columns"] = _cut(about, MAX_MESSAGE)
        if self.share == "schema":
            shown["placeholders"] = list(values)
        else:
            shown["told"] = _cut(told, MAX_TEXT)
            shown["placeholders"] = {mark: _cut_value(value) for mark, value in values.items()}
        return json.dumps(shown, ensure_ascii=False)

    def remembered(self, entry: Entry, stale: str | None) -> str | None:
        """A remembered thing as a JSON line, or None where the share level does not reach it.

        What the person said is told as it was said: definitions, filters, preferences, and earlier questions.
        Their SQL is told without its texts at the level "schema", and what was found in the data, and
        documents, from "results" on.
        """
        free = self.share != "schema"
        if entry.kind in _FOUND and not free:
            return None
        shown: dict[str, Any] = {"remembered": entry.kind, "text": _cut(entry.text, MAX_TEXT)}
        if entry.kind in ("question", "correction"):
            sql = entry.data.get("sql")
            if sql:
                shown["sql"] = _cut(sql if free else _without_texts(sql), MAX_TEXT)
            if entry.data.get("accepted") is not None:
                shown["accepted"] = entry.data["accepted"]
            if free and entry.data.get("answer"):
                shown["answer"] = _cut(str(entry.data["answer"]), MAX_MESSAGE)
        if stale and free:
            shown["out_of_date"] = stale
        return json.dumps(shown, ensure_ascii=False)

    def meanings(self, meanings: Meanings) -> list[str]:
        """What a project's llmauto.yml defines, as JSON lines.

        A person wrote it for whoever answers, so that definitions and filters are told as they are written; other
        words for values, and the texts in examples, may be copied from cells and are told from "results" on.
        """
        free = self.share != "schema"
        shown: list[dict[str, Any]] = []
        for d in meanings.definitions:
            if d.read == "value" and not free:
                continue
            stands_for = "means" if d.read in ("word", "value") else "sql"
            entry: dict[str, Any] = {"defined": d.name, stands_for: d.body}
            entry |= {k: v for k, v in (("also", list(d.also)), ("table", d.table), ("note", d.note)) if v}
            shown.append(entry)
        for f in meanings.filters:
            lifted = f"{f.about} are asked for" if f.about else "the question says otherwise"
            what = "leave out rows of" if f.exclude else "count only rows of"
            shown.append({"always": f"{what} {f.table} where {f.body}, unless {lifted}"})
        for j in meanings.joins:
            shown.append({"join": f"{j.table}.{j.column} = {j.other_table}.{j.other_column}"})
        if meanings.fiscal_start:
            shown.append({"fiscal_year_starts_in_month": meanings.fiscal_start})
        for question, sql in meanings.examples[:MAX_EXAMPLES]:
            shown.append(
                {"example": _cut(question, MAX_MESSAGE), "sql": sql if free else _without_texts(sql)}
            )
        lines: list[str] = []
        room = MAX_RESULT_CHARACTERS
        for line in (json.dumps(entry, ensure_ascii=False) for entry in shown):
            room -= len(line)
            if room < 0:
                break
            lines.append(line)
        return lines

    def error(self, error: LlmautoError, names: Sequence[str]) -> str:
        """An error as the model may see it.

        DuckDB quotes cell values in conversion errors; at the level "schema" only the kind and names
        of the schema are kept.
        """
        if self.share == "schema" and error.kind not in {
            "query_rejected",
            "unknown_tool",
            "invalid_arguments",
        }:
            hint = error.hint if error.hint and error.hint.startswith("Did you mean") else None
            return json.dumps(
                {"error": error.kind, "hint": hint, "tables": [_cut(n, MAX_NAME) for n in names[:50]]},
                ensure_ascii=False,
            )
        hint = _cut(error.hint, MAX_MESSAGE) if error.hint else None
        return json.dumps(
            {"error": error.kind, "message": _cut(error.message, MAX_MESSAGE), "hint": hint},
            ensure_ascii=False,
        )


_FOUND = frozenset(("finding", "model", "report", "document"))
_TEXT_LITERAL = re.compile(r"'(?:[^']|'')*'")


def _without_texts(sql: str) -> str:
    """A statement without the texts in it, which may be cells."""
    return _TEXT_LITERAL.sub("'…'", sql)


def _section(section: Section, room: int) -> dict[str, Any]:
    """As many rows of a further table as fit; `look_up` gives the others."""
    rows = [[_cut_value(v) for v in row] for row in section.rows[:MAX_ROWS]]
    while rows and len(json.dumps(rows, ensure_ascii=False)) > room:
        rows.pop()
    return {
        "title": _cut(section.title, MAX_NAME),
        "columns": [_cut(c, MAX_NAME) for c in section.columns],
        "rows": rows,
        "rows_left_out": len(section.rows) - len(rows),
    }


def _type(dtype: str) -> str:
    """A type without the values that an ENUM lists: they are cells, and no part of the schema."""
    return _cut(_ENUM.sub("ENUM", dtype), MAX_TYPE)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _cut_value(value: Any) -> Any:
    if isinstance(value, str):
        return _cut(value, MAX_CELL)
    if isinstance(value, (list, dict)):
        return _cut(json.dumps(value, ensure_ascii=False), MAX_CELL)
    return value
