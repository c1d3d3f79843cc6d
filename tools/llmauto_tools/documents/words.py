"""The words that the renderers add to a document, in its language."""

from __future__ import annotations

from llmauto_tools.documents.model import Language

_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "contents": "Contents", "skip": "To the content", "evidence": "Evidence", "sql": "SQL",
        "arguments": "Arguments", "seed": "Seed", "figures": "Values cited", "note": "Note", "caveat": "Caveat",
        "warning": "Warning", "theme": "Light or dark", "chart_data": "The chart's values are in the appendix.",
        "more_rows": "{n} more rows are not shown.", "many_rows": "More rows were found than are shown.",
        "unverified": "not verified", "back": "Back to the text", "more": "and {n} more",
        "hint": "Every number is a link: point at it to see where it comes from, open it for the whole record.",
        "no_script": "Charts are drawn by a script, which is switched off here.", "page": "Page", "of": "of",
        "figure": "Figure", "table": "Table",
    },
    "zh": {
        "contents": "目录", "skip": "跳到正文", "evidence": "证据", "sql": "SQL", "arguments": "参数", "seed": "随机种子",
        "figures": "引用的数值", "note": "说明", "caveat": "注意", "warning": "警告", "theme": "浅色或深色",
        "chart_data": "图中的数值见附录。", "more_rows": "另有 {n} 行未显示。", "many_rows": "结果的行数多于所显示的。",
        "unverified": "未经核实", "back": "返回正文", "more": "另有 {n} 项",
        "hint": "每个数字都是链接：指向它可看来源，点击可打开完整记录。",
        "no_script": "图表由脚本绘制，而此处脚本已关闭。", "page": "第", "of": "/", "figure": "图", "table": "表",
    },
}  # fmt: skip


def word(language: Language, name: str, **values: object) -> str:
    """A word or sentence by its name; `values` fill its places."""
    return _WORDS[language][name].format(**values)


def all_words(language: Language) -> dict[str, str]:
    """Every word of a language, for a template."""
    return dict(_WORDS[language])
