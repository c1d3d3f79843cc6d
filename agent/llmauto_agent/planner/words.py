"""Word forms: splitting of names, inflection, abbreviations, stop words, typing errors."""

from __future__ import annotations

import re
from functools import lru_cache

from llmauto_agent.planner.tokens import CJK, fold

# ---- word lists --------------------------------------------------------------------------------

_IRREGULAR = {
    "people": "person", "men": "man", "women": "woman", "children": "child", "feet": "foot",
    "teeth": "tooth", "mice": "mouse", "geese": "goose", "oxen": "ox", "indices": "index",
    "indexes": "index", "matrices": "matrix", "vertices": "vertex", "analyses": "analysis",
    "diagnoses": "diagnosis", "bases": "base", "crises": "crisis", "theses": "thesis",
    "hypotheses": "hypothesis", "criteria": "criterion", "phenomena": "phenomenon", "media": "medium",
    "movies": "movie", "cookies": "cookie", "calories": "calorie", "series": "series",
    "species": "species", "selfies": "selfie", "zombies": "zombie", "ties": "tie", "pies": "pie",
    "lies": "lie", "statuses": "status", "buses": "bus", "viruses": "virus", "bonuses": "bonus",
    "campuses": "campus", "censuses": "census", "gases": "gas", "lives": "life", "wives": "wife",
    "knives": "knife", "leaves": "leaf", "shelves": "shelf", "halves": "half", "wolves": "wolf",
    "heroes": "hero", "potatoes": "potato", "tomatoes": "tomato", "cargoes": "cargo", "aircraft": "aircraft",
    "news": "news", "gross": "gross", "always": "always", "lens": "lens", "lenses": "lens", "bus": "bus",
    "gas": "gas", "yes": "yes", "has": "has", "was": "was", "is": "is", "this": "this", "his": "his",
    "us": "us", "as": "as", "its": "its", "does": "does", "plus": "plus", "alumni": "alumnus",
    "staves": "staff", "thieves": "thief", "quizzes": "quiz", "axes": "axis", "data": "data",
}  # fmt: skip

_IRREGULAR_VERBS = {
    "sold": "sell", "bought": "buy", "paid": "pay", "spent": "spend", "made": "make", "went": "go",
    "gone": "go", "left": "leave", "lost": "lose", "won": "win", "sent": "send", "held": "hold",
    "kept": "keep", "built": "build", "written": "write", "wrote": "write", "ran": "run", "grew": "grow",
    "grown": "grow", "born": "birth", "died": "die", "dying": "die", "flew": "fly", "flown": "fly",
    "taken": "take", "took": "take", "given": "give", "gave": "give", "drove": "drive", "driven": "drive",
    "taught": "teach", "led": "lead", "met": "meet", "beat": "beat", "chosen": "choose", "chose": "choose",
    "began": "begin", "begun": "begin", "earnt": "earn", "rose": "rise", "risen": "rise", "fell": "fall",
    "fallen": "fall", "lent": "lend", "sung": "sing", "sang": "sing", "spoken": "speak", "spoke": "speak",
}  # fmt: skip

