"""The tool that a request asks for: the scores, corrected by what the conversation and the words allow."""

from __future__ import annotations

import re

from llmauto_agent.planner.asks.ask import Ask
from llmauto_agent.planner.asks.names import reference
from llmauto_agent.planner.asks.score import ENOUGH, scores

MODEL_TOOLS = ("train_model", "evaluate_model", "predict", "explain_model")
_MODEL = re.compile(r"\bmodels?\b|\bclassifier\b|\bregressor\b|模型|分类器")
_THE_MODEL = re.compile(
    r"\b(?:the|my|our|that|this|last|latest|its) (?:\w+ )?(?:model|classifier)\b|\bto the model\b|(?:这个|上一个|刚才的|该|上个)模型|^模型"
)
_FUTURE = re.compile(
    r"\bnext\b|\bcoming\b|\bahead\b|\btomorrow\b|\bfuture\b|\b(?:out|forward)\b|\bupcoming\b|未来|接下来|往后|今后|下个?(?:周|月|季|年)|后面|明[天年]|预测.{0,6}[一二两三四五六七八九十\d]\s*个?(?:天|周|月|季度|年)|后[一二三四五六七八九十\d]"
)
_FORECAST = re.compile(r"\bforecast|\bextrapolat|推算|外推|往后推")
_SAME = re.compile(r"\b(?:same|apply it|do (?:this|that|it))\b.{0,16}\b(?:to|for|on|with)\b|照样|同样|一样")
_OVER_ALL = re.compile(
    r"\b(?:every|each|all|these|those|them|rows?|it|now|table)\b|^\W*predict\W*$|每|所有|全部|一下|结果"
)
_SELECT = re.compile(r"\bfeatures?\b|\bpredictors\b|\bvariables?\b|\binputs?\b|\bcolumns?\b|特征|变量|列")


def choose(ask: Ask) -> str | None:
    """The tool with the clearly best score, or None where a plain question fits as well."""
    found = scores(ask.text, ask.mentions)
    _by_conversation(ask, found)
    _by_words(ask, found)
    plain = found.pop("analyze", 0.0)
    if not found:
        return None
    tool = max(found, key=lambda name: found[name])
    return tool if found[tool] >= ENOUGH and found[tool] > plain else None


def _raise(found: dict[str, float], tool: str, score: float) -> None:
    found[tool] = max(found.get(tool, 0.0), score)


def _by_conversation(ask: Ask, found: dict[str, float]) -> None:
    """What follows upon the last step: "why?" after a model, "the same to orders" after a recipe."""
    if ask.trained:
        if ask.has(r"\bwhy\b|\bhow come\b|为什么|为何|怎么来的"):
            _raise(found, "explain_model", 3.2)
        if ask.has(
            r"\b(?:inputs?|features?|variables?|columns?|factors?)\b.{0,20}\bmatters?\b|影响最大|最重要"
        ):
            _raise(found, "explain_model", 3.4)
        if ask.has(
            r"\bhow (?:good|accurate|well|reliable)\b|\b(?:works?|perform|do|does) (?:it )?(?:\w+ )?(?:worse|better|equally)|准不准|效果|准确率|误差"
        ):
            _raise(found, "evaluate_model", 3.2)
        if ask.has(
            r"\bapply (?:it|this|that|the model)\b|\bpredict with\b|\buse it (?:on|for)\b|\bmodel'?s? predict"
        ):
            _raise(found, "predict", 3.4)
        if ask.has(r"\bexplain it\b|\bnow explain\b|\bwhat (?:has|did) it learn"):
            _raise(found, "explain_model", 3.2)
    elif ask.last in {"preprocess", "apply_recipe"} and _SAME.search(ask.text):
        _raise(found, "apply_recipe", 3.4)


