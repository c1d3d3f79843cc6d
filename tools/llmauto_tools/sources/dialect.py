"""The dialect of a delimited text file, from its first part: delimiter, quoting, preamble, header.

Python's csv module splits the sample with each possible delimiter; the one that gives the most rows of
one width wins. Knowing the rows, the header is told from data by type. The result is explicit, so that
DuckDB never has to guess again.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice, pairwise

from llmauto_tools.sources.casts import infer, uses_decimal_comma

_DELIMITERS = (",", ";", "\t", "|", "^", "~", ":")
_TRIAL_ROWS = 200
_HEADER_ROWS = 50
SAMPLE_ROWS = 2_000
_SPLIT_QUOTES = re.compile(r"""[,;\t|]["']|["'][,;\t|]""")
"""What stays in a cell where the wrong delimiter has cut through quoted ones."""

csv.field_size_limit(1 << 30)


@dataclass(frozen=True)
class Dialect:
    """How a file is read. `skip` counts the records before the header (or the first row), blank ones
    included and comments not, as DuckDB counts them."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    skip: int = 0
    header: bool = True
    names: tuple[str, ...] = ()
    """As the file spells them; empty strings where there is no header."""
    comment: str = ""
    decimal_comma: bool = False
    mixed_newlines: bool = False
    preamble: tuple[str, ...] = ()
    """The lines before the header, for the notes."""
    rows: list[list[str]] = field(default_factory=list, compare=False, repr=False)
    """The data rows of the sample, at most SAMPLE_ROWS."""
    complete: bool = False
    """Whether `rows` are all rows of the file."""

    @property
    def width(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class _Trial:
    delimiter: str
    width: int
    start: int
    score: float


def sniff(text: str, *, whole: bool, suffix: str = "") -> Dialect:
    """The dialect of the file that begins with `text` (all of it when `whole`)."""
    quote = _quote(text)
    comment, directive = _comment(text), _separator_line(text)
    delimiter, start_width = directive, 0
    if delimiter is None:
        trial = _best_trial(text, whole, quote, comment, suffix)
        delimiter, start_width = (trial.delimiter, trial.width) if trial else (",", 1)
    escape = _escape(text, quote, delimiter)
    records = _records(text, delimiter, quote, escape, whole, SAMPLE_ROWS + 200)
    return _from_records(text, records, delimiter, quote, escape, comment, start_width, whole)


def _from_records(
    text: str,
    records: list[tuple[int, list[str]]],
    delimiter: str,
    quote: str,
    escape: str,
    comment: str,
    width: int,
    whole: bool,
) -> Dialect:
    """Find the header among the records and put the dialect together."""
    content = [(position, row) for position, row in records if not _skipped(row, comment, delimiter)]
    if text.lower().startswith("sep=") and content:
        content = content[1:]
    width = width or (Counter(len(r) for _, r in content[:_TRIAL_ROWS]).most_common(1) or [(1, 1)])[0][0]
    start = _first_row(content, width)
    content = content[start:]
    first_record = content[0][0] if content else 0
    before = [row for _, row in records[:first_record] if not _is_comment(row, comment)]
    rows = [row for _, row in content]
    header = bool(rows) and has_header(rows[0], rows[1 : _HEADER_ROWS + 1])
    first = rows[0] if rows else []
    body = rows[1:] if header else rows
    names = _full_width(first, body, width) if header else [""] * max(width, len(first))
    return Dialect(
        delimiter=delimiter,
        quote=quote,
        escape=escape,
        skip=len(before),
        header=header,
        names=tuple(names),
        comment=comment,
        decimal_comma=delimiter != "," and uses_decimal_comma({c for r in body[:_HEADER_ROWS] for c in r}),
        mixed_newlines=_mixed_newlines(text),
        preamble=tuple(delimiter.join(row) for row in before if any(c.strip() for c in row)),
        rows=body[:SAMPLE_ROWS],
        complete=whole and len(body) <= SAMPLE_ROWS,
    )


def _skipped(row: list[str], comment: str, delimiter: str) -> bool:
    if not row or (len(row) == 1 and not row[0].strip() and delimiter != ""):
        return True
    return _is_comment(row, comment)


def _is_comment(row: list[str], comment: str) -> bool:
    return bool(comment) and bool(row) and row[0].startswith(comment)


def _full_width(header: list[str], body: list[list[str]], width: int) -> list[str]:
    """The header's names; one fewer than the rows have (R's row names) gets an empty first name."""
    if len(header) == width - 1 and body and all(len(r) == width for r in body[:_HEADER_ROWS]):
        last_empty = all(not r[-1] for r in body[:_HEADER_ROWS])
        return [*header, ""] if last_empty else ["", *header]
    return header + [""] * (width - len(header))


def _first_row(content: list[tuple[int, list[str]]], width: int) -> int:
    """The index of the first row as wide as the table; rows before it are a preamble.

    A row with one cell less is a header without a name for the first column, unless a full header follows.
    """
    rows = [row for _, row in content[:_TRIAL_ROWS]]
    if width < 2:
        return 0
    for i, row in enumerate(rows):
        filled = sum(bool(c.strip()) for c in row)
        if filled < min(2, width) or (i == 0 and len(row) > 1 and filled * 2 < width < len(rows[0])):
            continue
        if len(row) >= width and (filled * 2 >= width or i > 0):
            return i
        follows = rows[i + 1] if i + 1 < len(rows) else []
        if len(row) == width - 1 and not (
            len(follows) >= width and has_header(follows, rows[i + 2 : i + 20])
        ):
            return i
    return 0


def _best_trial(text: str, whole: bool, quote: str, comment: str, suffix: str) -> _Trial | None:
    head = text[: 1 << 16] if text.count("\n", 0, 1 << 16) > 5 else text
    trials = []
    for delimiter in _DELIMITERS:
        if delimiter in head:
            records = _records(head, delimiter, quote, quote, whole and len(head) == len(text), _TRIAL_ROWS)
            trial = _try(delimiter, [r for _, r in records if not _skipped(r, comment, delimiter)])
            if trial is not None:
                bonus = 0.2 if delimiter == "\t" and suffix in ("tsv", "tab") else 0.0
                bonus -= 0.15 if delimiter in ":^~" else 0.0
                trials.append(_Trial(delimiter, trial.width, trial.start, trial.score + bonus))
    return max(trials, key=lambda t: (round(t.score, 2), t.width), default=None)


def _try(delimiter: str, rows: list[list[str]]) -> _Trial | None:
    """Score a delimiter: the share of rows of one width, less a little for rows before the first."""
    if not rows:
        return None
    counts = Counter(map(len, rows))
    width = counts.most_common(1)[0][0]
    if len(rows[0]) > 1 and counts[len(rows[0])] >= 0.4 * len(rows):
        width = len(rows[0])
    if width < 2:
        wide = {w: n for w, n in counts.items() if w > 1}
        if not wide or max(wide.values()) < 0.3 * len(rows):
            return None
        width = max(wide, key=lambda w: wide[w])
    start = next(i for i, r in enumerate(rows) if len(r) == width)
    share = counts[width] / max(1, len(rows) - start)
    if share < (0.4 if start == 0 else 0.6):
        return None
    untidy = sum(bool(_SPLIT_QUOTES.search(c)) for r in rows[:50] for c in r) / max(1, len(rows[:50]))
    return _Trial(delimiter, width, start, share - 0.02 * min(start, 10) - min(0.3, untidy))


def _records(
    text: str, delimiter: str, quote: str, escape: str, whole: bool, limit: int
) -> list[tuple[int, list[str]]]:
    """(position from 0, fields) of the first records; a cut-off last one is left out."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        doublequote=escape == quote,
        escapechar=escape if escape != quote else None,
    )
    records = list(enumerate(islice(reader, limit)))
    if not whole and len(records) > 1 and len(records) < limit:
        records.pop()
    return records


