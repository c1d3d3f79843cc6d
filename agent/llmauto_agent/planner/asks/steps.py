"""The steps of `preprocess` that a request names, each with its columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from llmauto_agent.planner.asks.ask import Ask
from llmauto_agent.planner.asks.mentions import Mention
from llmauto_agent.planner.asks.vocabulary import STEPS
from llmauto_agent.planner.tokens import fold

_BREAK = re.compile(r"\s*(?:[,;&.，；。、:：]|\band then\b|\band\b|\bthen\b|并且?|然后|再|以及)\s*")
_ALL = re.compile(r"\b(?:both|them|it|these|those|all of them)\b|都|两者")
_MEASURES = re.compile(
    r"\bmeasurements?\b|\bnumeric(?:al)? (?:columns?|features?|variables?|ones)\b|\b(?:all )?numbers\b|数值列|数值型?(?:变量|字段)"
)


@dataclass
class _Part:
    """A piece of the request: the kinds of steps that it names and its columns."""

    text: str
    kinds: list[str]
    columns: list[str] = field(default_factory=list)


def named_steps(ask: Ask) -> list[dict[str, Any]]:
    """The steps in the order of the text; empty where only a general cleaning is asked for."""
    steps: list[dict[str, Any]] = []
    for part in _merged(_parts(ask)):
        columns = part.columns or (
            steps[-1]["columns"] if steps and _ALL.search(part.text) and "columns" in steps[-1] else []
        )
        if not columns and _MEASURES.search(part.text):
            columns = measures(ask)
        for kind in part.kinds:
            steps.append(_step(kind, columns, part.text, ask))
    return [s for s in steps if s]


def _parts(ask: Ask) -> list[_Part]:
    """Pieces of the text between commas and "and", none inside the name of a column."""
    cuts = [0]
    for match in _BREAK.finditer(ask.text):
        if not any(m.start < match.end() and match.start() < m.end for m in ask.mentions):
            cuts.append(match.end())
    parts = []
    for start, end in zip(cuts, [*cuts[1:], len(ask.text)], strict=True):
        text = ask.text[start:end]
        inside = [m for m in ask.mentions if start <= m.start < end]
        parts.append(_Part(text, _kinds(text, inside, start), list(dict.fromkeys(m.column for m in inside))))
    return parts


def _kinds(text: str, mentions: list[Mention], offset: int) -> list[str]:
    found = []
    for kind, pattern in STEPS:
        match = re.search(pattern, text)
        if match and not any(
            m.start - offset <= match.start() and match.end() <= m.end - offset for m in mentions
        ):
            found.append((match.start(), kind))
    kinds = [kind for _, kind in sorted(found)]
    if "dates" in kinds or "cast" in kinds or "deduplicate" in kinds:
        kinds = [k for k in kinds if k not in ({"drop"} | ({"cast"} if "dates" in kinds else set()))]
    if "outliers" in kinds:
        kinds = [k for k in kinds if k not in {"drop", "trim"}]
    if "trim" in kinds or "impute" in kinds or "rare" in kinds:
        kinds = [
            k
            for k in kinds
            if k not in {"drop", "unify"}
            or (k == "unify" and "trim" not in kinds and "rare" not in kinds and "impute" not in kinds)
        ]
    return kinds


def _merged(parts: list[_Part]) -> list[_Part]:
    """Pieces without a step of their own join their neighbour: lists go on, topics come first."""
    merged: list[_Part] = []
    waiting: _Part | None = None
    for part in parts:
        if part.kinds:
            if waiting is not None and (not part.columns or not merged):
                part.columns = list(dict.fromkeys([*waiting.columns, *part.columns]))
                part.text = f"{waiting.text} {part.text}"
            elif waiting is not None and merged:
                merged[-1].columns += waiting.columns
            waiting = None
            merged.append(part)
        elif part.columns and merged and not re.search(r"\b(?:is|are|came|has|have)\b|缺|空", part.text):
            merged[-1].columns += [c for c in part.columns if c not in merged[-1].columns]
            merged[-1].text += f" {part.text}"
        elif part.columns or re.search(r"\bmissing|blank|缺失|空", part.text):
            waiting = (
                part
                if waiting is None
                else _Part(f"{waiting.text} {part.text}", [], [*waiting.columns, *part.columns])
            )
        elif merged:
            merged[-1].text += f" {part.text}"
    return merged


def measures(ask: Ask) -> list[str]:
    """The columns of measured amounts: numbers that are neither ids, years nor flags."""
    facts = ask.named.facts
    return [
        c.name for c in facts.columns(ask.table)
        if ask.named.is_number(c.name) and not facts.identifies(c) and not facts.is_year(c) and not facts.row_label(c)
    ]  # fmt: skip


def _step(kind: str, columns: list[str], text: str, ask: Ask) -> dict[str, Any]:
    """The arguments of a step; {} where a step that must have columns has none."""
    if kind in {"drop", "dates", "cast"} and not columns:
        dates = [c.name for c in ask.named.facts.dates(ask.table)] if kind == "dates" else []
        if not dates:
            return {}
        columns = dates
    step: dict[str, Any] = {"kind": kind}
    if columns:
        step["columns"] = columns
    numbers = bool(columns) and all(ask.named.is_number(c) for c in columns)
    return step | settings(kind, text, ask.typed, numbers=numbers)


def settings(kind: str, text: str, typed: str, *, numbers: bool) -> dict[str, Any]:
    """The settings of a step as a request words them: text is the part that names it, in lower case, and
    typed the whole as written; numbers: all of its columns are numbers."""
    read = _SETTINGS.get(kind)
    return read(text, typed, numbers) if read is not None else {}


def _impute(text: str, typed: str, numbers: bool) -> dict[str, Any]:
    for strategy, pattern in (
        ("median", r"\bmedian\b|中位数"), ("mean", r"\bmean\b|\baverage\b|均值|平均"),
        ("most_frequent", r"\bmode\b|\bmost (?:common|frequent)\b|众数|最常见|出现最多"),
        ("knn", r"\bknn\b|\bnearest neighbo"), ("iterative", r"\biterative\b|\bmodel-?based\b|\bby a model\b"),
    ):  # fmt: skip
        if re.search(pattern, text):
            return {"strategy": strategy}
    constant = re.search(r"[\"'“‘「`]([^\"'”’」`]+)[\"'”’」`]", text) or re.search(
        r"\b(?:with|by|as|say|to)\s+(?:a |the )?(-?\d+(?:\.\d+)?|zeros?|unknown|none|other)\b|(?:填|补)(?:充)?(?:成|为|上)?\s*(-?\d+(?:\.\d+)?|未知|其他|零)",
        text,
    )
    if constant:
        said = next(g for g in constant.groups() if g)
        at = fold(typed).find(said)
        said = typed[at : at + len(said)] if at >= 0 else said
        zero = {"zero": "0", "zeros": "0", "零": "0"}.get(said.casefold(), said)
        return {
            "strategy": "constant",
            "value": float(zero) if numbers and re.fullmatch(r"-?\d+(?:\.\d+)?", zero) else zero,
        }
    return {"strategy": "median" if numbers else "most_frequent"}


def _scale(text: str, typed: str, numbers: bool) -> dict[str, Any]:
    for method, pattern in (
        ("log1p", r"\blog\b|\blog[- ]|对数"), ("minmax", r"\bmin-?max\b|\b0 (?:to|and) 1\b|最大最小|归一化"),
        ("robust", r"\brobust\b|稳健"), ("yeo_johnson", r"yeo-?johnson"), ("quantile", r"\bquantile\b|分位"),
    ):  # fmt: skip
        if re.search(pattern, text):
            return {"method": method}
    return {"method": "standard"}


def _encode(text: str, typed: str, numbers: bool) -> dict[str, Any]:
    for method, pattern in (
        ("ordinal", r"\bordinal\b|有序|序数"), ("target", r"\btarget[- ]encod|目标编码"),
        ("frequency", r"\bfrequency\b|频率|频数"), ("hashing", r"\bhash|哈希"),
    ):  # fmt: skip
        if re.search(pattern, text):
            return {"method": method}
    return {"method": "onehot"}


def _cast(text: str, typed: str, numbers: bool) -> dict[str, Any]:
    for to, pattern in (
        ("number", r"\bnumber|\bnumeric|\bfloat|\binteger|数值|数字"), ("timestamp", r"\bdate|\btime|日期|时间"),
        ("boolean", r"\bbool|布尔"),
    ):  # fmt: skip
        if re.search(rf"(?:make|turn|convert|cast|parse|change|read|转).{{0,60}}(?:{pattern})", text):
            return {"to": to}
    return {"to": "text"}


def _outliers(text: str, typed: str, numbers: bool) -> dict[str, Any]:
    if re.search(r"\b(?:drop|remove|delete)\b|删|剔除|去掉", text):
        return {"action": "drop"}
    return {"action": "flag"} if re.search(r"\b(?:flag|mark)\b|标记", text) else {"action": "cap"}


_SETTINGS = {"impute": _impute, "scale": _scale, "encode": _encode, "cast": _cast, "outliers": _outliers}
