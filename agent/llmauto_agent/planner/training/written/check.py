"""Check written requests: python -m llmauto_agent.planner.training.written.check [FILES]

Every line that cannot be read or converted, whose plan does not run, or gives other rows than its SQL over
rows drawn for the schema, is reported as FILE:LINE: REASON. Without files, all of the repository are checked.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from llmauto_agent.planner.neural.examples import record_actions, record_items, schema_index
from llmauto_agent.planner.neural.write import NotSayableError
from llmauto_agent.planner.training.benchmark_parts import compare
from llmauto_agent.planner.training.sql_periods import NAME, find_period
from llmauto_agent.planner.training.written.convert import (
    Turn,
    convert_chain,
    schema_record,
    unknown_value,
    with_named_values,
)
from llmauto_agent.planner.training.written.parse import Block, Problem, parse_file, written_files
from llmauto_agent.planner.training.written.rows import fill
from llmauto_tools.errors import PlanError
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.plan.model import Plan


def check_file(path: Path) -> tuple[int, list[Problem], Counter[str]]:
    """How many requests are good, the problems, and what of good ones the network cannot point to yet.

    The latter is no fault of the line: the words for a value or a number need not be in the request.
    """
    blocks, problems = parse_file(path)
    good, unsaid = 0, Counter[str]()
    for block in blocks:
        turns: list[Turn] = []
        for chain in block.chains:
            made, found = convert_chain(chain, block)
            turns += made
            problems += found
        block = with_named_values(block, [t.record for t in turns])
        found = list(_block_problems(block, turns, unsaid))
        good += len(turns) - len(found)
        problems += found
    return good, sorted(problems, key=lambda p: p.line), unsaid


def _block_problems(block: Block, turns: Sequence[Turn], unsaid: Counter[str]) -> Iterator[Problem]:
    index = schema_index(schema_record(block, block.name))
    with duckdb.connect(config={"threads": 1}) as con:
        fill(con, block)
        for turn in turns:
            reason = unknown_value(turn.record, block) or _run_problem(con, block, turn)
            if reason is None:
                try:
                    record_actions(turn.record, record_items(turn.record, index))
                except (NotSayableError, ValueError) as e:
                    unsaid[str(e)] += 1
            if reason is not None:
                yield Problem(block.file, turn.request.line, reason)


def _run_problem(con: duckdb.DuckDBPyConnection, block: Block, turn: Turn) -> str | None:
    """Why the plan of a turn cannot be run, or that its rows are not those of the SQL."""
    if turn.record["plan"] is None or turn.request.sql is None:
        return None
    plan = Plan.model_validate(turn.record["plan"])
    try:
        rows = con.execute(compile_plan(plan, block.schema_tables())).fetchall()
    except (PlanError, duckdb.Error) as e:
        return f"the plan does not run: {str(e).splitlines()[0]}"
    sql = plain_sql(turn.request.sql, [turn.request.question, *reversed(turn.record["context"])])
    if sql is None:
        return None
    try:
        gold = con.execute(sql).fetchall()
    except duckdb.Error as e:
        return f"the SQL does not run: {str(e).splitlines()[0]}"
    if plan.limit is not None or plan.top_per_group is not None:  # ties decide
        gold, rows = [(len(gold),)], [(len(rows),)]
    gold, rows = _as_dates(gold), _as_dates(rows)
    if compare(gold, len(gold), rows, ordered=False) != "equal":
        return f"the plan gives other rows ({len(rows)}) than the SQL ({len(gold)})"
    return None


def _as_dates(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """A truncated date is a timestamp in DuckDB, and a date in what a plan gives."""
    return [tuple(c.date() if isinstance(c, dt.datetime) else c for c in row) for row in rows]


def plain_sql(sql: str, texts: Sequence[str]) -> str | None:
    """The statement with its periods as DuckDB compares them; None where it has relative ones or percents."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    if any(n.name in {"100", "100.0"} for n in tree.find_all(exp.Literal)) and tree.find(exp.Window):
        return None
    for difference in list(tree.find_all(exp.DateDiff)):  # a plan counts whole units
        unit, start, end = (difference.args["unit"].name, difference.expression, difference.this)
        whole = exp.Anonymous(this="date_sub", expressions=[exp.Literal.string(unit.lower()), start, end])
        difference.replace(whole)
    for call in list(tree.find_all(exp.Anonymous)):
        if call.name.lower() != NAME:
            continue
        column, words = call.expressions[0].sql(dialect="duckdb"), str(call.expressions[1].name)
        condition = _condition(column, words, texts)
        if condition is None:
            return None
        call.replace(sqlglot.parse_one(f"({condition})", read="duckdb"))
    return tree.sql(dialect="duckdb")


def _condition(column: str, words: str, texts: Sequence[str]) -> str | None:
    date = find_period(words, texts)
    if date.kind == "relative":
        return None
    if date.kind == "part":
        part = {"weekday": "isodow"}.get(str(date.part), str(date.part))
        return f"date_part('{part}', {column}) IN ({', '.join(map(str, date.values))})"
    whole = f"try_cast(CAST({column} AS VARCHAR) || '-01-01' AS DATE)"
    column = f"coalesce(try_cast({column} AS DATE), {whole})" if date.unit == "year" else column
    bounds = [(">=", date.low), ("<", date.high)]
    return " AND ".join(f"{column} {op} DATE '{day}'" for op, day in bounds if day is not None)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    args = parser.parse_args(arguments)
    bad = 0
    for path in args.files or written_files():
        good, problems, unsaid = check_file(path)
        for problem in problems:
            print(problem)
        bad += len(problems)
        summary = {"file": path.name, "good": good, "problems": len(problems), "not_pointed_to": dict(unsaid)}
        print(json.dumps(summary, ensure_ascii=False), flush=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
