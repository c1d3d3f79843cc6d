"""Pairs as training records: each converted to a plan, run, and compared with the rows of its SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmauto_agent.planner.neural.examples import record_actions, record_items
from llmauto_agent.planner.neural.write import NotSayableError
from llmauto_agent.planner.reading import Reading
from llmauto_agent.planner.tokens import detect_language
from llmauto_agent.planner.training.compare import compare
from llmauto_agent.planner.training.written.convert import Turn, convert_chain
from llmauto_agent.planner.training.written.parse import Block, Chain, Request
from llmauto_agent.planner.tuning.blocks import block_of
from llmauto_agent.planner.tuning.data import Data, Rows
from llmauto_agent.planner.tuning.pairs import Pair
from llmauto_agent.planner.tuning.periods import with_periods
from llmauto_tools.errors import InvalidArguments, LlmautoError, QueryRejected, nearest
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.plan.model import Plan

Json = dict[str, Any]
Progress = Callable[[str, float | None], None]
"""Told what is being done, and how far it is (0..1) where that is known. It may raise Interrupted."""

_REASONS = {
    "self_join": "it joins a table with itself",
    "with": "it uses WITH",
    "windows": "it uses WINDOW",
    "correlated": "an inner query depends on the outer one",
    "grouping_sets": "it uses CUBE, ROLLUP or GROUPING SETS",
    "group_not_shown": "it groups by something that it does not show",
    "unknown_table": "it reads a table that is not attached",
    "unknown_column": "it names a column that its tables lack",
    "ambiguous_column": "a column's table has to be named",
    "not_parsed": "it is not valid SQL",
}
"""What plans cannot say, in words; other reasons are shown by their name (`training.sql_to_plan`)."""


_UNNAMED = {
    "text": "a text of the SQL is named by no word of the question",
    "number": "a number of the SQL is not in the question",
    "date": "a date of the SQL is not in the question",
    "period": "a period of the SQL is not in the question",
    "column": "it needs a column beyond those that the network is shown",
}
"""What a plan needs from the words of its question (`neural.write`), where it is missing."""


@dataclass(frozen=True)
class Accepted:
    """A pair that can be learned: its turns (the one before, if any, and its own) and the plans' rows."""

    pair: Pair
    chain: Chain
    turns: tuple[Turn, ...]

    @property
    def record(self) -> Json:
        """The training record, which has no id and no db."""
        return self.turns[-1].record

    def context(self) -> Reading | None:
        """The reading of the turn before, as the product would have it."""
        if not self.pair.previous_question:
            return None
        plan = Plan.model_validate(self.turns[0].record["plan"])
        question = self.pair.previous_question
        return Reading(question, detect_language(question), plan=plan, tool="analyze", confidence=1.0)


@dataclass(frozen=True)
class Refused:
    """A pair that is left out, and why."""

    line: int
    question: str
    reason: str


@dataclass(frozen=True)
class Sorted:
    """The pairs of a file over one set of tables."""

    accepted: list[Accepted]
    refused: list[Refused]
    block: Block
    """The tables as training varies them."""


def accept(pairs: Sequence[Pair], data: Data, progress: Progress) -> Sorted:
    """Convert and run every pair; those that fail are listed with their reason."""
    block = block_of(data)
    accepted: list[Accepted] = []
    refused: list[Refused] = []
    for n, pair in enumerate(pairs):
        progress("checking the pairs", n / len(pairs))
        try:
            accepted.append(_accepted(pair, data, block))
        except _LeaveOutError as e:
            refused.append(Refused(pair.line, pair.question, str(e)))
    return Sorted(accepted, refused, block)


class _LeaveOutError(Exception):
    """The pair cannot be used; the message says why."""


