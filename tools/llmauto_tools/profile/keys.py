"""Keys: pairs of columns that tell rows apart, and joins to other tables."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmauto_tools.columns import quoted
from llmauto_tools.plan.keys import examine_joins
from llmauto_tools.profile.model import ColumnProfile, JoinCandidate, PairKey
from llmauto_tools.profile.sample import Sample

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

PAIR_COLUMNS = 10
FIRST_LOOK = 5_000
"""Rows of the sample on which most pairs are ruled out."""
CHECKED_PAIRS = 5
_KEY_KINDS = {"id", "category", "date", "time", "boolean", "constant"}
COMPARED = 250_000
"""Pairs of values of a larger table that are compared, chosen by their hash."""


def pair_keys(
    workspace: Workspace, table: str, columns: Sequence[ColumnProfile], sample: Sample, context: ToolContext
) -> tuple[list[PairKey], list[str]]:
    """Pairs of identifiers, categories and dates that no two rows share; and the statements.

    Ruled out on the sample first, then compared in the whole table. Measured numbers are left out: two of
    them tell rows apart by chance.
    """
    rows = sample.of
    able = [c for c in columns if not c.unique and not c.missing and c.kind in _KEY_KINDS and c.distinct > 1]
    able = sorted(able, key=lambda c: -c.distinct)[:PAIR_COLUMNS]
    pairs = [(a, b) for a, b in itertools.combinations(able, 2) if a.distinct * b.distinct >= rows > 1]
    for limit in (min(FIRST_LOOK, sample.rows), sample.rows):
        pairs = [p for p in pairs if not _repeats(sample, p, limit)]
    pairs = pairs[:CHECKED_PAIRS]
    if not pairs:
        return [], []
    context.step("comparing pairs of columns", 0.95)
    every = 2 ** max(0, (rows // COMPARED).bit_length() - 1)
    sql = _distinct_pairs(table, pairs, every)
    counts = workspace.engine.query(sql, timeout=context.timeout).rows[0]
    found = [
        PairKey((a.name, b.name), 1 / every)
        for (a, b), picked, distinct in zip(pairs, counts[::2], counts[1::2], strict=True)
        if picked == distinct
    ]
    return found, [sql]


def _repeats(sample: Sample, pair: tuple[ColumnProfile, ColumnProfile], limit: int) -> bool:
    a, b = (sample.position(c.name) for c in pair)
    sql = f"SELECT count(DISTINCT hash(c{a}, c{b})) FROM (SELECT c{a}, c{b} FROM s LIMIT {limit})"
    return int(sample.rows_of(sql)[0][0]) < limit


def _distinct_pairs(table: str, pairs: Sequence[tuple[ColumnProfile, ColumnProfile]], every: int) -> str:
    """One scan: of each pair, the rows whose hash is divisible by `every`, and their different hashes."""
    hashes = [f"hash({quoted(a.name)}, {quoted(b.name)})" for a, b in pairs]
    picked = ", ".join(f"CASE WHEN {h} % {every} = 0 THEN {h} END AS h{i}" for i, h in enumerate(hashes))
    counts = ", ".join(f"count(h{i}), count(DISTINCT h{i})" for i in range(len(pairs)))
    return f"SELECT {counts} FROM (SELECT {picked} FROM {quoted(table)})"


def joins(workspace: Workspace, table: str) -> list[JoinCandidate]:
    """Joins between this table and the workspace's others, by declaration, names and values."""
    tables = workspace.tables()
    if len(tables) < 2:
        return []
    found = examine_joins(tables, workspace.foreign_keys(), engine=workspace.engine, of=table)
    return [
        JoinCandidate(
            f.key.table, f.key.column, f.key.other_table, f.key.other_column, f.how, f.contained, f.sampled
        )
        for f in found
    ]
