"""Changes of a true answer that make one of its numbers wrong."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

_DIGITS = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_QUOTED = re.compile(r"'[^'\n]*'|“[^”\n]*”|\"[^\"\n]*\"")


@dataclass(frozen=True)
class Change:
    """A changed text. `place` is what was changed: "value" (a number of the sentence), "name" (digits
    inside quotes or glued to letters)."""

    kind: str
    text: str
    before: str
    after: str
    place: str = "value"


def numbers_of(text: str, names: list[str]) -> list[tuple[int, int, str]]:
    """(start, end, place) of every run of digits, found without the check's own extraction."""
    quoted = [m.span() for m in _QUOTED.finditer(text)]
    for name in names:
        if any(c.isdigit() for c in name):
            quoted += [m.span() for m in re.finditer(re.escape(name), text)]
    found = []
    for match in _DIGITS.finditer(text):
        start, end = match.span()
        glued = text[start - 1 : start].isascii() and (
            text[start - 1 : start].isalpha() or text[start - 1 : start] == "_"
        )
        inside = any(s <= start and end <= e for s, e in quoted)
        found.append((start, end, "name" if glued or inside else "value"))
    return found


def change_digit(text: str, names: list[str], rng: random.Random, place: str = "value") -> Change | None:
    """One digit of one number becomes another digit (a leading one no nought)."""
    spans = [(s, e) for s, e, where in numbers_of(text, names) if where == place]
    if not spans:
        return None
    start, end = rng.choice(spans)
    positions = [i for i in range(start, end) if text[i].isdigit()]
    at = rng.choice(positions)
    leading = at == positions[0] and len(positions) > 1
    digits = [d for d in "0123456789" if d != text[at] and not (leading and d == "0")]
    changed = text[:at] + rng.choice(digits) + text[at + 1 :]
    return Change("one digit", changed, text[start:end], changed[start:end], place)


def swap(text: str, names: list[str], rng: random.Random) -> Change | None:
    """Two numbers of the sentence change places."""
    spans = [(s, e) for s, e, where in numbers_of(text, names) if where == "value"]
    pairs = [(a, b) for a in spans for b in spans if a < b and text[a[0] : a[1]] != text[b[0] : b[1]]]
    if not pairs:
        return None
    (s1, e1), (s2, e2) = rng.choice(pairs)
    first, second = text[s1:e1], text[s2:e2]
    changed = text[:s1] + second + text[e1:s2] + first + text[e2:]
    return Change("swap", changed, f"{first} … {second}", f"{second} … {first}")


def _takes_unit(text: str, start: int, end: int) -> bool:
    """Nought stays nought in any unit, and a part of a date or an ordinal takes none."""
    number, beside = text[start:end], text[max(0, start - 1) : start] + text[end : end + 1]
    year = len(number) == 4 and number.isdecimal()
    return bool(re.search(r"[1-9]", number)) and not year and not re.search(r"[-年月日–:/季第a-z]", beside)


def change_unit(text: str, names: list[str], rng: random.Random) -> Change | None:
    """A unit word is put behind a number, or a percent sign taken away or added."""
    spans = [(s, e) for s, e, where in numbers_of(text, names) if where == "value"]
    plain = [(s, e) for s, e in spans if _takes_unit(text, s, e)]
    if not plain:
        return None
    start, end = rng.choice(plain)
    chinese = bool(re.search(r"[\u4e00-\u9fff]", text))
    if text[end : end + 1] == "%":
        return Change("unit", text[:end] + text[end + 1 :], text[start : end + 1], text[start:end])
    unit = rng.choice(["%", "万", "亿"] if chinese else ["%", " million", " thousand", "k"])
    return Change("unit", text[:end] + unit + text[end:], text[start:end], text[start:end] + unit)


def fraction_for_percent(text: str, rng: random.Random) -> Change | None:
    """A percentage loses its factor: "38.4%" becomes "0.384%" or "3840%"."""
    found = list(re.finditer(r"(\d+(?:\.\d+)?)%", text))
    if not found:
        return None
    match = rng.choice(found)
    value = float(match.group(1))
    wrong = f"{value / 100:g}%" if rng.random() < 0.5 else f"{value * 100:g}%"
    return Change("percent", text[: match.start()] + wrong + text[match.end() :], match.group(), wrong)
