"""A request and what its parts name: the columns after a word, lists of columns, numbers, leftovers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from llmauto_agent.planner.asks.mentions import SURE, Mention, Named
from llmauto_agent.planner.harmless import discourse, row_nouns, verbs
from llmauto_agent.planner.literals import NumberLiteral, read_numbers
from llmauto_agent.planner.tokens import CJK, fold
from llmauto_agent.planner.words import QUESTION_WORDS, STOP_WORDS

_JOIN = re.compile(
    r"[\s,、&+/]*(?:\b(?:and|or|the|a|an|by|of|s)\b[\s,]*|[和与及以跟或]及?|的)*[\s,、&+/\"'`]*(?:\bonly\b)?[\s,]*"
)
_STOP = re.compile(r"[,.;:?!，。；？！→]|\b(?:and then|then|please|with|using)\b")
_PLAIN_ZH = re.compile(
    r"一下|看看|请|帮我|帮忙|给我|的|了|吗|呢|么|吧|是|否|有|没有|和|与|及|跟|对|把|用|按|各|每|个|这|那|些|哪|什么|怎么|如何|数据|表格?|列|字段|变量|值"
    r"|客户|顾客|用户|订单|人群?|记录|所有|全部|之间|做|画|图|大概|多少|情况|未来|接下来|预测|预计|趋势|走势|检验|差异|关系|相关|模型|训练|分析|时间"
)  # fmt: skip
_GENERIC = frozenset(
    ["data", "dataset", "table", "file", "column", "columns", "field", "fields", "variable", "variables", "feature", "features", "input", "inputs", "model", "models", "value", "values", "number", "numbers", "figure", "figures", "level", "levels", "score", "scores", "rate", "amount", "total", "test", "tests", "difference", "differences", "analysis", "result", "results", "thing", "things", "something", "anything", "everything", "everybody", "everyone", "people", "everyday", "plz", "pls", "thx", "thanks", "hi", "hello", "automatically", "accurately", "well", "quickly", "fast", "please", "boss", "chart", "plot", "graph", "picture", "group", "groups", "cluster", "clusters", "segments", "trend", "series", "forecast", "prediction", "predictions", "forecasts", "regression", "classification", "classifier", "regressor", "linear", "logistic", "best", "good", "better", "new", "newest", "next", "coming", "last", "ahead", "week", "weeks", "month", "months", "year", "years", "day", "days", "quarter", "quarters", "hour", "hours", "daily", "weekly", "monthly", "quarterly", "yearly", "per", "each", "every", "type", "types", "kind", "kinds", "class", "classes", "label", "target", "units", "unit", "measurements", "measurement", "numeric", "numerical", "categorical", "continuous", "probability", "probabilities", "chance", "likelihood", "whether", "row", "rows", "observation"]
)  # fmt: skip


@dataclass(frozen=True)
class Ask:
    """One request, or one step of a request for several.

    `last` is the tool of the conversation's last step and `before` its arguments; `trained` says that
    the conversation, or an earlier step, has made a model.
    """

    typed: str
    named: Named
    last: str | None = None
    before: dict[str, Any] = field(default_factory=dict)
    trained: bool = False

    @cached_property
    def text(self) -> str:
        return fold(self.typed)

    @property
    def table(self) -> str:
        return self.named.table.name

    @cached_property
    def mentions(self) -> list[Mention]:
        """The columns that the request names, one mention each, surest spans first in the text."""
        return [m for m in self.named.columns if m.score >= SURE or self._whole(m)]

    def _whole(self, mention: Mention) -> bool:
        """Whether a weak mention stands alone: nothing beside it in its phrase is left unexplained."""
        if mention.score < 0.4:
            return False
        around = (
            self.text[max(0, mention.start - 14) : mention.start],
            self.text[mention.end : mention.end + 14],
        )
        left = re.split(r"[^\w]|_|\b(?:of|the|in|and|to)\b", around[0].strip())[-1]
        right = re.split(r"[^\w]", around[1].strip())[0] if around[1][:1] == " " else ""
        return mention.text >= "\u3400" or not (
            {left, right} & set(self.unknown(mention.start - 14, mention.end + 14))
        )

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(m.column for m in self.mentions))

    def has(self, pattern: str) -> bool:
        return re.search(pattern, self.text) is not None

    # ---- columns by their place

    def after(self, pattern: str, reach: int = 45) -> Mention | None:
        """The first column behind a match of the pattern, before the phrase ends."""
        for match in re.finditer(pattern, self.text):
            for m in self.mentions:
                if m.start >= match.end() - 1 and m.start - match.end() <= reach:
                    if not _STOP.search(self.text[match.end() : m.start]):
                        return m
                    break
        return None

    def before_(self, pattern: str, reach: int = 25) -> Mention | None:
        """The last column in front of a match of the pattern."""
        for match in re.finditer(pattern, self.text):
            for m in reversed(self.mentions):
                if m.end <= match.start() + 1 and match.start() - m.end <= reach:
                    return m
        return None

    def run_from(self, first: Mention) -> list[Mention]:
        """The list of columns that begins with a mention: "carat, depth and price"."""
        run = [first]
        for m in self.mentions[self.mentions.index(first) + 1 :]:
            between = self.text[run[-1].end : m.start]
            if not _JOIN.fullmatch(between) and not self._filler(between):
                break
            run.append(m)
        return run

    def _filler(self, between: str) -> bool:
        """Whether only a known noun stands between two columns of a list."""
        words = re.findall(r"[a-z]+", between)
        return len(between) < 16 and len(words) <= 2 and bool(re.search(r"\band\b|,", between)) and not any(
            w in {"on", "by", "to", "with", "for", "from", "against", "vs", "is", "in"} for w in words
        )  # fmt: skip

    def list_after(self, pattern: str, reach: int = 45) -> list[str]:
        """The list of columns behind a match of the pattern."""
        first = self.after(pattern, reach)
        run = self.run_from(first) if first else []
        return list(dict.fromkeys(c for m in run for c in (m.column, *(m.others if m.plural else ()))))

    def between(self, start: str, end: str) -> list[str]:
        """The columns between two patterns: 用 … 训练."""
        match = re.search(rf"(?:{start})(.+?)(?:{end})", self.text)
        if match is None:
            return []
        inside = [m for m in self.mentions if match.start(1) <= m.start and m.end <= match.end(1)]
        return list(dict.fromkeys(m.column for m in inside))

    def numbers(self) -> list[str]:
        """The named columns that hold amounts."""
        return [c for c in self.columns if self.named.is_number(c)]

    def groups(self) -> list[str]:
        """The named columns that make groups."""
        return [c for c in self.columns if self.named.is_group(c) and not self.named.is_number(c)]

    # ---- numbers

    @cached_property
    def literals(self) -> list[NumberLiteral]:
        found = [n for n in read_numbers(self.typed) if n.kind in {"number", "ordinal"}]
        return [
            n for n in found if all(n.end <= m.start or m.end <= n.start for m in self.mentions if m.exact)
        ]

    def count(self, pattern: str, reach: int = 14) -> int | None:
        """A whole number just before (or after "=") a match of the pattern."""
        for match in re.finditer(pattern, self.text):
            for n in self.literals:
                whole = float(n.value).is_integer() and n.value > 0
                if whole and 0 <= match.start() - n.end <= reach and not re.search(r"[,.;]", self.text[n.end : match.start()]):  # fmt: skip
                    return int(n.value)
        return None

    # ---- what was not understood

    def unknown(self, start: int, end: int) -> list[str]:
        """Content words of a span that name nothing known."""
        start, end = max(0, start), min(len(self.text), end)
        found: list[str] = []
        for word in re.finditer(rf"[a-z][a-z'-]*|[{CJK}]+", self.text):
            if word.start() < start or word.start() >= end:
                continue
            found += self._left_of(word)
        return found

    def _left_of(self, word: re.Match[str]) -> Iterator[str]:
        covered = [m for m in self.named.columns if m.start < word.end() and word.start() < m.end]
        if word[0].isascii():
            if not covered and not self._known(word[0]):
                yield word[0]
            return
        rest = list(word[0])
        for m in covered:
            for i in range(max(m.start, word.start()), min(m.end, word.end())):
                rest[i - word.start()] = " "
        for piece in _PLAIN_ZH.sub(" ", "".join(rest)).split():
            if len(piece) >= 2:
                yield piece

    def _known(self, word: str) -> bool:
        plain = word.removesuffix("'s")
        if len(plain) < 3 or plain in STOP_WORDS or plain in QUESTION_WORDS or plain in _GENERIC:
            return True
        if plain in discourse() or plain in row_nouns() or plain in verbs() or plain.endswith("ly"):
            return True
        return any(self.named.facts.names_rows(plain, t.name) for t in self.named.index.tables)

    def phrase(self, pattern: str, stop: str) -> tuple[int, int] | None:
        """The span from a match of the pattern to the next boundary."""
        match = re.search(pattern, self.text)
        if match is None:
            return None
        end = re.compile(rf"[,.;:?!，。；？！]|\b(?:{stop})\b").search(self.text, match.end())
        return match.end(), end.start() if end else len(self.text)


def first_of(found: Sequence[str | None]) -> str | None:
    return next((f for f in found if f), None)
