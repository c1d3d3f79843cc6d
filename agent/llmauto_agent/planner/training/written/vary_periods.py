"""Other periods of the same kind, in English and Chinese words."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

_MONTHS = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
]  # fmt: skip
_ORDINALS = ["first", "second", "third", "fourth"]
_NUMERALS_ZH = "一二三四"
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MONTH = re.compile(r"\b(" + "|".join(m[:3] + f"(?:{m[3:]})?" for m in _MONTHS) + r")\b", re.IGNORECASE)
_MONTH_ZH = re.compile(r"(?<!\d)(1[0-2]|[1-9])(?=月)")
_QUARTER = re.compile(r"(?<=[qQ])[1-4](?!\d)")
_QUARTER_ORDINAL = re.compile(r"\b(first|second|third|fourth)(?= quarter)", re.IGNORECASE)
_QUARTER_ZH = re.compile(r"[一二三四](?=季度)")

_SPANS_EN = {
    "day": (7, 10, 14, 30, 45, 60, 90), "week": (2, 3, 4, 6, 8), "month": (2, 3, 4, 6, 9, 12, 18, 24),
    "quarter": (2, 3, 4), "year": (2, 3, 4, 5),
}  # fmt: skip
_LAST_N = re.compile(r"^(last|past|previous) (\d+) (day|week|month|quarter|year)s$", re.IGNORECASE)
_LAST_ONE = re.compile(r"^(last|this|previous) (week|month|quarter|year)$", re.IGNORECASE)
_LAST_N_ZH = re.compile(r"^(最近|近|过去)(\d+)(天|周|个月|年)$")
_SPANS_ZH = {"天": (7, 10, 14, 30, 60, 90), "周": (2, 3, 4, 8), "个月": (2, 3, 6, 12, 18), "年": (2, 3, 5)}
_ONES_ZH = (
    ("去年", "今年", "前年", "本年"), ("上个月", "本月", "这个月", "上月"), ("上季度", "本季度", "上个季度"),
    ("上周", "本周", "这周"),
)  # fmt: skip


def other_periods(
    words: Sequence[str], years: tuple[int, int], grouped: bool, r: random.Random
) -> dict[str, str]:
    """Each of the words of a conversation's periods with others of their kind.

    Calendar periods move together, so that an earlier one stays earlier. `years` are the first and the
    last year of the data. `grouped`: the conversation groups by dates, whose unit has to stay finer.
    """
    changed = {w: w for w in words}
    for move in (_moved_years(words, years, r), *(_moved(words, *kind, r) for kind in _KINDS)):
        changed = {w: move(text) for w, text in changed.items()}
    if len(words) == 1:
        changed[words[0]] = _relative(changed[words[0]], grouped, r)
    return changed


Move = Callable[[str], str]


def _same(text: str) -> str:
    return text


def _moved_years(words: Sequence[str], bounds: tuple[int, int], r: random.Random) -> Move:
    found = [int(y) for w in words for y in _YEAR.findall(w)]
    if not found:
        return _same
    moves = range(bounds[0] - min(found), bounds[1] - max(found) + 1)
    if not moves:
        return _same
    by = r.choice(moves)
    return lambda text: _YEAR.sub(lambda m: str(int(m[0]) + by), text)


def _month(text: str) -> int:
    return next(i for i, m in enumerate(_MONTHS) if m.startswith(text.lower()[:3]))


def _as_month(typed: str, place: int) -> str:
    name = _MONTHS[place]
    return _cased(typed, name if len(typed) > 3 or typed.lower() == "may" else name[:3])


def _as_ordinal(typed: str, place: int) -> str:
    return _cased(typed, _ORDINALS[place])


def _cased(typed: str, word: str) -> str:
    return word.upper() if typed.isupper() else word.capitalize() if typed[0].isupper() else word


Kind = tuple[re.Pattern[str], int, Callable[[str], int], Callable[[str, int], str]]
_KINDS: tuple[Kind, ...] = (
    (_MONTH, 12, _month, _as_month),
    (_MONTH_ZH, 12, lambda t: int(t) - 1, lambda _, n: str(n + 1)),
    (_QUARTER, 4, lambda t: int(t) - 1, lambda _, n: str(n + 1)),
    (_QUARTER_ORDINAL, 4, lambda t: _ORDINALS.index(t.lower()), _as_ordinal),
    (_QUARTER_ZH, 4, _NUMERALS_ZH.index, lambda _, n: _NUMERALS_ZH[n]),
)


def _moved(
    words: Sequence[str],
    pattern: re.Pattern[str],
    count: int,
    place: Callable[[str], int],
    word: Callable[[str, int], str],
    r: random.Random,
) -> Move:
    """All months or quarters moved by the same number, within the year."""
    found = [place(m[0]) for w in words for m in pattern.finditer(w)]
    if not found:
        return _same
    by = r.choice(range(-min(found), count - max(found)))
    return lambda text: pattern.sub(lambda m: word(m[0], place(m[0]) + by), text)


def _relative(text: str, grouped: bool, r: random.Random) -> str:
    many = _LAST_N.match(text)
    if many:
        unit = many[3].lower() if grouped else r.choice(list(_SPANS_EN))
        lead = r.choice(["last", "past", "last", "past", "previous"])
        return f"{_cased(many[1], lead)} {r.choice(_SPANS_EN[unit])} {unit}s"
    one = _LAST_ONE.match(text)
    if one and not grouped:
        lead = r.choice(["last", "last", "last", "this", "this", "previous"])
        return f"{_cased(one[1], lead)} {r.choice(['week', 'month', 'month', 'quarter', 'year', 'year'])}"
    many = _LAST_N_ZH.match(text)
    if many:
        unit = many[3] if grouped else r.choice(list(_SPANS_ZH))
        return f"{r.choice(['最近', '近', '过去'])}{r.choice(_SPANS_ZH[unit])}{unit}"
    own = next((ones for ones in _ONES_ZH if text in ones), None)
    if own is not None:
        return r.choice(own if grouped else r.choice(_ONES_ZH))
    return text


def replaced(text: str, changes: Mapping[str, str]) -> str:
    """The text with each of the words exchanged, the longest first, all at once."""
    known = {old.casefold(): new for old, new in changes.items()}
    if not known:
        return text
    pattern = "|".join(re.escape(w) for w in sorted(changes, key=len, reverse=True))
    return re.sub(
        pattern, lambda m: _begun(m[0], known.get(m[0].casefold(), m[0])), text, flags=re.IGNORECASE
    )


def _begun(typed: str, word: str) -> str:
    """With a capital where the exchanged words had one."""
    return word[:1].upper() + word[1:] if typed[:1].isupper() else word
