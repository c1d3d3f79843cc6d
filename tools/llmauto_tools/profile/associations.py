"""How strongly columns go together, measured on the sample.

- Pearson's r; Spearman's rho on average ranks (ranks are taken within each column, missing values left out).
- Cramér's V with the bias correction of Bergsma (J. Korean Stat. Soc. 42, 2013).
- Correlation ratio of a number given a category: the root of Kelley's epsilon squared (PNAS 21, 1935), which
  is eta squared corrected for the number of groups, as Bergsma's correction does for V.
- Mutual information in nats, numbers in ten bins of equal frequency, with the Miller-Madow correction
  (Miller, 1955).

Rows in which one of the two columns is missing are left out of that pair.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmauto_tools.profile.model import Association
from llmauto_tools.profile.sample import Sample

ALL_PAIRS = 40
"""Columns of which every pair is looked at; a target is looked at with every column."""
PAIR_ROWS = 30_000
LEVELS = 100
"""Categories beyond the most frequent ones are taken together."""
QUANTILE_BINS = 10
PAIRS_PER_STATEMENT = 400

Pairs = list[tuple[int, int]]


@dataclass(frozen=True)
class Measured:
    """The associations, strongest first, and what they were measured on."""

    associations: tuple[Association, ...]
    rows: int
    associated: tuple[str, ...]
    left_out: int


def associate(
    sample: Sample, taking_part: Sequence[int], target: int | None, step: Callable[[str, float | None], None]
) -> Measured:
    """Measure the pairs of the columns at these positions; with a target, its pairs come first."""
    within = _within(taking_part, target)
    pairs = list(itertools.combinations(within, 2))
    if target is not None:
        pairs += [(target, i) for i in taking_part if i not in within]
    used = sorted({i for pair in pairs for i in pair})
    step("ranking and binning", 0.72)
    _prepare(sample, used)
    rows = int(sample.rows_of("SELECT count(*) FROM p")[0][0])
    step("correlations", 0.8)
    correlations = _correlations(sample, [p for p in pairs if _numbers(sample, p) == 2])
    step("correlation ratios", 0.85)
    ratios = _ratios(sample, [p for p in pairs if _numbers(sample, p) == 1])
    step("mutual information", 0.9)
    tables = _contingency(sample, pairs)
    names = [c.name for c in sample.columns]
    found = []
    for pair in pairs:
        table = tables.get(pair, _Cells(0, 0, 0, 0.0, 0.0))
        pearson, spearman = correlations.get(pair, (None, None))
        cramers_v = table.cramers_v() if _numbers(sample, pair) == 0 else None
        found.append(
            Association(
                names[pair[0]], names[pair[1]], table.rows, pearson, spearman, cramers_v, ratios.get(pair),
                table.mutual_information(),
            )
        )  # fmt: skip
    goal = names[target] if target is not None else None
    found.sort(key=lambda a: (goal not in (a.first, a.second), -a.strength, a.first, a.second))
    left_out = len(taking_part) - len(within) if target is None else 0
    return Measured(tuple(found), rows, tuple(names[i] for i in within), left_out)


def _within(taking_part: Sequence[int], target: int | None) -> list[int]:
    if target is None:
        return list(taking_part[:ALL_PAIRS])
    others = [i for i in taking_part if i != target]
    return [target, *others[: ALL_PAIRS - 1]]


def _numbers(sample: Sample, pair: tuple[int, int]) -> int:
    return sum(sample.is_number(i) for i in pair)


# ---- preparing


def _prepare(sample: Sample, used: Sequence[int]) -> None:
    """Table p: every few rows of the sample; x{i} values and r{i} average ranks of numbers, b{i} codes."""
    every = -(-sample.rows // PAIR_ROWS) or 1
    sample.run(f"CREATE OR REPLACE TABLE p AS SELECT rowid AS i, * FROM s WHERE rowid % {every} = 0")
    joins, columns = [], ["p.i AS i"]
    for i in used:
        make = _ranked if sample.is_number(i) else _coded
        sample.run(f"CREATE OR REPLACE TEMP TABLE k{i} AS {make(i)}")
        joins.append(f"LEFT JOIN k{i} ON p.c{i} = k{i}.v")
        columns.append(f"k{i}.b AS b{i}")
        if sample.is_number(i):
            columns += [f"p.c{i} AS x{i}", f"k{i}.r AS r{i}"]
    sample.run(f"CREATE OR REPLACE TABLE q AS SELECT {', '.join(columns)} FROM p {' '.join(joins)}")
    for i in used:
        sample.run(f"DROP TABLE k{i}")


def _ranked(i: int) -> str:
    """Value, average rank, and bin of equal frequency; equal values share both."""
    return (
        f"WITH g AS (SELECT c{i} AS v, count(*) AS n FROM p WHERE c{i} IS NOT NULL GROUP BY c{i}),"
        " a AS (SELECT v, sum(n) OVER (ORDER BY v) - (n - 1) / 2.0 AS r, sum(n) OVER () AS total FROM g)"
        f" SELECT v, r, CAST(floor((r - 0.5) / total * {QUANTILE_BINS}) AS USMALLINT) AS b FROM a"
    )


def _coded(i: int) -> str:
    """Value and code: the most frequent value is 0; the last code is all the rare ones."""
    return (
        f"SELECT v, CAST(least(row_number() OVER (ORDER BY n DESC, v) - 1, {LEVELS - 1}) AS USMALLINT) AS b"
        f" FROM (SELECT c{i} AS v, count(*) AS n FROM p WHERE c{i} IS NOT NULL GROUP BY c{i})"
    )


# ---- measuring


def _correlations(sample: Sample, pairs: Pairs) -> dict[tuple[int, int], tuple[float | None, float | None]]:
    found: dict[tuple[int, int], tuple[float | None, float | None]] = {}
    for part in _parts(pairs):
        selected = ", ".join(f"corr(x{a}, x{b}), corr(r{a}, r{b})" for a, b in part)
        values = sample.rows_of(f"SELECT {selected} FROM q")[0]
        for n, pair in enumerate(part):
            found[pair] = (_bounded(values[2 * n]), _bounded(values[2 * n + 1]))
    return found


def _ratios(sample: Sample, pairs: Pairs) -> dict[tuple[int, int], float | None]:
    """The correlation ratio of each pair of a number and a category."""
    by_category: dict[int, list[tuple[int, tuple[int, int]]]] = {}
    for pair in pairs:
        number, category = pair if sample.is_number(pair[0]) else pair[::-1]
        by_category.setdefault(category, []).append((number, pair))
    found: dict[tuple[int, int], float | None] = {}
    for category, numbers in by_category.items():
        for start in range(0, len(numbers), PAIRS_PER_STATEMENT):
            part = numbers[start : start + PAIRS_PER_STATEMENT]
            # var_pop * n of all and of the groups, without the digits that sums of squares would lose
            sums = ", ".join(
                f"count(x{i}) AS n{i}, var_pop(x{i}) AS v{i}, avg(x{i}) AS m{i}" for i, _ in part
            )
            within = ", ".join(
                f"sum(n{i}), sum(n{i} * v{i}), count(m{i}), sum(n{i}) * (SELECT var_pop(x{i}) FROM q WHERE b{category} IS NOT NULL)"
                for i, _ in part
            )
            rows = sample.rows_of(
                f"SELECT {within} FROM (SELECT {sums} FROM q WHERE b{category} IS NOT NULL GROUP BY b{category})"
            )[0]
            for n, (_, pair) in enumerate(part):
                found[pair] = _epsilon(*rows[4 * n : 4 * n + 4])
    return found


def _epsilon(rows: float | None, within: float | None, groups: int, total: float | None) -> float | None:
    """The root of epsilon squared: 1 - (within / (n - k)) / (total / (n - 1))."""
    if not rows or not total or within is None or groups < 2 or rows <= groups:
        return None
    squared = 1 - (float(within) / (float(rows) - groups)) / (float(total) / (float(rows) - 1))
    return math.sqrt(min(max(squared, 0.0), 1.0))


@dataclass(frozen=True)
class _Cells:
    """Sums over the contingency table of two coded columns."""

    rows: int
    first_levels: int
    second_levels: int
    phi_squared: float
    information: float
    """Of the plug-in estimate, in nats."""
    cells: int = 0

    def cramers_v(self) -> float | None:
        """Bergsma (2013), equations for V tilde."""
        n, r, k = self.rows, self.first_levels, self.second_levels
        if n < 2 or min(r, k) < 2:
            return None
        phi = max(0.0, self.phi_squared - (r - 1) * (k - 1) / (n - 1))
        least = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
        return math.sqrt(min(phi / least, 1.0)) if least > 0 else None

    def mutual_information(self) -> float | None:
        if self.rows < 2 or min(self.first_levels, self.second_levels) < 2:
            return None
        bias = (self.cells - self.first_levels - self.second_levels + 1) / (2 * self.rows)
        return max(self.information - bias, 0.0)


def _contingency(sample: Sample, pairs: Pairs) -> dict[tuple[int, int], _Cells]:
    found: dict[tuple[int, int], _Cells] = {}
    for part in _parts(pairs):
        numbers = ", ".join(str(n) for n in range(len(part)))
        firsts = ", ".join(f"b{a}" for a, _ in part)
        seconds = ", ".join(f"b{b}" for _, b in part)
        rows = sample.rows_of(
            f"WITH long AS (SELECT unnest([{numbers}]) AS pair, unnest([{firsts}]) AS a, unnest([{seconds}]) AS b FROM q),"
            " cells AS (SELECT pair, a, b, count(*)::DOUBLE AS n FROM long"
            " WHERE a IS NOT NULL AND b IS NOT NULL GROUP BY pair, a, b),"
            " margins AS (SELECT pair, a, b, n, sum(n) OVER (PARTITION BY pair, a) AS na,"
            " sum(n) OVER (PARTITION BY pair, b) AS nb, sum(n) OVER (PARTITION BY pair) AS total FROM cells)"
            " SELECT pair, any_value(total), count(DISTINCT a), count(DISTINCT b), sum(n * n / (na * nb)) - 1,"
            " sum(n / total * ln(n * total / (na * nb))), count(*) FROM margins GROUP BY pair"
        )
        for n, total, first, second, phi, information, cells in rows:
            found[part[n]] = _Cells(int(total), first, second, phi, information, cells)
    return found


def _parts(pairs: Pairs) -> list[Pairs]:
    return [pairs[i : i + PAIRS_PER_STATEMENT] for i in range(0, len(pairs), PAIRS_PER_STATEMENT)]


def _bounded(value: float | None) -> float | None:
    """A correlation, or None where a column is constant (DuckDB gives NaN)."""
    if value is None or not math.isfinite(value):
        return None
    return min(max(value, -1.0), 1.0)
