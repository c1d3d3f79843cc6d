"""The grammar of what the trained planner writes: a stack machine over actions.

A plan is written as a sequence of actions, top down and left to right (Yin and Neubig 2017). An action
is a grammar token (`WHERE`, `AVG`, ...) or a pointer: to a column, a table, a matched cell value, a
number, a date or a word of the request. At every step the symbol on top of the stack says which actions
may follow, so that whatever is written can be read back.

    ROOT  -> ANALYZE PLAN [CHART_x] | TOOL_x table ARGS | COMPOSE STEP STEP+ CLOSE | REFUSE_x
    STEP  -> TOOL_x table ARGS
    PLAN  -> table CLAUSE* END       clauses in the order of `CLAUSES`, each at most once
    EXPR  -> column | literal | AVG EXPR | QUERY PLAN | ...
    PRED  -> EQ EXPR EXPR | AND PRED PRED+ CLOSE | IN EXPR PLAN | ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

PointerKind = Literal["table", "column", "value", "number", "date", "word"]
POINTERS: tuple[PointerKind, ...] = ("table", "column", "value", "number", "date", "word")


@dataclass(frozen=True, slots=True)
class Token:
    """A grammar token."""

    name: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer to the `index`-th item of a kind. "word" points to a token of the request."""

    kind: PointerKind
    index: int


Action = Token | Pointer

CLAUSES = (
    "SELECT", "DISTINCT", "WHERE", "GROUP", "MEASURE", "HAVING", "ORDER", "LIMIT", "OFFSET", "TOP",
    "UNION", "INTERSECT", "EXCEPT",
)  # fmt: skip
_LISTS = {"SELECT": "EXPR", "GROUP": "EXPR", "MEASURE": "MEAS", "ORDER": "SORT"}
_SINGLE: dict[str, tuple[str, ...]] = {
    "DISTINCT": (), "WHERE": ("PRED",), "HAVING": ("PRED",), "LIMIT": ("NUM",), "OFFSET": ("NUM",),
    "UNION": ("PLAN",), "INTERSECT": ("PLAN",), "EXCEPT": ("PLAN",),
}  # fmt: skip

