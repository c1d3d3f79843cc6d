"""Words that requests for tools use, as data: domain words, typing errors, kinds, names."""

from __future__ import annotations

import re

DOMAIN: tuple[tuple[str, str], ...] = (
    (
        r"\b(?:leave|leaves|leaving|left us|about to lose|going to lose|losing|lose|quit|walk away|attrition|defect)\b"
        r"|要跑|跑掉|流失|离开|走掉|会走|不续",
        r"churn|attrition|exited|cancel|流失",
    ),
    (r"\b(?:surviv\w*|lived|made it|died|perished)\b|生还|幸存|存活|活下来", r"surviv|生还|存活"),
    (r"\b(?:house|home|property) (?:values?|prices?)\b|房价|房屋价格", r"house.*value|sale_?price|房价"),
    (r"\b(?:fuel[- ]economy|fuel consumption|mileage|gas mileage)\b|油耗|燃油", r"^mpg$|miles.*gallon|油耗"),
    (r"\b(?:earns?|earning|makes?) (?:more|less|over|above)\b|高收入", r"^income|salary|收入"),
    (r"\b(?:return(?:ed|s)?|sent back|send back)\b|退货|会不会退|退不退", r"return|退货"),
    (r"\bdefault(?:s|ed|ing)?\b|违约", r"default|违约"),
    (r"\bfraud\w*\b|欺诈", r"fraud|欺诈"),
    (r"最高(?:气)?温", r"temp.*max|max.*temp"),
    (r"最低(?:气)?温", r"temp.*min|min.*temp"),
    (r"发电量", r"generation|发电"),
    (r"乘客数?|客运量", r"passengers"),
    (r"车重|重量", r"weight|wt$|重量"),
    (r"航程|距离", r"distance|距离"),
    (r"能源|来源", r"^source$|能源"),
    (r"企鹅|物种|品种", r"species"),
    (r"克拉", r"carat"),
    (r"男女|性别", r"^sex$|gender|性别"),
    (r"大洲", r"continent"),
)
"""(words of the text, names of columns): what people say for what a column is called."""

IDENTIFIER = re.compile(r"(?<![\w@.-])[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*(?:@\d+)?(?![\w@]|\.\w)")
REFERENCE = re.compile(r"(?<![\w@.-])([A-Za-z][\w.-]*@\d+)(?!\w)")
"""name@version, in the text as typed."""

TYPO_WORDS = frozenset(
    ["profile", "profiling", "quality", "duplicates", "duplicate", "outliers", "histogram", "histograms", "scatter", "boxplot", "heatmap", "cluster", "clusters", "clustering", "segment", "segments", "segmentation", "forecast", "forecasts", "predict", "prediction", "predictions", "feature", "features", "selection", "classifier", "classification", "regression", "regressor", "correlation", "association", "evaluate", "evaluation", "accuracy", "calibration", "explain", "explanation", "interpret", "importance", "recipe", "recipes", "preprocess", "preprocessing", "impute", "standardise", "standardize", "normalise", "normalize", "encode", "significant", "significance", "seasonality", "seasonal", "decompose", "anomalies", "anomaly", "resample", "trend", "overview", "summary", "distribution", "leakage", "imbalance", "chart", "model", "train", "trained", "training", "clean", "missing", "select", "choose", "hypothesis", "relationship", "relate", "visualise", "visualize", "picture", "predictors", "variables", "columns", "apply", "split", "stratified", "there", "their", "these", "those", "where", "which", "other", "about", "every", "table", "tables", "order", "orders", "price", "prices", "state", "states", "label", "labels", "report", "reports", "value", "values", "weather", "region", "regions", "modes", "total", "totals", "plots", "plane", "planes", "place", "places", "brain", "drain", "grain", "strain", "pride", "bride", "tread", "trends"]
)  # fmt: skip
"""Words that a typing error is corrected to, and common words that are none."""

IN_UNITS: dict[tuple[str, str], int] = {
    ("year", "month"): 12, ("year", "quarter"): 4, ("year", "week"): 52, ("year", "day"): 365,
    ("quarter", "month"): 3, ("quarter", "week"): 13, ("month", "day"): 30, ("month", "week"): 4,
    ("week", "day"): 7, ("day", "hour"): 24,
}  # fmt: skip
"""How many of the second make one of the first."""

CHART_KINDS: tuple[tuple[str, str], ...] = (
    ("histogram", r"\bhistograms?\b|直方图"),
    ("scatter", r"\bscatter|散点"),
    ("box", r"\bbox\s?-?(?:plots?|charts?|and whisker)|\bbox\b|箱线|箱型|箱形|箱图"),
    ("heatmap", r"\bheat\s?-?maps?\b|热力图?|热图"),
    ("pie", r"\bpie\b|饼图?"),
    ("area", r"\barea (?:chart|plot|graph)?|面积图"),
    ("bar", r"\bbars?\b|\bcolumn chart|柱状|条形"),
    ("line", r"\blines?\b(?! \d)|折线|曲线"),
)

