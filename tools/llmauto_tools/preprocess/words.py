"""What a step is and what it learned, in words for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from llmauto_tools.preprocess.recipe import ColumnStep, Split

SHOWN = 4
Learned = dict[str, Any]


def step_words(step: ColumnStep | Split) -> str:
    """The kind with its setting, such as "impute (median)"."""
    settings = {
        "cast": "to", "impute": "strategy", "outliers": "action", "scale": "method", "encode": "method",
        "text": "method", "split": "method",
    }  # fmt: skip
    name = settings.get(step.kind)
    return step.kind if name is None else f"{step.kind} ({getattr(step, name).replace('_', ' ')})"


def names_words(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(_short(n) for n in names[:SHOWN]) + more


def learned_words(step: ColumnStep, learned: Learned) -> str:
    """The numbers or categories that the step learned, in short; "" where it learns nothing."""
    makers: dict[str, Callable[[Any, Learned], Iterable[str]]] = {
        "unify": _unify, "impute": _impute, "outliers": _outliers, "scale": _scale, "encode": _encode,
        "dates": _dates, "text": _text, "rare": _rare, "deduplicate": _dropped,
    }  # fmt: skip
    maker = makers.get(step.kind)
    found = [] if maker is None else list(maker(step, learned))
    more = f"; {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more


def _short(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _unify(step: Any, learned: Learned) -> Iterable[str]:
    return (f"{c}: {len(set(m.values())):,} categories" for c, m in learned["maps"].items())


def _impute(step: Any, learned: Learned) -> Iterable[str]:
    if step.strategy in ("knn", "iterative"):
        yield f"a model on {learned['fit_rows']:,} rows"
        return
    for c, value in learned["fill"].items():
        groups = f", by {len(learned['groups'][c]):,} groups" if "groups" in learned else ""
        before = "the value before, else " if step.strategy == "forward" else ""
        yield f"{c}: {before}{_short(value)}{groups}"


def _outliers(step: Any, learned: Learned) -> Iterable[str]:
    yield from (f"{c}: {_short(v[0])} to {_short(v[1])}" for c, v in learned["limits"].items() if v)
    yield from _dropped(step, learned)


def _scale(step: Any, learned: Learned) -> Iterable[str]:
    names = {
        "standard": ("mean", "deviation"), "robust": ("median", "IQR"), "minmax": ("minimum", "range"),
        "yeo_johnson": ("exponent", "mean", "deviation"),
    }  # fmt: skip
    for c, numbers in learned["numbers"].items():
        if step.method == "quantile":
            yield f"{c}: {len(numbers)} quantiles"
        elif step.method in names:
            pairs = zip(names[step.method], numbers, strict=True)
            yield f"{c}: " + ", ".join(f"{n} {_short(v)}" for n, v in pairs)


def _encode(step: Any, learned: Learned) -> Iterable[str]:
    if step.method == "hashing":
        return [f"{step.n_features} columns each, nothing learned"]
    if step.method == "target":
        return [
            f"{p['name']}: {len(p['levels']):,} levels, mean {_short(p['mean'])}" for p in learned["parts"]
        ]
    return [f"{c}: {len(v):,} levels" for c, v in learned["levels"].items()]


def _dates(step: Any, learned: Learned) -> Iterable[str]:
    import datetime as dt

    for c, seconds in learned["since"].items():
        day = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)
        yield f"{c}: ages before {day.date().isoformat()}"


def _text(step: Any, learned: Learned) -> Iterable[str]:
    return (f"{c}: {len(words):,} words" for c, words in learned["words"].items())


def _rare(step: Any, learned: Learned) -> Iterable[str]:
    return (f"{c}: {len(kept):,} levels kept" for c, kept in learned["kept"].items())


def _dropped(step: Any, learned: Learned) -> Iterable[str]:
    if "dropped" in learned:
        yield f"{learned['dropped']:,} training rows dropped"
