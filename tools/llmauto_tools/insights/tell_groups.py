"""Sentences about the groups of one category."""

from __future__ import annotations

from llmauto_tools.insights import pictures, words
from llmauto_tools.insights.evidence import ROUGH, Desk, Figures, Row, Told, ends, noun, table_of
from llmauto_tools.insights.groups import MIN_ROWS
from llmauto_tools.insights.model import Candidate

TOP_SHARE = 0.2


def mean_by_group(desk: Desk, c: Candidate) -> Told | None:
    """The highest and the lowest mean, or rate."""
    column, measure = c.columns
    m = desk.measure(measure)
    sql, rows = _means(desk, column, measure)
    rows = [r for r in rows if r[1] >= MIN_ROWS]
    if len(rows) < 2 or rows[0][2] == rows[-1][2]:
        return None
    high, low = rows[0], rows[-1]
    f = Figures()
    f.text("high_group", high[0])
    f.text("low_group", low[0])
    f.number("high", high[2], m)
    f.number("low", low[2], m)
    f.integer("groups", len(rows))
    en, zh = noun(desk, measure)
    n, w = words.name(column), words.name(measure)
    among = " of {{groups}} groups" if len(rows) > 2 else ""
    among_zh = "（共 {{groups}} 组）" if len(rows) > 2 else ""
    sentence = (
        f"{words.capital(en)} differs by {n}: {{{{high}}}} for {{{{high_group}}}}, the highest{among}, and"
        " {{low}} for {{low_group}}, the lowest."
    )
    if len(rows) == 2:
        sentence = f"{words.capital(en)} is {{{{high}}}} for {n} = {{{{high_group}}}} and {{{{low}}}} for {{{{low_group}}}}."
    chinese = f"{zh}因 {n} 而异{among_zh}：{{{{high_group}}}} 最高，为 {{{{high}}}}；{{{{low_group}}}} 最低，为 {{{{low}}}}。"
    chart = pictures.bars(
        f"{words.capital(en)} by {n}", en, [(r[0], float(r[2])) for r in ends(rows)], (high[0], low[0]),
        percent=m.rate, rule=m.mean, axis=column,
    )  # fmt: skip
    told = Told(
        f"{words.capital(w)} differs by {n}", f"{w} 因 {n} 而异", sentence, chinese, sql,
        table_of(f"{words.capital(en)} by {n}", [column, "rows", "share" if m.rate else "mean"], ends(rows), len(rows)),
        chart, f.values, f.formats, [ROUGH],
    )  # fmt: skip
    if min(high[1], low[1]) < 30:
        told.caveats.append(("The highest or the lowest group is small.", "最高或最低的一组样本较少。"))
    return told


def _means(desk: Desk, column: str, measure: str) -> tuple[str, list[Row]]:
    """level, rows with a value, mean; the highest mean first."""
    category, m = desk.category(column), desk.measure(measure)
    sql = (
        f"SELECT level, count(v) AS rows, avg(v) AS mean FROM (SELECT {category.sql} AS level, {m.sql} AS v FROM {desk.relation})"
        " WHERE level IS NOT NULL GROUP BY level HAVING count(v) > 0 ORDER BY mean DESC, level"
    )
    return sql, list(desk.run(sql))


