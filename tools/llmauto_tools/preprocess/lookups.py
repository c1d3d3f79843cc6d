"""Look a value up among many, as a SQL expression.

CASE over blocks of sorted levels, and over the levels of the block: about 2·sqrt(n) comparisons a row. A
join with VALUES would do too, but DuckDB may then give the rows in another order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TypeVar

from llmauto_tools.columns import literal
from llmauto_tools.preprocess.kinds import number

SMALL = 16
"""Up to this many levels there is one block."""
Piece = TypeVar("Piece")


def lookup_text(key: str, pairs: Sequence[tuple[str, str]], otherwise: str) -> str:
    """The SQL value that belongs to a text. key: a column (it is repeated); pairs: text and SQL value."""
    if not pairs:
        return otherwise
    ordered = sorted(pairs)  # by code point, which is DuckDB's order too
    blocks = [f"CASE{_equal(key, b)} ELSE {otherwise} END" for b in _blocks(ordered)]
    ends = [literal(b[-1][0]) for b in _blocks(ordered)]
    return _choose(key, ends, blocks)


def lookup_number(key: str, pieces: Sequence[tuple[float, str]], below: str) -> str:
    """The SQL value of the last piece whose start is not above a number; `below` where there is none."""
    if not pieces:
        return below
    blocks, ends = [], []
    cut = _blocks(pieces)
    for i, block in enumerate(cut):
        whens = "".join(f" WHEN {key} < {number(start)} THEN {value}" for start, value in _shifted(block))
        before = cut[i - 1][-1][1] if i else below
        first = f" WHEN {key} < {number(block[0][0])} THEN {before}"
        blocks.append(f"CASE{first}{whens} ELSE {block[-1][1]} END")
        ends.append(number(cut[i + 1][0][0]) if i + 1 < len(cut) else "")
    return _choose(key, ends, blocks, "<")


def _shifted(block: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """The start of each next piece, with the value before it."""
    return [(after[0], before[1]) for before, after in itertools.pairwise(block)]


def _equal(key: str, block: Sequence[tuple[str, str]]) -> str:
    return "".join(f" WHEN {key} = {literal(level)} THEN {value}" for level, value in block)


def _choose(key: str, ends: Sequence[str], blocks: Sequence[str], compare: str = "<=") -> str:
    if len(blocks) == 1:
        return blocks[0]
    whens = "".join(
        f"\n      WHEN {key} {compare} {end} THEN {block}"
        for end, block in zip(ends, blocks[:-1], strict=False)
    )
    return f"CASE{whens}\n      ELSE {blocks[-1]} END"


def _blocks(items: Sequence[Piece]) -> list[Sequence[Piece]]:
    size = len(items) if len(items) <= SMALL else math.isqrt(len(items)) + 1
    return [items[i : i + size] for i in range(0, len(items), size)]
