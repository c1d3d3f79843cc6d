"""Sentences for rows of a table, and for results of SQL that came without a plan."""

from __future__ import annotations

from collections.abc import Sequence

from llmauto_agent.numbers import is_number
from llmauto_agent.planner.verbalise_result import Output, highest_of, quote, show_name
from llmauto_agent.planner.verbalise_sentence import FEW, SHOWN, Row, Sentence
from llmauto_tools.plan.model import ColumnRef

MAX_DISTINCT = 12
MAX_CELLS = 4


def word_rows(s: Sentence) -> str:
    """Rows that a plan selected: a superlative, a top list, distinct values, or how many and the first."""
    assert s.plan is not None
    output, descending, words = s.ordering()
    if words and s.plan.limit is not None:
        return _top(s, output, descending, words)
    superlative = _superlative(s)
    if superlative:
        return superlative
    if len(s.view.outputs) == 1 and s.plan.distinct:
        return _distinct(s, s.view.outputs[0])
    phrase = s.rows_phrase()
    with_ = s.condition("with", s.where)
    return s.say("list", rows=phrase, with_=with_, items=_row_items(s, s.view.rows, output))


def _superlative(s: Sentence) -> str | None:
    """Rows that were asked for by "the highest Fare": its value once, and all rows that have it."""
    found = highest_of(s.where)
    if found is None:
        return None
    column, highest = found
    output = next(
        (o for o in s.view.outputs if isinstance(o.expr, ColumnRef) and o.expr.name == column), None
    )
    if output is None or not s.view.complete or not (output.is_numeric or output.is_date):
        return None
    labels = _labels(s, output)
    if not labels or s.view.rows[0][output.index] is None:
        return None
    kinds = ("newest", "oldest") if output.is_date else ("most", "least")
    parts = {
        "direction": s.voice.templates[kinds[0] if highest else kinds[1]],
        "what": show_name(column),
        "of_rows": "",
        "value": s.view.text(output, s.view.rows[0][output.index]),
    }
    names = [s.view.label(row, labels) for row in s.view.rows]
    if len(names) == 1:
        return s.say("extreme_row", label=names[0], **parts)
    return s.say("extreme_rows", rows=s.rows_phrase(), items=s.some(names, total=s.view.row_count), **parts)


def _labels(s: Sentence, value: Output | None) -> list[Output]:
    """The outputs that name a row: the first text, with a second one where it repeats; else a date or
    code; never the value itself."""
    others = [o for o in s.view.outputs if o is not value]
    texts = [o for o in others if not o.is_numeric and not o.is_date and o.dtype != "BOOLEAN"]
    if texts:
        shown = [row[texts[0].index] for row in s.view.rows[:FEW]]
        return texts[:1] if len(set(shown)) == len(shown) else texts[:2]
    return [o for o in others if o.is_date or o.code][:1]


def _value(s: Sentence, labels: Sequence[Output]) -> Output | None:
    """The number to say beside each label: one that the filter or the question names, else the only
    one that was asked for."""
    numeric = [o for o in s.view.outputs if o.is_numeric and not o.code and o not in labels]
    asked = s.question.casefold() + (s.voice.predicate(s.where).casefold() if s.where else "")
    named = [o for o in numeric if s.what(o).casefold() in asked]
    return named[0] if named else numeric[0] if numeric and len(s.view.outputs) <= FEW - 1 else None


def _row_items(s: Sentence, rows: Sequence[Row], value: Output | None) -> str:
    labels = _labels(s, value)
    value = value if value is not None and value not in labels else _value(s, labels)
    shown = rows if len(rows) <= FEW and s.view.complete else rows[:SHOWN]
    if not labels:
        return s.some([_cells(s, row) for row in shown], total=s.view.row_count, separator=s.semicolon)
    decimals = s.view.decimals(value, [row[value.index] for row in shown]) if value else None
    items = [
        s.item(s.view.label(row, labels), value, row[value.index], decimals)
        if value
        else s.view.label(row, labels)
        for row in shown
    ]
    return s.some(items, total=s.view.row_count)


def _cells(s: Sentence, row: Row, outputs: Sequence[Output] | None = None) -> str:
    """A row's first cells with their names: "Age 38, Fare 71.28"."""
    parts = []
    for o in (outputs or s.view.outputs)[:MAX_CELLS]:
        value = row[o.index]
        name = s.what(o) if o.source is not None else show_name(o.name)
        if value is None:
            parts.append(s.say("cell_none", name=name))
        else:
            text = s.view.text(o, value)
            text = quote(text, s.voice.language) if isinstance(value, str) and not o.is_date else text
            parts.append(s.say("cell", name=name, value=text))
    return s.comma.join(parts)


