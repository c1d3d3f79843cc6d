"""A profile as a tool's result: tables, figures and a few charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from llmauto_tools.profile.charts import telling_charts
from llmauto_tools.profile.model import Association, ColumnProfile, Profile
from llmauto_tools.profile.words import STRONG, missing_cells, missing_share, notes, summary
from llmauto_tools.results import Section, ToolResult, section, table_of

SHOWN_ROWS = 15
"""Of a section; the page and --json have more."""
SHOWN_VALUES = 3
SHOWN_CHARACTERS = 40


def result_of(profile: Profile) -> ToolResult:
    """The profile as tables (one row per column), sections, figures, charts and words."""
    rows = [_row(c) for c in profile.columns]
    names = ["column", "type", "kind", "missing", "distinct", "min", "median", "mean", "max", "most frequent"]
    return ToolResult(
        table=table_of(names, rows, tables=[profile.table]),
        sections=list(_sections(profile)),
        charts=telling_charts(profile),
        figures=_figures(profile),
        text=summary(profile),
        notes=notes(profile),
        seed=profile.seed,
    )


def _figures(profile: Profile) -> dict[str, Any]:
    kinds: dict[str, int] = {}
    for column in profile.columns:
        kinds[column.kind] = kinds.get(column.kind, 0) + 1
    figures: dict[str, Any] = {
        "table": profile.table, "rows": profile.rows, "columns": profile.all_columns,
        "profiled_columns": len(profile.columns), "kinds": kinds, "missing_values": missing_cells(profile),
        "missing_percent": round(100 * missing_share(profile), 1), "sample_rows": profile.sample_rows,
        "keys": [c.name for c in profile.columns if c.unique],
        "pair_keys": [list(p.columns) for p in profile.pair_keys],
    }  # fmt: skip
    if profile.target is not None:
        figures["target"] = profile.target
    if profile.associations and profile.associations[0].strength >= STRONG:
        strongest = profile.associations[0]
        figures["strongest"] = [strongest.first, strongest.second, rounded(strongest.strength)]
    return figures


def _row(c: ColumnProfile) -> list[Any]:
    n = c.numbers
    low, high = (n.low, n.high) if n else (c.times.first, c.times.last) if c.times else (None, None)
    median = n.quantiles.get(0.5) if n else None
    common = _value(c.top[0][0]) if c.top else None
    return [c.name, c.column.dtype[:SHOWN_CHARACTERS], c.kind, c.missing, c.distinct, rounded(low), rounded(median),
            rounded(n.mean) if n else None, rounded(high), common]  # fmt: skip


# ---- sections


def _sections(profile: Profile) -> Iterator[Section]:
    columns = profile.columns
    if not profile.rows:
        return
    if profile.associations:
        yield _associations(profile)
    yield from _cut("Numbers", ["column", "std", "skewness", "1%", "25%", "75%", "99%", "zeros", "negative", "not finite"],
                    [_number_row(c) for c in columns if c.numbers and c.kind not in ("id", "empty")])  # fmt: skip
    yield from _cut(
        "Most frequent values",
        ["column", "values and rows"],
        [_top_row(c) for c in columns if c.top and c.kind != "constant"],
    )
    yield from _cut("Texts", ["column", "shortest", "mean length", "longest", "empty"],
                    [[c.name, c.texts.shortest, rounded(c.texts.mean), c.texts.longest, c.texts.empty]
                     for c in columns if c.texts and c.kind in ("text", "url", "email", "id")])  # fmt: skip
    yield from _cut("Times", ["column", "first", "last", "unit", "usual step", "gaps", "largest gap"],
                    [_time_row(c) for c in columns if c.times],
                    "A gap is a step of more than three usual ones between units that have rows.")  # fmt: skip
    yield from _cut("Keys and joins", ["what", "columns", "basis"], list(key_rows(profile)))


def _cut(
    title: str, names: Sequence[str], rows: Sequence[Sequence[Any]], note: str | None = None
) -> Iterator[Section]:
    """The first rows, and how many are left out; nothing where there are none."""
    if rows:
        more = f"{len(rows) - SHOWN_ROWS} more are left out here." if len(rows) > SHOWN_ROWS else None
        yield section(title, names, rows[:SHOWN_ROWS], " ".join(t for t in (note, more) if t) or None)


def _associations(profile: Profile) -> Section:
    title = f"Associations with {profile.target}" if profile.target else "Strongest associations"
    shown = association_rows(profile.associations[:SHOWN_ROWS])
    more = len(profile.associations) - SHOWN_ROWS
    note = "Cramér's V and the correlation ratio are corrected for the number of groups; mutual information is in nats."
    return section(
        title, ASSOCIATION_COLUMNS, shown, f"{note} {more:,} more are left out here." if more > 0 else note
    )


ASSOCIATION_COLUMNS = (
    "column", "with", "pearson", "spearman", "cramers_v", "correlation_ratio", "mutual_information", "rows",
)  # fmt: skip


def association_rows(associations: Sequence[Association]) -> list[list[Any]]:
    """A row per pair, for ASSOCIATION_COLUMNS."""
    return [
        [a.first, a.second, *(None if v is None else round(v, 4) for v in
         (a.pearson, a.spearman, a.cramers_v, a.correlation_ratio, a.mutual_information)), a.rows]
        for a in associations
    ]  # fmt: skip


def _number_row(c: ColumnProfile) -> list[Any]:
    n = c.numbers
    assert n is not None
    quantiles = [rounded(n.quantiles.get(q)) for q in (0.01, 0.25, 0.75, 0.99)]
    return [c.name, rounded(n.std), rounded(n.skewness), *quantiles, n.zeros, n.negatives, n.not_finite]


def _top_row(c: ColumnProfile) -> list[Any]:
    return [c.name, "; ".join(f"{_value(v)} {n:,}" for v, n in c.top[:SHOWN_VALUES])]


def _time_row(c: ColumnProfile) -> list[Any]:
    t = c.times
    assert t is not None
    gap = " to ".join(t.largest_gap) if t.largest_gap else None
    return [
        c.name,
        t.first,
        t.last,
        t.unit,
        t.usual_step if t.unit else None,
        t.gaps if t.unit else None,
        gap,
    ]


def key_rows(profile: Profile) -> Iterator[list[Any]]:
    """Single keys, pairs, and joins, each with what it rests on."""
    for c in profile.columns:
        if c.unique:
            yield ["key", c.name, _compared(c.compared_share)]
    for pair in profile.pair_keys:
        yield ["key of two columns", " + ".join(pair.columns), _compared(pair.compared_share)]
    for j in profile.joins:
        basis = j.how if j.contained is None else f"{j.how}: {j.contained:.0%} of {j.sampled:,} values found"
        yield ["join", f"{j.table}.{j.column} → {j.other_table}.{j.other_column}", basis]


def _compared(share: float) -> str:
    return "all values compared" if share == 1 else f"no repeat among 1 in {round(1 / share):,} of the values"


def _value(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def rounded(value: Any) -> Any:
    """A float to six digits; anything else as it is."""
    return float(f"{value:.6g}") if isinstance(value, float) else value
