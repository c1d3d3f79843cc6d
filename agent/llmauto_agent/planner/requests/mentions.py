"""What a request mentions: columns in their order, tables, numbers, saved names, spans of time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from llmauto_agent.planner.harmless import discourse, row_nouns, verbs
from llmauto_agent.planner.linker import SchemaIndex, best_links
from llmauto_agent.planner.literals import NumberLiteral, read_numbers
from llmauto_agent.planner.tokens import Language, fold, tokenize
from llmauto_agent.planner.words import QUESTION_WORDS, is_stop_word
from llmauto_tools.schema import Column, Table

NAMED = 0.7
"""The linker's score from which a word names a column in a request for a tool."""
LIKELY = 0.55

_SAVED = re.compile(r"(?<![\w@.-])([a-z0-9][\w.-]*@\d+)(?![\w])", re.IGNORECASE)
_UNITS = {
    "hour": "hour", "day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year",
    "hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter",
    "yearly": "year", "annual": "year", "annually": "year", "小时": "hour", "天": "day", "日": "day", "周": "week",
    "星期": "week", "个月": "month", "月度": "month", "月": "month", "季度": "quarter", "年度": "year", "年": "year",
}  # fmt: skip
_UNIT_EN = r"hours?|days?|weeks?|months?|quarters?|years?"
_SPAN = re.compile(
    rf"(?:next|coming|following|upcoming)?\s*(?P<n>\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|an?|couple of)?[\s-]*(?P<unit>{_UNIT_EN})\b"
)
_SPAN_ZH = re.compile(
    r"(?P<n>\d+|[一二两三四五六七八九十]+|下(?:个)?|半)?\s*(?P<unit>小时|天|日|周|星期|个月|月|季度|年)"
)
_WORDS = {
    "one": 1, "a": 1, "an": 1, "two": 2, "couple of": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
}  # fmt: skip
_CHINESE = {c: i for i, c in enumerate("零一二三四五六七八九十")} | {"两": 2}


_ASKING = re.compile(
    r"forecast\w*|forcast|predict\w*|project\w*|expect\w*|extrapolat\w*|next|coming|following|upcoming|ahead|out|future|develop|estimate\w*|interval\w*"
    r"|hour\w*|dai?l?y\w*|week\w*|month\w*|quarter\w*|year\w*|seasonal\w*|trend\w*|series|time|train\w*|model\w*|build\w*|fit|classif\w*|regress\w*|learn\w*"
    r"|clusters?|segment\w*|groups?|similar\w*|customers?|people|countries|cars|films|movies|flights|orders|numbers?|value|values|level|rate|score"
    r"|test\w*|differ\w*|significant\w*|difference|real|chance|noise|relat\w*|correlat\w*|target|feature\w*|variable\w*|columns?|data|table|file"
    r"|warehouse|boss|needs?|please|plz|pls|thx|based|using|fuel|economy|units?|sell|sold|temperature\w*|numbers|amount\w*|stores?|web|question"
)
_ASKING_ZH = re.compile(
    r"预测|未来|接下来|往后|后面|下个?|明年|每[天周月年日]|多少|多大|怎么走|会是|大概|大约|区间|给个|给我|请问|帮我|一下|看看|推算|推|预计|估计|备货用|件|能卖|卖"
    r"|[一二两三四五六七八九十\d]+ ?(?:个)?(?:天|周|月|季度|年)|季度|按|分|各|的|了|吗|呢|是|有|在|要|把|对|和|与|用|浓度|数量|趋势|时间|序列"
)


@lru_cache(maxsize=1)
def _harmless() -> frozenset[str]:
    return discourse() | verbs() | row_nouns()


@dataclass(frozen=True)
class Mention:
    """A column that the request names, and where."""

    table: str
    column: Column
    start: int
    end: int
    score: float


