"""Files behind http(s):// and s3:// addresses: downloaded into the cache, once per version."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from base64 import b64encode
from email.message import Message
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from llmauto_tools.errors import DiskFull, SourceNotFound, UnreadableSource, UnsupportedSource
from llmauto_tools.schema import Relation
from llmauto_tools.sources.base import Opening
from llmauto_tools.sources.kinds import readable_name, suffix_kind

TIMEOUT = 30.0
"""Seconds without an answer after which a download is given up."""
_CHUNK = 1 << 20
_SECRET = re.compile(r"key|token|secret|sig|password|passwd|pwd|credential|auth|session", re.IGNORECASE)
_BY_TYPE = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/json": ".json",
    "application/x-ndjson": ".ndjson",
    "application/vnd.apache.parquet": ".parquet",
    "application/zip": ".zip",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}


def without_secrets(address: str) -> str:
    """The address without user, password, and the values of query parameters that look like secrets."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    query = urlencode([(k, "***" if _SECRET.search(k) else v) for k, v in parse_qsl(parts.query)], safe="*")
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def open_http(opening: Opening, address: str) -> tuple[str, list[Relation]]:
    """Download the file, unless the copy in the cache is still what the server has."""
    from llmauto_tools.sources.dispatch import open_path

    origin = without_secrets(address)
    return origin, open_path(opening, _download(opening, address, origin))


def _download(opening: Opening, address: str, origin: str) -> Path:
    """The local copy. Raises SourceNotFound or UnreadableSource."""
    folder = opening.cache.path("http", address)
    known = opening.cache.read_json(folder / "response.json") or {}
    copy = folder / str(known["name"]) if "name" in known else None
    if copy is None or not copy.exists():
        known, copy = {}, None
    try:
        with urllib.request.urlopen(_request(address, known), timeout=TIMEOUT) as response:
            return _keep(opening, response, response.headers, address, folder)
    except urllib.error.HTTPError as e:
        e.close()
        if e.code == 304 and copy is not None:
            return copy
        if e.code in (404, 410):
            raise SourceNotFound(
                f"There is nothing at {origin} (HTTP {e.code}).", "Check the address."
            ) from e
        hint = "It needs a login." if e.code in (401, 403) else "Try again later."
        raise UnreadableSource(f"{origin} answered HTTP {e.code} {e.reason}.", hint) from e
    except urllib.error.URLError as e:
        raise UnreadableSource(
            f"{origin} could not be reached: {e.reason}.", "Check the address and the network."
        ) from e
    except (TimeoutError, ConnectionError) as e:
        raise UnreadableSource(f"{origin} broke off: {e}.", "Try again.") from e


def _request(address: str, known: dict[str, Any]) -> urllib.request.Request:
    parts = urlsplit(address)
    user, at, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(urlunsplit((parts.scheme, host, parts.path, parts.query, "")))
    request.add_header("User-Agent", "llmauto")
    if at:
        request.add_header("Authorization", "Basic " + b64encode(unquote(user).encode()).decode())
    if known.get("etag"):
        request.add_header("If-None-Match", known["etag"])
    if known.get("modified"):
        request.add_header("If-Modified-Since", known["modified"])
    return request


def _keep(opening: Opening, response: IO[bytes], headers: Message, address: str, folder: Path) -> Path:
    name = _file_name(address, headers)
    length = headers.get("Content-Length")
    total = int(length) if length and length.isdecimal() else None
    _room(opening, total, name)
    target = folder / name
    with opening.cache.writing(target) as part, part.open("wb") as out:
        done = 0
        while chunk := response.read(_CHUNK):
            out.write(chunk)
            done += len(chunk)
            show_progress(opening, name, done, total)
        if total is not None and done < total:
            raise UnreadableSource(
                f"The download of {name} broke off after {done} of {total} bytes.", "Try again."
            )
    kept = {"name": name, "etag": headers.get("ETag"), "modified": headers.get("Last-Modified")}
    opening.cache.write_json(folder / "response.json", kept)
    return target


def _file_name(address: str, headers: Message) -> str:
    """A file name that says the kind: the server's, the address's, or one from the content type."""
    given = headers.get_filename()
    name = PurePosixPath(unquote(given or urlsplit(address).path)).name or "download"
    name = re.sub(r"[\x00-\x1f/\\]", "_", name)[-150:]
    if suffix_kind(name) is None:
        name += _BY_TYPE.get(headers.get_content_type(), "")
    return name


def _room(opening: Opening, total: int | None, name: str) -> None:
    if total is not None and total > opening.cache.free_bytes():
        raise DiskFull(
            f"{name} has {total >> 20} MB, more than is free on the disk of the workspace.",
            "Free some space, or choose another folder with --workspace.",
        )