def group_outlier(desk: Desk, c: Candidate) -> Told | None:
    """One group far from the others."""
    column, measure = c.columns
    m, level = desk.measure(measure), str(c.facts["level"])
    sql, rows = _means(desk, column, measure)
    rows = [r for r in rows if r[1] >= MIN_ROWS]
    mine = next((r for r in rows if r[0] == level), None)
    others = sorted(r[2] for r in rows if r[0] != level)
    if mine is None or len(others) < 2:
        return None
    higher = mine[2] > others[-1]
    if not higher and mine[2] >= others[0]:
        return None
    f = Figures()
    f.text("group", level)
    f.number("value", mine[2], m)
    f.number("others_low", others[0], m)
    f.number("others_high", others[-1], m)
    f.integer("others", len(others))
    en, zh = noun(desk, measure)
    n = words.name(column)
    where, where_zh = ("far above", "远高于") if higher else ("far below", "远低于")
    chart = pictures.bars(
        f"{words.capital(en)} by {n}",
        en,
        [(r[0], float(r[2])) for r in ends(rows)],
        (level,),
        percent=m.rate,
        axis=column,
    )
    return Told(
        f"One {n} stands out by {words.name(measure)}", f"{n} 中有一组的 {words.name(measure)} 异常",
        f"{words.capital(en)} of {n} = {{{{group}}}} is {{{{value}}}}, {where} the {{{{others}}}} others, which lie between"
        " {{others_low}} and {{others_high}}.",
        f"{n} = {{{{group}}}} 的{zh}为 {{{{value}}}}，{where_zh}其余 {{{{others}}}} 组（{{{{others_low}}}} 到 {{{{others_high}}}}）。",
        sql, table_of(f"{words.capital(en)} by {n}", [column, "rows", "share" if m.rate else "mean"], ends(rows), len(rows)),
        chart, f.values, f.formats, [ROUGH],
    )  # fmt: skip


def make_up(desk: Desk, c: Candidate) -> Told | None:
    """The largest contributor to a total, or a share of the total beyond the share of the rows."""
    column, measure = c.columns
    category, m, level = desk.category(column), desk.measure(measure), str(c.facts["level"])
    sql = (
        "SELECT level, count(v) AS rows, sum(v) AS total, count(v) / sum(count(v)) OVER () AS row_share,"
        f" sum(v) / sum(sum(v)) OVER () AS total_share FROM (SELECT {category.sql} AS level, {m.sql} AS v FROM {desk.relation})"
        " WHERE level IS NOT NULL GROUP BY level HAVING count(v) > 0 ORDER BY total DESC, level"
    )
    rows = list(desk.run(sql))
    mine = next((r for r in rows if r[0] == level), None)
    if mine is None or len(rows) < 2:
        return None
    f = Figures()
    f.text("group", level)
    f.percent("total_share", mine[4])
    n, w = words.name(column), words.name(measure)
    if c.form == "top_of_total":
        if mine is not rows[0]:
            return None
        f.percent("equal_share", 1 / len(rows))
        f.integer("groups", len(rows))
        title, title_zh = f"The largest part of {w} by {n}", f"{w} 的最大来源（按 {n}）"
        sentence = f"{n} = {{{{group}}}} makes up {{{{total_share}}}} of the total {w}, the most of {{{{groups}}}} groups; equal parts would be {{{{equal_share}}}} each."
        chinese = f"{n} = {{{{group}}}} 占 {w} 总额的 {{{{total_share}}}}，在 {{{{groups}}}} 组中最多；若平均分配，每组为 {{{{equal_share}}}}。"
    else:
        f.percent("row_share", mine[3])
        more = mine[4] > mine[3]
        title, title_zh = f"An uneven share of {w} by {n}", f"{w} 的份额与行数不成比例（按 {n}）"
        sentence = f"{n} = {{{{group}}}} has {{{{row_share}}}} of the rows but {'' if more else 'only '}{{{{total_share}}}} of the total {w}."
        chinese = f"{n} = {{{{group}}}} 占 {{{{row_share}}}} 的行，却{'' if more else '只'}占 {w} 总额的 {{{{total_share}}}}。"
    chart = pictures.bars(
        f"Share of the total {w} by {n}", "share of the total", [(r[0], float(r[4])) for r in rows[:12]], (level,),
        percent=True, axis=column,
    )  # fmt: skip
    if level not in [r[0] for r in rows[:12]]:
        rows = [*rows[:11], mine, *[r for r in rows[11:] if r is not mine]]
    part = table_of(
        f"{w} by {n}", [column, "rows", "total", "share of rows", "share of total"], rows, len(rows)
    )
    return Told(title, title_zh, sentence, chinese, sql, part, chart, f.values, f.formats)


