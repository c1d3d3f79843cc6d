"""The tool `segment`: find segments, save them as a table, and say what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from llmauto_tools.columns import quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.results import QueryResult, Section, ToolResult, section, table_of
from llmauto_tools.sampling import sample_sql
from llmauto_tools.schema import Table
from llmauto_tools.segments import cluster
from llmauto_tools.segments.cluster import Choice, Labels, Points
from llmauto_tools.segments.encode import Encoding, encode
from llmauto_tools.segments.picture import segment_map
from llmauto_tools.segments.profile import MAX_ROWS, NAMED, Profile, profile, words

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

Method = Literal["kmeans", "hdbscan"]
SAMPLE = 20_000
"""Rows that the segments are learned from; all rows are assigned."""
DENSITY_ROWS = 20_000
"""Rows of a table that HDBSCAN, whose segments are no formula, takes at most."""
MIN_ROWS = 10


@dataclass(frozen=True)
class Request:
    table: str
    columns: Sequence[str] | None = None
    clusters: int | None = None
    method: Method = "kmeans"
    name: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class Found:
    """Points of the sample with their segments from 0 (-1: none), and SQL for the segment of every row."""

    points: Points
    labels: Labels
    clusters: int
    sql: str
    choices: list[Choice]
    silhouette: float
    clear: bool


def run(workspace: Workspace, request: Request, context: ToolContext) -> ToolResult:
    """As `_run`, on one thread: fits this small wait longer for a second one than they compute."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

    with threadpool_limits(1):
        return _run(workspace, request, context)


def _run(workspace: Workspace, request: Request, context: ToolContext) -> ToolResult:
    """Encode, cluster, and, where the segments are clear or their number was asked for, save and describe them."""
    table = workspace.table(request.table)
    if request.method == "hdbscan" and request.clusters is not None:
        raise InvalidArguments(
            "HDBSCAN finds the number of segments itself.", "Leave `clusters` out, or take method 'kmeans'."
        )
    name = _target(workspace, table, request.name)
    encoding = encode(workspace, table, request.columns, context)
    column = _segment_column(table)
    points = _points(workspace, encoding, request, context)
    notes = [*encoding.notes]
    if len(points) < encoding.rows:
        notes.append(
            f"The segments are learned from a sample of {len(points):,} of {encoding.rows:,} rows; every row is assigned."
        )
    if request.method == "hdbscan":
        found = _by_density(points, encoding, column, request.seed)
    else:
        found = _by_means(points, encoding, column, request, context)
    if not found.clusters or (not found.clear and request.clusters is None):
        return _nothing_clear(encoding, found, notes, request)
    if not found.clear:
        notes.append(
            "These segments are not clear: data without segments split about as well, or resamples split"
            " otherwise. Use them as a way to cut the rows, not as groups that exist."
        )
    return _described(workspace, encoding, found, (name, column), notes, request, context)


def _target(workspace: Workspace, table: Table, name: str | None) -> str:
    """The new table's name. Raises InvalidArguments for a name that a source has or no table can have."""
    from llmauto_tools.derived import check_name

    wanted = (name or f"{table.name[:180]}_segments").strip()
    check_name(wanted)
    if any(t.kind == "source" and t.name.casefold() == wanted.casefold() for t in workspace.tables()):
        raise InvalidArguments(
            f"'{wanted}' is an attached source, which is never overwritten.", "Choose another `name`."
        )
    return wanted


def _segment_column(table: Table) -> str:
    column, n = "segment", 2
    while table.column(column) is not None:
        column, n = f"segment_{n}", n + 1
    return column