def _accepted(pair: Pair, data: Data, block: Block) -> Accepted:
    gold = _gold(pair.sql, data)
    chain = _chain(pair, data)
    turns, problems = convert_chain(chain, block)
    if problems:
        chain = _written(pair)
        turns, problems = convert_chain(chain, block)
    if problems:
        raise _LeaveOutError(_in_words(problems[0].reason, pair, data))
    record = turns[-1].record
    plan = Plan.model_validate(record["plan"])
    try:
        rows, count = data.plan_rows(plan)
    except LlmautoError as e:
        raise _LeaveOutError(f"its plan does not run: {e.message}") from e
    if not same_rows(*gold, rows, count, plan) and not _same_unordered(pair.sql, plan, data):
        raise _LeaveOutError(
            f"the plan gives other rows than the SQL ({len(rows)} and {len(gold[0])}): a plan cannot say it"
        )
    try:
        record_actions(record, record_items(record, data.index))
    except (NotSayableError, ValueError) as e:
        raise _LeaveOutError(_UNNAMED.get(str(e), f"the network cannot write its plan ({e})")) from e
    return Accepted(pair, chain, tuple(turns))


def _gold(sql: str, data: Data) -> tuple[Rows, int | None]:
    try:
        return data.rows(sql)
    except QueryRejected as e:
        raise _LeaveOutError(f"the SQL is not allowed: {e.message}") from e
    except LlmautoError as e:
        raise _LeaveOutError(f"the SQL does not run: {e.message}") from e


def _chain(pair: Pair, data: Data) -> Chain:
    """The turns, with periods in the words of the questions."""
    made: list[Request] = []
    for request in _written(pair):
        texts = [request.question, *(r.question for r in reversed(made))]
        made.append(replace(request, sql=with_periods(request.sql or "", texts, data.index.tables)))
    return tuple(made)


def _written(pair: Pair) -> Chain:
    own = Request(pair.line, pair.question, sql=pair.sql)
    if not pair.previous_question:
        return (own,)
    return (Request(pair.line, pair.previous_question, sql=pair.previous_sql), own)


def _in_words(problem: str, pair: Pair, data: Data) -> str:
    reason, _, detail = problem.partition(": ")
    said = _REASONS.get(reason, f"a plan cannot say it ({problem})")
    if reason == "unknown_table":
        near = nearest(detail, [t.name for t in data.index.tables], 1)
        return f"{said}: {detail}" + (f" (is it {near[0]}?)" if near else "")
    return said + (f": {detail}" if detail and reason in _REASONS else "")


def same_rows(gold: Rows, gold_count: int | None, rows: Rows, count: int | None, plan: Plan | None) -> bool:
    """Whether an answer has the rows of the SQL, with the same columns; in order where the plan orders."""
    if gold_count != count:
        return False
    ordered = plan is not None and bool(plan.order_by)
    return compare(gold, len(gold), rows, ordered=ordered) == "equal"


def _same_unordered(sql: str, plan: Plan, data: Data) -> bool:
    """Whether the plan gives the rows of the SQL where neither orders nor cuts them: ties decide nothing."""
    import sqlglot

    if not (plan.order_by or plan.limit is not None):
        return False
    tree = sqlglot.parse_one(sql, read="duckdb")
    for part in ("order", "limit", "offset"):
        tree.set(part, None)
    bare = plan.model_copy(update={"order_by": (), "limit": None, "offset": None})
    try:
        gold, count = data.rows(tree.sql(dialect="duckdb"))
        rows, other = data.rows(compile_plan(bare, data.index.tables))
    except LlmautoError:
        return False
    return count == other and bool(gold) and compare(gold, len(gold), rows, ordered=False) == "equal"


def require_enough(accepted: Sequence[Accepted], refused: Sequence[Refused], least: int) -> None:
    """Raise InvalidArguments where too few pairs are left to learn from."""
    if len(accepted) >= least:
        return
    reasons = list(_commonest(refused))
    why = f" {len(refused)} were left out, mostly because {reasons[0]}." if reasons else ""
    raise InvalidArguments(
        f"{len(accepted)} of the pairs can be used, and {least} are needed.{why}",
        "Add pairs. `llmauto planner train … --check` lists each one that is left out.",
    )


def _commonest(refused: Sequence[Refused]) -> Iterator[str]:
    counts: dict[str, int] = {}
    for r in refused:
        reason = r.reason.split(":")[0]
        counts[reason] = counts.get(reason, 0) + 1
    yield from sorted(counts, key=lambda r: -counts[r])
