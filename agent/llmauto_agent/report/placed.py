"""Tables, charts and statements of the evidence as blocks of a report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from llmauto_agent.numbers import is_number
from llmauto_agent.report.alt import alt_text
from llmauto_agent.report.words import chinese_head
from llmauto_tools.documents.model import Chart, Code, Language, Table
from llmauto_tools.errors import ReportError, did_you_mean
from llmauto_tools.ledger import Evidence

MAX_ROWS = 12
"""Rows of a table in the text; the appendix has more."""
HIDDEN = frozenset({"seconds"})
"""Columns that say how long something took: they differ from run to run and say nothing of the data."""
_SHARE = re.compile(r"\bshare\b|占比")
_PLACE = re.compile(r"(?P<id>e\d+)(?:\.(?P<part>sections|charts)\[(?P<index>\d+)\])?$")

Arguments = Mapping[str, str]


def _record(place: str, evidence: Mapping[str, Evidence]) -> tuple[Evidence, str, int]:
    match = _PLACE.match(place)
    if match is None:
        raise ReportError(
            f"'{place}' is no place of a table or chart.", "They look like e3, e3.sections[0], e3.charts[0]."
        )
    record = evidence.get(match["id"])
    if record is None:
        raise ReportError(f"'{place}' refers to {match['id']}, which this report did not run.")
    return record, match["part"] or "", int(match["index"] or 0)


def table_block(
    place: str, arguments: Arguments, evidence: Mapping[str, Evidence], language: Language
) -> Table | None:
    """The first rows of a record's table, or None where it has no rows.

    columns, labels, formats: lists with | between; rows: how many at most; caption; note.
    """
    record, part, index = _record(place, evidence)
    if part == "sections":
        if index >= len(record.sections):
            raise ReportError(f"'{place}': {record.id} has {len(record.sections)} sections, counted from 0.")
        section = record.sections[index]
        names, rows, total, note = list(section.columns), section.rows, len(section.rows), section.note or ""
    else:
        names, rows, note = [n for n, _ in record.columns], record.rows, ""
        total = record.row_count if record.row_count is not None else len(rows)
    picked = _picked(names, arguments.get("columns"), place)
    shown = rows[: int(arguments.get("rows", MAX_ROWS))]
    if not shown or not picked:
        return None
    heads = [chinese_head(names[i]) if language == "zh" else names[i] for i in picked]
    labels = _list(arguments.get("labels")) or heads
    formats = _list(arguments.get("formats")) or _formats(names, picked, shown)
    if len(labels) != len(picked) or (formats and len(formats) != len(picked)):
        raise ReportError(f"'::table {place}': labels and formats need one entry per column ({len(picked)}).")
    note, total = _without_count(note, total)
    left = total - len(shown)
    more = [arguments.get("note", note), _more(left, language) if left > 0 else ""]
    return Table(
        caption=arguments.get("caption", record.sections[index].title if part else ""),
        columns=tuple(labels),
        rows=tuple(tuple(row[i] for i in picked) for row in shown),
        formats=tuple(formats),
        source=f"{record.id}.sections[{index}].rows" if part else f"{record.id}.rows",
        picked=tuple(picked),
        note=" ".join(m for m in more if m),
    )


def _formats(names: Sequence[str], picked: Sequence[int], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Shares as percentages; the other columns as they suit."""
    found = []
    for i in picked:
        share = _SHARE.search(names[i].replace("_", " ")) is not None
        fits = all(row[i] is None or (is_number(row[i]) and -1 <= row[i] <= 1) for row in rows)
        found.append("percent" if share and fits else "")
    return found


_COUNT = re.compile(r"^[\d,]+ of ([\d,]+) rows are shown\.\s*")


def _without_count(note: str, total: int) -> tuple[str, int]:
    """A note without what it says of the rows that its tool showed, and how many there are in truth."""
    found = _COUNT.match(note or "")
    if found is None:
        return note, total
    return note[found.end() :], int(found[1].replace(",", ""))


