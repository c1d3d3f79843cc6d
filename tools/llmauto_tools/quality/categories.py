"""One category under several spellings: case, spaces, points, abbreviations, typing errors.

Spellings that differ only in case, accents, spaces and punctuation inside words are taken for one. A
rare spelling is taken for a slip where it is one edit (two, from 10 letters on; Damerau-Levenshtein) away
from a spelling that is at least 20 times as frequent, with the same digits and the same number of words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict

from llmauto_tools.quality.base import Finding, Severity, Subject, Values, counted, listed, shown
from llmauto_tools.quality.profile import ColumnStats

MAX_CATEGORIES = 2_000
MIN_REPEATS = 2.0
"""Rows per different value, so that a column is one of categories."""

RATIO = 20
MAX_RARE_SHARE = 0.005
_INNER = re.compile(r"(?<=\w)[.'’_\-\s/]+(?=\w)|\.(?=\s|$)|^\s+|\s+$")
_DIGITS = re.compile(r"\d+")
_NEGATION = ("un", "in", "im", "non", "dis", "ir", "a")

_SAME_MEANING: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split("|"))
    for group in (
        "usa|us|united states|united states of america|u s a",
        "uk|united kingdom|great britain",
        "uae|united arab emirates",
        "male|m",
        "female|f",
        "yes|y",
        "no|n",
        "true|t",
        "false|f",
        "new york|ny|nyc|new york city",
        "california|ca|calif",
        "street|st",
        "incorporated|inc",
    )
)


def find(subject: Subject) -> list[Finding]:
    texts = subject.family("text")
    findings = _spaces(subject, texts)
    for s in texts:
        values, read = subject.values(s.name)
        few = s.distinct <= MAX_CATEGORIES and len(values) * MIN_REPEATS <= read
        if few and s.name != subject.options.group:
            stripped = _stripped(values)
            findings += _spellings(subject, s, stripped, read)
            findings += _slips(subject, s, stripped, read)
    return findings


def _stripped(values: Values) -> dict[str, int]:
    """Counts per value without the spaces around it (these have a finding of their own)."""
    counts: dict[str, int] = defaultdict(int)
    for value, count in values:
        if value.strip():
            counts[" ".join(value.split())] += count
    return dict(counts)


def _spaces(subject: Subject, texts: list[ColumnStats]) -> list[Finding]:
    """Spaces around or doubled: a finding per column where they split a category, else one for all."""
    findings, others = [], []
    for s in texts:
        values, read = subject.values(s.name)
        bad = [(v, n) for v, n in values if v.strip() and (v != v.strip() or "  " in v)]
        count = sum(n for _, n in bad)
        if not bad or count > 0.9 * read:  # padded throughout, as fixed-width files are
            continue
        clean = {v for v, _ in values}
        if any(" ".join(v.split()) in clean for v, _ in bad):
            findings.append(_split_by_spaces(subject, s, bad, read))
        else:
            others.append((s.name, bad, count, read))
    if others:
        names = tuple(name for name, *_ in others)
        _, bad, count, read = max(others, key=lambda o: o[2])
        sentence = (
            f"{listed(names)} {'has' if len(names) == 1 else 'have'} values with spaces around or doubled"
            f" ({'' if len(names) == 1 else 'at most '}{counted(count, 'row')})."
        )
        examples = tuple(repr(shown(v)) for v, _ in bad[: subject.options.examples])
        fix = subject.fix("trim", names)
        findings.append(Finding("categories", "spaces", "low", names, count, read, sentence, examples, fix))
    return findings


def _split_by_spaces(subject: Subject, s: ColumnStats, bad: Values, read: int) -> Finding:
    count = sum(n for _, n in bad)
    sentence = (
        f"{counted(count, 'value')} of '{s.name}' {'has' if count == 1 else 'have'} spaces around or doubled, which"
        " makes one category two."
    )
    examples = tuple(repr(shown(v)) for v, _ in bad[: subject.options.examples])
    fix = subject.fix("trim", [s.name])
    return Finding("categories", "spaces", "medium", (s.name,), count, read, sentence, examples, fix)


def key(text: str) -> str:
    """What is compared: no case, accents, nor punctuation and spaces between letters."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return _INNER.sub(_between, plain)


