"""Questions about the data itself (which tools answer), and requests that no query can answer."""

from __future__ import annotations

import re

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.reading import Reading
from llmauto_agent.planner.tokens import Language, fold

_WRITE_EN = re.compile(
    r"^(?:please |can you |could you |now )*(?:delete|remove|drop(?= table| column| the table| all)|update|insert|set|change|rename|add(?= (?:a|an|the) (?:row|column|record))"
    r"|modify|edit|overwrite|truncate|erase|email|e-mail|send|book|buy|order(?= me)|pay|transfer|upload|install|write(?= (?:me|a)))(?: |$)"
)
_KEEP_EN = re.compile(r"(?:filter|limit|condition|grouping|sorting|restriction|where|group by)")
_WRITE_ZH = re.compile(
    r"删除|删掉|删去|清空|修改|改成已|更新|插入|新增一|写入|发邮件|发送|下单|转账|把.{1,12}(?:改为|改成|设为|设成)(?!.*图)"
)
_TELL = re.compile(
    r"\b(?:joke|poem|story|song|recipe|translate|your name|who are you|how are you|meaning of life|write code)\b|笑话|故事|写诗|你好吗|心情|你是谁|翻译|写一首|天气预报"
)
_FORECAST = re.compile(
    r"\b(?:will|going to)\b.{0,60}\b(?:be|next|tomorrow|future|grow|rise|fall|increase|decrease|happen)\b|\b(?:predict|forecast|prediction|projected|extrapolate)\b|\bnext (?:year|month|week|quarter|decade)\b|\btomorrow\b"
    r"|预测|预计|明年|明天|下个?月|下周|下季度|将来|未来"
)
_HYPOTHETICAL = re.compile(
    r"\b(?:would i|should i|should we|could i|do you think|what do you think|if i had|do you recommend|recommend|your opinion|advice)\b|你觉得|你认为|建议我?|推荐|应不应该|该不该|如果我"
)
_CAUSE = re.compile(r"^(?:why|how come|what caused|what is the reason)\b|为什么|为何|什么原因|原因是")


def out_of_scope(question: str, language: Language) -> str | None:
    """Why a request is none for a reading tool: "write", "chat", "forecast", "opinion", "cause"; else None."""
    text = fold(question).strip()
    if (_WRITE_EN.search(text) and not _KEEP_EN.search(text)) or _WRITE_ZH.search(text):
        return "write"
    if _TELL.search(text):
        return "chat"
    if _FORECAST.search(text):
        return "forecast"
    if _HYPOTHETICAL.search(text):
        return "opinion"
    return "cause" if _CAUSE.search(text) else None


_TABLES = re.compile(
    r"^(?:show|list|what|which|name|give me)?(?: me)?(?: are| is| have)?(?: all| the)*(?: of)?(?: the)? (?:tables|datasets|data sets|sources|files)(?: (?:are|do|did)? ?(?:there|we have|i have|available|exist|attached|in (?:the|this) (?:data|database|workspace)|you have))*$"
    r"|^what data (?:is there|do (?:i|we) have|are there)$|^(?:有)?(?:哪些|什么|多少|几)(?:个|张)?(?:数据)?表(?:格)?$|^(?:列出|显示|看看)?(?:所有|全部)?(?:的)?(?:数据)?表(?:格)?(?:有哪些)?$"
)
_DESCRIBE = re.compile(
    r"(?:^| )(?:columns|fields|variables|attributes|schema|structure|column names|field names|data types)(?: |$)|^(?:please )?(?:describe|summari[sz]e|profile|explain|overview of)(?: (?:the|this|my|me))*(?: (?:data|dataset|data set|table|file|whole))*|^what(?:'s| is) in (?:the|this|my) (?:data|dataset|file|table)|^what (?:does|do) (?:the|this) (?:data|dataset|file|table) (?:contain|look like|have)|^what is this (?:data|dataset|file)(?: about)?"
    r"|(?:哪些|什么|多少|几个)(?:个)?(?:列|字段|变量)|(?:列名|字段名|数据结构|表结构|字段)(?:有哪些|是什么)?$|^(?:描述|介绍|概述|概括|总结)(?:一下)?(?:这个|这份|该)?(?:数据|表|数据集)|(?:数据|表)(?:里|中)?(?:有|包含|都有)(?:些)?什么$"
)
_SAMPLE = re.compile(
    r"^(?:please )?(?:show|give|display|print|see|view|preview|sample|head|let me see|look at)(?: (?:me|us))?(?: (?:the|a|an|some|any|few|first|example|sample|random|top|couple of|\d+|five|ten))* ?(?:rows?|records?|lines?|sample|examples?|preview|head|data|sample rows|sample data|entries)(?: (?:of|from|in) (?:the|this|my)? ?(?P<t>[\w .]+))?$"
    r"|^what does the data look like$|^preview(?: the)?(?: data)?$|^(?:请)?(?:给我|让我)?(?:看看|显示|展示|预览|列出|看一下)(?:一下)?(?:前)?(?:几|\d+|一些|一部分|五|十)?(?:行|条|个)?(?:数据|记录|样本|样例|例子|行)(?:看看)?$|^(?:看|显示)?前(?:几|\d+|五|十)(?:行|条)(?:数据|记录)?$"
)


