"""How English speakers name columns, measures, groups and conditions."""

# fmt: off
# One wording beside the other: a line a shape is easier to read and to add to than a line a word.

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from llmauto_agent.planner.training.generate.tables import Col, Domain
from llmauto_tools.plan import model as m

_UNITS = re.compile(r"_(?:kg|cm|m|mm|km|mw|mwh|ms|min|minutes|hours|eur|usd|pct|ppm|no|gb)$")
_SYNONYMS = {
    "salary": ("pay", "wage", "earnings", "income"), "amount": ("value", "sum"), "price": ("cost",),
    "cost": ("price", "expense"), "rating": ("score", "stars"), "score": ("points", "mark"),
    "duration": ("length", "time"), "distance": ("length",), "revenue": ("sales", "turnover", "income"),
    "weight": ("mass",), "attendance": ("crowd", "spectators"), "country": ("nation",), "category": ("type", "kind"),
    "type": ("kind", "category"), "department": ("team", "unit"), "region": ("area",), "city": ("town",),
    "sex": ("gender",), "quantity": ("units", "number of units", "amount sold"), "carrier": ("shipping company",),
    "store": ("shop", "branch"), "brand": ("make", "manufacturer"), "fuel": ("fuel type",), "priority": ("urgency",),
    "temperature": ("temp",), "status": ("state",), "payment": ("payment method",), "mileage": ("kilometres driven",),
    "injured": ("injuries", "people injured"), "killed": ("deaths", "fatalities"), "rent": ("monthly rent",),
    "latency": ("response time",), "downloads": ("number of downloads",), "channel": ("sales channel",),
    "age": ("age",), "grade": ("mark",), "genre": ("kind",), "crop": ("kind of crop",), "nation": ("country",),
    "fare": ("price of the trip",), "tip": ("gratuity",), "pledged": ("money raised", "funding"), "vendor": ("supplier",),
}  # fmt: skip
PLURALS = {"city": "cities", "country": "countries", "category": "categories", "class": "classes", "species": "species"}


