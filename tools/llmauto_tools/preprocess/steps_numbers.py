"""Steps on numbers: impute (text too), outliers, scale."""

from __future__ import annotations

from typing import Any

from llmauto_tools.columns import literal, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.changes import POSITION, ROLE, Change, Form, Keep, Output
from llmauto_tools.preprocess.fitter import AS_DOUBLE, Fitter, find
from llmauto_tools.preprocess.kinds import NUMERIC, Kind, Schema, number, text_sql, unique_name
from llmauto_tools.preprocess.lookups import lookup_text
from llmauto_tools.preprocess.model_imputer import learn_model, model_changes
from llmauto_tools.preprocess.recipe import Impute, Outliers

Learned = dict[str, Any]

IMPUTABLE: tuple[Kind, ...] = ("integer", "number", "text", "boolean")
GROUPS = 1000
"""Groups whose statistic is learned; rows of others get the overall one."""
EMPTY_TEXT = "missing"
GROUP_SEPARATOR = "\x1f"
GROUP = "llmauto group"
"""The key of a row's group; only inside the statement."""


# ---- impute


def learn_impute(step: Impute, fitter: Fitter) -> Learned:
    by_model = step.strategy in ("knn", "iterative")
    kinds = NUMERIC if by_model or step.strategy in ("mean", "median", "group") else IMPUTABLE
    if step.strategy == "constant" and step.columns is None:
        kinds = NUMERIC if isinstance(step.value, float) else ("text",)
    columns = fitter.columns(step.columns, kinds, "impute")
    learned: Learned = {"columns": columns}
    if step.indicator:
        taken = {n.casefold() for n in fitter.schema}
        learned["indicators"] = {c: unique_name(f"{c}_missing", taken) for c in columns}
    if by_model:
        return {**learned, **learn_model(step.strategy, columns, fitter)}
    learned["fill"] = _fills(step, columns, fitter)
    empty = [c for c in columns if learned["fill"][c] is None]
    for column in empty:
        learned["fill"][column] = EMPTY_TEXT if fitter.schema[column] == "text" else 0.0
    if empty and step.strategy != "constant":
        fitter.notes.append(
            f"No training row has a value in {', '.join(empty[:5])}: filled with 0 (text with 'missing')."
        )
    if step.strategy == "group":
        learned["by"] = [find(fitter.schema, b, "impute") for b in step.by]
        learned["groups"] = {c: _group_means(c, learned["by"], fitter) for c in columns}
    if step.strategy == "forward":
        learned["order_by"] = find(fitter.schema, step.order_by or "", "impute")
        learned["by"] = [find(fitter.schema, b, "impute") for b in step.by]
    return learned


def _fills(step: Impute, columns: list[str], fitter: Fitter) -> dict[str, Any]:
    """What a missing value becomes, None where the training rows have no value."""
    schema = fitter.schema
    if step.strategy == "constant":
        return {c: _constant(step, c, schema[c]) for c in columns}
    numbers = [c for c in columns if schema[c] in NUMERIC]
    if step.strategy in ("mean", "group"):
        found = fitter.aggregate(numbers, [f"avg({AS_DOUBLE})"])
        return {c: found[c][0] for c in columns}
    if step.strategy == "most_frequent":
        return {c: _most_frequent(c, fitter) for c in columns}
    found = fitter.aggregate(numbers, [f"median({AS_DOUBLE})"], holistic=1)
    return {c: found[c][0] if c in found else _most_frequent(c, fitter) for c in columns}


def _constant(step: Impute, column: str, kind: Kind) -> Any:
    if kind == "text":
        value = step.value
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    try:
        return float(step.value if step.value is not None else "")
    except ValueError:
        raise InvalidArguments(
            f"'{step.value}' cannot fill '{column}', which holds numbers.", "Give a number as value."
        ) from None


def _most_frequent(column: str, fitter: Fitter) -> Any:
    """The commonest value, the smallest of several (as SimpleImputer takes it)."""
    q, kind = quoted(column), fitter.schema[column]
    value = q if kind == "text" else f"CAST({q} AS DOUBLE)"
    rows = fitter.query(
        f"SELECT {value} AS v, count(*) AS n FROM (\n{fitter.train_sql([column])}\n)"
        f" WHERE {q} IS NOT NULL GROUP BY 1 ORDER BY n DESC, v LIMIT 1"
    )
    return rows[0][0] if rows else None


def group_key(columns: list[str], schema: Schema) -> str:
    """One text per group; missing values make groups of their own."""
    parts = [f"coalesce({text_sql(c, schema[c])}, chr(30))" for c in columns]
    return f"concat_ws(chr({ord(GROUP_SEPARATOR)}), {', '.join(parts)})"