def _quote(text: str) -> str:
    if '"' in text:
        return '"'
    fields = re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=$|[,;\t|\r\n])", text[:20_000], re.MULTILINE)
    return "'" if len(fields) >= 2 else '"'


def _escape(text: str, quote: str, delimiter: str) -> str:
    """A backslash where quotes within quoted fields are written \\" and never doubled."""
    escaped = f"\\{quote}"
    if escaped not in text:
        return quote
    inside = re.search(re.escape(escaped) + rf"[^{re.escape(delimiter)}\r\n]", text)
    return (
        "\\"
        if inside and not re.search(rf'[^{re.escape(delimiter)}\n]""[^{re.escape(delimiter)}\r\n]', text)
        else quote
    )


def _comment(text: str) -> str:
    """ "#" where the first lines begin with it and are no header (a header is followed by its like)."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:50]
    if not lines or not any(line.startswith("#") for line in lines):
        return ""
    leading = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    if leading == len(lines):
        return ""
    if leading == 1:
        after = lines[1] if len(lines) > 1 else ""
        same = any(d in after and lines[0].count(d) == after.count(d) for d in ",;\t|")
        return (
            ""
            if same
            and has_header(re.split("[,;\t|]", lines[0]), [re.split("[,;\t|]", after)])
            and not _looks_like_header(after)
            else "#"
        )
    return (
        "#"
        if leading
        else (
            "#"
            if all(len(re.split("[,;\t|]", x)) == 1 for x in lines if x.startswith("#"))
            and len(re.split("[,;\t|]", lines[0])) > 1
            else ""
        )
    )


def _looks_like_header(line: str) -> bool:
    cells = [c.strip() for c in re.split("[,;\t|]", line)]
    return all(cells) and all(infer([c]).cast is None for c in cells)


def _separator_line(text: str) -> str | None:
    """The delimiter that Excel's first line "sep=;" names."""
    match = re.match(r"\ufeff?sep=(.)\r?\n", text[:10], re.IGNORECASE)
    return match.group(1) if match else None


