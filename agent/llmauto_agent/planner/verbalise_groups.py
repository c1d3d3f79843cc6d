"""Sentences for grouped results: extremes, comparisons, time series, rankings, changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmauto_agent.numbers import format_number, format_percent, is_number
from llmauto_agent.planner.verbalise_result import Output, key_name
from llmauto_agent.planner.verbalise_sentence import FEW, SHOWN, Row, Sentence, comparable, is_time
from llmauto_tools.plan.model import Aggregate, DateBucket

MAX_MEASURES = 2


def word_groups(s: Sentence) -> str:
    """Measures of groups. What is said depends on the order, the window and the keys."""
    assert s.plan is not None
    output, descending, _ = s.ordering()
    if s.plan.top_per_group is not None:
        return _top_per_group(s)
    if s.plan.limit is not None and output is not None and not output.is_key:
        return _ranking(s, output, descending)
    main = s.view.values[0]
    if not s.view.complete or s.plan.limit is not None or not comparable(s.view.column(main)):
        return _listing(s)
    head = _head(s, s.view.values[:MAX_MEASURES])
    if len(s.view.rows) == 1:
        rest = [_single(s, o) for o in s.view.values[:MAX_MEASURES]]
        return s.say("head", head=head, rest=s.semicolon.join(rest))
    if len(s.view.values) > 1:
        return s.say("head", head=head, rest=_several(s))
    if is_time(s.view.keys[0]) and len(s.view.keys) == 1:
        return _series(s, main)
    if len(s.view.rows) == 2 and all(is_number(v) for v in s.view.column(main)):
        labels = [s.view.label(row, s.view.keys) for row in s.view.rows]
        return s.say("head", head=head, rest=compare_two(s, main, labels, s.view.column(main)))
    return s.say("head", head=head, rest=s.semicolon.join([_extremes(s, main), _group_count(s)]))


# ---- parts


def _head(s: Sentence, outputs: Sequence[Output]) -> str:
    """ "Average Fare by Pclass and Sex, for rows with Age over 50"."""
    assert s.plan is not None
    what = s.voice.join([s.what(o) for o in outputs])
    parts = {
        "what": what,
        "for_rows": s.condition("for_rows", s.plan.where),
        "having": s.condition("having", s.plan.having),
    }
    key = s.view.keys[0]
    if len(s.view.keys) == 1 and isinstance(key.expr, DateBucket):
        return s.capital(s.say("per", unit=s.voice.templates[f"unit_{key.expr.unit}"], **parts))
    return s.capital(s.say("by", keys=_key_names(s), **parts))


def _key_names(s: Sentence) -> str:
    return s.voice.join([_key_words(s, k) for k in s.view.keys])


def _key_words(s: Sentence, key: Output) -> str:
    if isinstance(key.expr, DateBucket) or key.expr is None:
        return s.voice.expression(key.expr) if key.expr else key_name(key)
    return s.voice.expression(key.expr)


def _group_count(s: Sentence) -> str:
    return s.say("groups", count=f"{s.view.row_count:,}")


def _value(s: Sentence, output: Output, value: Any, decimals: int | None = None) -> str:
    return s.view.text(output, value, decimals)


def _single(s: Sentence, output: Output) -> str:
    row = s.view.rows[0]
    label = s.view.label(row, s.view.keys)
    if row[output.index] is None:
        return s.say("item_none", label=label)
    return s.say("pair", label=label, value=_value(s, output, row[output.index]))


def _tied(s: Sentence, rows: Sequence[Row], keys: Sequence[Output]) -> str:
    """The labels of rows that share a value; "A and B", or "A, B, C and others"."""
    labels = [s.view.label(row, keys) for row in rows[:SHOWN]]
    if len(rows) > SHOWN:
        labels.append(s.voice.templates["others"])
    return s.voice.join(labels)


def _side(s: Sentence, template: str, output: Output, value: Any, decimals: int | None) -> str:
    rows = [row for row in s.view.rows if row[output.index] == value]
    shown = _value(s, output, value, decimals)
    if len(rows) > 1:
        shown = s.say("tied", value=shown)
    return s.say(template, label=_tied(s, rows, s.view.keys), value=shown)


def _extremes(s: Sentence, output: Output, templates: tuple[str, str] = ("highest", "lowest")) -> str:
    """Where the output is highest and lowest; one clause where all groups have the same."""
    present = [v for v in s.view.column(output) if v is not None]
    high, low = max(present), min(present)
    decimals = s.view.decimals(output, [high, low]) if is_number(high) else None
    if high == low and len(present) == len(s.view.rows):
        return s.say("all_same", value=_value(s, output, high), count=f"{len(present):,}")
    if not is_number(high):
        templates = ("longest", "shortest")
    sides = [_side(s, templates[0], output, high, decimals)]
    if high != low:
        sides.append(_side(s, templates[1], output, low, decimals))
    return s.comma.join(sides)


def _several(s: Sentence) -> str:
    """The extremes of the first measures, each named."""
    clauses = [
        s.say("of_measure", what=s.what(o), extreme=_extremes(s, o))
        for o in s.view.values[:MAX_MEASURES]
        if comparable(s.view.column(o))
    ]
    return s.semicolon.join([*clauses, _group_count(s)])


def compare_two(s: Sentence, output: Output, labels: Sequence[str], values: Sequence[Any]) -> str:
    """Two labelled values, their difference and their ratio, in words."""
    decimals = s.view.decimals(output, values)
    shown = [
        s.say("pair", label=label, value=_value(s, output, v, decimals))
        for label, v in zip(labels, values, strict=True)
    ]
    both = s.comma.join(shown)
    if values[0] == values[1]:
        return f"{both}{s.semicolon}{s.say('same')}"
    high, low = max(values), min(values)
    difference = _difference(s, output, high - low, decimals)
    label = labels[0] if values[0] > values[1] else labels[1]
    if low > 0 and not output.percent:
        ratio = format_number(high / low, 2)
        last = s.say("higher_by_ratio", label=label, difference=difference, ratio=ratio)
    else:
        last = s.say("higher_by", label=label, difference=difference)
    return f"{both}{s.semicolon}{last}"


def _difference(s: Sentence, output: Output, difference: float, decimals: int) -> str:
    if output.percent:
        return s.say("points", difference=format_percent(difference, decimals).rstrip("%"))
    if float(difference).is_integer() and decimals == 0:
        return format_number(difference, 0)
    return format_number(difference, max(decimals, 2))


# ---- time


def _series(s: Sentence, output: Output) -> str:
    """A measure along a time line: its span, extremes and count; two points as a change."""
    key = s.view.keys[0]
    dated = sorted((r for r in s.view.rows if r[key.index] is not None), key=lambda r: r[key.index])
    if len(dated) < 2:
        return s.say("head", head=_head(s, [output]), rest=_extremes(s, output))
    span = s.say(
        "span",
        head=_head(s, [output]),
        first=s.view.text(key, dated[0][key.index]),
        last=s.view.text(key, dated[-1][key.index]),
    )
    if output.window == "running_total":
        rest = _reached(s, output, dated)
    elif output.window in {"change", "percent_change"}:
        rest = _moves(s, output)
    elif len(dated) == 2 == len(s.view.rows) and all(is_number(r[output.index]) for r in dated):
        return s.say("head", head=_head(s, [output]), rest=_step(s, output, dated))
    else:
        rest = _extremes(s, output, ("highest_time", "lowest_time"))
    return s.say("head", head=span, rest=s.semicolon.join([rest, _group_count(s)]))


def _reached(s: Sentence, output: Output, dated: Sequence[Row]) -> str:
    last = dated[-1]
    label = s.view.label(last, s.view.keys)
    return s.say("reaches", label=label, value=_value(s, output, last[output.index]))


def _moves(s: Sentence, output: Output) -> str:
    """The largest rise and the largest fall, each only where there is one."""
    present = [v for v in s.view.column(output) if v is not None]
    high, low = max(present), min(present)
    clauses = []
    if high > 0:
        clauses.append(_side(s, "rises_most", output, high, None))
    if low < 0:
        clauses.append(_side(s, "falls_most", output, low, None))
    return s.comma.join(clauses) or s.say("same")


def _step(s: Sentence, output: Output, dated: Sequence[Row]) -> str:
    before, after = (row[output.index] for row in dated)
    decimals = s.view.decimals(output, [before, after])
    both = s.comma.join(
        s.say("pair", label=s.view.label(r, s.view.keys), value=_value(s, output, r[output.index], decimals))
        for r in dated
    )
    if before == after:
        return f"{both}{s.semicolon}{s.say('same')}"
    direction = "up_by" if after > before else "down_by"
    difference = _difference(s, output, abs(after - before), decimals)
    if before > 0 and not output.percent:
        percent = format_percent(abs(after - before) / before)
        return f"{both}{s.semicolon}{s.say(direction + '_percent', difference=difference, percent=percent)}"
    return f"{both}{s.semicolon}{s.say(direction, difference=difference)}"


# ---- rankings and lists


def _items(s: Sentence, output: Output, rows: Sequence[Row]) -> str:
    shown = rows if len(rows) <= FEW and s.view.complete else rows[:SHOWN]
    values = [row[output.index] for row in shown]
    decimals = s.view.decimals(output, values) if output.is_numeric else None
    items = [s.item(s.view.label(row, s.view.keys), output, row[output.index], decimals) for row in shown]
    return s.some(items, total=s.view.row_count)


def _ranking(s: Sentence, output: Output, descending: bool) -> str:
    """The first groups by a measure."""
    assert s.plan is not None
    dates = output.is_date
    direction = ("newest" if dates else "most") if descending else ("oldest" if dates else "least")
    count = len(s.view.rows)
    asked = s.plan.limit or count
    template = "top_one" if asked == 1 else "top" if count == asked else "top_fewer"
    return s.say(
        template,
        limit=f"{asked:,}",
        count=f"{count:,}",
        keys=s.voice.plural(_key_names(s)) if asked != 1 else _key_names(s),
        direction=s.voice.templates[direction],
        what=_ranked(s, output, descending),
        for_rows=s.condition("for_rows", s.where),
        having=s.condition("having", s.plan.having),
        items=_items(s, output, s.view.rows),
    )


def _ranked(s: Sentence, output: Output, descending: bool) -> str:
    """What a ranking goes by: the highest of the highest Fares is said as "the highest Fare"."""
    expr = output.expr
    same = isinstance(expr, Aggregate) and expr.function == ("max" if descending else "min")
    if same and isinstance(expr, Aggregate) and expr.argument is not None and expr.where is None:
        return s.voice.expression(expr.argument)
    return s.what(output)


def _top_per_group(s: Sentence) -> str:
    assert s.plan is not None
    top = s.plan.top_per_group
    assert top is not None
    output, _, words = s.ordering()
    output = output or s.view.values[0]
    return s.say(
        "top_per_group",
        limit=f"{top.count:,}",
        by=s.voice.join([s.voice.expression(e) for e in top.by]),
        what=words or s.what(output),
        for_rows=s.condition("for_rows", s.where),
        items=_items(s, output, s.view.rows),
    )


def _listing(s: Sentence) -> str:
    """Groups whose extremes cannot be claimed: how many there are and the first of them."""
    output = s.view.values[0]
    group_noun = s.voice.templates["group_noun"]
    items = _items(s, output, s.view.rows)
    head = _head(s, s.view.values[:1])
    return s.say("head", head=head, rest=s.say("first_of", rows=s.rows_phrase(group_noun), items=items))
