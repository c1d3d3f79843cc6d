"""What the analyst's tools found, in a Chinese sentence or two, from the figures of their evidence.

English answers are the tools' own texts. Every number here is a figure of the record as it is, rounded
as people write it, so that the grounding check finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llmauto_tools.ledger import Evidence

Figures = dict[str, Any]


def word_tool(evidence: Evidence) -> str | None:
    """The Chinese answer, or None for a tool whose results are worded elsewhere."""
    worder = _WORDERS.get(evidence.tool)
    if worder is None or evidence.state != "finished":
        return None
    said = worder(evidence.figures, evidence)
    return said.strip() or None


def _n(value: Any) -> str:
    """A number as it is written: whole with separators, else four significant digits."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:.4g}" if abs(value) < 1e6 else f"{value:,.0f}"


def _names(values: list[Any], most: int = 8) -> str:
    shown = "、".join(str(v) for v in values[:most])
    return shown + (" 等" if len(values) > most else "")


def _profile(f: Figures, e: Evidence) -> str:
    said = (
        f"表 {f['table']} 有 {_n(f['rows'])} 行、{_n(f['columns'])} 列，缺失 {_n(f['missing_values'])} 个值。"
    )
    strongest = f.get("strongest")
    if strongest:
        said += f"关联最强的两列是 {strongest[0]} 和 {strongest[1]}。"
    return said


def _check_quality(f: Figures, e: Evidence) -> str:
    if not f["findings"]:
        return f"检查了 {_n(f['rows'])} 行、{_n(f['columns'])} 列，没有发现问题。"
    return (
        f"检查了 {_n(f['rows'])} 行、{_n(f['columns'])} 列，发现 {_n(f['findings'])} 个问题："
        f"严重 {_n(f['high'])} 个，中等 {_n(f['medium'])} 个，轻微 {_n(f['low'])} 个。详见下表。"
    )


def _preprocess(f: Figures, e: Evidence) -> str:
    return (
        f"共 {_n(f['steps'])} 个步骤，由 {_n(f['source_columns'])} 列得到 {_n(f['columns'])} 列，"
        f"参数只从 {_n(f['train_rows'])} 行训练数据学得。结果保存为表 {f['table']}（{_n(f['rows'])} 行），"
        f"配方为 {f['recipe']}；可以用 undo 撤销。"
    )


def _apply_recipe(f: Figures, e: Evidence) -> str:
    return f"已套用配方，结果保存为表 {f['table']}。"


def _select_features(f: Figures, e: Evidence) -> str:
    return (
        f"预测 {f['target']} 保留 {_n(f['count'])} 个特征（共 {_n(f['candidates'])} 个可用）：{_names(f['features'])}。"
        f"在未参与筛选的数据上，{f['metric']} 为 {_n(f['score'])}。"
    )


def _test_hypothesis(f: Figures, e: Evidence) -> str:
    if f.get("p_value") is None:
        return "检验结果见下表。"
    verdict = "差异显著" if f.get("significant") else "没有看到显著差异（不等于没有差异）"
    said = f"{verdict}：{f.get('test', '检验')}，p = {_n(f['p_value'])}"
    if f.get("effect") is not None:
        said += f"，效应量 {f.get('effect_name', '')} = {_n(f['effect'])}"
        if f.get("ci_low") is not None and f.get("ci_high") is not None:
            said += f"（95% 区间 {_n(f['ci_low'])} 到 {_n(f['ci_high'])}）"
    return said + "。"


def _relate(f: Figures, e: Evidence) -> str:
    if f.get("p_value") is None:
        return "关系的估计见下表。这只说明相关，不说明因果。"
    verdict = "存在显著的关联" if f.get("significant") else "没有看到显著的关联"
    said = f"{verdict}（p = {_n(f['p_value'])}"
    if f.get("effect") is not None:
        said += f"，{f.get('effect_name', '效应量')} = {_n(f['effect'])}"
    return said + "）。这只说明相关，不说明因果。"


_EVERY = {"hour": "小时", "day": "天", "week": "周", "month": "月", "quarter": "季度", "year": "年"}


