"""The step `split`: which rows are for training, testing, validating.

A row's place is the hash of its position (or of its group) against a limit that is found once, so that
the shares are exact and every later pass finds the same rows without sorting them.
"""

from __future__ import annotations

from typing import Any

from llmauto_tools.columns import literal, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.changes import POSITION, Role
from llmauto_tools.preprocess.fitter import Runner, find
from llmauto_tools.preprocess.kinds import Schema, text_sql
from llmauto_tools.preprocess.recipe import Split

MAX_STRATA = 100


def find_role(step: Split, runner: Runner, relation: str, schema: Schema) -> Role:
    """The SQL that gives each row of `relation` its role, and the columns that it reads.

    Raises InvalidArguments where a part would have no rows.
    """
    if any(n.casefold() == step.name.casefold() for n in schema):
        raise InvalidArguments(
            f"There is a column '{step.name}' already.", "Give the split's column another name."
        )
    by = None if step.by is None else find(schema, step.by, "split")
    if by is not None and schema[by] == "other":
        raise InvalidArguments(f"'{by}' holds values that rows cannot be split by.", "Name another column.")
    makers = {"random": _random, "stratified": _stratified, "group": _group, "time": _time}
    sql, reads = makers[step.method](step, runner, relation, schema, by or "")
    return Role(sql, reads, step.name)


def _hash(what: str, seed: int) -> str:
    return f"hash({what}, {seed}) >> 11"


def _positioned(relation: str, column: str | None = None) -> str:
    more = f", {column}" if column else ""
    return f"(SELECT row_number() OVER () AS {quoted(POSITION)}{more} FROM {relation})"


def _limits_sql(step: Split, value: str) -> str:
    """The last values of the test and the valid part, NULL where a part is empty, and the number of rows."""
    sorted_list, n = f"list_sort(list({value}))", "count(*)"
    test = f"CAST(round({n} * {step.test!r}) AS BIGINT)"
    both = f"CAST(round({n} * {step.test + step.valid!r}) AS BIGINT)"
    return f"{sorted_list}[{test}], {sorted_list}[{both}], {n}"


def _roles(value: str, limits: tuple[Any, Any], step: Split) -> str:
    """CASE for one list of limits; a limit of None leaves the part empty."""
    test, both = limits
    whens = "" if test is None else f" WHEN {value} <= {test} THEN 'test'"
    if step.valid and both is not None:
        whens += f" WHEN {value} <= {both} THEN 'valid'"
    return f"CASE{whens} ELSE 'train' END" if whens else "'train'"


def _random(
    step: Split, runner: Runner, relation: str, schema: Schema, by: str
) -> tuple[str, tuple[str, ...]]:
    value = _hash(quoted(POSITION), step.seed)
    row = runner.rows(f"SELECT {_limits_sql(step, value)} FROM {_positioned(relation)}")[0]
    return _roles(value, (row[0], row[1]), step), (POSITION,)


def _stratified(
    step: Split, runner: Runner, relation: str, schema: Schema, by: str
) -> tuple[str, tuple[str, ...]]:
    value, stratum = _hash(quoted(POSITION), step.seed), text_sql(by, schema[by])
    rows = runner.rows(
        f"SELECT {stratum} AS s, {_limits_sql(step, value)} FROM {_positioned(relation, quoted(by))}"
        f" GROUP BY 1 ORDER BY 1 LIMIT {MAX_STRATA + 1}"
    )
    if len(rows) > MAX_STRATA:
        raise InvalidArguments(
            f"'{by}' has more than {MAX_STRATA} values, too many for a stratified split.",
            "Use a random split, or a column with few values.",
        )
    whens = ""
    for level, test, both, _ in rows:
        condition = f"{quoted(by)} IS NULL" if level is None else f"{stratum} = {literal(level)}"
        whens += f"\n    WHEN {condition} THEN {_roles(value, (test, both), step)}"
    return (f"CASE{whens} ELSE 'train' END" if rows else "'train'"), (POSITION, by)


def _group(
    step: Split, runner: Runner, relation: str, schema: Schema, by: str
) -> tuple[str, tuple[str, ...]]:
    value = _hash(f"coalesce({text_sql(by, schema[by])}, '')", step.seed)
    row = runner.rows(f"SELECT {_limits_sql(step, 'v')} FROM (SELECT DISTINCT {value} AS v FROM {relation})")[
        0
    ]
    if row[2] < 2:
        raise InvalidArguments(
            f"'{by}' has only one group, which cannot be both in training and in test.",
            "Split by another column, or at random.",
        )
    if row[0] is None:  # a few groups: at least one of them is tested on
        row = runner.rows(f"SELECT min({value}), min({value}) FROM {relation}")[0]
    return _roles(value, (row[0], row[1]), step), (by,)


def _time(step: Split, runner: Runner, relation: str, schema: Schema, by: str) -> tuple[str, tuple[str, ...]]:
    """The latest rows are the test rows, those before them the valid rows; equal times stay together."""
    if schema[by] == "text":
        raise InvalidArguments(
            f"'{by}' holds text, not times.", "Cast it to a timestamp first, and save that."
        )
    q = quoted(by)
    kept, n = f"list_sort(list({q}))", "count(*)"
    test = f"CAST({kept}[{n} - CAST(round({n} * {step.test!r}) AS BIGINT)] AS VARCHAR)"
    both = f"CAST({kept}[{n} - CAST(round({n} * {step.test + step.valid!r}) AS BIGINT)] AS VARCHAR)"
    row = runner.rows(f"SELECT {test}, {both} FROM {relation} WHERE {q} IS NOT NULL")[0]
    if row[0] is None:
        return "'train'", ()
    dtype = {"timestamp": "TIMESTAMP", "boolean": "BOOLEAN"}.get(schema[by], "DOUBLE")
    value = f"CAST({q} AS {dtype})"
    whens = f" WHEN {value} > CAST({literal(row[0])} AS {dtype}) THEN 'test'"
    if step.valid and row[1] is not None:
        whens += f" WHEN {value} > CAST({literal(row[1])} AS {dtype}) THEN 'valid'"
    return f"CASE{whens} ELSE 'train' END", (by,)
