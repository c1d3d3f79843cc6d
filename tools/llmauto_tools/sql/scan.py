"""A light scan over SQL text that knows strings, quoted names and comments.

It runs before the parser: to bound nesting (a bomb must not reach a recursive parser), to see an empty
statement, and to find the end of the statement so that it can be wrapped as a subquery.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
      (?P<name>   "(?:[^"]|"")*(?:"|$) )
    | (?P<dollar> \$(?P<tag>[A-Za-z_\x80-\U0010ffff][\w]*|)\$ )
    | (?P<line>   --[^\n\r]* )
    | (?P<block>  /\* )
    | (?P<space>  \s+ )
    | (?P<word>   [\w$]+ )
    | (?P<other>  . )
    """,
    re.VERBOSE | re.DOTALL,
)


def tokens(sql: str) -> list[tuple[str, int, int]]:
    """(kind, start, end) of each token; kinds: string, name, comment, space, word, other."""
    found: list[tuple[str, int, int]] = []
    at = 0
    while at < len(sql):
        kind, end = _token(sql, at)
        found.append((kind, at, end))
        at = end
    return found


def _token(sql: str, at: int) -> tuple[str, int]:
    if sql[at] == "'" or sql[at : at + 2] in ("e'", "E'"):
        return "string", _string_end(sql, at)
    match = _TOKEN.match(sql, at)
    assert match is not None  # the last alternative takes any character
    kind = match.lastgroup or "other"
    if match["dollar"] is not None:
        close = sql.find(match["dollar"], match.end())
        return "string", len(sql) if close < 0 else close + len(match["dollar"])
    if match["block"] is not None:
        return "comment", _block_end(sql, at)
    if match["line"] is not None:
        return "comment", match.end()
    return kind, match.end()


def _string_end(sql: str, at: int) -> int:
    """The end of a string; a backslash escapes only in E'…'."""
    escapes = sql[at] != "'"
    at += 2 if escapes else 1
    while at < len(sql):
        if escapes and sql[at] == "\\":
            at += 2
        elif sql[at] == "'":
            if sql[at + 1 : at + 2] != "'":
                return at + 1
            at += 2
        else:
            at += 1
    return len(sql)


_BLOCK_EDGE = re.compile(r"/\*|\*/")


def _block_end(sql: str, at: int) -> int:
    """The end of a block comment; they nest."""
    depth = 0
    for match in _BLOCK_EDGE.finditer(sql, at):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(sql)


def _block_depth(comment: str) -> int:
    depth = deepest = 0
    for match in _BLOCK_EDGE.finditer(comment):
        depth += 1 if match[0] == "/*" else -1
        deepest = max(deepest, depth)
    return deepest


def nesting_depth(sql: str, limit: int) -> int:
    """The deepest nesting of brackets, CASE, and block comments, counted up to `limit` + 1."""
    depth = deepest = 0
    for kind, start, end in tokens(sql):
        if kind == "comment" and sql[start] == "/":
            deepest = max(deepest, _block_depth(sql[start:end]))
        if kind == "other":
            depth += (sql[start] in "([{") - (sql[start] in ")]}")
        elif kind == "word" and end - start <= 4:
            word = sql[start:end].lower()
            depth += (word == "case") - (word == "end")
        depth = max(depth, 0)
        deepest = max(deepest, depth)
        if deepest > limit:
            break
    return deepest


def without_trailing_semicolon(sql: str) -> str:
    """The statement without what follows it, so that it can stand in parentheses."""
    kept = [t for t in tokens(sql) if t[0] not in ("space", "comment") and sql[t[1] : t[2]] != ";"]
    return sql[kept[0][1] : kept[-1][2]] if kept else ""
