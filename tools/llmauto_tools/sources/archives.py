"""Compressed files: streams, integrity, and unpacking into the cache within bounds.

DuckDB reads gzip and zstd by itself but takes a truncated file for a shorter one, so every stream is
read to its end once. Members of a zip are written under names of our own, never under theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from llmauto_tools.errors import DiskFull, UnreadableSource
from llmauto_tools.sources.base import Opening, fingerprint, reading
from llmauto_tools.sources.kinds import Kind, readable_name

if TYPE_CHECKING:
    import zipfile

MAX_RATIO = 400
"""A member that grows more than so many times (beyond FREE_BYTES) is taken for a zip bomb."""
FREE_BYTES = 256 << 20
MAX_MEMBERS = 2_000
IN_PLACE_BYTES = 64 << 20
"""Compressed files up to this size are read in place; larger ones are unpacked, to be read in parallel."""
_CHUNK = 1 << 20


def open_stream(path: Path, compression: Kind | None) -> IO[bytes]:
    """The uncompressed bytes of a file. The caller closes it."""
    if compression == "gzip":
        import gzip

        return cast("IO[bytes]", gzip.open(path, "rb"))
    if compression == "zstd":
        import pyarrow as pa

        return cast("IO[bytes]", pa.CompressedInputStream(pa.OSFile(str(path), "rb"), "zstd"))
    return path.open("rb")


def head(path: Path, compression: Kind | None, size: int) -> bytes:
    """The first `size` uncompressed bytes."""
    with reading(path), open_stream(path, compression) as stream:
        return bytes(_broken_named(path, lambda: stream.read(size)))


def check_whole(opening: Opening, path: Path, compression: Kind) -> None:
    """Read a compressed file to its end. Raises UnreadableSource where it is truncated or damaged.

    A file that passed is remembered in the cache by its fingerprint.
    """
    passed = opening.cache.path("whole", fingerprint([path]), suffix=".ok")
    if passed.exists():
        return
    with reading(path), open_stream(path, compression) as stream:
        _broken_named(path, lambda: _drain(stream))
    if path.stat().st_size > _CHUNK:
        opening.cache.write_json(passed, {})


def _drain(stream: IO[bytes]) -> None:
    while stream.read(_CHUNK):
        pass


def _broken_named(path: Path, read: Callable[[], Any]) -> Any:
    import zlib

    try:
        return read()
    except (EOFError, zlib.error, OSError, ValueError) as e:
        if isinstance(e, PermissionError):
            raise
        reason = "it ends too early (truncated)" if isinstance(e, EOFError) or "ended" in str(e) else str(e)
        raise UnreadableSource(
            f"'{path.name}' is damaged: {reason}.", "Download or copy the file again."
        ) from e


def unpack(opening: Opening, path: Path, compression: Kind) -> Path:
    """The uncompressed copy of a gzip or zstd file in the cache, named like the file without its suffix."""
    inner = path.stem if path.suffix.lower() in (".gz", ".gzip", ".zst", ".zstd") else path.name
    target = opening.cache.path("unpack", fingerprint([path])) / inner
    if not target.exists():
        opening.progress(f"Unpacking {path.name}", None)
        with opening.cache.writing(target) as part, reading(path), open_stream(path, compression) as stream:
            limit = max(FREE_BYTES, MAX_RATIO * path.stat().st_size)
            with part.open("wb") as out:
                _broken_named(path, lambda: _copy(opening, stream, out, limit, path.name))
    return target


def _copy(opening: Opening, stream: IO[bytes], out: IO[bytes], limit: int, name: str) -> None:
    """Copy at most `limit` bytes. Raises UnreadableSource beyond."""
    written = 0
    while chunk := stream.read(_CHUNK):
        written += len(chunk)
        if written > limit:
            raise UnreadableSource(
                f"'{name}' unpacks to more than {limit >> 20} MB, {MAX_RATIO} times its size; it looks like a "
                "zip bomb.",
                "Unpack it yourself if you trust it, and attach the result.",
            )
        out.write(chunk)


def unpack_zip(opening: Opening, path: Path) -> list[Path]:
    """The members of a zip that are of a known kind, as files in the cache.

    Raises UnreadableSource for a damaged, encrypted or suspicious archive.
    """
    import zipfile
    import zlib

    folder = opening.cache.path("zip", fingerprint([path]))
    try:
        with reading(path), zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if _wanted(m)]
            _bounded(opening, path, members)
            return [_member(opening, archive, m, i, folder) for i, m in enumerate(members)]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error) as e:
        encrypted = "password" in str(e) or "encrypted" in str(e)
        raise UnreadableSource(
            f"'{path.name}' is protected by a password." if encrypted else f"'{path.name}' is damaged: {e}.",
            "Unpack it yourself, and attach the result." if encrypted else "Download or copy the file again.",
        ) from e


def _wanted(member: zipfile.ZipInfo) -> bool:
    parts = member.filename.replace("\\", "/").split("/")
    return not member.is_dir() and "__MACOSX" not in parts and readable_name(parts[-1])


def _bounded(opening: Opening, path: Path, members: list[zipfile.ZipInfo]) -> None:
    total = sum(m.file_size for m in members)
    if len(members) > MAX_MEMBERS:
        raise UnreadableSource(f"'{path.name}' holds {len(members)} files; at most {MAX_MEMBERS} are read.")
    for member in members:
        if member.file_size > FREE_BYTES and member.file_size > MAX_RATIO * max(1, member.compress_size):
            raise UnreadableSource(
                f"'{member.filename[:80]}' in '{path.name}' unpacks to {member.file_size >> 20} MB, more than "
                f"{MAX_RATIO} times its size; it looks like a zip bomb.",
                "Unpack it yourself if you trust it, and attach the result.",
            )
    if total > opening.cache.free_bytes():
        raise DiskFull(
            f"Unpacking '{path.name}' takes {total >> 20} MB, more than is free on the disk of the workspace.",
            "Free some space, or choose another folder with --workspace.",
        )


def _member(
    opening: Opening, archive: zipfile.ZipFile, member: zipfile.ZipInfo, number: int, folder: Path
) -> Path:
    """One member's copy, in a folder of its own under the last part of its name."""
    name = member.filename.replace("\\", "/").rsplit("/", 1)[-1].replace("\x00", "")[-120:]
    target = folder / str(number) / name
    if not target.exists():
        opening.progress(f"Unpacking {name}", None)
        with opening.cache.writing(target) as part, archive.open(member) as stream, part.open("wb") as out:
            _copy(opening, stream, out, member.file_size, member.filename[:80])
    return target
