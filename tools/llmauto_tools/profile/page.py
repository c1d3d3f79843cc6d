"""A profile as the blocks of a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llmauto_tools.pages.blocks import (
    Bars,
    Block,
    Code,
    DataTable,
    Facts,
    Heading,
    Matrix,
    Notes,
    Paragraph,
    Ranking,
    Row,
)
from llmauto_tools.pages.words import share_text
from llmauto_tools.profile.charts import bin_labels, edge_text, is_by_number
from llmauto_tools.profile.model import ColumnProfile, Histogram, Profile
from llmauto_tools.profile.present import ASSOCIATION_COLUMNS, association_rows, key_rows
from llmauto_tools.profile.times import written
from llmauto_tools.profile.words import missing_cells, notes, summary

LISTED_PAIRS = 100
MATRIX_COLUMNS = 25
TICKS = 4


def page_blocks(profile: Profile) -> list[Block]:
    """Overview, associations, keys and joins, then every column."""
    return [
        *_overview(profile), *_associations(profile), *_keys(profile), *_columns(profile), *_method(profile),
    ]  # fmt: skip


def _overview(profile: Profile) -> Iterator[Block]:
    cells = profile.rows * len(profile.columns)
    yield Heading("Overview")
    yield Paragraph(summary(profile))
    remarks = notes(profile)
    if remarks:
        yield Notes(remarks)
    rows = [
        [c.name, c.column.dtype[:40], c.kind, c.missing, share_text(c.missing, c.rows), c.distinct]
        for c in profile.columns
    ]
    yield Facts(
        [
            ("Rows", profile.rows),
            ("Columns", profile.all_columns),
            ("Missing values", f"{missing_cells(profile):,} ({share_text(missing_cells(profile), cells)})"),
        ]
    )
    yield DataTable("Columns", ["column", "type", "kind", "missing", "missing share", "distinct"], rows)


def _associations(profile: Profile) -> Iterator[Block]:
    if not profile.associations:
        return
    yield Heading("Associations")
    names = list(profile.associated[:MATRIX_COLUMNS])
    if len(names) > 2:
        title = "How strongly columns go together, from 0 to 1"
        note = (
            "The larger of the Pearson and Spearman correlations (without sign) between numbers, Cramér's V between"
            " categories, the correlation ratio between a number and a category."
        )
        yield Matrix(title, names, _strengths(profile, names), note)
    listed = association_rows(profile.associations[:LISTED_PAIRS])
    left_out = len(profile.associations) - len(listed)
    more = f"{left_out:,} weaker pairs are not listed." if left_out else None
    yield DataTable(
        "Pairs, strongest first", [c.replace("_", " ") for c in ASSOCIATION_COLUMNS], listed, more
    )


def _strengths(profile: Profile, names: list[str]) -> list[list[float | None]]:
    at = {name: i for i, name in enumerate(names)}
    values: list[list[float | None]] = [[None] * len(names) for _ in names]
    for a in profile.associations:
        if a.first in at and a.second in at:
            i, j = at[a.first], at[a.second]
            values[i][j] = values[j][i] = a.strength
    return values


def _keys(profile: Profile) -> Iterator[Block]:
    rows = list(key_rows(profile))
    if rows:
        yield Heading("Keys and joins")
        yield DataTable("Keys and joins", ["what", "columns", "basis"], rows)


# ---- columns


def _columns(profile: Profile) -> Iterator[Block]:
    yield Heading("Columns")
    for column in profile.columns:
        yield Heading(column.name, 3, f"{column.kind}, {column.column.dtype[:60]}")
        if column.column.note:
            yield Paragraph(f"Read with a change: {column.column.note}.")
        yield Row([Facts(list(_facts(column))), *_charts(column)])


def _facts(c: ColumnProfile) -> Iterator[tuple[str, Any]]:
    yield "Missing", f"{c.missing:,} ({share_text(c.missing, c.rows)})" if c.rows else "–"
    about = f" (±{100 * c.distinct_error:.1f}%)" if c.distinct_error else ""
    yield "Different values", f"{c.distinct:,}{about}"
    if c.numbers is not None and c.kind == "id":
        yield from (("Minimum", c.numbers.low), ("Maximum", c.numbers.high))
    elif c.numbers is not None and c.numbers.mean is not None:
        n = c.numbers
        yield from (
            ("Mean", n.mean),
            ("Standard deviation", n.std),
            ("Skewness", n.skewness),
            ("Minimum", n.low),
        )
        yield from (
            (f"{100 * q:g}% quantile" if q != 0.5 else "Median", v)
            for q, v in n.quantiles.items()
            if 0 < q < 1
        )
        yield from (
            ("Maximum", n.high),
            ("Zeros", f"{n.zeros:,} ({share_text(n.zeros, c.rows)})"),
            ("Negative", n.negatives),
        )
    if c.numbers is not None and c.numbers.not_finite:
        yield "NaN or infinite", c.numbers.not_finite
    if c.texts is not None:
        yield "Length", f"{c.texts.shortest:,} to {c.texts.longest:,}, mean {c.texts.mean:.1f}"
        yield "Empty texts", c.texts.empty
    if c.times is not None:
        yield from (("First", c.times.first), ("Last", c.times.last))
        if c.times.unit is not None:
            yield "Usual step", f"{c.times.usual_step} {c.times.unit}{'s' if c.times.usual_step != 1 else ''}"
            yield "Gaps", c.times.gaps
        if c.times.largest_gap is not None:
            yield "Largest gap", " to ".join(c.times.largest_gap)


def _charts(c: ColumnProfile) -> Iterator[Block]:
    if c.histogram is not None and c.distinct > 1:
        yield _bars(c.name, c.histogram)
    if c.top and (c.numbers is None or c.distinct <= 20 or c.top[0][1] > 0.02 * c.present):
        rest = c.present - sum(n for _, n in c.top)
        note = f"{rest:,} more rows have other values." if rest > 0 else ""
        yield Ranking("Most frequent values", c.top, note, total=c.present)


def _bars(name: str, histogram: Histogram) -> Bars:
    labels = bin_labels(histogram)
    outside = [
        f"{n:,} rows lie {where}"
        for n, where in ((histogram.below, "below"), (histogram.above, "above"))
        if n
    ]
    note = f"{' and '.join(outside)}." if outside else ""
    return Bars(f"Rows by {name}", labels, histogram.counts, _ticks(histogram, labels), note)


def _ticks(histogram: Histogram, labels: list[str]) -> list[tuple[float, str]]:
    """A few edges along the axis; where a bin is one number, the middle of its bar."""
    bars = len(histogram.counts)
    if is_by_number(histogram):
        step = max(1, round(bars / 8))
        return [(i + 0.5, labels[i]) for i in range(0, bars, step)]
    places = sorted({round(i * bars / TICKS) for i in range(TICKS + 1)})
    if histogram.time_unit is not None:
        places = places[:: 2 if bars > 1 else 1]
        return [(float(i), written(histogram.edges[i], histogram.time_unit)) for i in places]
    return [(float(i), edge_text(histogram.edges[i])) for i in places]


def _method(profile: Profile) -> Iterator[Block]:
    yield Heading("Method")
    yield Paragraph(
        "Counts, means, standard deviations, ranges and histograms are of all rows. Different values are counted"
        " one by one, or among every M-th hash where there are many. Cramér's V is bias-corrected (Bergsma 2013),"
        " the correlation ratio likewise (Kelley 1935); mutual information is in nats, numbers in ten bins of equal"
        " frequency (Miller-Madow correction)."
    )
    yield Facts([("Sample", f"{profile.sample_rows:,} rows"), ("Seed", profile.seed)])
    yield Code("SQL over the table", ";\n\n".join(profile.statements))