ABBREVIATIONS: dict[str, tuple[str, ...]] = {
    "qty": ("quantity",), "amt": ("amount",), "num": ("number",), "nbr": ("number",), "nr": ("number",),
    "no": ("number",), "pct": ("percent",), "perc": ("percent",), "avg": ("average",), "cnt": ("count",),
    "dob": ("birth", "date"), "bday": ("birthday",), "yr": ("year",), "yrs": ("year",), "mo": ("month",),
    "mth": ("month",), "qtr": ("quarter",), "wk": ("week",), "hr": ("hour",), "hrs": ("hour",),
    "addr": ("address",), "desc": ("description",), "descr": ("description",), "dept": ("department",),
    "dep": ("department",), "emp": ("employee",), "empl": ("employee",), "cust": ("customer",),
    "prod": ("product",), "cat": ("category",), "categ": ("category",), "tel": ("telephone",),
    "temp": ("temperature",), "lat": ("latitude",), "lon": ("longitude",), "lng": ("longitude",),
    "long": ("longitude",), "wt": ("weight",), "ht": ("height",), "hp": ("horsepower",),
    "mpg": ("miles", "per", "gallon"), "fname": ("first", "name"), "lname": ("last", "name"),
    "dt": ("date",), "mag": ("magnitude",), "tot": ("total",), "acct": ("account",), "acc": ("account",), "mgr": ("manager",),
    "org": ("organization",), "sqft": ("square", "feet"), "loc": ("location",), "cyl": ("cylinder",),
    "disp": ("displacement",), "pop": ("population",), "percap": ("per", "capita"),
    "gdppercap": ("gdp", "per", "capita"), "msg": ("message",), "pwd": ("password",), "img": ("image",),
    "lang": ("language",), "lvl": ("level",), "std": ("standard",), "prev": ("previous",),
    "curr": ("currency",), "bal": ("balance",), "inv": ("invoice",), "ord": ("order",), "pmt": ("payment",),
    "txn": ("transaction",), "trans": ("transaction",), "vol": ("volume",), "max": ("maximum",),
    "min": ("minimum",), "diff": ("difference",), "rev": ("revenue",), "sal": ("salary",),
    "exp": ("experience",), "expectancy": ("expectancy",), "lifeexp": ("life", "expectancy"),
    "dist": ("distance",), "dur": ("duration",), "freq": ("frequency",), "cond": ("condition",),
    "qual": ("quality",), "edu": ("education",), "educ": ("education",), "hh": ("household",),
    "govt": ("government",), "univ": ("university",), "intl": ("international",), "mfr": ("manufacturer",),
    "mfg": ("manufacturing",), "veh": ("vehicle",), "reg": ("region",), "seg": ("segment",),
    "src": ("source",), "dest": ("destination",), "orig": ("origin",), "dept_no": ("department", "number"),
    "ssn": ("social", "security", "number"), "zip": ("postal", "code"), "ph": ("phone",),
    "precip": ("precipitation",), "elev": ("elevation",), "pts": ("points",), "pos": ("position",),
    "lf": ("life",), "abbr": ("abbreviation",), "abbrev": ("abbreviation",), "info": ("information",),
}  # fmt: skip
"""Short forms that columns use, with what they stand for. Applied to names and to questions."""


_OTHER_EXPANSIONS = {
    "prod": "production", "cat": "catalog", "exp": "expense", "acc": "accuracy", "pop": "popularity",
    "pos": "positive", "dep": "departure", "org": "origin", "cond": "conditioning", "mo": "model",
    "trans": "transmission", "reg": "registration", "dist": "district", "std": "student", "temp": "temporary",
}  # fmt: skip
"""Second meanings of short forms."""


def word_set(text: str) -> frozenset[str]:
    """The words of a text, separated by white space."""
    return frozenset(text.split())


UNITS = word_set("""
    mm cm m km ft inch inches in g kg mg lb lbs oz t usd eur gbp cny rmb jpy inr aud cad chf dollars dollar
    euro euros pounds pct percent percentage sec secs ms min mins minutes hours c f celsius fahrenheit
    kph mph kmh kwh kw mw w l ml gal gallons sqft sqm hz db pa hpa ppm ug mb gb kb
""")
"""Words at the end of a name that say in what it is measured."""

_CJK_UNITS = word_set("""
    万元 亿元 元 千克 公斤 克 米 厘米 毫米 公里 千米 平方米 小时 分钟 秒 天 岁 件 个 台 次 人 万 吨 美元 欧元
    百分比 ℃ 度
""")

WEAK_WORDS = word_set("id key code name number no num nr nbr value type field col column data info s the of")
"""Words that carry little of a name's meaning: "customer" may well mean customer_id or customer_name."""

STOP_WORDS = word_set("""
    a an the of for to in on at by with from and or is are was were be been being do does did has have had
    what which who whom whose when where why how this that these those there here it its they them their
    he she his her we our us you your i me my please show list give tell find get display all any each
    every per some as than then so if not no but into over under between during within out up about just
    only also more most less least many much can could would should will shall may might must let s t
    see want need like same other both either compute calculate return
""")
"""English function words and request verbs: they never name a table, a column or a value alone."""