def _points(workspace: Workspace, encoding: Encoding, request: Request, context: ToolContext) -> Points:
    if encoding.rows < MIN_ROWS:
        raise InvalidArguments(
            f"'{encoding.table}' has {encoding.rows:,} rows, too few for segments.",
            f"At least {MIN_ROWS} are needed.",
        )
    if request.method == "hdbscan" and encoding.rows > DENSITY_ROWS:
        raise InvalidArguments(
            f"HDBSCAN takes tables of up to {DENSITY_ROWS:,} rows here; '{encoding.table}' has {encoding.rows:,}.",
            "Take method 'kmeans', or save a part of the rows as a table first.",
        )
    context.step("reading the rows", 0.1)
    sql = sample_sql(quoted(encoding.table), SAMPLE, encoding.rows, request.seed, "*")
    read = workspace.engine.arrow(f"SELECT {encoding.select()} FROM ({sql})", timeout=context.timeout)
    points = np.column_stack([c.to_numpy() for c in read.columns])
    different = len(np.unique(points, axis=0))
    if request.clusters is not None and request.clusters > different:
        raise InvalidArguments(
            f"{request.clusters} segments cannot be made of {different:,} different rows.",
            f"Ask for at most {different}, or leave `clusters` out.",
        )
    return np.asarray(points, dtype=np.float64)


def _by_means(
    points: Points, encoding: Encoding, column: str, request: Request, context: ToolContext
) -> Found:
    different = len(np.unique(points, axis=0))
    tried = [request.clusters] if request.clusters else [k for k in cluster.TRIED if k < different]
    choices = cluster.choose(
        points, encoding.blocks(), tried, request.seed, lambda text, part: context.step(text, 0.1 + 0.7 * part)
    ) if tried else []  # fmt: skip
    if not choices:
        return Found(points, np.zeros(len(points), dtype=np.int64), 0, "", [], 0.0, False)
    best = choices[0]
    centres, labels = cluster.kmeans_centres(points, best.clusters, request.seed)
    sql = _nearest_sql(encoding, centres, column)
    return Found(points, labels, best.clusters, sql, choices, best.silhouette, best.clear)


def _nearest_sql(encoding: Encoding, centres: Points, column: str) -> str:
    """The rows with the number of the closest centre: |x - c|² without |x|², which is the same for all."""
    scores = []
    for centre in centres:
        terms = [repr(float(centre @ centre))]
        terms += [f"({-2 * float(weight)!r}) * d{i}" for i, weight in enumerate(centre)]
        scores.append(" + ".join(terms))
    listed = ", ".join(f"s{k}" for k in range(len(scores)))
    named = ", ".join(f"{s} AS s{k}" for k, s in enumerate(scores))
    dimensions = ", ".join(f"d{i}" for i in range(encoding.width))
    return (
        f"SELECT * EXCLUDE ({dimensions}, {listed}), list_indexof([{listed}], least({listed})) AS {quoted(column)}"
        f" FROM (SELECT *, {named} FROM (SELECT *, {encoding.select()} FROM {quoted(encoding.table)}))"
    )


def _by_density(points: Points, encoding: Encoding, column: str, seed: int) -> Found:
    """HDBSCAN on all rows; the segments are joined to the rows by their position."""
    labels = cluster.density_labels(points, seed)
    clusters = int(labels.max()) + 1
    inside = labels >= 0
    score = cluster.silhouette(points[inside], labels[inside]) if clusters > 1 else 0.0
    listed = ", ".join("NULL" if v < 0 else str(v + 1) for v in labels)
    position = '"llmauto row position"'
    sql = (
        f"SELECT * EXCLUDE ({position}), CAST([{listed}][{position}] AS INTEGER) AS {quoted(column)}"
        f" FROM (SELECT *, row_number() OVER () AS {position} FROM {quoted(encoding.table)})"
    )
    return Found(points, labels, clusters if clusters > 1 else 0, sql, [], score, clusters > 1)


def _nothing_clear(encoding: Encoding, found: Found, notes: list[str], request: Request) -> ToolResult:
    """No table is saved: segments that chance would also make are no finding."""
    best = found.choices[0] if found.choices else None
    text = (
        f"No clear segments in {encoding.table}: its rows do not fall into separate groups by these columns."
    )
    if best is not None:
        text += (
            f" The best split ({best.clusters} parts) has a silhouette of {best.silhouette:.2f}; data without"
            f" segments reach {best.chance:.2f}."
        )
    hint = (
        "Other columns may separate them"
        if request.method == "hdbscan"
        else "To cut the rows anyway, ask for a number with `clusters`"
    )
    return ToolResult(
        table=_choice_table(encoding, found),
        figures={
            "clusters": 0, "clear": False, "silhouette": best.silhouette if best else None,
            "chance_silhouette": best.chance if best else None, "stability": best.stability if best else None,
            "rows": encoding.rows, "method": request.method,
        },
        text=text, notes=[*notes, f"No table was saved. {hint}."], seed=request.seed, tables=(encoding.table,),
    )  # fmt: skip


