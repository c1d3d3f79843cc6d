"""Shapes of English requests: each draws a plan over a table and words it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from llmauto_agent.planner.training.generate.say_en import Say, ref
from llmauto_agent.planner.training.generate.tables import Col, Domain
from llmauto_tools.plan import model as m

MONTHS = "January February March April May June July August September October November December".split()
NUMERIC = ("number", "money")
GROUPS = ("cat", "cat", "cat", "yesno", "bool", "flag", "year")


@dataclass
class Asked:
    """A request with its plan."""

    question: str
    plan: m.Plan
    chart: str | None = None


@dataclass
class Draw:
    """What the shapes draw from: a table, words, chance."""

    r: random.Random
    d: Domain
    s: Say = field(init=False)

    def __post_init__(self) -> None:
        self.s = Say(self.r, self.d)

    def one(self, *roles: str) -> Col:
        found = self.d.of(*roles)
        if not found:
            raise LookupError(roles)
        return self.r.choice(found)

    def two(self, *roles: str) -> tuple[Col, Col]:
        found = self.d.of(*roles)
        if len(found) < 2:
            raise LookupError(roles)
        first, second = self.r.sample(found, 2)
        return first, second

    def chance(self, p: float) -> bool:
        return self.r.random() < p

    def ref(self, c: Col) -> m.ColumnRef:
        return ref(c, self.d)

    def plan(self, **parts: object) -> m.Plan:
        return m.Plan(table=self.d.name, **parts)  # type: ignore[arg-type]

    def agg(self, function: str, c: Col | None = None, **more: object) -> m.Aggregate:
        return m.Aggregate(function=function, argument=self.ref(c) if c else None, **more)  # type: ignore[arg-type]

    def value(self, c: Col) -> float:
        """A number that a person would compare the column with."""
        at = c.low + (c.high - c.low) * self.r.uniform(0.1, 0.9)
        if c.whole or c.high > 50:
            for step in (1000, 500, 100, 50, 10, 5):
                if (c.high - c.low) >= 8 * step:
                    return float(round(at / step) * step)
            return float(round(at))
        return round(at, 1)


Shape = Callable[[Draw], Asked]
COUNT = m.Aggregate(function="count")


def measure(d: Draw) -> tuple[m.Aggregate, str, bool]:
    """An aggregate, its words, and whether it counts rows."""
    draw = d.r.random()
    if draw < 0.25:
        return COUNT, d.s.count(), True
    if draw < 0.32:
        c = d.one("name", "cat")
        return d.agg("count_distinct", c), d.s.measure("count_distinct", c), False
    function = d.r.choices(["avg", "sum", "median", "min", "max", "stddev"], [40, 30, 8, 8, 10, 4])[0]
    c = d.one(*NUMERIC)
    return d.agg(function, c), d.s.measure(function, c), False


def condition(d: Draw, taken: tuple[str, ...] = ()) -> tuple[m.Predicate, str]:
    """A condition on the rows and its words, which follow the noun."""
    kinds = ["equal", "equal", "equal", "compare", "compare", "between", "oneof", "not", "flag", "date", "date", "null"]
    for _ in range(20):
        kind = d.r.choice(kinds)
        try:
            found = _CONDITIONS[kind](d)
        except LookupError:
            continue
        if found[2] not in taken:
            return found[0], found[1]
    raise LookupError("condition")


def _equal(d: Draw) -> tuple[m.Predicate, str, str]:
    c = d.one("cat", "cat", "name")
    value = d.r.choice(c.values)
    return m.Compare(op="=", left=d.ref(c), right=m.Literal_(value=value)), d.s.equals(c, value), c.name


def _compare(d: Draw) -> tuple[m.Predicate, str, str]:
    c = d.one(*NUMERIC)
    op = d.r.choices([">", "<", ">=", "<=", "="], [40, 25, 15, 12, 6 if c.whole else 0])[0]
    value = d.value(c)
    said = d.s.compare(c, op, value)
    literal = m.Literal_(value=int(value) if value == int(value) else value)
    return m.Compare(op=op, left=d.ref(c), right=literal), said, c.name  # type: ignore[arg-type]


def _between(d: Draw) -> tuple[m.Predicate, str, str]:
    c = d.one(*NUMERIC)
    low, high = sorted((d.value(c), d.value(c)))
    if low == high:
        raise LookupError
    n, a, b = d.s.col(c), d.s.number(low), d.s.number(high)
    said = d.s.pick(f"with {n} between {a} and {b}", f"with {n} from {a} to {b}", f"whose {n} is between {a} and {b}", f"where {n} is in the range {a} to {b}")
    low_, high_ = (m.Literal_(value=int(v) if v == int(v) else v) for v in (low, high))
    return m.Between(argument=d.ref(c), low=low_, high=high_), said, c.name


def _one_of(d: Draw) -> tuple[m.Predicate, str, str]:
    c = d.one("cat")
    if len(c.values) < 3:
        raise LookupError
    a, b = d.r.sample(c.values, 2)
    n = d.s.col(c)
    said = d.s.pick(f"in {a} or {b}", f"for {a} and {b}", f"where {n} is {a} or {b}", f"that are either {a} or {b}", f"with {n} {a} or {b}", f"from {a} and {b} together")
    return m.OneOf(argument=d.ref(c), values=(a, b)), said, c.name


def _not(d: Draw) -> tuple[m.Predicate, str, str]:
    c = d.one("cat")
    value = d.r.choice(c.values)
    n = d.s.col(c)
    said = d.s.pick(f"not in {value}", f"excluding {value}", f"except {value}", f"other than {value}", f"where {n} is not {value}", f"without {value}", f"that are not {value}", f"outside {value}", f"leaving out {value}")
    return m.Compare(op="!=", left=d.ref(c), right=m.Literal_(value=value)), said, c.name


def truth(d: Draw, c: Col, yes: bool) -> m.Predicate:
    """The condition that a yes/no column holds, as its type says it."""
    if c.role == "bool":
        inner = m.IsTrue(argument=d.ref(c))
        return inner if yes else m.Not(item=inner)
    value: int | str = (1 if yes else 0) if c.role == "flag" else c.values[1 if yes else 0]
    return m.Compare(op="=", left=d.ref(c), right=m.Literal_(value=value))


def _flag(d: Draw) -> tuple[m.Predicate, str, str]:
    c = d.one("bool", "flag", "yesno")
    yes = d.chance(0.72)
    n = d.s.col(c)
    positive = (f"that are {n}", f"which are {n}", f"that were {n}", f"with {n}", f"where {n} is {'true' if c.role == 'bool' else 'yes' if c.role == 'yesno' else '1'}", f"who are {n}", f"that {n}", f"who {n}", f"({n} only)")
    negative = (f"that are not {n}", f"that were not {n}", f"without {n}", f"which aren't {n}", f"who did not {n}", f"where {n} is {'false' if c.role == 'bool' else 'no' if c.role == 'yesno' else '0'}", f"not {n}", f"with no {n}")
    return truth(d, c, yes), d.s.pick(*(positive if yes else negative)), c.name


def _null(d: Draw) -> tuple[m.Predicate, str, str]:
    c = d.one(*NUMERIC, "cat", "date")
    n = d.s.col(c)
    if d.chance(0.7):
        said = d.s.pick(f"with missing {n}", f"without a {n}", f"with no {n}", f"where {n} is missing", f"that have no {n}", f"with unknown {n}", f"where {n} is empty", f"where the {n} is not recorded", f"where {n} is null")
        return m.IsNull(argument=d.ref(c)), said, c.name
    said = d.s.pick(f"that have a {n}", f"with a known {n}", f"where {n} is not missing", f"where {n} is recorded", f"where {n} is not null")
    return m.Not(item=m.IsNull(argument=d.ref(c))), said, c.name


def _date(d: Draw) -> tuple[m.Predicate, str, str]:
    c = d.one("date", "year")
    said, predicate = when(d, c)
    return predicate, said, c.name


def when(d: Draw, c: Col) -> tuple[str, m.Predicate]:
    """A time and the condition that it sets."""
    year = d.r.randint(int(c.low), int(c.high))
    e = d.ref(c)
    if c.role == "year":
        draw = d.r.random()
        if draw < 0.5:
            return d.s.pick(f"in {year}", f"from {year}", f"for {year}", f"of {year}", f"in the year {year}"), m.Compare(op="=", left=e, right=m.Literal_(value=year))
        if draw < 0.75:
            return d.s.pick(f"after {year}", f"later than {year}"), m.Compare(op=">", left=e, right=m.Literal_(value=year))
        return d.s.pick(f"before {year}", f"earlier than {year}"), m.Compare(op="<", left=e, right=m.Literal_(value=year))
    draw = d.r.random()
    if draw < 0.3:
        return d.s.pick(f"in {year}", f"during {year}", f"from {year}", f"for {year}"), period(e, year, 1, year + 1, 1)
    if draw < 0.5:
        month = d.r.randint(1, 12)
        return d.s.pick(f"in {MONTHS[month - 1]} {year}", f"in {MONTHS[month - 1][:3]} {year}", f"during {MONTHS[month - 1]} {year}"), period(e, year, month, *after(year, month))
    if draw < 0.62:
        return d.s.pick(f"since {year}", f"from {year} on", f"from {year} onwards"), m.Period(argument=e, start=f"{year}-01-01")
    if draw < 0.72:
        return d.s.pick(f"before {year}", f"until the end of {year - 1}" if d.chance(0.01) else f"prior to {year}"), m.Period(argument=e, end=f"{year}-01-01")
    if draw < 0.8 and year < c.high:
        return d.s.pick(f"between {year} and {year + 1}", f"from {year} to {year + 1}"), period(e, year, 1, year + 2, 1)
    if draw < 0.88:
        q = d.r.randint(1, 4)
        return d.s.pick(f"in Q{q} {year}", f"in Q{q} of {year}"), period(e, year, 3 * q - 2, *after(year, 3 * q))
    words, unit, offset, count, rolling = d.r.choice(_RELATIVE)
    return words, m.RelativePeriod(argument=e, unit=unit, offset=offset, count=count, rolling=rolling, anchor="data")  # type: ignore[arg-type]


_RELATIVE = (
    ("last month", "month", -1, 1, False), ("this year", "year", 0, 1, False), ("last year", "year", -1, 1, False),
    ("in the last 30 days", "day", 0, 30, True), ("in the past 7 days", "day", 0, 7, True), ("this month", "month", 0, 1, False),
    ("last quarter", "quarter", -1, 1, False), ("in the last 12 months", "month", 0, 12, True), ("last week", "week", -1, 1, False),
    ("over the last 90 days", "day", 0, 90, True), ("in the last 2 years", "year", 0, 2, True),
)  # fmt: skip


def after(year: int, month: int) -> tuple[int, int]:
    return (year + month // 12, month % 12 + 1)


def period(e: m.Expr, y: int, mo: int, y2: int, mo2: int) -> m.Period:
    return m.Period(argument=e, start=f"{y:04}-{mo:02}-01", end=f"{y2:04}-{mo2:02}-01")


_CONDITIONS = {
    "equal": _equal, "compare": _compare, "between": _between, "oneof": _one_of, "not": _not, "flag": _flag,
    "date": _date, "null": _null,
}  # fmt: skip


def conditions(d: Draw, most: int = 2) -> tuple[m.Predicate | None, str]:
    """No, one or two conditions."""
    count = d.r.choices(range(most + 1), [45, 42, 13][: most + 1])[0]
    if not count:
        return None, ""
    parts = [condition(d)]
    if count == 2:
        parts.append(condition(d))
        if parts[0][0] == parts[1][0] or _column(parts[0][0]) == _column(parts[1][0]):
            parts.pop()
    if len(parts) == 1:
        return parts[0][0], " " + parts[0][1]
    joined = d.s.pick(" and ", " ", ", ", " and ")
    return m.And(items=tuple(p for p, _ in parts)), " " + parts[0][1] + joined + parts[1][1]


def _column(p: m.Predicate) -> str:
    e = getattr(p, "left", None) or getattr(p, "argument", None) or getattr(getattr(p, "item", None), "argument", None)
    return e.name if isinstance(e, m.ColumnRef) else ""


def asked(d: Draw, noun: str, *, counts: bool = False) -> str:
    """A question for a quantity."""
    if counts and noun.startswith("how many"):
        return noun
    return d.s.pick(
        f"what is the {noun}", f"what's the {noun}", noun, f"show me the {noun}", f"give me the {noun}", f"{noun}",
        f"calculate the {noun}", f"tell me the {noun}", f"find the {noun}", f"I need the {noun}", f"compute {noun}",
        f"can you tell me the {noun}", f"whats the {noun}", f"get {noun}", f"show {noun}",
    ).replace("the the ", "the ")  # fmt: skip


# ---- shapes


def total(d: Draw) -> Asked:
    e, words, counts = measure(d)
    where, said = conditions(d)
    if counts:
        rows = d.s.rows()
        verb = d.s.pick("are there", "do we have", "", "exist", "are in the data", "do I have")
        q = d.s.pick(f"how many {rows} {verb}{said}", f"how many {rows}{said}", f"number of {rows}{said}", f"count the {rows}{said}", f"count {rows}{said}", f"how many {rows}{said} {verb}", f"total number of {rows}{said}", f"{rows} count{said}")
    else:
        of = f" of {d.s.rows()}" if said and d.chance(0.5) else (f" for {d.d.nouns}" if said and d.chance(0.2) else "")
        q = asked(d, words + of + said)
    return Asked(q, d.plan(where=where, measures=(m.Measure(expr=e),)))


def grouped(d: Draw) -> Asked:
    e, words, _ = measure(d)
    g = d.one(*GROUPS)
    where, said = conditions(d, 1)
    group = d.s.group(g)
    q = d.s.pick(asked(d, f"{words} {group}{said}"), f"{words} {group}{said}", asked(d, f"{words}{said} {group}"), f"{group}, {words}{said}", f"compare {words} {group}{said}")
    plan = d.plan(where=where, group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),))
    return with_order(d, q, plan, e)


def with_order(d: Draw, q: str, plan: m.Plan, e: m.Expr) -> Asked:
    """Sometimes in an order, or as a chart."""
    draw = d.r.random()
    if draw < 0.12:
        descending = d.chance(0.7)
        words = d.s.pick(", highest first", ", sorted descending", " in descending order", ", largest to smallest", " from high to low") if descending else d.s.pick(", lowest first", ", sorted ascending", " in ascending order", " from low to high")
        return Asked(q + words, plan.model_copy(update={"order_by": (m.Order(by=e, descending=descending),)}))
    if draw < 0.2:
        kind, words = d.r.choice([("bar", " as a bar chart"), ("bar", ", bar chart please"), ("pie", " as a pie chart"), ("bar", " in a bar plot")])
        return Asked(q + words, plan, kind)
    return Asked(q, plan)


def two_measures(d: Draw) -> Asked:
    e1, w1, _ = measure(d)
    e2, w2, _ = measure(d)
    if e1 == e2:
        raise LookupError
    if d.chance(0.3):
        where, said = conditions(d)
        return Asked(asked(d, f"{w1} and {w2}{said}"), d.plan(where=where, measures=(m.Measure(expr=e1), m.Measure(expr=e2))))
    g = d.one(*GROUPS)
    q = d.s.pick(f"{w1} and {w2} {d.s.group(g)}", asked(d, f"{w1} and the {w2} {d.s.group(g)}"), f"{d.s.group(g)}: {w1} and {w2}")
    return Asked(q, d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e1), m.Measure(expr=e2))))


def two_groups(d: Draw) -> Asked:
    e, words, _ = measure(d)
    g1, g2 = d.two("cat", "yesno", "flag", "bool", "year")
    a, b = d.s.col(g1), d.s.col(g2)
    q = d.s.pick(f"{words} by {a} and {b}", asked(d, f"{words} for each {a} and {b}"), f"{words} per {a} and {b}", f"{words} by {a}, split by {b}", f"{words} for every combination of {a} and {b}", f"{words} by {a} x {b}")
    return Asked(q, d.plan(group_by=(m.Item(expr=d.ref(g1)), m.Item(expr=d.ref(g2))), measures=(m.Measure(expr=e),)))


def top_groups(d: Draw) -> Asked:
    """The group with the largest measure, or the top few."""
    e, words, counts = measure(d)
    g = d.one("cat", "name", "year")
    where, said = conditions(d, 1)
    descending = d.chance(0.75)
    if d.chance(0.5):
        limit, n = 1, d.s.col(g)
        most = "most" if descending else "fewest"
        high = d.s.pick("highest", "largest", "greatest", "biggest") if descending else d.s.pick("lowest", "smallest")
        if counts:
            q = d.s.pick(f"which {n} has the {most} {d.s.rows()}{said}", f"{n} with the {most} {d.s.rows()}{said}", f"what {n} appears {'most' if descending else 'least'} often{said}", f"which {n} had the {most} {d.d.nouns}{said}")
        else:
            q = d.s.pick(f"which {n} has the {high} {words}{said}", f"{n} with the {high} {words}{said}", f"what is the {n} with the {high} {words}{said}", f"which {n}{said} has the {high} {words}").replace("the the", "the")
    else:
        limit = d.r.choice([2, 3, 3, 5, 5, 5, 10, 10, 4, 7])
        number = d.s.number(limit)
        n = d.s.plural(g)
        first = d.s.pick("top", "best", "leading") if descending else d.s.pick("bottom", "lowest")
        by = f"number of {d.d.nouns}" if counts else words
        q = d.s.pick(f"{first} {number} {n} by {by}{said}", f"the {number} {n} with the {'highest' if descending else 'lowest'} {by}{said}", f"{first} {number} {n} in terms of {by}{said}", f"show the {first} {number} {n} by {by}{said}", f"which {number} {n} have the {'highest' if descending else 'lowest'} {by}{said}")
    plan = d.plan(where=where, group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),), order_by=(m.Order(by=e, descending=descending),), limit=limit)
    return Asked(q, plan)


def superlative(d: Draw) -> Asked:
    """The row with the largest value."""
    c = d.one(*NUMERIC, "date", "year")
    shown = d.d.of("name", "id") or d.d.of("cat")
    label = d.r.choice(shown)
    where, said = conditions(d, 1)
    descending = d.chance(0.7)
    n = d.s.col(c)
    if c.role in {"date", "year"}:
        high = d.s.pick("latest", "most recent", "newest") if descending else d.s.pick("earliest", "oldest", "first")
    else:
        high = d.s.pick("highest", "largest", "biggest", "maximum", "most") if descending else d.s.pick("lowest", "smallest", "least", "minimum")
    who = d.s.pick(d.d.noun, d.d.noun, d.s.col(label))
    limit = 1 if d.chance(0.6) else d.r.choice([3, 5, 10, 2, 20])
    if limit == 1:
        q = d.s.pick(f"which {who} has the {high} {n}{said}", f"{who} with the {high} {n}{said}", f"what is the {who} with the {high} {n}{said}", f"find the {who}{said} with the {high} {n}", f"show the {d.d.noun} with the {high} {n}{said}")
    else:
        number = d.s.number(limit)
        q = d.s.pick(f"the {number} {d.d.nouns} with the {high} {n}{said}", f"{'top' if descending else 'bottom'} {number} {d.d.nouns} by {n}{said}", f"list the {number} {d.d.nouns}{said} with {high} {n}", f"show me the {number} {high} {n} {d.d.nouns}{said}")
    plan = d.plan(where=where, select=(m.Item(expr=d.ref(label)), m.Item(expr=d.ref(c))), order_by=(m.Order(by=d.ref(c), descending=descending),), limit=limit)
    return Asked(q, plan)


def listed(d: Draw) -> Asked:
    """Rows that meet a condition, all columns or some."""
    where, said = condition(d)
    if d.chance(0.35):
        q = d.s.pick(f"show all {d.d.nouns} {said}", f"list the {d.s.rows()} {said}", f"which {d.d.nouns} are there {said}", f"show me {d.s.rows()} {said}", f"find {d.d.nouns} {said}", f"{d.d.nouns} {said}")
        return Asked(q, d.plan(where=where))
    shown = d.r.sample(list(d.d.columns), min(len(d.d.columns), d.r.choice([1, 1, 2, 2, 3])))
    names = " and ".join(d.s.col(c) for c in shown)
    q = d.s.pick(f"{names} of {d.d.nouns} {said}", f"show the {names} of all {d.d.nouns} {said}", f"list {names} for {d.s.rows()} {said}", f"what is the {names} of {d.d.nouns} {said}", f"give me {names} of the {d.d.nouns} {said}")
    plan = d.plan(where=where, select=tuple(m.Item(expr=d.ref(c)) for c in shown))
    if d.chance(0.25) and d.d.of(*NUMERIC):
        c = d.one(*NUMERIC, "date")
        down = d.chance(0.6)
        q += d.s.pick(f", sorted by {d.s.col(c)}", f" ordered by {d.s.col(c)}", f", by {d.s.col(c)}") + (d.s.pick(" descending", ", highest first", " from largest to smallest") if down else d.s.pick("", " ascending", ", lowest first"))
        plan = plan.model_copy(update={"order_by": (m.Order(by=d.ref(c), descending=down),)})
    return Asked(q, plan)


def lookup(d: Draw) -> Asked:
    """A cell of a named row."""
    c = d.one("name")
    value = d.r.choice(c.values)
    shown = d.r.choice([x for x in d.d.columns if x != c])
    n = d.s.col(shown)
    q = d.s.pick(f"what is the {n} of {value}", f"{n} of {value}", f"what {n} does {value} have", f"{value} {n}", f"what is {value}'s {n}", f"tell me {value}'s {n}", f"show {n} for {value}", f"what was the {n} for {value}")
    return Asked(q, d.plan(where=m.Compare(op="=", left=d.ref(c), right=m.Literal_(value=value)), select=(m.Item(expr=d.ref(shown)),)))


def distinct(d: Draw) -> Asked:
    c = d.one("cat", "name", "year")
    n = d.s.plural(c)
    where, said = conditions(d, 1)
    q = d.s.pick(f"what {n} are there{said}", f"list the distinct {n}{said}", f"which {n} occur{said}", f"all different {n}{said}", f"unique {n}{said}", f"show the different {n}{said}", f"what are the possible {n}{said}", f"list all {n}{said} without repeats")
    return Asked(q, d.plan(where=where, select=(m.Item(expr=d.ref(c)),), distinct=True))


def share(d: Draw) -> Asked:
    """The share of rows that meet a condition, alone or by group."""
    inner, said = condition(d)
    part = m.Aggregate(function="count", where=inner)
    e = m.Arithmetic(op="/", left=part, right=COUNT)
    lead = d.s.pick("share of", "percentage of", "what percentage of", "what share of", "proportion of", "percent of", "what fraction of", "rate of", "what proportion of")
    rows = d.d.nouns
    verb = d.s.pick("", "are ", "is ")
    if d.chance(0.5):
        where, extra = (None, "")
        if d.chance(0.25):
            where, extra = condition(d)
            extra = f", only {extra}"
        return Asked(f"{lead} {rows} {verb}{said}{extra}", d.plan(where=where, measures=(m.Measure(expr=e),)))
    g = d.one(*GROUPS)
    q = d.s.pick(f"{lead} {rows} {said} {d.s.group(g)}", f"{d.s.group(g)}, {lead} {rows} {said}")
    return Asked(q, d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),)))


def rate(d: Draw) -> Asked:
    """The rate of a yes/no column: "cancellation rate by channel"."""
    c = d.one("flag", "yesno", "bool")
    e = m.Arithmetic(op="/", left=m.Aggregate(function="count", where=truth(d, c, True)), right=COUNT)
    n = d.s.col(c)
    lead = d.s.pick(f"{n} rate", f"share of {n} {d.d.nouns}", f"percentage {n}", f"rate of {n}", f"% {n}", f"{n} percentage", f"proportion {n}")
    if d.chance(0.35):
        where, said = conditions(d, 1)
        return Asked(asked(d, lead + said), d.plan(where=where, measures=(m.Measure(expr=e),)))
    g = d.one("cat", "cat", "year")
    plan = d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),))
    if d.chance(0.3):
        down = d.chance(0.7)
        q = f"which {d.s.col(g)} has the {'highest' if down else 'lowest'} {lead}"
        return Asked(q, plan.model_copy(update={"order_by": (m.Order(by=e, descending=down),), "limit": 1}))
    return Asked(d.s.pick(f"{lead} {d.s.group(g)}", asked(d, f"{lead} {d.s.group(g)}")), plan)


def distribution(d: Draw) -> Asked:
    """What part of the whole each group has."""
    g = d.one("cat", "yesno", "flag")
    n = d.s.col(g)
    if d.chance(0.5):
        q = d.s.pick(f"share of {d.d.nouns} by {n}", f"percentage of {d.d.nouns} in each {n}", f"how are the {d.d.nouns} distributed over {d.s.plural(g)} in percent", f"what percent of {d.d.nouns} does each {n} have", f"{n} breakdown in percent", f"distribution of {d.d.nouns} across {d.s.plural(g)} as percentages")
        return Asked(q, d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=COUNT, window="share"),)))
    c = d.one(*NUMERIC)
    v = d.s.col(c)
    q = d.s.pick(f"share of total {v} by {n}", f"what share of {v} does each {n} have", f"each {n}'s share of the total {v}", f"percentage of overall {v} per {n}", f"contribution of each {n} to total {v}", f"{n} share of {v}")
    return Asked(q, d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=d.agg("sum", c), window="share"),)))


def trend(d: Draw) -> Asked:
    """Over time."""
    c = d.one("date")
    e, words, _ = measure(d)
    unit = d.r.choices(["month", "year", "week", "quarter", "day"], [45, 30, 8, 10, 7])[0]
    where, said = conditions(d, 1)
    adverb = {"month": "monthly", "year": "yearly", "week": "weekly", "quarter": "quarterly", "day": "daily"}[unit]
    q = d.s.pick(f"{words} {d.s.group_expr(unit)}{said}", f"{adverb} {words}{said}", asked(d, f"{words} by {unit}{said}"), f"{words} over time by {unit}{said}", f"trend of {words} per {unit}{said}", f"{words} per {unit}{said}", f"how did {words} develop by {unit}{said}", f"{words}{said} each {unit}").replace("the the", "the")
    bucket = m.DateBucket(unit=unit, argument=d.ref(c))  # type: ignore[arg-type]
    group: tuple[m.Item, ...] = (m.Item(expr=bucket),)
    if d.chance(0.12):
        g = d.one("cat")
        group += (m.Item(expr=d.ref(g)),)
        q += d.s.pick(f" for each {d.s.col(g)}", f" and {d.s.col(g)}", f", one line per {d.s.col(g)}")
    chart = None
    if d.chance(0.15):
        q += d.s.pick(" as a line chart", ", line chart", " in a line graph")
        chart = "line"
    window = "none"
    if d.chance(0.15) and len(group) == 1:
        window, lead = d.r.choice([("running_total", "running total of "), ("change", "change in "), ("percent_change", "percent change in "), ("running_total", "cumulative "), ("percent_change", "growth rate of ")])
        q = f"{lead}{words} by {unit}{said}"
        chart = None
    return Asked(q, d.plan(where=where, group_by=group, measures=(m.Measure(expr=e, window=window),)), chart)  # type: ignore[arg-type]


def part(d: Draw) -> Asked:
    """By a part of the date: weekday, calendar month, year."""
    c = d.one("date")
    e, words, _ = measure(d)
    kind, names = d.r.choice([("weekday_name", ("day of the week", "weekday", "day of week")), ("month_name", ("calendar month", "month of the year")), ("year", ("year", "calendar year")), ("quarter", ("quarter of the year",))])
    n = d.r.choice(names)
    expr = m.DatePart(part=kind, argument=d.ref(c))  # type: ignore[arg-type]
    plan = d.plan(group_by=(m.Item(expr=expr),), measures=(m.Measure(expr=e),))
    if d.chance(0.35):
        down = d.chance(0.7)
        q = d.s.pick(f"which {n} has the {'highest' if down else 'lowest'} {words}", f"on which {n} is {words} {'highest' if down else 'lowest'}")
        return Asked(q, plan.model_copy(update={"order_by": (m.Order(by=e, descending=down),), "limit": 1}))
    return Asked(d.s.pick(f"{words} by {n}", f"{words} per {n}", asked(d, f"{words} for each {n}")), plan)


def having(d: Draw) -> Asked:
    e, words, counts = measure(d)
    g = d.one("cat", "name", "year")
    op, lead = d.r.choice([(">", "more than"), (">=", "at least"), ("<", "less than"), ("<", "fewer than"), (">", "over")])
    n = d.s.plural(g)
    if counts:
        value: float = d.r.choice([2, 3, 5, 10, 20, 50, 100])
        number = d.s.number(value)
        q = d.s.pick(f"which {n} have {lead} {number} {d.d.nouns}", f"{n} with {lead} {number} {d.d.nouns}", f"list the {n} that appear {lead} {number} times", f"show {n} having {lead} {number} {d.d.nouns}")
    else:
        c = next(x for x in d.d.columns if isinstance(e.argument, m.ColumnRef) and x.name == e.argument.name)
        if c.role not in NUMERIC:
            raise LookupError
        value = d.value(c)
        q = d.s.pick(f"which {n} have {words} {'above' if op in {'>', '>='} else 'below'} {d.s.number(value)}", f"{n} with {words} {'greater than' if op in {'>', '>='} else 'less than'} {d.s.number(value)}", f"{n} where the {words} is {'over' if op in {'>', '>='} else 'under'} {d.s.number(value)}")
        op = ">" if op in {">", ">="} else "<"
    literal = m.Literal_(value=int(value) if value == int(value) else value)
    return Asked(q, d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),), having=m.Compare(op=op, left=e, right=literal)))  # type: ignore[arg-type]


def above_average(d: Draw) -> Asked:
    c = d.one(*NUMERIC)
    n = d.s.col(c)
    above = d.chance(0.7)
    inner = m.ScalarQuery(plan=d.plan(measures=(m.Measure(expr=d.agg("avg", c)),)))
    where = m.Compare(op=">" if above else "<", left=d.ref(c), right=inner)
    word = d.s.pick("above-average", "higher than average", "above average") if above else d.s.pick("below-average", "lower than average", "below average")
    if d.chance(0.5):
        q = d.s.pick(f"how many {d.d.nouns} have {word} {n}", f"number of {d.d.nouns} with {word} {n}", f"count {d.d.nouns} whose {n} is {word.replace('-', ' ')}")
        return Asked(q, d.plan(where=where, measures=(m.Measure(expr=COUNT),)))
    q = d.s.pick(f"list {d.d.nouns} with {word} {n}", f"which {d.d.nouns} have {word} {n}", f"{d.d.nouns} with {n} {'above' if above else 'below'} the average")
    return Asked(q, d.plan(where=where))


def missing(d: Draw) -> Asked:
    c = d.r.choice(d.d.columns)
    n = d.s.col(c)
    q = d.s.pick(f"how many {n} values are missing", f"number of missing values in {n}", f"how many nulls in {n}", f"count of empty {n}", f"how often is {n} missing", f"how many {d.d.nouns} have no {n}", f"missing {n} count")
    return Asked(q, d.plan(where=m.IsNull(argument=d.ref(c)), measures=(m.Measure(expr=COUNT),)))


def correlation(d: Draw) -> Asked:
    a, b = d.two(*NUMERIC)
    x, y = d.s.col(a), d.s.col(b)
    e = m.Aggregate(function="corr", argument=d.ref(a), second=d.ref(b))
    q = d.s.pick(f"correlation between {x} and {y}", f"how strongly do {x} and {y} correlate", f"correlation coefficient of {x} and {y}", f"correlation of {x} with {y}", f"what is the correlation between {x} and {y}")
    if d.chance(0.2):
        g = d.one("cat")
        return Asked(f"{q} {d.s.group(g)}", d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),)))
    return Asked(q, d.plan(measures=(m.Measure(expr=e),)))


def extremes(d: Draw) -> Asked:
    c = d.one(*NUMERIC, "date", "year")
    n = d.s.col(c)
    q = d.s.pick(f"minimum and maximum {n}", f"range of {n}", f"lowest and highest {n}", f"min and max of {n}", f"smallest and largest {n}", f"between which values does {n} lie") if c.role in NUMERIC else d.s.pick(f"earliest and latest {n}", f"what period does {n} cover", f"first and last {n}", f"min and max {n}")
    where, said = conditions(d, 1)
    return Asked(q + said, d.plan(where=where, measures=(m.Measure(expr=d.agg("min", c)), m.Measure(expr=d.agg("max", c)))))


def compared(d: Draw) -> Asked:
    """Two values side by side."""
    c = d.one("cat", "yesno")
    a, b = d.r.sample(c.values, 2)
    e, words, _ = measure(d)
    q = d.s.pick(f"compare {words} of {a} and {b}", f"{words}: {a} vs {b}", f"{words} for {a} versus {b}", f"{a} vs. {b} in {words}", f"how does {words} differ between {a} and {b}", f"{words} of {a} compared with {b}")
    return Asked(q, d.plan(where=m.OneOf(argument=d.ref(c), values=(a, b)), group_by=(m.Item(expr=d.ref(c)),), measures=(m.Measure(expr=e),)))


def difference(d: Draw) -> Asked:
    c = d.one("cat", "yesno")
    a, b = d.r.sample(c.values, 2)
    v = d.one(*NUMERIC)
    function = d.s.pick("avg", "sum")
    one, two = (m.Aggregate(function=function, argument=d.ref(v), where=m.Compare(op="=", left=d.ref(c), right=m.Literal_(value=x))) for x in (a, b))  # type: ignore[arg-type]
    q = d.s.pick(f"difference in {d.s.measure(function, v)} between {a} and {b}", f"how much higher is the {d.s.measure(function, v)} of {a} than of {b}", f"by how much does {d.s.measure(function, v)} of {a} exceed {b}").replace("the the", "the")
    return Asked(q, d.plan(measures=(m.Measure(expr=m.Arithmetic(op="-", left=one, right=two)),)))


def per(d: Draw) -> Asked:
    """A ratio of two sums, or a computed column."""
    a, b = d.two(*NUMERIC)
    x, y = d.s.col(a), d.s.col(b)
    e = m.Arithmetic(op="/", left=d.agg("sum", a), right=d.agg("sum", b))
    lead = d.s.pick(f"total {x} divided by total {y}", f"{x} per {y}", f"ratio of total {x} to total {y}", f"ratio of {x} to {y}")
    if d.chance(0.5):
        return Asked(asked(d, lead), d.plan(measures=(m.Measure(expr=e),)))
    g = d.one("cat")
    return Asked(f"{lead} {d.s.group(g)}", d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),)))


def top_per_group(d: Draw) -> Asked:
    c = d.one(*NUMERIC)
    g = d.one("cat")
    label = d.one("name", "id")
    count = d.r.choice([1, 1, 1, 2, 3])
    n, group = d.s.col(c), d.s.col(g)
    high = d.s.pick("highest", "largest", "most")
    q = d.s.pick(f"{d.d.noun} with the {high} {n} in each {group}", f"for each {group}, the {d.d.noun} with the {high} {n}") if count == 1 else d.s.pick(f"top {d.s.number(count)} {d.d.nouns} by {n} in each {group}", f"the {d.s.number(count)} {d.d.nouns} with the {high} {n} per {group}")
    plan = d.plan(select=(m.Item(expr=d.ref(g)), m.Item(expr=d.ref(label)), m.Item(expr=d.ref(c))), order_by=(m.Order(by=d.ref(c), descending=True),), top_per_group=m.TopPerGroup(by=(d.ref(g),), count=count))
    return Asked(q, plan)


def buckets(d: Draw) -> Asked:
    c = d.one(*NUMERIC)
    width = next((w for w in (1000, 500, 100, 50, 10, 5) if (c.high - c.low) / w >= 5), 1)
    n, w = d.s.col(c), d.s.number(width)
    e, words, _ = measure(d)
    q = d.s.pick(f"{words} by {n} in steps of {w}", f"{words} per {w} {n} bucket", f"{words} by {n} in bins of {w}", f"{words} for {n} groups of {w}", f"{words} by {n} (bins of width {w})")
    return Asked(q, d.plan(group_by=(m.Item(expr=m.NumberBucket(width=float(width), argument=d.ref(c))),), measures=(m.Measure(expr=e),)))


def histogram(d: Draw) -> Asked:
    c = d.one(*NUMERIC)
    n = d.s.col(c)
    q = d.s.pick(f"histogram of {n}", f"show a histogram of {n}", f"plot the distribution of {n} as histogram")
    return Asked(q, d.plan(select=(m.Item(expr=d.ref(c)),)), "histogram")


def scatter(d: Draw) -> Asked:
    a, b = d.two(*NUMERIC)
    x, y = d.s.col(a), d.s.col(b)
    q = d.s.pick(f"scatter plot of {x} and {y}", f"plot {x} against {y}", f"scatter {x} vs {y}")
    return Asked(q, d.plan(select=(m.Item(expr=d.ref(a)), m.Item(expr=d.ref(b)))), "scatter")


def contains(d: Draw) -> Asked:
    c = d.one("name")
    word = d.r.choice(c.values).split()[0]
    n = d.s.col(c)
    how, said = d.r.choice([("contains", f"whose {n} contains {word}"), ("starts", f"whose {n} starts with {word[:3]}"), ("contains", f'with "{word}" in the {n}')])
    text = word[:3] if how == "starts" else word
    where = m.TextMatch(how=how, argument=d.ref(c), text=text)  # type: ignore[arg-type]
    if d.chance(0.5):
        return Asked(d.s.pick(f"how many {d.d.nouns} {said}", f"number of {d.d.nouns} {said}"), d.plan(where=where, measures=(m.Measure(expr=COUNT),)))
    return Asked(f"{d.s.pick('list', 'show', 'find')} {d.d.nouns} {said}", d.plan(where=where))


SHAPES: tuple[tuple[Shape, int], ...] = (
    (total, 16), (grouped, 18), (two_measures, 4), (two_groups, 4), (top_groups, 9), (superlative, 8), (listed, 8),
    (lookup, 3), (distinct, 3), (share, 5), (rate, 4), (distribution, 3), (trend, 8), (part, 3), (having, 4),
    (above_average, 2), (missing, 2), (correlation, 2), (extremes, 2), (compared, 3), (difference, 1), (per, 2),
    (top_per_group, 2), (buckets, 1), (histogram, 1), (scatter, 1), (contains, 1),
)  # fmt: skip