def show_progress(opening: Opening, name: str, done: int, total: int | None) -> None:
    """Report a download as "x of y MB"."""
    if total:
        opening.progress(f"Downloading {name}: {done / 1e6:.1f} of {total / 1e6:.1f} MB", done / total)
    else:
        opening.progress(f"Downloading {name}: {done / 1e6:.1f} MB", None)


# ---- object stores


def open_s3(opening: Opening, address: str) -> tuple[str, list[Relation]]:
    """A file, a prefix or a glob of an S3 bucket.

    Credentials, region and endpoint come from the usual AWS variables and files (AWS_ENDPOINT_URL for
    other stores). A prefix that ends in "/" stands for all files below it.
    """
    from pyarrow import fs

    from llmauto_tools.sources.dispatch import open_path
    from llmauto_tools.sources.folders import open_files

    parts = urlsplit(address)
    origin = f"s3://{parts.netloc.rpartition('@')[2]}{parts.path}"
    place = f"{parts.netloc.rpartition('@')[2]}{unquote(parts.path)}".rstrip("/")
    try:
        store = _store(fs)
        found = _objects(fs, store, place)
        if not found:
            raise SourceNotFound(f"There is nothing at {origin}.", "Check bucket, path and region.")
        if len(found) == 1 and found[0].path == place:
            return origin, open_path(opening, _fetch(opening, store, found[0], origin))
        wanted = [i for i in found if readable_name(PurePosixPath(i.path).name)]
        if not wanted:
            raise UnsupportedSource(f"{origin} holds no data files.")
        files = [_fetch(opening, store, info, origin) for info in wanted]
    except OSError as e:
        raise _s3_error(origin, str(e)) from e
    name = PurePosixPath(re.split(r"[*?\[]", place)[0].rstrip("/_-.")).name
    return origin, open_files(opening, files, name or "data")


def _store(fs: Any) -> Any:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    options: dict[str, Any] = {"connect_timeout": 10, "request_timeout": TIMEOUT}
    if endpoint:
        scheme, _, host = endpoint.rpartition("://")
        options |= {"endpoint_override": host.rstrip("/"), "scheme": scheme or "https"}
    if region or endpoint:
        options["region"] = region or "us-east-1"
    if os.environ.get("AWS_NO_SIGN_REQUEST", "").lower() in ("1", "true", "yes"):
        options["anonymous"] = True
    return fs.S3FileSystem(**options)


def _objects(fs: Any, store: Any, place: str) -> list[Any]:
    """The objects that a path, a prefix or a glob stands for."""
    from fnmatch import fnmatchcase

    if glob := re.search(r"[*?\[]", place):
        base = place[: glob.start()].rpartition("/")[0]
        listed = store.get_file_info(fs.FileSelector(base, recursive=True, allow_not_found=True))
        return sorted((i for i in listed if i.is_file and fnmatchcase(i.path, place)), key=lambda i: i.path)
    info = store.get_file_info(place)
    if info.is_file:
        return [info]
    listed = store.get_file_info(fs.FileSelector(place, recursive=True, allow_not_found=True))
    return sorted((i for i in listed if i.is_file), key=lambda i: i.path)


def _fetch(opening: Opening, store: Any, info: Any, origin: str) -> Path:
    """The local copy of one object, keyed by its address, size and time of change."""
    name = PurePosixPath(info.path).name
    target = opening.cache.path("s3", _endpoint_key(), info.path, info.size, info.mtime_ns) / name
    if not target.exists():
        _room(opening, info.size, name)
        with (
            opening.cache.writing(target) as part,
            part.open("wb") as out,
            store.open_input_stream(info.path) as stream,
        ):
            done = 0
            while chunk := stream.read(_CHUNK):
                out.write(chunk)
                done += len(chunk)
                show_progress(opening, name, done, info.size)
        os.utime(target, ns=(info.mtime_ns, info.mtime_ns))
    return target


def _endpoint_key() -> str:
    return json.dumps([os.environ.get("AWS_ENDPOINT_URL_S3"), os.environ.get("AWS_ENDPOINT_URL")])


def _s3_error(origin: str, message: str) -> UnreadableSource | SourceNotFound:
    text = message.split("Detail:")[0].splitlines()[0][:300]
    if "NO_SUCH" in message or "404" in message:
        return SourceNotFound(f"There is nothing at {origin}.", "Check bucket, path and region.")
    if "ACCESS_DENIED" in message or "403" in message:
        return UnreadableSource(f"{origin} may not be read: access denied.", "Check the AWS credentials.")
    return UnreadableSource(
        f"{origin} could not be read: {text}", "Check AWS_ENDPOINT_URL, region and network."
    )
