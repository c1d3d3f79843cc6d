"""SQL that reads the clock, made to read the time at which it was run.

A statement with `CURRENT_DATE` or `now()` gives another result on another day. In an export each of
them becomes a literal, so that the statement that replays is the one whose result was recorded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_CALLS = {
    "current_date": "DATE",
    "today": "DATE",
    "now": "TIMESTAMPTZ",
    "get_current_timestamp": "TIMESTAMPTZ",
    "transaction_timestamp": "TIMESTAMPTZ",
    "current_localtimestamp": "TIMESTAMP",
    "current_localtime": "TIME",
    "get_current_time": "TIMETZ",
}
"""Functions without arguments, and the type of what they give."""

_KEYWORDS = {
    "current_date": "DATE",
    "current_timestamp": "TIMESTAMPTZ",
    "current_time": "TIMETZ",
    "localtime": "TIME",
    "localtimestamp": "TIMESTAMP",
}
"""What reads the clock without parentheses."""

_RANDOM = {
    "random", "gen_random_uuid", "uuid", "uuidv4", "uuidv7", "reservoir_quantile", "setseed",
}  # fmt: skip


@dataclass(frozen=True)
class Frozen:
    """A statement with its clock stopped, and what was replaced (as the statement spells it)."""

    sql: str
    replaced: tuple[str, ...] = ()


def freeze(sql: str, at: dt.datetime) -> Frozen:
    """Replace what reads the clock by literals of `at` (aware, in the session's time zone).

    Text in strings, quoted names and comments is left alone. SQL that cannot be cut into tokens comes
    back as it is: DuckDB took it, so that it is sqlglot's tokenizer that lacks something.
    """
    tokens = tokenize(sql)
    edits: list[tuple[int, int, str]] = []
    replaced: list[str] = []
    for i, token in enumerate(tokens):
        found = _edits(tokens, i, at)
        if found:
            edits += found
            replaced.append(token.text + ("()" if _opens(tokens, i + 1) else ""))
    for start, end, text in sorted(edits, reverse=True):
        sql = sql[:start] + text + sql[end:]
    return Frozen(sql, tuple(dict.fromkeys(replaced)))


def draws_at_random(sql: str) -> bool:
    """Whether the statement samples or draws random values, so that a replay may give others.

    A sample with a seed (REPEATABLE) is drawn in one thread and comes out the same.
    """
    tokens = tokenize(sql)
    words = [t.text.lower() if _is_word(t) else "" for t in tokens]
    for i, word in enumerate(words):
        if word in _RANDOM and _opens(tokens, i + 1) and not _after_dot(tokens, i):
            return True
        if word == "tablesample" or words[i : i + 2] == ["using", "sample"]:
            return "repeatable" not in words
    return False


def tokenize(sql: str) -> Sequence[Any]:
    """sqlglot's tokens of the statement, none where it cannot read it."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        return sqlglot.tokenize(sql, dialect="duckdb")
    except SqlglotError:
        return ()


def _edits(tokens: Sequence[Any], i: int, at: dt.datetime) -> list[tuple[int, int, str]]:
    """What to put in place of token `i` and what belongs to it: (start, end, text)."""
    token = tokens[i]
    if not _is_word(token) or _after_dot(tokens, i):
        return []
    word = token.text.lower()
    if word in _CALLS and _opens(tokens, i + 1) and _closes(tokens, i + 2):
        return [(token.start, tokens[i + 2].end + 1, _literal(_CALLS[word], at))]
    if word in _KEYWORDS and not _opens(tokens, i + 1):
        return [(token.start, token.end + 1, _literal(_KEYWORDS[word], at))]
    if word in {"age", "ago"} and _opens(tokens, i + 1):
        end, arguments = _call_end(tokens, i + 1)
        if end is not None and arguments == 1:
            if word == "age":  # age(x) counts from midnight of the current date
                return [
                    (tokens[i + 1].end + 1, tokens[i + 1].end + 1, _literal("DATE", at) + "::TIMESTAMP, ")
                ]
            return [
                (token.start, token.end + 1, f"({_literal('TIMESTAMPTZ', at)} - "),
                (tokens[end].end + 1, tokens[end].end + 1, ")"),
            ]
    return []


def _literal(dtype: str, at: dt.datetime) -> str:
    local = at.replace(tzinfo=None)
    text = {
        "DATE": local.date().isoformat(),
        "TIMESTAMP": local.isoformat(sep=" "),
        "TIME": local.time().isoformat(),
        "TIMETZ": at.timetz().isoformat(),
        "TIMESTAMPTZ": at.isoformat(sep=" "),
    }[dtype]
    return f"CAST('{text}' AS {dtype})"


def _is_word(token: Any) -> bool:
    """Whether a token is a bare word: no string, no quoted name, no number, no sign."""
    kind = token.token_type.name
    quoted = kind == "IDENTIFIER" or kind.endswith("STRING")
    return not quoted and token.end - token.start + 1 == len(token.text) and token.text[:1].isalpha()


def _after_dot(tokens: Sequence[Any], i: int) -> bool:
    return i > 0 and tokens[i - 1].token_type.name == "DOT"


def _opens(tokens: Sequence[Any], i: int) -> bool:
    return i < len(tokens) and tokens[i].token_type.name == "L_PAREN"


def _closes(tokens: Sequence[Any], i: int) -> bool:
    return i < len(tokens) and tokens[i].token_type.name == "R_PAREN"


def _call_end(tokens: Sequence[Any], opening: int) -> tuple[int | None, int]:
    """The index of the parenthesis that closes the one at `opening`, and how many arguments lie between."""
    depth, commas = 0, 0
    for i in range(opening, len(tokens)):
        kind = tokens[i].token_type.name
        if kind in {"L_PAREN", "L_BRACKET", "L_BRACE"}:
            depth += 1
        elif kind in {"R_PAREN", "R_BRACKET", "R_BRACE"}:
            depth -= 1
            if depth == 0:
                return i, 0 if i == opening + 1 else commas + 1
        elif kind == "COMMA" and depth == 1:
            commas += 1
    return None, 0