def schema_question(question: str, index: SchemaIndex, language: Language) -> Reading | None:
    """The reading of a question about the data itself, or None where it asks something else."""
    text = re.sub(r"[?？!！.。,，]+$", "", fold(question).strip())
    text = re.sub(r"^(?:please|can you|could you|请问?|麻烦)\s*", "", text)
    if _TABLES.search(text):
        return _tool(question, language, "tables", {})
    table = _table_in(text, index)
    if _SAMPLE.search(text) and (table or not _other_table(text)):
        arguments: dict[str, object] = {"table": table or index.tables[0].name}
        if number := re.search(r"\d+", text):
            arguments["rows"] = int(number[0])
        return _tool(question, language, "sample", arguments)
    if _DESCRIBE.search(text) and _only_about_schema(text, index):
        return _tool(question, language, "describe", {"table": table or index.tables[0].name})
    return None


def _table_in(text: str, index: SchemaIndex) -> str | None:
    for table in sorted(index.tables, key=lambda t: -len(t.name)):
        if re.search(
            rf"(?<![\w]){re.escape(table.name.casefold())}(?![\w])"
            if table.name.isascii()
            else re.escape(table.name),
            text,
        ):
            return table.name
    return None


def _other_table(text: str) -> bool:
    found = _SAMPLE.search(text)
    named = found.groupdict().get("t") if found else None
    return bool(named and named.strip() not in {"data", "dataset", "data set", "file", "table", "it", "them"})


_SCHEMA_WORDS = frozenset(
    [
        "what",
        "which",
        "columns",
        "column",
        "fields",
        "field",
        "variables",
        "attributes",
        "schema",
        "structure",
        "names",
        "name",
        "types",
        "type",
        "data",
        "dataset",
        "set",
        "table",
        "tables",
        "file",
        "are",
        "is",
        "there",
        "in",
        "the",
        "this",
        "my",
        "of",
        "does",
        "do",
        "have",
        "has",
        "it",
        "describe",
        "summarize",
        "summarise",
        "profile",
        "explain",
        "overview",
        "show",
        "me",
        "list",
        "all",
        "give",
        "please",
        "contain",
        "contains",
        "how",
        "many",
        "number",
        "and",
        "rows",
        "whole",
        "available",
        "for",
        "a",
        "an",
        "with",
        "their",
        "look",
        "like",
        "about",
        "up",
        "tell",
        "can",
        "you",
        "us",
        "we",
        "i",
        "what's",
    ]
)


def _only_about_schema(text: str, index: SchemaIndex) -> bool:
    known = set(_SCHEMA_WORDS) | {t.name.casefold() for t in index.tables}
    words = re.findall(r"[a-z_0-9']+", text)
    return all(w in known for w in words)


def _tool(question: str, language: Language, tool: str, arguments: dict[str, object]) -> Reading:
    return Reading(
        question, language, confidence=0.95, tool=tool, arguments=arguments, understood=[question.strip()]
    )
