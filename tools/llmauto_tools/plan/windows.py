"""Windows over groups: share of total, running total, change, moving average, rank."""

from __future__ import annotations

from sqlglot import exp

from llmauto_tools.errors import PlanError
from llmauto_tools.plan.expressions import divide
from llmauto_tools.plan.model import Measure, Plan
from llmauto_tools.plan.stages import Output, Stage, calendar_key, ordered
from llmauto_tools.plan.typed import Typed, as_number


def windowed(stage: Stage, plan: Plan, names: list[str]) -> Stage:
    """The outputs of the plan over a stage that holds its groups and the values that windows need."""
    measures = zip(names[len(plan.group_by) :], plan.measures, strict=True)
    outputs = [*stage.groups, *(_measure(name, m, stage, plan) for name, m in measures)]
    stage.query.select(*(o.sql for o in outputs), append=False, copy=False)
    return Stage(stage.query, outputs, None, stage.known)


def _measure(name: str, measure: Measure, stage: Stage, plan: Plan) -> Output:
    base = stage.output(measure.expr)
    assert base is not None
    if measure.window == "none":
        return Output(name, measure.expr, Typed(base.heading, base.typed.dtype, base.typed.label), "measure")
    if measure.periods < 1:
        raise PlanError("A window goes back at least one group.")
    value = as_number(Typed(base.heading, base.typed.dtype, base.typed.label))
    window = _Window(measure, stage, plan)
    return Output(name, measure, window.of(value), "measure")


class _Window:
    """The window of one measure: which groups belong together, and in which order."""

    def __init__(self, measure: Measure, stage: Stage, plan: Plan) -> None:
        self._measure = measure
        self._stage = stage
        self._groups = stage.groups
        for position in measure.over:
            if not 0 <= position < len(self._groups):
                raise PlanError(
                    f"'over' names group {position}, but the plan has {len(self._groups)} groups."
                )

    def of(self, value: Typed) -> Typed:
        sql = value.sql
        match self._measure.window:
            case "share":
                total = self._over(exp.Sum(this=sql.copy()), self._apart())
                return Typed(divide(sql, total), "DOUBLE", "the share")
            case "rank":
                order = [ordered(sql, descending=True)]
                return Typed(self._over(exp.Rank(), self._apart(), order), "BIGINT", "the rank")
            case "running_total":
                return Typed(self._along(exp.Sum(this=sql), "UNBOUNDED"), value.dtype, "the running total")
            case "moving_average":
                back = str(self._measure.periods - 1)
                return Typed(self._along(exp.Avg(this=sql), back), "DOUBLE", "the moving average")
            case "change":
                return Typed(exp.Sub(this=sql, expression=self._previous(sql)), value.dtype, "the change")
            case _:
                change = exp.Sub(this=sql, expression=self._previous(sql))
                return Typed(divide(change, self._previous(sql)), "DOUBLE", "the change")

    def _previous(self, sql: exp.Expr) -> exp.Expr:
        offset = exp.Literal.number(self._measure.periods) if self._measure.periods > 1 else None
        return self._along(exp.Lag(this=sql.copy(), offset=offset))

    def _along(self, function: exp.Expr, rows_back: str | None = None) -> exp.Expr:
        """The function over the groups up to this one, in the order of the first ordered group."""
        along = self._axis()
        apart = self._apart() or [o for o in self._groups if o is not along]
        others = [o for o in self._groups if o is not along and o not in apart]
        order = [ordered(self._sort_key(o)) for o in [along, *others]]
        frame = None
        if rows_back is not None:
            start = rows_back if rows_back == "UNBOUNDED" else exp.Literal.number(rows_back)
            frame = exp.WindowSpec(kind="ROWS", start=start, start_side="PRECEDING", end="CURRENT ROW")
        return self._over(function, apart, order, frame)

    def _axis(self) -> Output:
        """The first group, of those not kept apart, that is a date, a number or a bucket."""
        free = [o for i, o in enumerate(self._groups) if i not in self._measure.over]
        for output in free:
            if output.typed.family in {"date", "number", "time"} or calendar_key(output) is not None:
                return output
        if len(free) == 1:
            return free[0]
        raise PlanError(
            f"A {self._measure.window.replace('_', ' ')} needs groups that have an order.",
            "Group by a date, a part of a date or a number.",
        )

    def _sort_key(self, output: Output) -> exp.Expr:
        calendar = calendar_key(output)
        return self._stage.compute(calendar) if calendar is not None else output.heading

    def _apart(self) -> list[Output]:
        return [self._groups[position] for position in self._measure.over]

    @staticmethod
    def _over(
        function: exp.Expr,
        apart: list[Output],
        order: list[exp.Ordered] | None = None,
        frame: exp.WindowSpec | None = None,
    ) -> exp.Expr:
        return exp.Window(
            this=function,
            partition_by=[o.heading for o in apart],
            order=exp.Order(expressions=order) if order else None,
            spec=frame,
        )
