"""The steps `dates` and `text`: numbers instead of dates and free text."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from llmauto_tools.columns import literal, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.changes import Change, Form, Output
from llmauto_tools.preprocess.fitter import Fitter, X, is_level
from llmauto_tools.preprocess.kinds import Schema, number, unique_name
from llmauto_tools.preprocess.recipe import Dates, TextFeatures

Learned = dict[str, Any]

PARTS = {
    "year": "year({q})", "quarter": "quarter({q})", "month": "month({q})", "week": "weekofyear({q})",
    "day": "day({q})", "weekday": "isodow({q}) - 1", "dayofyear": "dayofyear({q})", "hour": "hour({q})",
    "minute": "minute({q})",
}  # fmt: skip
"""Monday is weekday 0, as in pandas; weeks are ISO weeks."""
PERIODS = {"month": (12, 1), "weekday": (7, 0), "dayofyear": (365.25, 1), "hour": (24, 0)}
"""The length of each cycle and its first value."""
DAY = 86_400.0
TOKENS = r"[\p{L}\p{N}_]{2,}"
"""What scikit-learn's default token_pattern finds: runs of two or more word characters."""


def learn_dates(step: Dates, fitter: Fitter) -> Learned:
    columns = fitter.columns(step.columns, ("timestamp",), "dates")
    taken = {n.casefold() for n in fitter.schema if step.keep or n not in columns}
    learned: Learned = {"columns": columns, "names": {}, "since": {}}
    if step.age or step.since is not None:
        learned["since"] = _references(step, columns, fitter)
    for column in columns:
        names: list[str] = [*step.parts]
        names += [f"{c}_{wave}" for c in step.cycles for wave in ("sin", "cos")]
        names += ["age_days"] if learned["since"] else []
        learned["names"][column] = [unique_name(f"{column}_{n}", taken) for n in names]
    return learned


def _references(step: Dates, columns: list[str], fitter: Fitter) -> dict[str, float]:
    """The moment that ages are counted from, in seconds since 1970."""
    if step.since is not None:
        try:
            moment = dt.datetime.fromisoformat(step.since)
        except ValueError:
            raise InvalidArguments(f"'{step.since}' is no date.", "Write it as 2024-01-31.") from None
        return {c: moment.replace(tzinfo=dt.UTC).timestamp() for c in columns}
    found = fitter.aggregate(columns, [f"epoch(max({X}))"])
    return {c: row[0] or 0.0 for c, row in found.items()}


def change_dates(step: Dates, learned: Learned, schema: Schema) -> list[Change]:
    outputs = []
    for column in learned["columns"]:
        formulas = date_formulas(step, column, learned["since"].get(column))
        for name, sql in zip(learned["names"][column], formulas, strict=True):
            outputs.append(Output(name, "number", Form(sql, (column,))))
    return [Change("dates", tuple(outputs), () if step.keep else tuple(learned["columns"]))]


def date_formulas(step: Dates, column: str, since: float | None) -> list[str]:
    q = quoted(column)
    formulas = [f"CAST({PARTS[p].replace('{q}', q)} AS DOUBLE)" for p in step.parts]
    for cycle in step.cycles:
        period, first = PERIODS[cycle]
        angle = f"({PARTS[cycle].replace('{q}', q)} - {first}) * {number(2 * math.pi / period)}"
        formulas += [f"sin({angle})", f"cos({angle})"]
    if since is not None:
        formulas.append(f"({number(since)} - epoch({q})) / {number(DAY)}")
    return formulas


# ---- text


def learn_text(step: TextFeatures, fitter: Fitter) -> Learned:
    columns = fitter.columns(step.columns, ("text",), "text")
    taken = {n.casefold() for n in fitter.schema if n not in columns}
    learned: Learned = {"columns": columns, "names": {}, "words": {}}
    for column in columns:
        if step.method == "lengths":
            endings = ["length", "words"]
        else:
            fitter.step(f"counting the words of {column}")
            learned["words"][column] = _words(step, column, fitter)
            endings = [w for w, _ in learned["words"][column]]
        learned["names"][column] = [unique_name(f"{column}_{e}", taken) for e in endings]
    return learned


def tokens_sql(expression: str) -> str:
    return f"regexp_extract_all(lower({expression}), {literal(TOKENS)})"


def _words(step: TextFeatures, column: str, fitter: Fitter) -> list[list[Any]]:
    """The commonest words in alphabetical order, each with its inverse document frequency.

    idf = ln((1 + rows) / (1 + rows with the word)) + 1, as scikit-learn's TfidfVectorizer; rows without
    text count as empty ones.
    """
    q = quoted(column)
    rows = fitter.query(
        f"SELECT w, count(*) AS n, count(DISTINCT i) AS documents FROM ("
        f"SELECT unnest({tokens_sql(q)}) AS w, row_number() OVER () AS i FROM (\n"
        f"{fitter.train_sql([column])}\n)) GROUP BY w ORDER BY n DESC, w LIMIT {step.max_features}"
    )
    found = [[w, math.log((1 + fitter.train_rows) / (1 + df)) + 1] for w, _, df in rows if is_level(w)]
    return sorted(found)


def change_text(step: TextFeatures, learned: Learned, schema: Schema) -> list[Change]:
    if step.method == "lengths":
        return [_lengths(learned)]
    changes = []
    for i, column in enumerate(learned["columns"]):
        changes += _counted(step, column, learned, i)
    return changes


def _lengths(learned: Learned) -> Change:
    outputs = []
    for column in learned["columns"]:
        q = quoted(column)
        formulas = (f"length({q})", f"len({tokens_sql(q)})")
        for name, sql in zip(learned["names"][column], formulas, strict=True):
            outputs.append(Output(name, "number", Form(f"CAST(coalesce({sql}, 0) AS DOUBLE)", (column,))))
    return Change("text", tuple(outputs), tuple(learned["columns"]))


def _counted(step: TextFeatures, column: str, learned: Learned, i: int) -> list[Change]:
    """The words of a text as a list, then how often each known one is in it, then the row's length to 1."""
    tokens, norm = f"llmauto words {i}", f"llmauto norm {i}"
    words, names = learned["words"][column], learned["names"][column]
    split = Form(f"coalesce({tokens_sql(quoted(column))}, [])", (column,))
    counts = []
    for (word, idf), name in zip(words, names, strict=True):
        count = f"CAST(len(list_filter({quoted(tokens)}, lambda w: w = {literal(word)})) AS DOUBLE)"
        sql = f"{count} * {number(idf)}" if step.method == "tfidf" else count
        counts.append(Output(name, "number", Form(sql, (tokens,))))
    changes = [
        Change("words", (Output(tokens, "other", split),), (column,)),
        Change("count_words", tuple(counts), (tokens,)),
    ]
    if step.method == "tfidf" and names:
        squares = " + ".join(f"{quoted(n)} * {quoted(n)}" for n in names)
        length = Output(norm, "number", Form(f"sqrt({squares})", tuple(names)))
        whole = [
            Output(n, "number", Form(f"coalesce({quoted(n)} / nullif({quoted(norm)}, 0), 0e0)", (n, norm)))
            for n in names
        ]
        changes += [Change("norm", (length,)), Change("divide", tuple(whole), (norm,))]
    return changes
