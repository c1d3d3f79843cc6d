"""Date expressions of Chinese questions, one at a time: absolute, relative, parts and granularity."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from llmauto_agent.planner.date_words import (
    DateLiteral,
    Part,
    Unit,
    full_year,
    half_year,
    period,
    years,
)
from llmauto_agent.planner.number_words import parse_chinese

Reader = Callable[[re.Match[str]], DateLiteral | None]

_DIGITS = "〇零一二三四五六七八九"
_YEAR = rf"(?P<year>(?:1[5-9]|20)\d\d|[一二][{_DIGITS}]{{3}})年度?"
_MONTH = r"(?P<month>1[0-2]|0?[1-9]|十[一二]|[一二三四五六七八九十])月(?:份)?"
_DAY = r"(?P<day>[12]\d|3[01]|0?[1-9]|三十一|三十|二十[一二三四五六七八九]?|十[一二三四五六七八九]?|[一二三四五六七八九])[日号]"
_QUARTER = r"(?:第?(?P<quarter>[一二三四1-4])季度|q(?P<q>[1-4]))"
_COUNT = r"(?P<count>(?<!\d)\d{1,3}|[一二两三四五六七八九十百]+|几|半)"
_UNITS: dict[str, Unit] = {
    "年": "year", "年度": "year", "季度": "quarter", "季": "quarter", "月": "month", "月份": "month", "周": "week",
    "星期": "week", "礼拜": "week", "天": "day", "日": "day", "小时": "hour", "月度": "month", "周度": "week",
}  # fmt: skip
_UNIT = "(?P<unit>" + "|".join(sorted(_UNITS, key=len, reverse=True)) + ")"
_WEEKDAYS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 7, "天": 7}


def _number(text: str) -> int:
    if text == "几":
        return 3
    return int(parse_chinese(text) or 0)


def _year_number(text: str) -> int:
    if text.isdigit():
        return full_year(text)
    return int("".join(str("〇一二三四五六七八九".find(c.replace("零", "〇"))) for c in text))


# ---- absolute


def _day(match: re.Match[str]) -> DateLiteral | None:
    return period(
        *match.span(), "day", _year_number(match["year"]), _number(match["month"]), _number(match["day"])
    )


def _month(match: re.Match[str]) -> DateLiteral | None:
    return period(*match.span(), "month", _year_number(match["year"]), _number(match["month"]))


def _quarter(match: re.Match[str]) -> DateLiteral | None:
    place = _number(match["quarter"] or match["q"])
    if match.groupdict().get("year"):
        return period(*match.span(), "quarter", _year_number(match["year"]), place)
    return DateLiteral("part", *match.span(), "", part="quarter", values=(place,), score=0.95)


def _half(match: re.Match[str]) -> DateLiteral | None:
    half = 1 if match["half"] == "上" else 2
    if match.groupdict().get("year"):
        return half_year(*match.span(), _year_number(match["year"]), half)
    values = tuple(range(6 * half - 5, 6 * half + 1))
    return DateLiteral("part", *match.span(), "", part="month", values=values, score=0.9)


def _year(match: re.Match[str]) -> DateLiteral | None:
    year = _year_number(match["year"])
    return years(*match.span(), year, year)


def _short_year(match: re.Match[str]) -> DateLiteral | None:
    year = full_year(match["year"])
    return years(*match.span(), year, year, 0.6)


def _decade(match: re.Match[str]) -> DateLiteral | None:
    if match["full"]:
        first = int(match["full"])
    else:
        tens = _number(match["tens"]) if not match["tens"].isdigit() else int(match["tens"])
        century = _number(match["century"]) if match["century"] else 20 if tens >= 30 else 21
        first = 100 * (century - 1) + tens
    return years(*match.span(), first, first + 9)


def _century(match: re.Match[str]) -> DateLiteral | None:
    number = _number(match["century"])
    return years(*match.span(), 100 * number - 99, 100 * number)


# ---- relative

_WORDS: dict[str, tuple[Unit, int]] = {
    "今年": ("year", 0), "本年": ("year", 0), "本年度": ("year", 0), "当年": ("year", 0), "去年": ("year", -1),
    "上年": ("year", -1), "前年": ("year", -2), "明年": ("year", 1), "今天": ("day", 0), "今日": ("day", 0),
    "昨天": ("day", -1), "昨日": ("day", -1), "前天": ("day", -2), "明天": ("day", 1),
}  # fmt: skip


def _word(match: re.Match[str]) -> DateLiteral | None:
    unit, offset = _WORDS[match["word"]]
    if unit == "day" and offset == 0:
        return DateLiteral("today", *match.span(), "", unit="day")
    return DateLiteral("relative", *match.span(), "", unit=unit, offset=offset)


def _relative(match: re.Match[str]) -> DateLiteral | None:
    offset = {
        "上": -1,
        "上一": -1,
        "上个": -1,
        "上一个": -1,
        "上上": -2,
        "上上个": -2,
        "前一": -1,
        "前一个": -1,
    }.get(match["which"])
    if offset is None:
        offset = 1 if match["which"].startswith("下") else 0
    return DateLiteral("relative", *match.span(), "", unit=_UNITS[match["unit"]], offset=offset)


def _recent(match: re.Match[str]) -> DateLiteral | None:
    unit = _UNITS[match["unit"]]
    if match["count"] == "半":
        if unit != "year" or match["which"] in ("上", "前"):
            return None
        return DateLiteral("relative", *match.span(), "", unit="month", count=6, rolling=True)
    count = _number(match["count"])
    if not count:
        return None
    whole = match["which"].startswith(("前", "上"))
    if whole:
        return DateLiteral("relative", *match.span(), "", unit=unit, offset=-1, count=count, score=0.7)
    return DateLiteral("relative", *match.span(), "", unit=unit, count=count, rolling=True)


def _ago(match: re.Match[str]) -> DateLiteral | None:
    if match["count"] == "半":
        return None
    return DateLiteral(
        "relative", *match.span(), "", unit=_UNITS[match["unit"]], offset=-_number(match["count"]), score=0.9
    )


def _to_date(match: re.Match[str]) -> DateLiteral | None:
    unit: Unit = "month" if "月" in match[0] else "quarter" if "季" in match[0] else "year"
    return DateLiteral("relative", *match.span(), "", unit=unit)


# ---- parts


def _lone_month(match: re.Match[str]) -> DateLiteral | None:
    return DateLiteral("part", *match.span(), "", part="month", values=(_number(match["month"]),), score=0.9)


def _lone_day(match: re.Match[str]) -> DateLiteral | None:
    return DateLiteral("part", *match.span(), "", part="day", values=(_number(match["day"]),), score=0.6)


def _weekday(match: re.Match[str]) -> DateLiteral | None:
    return DateLiteral(
        "part", *match.span(), "", part="weekday", values=(_WEEKDAYS[match["weekday"]],), score=0.95
    )


def _weekend(match: re.Match[str]) -> DateLiteral | None:
    values = (6, 7) if "末" in match[0] else (1, 2, 3, 4, 5)
    return DateLiteral("part", *match.span(), "", part="weekday", values=values, score=0.95)


def _clock(match: re.Match[str]) -> DateLiteral | None:
    hour = _number(match["hour"])
    if match["half"] in ("下午", "晚上") and hour < 12:
        hour += 12
    return (
        DateLiteral("part", *match.span(), "", part="hour", values=(hour,), score=0.9) if hour < 24 else None
    )


# ---- granularity


def _grain(match: re.Match[str]) -> DateLiteral | None:
    return DateLiteral("grain", *match.span(), "", unit=_UNITS[match["unit"]], score=0.95)


def _part_grain(match: re.Match[str]) -> DateLiteral | None:
    part: Part = "weekday" if re.search("周|星期|礼拜", match[0]) else "hour" if "时" in match[0] else "month"
    return DateLiteral("grain", *match.span(), "", part=part, score=0.95)


_READERS: tuple[tuple[str, Reader], ...] = (
    (rf"(?<!\d){_YEAR}{_MONTH}{_DAY}", _day),
    (rf"(?<!\d)(?P<year>\d\d)年{_MONTH}{_DAY}", _day),
    (rf"(?<!\d){_YEAR}的?{_MONTH}", _month),
    (rf"(?<!\d)(?P<year>\d\d)年{_MONTH}", _month),
    (rf"(?<!\d){_YEAR}的?{_QUARTER}", _quarter),
    (rf"(?<!\d){_YEAR}的?(?P<half>[上下])半年", _half),
    (rf"(?<![\d.]){_YEAR}(?!代)", _year),
    (r"(?<![\d.])(?P<year>[12]\d)年(?=[的度以之至到])", _short_year),
    (r"(?<!\d)(?P<full>(?:1[5-9]|20)\d0)年代|(?:(?P<century>\d\d|[一二]?十[一二三四五六七八九]?)世纪)?(?P<tens>[1-9]0|[一二三四五六七八九]十)年代", _decade),
    (r"(?P<century>\d\d|[一二]?十[一二三四五六七八九]?)世纪(?!.{0,3}年代)", _century),
    (rf"(?P<word>{'|'.join(sorted(_WORDS, key=len, reverse=True))})", _word),
    (r"(?P<which>上一个|上上个|上个|上一|上上|上|前一个|前一|下一个|下个|下一|下|这一个|这个|这一|这|本|当)(?P<unit>季度|月份|月|周|星期|礼拜|年度)(?!天|日|一|二|三|四|五|六|末)", _relative),
    (rf"(?P<which>最近的?|近|过去的?|前|上)(?:这)?{_COUNT}个?(?:完整)?{_UNIT}(?!份)(?:内|里|以来|之内)?", _recent),
    (rf"{_COUNT}个?{_UNIT}(?:以前|之前|前)", _ago),
    (r"年初至今|(?:今年|本年|年初|本月|本季度)(?:以来|至今|到现在|到目前为止)|截至目前的?(?:今年|本年|本月)", _to_date),
    (_QUARTER, _quarter),
    (r"(?<!年)(?P<half>[上下])半年", _half),
    (rf"(?<![\d个]){_MONTH}(?!度)", _lone_month),
    (rf"(?<!\d){_DAY}(?!线|期|活)", _lone_day),
    (r"每?(?:个)?(?:星期|周|礼拜)(?P<weekday>[一二三四五六日天])(?!起)", _weekday),
    (r"周末|双休日|工作日", _weekend),
    (r"(?P<half>上午|下午|晚上|早上|凌晨)?(?P<hour>\d{1,2}|十[一二]|[一二两三四五六七八九十])点(?:钟)?(?![\d一二三四五六七八九])", _clock),
    (rf"(?:按照|按|每一个?|每个?|逐|分|各个?){_UNIT}(?!份?(?:龄|薪|级|纪|[一二三四五六日天几末]))(?:份)?", _grain),
    (r"(?P<unit>月度|年度|周度|季度)(?=[\u4e00-\u9fff]*(?:趋势|变化|走势|统计|汇总|销售|收入|总|平均))", _grain),
    (r"(?:按照|按|每个?|分|各个?)(?:星期几|周几|礼拜几|一周各天|小时段?|时段|日历月)|(?:星期几|周几)", _part_grain),
)  # fmt: skip


@lru_cache(maxsize=1)
def _compiled() -> tuple[tuple[re.Pattern[str], Reader], ...]:
    return tuple((re.compile(pattern), reader) for pattern, reader in _READERS)


def read_chinese(text: str) -> Iterator[DateLiteral]:
    """Every expression that some pattern reads, overlapping ones too; texts are left empty."""
    for pattern, reader in _compiled():
        for match in pattern.finditer(text):
            found = reader(match)
            if found is not None:
                yield found
