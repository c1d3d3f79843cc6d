"""Rows whose numbers are unusual together: isolation forest (scikit-learn).

Liu, Ting and Zhou, Isolation Forest, ICDM 2008: a score near 1 is an anomaly, all near 0.5 means that
there is none. A row is reported from 0.75 on, and only the most extreme 0.5% of the rows may be.
"""

from __future__ import annotations

from typing import Any

from llmauto_tools.columns import quoted
from llmauto_tools.extras import require
from llmauto_tools.quality.base import Finding, Subject, counted, shown

MAX_ROWS = 20_000
MAX_COLUMNS = 50
MIN_ROWS = 100
SCORE = 0.75
MAX_SHARE = 0.005


def find(subject: Subject) -> list[Finding]:
    """Needs the extra `ml`. Raises MissingExtra without it."""
    stats = [s for s in subject.family("number") if not s.is_id and s.distinct >= 10 and not s.infinite]
    stats = [s for s in stats if s.name != subject.options.target][:MAX_COLUMNS]
    if len(stats) < 2 or subject.rows < MIN_ROWS:
        return []
    ensemble = require("sklearn.ensemble", "The isolation forest", "ml")
    x = _matrix(subject, [s.name for s in stats])
    model = ensemble.IsolationForest(n_estimators=100, random_state=subject.options.seed, n_jobs=1)
    scores = -model.fit(x).score_samples(x)
    rows = [i for i in scores.argsort()[::-1] if scores[i] >= SCORE]
    if not rows or len(rows) > max(1, MAX_SHARE * len(x)):
        return []
    examples = tuple(_describe(x[i], [s.name for s in stats]) for i in rows[: subject.options.examples])
    sentence = (
        f"{counted(len(rows), 'row')} of {len(x):,} {'has' if len(rows) == 1 else 'have'} numbers that are unusual"
        " together (isolation forest, score of at least 0.75)."
    )
    return [Finding("outliers", "rows", "low", (), len(rows), len(x), sentence, examples)]


def _matrix(subject: Subject, names: list[str]) -> Any:
    """The columns of a sample as a float matrix (rows × columns), missing values at the median."""
    import numpy as np

    items = ", ".join(f"CAST({quoted(n)} AS DOUBLE) AS c{i}" for i, n in enumerate(names))
    table = subject.workspace.engine.arrow(subject.sample(MAX_ROWS, items), timeout=subject.context.timeout)
    columns = [np.asarray(c.to_numpy(zero_copy_only=False), dtype=float) for c in table.columns]
    x = np.column_stack(columns)
    return np.where(np.isfinite(x), x, np.nanmedian(np.where(np.isfinite(x), x, np.nan), axis=0))


def _describe(row: Any, names: list[str]) -> str:
    return ", ".join(f"{shown(n, 15)} {v:,.6g}" for n, v in list(zip(names, row, strict=True))[:4])
