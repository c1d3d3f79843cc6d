"""The words of a definition as a SQL expression or condition over one table.

    "sum of mrr times 12 where status is active"  →  SUM("mrr") * 12, "status" = 'active'
    "amount above 1000"                           →  "amount" > 1000
    "price - cost"                                →  "price" - "cost"

A small grammar of its own, since the planner's reads questions: names of columns (longest first), numbers,
quoted texts, aggregates, arithmetic, comparisons. SQL passes through it unchanged. Whatever it cannot place
makes it give up: a definition is applied as it was said, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmauto_agent.planner.tokens import CJK, fold
from llmauto_tools.schema import Table

Values = Callable[[str, str], Sequence[object]]
"""(table, column) to its known distinct values, for texts that are written without quotes."""


@dataclass(frozen=True)
class Body:
    """SQL for one table: an expression, a condition, or both; None for what is not there."""

    expression: str | None
    condition: str | None
    columns: tuple[str, ...] = ()


class NotRead(Exception):
    """The words that could not be placed."""


_AGGREGATES = (
    (r"(?:the\s+)?(?:sum|total|total amount)\s+(?:of\s+)?(?:the\s+|all\s+)?", "SUM"),
    (r"(?:the\s+)?(?:average|mean|avg)\s+(?:of\s+)?(?:the\s+|all\s+)?", "AVG"),
    (r"(?:the\s+)?median\s+(?:of\s+)?(?:the\s+)?", "MEDIAN"),
    (r"(?:the\s+)?(?:maximum|highest|largest|max)\s+(?:of\s+)?(?:the\s+)?", "MAX"),
    (r"(?:the\s+)?(?:minimum|lowest|smallest|min)\s+(?:of\s+)?(?:the\s+)?", "MIN"),
    (r"(?:the\s+)?(?:number|count)\s+of\s+(?:distinct|different|unique)\s+", "COUNT DISTINCT"),
    (r"(?:the\s+)?(?:number|count)\s+of\s+(?:the\s+|all\s+)?", "COUNT"),
    (r"(?:不同的?)", "COUNT DISTINCT"), (r"(?:总和|合计|总计|总)的?", "SUM"), (r"平均的?", "AVG"),
    (r"最大的?", "MAX"), (r"最小的?", "MIN"),
)  # fmt: skip
_ZH_AFTER = (
    (r"\s*的?(?:总和|之和|合计|总额)", "SUM"),
    (r"\s*的?平均值?", "AVG"),
    (r"\s*的?(?:个数|数量)", "COUNT DISTINCT"),
)
_ROWS = re.compile(
    r"(?:the\s+)?(?:number|count)\s+of\s+(?:all\s+)?(?:rows|records|entries)|行数|记录数", re.I
)
_OPERATORS = (
    (r"multiplied by|times|×|乘以|乘", "*"), (r"divided by|÷|除以", "/"), (r"\bper\b", "/"), (r"\bplus\b|加上|加", "+"),
    (r"\bminus\b|减去|减", "-"),
    (r"is not null|is not missing|is known|不为空|非空", "IS NOT NULL"),
    (r"is null|is missing|is empty|is unknown|are missing|为空|缺失", "IS NULL"),
    (r"(?:is |are )?(?:at least|no less than|not less than|not below|>=|≥)|(?:大于等于|至少|不低于|不少于)(?:了)?", ">="),
    (r"(?:is |are )?(?:at most|no more than|not more than|not above|up to|<=|≤)|小于等于|至多|最多|不超过|不高于", "<="),
    (r"(?:is |are )?(?:more|greater|larger|higher|longer|older|bigger) than|(?:is |are )?(?:above|over|exceeds?|exceeding|after)\b|大于|超过|高于|多于", ">"),
    (r"(?:is |are )?(?:less|fewer|smaller|lower|shorter|younger|cheaper) than|(?:is |are )?(?:below|under|before)\b|小于|低于|少于|不到", "<"),
    (r"(?:is|are|was|were) not (?:equal to )?|isn't|aren't|is different from|不是|不等于|!=|<>|≠", "<>"),
    (r"(?:is|are|was|were) (?:one of|in|among)\b|属于", "IN"),
    (r"\bequals?\b(?: to)?|(?:is|are|was|were) equal to|==|等于|为|是", "="),
    (r"\b(?:is|are|was|were)\b", "="),
    (r"\bbetween\b|介于", "BETWEEN"), (r"\band\b|并且|而且|且|和|与|到", "AND"), (r"\bor\b|或者|或", "OR"), (r"\bnot\b|非", "NOT"),
)  # fmt: skip
_WHERE = re.compile(
    r"\s*[,;]?\s+(?:where|for|of those (?:with|where)|when|if|counting only|among(?: those)?(?: with)?|only(?: for)?(?: those)?(?: with| where)?)\s+"
    r"|[，,]?\s*(?:其中|只算|只看|仅限于?|条件是)\s*",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"^(?:an?\s+|the\s+|those\s+|all\s+)?[\w ]+?\s+(?:with|where|whose|that have|which have)\s+(?:an?\s+|the\s+)?",
    re.I,
)
_IN = re.compile(r"\s+(?:in|of|from)\s+(?:the\s+)?(?:table\s+)?(?P<table>\w+)\s*$", re.I)
_ARTICLES = re.compile(r"(?:an?|the|its|their|of)\s+", re.I)


def read_body(text: str, table: Table, values: Values) -> Body:
    """The SQL of a definition's words over a table. Raises NotRead with what could not be placed."""
    said = text.strip().rstrip(".。")
    if (m := _IN.search(said)) and m["table"].casefold() == table.name.casefold():
        said = said[: m.start()]
    if (ratio := _ratio(said, table, values)) is not None:
        return ratio
    parts = _WHERE.split(said, maxsplit=1)
    if len(parts) == 2 and parts[0].strip():
        first, second = _sql(parts[0], table, values), _sql(parts[1], table, values)
        if not first.is_condition and second.is_condition:
            return Body(first.text, second.text, (*first.columns, *second.columns))
        raise NotRead(said)
    try:
        only = _sql(said, table, values)
    except NotRead:
        subject = _SUBJECT.match(said)
        if subject is None:
            raise
        only = _sql(said[subject.end() :], table, values)
        if not only.is_condition:
            raise NotRead(said) from None
    return Body(None, only.text, only.columns) if only.is_condition else Body(only.text, None, only.columns)


