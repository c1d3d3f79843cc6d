"""The words of a text that claim a direction or a size, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Family = Literal["trend", "compare", "extreme", "share", "ratio", "sign", "clear"]


@dataclass(frozen=True)
class Said:
    """A claim as it stands in a text: `sign` +1 or -1 for a direction; `low` and `high` bound a size."""

    start: int
    end: int
    text: str
    family: Family
    sign: int = 0
    low: float = 0.0
    high: float = 0.0


_UP = r"rose|ris(?:es?|en|ing)|increas(?:e[sd]?|ing)|gr(?:ew|ows?|own|owing)|climb(?:s|ed|ing)?|went up|goes up|steps? up|up(?= by| from| \d)|gain(?:s|ed)|jump(?:s|ed)|improv(?:e[sd]?|ing)|surg(?:e[sd]?|ing)"
_DOWN = r"f[ea]ll(?:s|en|ing)?|drop(?:s|ped|ping)?|declin(?:e[sd]?|ing)|decreas(?:e[sd]?|ing)|shr[aiu]nk(?:s|ing)?|went down|goes down|steps? down|down(?= by| from| \d)|los(?:t|es)|slump(?:s|ed)|worsen(?:s|ed)?|plung(?:e[sd]?|ing)|dipp?(?:s|ed)"
_UP_ZH = r"上升|增长|增加|提高|上涨|升高|攀升|走高|(?<!平均)升(?=至|到|了)|涨(?=至|到|了)"
_DOWN_ZH = r"下降|减少|降低|下跌|下滑|走低|回落|(?<!下)降(?=至|到|了)|跌(?=至|到|了)"
_MORE = r"(?:higher|greater|larger|bigger|more|longer|older|faster)(?= (?:\w+ ){0,6}?than\b)|above\b(?! all)|exceed(?:s|ed)?|outperform(?:s|ed)?|ahead of|(?:unusually|far) (?:high|above)"
_LESS = r"(?:lower|smaller|less|fewer|shorter|younger|slower)(?= (?:\w+ ){0,6}?than\b)|below\b|behind\b(?= the| it)|(?:unusually|far) (?:low|below)"
_MORE_ZH = r"(?:远)?高于|大于|多于|超过(?!一半|半数|通常|三分|四分|\d)|高出|异常偏高|优于"
_LESS_ZH = r"(?:远)?低于|小于|少于|不及|异常偏低"
_MOST = r"(?<!the )(?<!at )highest|the (?:highest|most(?! frequent| common|ly)|largest|greatest|biggest|maximum)|largest"
_LEAST = r"(?<!the )lowest|the (?:lowest|least|smallest|fewest|minimum)|smallest"
_MOST_ZH = r"最高(?!处)|最多|最大"
_LEAST_ZH = r"最低(?!处)|最少|最小"
_POSITIVE = r"positive(?:ly)?|rise together|正相关|正向|同向变化"
_NEGATIVE = r"negative(?:ly)?|inverse(?:ly)?|(?:go )?in opposite directions|one falls as the other rises|负相关|反向(?:变化)?"
_DIRECTIONS: tuple[tuple[Family, int, str, str], ...] = (
    ("sign", 1, _POSITIVE, ""),
    ("sign", -1, _NEGATIVE, ""),
    ("trend", 1, _UP, _UP_ZH),
    ("trend", -1, _DOWN, _DOWN_ZH),
    ("compare", 1, _MORE, _MORE_ZH),
    ("compare", -1, _LESS, _LESS_ZH),
    ("extreme", 1, _MOST, _MOST_ZH),
    ("extreme", -1, _LEAST, _LEAST_ZH),
)
_SIZES: tuple[tuple[Family, float, float, str], ...] = (
    ("share", 0.5, 1.01, r"(?:more|greater) than (?:a |one )?half|over (?:a |one )?half|(?:the|a) majority|most of (?:the|all|it)|超过一半|超过半数|过半|大多数|大部分|一半以上"),
    ("share", -0.01, 0.5, r"(?:less|fewer) than (?:a |one )?half|under (?:a |one )?half|(?:the|a) minority|不到一半|不足一半|不到半数|一半以下|少数"),
    ("share", 0.9, 1.01, r"(?:nearly|almost|virtually) all\b|几乎全部|绝大多数|绝大部分"),
    ("share", 0.63, 0.705, r"two[ -]thirds|三分之二"),
    ("share", 0.71, 0.79, r"three[ -]quarters|四分之三"),
    ("share", 0.3, 0.37, r"(?:a|one)[ -]third\b|三分之一"),
    ("share", 0.22, 0.28, r"(?:a|one)[ -]quarter of|四分之一"),
    ("share", 0.45, 0.55, r"(?<!than )(?:about |roughly |around )?half(?= of| the)|(?<!超过)(?<!不到)(?<!不足)(?:大约|约)?一半(?!以)"),
    ("ratio", 2.0, 1e9, r"more than (?:doubled|twice|double)|超过(?:两倍|一倍)|翻了?一番多"),
    ("ratio", 1.75, 2.3, r"(?<!than )(?:doubled|doubles|twice(?: as| the)?|double the)|翻了?一?番|翻倍|是.{0,12}的两倍"),
    ("ratio", 2.6, 3.45, r"tripled|triples|three times(?: as| the)?|三倍|翻了?两番"),
    ("ratio", 0.42, 0.58, r"halved|halves\b|减半|腰斩"),
)  # fmt: skip
_CLEAR: tuple[tuple[int, str], ...] = (
    (-1, r"(?:do(?:es)?|did) not differ(?: clearly| significantly)?|no (?:clear|significant) (?:difference|effect|association)|not (?:clearly|significantly) (?:associated|different)|not (?:statistically )?significant|没有(?:看到|发现)?(?:明显|显著)|不显著|无显著|未见(?:明显|显著)|未发现显著"),
    (1, r"(?<!not )differs?(?: clearly| significantly)|(?<!not )differs?(?= in\b| by\b|:)|(?<!not )(?:statistically )?significant(?:ly)?(?! digits)|差异显著|(?<!没有)(?<!看到)(?<!发现)(?<!不)(?<!无)(?<!未见)显著(?:差异|不同|高|低)?|有明显差异"),
)  # fmt: skip
_WHERE = re.compile(r"\bwhere\b[^,.;]*$", re.IGNORECASE)
"""It then says where, and not how much: "where the price is lowest"."""
_OPEN = re.compile(r"\bwhether\b[^.]*$", re.IGNORECASE)
_NEGATED = re.compile(
    r"(?:\bnot|\bno|\bnever|n't|\bwithout|没有|未|并不|不会)\s*(?:a |an |the )?$", re.IGNORECASE
)


def _compiled() -> list[tuple[re.Pattern[str], Family, int, float, float]]:
    """Every pattern with what it claims, the sizes first: "more than half" is no comparison."""
    found: list[tuple[re.Pattern[str], Family, int, float, float]] = []
    for family, low, high, pattern in _SIZES:
        found.append((_pattern(pattern), family, 0, low, high))
    for sign, pattern in _CLEAR:
        found.append((_pattern(pattern), "clear", sign, 0.0, 0.0))
    for family, sign, english, chinese in _DIRECTIONS:
        found.append((_pattern("|".join(p for p in (english, chinese) if p)), family, sign, 0.0, 0.0))
    return found


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z_-])(?:{text})(?![A-Za-z_])", re.IGNORECASE)


_PATTERNS = _compiled()


def said_in(text: str, taken: list[tuple[int, int]]) -> Iterator[Said]:
    """The claims of a text, outside the spans that are taken (figures, names)."""
    spans = list(taken)
    for pattern, family, sign, low, high in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < e and s < match.end() for s, e in spans):
                continue
            spans.append(match.span())
            if family == "extreme" and _WHERE.search(text[: match.start()]):
                continue
            if family == "clear" and _OPEN.search(text[: match.start()]):
                continue
            if family != "clear" and _NEGATED.search(text[max(0, match.start() - 16) : match.start()]):
                continue
            yield Said(match.start(), match.end(), match[0], family, sign, low, high)
