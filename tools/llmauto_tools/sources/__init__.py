"""Sources: whatever a person names becomes relations that the engine can query.

`open_source` finds out what it is, by its address, its first bytes and its name, and hands it to the
reader of that kind. Files are read in place where DuckDB can; everything else is copied into the cache,
keyed by what it was made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from llmauto_tools.schema import Relation
from llmauto_tools.sources.base import Opening, Progress, silent
from llmauto_tools.sources.cache import Cache
from llmauto_tools.sources.names import table_name, unique_names


def open_source(
    source: str, *, cache: Path, taken: Mapping[str, str], progress: Progress | None = None
) -> list[Relation]:
    """The relations of a file, folder, glob, database or address.

    `taken` maps table names in use to the origin that has them; the same origin may have its names again.
    Raises SourceNotFound, UnsupportedSource, UnreadableSource, MissingExtra, or DiskFull.
    """
    from llmauto_tools.sources.dispatch import open_any

    opening = Opening(Cache(cache), progress or silent)
    try:
        origin, relations = open_any(opening, source)
    finally:
        opening.close()
    return _named(relations, origin, taken)


def _named(relations: list[Relation], origin: str, taken: Mapping[str, str]) -> list[Relation]:
    """The relations under unique table names, with foreign keys that follow them."""
    names = unique_names((table_name(r.name) for r in relations), taken, origin)
    renamed = {r.name: name for r, name in zip(relations, names, strict=True)}
    return [
        replace(
            relation,
            name=name,
            origin=origin,
            foreign_keys=tuple(
                replace(key, table=name, other_table=renamed[key.other_table])
                for key in relation.foreign_keys
                if key.other_table in renamed
            ),
        )
        for relation, name in zip(relations, names, strict=True)
    ]


__all__ = ["open_source"]