_OVER = re.compile(r"\s+/\s+|\s+divided by\s+|\s*÷\s*|\s*除以\s*|\s+as a (?:share|fraction|part) of\s+", re.I)


def _ratio(said: str, table: Table, values: Values) -> Body | None:
    """Two measures divided, of which the first has a condition of its own; None for all else."""
    sides = _OVER.split(said)
    if len(sides) != 2 or not _WHERE.search(sides[0]):
        return None
    try:
        parts = [read_body(side, table, values) for side in sides]
    except NotRead:
        return None
    written = []
    for part in parts:
        if part.expression is None or "(" not in part.expression:
            return None
        if part.condition and not re.fullmatch(r"[A-Z]+\([^()]*\)", part.expression):
            return None
        only = f" FILTER (WHERE {part.condition})" if part.condition else ""
        written.append(f"({part.expression}{only})")
    return Body(" / ".join(written), None, (*parts[0].columns, *parts[1].columns))


@dataclass
class _Sql:
    text: str
    is_condition: bool
    columns: tuple[str, ...]


_COMPARES = frozenset(("=", "<>", "<", ">", "<=", ">=", "IS NULL", "IS NOT NULL", "IN", "BETWEEN", "LIKE"))
_SQL_WORD = re.compile(
    r"(?:SUM|AVG|COUNT|MIN|MAX|MEDIAN|ABS|LOWER|UPPER|YEAR|MONTH|DISTINCT|LIKE|TRUE|FALSE|NULL|DATE|CURRENT_DATE|FILTER|WHERE)\b",
    re.I,
)
_NUMBER = re.compile(
    r"\d+(?:,\d{3})*(?:\.\d+)?(?P<percent>\s*%| percent\b)?(?P<times>k|m)?(?![\w.])|\d+(?:\.\d+)?(?=["
    + CJK
    + "])",
    re.I,
)
_QUOTED = re.compile(r"'((?:[^']|'')*)'|\"([^\"]+)\"|“([^”]+)”|「([^」]+)」|‘([^’]+)’")


