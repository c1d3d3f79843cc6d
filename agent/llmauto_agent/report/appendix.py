"""The evidence as the appendix of a report shows it: of each record what the text cites, and the rest bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from llmauto_agent.report.placed import HIDDEN
from llmauto_agent.report.references import resolve, step_text
from llmauto_tools.documents.model import (
    Block,
    Chart,
    Code,
    Figure,
    Record,
    RecordFigure,
    RecordTable,
    Statement,
    Table,
    pieces_of,
)
from llmauto_tools.errors import ReportError
from llmauto_tools.ledger import Evidence

MAX_ROWS = 40
"""Rows of a table, beside those that the text cites."""
MAX_SECTIONS = 12
MAX_SQL = 6_000
_ROW = re.compile(r"(?P<path>e\d+(?:\.sections\[\d+\])?\.rows)\[(?P<row>\d+)\]")
_INSIGHT = re.compile(r"e\d+\.figures\.insights\[(?P<index>\d+)\]")


def make_appendix(blocks: Sequence[Block], evidence: Mapping[str, Evidence]) -> tuple[Record, ...]:
    """The cited records in the order in which they ran."""
    refs = list(dict.fromkeys(_refs(blocks)))
    cited = {r.partition(".")[0] for r in refs}
    used = [e for e in evidence.values() if e.id in cited]
    return tuple(_record(e, [r for r in refs if r.partition(".")[0] == e.id]) for e in used)


def _refs(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, (Chart, Code, Table)) and block.source:
            yield block.source
            if isinstance(block, Table):
                yield from (block.cell_ref(i, 0) for i in range(len(block.rows)))
        for pieces in pieces_of(block):
            yield from (p.ref for p in pieces if isinstance(p, Figure))


def _record(evidence: Evidence, refs: Sequence[str]) -> Record:
    rows = _cited_rows(refs)
    insights = sorted({int(m["index"]) for r in refs if (m := _INSIGHT.match(r))})
    return Record(
        id=evidence.id,
        tool=evidence.tool,
        title=str(evidence.arguments.get("table") or ""),
        arguments={k: v for k, v in evidence.arguments.items() if k != "sql"},
        statements=tuple(_statements(evidence, insights)),
        tables=tuple(_tables(evidence, rows, insights)),
        figures=tuple(_figures(evidence, refs, insights)),
        notes=evidence.notes,
        seed=evidence.seed,
        versions=evidence.versions,
    )


def _cited_rows(refs: Sequence[str]) -> dict[str, int]:
    """The last cited row of each table, by its path."""
    last: dict[str, int] = {}
    for ref in refs:
        match = _ROW.match(ref)
        if match is not None:
            last[match["path"]] = max(last.get(match["path"], 0), int(match["row"]))
    return last


def _group(evidence: Evidence, insight: int) -> str:
    return f"{evidence.id}.insight{insight}"


def _statements(evidence: Evidence, insights: Sequence[int]) -> Iterator[Statement]:
    for i in insights:
        insight = evidence.figures["insights"][i]
        if insight.get("sql"):
            yield Statement(
                sql=_short(str(insight["sql"])), title=str(insight["id"]), group=_group(evidence, i)
            )
    if evidence.sql:
        yield Statement(sql=_short(evidence.sql.strip()))


def _short(sql: str) -> str:
    return sql if len(sql) <= MAX_SQL else sql[:MAX_SQL] + "\n-- … cut off; the ledger has it whole"


def _tables(evidence: Evidence, cited: Mapping[str, int], insights: Sequence[int]) -> Iterator[RecordTable]:
    groups = _sections_of(evidence, insights)
    wanted = [
        i for i in range(len(evidence.sections)) if not groups or i in groups or _path(evidence, i) in cited
    ]
    if evidence.columns and evidence.tool != "find_insights":
        names = [n for n, _ in evidence.columns]
        total = evidence.row_count if not evidence.truncated or evidence.row_count else None
        yield _table(f"{evidence.id}.rows", evidence.tool, names, evidence.rows, total, cited)
    for i in wanted[: max(MAX_SECTIONS, len(groups))]:
        section = evidence.sections[i]
        yield _table(
            _path(evidence, i), section.title, section.columns, section.rows, len(section.rows), cited,
            groups.get(i, ""),
        )  # fmt: skip


def _path(evidence: Evidence, section: int) -> str:
    return f"{evidence.id}.sections[{section}].rows"


def _sections_of(evidence: Evidence, insights: Sequence[int]) -> dict[int, str]:
    """The section behind each insight, with the insight's group."""
    found = {}
    for i in insights:
        section = evidence.figures["insights"][i].get("section")
        if section is not None:
            found[int(section)] = _group(evidence, i)
    return found


def _table(
    path: str,
    title: str,
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    total: int | None,
    cited: Mapping[str, int],
    group: str = "",
) -> RecordTable:
    """The first rows, up to the last one that is cited. What took how long is left empty: it differs each time."""
    shown = rows[: max(MAX_ROWS, cited.get(path, 0) + 1)]
    hidden = [i for i, name in enumerate(names) if name in HIDDEN]
    return RecordTable(
        path=path,
        title=title,
        columns=tuple(names),
        rows=tuple(tuple(None if i in hidden else v for i, v in enumerate(row)) for row in shown),
        total=total,
        group=group,
    )


def _figures(evidence: Evidence, refs: Sequence[str], insights: Sequence[int]) -> Iterator[RecordFigure]:
    for i in insights:
        values = evidence.figures["insights"][i].get("values") or {}
        for name, value in values.items():
            path = f"{evidence.id}.figures.insights[{i}].values{step_text(name)}"
            yield RecordFigure(path=path, name=name, value=value, group=_group(evidence, i))
    for ref in refs:
        if ".rows[" in ref or ".charts[" in ref or _INSIGHT.match(ref) or "." not in ref:
            continue
        try:
            found = resolve(ref, {evidence.id: evidence})
        except ReportError:
            continue  # a whole table or statement, which is shown as such
        if not isinstance(found.value, (list, dict)):
            name = ref.partition(".")[2].removeprefix("figures.")
            yield RecordFigure(path=found.ref, name=name, value=found.value)