CJK_STOP_WORDS = word_set("""
    的 了 和 与 或 及 在 是 有 多少 几个 几 哪些 哪个 哪 什么 每个 每 各个 各 按 对 把 请 给 我 我们
    你 它 他 她 这 那 所有 全部 一共 总共 呢 吗 吧 列出 显示 查询 找出 告诉 统计 计算 从 到 比 最 不
    没有 没 都 也 以及 其中 里 中 上 下 个 为 被 由 之 并 而 且 看 看看 一下 怎么 如何 分别 分布
    情况
""")

QUESTION_WORDS = word_set("""
    average total highest lowest largest smallest number count median maximum minimum between greater higher
    lower above below before after since until during which where there their these those every order
    ordered sorted sort group grouped first second third percent percentage share ratio rate compare compared
    difference change growth trend distribution correlation across within without except years months weeks
    days hours quarter today yesterday tomorrow monday tuesday wednesday thursday friday saturday sunday
    january february march april june july august september october november december answer question table
    column value values record records entries items people person great grate later latest earliest newest
    oldest longest shortest cheapest expensive popular common other others another named called contain
    contains start starts ending begin begins missing empty never always again still while whose would could
    should about under along among against sum mean avg top bottom best worst biggest least fewest long big
    high low old young cheap different distinct unique exactly together respectively overall entire whole
    descending ascending alphabetical alphabetically daily weekly monthly quarterly yearly annually annual
    proportion fraction broken down split percentage points than times twice half
""")
"""Words that ask: never taken for a name with a typing error, nor looked up in large columns."""

# ---- splitting ---------------------------------------------------------------------------------

_CAMEL = re.compile(
    rf"[{CJK}]+|\d+(?:st|nd|rd|th)(?![a-z])|[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+|[^\W_{CJK}]+"
)
_PARENTHESES = re.compile(r"[(（\[【{][^)）\]】}]*[)）\]】}]")


def split_name(name: str) -> list[str]:
    """The words of a table or column name, folded: snake_case, camelCase, dots, dashes, spaces.

    >>> split_name("total_bill"), split_name("PassengerId"), split_name("bill_length_mm")
    (['total', 'bill'], ['passenger', 'id'], ['bill', 'length', 'mm'])
    """
    name = name.replace("'", "").replace("’", "")
    parts = []
    for chunk in re.split(rf"[^\w]|_|(?<=[{CJK}])(?=[^{CJK}])|(?<=[^{CJK}])(?=[{CJK}])", name):
        if not chunk:
            continue
        # All capitals or all lower case has no humps; neither has a word such as "McDonald" in a sentence.
        if chunk.isupper() or chunk.islower() or chunk.isdigit():
            parts.append(chunk)
        else:
            parts.extend(_CAMEL.findall(chunk))
    return [fold(p) for p in parts]


def without_unit(name: str) -> str:
    """A name without the unit in brackets: "Price (USD)" → "Price", "销售额（元）" → "销售额"."""
    bare = _PARENTHESES.sub(" ", name).strip()
    return bare or name


def strip_units(parts: list[str]) -> list[str]:
    """The words of a name without units at its end; a name that is only units stays.

    >>> strip_units(["bill", "length", "mm"])
    ['bill', 'length']
    """
    kept = list(parts)
    while len(kept) > 1 and kept[-1] in UNITS:
        kept.pop()
    return kept


def strip_cjk_unit(name: str) -> str:
    """A Chinese name without a unit at its end: 金额万元 → 金额."""
    for unit in sorted(_CJK_UNITS, key=len, reverse=True):
        if name.endswith(unit) and len(name) >= len(unit) + 2:
            return name[: -len(unit)]
    return name


# ---- inflection --------------------------------------------------------------------------------


