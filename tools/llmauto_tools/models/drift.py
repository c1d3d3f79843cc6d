"""How new rows differ from the training rows: unseen labels, missing values, shifted distributions.

The population stability index compares shares in the training deciles (or levels): the sum of
(new - old) · ln(new / old). Above 0.25 is commonly read as a large shift (Siddiqi 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from llmauto_tools.models.artifact import Input

LARGE_SHIFT = 0.25
ROWS = 200_000
"""The first rows of a table that are compared."""

LEAST_ROWS = 100
KNOWN_LEVELS = 500
"""Categories with more training levels are not checked for unseen ones."""

_FLOOR = 1e-4


def input_profile(frame: pd.DataFrame, inputs: Sequence[Input]) -> dict[str, Any]:
    """Per input (500 at most), what the training rows look like; JSON values, kept in meta.json.

    numbers: "deciles" (11 edges); categories: "levels" (shares of the 30 commonest) and "known" (all
    levels, where there are at most 500); all: "missing" (share).
    """
    import numpy as np

    profile: dict[str, Any] = {}
    for i in inputs[:500]:
        values = frame[i.name]
        made: dict[str, Any] = {"missing": float(values.isna().mean())}
        if i.role == "number" and values.notna().any():
            made["deciles"] = [float(q) for q in np.nanquantile(values.to_numpy(), np.linspace(0, 1, 11))]
        elif i.role == "category":
            shares = values.value_counts(normalize=True)
            shares = shares[shares > 0]
            made["levels"] = {str(k): float(v) for k, v in shares.head(30).items()}
            if len(shares) <= KNOWN_LEVELS:
                made["known"] = [str(k) for k in shares.index]
        profile[i.name] = made
    return profile


class Drift:
    """Counts over batches of new rows; `notes` words what differs."""

    def __init__(self, inputs: Sequence[Input], profile: dict[str, Any]) -> None:
        self.inputs = [i for i in inputs if i.name in profile]
        self.profile = profile
        self.rows = 0
        self.counts: dict[str, np.ndarray] = {}
        self.unseen: dict[str, int] = {}

    def add(self, frame: pd.DataFrame) -> None:
        """Count a batch (the inputs as Model.prepare gives them). Unseen labels are counted in every row."""
        compared = self.rows < ROWS
        self.rows += len(frame)
        for i in self.inputs:
            known = self.profile[i.name]
            if "known" in known:
                self._count_unseen(i.name, frame[i.name], set(known["known"]))
            if compared and (counts := _counts(frame[i.name], known)) is not None:
                self.counts[i.name] = self.counts.get(i.name, 0) + counts

    def _count_unseen(self, name: str, values: pd.Series, known: set[str]) -> None:
        counts = values.value_counts()
        new = sum(int(n) for level, n in counts.items() if n and str(level) not in known)
        if new:
            self.unseen[name] = self.unseen.get(name, 0) + new

    def shifts(self) -> dict[str, float]:
        """The index per input, largest first; empty for fewer than 100 rows."""
        import numpy as np

        made = {}
        for name, counts in self.counts.items():
            total = counts.sum()
            if total < LEAST_ROWS:
                continue
            new = np.maximum(counts / total, _FLOOR)
            old = np.maximum(_expected(self.profile[name]), _FLOOR)
            made[name] = float(((new - old) * np.log(new / old)).sum())
        return dict(sorted(made.items(), key=lambda item: -item[1]))

    def notes(self) -> list[str]:
        """Unseen labels and large shifts, in words."""
        notes = []
        if self.unseen:
            shown = ", ".join(f"'{n}' in {c:,} rows" for n, c in list(self.unseen.items())[:6])
            notes.append(f"Labels that the training rows did not have count as unknown: {shown}.")
        large = [(n, s) for n, s in self.shifts().items() if s > LARGE_SHIFT]
        if large:
            shown = ", ".join(f"'{n}' ({s:.2f})" for n, s in large[:6])
            notes.append(
                f"The rows differ from the training rows (stability index above {LARGE_SHIFT}): {shown}. The "
                "predictions may be worse than the test said."
            )
        return notes


def _expected(known: dict[str, Any]) -> np.ndarray:
    """Shares of the training rows in the same groups as `_counts`."""
    import numpy as np

    present = 1 - known["missing"]
    if "deciles" in known:
        edges = np.unique(known["deciles"])
        inner = edges[1:-1] if len(edges) > 2 else edges[:1]
        at = np.searchsorted(inner, _decile_middles(known["deciles"]), side="right")
        shares = np.bincount(at, minlength=len(inner) + 1) / 100 * present
        return np.append(shares, known["missing"])
    levels = list(known["levels"].values())
    return np.array([*[v * present for v in levels], max(1 - sum(levels), 0) * present, known["missing"]])


def _decile_middles(deciles: Sequence[float]) -> np.ndarray:
    """100 values that are spread as the training rows were, by straight lines between the deciles."""
    import numpy as np

    return np.asarray(np.interp(np.arange(0.5, 100) / 100, np.linspace(0, 1, 11), deciles))


def _counts(values: pd.Series, known: dict[str, Any]) -> np.ndarray | None:
    """Rows per group: between the training deciles, or per common level and others; missing ones last."""
    import numpy as np

    missing = int(values.isna().sum())
    if "deciles" in known:
        edges = np.unique(known["deciles"])
        inner = edges[1:-1] if len(edges) > 2 else edges[:1]
        numbers = values.to_numpy()
        at = np.searchsorted(inner, numbers[np.isfinite(numbers)], side="right")
        return np.append(np.bincount(at, minlength=len(inner) + 1), missing).astype(float)
    if "levels" in known:
        counts = {str(k): int(v) for k, v in values.value_counts().items()}
        shown = [counts.get(level, 0) for level in known["levels"]]
        return np.array([*shown, len(values) - missing - sum(shown), missing], dtype=float)
    return None
