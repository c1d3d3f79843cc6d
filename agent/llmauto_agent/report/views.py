"""Evidence as a template sees it: values to decide by, and references to print.

{{ steps.compare.rows[0].ref("change_share", "abs percent") }}    prints a value, linked to the evidence
{% if steps.compare.rows[0].value("change") > 0 %}                decides by it, and prints nothing
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llmauto_agent.report.markup import Mark
from llmauto_agent.report.references import step_text
from llmauto_tools.errors import ReportError, did_you_mean
from llmauto_tools.ledger import Evidence


def reference(path: str, format_: str = "auto") -> Mark:
    """A reference as a template prints it."""
    return Mark("{{" + path + (f"|{format_}" if format_ != "auto" else "") + "}}")


class RowView:
    """A row of a record's table."""

    def __init__(self, path: str, names: Sequence[str], cells: Sequence[Any]) -> None:
        self.path, self._names, self._cells = path, list(names), cells

    def value(self, name: str) -> Any:
        """The cell of that column. Raises ReportError."""
        return self._cells[self._place(name)]

    def ref(self, name: str, format_: str = "auto") -> Mark:
        """The cell of that column, printed and linked."""
        return reference(f"{self.path}[{self._place(name)}]", format_)

    def has(self, name: str) -> bool:
        """Whether the column is there and the cell is not empty."""
        return name in self._names and self.value(name) is not None

    def _place(self, name: str) -> int:
        if name not in self._names:
            hint = did_you_mean(name, self._names) or f"The columns are {', '.join(self._names)}."
            raise ReportError(f"The template asks for a column '{name}' that {self.path} lacks.", hint)
        return self._names.index(name)


class TableView:
    """A table of a record: its rows, and the place that a directive names."""

    def __init__(self, place: str, path: str, title: str, names: Sequence[str], rows: Sequence[Any]) -> None:
        self.place, self.title, self.columns = place, title, list(names)
        self.rows = [RowView(f"{path}[{i}]", names, row) for i, row in enumerate(rows)]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[RowView]:
        return iter(self.rows)


class StepView:
    """One finished step."""

    def __init__(self, name: str, evidence: Evidence) -> None:
        self.name, self.evidence, self.id = name, evidence, evidence.id
        self.tool, self.arguments = evidence.tool, evidence.arguments
        self.notes, self.sql, self.figures = list(evidence.notes), evidence.sql, evidence.figures
        columns = [n for n, _ in evidence.columns]
        self.table = TableView(evidence.id, f"{evidence.id}.rows", "", columns, evidence.rows)
        self.rows = self.table.rows
        self.sections = [
            TableView(
                f"{evidence.id}.sections[{i}]",
                f"{evidence.id}.sections[{i}].rows",
                s.title,
                s.columns,
                s.rows,
            )
            for i, s in enumerate(evidence.sections)
        ]
        self.charts = [f"{evidence.id}.charts[{i}]" for i in range(len(evidence.charts))]

    def ref(self, path: str, format_: str = "auto") -> Mark:
        """A value of this step, printed and linked: ref("figures.rows", "integer")."""
        return reference(f"{self.id}.{path}", format_)

    def figure(self, name: str, format_: str = "auto") -> Mark:
        """A named figure of this step, printed and linked."""
        return reference(f"{self.id}.figures{step_text(name)}", format_)

    def section(self, beginning: str) -> TableView | None:
        """The first section whose title begins so, or None."""
        return next((s for s in self.sections if s.title.startswith(beginning)), None)

    def told(self) -> Mark:
        """What the tool says of its result, with its numbers linked."""
        return Mark("{{" + self.id + ".text|told}}")

    def noted(self, index: int) -> Mark:
        """A note of the tool, with its numbers linked."""
        return Mark("{{" + f"{self.id}.notes[{index}]" + "|told}}")


class StepViews(Mapping[str, StepView]):
    """The finished steps by name; a name that is not there is None in a condition (`steps.get`)."""

    def __init__(self, done: Mapping[str, Evidence]) -> None:
        self._views = {name: StepView(name, evidence) for name, evidence in done.items()}

    def __getitem__(self, name: str) -> StepView:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def beginning(self, prefix: str) -> list[StepView]:
        """The steps whose names begin so, in their order."""
        return [view for name, view in self._views.items() if name.startswith(prefix)]
