"""The words that the built-in templates choose from, in both languages."""

from __future__ import annotations

from llmauto_agent.numbers import Language

PURPOSE: dict[Language, dict[str, str]] = {
    "en": {
        "profile": "profiled every column: kinds, missing and distinct values, distributions",
        "check_quality": "checked the quality of the data",
        "find_insights": "tested patterns of many kinds, with the false discovery rate controlled",
        "query": "ran a statement",
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
        "analyze": "用查询回答了问题",
        "test_hypothesis": "用适合数据的检验比较差异",
        "train_model": "训练模型，用交叉验证选择，并在预留的行上测试",
        "explain_model": "对模型的输入按重要性排序",
        "chart": "绘制了图表",
    },
}
"""What each tool did, for the list of methods."""

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