def _more(left: int, language: Language) -> str:
    return f"另有 {left:,} 行。" if language == "zh" else f"{left:,} more rows."


def _list(text: str | None) -> list[str]:
    return [part.strip() for part in text.split("|")] if text else []


def _picked(names: Sequence[str], wanted: str | None, place: str) -> list[int]:
    if not wanted:
        return [i for i, name in enumerate(names) if name not in HIDDEN]
    picked = []
    for name in _list(wanted):
        if name not in names:
            hint = did_you_mean(name, names) or f"Its columns are {', '.join(names)}."
            raise ReportError(f"'::table {place}': there is no column '{name}'.", hint)
        picked.append(names.index(name))
    return picked


def chart_block(
    place: str, arguments: Arguments, evidence: Mapping[str, Evidence], language: Language
) -> Chart | None:
    """A chart of a record, or one drawn of its rows (kind, x, y, series); None where there is nothing to see.

    title and alt say what it shows; left out, they come from the chart itself.
    """
    record, part, index = _record(place, evidence)
    if part == "charts":
        if index >= len(record.charts):
            return None  # too large for the ledger; the table says the same
        spec = record.charts[index]
    else:
        drawn = drawn_spec(record, arguments)
        if drawn is None:
            return None
        spec = drawn
    spec = _headed(spec, arguments, language)
    title, notes = _title(spec)
    title = arguments.get("title") or title
    alt = arguments.get("alt") or alt_text(spec, title, language)
    return Chart(spec=spec, title=title, alt=alt, notes=tuple(notes), source=record.id)


def _headed(spec: dict[str, Any], arguments: Arguments, language: Language) -> dict[str, Any]:
    """The chart with other headings of its axes: those that `heads` names ("group=Region"), and Chinese ones."""
    layers = spec.get("layer")
    if isinstance(layers, list):
        spec = {**spec, "layer": [_headed(layer, arguments, language) for layer in layers]}
    given = dict(pair.partition("=")[::2] for pair in _list(arguments.get("heads")))
    encoding = spec.get("encoding")
    if not isinstance(encoding, dict):
        return spec
    headed = {}
    for channel, told in encoding.items():
        title = told.get("title") if isinstance(told, dict) else None
        if isinstance(title, str):
            other = given.get(title) or (chinese_head(title) if language == "zh" else title)
            told = {**told, "title": other}
        headed[channel] = told
    return {**spec, "encoding": headed}


def drawn_spec(record: Evidence, arguments: Arguments) -> dict[str, Any] | None:
    """The specification of a chart of a record's rows, or None where they are too few to draw."""
    from llmauto_tools.charts.choose import chart_of_columns, chart_of_kind
    from llmauto_tools.charts.spec import vega_lite
    from llmauto_tools.schema import Column

    kind: Any = arguments.get("kind")
    if len(record.rows) < 2:
        return None
    if "x" in arguments:
        y = _list(arguments.get("y"))
        chart = chart_of_columns(record, kind, arguments["x"], y, arguments.get("series"))
    else:
        chart = chart_of_kind(None, record, kind)
    if chart is None:
        return None
    return vega_lite(chart, [Column(n, t) for n, t in record.columns], record.rows)


def _title(spec: dict[str, Any]) -> tuple[str, list[str]]:
    title = spec.get("title")
    if not isinstance(title, dict):
        return str(title or ""), []
    notes = title.get("subtitle") or []
    joined = " ".join(notes) if isinstance(notes, list) else str(notes)
    return str(title.get("text") or ""), [joined] if joined else []


def code_block(
    place: str, arguments: Arguments, evidence: Mapping[str, Evidence], language: Language
) -> Code | None:
    """The statement of a record, or None where it has none."""
    record, _, _ = _record(place, evidence)
    title = arguments.get("title") or f"{record.id} · {record.tool}"
    return Code(title=title, text=record.sql.strip(), source=record.id) if record.sql else None
