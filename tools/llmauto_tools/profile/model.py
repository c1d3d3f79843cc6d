"""What a profile is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from llmauto_tools.profile.kind_rules import Kind
from llmauto_tools.schema import Column

Counted = tuple[tuple[str, int], ...]
"""Values, written as text, with their numbers of rows; the most frequent first."""


@dataclass(frozen=True)
class Histogram:
    """Counts of rows in [edge, next edge); the last bin holds its upper edge too.

    `below` and `above` count what lies outside the edges. The edges of times are seconds since 1970.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    below: int = 0
    above: int = 0
    time_unit: str | None = None


@dataclass(frozen=True)
class Numbers:
    """Moments of the finite values, and counts. Quantiles: fraction to value (type 7, as in NumPy)."""

    mean: float | None
    std: float | None
    """Of the sample (n - 1)."""
    skewness: float | None
    """Adjusted Fisher-Pearson (G1), as in pandas and DuckDB."""
    low: float | None
    high: float | None
    zeros: int
    negatives: int
    not_finite: int
    """NaN, infinite, or beyond the limit of scan.FINITE."""
    quantiles: dict[float, float]


@dataclass(frozen=True)
class Texts:
    """Lengths in characters, of the values that are not missing."""

    shortest: int
    mean: float
    longest: int
    empty: int


@dataclass(frozen=True)
class Times:
    """The range of dates and times, as ISO 8601 text, and steps without a row in it."""

    first: str
    last: str
    unit: str | None = None
    """The calendar unit in which gaps were looked for."""
    usual_step: int = 1
    """The median step, in units, between units that have rows."""
    gaps: int = 0
    """Steps of more than three usual ones."""
    largest_gap: tuple[str, str] | None = None
    """The last unit before it and the first one after it."""


@dataclass(frozen=True)
class ColumnProfile:
    """Everything that was measured of one column."""

    column: Column
    kind: Kind
    rows: int
    present: int
    """Rows that are not NULL."""
    distinct: int
    distinct_error: float = 0.0
    """Half-width of the 95% interval, relative; 0 is exact."""
    unique: bool = False
    """Every row has a value, and no two of those that were compared are equal."""
    compared_share: float = 1.0
    """The part of the values that `unique` was checked on."""
    numbers: Numbers | None = None
    texts: Texts | None = None
    times: Times | None = None
    top: Counted = ()
    histogram: Histogram | None = None

    @property
    def missing(self) -> int:
        return self.rows - self.present

    @property
    def name(self) -> str:
        return self.column.name


@dataclass(frozen=True)
class Association:
    """How strongly two columns go together; what does not apply to their kinds is None."""

    first: str
    second: str
    rows: int
    """Rows of the sample in which both have a value."""
    pearson: float | None = None
    spearman: float | None = None
    cramers_v: float | None = None
    correlation_ratio: float | None = None
    mutual_information: float | None = None
    """In nats."""

    @property
    def strength(self) -> float:
        """0 to 1: the larger of the correlations, or Cramér's V, or the correlation ratio."""
        found = (self.pearson, self.spearman, self.cramers_v, self.correlation_ratio)
        return max((abs(v) for v in found if v is not None), default=0.0)


@dataclass(frozen=True)
class PairKey:
    """Two columns that tell all rows apart together and not alone."""

    columns: tuple[str, str]
    compared_share: float = 1.0


@dataclass(frozen=True)
class JoinCandidate:
    """A join between two tables, and the part of the sampled values that the other table knows."""

    table: str
    column: str
    other_table: str
    other_column: str
    how: str
    contained: float | None
    sampled: int


@dataclass(frozen=True)
class Profile:
    """The profile of a table."""

    table: str
    rows: int
    all_columns: int
    columns: tuple[ColumnProfile, ...]
    sample_rows: int
    seed: int
    target: str | None = None
    associations: tuple[Association, ...] = ()
    association_rows: int = 0
    """Rows that the associations were measured on."""
    associated: tuple[str, ...] = ()
    """The columns of which every pair was looked at."""
    left_out: int = 0
    """Columns that could have taken part in the associations and did not, for their number."""
    pair_keys: tuple[PairKey, ...] = ()
    joins: tuple[JoinCandidate, ...] = ()
    statements: tuple[str, ...] = field(default=(), repr=False)
    """The SQL that was run over the table."""

    @property
    def whole(self) -> bool:
        """The sample is the whole table."""
        return self.sample_rows == self.rows

    def column(self, name: str) -> ColumnProfile:
        return next(c for c in self.columns if c.name == name)
