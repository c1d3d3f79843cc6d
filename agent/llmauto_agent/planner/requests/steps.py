"""The steps of a recipe, and the split, that a request names."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from llmauto_agent.planner.requests.mentions import Mentions, names
from llmauto_agent.planner.requests.shared import Arguments, target_of

# fmt: off
_STEPS = {
    "impute": r"imput\w+|(?:fill|missing|blank|empty|gaps?|nulls?)|缺失|补|填|空(?!格)", "encode": r"one-?hot|\bencod\w+|dummies|独热|编码|哑变量", "scale": r"standardi[sz]\w*|normali[sz]\w*|\bscal(?:e|ing)\b|min-?max|log[- ]?(?:transform|scale)|标准化|归一化|缩放|对数",
    "cast": r"(?:make|turn|convert|cast|came)\b.{0,40}\b(?:number|date|numeric|text)|转(?:换)?(?:成|为)", "rare": r"\brare\b|\blump\b|稀有|低频|归(?:为|到|入)其他", "drop": r"\b(?:drop|remove|delete|get rid of)\b|删|去掉(?!.{0,6}空格)|丢掉",
    "dates": r"(?:break|split|expand|turn)\b.{0,40}\b(?:months?|weekdays?|years?|parts)|拆", "outliers": r"\bcap\b|winsor\w*|\bclip\b|outliers?|截断|盖帽|封顶|极端", "trim": r"\btrim\b|white ?space|spaces|空格", "unify": r"consistent|unify|harmoni[sz]e|统一",
    "deduplicate": r"de-?dup\w*|duplicat\w+|去重|重复",
}
# fmt: on


def preprocess(m: Mentions) -> Arguments:
    split = _split(m)
    if split:
        return split
    steps = steps_of(m)
    if steps:
        return {"steps": steps}
    ready = re.search(r"model|train|predict|target|建模|预测|训练|目标", m.text)
    target = target_of(m) if ready and m.sure else None
    return {"target": target.column.name} if target else {}


def _split(m: Mentions) -> Arguments:
    if not re.search(
        r"\bsplit\b|train(?:ing)?[ /-]?(?:and |\W)?test|stratif|hold-?out|划分|切分|分层|留出|拆分成?训练",
        m.text,
    ):
        return {}
    if re.search(r"\binto\b.{0,20}(?:month|weekday|year|day)", m.text):
        return {}
    column = m.columns[0].column if m.columns else None
    if re.search(r"stratif|分层", m.text):
        return {"split": "stratified"} | ({"target": column.name} if column else {})
    if re.search(r"\bby time\b|chronolog|newest|latest|时间|最新", m.text) or (
        column and column.family == "date"
    ):
        return {"split": "time"} | ({"time": column.name} if column else {})
    if re.search(r"by group|same .{1,20} (?:on )?one side|per |分组|同一", m.text) and column:
        return {"split": "group", "group": column.name}
    return {"split": "random"}


def steps_of(m: Mentions) -> list[dict[str, Any]]:
    """Steps with their columns: each part of the request between commas and "and" is looked at by itself."""
    places = [
        (match.start(), match.end(), kind)
        for kind, pattern in _STEPS.items()
        for match in re.finditer(pattern, m.text)
    ]
    places.sort()
    kinds: list[tuple[int, str]] = []
    for start, _, kind in places:
        if not kinds or kinds[-1][1] != kind:
            kinds.append((start, kind))
    kinds = _merged(kinds)
    if not kinds:
        return []
    edges = [0]
    for (start, _), (following, _) in pairwise(kinds):
        joints = [x.start() for x in _JOINT.finditer(m.text, start, following)]
        edges.append(joints[-1] if joints else following)
    edges.append(len(m.text) + 1)
    steps = []
    for (_, kind), (first, end) in zip(kinds, pairwise(edges), strict=True):
        inside = [x for x in m.sure if first <= x.start < end]
        steps.append(_step(kind, names(inside), m))
    both = [s for s in steps if "columns" not in s]
    if len(steps) > len(both) and re.search(r"\bboth\b|them\b|\bthose\b", m.text):
        for step in both:
            step["columns"] = next(s["columns"] for s in steps if "columns" in s)
    return steps


_JOINT = re.compile(r"\band\b|\bthen\b|[,;&，；、]|并|再|然后")


def _merged(kinds: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """A kind that is named twice is one step; the drop of duplicates is no drop of columns."""
    seen: dict[str, int] = {}
    for start, kind in kinds:
        seen.setdefault(kind, start)
    if "deduplicate" in seen:
        seen.pop("drop", None)
    if "cast" in seen and "impute" in seen and not seen["impute"]:
        seen.pop("impute")
    return sorted((start, kind) for kind, start in seen.items())


_FILLS = {
    "mean": r"\bmean\b|average|均值|平均", "median": r"median|中位", "most_frequent": r"most (?:common|frequent)|\bmode\b|众数",
    "forward": r"forward|previous value|last value|前一个|向前",
}  # fmt: skip
_SCALES = {
    "robust": r"robust|稳健", "minmax": r"min-?max|0 (?:to|and) 1|归一化", "log1p": r"\blog|对数", "yeo_johnson": r"yeo", "quantile": r"quantile|分位",
}  # fmt: skip


def _step(kind: str, columns: list[str], m: Mentions) -> dict[str, Any]:
    step: dict[str, Any] = {"kind": kind} | ({"columns": columns} if columns else {})
    if kind == "impute":
        method = next((name for name, p in _FILLS.items() if re.search(p, m.text)), None)
        constant = re.search(r"[\"“']([^\"”']+)[\"”']", m.question)
        if method:
            step["method"] = method
        elif constant:
            step |= {"method": "constant", "value": constant[1]}
    if kind == "scale":
        method = next((name for name, p in _SCALES.items() if re.search(p, m.text)), None)
        if method:
            step["method"] = method
    return step
