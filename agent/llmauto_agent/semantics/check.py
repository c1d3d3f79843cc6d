"""llmauto.yml against the tables that are attached: what it names has to be there.

A part about a table that is not attached is left alone: a project has more tables than one question.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmauto_agent.semantics.model import JOIN, NamedExpression, SemanticFile
from llmauto_agent.semantics.places import Located, Place
from llmauto_tools.columns import LISTED
from llmauto_tools.errors import InvalidArguments, did_you_mean
from llmauto_tools.schema import Table


def check(file: SemanticFile, located: Located, tables: Sequence[Table]) -> None:
    """Raises InvalidArguments, with file and line, for the first thing that does not fit."""
    by_name = {t.name.casefold(): t for t in tables}
    for name, table in file.tables.items():
        attached = by_name.get(name.casefold())
        for column in table.columns if attached is not None else ():
            assert attached is not None
            _column(attached, column, located, ("tables", name, "columns", column))
    for part, entries in (("measures", file.measures), ("dimensions", file.dimensions)):
        for i, entry in enumerate(entries):
            _expression(entry, part == "measures", by_name, tables, located, (part, i, "expression"))
    for i, kept in enumerate(file.filters):
        attached = by_name.get(kept.table.casefold())
        if attached is not None:
            key = "only" if kept.only is not None else "exclude"
            parsed = _parsed(kept.condition, located, ("filters", i, key))
            _columns(parsed, attached, located, ("filters", i, key))
            _readable(
                f"SELECT * FROM {_quoted(attached)} WHERE {kept.condition}",
                attached,
                located,
                ("filters", i, key),
            )
    for i, join in enumerate(file.joins):
        for table_name, column in ends(join):
            attached = by_name.get(table_name.casefold())
            if attached is not None:
                _column(attached, column, located, ("joins", i))
    _names(file, located, tables)


def ends(join: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """The two (table, column) of a join as it is written in the file."""
    found = JOIN.match(join)
    assert found is not None, "the model has checked it"
    return (_bare(found["a"]), _bare(found["x"])), (_bare(found["b"]), _bare(found["y"]))


def _bare(name: str) -> str:
    return name.strip().strip('"')


def _expression(
    entry: NamedExpression,
    measure: bool,
    by_name: dict[str, Table],
    tables: Sequence[Table],
    located: Located,
    place: Place,
) -> None:
    from llmauto_agent.meaning.resolve import is_condition

    parsed = _parsed(entry.expression, located, place)
    if measure and not _aggregates(parsed):
        raise InvalidArguments(
            f"{located.at(place)}: the measure '{entry.name}' does not aggregate: {entry.expression}.",
            "Write an aggregate such as sum(…), or move it to dimensions: a value of each row.",
        )
    if not measure and _aggregates(parsed):
        raise InvalidArguments(
            f"{located.at(place)}: the dimension '{entry.name}' is an aggregate: {entry.expression}.",
            "Move it to measures.",
        )
    table = by_name.get(entry.table.casefold()) if entry.table is not None else None
    if table is None:
        return
    _columns(parsed, table, located, place)
    if measure or not is_condition(entry.expression, table):
        _readable(f"SELECT {entry.expression} FROM {_quoted(table)}", table, located, place)
    else:
        _readable(f"SELECT * FROM {_quoted(table)} WHERE {entry.expression}", table, located, place)


def _aggregates(parsed: Any) -> bool:
    from sqlglot import exp

    return parsed.find(exp.AggFunc) is not None


def _parsed(sql: str, located: Located, place: Place) -> Any:
    import sqlglot

    try:
        return sqlglot.parse_one(sql, read="duckdb")
    except sqlglot.errors.SqlglotError as e:
        raise InvalidArguments(
            f"{located.at(place)}: this is no SQL expression: {sql}.",
            "Write it as in a SELECT, such as sum(quantity * unit_price).",
        ) from e


def _columns(parsed: Any, table: Table, located: Located, place: Place) -> None:
    from sqlglot import exp

    for column in parsed.find_all(exp.Column):
        _column(table, column.name, located, place)


def _column(table: Table, name: str, located: Located, place: Place) -> None:
    if table.column(name) is not None:
        return
    names = [c.name for c in table.columns]
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    raise InvalidArguments(
        f"{located.at(place)}: the table '{table.name}' has no column '{name}'.",
        did_you_mean(name, names) or f"Its columns are: {', '.join(names[:LISTED])}{more}.",
    )


def _readable(sql: str, table: Table, located: Located, place: Place) -> None:
    """A plan has to be able to say it: what is in llmauto.yml and not applied would be worse than an error."""
    from llmauto_agent.planner.training.sql_to_plan import CannotSay, to_plan

    try:
        to_plan(sql, [table])
    except CannotSay as e:
        raise InvalidArguments(
            f"{located.at(place)}: the planner cannot use this expression ({str(e).replace('_', ' ')}).",
            "It takes columns, arithmetic, comparisons, aggregates and FILTER (WHERE …). "
            "Put anything else in a view or a column of the data.",
        ) from e


def _quoted(table: Table) -> str:
    return '"' + table.name.replace('"', '""') + '"'


def _names(file: SemanticFile, located: Located, tables: Sequence[Table]) -> None:
    """Each name stands for one thing."""
    seen: dict[str, Place] = {}
    for part, entries in (("measures", file.measures), ("dimensions", file.dimensions)):
        for i, entry in enumerate(entries):
            for name in (entry.name, *entry.synonyms):
                place: Place = (part, i, "name")
                before = seen.setdefault(name.casefold(), place)
                if before != place:
                    raise InvalidArguments(
                        f"{located.at(place)}: '{name}' is defined in line {located.line(before)} already.",
                        "Give one of the two another name.",
                    )
