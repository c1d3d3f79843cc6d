"""From what a person typed to the reader of its kind."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path

from llmauto_tools.errors import SourceNotFound, UnreadableSource, UnsupportedSource, nearest
from llmauto_tools.schema import Relation
from llmauto_tools.sources import archives
from llmauto_tools.sources.base import MAX_DEPTH, Opening, reading
from llmauto_tools.sources.kinds import READ_KINDS, Kind, detect, suffix_kind

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_GLOB = re.compile(r"[*?\[]")


def open_any(opening: Opening, source: str) -> tuple[str, list[Relation]]:
    """The origin (what was typed, without credentials) and the relations, still under their own names."""
    scheme = _SCHEME.match(source)
    if scheme and scheme.group(1).lower() == "file":
        from urllib.parse import unquote

        source = unquote(source[len("file://") :])
    elif scheme:
        return _address(opening, scheme.group(1).lower(), source)
    if not source.strip() or "\x00" in source:
        raise SourceNotFound("No source was named.", "Name a file, a folder, a database or a URL.")
    path = Path(source).expanduser()
    origin = os.path.normpath(source)
    if _exists(path):
        return origin, open_path(opening, path)
    if _GLOB.search(source):
        from llmauto_tools.sources.folders import open_files

        found = sorted(Path(p) for p in glob.glob(str(path), recursive=True))  # noqa: PTH207
        files = [p for p in found if p.is_file()]
        if not files:
            raise SourceNotFound(f"No file matches '{source}'.", _nearby(path))
        return origin, open_files(opening, files, _glob_name(source))
    raise SourceNotFound(f"There is no file or folder '{source}'.", _nearby(path))


def _address(opening: Opening, scheme: str, source: str) -> tuple[str, list[Relation]]:
    from llmauto_tools.sources import remote, servers

    if scheme in ("http", "https"):
        return remote.open_http(opening, source)
    if scheme == "s3":
        return remote.open_s3(opening, source)
    if scheme in ("postgresql", "postgres"):
        return servers.open_postgres(opening, source)
    if scheme in ("mysql", "mariadb"):
        return servers.open_mysql(opening, source)
    raise UnsupportedSource(
        f"Addresses that begin with {scheme}:// are not read.", f"Read are: {READ_KINDS}."
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as e:
        raise UnreadableSource(f"'{path}' may not be read: {e.strerror}.") from e


def _nearby(path: Path) -> str:
    """A hint with the file names in that folder that are closest to the one that was typed."""
    folder = path.parent
    try:
        names = [p.name for p in folder.iterdir() if not p.name.startswith(".")] if folder.is_dir() else []
    except OSError:
        names = []
    close = nearest(path.name, names)
    if close:
        return (
            "Did you mean " + " or ".join(f"'{folder / c if str(folder) != '.' else c}'" for c in close) + "?"
        )
    if folder.is_dir():
        readable = sorted(n for n in names if suffix_kind(n))[:5]
        return f"That folder holds: {', '.join(readable)}." if readable else "Check the name and the folder."
    return f"There is no folder '{folder}'."


def _glob_name(pattern: str) -> str:
    """A table name for a glob: the fixed beginning of its last part, else the name of its folder."""
    parts = Path(pattern).parts
    fixed = _GLOB.split(parts[-1])[0].rstrip("_-. ")
    if fixed:
        return fixed
    plain = [p for p in parts[:-1] if p not in ("/", "..") and not _GLOB.search(p)]
    return plain[-1] if plain else "data"


def open_path(opening: Opening, path: Path) -> list[Relation]:
    """The relations of one existing file or folder."""
    if path.is_dir():
        from llmauto_tools.sources.folders import open_folder

        return open_folder(opening, path)
    if not path.is_file():
        raise UnsupportedSource(
            f"'{path}' is no file (a pipe, socket or device).", "Save it to a file first."
        )
    with reading(path), path.open("rb") as stream:
        head = stream.read(4096)
    return open_kind(opening, path, detect(path, head))


def open_kind(opening: Opening, path: Path, kind: Kind) -> list[Relation]:
    """The relations of a file whose kind is known."""
    if kind == "csv":
        from llmauto_tools.sources.csv_files import open_csv

        return open_csv(opening, path)
    if path.stat().st_size == 0:
        raise UnreadableSource(f"'{path.name}' is empty.")
    if kind == "parquet":
        from llmauto_tools.sources.parquet_files import open_parquet

        return open_parquet(opening, path)
    if kind == "json":
        from llmauto_tools.sources.json_files import open_json

        return open_json(opening, path)
    if kind == "excel":
        from llmauto_tools.sources.excel import open_excel

        return open_excel(opening, path)
    if kind == "arrow":
        from llmauto_tools.sources.arrow_files import open_arrow

        return open_arrow(opening, path)
    if kind == "sqlite":
        from llmauto_tools.sources.sqlite_files import open_sqlite

        return open_sqlite(opening, path)
    if kind == "duckdb":
        from llmauto_tools.sources.duckdb_files import open_duckdb

        return open_duckdb(opening, path)
    return _compressed(opening, path, kind)


def _compressed(opening: Opening, path: Path, kind: Kind) -> list[Relation]:
    """The contents of a gzip, zstd or zip file."""
    if opening.depth >= MAX_DEPTH:
        raise UnreadableSource(f"'{path.name}' is an archive within archives; so many are not opened.")
    opening.depth += 1
    try:
        if kind == "zip":
            from llmauto_tools.sources.folders import open_files

            members = archives.unpack_zip(opening, path)
            if not members:
                raise UnsupportedSource(
                    f"'{path.name}' holds no file that is read.", f"Read are: {READ_KINDS}."
                )
            return open_files(opening, members, path.name)
        return _stream(opening, path, kind)
    finally:
        opening.depth -= 1


def _stream(opening: Opening, path: Path, kind: Kind) -> list[Relation]:
    """A gzip or zstd file: text is read in place, other kinds are unpacked into the cache."""
    inner = Path(path.stem) if path.suffix.lower() in (".gz", ".gzip", ".zst", ".zstd") else Path(path.name)
    head = archives.head(path, kind, 4096)
    if detect(inner, head) == "csv":
        from llmauto_tools.sources.csv_files import open_csv

        return open_csv(opening, path, kind)
    return open_path(opening, archives.unpack(opening, path, kind))
