"""Plans of groups and totals."""

from __future__ import annotations

import re

from llmauto_agent.planner.harmless import verbs
from llmauto_agent.planner.read_code import pattern
from llmauto_agent.planner.read_dates import date_column
from llmauto_agent.planner.read_draft import Draft, MeasureDraft, Refusal
from llmauto_agent.planner.read_measures import aggregate
from llmauto_agent.planner.read_parts import (
    base_of,
    default_measure,
    loose,
    refine_buckets,
    scaled,
    windowed,
    with_keys,
)
from llmauto_agent.planner.read_values import conjunction
from llmauto_tools.plan.model import (
    Aggregate,
    Arithmetic,
    ColumnRef,
    DateBucket,
    DatePart,
    Item,
    Measure,
    NumberBucket,
    OneOf,
    Order,
    Plan,
)


def aggregated(d: Draft) -> Plan:
    measures = d.measures()
    left = loose(d)
    if not measures:
        measures, left = implied_measures(d, left)
    if d.guessed and not d.filters() and not d.groups and not d.having:
        raise Refusal(sorted(d.row_nouns), reason="unplaced")  # "how many unicorns are there"
    measures, left = _share_of_amount(d, measures, left)
    if d.having and not d.groups and not any(_groups_by(d, c) for c in left):
        raise Refusal([], reason="no_groups")
    _group_by_comparison(d)
    _group_by_left(d, left)
    if d.window in {"change", "percent_change"} and any(
        isinstance(p, OneOf) and isinstance(p.argument, DatePart) for p in d.filters()
    ):
        raise Refusal([], reason="change_of_parts")  # the filter would take away the period before
    if d.window in {"change", "percent_change", "running_total"} and not d.groups:
        _group_by_time(d)
    if d.window == "share" and not d.groups:
        raise Refusal(["share"], reason="share_of_what")
    dated = [getattr(g, "argument", None) for g in d.groups]
    d.groups = [g for g in d.groups if g not in dated]  # "trend by month": not by day too
    refine_buckets(d)
    where = conjunction(d.filters())
    base = base_of(d, measures, (tuple(d.groups), where))
    items = windowed(d, [Measure(expr=scaled(d, m.expr), alias=m.alias) for m in measures])
    order = orders_of(d, items[0] if items else None)
    return Plan(
        table=base,
        where=where,
        group_by=tuple(Item(expr=g) for g in with_keys(d, d.groups, base)),
        measures=tuple(items),
        having=conjunction(d.having),
        order_by=order,
        limit=d.limit,
    )


def implied_measures(d: Draft, left: list[str]) -> tuple[list[MeasureDraft], list[str]]:
    floating = re.findall("[μηΣ↑↓σν]", d.code.text)
    numbers = [c for c in left if d.code.slot(c).kind in {"cn", "x"}]
    if len(floating) == 1 and len(numbers) == 1:
        # "..., on average": the one aggregate that was said, of the one number that was named
        made = aggregate(d, floating[0], numbers[0])
        if made is not None:
            d.code.text = d.code.text.replace(floating[0], "|")
            return [MeasureDraft(made, d.text(numbers[0]))], [c for c in left if c != numbers[0]]
    flags = [c for c in left if (col := d.col(c)) is not None and d.facts.yes(col) is not None]
    if d.groups and len(flags) == 1 and len(left) == 1:
        yes = d.facts.yes(d.col(flags[0]))  # type: ignore[arg-type]
        share = Arithmetic(
            op="/", left=Aggregate(function="count", where=yes), right=Aggregate(function="count")
        )
        return [MeasureDraft(share, d.text(flags[0]))], []
    found = [(c, default_measure(d, c)) for c in left]
    measures = [m for _, m in found if m is not None]
    rest = [c for c, m in found if m is None]
    if measures:
        return measures, rest
    tables = [s.value for s in d.code.slots_in(d.code.text) if s.kind == "t"]
    counting = any(isinstance(g, NumberBucket) for g in d.groups) or re.search(
        r"distribution|histogram|cross[- ]?tab|分布|直方", d.code.question.casefold()
    )
    verbal = [c for c in rest if (col := d.col(c)) is not None and col.family == "date" and d.groups]
    if len(verbal) == 1 and d.text(verbal[0]).casefold() != d.col(verbal[0]).name.casefold():  # type: ignore[union-attr]
        table = d.col(verbal[0]).table  # type: ignore[union-attr]
        return [MeasureDraft(Aggregate(function="count"), "", table=table)], [
            c for c in rest if c not in verbal
        ]
    if tables or d.row_nouns or (d.groups and d.filters() and not rest) or d.window != "none" or counting:
        return [
            MeasureDraft(Aggregate(function="count"), "", table=(tables[0] if tables else None) or d.base)
        ], rest
    raise Refusal([], reason="no_measure")


_COMPARES = re.compile(
    r"\b(?:compare|comparison|vs|versus|more|less|higher|lower|better|worse|bigger|longer|older|differ|respectively|each|and of)\b"
    r"|分别|谁|哪|比|更|还是|各"
)


