"""Numbers and labels as a page writes them."""

from __future__ import annotations

import math
import unicodedata
from typing import Any


def number_text(value: Any) -> str:
    """1234567 as 1,234,567; 0.123456789 as 0.12346; very large and small ones with an exponent."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if not isinstance(value, float):
        return visible(str(value))
    if not math.isfinite(value):
        return str(value)
    if value == 0 or 1e-4 <= abs(value) < 1e15:
        digits = 5 if abs(value) < 1 else max(0, 5 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.4g}"


def share_text(part: float, whole: float) -> str:
    """A share as a percentage with one decimal; what is above nothing is never written as 0%."""
    if not whole:
        return "–"
    share = part / whole
    if 0 < share < 0.001:
        return "<0.1%"
    if 0.999 < share < 1:
        return ">99.9%"
    return f"{share:.1%}".replace(".0%", "%")


def visible(text: str) -> str:
    """The text with control characters as their pictures, so that none acts on the page or hides."""
    shown = []
    for character in text:
        if character < " " or character == "\x7f":
            shown.append(chr(0x2400 + ord(character)) if character < " " else "\u2421")
        elif unicodedata.category(character) in ("Cf", "Cs", "Co", "Cn"):
            shown.append("\ufffd")
        else:
            shown.append(character)
    return "".join(shown)


def width(text: str) -> int:
    """Columns that a text takes; Chinese, Japanese and Korean characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def shortened(text: str, columns: int) -> str:
    """The text cut to that many columns, with an ellipsis where it was cut."""
    text = visible(text)
    if width(text) <= columns:
        return text
    kept = ""
    for character in text:
        if width(kept + character) >= columns:
            break
        kept += character
    return kept + "…"
