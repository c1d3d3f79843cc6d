"""How well one column alone tells another, out of fold.

A column is cut into bins (50 quantiles of a number, the values of anything else; missing is a bin of its
own), and each bin's answer is learned from four fifths of the rows and judged on the other fifth. For two
classes the measure is the area under the ROC curve of the out-of-fold shares; for more, Goodman and
Kruskal's lambda: the share of the errors of always guessing the most frequent class that the column
avoids; for a quantity, R² (of the bins' means, or of a straight line where that is better).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from llmauto_tools.columns import quoted
from llmauto_tools.quality.base import Subject
from llmauto_tools.quality.profile import ColumnStats

ROWS = 50_000
BINS = 50
LEVELS = 2_000
FOLDS = 5

Measure = Literal["AUC", "lambda", "R²"]
Cell = tuple[str, int, str, float, float, float]
"""(bin, fold, class or "", rows, sum of the target, sum of its squares)"""


@dataclass(frozen=True)
class Association:
    measure: Measure
    value: float
    levels: int
    """Bins with at least one row."""


def associate(subject: Subject, feature: ColumnStats, target: ColumnStats, classes: int) -> Association:
    """How well `feature` tells `target`; classes: how many it has, 0 for a quantity."""
    cells = _cells(subject, feature, target, classes)
    levels = len({c[0] for c in cells})
    if classes == 0:
        value = max(_r_squared(cells), _line(subject, feature, target))
        return Association("R²", value, levels)
    if classes == 2:
        return Association("AUC", _auc(cells), levels)
    return Association("lambda", _lambda(cells), levels)


def _cells(subject: Subject, feature: ColumnStats, target: ColumnStats, classes: int) -> list[Cell]:
    x, y = quoted(feature.name), quoted(target.name)
    columns = f"{x} AS x, {y} AS y"
    source = f"SELECT x, y, hash(row_number() OVER (), {subject.options.seed}) % {FOLDS} AS fold FROM"
    source += f" ({subject.sample(ROWS, columns)}) WHERE y IS NOT NULL"
    if classes == 0:
        source += " AND isfinite(CAST(y AS DOUBLE))"
    bins = _bins(feature)
    by_class = "CAST(y AS VARCHAR)" if classes else "''"
    amount = "0.0" if classes else "CAST(y AS DOUBLE)"
    rows = subject.query(
        f"WITH s AS ({source}), b AS ({bins})"
        f" SELECT bin, fold, {by_class} AS class, count(*), sum({amount}), sum({amount} * {amount}) FROM b"
        f" GROUP BY ALL ORDER BY ALL",
        LEVELS * FOLDS * max(classes, 1),
    )
    return [(str(b), int(f), str(c), float(n), float(t), float(q)) for b, f, c, n, t, q in rows]


def _bins(feature: ColumnStats) -> str:
    if feature.family == "number" and feature.distinct > BINS:
        x = "CAST(x AS DOUBLE)"
        shares = ", ".join(f"{i / BINS:.2f}" for i in range(1, BINS))
        return (
            f"SELECT coalesce(CAST(len(list_filter(cuts, lambda c: c < {x})) AS VARCHAR), 'missing') AS bin, y, fold"
            f" FROM s, (SELECT quantile_cont({x}, [{shares}]) AS cuts FROM s WHERE isfinite({x}))"
        )
    return (
        "SELECT coalesce(CAST(x AS VARCHAR), 'missing') AS bin, y, fold FROM s WHERE x IS NULL OR x IN"
        f" (SELECT x FROM s GROUP BY x ORDER BY count(*) DESC, x LIMIT {LEVELS})"
    )


def _held_out(cells: Iterable[Cell]) -> dict[tuple[str, int], dict[str, tuple[float, float]]]:
    """For each bin and fold, per class: the rows and the target's sum in the other folds."""
    total: dict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    own: dict[tuple[str, int], dict[str, tuple[float, float]]] = defaultdict(dict)
    for name, fold, label, n, t, _ in cells:
        a, b = total[name].get(label, (0.0, 0.0))
        total[name][label] = (a + n, b + t)
        own[name, fold][label] = (n, t)
    return {
        (name, fold): {
            label: (a - mine.get(label, (0.0, 0.0))[0], b - mine.get(label, (0.0, 0.0))[1])
            for label, (a, b) in total[name].items()
        }
        for (name, fold), mine in own.items()
    }


def _r_squared(cells: list[Cell]) -> float:
    n, t, q = sum(c[3] for c in cells), sum(c[4] for c in cells), sum(c[5] for c in cells)
    spread = q - t * t / n if n else 0.0
    if spread <= 0:
        return 0.0
    others = _held_out(cells)
    errors = 0.0
    for name, fold, _, rows, amount, squares in cells:
        seen, total = others[name, fold][""]
        guess = total / seen if seen else t / n
        errors += squares - 2 * guess * amount + rows * guess * guess
    return 1 - errors / spread


def _line(subject: Subject, feature: ColumnStats, target: ColumnStats) -> float:
    if feature.family != "number":
        return 0.0
    x, y = (f"CAST({quoted(s.name)} AS DOUBLE)" for s in (feature, target))
    value = subject.query(
        f"SELECT corr(x, y) FROM (SELECT {x} AS x, {y} AS y FROM {subject.relation}) WHERE isfinite(x) AND isfinite(y)"
    )[0][0]
    return float(value) ** 2 if value is not None else 0.0


def _auc(cells: list[Cell]) -> float:
    """The probability that a row of the second class has the larger out-of-fold share (ties count half)."""
    labels = sorted({c[2] for c in cells})
    if len(labels) < 2:
        return 0.5
    positive = labels[1]
    others = _held_out(cells)
    everything = sum(c[3] for c in cells)
    base = sum(c[3] for c in cells if c[2] == positive) / everything
    scores: dict[float, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for name, fold, label, rows, _, _ in cells:
        seen = sum(n for n, _ in others[name, fold].values())
        hits = others[name, fold].get(positive, (0.0, 0.0))[0]
        # One row of prior, so that a bin of two rows is not as sure as one of a thousand.
        scores[(hits + base) / (seen + 1)][label == positive] += rows
    below = won = 0.0
    for score in sorted(scores):
        negatives, positives = scores[score]
        won += positives * (below + negatives / 2)
        below += negatives
    return won / (below * (everything - below)) if 0 < below < everything else 0.5


def _lambda(cells: list[Cell]) -> float:
    totals: dict[str, float] = defaultdict(float)
    for cell in cells:
        totals[cell[2]] += cell[3]
    everything, most = sum(totals.values()), max(totals.values(), default=0.0)
    if everything <= most:
        return 0.0
    usual = max(totals, key=lambda k: totals[k])
    others = _held_out(cells)
    right = 0.0
    for name, fold, label, rows, _, _ in cells:
        seen = others[name, fold]
        guess = max(seen, key=lambda k: seen[k][0]) if sum(n for n, _ in seen.values()) > 0 else usual
        right += rows * (guess == label)
    return max(0.0, (right - most) / (everything - most))
