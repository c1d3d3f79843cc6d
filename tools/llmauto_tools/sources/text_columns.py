"""Types for the text columns of sources that have types of their own (json, spreadsheets)."""

from __future__ import annotations

from collections.abc import Sequence

from llmauto_tools.schema import Column
from llmauto_tools.sources.base import Opening, identifier
from llmauto_tools.sources.casts import Verdict, infer
from llmauto_tools.sources.csv_check import check_types

_SAMPLE = 1_000


def typed_items(
    opening: Opening, source: str, names: Sequence[str], dtypes: Sequence[str], limit: int | None = None
) -> tuple[tuple[Column, ...], list[str]]:
    """Columns and SELECT items for `source`, whose columns are named c0, c1, …

    VARCHAR columns are tested on all rows, or on the first `limit`.
    """
    checked = source if limit is None else f"(SELECT * FROM {source} LIMIT {limit})"
    text = [i for i, dtype in enumerate(dtypes) if dtype == "VARCHAR"]
    verdicts = dict(zip(text, _verdicts(opening, checked, text, names), strict=True))
    columns, items = [], []
    for i, (name, dtype) in enumerate(zip(names, dtypes, strict=True)):
        verdict = verdicts.get(i, Verdict())
        if verdict.cast is None:
            columns.append(Column(name, dtype, verdict.note))
            items.append(f"c{i} AS {identifier(name)}")
        else:
            columns.append(Column(name, verdict.cast.dtype, verdict.cast.note))
            items.append(f"{verdict.cast.expression(f'c{i}', limit is None)} AS {identifier(name)}")
    return tuple(columns), items


def _verdicts(opening: Opening, source: str, text: list[int], names: Sequence[str]) -> list[Verdict]:
    if not text:
        return []
    picked = ", ".join(f"c{i}" for i in text)
    rows = opening.db.execute(f"SELECT {picked} FROM {source} LIMIT {_SAMPLE}").fetchall()
    samples = [{v for v in column if v is not None} for column in zip(*rows, strict=True)] or [
        set() for _ in text
    ]
    labels = [names[i] for i in text]
    verdicts = [infer(sample, label) for sample, label in zip(samples, labels, strict=True)]
    renumbered = ", ".join(f"c{i} AS c{k}" for k, i in enumerate(text))
    return check_types(
        opening, f"(SELECT {renumbered} FROM {source})", len(text), samples, verdicts, labels, False
    )
