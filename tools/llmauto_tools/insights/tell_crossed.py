"""Sentences about two categories: association, interaction on a measure, Simpson's reversal."""

from __future__ import annotations

import numpy as np

from llmauto_tools.columns import literal
from llmauto_tools.insights import pictures, words
from llmauto_tools.insights import significance as s
from llmauto_tools.insights.evidence import ROUGH, Desk, Figures, Row, Told, beside_the_rest, noun, table_of
from llmauto_tools.insights.layout import Category
from llmauto_tools.insights.model import Candidate

CELL_LEVELS = 8
"""Levels of each category in the table and the picture of an interaction."""


def cells(desk: Desk, c: Candidate) -> Told | None:
    """The cell of two categories that is furthest from independence."""
    first, second = c.columns
    a, b = desk.category(first), desk.category(second)
    level, other = str(c.facts["first"]), str(c.facts["second"])
    sql = (
        f"SELECT a, count(*) AS rows, count_if(b = {literal(other)}) AS of_them, count_if(b = {literal(other)}) / count(*) AS share"
        f" FROM (SELECT {a.sql} AS a, {b.sql} AS b FROM {desk.relation}) WHERE a IS NOT NULL AND b IS NOT NULL"
        " GROUP BY a ORDER BY rows DESC, a"
    )
    rows = list(desk.run(sql))
    found = beside_the_rest(rows, level)
    if found is None:
        return None
    mine, rest = found
    f = Figures()
    f.text("first", level)
    f.text("second", other)
    f.percent("share", mine[3])
    f.percent("rest", rest)
    n, w = words.name(first), words.name(second)
    nested = bool(c.facts.get("nested"))
    title = f"{n} tells {w} almost completely" if nested else f"{n} and {w} go together"
    title_zh = f"{n} 几乎决定 {w}" if nested else f"{n} 与 {w} 有关联"
    shown = rows[:12] if mine in rows[:12] else [*rows[:11], mine]
    chart = pictures.bars(
        f"Share of {w} = {other} by {n}",
        "share of the rows",
        [(r[0], float(r[3])) for r in shown],
        (level,),
        percent=True,
        axis=first,
    )
    return Told(
        title, title_zh,
        f"{{{{share}}}} of the rows with {n} = {{{{first}}}} have {w} = {{{{second}}}}, against {{{{rest}}}} of the others.",
        f"{n} = {{{{first}}}} 的行中，{{{{share}}}} 的 {w} = {{{{second}}}}；其余行中为 {{{{rest}}}}。",
        sql, table_of(f"{w} = {words.name(other)} by {n}", [first, "rows", "of them", "share"], shown, len(rows)), chart, f.values, f.formats,
        [ROUGH],
    )  # fmt: skip


def cell_mean(desk: Desk, c: Candidate) -> Told | None:
    """The combination of two groups whose mean the two groups alone do not give."""
    first, second, measure = c.columns
    a, b, m = desk.category(first), desk.category(second), desk.measure(measure)
    mine = (str(c.facts["first"]), str(c.facts["second"]))
    sql = (
        f"SELECT a, b, count(v) AS rows, avg(v) AS mean FROM (SELECT {a.sql} AS a, {b.sql} AS b, {m.sql} AS v FROM {desk.relation})"
        f" WHERE a IN ({_listed(a, mine[0])}) AND b IN ({_listed(b, mine[1])}) GROUP BY a, b HAVING count(v) > 1 ORDER BY a, b"
    )
    rows = list(desk.run(sql))
    cell = next((r for r in rows if (r[0], r[1]) == mine), None)
    expected = _expected(rows, mine)
    if cell is None or expected is None:
        return None
    f = Figures()
    f.text("first", mine[0])
    f.text("second", mine[1])
    f.number("value", cell[3], m)
    f.number("expected", expected, m)
    f.integer("rows", cell[2])
    en, zh = noun(desk, measure)
    n, w = words.name(first), words.name(second)
    higher = cell[3] > expected
    where, where_zh = ("more", "高于") if higher else ("less", "低于")
    chart = pictures.heat(
        f"{words.capital(en)} by {n} and {w}",
        [(r[0], r[1], float(r[3])) for r in rows],
        n,
        w,
        en,
        mine,
        percent=m.rate,
    )
    near = [r for r in rows if r[0] == mine[0] or r[1] == mine[1]]
    near.sort(key=lambda r: ((r[0], r[1]) != mine, r[0] != mine[0], r[0], r[1]))
    return Told(
        f"{n} and {w} together tell more about {words.name(measure)}", f"{n} 与 {w} 对 {words.name(measure)} 有交互",
        f"For {n} = {{{{first}}}} and {w} = {{{{second}}}}, {en} is {{{{value}}}} ({{{{rows}}}} rows), {where} than the"
        " {{expected}} that the two groups would give if their differences simply added up.",
        f"{n} = {{{{first}}}} 且 {w} = {{{{second}}}} 时，{zh}为 {{{{value}}}}（{{{{rows}}}} 行），{where_zh}两个分组各自差异相加所得的 {{{{expected}}}}。",
        sql, table_of(f"{words.capital(en)} by {n} and {w}", [first, second, "rows", "share" if m.rate else "mean"], near, len(rows)), chart,
        f.values, f.formats, [ROUGH],
    )  # fmt: skip


