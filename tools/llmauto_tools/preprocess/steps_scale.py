"""The step `scale`: the formulas are those of scikit-learn's preprocessing module."""

from __future__ import annotations

import sys
from typing import Any

from llmauto_tools.columns import quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.changes import Change, Form, Output
from llmauto_tools.preprocess.fitter import AS_DOUBLE, Fitter, X
from llmauto_tools.preprocess.kinds import NUMERIC, Schema, number
from llmauto_tools.preprocess.lookups import lookup_number
from llmauto_tools.preprocess.recipe import Scale

Learned = dict[str, Any]

YEO_JOHNSON_ROWS = 1_000_000
"""Rows from which the exponent is estimated; of more, this many are drawn."""


def learn_scale(step: Scale, fitter: Fitter) -> Learned:
    columns = fitter.columns(step.columns, NUMERIC, "scale")
    learners = {
        "standard": _standard, "robust": _robust, "minmax": _minmax, "log1p": _log1p,
        "yeo_johnson": _yeo_johnson, "quantile": _quantile,
    }  # fmt: skip
    return {"columns": columns, "numbers": learners[step.method](step, columns, fitter)}


def is_constant(mean: float, variance: float, rows: int) -> bool:
    """Whether a variance is within the rounding error of a constant column's (scikit-learn's rule)."""
    eps = sys.float_info.epsilon
    return variance <= rows * eps * variance + (rows * mean * eps) ** 2


def _standard(step: Scale, columns: list[str], fitter: Fitter) -> dict[str, Any]:
    found = fitter.aggregate(columns, [f"avg({AS_DOUBLE})", f"var_pop({AS_DOUBLE})", f"count({X})"])
    return {c: _centre_and_deviation(*row) for c, row in found.items()}


def _centre_and_deviation(mean: float | None, variance: float | None, rows: int) -> list[float]:
    if mean is None or variance is None:
        return [0.0, 1.0]
    return [mean, 1.0 if is_constant(mean, variance, rows) else variance**0.5]


def _robust(step: Scale, columns: list[str], fitter: Fitter) -> dict[str, Any]:
    found = fitter.aggregate(columns, [f"quantile_cont({AS_DOUBLE}, [0.25, 0.5, 0.75])"], holistic=1)
    return {c: _centre_and_range(row[0]) for c, row in found.items()}


def _centre_and_range(quartiles: list[float] | None) -> list[float]:
    if quartiles is None:
        return [0.0, 1.0]
    spread = quartiles[2] - quartiles[0]
    return [quartiles[1], spread if spread >= 10 * sys.float_info.epsilon else 1.0]


def _minmax(step: Scale, columns: list[str], fitter: Fitter) -> dict[str, Any]:
    found = fitter.aggregate(columns, [f"min({AS_DOUBLE})", f"max({AS_DOUBLE})"])
    learned = {}
    for column, (low, high) in found.items():
        spread = 0.0 if low is None else high - low
        learned[column] = [low or 0.0, spread if spread >= 10 * sys.float_info.epsilon else 1.0]
    return learned


def _log1p(step: Scale, columns: list[str], fitter: Fitter) -> dict[str, Any]:
    for column, (low,) in fitter.aggregate(columns, [f"min({AS_DOUBLE})"]).items():
        if low is not None and low <= -1:
            raise InvalidArguments(
                f"'{column}' has values down to {low:g}, whose logarithm log(1 + x) does not exist.",
                "Use the method yeo_johnson.",
            )
    return {c: [] for c in columns}


def _yeo_johnson(step: Scale, columns: list[str], fitter: Fitter) -> dict[str, Any]:
    """The exponent by maximum likelihood, as PowerTransformer does; then the mean and deviation in SQL."""
    from llmauto_tools.extras import require

    require("sklearn", "The Yeo-Johnson transformation", "ml")
    constant = fitter.aggregate(columns, [f"avg({AS_DOUBLE})", f"var_pop({AS_DOUBLE})", f"count({X})"])
    learned = {}
    for column, (mean, variance, rows) in constant.items():
        fitter.step(f"fitting the exponent of {column}")
        same = mean is None or variance is None or is_constant(mean, variance, rows)
        exponent = 1.0 if same else _exponent(column, fitter)
        moved = yeo_johnson_sql(f"CAST({quoted(column)} AS DOUBLE)", exponent)
        found = fitter.aggregate([column], [f"avg({moved})", f"var_pop({moved})", f"count({X})"])
        learned[column] = [exponent, *_centre_and_deviation(*found[column])]
    return learned


