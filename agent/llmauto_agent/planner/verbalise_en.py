"""The English words of plans and results."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from llmauto_agent.numbers import MONTHS, format_number, is_number
from llmauto_agent.planner.verbalise_result import Voice, highest_of, is_code, is_ratio_of_parts, show_name
from llmauto_tools.plan.model import (
    AbsoluteValue,
    Age,
    Aggregate,
    And,
    Arithmetic,
    Between,
    ColumnRef,
    Compare,
    Conversion,
    DateBucket,
    DatePart,
    Expr,
    InQuery,
    IsNull,
    IsTrue,
    Literal_,
    Measure,
    Not,
    NumberBucket,
    OneOf,
    Or,
    Period,
    Plan,
    Predicate,
    RelativePeriod,
    ScalarQuery,
    TextFunction,
    TextMatch,
    Today,
)

_AGGREGATES = {
    "sum": "total {}", "avg": "average {}", "median": "median {}", "min": "lowest {}", "max": "highest {}",
    "stddev": "standard deviation of {}", "variance": "variance of {}", "mode": "most common {}",
    "first": "first {}", "last": "last {}", "count": "number of {} values",
    "count_distinct": "number of different {} values",
}  # fmt: skip
_OPERATIONS = {"+": "{} plus {}", "-": "{} minus {}", "*": "{} times {}", "/": "{} per {}"}
_COMPARE = {
    "=": "{} {}", "!=": "{} other than {}", "<": "{} under {}", "<=": "{} of at most {}",
    ">": "{} over {}", ">=": "{} of at least {}",
}  # fmt: skip
_COMPARE_DATES = {
    "=": "{} on {}", "!=": "{} other than {}", "<": "{} before {}", "<=": "{} up to {}",
    ">": "{} after {}", ">=": "{} from {} on",
}  # fmt: skip
_TEXT = {"contains": "containing", "starts": "starting with", "ends": "ending in", "equals": "equal to"}
_TEXT_FUNCTIONS = {
    "lower": "{} in lower case", "upper": "{} in upper case", "length": "length of {}", "trim": "{}",
    "initial": "first letter of {}",
}  # fmt: skip
_WINDOWS = {
    "none": "{}", "share": "share of {}", "running_total": "running total of {}", "change": "change in {}",
    "percent_change": "percent change in {}", "rank": "rank by {}", "moving_average": "moving average of {}",
}  # fmt: skip


def join(parts: Sequence[str], word: str = "and") -> str:
    """ "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def ordinal(n: int) -> str:
    suffix = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"


def constant(value: bool | int | float | str | None, *, code: bool = False) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value) and not isinstance(value, str):
        decimals = None if float(value).is_integer() else len(repr(float(value)).split(".")[-1])
        return format_number(value, decimals, grouped=not code and abs(value) >= 10_000)
    return f"'{value}'"


def expression(expr: Expr) -> str:
    """An expression as a noun phrase without article."""
    if isinstance(expr, ColumnRef):
        return show_name(expr.name)
    if isinstance(expr, Literal_):
        return str(expr.value) if expr.type != "auto" else constant(expr.value)
    if isinstance(expr, Aggregate):
        return aggregate(expr)
    if isinstance(expr, Arithmetic) and isinstance(expr.left, Aggregate) and is_ratio_of_parts(expr):
        whole = "rows" if expr.left.argument is None else f"the {_aggregate(expr.left)} that comes from rows"
        return f"share of {whole} with {predicate(expr.left.where)}" if expr.left.where else whole
    if isinstance(expr, Arithmetic):
        left, right = (
            f"({expression(e)})" if isinstance(e, Arithmetic) else expression(e)
            for e in (expr.left, expr.right)
        )
        return _OPERATIONS[expr.op].format(left, right)
    if isinstance(expr, DatePart):
        return f"{expr.part.removesuffix('_name')} of {expression(expr.argument)}"
    if isinstance(expr, DateBucket):
        return f"{expr.unit} of {expression(expr.argument)}"
    if isinstance(expr, TextFunction):
        return _TEXT_FUNCTIONS[expr.function].format(expression(expr.argument))
    if isinstance(expr, Age):
        return f"{expr.unit}s from {expression(expr.start)} to {expression(expr.end)}"
    if isinstance(expr, ScalarQuery):
        return inner_query(expr.plan)
    return _plain_expression(expr)