@lru_cache(maxsize=20_000)
def singular(word: str) -> str:
    """The singular of an English noun in lower case; other words come back as they are.

    >>> [singular(w) for w in ("cities", "people", "classes", "movies", "status", "buses")]
    ['city', 'person', 'class', 'movie', 'status', 'bus']
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


_VOWEL = re.compile(r"[aeiouy]")


@lru_cache(maxsize=20_000)
def root(word: str) -> str:
    """A key that the forms of a word share; not itself a word. Used to look words up.

    >>> root("cancelled") == root("canceled") == root("cancels"), root("churned") == root("churn")
    (True, True)
    """
    word = singular(word)
    word = _IRREGULAR_VERBS.get(word, word)
    if not word.isascii() or len(word) <= 3:
        return word
    for suffix in ("ing", "ed"):
        stem = word[: -len(suffix)]
        if word.endswith(suffix) and len(stem) >= 3 and _VOWEL.search(stem) and not word.endswith("eed"):
            word = stem
            break
    if len(word) > 3 and word[-1] == "e":
        word = word[:-1]
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    if word[-1] == "i":
        word = word[:-1] + "y"
    return word


_IRREGULAR_FAMILIES = {
    "injured": "injury", "death": "die", "dead": "die", "marital": "marry", "marriage": "marry", "weight": "weigh", "sale": "sell",
    "arrival": "arriv", "choice": "choos", "gift": "giv", "growth": "grow", "life": "liv", "birth": "birth",
    "readmission": "readmit", "admission": "admit", "admittance": "admit", "resolution": "resolv", "solution": "solv",
    "division": "divid", "decision": "decid", "response": "respond", "departure": "depart", "height": "high",
    "length": "long", "width": "wide", "depth": "deep", "strength": "strong", "speed": "fast", "flight": "fly",
}  # fmt: skip
_FAMILY = (
    ("ription", "rib"), ("ization", "iz"), ("isation", "is"), ("ication", "y"), ("ation", ""), ("ssion", "t"), ("ction", "ct"),
    ("ition", ""), ("ution", "ut"), ("tion", "t"), ("sion", "s"), ("ement", ""), ("ment", ""), ("ance", ""), ("ence", ""), ("iest", "y"),
    ("ivor", "iv"), ("ival", "iv"), ("able", ""), ("ness", ""), ("ment", ""), ("al", ""), ("er", ""), ("or", ""),
    ("ant", ""), ("ent", ""), ("ist", ""), ("ly", ""), ("ity", ""), ("ship", ""),
)  # fmt: skip


@lru_cache(maxsize=20_000)
def family(word: str) -> str:
    """A key that words derived from each other share, looser than `root`.

    >>> family("cancellation") == family("cancelled"), family("survivor") == family("survival")
    (True, True)
    """
    word = singular(word)
    if word in _IRREGULAR_FAMILIES:
        return _IRREGULAR_FAMILIES[word]
    for suffix, kept in _FAMILY:
        stem = word[: len(word) - len(suffix)]
        if word.endswith(suffix) and len(stem) >= 4:
            word = stem + kept
            break
    return root(word)


def expand(word: str) -> tuple[str, ...]:
    """What an abbreviation stands for (a tuple of words), or the word itself."""
    return ABBREVIATIONS.get(word, (word,))


def expansions(word: str) -> tuple[tuple[str, ...], ...]:
    """All that an abbreviation may stand for, each as a tuple of words; the word itself for others."""
    return (expand(word), *(((_OTHER_EXPANSIONS[word],),) if word in _OTHER_EXPANSIONS else ()))


def is_stop_word(word: str) -> bool:
    return word in STOP_WORDS or word in CJK_STOP_WORDS


# ---- typing errors -----------------------------------------------------------------------------


def allowed_errors(word: str) -> int:
    """How many typing errors a word of that length may have: none under 5 letters, 1 to 8, then 2."""
    if len(word) < 5 or not word.isalpha():
        return 0
    return 1 if len(word) <= 8 else 2


def edit_distance(a: str, b: str, limit: int) -> int | None:
    """Damerau–Levenshtein distance (adjacent swaps count 1) if at most `limit`, else None.

    The restricted form ("optimal string alignment"), which is enough for typing errors.
    """
    if abs(len(a) - len(b)) > limit:
        return None
    before: list[int] = []
    previous = list(range(len(b) + 1))
    for i, ca in enumerate(a, 1):
        current = [i]
        for j, cb in enumerate(b, 1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (ca != cb))
            if i > 1 and j > 1 and ca == b[j - 2] and a[i - 2] == cb:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return None
        before, previous = previous, current
    return previous[-1] if previous[-1] <= limit else None


def is_typo_of(typed: str, word: str) -> bool:
    """Whether `typed` looks like `word` with a typing error: same first letter, few edits."""
    limit = allowed_errors(word)
    if not limit or typed == word or typed[:1] != word[:1] or len(typed) < 4:
        return False
    distance = edit_distance(typed, word, limit)
    return distance is not None and singular(typed) != singular(word)
