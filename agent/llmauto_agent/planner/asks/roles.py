"""Which of the named columns is the target, the features, the value, the groups, the time."""

from __future__ import annotations

import re

from llmauto_agent.planner.asks.ask import Ask
from llmauto_agent.planner.asks.mentions import Mention

_TARGET_BEHIND = (
    r"\b(?:target|label|outcome|response)(?: column| variable| is| being|:|=|,)*\s+(?:is |the )?",
    r"\blogit of\b|\bregress\b|\beffect on\b|\bodds ratios?:?",
    r"\b(?:to )?(?:predict|predicts|predicting|classify|classifies|estimate|estimates)\b",
    r"\b(?:classifier|regressor|regression|regression model|classification|model|predictor|automl)s? (?:for|on|of|to predict|that predicts)\b",
    r"\btell\b(?=.{0,30}\bfrom\b)|\bmodel(?:l?ing)?\b(?! me)|\bstratified by\b|\bbased on\b$",
    r"\b(?:useful|important|informative|relevant|best|predictors?|features?|variables|columns?|inputs?|matter most|matter) (?:are |is |they are )?(?:for|of|to)\b",
    r"\b(?:select|feature selection|selection|mrmr features?)\b.{0,12}\b(?:for|target)\b",
    r"\bregression (?:for|of)\b|\bprepare\b.{0,20}\bfor\b|\bfor predicting\b|\btrain\b.{0,30}\bon\b|\bautoml on\b",
    r"目标(?:列|变量)?(?:是|为|：|:|=)?|标签(?:列)?(?:是|为)?|预测|判断|区分|对(?=\S{0,12}(?:最?有用|建模|做回归))|训练(?:一个|个)?(?:预测)?|给(?=\S{0,30}\s*建模)",
)  # fmt: skip
_TARGET_BEFORE = (
    r"\s*(?:as|is|being) (?:the |a |our )?(?:target|label|outcome|response)\b",
    r"\s*(?:model|classifier|regressor|classification|prediction|regression)\b",
    r"\s*~",
    r"\s*(?:这个)?(?:为|是|作为|当)?(?:目标|标签)|\s*(?:的)?(?:建模|模型|分类|回归模型|的最佳|的特征)|\s*对\s*\S{1,40}(?:回归)",
)
_FEATURES_BEHIND = r"\b(?:from|using|based on|given|out of|among|against)\b|\bwith (?:the )?(?:features|inputs|columns)\b|~|\busing only\b"
_LAST_RESORT = r"\bfor\b|\bof\b|\babout\b"


def target_mention(ask: Ask) -> Mention | None:
    """The column that is to be predicted or explained, as the words around say."""
    taken = set(features_named(ask))
    for pattern in _TARGET_BEHIND:
        found = ask.after(pattern, 30)
        if found and (found.column not in taken or len(ask.columns) == 1):
            return found
    for pattern in _TARGET_BEFORE:
        for m in ask.mentions:
            if m.column not in taken and re.match(pattern, ask.text[m.end :]):
                return m
    found = ask.after(_LAST_RESORT, 30)
    if found and found.column not in taken:
        return found
    left = [m for m in ask.mentions if m.column not in taken]
    left = [m for m in left if not ask.named.facts.identifies(ask.named.col(m.column))] or left
    return max(left, key=lambda m: round(m.score, 1)) if left else None


def target(ask: Ask) -> str | None:
    """The name of the target, or None."""
    found = target_mention(ask)
    return found.column if found else None


def features_named(ask: Ask) -> list[str]:
    """The columns that something is to be predicted from, where the request lists them."""
    found = ask.between(
        r"(?:^|[，,。\s])(?:请)?[用拿从]|以|根据",
        r"训练|去?预测|来预测|对|建|判断|里选|中选|里挑|中挑|做回归|学",
    )
    if found:
        return found
    return ask.list_after(_FEATURES_BEHIND, 30)


def value(ask: Ask) -> str | None:
    """The column of amounts that a series, a forecast or a test is about."""
    date = {m.column for m in ask.mentions if ask.named.is_date(m.column)}
    found = [m for m in ask.mentions if ask.named.is_number(m.column) and m.column not in date]
    sure = [m for m in found if m.score >= 0.85] or found
    return max(sure, key=lambda m: round(m.score, 1)).column if sure else None


def by(ask: Ask) -> str | None:
    """The column whose groups are told apart: "per source", "for each region", 分城市."""
    pattern = r"\b(?:per|by|for each|for every|for all|each|every|across|within|split by|separately for|grouped by|between|among|of each|on|for)\b|各个?|[分按每]个?|不同(?:的)?"
    for m in ask.mentions:
        if not ask.named.is_group(m.column) or ask.named.is_date(m.column):
            continue
        before = ask.text[max(0, m.start - 24) : m.start]
        if re.search(rf"(?:{pattern})\s*(?:the |three |two |different |all )*$", before):
            return m.column
    return None