def _between(match: re.Match[str]) -> str:
    """Between two digits, punctuation tells 1.5 from 15: it stays."""
    text, start, end = match.string, match.start(), match.end()
    if start > 0 and end < len(text) and text[start - 1].isdigit() and text[end].isdigit():
        return match[0]
    return ""


def _spellings(subject: Subject, s: ColumnStats, counts: dict[str, int], read: int) -> list[Finding]:
    groups: dict[str, list[str]] = defaultdict(list)
    for value in counts:
        groups[key(value)].append(value)
    several = [g for g in groups.values() if len(g) > 1] + _synonyms(groups)
    if not several:
        return []
    mapping: dict[str, str] = {}
    for group in several:
        best = max(group, key=lambda v: (counts[v], v))
        mapping |= {v: best for v in group if v != best}
    count = sum(counts[v] for v in mapping)
    examples = tuple(" / ".join(f"{shown(v, 25)} ({counts[v]:,})" for v in g[:4]) for g in several)
    sentence = (
        f"'{s.name}' spells {counted(len(several), 'category')} in more than one way:"
        f" {counted(count, 'row')} {'differs' if count == 1 else 'differ'} from the most frequent spelling."
    )
    fix = subject.fix("unify", [s.name], mapping=mapping) if len(mapping) <= 50 else None
    return [Finding("categories", "spellings", "medium", (s.name,), count, read, sentence, examples, fix)]


def _synonyms(groups: dict[str, list[str]]) -> list[list[str]]:
    """Values that mean the same by a short list of abbreviations, where both forms are used."""
    found = []
    for same in _SAME_MEANING:
        forms = [k for k in (key(x) for x in sorted(same)) if k in groups]
        if len(set(forms)) > 1:
            found.append([v for k in dict.fromkeys(forms) for v in groups[k]])
    return found


def _slips(subject: Subject, s: ColumnStats, counts: dict[str, int], read: int) -> list[Finding]:
    rare = [v for v, n in counts.items() if n <= MAX_RARE_SHARE * read and len(v) >= 5]
    frequent = [v for v, n in counts.items() if n >= RATIO and len(v) >= 5]
    mapping: dict[str, str] = {}
    for value in rare:
        near = [f for f in frequent if counts[f] >= RATIO * counts[value] and is_slip(value, f)]
        if near:
            mapping[value] = max(near, key=lambda f: counts[f])
    if not mapping:
        return []
    count = sum(counts[v] for v in mapping)
    # A slip is seldom made often: what is there many times may be a value of its own.
    severity: Severity = "medium" if max(counts[v] for v in mapping) <= 3 else "low"
    pairs = [f"{shown(a, 25)} ({counts[a]:,}) for {shown(b, 25)} ({counts[b]:,})" for a, b in mapping.items()]
    sentence = (
        f"{counted(len(mapping), 'rare value')} of '{s.name}' {'looks' if len(mapping) == 1 else 'look'} like a typing"
        f" error for a frequent one ({counted(count, 'row')})."
    )
    fix = subject.fix("unify", [s.name], mapping=mapping) if len(mapping) <= 50 else None
    return [Finding("categories", "slips", severity, (s.name,), count, read, sentence, tuple(pairs), fix)]


def is_slip(value: str, other: str) -> bool:
    """Whether `value` may be `other` mistyped."""
    a, b = value.casefold(), other.casefold()
    if a == b or key(value) == key(other) or _DIGITS.findall(a) != _DIGITS.findall(b):
        return False
    words = list(zip(a.split(), b.split(), strict=False))
    if len(a.split()) != len(b.split()) or any(x != y and min(len(x), len(y)) < 4 for x, y in words):
        return False
    if a.rstrip("s") == b.rstrip("s"):
        return False
    long, short = (a, b) if len(a) > len(b) else (b, a)
    if any(long == prefix + short for prefix in _NEGATION):
        return False
    most = 2 if min(len(a), len(b)) >= 10 else 1
    return abs(len(a) - len(b)) <= most and distance(a, b, most) <= most


def distance(a: str, b: str, most: int) -> int:
    """Edits (insert, delete, change, swap of neighbours) from a to b, or `most` + 1 where there are more.

    The optimal string alignment distance; Boytsov, Indexing methods for approximate dictionary searching,
    Journal of Experimental Algorithmics 16 (2011).
    """
    two_ago: list[int] = []
    ago = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(ago[j] + 1, row[-1] + 1, ago[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, two_ago[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        two_ago, ago = ago, row
    return ago[-1]
