"""How answers and tables look in Jupyter. Everything that came from data is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from llmauto.render.numbers import format_column, format_seconds

if TYPE_CHECKING:
    from llmauto_agent.answer import Answer

VEGA_LITE = "application/vnd.vegalite.v6+json"
OLDER_VEGA_LITE = "application/vnd.vegalite.v5+json"
"""Frontends know one or the other; what we draw is the same in both."""
MAX_ROWS = 20


def text_html(text: str) -> str:
    """A paragraph."""
    return f"<p>{escape(text)}</p>"


def table_html(names: Sequence[str], rows: Sequence[Sequence[Any]], row_count: int | None) -> str:
    """A table of at most MAX_ROWS rows with the number of the others below."""
    shown = rows[:MAX_ROWS]
    columns = [format_column(n, [r[i] for r in shown]) for i, n in enumerate(names)]
    align = ["right" if c.right else "left" for c in columns]
    head = "".join(
        f'<th style="text-align:{a}">{escape(c.name)}</th>' for a, c in zip(align, columns, strict=True)
    )
    body = []
    for number in range(len(shown)):
        cells = "".join(
            f'<td style="text-align:{a}">{"<i>NULL</i>" if c.nulls[number] else escape(c.cells[number])}</td>'
            for a, c in zip(align, columns, strict=True)
        )
        body.append(f"<tr>{cells}</tr>")
    more = (row_count or len(rows)) - len(shown)
    below = f"<p><small>… {more:,} more rows (of {row_count or len(rows):,})</small></p>" if more > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{below}"


def answer_html(answer: Answer) -> str:
    """The sentence, the table, the SQL folded away, and where the numbers come from."""
    from llmauto.render.answer import grounding_line

    parts = [text_html(answer.answer)]
    if answer.error and answer.error.get("hint"):
        parts.append(text_html(answer.error["hint"] or ""))
    if answer.rows and answer.value is None:
        main = next(
            (e for e in reversed(answer.evidence) if [n for n, _ in e.columns] == answer.columns), None
        )
        parts.append(table_html(answer.columns, answer.rows, main.row_count if main else None))
    if answer.sql:
        parts.append(f"<details><summary>SQL</summary><pre>{escape(answer.sql)}</pre></details>")
    ids = ", ".join(e.id for e in answer.evidence)
    foot = [ids, grounding_line(answer.grounding), format_seconds(answer.seconds.get("total", 0.0))]
    parts.append(f"<p><small>{escape(' · '.join(filter(None, foot)))}</small></p>")
    return "\n".join(parts)


def chart_bundle(spec: dict[str, Any]) -> dict[str, Any]:
    """A chart under the names that notebook frontends know Vega-Lite by."""
    return {VEGA_LITE: spec, OLDER_VEGA_LITE: spec}