def _plain_expression(expr: Expr) -> str:
    if isinstance(expr, AbsoluteValue):
        return f"absolute {expression(expr.argument)}"
    if isinstance(expr, Today):
        return "today"
    assert isinstance(expr, (NumberBucket, Conversion))
    return expression(expr.argument)


def inner_query(plan: Plan) -> str:
    """A plan inside another one: "the average Fare"."""
    what = measure(plan.measures[0]) if plan.measures else join([expression(i.expr) for i in plan.select])
    return f"the {what}" + (f" of rows with {predicate(plan.where)}" if plan.where else "")


def aggregate(expr: Aggregate) -> str:
    base = _aggregate(expr)
    return base if expr.where is None else f"{base} of rows with {predicate(expr.where)}"


def _aggregate(expr: Aggregate) -> str:
    if expr.argument is None:
        return "number of rows"
    argument = expression(expr.argument)
    if expr.function == "corr" and expr.second is not None:
        return f"correlation between {argument} and {expression(expr.second)}"
    if expr.function == "quantile" and expr.fraction is not None:
        percentile = expr.fraction * 100
        nth = (
            ordinal(round(percentile)) if abs(percentile - round(percentile)) < 1e-9 else f"{percentile:g}th"
        )
        return f"{nth} percentile of {argument}"
    if expr.function == "count_distinct":
        return f"number of different {argument} values"
    return _AGGREGATES[expr.function].format(argument)


def _is_plain(expr: Expr) -> bool:
    """An aggregate of a column, which is said shorter than any name of it; the rest may be a definition."""
    return isinstance(expr, Aggregate) and (expr.argument is None or isinstance(expr.argument, ColumnRef))


def measure(m: Measure) -> str:
    """A measure as a noun phrase without article: "average Fare", "share of number of rows", or its own name."""
    if m.alias is not None and m.window == "none" and not _is_plain(m.expr):
        return m.alias
    inner = expression(m.expr)
    if m.window in {"change", "percent_change"} and m.periods != 1:
        return f"{_WINDOWS[m.window].format(inner)} from {m.periods} groups before"
    if m.window == "moving_average":
        return f"moving average of {inner} over {m.periods} groups"
    if m.window == "share" and inner.startswith("total "):
        return f"share of the {inner}"
    return _WINDOWS[m.window].format(f"the {inner}" if m.window == "share" else inner)


# ---- predicates: what follows "rows with"


def predicate(p: Predicate, *, nested: bool = False) -> str:
    """A condition as what follows "with": "Age over 50 and Sex 'female'"."""
    if isinstance(p, (And, Or)):
        word = "and" if isinstance(p, And) else "or"
        text = f" {word} ".join(predicate(item, nested=True) for item in p.items)
        return f"({text})" if nested and len(p.items) > 1 else text
    if isinstance(p, Not):
        return _negated(p.item)
    if isinstance(p, Compare):
        return _compare(p)
    if isinstance(p, Between):
        code = _is_code(p.argument)
        return f"{expression(p.argument)} between {_operand(p.low, code)} and {_operand(p.high, code)}"
    if isinstance(p, Period):
        return f"{expression(p.argument)} {period(p.start, p.end)}"
    if isinstance(p, RelativePeriod):
        return f"{expression(p.argument)} {_relative(p)}"
    return _simple_predicate(p)


