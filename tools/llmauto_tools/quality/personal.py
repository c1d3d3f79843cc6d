"""Personal data: e-mail addresses, phone, card and account numbers, identity numbers, IP addresses.

A number counts only where its check digit is right (cards by Luhn, accounts by mod 97, Chinese identity
numbers by GB 11643). One card number in ten is right by chance, so a column of numbers is reported as
cards only where most of them are. Values are never shown whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from llmauto_tools.columns import quoted
from llmauto_tools.quality.base import SAMPLE_ROWS, Finding, Severity, Subject, Values, counted, percent
from llmauto_tools.quality.checksums import is_card, is_chinese_id, is_iban, is_ip, is_ssn
from llmauto_tools.quality.names import says
from llmauto_tools.quality.profile import ColumnStats

_EDGE_BEFORE, _EDGE_AFTER = r"(?<![\w.@+-])", r"(?![\w@-]|\.\d)"


@dataclass(frozen=True)
class Kind:
    """One kind of personal data. `candidate` finds it inside a text, `valid` confirms it."""

    name: str
    plural: str
    severity: Severity
    candidate: re.Pattern[str]
    valid: Callable[[str], bool]
    alone: float = 0.0
    """The share of a column's texts that must hold one, where chance may make some."""


def _is_phone(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 9 <= len(digits) <= 15 and len(set(digits)) > 3


def _always(_: str) -> bool:
    return True


def _inside(pattern: str) -> re.Pattern[str]:
    return re.compile(_EDGE_BEFORE + pattern + _EDGE_AFTER)


KINDS: tuple[Kind, ...] = (
    Kind("e-mail address", "e-mail addresses", "high",
         re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}(?![\w-])"), _always),
    Kind("card number", "card numbers", "high", _inside(r"\d(?:[ -]?\d){12,18}"), is_card, 0.5),
    Kind("bank account (IBAN)", "bank accounts (IBAN)", "high", _inside(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}"), is_iban),
    Kind("Chinese identity number", "Chinese identity numbers", "high", _inside(r"[1-9]\d{16}[\dXx]"), is_chinese_id),
    Kind("US social security number", "US social security numbers", "high", _inside(r"\d{3}-\d{2}-\d{4}"), is_ssn),
    Kind("phone number", "phone numbers", "high",
         _inside(r"(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,5}(?:[ .-]?\d{2,5}){1,4}|\(\d{3}\) ?\d{3}[ -]\d{4}|\d{3}[-. ]\d{3}[-. ]\d{4}"
                 r"|1[3-9]\d{9})"), _is_phone, 0.01),
    Kind("IP address", "IP addresses", "medium",
         re.compile(r"(?<![\w.:-])(?:(?:\d{1,3}\.){3}\d{1,3}|(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4})(?![\w.:-])"), is_ip, 0.01),
)  # fmt: skip
_PHONE_WORDS = {"phone", "tel", "telephone", "mobile", "cell", "fax", "msisdn", "电话", "手机"}
_ANY = re.compile(r"[@:]|\d{2}")
"""Texts without any of these hold none of the kinds."""


def find(subject: Subject) -> list[Finding]:
    """Look in texts, and in columns of long whole numbers; marks the columns in `subject.personal`."""
    findings = []
    for s in subject.family("text", "number"):
        if s.family == "number" and not (s.is_integer and s.high is not None and s.high >= 1e9):
            continue
        values, read = _texts(subject, s)
        for kind in KINDS:
            found = _kind(subject, s, kind, values, read)
            if found is not None:
                subject.personal.add(s.name)
                findings.append(found)
                break
    return findings


def _texts(subject: Subject, s: ColumnStats) -> tuple[Values, int]:
    if s.family == "text":
        values, read = subject.values(s.name)
        return [(v, n) for v, n in values if _ANY.search(v)], read
    rows = subject.query(
        f"SELECT CAST(x AS VARCHAR), count(*) FROM ({subject.sample(SAMPLE_ROWS, f'{quoted(s.name)} AS x')})"
        " WHERE x >= 1000000000 GROUP BY x ORDER BY 2 DESC, 1",
        2 * SAMPLE_ROWS,
    )
    values = [(str(v), int(n)) for v, n in rows]
    return values, sum(n for _, n in values)


def _kind(subject: Subject, s: ColumnStats, kind: Kind, values: Values, read: int) -> Finding | None:
    if s.family == "number" and kind.name == "phone number" and not says(s.name, _PHONE_WORDS):
        return None  # eleven digits may be anything
    hits = [(v, n) for v, n in values if any(kind.valid(m[0]) for m in kind.candidate.finditer(v))]
    count = sum(n for _, n in hits)
    if not count or count < kind.alone * read:
        return None
    if (
        kind.name == "phone number"
        and count < 0.5 * read
        and not says(s.name, _PHONE_WORDS)
        and s.spaced < 0.5
    ):
        return None
    sentence = f"'{s.name}' holds {kind.plural}: {counted(count, 'row')} ({percent(count / read)})."
    examples = tuple(dict.fromkeys(mask(v) for v, _ in hits[:20]))[: subject.options.examples]
    return Finding(
        "personal",
        kind.name,
        kind.severity,
        (s.name,),
        count,
        read,
        sentence,
        examples,
        subject.fix("drop", [s.name]),
    )


def mask(text: str) -> str:
    """A text with what is personal in it made unreadable; the rest stays."""
    for kind in KINDS:
        text = kind.candidate.sub(lambda m, k=kind: _masked(m[0]) if k.valid(m[0]) else m[0], text)  # type: ignore[misc]
    return text


def _masked(text: str) -> str:
    """j***@e***.com for an address; of a number, its last two characters."""
    if "@" in text:
        name, _, host = text.rpartition("@")
        return f"{name[0]}***@{host[0]}***.{host.rpartition('.')[2]}"
    kept = text[-2:] if len(text) > 6 else ""
    return re.sub(r"[0-9A-Za-z]", "*", text[: len(text) - len(kept)]) + kept