@dataclass
class Mentions:
    """A request (or a part of one) over the tables of an index."""

    question: str
    index: SchemaIndex
    language: Language

    @cached_property
    def text(self) -> str:
        return fold(self.question)

    @cached_property
    def _picks(self) -> list[Mention]:
        found: dict[tuple[str, str], Mention] = {}
        for pick in best_links(self.index.link(tokenize(self.question))):
            links = [pick.link, *pick.alternatives]
            link = next((x for x in links if x.kind == "column"), None)
            if link is None or link.table is None or link.column is None or link.score < LIKELY:
                continue
            column = self.index.table(link.table).column(link.column)
            key = (link.table, link.column)
            if column is not None and (key not in found or found[key].score < link.score):
                place = found.get(key)
                start, end = (place.start, place.end) if place else (link.start, link.end)
                found[key] = Mention(link.table, column, start, end, link.score)
        return sorted(found.values(), key=lambda x: x.start)

    @cached_property
    def table(self) -> Table:
        """The table that is named, else the one that most columns are of, else the first."""
        if self.tables:
            return self.tables[0]
        counts = [sum(x.score for x in self._picks if x.table == t.name) for t in self.index.tables]
        return self.index.tables[counts.index(max(counts))]

    @cached_property
    def tables(self) -> list[Table]:
        """The tables that are named, in their order."""
        places = []
        for table in self.index.tables:
            name = re.escape(fold(table.name))
            pattern = rf"(?<!\w){name}(?!\w)" if table.name.isascii() else name
            match = re.search(pattern, self.text)
            if match and not any(x.start <= match.start() < x.end and x.score >= 0.97 for x in self._picks):
                places.append((match.start(), -len(table.name), table))
        return [t for _, _, t in sorted(places, key=lambda p: p[:2])]

    @cached_property
    def columns(self) -> list[Mention]:
        """The columns of the table that are named, in their order."""
        return [x for x in self._picks if x.table == self.table.name]

    @cached_property
    def valued(self) -> list[Mention]:
        """The columns of the table whose values are named: "men or women" → sex, in their order."""
        found: dict[str, Mention] = {}
        for pick in best_links(self.index.link(tokenize(self.question))):
            for link in (pick.link, *pick.alternatives):
                if link.kind != "value" or link.table != self.table.name or link.column is None:
                    continue
                column = self.table.column(link.column)
                if column is not None and link.score >= LIKELY:
                    found.setdefault(
                        link.column, Mention(self.table.name, column, link.start, link.end, link.score)
                    )
                    break
        return list(found.values())

    def unknown(self, start: int = 0) -> list[str]:
        """Content words behind a place that name nothing of the data (English only)."""
        if self.language == "zh":
            return self._unknown_zh()
        taken = [(x.start, x.end) for x in (*self._picks, *self.valued)]
        found = []
        for token in tokenize(self.question):
            if token.kind != "word" or token.start < start or any(a <= token.start < b for a, b in taken):
                continue
            word = token.lower
            if len(word) > 2 and not (
                is_stop_word(word) or word in QUESTION_WORDS or word in _harmless() or _ASKING.fullmatch(word)
            ):
                found.append(token.text)
        return found

    def _unknown_zh(self) -> list[str]:
        text = list(self.text)
        for x in (*self._picks, *self.valued):
            text[x.start : x.end] = " " * (x.end - x.start)
        rest = _ASKING_ZH.sub(" ", "".join(text))
        return list(re.findall(r"[\u4e00-\u9fff]{2,}", rest))

    def unknown_beside(self, x: Mention) -> bool:
        """Whether an unknown content word stands right before or behind a mention."""
        around = self.text[max(0, x.start - 18) : x.end + 18]
        return any(fold(word) in around for word in self.unknown())

    @property
    def sure(self) -> list[Mention]:
        """Those that are named clearly."""
        return [x for x in self.columns if x.score >= NAMED]

    @cached_property
    def numbers(self) -> list[NumberLiteral]:
        return read_numbers(self.question)

    @cached_property
    def saved(self) -> str | None:
        """A saved model's or recipe's name such as churn@2."""
        match = _SAVED.search(self.question)
        return match[1] if match else None

    def after(self, pattern: str) -> Mention | None:
        """The first column that is named behind a phrase, within the next words."""
        for match in re.finditer(pattern, self.text):
            behind = [x for x in self.columns if 0 <= x.start - match.end() < 40]
            if behind:
                return behind[0]
        return None

    def behind(self, pattern: str) -> list[Mention]:
        """All columns that are named behind a phrase."""
        match = re.search(pattern, self.text)
        return [x for x in self.columns if match and x.start >= match.end() - 1]

    def before(self, pattern: str) -> list[Mention]:
        """All columns that are named before a phrase."""
        match = re.search(pattern, self.text)
        return [x for x in self.columns if match and x.end <= match.start() + 1]

    def count(self, nouns: str) -> int | None:
        """A whole number that counts one of the nouns: "5 best features", "3 类"."""
        for number in self.numbers:
            near = self.text[max(0, number.start - 14) : number.end + 28]
            if float(number.value).is_integer() and 0 < number.value < 1000 and re.search(nouns, near):
                return int(number.value)
        return None

    def every(self) -> str | None:
        """A unit of time that is named as a rhythm: "weekly", "by month", 按周."""
        match = re.search(
            r"\b(hourly|daily|weekly|monthly|quarterly|yearly|annual|annually)\b|\b(?:by|per|each|every|to) (hour|day|week|month|quarter|year)s?\b"
            r"|\bmonth over (month)|\b(month|week|day|year) by (?:month|week|day|year)",
            self.text,
        )
        if match:
            return _UNITS[next(g for g in match.groups() if g)]
        match = re.search(
            r"(?:按|每个?|各)(小时|天|日|周|星期|月|季度|年)|(月度|年度|季度)(?!预)|(?:日)(?=均|度)",
            self.text,
        )
        return _UNITS.get(next((g for g in match.groups() if g), "")) if match else None

    def horizon(self) -> tuple[int, str] | None:
        """How far ahead: (12, "month") for "the next 12 months", 未来三个月."""
        zh = self.language == "zh"
        best: tuple[int, str] | None = None
        for match in (_SPAN_ZH if zh else _SPAN).finditer(self.text):
            said = match["n"]
            lead = self.text[max(0, match.start() - 12) : match.end()]
            ahead = re.search(
                r"未来|接下来|往后|后面|后|下"
                if zh
                else r"next|coming|following|upcoming|ahead|out\b|over|forward|another",
                lead,
            ) or re.match(r"\s*(?:ahead|out\b|forward|into the future)", self.text[match.end() :])
            if said is None and not ahead:
                continue
            number = _number(said)
            unit = match["unit"] if zh else match["unit"].rstrip("s")
            if number is not None and (best is None or ahead):
                best = (number, _UNITS[unit])
                if ahead:
                    break
        return best


def _number(said: str | None) -> int | None:
    if said is None or said.startswith("下"):
        return 1
    if said.isdigit():
        return int(said)
    if said in _WORDS:
        return _WORDS[said]
    if all(c in _CHINESE for c in said):
        if "十" in said:
            tens, _, ones = said.partition("十")
            return (_CHINESE[tens] if tens else 1) * 10 + (_CHINESE[ones] if ones else 0)
        return _CHINESE[said]
    return None


def names(mentions: Sequence[Mention]) -> list[str]:
    return [x.column.name for x in mentions]
