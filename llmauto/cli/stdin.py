"""Reading a question or a source from standard input."""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
import zipfile
from pathlib import Path
from typing import BinaryIO

from llmauto.exits import UsageError
from llmauto_tools.errors import UnreadableSource

_CHUNK = 1 << 20
_HEAD = 64 * 1024
_MAGIC = (
    (0, b"PAR1", ".parquet"),
    (0, b"ARROW1", ".arrow"),
    (0, b"SQLite format 3\0", ".sqlite"),
    (8, b"DUCK", ".duckdb"),
    (0, b"\x28\xb5\x2f\xfd", ".csv.zst"),
)


def read_question(question: str) -> str:
    """The question; "-" reads it from standard input. Raises UsageError when there is none."""
    if question == "-":
        question = _stdin().read().decode("utf-8", "replace")
    if not question.strip():
        raise UsageError("The question is empty.", 'Ask like this: llmauto ask "How many rows?" data.csv')
    return question.strip()


def read_sources(sources: list[str], cache: Path) -> list[str]:
    """The sources, with "-" replaced by a file in the workspace's cache that holds standard input.

    The file is named by its content, so that the same data asked about twice is one source, and a
    later question of the session finds it again.
    """
    return [_keep_stdin(cache) if source == "-" else source for source in sources]


def _stdin() -> BinaryIO:
    if sys.stdin is None:
        raise UsageError("There is no standard input to read.")
    if sys.stdin.isatty():
        sys.stderr.write("Reading from the terminal; end with Ctrl-D.\n")
    return sys.stdin.buffer


def _keep_stdin(cache: Path) -> str:
    folder = cache / "stdin"
    folder.mkdir(parents=True, exist_ok=True)
    arriving = folder / f".arriving-{os.getpid()}"
    digest = hashlib.sha256()
    stream = _stdin()
    try:
        with arriving.open("wb") as out:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                out.write(chunk)
        if arriving.stat().st_size == 0:
            raise UnreadableSource("Standard input is empty.", "Pipe data into it: cat data.csv | llmauto …")
        kept = folder / digest.hexdigest()[:16] / f"stdin{sniff_suffix(arriving)}"
        kept.parent.mkdir(exist_ok=True)
        arriving.replace(kept)
    finally:
        arriving.unlink(missing_ok=True)
    return str(kept)


def sniff_suffix(path: Path) -> str:
    """The file name ending that fits the content of a file, such as ".parquet" or ".csv.gz"."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    for offset, magic, suffix in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return suffix
    if head[:2] == b"\x1f\x8b":
        with gzip.open(path) as inner:
            return _text_suffix(inner.read(_HEAD)) + ".gz"
    if head[:4] == b"PK\x03\x04":
        return _zip_suffix(path)
    return _text_suffix(head)


def _zip_suffix(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            return ".xlsx" if "[Content_Types].xml" in archive.namelist() else ".zip"
    except zipfile.BadZipFile as e:
        raise UnreadableSource("Standard input is a broken zip or xlsx file.") from e


def _text_suffix(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] == b"[":
        return ".json"
    if text[:1] == b"{":
        first, _, rest = text.partition(b"\n")
        return ".ndjson" if first.rstrip().endswith(b"}") and rest.lstrip()[:1] == b"{" else ".json"
    first = head.partition(b"\n")[0]
    return ".tsv" if first.count(b"\t") > first.count(b",") else ".csv"
