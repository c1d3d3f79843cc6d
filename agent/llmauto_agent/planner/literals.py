"""Numbers in a question: digits with units, number words, fractions, ordinals; English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NumberKind = Literal["number", "percent", "money", "ordinal", "fraction"]


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """A number that was read.

    `value` is the plain number: "2.5k" 2500, "三万" 30000, "third" (ordinal) 3, "one third" (fraction)
    0.333…, "20%" (percent) **20**, not 0.2: whether the column holds 20 or 0.2 is the reader's
    decision (`fraction` gives 0.2). `start`, `end` are character offsets of the question. `score` is
    low where the word may mean something else ("second", "half", a lone "a").
    """

    value: float | int
    kind: NumberKind
    start: int
    end: int
    text: str
    unit: str | None = None
    """Currency ("USD", "EUR", "GBP", "CNY", "JPY") of money, else None."""
    score: float = 1.0

    @property
    def fraction(self) -> float:
        """The value as a part of one: 20% → 0.2."""
        return self.value / 100 if self.kind == "percent" else float(self.value)


def read_numbers(text: str) -> list[NumberLiteral]:
    """All numbers of a text in order, longest reading first, without overlaps.

    Digits that are part of a date ("2023-03-05") or of a name ("x1") are read as the numbers that they
    look like, or not at all for names; let `dates.read_dates` have its spans first.
    """
    from llmauto_agent.planner.tokens import tokenize

    found = []
    for token in tokenize(text):
        if token.kind == "number":
            digits = token.lower.replace(",", "").rstrip("stndrhkmbx")
            value = float(digits)
            found.append(
                NumberLiteral(
                    int(value) if value.is_integer() else value, "number", token.start, token.end, token.text
                )
            )
    return found
