"""Numbers as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence


def number(x: float) -> str:
    """About three or four digits: 3,701; 0.412; -12.3; 2.1e-07."""
    if not math.isfinite(x):
        return "infinity" if x > 0 else "-infinity"
    size = abs(x)
    if x == round(x) and size < 1e15:
        return f"{x:,.0f}"
    if size >= 1_000:
        return f"{x:,.0f}"
    if size >= 100:
        return f"{x:.1f}"
    return f"{x:.3g}"


def p_words(p: float) -> str:
    """p = 0.61, p = 0.013, p = 4.8e-16."""
    if p == 0:
        return "p too small to be told"
    if p < 0.0001:
        return f"p = {p:.1e}"
    return f"p = {p:.2f}" if p >= 0.0995 else f"p = {p:.2g}"


def share(x: float) -> str:
    """A share in percent: 41.8%."""
    return f"{100 * x:.3g}%"


def named(labels: Sequence[str]) -> str:
    """A, B and C; "and others" where they are many."""
    shown = list(labels[:5])
    if len(labels) > 5:
        shown.append("others")
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]
