"""Folders, globs and archives: many files, where those of the same columns become one table."""

from __future__ import annotations

import itertools
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from llmauto_tools.errors import LlmautoError, SourceError, UnreadableSource, UnsupportedSource
from llmauto_tools.schema import Column, Relation
from llmauto_tools.sources import csv_files, json_files, parquet_files
from llmauto_tools.sources.base import Opening, absolute, reading
from llmauto_tools.sources.csv_files import TextFile
from llmauto_tools.sources.kinds import READ_KINDS, Kind, detect, readable_name
from llmauto_tools.sources.names import column_names, stem

MAX_FILES = 100_000
Columns = frozenset[str]
Failures = list[tuple[Path, LlmautoError]]
T = TypeVar("T")


@dataclass
class Batch:
    """Files that are opened together: what they are called, where they lie, and which failed."""

    name: str
    folder: Path | None
    kinds: int
    failures: Failures = field(default_factory=list)


def open_folder(opening: Opening, folder: Path) -> list[Relation]:
    """The relations of all readable files in a folder and its subfolders (hidden ones left out)."""
    folder = absolute(folder)
    files = sorted(_walk(folder))
    if not files:
        raise UnsupportedSource(
            f"The folder '{folder.name}' holds no data files.", f"Read are: {READ_KINDS}."
        )
    return open_files(opening, files, folder.name, folder)


def _walk(folder: Path) -> list[Path]:
    def denied(error: OSError) -> None:
        raise UnreadableSource(f"'{error.filename}' may not be read: {error.strerror}.") from error

    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=denied):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "_")))
        found += [Path(place) / n for n in names if readable_name(n)]
        if len(found) > MAX_FILES:
            raise UnsupportedSource(
                f"The folder '{folder.name}' holds more than {MAX_FILES:,} files.", "Attach a part of it."
            )
    return found


def open_files(
    opening: Opening, files: Sequence[Path], name: str, folder: Path | None = None
) -> list[Relation]:
    """Files of the same kind and columns as one relation each; a file that fails is named in the notes.

    Raises the first error where no file can be read.
    """
    by_kind: dict[Kind, list[Path]] = defaultdict(list)
    for path in files:
        by_kind[_kind(path)].append(absolute(path))
    relations: list[Relation] = []
    batch = Batch(stem(name), folder, len(by_kind))
    for kind, members in sorted(by_kind.items()):
        read = _READERS.get(kind, _one_by_one)
        relations += read(opening, members, batch)
    failures = batch.failures
    if not relations:
        raise failures[0][1]
    if failures:
        note = "; ".join(f"not read: {p.name} ({e.message})" for p, e in failures[:5])
        more = f"; and {len(failures) - 5} more files" if len(failures) > 5 else ""
        relations[0] = replace(relations[0], notes=(*relations[0].notes, note + more))
    return _apart(relations)


def _kind(path: Path) -> Kind:
    with reading(path), path.open("rb") as stream:
        return detect(path, stream.read(4096))


def _apart(relations: list[Relation]) -> list[Relation]:
    """Relations whose proposed names differ, so that foreign keys find theirs."""
    seen: dict[str, int] = defaultdict(int)
    named = []
    for relation in relations:
        seen[relation.name] += 1
        count = seen[relation.name]
        named.append(relation if count == 1 else replace(relation, name=f"{relation.name}_{count}"))
    return named


def _one_by_one(opening: Opening, files: Sequence[Path], batch: Batch) -> list[Relation]:
    from llmauto_tools.sources.dispatch import open_path

    relations: list[Relation] = []
    for path in files:
        try:
            relations += open_path(opening, path)
        except SourceError as e:
            batch.failures.append((path, e))
    return relations


def _group_name(files: Sequence[Path], batch: Batch, groups: int) -> str:
    """A single file keeps its name, all files together are called like the folder, and one group of
    several by what its file names have in common."""
    if len(files) == 1:
        return stem(files[0].name)
    if groups == 1 and batch.kinds == 1:
        return batch.name
    common = os.path.commonprefix([stem(f.name) for f in files])  # noqa: RUF071 (characters are meant)
    common = common.rstrip("0123456789_-. ")
    return common or f"{batch.name}_{stem(files[0].name)}"


# ---- parquet


def _parquet(opening: Opening, files: Sequence[Path], batch: Batch) -> list[Relation]:
    groups, sampled = _parquet_groups(opening, files, batch.failures)
    merged = _merge([(frozenset(n.casefold() for n, _ in shape), [shape]) for shape in groups])
    relations = []
    for shapes in merged:
        members = sorted(f for s in shapes for f in groups[s])
        relation = parquet_files.relation(
            opening,
            members,
            _group_name(members, batch, len(merged)),
            union=len(shapes) > 1,
            folder=batch.folder,
        )
        notes = [f"{len(members)} files"] if len(members) > 1 else []
        if sampled:
            notes.append(f"the columns of {parquet_files.FOOTERS} of the files were taken for those of all")
        if len(shapes) > 1:
            notes.append("the files' columns differ; what a file lacks is NULL")
        relations.append(replace(relation, notes=tuple(notes)))
    return relations


