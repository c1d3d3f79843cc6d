"""Values that stand for a missing one: "N/A", "-", 9999, 1900-01-01."""

from __future__ import annotations

import datetime as dt

from llmauto_tools.columns import quoted
from llmauto_tools.quality.base import Finding, Subject, Values, counted, listed, percent, shown
from llmauto_tools.quality.profile import ColumnStats

_CLEAR = {
    "", "n/a", "#n/a", "n.a.", "null", "(null)", "nan", "<na>", "?", "??", "-", "--", "---", ".", "missing",
    "not available", "not applicable", "nil", "tbd", "no data", "#value!", "#ref!", "无", "缺失", "暂无",
}  # fmt: skip
_VAGUE = {"unknown", "unk", "undefined", "not known", "not specified", "unspecified", "未知", "不详"}
"""Words that may be an answer of their own; they are pointed out, no more."""

_NUMBERS = (-9, -99, -999, -9999, -99999, -1, 99, 999, 9999, 99999, 999999, 9999999)
_DATES = ("0001-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01", "2099-12-31", "9999-12-31")
_DAY = 86_400


def find(subject: Subject) -> list[Finding]:
    texts = subject.family("text")
    findings = [f for s in texts if (f := _words(subject, s)) is not None]
    findings += _vague(subject, texts)
    numbers = [s for s in subject.family("number") if not s.is_id and s.distinct > 5]
    findings += [f for s in numbers if (f := _sentinel(subject, s)) is not None]
    return findings + [f for s in subject.family("date") if (f := _date(subject, s)) is not None]


def _hits(subject: Subject, s: ColumnStats, words: set[str]) -> tuple[Values, int]:
    """The values of a column that are among the words, where it has others too; and the rows read."""
    values, read = subject.values(s.name)
    hits = [(v, n) for v, n in values if v.strip().casefold() in words]
    return (hits if len(hits) < len(values) else []), read


def _words(subject: Subject, s: ColumnStats) -> Finding | None:
    hits, read = _hits(subject, s, _CLEAR)
    if not hits:
        return None
    count = sum(n for _, n in hits)
    which = ", ".join(f'"{shown(v)}"' for v, _ in hits[:3])
    return Finding(
        "missing",
        "placeholder",
        "medium",
        (s.name,),
        count,
        read,
        f"In '{s.name}', {which} {'stands' if len(hits) == 1 else 'stand'} for a missing value in"
        f" {counted(count, 'row')} ({percent(count / read)}).",
        tuple(shown(v) for v, _ in hits),
        subject.blank(s.name, [v for v, _ in hits]),
    )


def _vague(subject: Subject, texts: list[ColumnStats]) -> list[Finding]:
    """All columns with words that may stand for a missing value, in one finding."""
    found = [(s, hits, read) for s in texts for hits, read in [_hits(subject, s, _VAGUE)] if hits]
    if not found:
        return []
    found.sort(key=lambda f: -sum(n for _, n in f[1]))
    names = [s.name for s, *_ in found]
    words = dict.fromkeys(v for _, hits, _ in found for v, _ in hits)
    s, hits, read = found[0]
    count = sum(n for _, n in hits)
    most = f"{counted(count, 'row')}, {percent(count / read)}"
    which = ", ".join(f'"{shown(w)}"' for w in list(words)[:3])
    sentence = (
        f"{which} may stand for a missing value in {listed(names)}"
        f" ({most}{' in the first' if len(found) > 1 else ''})."
    )
    examples = tuple(f"{shown(s.name, 25)}: {sum(n for _, n in hits):,}" for s, hits, _ in found[:6])
    fix = subject.blank(s.name, [v for v, _ in hits]) if len(found) == 1 else None
    return [Finding("missing", "vague", "low", tuple(names), count, read, sentence, examples, fix)]


def _sentinel(subject: Subject, s: ColumnStats) -> Finding | None:
    """A number at the edge of its column, repeated, and far from all others (see `_is_apart`)."""
    for value in (v for v in (s.low, s.high) if v in _NUMBERS):
        x = f"CAST({quoted(s.name)} AS DOUBLE)"
        count, low, high, distinct = subject.query(
            f"SELECT count(*) FILTER (WHERE x = {value}), min(x) FILTER (WHERE x <> {value}),"
            f" max(x) FILTER (WHERE x <> {value}), approx_count_distinct(x)"
            f" FROM (SELECT {x} AS x FROM {subject.relation}) WHERE isfinite(x)"
        )[0]
        if count >= 2 and low is not None and distinct > 5 and _is_apart(value, low, high):
            return _number(subject, s, value, count)
    return None


def _is_apart(value: float, low: float, high: float) -> bool:
    """Whether the others end well before the value.

    -1 is one where nothing else is negative and the others are many and large; other codes are where
    they lie beyond the others by at least their whole range.
    """
    if value == -1:
        return bool(low >= 0 and high > 5)
    return bool(value < low - (high - low) or value > high + (high - low))


def _number(subject: Subject, s: ColumnStats, value: float, count: int) -> Finding:
    text = f"{value:.0f}"
    return Finding(
        "missing",
        "placeholder",
        "low" if value == -1 else "medium",
        (s.name,),
        count,
        s.filled,
        f"In '{s.name}', {text} looks like a code for a missing value: {counted(count, 'row')}"
        f" ({percent(count / s.filled)}) have it, far from all other values.",
        (text,),
        subject.blank(s.name, [text]),
    )


def _date(subject: Subject, s: ColumnStats) -> Finding | None:
    for text in _DATES:
        at = (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days * _DAY
        if at not in (s.low, s.high):
            continue
        seconds = f"epoch(CAST({quoted(s.name)} AS TIMESTAMP))"
        count, low, high = subject.query(
            f"SELECT count(*) FILTER (WHERE t = {at}), min(t) FILTER (WHERE t <> {at}),"
            f" max(t) FILTER (WHERE t <> {at}) FROM (SELECT {seconds} AS t FROM {subject.relation})"
        )[0]
        gap = 0 if low is None else max(low - at, at - high)
        if count >= 2 and gap > max(high - low, 365 * _DAY) / 2:
            sentence = (
                f"In '{s.name}', {text} looks like a stand-in for a missing date: {counted(count, 'row')}"
                f" ({percent(count / s.filled)}) have it, far from all other dates."
            )
            fix = subject.blank(s.name, [text])
            return Finding(
                "missing", "placeholder", "medium", (s.name,), count, s.filled, sentence, (text,), fix
            )
    return None


def stands_for_missing(text: str) -> bool:
    """Whether a text is one of the usual stand-ins for a missing value."""
    return text.strip().casefold() in _CLEAR | _VAGUE
