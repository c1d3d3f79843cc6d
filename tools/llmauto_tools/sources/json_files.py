"""JSON and newline-delimited JSON: types from all rows, nested objects as columns of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from llmauto_tools.errors import UnreadableSource
from llmauto_tools.schema import Relation
from llmauto_tools.sources.base import (
    Opening,
    absolute,
    file_list,
    fingerprint,
    first_lines,
    identifier,
    literal,
    reading,
)
from llmauto_tools.sources.names import column_names, stem
from llmauto_tools.sources.text_columns import typed_items

WHOLE_BYTES = 200 << 20
_SAMPLED = 100_000
_DEPTH = 3
_MOST_COLUMNS = 1_000
_OBJECT_BYTES = (16 << 20, 256 << 20, 2 << 30)


@dataclass(frozen=True)
class _Source:
    """A read_json call with explicit columns, and what it yields."""

    files: tuple[Path, ...]
    layout: str
    columns: tuple[tuple[str, str], ...]
    object_bytes: int
    limit: int | None

    def sql(self) -> str:
        columns = ", ".join(f"{literal(n)}: {literal(t)}" for n, t in self.columns)
        return (
            f"read_json({file_list(self.files)}, auto_detect=false, format={literal(self.layout)}, "
            f"columns={{{columns}}}, maximum_object_size={self.object_bytes})"
        )


def open_json(opening: Opening, path: Path) -> list[Relation]:
    """The relations of one JSON file: usually one; of an object that holds lists of rows, one per list."""
    return relations(opening, [absolute(path)], stem(path.name))


def relations(opening: Opening, files: Sequence[Path], name: str) -> list[Relation]:
    """The relations over JSON files that are read together, columns matched by name."""
    with reading(files[0]):
        source = _describe(opening, files)
        wrapped = _wrapped_lists(opening, source)
        if wrapped:
            return [
                _relation(
                    opening,
                    source,
                    f"(SELECT unnest({identifier(key)}) AS item FROM {source.sql()})",
                    [("item", dtype.removesuffix("[]"))],
                    name if len(wrapped) == 1 else f"{name}_{key}",
                )
                for key, dtype in wrapped
            ]
        return [_relation(opening, source, source.sql(), source.columns, name)]


def _describe(opening: Opening, files: Sequence[Path]) -> _Source:
    """The columns of the files from all their rows (of a large file: from the first ones)."""
    import duckdb

    size = sum(f.stat().st_size for f in files)
    limit = _SAMPLED if size > WHOLE_BYTES else None
    sample = limit if limit is not None else -1
    layout = _layout(files[0])
    error = ""
    for object_bytes in _OBJECT_BYTES:
        try:
            rows = opening.db.execute(
                f"DESCRIBE FROM read_json_auto({file_list(files)}, format={literal(layout)}, sample_size={sample}, "
                f"union_by_name=true, maximum_object_size={object_bytes}, map_inference_threshold=-1)"
            ).fetchall()
        except duckdb.Error as e:
            error = str(e)
            if "maximum_object_size" not in error:
                break
            continue
        columns = tuple((n, t) for n, t, *_ in rows)
        return _Source(tuple(files), layout, columns, object_bytes, limit)
    raise UnreadableSource(
        f"'{files[0].name}' is no valid JSON: {first_lines(error.removeprefix('Invalid Input Error: '), 1)}",
        "Check the place that is named.",
    )


def _layout(path: Path) -> str:
    """Whether the file is one array or a sequence of objects."""
    from llmauto_tools.sources.archives import head

    start = head(path, None, 4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise UnreadableSource(f"'{path.name}' is empty.")
    if start.startswith(b"["):
        return "array"
    first_line = start.split(b"\n", 1)[0].strip()
    return "newline_delimited" if first_line.endswith(b"}") and b"\n" in start else "unstructured"


def _wrapped_lists(opening: Opening, source: _Source) -> list[tuple[str, str]]:
    """The lists of objects in a file that is one object, such as {"count": 2, "data": [{…}, {…}]}."""
    lists = [(n, t) for n, t in source.columns if t.startswith("STRUCT(") and t.endswith("[]")]
    if not lists or source.layout == "array":
        return []
    row = opening.db.execute(f"SELECT count(*) FROM (FROM {source.sql()} LIMIT 2)").fetchone()
    return lists if row and row[0] == 1 else []


def _relation(
    opening: Opening, source: _Source, sql: str, columns: Sequence[tuple[str, str]], name: str
) -> Relation:
    fields = _flattened(opening, sql, columns)
    flat = ", ".join(f"{expression} AS c{i}" for i, (_, _, expression) in enumerate(fields))
    inner = f"(SELECT {flat} FROM {sql})"
    names = column_names([n for n, _, _ in fields])
    typed, items = typed_items(opening, inner, names, [t for _, t, _ in fields], source.limit)
    notes: tuple[str, ...] = ()
    if source.limit is not None:
        notes = (f"columns and types were found from the first {source.limit:,} rows",)
    count = None
    if source.limit is None:
        row = opening.db.execute(f"SELECT count(*) FROM {sql}").fetchone()
        count = row[0] if row else None
    return Relation(
        name=name,
        columns=typed,
        origin="",
        view_sql=f"SELECT {', '.join(items)} FROM {inner}",
        paths=tuple(str(f) for f in source.files),
        row_count=count,
        notes=notes,
        fingerprint=fingerprint(source.files),
    )


def _flattened(opening: Opening, sql: str, columns: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """(name, type, expression) with the fields of nested objects as columns "address_city"."""
    fields = [(n, t, identifier(n)) for n, t in columns]
    for level in range(_DEPTH):
        structs = [f for f in fields if f[1].startswith("STRUCT(") and not f[1].endswith("]")]
        if not structs or len(fields) > _MOST_COLUMNS:
            break
        spread: list[tuple[str, str, str]] = []
        for name, dtype, expression in fields:
            if (name, dtype, expression) not in structs:
                spread.append((name, dtype, expression))
                continue
            rows = opening.db.execute(f"DESCRIBE SELECT unnest({expression}) FROM {sql}").fetchall()
            prefix = "" if name == "item" and level == 0 and len(columns) == 1 else f"{name}_"
            spread += [
                (f"{prefix}{n}", t, f"struct_extract({expression}, {literal(n)})") for n, t, *_ in rows
            ]
        fields = spread
    return fields