def _group_means(column: str, by: list[str], fitter: Fitter) -> dict[str, float]:
    fitter.step(f"averaging {column} by group")
    q = quoted(column)
    rows = fitter.query(
        f"SELECT {group_key(by, fitter.schema)} AS g, avg(CAST({q} AS DOUBLE)) AS m, count({q}) AS n"
        f" FROM (\n{fitter.train_sql([*dict.fromkeys([column, *by])])}\n) GROUP BY 1 HAVING count({q}) > 0"
        f" ORDER BY n DESC, g LIMIT {GROUPS + 1}"
    )
    if len(rows) > GROUPS:
        fitter.notes.append(
            f"More than {GROUPS:,} groups for '{column}': the smaller ones get the overall mean."
        )
    return {r[0]: r[1] for r in rows[:GROUPS]}


def change_impute(step: Impute, learned: Learned, schema: Schema) -> list[Change]:
    columns = learned["columns"]
    flags = [
        Output(name, "number", Form(f"CASE WHEN {quoted(c)} IS NULL THEN 1e0 ELSE 0e0 END", (c,)))
        for c, name in learned.get("indicators", {}).items()
    ]
    if "models" in learned:
        return model_changes(columns, learned, flags)
    outputs = [_filled(step, learned, c, "text" if schema[c] == "text" else "number") for c in columns]
    change = Change("impute", (*outputs, *flags), (GROUP,) if step.strategy == "group" else ())
    if step.strategy != "group":
        return [change]
    key = Output(GROUP, "text", Form(group_key(learned["by"], schema), tuple(learned["by"])))
    return [Change("groups", (key,)), change]


def _filled(step: Impute, learned: Learned, column: str, kind: Kind) -> Output:
    fill = learned["fill"][column]
    value = literal(fill) if isinstance(fill, str) else number(float(fill))
    q = quoted(column) if kind == "text" else f"CAST({quoted(column)} AS DOUBLE)"
    if step.strategy == "group":
        pairs = [(k, number(v)) for k, v in learned["groups"][column].items()]
        found = lookup_text(quoted(GROUP), pairs, value)
        return Output(column, kind, Form(f"coalesce({q}, {found})", (column, GROUP)))
    if step.strategy == "forward":
        form, fitting = (_forward(learned, column, q, value, role) for role in (False, True))
        return Output(column, kind, form, fitting)
    return Output(column, kind, Form(f"coalesce({q}, {value})", (column,)))


def _forward(learned: Learned, column: str, q: str, value: str, role: bool) -> Form:
    """The last value before, in the stated order; among the fitted rows only from rows of the same role."""
    partition = [quoted(b) for b in learned["by"]] + ([quoted(ROLE)] if role else [])
    by = f"PARTITION BY {', '.join(partition)} " if partition else ""
    order = f"ORDER BY {quoted(learned['order_by'])} NULLS FIRST, {quoted(POSITION)}"
    sql = f"coalesce(last_value({q} IGNORE NULLS) OVER ({by}{order}), {value})"
    reads = dict.fromkeys([column, *learned["by"], learned["order_by"], POSITION])
    return Form(sql, tuple(reads), window=True)


# ---- outliers


def learn_outliers(step: Outliers, fitter: Fitter) -> Learned:
    columns = fitter.columns(step.columns, NUMERIC, "outliers")
    low, high = (step.lower, step.upper) if step.rule == "quantiles" else (0.25, 0.75)
    measure = f"quantile_cont({AS_DOUBLE}, [{low}, {high}])"
    found = fitter.aggregate(columns, [measure], holistic=1)
    limits: dict[str, list[float] | None] = {}
    for column, (pair,) in found.items():
        if pair is None:
            limits[column] = None
            continue
        reach = step.factor * (pair[1] - pair[0]) if step.rule == "iqr" else 0.0
        limits[column] = [pair[0] - reach, pair[1] + reach]
    learned: Learned = {"columns": columns, "limits": limits}
    if step.action == "flag":
        taken = {n.casefold() for n in fitter.schema}
        learned["flags"] = {c: unique_name(f"{c}_outlier", taken) for c in columns}
    return learned


def change_outliers(step: Outliers, learned: Learned, schema: Schema) -> list[Change]:
    outputs, keeps = [], []
    for column, limits in learned["limits"].items():
        q = f"CAST({quoted(column)} AS DOUBLE)"
        outside = f"{q} < {number(limits[0])} OR {q} > {number(limits[1])}" if limits else "false"
        if step.action == "cap" and limits:
            capped = f"CASE WHEN {q} < {number(limits[0])} THEN {number(limits[0])}"
            capped += f" WHEN {q} > {number(limits[1])} THEN {number(limits[1])} ELSE {q} END"
            outputs.append(Output(column, "number", Form(capped, (column,))))
        elif step.action == "flag":
            flag = f"CASE WHEN {outside} THEN 1e0 ELSE 0e0 END"
            outputs.append(Output(learned["flags"][column], "number", Form(flag, (column,))))
        elif step.action == "drop" and limits:
            keeps.append(f"coalesce(NOT ({outside}), true)")
    keep = Keep(" AND ".join(keeps), tuple(learned["columns"])) if keeps else None
    return [Change("outliers", tuple(outputs), keep=keep)]
