"""The arguments of a tool, from what a request mentions."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from llmauto_agent.planner.requests.mentions import NAMED, Mention, Mentions, names

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
_CHECKS = {
    "missing": r"\bmissing\b|\bgaps?\b|\bnulls?\b|\bblanks?\b|\bempty\b|缺失|空值", "duplicates": r"duplicat\w*|\bdupes?\b|\btwice\b|重复",
    "constant": r"\bconstant\b|\bsame value\b|常量|恒定", "outliers": r"outliers?|\bextremes?\b|离群|异常值|极端", "types": r"mixed (?:types|units)|\btypes\b.*mixed|类型混|单位混",
    "categories": r"spel|inconsisten|\bsame category\b|categor\w+ .*(?:ways|consistent)|写法|不一致", "impossible": r"impossible|nonsense|implausible|negative (?:prices?|ages?|values?)|zero dimensions|invalid|不可能|不合理",
    "time_order": r"out of (?:sequence|order)|in order\b|time order|sequence|时间顺序|日期.*顺序|乱序", "imbalance": r"imbalanc\w*|unbalanced|class balance|不均衡|不平衡",
    "leakage": r"\bleak\w*|泄[漏露]", "drift": r"\bdrift\w*|漂移", "labels": r"mis-?label\w*|label (?:errors?|noise|issues)|wrong labels|the \w+ labels|标错|标注", "personal": r"personal|\bpii\b|privacy|e-?mails?|phone|sensitive|隐私|个人信息|敏感",
}
_STEPS = {
    "impute": r"imput\w+|(?:fill|missing|blank|empty|gaps?|nulls?)|缺失|补|填|空(?!格)", "encode": r"one-?hot|\bencod\w+|dummies|独热|编码|哑变量", "scale": r"standardi[sz]\w*|normali[sz]\w*|\bscal(?:e|ing)\b|min-?max|log[- ]?(?:transform|scale)|标准化|归一化|缩放|对数",
    "cast": r"(?:make|turn|convert|cast|came)\b.{0,40}\b(?:number|date|numeric|text)|转(?:换)?(?:成|为)", "rare": r"\brare\b|\blump\b|稀有|低频|归(?:为|到|入)其他", "drop": r"\b(?:drop|remove|delete|get rid of)\b|删|去掉(?!.{0,6}空格)|丢掉",
    "dates": r"(?:break|split|expand|turn)\b.{0,40}\b(?:months?|weekdays?|years?|parts)|拆", "outliers": r"\bcap\b|winsor\w*|\bclip\b|outliers?|截断|盖帽|封顶|极端", "trim": r"\btrim\b|white ?space|spaces|空格", "unify": r"consistent|unify|harmoni[sz]e|统一",
    "deduplicate": r"de-?dup\w*|duplicat\w+|去重|重复",
}
# fmt: on


def target_of(m: Mentions, *, among: list[Mention] | None = None) -> Mention | None:
    """The column to be predicted: behind a phrase that announces one, else the first that is named."""
    columns = [x for x in (m.columns if among is None else among) if not _weak(x, m)]
    if not columns:
        return None
    for phrase in _TARGET:
        found = m.after(phrase)
        if found is not None and found in columns:
            return found
    return columns[0]


_KEY = re.compile(r"(?:^|[_ ])(?:id|key|code|no|number)$|(?:Id|ID)$|编号$|号$")


def _weak(x: Mention, m: Mentions) -> bool:
    """Whether a word only half names a column: an id by its noun, or a part of a longer thing unknown here."""
    if x.score >= 0.85:
        return False
    return bool(_KEY.search(x.column.name)) or (x.score < 0.72 and m.unknown_beside(x))


def _required(m: Mentions, found: Mention | None, what: str) -> str:
    if found is None:
        raise MissingTargetError(what, [c.name for c in m.table.columns][:6])
    return found.column.name


_USING = r"\b(?:from|using|with|based on|given|by means of|out of)\b|用|拿|从|根据|基于"


def _features(m: Mentions, target: str) -> list[str]:
    """Columns that are named as inputs: "price from carat, cut and color"."""
    behind = [n for n in names(m.behind(_USING)) if n != target]
    if m.language == "zh":
        before = [n for n in names(m.before(r"预测|训练|判断|建模|选|对")) if n != target]
        return before if re.search(r"用|拿|从|根据|基于", m.text) and before else []
    return behind


def profile(m: Mentions) -> Arguments:
    found: Arguments = {}
    if re.search(r"\btarget\b|as the (?:label|outcome)|associates? with|目标", m.text) and m.columns:
        target = target_of(m)
        return {"target": target.column.name} if target else {}
    if len(m.sure) >= 1 and not re.search(
        r"\b(?:churn|census|housing|customers?|orders?) (?:table|data|file|extract)", m.text
    ):
        found["columns"] = names(m.sure)
    return found


def check_quality(m: Mentions) -> Arguments:
    checks = [name for name, pattern in _CHECKS.items() if re.search(pattern, m.text)]
    found: Arguments = {}
    if "drift" in checks and len(m.tables) > 1:
        return {"table": m.tables[0].name, "other": m.tables[1].name}
    if checks:
        found["checks"] = checks
    if {"leakage", "imbalance", "labels"} & set(checks) and m.columns:
        target = target_of(m)
        found["target"] = target.column.name if target else None
    return {k: v for k, v in found.items() if v is not None}


def preprocess(m: Mentions) -> Arguments:
    split = _split(m)
    if split:
        return split
    steps = steps_of(m)
    if steps:
        return {"steps": steps}
    ready = re.search(r"model|train|predict|target|建模|预测|训练|目标", m.text)
    target = target_of(m) if ready and m.sure else None
    return {"target": target.column.name} if target else {}


def _split(m: Mentions) -> Arguments:
    if not re.search(
        r"\bsplit\b|train(?:ing)?[ /-]?(?:and |\W)?test|stratif|hold-?out|划分|切分|分层|留出|拆分成?训练",
        m.text,
    ):
        return {}
    if re.search(r"\binto\b.{0,20}(?:month|weekday|year|day)", m.text):
        return {}
    column = m.columns[0].column if m.columns else None
    if re.search(r"stratif|分层", m.text):
        return {"split": "stratified"} | ({"target": column.name} if column else {})
    if re.search(r"\bby time\b|chronolog|newest|latest|时间|最新", m.text) or (
        column and column.family == "date"
    ):
        return {"split": "time"} | ({"time": column.name} if column else {})
    if re.search(r"by group|same .{1,20} (?:on )?one side|per |分组|同一", m.text) and column:
        return {"split": "group", "group": column.name}
    return {"split": "random"}


def steps_of(m: Mentions) -> list[dict[str, Any]]:
    """Steps with their columns: each part of the request between commas and "and" is looked at by itself."""
    places = [
        (match.start(), match.end(), kind)
        for kind, pattern in _STEPS.items()
        for match in re.finditer(pattern, m.text)
    ]
    places.sort()
    kinds: list[tuple[int, str]] = []
    for start, _, kind in places:
        if not kinds or kinds[-1][1] != kind:
            kinds.append((start, kind))
    kinds = _merged(kinds)
    if not kinds:
        return []
    edges = [0]
    for (start, _), (following, _) in pairwise(kinds):
        joints = [x.start() for x in _JOINT.finditer(m.text, start, following)]
        edges.append(joints[-1] if joints else following)
    edges.append(len(m.text) + 1)
    steps = []
    for (_, kind), (first, end) in zip(kinds, pairwise(edges), strict=True):
        inside = [x for x in m.sure if first <= x.start < end]
        steps.append(_step(kind, names(inside), m))
    both = [s for s in steps if "columns" not in s]
    if len(steps) > len(both) and re.search(r"\bboth\b|them\b|\bthose\b", m.text):
        for step in both:
            step["columns"] = next(s["columns"] for s in steps if "columns" in s)
    return steps


_JOINT = re.compile(r"\band\b|\bthen\b|[,;&，；、]|并|再|然后")


def _merged(kinds: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """A kind that is named twice is one step; the drop of duplicates is no drop of columns."""
    seen: dict[str, int] = {}
    for start, kind in kinds:
        seen.setdefault(kind, start)
    if "deduplicate" in seen:
        seen.pop("drop", None)
    if "cast" in seen and "impute" in seen and not seen["impute"]:
        seen.pop("impute")
    return sorted((start, kind) for kind, start in seen.items())


_FILLS = {
    "mean": r"\bmean\b|average|均值|平均", "median": r"median|中位", "most_frequent": r"most (?:common|frequent)|\bmode\b|众数",
    "forward": r"forward|previous value|last value|前一个|向前",
}  # fmt: skip
_SCALES = {
    "robust": r"robust|稳健", "minmax": r"min-?max|0 (?:to|and) 1|归一化", "log1p": r"\blog|对数", "yeo_johnson": r"yeo", "quantile": r"quantile|分位",
}  # fmt: skip


def _step(kind: str, columns: list[str], m: Mentions) -> dict[str, Any]:
    step: dict[str, Any] = {"kind": kind} | ({"columns": columns} if columns else {})
    if kind == "impute":
        method = next((name for name, p in _FILLS.items() if re.search(p, m.text)), None)
        constant = re.search(r"[\"“']([^\"”']+)[\"”']", m.question)
        if method:
            step["method"] = method
        elif constant:
            step |= {"method": "constant", "value": constant[1]}
    if kind == "scale":
        method = next((name for name, p in _SCALES.items() if re.search(p, m.text)), None)
        if method:
            step["method"] = method
    return step


def select_features(m: Mentions) -> Arguments:
    pool = _features(m, "") if re.search(r"\bout of\b|\bfrom\b.*\bselect|从.+(?:选|挑)", m.text) else []
    rest = [x for x in m.columns if x.column.name not in pool]
    target = target_of(m, among=rest)
    found: Arguments = {"target": _required(m, target, "target")}
    if (
        count := m.count(r"feature|predictor|input|variable|column|top|best|特征|变量|字段|个|留")
    ) is not None:
        found["count"] = count
    pool = [n for n in pool if n != found["target"]]
    return found | ({"features": pool} if len(pool) > 1 else {})


def test_hypothesis(m: Mentions) -> Arguments:
    columns = [x for x in m.columns if not _weak(x, m)]
    if not columns:
        raise MissingTargetError("value", [c.name for c in m.table.columns][:6])
    numbers = [x for x in columns if x.column.family == "number" and not _grouping(m, x)]
    others = [x for x in columns if x not in numbers]
    valued = sorted(m.valued, key=lambda x: -x.score)
    others += [x for x in valued if x.column.name not in names(columns)]
    found: Arguments = {}
    if re.search(r"normal|正态|gaussian", m.text):
        return {"value": columns[0].column.name}
    if re.search(r"paired|配对", m.text) and len(columns) > 1:
        return {"value": columns[0].column.name, "other": columns[1].column.name, "paired": True}
    if numbers:
        found["value"] = numbers[0].column.name
        by = others[0] if others else (numbers[1] if len(numbers) > 1 else None)
        if by:
            found["by"] = by.column.name
    else:
        found["value"] = others[0].column.name
        if len(others) > 1:
            found["by"] = others[1].column.name
    kind = _test(m.text)
    return found | ({"kind": kind} if kind else {})


def _grouping(m: Mentions, x: Mention) -> bool:
    """Whether a column of numbers stands for groups: yes/no as 0 and 1, or few values."""
    facts = m.index.values.facts(x.table, x.column.name) if m.index.values else None
    return bool(facts and (facts.binary or (facts.values and len(facts.values) <= 5)))


def _test(text: str) -> str | None:
    for kind, pattern in (
        ("anova", r"\banova\b|方差分析"), ("chi2", r"chi-?squ|卡方"), ("mann_whitney", r"mann|秩和"), ("welch", r"welch"),
        ("kruskal", r"kruskal"), ("fisher", r"fisher"), ("t", r"\bt-?test|t ?检验"),
    ):  # fmt: skip
        if re.search(pattern, text):
            return kind
    return None


def _explained(m: Mentions) -> Mention | None:
    """The column that a relationship is to explain: "regress mpg on weight", "does delay depend on distance"."""
    for phrase in (
        r"regress",
        r"regression (?:for|of|on)",
        r"logit of|ols of",
        r"(?:effect|influence|impact) on",
        r"回归[:：]",
    ):
        if (found := m.after(phrase)) is not None:
            return found
    if (before := m.before(r"depends?")) and re.search(r"depends?", m.text):
        return before[0]
    behind, before = m.behind(r"relate(?:d)? to"), m.before(r"relate(?:d)? to")
    if behind and len(before) != 1:
        return behind[0]
    if m.language == "zh" and re.search(r"(?:用|拿).*对.*回归", m.text):
        return next(iter(m.behind(r"对")), None)
    if re.search(r"每多|多多少", m.text) and len(m.columns) > 1:
        return m.columns[-1]
    return None


def relate(m: Mentions) -> Arguments:
    if not m.columns:
        raise MissingTargetError("target", [c.name for c in m.table.columns][:6])
    target = _explained(m) or m.columns[0]
    found: Arguments = {"target": target.column.name}
    features = [n for n in names(m.columns) if n != target.column.name]
    if features:
        found["features"] = features
    if re.search(r"logit|logistic|逻辑回归", m.text):
        found["method"] = "logit"
    elif re.search(r"\bols\b|linear regression|线性回归", m.text):
        found["method"] = "ols"
    return found


# fmt: off
_WHAT = {
    "seasonality": r"seasonal|\bcycle|cyclical|periodic|季节|周期", "changes": r"change ?-?points?|breaks?\b|abrupt|level shift|turning|突变|拐点|变点|断点",
    "anomalies": r"anomal|weird|odd|strange|unusual|abnormal|不正常|异常", "resample": r"resampl|into an? \w+ series|按.{1,4}汇总|重采样", "trend": r"trend|走势|趋势",
}
# fmt: on


def time_series(m: Mentions) -> Arguments:
    found = _series(m)
    whats = [what for what, pattern in _WHAT.items() if re.search(pattern, m.text)]
    if len(whats) == 1:
        found["what"] = whats[0]
    elif "resample" in whats:
        found["what"] = "resample"
    return found


def forecast(m: Mentions) -> Arguments:
    found = _series(m)
    if "value" not in found and (unknown := m.unknown()):
        raise MissingTargetError(unknown[0], [c.name for c in m.table.columns if c.family == "number"][:6])
    ahead = m.horizon()
    if ahead is not None:
        number, unit = ahead
        every = m.every()
        factor = {
            ("year", "month"): 12,
            ("week", "day"): 7,
            ("month", "day"): 30,
            ("year", "quarter"): 4,
            ("month", "week"): 4,
            ("quarter", "month"): 3,
        }
        if every and every != unit and (unit, every) in factor:
            number, unit = number * factor[unit, every], every
        found["horizon"] = number
        found["every"] = unit
    return found


def _series(m: Mentions) -> Arguments:
    """time, value, by and every of a series."""
    found: Arguments = {}
    columns = m.columns
    values = [x for x in columns if x.column.family == "number"]
    by = m.after(r"\b(?:for each|per|by|split by|for every)\b") or (
        m.after(r"分|按|各") if m.language == "zh" else None
    )
    if by is not None and by.column.family in {"text", "boolean"}:
        found["by"] = by.column.name
    if values:
        found["value"] = max(values[:2], key=lambda x: x.score >= NAMED).column.name
    dates = [x for x in columns if x.column.family == "date"]
    if dates:
        found["time"] = dates[0].column.name
    if every := m.every():
        found["every"] = every
    return found


def segment(m: Mentions) -> Arguments:
    found: Arguments = {}
    if (basis := re.search(r"\b(?:based on|by|on|using)\b", m.text)) and (
        unknown := m.unknown(basis.end())
    ):
        raise MissingTargetError(unknown[0], [c.name for c in m.table.columns][:6])
    without = (
        {x.column.name for x in m.behind(r"without|excluding|不用|除了?")}
        if re.search(r"without|excluding", m.text)
        else set()
    )
    chosen = [x for x in m.sure if x.column.name not in without]
    stated = m.behind(r"\b(?:based on|by|on|using|with|going by|from)\b|用|按|根据|只看|基于")
    if m.language == "zh" and stated:
        aim = re.search(r"给|对|把", m.text)
        stated = [x for x in stated if aim is None or x.start < aim.start()] or stated
    if [x for x in stated if x in chosen]:
        chosen = [x for x in stated if x in chosen]
    based = re.search(r"\b(?:by|on|using|based on|from|with)\b|按|用|只看|根据|对|基于", m.text)
    if len(chosen) >= 2 or (chosen and based):
        found["columns"] = names(chosen)
    count = m.count(r"cluster|segment|group|kinds|types|\bk\b|类|群|种|个")
    if count is not None and count > 1:
        found["clusters"] = count
    if re.search(r"hdbscan", m.text):
        found["method"] = "hdbscan"
    elif re.search(r"k-?means|k均值", m.text):
        found["method"] = "kmeans"
    return found


def train_model(m: Mentions) -> Arguments:
    columns = m.columns
    listed = _features(m, "")
    rest = [x for x in columns if x.column.name not in listed] or columns
    target = target_of(m, among=rest)
    found: Arguments = {"target": _required(m, target, "target")}
    features = [n for n in listed if n != found["target"]]
    if features:
        found["features"] = features
    if re.search(r"classif|as classes|分类", m.text):
        found["task"] = "classification"
    elif re.search(r"regress|回归", m.text):
        found["task"] = "regression"
    if (budget := _budget(m.text)) is not None:
        found["time_budget"] = budget
    metric = next((name for name, p in _METRICS.items() if re.search(p, m.text)), None)
    return found | ({"metric": metric} if metric else {})


_METRICS = {
    "roc_auc": r"\bauc\b|\broc\b", "f1": r"\bf1\b", "neg_mean_absolute_error": r"\bmae\b|mean absolute error|平均绝对误差",
    "neg_root_mean_squared_error": r"\brmse\b|均方根", "r2": r"\br2\b|r squared", "accuracy": r"optimi[sz]e accuracy|准确率最",
}  # fmt: skip
_BUDGET = re.compile(
    r"(\d+|one|two|three|five|ten|[一二两三四五六七八九十半]+)\s*(seconds?|secs?|s\b|minutes?|mins?|hours?|秒|分钟|小时)"
)


def _budget(text: str) -> float | None:
    """Seconds that the request allows."""
    match = _BUDGET.search(text)
    if match is None:
        return None
    from llmauto_agent.planner.requests.mentions import _number

    number = 0.5 if match[1] == "半" else _number(match[1])
    if number is None:
        return None
    unit = match[2]
    return float(number * (3600 if unit[0] in "h小" else 60 if unit[0] in "m分" else 1))


def evaluate_model(m: Mentions) -> Arguments:
    found: Arguments = {"model": m.saved} if m.saved else {}
    split = re.search(
        r"\bby\b|\bfor\b|\bper\b|\beach\b|separate|\bon\b|\bbetween\b|\bacross\b|worse|better|fair|分|按|不同|各|对|男女",
        m.text,
    )
    named = [x for x in (*m.valued, *m.columns) if x.score >= NAMED] or m.columns
    if split and named:
        found["by"] = named[-1].column.name
    return found


def predict(m: Mentions) -> Arguments:
    return (
        {"model": m.saved}
        if m.saved
        else _named_model(m, r"model ([\w.-]+)|模型 ?([\w.-]+)|([\w.-]+) ?模型", "model")
    )


def explain_model(m: Mentions) -> Arguments:
    found: Arguments = {"model": m.saved} if m.saved else {}
    row = re.search(
        r"\brow (?:number |no\.? ?|#)?(\d+)|\b(?:customer|passenger|record|line) (?:number |#)?(\d+)|第 ?(\d+) ?(?:行|条|个|位)",
        m.text,
    )
    if row:
        found["row"] = int(next(g for g in row.groups() if g))
    if (
        m.sure
        and re.search(r"partial dependence|\bpdp\b|changes?\b|effect of|role of|部分依赖|变化时|影响", m.text)
        and not row
    ):
        found["features"] = names(m.sure)
    return found


def apply_recipe(m: Mentions) -> Arguments:
    if m.saved:
        return {"recipe": m.saved}
    for pattern in _RECIPES:
        if found := _named_model(m, pattern, "recipe"):
            return found
    return {}


_NO_NAMES = frozenset(
    ("to", "on", "for", "now", "that", "this", "the", "it", "a", "my", "is", "as", "says", "again", "last", "same", "saved", "from",
     "cleaning", "preprocessing", "way", "here", "and", "with", "of")
)  # fmt: skip


def _named_model(m: Mentions, pattern: str, argument: str) -> Arguments:
    """A saved name that a phrase announces, in its own spelling."""
    tables = {t.name.casefold() for t in m.index.tables}
    for match in re.finditer(pattern, m.text):
        name = next((g for g in match.groups() if g), None)
        if name and name not in tables and name not in _NO_NAMES:
            start = m.text.index(name, match.start())
            return {argument: m.question[start : start + len(name)]}
    return {}


_RECIPES = (
    r"called ([\w.-]+)|叫 ?([a-z][\w.-]*)", r"(?:recipe|receipt|receipe|reciept)s? ([\w.-]+)|配方 ?([a-z][\w.-]*)",
    r"([\w.-]+) (?:recipe|receipt|receipe|reciept)|([a-z][\w.-]*) ?配方", r"re-?apply \"?([\w.-]+)",
    r"保存的 ?([a-z][\w.-]*)|按 ?([a-z][\w.-]*) ?的步骤",
)  # fmt: skip


# fmt: off
_KINDS = {
    "histogram": r"histo?gra?m|histgram|直方图", "scatter": r"scatter|散点", "box": r"box ?-?plot|箱", "pie": r"\bpie\b|饼图", "heatmap": r"heat ?-?map|热力",
    "area": r"area (?:chart|graph|plot)|面积", "line": r"\bline\b|折线", "bar": r"\bbar\b|柱状|条形",
}
# fmt: on


def chart(m: Mentions) -> Arguments:
    """What is drawn along which axis: kind, x, y, series, facet."""
    kind = next((k for k, p in _KINDS.items() if re.search(p, m.text)), None)
    found: Arguments = {"kind": kind} if kind else {}
    columns = list(m.columns)
    for argument, phrase in (
        (
            "facet",
            r"(?:one|a) (?:panel|plot|chart) (?:per|for each)|panels? (?:per|by)|facet\w* by|每个?(?=.{1,8}一张)",
        ),
        (
            "series",
            r"colou?r(?:ed)? by|split by|separate lines? (?:per|for)|one line per|颜色(?:按|为|是)|分(?!布|别)",
        ),
    ):
        column = m.after(phrase)
        if column is not None and column in columns and len(columns) > 1 and kind != "heatmap":
            found[argument] = column.column.name
            columns.remove(column)
    if not columns:
        raise MissingTargetError("x", [c.name for c in m.table.columns][:6])
    return found | _axes(m, kind, columns)


def _axes(m: Mentions, kind: str | None, columns: list[Mention]) -> Arguments:
    numbers = [x for x in columns if x.column.family == "number" and not _grouping(m, x)]
    others = [x for x in columns if x not in numbers]
    if kind in {"histogram", "pie"} or len(columns) == 1:
        only = columns[0] if kind == "histogram" else (others or columns)[0]
        times = [c for c in m.table.columns if c.family == "date"]
        if len(columns) == 1 and kind in {None, "line", "area"} and times and numbers:
            return {"x": times[0].name, "y": only.column.name}
        return {"x": only.column.name}
    if kind == "scatter" or not others:
        if re.search(r"against|vs\.?\b|versus", m.text) and kind != "scatter":
            return {"x": columns[1].column.name, "y": columns[0].column.name}
        return {"x": columns[0].column.name, "y": columns[1].column.name}
    if kind == "heatmap" and len(columns) > 2:
        return {"x": columns[0].column.name, "series": columns[1].column.name, "y": columns[2].column.name}
    if not numbers:
        return {"x": others[0].column.name}
    found = {"x": others[0].column.name, "y": numbers[0].column.name}
    return found | ({"series": others[1].column.name} if len(others) > 1 else {})


BUILDERS: dict[str, Callable[[Mentions], Arguments]] = {
    "profile": profile, "check_quality": check_quality, "preprocess": preprocess, "select_features": select_features,
    "test_hypothesis": test_hypothesis, "relate": relate, "time_series": time_series, "forecast": forecast,
    "segment": segment, "train_model": train_model, "evaluate_model": evaluate_model, "predict": predict,
    "explain_model": explain_model, "apply_recipe": apply_recipe, "chart": chart,
}  # fmt: skip