AGGREGATES = (
    "count",
    "count_distinct",
    "sum",
    "avg",
    "median",
    "min",
    "max",
    "stddev",
    "variance",
    "mode",
    "first",
    "last",
)
PARTS = (
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "weekday",
    "hour",
    "minute",
    "dayofyear",
    "month_name",
    "weekday_name",
)
UNITS = ("year", "quarter", "month", "week", "day", "hour")
AGE_UNITS = ("year", "month", "week", "day", "hour", "minute")
TEXTS = ("lower", "upper", "length", "trim", "initial")
CASTS = ("number", "text", "date", "boolean")
WINDOWS = ("share", "running_total", "change", "percent_change", "rank", "moving_average")
COMPARISONS = {"EQ": "=", "NE": "!=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
ARITHMETIC = {"ADD": "+", "SUB": "-", "MUL": "*", "DIV": "/"}
MATCHES = ("contains", "starts", "ends", "equals")
CONSTANTS: dict[str, bool | int | float | None] = {
    "TRUE": True, "FALSE": False, "NULL": None, "C0": 0, "C1": 1, "C2": 2, "C3": 3, "C4": 4, "C5": 5,
    "C6": 6, "C7": 7, "C10": 10, "C12": 12, "C15": 15, "C20": 20, "C25": 25, "C30": 30, "C50": 50,
    "C60": 60, "C90": 90, "C100": 100, "C1000": 1000, "C0.1": 0.1, "C0.25": 0.25, "C0.5": 0.5,
    "C0.75": 0.75, "C0.9": 0.9, "C0.95": 0.95, "C0.99": 0.99, "C-1": -1,
}  # fmt: skip
CHARTS = ("bar", "line", "area", "scatter", "histogram", "box", "heatmap", "pie")
REFUSALS = ("scope", "missing", "ambiguous", "write", "vague")

EXPR_RULES: dict[str, tuple[str, ...]] = {
    "COUNT_ROWS": (),
    **{f"AGG_{name}": ("EXPR",) for name in AGGREGATES},
    "AGG_quantile": ("NUM", "EXPR"),
    "AGG_corr": ("EXPR", "EXPR"),
    "FIRST_BY": ("EXPR", "EXPR"),
    "LAST_BY": ("EXPR", "EXPR"),
    "FILTERED": ("EXPR", "PRED"),
    **dict.fromkeys(ARITHMETIC, ("EXPR", "EXPR")),
    **{f"PART_{name}": ("EXPR",) for name in PARTS},
    **{f"BUCKET_{name}": ("EXPR",) for name in UNITS},
    "WIDTH": ("NUM", "EXPR"),
    **{f"TEXT_{name}": ("EXPR",) for name in TEXTS},
    **{f"CAST_{name}": ("EXPR",) for name in CASTS},
    "ABS": ("EXPR",),
    **{f"AGE_{name}": ("EXPR", "EXPR") for name in AGE_UNITS},
    "TODAY": (),
    "QUERY": ("PLAN",),
    "SPAN": ("WORD", "WORD"),
    **dict.fromkeys(CONSTANTS, ()),
}
PRED_RULES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(COMPARISONS, ("EXPR", "EXPR")),
    "BETWEEN": ("EXPR", "EXPR", "EXPR"),
    "PERIOD": ("EXPR", "DATE"),
    "ONE_OF": ("EXPR", "LIT", "LITS"),
    **{f"MATCH_{how}": ("EXPR", "LIT") for how in MATCHES},
    "IS_NULL": ("EXPR",),
    "IS_TRUE": ("EXPR",),
    "AND": ("PRED", "PRED", "PREDS"),
    "OR": ("PRED", "PRED", "PREDS"),
    "NOT": ("PRED",),
    "IN": ("EXPR", "PLAN"),
}
MEASURE_RULES: dict[str, tuple[str, ...]] = {
    **{f"WINDOW_{name}": ("EXPR",) for name in WINDOWS if name != "moving_average"},
    "WINDOW_moving_average": ("NUM", "EXPR"),
    "WINDOW_change_by": ("NUM", "EXPR"),
    "WINDOW_percent_change_by": ("NUM", "EXPR"),
}
_LITERAL_TOKENS = ("SPAN", *CONSTANTS)

TOOLS: dict[str, dict[str, str]] = {
    "tables": {}, "describe": {}, "sample": {"rows": "NUM"},
    "profile": {"columns": "COLS", "target": "COL"},
    "check_quality": {"target": "COL", "other": "TABLE", "checks": "CHECKS"},
    "preprocess": {"target": "COL", "steps": "STEPS", "split": "SPLIT", "group": "COL", "time": "COL"},
    "select_features": {"target": "COL", "features": "COLS", "count": "NUM"},
    "test_hypothesis": {"value": "COL", "by": "COL", "paired": "YES", "kind": "TEST", "alternative": "SIDE"},
    "relate": {"target": "COL", "features": "COLS"},
    "time_series": {"time": "COL", "value": "COL", "every": "EVERY", "by": "COL", "what": "WHAT"},
    "forecast": {"time": "COL", "value": "COL", "horizon": "NUM", "every": "EVERY", "by": "COL"},
    "segment": {"columns": "COLS", "clusters": "NUM", "method": "METHOD"},
    "chart": {"kind": "KIND", "x": "COL", "y": "COL", "series": "COL", "facet": "COL"},
    "train_model": {"target": "COL", "features": "COLS", "task": "TASK", "time_budget": "NUM"},
    "evaluate_model": {"model": "NAME", "by": "COL"},
    "predict": {"model": "NAME"},
    "explain_model": {"model": "NAME", "row": "NUM", "features": "COLS"},
    "apply_recipe": {"recipe": "NAME"},
}  # fmt: skip
"""The tools besides analyze, with the symbols of the arguments that a request may pin down.

A step of `preprocess` is its kind and the columns it names. `by` of a test of two columns of numbers is its
`other` (see `two_columns`).
"""
ENUMS: dict[str, tuple[str, ...]] = {
    "CHECKS": (
        "missing", "duplicates", "constant", "outliers", "types", "categories", "impossible", "time_order",
        "imbalance", "leakage", "drift", "labels", "personal",
    ),
    "STEPS": (
        "cast", "trim", "unify", "deduplicate", "impute", "outliers", "scale", "encode", "dates", "text", "rare",
        "drop",
    ),
    "SPLIT": ("random", "stratified", "group", "time"),
    "YES": ("true",),
    "TEST": (
        "t", "welch", "mann_whitney", "paired_t", "wilcoxon", "anova", "kruskal", "chi2", "fisher", "shapiro",
        "pearson", "spearman", "levene",
    ),
    "SIDE": ("greater", "less"),
    "EVERY": ("hour", "day", "week", "month", "quarter", "year"),
    "WHAT": ("trend", "seasonality", "changes", "anomalies", "resample"),
    "METHOD": ("kmeans", "hdbscan"),
    "TASK": ("classification", "regression"),
    "KIND": CHARTS,
}  # fmt: skip
_MANY = {"CHECKS", "STEPS", "COLS"}