def _simple_predicate(p: Predicate) -> str:
    if isinstance(p, OneOf):
        code = _is_code(p.argument)
        return f"{expression(p.argument)} {join([constant(v, code=code) for v in p.values], 'or')}"
    if isinstance(p, TextMatch):
        return f"{expression(p.argument)} {_TEXT[p.how]} '{p.text}'"
    if isinstance(p, IsNull):
        return f"no {expression(p.argument)}"
    if isinstance(p, IsTrue):
        return f"{expression(p.argument)} true"
    assert isinstance(p, InQuery)
    source = p.plan.select[0].expr if p.plan.select else p.plan.group_by[0].expr
    condition = f" with {predicate(p.plan.where)}" if p.plan.where else ""
    return f"{expression(p.argument)} among the {expression(source)} of {p.plan.table}{condition}"


def _negated(p: Predicate) -> str:
    if isinstance(p, IsNull):
        return f"a known {expression(p.argument)}"
    if isinstance(p, IsTrue):
        return f"{expression(p.argument)} false"
    if isinstance(p, Not):
        return predicate(p.item)
    if isinstance(p, TextMatch):
        return f"{expression(p.argument)} not {_TEXT[p.how]} '{p.text}'"
    if isinstance(p, OneOf):
        code = _is_code(p.argument)
        return f"{expression(p.argument)} other than {join([constant(v, code=code) for v in p.values], 'or')}"
    return f"not ({predicate(p)})"


def _compare(p: Compare) -> str:
    found = highest_of(p)
    if found:
        return f"the {'highest' if found[1] else 'lowest'} {show_name(found[0])}"
    if p.op == "=" and isinstance(p.right, (ScalarQuery, ColumnRef)):
        return f"{expression(p.left)} equal to {expression(p.right)}"
    dated = isinstance(p.right, Literal_) and p.right.type != "auto"
    words = _COMPARE_DATES if dated else _COMPARE
    return words[p.op].format(expression(p.left), _operand(p.right, _is_code(p.left)))


def _operand(expr: Expr, code: bool) -> str:
    if isinstance(expr, Literal_) and expr.type == "auto":
        return constant(expr.value, code=code)
    return expression(expr)


def _is_code(expr: Expr) -> bool:
    if isinstance(expr, DatePart):
        return expr.part == "year"
    return isinstance(expr, ColumnRef) and is_code(expr.name)


