"""Sentences of an explanation. They speak of what goes together, never of causes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmauto_tools.models.assess import rounded

if TYPE_CHECKING:
    from llmauto_tools.models.artifact import Model

LISTED = 3
ASSOCIATION = (
    "This says what the model goes by, which need not be what brings the target about: an input that merely goes "
    "along with a cause gets its credit."
)


class Unit:
    """How a model's outputs are written: probabilities in percent and points, numbers as they are."""

    def __init__(self, model: Model, label: Any = None) -> None:
        self.share = model.task == "classification"
        self.label = label if label is not None else model.positive
        self.target = model.target

    @property
    def what(self) -> str:
        """The prediction in words, such as "probability of 'yes'"."""
        if not self.share:
            return f"predicted '{self.target}'"
        return "probability of its label" if self.label is None else f"probability of '{self.label}'"

    def value(self, number: float) -> str:
        return percent(number) if self.share else f"{rounded(number):,}"

    def change(self, number: float) -> str:
        if self.share:
            return f"{100 * number:+.1f} points"
        return f"{rounded(number):+,}"


def percent(share: float) -> str:
    return f"{100 * share:.1f}%".replace(".0%", "%")


def value_text(value: Any, role: str) -> str:
    """A cell as a sentence shows it."""
    if value is None or value != value:
        return "missing"
    if role == "boolean":
        return "true" if value else "false"
    if role == "number":
        return f"{rounded(float(value)):,}".removesuffix(".0")
    if role == "date":
        return str(value)[:10]
    text = str(value)
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"


def listed(parts: Sequence[str]) -> str:
    """a, b and c."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def row_sentence(
    number: int, unit: Unit, prediction: float, base: float, parts: Sequence[tuple[str, str, float]]
) -> str:
    """One row: what the model says, what speaks for it, what against it. parts: (input, value, change).

    "For" is the side on which the prediction lies of the average.
    """
    side = 1 if prediction >= base else -1
    pro = [p for p in parts if p[2] * side > 0][:LISTED]
    con = [p for p in parts if p[2] * side < 0][:LISTED]
    about = f" for '{unit.label}'" if unit.share else f" '{unit.target}' ="
    said = f"For row {number:,} the model says{about} {unit.value(prediction)}, where {unit.value(base)} is its average"
    if pro:
        said += f": mainly because {listed([_part(p, unit) for p in pro])}"
    if con:
        said += f"; against it {listed([_part(p, unit) for p in con])}"
    return said + "."


def _part(part: tuple[str, str, float], unit: Unit) -> str:
    name, value, change = part
    return f"{name} = {value} ({unit.change(change)})"
