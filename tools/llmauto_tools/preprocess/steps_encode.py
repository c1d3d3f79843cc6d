"""The step `encode`: categories to numbers. Unknown and missing categories have a defined code each.

onehot: zeros for both. ordinal: -1 and missing. target: the mean of the target, and a level of its own.
frequency: 0, and a level of its own. hashing: unknown ones do not exist, missing gives zeros.
"""

from __future__ import annotations

from typing import Any

from llmauto_tools.columns import literal, quoted
from llmauto_tools.preprocess.changes import Change, Form, Output
from llmauto_tools.preprocess.fitter import Fitter, is_level
from llmauto_tools.preprocess.kinds import Kind, Schema, number, text_sql, unique_name
from llmauto_tools.preprocess.lookups import lookup_text
from llmauto_tools.preprocess.recipe import Encode

Learned = dict[str, Any]
ENCODABLE: tuple[Kind, ...] = ("text", "boolean", "integer", "number")


def learn_encode(step: Encode, fitter: Fitter) -> Learned:
    kinds: tuple[Kind, ...] = ("text", "boolean") if step.columns is None else ENCODABLE
    columns = fitter.columns(step.columns, kinds, "encode")
    learned: Learned = {"columns": columns, "levels": {}, "names": {}}
    taken = {n.casefold() for n in fitter.schema if n not in columns}
    if step.method == "target":
        from llmauto_tools.preprocess.target_encoding import learn_target

        return learn_target(step, columns, fitter, taken)
    for column in columns:
        fitter.step(f"counting the levels of {column}")
        if step.method == "hashing":
            learned["names"][column] = [
                unique_name(f"{column}_hash{i}", taken) for i in range(step.n_features)
            ]
            continue
        levels, left_out = fitter.levels(column, step.level_limit)
        note_left_out(column, left_out, step.level_limit, fitter)
        learned["levels"][column] = _ordered(step, levels, column, fitter)
        if step.method == "onehot":
            kept = learned["levels"][column][step.drop_first :]
            learned["names"][column] = [unique_name(f"{column}_{v}", taken) for v in kept]
        else:
            learned["names"][column] = [unique_name(column, taken)]
    return learned


def note_left_out(column: str, left_out: int, limit: int, fitter: Fitter) -> None:
    if left_out > 0:
        fitter.notes.append(
            f"'{column}' has {left_out:,} more levels than the {limit:,} that are learned, or longer ones:"
            " they count as unknown."
        )


def _ordered(step: Encode, levels: list[tuple[str | None, int]], column: str, fitter: Fitter) -> Any:
    """What the method needs: the levels in order, or each with its share of the rows."""
    if step.method == "frequency":
        return [[v, n / max(fitter.train_rows, 1)] for v, n in levels]
    present = [v for v, _ in levels if v is not None]
    if step.order is not None:
        return [v for v in step.order if is_level(v)]
    return sort_levels(present, fitter.schema[column])


def sort_levels(levels: list[str], kind: Kind) -> list[str]:
    """Numbers by size, everything else as text."""
    return sorted(levels, key=lambda v: (float(v), v)) if kind in ("integer", "number") else sorted(levels)


def change_encode(step: Encode, learned: Learned, schema: Schema) -> list[Change]:
    """The columns as text first, where they are none; then their codes."""
    texts, keys = [], {}
    for i, column in enumerate(learned["columns"]):
        keys[column] = column
        if schema[column] != "text":
            keys[column] = f"llmauto text {i}"
            texts.append(Output(keys[column], "text", Form(text_sql(column, schema[column]), (column,))))
    if step.method == "target":
        from llmauto_tools.preprocess.target_encoding import target_outputs

        outputs = target_outputs(step, learned, keys)
    else:
        makers = {"onehot": _onehot, "hashing": _hashed, "ordinal": _coded, "frequency": _coded}
        outputs = [o for c in learned["columns"] for o in makers[step.method](step, learned, c, keys[c])]
    made = {o.name for o in outputs}
    drops = [c for c in learned["columns"] if c not in made] + [t.name for t in texts]
    before = [Change("texts", tuple(texts))] if texts else []
    return [*before, Change(f"encode_{step.method}", tuple(outputs), tuple(drops))]


def _onehot(step: Encode, learned: Learned, column: str, key: str) -> list[Output]:
    kept = learned["levels"][column][step.drop_first :]
    return [
        Output(name, "number", Form(f"CASE WHEN {quoted(key)} = {literal(v)} THEN 1e0 ELSE 0e0 END", (key,)))
        for v, name in zip(kept, learned["names"][column], strict=True)
    ]


def _hashed(step: Encode, learned: Learned, column: str, key: str) -> list[Output]:
    """The bucket is the first 8 hexadecimal digits of the text's MD5, modulo the number of buckets."""
    names = learned["names"][column]
    bucket = f"CAST('0x' || left(md5({quoted(key)}), 8) AS UBIGINT) % {len(names)}"
    return [
        Output(name, "number", Form(f"CASE WHEN {bucket} = {i} THEN 1e0 ELSE 0e0 END", (key,)))
        for i, name in enumerate(names)
    ]


def _coded(step: Encode, learned: Learned, column: str, key: str) -> list[Output]:
    levels, q = learned["levels"][column], quoted(key)
    if step.method == "ordinal":
        pairs = [(v, number(code)) for code, v in enumerate(levels)]
        missing, unknown = "CAST(NULL AS DOUBLE)", number(-1)
    else:
        pairs = [(v, number(share)) for v, share in levels if v is not None]
        missing = number(next((share for v, share in levels if v is None), 0.0))
        unknown = number(0)
    sql = f"CASE WHEN {q} IS NULL THEN {missing} ELSE {lookup_text(q, pairs, unknown)} END"
    return [Output(learned["names"][column][0], "number", Form(sql, (key,)))]