def _by_words(ask: Ask, found: dict[str, float]) -> None:
    named = reference(ask) is not None
    model = named or ask.trained or bool(_MODEL.search(ask.text))
    if not model:  # nothing that could be evaluated, applied or explained
        for tool in ("evaluate_model", "explain_model"):
            if found.get(tool, 0.0) < 2.85:
                found.pop(tool, None)
    if ask.has(r"\brecipe\b|配方") or (
        named and ask.has(r"\b(?:clean|prep)\w*|清洗|预处理|转换|\btransform")
    ):
        _raise(found, "apply_recipe", 4.0)
    elif named:
        _of_saved_model(ask, found)
    _forecast_or_model(ask, found, named)
    _train_or_predict(ask, found, named)
    if _THE_MODEL.search(ask.text) and "explain_model" in found and "select_features" in found:
        found.pop("select_features")
    both = "select_features" in found and "train_model" in found and _SELECT.search(ask.text)
    if both and not ask.has(r"\b(?:train|fit|automl|build (?:a|me)|make a)\b|训练|建模"):
        found["train_model"] = min(found["train_model"], found["select_features"] - 0.1)
    if "relate" in found and "test_hypothesis" in found:
        _relate_or_test(ask, found)
    if (
        "check_quality" in found
        and "preprocess" in found
        and ask.has(r"^(?:is|are|has|any|how|what)\b|\?|？|吗|有没有")
    ):
        if not ask.has(
            r"\b(?:fill|replace|encode|drop|remove|clean (?:it|this|up)|just say)\b|补|填|截断|编码|删"
        ):
            found["check_quality"] = max(found["check_quality"], found["preprocess"] + 0.1)
    elif (
        "check_quality" in found
        and found.get("preprocess", 0.0) >= 2.6
        and not ask.has(r"\b(?:check|scan|find|look for|report)\b|检查|查")
    ):
        found["preprocess"] = max(found["preprocess"], found["check_quality"] + 0.1)


def _of_saved_model(ask: Ask, found: dict[str, float]) -> None:
    """A request that names a saved model evaluates, explains or applies it."""
    for tool in ("evaluate_model", "explain_model", "predict"):
        if tool in found:
            found[tool] += 1.5
    if ask.has(r"\bperform|表现|效果"):
        _raise(found, "evaluate_model", 4.2)
    if ask.has(r"\b(?:use|using|with|score|run|predict\w*|fill in|apply)\b|[用拿]|预测|打分|推理|应用|跑") and not any(
        found.get(t, 0.0) > 3.5 for t in ("evaluate_model", "explain_model")
    ):  # fmt: skip
        _raise(found, "predict", 4.0)
    for tool in ("train_model", "select_features", "test_hypothesis"):
        found.pop(tool, None)


def _forecast_or_model(ask: Ask, found: dict[str, float], named: bool) -> None:
    if "forecast" not in found:
        return
    if not (_FUTURE.search(ask.text) or _FORECAST.search(ask.text)):
        found["forecast"] = min(found["forecast"], 2.3)
    elif not named and not _MODEL.search(ask.text):
        found["forecast"] += 0.8
        found.pop("predict", None)
        if _FUTURE.search(ask.text) and not ask.has(r"\btrain\b|训练|建模"):
            found.pop("train_model", None)
    if ask.has(r"\blikely to (?:leave|churn|buy|quit)\b") or (
        _MODEL.search(ask.text) and not _FORECAST.search(ask.text)
    ):
        found.pop("forecast", None)


def _train_or_predict(ask: Ask, found: dict[str, float], named: bool) -> None:
    """ "Predict X" trains a model where there is none, and applies it where there is one."""
    applies, trains = found.get("predict", 0.0), found.get("train_model", 0.0)
    if applies and not (named or ask.trained or _MODEL.search(ask.text)):
        found.pop("predict")
        _raise(found, "train_model", max(trains, 2.4))
    elif trains and ask.trained and trains < 2.85 and (_OVER_ALL.search(ask.text) or not ask.mentions):
        found.pop("train_model")
        _raise(found, "predict", max(applies, trains + 0.1))
    elif applies and _THE_MODEL.search(ask.text):
        found["predict"] = max(applies, trains + 0.1)


def _relate_or_test(ask: Ask, found: dict[str, float]) -> None:
    """Two amounts are related, groups are compared."""
    amounts = len(ask.numbers())
    groups = len(ask.groups())
    if ask.has(r"\bcorrelat|\bregress|相关|回归|\blogit\b") or (amounts >= 2 and not groups):
        found["relate"] = max(found["relate"], found["test_hypothesis"] + 0.1)
    else:
        found["test_hypothesis"] = max(found["test_hypothesis"], found["relate"] + 0.1)