def _sql(text: str, table: Table, values: Values) -> _Sql:
    pieces: list[tuple[str, str]] = []
    position, text = 0, text.strip()
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        end, piece = _piece(text, position, table, pieces, values)
        pieces += piece
        position = end
    return _assembled(pieces, text)


def _piece(
    text: str, at: int, table: Table, before: Sequence[tuple[str, str]], values: Values
) -> tuple[int, list[tuple[str, str]]]:
    """The next piece of a body, as (kind, SQL), and where it ends."""
    if (m := _ROWS.match(text, at)) is not None:
        return m.end(), [("value", "COUNT(*)")]
    column = _column_at(text, at, table)
    for pattern, name in _AGGREGATES:
        m = re.compile(pattern, re.I).match(text, at)
        if m and m.end() > (column[0] if column else at) and _column_at(text, m.end(), table):
            return m.end(), [("aggregate", name)]
    if column is not None:
        for pattern, name in _ZH_AFTER:
            if m := re.compile(pattern).match(text, column[0]):
                return m.end(), [("column", column[1]), ("value", _aggregate(name, column[1]))]
        return column[0], [("column", column[1]), ("value", _quoted(column[1]))]
    if (m := _QUOTED.match(text, at)) is not None:
        return m.end(), [
            ("value", _text(next(g for g in m.groups() if g is not None), table, before, values))
        ]
    if (m := re.compile(r"\d{4}-\d\d-\d\d").match(text, at)) is not None:
        return m.end(), [("value", f"DATE '{m[0]}'")]
    if (m := _NUMBER.match(text, at)) is not None:
        return m.end(), [("value", _number(m))]
    for pattern, operator in _OPERATORS:
        if m := re.compile(pattern, re.I).match(text, at):
            return m.end(), [("operator", operator)]
    if (m := re.compile(r"[-+*/(),<>=]").match(text, at)) is not None:
        return m.end(), [("operator", m[0])]
    if (m := _SQL_WORD.match(text, at)) is not None:
        return m.end(), [("word", m[0].upper())]
    if (known := _value_at(text, at, table, before, values)) is not None:
        return known
    if (m := _ARTICLES.match(text, at)) is not None:
        return m.end(), []
    raise NotRead(re.split(r"[\s,，]", text[at:], maxsplit=1)[0])


def _aggregate(name: str, column: str) -> str:
    if name.startswith("COUNT"):
        return f"COUNT(DISTINCT {_quoted(column)})"  # a number of customers counts each of them once
    return f"{name}({_quoted(column)})"


def _number(match: re.Match[str]) -> str:
    number = float(match[0].lower().rstrip(" %kmpercnt").replace(",", ""))
    if match["percent"]:
        number /= 100
    number *= {"k": 1e3, "m": 1e6}.get((match["times"] or "").lower(), 1)
    return str(int(number)) if number == int(number) else repr(number)


def _column_at(text: str, at: int, table: Table) -> tuple[int, str] | None:
    """The column whose name stands at a place: (end, name), the longest of several. "unit price" is unit_price."""
    found: list[tuple[int, str]] = []
    for column in table.columns:
        words = [re.escape(w) for w in re.split(r"[\s_]+", fold(column.name)) if w]
        pattern = r"[\s_]?".join(words)
        edge = r"(?:s|es)?(?![a-z0-9_])" if column.name[-1:].isascii() else ""
        if m := re.compile(rf'"?{pattern}"?{edge}').match(fold(text), at):
            if column.name[:1].isascii() and at and re.match(r"[a-z0-9_]", fold(text)[at - 1]):
                continue
            found.append((m.end(), column.name))
    return max(found, default=None)


