"""The joins that connect tables along their keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llmauto_tools.errors import PlanError
from llmauto_tools.plan.model import ColumnRef, Join
from llmauto_tools.schema import ForeignKey

MAX_CHOICES = 8


class AmbiguousJoinError(PlanError):
    """Several ways of joining are equally short; `choices` are the joins of each."""

    def __init__(self, message: str, hint: str, choices: list[tuple[Join, ...]]) -> None:
        super().__init__(message, hint)
        self.choices = choices


@dataclass(frozen=True)
class _Edge:
    """One join between two tables, in the direction in which it is walked."""

    start: str
    end: str
    pairs: tuple[tuple[str, str], ...]
    fans_out: bool
    """It goes from a key to the rows that refer to it: one row becomes several."""

    @property
    def join(self) -> Join:
        on = tuple(
            (ColumnRef(name=a, table=self.start), ColumnRef(name=b, table=self.end)) for a, b in self.pairs
        )
        return Join(table=self.end, on=on)

    def __str__(self) -> str:
        return " and ".join(f"{self.start}.{a} = {self.end}.{b}" for a, b in self.pairs)


def join_path(joins: Iterable[ForeignKey], from_table: str, to_tables: Sequence[str]) -> tuple[Join, ...]:
    """The joins that bring `to_tables` to `from_table`: the fewest, and of those the ones that fan out least.

    Raises PlanError where no path exists, AmbiguousJoinError (with the choices) where several are equal.
    """
    edges = _edges(joins)
    there = [from_table]
    path: list[_Edge] = []
    for target in to_tables:
        if target in there:
            continue
        ways = _shortest(edges, there, target)
        if not ways:
            raise PlanError(
                f"No key connects '{target}' with '{from_table}'.",
                "Name the columns to join on, or join them in SQL.",
            )
        if len(ways) > 1:
            raise _ambiguous(from_table, target, ways, path)
        path += ways[0]
        there += [edge.end for edge in ways[0]]
    return tuple(edge.join for edge in path)


def _ambiguous(start: str, target: str, ways: list[list[_Edge]], before: list[_Edge]) -> AmbiguousJoinError:
    described = "; ".join(", ".join(str(edge) for edge in way) for way in ways)
    return AmbiguousJoinError(
        f"'{start}' and '{target}' can be joined in {len(ways)} ways: {described}.",
        "Say which one is meant.",
        [tuple(edge.join for edge in [*before, *way]) for way in ways],
    )


def _edges(joins: Iterable[ForeignKey]) -> dict[str, list[_Edge]]:
    """The joins by the table where they start, in both directions."""
    edges: dict[str, list[_Edge]] = {}
    for table, other, pairs in _keys(joins):
        if table == other:
            continue
        back = tuple((b, a) for a, b in pairs)
        edges.setdefault(table, []).append(_Edge(table, other, pairs, False))
        edges.setdefault(other, []).append(_Edge(other, table, back, True))
    return edges


def _keys(joins: Iterable[ForeignKey]) -> list[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """The keys, with the columns of one composite key together.

    Several declared columns of one table that refer to different columns of another are one key; two
    that refer to the same column (home_team and away_team) are two.
    """
    groups: dict[tuple[str, str], list[ForeignKey]] = {}
    for key in dict.fromkeys(joins):
        groups.setdefault((key.table, key.other_table), []).append(key)
    keys = []
    for (table, other), members in groups.items():
        targets = [m.other_column for m in members]
        if all(m.declared for m in members) and len(set(targets)) == len(targets):
            keys.append((table, other, tuple((m.column, m.other_column) for m in members)))
        else:
            keys += [(table, other, ((m.column, m.other_column),)) for m in members]
    return keys


def _shortest(edges: dict[str, list[_Edge]], sources: Sequence[str], target: str) -> list[list[_Edge]]:
    """All paths to the target of the lowest cost (length, then joins that fan out), at most MAX_CHOICES."""
    cost = dict.fromkeys(sources, (0, 0))
    arrivals: dict[str, list[_Edge]] = {}
    frontier = list(sources)
    while frontier:
        reached: dict[str, None] = {}
        for table in frontier:
            for edge in edges.get(table, ()):
                new = (cost[table][0] + 1, cost[table][1] + edge.fans_out)
                if edge.end not in cost or new < cost[edge.end]:
                    cost[edge.end], arrivals[edge.end] = new, [edge]
                    reached[edge.end] = None
                elif new == cost[edge.end]:
                    arrivals.setdefault(edge.end, []).append(edge)
        frontier = list(reached)
    return _unrolled(arrivals, set(sources), target)


def _unrolled(arrivals: dict[str, list[_Edge]], sources: set[str], target: str) -> list[list[_Edge]]:
    if target in sources:
        return [[]]
    ways = [
        [*way, edge] for edge in arrivals.get(target, ()) for way in _unrolled(arrivals, sources, edge.start)
    ]
    return ways[:MAX_CHOICES]
