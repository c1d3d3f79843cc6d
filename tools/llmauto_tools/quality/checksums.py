"""Check digits of card numbers, bank accounts and identity numbers."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: every second digit from the right doubled, the digits' sum divisible by 10."""
    total = 0
    for i, c in enumerate(reversed(digits)):
        d = int(c) * (2 if i % 2 else 1)
        total += d - 9 if d > 9 else d
    return total % 10 == 0


_CARD = re.compile(
    r"4\d{12}(?:\d{3})?|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|6(?:011|5\d\d|2\d\d)\d{12}|35\d{14}|3[068]\d{12}"
)


def is_card(text: str) -> bool:
    """A payment card: an issuer's prefix and length, and the Luhn digit."""
    digits = re.sub(r"[ -]", "", text)
    return _CARD.fullmatch(digits) is not None and len(set(digits)) > 1 and luhn(digits)


def is_iban(text: str) -> bool:
    """ISO 13616: the first four characters moved to the end, letters as numbers, remainder 1 by 97."""
    account = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", account):
        return False
    return int("".join(str(int(c, 36)) for c in account[4:] + account[:4])) % 97 == 1


def is_ssn(text: str) -> bool:
    """A US social security number as it is written, 123-45-6789; numbers that are never given are none."""
    match = re.fullmatch(r"(\d{3})-(\d{2})-(\d{4})", text)
    if match is None:
        return False
    area, group, serial = match.groups()
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_chinese_id(text: str) -> bool:
    """GB 11643-1999: a region, a date of birth, a serial, and a check digit modulo 11."""
    if not re.fullmatch(r"[1-9]\d{16}[\dXx]", text):
        return False
    try:
        born = dt.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    rest = sum(int(c) * w for c, w in zip(text, _WEIGHTS, strict=False)) % 11
    return born.year >= 1850 and "10X98765432"[rest] == text[17].upper()


def is_ip(text: str) -> bool:
    """An IPv4 or IPv6 address (not 0.0.0.0, nor a version number such as 1.2.3.4 of small parts)."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.version == 4:
        return any(int(part) > 20 for part in text.split("."))
    return not address.is_unspecified and text.count(":") >= 3
