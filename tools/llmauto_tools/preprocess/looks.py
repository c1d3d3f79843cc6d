"""What a proposal has to know of each column, measured in one or two passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmauto_tools.columns import literal, quoted
from llmauto_tools.preprocess.fitter import Runner
from llmauto_tools.preprocess.kinds import NUMBER_PATTERN, Kind, Schema
from llmauto_tools.preprocess.steps_clean import key_sql, trimmed
from llmauto_tools.sampling import sample_sql

LARGE = 1_000_000
SAMPLE_ROWS = 200_000
UNIFY_DISTINCT = 1000
_MEASURES = 12
_COLUMNS_AT_ONCE = 40


@dataclass
class Look:
    """Counts and shares of one column; `distinct` is approximate above 1,000."""

    name: str
    kind: Kind
    rows: int
    present: int
    distinct: int
    low: str | None
    high: str | None
    lowest: float | None = None
    spread: float = 0.0
    skew: float = 0.0
    fences: tuple[float, float] | None = None
    """Three interquartile ranges beyond the quartiles."""
    far_share: float = 0.0
    """Of the values, beyond the fences."""
    words: float = 0.0
    """Words per text on average."""
    untrimmed: int = 0
    reads_number: float = 0.0
    reads_date: float = 0.0
    has_hours: bool = False
    spellings: int = 0
    keys: int = 0

    @property
    def missing(self) -> int:
        return self.rows - self.present

    @property
    def missing_share(self) -> float:
        return self.missing / max(self.rows, 1)

    @property
    def unique_share(self) -> float:
        return self.distinct / max(self.present, 1)


def look_at(runner: Runner, relation: str, schema: Schema) -> tuple[dict[str, Look], int]:
    """A look at each column, and the number of rows that were looked at."""
    rows = int(runner.rows(f"SELECT count(*) FROM {relation}")[0][0])
    if rows > LARGE:
        relation = f"({sample_sql(relation, SAMPLE_ROWS, rows)})"
        rows = int(runner.rows(f"SELECT count(*) FROM {relation}")[0][0])
    looks: dict[str, Look] = {}
    names = list(schema)
    for start in range(0, len(names), _COLUMNS_AT_ONCE):
        chunk = names[start : start + _COLUMNS_AT_ONCE]
        parts = [m for n in chunk for m in _measures(n, schema[n])]
        sql = f"SELECT {', '.join(f'{p} AS a{i}' for i, p in enumerate(parts))} FROM {relation}"
        row = runner.rows(sql)[0]
        for i, name in enumerate(chunk):
            values = row[i * _MEASURES : (i + 1) * _MEASURES]
            looks[name] = _look(name, schema[name], rows, values)
    _look_far([look for look in looks.values() if look.kind in ("integer", "number")], runner, relation)
    _look_closer([look for look in looks.values() if look.kind == "text"], runner, relation)
    return looks, rows


def _measures(name: str, kind: Kind) -> list[str]:
    """Twelve aggregates: present, distinct, low, high, then what the kind needs, then NULLs."""
    q = quoted(name)
    if kind == "other":
        return [f"count({q})", *["NULL"] * (_MEASURES - 1)]
    if kind in ("integer", "number"):
        x = f"CAST({q} AS DOUBLE)"
        f = f"CASE WHEN isfinite({x}) THEN {x} END"
        more = [f"min({f})", f"max({f})", f"skewness({f} / 1e6)", f"approx_quantile({f}, [0.25, 0.75])"]
        present = f"count({f})"
        q = f
    elif kind == "text":
        t = trimmed(q)
        present = f"count(nullif({t}, ''))"
        number = f"regexp_full_match(replace({t}, ',', ''), {literal(NUMBER_PATTERN)})"
        date = f"TRY_CAST({t} AS TIMESTAMP) IS NOT NULL AND length({t}) >= 8"
        more = [
            f"avg(length({q}) - length(replace({q}, ' ', '')) + 1)",
            f"count(*) FILTER ({q} <> {t})",
            f"count(*) FILTER ({number})",
            f"count(*) FILTER ({date})",
        ]
    else:
        present = f"count({q})"
        hours = f"bool_or(epoch({q}) % 86400 <> 0)" if kind == "timestamp" else "NULL"
        more = [hours]
    base = [present, f"approx_count_distinct({q})", _short(f"min({q})"), _short(f"max({q})"), *more]
    return base + ["NULL"] * (_MEASURES - len(base))


def _short(expression: str) -> str:
    return f"left(CAST({expression} AS VARCHAR), 100)"


def _look(name: str, kind: Kind, rows: int, v: Sequence[Any]) -> Look:
    look = Look(name, kind, rows, int(v[0] or 0), int(v[1] or 0), v[2], v[3])
    if kind in ("integer", "number") and v[4] is not None:
        look.lowest, look.spread, look.skew = v[4], v[5] - v[4], v[6] or 0.0
        if v[7] is not None and v[7][0] is not None:
            low, high = v[7]
            look.fences = (low - 3 * (high - low), high + 3 * (high - low))
    elif kind == "text":
        share = 1 / max(look.present, 1)
        look.words, look.untrimmed = v[4] or 0.0, int(v[5])
        look.reads_number, look.reads_date = v[6] * share, v[7] * share
    elif kind == "timestamp":
        look.has_hours = bool(v[4])
    return look


def _look_far(looks: Sequence[Look], runner: Runner, relation: str) -> None:
    """Count the values beyond the fences."""
    fenced = [look for look in looks if look.fences is not None and look.fences[0] < look.fences[1]]
    for start in range(0, len(fenced), 4 * _COLUMNS_AT_ONCE):
        chunk = fenced[start : start + 4 * _COLUMNS_AT_ONCE]
        parts = [
            f"count(*) FILTER ({quoted(look.name)} NOT BETWEEN {look.fences[0]!r} AND {look.fences[1]!r}"
            f" AND isfinite(CAST({quoted(look.name)} AS DOUBLE)))"
            for look in chunk
            if look.fences is not None
        ]
        row = runner.rows(f"SELECT {', '.join(f'{p} AS a{i}' for i, p in enumerate(parts))} FROM {relation}")[
            0
        ]
        for look, count in zip(chunk, row, strict=True):
            look.far_share = count / max(look.present, 1)


def _look_closer(looks: Sequence[Look], runner: Runner, relation: str) -> None:
    """Count the spellings and the keys of text with few values, exactly."""
    for look in looks:
        if 1 < look.distinct <= UNIFY_DISTINCT:
            t = trimmed(quoted(look.name))
            row = runner.rows(
                f"SELECT count(*), count(DISTINCT {key_sql('t')}) FROM ("
                f"SELECT DISTINCT {t} AS t FROM {relation} WHERE nullif({t}, '') IS NOT NULL)"
            )[0]
            look.spellings, look.keys = int(row[0]), int(row[1])
            look.distinct = look.keys
