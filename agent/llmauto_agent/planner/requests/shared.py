"""What the builders of arguments share: the target of a request, its inputs, groups among columns."""

from __future__ import annotations

import re
from typing import Any

from llmauto_agent.planner.requests.mentions import Mention, Mentions, names

Arguments = dict[str, Any]


class MissingTargetError(ValueError):
    """A tool needs a column that the request does not name; `choices` are those that it could be."""

    def __init__(self, what: str, choices: list[str]) -> None:
        super().__init__(what)
        self.choices = choices


# fmt: off
_TARGET = (
    r"\bpredict(?:s|ing|ed|ion|ions|or|ors)?(?: (?:of|for|the|a|an|who|which|whether|how|people|customers))*\b",
    r"\btarget(?: is| =|:|,)?\b", r"\b(?:label|outcome|response)(?: is| =|:)?\b", r"\bmodel(?:l?ing)?(?: for| of| that \w+| to \w+)?\b",
    r"\bclassif\w+(?: for| of| on)?\b", r"\bregression(?: model)?(?: for| of)?\b", r"\b(?:drives?|drivers of|leaks? the answer for)\b",
    r"\b(?:useful|important|informative|relevant|matter|best|most)\b.{0,24}\b(?:for|to|about)\b", r"\btell\b", r"\bfor\b", r"\bof\b", r"\babout\b", r"\bas\b",
    r"预测", r"目标(?:列|变量)?(?:是|为|：|:|，)?", r"标签(?:是|为)?", r"以", r"对", r"按", r"区分", r"模型", r"训练",
)
# fmt: on


def target_of(m: Mentions, *, among: list[Mention] | None = None) -> Mention | None:
    """The column to be predicted: behind a phrase that announces one, else the first that is named."""
    columns = [x for x in (m.columns if among is None else among) if not is_weak(x, m)]
    if not columns:
        return None
    for phrase in _TARGET:
        found = m.after(phrase)
        if found is not None and found in columns:
            return found
    return columns[0]


_KEY = re.compile(r"(?:^|[_ ])(?:id|key|code|no|number)$|(?:Id|ID)$|编号$|号$")


def is_weak(x: Mention, m: Mentions) -> bool:
    """Whether a word only half names a column: an id by its noun, or a part of a longer thing unknown here."""
    if x.score >= 0.85:
        return False
    return bool(_KEY.search(x.column.name)) or (x.score < 0.72 and m.unknown_beside(x))


def required(m: Mentions, found: Mention | None, what: str) -> str:
    if found is None:
        raise MissingTargetError(what, [c.name for c in m.table.columns][:6])
    return found.column.name


_USING = r"\b(?:from|using|with|based on|given|by means of|out of)\b|用|拿|从|根据|基于"


def inputs_of(m: Mentions, target: str) -> list[str]:
    """Columns that are named as inputs: "price from carat, cut and color"."""
    behind = [n for n in names(m.behind(_USING)) if n != target]
    if m.language == "zh":
        before = [n for n in names(m.before(r"预测|训练|判断|建模|选|对")) if n != target]
        return before if re.search(r"用|拿|从|根据|基于", m.text) and before else []
    return behind


def is_grouping(m: Mentions, x: Mention) -> bool:
    """Whether a column of numbers stands for groups: yes/no as 0 and 1, or few values."""
    facts = m.index.values.facts(x.table, x.column.name) if m.index.values else None
    return bool(facts and (facts.binary or (facts.values and len(facts.values) <= 5)))
