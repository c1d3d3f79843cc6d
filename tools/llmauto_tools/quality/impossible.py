"""Values that cannot be: negative ages, shares above 100%, latitudes beyond 90, ends before starts.

What a column means is read from its name. A rule that many values break does not fit the column (a
"percentage change" may be 300), so it is reported only where at least 90% of the values keep it.
"""

from __future__ import annotations

from dataclasses import dataclass

from llmauto_tools.columns import quoted
from llmauto_tools.quality.base import Finding, Subject, counted, percent
from llmauto_tools.quality.names import says
from llmauto_tools.quality.pairs import broken_pairs
from llmauto_tools.quality.profile import ColumnStats

KEPT = 0.9


@dataclass(frozen=True)
class Range:
    """A range that columns of some names have to keep (bounds included)."""

    what: str
    words: frozenset[str]
    low: float | None
    high: float | None
    but: frozenset[str] = frozenset()
    """Words that say that the column means something else."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CHANGES = _words(
    "change changes growth diff difference delta return returns gain loss margin net balance adjustment z score"
    " std error residual log index rank code id profit variation trend anomaly offset correlation effect"
)
RANGES: tuple[Range, ...] = (
    Range(
        "an age in years", _words("age ages 年龄"), 0, 125, _CHANGES | _words("group band range days months")
    ),
    Range("a latitude", _words("lat latitude 纬度"), -90, 90, _CHANGES),
    Range("a longitude", _words("lon lng long longitude 经度"), -180, 180, _CHANGES | _words("term")),
    Range("a percentage", _words("pct percent percentage % 百分比"), 0, 100, _CHANGES | _words("of target")),
    Range("a probability", _words("prob proba probability likelihood 概率"), 0, 1, _CHANGES),
    Range("a month", _words("month 月份"), 0, 12, _words("months per since number tenure")),
    Range(
        "a day of the month",
        _words("day"),
        1,
        31,
        _words("days per of week year since minutes calls charge hour"),
    ),
    Range("an hour of the day", _words("hour"), 0, 24, _words("hours per since week")),
    Range(
        "a quantity that is never negative",
        _words(
            "price quantity qty count weight height width length depth distance duration area population salary"
            " income wage volume size rooms bedrooms bathrooms children visits votes population horsepower rainfall"
            " precipitation fare tenure carat 价格 数量 工资 重量 面积"
        ),
        0,
        None,
        _CHANGES,
    ),
)


def find(subject: Subject) -> list[Finding]:
    numbers = subject.family("number")
    findings = _infinite(subject, numbers)
    for s in numbers:
        rule = next((r for r in RANGES if says(s.name, set(r.words)) and not says(s.name, set(r.but))), None)
        if rule is not None and s.name != subject.options.target:
            findings += _out_of_range(subject, s, rule)
    findings += _births(subject)
    return findings + broken_pairs(subject)


def _infinite(subject: Subject, numbers: list[ColumnStats]) -> list[Finding]:
    return [
        Finding(
            "impossible",
            "infinite",
            "high",
            (s.name,),
            s.infinite,
            s.filled,
            f"'{s.name}' is infinite in {counted(s.infinite, 'row')}: most methods stop there, and a mean is"
            " meaningless.",
            ("Infinity",),
            subject.blank(s.name, ["inf", "-inf"]),
        )
        for s in numbers
        if s.infinite
    ]


def _out_of_range(subject: Subject, s: ColumnStats, rule: Range) -> list[Finding]:
    bad = [f"x < {rule.low}"] if rule.low is not None and s.low is not None and s.low < rule.low else []
    if rule.high is not None and s.high is not None and s.high > rule.high:
        bad.append(f"x > {rule.high}")
    if not bad:
        return []
    count, values = _count(subject, s, " OR ".join(bad))
    if not count or count > (1 - KEPT) * s.filled:
        return []
    if rule.low is not None and rule.high is None:
        limits = f"below {rule.low:g}"
    else:
        limits = f"outside {rule.low:g} to {rule.high:g}"
    sentence = (
        f"'{s.name}' reads as {rule.what}, but {counted(count, 'value')} ({percent(count / s.filled)})"
        f" {'is' if count == 1 else 'are'} {limits}."
    )
    fix = subject.blank(s.name, values) if len(values) < 20 else None
    examples = tuple(values[: subject.options.examples])
    return [Finding("impossible", "range", "high", (s.name,), count, s.filled, sentence, examples, fix)]


def _count(subject: Subject, s: ColumnStats, condition: str) -> tuple[int, list[str]]:
    """How many values are bad, and at most 20 different ones, as text (a whole number without a point)."""
    x = f"CAST({quoted(s.name)} AS DOUBLE)"
    rows = subject.query(
        f"SELECT x, count(*) FROM (SELECT {x} AS x FROM {subject.relation}) WHERE isfinite(x) AND ({condition})"
        f" GROUP BY x ORDER BY 2 DESC, 1 LIMIT 20"
    )
    total = subject.query(
        f"SELECT count(*) FROM (SELECT {x} AS x FROM {subject.relation}) WHERE isfinite(x) AND ({condition})"
    )
    return int(total[0][0]), [f"{v:.0f}" if v == int(v) else repr(v) for v, _ in rows]


_BIRTH = {"birth", "birthdate", "birthday", "dob", "born", "birthdt", "出生", "生日", "出生日期"}


def _births(subject: Subject) -> list[Finding]:
    findings = []
    for s in subject.family("date"):
        if not says(s.name, _BIRTH):
            continue
        q = quoted(s.name)
        count, late, early = subject.query(
            f"SELECT count(*) FILTER (WHERE {q} > current_date OR {q} < DATE '1850-01-01'), max({q}), min({q})"
            f" FROM {subject.relation} WHERE isfinite({q})"
        )[0]
        if count and count <= (1 - KEPT) * s.filled:
            sentence = (
                f"'{s.name}' reads as a date of birth, but {counted(count, 'row')} {'has' if count == 1 else 'have'}"
                " one in the future or before 1850."
            )
            examples = (str(late if s.high > _now() else early),)
            findings.append(
                Finding("impossible", "birth", "high", (s.name,), int(count), s.filled, sentence, examples)
            )
    return findings


def _now() -> float:
    import time

    return time.time()