def _value_at(
    text: str, at: int, table: Table, before: Sequence[tuple[str, str]], values: Values
) -> tuple[int, list[tuple[str, str]]] | None:
    """A text that is written without quotes: a known value of the column that it is compared with."""
    column = next((c for kind, c in reversed(before) if kind == "column"), None)
    if column is None or not before or before[-1][1] not in {"=", "<>", "IN", "(", ",", "OR"}:
        return None
    folded = fold(text)
    known = sorted((str(v) for v in values(table.name, column)), key=len, reverse=True)
    for value in known:
        if value and folded.startswith(fold(value), at):
            end = at + len(value)
            if not (value[-1:].isascii() and re.match(r"\w", text[end : end + 1] or " ", re.ASCII)):
                return end, [("value", _literal(value))]
    return None


def _text(said: str, table: Table, before: Sequence[tuple[str, str]], values: Values) -> str:
    """A quoted text as the column spells it, where it differs in case only."""
    column = next((c for kind, c in reversed(before) if kind == "column"), None)
    if column is not None:
        known = [str(v) for v in values(table.name, column)]
        if said not in known:
            said = next((v for v in known if fold(v) == fold(said)), said)
    return _literal(said)


def _assembled(pieces: Sequence[tuple[str, str]], said: str) -> _Sql:
    columns = tuple(dict.fromkeys(sql for kind, sql in pieces if kind == "column"))
    parts = [(kind, sql) for kind, sql in pieces if kind != "column"]
    if not parts or (not columns and not any("COUNT(*)" in sql for _, sql in parts)):
        raise NotRead(said)
    parts = _with_aggregates(parts)
    for i, (kind, sql) in enumerate(parts):
        if kind == "operator" and sql == "IN" and i + 1 < len(parts) and parts[i + 1][1] != "(":
            return _listed(parts, i, columns)
        if kind == "value" and i and parts[i - 1][0] == "value":
            raise NotRead(said)  # two values side by side: a word between them was not meant
    condition = any(sql in _COMPARES for _, sql in parts)
    return _Sql(" ".join(sql for _, sql in parts), condition, columns)


def _with_aggregates(parts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each aggregate around what it is of: "sum of quantity times price" is SUM(quantity * price)."""
    made: list[tuple[str, str]] = []
    i = 0
    while i < len(parts):
        if parts[i][0] != "aggregate":
            made.append(parts[i])
            i += 1
            continue
        end = i + 2
        while end + 1 < len(parts) and parts[end][1] in {"*", "/", "+", "-"} and _is_plain(parts[end + 1]):
            end += 2
        name, inside = parts[i][1], " ".join(sql for _, sql in parts[i + 1 : end])
        counts = name.startswith("COUNT")  # a number of customers counts each of them once
        made.append(("value", f"COUNT(DISTINCT {inside})" if counts else f"{name}({inside})"))
        i = end
    return made


def _is_plain(part: tuple[str, str]) -> bool:
    """A column or a number, and not another aggregate."""
    return part[0] == "value" and "(" not in part[1]


def _listed(parts: Sequence[tuple[str, str]], at: int, columns: tuple[str, ...]) -> _Sql:
    """ "status is one of active, trial or paused" """
    listed = [sql for kind, sql in parts[at + 1 :] if kind == "value"]
    others = {sql for kind, sql in parts[at + 1 :] if kind != "value"}
    if not listed or others - {",", "OR", "AND"}:
        raise NotRead("one of")
    before = " ".join(sql for _, sql in parts[:at])
    return _Sql(f"{before} IN ({', '.join(listed)})", True, columns)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