_CHOICE_COLUMNS = ("clusters", "silhouette", "silhouette_by_chance", "stability", "clear")


def _choice_rows(found: Found) -> list[list[object]]:
    ordered = sorted(found.choices, key=lambda c: c.clusters)
    return [[c.clusters, c.silhouette, c.chance, c.stability, c.clear] for c in ordered]


def _choice_table(encoding: Encoding, found: Found) -> QueryResult:
    return table_of(_CHOICE_COLUMNS, _choice_rows(found), tables=(encoding.table,))


def _described(
    workspace: Workspace, encoding: Encoding, found: Found, target: tuple[str, str], notes: list[str],
    request: Request, context: ToolContext,
) -> ToolResult:  # fmt: skip
    from llmauto_tools.sql.parquet import parquet_columns

    name, column = target
    context.step("describing the segments", 0.85)
    described = profile(workspace, encoding, found.sql, column, context)
    picture, shares = segment_map(found.points, found.labels)
    context.step(f"saving {name}", 0.95)

    def write(path: Path) -> int:
        return workspace.engine.copy_to_parquet(found.sql, path, timeout=context.timeout)

    saved = workspace.derived.save(
        name, found.sql, write, parquet_columns, context.evidence_id, (encoding.table,)
    )
    segments = [s for s in described.sizes if s is not None]
    rows = [
        [s, n, n / encoding.rows, words(described, s, encoding.rows) if s is not None else "rows that belong to no segment"]
        for s, n in described.sizes.items()
    ]  # fmt: skip
    best = found.choices[0] if found.choices else None
    return ToolResult(
        table=table_of(("segment", "rows", "share", "description"), rows, tables=(encoding.table,), sql=found.sql),
        sections=_sections(described, found),
        charts=[picture],
        figures={
            "clusters": len(segments), "clear": found.clear, "silhouette": found.silhouette,
            "chance_silhouette": best.chance if best else None, "stability": best.stability if best else None,
            "sizes": [described.sizes[s] for s in segments],
            "shares": [described.sizes[s] / encoding.rows for s in segments],
            "without_segment": described.sizes.get(None, 0), "rows": saved.row_count, "table": name,
            "column": column, "columns": [f.name for f in encoding.features], "variance_explained": shares,
            "method": request.method,
        },
        text=_text(described, found, encoding, name),
        notes=notes,
        seed=request.seed,
    )  # fmt: skip


def _sections(described: Profile, found: Found) -> list[Section]:
    rows = [
        [t.segment, t.column, t.level, t.inside, t.overall, t.difference]
        for s in described.sizes if s is not None
        for t in described.of(s)[: max(NAMED, MAX_ROWS // len(described.sizes))]
    ]  # fmt: skip
    sections = [
        section(
            "What sets the segments apart", ("segment", "column", "level", "inside", "all_rows", "difference"), rows,
            "Means, or shares of a level; the difference is in standard deviations, or in shares.",
        )
    ]  # fmt: skip
    if found.choices:
        note = (
            "Silhouette: 1 is far apart, 0 overlapping; by chance: the same for shuffled columns or one normal"
            " distribution; stability: agreement of bootstrap samples (1 is perfect)."
        )
        sections.append(section("Number of segments", _CHOICE_COLUMNS, _choice_rows(found), note))
    return sections


def _text(described: Profile, found: Found, encoding: Encoding, name: str) -> str:
    segments = [s for s in described.sizes if s is not None]
    how = f"{len(segments)} segments in {encoding.rows:,} rows" if found.clear else (
        f"{encoding.rows:,} rows cut into {len(segments)} segments that are not clear"
    )  # fmt: skip
    shown = " ".join(words(described, s, encoding.rows) for s in segments[:4])
    more = f" {len(segments) - 4} more are in the table." if len(segments) > 4 else ""
    none = described.sizes.get(None, 0)
    without = f" {none:,} rows belong to no segment." if none else ""
    return f"{how} (silhouette {found.silhouette:.2f}). {shown}{more}{without} Saved as {name}."
