"""Sentences about courses over time."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.columns import literal, quoted
from llmauto_tools.insights import pictures, words
from llmauto_tools.insights.evidence import Desk, Figures, Told, same, table_of
from llmauto_tools.insights.model import Candidate
from llmauto_tools.insights.periods import Unit, index_of, start_of
from llmauto_tools.insights.times import measure_of

BLOCKS = 8
AROUND = 5


@dataclass(frozen=True)
class Period:
    """One period: when it starts, its rows, the value, and that of the other groups."""

    start: dt.datetime
    rows: float
    value: float | None
    others: float | None


@dataclass(frozen=True)
class Subject:
    """What a course is of, in words, and the expressions that give it per period."""

    en: str
    zh: str
    value: str
    others: str | None
    percent: bool
    weighted: bool
    """Periods are averaged by their rows: a mean or a share."""
    where: str | None


def subject(desk: Desk, c: Candidate) -> Subject:
    """The subject of a fact over time, by its course."""
    form, m = str(c.facts["course"]), measure_of(desk.layout, c)
    if form == "rows":
        return Subject("the number of rows", "行数", "count(*)", None, False, False, None)
    if form == "missing":
        column = next(x for x in c.columns if x not in desk.layout.time.columns)  # type: ignore[union-attr]
        n = words.name(column)
        return Subject(
            f"the share of missing {n}",
            f"{n} 的缺失率",
            f"count_if({quoted(column)} IS NULL) / count(*)",
            None,
            True,
            True,
            None,
        )
    inside = same(desk.category(c.group[0]), c.group[1]) if c.group else ""
    if form == "share":
        assert c.group is not None
        k = words.name(c.group[0])
        return Subject(
            f"the share of {k} = {{{{group}}}} among the rows", f"{k} = {{{{group}}}} 占行数的比例",
            f"count_if({inside}) / count(*)", None, True, True, None,
        )  # fmt: skip
    assert m is not None
    n = words.name(m.column)
    if form == "total":
        return Subject(
            f"the total {n}", f"{n} 的总额", f"coalesce(sum({m.sql}), 0)", None, False, False, None
        )
    en, zh = (
        (f"the share of {n} = {words.name(m.yes or '1')}", f"{n} = {words.name(m.yes or '1')} 的占比")
        if m.rate
        else (f"average {n}", f"{n} 的平均值")
    )
    if form == "against":
        assert c.group is not None
        k = words.name(c.group[0])
        value, others = f"avg({m.sql}) FILTER (WHERE {inside})", f"avg({m.sql}) FILTER (WHERE NOT ({inside}))"
        return Subject(
            f"{en} of {k} = {{{{group}}}}", f"{k} = {{{{group}}}} 的{zh}", value, others, m.rate, True, inside
        )
    return Subject(en, zh, f"avg({m.sql})", None, m.rate, True, None)


def series_sql(desk: Desk, about: Subject, unit: Unit, first: int, last: int) -> str:
    """period, rows, value (and that of the others) of the periods from `first` to `last`."""
    time = desk.layout.time
    assert time is not None
    since, until = start_of(first, unit), start_of(last + 1, unit)
    others = f", {about.others} AS others" if about.others else ""
    rows = f"count_if({about.where})" if about.where else "count(*)"
    return (
        f"SELECT date_trunc('{unit}', {time.sql}) AS period, {rows} AS rows, {about.value} AS value{others} FROM {desk.relation}"
        f" WHERE {time.sql} >= TIMESTAMP {literal(str(since))} AND {time.sql} < TIMESTAMP {literal(str(until))} GROUP BY 1 ORDER BY 1"
    )


def read(desk: Desk, sql: str, unit: Unit, first: int, last: int, about: Subject) -> list[Period]:
    """The periods of a statement, those without rows between them too."""
    found = {int(index_of(_seconds(r[0]), unit)[0]): r for r in desk.run(sql)}
    periods = []
    for i in range(first, last + 1):
        r = found.get(i)
        empty = None if about.weighted else 0.0
        value = _float(r[2]) if r is not None else empty
        periods.append(
            Period(
                start_of(i, unit),
                float(r[1]) if r else 0.0,
                value,
                _float(r[3]) if r and about.others else None,
            )
        )
    return periods


def _seconds(moment: dt.datetime | dt.date) -> NDArray[np.float64]:
    return np.array(
        [
            (
                dt.datetime(moment.year, moment.month, moment.day, getattr(moment, "hour", 0))
                - dt.datetime(1970, 1, 1)
            ).total_seconds()
        ]
    )


def _float(x: object) -> float | None:
    return float(x) if isinstance(x, (int, float)) and math.isfinite(x) else None


def mean_of(periods: Sequence[Period], about: Subject, others: bool = False) -> float | None:
    """The mean of some periods: of shares and means by their rows."""
    pairs = [(p.others if others else p.value, p.rows if about.weighted else 1.0) for p in periods]
    known = [(v, w) for v, w in pairs if v is not None and w > 0]
    total = sum(w for _, w in known)
    return sum(v * w for v, w in known) / total if total else None


def label(moment: dt.datetime, unit: Unit) -> str:
    """A period as people write it."""
    if unit == "quarter":
        return f"{moment.year}-Q{(moment.month - 1) // 3 + 1}"
    return moment.strftime({"year": "%Y", "month": "%Y-%m", "hour": "%Y-%m-%d %H:00"}.get(unit, "%Y-%m-%d"))


def _course(desk: Desk, c: Candidate) -> tuple[Subject, Unit, str, list[Period]]:
    about, unit = subject(desk, c), c.facts["unit"]
    first = int(c.facts.get("first", c.facts["at"] - 11))
    last = int(c.facts.get("last", c.facts["at"]))
    sql = series_sql(desk, about, unit, first, last)
    return about, unit, sql, read(desk, sql, unit, first, last, about)


def _start(c: Candidate, about: Subject) -> Figures:
    f = Figures()
    if c.group is not None:
        f.text("group", c.group[1])
    return f


def _put(f: Figures, key: str, x: float, about: Subject) -> None:
    (f.percent if about.percent else f.number)(key, x)


def trend(desk: Desk, c: Candidate) -> Told | None:
    """A course that goes one way."""
    about, unit, sql, periods = _course(desk, c)
    periods = [p for p in periods if p.value is not None]
    size = -(-len(periods) // BLOCKS)
    blocks = [periods[i : i + size] for i in range(0, len(periods), size)]
    means = [mean_of(b, about) for b in blocks]
    first, last = means[0], means[-1]
    if first is None or last is None:
        return None
    against = [mean_of(b, about, True) for b in blocks] if about.others else []
    rises = last > first
    f = _start(c, about)
    _put(f, "first", first, about)
    _put(f, "last", last, about)
    f.date("first_period", label(blocks[0][0].start, unit))
    f.date("last_period", label(blocks[-1][0].start, unit))
    en = f"{words.capital(about.en)} {'rose' if rises else 'fell'} from {{{{first}}}} (from {{{{first_period}}}} on) to {{{{last}}}} (from {{{{last_period}}}} on)"
    zh = f"{about.zh}从 {{{{first}}}}（{{{{first_period}}}} 起）{'上升' if rises else '下降'}到 {{{{last}}}}（{{{{last_period}}}} 起）"
    if against and against[0] is not None and against[-1] is not None:
        if not _own(last - first, against[-1] - against[0]):
            return None
        _put(f, "others_first", against[0], about)
        _put(f, "others_last", against[-1], about)
        en += ", while the others went from {{others_first}} to {{others_last}}"
        zh += "，而其他组从 {{others_first}} 变为 {{others_last}}"
    rows = [
        (label(b[0].start, unit), len(b), m, *([against[i]] if against else []))
        for i, (b, m) in enumerate(zip(blocks, means, strict=True))
    ]
    columns = ["from", f"{unit}s", "mean", *(["others"] if against else [])]
    title, title_zh = _titles(desk, c, about, "rises" if rises else "falls", "上升" if rises else "下降")
    return Told(
        title, title_zh, en + ".", zh + "。", sql, table_of(f"{_plain(desk, c, about)} by {unit}, in blocks", columns, rows),
        _line(desk, c, about, periods, unit), f.values, f.formats, _caveats(c),
    )  # fmt: skip


def change_point(desk: Desk, c: Candidate) -> Told | None:
    """A course that steps to another level."""
    about, unit, sql, periods = _course(desk, c)
    at = int(c.facts["at"]) - int(c.facts["first"])
    before, after = mean_of(periods[:at], about), mean_of(periods[at:], about)
    if before is None or after is None or before == after:
        return None
    rises = after > before
    f = _start(c, about)
    _put(f, "before", before, about)
    _put(f, "after", after, about)
    f.date("at", label(periods[at].start, unit))
    verb, verb_zh = ("rose", "上升") if rises else ("fell", "下降")
    en = f"{words.capital(about.en)} {verb} around {{{{at}}}}: {{{{before}}}} before, {{{{after}}}} since"
    zh = f"{about.zh}在 {{{{at}}}} 前后{verb_zh}：之前为 {{{{before}}}}，之后为 {{{{after}}}}"
    rows = [
        ["before", label(periods[0].start, unit), at, before],
        ["since", label(periods[at].start, unit), len(periods) - at, after],
    ]
    if about.others:
        other = [mean_of(periods[:at], about, True), mean_of(periods[at:], about, True)]
        if other[0] is not None and other[1] is not None:
            if not _own(after - before, other[1] - other[0]):
                return None
            _put(f, "others_before", other[0], about)
            _put(f, "others_after", other[1], about)
            en += " (the others: {{others_before}} before, {{others_after}} since)"
            zh += "（其他组：之前 {{others_before}}，之后 {{others_after}}）"
        for row, value in zip(rows, other, strict=True):
            row.append(value)
    levels = [
        (periods[0].start.isoformat(), periods[at].start.isoformat(), before),
        (periods[at].start.isoformat(), periods[-1].start.isoformat(), after),
    ]
    title, title_zh = _titles(
        desk, c, about, "steps up" if rises else "steps down", "出现上升转折" if rises else "出现下降转折"
    )
    columns = ["part", "from", f"{unit}s", "mean", *(["others"] if about.others else [])]
    return Told(
        title, title_zh, en + ".", zh + "。", sql, table_of(f"{_plain(desk, c, about)} before and since", columns, [tuple(r) for r in rows]),
        _line(desk, c, about, periods, unit, rule=at, levels=levels), f.values, f.formats, _caveats(c),
    )  # fmt: skip


def outlier(desk: Desk, c: Candidate) -> Told | None:
    """One period far from the others."""
    about, unit, sql, periods = _course(desk, c)
    at = int(c.facts["at"]) - int(c.facts["first"])
    near = [p for i, p in enumerate(periods) if i != at and abs(i - at) <= AROUND]
    value, usual = periods[at].value, mean_of(near, about)
    if value is None or usual is None or value == usual:
        return None
    high = value > usual
    if about.others:
        beside, apart = periods[at].others, mean_of(near, about, True)
        if beside is None or apart is None or not _own(value - usual, beside - apart):
            return None
    f = _start(c, about)
    _put(f, "value", value, about)
    _put(f, "usual", usual, about)
    f.date("at", label(periods[at].start, unit))
    f.integer("near", len(near))
    en = f"{words.capital(about.en)} was unusually {'high' if high else 'low'} in the {unit} {{{{at}}}}: {{{{value}}}}, against {{{{usual}}}} on average in the {{{{near}}}} {unit}s around it"
    zh = f"{about.zh}在 {{{{at}}}} 异常{'偏高' if high else '偏低'}：{{{{value}}}}，而前后 {{{{near}}}} {words.UNIT_ZH[unit]}平均为 {{{{usual}}}}"
    shown = periods[max(0, at - AROUND) : at + AROUND + 1]
    rows = [(label(p.start, unit), p.rows, p.value, "odd" if p is periods[at] else "") for p in shown]
    title, title_zh = _titles(desk, c, about, f"has an odd {unit}", "有异常时点")
    return Told(
        title, title_zh, en + ".", zh + "。", sql, table_of(f"{_plain(desk, c, about)} around it", [unit, "rows", "value", "mark"], rows),
        _line(desk, c, about, periods, unit, spots=(at,)), f.values, f.formats, [],
    )  # fmt: skip


def last_change(desk: Desk, c: Candidate) -> Told | None:
    """The last period against the one before."""
    about, unit, sql, periods = _course(desk, c)
    last, before = periods[-1], periods[-2]
    if last.value is None or before.value is None or last.value == before.value:
        return None
    rises = last.value > before.value
    f = _start(c, about)
    _put(f, "last", last.value, about)
    _put(f, "before", before.value, about)
    f.date("last_period", label(last.start, unit))
    f.date("before_period", label(before.start, unit))
    relative, relative_zh = "", ""
    if before.value > 0 and last.value >= 0 and not about.percent:
        f.percent("change", abs(last.value / before.value - 1))
        relative, relative_zh = " by {{change}}", " {{change}}"
    en = f"In the last {unit} ({{{{last_period}}}}) {about.en} {'rose' if rises else 'fell'}{relative}, from {{{{before}}}} to {{{{last}}}}, more than it usually changes"
    zh = f"最近一{words.UNIT_ZH[unit]}（{{{{last_period}}}}）{about.zh}{'上升' if rises else '下降'}{relative_zh}，从 {{{{before}}}} 到 {{{{last}}}}，超过通常的波动"
    f.values.pop("before_period")
    f.formats.pop("before_period")
    rows = [(label(p.start, unit), p.rows, p.value) for p in periods[-12:]]
    title, title_zh = _titles(desk, c, about, f"changed in the last {unit}", "最近一期变化明显")
    return Told(
        title, title_zh, en + ".", zh + "。", sql, table_of(f"{_plain(desk, c, about)}, the last {unit}s", [unit, "rows", "value"], rows),
        _line(desk, c, about, periods, unit, spots=(len(periods) - 2, len(periods) - 1)), f.values, f.formats, [],
    )  # fmt: skip


def season_sql(desk: Desk, about: Subject, kind: str, unit: Unit, c: Candidate) -> str:
    """place, rows, value. Sizes are averaged over all hours or days of the range, those without rows too."""
    time = desk.layout.time
    assert time is not None
    since, until = (
        start_of(int(c.facts["first"]), c.facts["unit"]),
        start_of(int(c.facts["last"]) + 1, c.facts["unit"]),
    )
    within = f"{time.sql} >= TIMESTAMP {literal(str(since))} AND {time.sql} < TIMESTAMP {literal(str(until))}"
    place = {"weekday": "isodow({}) - 1", "hour": "hour({})", "month": "month({}) - 1"}[kind]
    if about.weighted:
        return (
            f"SELECT {place.format(time.sql)} AS place, count(*) AS rows, {about.value} AS value FROM {desk.relation}"
            f" WHERE {within} GROUP BY 1 ORDER BY 1"
        )
    per = f"SELECT date_trunc('{unit}', {time.sql}) AS t, count(*) AS n, {about.value} AS v FROM {desk.relation} WHERE {within} GROUP BY 1"
    last = until - (dt.timedelta(hours=1) if unit == "hour" else dt.timedelta(days=1))
    every = (
        f"generate_series(TIMESTAMP {literal(str(since))}, TIMESTAMP {literal(str(last))}, INTERVAL 1 {unit})"
    )
    return (
        f"SELECT {place.format('g.t')} AS place, coalesce(sum(n), 0) AS rows, avg(coalesce(v, 0)) AS value"
        f" FROM (SELECT unnest({every}) AS t) g LEFT JOIN ({per}) p ON g.t = p.t GROUP BY 1 ORDER BY 1"
    )


def season(desk: Desk, c: Candidate) -> Told | None:
    """A course that repeats by weekday, hour or month."""
    about, kind = subject(desk, c), str(c.facts["season"])
    unit: Unit = "hour" if kind == "hour" else "day"
    sql = season_sql(desk, about, kind, unit, c)
    rows = [r for r in desk.run(sql) if _float(r[2]) is not None]
    if len(rows) < 3:
        return None
    high, low = max(rows, key=lambda r: (r[2], -r[0])), min(rows, key=lambda r: (r[2], r[0]))
    f = _start(c, about)
    _put(f, "high", float(high[2]), about)
    _put(f, "low", float(low[2]), about)
    for key, row in (("high", high), ("low", low)):
        f.text(f"{key}_at", _place(kind, int(row[0]), "en"))
        f.text(f"{key}_at_zh", _place(kind, int(row[0]), "zh"))
    by, by_zh = {
        "weekday": ("day of the week", "星期"),
        "hour": ("hour of the day", "一天中的时段"),
        "month": ("month of the year", "月份"),
    }[kind]
    at = {"weekday": "on", "hour": "at", "month": "in"}[kind]
    per_en = "" if about.weighted else f" per {unit}"
    items = [(_place(kind, int(r[0]), "en"), float(r[2])) for r in rows]
    chart = pictures.bars(
        f"{words.capital(about.en)}{per_en} by {by}", about.en, [(name[:3] if kind != "hour" else name, v) for name, v in items],
        (), percent=about.percent, ordered=True,
    )  # fmt: skip
    for bar in chart["layer"][0]["data"]["values"]:
        bar["m"] = bar["g"] in {
            _place(kind, int(r[0]), "en")[: None if kind == "hour" else 3] for r in (high, low)
        }
    shown = [(n, r[1], r[2]) for (n, _), r in zip(items, rows, strict=True)]
    if len(shown) > 12:
        shown = sorted(sorted(shown, key=lambda r: -abs(r[2] - sum(v for _, v in items) / len(items)))[:12])
    return Told(
        f"{words.capital(about.en)} depends on the {by}", f"{about.zh}随{by_zh}变化",
        f"{words.capital(about.en)}{per_en} goes with the {by}: highest on average ({{{{high}}}}) {at} {{{{high_at}}}}, lowest ({{{{low}}}}) {at} {{{{low_at}}}}.",
        f"{about.zh}{'' if about.weighted else '（每' + words.UNIT_ZH[unit] + '）'}随{by_zh}变化：{{{{high_at_zh}}}}平均最高（{{{{high}}}}），{{{{low_at_zh}}}}最低（{{{{low}}}}）。",
        sql, table_of(f"{words.capital(about.en)}{per_en} by {by}", [by, "rows", "mean"], shown, len(items)), chart, f.values, f.formats, [],
    )  # fmt: skip


def _place(kind: str, at: int, language: str) -> str:
    if kind == "hour":
        return f"{at:02d}:00"
    if kind == "weekday":
        return (words.WEEKDAYS_EN if language == "en" else words.WEEKDAYS_ZH)[at]
    return words.MONTHS_EN[at] if language == "en" else f"{at + 1}月"


# ---- shared


def _plain(desk: Desk, c: Candidate, about: Subject) -> str:
    """The subject with the group's name in place, for tables and pictures."""
    name = words.name(c.group[1]) if c.group else ""
    return words.capital(about.en.replace("{{group}}", name))


