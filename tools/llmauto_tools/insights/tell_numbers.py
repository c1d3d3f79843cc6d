"""Sentences about two columns of numbers."""

from __future__ import annotations

import math

import numpy as np

from llmauto_tools.columns import literal
from llmauto_tools.insights import pictures, words
from llmauto_tools.insights.evidence import ROUGH, Desk, Figures, Row, Told, table_of
from llmauto_tools.insights.model import Candidate
from llmauto_tools.results import Section

BINS = 10
LEAST_DIFFERENCE = 0.15
"""Of two correlations that are told as different."""


def edges_of(desk: Desk, column: str, bins: int = BINS) -> list[float]:
    """The inner edges of bins of about equal numbers of rows, from the sample."""
    values = desk.sample.measures[column]
    known = values[~np.isnan(values)]
    found = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1]))
    return [float(e) for e in found if e > known.min()]


def _bin_sql(edges: list[float]) -> str:
    whens = " ".join(f"WHEN x < {e!r}::DOUBLE THEN {i + 1}" for i, e in enumerate(edges))
    return f"CASE {whens} ELSE {len(edges) + 1} END" if edges else "1"


def _binned(desk: Desk, x: str, y: str) -> tuple[str, list[Row]]:
    """bin, rows, lowest and highest x, mean of x, mean of y."""
    a, b = desk.measure(x), desk.measure(y)
    sql = (
        f"SELECT {_bin_sql(edges_of(desk, x))} AS bin, count(*) AS rows, min(x) AS low, max(x) AS high, avg(x) AS mean_x, avg(y) AS mean_y"
        f" FROM (SELECT {a.sql} AS x, {b.sql} AS y FROM {desk.relation}) WHERE x IS NOT NULL AND y IS NOT NULL GROUP BY bin ORDER BY bin"
    )
    return sql, list(desk.run(sql))


def _sample_note(desk: Desk) -> list[tuple[str, str]]:
    """Said without numbers: the tool's notes have the size of the sample."""
    if desk.sample.whole:
        return []
    return [("The rank correlation is of a sample of the rows.", "秩相关系数来自抽样的行。")]


def correlation(desk: Desk, c: Candidate) -> Told | None:
    """Two numbers that rise together, or one as the other falls."""
    x, y = c.columns
    sql, rows = _binned(desk, x, y)
    if len(rows) < 2:
        return None
    rho = float(c.facts["rho"])
    first, last = rows[0], rows[-1]
    if (last[5] - first[5]) * rho <= 0:
        return None
    f = Figures()
    f.number("rho", rho)
    f.number("first", first[5])
    f.number("last", last[5])
    f.number("x_first", first[4])
    f.number("x_last", last[4])
    n, w = words.name(x), words.name(y)
    together, together_zh = ("higher", "更高") if rho > 0 else ("lower", "更低")
    rises, rises_zh = ("rises", "上升") if rho > 0 else ("falls", "下降")
    chart = pictures.curve(
        f"{w} by {n}",
        f"{x} (mean of each part)",
        f"average {y}",
        [(float(r[4]), float(r[5]), "") for r in rows],
    )
    return Told(
        f"{w} goes with {n}", f"{w} 与 {n} 相关",
        f"Rows with higher {n} tend to have {together} {w} (rank correlation {{{{rho}}}}): average {w} {rises} from {{{{first}}}}"
        f" where {n} is lowest (about {{{{x_first}}}}) to {{{{last}}}} where it is highest (about {{{{x_last}}}}).",
        f"{n} 越高，{w} 往往{together_zh}（秩相关 {{{{rho}}}}）：{w} 的平均值从 {n} 最低处（约 {{{{x_first}}}}）的 {{{{first}}}} {rises_zh}到最高处（约 {{{{x_last}}}}）的 {{{{last}}}}。",
        sql, _parts(x, y, rows), chart, f.values, f.formats, [ROUGH, *_sample_note(desk)],
    )  # fmt: skip


