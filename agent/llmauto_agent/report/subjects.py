"""Whether a value stands beside the name that it belongs to: a cell beside the label of its own row, a value of an
insight beside the group that it is of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from llmauto_agent.numbers import is_number
from llmauto_agent.report.references import resolve
from llmauto_tools.documents.model import Figure, Pieces, plain
from llmauto_tools.errors import ReportError
from llmauto_tools.ledger import Evidence

ANOTHER_ROW = "the value is of another row than the one that is named"
ANOTHER_FINDING = "the value is of another finding than the one that is told"
ANOTHER_GROUP = "the value is of another group than the one that is named"

ANOTHER_NOUN = "the value is of something else than the word behind it says"
ANOTHER_TIME = "the value is of another time than its sentence says"
NOT_AS_TOLD = "the tool's own text has it elsewhere"

_CONTEXT = 10
_LABEL = 60
_NOUN = re.compile(r"\s*(rows?|columns?|values?|groups?|行|列|个值|组)")
_NOUNS = (
    ({"row", "rows", "行"}, "rows"), ({"column", "columns", "列"}, "columns"),
    ({"value", "values", "个值"}, "missing_values"), ({"group", "groups", "组"}, "groups"),
)  # fmt: skip
_EARLIER = frozenset({"previous", "before", "first", "start", "old"})
_LATER = frozenset({"current", "after", "last", "end", "new"})
_FROM = re.compile(r"(?:\bfrom|比之前的|从)\s*$", re.IGNORECASE)
_TO = re.compile(r"(?:\bfrom\b[^.]*\bto|从[^。]*到)\s*$", re.IGNORECASE)
_WAS = re.compile(r"(?:\bwas|为)\s*$", re.IGNORECASE)
_CHANGED = re.compile(r"(?:\b(?:rose|fell) by|上升了|下降了)\s*$")
_APART = re.compile(r"(?:of a year before by|相差)\s*$")
_BRACKET = re.compile(r"[^()（）]{0,8}[(（]")
_YEAR_AFTER = re.compile(r"\s*of a year before")
_YEAR_BEFORE = re.compile(r"一年前的\s*$")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n")
_CLAUSE = re.compile(r"[,;]\s|[，；、]|\b(?:and|than|while|but|against)\b|而|和|于")
_ROW = re.compile(r"e\d+(?:\.sections\[(?P<section>\d+)\])?\.rows\[(?P<row>\d+)\]\[(?P<column>\d+)\]$")
_INSIGHT = re.compile(r"e\d+\.figures\.insights\[(?P<index>\d+)\]\.values\.(?P<name>\w+)$")
_LABELS = re.compile(r"(?P<of>\w+?)_(?:group|at|at_zh)$")


@dataclass(frozen=True)
class _Placed:
    start: int
    end: int
    figure: Figure


def misplaced(pieces: Pieces, evidence: Mapping[str, Evidence]) -> dict[int, str]:
    """The figures (by their place among the pieces) that stand beside another name, and why that is wrong."""
    text = plain(pieces)
    found: dict[int, str] = {}
    at = 0
    for index, piece in enumerate(pieces):
        end = at + len(piece.text)
        if isinstance(piece, Figure) and not piece.format.startswith("told"):
            reason = _wrong(_Placed(at, end, piece), text, pieces, evidence)
            if reason:
                found[index] = reason
        at = end
    return found


def retold(pieces: Pieces, evidence: Mapping[str, Evidence]) -> dict[int, str]:
    """The numbers of a tool's own text that do not stand there as in that text."""
    text, found, at = plain(pieces), {}, 0
    for index, piece in enumerate(pieces):
        end = at + len(piece.text)
        source = _source(piece)
        if source:
            own = _told(source, evidence)
            before, after = text[max(0, at - _CONTEXT) : end], text[at : end + _CONTEXT]
            if before not in own and after not in own:
                found[index] = NOT_AS_TOLD
        at = end
    return found


def is_retold(start: int, end: int, pieces: Pieces, evidence: Mapping[str, Evidence]) -> bool:
    """Whether words stand in a tool's own text just so, with what is around them."""
    text = plain(pieces)
    around = text[max(0, start - _CONTEXT) : end + _CONTEXT]
    sources = dict.fromkeys(s for p in pieces if (s := _source(p)))
    return any(around in _told(s, evidence) for s in sources)


