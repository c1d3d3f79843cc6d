"""Looking through a delimited file with DuckDB: rows that don't fit, and types that don't hold.

The reader's parameters (padding, extra columns, line size) are raised until every row can be read; what
still can't be is counted and named by line. Types that were proposed from a sample are tested on all
values, or on a stated number of rows of a large file.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from llmauto_tools.sources.base import Opening, file_list, literal
from llmauto_tools.sources.casts import Cast, Verdict, infer
from llmauto_tools.sources.dialect import Dialect

MAX_EXTRA = 200
"""So many values beyond the header become columns; rows with more are reported as unreadable."""
_SPARE = 32
"""Columns beyond the header that a lenient reader gets, because it drops what has no column."""
_NAMED_LINES = 5
_REJECTS = 100_000
_CHUNK = 400
"""Columns tested in one statement; DuckDB's planning grows faster than linearly."""


@dataclass(frozen=True)
class Reader:
    """The parameters of one read_csv call."""

    files: tuple[Path, ...]
    dialect: Dialect
    width: int
    compression: str = ""
    strict: bool = True
    padding: bool = False
    parallel: bool = True
    max_line: int = 0
    ignore_errors: bool = False
    union: bool = False

    def sql(self, types: Sequence[str] | None = None, rejects: str = "") -> str:
        """The read_csv call; columns are named c0, c1, …, of VARCHAR unless `types` says otherwise."""
        d = self.dialect
        columns = ", ".join(f"'c{i}': '{types[i] if types else 'VARCHAR'}'" for i in range(self.width))
        options = [
            f"auto_detect=false, header={str(d.header).lower()}, skip={d.skip}",
            f"delim={literal(d.delimiter)}, quote={literal(d.quote)}, escape={literal(d.escape)}",
            f"columns={{{columns}}}",
        ]
        options += [f"comment={literal(d.comment)}"] if d.comment else []
        options += [f"compression='{self.compression}'"] if self.compression else []
        options += ["strict_mode=false"] if not self.strict else []
        options += ["null_padding=true"] if self.padding else []
        options += ["parallel=false"] if not self.parallel else []
        options += (
            [f"max_line_size={self.max_line}, buffer_size={self.max_line * 2}"] if self.max_line else []
        )
        if rejects:
            options.append(
                f"store_rejects=true, rejects_table='{rejects}', rejects_scan='{rejects}_scan', "
                f"rejects_limit={_REJECTS}"
            )
        elif self.ignore_errors:
            options.append("ignore_errors=true")
        return f"read_csv({file_list(self.files)}, {', '.join(options)})"


@dataclass(frozen=True)
class Reject:
    """A row that could not be read as it is."""

    file: int
    line: int
    position: int
    kind: str
    text: str


@dataclass
class Checked:
    """What the check found: how to read the file, its rows, and what a person has to know."""

    reader: Reader
    rows: int | None
    notes: list[str]


def check_rows(opening: Opening, reader: Reader, limit: int | None) -> Checked:
    """Find the parameters with which every row (of the first `limit`) can be read."""
    padded: list[Reject] = []
    extra: list[Reject] = []
    rejects: list[Reject] = []
    rows = 0
    reader = reader if reader.strict else lenient(reader)
    for _ in range(6):
        rows, rejects, error = _scan(opening, reader, limit)
        padded = padded or [r for r in rejects if r.kind == "MISSING COLUMNS"]
        extra = extra or [r for r in rejects if r.kind == "TOO MANY COLUMNS"]
        better = _adjusted(reader, rejects, error)
        if better == reader:
            break
        reader = better
    if rejects:
        reader = replace(reader, ignore_errors=True)
    loose: list[str] = []
    if not reader.strict:
        reader, loose = _without_spare(opening, reader, limit)
    notes = [
        *loose,
        *_note(reader, padded, "fewer values than the header", "the missing values are NULL"),
        *_note(reader, extra, "more values than the header", "the extra values are in columns of their own"),
        *_note(reader, rejects, None, "they are left out"),
    ]
    return Checked(reader, rows if limit is None else None, notes)


def lenient(reader: Reader) -> Reader:
    """The reader without strict mode, in which irregular quotes and line ends are taken as they come."""
    return replace(reader, strict=False, padding=True, width=max(reader.width, reader.dialect.width + _SPARE))


