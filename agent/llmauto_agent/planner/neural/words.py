"""A plan or a tool's call in a few plain words: for a follow-up on it, and to ask back."""

from __future__ import annotations

from typing import Any

from llmauto_agent.planner.words import split_name
from llmauto_tools.plan import model as m

_OPS = {"=": "is", "!=": "is not", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def plan_words(plan: m.Plan) -> str:
    """Such as "avg body mass by species where sex is male"."""
    parts = [", ".join(_words(i.expr) for i in plan.select), ", ".join(_measure(x) for x in plan.measures)]
    if plan.group_by:
        parts.append("by " + ", ".join(_words(i.expr) for i in plan.group_by))
    if plan.where is not None:
        parts.append("where " + _words(plan.where))
    if plan.having is not None:
        parts.append("having " + _words(plan.having))
    for order in plan.order_by:
        by = order.by if isinstance(order.by, str) else _words(order.by)
        parts.append(f"order {by} {'desc' if order.descending else 'asc'}")
    if plan.limit is not None:
        parts.append(f"limit {plan.limit}")
    if plan.top_per_group is not None:
        parts.append(f"top {plan.top_per_group.count} per " + _words(plan.top_per_group.by))
    return " ".join([_name(plan.table), *(p for p in parts if p)])


def offer_words(plan: m.Plan) -> str:
    """A plan as it is asked back: "sum quantity by name, largest sum quantity first, only 1 (orders)"."""
    shown = [*(_words(i.expr) for i in plan.select), *(_measure(x) for x in plan.measures)]
    text = ", ".join(shown) or ("rows" if not plan.group_by else "")
    if plan.group_by:
        text += " by " + ", ".join(_words(i.expr) for i in plan.group_by)
    if plan.where is not None:
        text += " where " + _words(plan.where)
    if plan.having is not None:
        text += " having " + _words(plan.having)
    for order in plan.order_by:
        by = order.by if isinstance(order.by, str) else _words(order.by)
        text += f", {'largest' if order.descending else 'smallest'} {by} first"
    if plan.limit is not None:
        text += f", only {plan.limit}"
    if plan.top_per_group is not None:
        text += f", top {plan.top_per_group.count} per " + _words(plan.top_per_group.by)
    return f"{text.strip()} ({plan.table})"


def call_words(tool: str, arguments: dict[str, Any]) -> str:
    """Such as "forecast quantity of orders, horizon 3"; a plan of several with "then" between."""
    if tool == "compose":
        return ", then ".join(call_words(s["tool"], s["arguments"]) for s in arguments["steps"])
    parts = [
        f"{name.replace('_', ' ')} {_argument(value)}" for name, value in arguments.items() if name != "table"
    ]
    table = arguments.get("table")
    return f"{tool.replace('_', ' ')}{f' of {table}' if table else ''}" + (
        ": " + ", ".join(parts) if parts else ""
    )


def _argument(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_argument(v) for v in value)
    if isinstance(value, dict):
        return " ".join(_argument(v) for v in value.values())
    return str(value)


def _measure(measure: m.Measure) -> str:
    window = "" if measure.window == "none" else measure.window.replace("_", " ") + " of "
    return window + _words(measure.expr)


def _name(name: str) -> str:
    return " ".join(split_name(name)) or name


def _words(node: Any) -> str:
    match node:
        case m.ColumnRef():
            return _name(node.name)
        case m.Literal_():
            return str(node.value)
        case m.Aggregate():
            inner = " ".join(_words(n) for n in (node.argument, node.second, node.where) if n is not None)
            return f"{node.function.replace('_', ' ')} {inner}".strip()
        case m.Compare():
            return f"{_words(node.left)} {_OPS[node.op]} {_words(node.right)}"
        case m.OneOf():
            return f"{_words(node.argument)} is {' or '.join(map(str, node.values))}"
        case m.Period():
            return f"{_words(node.argument)} {node.start or ''} to {node.end or ''}"
        case m.And() | m.Or():
            return f" {node.kind} ".join(_words(i) for i in node.items)
        case m.Not():
            return "not " + _words(node.item)
        case m.Plan():
            return plan_words(node)
    if isinstance(node, tuple):
        return ", ".join(_words(n) for n in node)
    if isinstance(node, m.Node):
        fields = [getattr(node, name) for name in type(node).model_fields if name != "kind"]
        return " ".join(
            _words(f) if isinstance(f, (m.Node, tuple)) else str(f) for f in fields if f is not None
        )
    return str(node)