METRICS: tuple[tuple[str, str], ...] = (
    ("roc_auc", r"\b(?:roc[_ -]?)?auc\b"),
    ("average_precision", r"\baverage precision\b|\bpr[- ]auc\b|平均精度"),
    ("neg_mean_absolute_error", r"\bmae\b|\bmean absolute error\b|平均绝对误差"),
    ("neg_root_mean_squared_error", r"\brmse\b|\broot mean squared? error\b|均方根误差"),
    ("neg_log_loss", r"\blog[- ]?loss\b|对数损失"),
    ("f1", r"\bf1\b"),
    ("r2", r"\br2\b|\br[- ]squared\b|决定系数"),
    ("accuracy", r"\b(?:optimi[sz]e|metric|maximi[sz]e)\b.{0,12}\baccuracy\b|指标.{0,6}准确率"),
)

CHECKS: tuple[tuple[str, str], ...] = (
    ("missing", r"\bmissing|\bgaps?\b|\bnulls?\b|\bblanks?\b|缺失|空值"),
    ("duplicates", r"\bduplicat|\bnear-?dup|\bdupes\b|\b(?:repeated|double) (?:rows|records)|重复|查重"),
    ("constant", r"\b(?:quasi-?)?constant\b|常数|恒定"),
    ("outliers", r"\boutliers?\b|\bextreme values?\b|异常值|离群|极端值"),
    ("types", r"\bmixed (?:types|units)\b|\btypes? (?:mixed|mix)|类型混|混合类型"),
    ("categories", r"\bspel(?:led|t|ling)|\binconsistent|\bsame category\b|写法|拼写|类别不一致|口径"),
    ("impossible", r"\bimpossible|\bimplausible|\bnonsens|\binvalid values?\b|\babsurd|不可能|不合理|荒谬"),
    ("time_order", r"\b(?:in|out of) (?:the right )?(?:order|sequence)|\bchronolog|\btime order\b|乱序|时间顺序|日期顺序|先后"),
    ("imbalance", r"\b(?:im|un)balanced?\b|\bskewed classes\b|均衡|平衡"),
    ("leakage", r"\bleak|\bgives? away\b|泄漏|泄露|偷看"),
    ("drift", r"\bdrift|\bshifted\b|\bdistribution shift|漂移|偏移"),
    ("labels", r"\bmis-?label|\blabels?\b.{0,20}\b(?:wrong|error|right|correct)|\b(?:wrong|bad|noisy) labels?\b|\bcheck\b.{0,24}\blabels?\b|标错|错标|误标|标注"),
    ("personal", r"\bpersonal\b|\bpii\b|\bgdpr\b|\bsensitive\b|\bprivacy\b|\be-?mails?\b|\bprivate\b|隐私|个人信息|邮箱|敏感"),
)  # fmt: skip
"""Checks of `check_quality` and the words for them."""

STEPS: tuple[tuple[str, str], ...] = (
    ("impute", r"\bimput\w*|\bfill(?:s|ed|ing)?\b|\breplace (?:the )?(?:missing|blank|null|empty)|\bjust say\b|补(?!货)|填|插补"),
    ("outliers", r"\b(?:cap|clip|winsori[sz]e?|truncate)\w*\b|\b(?:drop|remove|flag|handle|treat) (?:the )?outliers?\b|\boutliers?\b|截断|缩尾|盖帽|极端值|异常值|离群"),
    ("scale", r"\bstandardi[sz]\w*|\bnormali[sz]\w*|\b(?:re-?)?scal(?:e|es|ed|ing)\b|\bmin-?max\b|\blog[- ]?transform\w*|\byeo-?johnson\b|标准化|归一化|缩放|取对数|对数变换"),
    ("encode", r"\bone-?\s?hot\b|\bencod\w+|\bdumm(?:y|ies)\b|独热|编码|哑变量"),
    ("cast", r"\b(?:make|turn|convert|cast|parse|change|read)\b.{0,40}\b(?:numbers?|numeric|float|integer|text|string|boolean|datetime|timestamps?|(?:a|to|into|as) dates?)\b|转(?:换)?(?:成|为)(?:数值|数字|文本|日期|字符|布尔|时间)"),
    ("rare", r"\brare\b|\binfrequent\b|稀有|罕见|少见|低频"),
    ("drop", r"\b(?:drop|remove|delete|discard|leave out|get rid of)\b|删掉|删除|去掉(?!.{0,4}空格)|丢掉|剔除"),
    ("dates", r"\b(?:break|split|expand|turn|decompose|take)\b.{0,30}\b(?:into|to) (?:its )?(?:year|month|week|day|weekday|parts|date parts|quarter)|\bdate parts\b|拆(?:成|为|分|出|开)?|分解成年"),
    ("trim", r"\btrim\w*\b|\bstrip\b|\bwhite ?spaces?\b|去(?:掉|除)?(?:首尾)?(?:的)?空格|空格"),
    ("unify", r"\bconsistent\b|\bunif(?:y|ied|orm)\b|\bharmoni[sz]e|\bspellings?\b|写法统一|统一写法|格式统一|统一"),
    ("deduplicate", r"\bde-?dup\w*|\b(?:drop|remove) (?:the )?duplicat\w*|去重|删除重复"),
)  # fmt: skip
"""Steps of `preprocess` and the words for them."""
