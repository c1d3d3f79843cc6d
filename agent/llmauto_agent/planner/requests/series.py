"""Arguments of the tools over time, of segments, tests and relationships."""

from __future__ import annotations

import re

from llmauto_agent.planner.requests.mentions import NAMED, Mention, Mentions, names
from llmauto_agent.planner.requests.shared import Arguments, MissingTargetError, is_grouping, is_weak


def test_hypothesis(m: Mentions) -> Arguments:
    columns = [x for x in m.columns if not is_weak(x, m)]
    if not columns:
        raise MissingTargetError("value", [c.name for c in m.table.columns][:6])
    numbers = [x for x in columns if x.column.family == "number" and not is_grouping(m, x)]
    others = [x for x in columns if x not in numbers]
    valued = sorted(m.valued, key=lambda x: -x.score)
    others += [x for x in valued if x.column.name not in names(columns)]
    found: Arguments = {}
    if re.search(r"normal|正态|gaussian", m.text):
        return {"value": columns[0].column.name}
    if re.search(r"paired|配对", m.text) and len(columns) > 1:
        return {"value": columns[0].column.name, "other": columns[1].column.name, "paired": True}
    if numbers:
        found["value"] = numbers[0].column.name
        by = others[0] if others else (numbers[1] if len(numbers) > 1 else None)
        if by:
            found["by"] = by.column.name
    else:
        found["value"] = others[0].column.name
        if len(others) > 1:
            found["by"] = others[1].column.name
    kind = _test(m.text)
    return found | ({"kind": kind} if kind else {})


def _test(text: str) -> str | None:
    for kind, pattern in (
        ("anova", r"\banova\b|方差分析"), ("chi2", r"chi-?squ|卡方"), ("mann_whitney", r"mann|秩和"), ("welch", r"welch"),
        ("kruskal", r"kruskal"), ("fisher", r"fisher"), ("t", r"\bt-?test|t ?检验"),
    ):  # fmt: skip
        if re.search(pattern, text):
            return kind
    return None


def _explained(m: Mentions) -> Mention | None:
    """The column that a relationship is to explain: "regress mpg on weight", "does delay depend on distance"."""
    for phrase in (
        r"regress",
        r"regression (?:for|of|on)",
        r"logit of|ols of",
        r"(?:effect|influence|impact) on",
        r"回归[:：]",
    ):
        if (found := m.after(phrase)) is not None:
            return found
    if (before := m.before(r"depends?")) and re.search(r"depends?", m.text):
        return before[0]
    behind, before = m.behind(r"relate(?:d)? to"), m.before(r"relate(?:d)? to")
    if behind and len(before) != 1:
        return behind[0]
    if m.language == "zh" and re.search(r"(?:用|拿).*对.*回归", m.text):
        return next(iter(m.behind(r"对")), None)
    if re.search(r"每多|多多少", m.text) and len(m.columns) > 1:
        return m.columns[-1]
    return None


def relate(m: Mentions) -> Arguments:
    if not m.columns:
        raise MissingTargetError("target", [c.name for c in m.table.columns][:6])
    target = _explained(m) or m.columns[0]
    found: Arguments = {"target": target.column.name}
    features = [n for n in names(m.columns) if n != target.column.name]
    if features:
        found["features"] = features
    if re.search(r"logit|logistic|逻辑回归", m.text):
        found["method"] = "logit"
    elif re.search(r"\bols\b|linear regression|线性回归", m.text):
        found["method"] = "ols"
    return found


# fmt: off
_WHAT = {
    "seasonality": r"seasonal|\bcycle|cyclical|periodic|季节|周期", "changes": r"change ?-?points?|breaks?\b|abrupt|level shift|turning|突变|拐点|变点|断点",
    "anomalies": r"anomal|weird|odd|strange|unusual|abnormal|不正常|异常", "resample": r"resampl|into an? \w+ series|按.{1,4}汇总|重采样", "trend": r"trend|走势|趋势",
}
# fmt: on


def time_series(m: Mentions) -> Arguments:
    found = _series(m)
    whats = [what for what, pattern in _WHAT.items() if re.search(pattern, m.text)]
    if len(whats) == 1:
        found["what"] = whats[0]
    elif "resample" in whats:
        found["what"] = "resample"
    return found


def forecast(m: Mentions) -> Arguments:
    found = _series(m)
    if "value" not in found and (unknown := m.unknown()):
        raise MissingTargetError(unknown[0], [c.name for c in m.table.columns if c.family == "number"][:6])
    ahead = m.horizon()
    if ahead is not None:
        number, unit = ahead
        every = m.every()
        factor = {
            ("year", "month"): 12,
            ("week", "day"): 7,
            ("month", "day"): 30,
            ("year", "quarter"): 4,
            ("month", "week"): 4,
            ("quarter", "month"): 3,
        }
        if every and every != unit and (unit, every) in factor:
            number, unit = number * factor[unit, every], every
        found["horizon"] = number
        found["every"] = unit
    return found


_YEAR = re.compile(r"(?:^|[_ ])(?:year|yr|month|date|day)(?:$|[_ ])|年|月|日", re.IGNORECASE)


def _series(m: Mentions) -> Arguments:
    """time, value, by and every of a series."""
    found: Arguments = {}
    columns = m.columns
    if not any(c.family == "date" or _YEAR.search(c.name) for c in m.table.columns):
        raise MissingTargetError("date", [])
    values = [x for x in columns if x.column.family == "number"]
    by = m.after(r"\b(?:for each|per|by|split by|for every)\b") or (
        m.after(r"分|按|各") if m.language == "zh" else None
    )
    if by is not None and by.column.family in {"text", "boolean"}:
        found["by"] = by.column.name
    if values:
        found["value"] = max(values[:2], key=lambda x: x.score >= NAMED).column.name
    dates = [x for x in columns if x.column.family == "date"]
    if dates:
        found["time"] = dates[0].column.name
    if every := m.every():
        found["every"] = every
    return found


def segment(m: Mentions) -> Arguments:
    found: Arguments = {}
    if (basis := re.search(r"\b(?:based on|by|on|using)\b", m.text)) and (unknown := m.unknown(basis.end())):
        raise MissingTargetError(unknown[0], [c.name for c in m.table.columns][:6])
    without = (
        {x.column.name for x in m.behind(r"without|excluding|不用|除了?")}
        if re.search(r"without|excluding", m.text)
        else set()
    )
    chosen = [x for x in m.sure if x.column.name not in without]
    stated = m.behind(r"\b(?:based on|by|on|using|with|going by|from)\b|用|按|根据|只看|基于")
    if m.language == "zh" and stated:
        aim = re.search(r"给|对|把", m.text)
        stated = [x for x in stated if aim is None or x.start < aim.start()] or stated
    if [x for x in stated if x in chosen]:
        chosen = [x for x in stated if x in chosen]
    based = re.search(r"\b(?:by|on|using|based on|from|with)\b|按|用|只看|根据|对|基于", m.text)
    if len(chosen) >= 2 or (chosen and based):
        found["columns"] = names(chosen)
    count = m.count(r"cluster|segment|group|kinds|types|\bk\b|类|群|种|个")
    if count is not None and count > 1:
        found["clusters"] = count
    if re.search(r"hdbscan", m.text):
        found["method"] = "hdbscan"
    elif re.search(r"k-?means|k均值", m.text):
        found["method"] = "kmeans"
    return found