@dataclass
class Say:
    """Draws words. One per request, so that the same column is mostly called the same."""

    r: random.Random
    domain: Domain

    def pick(self, *options: str) -> str:
        return self.r.choice(options)

    # ---- columns

    def col(self, c: Col) -> str:
        """A column in words, now and then as it is spelled."""
        if c.say and self.r.random() < 0.5:
            return self.r.choice(c.say)
        draw = self.r.random()
        if draw < 0.12:
            return c.name
        words = c.name.replace("_", " ").lower()
        if draw < 0.45:
            words = _UNITS.sub("", c.name).replace("_", " ").lower()
        parts = words.split()
        if draw > 0.78:
            for i, part in enumerate(parts):
                if part in _SYNONYMS:
                    parts[i] = self.r.choice(_SYNONYMS[part])
                    break
        return " ".join(parts)

    def plural(self, c: Col) -> str:
        words = self.col(c)
        last = words.split()[-1]
        if last in PLURALS:
            return words[: -len(last)] + PLURALS[last]
        if last.endswith(("s", "x", "ch", "sh")):
            return words + ("" if last.endswith("s") else "es")
        if last.endswith("y") and last[-2:-1] not in "aeiou":
            return words[:-1] + "ies"
        return words + "s"

    def rows(self) -> str:
        draw = self.r.random()
        if draw < 0.12:
            return self.pick("rows", "records", "entries", "lines")
        return self.domain.nouns

    # ---- measures

    def measure(self, function: str, c: Col) -> str:
        n = self.col(c)
        options = {
            "avg": (f"average {n}", f"mean {n}", f"avg {n}", f"the average {n}", f"{n} on average", f"typical {n}", f"average of {n}", f"mean of the {n}", f"the mean {n}", f"{n} average"),
            "sum": (f"total {n}", f"sum of {n}", f"the total {n}", f"{n} in total", f"overall {n}", f"combined {n}", f"sum of all {n}", f"total of {n}", f"cumulative {n}" if self.r.random() < 0.1 else f"{n} altogether", f"{n} total"),
            "median": (f"median {n}", f"the median {n}", f"median of {n}", f"middle value of {n}"),
            "min": (f"minimum {n}", f"lowest {n}", f"smallest {n}", f"min {n}", f"the lowest {n}", f"least {n}"),
            "max": (f"maximum {n}", f"highest {n}", f"largest {n}", f"max {n}", f"the highest {n}", f"peak {n}", f"biggest {n}", f"top {n}"),
            "stddev": (f"standard deviation of {n}", f"std of {n}", f"std dev of {n}", f"spread (standard deviation) of {n}"),
            "variance": (f"variance of {n}",),
            "count_distinct": (f"number of different {self.plural(c)}", f"how many distinct {self.plural(c)}", f"number of unique {self.plural(c)}", f"distinct {n} count", f"count of different {self.plural(c)}"),
            "mode": (f"most common {n}", f"most frequent {n}", f"commonest {n}"),
        }[function]  # fmt: skip
        return self.r.choice(options)

    def count(self) -> str:
        rows = self.rows()
        return self.pick(f"number of {rows}", f"count of {rows}", f"{rows} count", f"how many {rows}", f"the number of {rows}", f"amount of {rows}")

    def group(self, c: Col) -> str:
        n = self.col(c)
        return self.pick(
            f"by {n}", f"per {n}", f"for each {n}", f"for every {n}", f"in each {n}", f"broken down by {n}",
            f"split by {n}", f"grouped by {n}", f"across {self.plural(c)}", f"by {n}", f"per {n}", f"for the different {self.plural(c)}",
            f"within each {n}", f"by each {n}", f"for all {self.plural(c)}",
        )  # fmt: skip

    def group_expr(self, e: str) -> str:
        return self.pick(f"by {e}", f"per {e}", f"for each {e}", f"in each {e}", f"every {e}", f"{e} by {e}", f"grouped by {e}", f"by {e}")

    # ---- numbers

    def number(self, value: float) -> str:
        if value == int(value):
            whole = int(value)
            if whole <= 12 and self.r.random() < 0.25:
                return ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"][whole]
            if whole >= 1000 and whole % 1000 == 0 and self.r.random() < 0.3:
                return f"{whole // 1000}k"
            return f"{whole:,}" if self.r.random() < 0.3 else str(whole)
        return str(value)

    def compare(self, c: Col, op: str, value: float) -> str:
        """A condition that follows its noun: "with rent above 900"."""
        n, v = self.col(c), self.number(value)
        if c.role == "money" and self.r.random() < 0.2:
            v = f"${v}"
        options = {
            ">": (f"with {n} over {v}", f"with more than {v} {n}", f"where {n} is above {v}", f"with a {n} greater than {v}", f"whose {n} exceeds {v}", f"with {n} > {v}", f"that have {n} higher than {v}", f"{n} above {v}"),
            ">=": (f"with {n} of at least {v}", f"with at least {v} {n}", f"where {n} is {v} or more", f"with {n} >= {v}", f"whose {n} is no less than {v}", f"with {n} from {v} up"),
            "<": (f"with {n} under {v}", f"with less than {v} {n}", f"with fewer than {v} {n}", f"where {n} is below {v}", f"with a {n} lower than {v}", f"with {n} < {v}", f"whose {n} is smaller than {v}", f"{n} below {v}"),
            "<=": (f"with {n} of at most {v}", f"with at most {v} {n}", f"where {n} is {v} or less", f"with {n} <= {v}", f"with {n} up to {v}", f"whose {n} is no more than {v}"),
            "=": (f"with {n} {v}", f"where {n} is {v}", f"with {n} equal to {v}", f"with {n} = {v}", f"with exactly {v} {n}", f"whose {n} is {v}"),
            "!=": (f"with {n} other than {v}", f"where {n} is not {v}"),
        }[op]  # fmt: skip
        return self.r.choice(options)

    def equals(self, c: Col, value: str) -> str:
        n = self.col(c)
        v = value if self.r.random() < 0.6 else value.lower()
        if self.r.random() < 0.06:
            v = f'"{value}"'
        return self.pick(
            f"in {v}", f"for {v}", f"where {n} is {v}", f"with {n} {v}", f"whose {n} is {v}", f"of {n} {v}", f"from {v}",
            f"for the {v} {n}", f"in the {v} {n}", f"with {v} as {n}", f"({n}: {v})", f"that are {v}", f"for {n} = {v}", f"at {v}",
        )  # fmt: skip


def ref(c: Col, domain: Domain) -> m.ColumnRef:
    return m.ColumnRef(name=c.name, table=domain.name)
