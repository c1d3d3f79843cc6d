"""Types for text columns: which type all values of a column have, and the SQL that reads them as it.

`infer` looks at values in Python and proposes a Cast; `Cast.accepts` is the same test as SQL, so that a
whole file can be checked by DuckDB. A column becomes a number, date, time or boolean only if every value
is one (or a token for "missing"); identifiers (leading zeros, very long digit strings, +phone numbers)
stay text.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from llmauto_tools.sources.base import literal
from llmauto_tools.sources.dates import infer_date, infer_time
from llmauto_tools.sources.numbers import infer_number

MISSING = frozenset({
    "na", "n/a", "#n/a", "#na", "<na>", "nan", "null", "(null)", "none", "nil", "-", "--", "–", "—",
    ".", "?", "\\n", "missing", "n.a.", "k.a.",
})  # fmt: skip
"""Tokens for "no value", in lower case. They count as missing only in columns that get a type."""

_BOOLEANS = (
    ("true", "false"), ("yes", "no"), ("ja", "nein"), ("oui", "non"), ("sí", "no"), ("si", "no"),
    ("sim", "não"), ("是", "否"), ("y", "n"), ("t", "f"),
)  # fmt: skip


@dataclass(frozen=True)
class Cast:
    """How the text of one column is read as a type.

    `value` and `test` are SQL with `{v}` for the column; `native` says that DuckDB's own readers parse
    exactly these values as `dtype`; `exact` is False where `value` could turn other text into a number
    (the test then guards it wherever not every value was checked).
    """

    dtype: str
    value: str
    test: str
    note: str | None = None
    native: bool = False
    exact: bool = True
    missing: tuple[str, ...] = ()
    padded: bool = False
    alternative: str | None = None
    """SQL test of the other order of day and month, where the values seen so far fit both."""

    def _operand(self, column: str) -> str:
        return f"trim({column})" if self.padded else column

    def expression(self, column: str, checked: bool) -> str:
        """The SELECT expression; `checked` says that every value of the column is known to fit."""
        v = self._operand(column)
        value = self.value.replace("{v}", v)
        if self.missing:
            value = f"CASE WHEN lower(trim({column})) NOT IN ({self._tokens()}) THEN {value} END"
        if checked or self.exact:
            return value
        return f"CASE WHEN {self.test.replace('{v}', v)} THEN {value} END"

    def accepts(self, column: str) -> str:
        """SQL that is true where the value fits or is missing, never NULL."""
        return self._accepting(self.test, column)

    def accepts_alternative(self, column: str) -> str:
        return self._accepting(self.alternative or "false", column)

    def _accepting(self, test: str, column: str) -> str:
        v = self._operand(column)
        fits = f"coalesce({test.replace('{v}', v)}, {column} IS NULL)"
        if self.missing:
            fits = f"({fits} OR lower(trim({column})) IN ({self._tokens()}))"
        if self.padded:
            fits = f"({fits} OR trim({column}) = '')"
        return fits

    def _tokens(self) -> str:
        return ", ".join(literal(t) for t in self.missing)


@dataclass(frozen=True)
class Verdict:
    """What the values of a column say: a cast, or None for text, and a remark for the column's note."""

    cast: Cast | None = None
    note: str | None = None


TEXT = Verdict()


def infer(values: Collection[str], name: str = "", decimal_comma: bool = False) -> Verdict:
    """The type that all of `values` have (without NULLs and empty strings).

    `name` helps only where digits alone could be a date (20240131); `decimal_comma` says that the
    file's numbers are written 1.234,50.
    """
    distinct = set(values)
    distinct.discard("")
    padded = any(v[0] == " " or v[-1] == " " for v in distinct)
    plain = {v.strip(" ") for v in distinct} - {""} if padded else distinct
    tokens = sorted({v.lower() for v in plain if len(v) <= 7} & MISSING)
    if tokens:
        plain = {v for v in plain if v.lower() not in MISSING}
    if not plain:
        return TEXT
    verdict = _typed(plain, name, decimal_comma)
    if verdict.cast is None:
        return _trimmed(distinct) if padded and verdict.note is None else verdict
    return Verdict(_with_extras(verdict.cast, tokens, padded))


def _typed(values: set[str], name: str, decimal_comma: bool) -> Verdict:
    """The first kind that fits all values, numbers first."""
    number = infer_number(values, decimal_comma)
    day = infer_date(values, name) if number is None or number.plain_integers else None
    if day is not None:
        return Verdict(
            Cast(day.dtype, day.value, day.test, day.note, day.native, True, alternative=day.alternative)
        )
    if number is not None:
        if number.dtype is None:
            return Verdict(None, number.note)
        return Verdict(
            Cast(number.dtype, number.value, number.test, number.note, number.native, number.exact)
        )
    clock = infer_time(values)
    if clock is not None:
        return Verdict(Cast(clock.dtype, clock.value, clock.test, clock.note, clock.native))
    return Verdict(_boolean(values))


def _boolean(values: set[str]) -> Cast | None:
    if len(values) > 6:
        return None
    lower = {v.lower() for v in values}
    for yes, no in _BOOLEANS:
        if not lower <= {yes, no} or (len(yes) == 1 and yes.isascii() and len(lower) < 2):
            continue
        test = f"lower({{v}}) IN ({literal(yes)}, {literal(no)})"
        if yes == "true":
            return Cast("BOOLEAN", "TRY_CAST({v} AS BOOLEAN)", test, native=True, exact=False)
        value = f"CASE lower({{v}}) WHEN {literal(yes)} THEN true WHEN {literal(no)} THEN false END"
        return Cast("BOOLEAN", value, test, f"'{yes}'/'{no}' read as true/false")
    return None


def _trimmed(values: set[str]) -> Verdict:
    """Text whose every value begins with a blank ("a, b, c"): the blank belongs to the delimiter."""
    if all(v.startswith(" ") for v in values) and len(values) > 1:
        return Verdict(Cast("VARCHAR", "trim({v})", "{v} LIKE ' %'", "blanks around the text removed"))
    return TEXT


def _with_extras(cast: Cast, tokens: list[str], padded: bool) -> Cast:
    """The cast with its tokens for missing values and the blanks around values taken into account."""
    note = cast.note
    if tokens:
        named = ", ".join(f"'{t}'" for t in tokens)
        note = "; ".join(filter(None, (note, f"{named} read as missing")))
    return Cast(
        cast.dtype,
        cast.value,
        cast.test,
        note,
        cast.native and not tokens and not padded,
        cast.exact,
        tuple(tokens),
        padded,
        cast.alternative,
    )


_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d{1,2}|[+-]?\d{1,3}(?:\.\d{3})+,\d+")


def uses_decimal_comma(cells: Collection[str]) -> bool:
    """Whether some cell is a number with a decimal comma beyond doubt (such as 1,5 or 1.234,50)."""
    return any("," in c and _DECIMAL_COMMA.fullmatch(c) is not None for c in cells)