def share_of_rows(desk: Desk, c: Candidate) -> Told | None:
    """The most frequent level."""
    (column,) = c.columns
    category = desk.category(column)
    sql = (
        f"SELECT level, count(*) AS rows, count(*) / sum(count(*)) OVER () AS share FROM (SELECT {category.sql} AS level"
        f" FROM {desk.relation}) WHERE level IS NOT NULL GROUP BY level ORDER BY rows DESC, level"
    )
    rows = list(desk.run(sql))
    if len(rows) < 2:
        return None
    f = Figures()
    f.text("group", rows[0][0])
    f.percent("share", rows[0][2])
    f.percent("second_share", rows[1][2])
    f.text("second", rows[1][0])
    n = words.name(column)
    chart = pictures.bars(
        f"Rows by {n}",
        "share of the rows",
        [(r[0], float(r[2])) for r in rows[:12]],
        (rows[0][0],),
        percent=True,
        axis=column,
    )
    return Told(
        f"Most frequent {n}", f"最常见的 {n}",
        f"{{{{share}}}} of the rows have {n} = {{{{group}}}}; the next, {{{{second}}}}, has {{{{second_share}}}}.",
        f"{{{{share}}}} 的行 {n} = {{{{group}}}}；其次是 {{{{second}}}}，占 {{{{second_share}}}}。",
        sql, table_of(f"Rows by {n}", [column, "rows", "share"], rows, len(rows)), chart, f.values, f.formats,
    )  # fmt: skip


def pareto(desk: Desk, c: Candidate) -> Told | None:
    """What the largest fifth of the groups holds."""
    column, measure = c.columns[0], c.facts["measure"]
    category = desk.category(column)
    value = "count(*)" if measure is None else "sum(v)"
    inner = f"SELECT {category.sql} AS level" + (
        "" if measure is None else f", {desk.measure(measure).sql} AS v"
    )
    sql = (
        f"SELECT least(floor((place - 1) * 10 / groups), 9)::INT + 1 AS tenth, count(*) AS groups, sum(x) AS total,"
        " sum(x) / any_value(whole) AS share FROM (SELECT x, row_number() OVER (ORDER BY x DESC, level) AS place,"
        f" count(*) OVER () AS groups, sum(x) OVER () AS whole FROM (SELECT level, {value} AS x FROM ({inner} FROM {desk.relation})"
        " WHERE level IS NOT NULL GROUP BY level) WHERE x IS NOT NULL) GROUP BY tenth ORDER BY tenth"
    )
    rows = list(desk.run(sql))
    if len(rows) < 10:
        return None
    f = Figures()
    top = rows[:2]
    f.integer("top_groups", sum(r[1] for r in top))
    f.integer("groups", sum(r[1] for r in rows))
    f.percent("share", sum(float(r[3]) for r in top))
    f.percent("part", f.values["top_groups"] / f.values["groups"])
    n = words.name(column)
    of, of_zh = (
        ("rows", "行数")
        if measure is None
        else (f"total {words.name(measure)}", f"{words.name(measure)} 总额")
    )
    chart = pictures.bars(
        f"Share of the {of} by tenths of {n}, largest first", "share", [(str(r[0]), float(r[3])) for r in rows], ("1", "2"),
        percent=True, ordered=True, rule=0.1, axis=f"tenth of {column}",
    )  # fmt: skip
    return Told(
        f"{words.capital(of)} is concentrated in few {n}" if measure else f"Few {n} hold most rows",
        f"{of_zh}集中于少数 {n}",
        f"The largest {{{{top_groups}}}} of {{{{groups}}}} {n} ({{{{part}}}}) hold {{{{share}}}} of the {of}.",
        f"最大的 {{{{top_groups}}}} 个 {n}（共 {{{{groups}}}} 个，{{{{part}}}}）占{of_zh}的 {{{{share}}}}。",
        sql, table_of(f"{words.capital(of)} by tenths of {n}", ["tenth", "groups", "total", "share"], rows), chart, f.values, f.formats,
    )  # fmt: skip
