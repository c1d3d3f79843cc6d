"""What the readers of all kinds share: the state of one opening, SQL quoting, and fingerprints."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from llmauto_tools.errors import UnreadableSource
from llmauto_tools.sources.cache import Cache

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str, float | None], None]

MAX_DEPTH = 3
"""Archives within archives are followed this deep."""


def silent(text: str, fraction: float | None) -> None:
    """The progress callback of callers that want none."""


@dataclass
class Opening:
    """One call of open_source: the cache, the progress callback, and a DuckDB connection on demand."""

    cache: Cache
    progress: Progress = silent
    depth: int = 0
    _connection: duckdb.DuckDBPyConnection | None = field(default=None, repr=False)

    @property
    def db(self) -> duckdb.DuckDBPyConnection:
        """An in-memory connection for looking into files; it fetches no extension."""
        if self._connection is None:
            self._connection = connect()
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def connect() -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that never downloads an extension."""
    import duckdb

    return duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )


def identifier(name: str) -> str:
    """`name` quoted as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` quoted as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def file_list(paths: Iterable[Path]) -> str:
    """Paths as the argument of a DuckDB reader.

    A name with glob characters needs no escape: DuckDB takes the name of a file that exists literally,
    and an escaped one would not be among the paths that a locked connection may read.
    """
    return "[" + ", ".join(literal(str(p)) for p in paths) + "]"


def absolute(path: Path) -> Path:
    """The path that the engine is allowed to read and that the view names: absolute, links resolved."""
    return path.resolve()


def fingerprint(paths: Iterable[Path]) -> str:
    """A hash of names, sizes and modification times; changes when a file does."""
    digest = hashlib.sha256()
    for path in paths:
        with contextlib.suppress(OSError):
            stat = path.stat()
            digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:24]


@contextlib.contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Turn the errors of the operating system and of DuckDB into UnreadableSource, naming the file."""
    import duckdb

    name = Path(path).name
    try:
        yield
    except PermissionError as e:
        raise UnreadableSource(
            f"'{name}' may not be read: permission denied.", "Change its permissions or copy it."
        ) from e
    except duckdb.Error as e:
        raise UnreadableSource(f"'{name}' could not be read: {first_lines(str(e))}") from e
    except (OSError, EOFError) as e:
        raise UnreadableSource(f"'{name}' could not be read: {e}.") from e


def first_lines(message: str, count: int = 2) -> str:
    """The first lines of a library's message, bounded, without its advice."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return " ".join(lines[:count])[:400]