def _top(s: Sentence, output: Output | None, descending: bool, words: str) -> str:
    assert s.plan is not None
    rows = s.view.rows
    dates = output is not None and output.is_date
    numbers = output is None or output.is_numeric
    if not dates and not numbers:
        names = ("last", "first")
    else:
        names = ("newest", "oldest") if dates else ("most", "least")
    direction = s.voice.templates[names[0] if descending else names[1]]
    labels = _labels(s, output)
    if (
        len(rows) == 1
        and output is not None
        and labels
        and rows[0][output.index] is not None
        and numbers | dates
    ):
        value = s.view.text(output, rows[0][output.index])
        label = s.view.label(rows[0], labels)
        return s.say(
            "extreme_row", direction=direction, what=words, value=value, label=label,
            of_rows=s.condition("of_rows", s.where),
        )  # fmt: skip
    asked, count = s.plan.limit or 0, len(rows)
    template = "top_one" if asked == 1 else "top_rows" if asked == count else "top_fewer"
    return s.say(
        template,
        limit=f"{asked:,}",
        count=f"{count:,}",
        keys=s.noun if asked != 1 else s.voice.templates["row"],
        direction=direction,
        what=words,
        for_rows=s.condition("for_rows", s.where),
        having="",
        items=_row_items(s, rows, output),
    )


def _distinct(s: Sentence, output: Output) -> str:
    values = s.view.column(output)
    labels = [
        s.say("cell_none", name=s.what(output)) if v is None else _distinct_text(s, output, v) for v in values
    ]
    count = s.view.row_count
    if count is not None and count == len(labels) <= MAX_DISTINCT:
        items = s.voice.join(labels)
    else:
        items = s.say("and_more", items=s.comma.join(labels[:FEW]))
    if count is None:
        phrase = s.rows_phrase(s.voice.templates["value_noun"])
        return s.capital(s.say("distinct_many", what=s.what(output), rows=phrase, items=items))
    of_rows = s.condition("of_rows", s.where)
    template = "distinct_one" if count == 1 else "distinct"
    return s.capital(s.say(template, what=s.what(output), of_rows=of_rows, count=f"{count:,}", items=items))


def _distinct_text(s: Sentence, output: Output, value: object) -> str:
    text = s.view.text(output, value)
    return text if is_number(value) or output.is_date else quote(text, s.voice.language)


def word_schema(s: Sentence) -> str:
    """The tables of the workspace, or the size of the table that was described."""
    figures = s.view.evidence.figures
    if s.view.evidence.tool == "describe" and {"rows", "columns"} <= set(figures):
        name = show_name(str(s.view.evidence.arguments.get("table", "")))
        return s.say("described", name=name, rows=f"{figures['rows']:,}", columns=f"{figures['columns']:,}")
    names = [show_name(str(row[0])) for row in s.view.rows]
    if not names:
        return s.say("no_tables")
    template = "tables_one" if len(names) == 1 else "tables"
    return s.say(template, count=f"{len(names):,}", items=s.some(names, total=s.view.row_count))


def word_any(s: Sentence) -> str:
    """A result without a plan: its one value, its one row, or its rows and columns."""
    view = s.view
    if not view.rows:
        return s.nothing()
    if len(view.rows) == 1 and view.row_count == 1:
        if len(view.outputs) > MAX_CELLS:
            return s.say("one_row_wide", cells=_cells(s, view.rows[0]))
        return s.say("one_row_has", cells=_cells(s, view.rows[0]))
    if len(view.outputs) == 1:
        return _distinct_like(s, view.outputs[0])
    names = [show_name(o.name) for o in view.outputs]
    more = len(names) > 2 * MAX_CELLS
    columns = s.some(names) if more else s.voice.join(names)
    first = s.say("first_row", cells=_cells(s, view.rows[0]))
    return s.say("rows_have", rows=s.rows_phrase(s.voice.templates["row_noun"]), columns=columns, first=first)


def _distinct_like(s: Sentence, output: Output) -> str:
    shown = s.view.column(output)[:FEW]
    texts = [
        s.say("cell_none", name=show_name(output.name)) if v is None else _distinct_text(s, output, v)
        for v in shown
    ]
    complete = s.view.complete and len(s.view.rows) <= FEW
    items = s.voice.join(texts) if complete else s.say("and_more", items=s.comma.join(texts))
    return s.say(
        "column_list",
        name=show_name(output.name),
        rows=s.rows_phrase(s.voice.templates["row_noun"]),
        items=items,
    )
