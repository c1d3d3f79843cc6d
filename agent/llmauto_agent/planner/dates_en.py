"""Date expressions of English questions, one at a time: absolute, relative, parts and granularity."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from llmauto_agent.planner.date_words import (
    MONTHS,
    WEEKDAYS,
    DateLiteral,
    Part,
    Unit,
    full_year,
    half_year,
    period,
    years,
)
from llmauto_agent.planner.number_words import NUMBER_WORDS, ORDINALS, parse_english

Reader = Callable[[re.Match[str], str], DateLiteral | None]
"""Reads a match of its pattern in the folded question."""

_MONTH = "(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?P<year>(?:1[5-9]|20)\d\d)(?![\d,.]\d|\d|[a-z%])"
_SHORT_YEAR = r"(?P<short>['’]?\d\d)(?![\d\w:/])"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_ORDINAL = "(?P<ord>first|second|third|fourth|last|1st|2nd|3rd|4th)"
_UNIT = "(?P<unit>year|quarter|month|week|day|hour|decade|fortnight)"
_COUNT = rf"(?P<count>\d+|(?:{'|'.join(sorted(NUMBER_WORDS, key=len, reverse=True))})|couple of|few)"
_B = r"(?<![\w'])"
_LONE_MONTH_SCORES = {"may": 0.1, "march": 0.45, "mar": 0.45, "dec": 0.5, "jan": 0.6, "sep": 0.5, "sept": 0.6}
_PREPOSITION = re.compile(
    r"\b(?:in|during|of|for|since|from|until|till|by|between|and|to|through|after|before|every|each|last|this|next|"
    r"mid|early|late|vs|versus|or|on)\s+$|[-–,]\s*$"
)


def _year_of(match: re.Match[str]) -> int | None:
    groups = match.groupdict()
    if groups.get("year"):
        return int(groups["year"])
    if groups.get("short"):
        return full_year(groups["short"].lstrip("'’"))
    return None


def _place(text: str, last: int) -> int:
    if text == "last":
        return last
    return ORDINALS.get(text) or int(re.sub(r"\D", "", text))


def count_of(text: str) -> int:
    """How many units a count word means: "three" 3, "couple of" 2, "few" 3 (by convention)."""
    if text.isdigit():
        return int(text)
    return {"couple of": 2, "few": 3}.get(text) or int(parse_english([text]) or 1)


# ---- absolute


def _iso(match: re.Match[str], text: str) -> DateLiteral | None:
    year, month, day = int(match["y"]), int(match["m"]), match["d"]
    if day:
        return period(*match.span(), "day", year, month, int(day))
    return period(*match.span(), "month", year, month) if 1 <= month <= 12 else None


def _named_day(match: re.Match[str], text: str) -> DateLiteral | None:
    year = _year_of(match)
    return period(*match.span(), "day", year, MONTHS[match["month"]], int(match["day"])) if year else None


def _named_month(match: re.Match[str], text: str) -> DateLiteral | None:
    year = _year_of(match)
    return period(*match.span(), "month", year, MONTHS[match["month"]]) if year else None


def _quarter(match: re.Match[str], text: str) -> DateLiteral | None:
    groups = match.groupdict()
    place, year = _place(groups["place"] or groups["ord"], 4), _year_of(match)
    if year:
        return period(*match.span(), "quarter", year, place)
    if groups["ord"] == "last":
        return None  # "last quarter" is the previous one
    return DateLiteral("part", *match.span(), "", part="quarter", values=(place,), score=0.9)


def _half(match: re.Match[str], text: str) -> DateLiteral | None:
    groups = match.groupdict()
    place, year = _place(groups["place"] or groups["ord"], 2), _year_of(match)
    if year:
        return half_year(*match.span(), year, place)
    values = tuple(range(6 * place - 5, 6 * place + 1))
    return DateLiteral("part", *match.span(), "", part="month", values=values, score=0.8)


def _decade(match: re.Match[str], text: str) -> DateLiteral | None:
    first = int(match["full"]) if match["full"] else full_year(match["two"])
    return years(*match.span(), first, first + 9, 0.95)


def _century(match: re.Match[str], text: str) -> DateLiteral | None:
    number = int(match["number"]) if match["number"] else ORDINALS[match["word"]]
    return years(*match.span(), 100 * number - 99, 100 * number) if 10 <= number <= 21 else None


_NUMERIC_CONTEXT = re.compile(
    r"(?:\b(?:than|over|under|above|below|exceeds?|exceeding|least|most|top|first|last|limit|exactly|equals?|about"
    r"|around|roughly|approximately|number|id|no|nr|class|code|zip)\s+|[#$€£¥<>=≥≤+*]\s*)$"
)
_UNIT_AFTER = re.compile(
    r"\s?(?:%|percent|usd|eur|gbp|dollars?|euros?|pounds|yuan|km|miles|kg|g|lbs?|meters?|metres?|feet|ft|mm|cm|hours?|"
    r"minutes?|seconds?|days|weeks|months|years|people|persons|users|customers|orders|rows|records|units|items|times"
    r"|k\b|m\b|points|calories|votes|passengers|students|employees|sq|square)(?![a-z])"
)


def _year(match: re.Match[str], text: str) -> DateLiteral | None:
    before, after = text[: match.start()], text[match.end() :]
    year = int(match["year"])
    if match["said"]:
        score = 1.0
    elif re.search(r"(?:later|earlier|newer|older|younger|more recent) than $", before):
        score = 0.9
    elif _NUMERIC_CONTEXT.search(before) or _UNIT_AFTER.match(after):
        score = 0.2
    elif _PREPOSITION.search(before):
        score = 0.9 if year >= 1800 else 0.7
    else:
        score = 0.65 if 1900 <= year <= 2050 else 0.35
    return years(*match.span(), year, year, score)


# ---- relative

_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}


def _day_word(match: re.Match[str], text: str) -> DateLiteral | None:
    if match["word"].endswith("before yesterday"):
        return DateLiteral("relative", *match.span(), "", unit="day", offset=-2)
    offset = _DAYS[match["word"]]
    if offset == 0:
        return DateLiteral("today", *match.span(), "", unit="day")
    return DateLiteral("relative", *match.span(), "", unit="day", offset=offset)


def _relative(match: re.Match[str], text: str) -> DateLiteral | None:
    which, said = match["which"], match["unit"]
    unit, times = _real_unit(said)
    offset = {"this": 0, "current": 0, "next": 1, "coming": 1}.get(which, -1)
    rolling = which in ("past", "trailing") or times > 1
    if unit == "hour" or (which == "past" and said == "day"):
        rolling = True
    if rolling:
        return DateLiteral("relative", *match.span(), "", unit=unit, count=times, rolling=True, score=0.95)
    return DateLiteral("relative", *match.span(), "", unit=unit, offset=offset, score=0.95)


def _real_unit(said: str) -> tuple[Unit, int]:
    """The unit and how many of it: a decade is ten years, a fortnight two weeks."""
    if said == "decade":
        return "year", 10
    if said == "fortnight":
        return "week", 2
    return said, 1  # type: ignore[return-value]


def _last_count(match: re.Match[str], text: str) -> DateLiteral | None:
    unit, times = _real_unit(match["unit"])
    count = count_of(match["count"]) * times
    if match["which"] in ("next", "coming"):
        return DateLiteral("relative", *match.span(), "", unit=unit, offset=count, count=count)
    rolling = not (match["full"] or match["full2"]) and match["which"] not in (
        "previous",
        "prior",
        "preceding",
    )
    offset = 0 if rolling else -1
    return DateLiteral("relative", *match.span(), "", unit=unit, offset=offset, count=count, rolling=rolling)


def _ago(match: re.Match[str], text: str) -> DateLiteral | None:
    unit, times = _real_unit(match["unit"])
    count = 1 if match["one"] else count_of(match["count"])
    return DateLiteral("relative", *match.span(), "", unit=unit, offset=-count * times)


def _to_date(match: re.Match[str], text: str) -> DateLiteral | None:
    unit: Unit = {"y": "year", "q": "quarter", "m": "month", "w": "week"}[
        (match["unit"] or match["short"] or match["so"])[0]
    ]  # type: ignore[assignment]
    return DateLiteral("relative", *match.span(), "", unit=unit)


def _before_last(match: re.Match[str], text: str) -> DateLiteral | None:
    unit, _ = _real_unit(match["unit"])
    return DateLiteral("relative", *match.span(), "", unit=unit, offset=-2)


# ---- parts


def _lone_month(match: re.Match[str], text: str) -> DateLiteral | None:
    word = match["month"]
    before = text[: match.start()]
    score = 0.9 if len(word) > 3 else 0.6
    score = _LONE_MONTH_SCORES.get(word, score)
    if _PREPOSITION.search(before):
        score = max(score, 0.85) if word != "may" or not before.endswith("and ") else 0.5
    if re.match(r"\s+\d{3,}", text[match.end() :]):
        return None
    return DateLiteral("part", *match.span(), "", part="month", values=(MONTHS[word],), score=score)


def _weekday(match: re.Match[str], text: str) -> DateLiteral | None:
    word = match["weekday"]
    short = len(word) <= 3 or word in ("tues", "thur", "thurs")
    led = re.search(
        r"\b(?:on|every|each|and|or|to|through|between|from)\s+$|[-–,/]\s*$", text[: match.start()]
    )
    if short and not led:
        return None
    score = 0.95 if not short else 0.7
    return DateLiteral("part", *match.span(), "", part="weekday", values=(WEEKDAYS[word],), score=score)


def _weekend(match: re.Match[str], text: str) -> DateLiteral | None:
    values = (6, 7) if "end" in match[0] else (1, 2, 3, 4, 5)
    return DateLiteral("part", *match.span(), "", part="weekday", values=values, score=0.95)


def _clock(match: re.Match[str], text: str) -> DateLiteral | None:
    hour = int(match["hour"])
    if hour > 12:
        return None
    hour = hour % 12 + (12 if match["half"] == "pm" else 0)
    return DateLiteral("part", *match.span(), "", part="hour", values=(hour,), score=0.9)


# ---- granularity

_ADVERBS: dict[str, Unit] = {
    "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year",
    "annually": "year", "annual": "year", "hourly": "hour",
}  # fmt: skip


def _grain(match: re.Match[str], text: str) -> DateLiteral | None:
    score = 0.75 if match["lead"].startswith(("per", "a ")) else 0.95
    return DateLiteral("grain", *match.span(), "", unit=match["unit"], score=score)  # type: ignore[arg-type]


def _adverb(match: re.Match[str], text: str) -> DateLiteral | None:
    return DateLiteral("grain", *match.span(), "", unit=_ADVERBS[match["word"]], score=0.85)


def _repeated(match: re.Match[str], text: str) -> DateLiteral | None:
    return DateLiteral("grain", *match.span(), "", unit=match["unit"], score=0.9)  # type: ignore[arg-type]


def _part_grain(match: re.Match[str], text: str) -> DateLiteral | None:
    said = match["said"]
    part: Part = "hour" if said.startswith("hour") else "month" if "month" in said else "weekday"
    return DateLiteral("grain", *match.span(), "", part=part, score=0.95)


_LEAD = r"(?P<lead>(?:grouped |broken down |split |aggregated )?by(?: the| each| calendar)?|(?:for |in |of )?(?:each|every)|per|across(?: the)?)"
_READERS: tuple[tuple[str, Reader], ...] = (
    (r"(?<![\w/.-])(?P<y>(?:1[5-9]|20)\d\d)(?P<sep>[-/.])(?P<m>\d{1,2})(?:(?P=sep)(?P<d>\d{1,2}))(?:[t ]\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?z?)?(?![\d\w])", _iso),
    (r"(?<![\w/.-])(?P<y>(?:1[5-9]|20)\d\d)[-/](?P<m>0?[1-9]|1[0-2])(?P<d>)(?![\d\w/.-])", _iso),
    (rf"{_B}{_DAY}(?:\s+of)?[\s-]+{_MONTH}(?:,?[\s-]+(?:{_YEAR}|{_SHORT_YEAR}))", _named_day),
    (rf"{_B}{_MONTH}\s+{_DAY}(?!\d),?\s+{_YEAR}", _named_day),
    (rf"{_B}{_MONTH}(?:\s+of|,)?[\s-]+(?:{_YEAR}|(?P<short>'\d\d)(?!\d))", _named_month),
    (rf"{_B}{_MONTH}-(?P<short>\d\d)(?!\d)", _named_month),
    (rf"{_B}(?:q(?P<place>[1-4])|{_ORDINAL}\s+quarter)(?:\s+of)?(?:\s+(?:the year\s+)?|['-]|\s*)(?:{_YEAR}|(?<=['])(?P<short>\d\d))?", _quarter),
    (r"(?<![\w])(?P<year>(?:1[5-9]|20)\d\d)[\s-]?q(?P<place>[1-4])(?!\w)", _quarter),
    (rf"{_B}(?:h(?P<place>[12])|(?P<ord>first|second|1st|2nd|last)\s+half)(?:\s+of(?:\s+the\s+year)?)?\s*(?:{_YEAR})?(?![\w])", _half),
    (r"(?<![\w])(?P<year>(?:1[5-9]|20)\d\d)[\s-]?h(?P<place>[12])(?!\w)", _half),
    (rf"{_B}(?:the\s+)?(?:(?P<full>(?:1[5-9]|20)\d0)|['’]?(?P<two>\d0))['’]?s(?!\w)", _decade),
    (rf"{_B}(?:the\s+)?(?:(?P<number>1\d|2[01])th|(?P<word>tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth))\s+century", _century),
    (rf"(?:(?<![\w.,/:$€£¥'-])|(?<=\d\d\d\d[-–])){'(?P<said>(?:the |calendar |fiscal )*years? (?:of )?)?'}{_YEAR}(?!\s?[-/]\d{{1,2}}(?!\d))", _year),
    (rf"{_B}(?P<word>today|yesterday|tomorrow|(?:the )?day before yesterday)(?!\w)", _day_word),
    (rf"{_B}(?:the\s+)?(?P<which>last|previous|past|prior|preceding|this|current|next|coming|trailing)\s+(?:calendar\s+|full\s+)?{_UNIT}(?![\w])(?!\s+(?:name|of))", _relative),
    (rf"{_B}(?:the\s+)?(?P<which>last|previous|past|prior|preceding|next|coming|trailing|recent|most recent)\s+(?P<full>full\s+|complete\s+)?{_COUNT}[\s-]+(?P<full2>full\s+|complete\s+)?{_UNIT}s?(?!\w)", _last_count),
    (rf"{_B}(?:(?P<one>an?|one)|{_COUNT})\s+{_UNIT}s?\s+ago(?!\w)", _ago),
    (rf"{_B}(?:(?P<unit>year|quarter|month|week)[\s-]to[\s-]date|(?P<short>ytd|qtd|mtd|wtd)|so far this (?P<so>year|quarter|month|week))(?!\w)", _to_date),
    (rf"{_B}(?:the\s+)?{_UNIT}\s+before\s+last(?!\w)", _before_last),
    (rf"{_B}{_MONTH}(?!\w)", _lone_month),
    (rf"{_B}(?P<weekday>{'|'.join(sorted(WEEKDAYS, key=len, reverse=True))})s?(?!\w)", _weekday),
    (rf"{_B}(?:(?:the )?weekends?|weekdays(?!\s+and)|working days|workdays|business days)(?!\w)", _weekend),
    (rf"{_B}(?:at|around)\s+(?P<hour>\d{{1,2}})(?::00)?\s?(?P<half>am|pm)(?!\w)", _clock),
    (rf"{_B}{_LEAD}\s+(?P<unit>year|quarter|month|week|day|hour)s?(?!\w)(?!\s+of\b)", _grain),
    (rf"{_B}(?P<word>{'|'.join(_ADVERBS)})(?!\w)", _adverb),
    (rf"{_B}(?P<unit>year|quarter|month|week|day|hour)[\s-](?:by|to|after)[\s-](?P=unit)(?!\w)", _repeated),
    (rf"{_B}{_LEAD}\s+(?P<said>week\s?days?|days? of (?:the )?week|hours? of (?:the )?day|months? of (?:the )?year|calendar months?)(?!\w)", _part_grain),
)  # fmt: skip


_TRIGGER = re.compile(
    r"\d|\b(?:"
    + "|".join([*MONTHS, *WEEKDAYS])
    + r")|year|quarter|month|week|day|hour|decade|fortnight|century|half"
    r"|today|yesterday|tomorrow|annual|daily|hourly|[ymqw]td"
)
"""What every expression contains; most questions have none of it, and need not have the patterns compiled."""


@lru_cache(maxsize=1)
def _compiled() -> tuple[tuple[re.Pattern[str], Reader], ...]:
    return tuple((re.compile(pattern), reader) for pattern, reader in _READERS)


def read_english(text: str, day_first: bool, this_year: int) -> Iterator[DateLiteral]:
    """Every expression that some pattern reads, overlapping ones too; texts are left empty."""
    if not _TRIGGER.search(text):
        return
    for pattern, reader in _compiled():
        for match in pattern.finditer(text):
            found = reader(match, text)
            if found is not None:
                yield found
    yield from _days_without_year(text, this_year)
    yield from _slashed(text, day_first)


_DAYS_WITHOUT_YEAR = (
    re.compile(rf"{_B}{_DAY}(?:\s+of)?[\s-]+{_MONTH}"),
    re.compile(rf"{_B}{_MONTH}\s+{_DAY}(?![\w.%])"),
)


def _days_without_year(text: str, this_year: int) -> Iterator[DateLiteral]:
    for pattern in _DAYS_WITHOUT_YEAR:
        for match in pattern.finditer(text):
            month, day = MONTHS[match["month"]], int(match["day"])
            found = period(*match.span(), "day", this_year, month, day, 0.6)
            if found and match["month"] != "may":
                yield found


_SLASHED = re.compile(r"(?<![\w/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?![\w/-]|\.\d)")


def _slashed(text: str, day_first: bool) -> Iterator[DateLiteral]:
    """3/5/2023: the order by the hint, unless one number can only be the day. Dots: day first."""
    for match in _SLASHED.finditer(text):
        first, second, year = int(match[1]), int(match[3]), full_year(match[4])
        day_leads = first > 12 or (second <= 12 and (day_first or match[2] == "."))
        day, month = (first, second) if day_leads else (second, first)
        found = period(*match.span(), "day", year, month, day, 1.0 if len(match[4]) == 4 else 0.8)
        if found:
            yield found
