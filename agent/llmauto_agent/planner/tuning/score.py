"""Execution accuracy: questions read as the product reads them, their rows compared with those of the SQL."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlglot

from llmauto_agent.planner.neural.runtime import Runtime
from llmauto_agent.planner.reading import Reading
from llmauto_agent.planner.tokens import detect_language
from llmauto_agent.planner.training.compare import compare
from llmauto_agent.planner.training.sql_to_plan import CannotSay, to_plan
from llmauto_agent.planner.tuning.accept import Progress, Refused
from llmauto_agent.planner.tuning.data import Data, Rows
from llmauto_agent.planner.tuning.pairs import Pair
from llmauto_agent.planner.understand import understand
from llmauto_tools.errors import LlmautoError

State = Literal["right", "wrong", "refused", "failed"]
"""The rows of the SQL (further columns do not count); other rows; not read; read, but it did not run."""


@dataclass(frozen=True)
class Outcome:
    """What came of one question. `held`: it is one that training holds out."""

    key: str
    question: str
    state: State
    held: bool = True


@dataclass(frozen=True)
class Score:
    """Shares of outcomes in percent."""

    count: int
    right: float
    wrong: float
    refused: float

    @staticmethod
    def of(outcomes: Sequence[Outcome]) -> Score:
        def share(*states: State) -> float:
            return round(100 * sum(o.state in states for o in outcomes) / max(1, len(outcomes)), 1)

        return Score(len(outcomes), share("right"), share("wrong", "failed"), share("refused"))


@dataclass(frozen=True)
class Case:
    """A question with the rows that answer it."""

    key: str
    question: str
    context: Reading | None
    rows: Rows
    row_count: int | None
    ordered: bool
    held: bool


def cases(
    pairs: Sequence[Pair], data: Data, learned: Collection[int] = ()
) -> tuple[list[Case], list[Refused]]:
    """The pairs whose SQL runs, and why others cannot be measured. A plan need not be able to say them.

    `learned` are the digests of the pairs that training on this file learns from; all others are held out.
    """
    made: list[Case] = []
    refused: list[Refused] = []
    for pair in pairs:
        try:
            rows, count = data.rows(pair.sql)
            context = _context(pair, data)
        except LlmautoError as e:
            refused.append(Refused(pair.line, pair.question, f"the SQL does not run: {e.message}"))
            continue
        except CannotSay as e:
            refused.append(Refused(pair.line, pair.question, f"a plan cannot say the SQL before it ({e})"))
            continue
        ordered = bool(sqlglot.parse_one(pair.sql, read="duckdb").args.get("order"))
        key = f"{pair.previous_question} > {pair.question}" if pair.previous_question else pair.question
        made.append(Case(key, pair.question, context, rows, count, ordered, pair.digest not in learned))
    return made, refused


def _context(pair: Pair, data: Data) -> Reading | None:
    """The turn before, as the product would have read it. Raises CannotSay."""
    if not pair.previous_question:
        return None
    texts = (pair.previous_question,)
    plan = to_plan(pair.previous_sql, data.index.tables, foreign_keys=data.index.foreign_keys, texts=texts)
    language = detect_language(pair.previous_question)
    return Reading(pair.previous_question, language, plan=plan, tool="analyze", confidence=1.0)


def judge(
    some: Sequence[Case], data: Data, runtime: Runtime | None, progress: Progress, what: str
) -> list[Outcome]:
    """Read every question with a planner (None: the rules alone) and compare its rows."""
    found = []
    for n, case in enumerate(some):
        progress(what, n / len(some))
        found.append(Outcome(case.key, case.question, _state(case, data, runtime), case.held))
    return found


def read(question: str, context: Reading | None, data: Data, runtime: Runtime | None) -> Reading:
    """The product's reading with this planner; None is its rules alone."""
    return understand(question, data.index, context, runtime=lambda: runtime, execute=data.look)


def _state(case: Case, data: Data, runtime: Runtime | None) -> State:
    reading = read(case.question, case.context, data, runtime)
    if reading.refused:
        return "refused"
    if reading.plan is None:
        return "wrong"
    try:
        rows, count = data.plan_rows(reading.plan)
    except LlmautoError:
        return "failed"
    if count != case.row_count:
        return "wrong"
    verdict = compare(case.rows, len(case.rows), rows, ordered=case.ordered)
    return "wrong" if verdict == "wrong" else "right"


@dataclass(frozen=True)
class Paired:
    """Two planners on the same questions, counted by which is right."""

    both: int
    only_first: int
    only_second: int
    neither: int
    p: float
    """McNemar's exact test, two-sided: how often chance alone would give so uneven a split or a more uneven
    one, if both planners were equally good (McNemar 1947; the exact form is the sign test on the
    questions where they differ)."""


def paired(first: Sequence[Outcome], second: Sequence[Outcome]) -> Paired:
    """Compare outcomes of the same questions in the same order."""
    rights = [(a.state == "right", b.state == "right") for a, b in zip(first, second, strict=True)]
    only_first, only_second = rights.count((True, False)), rights.count((False, True))
    return Paired(
        rights.count((True, True)), only_first, only_second, rights.count((False, False)),
        mcnemar(only_first, only_second),
    )  # fmt: skip


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p of McNemar's test for the two counts of discordant pairs."""
    n = only_first + only_second
    tail = sum(math.comb(n, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, float(2 * tail / 2**n))