def _listed(category: Category, level: str) -> str:
    levels = list(dict.fromkeys([level, *category.coded[:CELL_LEVELS]]))
    return ", ".join(literal(v) for v in levels)


def _expected(rows: list[Row], mine: tuple[str, str]) -> float | None:
    """What additive groups, fitted to the other cells, give for the cell; a cell that nothing tells is None."""
    rest = [r for r in rows if (r[0], r[1]) != mine]
    firsts, seconds = sorted({r[0] for r in rest}), sorted({r[1] for r in rest})
    if len(rest) < 3 or mine[0] not in firsts or mine[1] not in seconds:
        return None
    a = np.array([firsts.index(r[0]) for r in rest])
    b = np.array([seconds.index(r[1]) for r in rest])
    n, mean = np.array([float(r[2]) for r in rest]), np.array([float(r[3]) for r in rest])
    # The cell itself with a weight that does not count: its fitted value is the prediction.
    fit, _ = s.additive_fit(
        np.append(n, 1e-9 * n.min()), np.append(a, firsts.index(mine[0])), np.append(b, seconds.index(mine[1])),
        np.append(mean, float((n * mean).sum() / n.sum())),
    )  # fmt: skip
    return float(fit[-1])


def reversal(desk: Desk, c: Candidate) -> Told | None:
    """Two levels in one order overall and in the other order within the groups of a second category."""
    column, measure, over = c.columns
    x, z, m = desk.category(column), desk.category(over), desk.measure(measure)
    one, two = str(c.facts["first"]), str(c.facts["second"])
    sql = (
        f"SELECT z, x, count(v) AS rows, avg(v) AS mean FROM (SELECT {x.sql} AS x, {z.sql} AS z, {m.sql} AS v FROM {desk.relation})"
        f" WHERE x IN ({literal(one)}, {literal(two)}) AND z IS NOT NULL AND v IS NOT NULL"
        " GROUP BY GROUPING SETS ((x), (z, x)) ORDER BY grouping(z) DESC, z, x"
    )
    rows = list(desk.run(sql))
    overall = {r[1]: float(r[3]) for r in rows if r[0] is None}
    strata: dict[str, dict[str, Row]] = {}
    for r in rows:
        if r[0] is not None:
            strata.setdefault(r[0], {})[r[1]] = r
    both = {k: v for k, v in strata.items() if len(v) == 2 and min(r[2] for r in v.values()) >= 5}
    if len(overall) < 2 or len(both) < 2:
        return None
    high, low = (one, two) if overall[one] > overall[two] else (two, one)
    turned = sum(float(v[high][3]) < float(v[low][3]) for v in both.values())
    if 2 * turned <= len(both):
        return None
    f = Figures()
    f.text("first", high)
    f.text("second", low)
    f.number("first_value", overall[high], m)
    f.number("second_value", overall[low], m)
    f.integer("turned", turned)
    f.integer("groups", len(both))
    en, zh = noun(desk, measure)
    n, w = words.name(column), words.name(over)
    shown = [r for r in rows if r[0] is None or r[0] in both]
    table = [("all" if r[0] is None else r[0], *r[1:]) for r in shown]
    chart = pictures.heat(
        f"{words.capital(en)} by {w} and {n}",
        [(r[0], r[1], float(r[3])) for r in table[:40]],
        w,
        n,
        en,
        ("all", high),
        percent=m.rate,
    )
    return Told(
        f"The comparison of {n} by {words.name(measure)} turns around within {w}", f"按 {w} 分组后，{n} 的 {words.name(measure)} 高低反转",
        f"Overall, {en} is higher for {n} = {{{{first}}}} ({{{{first_value}}}}) than for {{{{second}}}} ({{{{second_value}}}}), but"
        f" it is lower in {{{{turned}}}} of the {{{{groups}}}} groups of {w}.",
        f"总体上，{n} = {{{{first}}}} 的{zh}（{{{{first_value}}}}）高于 {{{{second}}}}（{{{{second_value}}}}），但在 {w} 的 {{{{groups}}}} 组中有 {{{{turned}}}} 组反而更低。",
        sql, table_of(f"{words.capital(en)} by {w} and {n}", [over, column, "rows", "share" if m.rate else "mean"], table, len(table)), chart,
        f.values, f.formats, [("Compare within the groups of the second column (Simpson's paradox).", "应在分组内比较（辛普森悖论）。")],
    )  # fmt: skip