def period(start: str | None, end: str | None) -> str:
    """A half-open span as a person says it: "in 2023", "in Mar 2023", "from … to …" (both included)."""
    if start is None or end is None:
        return f"from {start} on" if start else f"before {end}"
    first, after = dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end)
    for months, wording in ((12, "in {0}"), (3, "in Q{1} {0}"), (1, "in {2} {0}")):
        if is_span(first, after, months):
            return wording.format(first.year, (first.month + 2) // 3, MONTHS[first.month - 1])
    if "T" in start or "T" in end or " " in start:
        return f"from {start} to before {end}"
    last = (after - dt.timedelta(days=1)).date()
    if last == first.date():
        return f"on {last.isoformat()}"
    if (first.month, first.day, after.month, after.day) == (1, 1, 1, 1):
        return f"from {first.year} to {after.year - 1}"
    return f"from {first.date().isoformat()} to {last.isoformat()}"


def is_span(first: dt.datetime, after: dt.datetime, months: int) -> bool:
    """Whether the span is one calendar year (12), quarter (3) or month (1)."""
    if first.day != 1 or (first.month - 1) % months or first.time() != dt.time():
        return False
    month = first.month - 1 + months
    return after == dt.datetime(first.year + month // 12, month % 12 + 1, 1)


def _relative(p: RelativePeriod) -> str:
    anchor = ", counted from the newest date in the data" if p.anchor == "data" else ""
    if p.rolling:
        span = f"in the last {p.count} {p.unit}s" if p.count != 1 else f"in the last {p.unit}"
    elif p.offset == 0 and p.count == 1:
        span = f"in this {p.unit}"
    elif p.offset == -1 and p.count == 1:
        span = f"in the last full {p.unit}"
    elif p.count == 1:
        span = f"in the {p.unit} {abs(p.offset)} {p.unit}s {'before' if p.offset < 0 else 'ahead'}"
    else:
        span = f"in the last {p.count} full {p.unit}s"
    return span + anchor


# ---- what the question says


_NOUN = re.compile(
    r"\b(?:how many|number of|count of|share of|percentage of|percent of|proportion of)\s+", re.I
)
_STOP = {
    "are", "were", "is", "was", "have", "has", "had", "did", "do", "does", "with", "in", "on", "of", "that",
    "who", "which", "where", "whose", "by", "per", "for", "from", "at", "there",
}  # fmt: skip
_PLURALS = {"people", "children", "men", "women", "mice", "geese", "fish"}
_SKIPPED = {"the", "all", "our", "total", "different", "distinct", "unique"}


def row_noun(question: str, taken: Sequence[str]) -> str:
    """The question's own word for the rows ("passengers"), or "rows".

    `taken` are column names: a noun that names a column counts values of that column, not rows.
    """
    found = _NOUN.search(question)
    if found is None:
        return "rows"
    columns = {w for name in taken for w in (name.casefold(), name.casefold() + "s")}
    for word in re.findall(r"[A-Za-z'-]+", question[found.end() :])[:4]:
        folded = word.casefold()
        if folded in _STOP:
            break
        plural = folded in _PLURALS or (
            len(folded) > 3 and folded.endswith("s") and not folded.endswith("ss")
        )
        if plural and folded not in _SKIPPED:
            singular = folded[:-3] + "y" if folded.endswith("ies") else folded[:-1]
            return "rows" if {folded, singular} & columns else folded
    return "rows"


def verb_of(p: Predicate | None, question: str) -> str | None:
    """A verb such as "survived" where the condition is that column being 1 or true, and the question
    used the word."""
    expr: Expr | None = None
    if isinstance(p, IsTrue):
        expr = p.argument
    elif (
        isinstance(p, Compare)
        and p.op == "="
        and isinstance(p.right, Literal_)
        and p.right.value in (1, True)
    ):
        expr = p.left
    if not isinstance(expr, ColumnRef) or not re.fullmatch(r"[A-Za-z]+ed", expr.name):
        return None
    verb = expr.name.casefold()
    return verb if re.search(rf"\b{verb}\b", question.casefold()) else None


def plural(name: str) -> str:
    """The plural of a column's name where it is a plain word, else "NAME values"."""
    if not re.fullmatch(r"[A-Za-z][a-z]+", name) or name.endswith(("s", "x", "ch", "sh")):
        return f"{name} values"
    return name[:-1] + "ies" if re.search(r"[^aeiou]y$", name) else name + "s"


def yes_no(question: str) -> bool:
    """Whether the question wants a yes or a no."""
    start = r"(?:is|are|was|were|does|do|did|has|have|had)\s+(?:there|any|the data|it)\b"
    return bool(re.match(start, question.strip(), re.I))


_TEMPLATES = {
    # Conditions. {noun} is "rows" or the question's own word for them.
    "with": " with {condition}",
    "of_rows": " of {noun} with {condition}",
    "for_rows": ", for {noun} with {condition}",
    "having": ", only groups with {condition}",
    # Totals.
    "none": "There are no {noun}{with_}.",
    "no_value": "There is no value: no matching row has one ({what}{of_rows}).",
    "scalar": "The {what}{of_rows} is {value}.",
    "fact": "{what} {value}",
    "fact_none": "{what}: no value",
    "facts": "{facts}{for_rows}.",
    "count_one": "There is 1 row{with_}.",
    "count": "There are {count} {noun}{with_}.",
    "count_verb": "{count} {noun} {verb}.",
    "count_verb_one": "1 row {verb}.",
    "different_one": "There is 1 different {what} value{of_rows}.",
    "different": "There are {count} different {what} values{of_rows}.",
    "yes": "Yes: {sentence}",
    "no": "No: {sentence}",
    "share": "Of {whole} {noun}{with_}, {part} {verb} ({percent}).",
    "share_none": "Of {whole} {noun}{with_}, none {verb} ({percent}).",
    "share_condition": "have {condition}",
    "share_only": "{percent} of {noun}{with_} {verb}.",
    "percent_also": "{value} ({percent})",
    # Groups.
    "by": "{what} by {keys}{for_rows}{having}",
    "per": "{what} per {unit}{for_rows}{having}",
    "head": "{head}: {rest}.",
    "highest": "highest for {label} ({value})",
    "lowest": "lowest for {label} ({value})",
    "highest_time": "highest in {label} ({value})",
    "lowest_time": "lowest in {label} ({value})",
    "longest": "latest for {label} ({value})",
    "shortest": "earliest for {label} ({value})",
    "of_measure": "{what} is {extreme}",
    "tied": "{value}, tied",
    "others": "others",
    "groups": "{count} groups",
    "all_same": "{value} for each of the {count} groups",
    "span": "{head} from {first} to {last}",
    "pair": "{value} for {label}",
    "same": "the same",
    "higher_by": "{label} is higher by {difference}",
    "higher_by_ratio": "{label} is higher by {difference} ({ratio} times)",
    "up_by": "up by {difference}",
    "up_by_percent": "up by {difference} ({percent})",
    "down_by": "down by {difference}",
    "down_by_percent": "down by {difference} ({percent})",
    "points": "{difference} percentage points",
    "reaches": "reaches {value} in {label}",
    "rises_most": "largest rise in {label} ({value})",
    "falls_most": "largest fall in {label} ({value})",
    "top_per_group": "The first {limit} for each {by} by {what}{for_rows}: {items}.",
    # Rankings and lists.
    "top": "The {limit} {keys} with the {direction} {what}{for_rows}{having}: {items}.",
    "top_rows": "The {limit} {keys} with the {direction} {what}{for_rows}{having}: {items}.",
    "top_one": "The {keys} with the {direction} {what}{for_rows}{having}: {items}.",
    "top_fewer": "The {keys} with the {direction} {what}{for_rows}{having} ({count} in all): {items}.",
    "most": "highest",
    "least": "lowest",
    "newest": "latest",
    "oldest": "earliest",
    "first": "first",
    "last": "last",
    "extreme_row": "The {direction} {what}{of_rows} is {value}: {label}.",
    "extreme_rows": "The {direction} {what}{of_rows} is {value}, in {rows}: {items}.",
    "item": "{label} ({value})",
    "item_none": "{label} (no value)",
    "and_more": "{items}, …",
    "list": "{rows}{with_}: {items}.",
    "row_of": "{count} {noun}",
    "one_row": "1 row",
    "distinct": "{what}{of_rows}: {count} different values: {items}.",
    "distinct_one": "{what}{of_rows}: 1 value, {items}.",
    "distinct_many": "{what}: {rows}: {items}.",
    "column_list": "{rows} of {name}: {items}.",
    "cell": "{name} {value}",
    "cell_none": "no {name}",
    "first_of": "{rows}, the first: {items}",
    "first_row": "the first row has {cells}",
    "one_row_has": "1 row: {cells}.",
    "one_row_wide": "1 row: {cells}, …",
    "rows_have": "{rows} with the columns {columns}; {first}.",
    "many": "more than {count} {noun}",
    "row": "row",
    "row_noun": "rows",
    "group_noun": "groups",
    "value_noun": "values",
    "unit_year": "year",
    "unit_quarter": "quarter",
    "unit_month": "month",
    "unit_week": "week",
    "unit_day": "day",
    "unit_hour": "hour",
    "described": "{name} has {rows} rows and {columns} columns.",
    "tables": "{count} tables are attached: {items}.",
    "tables_one": "1 table is attached: {items}.",
    "no_tables": "No tables are attached.",
    "done": "Done.",
}  # fmt: skip

ENGLISH = Voice("en", _TEMPLATES, expression, measure, predicate, join, row_noun, verb_of, yes_no, plural)
