"""What all sentences share: the filter in words, the row noun, counts, labels, orderings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from llmauto_agent.numbers import is_number, parse_iso
from llmauto_agent.planner.verbalise_result import Output, ResultView, Voice
from llmauto_tools.ledger import Evidence
from llmauto_tools.plan.model import DateBucket, Measure, Plan, Predicate
from llmauto_tools.schema import Table

FEW = 5
"""Lists up to this length are written in full; of longer ones the first SHOWN."""
SHOWN = 3

Row = Sequence[Any]


@dataclass(frozen=True)
class Sentence:
    """The plan, the result and the words of one language."""

    plan: Plan | None
    view: ResultView
    voice: Voice
    question: str
    columns: tuple[str, ...]
    """The names of the columns that the question could have meant."""

    @classmethod
    def of(
        cls, plan: Plan | None, evidence: Evidence, voice: Voice, tables: Sequence[Table], question: str
    ) -> Sentence:
        view = ResultView(plan, evidence, voice.language, tables)
        return cls(plan, view, voice, question, tuple(c.name for t in tables for c in t.columns))

    # ---- the filter and the rows

    @cached_property
    def noun(self) -> str:
        return self.voice.row_noun(self.question, self.columns)

    def say(self, template: str, **parts: object) -> str:
        return self.voice.say(template, **parts)

    def condition(self, template: str, where: Predicate | None, noun: str | None = None) -> str:
        """The filter in words inside that template ("with", "of_rows", ...), or nothing."""
        if where is None:
            return ""
        return self.say(template, condition=self.voice.predicate(where), noun=noun or self.noun)

    @property
    def where(self) -> Predicate | None:
        return self.plan.where if self.plan else None

    def nothing(self) -> str:
        """The sentence for a result without rows."""
        having = self.plan.having if self.plan else None
        if having is not None:
            noun = self.voice.templates["group_noun"]
            return self.say("none", noun=noun, with_=self.condition("with", having, noun))
        return self.say("none", noun=self.noun, with_=self.condition("with", self.where))

    def rows_phrase(self, noun: str | None = None) -> str:
        """ "12 passengers", "1 row", "more than 1,000 rows"."""
        count = self.view.row_count
        noun = noun or self.noun
        if count is None:
            return self.say("many", count=f"{len(self.view.rows):,}", noun=noun)
        if count == 1:
            return self.say("one_row")
        return self.say("row_of", count=f"{count:,}", noun=noun)

    # ---- outputs

    def what(self, output: Output) -> str:
        """The name of an output in words."""
        if isinstance(output.source, Measure):
            return self.voice.measure(output.source)
        if output.expr is not None:
            return self.voice.expression(output.expr)
        return output.name

    def ordering(self) -> tuple[Output | None, bool, str]:
        """The output that the plan orders by first (None if it is not shown), whether descending, and
        its words ("" without an order)."""
        if self.plan is None or not self.plan.order_by:
            return None, False, ""
        order = self.plan.order_by[0]
        for output in self.view.outputs:
            alias = output.source.alias if output.source else None
            if order.by in (output.name, alias, output.expr):
                return output, order.descending, self.what(output)
        words = order.by if isinstance(order.by, str) else self.voice.expression(order.by)
        return None, order.descending, words

    # ---- items

    def item(self, label: str, output: Output, value: Any, decimals: int | None = None) -> str:
        if value is None:
            return self.say("item_none", label=label)
        return self.say("item", label=label, value=self.view.text(output, value, decimals))

    def some(self, items: Sequence[str], *, total: int | None = None, separator: str = "") -> str:
        """A list in full if it is short, else its beginning and an ellipsis."""
        separator = separator or self.comma
        if (total is None or total == len(items)) and len(items) <= FEW:
            return separator.join(items)
        return self.say("and_more", items=separator.join(items[:SHOWN]))

    def capital(self, text: str) -> str:
        """The text with a capital, unless it begins with a column's name."""
        if self.voice.language == "zh" or text.startswith(self.columns):
            return text
        return text[:1].upper() + text[1:]

    @property
    def comma(self) -> str:
        return "，" if self.voice.language == "zh" else ", "

    @property
    def semicolon(self) -> str:
        return "；" if self.voice.language == "zh" else "; "


def comparable(values: Sequence[Any]) -> bool:
    """Whether a largest and a smallest of these values can be named: all numbers or all dates."""
    present = [v for v in values if v is not None]
    return bool(present) and (all(map(is_number, present)) or all(parse_iso(v) for v in present))


def is_time(output: Output) -> bool:
    """Whether the output is a point on a time line: a date, a date bucket or a year."""
    return output.is_date or isinstance(output.expr, DateBucket) or output.date_unit == "year"
