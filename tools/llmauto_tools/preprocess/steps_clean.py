"""Steps that clean values and rows: cast, trim, unify, rare, drop, deduplicate."""

from __future__ import annotations

from typing import Any

from llmauto_tools.columns import literal, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.changes import POSITION, ROLE, Change, Form, Keep, Output
from llmauto_tools.preprocess.fitter import Fitter
from llmauto_tools.preprocess.kinds import (
    CATEGORY,
    NUMBER_PATTERN,
    WHITESPACE,
    Kind,
    Schema,
    text_list,
    text_sql,
)
from llmauto_tools.preprocess.lookups import lookup_text
from llmauto_tools.preprocess.recipe import Cast, Deduplicate, Drop, Rare, Trim, Unify

Learned = dict[str, Any]

CASTABLE: tuple[Kind, ...] = ("integer", "number", "text", "timestamp", "boolean")
_KINDS: dict[str, Kind] = {"number": "number", "text": "text", "timestamp": "timestamp", "boolean": "boolean"}
UNIFY_LEVELS = 1000


def whitespace_sql() -> str:
    """The characters that count as white space, as SQL."""
    return " || ".join(f"chr({ord(c)})" for c in WHITESPACE)


def trimmed(expression: str) -> str:
    return f"trim({expression}, {whitespace_sql()})"


# ---- cast


def learn_cast(step: Cast, fitter: Fitter) -> Learned:
    return {"columns": fitter.columns(step.columns, CASTABLE, "cast")}


def change_cast(step: Cast, learned: Learned, schema: Schema) -> list[Change]:
    outputs = [
        Output(c, _KINDS[step.to], Form(cast_sql(c, schema[c], step), (c,))) for c in learned["columns"]
    ]
    return [Change("cast", tuple(outputs))]


def cast_sql(name: str, kind: Kind, step: Cast) -> str:
    q, t = quoted(name), trimmed(quoted(name))
    if step.to == "text":
        return text_sql(name, kind)
    if step.to == "boolean":
        if kind == "boolean":
            return q
        if kind == "text":
            return (
                f"CASE WHEN lower({t}) IN ('true', 't', 'yes', 'y', '1') THEN true"
                f" WHEN lower({t}) IN ('false', 'f', 'no', 'n', '0') THEN false END"
            )
        return f"CASE WHEN {q} = 1 THEN true WHEN {q} = 0 THEN false END" if kind != "timestamp" else "NULL"
    if step.to == "number":
        if kind == "text":
            plain = f"replace({t}, ',', '')"
            return (
                f"CASE WHEN regexp_full_match({plain}, {literal(NUMBER_PATTERN)})"
                f" THEN TRY_CAST({plain} AS DOUBLE) END"
            )
        return f"epoch({q})" if kind == "timestamp" else f"CAST({q} AS DOUBLE)"
    if kind == "timestamp":
        return f"CAST({q} AS TIMESTAMP)"
    if kind != "text":
        raise InvalidArguments(
            f"'{name}' holds no text that could be read as a date.", "Cast it to text first, with a format."
        )
    return f"try_strptime({t}, {literal(step.format)})" if step.format else f"TRY_CAST({t} AS TIMESTAMP)"


# ---- trim


def learn_trim(step: Trim, fitter: Fitter) -> Learned:
    return {"columns": fitter.columns(step.columns, ("text",), "trim")}


def change_trim(step: Trim, learned: Learned, schema: Schema) -> list[Change]:
    outputs = []
    for c in learned["columns"]:
        sql = trimmed(quoted(c))
        outputs.append(Output(c, "text", Form(f"nullif({sql}, '')" if step.empty_as_missing else sql, (c,))))
    return [Change("trim", tuple(outputs))]


# ---- unify


def key_sql(expression: str) -> str:
    """A spelling without case, spaces and punctuation; the value itself where nothing is left."""
    bare = f"regexp_replace(lower({expression}), '[^\\p{{L}}\\p{{N}}]+', '', 'g')"
    return f"coalesce(nullif({bare}, ''), {expression})"


def learn_unify(step: Unify, fitter: Fitter) -> Learned:
    columns = fitter.columns(step.columns, ("text",), "unify")
    if step.mapping is not None:
        return {"columns": columns, "maps": {c: dict(step.mapping) for c in columns}, "keyed": False}
    maps = {}
    for column in columns:
        fitter.step(f"unifying {column}")
        maps[column] = _spellings(column, fitter)
    return {"columns": columns, "maps": maps, "keyed": True}


