"""Delimited text: a look at the file in Python, a check in DuckDB, and a view that guesses nothing."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from llmauto_tools.errors import UnreadableSource
from llmauto_tools.schema import Column, Relation
from llmauto_tools.sources import archives
from llmauto_tools.sources.base import Opening, absolute, fingerprint, identifier, reading
from llmauto_tools.sources.casts import Cast, Verdict, infer
from llmauto_tools.sources.csv_check import Reader, check_rows, check_types
from llmauto_tools.sources.dialect import Dialect, sniff
from llmauto_tools.sources.encodings import Encoding, detect, of_file, transcode
from llmauto_tools.sources.kinds import Kind
from llmauto_tools.sources.names import column_names, stem

WHOLE_BYTES = 200 << 20
"""Files up to this size are checked row by row; of larger ones a sample is (said in the notes)."""
SAMPLED_ROWS = 200_000
_SAMPLE = 256 << 10
_SAMPLE_MOST = 16 << 20
_SPREAD = 24
_DECODED_BYTES = 1 << 30
"""Up to this size all bytes are checked to be UTF-8 (some 2 GB a second)."""
_SPREAD_BYTES = 128 << 10


@dataclass(frozen=True)
class TextFile:
    """A delimited file after a first look: where its UTF-8 text is, and its dialect."""

    origin: Path
    data: Path
    compression: str
    dialect: Dialect
    size: int
    """Bytes of text, estimated for compressed files."""
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[object, ...]:
        """Files of one shape can be read by one call."""
        d = self.dialect
        return (d.delimiter, d.quote, d.escape, d.skip, d.header, d.comment, self.compression, d.names)


def look(opening: Opening, path: Path, compression: Kind | None = None) -> TextFile:
    """Find encoding and dialect of a file. Raises UnreadableSource where it is empty or no text."""
    path = absolute(path)
    size = path.stat().st_size
    if compression is not None:
        if size > archives.IN_PLACE_BYTES:
            path, compression = archives.unpack(opening, path, compression), None
            size = path.stat().st_size
        else:
            archives.check_whole(opening, path, compression)
    sample, whole = _sample(path, compression)
    if not sample.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise UnreadableSource(f"'{path.name}' is empty.", "Attach a file that has at least a header.")
    encoding = detect(sample, path.name)
    if encoding.native and not whole and size <= _DECODED_BYTES:
        with reading(path), archives.open_stream(path, compression) as stream:
            encoding = of_file(stream, path.name)
    data, packed = path, compression or ""
    if not encoding.native:
        data, packed = _in_utf8(opening, path, compression, encoding), ""
    text = codecs.getincrementaldecoder(encoding.codec)("replace").decode(sample).removeprefix("\ufeff")
    if encoding.drop_nul:
        text = text.replace("\x00", "")
    dialect = sniff(text, whole=whole, suffix=path.suffix.lower().lstrip("."))
    notes = tuple(filter(None, [encoding.note]))
    return TextFile(path, data, packed, dialect, size * 5 if packed else size, notes)


def _sample(path: Path, compression: Kind | None) -> tuple[bytes, bool]:
    """The first part of a file, at least a few lines of it, and whether that is all."""
    size = _SAMPLE
    while True:
        sample = archives.head(path, compression, size)
        whole = len(sample) < size
        if whole or sample.count(b"\n") + sample.count(b"\r") > 8 or size >= _SAMPLE_MOST:
            return sample, whole
        size *= 8


def _in_utf8(opening: Opening, path: Path, compression: Kind | None, encoding: Encoding) -> Path:
    target = opening.cache.path("utf8", fingerprint([path]), encoding, suffix=".csv")
    if not target.exists():
        opening.progress(f"Converting {path.name} to UTF-8", None)
        with (
            opening.cache.writing(target) as part,
            reading(path),
            archives.open_stream(path, compression) as source,
        ):
            transcode(source, part, encoding)
    return target


def relation(opening: Opening, files: Sequence[TextFile], name: str) -> Relation:
    """One relation over files of one shape."""
    first = files[0]
    names = column_names(list(first.dialect.names))
    reader = Reader(
        tuple(f.data for f in files),
        first.dialect,
        first.dialect.width,
        first.compression,
        strict=not any(f.dialect.mixed_newlines for f in files),
    )
    size = sum(f.size for f in files)
    limit = SAMPLED_ROWS if size > WHOLE_BYTES else None
    with reading(first.origin):
        checked = check_rows(opening, reader, limit)
        verdicts = _types(opening, files, checked.reader, names, limit)
    reader = checked.reader
    extra = [f"extra_{i}" for i in range(1, reader.width - len(names) + 1)]
    names = column_names([*first.dialect.names, *extra])
    columns, view = _view(reader, names, verdicts, limit is None)
    notes = [*_file_notes(files), *checked.notes, *_sample_notes(limit, verdicts)]
    paths = tuple(str(f.data) for f in files)
    return Relation(
        name=name,
        columns=columns,
        origin="",
        view_sql=view,
        paths=paths,
        row_count=checked.rows,
        notes=tuple(dict.fromkeys(notes)),
        fingerprint=fingerprint([f.origin for f in files]),
    )


def _types(
    opening: Opening, files: Sequence[TextFile], reader: Reader, names: Sequence[str], limit: int | None
) -> list[Verdict]:
    """The types of all columns, tested on every row, or on the first rows and parts of the rest."""
    dialect = reader.dialect
    width = reader.width
    labels = [*names, *[""] * (width - len(names))]
    rows = [r for f in files[:8] for r in f.dialect.rows]
    samples = [set(column) for column in _columns(rows, width)]
    comma = dialect.decimal_comma
    verdicts = [infer(sample, label, comma) for sample, label in zip(samples, labels, strict=True)]
    complete = all(f.dialect.complete for f in files) and len(files) <= 8
    if complete:
        return (
            check_types(opening, reader.sql(), width, samples, verdicts, labels, comma)
            if _open(verdicts)
            else verdicts
        )
    source = reader.sql()
    if limit is not None:
        source = f"(SELECT * FROM {source} LIMIT {limit})"
        spread = _spread(opening, files[-1], reader)
        if spread is not None:
            source = f"(FROM {source} UNION ALL FROM {spread})"
    return check_types(opening, source, width, samples, verdicts, labels, comma)


def _open(verdicts: list[Verdict]) -> bool:
    return any(v.cast is not None and v.cast.alternative for v in verdicts)


def _columns(rows: list[list[str]], width: int) -> list[list[str]]:
    """The rows turned into columns of `width`; short rows just end."""
    columns: list[list[str]] = [[] for _ in range(width)]
    if all(len(r) == width for r in rows) and rows:
        return [list(c) for c in zip(*rows, strict=True)]
    for row in rows:
        for column, cell in zip(columns, row, strict=False):
            column.append(cell)
    return columns


def _spread(opening: Opening, file: TextFile, reader: Reader) -> str | None:
    """A read_csv call over pieces from all over a large file, or None where lines can't be told apart."""
    if reader.compression or any("\n" in c for r in file.dialect.rows for c in r):
        return None
    target = opening.cache.path("spread", fingerprint([file.data]), suffix=".csv")
    if not target.exists():
        size = file.data.stat().st_size
        with opening.cache.writing(target) as part, part.open("wb") as out, file.data.open("rb") as stream:
            for k in range(1, _SPREAD + 1):
                stream.seek(min(size * k // _SPREAD, max(0, size - _SPREAD_BYTES)))
                piece = stream.read(_SPREAD_BYTES)
                out.write(piece[piece.find(b"\n") + 1 : piece.rfind(b"\n") + 1])
    pieces = replace(
        reader,
        files=(target,),
        dialect=replace(reader.dialect, skip=0, header=False),
        ignore_errors=True,
        padding=True,
    )
    return pieces.sql()


def _view(
    reader: Reader, names: Sequence[str], verdicts: Sequence[Verdict], checked: bool
) -> tuple[tuple[Column, ...], str]:
    """The columns and the SELECT. What DuckDB's reader parses itself gets its type right there."""
    types, items, columns = [], [], []
    for i, (name, verdict) in enumerate(zip(names, verdicts, strict=True)):
        cast = verdict.cast
        if cast is None:
            types.append("VARCHAR")
            items.append(f"c{i} AS {identifier(name)}")
            columns.append(Column(name, "VARCHAR", verdict.note))
        elif cast.native and checked and not reader.ignore_errors:
            types.append(cast.dtype)
            items.append(f"c{i} AS {identifier(name)}")
            columns.append(Column(name, cast.dtype, cast.note))
        else:
            types.append("VARCHAR")
            items.append(f"{_expression(cast, i, checked)} AS {identifier(name)}")
            columns.append(Column(name, cast.dtype, cast.note))
    return tuple(columns), f"SELECT {', '.join(items)} FROM {reader.sql(types)}"


def _expression(cast: Cast, index: int, checked: bool) -> str:
    return cast.expression(f"c{index}", checked)


def _file_notes(files: Sequence[TextFile]) -> list[str]:
    notes = [n for f in files for n in f.notes]
    dialect = files[0].dialect
    if dialect.delimiter not in ",\t":
        notes.append(f"columns are separated by '{dialect.delimiter}'")
    if not dialect.header:
        notes.append("there is no header; the columns are named column1, column2, …")
    elif not dialect.rows and dialect.complete:
        notes.append("there is a header but no row")
    if dialect.preamble:
        count = len(dialect.preamble)
        notes.append(
            f"{count} line{'s' if count > 1 else ''} before the header skipped ('{dialect.preamble[0][:60]}')"
        )
    return notes


def _sample_notes(limit: int | None, verdicts: Sequence[Verdict]) -> list[str]:
    if limit is None:
        return []
    note = f"types and rows were checked on the first {limit:,} rows and {_SPREAD} places in the rest"
    if any(v.cast is not None for v in verdicts):
        note += "; a value elsewhere that does not have its column's type reads as NULL"
    return [note]


def open_csv(opening: Opening, path: Path, compression: Kind | None = None) -> list[Relation]:
    """The relation of one delimited file."""
    return [relation(opening, [look(opening, path, compression)], stem(path.name))]