def two_columns(arguments: dict[str, Any]) -> bool:
    """Whether a test compares two columns row by row, or correlates them: `other` is then written as `by`."""
    paired = {"paired_t", "wilcoxon", "pearson", "spearman"}
    return bool(arguments.get("paired")) or arguments.get("kind") in paired


def _vocabulary() -> tuple[str, ...]:
    names = [
        "ANALYZE",
        "COMPOSE",
        "END",
        "CLOSE",
        "ASC",
        "DESC",
        *CLAUSES,
        *EXPR_RULES,
        *PRED_RULES,
        *MEASURE_RULES,
    ]
    names += [f"CHART_{c}" for c in CHARTS] + [f"REFUSE_{r}" for r in REFUSALS]
    names += [f"TOOL_{t}" for t in TOOLS]
    names += [f"ARG_{a}" for a in dict.fromkeys(a for arguments in TOOLS.values() for a in arguments)]
    names += [f"{symbol}_{value}" for symbol, values in ENUMS.items() for value in values]
    return tuple(dict.fromkeys(names))


VOCABULARY: tuple[str, ...] = _vocabulary()
TOKEN_ID: dict[str, int] = {name: number for number, name in enumerate(VOCABULARY)}


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may follow: grammar tokens, and kinds of pointers."""

    tokens: tuple[str, ...]
    pointers: tuple[PointerKind, ...] = ()


Stack = tuple[str, ...]
"""The symbols still to be written, the next one last."""

START: Stack = ("ROOT",)


@lru_cache(maxsize=4096)
def allowed(symbol: str) -> Allowed:
    """The actions that may follow with this symbol on top of the stack."""
    head, _, rest = symbol.partition(":")
    if head == "CLAUSES":
        place, _, item = rest.partition(":")
        later = (*CLAUSES[int(place) :], "END")
        if not item:
            return Allowed(later)
        inner = allowed(item)
        return Allowed((*inner.tokens, *later), inner.pointers)
    if head == "ARGS":
        tool, _, place = rest.partition(":")
        return Allowed((*(f"ARG_{a}" for a in list(TOOLS[tool])[int(place) :]), "END"))
    if head == "MORE":
        inner = allowed(rest)
        # A step of `preprocess` may be followed by its columns.
        return Allowed((*inner.tokens, "CLOSE"), ("column",) if rest == "STEPS" else inner.pointers)
    if head in ENUMS:
        return Allowed(tuple(f"{head}_{value}" for value in ENUMS[head]))
    return _PLAIN[head]


_PLAIN: dict[str, Allowed] = {
    "ROOT": Allowed(
        ("ANALYZE", "COMPOSE", *(f"TOOL_{t}" for t in TOOLS), *(f"REFUSE_{r}" for r in REFUSALS)),
    ),
    "STEP": Allowed(tuple(f"TOOL_{t}" for t in TOOLS)),
    "NAME": Allowed(("SPAN",)),
    "CHART": Allowed((*(f"CHART_{c}" for c in CHARTS), "END")),
    "PLAN": Allowed((), ("table",)),
    "EXPR": Allowed(tuple(EXPR_RULES), ("column", "value", "number", "date")),
    "PRED": Allowed(tuple(PRED_RULES)),
    "MEAS": Allowed((*EXPR_RULES, *MEASURE_RULES), ("column", "number")),
    "SORT": Allowed(("ASC", "DESC")),
    "LIT": Allowed(_LITERAL_TOKENS, ("value", "number", "date")),
    "NUM": Allowed(tuple(n for n in CONSTANTS if n.startswith("C")), ("number",)),
    "DATE": Allowed((), ("date",)),
    "WORD": Allowed((), ("word",)),
    "COL": Allowed((), ("column",)),
    "TABLE": Allowed((), ("table",)),
    "LITS": Allowed((*_LITERAL_TOKENS, "CLOSE"), ("value", "number", "date")),
    "PREDS": Allowed((*PRED_RULES, "CLOSE")),
}


def step(stack: Stack, action: Action) -> Stack:
    """The stack after an action. Raises ValueError for one that may not follow."""
    symbol = stack[-1]
    rest = stack[:-1]
    may = allowed(symbol)
    if isinstance(action, Pointer):
        if action.kind not in may.pointers:
            raise ValueError(f"{symbol} takes no {action.kind}")
        return rest + _after_pointer(symbol)
    if action.name not in may.tokens:
        raise ValueError(f"{symbol} takes no {action.name}")
    return rest + _after_token(symbol, action.name)


def _after_pointer(symbol: str) -> Stack:
    head = symbol.partition(":")[0]
    if symbol == "PLAN":
        return ("CLAUSES:0",)
    if head in {"CLAUSES", "MORE"} or symbol == "LITS":
        return (symbol,)
    return ()


def _after_token(symbol: str, name: str) -> Stack:
    head, _, rest = symbol.partition(":")
    if symbol in {"ROOT", "STEP", "MORE:STEP"} and name != "CLOSE":
        return ((symbol,) if head == "MORE" else ()) + _after_root(name)
    if name in {"END", "CLOSE"} or symbol == "CHART":
        return ()
    if head == "CLAUSES":
        return _after_clause(symbol, rest, name)
    if head == "ARGS":
        tool, _, _ = rest.partition(":")
        argument = name.removeprefix("ARG_")
        place = list(TOOLS[tool]).index(argument) + 1
        kind = TOOLS[tool][argument]
        following = f"ARGS:{tool}:{place}"
        if kind == "COLS":
            return (following, "MORE:COL", "COL")
        return (following, f"MORE:{kind}", kind) if kind in _MANY else (following, kind)
    children = _children(name)
    if head == "MORE" or symbol in {"LITS", "PREDS"}:
        return (symbol, *reversed(children))
    return tuple(reversed(children))


def _after_root(name: str) -> Stack:
    if name == "ANALYZE":
        return ("CHART", "PLAN")
    if name == "COMPOSE":
        return ("MORE:STEP", "STEP", "STEP")
    if name.startswith("TOOL_"):
        return (f"ARGS:{name.removeprefix('TOOL_')}:0", "TABLE")
    return ()


def _after_clause(symbol: str, rest: str, name: str) -> Stack:
    """A later clause, or one more item of the list that is open."""
    if name not in CLAUSES:
        return (symbol, *reversed(_children(name)))
    place = CLAUSES.index(name) + 1
    if name in _LISTS:
        item = _LISTS[name]
        return (f"CLAUSES:{place}:{item}", item)
    if name == "TOP":
        return (f"CLAUSES:{place}:EXPR", "EXPR", "NUM")
    return (f"CLAUSES:{place}", *reversed(_SINGLE[name]))


def _children(name: str) -> tuple[str, ...]:
    if name in EXPR_RULES:
        return EXPR_RULES[name]
    if name in PRED_RULES:
        return PRED_RULES[name]
    if name in MEASURE_RULES:
        return MEASURE_RULES[name]
    return ("EXPR",) if name in {"ASC", "DESC"} else ()


def check(actions: Sequence[Action]) -> None:
    """Raise ValueError where a sequence is not a whole sentence of the grammar."""
    stack = START
    for action in actions:
        if not stack:
            raise ValueError("there are actions after the end")
        stack = step(stack, action)
    if stack:
        raise ValueError(f"it ends with {stack[-1]} open")
