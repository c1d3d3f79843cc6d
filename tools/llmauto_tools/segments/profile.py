"""What sets segments apart, in tables and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmauto_tools.columns import literal, quoted
from llmauto_tools.segments.encode import Encoding, Feature

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

NOTABLE = 0.4
"""Standardised difference of a mean from which it is named."""
NOTABLE_SHARE = 0.15
"""The same for the share of a level."""
NAMED = 3
MAX_ROWS = 60


@dataclass(frozen=True)
class Trait:
    """One thing that sets a segment apart. `difference` is in deviations, or in shares for a level."""

    segment: int | None
    column: str
    level: str | None
    inside: float
    overall: float
    difference: float

    @property
    def weight(self) -> float:
        return abs(self.difference) / (NOTABLE_SHARE if self.level is not None else NOTABLE)


@dataclass(frozen=True)
class Profile:
    """Rows per segment (None: rows that belong to none), and the traits of each, the strongest first."""

    sizes: dict[int | None, int]
    traits: list[Trait]

    def of(self, segment: int | None) -> list[Trait]:
        return [t for t in self.traits if t.segment == segment]


def profile(
    workspace: Workspace, encoding: Encoding, segment_sql: str, column: str, context: ToolContext
) -> Profile:
    """Compare each segment with all rows, in one statement over the whole table.

    segment_sql: the rows with their segment in `column`.
    """
    measures = ["count(*)"]
    places: list[tuple[Feature, str | None]] = []
    for feature in encoding.features:
        q = quoted(feature.name)
        if feature.kind == "category":
            for level in feature.levels:
                measures += [
                    f"avg(CAST(coalesce(trim(CAST({q} AS VARCHAR)) = {literal(level)}, false) AS INTEGER))",
                    "NULL",
                ]
                places.append((feature, level))
        else:
            number = f"CAST({q} AS DOUBLE)"
            finite = f"CASE WHEN isfinite({number}) THEN {number} END"
            measures += [
                f"avg({finite})",
                f"CASE WHEN max(abs({finite})) < 1e150 THEN stddev_pop({finite}) END",
            ]
            places.append((feature, None))
    q = quoted(column)
    rows = workspace.engine.query(
        f"SELECT {q}, grouping({q}), {', '.join(measures)} FROM ({segment_sql}) GROUP BY GROUPING SETS (({q}), ())",
        timeout=context.timeout,
    ).rows
    overall = next(r for r in rows if r[1] == 1)
    sizes: dict[int | None, int] = {}
    traits = []
    for row in sorted((r for r in rows if r[1] == 0), key=lambda r: (r[0] is None, r[0])):
        sizes[row[0]] = row[2]
        made = [_trait(row, overall, i, *place) for i, place in enumerate(places)]
        traits += sorted((t for t in made if t is not None), key=lambda t: -t.weight)
    return Profile(sizes, traits)


def _trait(
    row: tuple[float, ...], overall: tuple[float, ...], i: int, feature: Feature, level: str | None
) -> Trait | None:
    inside, whole, deviation = row[3 + 2 * i], overall[3 + 2 * i], overall[4 + 2 * i]
    if inside is None or whole is None:
        return None
    if level is not None:
        return Trait(
            int(row[0]) if row[0] is not None else None, feature.name, level, inside, whole, inside - whole
        )
    if not deviation:
        return None
    difference = (inside - whole) / deviation
    return Trait(int(row[0]) if row[0] is not None else None, feature.name, None, inside, whole, difference)


def words(found: Profile, segment: int, rows: int) -> str:
    """Such as "Segment 1 (152 rows, 44.2%): low body_mass (3,701; all rows 4,202), mostly species Adelie (99%)"."""
    size = found.sizes[segment]
    notable = _named(found.of(segment))
    what = "; ".join(_said(t) for t in notable) if notable else "close to the mean in everything"
    return f"Segment {segment} ({size:,} rows, {100 * size / rows:.1f}%): {what}."


def _named(traits: Sequence[Trait]) -> list[Trait]:
    """The strongest traits, one per column; a level that is rarer than elsewhere only where nothing else is."""
    kept: list[Trait] = []
    ordered = sorted(traits, key=lambda t: (t.level is not None and t.difference < 0, -t.weight))
    for trait in ordered:
        if trait.weight >= 1 and trait.column not in {k.column for k in kept}:
            kept.append(trait)
    return kept[:NAMED]


def _said(trait: Trait) -> str:
    from llmauto_tools.series.wording import number

    column = trait.column[:40]
    if trait.level is None:
        side = "high" if trait.difference > 0 else "low"
        return f"{side} {column} (mean {number(trait.inside)}, all rows {number(trait.overall)})"
    side = "often" if trait.difference > 0 else "seldom"
    return f"{side} {column} '{trait.level[:40]}' ({100 * trait.inside:.0f}%, all rows {100 * trait.overall:.0f}%)"
