"""Rows that repeat: wholly, but for an id, or but for case and spaces; and columns that repeat another.

Rows are compared by a 64-bit hash (two different rows of 10,000,000 share one with a probability of about
3 in a million). In a table of few, coarse columns some rows repeat by chance: repeats are reported only
where there are more than three times as many as independent columns would give (the product of each
column's probability that two rows agree, over all pairs of rows).
"""

from __future__ import annotations

from llmauto_tools.columns import quoted
from llmauto_tools.quality import near_duplicates
from llmauto_tools.quality.agreement import expected_repeats
from llmauto_tools.quality.base import Finding, Severity, Subject, counted, listed, percent, shown
from llmauto_tools.quality.profile import ColumnStats

CHANCE_FACTOR = 3.0
PLAIN = ("number", "text", "date", "time", "boolean")


def find(subject: Subject) -> list[Finding]:
    if subject.rows < 2:
        return []
    columns = [subject.stats[c.name] for c in subject.columns if c.family in PLAIN]
    findings = _columns(subject, columns)
    exact = _repeats(subject, f"SELECT hash(t) AS h FROM {subject.relation} AS t")
    chance = expected_repeats(subject, columns) if exact else 0.0
    if exact > CHANCE_FACTOR * chance:
        findings.append(_exact(subject, exact))
    findings += _but_for(subject, columns, exact)
    return findings + near_duplicates.find(subject, columns)


def _repeats(subject: Subject, hashes: str) -> int:
    """Rows beyond the first of each set of equal hashes."""
    return int(
        subject.query(
            f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM ({hashes}) GROUP BY h)"
        )[0][0]
    )


def _severity(share: float) -> Severity:
    return "high" if share >= 0.1 else "medium" if share >= 0.01 else "low"


def _exact(subject: Subject, count: int) -> Finding:
    share = count / subject.rows
    repeat = "repeats" if count == 1 else "repeat"
    sentence = f"{counted(count, 'row')} ({percent(share)}) {repeat} another row in every column."
    return Finding(
        "duplicates",
        "rows",
        _severity(share),
        (),
        count,
        subject.rows,
        sentence,
        _examples(subject),
        subject.fix("deduplicate", []),
    )


def _examples(subject: Subject) -> tuple[str, ...]:
    """The most repeated rows, their first columns."""
    names = [quoted(c.name) for c in subject.table.columns[:3]]
    rows = subject.query(
        f"SELECT any_value(r), count(*) AS n FROM (SELECT hash(t) AS h, concat_ws(', ', {', '.join(names)}) AS r"
        f" FROM {subject.relation} AS t) GROUP BY h HAVING n > 1 ORDER BY n DESC, 1"
        f" LIMIT {subject.options.examples}"
    )
    return tuple(f"{shown(r)} ({n} times)" for r, n in rows)


def normal(s: ColumnStats) -> str:
    """A column as compared: texts without case and with single spaces."""
    q = quoted(s.name)
    if s.family != "text":
        return q
    return f"regexp_replace(trim(lower(CAST({q} AS VARCHAR))), '\\s+', ' ', 'g')"


def _but_for(subject: Subject, columns: list[ColumnStats], exact: int) -> list[Finding]:
    """Rows that are equal when ids are left out and case and spaces do not count."""
    ids = [s for s in columns if s.is_id]
    rest = [s for s in columns if not s.is_id]
    if len(rest) < 3 or (not ids and not any(s.family == "text" for s in rest)):
        return []
    items = ", ".join(normal(s) for s in rest)
    if len(items) > 90_000:
        return []
    extra = _repeats(subject, f"SELECT hash({items}) AS h FROM {subject.relation}") - exact
    if extra <= 0 or extra <= CHANCE_FACTOR * expected_repeats(subject, rest):
        return []
    share = extra / subject.rows
    aside = f"{listed([s.name for s in ids])} and differences" if ids else "differences"
    one = extra == 1
    sentence = (
        f"{counted(extra, 'row')} ({percent(share)}) {'is' if one else 'are'} equal to another row when {aside}"
        " in case and spaces are left aside."
    )
    names = [s.name for s in rest]
    severity: Severity = "medium" if share >= 0.01 else "low"
    fix = subject.fix("deduplicate", names)
    return [
        Finding(
            "duplicates", "rows_but_for", severity, tuple(s.name for s in ids), extra, subject.rows,
            sentence, (), fix,
        )
    ]  # fmt: skip


def _columns(subject: Subject, columns: list[ColumnStats]) -> list[Finding]:
    """Columns that hold the same values, row by row, as an earlier one (constant ones aside)."""
    candidates = [s for s in columns if s.distinct > 1]
    first: dict[tuple[object, ...], str] = {}
    findings = []
    for start in range(0, len(candidates), 50):
        batch = candidates[start : start + 50]
        # Hashed twice: DuckDB joins two hashes by exclusive or, which would cancel over the rows.
        sums = ", ".join(f"bit_xor(hash(hash(c{i}, position)))" for i in range(len(batch)))
        names = ", ".join(f"{quoted(s.name)} AS c{i}" for i, s in enumerate(batch))
        row = subject.query(
            f"SELECT {sums} FROM (SELECT {names}, row_number() OVER () AS position FROM {subject.relation})"
        )[0]
        for s, digest in zip(batch, row, strict=True):
            earlier = first.setdefault((digest, s.family, s.dtype, s.filled), s.name)
            if earlier != s.name and subject.rows >= 10:
                sentence = f"'{s.name}' repeats '{earlier}' in every row."
                fix = subject.fix("drop", [s.name])
                findings.append(
                    Finding(
                        "duplicates", "columns", "medium", (earlier, s.name), subject.rows, subject.rows,
                        sentence, (), fix,
                    )
                )  # fmt: skip
    return findings