def _group_by_comparison(d: Draft) -> None:
    """ "men or women": a group for each of the values, where they are compared and not merely listed."""
    if d.groups or not (d.comparing or d.joined):
        return
    functions = {getattr(m.expr, "function", "ratio") for m in d.measures()}
    compared = d.comparing and (_COMPARES.search(d.code.question.casefold()) or "ratio" in functions)
    both = d.joined and not functions & {"count", "ratio"}
    if not compared and not both:
        return
    for predicate in d.filters():
        if isinstance(predicate, OneOf) and isinstance(predicate.argument, ColumnRef):
            d.groups.append(predicate.argument)
            return


def _group_by_left(d: Draft, left: list[str]) -> None:
    """A category that is asked for beside a measure makes its groups ("which species ...", 各城市的...)."""
    for char in left:
        col = d.col(char)
        if col is not None and _says_rows(d, char):
            continue
        if col is None or not d.facts.discrete(col):
            raise Refusal([d.text(char)], reason="unplaced")
        before = d.code.text[: d.code.text.index(char)]
        asked = re.search(r"(?:which|what|what are|each|every|different)(?: of)? ?$", before) or d.having
        if (
            d.language == "en" and not asked and not _beside_measure(d, char)
        ):  # Chinese names the groups without a marker: 城市的销售额
            raise Refusal([d.text(char)], reason="unplaced")
        if col.ref not in d.groups:
            d.groups.append(col.ref)


def _share_of_amount(
    d: Draft, measures: list[MeasureDraft], left: list[str]
) -> tuple[list[MeasureDraft], list[str]]:
    """ "share of solar in total production": of the amount that is named, not of the rows."""
    if not d.share or not measures or not isinstance(measures[0].expr, Arithmetic):
        return measures, left
    sums = [m for m in measures[1:] if isinstance(m.expr, Aggregate) and m.expr.function == "sum"]
    amounts = [c for c in left if (col := d.col(c)) is not None and d.facts.additive(col)]
    part = measures[0].expr.left
    if not isinstance(part, Aggregate) or len(sums) + len(amounts) != 1:
        return measures, left
    argument = sums[0].expr.argument if sums else d.expr(amounts[0])  # type: ignore[union-attr]
    total = Aggregate(function="sum", argument=argument)
    ratio = Arithmetic(op="/", left=total.model_copy(update={"where": part.where}), right=total)
    kept = [m for m in measures[1:] if m not in sums]
    return [MeasureDraft(ratio, measures[0].text), *kept], [c for c in left if c not in amounts]


def _groups_by(d: Draft, char: str) -> bool:
    col = d.col(char)
    return col is not None and d.facts.discrete(col) and not _says_rows(d, char)


def _beside_measure(d: Draft, char: str) -> bool:
    """ "list each department and the average salary": a column named beside the measure makes the groups."""
    listing = re.match(
        r"\W*(?:please |can you |could you )*(?:list|show|give|display|return|find|what are|what is|get|report|tell)",
        d.code.question.casefold(),
    )
    link = r"(?: ?,? ?(?:and|with|along with|together with|as well as|&|,|plus) ?(?:its|their|the|corresponding|respective|each)? ?)"
    beside = pattern(rf"{char}(?:of{{t}}|'s)?{link}{{m}}|{{m}}(?:of{{t}})?{link}{char}").search(d.code.text)
    return bool(listing and beside)


def _says_rows(d: Draft, char: str) -> bool:
    """Whether a column that is left over only repeats what the rows are: "patients" for patient_id, or the
    verb of a date ("tickets opened ...")."""
    col, text = d.col(char), d.text(char).casefold()
    if col is None or text == col.name.casefold():
        return False
    if d.facts.row_label(col):
        return True
    if col.family == "date" and any(col.ref == t for t in _dated(d)):
        return True
    if d.facts.identifies(col) and not re.search(r"\b(?:ids?|codes?|numbers?|no|keys?)\b|号|编", text):
        return True
    return col.family == "date" and text in verbs()


def _dated(d: Draft) -> list[object]:
    """The date columns that filters and groups speak of."""
    found: list[object] = [getattr(f, "argument", getattr(f, "left", None)) for f in d.filters()]
    return found + [getattr(g, "argument", None) for g in d.groups]


def _group_by_time(d: Draft) -> None:
    year = d.facts.year(d.base)
    col = date_column(d)
    if year is not None:
        d.groups.append(year.ref)
    elif col is not None:
        d.groups.append(DateBucket(unit="month", argument=col.ref))
    else:
        raise Refusal([], reason="no_date")


def orders_of(d: Draft, first: Measure | None) -> tuple[Order, ...]:
    orders = []
    for target, descending in d.sort:
        by = target if target is not None else (first.expr if first else None)
        if by is not None:
            orders.append(Order(by=by, descending=descending))
    return tuple(orders)