def _source(piece: object) -> str:
    """The path of the text that a number was told in, or nothing."""
    told = isinstance(piece, Figure) and piece.format.startswith("told ")
    return piece.format.removeprefix("told ") if told and isinstance(piece, Figure) else ""


def _told(source: str, evidence: Mapping[str, Evidence]) -> str:
    try:
        return str(resolve(source, evidence).value)
    except ReportError:
        return ""


def _wrong(placed: _Placed, text: str, pieces: Pieces, evidence: Mapping[str, Evidence]) -> str:
    record = evidence.get(placed.figure.evidence)
    if record is None or not is_number(placed.figure.value):
        return ""
    cell, insight = _ROW.match(placed.figure.ref), _INSIGHT.match(placed.figure.ref)
    if insight is not None:
        return _of_insight(placed, text, pieces, record, insight)
    if cell is not None and int(cell["column"]) > 0:
        if _in_brackets(placed, text, pieces):
            return ANOTHER_ROW
        names, rows = _table_of(record, cell)
        siblings = dict(zip(names, rows[int(cell["row"])], strict=True))
        name = names[int(cell["column"])]
        return _of_row(placed, text, pieces, rows, cell) or _of_role(placed, text, name, siblings)
    name = placed.figure.ref.rpartition(".")[2]
    return _of_role(placed, text, name, record.figures)


def _in_brackets(placed: _Placed, text: str, pieces: Pieces) -> bool:
    """Whether it stands in brackets behind a value of another row: "21 rows (3.3%)" are of one."""
    at, row = 0, placed.figure.ref.rpartition("[")[0]
    for piece in pieces:
        end = at + len(piece.text)
        between = text[end : placed.start]
        if isinstance(piece, Figure) and end <= placed.start and _BRACKET.fullmatch(between):
            other = piece.ref.rpartition("[")[0]
            return other != row and other.rpartition("[")[0] == row.rpartition("[")[0] != ""
        at = end
    return False


def _table_of(record: Evidence, cell: re.Match[str]) -> tuple[list[str], Sequence[Sequence[object]]]:
    if cell["section"] is None:
        return [n for n, _ in record.columns], record.rows
    section = record.sections[int(cell["section"])]
    return list(section.columns), section.rows


# ---- what the words right beside a number say that it is


def _of_role(placed: _Placed, text: str, name: str, siblings: Mapping[str, object]) -> str:
    """Whether the noun behind a number, or "from", "to" and "was" before it, say that it is another value."""
    before, after = text[: placed.start], text[placed.end :]
    noun = _NOUN.match(after)
    named = next((n for words, n in _NOUNS if noun is not None and noun[1] in words), None)
    if named in siblings and name != named and name in {n for _, n in _NOUNS}:
        return ANOTHER_NOUN
    earlier, later = name in _EARLIER, name in _LATER
    if (later and _FROM.search(before)) or (earlier and (_TO.search(before) or _WAS.search(before))):
        return ANOTHER_TIME
    if "year_share" in siblings and (
        (name == "year_share" and _CHANGED.search(before))
        or (name == "change_share" and _APART.search(before))
    ):
        return ANOTHER_TIME
    year = "year_before" in siblings and (_YEAR_AFTER.match(after) or _YEAR_BEFORE.search(before))
    before_that = name == "year_before" and "previous" in siblings and not year
    if (year and name in {"previous", "current"}) or (
        before_that and (_FROM.search(before) or _WAS.search(before))
    ):
        return ANOTHER_TIME
    return ""


def _around(text: str, placed: _Placed, pattern: re.Pattern[str]) -> tuple[int, int]:
    """The part of the text between two of the separators in which the figure stands."""
    ends = [m.span() for m in pattern.finditer(text)]
    start = max((e for _, e in ends if e <= placed.start), default=0)
    end = min((s for s, _ in ends if s >= placed.end), default=len(text))
    return start, end


