"""What a conversation holds besides follow-ups: questions that begin anew, and lines that mean nothing.

Without them a network learns that whatever comes second changes what came first.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

ANEW = 0.35
"""The part of the first requests that is also asked after another one."""
NOISE = 2
"""Lines without meaning for each set of tables."""
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertz", "yxcvbnm", "aoeuidhtns")
_SYLLABLES = (
    "ba",
    "tru",
    "sko",
    "lim",
    "ner",
    "vox",
    "pli",
    "dra",
    "zim",
    "fo",
    "quen",
    "gla",
    "jit",
    "wub",
    "mur",
)
_SAID = (
    "lorem ipsum dolor", "blah blah", "foo bar baz", "xyzzy", "test test 123", "aaaa", "hmm hm", "asdf", "la la la",
    "nothing", "never mind", "oops", "wrong window", "sorry, not you", "brb", "lol", "???", "... ", "uh", "abc",
)  # fmt: skip
_SAID_ZH = (
    "啊啊啊",
    "嗯嗯",
    "哈哈哈",
    "随便打打",
    "测试一下",
    "发错了",
    "没事了",
    "呃",
    "的的的",
    "阿斯蒂芬",
    "呵呵",
    "一二三四五",
    "啦啦啦",
    "？？？",
)

Json = dict[str, Any]


def begun_anew(records: Sequence[Json], r: random.Random) -> Iterator[Json]:
    """First requests after another request over the same tables: what they ask for stays the same."""
    by_db: dict[str, list[Json]] = {}
    for record in records:
        by_db.setdefault(record["db"], []).append(record)
    for own in by_db.values():
        for record in own:
            if record["context"] or r.random() >= ANEW:
                continue
            other = r.choice(own)
            if other["question"] != record["question"]:
                before = {"context": [other["question"]], "previous": other["plan"]}
                yield record | before | {"id": f"{record['id']}-anew"}


def without_meaning(records: Sequence[Json], lang: str, r: random.Random) -> Iterator[Json]:
    """Lines that are to be refused, alone and after a request."""
    by_db: dict[str, list[Json]] = {}
    for record in records:
        by_db.setdefault(record["db"], []).append(record)
    for db, own in by_db.items():
        for number in range(NOISE):
            other = r.choice(own)
            follows = r.random() < 0.7
            yield {
                "id": f"{db}-noise-{number}", "source": "written", "lang": lang, "db": db,
                "question": noise(lang, r), "context": [other["question"]] if follows else [],
                "previous": other["plan"] if follows else None, "tool": "analyze", "arguments": {},
                "chart": None, "plan": None, "refuse": "vague",
            }  # fmt: skip


def noise(lang: str, r: random.Random) -> str:
    """A line that means nothing: keys in a row, made-up words, an exclamation."""
    draw = r.random()
    if lang == "zh" and draw < 0.5:
        return r.choice(_SAID_ZH)
    if draw < 0.2:
        return r.choice(_SAID)
    words = [
        _mashed(r) if r.random() < 0.5 else "".join(r.choices(_SYLLABLES, k=r.randint(2, 3)))
        for _ in range(r.randint(1, 3))
    ]
    return " ".join(words)


def _mashed(r: random.Random) -> str:
    row = r.choice(_KEYS)
    start = r.randrange(len(row) - 3)
    return row[start : start + r.randint(3, 7)]