Shape = tuple[tuple[str, str], ...]


def _parquet_groups(
    opening: Opening, files: Sequence[Path], failures: Failures
) -> tuple[dict[Shape, list[Path]], bool]:
    """Files by their columns; beyond FOOTERS files, a spread sample decides if it is of one mind."""
    looked = list(files)
    step = len(files) / parquet_files.FOOTERS
    if step > 1:
        looked = [files[int(i * step)] for i in range(parquet_files.FOOTERS)]
    groups = _by_columns(opening, looked, failures)
    if len(looked) == len(files):
        return groups, False
    if len(groups) == 1 and not failures:
        return {next(iter(groups)): list(files)}, True
    failures.clear()
    return _by_columns(opening, files, failures), False


def _by_columns(opening: Opening, files: Sequence[Path], failures: Failures) -> dict[Shape, list[Path]]:
    """Files by their columns; each file's own footer is read, one file of a kind is described."""
    groups: dict[Shape, list[Path]] = defaultdict(list)
    for members in parquet_files.alike(opening, files):
        try:
            groups[parquet_files.columns_of(opening, members[0])].extend(members)
        except SourceError as e:
            failures.append((members[0], e))
    return groups


def _merge(shapes: Sequence[tuple[Columns, list[T]]]) -> list[list[T]]:
    """Shapes joined where their column names are the same, or where one has all of the other's and is
    at most twice as wide (columns that were added later)."""
    merged: list[tuple[Columns, list[T]]] = []
    for names, members in sorted(shapes, key=lambda s: -len(s[0])):
        for widest, group in merged:
            if names <= widest and 2 * len(names) > len(widest):
                group.extend(members)
                break
        else:
            merged.append((names, list(members)))
    return [group for _, group in merged]


# ---- delimited text


def _csv(opening: Opening, files: Sequence[Path], batch: Batch) -> list[Relation]:
    looked: list[TextFile] = []
    for path in files:
        try:
            looked.append(csv_files.look(opening, path))
        except SourceError as e:
            batch.failures.append((path, e))
    groups: dict[tuple[object, ...], list[TextFile]] = defaultdict(list)
    for file in looked:
        key = file.shape if file.dialect.header else (*file.shape, file.dialect.width)
        groups[key].append(file)
    merged = _merge([(_names(g[0]), [g]) for g in groups.values()])
    return [_stacked(opening, parts, batch, len(merged)) for parts in merged]


def _names(file: TextFile) -> Columns:
    return frozenset(n.casefold() for n in column_names(list(file.dialect.names)))


def _stacked(opening: Opening, parts: list[list[TextFile]], batch: Batch, groups: int) -> Relation:
    """One relation over parts of the same columns in another order or dialect."""
    members = [f.origin for part in parts for f in part]
    named = _group_name(sorted(members), batch, groups)
    relations = [csv_files.relation(opening, part, named) for part in parts]
    count = f"{len(members)} files"
    if len(relations) == 1:
        notes = (*relations[0].notes, count) if len(members) > 1 else relations[0].notes
        return replace(relations[0], notes=notes)
    return union(opening, relations, (count,))


def union(opening: Opening, relations: Sequence[Relation], notes: tuple[str, ...]) -> Relation:
    """Relations stacked by column name; a column takes the type that holds the values of all."""
    sql = " UNION ALL BY NAME ".join(f"({r.view_sql})" for r in relations)
    described = opening.db.execute(f"DESCRIBE {sql}").fetchall()
    remarks = {c.name: c.note for r in reversed(relations) for c in r.columns}
    rows = [r.row_count for r in relations]
    return replace(
        relations[0],
        view_sql=sql,
        columns=tuple(Column(n, t, remarks.get(n)) for n, t, *_ in described),
        paths=tuple(dict.fromkeys(itertools.chain.from_iterable(r.paths for r in relations))),
        row_count=None if None in rows else sum(r for r in rows if r is not None),
        notes=tuple(dict.fromkeys([*(n for r in relations for n in r.notes), *notes])),
        fingerprint="-".join(r.fingerprint[:12] for r in relations),
    )


# ---- json


def _json(opening: Opening, files: Sequence[Path], batch: Batch) -> list[Relation]:
    single: list[Relation] = []
    for path in files:
        try:
            single += json_files.open_json(opening, path)
        except SourceError as e:
            batch.failures.append((path, e))
    merged = _merge([(frozenset(c.name.casefold() for c in r.columns), [r]) for r in single])
    relations = []
    for group in merged:
        named = batch.name if len(merged) == 1 and len(files) > 1 and batch.kinds == 1 else group[0].name
        relation = group[0] if len(group) == 1 else union(opening, group, (f"{len(group)} files",))
        relations.append(replace(relation, name=named))
    return relations


_READERS: dict[Kind, Callable[[Opening, Sequence[Path], Batch], list[Relation]]] = {
    "parquet": _parquet,
    "csv": _csv,
    "json": _json,
}