def _titles(desk: Desk, c: Candidate, about: Subject, en: str, zh: str) -> tuple[str, str]:
    """Titles name columns only, no data."""
    group = words.name(c.group[0]) if c.group else ""
    plain, plain_zh = about.en, about.zh
    if c.group:
        plain, plain_zh = (
            plain.replace(f"{group} = {{{{group}}}}", f"one {group}"),
            plain_zh.replace(f"{group} = {{{{group}}}}", f"某个 {group}"),
        )
    return f"{words.capital(plain)} {en}", f"{plain_zh}{zh}"


def _line(
    desk: Desk, c: Candidate, about: Subject, periods: Sequence[Period], unit: Unit, *, rule: int | None = None,
    spots: Sequence[int] = (), levels: Sequence[tuple[str, str, float]] = (),
) -> pictures.Spec:  # fmt: skip
    title = _plain(desk, c, about)
    points = [(p.start.isoformat(), p.value) for p in periods]
    others = [(p.start.isoformat(), p.others) for p in periods] if about.others else []
    return pictures.line(
        f"{title} by {unit}", "", points, rule=periods[rule].start.isoformat() if rule is not None else None, spots=spots,
        levels=levels, others=others, percent=about.percent, named=(words.value(c.group[1]) if c.group else "", "the others"),
    )  # fmt: skip


def _caveats(c: Candidate) -> list[tuple[str, str]]:
    if c.facts["unit"] == "month" and int(c.facts["last"]) - int(c.facts["first"]) < 36:
        return [
            (
                "The time is too short to tell a yearly season from a lasting change.",
                "时间跨度太短，无法区分年度季节性与持久变化。",
            )
        ]
    return []


def _own(change: float, others: float) -> bool:
    """A group that moved away from the others moved itself, and not they from it."""
    return abs(change) > abs(others) and abs(change) >= 0.5 * abs(change - others)
