"""Rows whose names differ by a slip of the pen while the rest is the same.

Bounded: names are compared only within a block (the same first two letters and about the same length is
not asked; the same values in the most telling other column are), in at most 50,000 rows, and blocks of
more than 200 rows are left out. Two names are near where their Damerau-Levenshtein distance is 1 (from 5
letters on) or 2 (from 10 on) and their digits are the same. A pair is reported where all other columns
agree, ids and one exception aside, and so much agreement is not to be had by chance.
"""

from __future__ import annotations

from llmauto_tools.columns import quoted
from llmauto_tools.quality.agreement import agreeing_pairs
from llmauto_tools.quality.base import Finding, Subject, counted, shown
from llmauto_tools.quality.profile import ColumnStats

MAX_ROWS = 50_000
MAX_BLOCK = 200
MAX_OTHERS = 40
CHANCE_FACTOR = 3.0


def find(subject: Subject, columns: list[ColumnStats]) -> list[Finding]:
    names = [s for s in columns if _is_name(s)][:3]
    findings = []
    for name in names:
        others = [s for s in columns if s is not name and not s.is_id and s.distinct > 1][:MAX_OTHERS]
        if len(others) >= 2:
            findings += _pairs(subject, name, others)
    return findings


def _is_name(s: ColumnStats) -> bool:
    """Short texts, mostly different: names and titles rather than codes, categories or prose."""
    return (
        s.family == "text"
        and s.filled >= 10
        and s.distinct >= 0.3 * s.filled
        and 5 <= (s.length or 0) <= 60
        and s.spaced >= 0.3
    )


def _pairs(subject: Subject, name: ColumnStats, others: list[ColumnStats]) -> list[Finding]:
    blocker = max(others, key=lambda s: s.distinct if s.filled >= 0.8 * s.rows else 0)
    rest = [s for s in others if s is not blocker]
    columns = ", ".join(
        [
            f"{_plain(name)} AS name",
            f"{quoted(name.name)} AS original",
            f"{quoted(blocker.name)} AS block",
            *(f"{quoted(s.name)} AS o{i}" for i, s in enumerate(rest)),
        ]
    )
    source = subject.sample(MAX_ROWS, columns)
    agree = " + ".join(f"CAST(a.o{i} IS NOT DISTINCT FROM b.o{i} AS INTEGER)" for i in range(len(rest)))
    needed = len(rest) - 1 if len(rest) >= 3 else len(rest)
    rows = subject.query(
        f"WITH s AS (SELECT *, row_number() OVER () AS p, count(*) OVER (PARTITION BY block) AS size,"
        f" regexp_replace(name, '\\D', '', 'g') AS digits FROM ({source}) WHERE length(name) >= 5"
        f" AND block IS NOT NULL)"
        f" SELECT a.original, b.original FROM s AS a JOIN s AS b ON a.block = b.block AND a.p < b.p"
        f" AND a.digits = b.digits WHERE a.size <= {MAX_BLOCK} AND a.name <> b.name"
        f" AND abs(length(a.name) - length(b.name)) <= 2 AND {agree} >= {needed}"
        f" AND damerau_levenshtein(a.name, b.name) <= CASE WHEN least(length(a.name), length(b.name)) >= 10"
        f" THEN 2 ELSE 1 END ORDER BY 1, 2",
        1_000,
    )
    chance = agreeing_pairs(subject, [blocker, *rest], min(subject.rows, MAX_ROWS) ** 2 / 2)
    if len(rows) <= CHANCE_FACTOR * chance:
        return []
    examples = tuple(f"{shown(a)} / {shown(b)}" for a, b in rows[: subject.options.examples])
    sentence = (
        f"{counted(len(rows), 'pair')} of rows {'has' if len(rows) == 1 else 'have'} nearly the same '{name.name}'"
        " and agree in the other columns: probably the same thing, typed twice."
    )
    # No step is on offer: which of two spellings is right is for a person to say.
    return [
        Finding("duplicates", "near", "medium", (name.name,), len(rows), subject.rows, sentence, examples)
    ]


def _plain(s: ColumnStats) -> str:
    return f"regexp_replace(trim(lower(strip_accents({quoted(s.name)}))), '\\s+', ' ', 'g')"
