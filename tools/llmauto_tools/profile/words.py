"""A profile in sentences: what it found, and what a careful analyst would say aloud."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from llmauto_tools.profile.model import Association, ColumnProfile, Profile
from llmauto_tools.sampling import share_error

MENTIONED = 5
STRONG = 0.3
MOSTLY_MISSING = 0.5
_WORDS = {
    "id": ("identifier", "identifiers"), "category": ("category", "categories"), "money": ("amount of money", "amounts of money"),
    "geo": ("coordinate", "coordinates"), "boolean": ("yes/no column", "yes/no columns"),
    "constant": ("constant", "constants"), "empty": ("empty column", "empty columns"), "email": ("e-mail address", "e-mail addresses"),
    "url": ("web address", "web addresses"),
}  # fmt: skip


def summary(profile: Profile) -> str:
    """Two or three sentences; every number in them is in `figures_of` too."""
    columns = len(profile.columns)
    missing = missing_cells(profile)
    of_all = f" ({columns} of them profiled)" if columns < profile.all_columns else ""
    text = f"{profile.table} has {profile.rows:,} rows and {profile.all_columns:,} columns{of_all}"
    if not profile.rows:
        return f"{text}; there is nothing to measure."
    text += f": {kind_words(profile.columns)}."
    share = 100 * missing_share(profile)
    text += " No value is missing." if not missing else f" {missing:,} values ({share:.1f}%) are missing."
    keys = [c.name for c in profile.columns if c.unique]
    if keys:
        what = "tells" if len(keys) == 1 else "each tell"
        text += f" {_listed(keys)} {what} all rows apart."
    strongest = next((a for a in profile.associations if a.strength >= STRONG), None)
    if strongest is not None:
        goes = f"{strongest.first} and {strongest.second}"
        with_target = " with the target" if profile.target in (strongest.first, strongest.second) else ""
        text += f" The strongest association{with_target} is between {goes} ({measure_words(strongest)})."
    return text


def kind_words(columns: Sequence[ColumnProfile]) -> str:
    """ "4 categories, 2 numbers, 1 date" """
    counted = Counter(c.kind for c in columns)
    words = []
    for kind, count in counted.most_common():
        one, several = _WORDS.get(kind, (kind, f"{kind}s"))
        words.append(f"{count} {one if count == 1 else several}")
    return ", ".join(words)


def measure_words(association: Association) -> str:
    """The measure that the strength is of, with its value."""
    a = association
    if a.cramers_v is not None:
        return f"Cramér's V {a.cramers_v:.2f}"
    if a.correlation_ratio is not None:
        return f"correlation ratio {a.correlation_ratio:.2f}"
    if a.spearman is not None and abs(a.spearman) >= abs(a.pearson or 0.0):
        return f"Spearman correlation {a.spearman:.2f}"
    return f"Pearson correlation {a.pearson or 0.0:.2f}"


def missing_cells(profile: Profile) -> int:
    return sum(c.missing for c in profile.columns)


def missing_share(profile: Profile) -> float:
    """Of the cells of the profiled columns."""
    return missing_cells(profile) / max(profile.rows * len(profile.columns), 1)


def notes(profile: Profile) -> list[str]:
    """Warnings, the method's limits, and what was left out."""
    found = [*_about_columns(profile)]
    if len(profile.columns) < profile.all_columns and len(profile.columns) > MENTIONED:
        found.append(
            f"{len(profile.columns)} of {profile.all_columns:,} columns are profiled; name others with `columns`."
        )
    if profile.left_out:
        found.append(
            f"Pairs are looked at among the first {len(profile.associated)} columns that can be associated;"
            f" {profile.left_out} more are left out. With a target, each is compared with it."
        )
    if not profile.rows:
        return found
    if not profile.whole:
        found.append(sample_words(profile))
    if any(c.distinct_error for c in profile.columns):
        worst = max(c.distinct_error for c in profile.columns)
        names = [c.name for c in profile.columns if c.distinct_error]
        found.append(
            f"The numbers of different values of {_listed(names)} are estimates, within {100 * worst:.1f}% (95%)."
        )
    if profile.associations:
        found.append("An association says that two columns vary together, not that one causes the other.")
    return found


def sample_words(profile: Profile) -> str:
    """What was measured on the sample, its size and its error."""
    error = 100 * share_error(profile.sample_rows)
    words = (
        f"Quantiles are from a sample of {profile.sample_rows:,} of {profile.rows:,} rows (each is off by at most"
        f" {error:.1f} percentage points of rank, 95%)"
    )
    if profile.associations:
        rows = profile.association_rows
        words += f", associations from {rows:,} of them (a correlation is off by about {2 / max(rows, 1) ** 0.5:.2f})"
    return f"{words}; everything else is counted in all rows."


def _about_columns(profile: Profile) -> list[str]:
    columns = profile.columns
    found = []
    groups = [
        ("has no value at all", "have no value at all", [c.name for c in columns if c.kind == "empty" and c.rows]),
        ("has the same value in every row", "have the same value in every row",
         [c.name for c in columns if c.kind == "constant"]),
        ("is missing in more than half of the rows", "are missing in more than half of the rows",
         [c.name for c in columns if c.kind != "empty" and c.missing > MOSTLY_MISSING * c.rows]),
        ("has NaN or infinite values, which the figures leave out",
         "have NaN or infinite values, which the figures leave out",
         [c.name for c in columns if c.numbers and c.numbers.not_finite]),
        ("is text that reads as numbers", "are texts that read as numbers",
         [c.name for c in columns if c.kind in ("number", "money") and c.column.family == "text"]),
        ("is text that reads as dates", "are texts that read as dates",
         [c.name for c in columns if c.kind == "date" and c.column.family == "text"]),
    ]  # fmt: skip
    for one, several, names in groups:
        if names:
            found.append(f"{_listed(names)} {one if len(names) == 1 else several}.")
    return found


def _listed(names: Sequence[str]) -> str:
    shown = [f"'{n[:60]}'" for n in names[:MENTIONED]]
    more = len(names) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more:,} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
