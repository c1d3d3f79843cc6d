"""Sentences about missing values."""

from __future__ import annotations

from llmauto_tools.columns import quoted
from llmauto_tools.insights import pictures, words
from llmauto_tools.insights.evidence import Desk, Figures, Told, beside_the_rest, ends, noun, table_of
from llmauto_tools.insights.model import Candidate

NOT_AT_RANDOM = (
    "The values are not missing at random; leaving these rows out would shift the other figures.",
    "缺失并非随机；直接删去这些行会使其他数字产生偏差。",
)


def by_group(desk: Desk, c: Candidate) -> Told | None:
    """The group in which a column is missing most unusually."""
    column, by = c.columns
    category, level = desk.category(by), str(c.facts["level"])
    sql = (
        f"SELECT level, count(*) AS rows, count_if(gap) AS missing, count_if(gap) / count(*) AS share FROM (SELECT {category.sql} AS level,"
        f" {quoted(column)} IS NULL AS gap FROM {desk.relation}) WHERE level IS NOT NULL GROUP BY level ORDER BY share DESC, level"
    )
    rows = list(desk.run(sql))
    found = beside_the_rest(rows, level)
    if found is None:
        return None
    mine, rest = found
    f = Figures()
    f.text("group", level)
    f.percent("share", mine[3])
    f.percent("rest", rest)
    n, k = words.name(column), words.name(by)
    shown = rows if len(rows) <= 12 else [mine, *[r for r in rows[:11] if r is not mine]]
    chart = pictures.bars(
        f"Missing {n} by {k}",
        "share missing",
        [(r[0], float(r[3])) for r in shown[:12]],
        (level,),
        percent=True,
        axis=by,
    )
    return Told(
        f"{n} is missing unevenly by {k}", f"{n} 的缺失因 {k} 而异",
        f"{n} is missing in {{{{share}}}} of the rows with {k} = {{{{group}}}}, against {{{{rest}}}} of the others.",
        f"{k} = {{{{group}}}} 的行中有 {{{{share}}}} 缺少 {n}，其余行中为 {{{{rest}}}}。",
        sql, table_of(f"Missing {n} by {k}", [by, "rows", "missing", "share"], shown, len(rows)), chart, f.values, f.formats, [NOT_AT_RANDOM],
    )  # fmt: skip


def by_number(desk: Desk, c: Candidate) -> Told | None:
    """A number that is higher, or lower, where another column is missing."""
    column, measure = c.columns
    m = desk.measure(measure)
    sql = (
        f"SELECT CASE WHEN gap THEN 'missing' ELSE 'known' END AS of_it, count(v) AS rows, avg(v) AS mean FROM (SELECT {quoted(column)} IS NULL AS gap,"
        f" {m.sql} AS v FROM {desk.relation}) WHERE v IS NOT NULL GROUP BY gap ORDER BY gap"
    )
    rows = list(desk.run(sql))
    if len(rows) < 2 or rows[0][2] == rows[1][2]:
        return None
    known, missing = rows
    f = Figures()
    f.number("missing", missing[2], m)
    f.number("known", known[2], m)
    f.integer("rows", missing[1])
    en, zh = noun(desk, measure)
    n = words.name(column)
    where, where_zh = ("higher", "高于") if missing[2] > known[2] else ("lower", "低于")
    items = [(str(r[0]), float(r[2])) for r in rows]
    chart = pictures.bars(
        f"{en} where {n} is known or missing", en, items, ("missing",), percent=m.rate, axis=column
    )
    return Told(
        f"{n} is missing where {words.name(measure)} is {where}", f"{n} 缺失处的 {words.name(measure)} {'较高' if where == 'higher' else '较低'}",
        f"Where {n} is missing ({{{{rows}}}} rows), {en} is {where} than where it is known: {{{{missing}}}} against {{{{known}}}}.",
        f"{n} 缺失的 {{{{rows}}}} 行中，{zh}{where_zh}有值的行：{{{{missing}}}} 对 {{{{known}}}}。",
        sql, table_of(f"{en} where {n} is missing", [n, "rows", "share" if m.rate else "mean"], rows), chart, f.values, f.formats, [NOT_AT_RANDOM],
    )  # fmt: skip


def together(desk: Desk, c: Candidate) -> Told | None:
    """Two columns that are missing in the same rows, or never in the same ones."""
    a, b = c.columns
    sql = (
        f"SELECT CASE WHEN a THEN 'missing' ELSE 'known' END AS first, count(*) AS rows, count_if(b) AS missing, count_if(b) / count(*) AS share"
        f" FROM (SELECT {quoted(a)} IS NULL AS a, {quoted(b)} IS NULL AS b FROM {desk.relation}) GROUP BY a ORDER BY a"
    )
    rows = list(desk.run(sql))
    if len(rows) < 2 or rows[0][3] == rows[1][3]:
        return None
    known, missing = rows
    f = Figures()
    f.integer("rows", missing[1])
    f.percent("share", missing[3])
    f.percent("rest", known[3])
    n, w = words.name(a), words.name(b)
    more = missing[3] > known[3]
    title, title_zh = (f"{n} and {w} are missing together", f"{n} 与 {w} 常一起缺失")
    if not more:
        title, title_zh = (f"{n} and {w} are seldom missing together", f"{n} 与 {w} 很少一起缺失")
    chart = pictures.bars(f"Missing {w} where {n} is known or missing", f"share of {w} missing", [(str(r[0]), float(r[3])) for r in ends(rows)], ("missing",), percent=True, axis=a)  # fmt: skip
    return Told(
        title, title_zh,
        f"Of the {{{{rows}}}} rows without {n}, {{{{share}}}} lack {w} too; of the rows with it, {{{{rest}}}} do.",
        f"缺少 {n} 的 {{{{rows}}}} 行中，{{{{share}}}} 也缺少 {w}；有 {n} 的行中为 {{{{rest}}}}。",
        sql, table_of(f"Missing {w} by whether {n} is missing", [n, "rows", f"{w} missing", "share"], rows), chart, f.values, f.formats,
        [NOT_AT_RANDOM],
    )  # fmt: skip
