"""Arguments of the tools that make and use models, and of saved recipes."""

from __future__ import annotations

import re

from llmauto_agent.planner.requests.mentions import NAMED, Mentions, names
from llmauto_agent.planner.requests.shared import Arguments, inputs_of, required, target_of


def select_features(m: Mentions) -> Arguments:
    pool = inputs_of(m, "") if re.search(r"\bout of\b|\bfrom\b.*\bselect|从.+(?:选|挑)", m.text) else []
    rest = [x for x in m.columns if x.column.name not in pool]
    target = target_of(m, among=rest)
    found: Arguments = {"target": required(m, target, "target")}
    if (
        count := m.count(r"feature|predictor|input|variable|column|top|best|特征|变量|字段|个|留")
    ) is not None:
        found["count"] = count
    pool = [n for n in pool if n != found["target"]]
    return found | ({"features": pool} if len(pool) > 1 else {})


def train_model(m: Mentions) -> Arguments:
    columns = m.columns
    listed = inputs_of(m, "")
    rest = [x for x in columns if x.column.name not in listed] or columns
    target = target_of(m, among=rest)
    found: Arguments = {"target": required(m, target, "target")}
    features = [n for n in listed if n != found["target"]]
    if features:
        found["features"] = features
    if re.search(r"classif|as classes|分类", m.text):
        found["task"] = "classification"
    elif re.search(r"regress|回归", m.text):
        found["task"] = "regression"
    if (budget := _budget(m.text)) is not None:
        found["time_budget"] = budget
    metric = next((name for name, p in _METRICS.items() if re.search(p, m.text)), None)
    return found | ({"metric": metric} if metric else {})


_METRICS = {
    "roc_auc": r"\bauc\b|\broc\b", "f1": r"\bf1\b", "neg_mean_absolute_error": r"\bmae\b|mean absolute error|平均绝对误差",
    "neg_root_mean_squared_error": r"\brmse\b|均方根", "r2": r"\br2\b|r squared", "accuracy": r"optimi[sz]e accuracy|准确率最",
}  # fmt: skip
_BUDGET = re.compile(
    r"(\d+|one|two|three|five|ten|[一二两三四五六七八九十半]+)\s*(seconds?|secs?|s\b|minutes?|mins?|hours?|秒|分钟|小时)"
)


def _budget(text: str) -> float | None:
    """Seconds that the request allows."""
    match = _BUDGET.search(text)
    if match is None:
        return None
    from llmauto_agent.planner.requests.mentions import _number

    number = 0.5 if match[1] == "半" else _number(match[1])
    if number is None:
        return None
    unit = match[2]
    return float(number * (3600 if unit[0] in "h小" else 60 if unit[0] in "m分" else 1))


def evaluate_model(m: Mentions) -> Arguments:
    found: Arguments = {"model": m.saved} if m.saved else {}
    split = re.search(
        r"\bby\b|\bfor\b|\bper\b|\beach\b|separate|\bon\b|\bbetween\b|\bacross\b|worse|better|fair|分|按|不同|各|对|男女",
        m.text,
    )
    named = [x for x in (*m.valued, *m.columns) if x.score >= NAMED] or m.columns
    if split and named:
        found["by"] = named[-1].column.name
    return found


def predict(m: Mentions) -> Arguments:
    return (
        {"model": m.saved}
        if m.saved
        else _named_model(m, r"model ([\w.-]+)|模型 ?([\w.-]+)|([\w.-]+) ?模型", "model")
    )


def explain_model(m: Mentions) -> Arguments:
    found: Arguments = {"model": m.saved} if m.saved else {}
    row = re.search(
        r"\brow (?:number |no\.? ?|#)?(\d+)|\b(?:customer|passenger|record|line) (?:number |#)?(\d+)|第 ?(\d+) ?(?:行|条|个|位)",
        m.text,
    )
    if row:
        found["row"] = int(next(g for g in row.groups() if g))
    if (
        m.sure
        and re.search(r"partial dependence|\bpdp\b|changes?\b|effect of|role of|部分依赖|变化时|影响", m.text)
        and not row
    ):
        found["features"] = names(m.sure)
    return found


def apply_recipe(m: Mentions) -> Arguments:
    if m.saved:
        return {"recipe": m.saved}
    for pattern in _RECIPES:
        if found := _named_model(m, pattern, "recipe"):
            return found
    return {}


_NO_NAMES = frozenset(
    ("to", "on", "for", "now", "that", "this", "the", "it", "a", "my", "is", "as", "says", "again", "last", "same", "saved", "from",
     "cleaning", "preprocessing", "way", "here", "and", "with", "of")
)  # fmt: skip


def _named_model(m: Mentions, pattern: str, argument: str) -> Arguments:
    """A saved name that a phrase announces, in its own spelling."""
    tables = {t.name.casefold() for t in m.index.tables}
    for match in re.finditer(pattern, m.text):
        name = next((g for g in match.groups() if g), None)
        if name and name not in tables and name not in _NO_NAMES:
            start = m.text.index(name, match.start())
            return {argument: m.question[start : start + len(name)]}
    return {}


_RECIPES = (
    r"called ([\w.-]+)|叫 ?([a-z][\w.-]*)", r"(?:recipe|receipt|receipe|reciept)s? ([\w.-]+)|配方 ?([a-z][\w.-]*)",
    r"([\w.-]+) (?:recipe|receipt|receipe|reciept)|([a-z][\w.-]*) ?配方", r"re-?apply \"?([\w.-]+)",
    r"保存的 ?([a-z][\w.-]*)|按 ?([a-z][\w.-]*) ?的步骤",
)  # fmt: skip
