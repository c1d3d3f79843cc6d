"""From a request to the arguments of the tool that it asks for, one function per tool."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from llmauto_agent.planner.asks import roles
from llmauto_agent.planner.asks.ask import Ask
from llmauto_agent.planner.asks.charts import chart
from llmauto_agent.planner.asks.missing import (
    Missing,
    check_all,
    check_groups,
    check_phrase,
    named_or_missing,
)
from llmauto_agent.planner.asks.names import model_named, recipe_named
from llmauto_agent.planner.asks.steps import named_steps
from llmauto_agent.planner.asks.time import every, horizon
from llmauto_agent.planner.asks.vocabulary import CHECKS, METRICS

_PREDICTED = r"\bpredict(?:s|ing)?\b|\bclassif(?:y|ier for)\b|\bmodel (?:for|of)\b|\bforecast(?:ing)?\b|\bmatters? most for\b|\b(?:features|predictors|variables) (?:for|of)\b"
_PHRASE_ENDS = (
    r"for|from|using|with|based|by|on|in|over|per|of|to|and|between|vs|against|is|are|do|does|so|that|which"
)


_OF_A_TABLE = r"\b(?:overview|profile) of the \w+ (?:table|data)"


def _profile(ask: Ask) -> dict[str, Any]:
    arguments: dict[str, Any] = {"table": ask.table}
    target = ask.after(
        r"\btarget\b|目标(?:列|变量)?(?:是|为)?|\bas the target\b|\b(?:associates?|correlates?) with\b", 20
    )
    target = target or ask.before_(r"\s*(?:as|is) (?:the |a )?target", 4)
    columns = [
        m.column for m in ask.mentions if m.score >= 0.7 and (target is None or m.column != target.column)
    ]
    if target is not None:
        arguments["target"] = target.column
    elif columns and not ask.has(_OF_A_TABLE) and ask.has(r"\bdistributions? of\b|\bprofile\b|\bdistributed\b|\blook like\b|\bsummar|\bonly\b|分布|描述性?统计|画像|概览"):  # fmt: skip
        arguments["columns"] = list(dict.fromkeys(columns))
    return arguments


def _check_quality(ask: Ask) -> dict[str, Any]:
    arguments: dict[str, Any] = {"table": ask.table}
    checks = [kind for kind, pattern in CHECKS if ask.has(pattern)]
    if "leakage" in checks and ask.has(r"drift|漂移"):
        checks = [c for c in checks if c != "leakage"]
    if set(checks) & {"imbalance", "leakage", "labels"}:
        found = roles.target(ask)
        if found:
            arguments["target"] = found
        elif "leakage" not in checks or len(checks) == 1:
            raise Missing(["target"], ask)
    elif (named := ask.after(r"\btarget\b|目标", 20)) is not None:
        arguments["target"] = named.column
    if len(ask.named.tables) > 1 and "drift" in checks:
        arguments |= {"table": ask.named.tables[0], "other": ask.named.tables[1]}
    if checks and not ask.has(r"\b(?:data )?quality (?:report|check)\b|质量报告"):
        arguments["checks"] = checks
    return arguments


def _preprocess(ask: Ask) -> dict[str, Any]:
    arguments: dict[str, Any] = {"table": ask.table}
    split = _split(ask)
    if split:
        arguments |= split
    elif not ask.has(
        r"^(?:please )?(?:clean|tidy|prep)\w*(?: (?:it|this|up|the \w+|everything))*(?: up)?[.!]?$"
    ):
        steps = named_steps(ask)
        if steps:
            arguments["steps"] = steps
    general = "steps" not in arguments and not split
    if general and ask.has(r"\bmodel|\bpredict|\btarget|\blearn|\bready\b|\bfor\b|建模|预测|目标|训练"):
        found = roles.target(ask)
        arguments |= {"target": found} if found else {}
    return arguments


def _split(ask: Ask) -> dict[str, Any]:
    """The split that the request asks for, {} where it asks for none."""
    if not ask.has(r"\bsplit\b|\btrain\w*\b.{0,12}\btest|\bhold-?out\b|划分|切分|训练集|分层|\bstratif"):
        return {}
    if ask.has(r"\bsplit\b.{0,12}\binto (?:year|month|its)\b|拆"):
        return {}
    if ask.has(r"\bstratif|分层"):
        found = ask.after(r"\bstratif\w+(?: by| on)?\b", 20) or ask.before_(r"分层", 4) or ask.after(r"按", 6)
        column = found.column if found else (roles.target(ask) or "")
        if not column:
            raise Missing(["target"], ask)
        return {"split": "stratified", "target": column}
    if ask.has(
        r"\bby (?:time|date)\b|\b(?:newest|latest|most recent|chronolog|temporal)\b|按时间|最新的|时间先后|\btime[- ](?:based )?split"
    ):
        date = next((m.column for m in ask.mentions if ask.named.is_date(m.column)), None) or ask.named.date()
        return {"split": "time"} | ({"time": date} if date else {})
    group = ask.after(r"\b(?:group(?:ed)? by|keep(?:ing)?|same|by)\b|按|同一个?", 15)
    if group is not None and not ask.named.is_date(group.column):
        return {"split": "group", "group": group.column}
    return {"split": "random"}


def _apply_recipe(ask: Ask) -> dict[str, Any]:
    recipe = recipe_named(ask)
    return {"table": ask.table} | ({"recipe": recipe} if recipe else {})


def _select_features(ask: Ask) -> dict[str, Any]:
    check_phrase(ask, _PREDICTED, _PHRASE_ENDS)
    target = named_or_missing(ask, roles.target(ask) or ask.before.get("target"), "target")
    arguments: dict[str, Any] = {"table": ask.table, "target": target}
    features = [c for c in roles.features_named(ask) if c != target]
    if len(features) > 1:
        arguments["features"] = features
    count = ask.count(
        r"\b(?:best |top |most \w+ |strongest |good |other )?(?:features?|predictors?|inputs?|variables|columns?|attributes|ones|drivers)\b|个|项"
    ) or next((int(n.value) for n in ask.literals if ask.has(rf"(?:top|best|留|只要|最多)\s*{re.escape(n.text.casefold())}")), None)  # fmt: skip
    return arguments | ({"count": count} if count else {})


def _test_hypothesis(ask: Ask) -> dict[str, Any]:
    check_phrase(ask, r"\bdifference in\b|\bdiffers? in\b", _PHRASE_ENDS)
    check_groups(ask)
    arguments: dict[str, Any] = {"table": ask.table}
    kind = _kind_of_test(ask)
    numbers, groups = ask.numbers(), ask.groups()
    if ask.has(r"\bpaired\b|配对"):
        if len(numbers) < 2:
            raise Missing(["value"], ask)
        return arguments | {"value": numbers[0], "other": numbers[1], "paired": True}
    if kind in {"shapiro", "anderson", "ks"} or ask.has(r"\bnormal|正态|\bgaussian|\bbell"):
        return (
            arguments
            | {"value": named_or_missing(ask, next(iter(numbers), None), "value")}
            | kind_argument(kind)
        )
    if not ask.columns:
        raise Missing(["value"], ask)
    if numbers and groups:
        by = roles.by(ask)
        return (
            arguments | {"value": numbers[0], "by": by if by in groups else groups[0]} | kind_argument(kind)
        )
    if len(numbers) >= 2:
        discrete = next((c for c in numbers if ask.named.is_group(c)), None)
        if discrete and not ask.has(r"correlat|相关"):
            value = next(c for c in numbers if c != discrete)
            return arguments | {"value": value, "by": discrete} | kind_argument(kind)
        return arguments | {"value": numbers[0], "other": numbers[1]} | kind_argument(kind)
    if len(groups) >= 2:
        return arguments | {"value": groups[-1], "by": groups[0]} | kind_argument(kind)
    if numbers and ask.has(r"\d"):
        return arguments | {"value": numbers[0]} | kind_argument(kind)
    raise Missing(["by" if numbers else "value"], ask)


def kind_argument(kind: str | None) -> dict[str, Any]:
    return {"kind": kind} if kind else {}


_TESTS: tuple[tuple[str, str], ...] = (
    ("mann_whitney", r"\bmann[- ]whitney|秩和"), ("wilcoxon", r"\bwilcoxon"), ("kruskal", r"\bkruskal"),
    ("fisher", r"\bfisher"), ("levene", r"\blevene|方差齐性"), ("shapiro", r"\bshapiro"), ("welch", r"\bwelch\b"),
    ("anderson", r"\banderson"), ("ks", r"\bkolmogorov"), ("mcnemar", r"\bmcnemar"),
    ("chi2", r"\bchi[- ]?squared?\b|卡方"),
)  # fmt: skip


def _kind_of_test(ask: Ask) -> str | None:
    """A test that the request names and that leaves nothing to choose."""
    return next((kind for kind, pattern in _TESTS if ask.has(pattern)), None)


def _relate(ask: Ask) -> dict[str, Any]:
    check_phrase(
        ask,
        r"\bhow (?:does|do|is|are)\b|\brelationship (?:of|between)\b|\bcorrelation (?:of|between)\b",
        r"relates?|related|and|to|with|depend\w*|correlat\w*|connect\w*|go",
    )
    arguments: dict[str, Any] = {"table": ask.table}
    columns = ask.columns
    target = _relate_target(ask) or named_or_missing(ask, columns[0] if columns else None, "target")
    features = [c for c in _relate_features(ask) or columns if c != target]
    if ask.has(r"\b(?:which|what) (?:\w+ )?(?:columns?|variables?|factors?|things)\b|哪些|什么因素"):
        features = features if len(columns) > 1 else []
    elif not features and not ask.has(r"\ball\b|\beverything\b|\bother\b|所有|其他"):
        raise Missing(["features"], ask)
    arguments["target"] = target
    if features:
        arguments["features"] = features
    if ask.has(r"\blogit\b|\blogistic\b|\bodds ratios?\b|逻辑回归"):
        arguments["method"] = "logit"
    elif ask.has(r"\bols\b|\blinear regression\b|线性回归|最小二乘"):
        arguments["method"] = "ols"
    return arguments


def _relate_target(ask: Ask) -> str | None:
    if len(ask.columns) > 2 and (related := ask.after(r"\b(?:relates?|related|relation) to\b", 12)):
        return related.column
    if ask.has(r"[用拿].{1,30}对") and (explained := ask.after(r"对", 3)):
        return explained.column
    found = (
        ask.after(
            r"\bregress(?:ion)?(?: of| for)?\b|\blogit (?:of|for)\b|\beffects? on\b|\bimpact on\b|\binfluence on\b|\bodds ratios?:?|\bregression:?",
            25,
        )
        or ask.before_(r"\s*(?:~|对\s*\S.{0,40}(?:回归|影响))|\s*\bdepends?\b", 3)
        or ask.after(
            r"对(?=.{1,12}(?:做|的)?(?:线性|逻辑)?(?:回归|影响))|跟(?=.{0,12}有关)|和(?=.{0,8}相关$)", 3
        )
    )
    if found is None and ask.has(r"\bdoes .+ depend on\b"):
        found = ask.after(r"\bdoes\b")
    if found is None and (more := re.search(r"每(?:多|增加|少).{0,8}(?:一|1)", ask.text)):
        found = next((m for m in ask.mentions if m.start > more.end()), None)
    return found.column if found else None


def _relate_features(ask: Ask) -> list[str]:
    return ask.list_after(r"~|\bholding\b^|\bagainst\b") or ask.between(r"[用拿]", r"对|做|来")


def _series(ask: Ask, *, needs: bool = True) -> dict[str, Any]:
    """table, time, value and by, which time_series and forecast share."""
    check_groups(ask)
    value = roles.value(ask) or (ask.before.get("value") if ask.last in {"time_series", "forecast"} else None)
    if value is None and needs:
        numbers = [c.name for c in ask.named.facts.columns(ask.table) if ask.named.facts.additive(c)]
        left = [w for w in ask.unknown(0, len(ask.text)) if w not in _SERIES_WORDS]
        value = named_or_missing(ask, numbers[0] if len(numbers) == 1 and not left else None, "value")
    arguments: dict[str, Any] = {"table": ask.table}
    date = next(
        (m.column for m in ask.mentions if m.exact and ask.named.col(m.column).family == "date"), None
    )
    if (date := date or ask.named.date()) is not None:
        arguments["time"] = date
    if value is not None:
        arguments["value"] = value
    group = roles.by(ask)
    return arguments | ({"by": group} if group and group != value else {})


_SERIES_WORDS = {"forecast", "trend", "seasonal", "anomalies", "outlook"}


def _time_series(ask: Ask) -> dict[str, Any]:
    arguments = _series(ask)
    step = every(ask)
    if step:
        arguments["every"] = step
    what = [name for name, pattern in _WHAT if ask.has(pattern)]
    if len(what) == 1:
        arguments["what"] = what[0]
    elif "trend" in what and "resample" in what:
        arguments["what"] = "trend"
    return arguments


_WHAT: tuple[tuple[str, str], ...] = (
    ("trend", r"\btrends?\b|趋势|走势"),
    ("seasonality", r"\bseason|\b(?:yearly|weekly|daily|monthly|annual) (?:cycle|pattern)|\bcyclic|\bperiodic|季节|周期"),
    ("changes", r"\bchange-?\s?points?\b|\bbreaks?\b|\bshifts?\b|\babrupt|\bsudden|突变|拐点|变点|转折|结构变化"),
    ("anomalies", r"\banomal|\b(?:weird|unusual|odd|strange|abnormal)\b|异常|不正常|反常"),
    ("resample", r"\bre-?sampl|\binto a \w+ series\b|\b(?:weekly|monthly|quarterly|yearly|daily) series\b|\baggregate\b|重采样|汇总|做成.{0,4}序列"),
)  # fmt: skip


def _forecast(ask: Ask) -> dict[str, Any]:
    check_phrase(
        ask,
        r"\bforecast(?: of)?\b|\bproject\b|\bextrapolate\b",
        _PHRASE_ENDS + r"|next|coming|\d+|one|two|three|four|five|six",
    )
    arguments = _series(ask)
    found = horizon(ask)
    if found is not None:
        arguments |= {"horizon": found[0], "every": found[1]}
    elif (step := every(ask)) is not None:
        arguments["every"] = step
    return arguments


def _segment(ask: Ask) -> dict[str, Any]:
    arguments: dict[str, Any] = {"table": ask.table}
    listed = r"\b(?:by|on|using|based on|going by|with|in terms of)\b"
    check_all(ask, listed)
    named = ask.list_after(listed, 30) or ask.between(r"[用按以]|只看", r"给|对|把|来|将|聚|分")
    mentions = [
        m
        for m in ask.mentions
        if m.score >= 0.6 and not re.match(r"segment|cluster|group", m.text.casefold())
    ]
    columns = named or [m.column for m in mentions]
    columns = [c for c in columns if not ask.named.facts.identifies(ask.named.col(c))]
    if ask.has(r"\bwithout\b.{0,14}|不(?:用|看|考虑)"):
        out = ask.after(r"\bwithout(?: using)?\b|不(?:用|看|考虑)", 12)
        columns = [c for c in columns if out is None or c != out.column]
    if not columns and ask.has(r"\bmeasurements?\b|\bnumeric"):
        from llmauto_agent.planner.asks.steps import measures

        columns = measures(ask)
    if ask.has(listed + r"|只看|按|[用对]|差不多|\b(?:cluster|hdbscan|kmeans)\b") and columns:
        arguments["columns"] = list(dict.fromkeys(columns))
    count = ask.count(
        r"\b(?:natural |clear |big |main |distinct |customer |separate )?(?:clusters?|groups?|segments?|types|kinds|buckets|personas)\b|个?[类组群种]|个群体|个分群"
    ) or _assigned(ask)
    if count and 2 <= count <= 20:
        arguments["clusters"] = count
    if ask.has(r"\bhdbscan\b|\bdbscan\b|\bdensity"):
        arguments["method"] = "hdbscan"
    elif ask.has(r"\bk-?means\b"):
        arguments["method"] = "kmeans"
    return arguments


def _assigned(ask: Ask) -> int | None:
    found = re.search(r"\bk\s*=\s*(\d+)", ask.text)
    return int(found[1]) if found else None


def _train_model(ask: Ask) -> dict[str, Any]:
    check_phrase(ask, _PREDICTED, _PHRASE_ENDS)
    target = named_or_missing(ask, _train_target(ask), "target")
    arguments: dict[str, Any] = {"table": ask.table, "target": target}
    features = [c for c in roles.features_named(ask) if c != target]
    if features:
        arguments["features"] = features
    if ask.has(r"\bclassifi|\bclasses\b|分类"):
        arguments["task"] = "classification"
    elif ask.has(r"\bregress|回归"):
        arguments["task"] = "regression"
    metric = next((name for name, pattern in METRICS if ask.has(pattern)), None)
    seconds = _seconds(ask)
    return arguments | ({"metric": metric} if metric else {}) | ({"time_budget": seconds} if seconds else {})


def _train_target(ask: Ask) -> str | None:
    """The column to predict; a status in brackets, "treat X as classes", or a word of the domain."""
    named = re.search(r"[(（]\s*(?:目标(?:列)?(?:是|为)?)?\s*([^()（）]{2,30})\s*[)）]", ask.text)
    if named:
        inside = [m for m in ask.mentions if named.start(1) <= m.start and m.end <= named.end(1)]
        if len(inside) == 1:
            return inside[0].column
    treated = ask.after(r"\btreat\b", 12)
    if treated:
        return treated.column
    return roles.target(ask) or (str(ask.before["target"]) if ask.before.get("target") else None)


_SECONDS = (
    (1, r"seconds?|secs?|s\b|秒"), (60, r"minutes?|mins?|分钟"), (3600, r"hours?|hrs?|小时"),
)  # fmt: skip


def _seconds(ask: Ask) -> int | None:
    """The time that the person gives."""
    for factor, unit in _SECONDS:
        if found := ask.count(rf"\b(?:{unit})|(?:{unit})", 2):
            return found * factor
    return None


def _evaluate_model(ask: Ask) -> dict[str, Any]:
    by = roles.by(ask)
    if by is None:
        found = [
            m for m in ask.mentions if ask.named.is_group(m.column) and m.column != ask.before.get("target")
        ]
        sure = [m for m in found if m.score >= 0.6]
        if sure and ask.has(
            r"\bworse\b|\bbetter on\b|\bequal|\bfair|\bfor\b|\bbetween\b|\bbias|公平|不同|[分各按]|偏见"
        ):
            by = sure[0].column
    against = re.search(r"\b(?:against|versus|vs\.?|compared? (?:to|with))\s+([\w.-]+@\d+)", ask.typed)
    arguments = _model(ask) | ({"by": by} if by else {})
    if len(ask.named.tables) == 1 and ask.has(r"\bon\b|上"):
        arguments["table"] = ask.named.tables[0]
    return arguments | ({"against": against[1]} if against else {})


def _predict(ask: Ask) -> dict[str, Any]:
    return _model(ask) | {"table": ask.table}


def _explain_model(ask: Ask) -> dict[str, Any]:
    arguments = _model(ask)
    row = _row(ask)
    if row is not None:
        return arguments | {"row": row}
    features = [m.column for m in ask.mentions if m.score >= 0.6 and m.column != ask.before.get("target")]
    if features and ask.has(
        r"\beffect of\b|\bpartial dependence\b|\bpdp\b|\bchanges? (?:with|when)\b|\bdepends? on\b|部分依赖|偏依赖|怎么变|变化时|影响"
    ):
        arguments["features"] = list(dict.fromkeys(features))
    return arguments


def _find_insights(ask: Ask) -> dict[str, Any]:
    """The table, and the column that the facts have to be about, if one is named with certainty."""
    arguments: dict[str, Any] = {"table": ask.table}
    named = [
        m for m in ask.mentions if m.score >= 0.85 and not m.by_value and not ask.named.is_date(m.column)
    ]
    about = ask.after(r"\b(?:about|on|in|for|with|of|target)\b|关于|目标|针对", 20)
    if about in named:
        arguments["target"] = about.column if about is not None else None
    return arguments


def _row(ask: Ask) -> int | None:
    found = re.search(
        r"\b(?:row|line|record|case|observation|customer|passenger|number|no\.?)\s*#?\s*(?:number |no\.? )?(\d+)\b|第\s*(\d+)\s*(?:行|条|个|位)",
        ask.text,
    )
    return int(found[1] or found[2]) if found else None


def _model(ask: Ask) -> dict[str, Any]:
    name = model_named(ask)
    return {"model": name} if name else {}


BUILDERS: dict[str, Callable[[Ask], dict[str, Any]]] = {
    "profile": _profile, "check_quality": _check_quality, "preprocess": _preprocess, "apply_recipe": _apply_recipe,
    "select_features": _select_features, "test_hypothesis": _test_hypothesis, "relate": _relate,
    "time_series": _time_series, "forecast": _forecast, "segment": _segment, "chart": chart,
    "train_model": _train_model, "evaluate_model": _evaluate_model, "predict": _predict,
    "explain_model": _explain_model, "find_insights": _find_insights,
}  # fmt: skip
"""Tool → its arguments. Raises Missing where something that it needs is not named."""