def _of_row(
    placed: _Placed, text: str, pieces: Pieces, rows: Sequence[Sequence[object]], cell: re.Match[str]
) -> str:
    row = int(cell["row"])
    table = placed.figure.ref[: cell.start("row")]
    for pattern in (_CLAUSE, _SENTENCE):
        start, end = _around(text, placed, pattern)
        linked = _linked_rows(pieces, start, end, table, rows)
        if linked:
            return "" if row in linked else ANOTHER_ROW
    for pattern in (_CLAUSE, _SENTENCE):
        start, end = _around(text, placed, pattern)
        verdicts = [_by_label(text[start:end], rows, row, column) for column in range(len(rows[row]))]
        if ANOTHER_ROW in verdicts:
            return ANOTHER_ROW
        if "" in verdicts:
            return ""
    return ""


def _by_label(part: str, rows: Sequence[Sequence[object]], row: int, column: int) -> str | None:
    """What one column's texts say: "" where the row's own stands in the words, None where none does."""
    own = rows[row][column]
    if not isinstance(own, str) or not 1 < len(own) <= _LABEL:
        return None
    others = {v for r in rows if isinstance(v := r[column], str) and len(v) > 1 and v != own}
    if not others:
        return None
    if _names(part, own):
        return ""
    return ANOTHER_ROW if any(_names(part, label) for label in others) else None


def _linked_rows(
    pieces: Pieces, start: int, end: int, table: str, rows: Sequence[Sequence[object]]
) -> set[int]:
    """The rows whose labels (linked cells that are no numbers) stand in that part of the text."""
    found, at = set(), 0
    for piece in pieces:
        if isinstance(piece, Figure) and start <= at < end and piece.ref.startswith(table):
            match = _ROW.match(piece.ref)
            if match is not None and not piece.format.startswith("told"):
                value = rows[int(match["row"])][int(match["column"])]
                label = not is_number(value) or int(match["column"]) == 0
                if label and not _is_shared(value, rows, int(match["column"])):
                    found.add(int(match["row"]))
        at += len(piece.text)
    return found


def _is_shared(value: object, rows: Sequence[Sequence[object]], column: int) -> bool:
    """Whether other rows have the same: a period that all rows are of tells none apart."""
    return sum(row[column] == value for row in rows) > 1


def _names(text: str, label: str) -> bool:
    if label == "rows" and "行数" in text:
        return True
    if not label.isascii():
        return label in text
    return re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text, re.IGNORECASE) is not None


def _of_insight(placed: _Placed, text: str, pieces: Pieces, record: Evidence, match: re.Match[str]) -> str:
    insights = record.figures["insights"]
    index = int(match["index"])
    sentence = slice(*_around(text, placed, _SENTENCE))
    own = _subjects(insights[index])
    if own and not any(_names(text[sentence], name) for name in own):
        others = {n for i, other in enumerate(insights) if i != index for n in _subjects(other)} - set(own)
        if any(_names(text[sentence], name) for name in others):
            return ANOTHER_FINDING
    start, end = _around(text, placed, _CLAUSE)
    return _of_group(match["name"], set(_figures_in(pieces, start, end, index)), insights[index]["values"])


def _subjects(insight: Mapping[str, object]) -> list[str]:
    """The columns and the groups that an insight is about."""
    values: object = insight.get("values")
    columns: object = insight.get("columns")
    texts = (
        [v for v in values.values() if isinstance(v, str) and len(v) > 1] if isinstance(values, dict) else []
    )
    return [*(str(c) for c in columns), *texts] if isinstance(columns, (list, tuple)) else texts


def _figures_in(pieces: Pieces, start: int, end: int, index: int) -> Iterator[str]:
    """The names of the insight's values that stand in that part of the text."""
    at = 0
    for piece in pieces:
        if isinstance(piece, Figure) and start <= at < end:
            match = _INSIGHT.match(piece.ref)
            if match is not None and int(match["index"]) == index:
                yield match["name"]
        at += len(piece.text)


def _of_group(name: str, beside: set[str], values: Mapping[str, object]) -> str:
    """Whether the one group beside a value is that of another value: "high" beside "low_group"."""
    groups = {m["of"] for n in beside if (m := _LABELS.match(n)) and m["of"] in values}
    known = {m["of"] for n in values if (m := _LABELS.match(n)) and m["of"] in values}
    return ANOTHER_GROUP if name in known and len(groups) == 1 and name not in groups else ""