def _without_spare(opening: Opening, reader: Reader, limit: int | None) -> tuple[Reader, list[str]]:
    """A lenient reader with as many columns as hold a value, and what is to be said about it."""
    first = reader.dialect.width
    counts = ", ".join(f"count(c{i})" for i in range(first, reader.width))
    bound = f" LIMIT {limit}" if limit is not None else ""
    (row,) = opening.db.execute(f"SELECT {counts} FROM (FROM {reader.sql()}{bound})").fetchall()
    used = max((i for i, count in enumerate(row, 1) if count), default=0)
    notes = ["quotes or line ends are irregular; rows with too few values are filled up with NULL"]
    if used:
        notes.append(
            f"{row[0]} row{'s have' if row[0] != 1 else ' has'} more values than the header; "
            "the extra values are in columns of their own."
        )
    return replace(reader, width=first + used), notes


def _scan(opening: Opening, reader: Reader, limit: int | None) -> tuple[int, list[Reject], str]:
    """Count the rows and collect those that were rejected; the error where the file can't be read at all."""
    import duckdb

    source = reader.sql(rejects="rejected")
    bound = f" LIMIT {limit}" if limit is not None else ""
    opening.db.execute("DROP TABLE IF EXISTS rejected; DROP TABLE IF EXISTS rejected_scan")
    try:
        # all rows of the result are fetched, since DuckDB writes the rejects when the scan has ended
        ((rows,),) = opening.db.execute(f"SELECT count(*) FROM (SELECT c0 FROM {source}{bound})").fetchall()
    except duckdb.Error as e:
        return 0, [], str(e)
    found = opening.db.execute(
        "SELECT DISTINCT ON (file_id, line) file_id, line, line_byte_position, error_type::VARCHAR, csv_line"
        " FROM rejected ORDER BY file_id, line"
    ).fetchall()
    return rows, [Reject(f, line, pos or 0, kind, text or "") for f, line, pos, kind, text in found], ""


def _adjusted(reader: Reader, rejects: list[Reject], error: str) -> Reader:
    """The reader with parameters that take in what was rejected."""
    if "null_padding in conjunction" in error:
        return replace(reader, parallel=False)
    if "Maximum line size" in error or "maximum line size" in error:
        return replace(reader, max_line=min(max(reader.max_line * 8, 16 << 20), 512 << 20))
    if error:
        return lenient(reader)
    kinds = {r.kind for r in rejects}
    better = reader
    if "UNQUOTED VALUE" in kinds:
        better = lenient(better)
    if "MISSING COLUMNS" in kinds:
        better = replace(better, padding=True)
    if "LINE SIZE OVER MAXIMUM" in kinds:
        better = replace(better, max_line=min(max(reader.max_line * 8, 16 << 20), 512 << 20))
    if "TOO MANY COLUMNS" in kinds:
        widest = max(_fields(reader.dialect, r.text) for r in rejects if r.kind == "TOO MANY COLUMNS")
        if widest <= reader.dialect.width + MAX_EXTRA:
            better = replace(better, width=max(widest, better.width), padding=True)
    return better


def _fields(dialect: Dialect, line: str) -> int:
    try:
        return len(
            next(
                csv.reader([line.strip("\r\n")], delimiter=dialect.delimiter, quotechar=dialect.quote or None)
            )
        )
    except (csv.Error, StopIteration):
        return 0


_REASONS = {
    "UNQUOTED VALUE": "a quote that is not closed",
    "INVALID ENCODING": "bytes that don't fit the encoding",
    "LINE SIZE OVER MAXIMUM": "a line that is too long",
    "MISSING COLUMNS": "too few values",
    "TOO MANY COLUMNS": "too many values",
}


def _note(reader: Reader, rejects: list[Reject], what: str | None, done: str) -> list[str]:
    """One line about rows of one fault: their number and first line numbers."""
    if not rejects:
        return []
    if what is None:
        what = " and ".join(sorted({_REASONS.get(r.kind, r.kind.lower()) for r in rejects}))
    lines = ", ".join(_place(reader, r) for r in rejects[:_NAMED_LINES])
    more = ", …" if len(rejects) > _NAMED_LINES else ""
    count = f"at least {len(rejects)}" if len(rejects) >= _REJECTS else str(len(rejects))
    noun = "row has" if len(rejects) == 1 else "rows have"
    return [f"{count} {noun} {what} (line {lines}{more}); {done}."]


def _place(reader: Reader, reject: Reject) -> str:
    """The line number, counted in the file itself (DuckDB counts records), with the file's name of many."""
    path = reader.files[min(reject.file, len(reader.files) - 1)]
    line = reject.line
    if not reader.compression and path.stat().st_size <= 64 << 20:
        with path.open("rb") as stream:
            before = stream.read(max(0, reject.position - 1))
        line = before.count(b"\n") + (1 if before.endswith(b"\n") or not before else 2)
        line = line if b"\n" in before else reject.line
    return f"{line} of {path.name}" if len(reader.files) > 1 else str(line)


