"""A share is answered with its two counts: "Of 891 passengers, 342 survived (38.4%)".

The reader's plan has the share alone; the counts behind it are added when the plan is proposed, and
taken off again when a follow-up edits it.
"""

from __future__ import annotations

from llmauto_tools.plan.model import Aggregate, Arithmetic, Measure, Plan


def with_counts(plan: Plan) -> Plan:
    """The plan with the part and the whole beside its share, where that is all that it asks for."""
    share = _only_share(plan.measures)
    if share is None or plan.group_by or plan.combine or plan.order_by or plan.limit is not None:
        return plan
    part, whole = share
    return plan.model_copy(update={"measures": (*plan.measures, Measure(expr=part), Measure(expr=whole))})


def without_counts(plan: Plan) -> Plan:
    """The plan as it was read."""
    first = plan.measures[:1]
    if len(plan.measures) == 3 and plan == with_counts(plan.model_copy(update={"measures": first})):
        return plan.model_copy(update={"measures": first})
    return plan


def _only_share(measures: tuple[Measure, ...]) -> tuple[Aggregate, Aggregate] | None:
    if len(measures) != 1 or measures[0].window != "none":
        return None
    ratio = measures[0].expr
    if not isinstance(ratio, Arithmetic) or ratio.op != "/":
        return None
    part, whole = ratio.left, ratio.right
    if not isinstance(part, Aggregate) or not isinstance(whole, Aggregate):
        return None
    counts = all(a.function == "count" and a.argument is None for a in (part, whole))
    return (part, whole) if counts and part.where is not None and whole.where is None else None