def _spellings(column: str, fitter: Fitter) -> dict[str, str]:
    """Key to the commonest spelling; keys with several spellings first, then the frequent ones."""
    q = quoted(column)
    rows = fitter.query(
        f"SELECT k, arg_min(v, (-n, v)), count(*) AS spellings, sum(n) AS total FROM ("
        f"SELECT {key_sql(q)} AS k, {q} AS v, count(*) AS n FROM (\n{fitter.train_sql([column])}\n)"
        f" WHERE {q} IS NOT NULL AND length({q}) <= 200 GROUP BY ALL)"
        f" GROUP BY k ORDER BY spellings > 1 DESC, total DESC, k LIMIT {UNIFY_LEVELS + 1}"
    )
    if len(rows) > UNIFY_LEVELS:
        fitter.notes.append(
            f"'{column}' has more than {UNIFY_LEVELS:,} categories; the others keep their spelling."
        )
    return {r[0]: r[1] for r in rows[:UNIFY_LEVELS]}


def change_unify(step: Unify, learned: Learned, schema: Schema) -> list[Change]:
    keys, outputs = [], []
    for i, c in enumerate(learned["columns"]):
        pairs = [(k, literal(v)) for k, v in learned["maps"][c].items()]
        key = c
        if learned["keyed"]:
            key = f"llmauto key {i}"
            keys.append(Output(key, "text", Form(key_sql(quoted(c)), (c,))))
        found = lookup_text(quoted(key), pairs, quoted(c))
        outputs.append(Output(c, "text", Form(found, tuple(dict.fromkeys([c, key])))))
    changes = [Change("keys", tuple(keys))] if keys else []
    return [*changes, Change("unify", tuple(outputs), tuple(k.name for k in keys))]


# ---- rare


def learn_rare(step: Rare, fitter: Fitter) -> Learned:
    columns = fitter.columns(step.columns, CATEGORY, "rare")
    kept = {}
    for column in columns:
        fitter.step(f"counting the levels of {column}")
        levels, _ = fitter.levels(column, step.max_levels)
        total = sum(n for _, n in levels) or 1
        everything = fitter.train_rows if levels else total
        present = everything - sum(n for v, n in levels if v is None)
        kept[column] = sorted(v for v, n in levels if v is not None and n >= step.min_share * present)
    return {"columns": columns, "kept": kept}


def change_rare(step: Rare, learned: Learned, schema: Schema) -> list[Change]:
    outputs = []
    for c in learned["columns"]:
        text, other = text_sql(c, schema[c]), literal(step.name)
        kept = learned["kept"][c]
        sql = f"CASE WHEN {quoted(c)} IS NULL THEN NULL ELSE {other} END"
        if kept:
            sql = (
                f"CASE WHEN {quoted(c)} IS NULL THEN NULL WHEN {text} IN ({text_list(kept)}) THEN {text}"
                f" ELSE {other} END"
            )
        outputs.append(Output(c, "text", Form(sql, (c,))))
    return [Change("rare", tuple(outputs))]


# ---- drop, deduplicate


def learn_drop(step: Drop, fitter: Fitter) -> Learned:
    every: tuple[Kind, ...] = (*CASTABLE, "other")
    return {"columns": fitter.columns(step.columns, every, "drop")}


def change_drop(step: Drop, learned: Learned, schema: Schema) -> list[Change]:
    return [Change("drop", drops=tuple(learned["columns"]))]


def learn_deduplicate(step: Deduplicate, fitter: Fitter) -> Learned:
    every: tuple[Kind, ...] = (*CASTABLE, "other")
    if step.columns is None:
        return {"columns": list(fitter.schema)}
    return {"columns": resolve_any(step, fitter, every)}


def resolve_any(step: Deduplicate, fitter: Fitter, kinds: tuple[Kind, ...]) -> list[str]:
    """The named columns; the target may be among them."""
    from llmauto_tools.preprocess.fitter import resolve

    return resolve(fitter.schema, step.columns, kinds, "deduplicate", None)


def change_deduplicate(step: Deduplicate, learned: Learned, schema: Schema) -> list[Change]:
    columns = learned["columns"]
    by = ", ".join([quoted(ROLE), *(quoted(c) for c in columns)])
    sql = f"row_number() OVER (PARTITION BY {by} ORDER BY {quoted(POSITION)}) = 1"
    return [Change("deduplicate", keep=Keep(sql, (*columns, POSITION), window=True))]
