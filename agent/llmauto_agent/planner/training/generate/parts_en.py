"""What English requests are made of: a table to draw from, measures, conditions, times."""

# fmt: off
# One wording beside the other: a line a shape is easier to read and to add to than a line a word.

from __future__ import annotations

import random
from dataclasses import dataclass, field

from llmauto_agent.planner.training.generate.say_en import Say, ref
from llmauto_agent.planner.training.generate.tables import Col, Domain
from llmauto_tools.plan import model as m

MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
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
        return m.Plan(table=self.d.name, **parts)

    def agg(self, function: str, c: Col | None = None, **more: object) -> m.Aggregate:
        return m.Aggregate(function=function, argument=self.ref(c) if c else None, **more)

    def value(self, c: Col) -> float:
        """A number that a person would compare the column with."""
        at = c.low + (c.high - c.low) * self.r.uniform(0.1, 0.9)
        if c.whole or c.high > 50:
            for step in (1000, 500, 100, 50, 10, 5):
                if (c.high - c.low) >= 8 * step:
                    return float(round(at / step) * step)
            return float(round(at))
        return round(at, 1)


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
    return m.Compare(op=op, left=d.ref(c), right=literal), said, c.name


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
    return words, m.RelativePeriod(argument=e, unit=unit, offset=offset, count=count, rolling=rolling, anchor="data")


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
        if parts[0][0] == parts[1][0] or column_of(parts[0][0]) == column_of(parts[1][0]):
            parts.pop()
    if len(parts) == 1:
        return parts[0][0], " " + parts[0][1]
    joined = d.s.pick(" and ", " ", ", ", " and ")
    return m.And(items=tuple(p for p, _ in parts)), " " + parts[0][1] + joined + parts[1][1]


def column_of(p: m.Predicate) -> str:
    e = getattr(p, "left", None) or getattr(p, "argument", None) or getattr(getattr(p, "item", None), "argument", None)
    return e.name if isinstance(e, m.ColumnRef) else ""