def _parts(x: str, y: str, rows: list[Row]) -> Section:
    n, w = words.name(x), words.name(y)
    return table_of(
        f"{w} by parts of {n}",
        ["part", "rows", f"lowest {n}", f"highest {n}", f"mean {n}", f"mean {w}"],
        rows,
    )


def curve(desk: Desk, c: Candidate) -> Told | None:
    """A number that turns, or bends, along another."""
    x, y = c.columns
    sql, rows = _binned(desk, x, y)
    if len(rows) < 4:
        return None
    means = [float(r[5]) for r in rows]
    inner = range(1, len(rows) - 1)
    low, high = min(means[0], means[-1]), max(means[0], means[-1])
    top, bottom = max(inner, key=lambda i: means[i]), min(inner, key=lambda i: means[i])
    peak, dip = means[top] - high, low - means[bottom]
    f = Figures()
    n, w = words.name(x), words.name(y)
    f.number("first", means[0])
    f.number("last", means[-1])
    caveats = [ROUGH, *_sample_note(desk)]
    if max(peak, dip) > 0.1 * (max(means) - min(means)):
        turns, at = (peak > dip, top if peak > dip else bottom)
        f.number("middle", means[at])
        f.number("at", float(rows[at][4]))
        most, most_zh = ("highest", "最高") if turns else ("lowest", "最低")
        sentence = f"Average {w} is {most} ({{{{middle}}}}) where {n} is about {{{{at}}}}, with {{{{first}}}} where {n} is lowest and {{{{last}}}} where it is highest."
        chinese = f"{n} 约为 {{{{at}}}} 时，{w} 的平均值{most_zh}（{{{{middle}}}}）；{n} 最低处为 {{{{first}}}}，最高处为 {{{{last}}}}。"
        title, title_zh = f"{w} turns along {n}", f"{w} 随 {n} 先后转向"
    else:
        half = means[len(means) // 2]
        f.number("middle", half)
        sentence = f"{w} does not follow {n} along a straight line: its average is {{{{first}}}} where {n} is lowest, {{{{middle}}}} in the middle and {{{{last}}}} where it is highest."
        chinese = f"{w} 与 {n} 并非直线关系：{n} 最低处平均为 {{{{first}}}}，中间为 {{{{middle}}}}，最高处为 {{{{last}}}}。"
        title, title_zh = f"{w} bends along {n}", f"{w} 与 {n} 的关系是弯曲的"
    chart = pictures.curve(
        title, f"{x} (mean of each part)", f"average {y}", [(float(r[4]), float(r[5]), "") for r in rows]
    )
    return Told(
        title, title_zh, sentence, chinese, sql, _parts(x, y, rows), chart, f.values, f.formats, caveats
    )


def slopes(desk: Desk, c: Candidate) -> Told | None:
    """A group in which two numbers go together in another way than in the rest."""
    x, y, column = c.columns
    level = str(c.facts["level"])
    a, b, g = desk.measure(x), desk.measure(y), desk.category(column)
    sql = (
        f"SELECT level, level = {literal(level)} AS it, count(*) AS rows, corr(x, y) AS r FROM (SELECT {a.sql} AS x, {b.sql} AS y, {g.sql} AS level"
        f" FROM {desk.relation}) WHERE x IS NOT NULL AND y IS NOT NULL AND level IS NOT NULL"
        " GROUP BY GROUPING SETS ((level, it), (it)) ORDER BY grouping(level) DESC, it, rows DESC, level"
    )
    rows = list(desk.run(sql))
    overall = {bool(r[1]): r for r in rows if r[0] is None}
    levels = [r for r in rows if r[0] is not None]
    if len(overall) < 2 or not all(_finite(r[3]) for r in overall.values()):
        return None
    mine, rest = float(overall[True][3]), float(overall[False][3])
    if abs(mine - rest) < LEAST_DIFFERENCE:
        return None  # the ranks differ, the numbers hardly
    f = Figures()
    f.text("group", level)
    f.number("r_group", mine)
    f.number("r_others", rest)
    n, w, k = words.name(x), words.name(y), words.name(column)
    how = (
        "in the opposite direction"
        if mine * rest < 0
        else "more closely"
        if abs(mine) > abs(rest)
        else "less closely"
    )
    how_zh = "方向相反" if mine * rest < 0 else "更密切" if abs(mine) > abs(rest) else "更松散"
    shown = sorted(levels, key=lambda r: (r[0] != level, -r[2], r[0]))
    table = [("the others", overall[False][2], rest), *[(r[0], r[2], r[3]) for r in shown if _finite(r[3])]]
    others = [r for r in shown[1:] if _finite(r[3])]
    items = [(level, mine), ("the others", rest), *[(r[0], float(r[3])) for r in others[:8]]]
    chart = pictures.bars(f"Correlation of {n} and {w} by {k}", "correlation", items, (level,), axis=column)
    return Told(
        f"{n} and {w} go together differently by {k}", f"{n} 与 {w} 的关系因 {k} 而异",
        f"In {k} = {{{{group}}}}, {n} and {w} go together {how} (correlation {{{{r_group}}}}) compared with the other groups ({{{{r_others}}}}).",
        f"在 {k} = {{{{group}}}} 中，{n} 与 {w} 的相关（{{{{r_group}}}}）与其他组（{{{{r_others}}}}）相比{how_zh}。",
        sql, table_of(f"Correlation of {n} and {w} by {k}", [column, "rows", "correlation"], table, len(levels) + 1), chart, f.values, f.formats,
        [ROUGH],
    )  # fmt: skip


def slopes_reversed(desk: Desk, c: Candidate) -> Told | None:
    """Two numbers that go together one way overall and the other way within the groups."""
    x, y, column = c.columns
    a, b, g = desk.measure(x), desk.measure(y), desk.category(column)
    sql = (
        f"SELECT level, count(*) AS rows, corr(x, y) AS r FROM (SELECT {a.sql} AS x, {b.sql} AS y, {g.sql} AS level FROM {desk.relation})"
        " WHERE x IS NOT NULL AND y IS NOT NULL AND level IS NOT NULL GROUP BY GROUPING SETS ((), (level)) ORDER BY grouping(level) DESC, rows DESC, level"
    )
    rows = list(desk.run(sql))
    levels = [r for r in rows[1:] if r[1] >= 10 and _finite(r[2])]
    if len(levels) < 2 or not _finite(rows[0][2]):
        return None
    r = float(rows[0][2])
    turned = sum(float(v[2]) * r < 0 for v in levels)
    if 2 * turned <= len(levels):
        return None
    f = Figures()
    f.number("r", r)
    f.integer("turned", turned)
    f.integer("groups", len(levels))
    n, w, k = words.name(x), words.name(y), words.name(column)
    way, other = (
        ("rise together", "one falls as the other rises")
        if r > 0
        else ("go in opposite directions", "they rise together")
    )
    way_zh, other_zh = ("同向变化", "反向变化") if r > 0 else ("反向变化", "同向变化")
    table = [("all" if row[0] is None else row[0], *row[1:]) for row in [rows[0], *levels]]
    chart = pictures.bars(
        f"Correlation of {n} and {w}",
        "correlation",
        [(t[0], float(t[2])) for t in table[:12]],
        ("all",),
        axis=column,
    )
    return Told(
        f"{n} and {w} turn around within {k}", f"按 {k} 分组后，{n} 与 {w} 的关系反转",
        f"Over all rows {n} and {w} {way} (correlation {{{{r}}}}), but {other} in {{{{turned}}}} of the {{{{groups}}}} groups of {k}.",
        f"总体上 {n} 与 {w} {way_zh}（相关 {{{{r}}}}），但在 {k} 的 {{{{groups}}}} 组中有 {{{{turned}}}} 组{other_zh}。",
        sql, table_of(f"Correlation of {n} and {w} by {k}", [column, "rows", "correlation"], table, len(table)), chart, f.values, f.formats,
        [("Compare within the groups (Simpson's paradox).", "应在分组内比较（辛普森悖论）。")],
    )  # fmt: skip


def _finite(x: object) -> bool:
    return isinstance(x, float) and math.isfinite(x)
