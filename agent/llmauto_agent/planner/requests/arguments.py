"""The arguments of a tool, from what a request mentions."""

from __future__ import annotations

import re
from collections.abc import Callable

from llmauto_agent.planner.requests.charts import chart
from llmauto_agent.planner.requests.mentions import Mentions, names
from llmauto_agent.planner.requests.models import (
    apply_recipe,
    evaluate_model,
    explain_model,
    predict,
    select_features,
    train_model,
)
from llmauto_agent.planner.requests.series import forecast, relate, segment, test_hypothesis, time_series
from llmauto_agent.planner.requests.shared import Arguments, MissingTargetError, target_of
from llmauto_agent.planner.requests.steps import preprocess

__all__ = ["BUILDERS", "Arguments", "MissingTargetError"]

# fmt: off
_CHECKS = {
    "missing": r"\bmissing\b|\bgaps?\b|\bnulls?\b|\bblanks?\b|\bempty\b|缺失|空值", "duplicates": r"duplicat\w*|\bdupes?\b|\btwice\b|重复",
    "constant": r"\bconstant\b|\bsame value\b|常量|恒定", "outliers": r"outliers?|\bextremes?\b|离群|异常值|极端", "types": r"mixed (?:types|units)|\btypes\b.*mixed|类型混|单位混",
    "categories": r"spel|inconsisten|\bsame category\b|categor\w+ .*(?:ways|consistent)|写法|不一致", "impossible": r"impossible|nonsense|implausible|negative (?:prices?|ages?|values?)|zero dimensions|invalid|不可能|不合理",
    "time_order": r"out of (?:sequence|order)|in order\b|time order|sequence|时间顺序|日期.*顺序|乱序", "imbalance": r"imbalanc\w*|unbalanced|class balance|不均衡|不平衡",
    "leakage": r"\bleak\w*|泄[漏露]", "drift": r"\bdrift\w*|漂移", "labels": r"mis-?label\w*|label (?:errors?|noise|issues)|wrong labels|the \w+ labels|标错|标注", "personal": r"personal|\bpii\b|privacy|e-?mails?|phone|sensitive|隐私|个人信息|敏感",
}
# fmt: on


def profile(m: Mentions) -> Arguments:
    found: Arguments = {}
    if re.search(r"\btarget\b|as the (?:label|outcome)|associates? with|目标", m.text) and m.columns:
        target = target_of(m)
        return {"target": target.column.name} if target else {}
    if len(m.sure) >= 1 and not re.search(
        r"\b(?:churn|census|housing|customers?|orders?) (?:table|data|file|extract)", m.text
    ):
        found["columns"] = names(m.sure)
    return found


def check_quality(m: Mentions) -> Arguments:
    checks = [name for name, pattern in _CHECKS.items() if re.search(pattern, m.text)]
    found: Arguments = {}
    if "drift" in checks and len(m.tables) > 1:
        return {"table": m.tables[0].name, "other": m.tables[1].name}
    if checks:
        found["checks"] = checks
    if {"leakage", "imbalance", "labels"} & set(checks) and m.columns:
        target = target_of(m)
        found["target"] = target.column.name if target else None
    return {k: v for k, v in found.items() if v is not None}


BUILDERS: dict[str, Callable[[Mentions], Arguments]] = {
    "profile": profile, "check_quality": check_quality, "preprocess": preprocess, "select_features": select_features,
    "test_hypothesis": test_hypothesis, "relate": relate, "time_series": time_series, "forecast": forecast,
    "segment": segment, "train_model": train_model, "evaluate_model": evaluate_model, "predict": predict,
    "explain_model": explain_model, "apply_recipe": apply_recipe, "chart": chart,
}  # fmt: skip
