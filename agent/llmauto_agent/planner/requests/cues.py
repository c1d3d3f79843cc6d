"""Words and phrases that ask for a tool, with weights; a request goes to the tool whose phrases weigh most.

A weight of 1 or more is enough by itself. Texts are compared folded (lower case, plain quotes).
"""

from __future__ import annotations

import re
from functools import lru_cache

# fmt: off
_EN: dict[str, dict[str, float]] = {
    "chart": {
        r"\bhisto?gra?ms?\b|\bhistgram": 1.2, r"\bscatter\w*|box ?-?plots?|\bpie\b|heat ?-?map|(?:bar|line|area) (?:chart|graph|plot)|bar ?plot": 1.2,
        r"\b(?:plot|draw|chart|graph|visuali[sz]e|picture|graphically)\b": 1.0,
    },
    "profile": {
        r"before (?:i|we) (?:start|begin) model|do i need to know": 0.9,
        r"\bprof(?:il|le)\w*": 1.2, r"\beda\b|\bexplorat\w+": 1.1, r"\b(?:an? |quick )?overview\b": 1.0,
        r"what kind of data|walk me through|what(?:'s| is) in (?:here|there|it)\b|get to know|never seen this": 1.1,
        r"know about (?:this|the) (?:table|data|file)|new to (?:this|the) (?:data|team|table)": 0.8,
        r"\bdistributions? of\b.*\band\b|\bdistributions\b": 1.0, r"summar\w+ (?:every|each|all) columns?|summary statistics|descriptive stat": 1.2,
        r"(?:candidate|primary|possible) keys?\b|could be (?:a )?keys?|be joined\b|join(?:s|able)? between": 1.1,
        r"everything (?:associates|relates|correlates)|associations? (?:between|among|of) (?:the |all )?columns": 1.1,
        r"(?:describe|explain) (?:the|this) (?:data|dataset|data set|table) (?:in detail|fully)": 1.1, r"first look": 1.0,
    },
    "check_quality": {
        r"\bquality\b": 1.3, r"\b(?:data|it) any good\b|\b(?:bad|dirty|messy|broken|faulty) data\b|sanity[- ]check": 1.2,
        r"what(?:'s| is) wrong with": 1.1, r"is (?:the|this|my) data (?:ok|okay|clean|fine|usable|trustworthy|reliable)": 1.2,
        r"personal (?:data|information|details)|\bpii\b|gdpr|sensitive (?:data|information)|privacy": 1.2,
        r"\bleak\w*": 1.3, r"\bimbalanc\w*|\bunbalanced\b": 1.1, r"\bdrift\w*": 1.3,
        r"mis-?label\w*|wrong(?:ly)? label\w*|label (?:errors?|noise|issues?)|check the \w+ labels": 1.2,
        r"(?:find|look for|check|scan|detect|any|hunt|search).{0,30}\b(?:duplicat\w+|near-duplicat\w+|outliers?|constant columns?)": 1.0,
        r"near[- ]?duplicat": 0.6, r"spel(?:led|t|ling)|inconsisten\w+": 0.9, r"out of (?:sequence|order)|dates? in order|time order": 1.1,
        r"(?:impossible|nonsense|implausible|absurd|invalid) (?:values?|entries|numbers)": 1.1, r"mixed (?:types|units|formats)": 1.1,
        r"problems? (?:in|with) (?:this|the|my) (?:data|file|table)|issues? (?:in|with) (?:this|the|my) (?:data|file|table)": 1.1,
        r"duplicates?, (?:gaps|missing|outliers)|gaps, ": 0.6,
    },
    "preprocess": {
        r"\bclean(?:s|ing|ed|se)?\b(?: (?:it|this|that|up|the|my|everything|data)|$|,)": 1.1, r"tidy (?:up|the|this)": 1.1,
        r"\bpre-?process\w*|\bprep\b|data prep": 1.2, r"ready for (?:model|machine|training)|prepare (?:the|this|my|it)": 1.1,
        r"\bimput\w+|fill (?:in |up )?.{0,30}(?:missing|gaps?|blanks?|nulls?|empty|holes)|fill\b.{0,25} with\b|(?:missing|blank|empty)\b.{0,40}\b(?:fill|replace|use|put|say)\b": 1.2,
        r"one-?hot|\bencod(?:e|ing)\b|dummies|dummy (?:variables|code)|target[- ]encod": 1.2,
        r"\bstandardi[sz]e\b|\bnormali[sz]e\b|\bscal(?:e|ing)\b|min-?max|log[- ]?transform|z-?score": 1.1,
        r"make (?:it|them) (?:a )?(?:number|date|numeric|text)|(?:convert|cast|turn)\b.{0,40}\b(?:to|into) (?:a )?(?:numbers?|dates?|numeric|text|strings?|integers?)": 1.2,
        r"\brare (?:levels?|values?|categor\w+|\w+)\b|\blump\b": 1.1, r"\b(?:drop|remove|delete) (?:the )?(?:columns?\b|[\w ]{1,30} columns?\b)": 1.1,
        r"(?:break|split|expand|turn)\b.{0,30}\binto\b.{0,20}\b(?:months?|years?|weekdays?|days?|parts)\b": 1.1,
        r"train(?:ing)?[ /-]?(?:and |\W)?test|hold-?out|split (?:the data|it|them)? ?by (?:time|group)|stratif\w+": 1.1,
        r"\bcap\b|\bwinsor\w*|\bclip\b": 1.1, r"\btrim\b|strip (?:the )?(?:white)?spaces": 1.1,
        r"make .{0,30}consistent|\bunify\b|harmoni[sz]e|\bmerge the spellings": 1.1, r"de-?dup\w*|(?:remove|drop|delete) (?:the |all )?duplicat\w+": 1.1,
        r"fix (?:what you can|the|it|these)": 0.9,
    },
    "apply_recipe": {
        r"\brec(?:ipe|eipe|eipt|ipie)s?\b": 1.5, r"\bre-?apply\b": 1.2, r"same (?:cleaning|steps|preprocessing|treatment)": 1.0,
        r"(?:now )?do the same (?:to|for|with)": 1.0,
    },
    "select_features": {
        r"(?:max|at most|only) (?:\d+|two|three|four|five) (?:inputs|features|predictors|variables)": 0.6,
        r"feature selection|select(?:ing|ion)?\b.{0,20}\b(?:features?|predictors|variables)": 1.4,
        r"(?:best|top|most \w+|strongest)\b.{0,14}\b(?:features?|predictors|inputs?|variables)\b": 1.2,
        r"\b(?:features?|predictors|variables|inputs?|columns) (?:matter|count|are (?:useful|relevant|informative|worth)|should (?:i|we) (?:keep|use|take))": 1.3,
        r"(?:what|which) columns should": 1.0, r"rank (?:the )?(?:variables|features|columns|predictors)": 1.2, r"\bmrmr\b|\bboruta\b|mutual information": 1.2,
        r"tells? us nothing|irrelevant (?:columns|features|variables)|too many (?:columns|variables|features)": 1.0,
        r"\b(?:three|four|five|two|\d+) (?:inputs|features|predictors)\b": 0.9, r"which .{0,50}\btell\b.{0,20}\bapart": 1.0, r"\bshortlist\b": 0.8,
    },
    "test_hypothesis": {
        r"\bsignifican\w+": 1.0, r"statistic(?:al|ally)\b": 0.9, r"\bhypothesis\b|p-?value": 0.9, r"\b[tzuf]-?tests?\b|\banova\b|chi-?squ?\w*|mann-?whitney|wilcoxon|kruskal|fisher(?:'s)? exact|shapiro|kolmogorov": 1.3,
        r"normally distributed|\bnormality\b|is .{1,30} normal\b|gaussian": 1.3, r"\bindependent\b(?! variable)|independence": 1.1, r"\bpaired\b": 1.1,
        r"by chance|just (?:noise|chance|luck)|or is it chance|or (?:just )?(?:noise|chance)|coincidence": 1.1, r"\ba/?b[- ](?:test|question|experiment)": 1.2,
        r"(?:gap|difference|effect) real|real(?:ly)? differ\w*|truly differ\w*": 1.1, r"run the right test|\btest whether\b|\btest if\b|statistical test": 1.3,
        r"differ(?:s|ent|ence)?\b.{0,40}\b(?:significant|test)": 0.6,
    },
    "relate": {
        r"odds ratios?": 1.3,
        r"\b(?:go|goes|come|comes) with (?:a |the )?(?:\w+ ){0,2}(?:smaller|larger|higher|lower|fewer|more|less)": 1.2,
        r"\bregress\w*\b(?! model)": 1.3, r"\bols\b|\blogit\b|logistic regression|linear regression": 1.3, r"\brelat(?:e|es|ed|ion|ions|ionship)\b": 1.1,
        r"\bdepends? on\b|goes? (?:along|together|hand in hand) with|go along with": 1.1, r"\b(?:effect|influence|impact) (?:of|on)\b": 1.0,
        r"correlat\w+.{0,60}(?:significan|p-?value|sure|confidence|strong)|(?:significan|how sure).{0,40}correlat": 1.4,
        r"holding .{0,40}constant|control(?:ling|led)? for|adjust(?:ing|ed)? for|ceteris": 1.3, r"association (?:between|of)": 0.8, r"robust (?:standard )?errors": 0.8,
        r"linked to|tied to|connected (?:to|with)": 0.9,
    },
    "time_series": {
        r"\bdecompos\w+": 1.3, r"\bseasonal\w*|\bseasons?\b|yearly cycle|weekly cycle|\bcyclical\b|periodicity": 1.2, r"change ?-?points?|structural breaks?|\bbreaks? in\b|level shifts?|change(?:d)? abruptly|turning points?": 1.3,
        r"time[- ]series|\btimeseries\b": 1.3, r"\bresampl\w+|into an? (?:hourly|daily|weekly|monthly|quarterly|yearly) series": 1.3,
        r"\banomal\w+|(?:weird|odd|strange|unusual|abnormal) (?:days|weeks|months|dates|periods|values over)": 1.2,
        r"\btrends? (?:in|of)\b.{0,40}\b(?:for each|per|by)\b|(?:weekly|monthly|daily|yearly|long-?term|underlying) trend of|\btrend and\b|\band trend\b|trend analysis": 1.0,
    },
    "forecast": {
        r"\bfor?e?cast\w*": 1.4, r"\bextrapolat\w+": 1.3, r"\bproject(?:ed|ion)?\b.{0,40}\b(?:out|ahead|forward|into|next|years|months)\b": 1.2,
        r"\b(?:next|coming|following|upcoming)\b.{0,14}\b(?:hours?|days?|weeks?|months?|quarters?|years?)\b": 0.9, r"\bahead\b": 0.6,
        r"\bwill\b.{0,40}\b(?:be|develop|look|sell|evolve|go)\b|\bgoing to be\b|what to expect": 0.6, r"\bexpect(?:ed)?\b.{0,30}\bnext\b": 0.8, r"\bpredict\w*\b.{0,60}\bnext\b": 0.8,
        r"how (?:many|much)\b.{0,40}\b(?:next|coming)\b": 0.5,
    },
    "segment": {
        r"(?:what|which|how many) (?:kinds|types|sorts) of .{1,30}are there (?:really|actually)": 0.7,
        r"\bsegment(?!s? with| =)\w*": 1.2, r"\bcl(?:us|ut)ter\w*|\bclutser\w*": 1.3, r"\bk-?means\b|\bhdbscan\b|\bdbscan\b": 1.4, r"natural groups|group similar|similar ones together|groups? of similar": 1.2,
        r"(?:fall|divide|split|sort) .{0,30}into .{0,14}(?:natural |similar )?groups": 1.1, r"(?:what|which|how many) (?:kinds|types|sorts) of .{1,30}(?:do we have|are there (?:really|actually)|exist)": 1.0, r"\bpersonas?\b|\barchetypes?\b": 1.0,
    },
    "train_model": {
        r"fit (?:a |an )?(?:linear |logistic )?regression\b(?! of)": 1.0,
        r"(?:something|anything) that predicts|able to tell|who(?:'s| is) going to (?:leave|churn|buy|default)": 0.8,
        r"\bmodel for (?:the |who |which )?\w+": 0.5,
        r"\btrain\b(?!(?:ing)? (?:and|set|part))": 1.1, r"\b(?:build|fit|create|make|develop|learn|want|need)\b.{0,30}\b(?:model|classifi?er|regress(?:or|ion model)|predictor)\b": 1.2, r"\bclassifi?er\b|\bclassify\b": 0.9,
        r"machine[- ]learning|\bauto-?ml\b|\bml model\b": 1.3, r"^(?:please )?model (?:the )?\w+": 1.1, r"\blearn (?:who|which|what|to)\b|teach .{0,10}model": 1.2,
        r"\b(?:i want to|can (?:you|we)|let's|try to|could you|please)? ?predict(?:s|ing|ion of)? (?:the |who |which |whether )?\w+": 0.9, r"regression (?:model )?for\b": 1.0, r"predictive model": 1.2,
        r"is the label|as the (?:target|label)": 0.6, r"optimi[sz]e (?:auc|f1|accuracy)|minimi[sz]e (?:the )?(?:mae|rmse|mean)": 0.6,
    },
    "evaluate_model": {
        r"better than (?:just )?guess\w*": 0.9,
        r"\bmetrics\b": 0.9,
        r"my model|the model.{0,20}\b(?:good|ok|any)\b": 0.3,
        r"how (?:good|well|accurate|reliable|bad)\b.{0,20}\b(?:model|it|that|predictions?|perform)": 1.1, r"\bevaluat\w+": 1.3, r"confusion matrix|\broc\b|calibration|precision|recall\b|\bf1\b|accuracy": 1.0,
        r"(?:errors?|mistakes|performance|score|quality) of (?:the|this|that|my) model": 1.3, r"\b(?:do|does|did) (?:it|the model) (?:do |perform |work )?(?:worse|better|well|equally)": 1.2, r"\bfair(?:ness)? (?:to|for|across|between)|biased against": 1.1,
        r"beat(?:s|ing)? (?:the )?(?:baseline|guess\w*|average)|better than (?:guess\w*|the average|a coin)": 1.0, r"assess (?:the|my|this) model|test the model": 1.2,
    },
    "predict": {
        r"predict(?:ions?)? (?:now )?with (?:it|that|this)|model's predict\w+|predicted .{1,30}to the table": 1.3,
        r"\bscore\b.{0,30}\bmodel\b": 1.2,
        r"\bapply (?:the |my |this |that |model )?(?:[\w@.-]+ )?model\b|\bapply it\b|use (?:the |my |that )?model": 1.2, r"\bscore (?:all|every|each|the|these|them|everyone)": 1.2, r"\b(?:make|give|get|add|write|run|create|output)\b.{0,20}\bpredictions?\b": 1.2,
        r"predict(?:ions?)? (?:now|for (?:every|all|each|them|these)|it|them|everyone)": 1.1, r"run (?:the |my )?model": 1.2, r"who is (?:most )?likely to": 0.7, r"what would (?:the model|it) (?:say|predict)": 1.0,
        r"fill in .{0,20}(?:chance|probabilit|prediction)": 1.1, r"\binference\b": 1.0,
    },
    "explain_model": {
        r"interpret\w*": 1.1,
        r"(?:has|did) the model learn\w*|model (?:has )?learn(?:ed|t)": 1.3,
        r"matters? (?:most )?to the model|the model(?:'s)? (?:look|rel)\w+": 1.3,
        r"in the model\b": 0.6,
        r"\bexplanation\b": 1.0,
        r"tell me (?:what drives|why)": 0.5,
        r"\bexplain(?:s|ed)?\b(?!.{0,20}\b(?:data|table|columns?)\b)": 1.1, r"\bshap\b|feature importances?|permutation importance|partial dependence|\bpdp\b": 1.4,
        r"why (?:do|does|did|is|was|are|were|would)\b.{0,60}\b(?:row|model|it|predict\w*|according)\b|why row|\bwhy\b$": 1.0, r"what drives|drivers? of|main drivers|key drivers|what(?:'s| is) behind": 1.2,
        r"(?:most|biggest|largest) (?:important|influential|influence|impact|effect|weight)\b": 0.9, r"how does the model (?:decide|work|think|use)": 1.3, r"according to (?:it|the model)": 0.9, r"how .{1,40} changes? the prediction|prediction change": 1.2,
    },
}
_ZH: dict[str, dict[str, float]] = {
    "chart": {r"直方图|散点图?|箱线图|箱形图|饼图|热力图|柱状图|条形图|折线图?|面积图": 1.2, r"画(?:个|张|成|一)?|绘制|可视化|的?图(?:表)?$|作图|小图|一张": 0.9},
    "profile": {
        r"当主键": 0.4,
        r"概览|概况|画像|摸个?底|探索性|\beda\b|初步(?:分析|了解)|整体(?:介绍|情况|看看)|总体情况": 1.1, r"描述(?:性)?统计": 1.2, r"(?:大概|大致)(?:是)?(?:什么|啥)(?:情况|样)": 1.1,
        r"每一?列(?:的)?(?:类型|缺失|取值)": 1.2, r"(?:和|、|与).{1,20}的?分布$|看看.{1,30}的?分布": 0.9, r"(?:当|作|做)?主键|怎么关联|能关联|如何连接": 1.1, r"变量(?:之间)?(?:的)?关系|各列之间": 0.8, r"这(?:张|份|个).{0,6}(?:整体|全貌|大体)": 0.9,
    },
    "check_quality": {
        r"(?:统一|一致)吗": 1.3,
        r"质量": 1.2, r"隐私|敏感(?:信息|数据)|个人信息": 1.2, r"泄[漏露]": 1.3, r"(?:检查|查|找|有没有|有无|是否有|存在).{0,12}(?:重复|异常值|离群|不可能|脏数据|错误|缺失)": 1.1, r"不均衡|不平衡": 1.1, r"漂移": 1.3,
        r"标错|标注错误|标签(?:错误|有误|问题)": 1.2, r"写法(?:统一|不一|一致)|类别不一致|不一致": 1.0, r"干净吗|靠谱吗|可靠吗|能用吗|脏不脏|有没有问题|有什么(?:问题|毛病)": 1.1, r"(?:时间|日期)(?:顺序|先后)|乱序": 1.1, r"检查缺失": 0.6, r"重复.{0,6}(?:检查|吗)": 0.7, r"单位混|类型混": 1.0,
    },
    "preprocess": {
        r"清洗|清理(?:一下)?(?:数据)?|预处理|数据准备": 1.2, r"(?:补|填)(?:上|充|全|补)?(?:缺失|空)|缺失值?.{0,8}(?:补|填)|(?:为空|空的|空着).{0,8}(?:填|补|写)|插补|填(?:充)?(?:为|成)?(?:众数|中位数|均值|平均)|补缺": 1.2,
        r"独热|编码(?!.{0,4}是)|哑变量|one-?hot": 1.2, r"标准化|归一化|缩放|取对数|对数变换": 1.2, r"转(?:换)?(?:成|为)(?:数值|数字|日期|文本|字符)": 1.2, r"(?:截断|盖帽|封顶|缩尾)": 1.1, r"(?:划分|切分|拆分|分成).{0,8}(?:训练|测试)|分层(?:抽样|划分)|留出": 1.2,
        r"拆成.{0,12}(?:年|月|日|星期)|拆(?:分)?(?:出|为).{0,10}(?:年|月|星期)": 1.1, r"去掉?.{0,6}空格|首尾空格": 1.1, r"写法统一|统一(?:写法|名称|格式|一下)": 1.1, r"稀有|低频.{0,4}(?:合并|归)|归(?:为|到|入)其他": 1.1, r"(?:删掉|删除|去掉|丢掉).{0,14}(?:列|字段|变量)|[a-z]\w* ?(?:删掉|去掉|删除)$": 1.0, r"去重(?!后|的)": 1.0,
        r"为.{0,10}(?:建模|训练|预测).{0,6}(?:准备|做好)": 1.0, r"修(?:复|一下|好)": 0.8,
    },
    "apply_recipe": {r"配方|食谱|菜谱": 1.5, r"套用|照样(?:来|做|处理)|同样(?:的)?(?:处理|步骤)|预处理方案": 1.2, r"按照?.{1,20}的?步骤": 1.1, r"按照? ?[\w.-]+@\d+ ?(?:转换|处理)": 1.3},
    "select_features": {
        r"选出.{0,14}有用": 1.2,
        r"特征(?:选择|筛选)|选(?:择|出|取|)?.{0,8}特征|(?:哪些|什么)(?:特征|变量|字段).{0,16}(?:有用|重要|最能|保留)|挑.{0,14}(?:特征|变量|字段)": 1.4, r"(?:有用|有效|最佳|最好)的?.{0,6}(?:特征|变量|预测)|最能预测": 1.2, r"(?:保留|留下?|该留|该用)(?:哪些|.{0,6}变量|.{0,4}列)": 1.2, r"筛(?:选|一下|特征)": 1.0, r"变量太多|特征太多": 1.0, r"按.{0,14}重要程度.{0,10}排": 1.0, r"互信息|最大相关": 1.1, r"用哪些列就够|哪些列就够|区分.{1,14}用哪些": 1.1,
    },
    "test_hypothesis": {
        r"是不是(?:真的)?明显": 0.6,
        r"卡方": 0.5,
        r"显著": 0.9, r"检验": 1.2, r"统计学意义|统计上": 1.1, r"正态": 1.2, r"(?:是否|是不是)?独立(?:吗|性|$)|互相独立": 1.1, r"方差分析|卡方|t ?检验|配对|秩和": 1.3, r"站得住脚|偶然|碰巧|运气|噪声": 1.1, r"真(?:的)?有?差[别异]|(?:差[别异]).{0,6}(?:真|大吗)": 1.1, r"假设": 0.8, r"是不是明显|明显(?:更)?(?:高|低|多|少)": 0.8,
    },
    "relate": {
        r"有没有关系|是否有关|有无关系": 0.3,
        r"回归(?!模型)": 1.2, r"逻辑回归|线性回归|最小二乘": 1.4, r"(?:什么|有(?:没有|何|啥)?|的|多强的|有多大)关系|有关(?:系)?吗|相关(?:吗|性|程度)|联系$|的联系": 1.0, r"相关系数.{0,10}显著|显著.{0,6}相关": 1.4, r"(?:哪些|什么)(?:因素|变量).{0,8}(?:相关|有关|影响)": 1.2, r"影响(?:有)?多大|控制.{1,14}(?:之后|后|不变)": 1.2, r"每多一.{0,14}多少": 1.0,
    },
    "time_series": {
        r"季节(?:性|规律)?|周期(?:性|规律)": 1.2, r"(?:月度|季度|年度|周度|长期|整体)?趋势": 0.9, r"分解": 1.2, r"突变|拐点|变点|断点|结构(?:性)?变化": 1.3, r"时间序列|时序": 1.3, r"异常(?:点|的?日子|天)|哪些(?:天|日子|月份?).{0,6}(?:不正常|异常)|不正常": 1.1, r"重采样|按(?:周|月|季度|日|天)汇总.{0,10}(?:序列|时间)": 1.2, r"走势": 0.9,
    },
    "forecast": {
        r"预测.{0,12}(?:未来|后面|接下来|下(?:个)?(?:月|周|季度|年)|明年|\d+ ?(?:天|周|个?月|季度|年))|(?:未来|后面|接下来|往后|下(?:个)?(?:月|周|季度|年)|明年).{0,24}(?:预测|多少|怎么走|会|预计|估计)": 1.3, r"未来.{0,8}(?:天|周|月|季度|年)|接下来.{0,8}(?:天|周|月|季度|年)|往后.{0,8}(?:天|周|月|季度|年)|后(?:面)?[一二三四五六七八九十两\d]+ ?(?:天|周|个?月|季度|年)": 1.1, r"推算|外推|往后推|预估|预报": 1.0, r"预测，?\d": 0.8,
    },
    "segment": {r"聚(?:类|成|为)|分群|分(?:成|为).{0,6}(?:群|类)|细分|群体|客群": 1.2, r"kmeans|k-means|hdbscan|k均值": 1.4, r"(?:可以|能|大致|大概)?(?:分成|有)(?:哪)?几(?:种|类)(?:人|客户|用户)?|几类人": 1.1, r"归(?:到|为|成)一(?:起|类)|相似的.{0,10}(?:放|归|分)": 1.1},
    "train_model": {
        r"训练": 1.2, r"(?:建|做|搭|构建|拟合)(?:立|个|一个)?.{0,10}模型|建模": 1.2, r"机器学习|自动建模|automl": 1.2, r"(?:能不能|可不可以)?学(?:出来|习)(?:谁|哪)": 1.1, r"(?:用|拿).{2,30}(?:去)?预测": 1.1, r"分类器|回归模型|分类模型": 1.1, r"跑个.{0,16}模型": 1.2, r"标签是|以.{1,12}为(?:目标|标签)": 0.5, r"^预测(?!未来)": 0.6,
    },
    "evaluate_model": {
        r"指标|置信区间": 0.8,r"评估": 1.2, r"模型.{0,8}(?:效果|表现|怎么样|好不好|准(?:不准|吗)?|误差)": 1.2, r"混淆矩阵|准确率|召回率|精确率|\bauc\b|f1": 1.1, r"(?:准不准|有多准|效果(?:怎么样|如何))": 1.1, r"误差(?:分别)?(?:多大|是多少|有多大)": 0.9, r"公平(?:吗|性)": 1.1, r"比(?:直接|瞎|随便)?猜": 1.0, r"表现如何|表现怎么样": 0.9},
    "predict": {r"(?:用|拿|把).{0,14}模型.{0,12}(?:打分|预测|用到|应用|算|推理|套)|应用.{0,14}模型|用模型": 1.2, r"打(?:个)?(?:分|预测)": 1.0, r"每(?:一)?(?:行|张|颗|个|位).{0,10}预测|预测结果|跑(?:一遍|一下)?预测": 1.2, r"现在预测|预测一下$|推理": 1.1, r"最可能": 0.7, r"按模型": 1.0},
    "explain_model": {r"解释": 1.1, r"shap|特征重要(?:性|度)|部分依赖|偏依赖": 1.4, r"为什么.{0,14}(?:判|预测|分|认为|流失|离职|退货)|为啥|关键原因|主要原因|驱动(?:因素|力)": 1.0, r"影响最大|最重要的(?:变量|特征|因素)|哪些(?:变量|因素)(?:影响|最)": 1.1, r"模型(?:是)?(?:怎么|如何)(?:判断|看|想|做)|怎么(?:来|得出)的|学到了(?:什么|啥)|大白话": 1.2, r"变化时.{0,6}(?:预测|结果)": 1.2},
}
# fmt: on

