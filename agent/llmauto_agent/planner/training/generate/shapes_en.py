"""Shapes of English requests: each draws a plan over a table and words it."""

# fmt: off
# One wording beside the other: a line a shape is easier to read and to add to than a line a word.

from __future__ import annotations

from collections.abc import Callable

from llmauto_agent.planner.training.generate.parts_en import (
    COUNT,
    GROUPS,
    NUMERIC,
    Asked,
    Draw,
    condition,
    conditions,
    measure,
    truth,
)
from llmauto_tools.plan import model as m

Shape = Callable[[Draw], Asked]


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
    bucket = m.DateBucket(unit=unit, argument=d.ref(c))
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
    return Asked(q, d.plan(where=where, group_by=group, measures=(m.Measure(expr=e, window=window),)), chart)


def part(d: Draw) -> Asked:
    """By a part of the date: weekday, calendar month, year."""
    c = d.one("date")
    e, words, _ = measure(d)
    kind, names = d.r.choice([("weekday_name", ("day of the week", "weekday", "day of week")), ("month_name", ("calendar month", "month of the year")), ("year", ("year", "calendar year")), ("quarter", ("quarter of the year",))])
    n = d.r.choice(names)
    expr = m.DatePart(part=kind, argument=d.ref(c))
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
    return Asked(q, d.plan(group_by=(m.Item(expr=d.ref(g)),), measures=(m.Measure(expr=e),), having=m.Compare(op=op, left=e, right=literal)))


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
    one, two = (m.Aggregate(function=function, argument=d.ref(v), where=m.Compare(op="=", left=d.ref(c), right=m.Literal_(value=x))) for x in (a, b))
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
    where = m.TextMatch(how=how, argument=d.ref(c), text=text)
    if d.chance(0.5):
        return Asked(d.s.pick(f"how many {d.d.nouns} {said}", f"number of {d.d.nouns} {said}"), d.plan(where=where, measures=(m.Measure(expr=COUNT),)))
    return Asked(f"{d.s.pick('list', 'show', 'find')} {d.d.nouns} {said}", d.plan(where=where))


SHAPES: tuple[tuple[Shape, int], ...] = (
    (total, 16), (grouped, 18), (two_measures, 4), (two_groups, 4), (top_groups, 9), (superlative, 8), (listed, 8),
    (lookup, 3), (distinct, 3), (share, 5), (rate, 4), (distribution, 3), (trend, 8), (part, 3), (having, 4),
    (above_average, 2), (missing, 2), (correlation, 2), (extremes, 2), (compared, 3), (difference, 1), (per, 2),
    (top_per_group, 2), (buckets, 1), (histogram, 1), (scatter, 1), (contains, 1),
)  # fmt: skip
