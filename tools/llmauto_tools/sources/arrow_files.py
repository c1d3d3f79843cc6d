"""Arrow IPC and Feather: read by pyarrow when a query first needs them, and kept as parquet."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llmauto_tools.errors import UnreadableSource
from llmauto_tools.schema import Column, Relation
from llmauto_tools.sources.base import Opening, absolute, fingerprint, reading
from llmauto_tools.sources.cache import Cache
from llmauto_tools.sources.names import column_names, stem
from llmauto_tools.sources.stream import parquet_types, renamed, write_parquet

if TYPE_CHECKING:
    import pyarrow as pa


def open_arrow(opening: Opening, path: Path) -> list[Relation]:
    """The relation of an Arrow file, an Arrow stream or a Feather file of either version."""
    import pyarrow as pa

    path = absolute(path)
    mark = fingerprint([path])
    with reading(path):
        try:
            schema = _reader(path).schema
        except pa.ArrowException as e:
            raise UnreadableSource(f"'{path.name}' is damaged: {e}.") from e
        names = column_names(schema.names)
        plain = pa.schema([f.with_name(f"c{i}") for i, f in enumerate(schema)])
        items = renamed(plain.names, names)
        types = parquet_types(opening, plain, items)
    target = opening.cache.path("arrow", mark, suffix=".parquet")
    return [
        Relation(
            name=stem(path.name),
            columns=tuple(Column(n, t) for n, t in types),
            origin="",
            load=partial(_load, opening.cache, path, target, items),
            fingerprint=mark,
        )
    ]


def _load(cache: Cache, path: Path, target: Path, items: list[str]) -> Path:
    import pyarrow as pa

    if target.exists():
        return target
    with reading(path):
        try:
            source = _reader(path)
            plain = pa.schema([f.with_name(f"c{i}") for i, f in enumerate(source.schema)])
            stream = pa.RecordBatchReader.from_batches(
                plain, (pa.RecordBatch.from_arrays(b.columns, schema=plain) for b in source)
            )
            return write_parquet(cache, target, stream, items)
        except pa.ArrowException as e:
            raise UnreadableSource(f"'{path.name}' is damaged: {e}.") from e


def _reader(path: Path) -> pa.RecordBatchReader:
    """A stream over the file's batches, memory-mapped."""
    import pyarrow as pa
    from pyarrow import feather, ipc

    with path.open("rb") as stream:
        magic = stream.read(6)
    if magic.startswith(b"FEA1"):
        return feather.read_table(path).to_reader()
    source = pa.memory_map(str(path))
    if magic != b"ARROW1":
        return ipc.open_stream(source)
    file = ipc.open_file(source)
    return pa.RecordBatchReader.from_batches(
        file.schema, (file.get_batch(i) for i in range(file.num_record_batches))
    )