_PLAIN_EN = re.compile(
    r"^(?:how many|what is the (?:average|total|number|mean|median|sum|max|min)|list (?:the|all)|count|average|total|show (?:me )?(?:the |all )?rows)\b"
)
"""How requests begin that are about rows; a tool has to be named clearly then."""
_PLAIN_ZH = re.compile(r"^(?:有多少|多少|平均|总|列出|统计|查询)")


@lru_cache(maxsize=2)
def _compiled(language: str) -> dict[str, list[tuple[re.Pattern[str], float]]]:
    table = _ZH if language == "zh" else _EN
    return {tool: [(re.compile(p), w) for p, w in cues.items()] for tool, cues in table.items()}


def scores(text: str, language: str) -> dict[str, float]:
    """How strongly a folded text asks for each tool; both languages' cues for a Chinese text."""
    found: dict[str, float] = {}
    for lang in ("zh", "en") if language == "zh" else ("en",):
        for tool, cues in _compiled(lang).items():
            weight = sum(w for pattern, w in cues if pattern.search(text))
            if weight:
                found[tool] = max(found.get(tool, 0.0), weight)
    if (_PLAIN_ZH if language == "zh" else _PLAIN_EN).search(text):
        found = {tool: weight - 0.6 for tool, weight in found.items()}
    return {tool: weight for tool, weight in found.items() if weight > 0}