def _mixed_newlines(text: str) -> bool:
    windows = text.count("\r\n")
    alone = text.count("\n") - windows
    old_mac = text.count("\r") - windows
    return (windows > 0) + (alone > 0) + (old_mac > 0) > 1


def has_header(first: list[str], body: list[list[str]]) -> bool:
    """Whether the first row names the columns: its cells don't have the types of those below.

    Rows of text only are taken as a header unless a cell is empty, repeated, or found in its column.
    """
    cells = [c.strip() for c in first]
    if not body:
        return all(c and infer([c]).cast is None and not c.isdigit() for c in cells)
    votes = 0.0
    for j, cell in enumerate(cells[:500]):
        below = [r[j].strip() for r in body if j < len(r)]
        votes += _header_vote(cell, [b for b in below if b])
    years = [int(c) for c in cells if re.fullmatch(r"1[5-9]\d\d|20\d\d|21\d\d", c)]
    if len(years) > 1 and all(b - a == 1 for a, b in pairwise(years)):
        return True
    if votes:
        return votes > 0
    filled = [c for c in cells if c]
    return (
        len(filled) * 2 > len(cells) and len(set(filled)) == len(filled) and not any(map(_is_value, filled))
    )


def _header_vote(cell: str, below: list[str]) -> float:
    if not cell or not below:
        return 0.0
    kind = infer(below)
    typed = kind.cast is not None or (kind.note is not None and below[0].isdigit())
    if not typed:
        return -0.6 if cell in below and len(below) > 1 else 0.0
    return -1.0 if _is_value(cell) else 1.0


def _is_value(cell: str) -> bool:
    return cell.isdigit() or infer([cell]).cast is not None
