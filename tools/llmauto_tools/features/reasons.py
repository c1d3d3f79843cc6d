"""Why a feature is kept or dropped, in plain words."""

from __future__ import annotations

from llmauto_tools.features.duplicates import Duplicate
from llmauto_tools.features.ranking import LABELS, Method
from llmauto_tools.features.select import Selection

_COMBINED: tuple[Method, ...] = ("tree", "permutation", "boruta", "rfecv")
_ALONE: tuple[Method, ...] = ("mutual_information", "f_test", "chi_square")
_NAMED = 2


def reason(selection: Selection, feature: int) -> str:
    """One sentence without its subject, such as "duplicates `age` (r = 0.99), which tells more about churn"."""
    for duplicate in selection.ranking.duplicates:
        if duplicate.feature == feature:
            return _duplicates(selection, duplicate)
    place = selection.ranking.order.index(feature) + 1
    if place <= selection.count:
        return _kept(selection, feature)
    return _dropped(selection, feature, place)


def _duplicates(selection: Selection, duplicate: Duplicate) -> str:
    name = selection.matrix.names[duplicate.kept]
    how = (
        f"r = {duplicate.r:.2f}"
        if duplicate.r is not None
        else f"{duplicate.shared or 0:.0%} of their information is shared"
    )
    return f"duplicates `{name}` ({how}), which tells more about {selection.target.column.name}"


def _kept(selection: Selection, feature: int) -> str:
    best = _best_ranks(selection, feature)[:_NAMED]
    ranked = " and ".join(f"{ordinal(r)} by {LABELS[m]}" for m, r in best)
    folds = len(selection.curve.scores)
    times = selection.curve.times_chosen(_position(selection, feature), selection.count)
    chosen = f"among the first {selection.count} in {times} of {folds} folds"
    return "; ".join([ranked, *_only_together(selection, feature), chosen])


def _dropped(selection: Selection, feature: int, place: int) -> str:
    ranked = f"ranked {ordinal(place)} of {len(selection.ranking.order)}"
    if _says_nothing(selection, feature):
        why = f"no measure finds that it tells anything about {selection.target.column.name}"
    elif selection.request.count is not None:
        why = f"{selection.count} were asked for"
    else:
        why = f"more than {selection.count} do not raise the score beyond its standard error"
    missing = float(selection.ranking.missing[feature])
    return "; ".join([ranked, why, *([f"{missing:.0%} missing"] if missing >= 0.3 else [])])


def _position(selection: Selection, feature: int) -> int:
    """The feature's position among those that the folds ranked."""
    return selection.positions[feature]


def _best_ranks(selection: Selection, feature: int) -> list[tuple[Method, float]]:
    found = [(m, float(selection.ranking.ranks(m)[feature])) for m in selection.methods]
    return sorted((pair for pair in found if pair[1] == pair[1]), key=lambda pair: pair[1])


def _only_together(selection: Selection, feature: int) -> list[str]:
    """Said where the models rank a feature high that tells little on its own."""
    ranks = dict(_best_ranks(selection, feature))
    together = [ranks[m] for m in _COMBINED if m in ranks]
    alone = [ranks[m] for m in _ALONE if m in ranks]
    few = max(3, len(selection.ranking.order) // 5)
    if together and alone and min(together) <= few and min(alone) > 2 * few:
        return ["tells little alone, more together with others"]
    return []


def _says_nothing(selection: Selection, feature: int) -> bool:
    scores = selection.ranking.scores
    positive = [m for m in ("tree", "permutation", "l1", "mutual_information") if m in scores]
    return bool(positive) and all(scores[m][feature] <= 0 for m in positive)


def ordinal(rank: float) -> str:
    """1st, 2nd, 3rd, 11th; a shared rank is rounded up."""
    n = int(-(-rank // 1))
    suffix = "th" if n % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"