def _exponent(column: str, fitter: Fitter) -> float:
    from sklearn.preprocessing import PowerTransformer

    from llmauto_tools.sampling import sample_sql

    sql = f"SELECT CAST({quoted(column)} AS DOUBLE) AS x FROM (\n{fitter.train_sql([column])}\n)"
    if fitter.train_rows > YEO_JOHNSON_ROWS:
        sql = sample_sql(f"({sql})", YEO_JOHNSON_ROWS, fitter.train_rows, fitter.seed)
        fitter.notes.append(
            f"The exponent of '{column}' is estimated from about {YEO_JOHNSON_ROWS:,} training rows."
        )
    values = fitter.runner.arrow(sql)["x"].to_numpy()
    return float(PowerTransformer(standardize=False).fit(values.reshape(-1, 1)).lambdas_[0])


def yeo_johnson_sql(x: str, exponent: float) -> str:
    """Yeo and Johnson, A new family of power transformations, Biometrika 87(4), 2000."""
    e, rest = number(exponent), number(2 - exponent)
    tiny = sys.float_info.epsilon
    positive = f"ln(1e0 + {x})" if abs(exponent) < tiny else f"(pow(1e0 + {x}, {e}) - 1e0) / {e}"
    negative = f"-ln(1e0 - {x})"
    if abs(exponent - 2) >= tiny:
        negative = f"-(pow(1e0 - {x}, {rest}) - 1e0) / {rest}"
    return f"CASE WHEN {x} >= 0 THEN {positive} ELSE {negative} END"


def _quantile(step: Scale, columns: list[str], fitter: Fitter) -> dict[str, Any]:
    count = max(2, min(step.n_quantiles, fitter.train_rows))
    grid = ", ".join(repr(i / (count - 1)) for i in range(count))
    found = fitter.aggregate(columns, [f"quantile_cont({AS_DOUBLE}, [{grid}])"], holistic=1)
    return {c: _knots(row[0]) for c, row in found.items()}


def _knots(quantiles: list[float] | None) -> list[list[float]]:
    """Distinct quantiles with their lowest and highest rank: [value, low, high], ascending."""
    if quantiles is None:
        return []
    knots: list[list[float]] = []
    last = len(quantiles) - 1
    for i, value in enumerate(quantiles):
        if knots and knots[-1][0] == value:
            knots[-1][2] = i / last
        else:
            knots.append([value, i / last, i / last])
    return knots


def quantile_sql(x: str, knots: list[list[float]]) -> str:
    """Linear interpolation between the knots, the middle rank at a tied one; 0 and 1 beyond the ends."""
    pieces = []
    for i, (value, low, high) in enumerate(knots):
        last = i == len(knots) - 1
        at = 0.0 if i == 0 else 1.0 if last else (low + high) / 2
        moved = "1e0"
        if not last:
            rise = (knots[i + 1][1] - high) / (knots[i + 1][0] - value)
            moved = f"{number(high)} + ({x} - {number(value)}) * {number(rise)}"
        plain = not last and at == high
        pieces.append(
            (value, moved if plain else f"CASE WHEN {x} = {number(value)} THEN {number(at)} ELSE {moved} END")
        )
    return f"CASE WHEN {x} IS NOT NULL THEN {lookup_number(x, pieces, '0e0')} END"


def change_scale(step: Scale, learned: Learned, schema: Schema) -> list[Change]:
    outputs = [
        Output(c, "number", Form(_scaled(step, c, learned["numbers"][c]), (c,))) for c in learned["columns"]
    ]
    if step.method != "quantile":
        return [Change("scale", tuple(outputs))]
    floats = [Output(c, "number", Form(f"CAST({quoted(c)} AS DOUBLE)", (c,))) for c in learned["columns"]]
    return [Change("float", tuple(floats)), Change("scale", tuple(outputs))]


def _scaled(step: Scale, column: str, numbers: list[Any]) -> str:
    x = f"CAST({quoted(column)} AS DOUBLE)"
    if step.method == "log1p":
        return f"CASE WHEN {x} > -1 THEN ln(1e0 + {x}) END"
    if step.method == "yeo_johnson":
        exponent, centre, spread = numbers
        return f"(({yeo_johnson_sql(x, exponent)}) - {number(centre)}) / {number(spread)}"
    if step.method == "quantile":
        return quantile_sql(quoted(column), numbers) if numbers else x
    centre, spread = numbers
    return f"({x} - {number(centre)}) / {number(spread)}"
