"""How a refusal and a failure are worded: what was understood, what was not, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmauto_agent.planner.reading import Reading
from llmauto_tools.schema import Table

_REASONS = {
    "en": {
        "write": "I only read data and never change it.",
        "forecast": "I can't predict: I answer from the data as it is.",
        "chat": "That is not a question about the attached data.",
        "type": "That can't be computed from a column of this type.",
        "defined": "I know the definition, but cannot use it in that way: it stands for a total of many rows.",
    },
    "zh": {
        "write": "我只读取数据，从不修改数据。",
        "forecast": "我不做预测，只根据现有数据回答。",
        "chat": "这不是关于所附数据的问题。",
        "type": "这种类型的列无法做这个计算。",
        "defined": "我知道这个定义，但不能这样使用：它是对许多行的汇总。",
    },
}


def word_refusal(reading: Reading, tables: Sequence[Table]) -> str:
    """A plain refusal in the language of the question."""
    zh = reading.language == "zh"
    if reading.offers:
        return _ask_back(reading.choices, zh)
    parts = [_REASONS[reading.language][reading.reason]] if reading.reason in _REASONS["en"] else []
    if reading.choices:
        lead = "这个问题可以有几种理解：" if zh else "That can be read in more than one way: "
        parts.append(
            lead + _list(reading.choices, zh) + ("？请说明是哪一种。" if zh else "? Please say which.")
        )
    if reading.understood and not reading.choices:
        parts.append(
            ("我理解了：" if zh else "I understood ") + _list(reading.understood, zh) + ("。" if zh else ".")
        )
    if reading.missing:
        parts.append(
            ("我没有理解，或数据中没有：" if zh else "I did not understand, or the data does not have, ")
            + _list(reading.missing, zh)
            + ("。" if zh else ".")
        )
    if not parts:
        parts.append("我没有理解这个问题。" if zh else "I did not understand this question.")
    parts.append(_offer(tables, zh))
    return " ".join(parts) if not zh else "".join(parts)


def _ask_back(choices: Sequence[str], zh: bool) -> str:
    """Which of the readings is meant, by number."""
    listed = [f"({number}) {choice}" for number, choice in enumerate(choices, 1)]
    if zh:
        return "我不太确定您的意思。您是指：" + "；".join(listed) + "？请回复编号，或换一种说法。"
    return (
        "I am not sure what you mean. Did you mean " + "; ".join(listed) + "? "
        "Answer with the number, or ask in other words."
    )


def _offer(tables: Sequence[Table], zh: bool) -> str:
    if not tables:
        return "请先附上数据。" if zh else "Attach a file first."
    table = tables[0]
    columns = [c.name for c in table.columns[:8]]
    more = len(table.columns) - len(columns)
    if zh:
        rest = f" 等 {len(table.columns)} 列" if more else ""
        return f"表 {table.name} 有：{'、'.join(columns)}{rest}。可以询问计数、汇总、筛选、排名、占比或趋势。"
    rest = f" and {more} more" if more else ""
    return (
        f"The table {table.name} has: {', '.join(columns)}{rest}."
        " You can ask for counts, totals, averages, filters, rankings, shares or trends of these."
    )


def word_failure(error: dict[str, Any], language: str) -> str:
    """A tool run that failed, worded for the answer."""
    message = str(error.get("message") or error.get("error") or "")
    hint = error.get("hint")
    lead = "这一步没有成功：" if language == "zh" else "That did not work: "
    return lead + message + (f" {hint}" if hint else "")


def _list(items: Sequence[str], zh: bool) -> str:
    shown = [f"“{i}”" for i in items[:6]]
    return "、".join(shown) if zh else ", ".join(shown)
