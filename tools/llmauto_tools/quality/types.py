"""Columns of text that are something else: numbers, quantities in several units, dates in several formats."""

from __future__ import annotations

from collections import Counter

from llmauto_tools.quality.base import Finding, Subject, Values, counted, percent, shown
from llmauto_tools.quality.names import says
from llmauto_tools.quality.numbers_in_text import date_format, is_comma_number, is_number, is_padded, quantity
from llmauto_tools.quality.placeholders import stands_for_missing
from llmauto_tools.quality.profile import ColumnStats

MOSTLY = 0.8
"""A column is of a kind where so much of it is (placeholders of missing values left out)."""

MIN_VALUES = 5
_CODES = {"id", "code", "zip", "zipcode", "postcode", "postal", "phone", "tel", "fax", "version", "uuid", "sku", "ticket",
          "number", "no", "编号", "电话"}  # fmt: skip


def find(subject: Subject) -> list[Finding]:
    findings: list[Finding] = []
    for s in subject.family("text"):
        all_values, read = subject.values(s.name)
        values = [(v, n) for v, n in all_values if not stands_for_missing(v)]
        total = sum(n for _, n in values)
        if total >= MIN_VALUES:
            findings += (
                _dates(subject, s, values, total)
                or _units(subject, s, values, total)
                or _numbers(subject, s, values, total, read)
            )
    return findings


def _dates(subject: Subject, s: ColumnStats, values: Values, total: int) -> list[Finding]:
    formats: Counter[str] = Counter()
    orders: Counter[bool] = Counter()
    example: dict[str, str] = {}
    for value, count in values:
        found = date_format(value)
        if found is not None:
            formats[found[0]] += count
            example.setdefault(found[0], value)
            if found[1] is not None:
                orders[found[1]] += count
                example.setdefault(f"day first {found[1]}", value)
    dates = sum(formats.values())
    if dates < MOSTLY * total:
        return []
    fix = subject.fix("cast", [s.name], to="timestamp")
    if len(orders) == 2:
        sentence = (
            f"'{s.name}' mixes day/month and month/day: some dates can only be read one way, some only the other,"
            " and the rest cannot be told."
        )
        examples = tuple(example[f"day first {first}"] for first in (True, False))
        return [
            Finding("types", "date_order", "high", (s.name,), min(orders.values()), total, sentence, examples)
        ]
    if len(formats) > 1:
        minority = dates - max(formats.values())
        which = ", ".join(f"{n:,} like {example[name]}" for name, n in formats.most_common(4))
        sentence = f"'{s.name}' has dates in {len(formats)} formats ({which})."
        examples = tuple(example[name] for name, _ in formats.most_common(4))
        return [Finding("types", "date_formats", "high", (s.name,), minority, total, sentence, examples, fix)]
    return [_dates_as_text(s, values, total, dates, fix)]


def _dates_as_text(s: ColumnStats, values: Values, total: int, dates: int, fix: dict[str, object]) -> Finding:
    odd = [v for v, _ in values if date_format(v) is None]
    rest = f"; {counted(total - dates, 'value')} cannot be read as one" if odd else ""
    return Finding(
        "types",
        "dates_as_text",
        "medium",
        (s.name,),
        dates,
        total,
        f"'{s.name}' is text, and {percent(dates / total)} of it are dates{rest}.",
        tuple(shown(v) for v in (odd or [v for v, _ in values])[:3]),
        fix,
    )


def _units(subject: Subject, s: ColumnStats, values: Values, total: int) -> list[Finding]:
    units: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], str] = {}
    plain = 0
    for value, count in values:
        found = quantity(value)
        if found is not None:
            key = (found.dimension, found.unit)
            units[key] += count
            example.setdefault(key, value)
        elif is_number(value):
            plain += count
    measured = sum(units.values())
    if measured < 2 or measured + plain < MOSTLY * total or not units:
        return []
    if len(units) > 1:
        which = ", ".join(f"{n:,} in {unit}" for (_, unit), n in units.most_common(5))
        minority = measured + plain - max(units.values())
        sentence = f"'{s.name}' mixes units ({which}{f', {plain:,} without one' if plain else ''})."
        examples = tuple(shown(example[u]) for u, _ in units.most_common(5))
        return [Finding("types", "units", "high", (s.name,), minority, total, sentence, examples)]
    ((_, unit),) = units
    without = f"; {counted(plain, 'value')} lack it" if plain else ""
    sentence = f"'{s.name}' is text because of a unit: its numbers end or begin with '{unit}'{without}."
    return [
        Finding(
            "types", "unit", "medium" if plain else "low", (s.name,), measured, total, sentence,
            tuple(shown(v) for v, _ in values[:3]),
        )
    ]  # fmt: skip


def _numbers(subject: Subject, s: ColumnStats, values: Values, total: int, read: int) -> list[Finding]:
    numbers = sum(n for v, n in values if is_number(v))
    commas = sum(n for v, n in values if is_comma_number(v))
    if any(is_padded(v) for v, _ in values) or says(s.name, _CODES):
        return []  # a code, which is rightly text
    fix = subject.fix("cast", [s.name], to="number")
    if commas >= 2 and numbers >= 2 and numbers + commas >= MOSTLY * total and numbers < total:
        sentence = (
            f"'{s.name}' mixes decimal points and decimal commas: {counted(commas, 'value')} have a comma."
        )
        examples = tuple(shown(v) for v, _ in values if is_comma_number(v))[:3]
        return [Finding("types", "decimal_marks", "high", (s.name,), commas, total, sentence, examples)]
    if numbers < MOSTLY * total:
        return []
    odd = [v for v, _ in values if not is_number(v)]
    count = total - numbers
    if odd:
        sentence = (
            f"'{s.name}' holds numbers, but {counted(count, 'value')} ({percent(count / total)}) cannot be read as one,"
            " so that the whole column is text."
        )
        return [
            Finding(
                "types", "mixed", "high", (s.name,), count, total, sentence,
                tuple(shown(v) for v in odd[:5]), fix,
            )
        ]  # fmt: skip
    aside = " (stand-ins for missing values aside)" if total < read else ""
    sentence = f"'{s.name}' holds numbers only{aside}, but is stored as text."
    examples = tuple(shown(v) for v, _ in values[:3])
    return [Finding("types", "numbers_as_text", "medium", (s.name,), numbers, total, sentence, examples, fix)]