def check_types(
    opening: Opening,
    source: str,
    width: int,
    samples: list[set[str]],
    verdicts: list[Verdict],
    names: Sequence[str],
    comma: bool,
) -> list[Verdict]:
    """Test each proposed type on all rows of `source`; what fails is proposed anew with its offenders.

    Returns the verdicts that hold. Columns without a sampled value are looked at first.
    """
    verdicts = list(verdicts)
    _fill_empty(opening, source, samples, verdicts, names, comma)
    pending = [i for i in range(width) if verdicts[i].cast is not None]
    for _ in range(6):
        failed = _failing(opening, source, pending, verdicts)
        if not failed:
            break
        for i in failed:
            samples[i] |= _offenders(opening, source, i, verdicts[i])
            verdicts[i] = infer(samples[i], names[i], comma)
        pending = [i for i in failed if verdicts[i].cast is not None]
    else:
        for i in pending:
            verdicts[i] = Verdict()
    return _decided(opening, source, verdicts)


def _fill_empty(
    opening: Opening,
    source: str,
    samples: list[set[str]],
    verdicts: list[Verdict],
    names: Sequence[str],
    comma: bool,
) -> None:
    """Columns whose sample held no value get the least and greatest values of all rows instead."""
    empty = [i for i, s in enumerate(samples) if not any(s)]
    for start in range(0, len(empty), _CHUNK):
        part = empty[start : start + _CHUNK]
        asked = ", ".join(f"min(c{i}, 10), max(c{i}, 10)" for i in part)
        row = opening.db.execute(f"SELECT {asked} FROM {source}").fetchone() or ()
        for k, i in enumerate(part):
            samples[i] |= {v for values in row[2 * k : 2 * k + 2] for v in values or ()}
            verdicts[i] = infer(samples[i], names[i], comma)


def _failing(opening: Opening, source: str, columns: list[int], verdicts: list[Verdict]) -> list[int]:
    """The columns with a value that their type doesn't take."""
    if len(columns) > _CHUNK:
        columns = _not_in_bulk(opening, source, columns, verdicts)
    failed = []
    for start in range(0, len(columns), _CHUNK):
        part = columns[start : start + _CHUNK]
        tests = ", ".join(f"bool_and({_cast(verdicts[i]).accepts(f'c{i}')})" for i in part)
        row = opening.db.execute(f"SELECT {tests} FROM {source}").fetchone() or ()
        failed += [i for i, holds in zip(part, row, strict=True) if holds is False]
    return failed


def _not_in_bulk(opening: Opening, source: str, columns: list[int], verdicts: list[Verdict]) -> list[int]:
    """Of very many columns, those that are not shown to hold by testing all with one type at once."""
    groups: dict[str, list[int]] = {}
    for i in columns:
        groups.setdefault(_cast(verdicts[i]).accepts("x"), []).append(i)
    left: list[int] = []
    for test, members in groups.items():
        if len(members) > 20:
            listed = ", ".join(f"c{i}" for i in members)
            whole = f"bool_and(list_bool_and(list_transform([{listed}], lambda x: {test})))"
            row = opening.db.execute(f"SELECT {whole} FROM {source}").fetchone()
            if row is None or row[0] is not False:
                continue
        left += members
    return sorted(left)


def _cast(verdict: Verdict) -> Cast:
    """The cast of a verdict that is known to have one."""
    if verdict.cast is None:
        raise ValueError("a text column has no test")
    return verdict.cast


def _offenders(opening: Opening, source: str, column: int, verdict: Verdict) -> set[str]:
    refused = f"NOT {_cast(verdict).accepts(f'c{column}')}"
    row = opening.db.execute(
        f"SELECT min(c{column}, 4), max(c{column}, 4) FROM {source} WHERE {refused}"
    ).fetchone()
    return {v for values in row or () for v in values or ()}


def _decided(opening: Opening, source: str, verdicts: list[Verdict]) -> list[Verdict]:
    """Say in the note where the order of day and month is not decided by any value."""
    open_ones = [i for i, v in enumerate(verdicts) if v.cast is not None and v.cast.alternative]
    if not open_ones:
        return verdicts
    tests = ", ".join(f"bool_and({_cast(verdicts[i]).accepts_alternative(f'c{i}')})" for i in open_ones)
    row = opening.db.execute(f"SELECT {tests} FROM {source}").fetchone() or ()
    for i, both in zip(open_ones, row, strict=True):
        if both:
            cast = _cast(verdicts[i])
            note = f"{cast.note}; the values don't decide the order of day and month"
            verdicts[i] = Verdict(replace(cast, note=note))
    return verdicts