def _time_series(f: Figures, e: Evidence) -> str:
    unit = _EVERY.get(f["every"], f["every"])
    said = f"{f['value']} 按{unit}汇总，{f['first']} 到 {f['last']}，共 {_n(f['periods'])} 期。"
    if f.get("trend") is not None:
        clear = "趋势明显" if f.get("trend_clear") else "趋势不明显"
        said += f"{clear}，平均每{unit}变化 {_n(f['trend'])}。"
    period = f.get("period")
    said += f"每 {_n(period)} 期重复一次。" if period else "没有发现重复的周期。"
    return said + f"持久变化 {_n(f['changes'])} 处，异常 {_n(f['anomalies'])} 处。"


def _forecast(f: Figures, e: Evidence) -> str:
    unit = _EVERY.get(f["every"], f["every"])
    said = f"预测 {f['value']} 未来 {_n(f['horizon'])} 个{unit}，用 {f['model']} 模型：第一期 {_n(f['first'])}，最后一期 {_n(f['last'])}。"
    if f.get("mase") is not None:
        said += f"在历史上检验，MASE 为 {_n(f['mase'])}"
        said += "，好于朴素预测。" if f.get("beats_naive") else "，没有好于朴素预测，因此采用朴素预测。"
    return said


def _segment(f: Figures, e: Evidence) -> str:
    clear = "" if f.get("clear") else "各群之间的界线并不清楚。"
    sizes = "、".join(_n(s) for s in f.get("sizes", [])[:10])
    return (
        f"{_n(f['rows'])} 行分成 {_n(f['clusters'])} 群，各有 {sizes} 行。{clear}结果保存为表 {f['table']}。"
    )


def _train_model(f: Figures, e: Evidence) -> str:
    said = (
        f"预测 {f['target']} 的最佳模型是 {f['best']}，在 {_n(f['test_rows'])} 行留出数据上 {f['metric']} 为 {_n(f['score'])}"
        f"（95% 区间 {_n(f['score_low'])} 到 {_n(f['score_high'])}），基线为 {_n(f['baseline'])}。"
    )
    if f.get("beats_baseline") is False:
        said += "模型没有胜过基线。"
    return said + f"已保存为 {f['model']}。"


def _evaluate_model(f: Figures, e: Evidence) -> str:
    return (
        f"{f['model']} 在 {_n(f['rows'])} 行上的 {f['metric']} 为 {_n(f['score'])}"
        f"（95% 区间 {_n(f['score_low'])} 到 {_n(f['score_high'])}），基线为 {_n(f['baseline'])}。"
    )


def _predict(f: Figures, e: Evidence) -> str:
    return f"用 {f['model']} 预测了 {_n(f['rows'])} 行，结果保存为表 {f['table']}。"


def _explain_model(f: Figures, e: Evidence) -> str:
    if f.get("prediction") is not None:
        because = f.get("because") or []
        reasons = _names(because) if isinstance(because, list) else str(because)
        return f"{f['model']} 对这一行的预测是 {_n(f['prediction'])}，主要依据：{reasons}。"
    return f"{f['model']} 最看重的是 {_names(f['top'])}。这是模型的依据，不一定是原因。"


def _compose(f: Figures, e: Evidence) -> str:
    return f"计划的 {_n(len(f.get('steps', [])))} 个步骤都已完成，各步的证据见下表。"


def _find_insights(f: Figures, e: Evidence) -> str:
    """The three strongest facts, in the sentences that the tool wrote."""
    from llmauto_tools.insights.words import filled

    if not f["insights"]:
        return f"检验了 {_n(f['tested'])} 个可能的事实，没有足够可靠且足够大的发现。"
    return "".join(filled(i["sentence_zh"], i["values"], i["formats"]) for i in f["insights"][:3])


_WORDERS: dict[str, Callable[[Figures, Evidence], str]] = {
    "profile": _profile, "check_quality": _check_quality, "preprocess": _preprocess, "apply_recipe": _apply_recipe,
    "select_features": _select_features, "test_hypothesis": _test_hypothesis, "relate": _relate,
    "time_series": _time_series, "forecast": _forecast, "segment": _segment, "find_insights": _find_insights, "train_model": _train_model,
    "evaluate_model": _evaluate_model, "predict": _predict, "explain_model": _explain_model, "compose": _compose,
}  # fmt: skip
