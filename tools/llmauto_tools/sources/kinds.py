"""What kind of source a file is: its first bytes decide, then its name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from llmauto_tools.errors import UnsupportedSource

Kind = Literal["csv", "parquet", "json", "excel", "arrow", "sqlite", "duckdb", "gzip", "zstd", "zip"]

READ_KINDS = (
    "csv, tsv, txt, parquet, json, ndjson, jsonl, xlsx, xls, ods, arrow, feather, SQLite, DuckDB, "
    "their .gz, .zst and .zip forms, folders and globs of these, postgresql://, mysql://, http(s):// and s3://"
)

_BY_SUFFIX: dict[str, Kind] = {
    **dict.fromkeys(("csv", "tsv", "tab", "txt", "psv", "dat", "data", "asc"), "csv"),
    **dict.fromkeys(("parquet", "pq"), "parquet"),
    **dict.fromkeys(("json", "ndjson", "jsonl", "geojson"), "json"),
    **dict.fromkeys(("xlsx", "xlsm", "xlsb", "xls", "ods"), "excel"),
    **dict.fromkeys(("arrow", "feather", "ipc", "arrows"), "arrow"),
    **dict.fromkeys(("sqlite", "sqlite3", "db", "db3"), "sqlite"),
    **dict.fromkeys(("duckdb", "ddb"), "duckdb"),
    **dict.fromkeys(("gz", "gzip"), "gzip"),
    **dict.fromkeys(("zst", "zstd"), "zstd"),
    "zip": "zip",
}  # fmt: skip

_SPREADSHEET_PARTS = (b"xl/", b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_MAGIC: dict[bytes, str] = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"\x7fELF": "a program",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x80\x04\x95": "a Python pickle",
    b"\x93NUMPY": "a NumPy array",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"\x89HDF": "an HDF5 file",
    b"PAR1PAR1": "an empty parquet file",
}


def suffix_kind(name: str) -> Kind | None:
    """The kind that a file name promises, or None."""
    return _BY_SUFFIX.get(name.rsplit(".", 1)[-1].lower()) if "." in name else None


def readable_name(name: str) -> bool:
    """Whether a file in a folder or archive is looked at: of a known kind, not hidden, no rubbish."""
    return suffix_kind(name) is not None and not name.startswith((".", "_", "~$"))


def detect(path: Path, head: bytes) -> Kind:
    """The kind of the file at `path`, whose first 4 KB are `head`. Raises UnsupportedSource."""
    promised = suffix_kind(path.name)
    found = _by_magic(head, promised)
    if found is not None:
        return found
    for magic, what in _OTHER_MAGIC.items():
        if head.startswith(magic) and promised != "csv":
            raise UnsupportedSource(
                f"'{path.name}' is {what}, which is not read.", f"Read are: {READ_KINDS}."
            )
    if promised is None:
        return _by_text(path, head)
    return promised


def _by_magic(head: bytes, promised: Kind | None) -> Kind | None:
    if head.startswith((b"PAR1", b"PARE")):
        return "parquet"
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff\x10\x00\x00\x00", b"FEA1")):
        return "arrow"
    if head.startswith(b"SQLite format 3\x00"):
        return "sqlite"
    if head[8:12] == b"DUCK":
        return "duckdb"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return "zstd"
    if head.startswith(_OLE):
        return "excel"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        spreadsheet = promised == "excel" or any(p in head for p in _SPREADSHEET_PARTS)
        return "excel" if spreadsheet else "zip"
    return None


def _by_text(path: Path, head: bytes) -> Kind:
    """A file without a known suffix: text is tried as JSON or CSV, anything else is refused."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnsupportedSource(
            f"'{path.name}' is of no kind that is read (it looks binary).", f"Read are: {READ_KINDS}."
        )
    if text.startswith((b"{", b"[{", b"[\n", b"[ ")):
        return "json"
    first_lines = text.splitlines()[:5]
    if any(d in line for line in first_lines for d in (b",", b";", b"\t", b"|")):
        return "csv"
    raise UnsupportedSource(
        f"'{path.name}' is of no kind that is read.",
        f"Read are: {READ_KINDS}. Rename it with the suffix that says what it is.",
    )
