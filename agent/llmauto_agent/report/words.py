"""The words that the built-in templates choose from, in both languages."""

from __future__ import annotations

from llmauto_agent.numbers import Language

PURPOSE: dict[Language, dict[str, str]] = {
    "en": {
        "profile": "profiled every column: kinds, missing and distinct values, distributions",
        "check_quality": "checked the quality of the data",
        "find_insights": "tested patterns of many kinds, with the false discovery rate controlled",
        "query": "ran a statement",
        "compare": "compared the last complete period with the one before and the year before",
        "periods": "added up every period",
        "by": "compared the periods within each group",
        "arms": "counted the rows of each group",
        "balance": "tested whether the groups are of the planned size",
        "analyze": "answered the question with a query",
        "test_hypothesis": "tested for a difference with the test that fits the data",
        "train_model": "trained models, chose by cross-validation, tested on rows that were held out",
        "explain_model": "ranked the inputs of the model",
        "chart": "drew a chart",
    },
    "zh": {
        "profile": "分析了每一列：类型、缺失值、不同取值和分布",
        "check_quality": "检查了数据质量",
        "find_insights": "检验了多种模式，并控制错误发现率",
        "query": "运行了一条查询语句",
        "compare": "把最近一个完整周期与上一周期及去年同期比较",
        "periods": "汇总了每个周期",
        "by": "在各组内比较本期与上期",
        "arms": "统计了各组的行数",
        "balance": "检验了各组大小是否符合计划",
        "analyze": "用查询回答了问题",
        "test_hypothesis": "用适合数据的检验比较差异",
        "train_model": "训练模型，用交叉验证选择，并在预留的行上测试",
        "explain_model": "对模型的输入按重要性排序",
        "chart": "绘制了图表",
    },
}
"""What each step or tool did, for the list of methods."""


def purpose_of(step: str, tool: str, language: Language) -> str:
    """What a step did: by its name where it has words of its own ("by_0"), else by its tool."""
    words = PURPOSE[language]
    return words.get(step.partition("_")[0]) or words.get(tool, "")


ADVICE: dict[Language, dict[str, str]] = {
    "en": {
        "change_point": "Find out what happened at the time of the change before using older data to plan",
        "change": "Find out what is behind the change before acting on it",
        "outlier": "Look at the unusual values one by one: they are errors, or the most telling cases",
        "missing_pattern": "Find out why values are missing where they are, before comparing the groups",
        "simpsons_reversal": "Compare within the groups, not over all rows together",
        "concentration": "Check how the result holds without the few that make up most of it",
        "seasonality": "Compare periods with the same season of another year",
    },
    "zh": {
        "change_point": "在用较早的数据做计划之前，先弄清变化发生时出了什么事",
        "change": "先弄清变化背后的原因再行动",
        "outlier": "逐一查看异常值：它们可能是错误，也可能最有价值",
        "missing_pattern": "在比较各组之前，先弄清缺失值为何如此分布",
        "simpsons_reversal": "应在各组内部比较，而不是把所有行合在一起比较",
        "concentration": "检查去掉占比最大的少数之后结论是否仍然成立",
        "seasonality": "应与其他年份的同一季节比较",
    },
}
"""What a kind of finding gives reason to do: no more than the evidence carries."""

HEADS_ZH = {
    "rows": "行数", "mean": "平均", "total": "合计", "share": "占比", "share of rows": "占行数", "share of total": "占总额",
    "correlation": "相关系数", "groups": "组数", "part": "分段", "tenth": "十分位", "missing": "缺失", "others": "其余",
    "value": "数值", "mark": "标记", "from": "起始", "months": "月数", "weeks": "周数", "days": "天数", "quarters": "季度数",
    "years": "年数", "month": "月", "week": "周", "day": "日", "quarter": "季度", "year": "年", "of them": "其中",
    "n": "行数", "median": "中位数", "sd": "标准差", "period": "时期", "change": "变化", "count": "行数",
    "share of the total": "占总额", "share of the rows": "占行数", "share missing": "缺失比例", "number of rows": "行数",
}  # fmt: skip
"""Heads of the tools' tables and axes in Chinese."""


def chinese_head(text: str) -> str:
    """A head of a table or an axis in Chinese, with the names of columns as they are."""
    known = HEADS_ZH.get(text)
    if known is not None:
        return known
    for english, chinese in (
        ("average ", "平均"),
        ("total ", "合计 "),
        ("mean ", "平均"),
        ("lowest ", "最小 "),
        ("highest ", "最大 "),
    ):
        if text.lower().startswith(english):
            return chinese + text[len(english) :].replace(" (mean of each part)", "（各段平均）")
    return text.replace(" (mean of each part)", "（各段平均）")
