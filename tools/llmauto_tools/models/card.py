"""The model card: what a model is for, how it was made and tested, and what it cannot do.

Its headings follow Mitchell et al. (2019), "Model cards for model reporting". One list of blocks becomes
card.md and card.html beside the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto_tools.models.assess import Scored, rounded
from llmauto_tools.models.subgroups import subgroup_rows
from llmauto_tools.pages.blocks import Block, Code, DataTable, Facts, Heading, Notes, Paragraph
from llmauto_tools.pages.words import number_text
from llmauto_tools.results import Section

if TYPE_CHECKING:
    import pandas as pd

    from llmauto_tools.models.artifact import Input
    from llmauto_tools.models.learners import Clock
    from llmauto_tools.models.metrics import Metric

SUBGROUP_COLUMNS = 3
_MOST_LEVELS = 8
_LISTED_INPUTS = 60
LIMITS = (
    "It was tested on rows like those it learned from. On rows from another time, place or way of collecting, "
    "expect less, and check with evaluate_model on labelled rows.",
    "It uses what goes along with the target. That need not be what brings it about.",
    "model.joblib is a pickle, and a pickle is code: load only what you or somebody you trust has trained.",
)


def subgroup_sections(
    frame: pd.DataFrame, inputs: Sequence[Input], scored: Scored, metric: Metric, clock: Clock, seed: int
) -> list[Section]:
    """The score by the levels of the first categories with two to eight levels; one when time is over."""
    made: list[Section] = []
    for i in inputs:
        if len(made) == SUBGROUP_COLUMNS or (made and clock.left() < 0):
            break
        values = frame[i.name]
        if i.role == "category" and 2 <= values.nunique() <= _MOST_LEVELS:
            made.append(subgroup_rows(i.name, values, scored, metric, 5, clock, seed).section)
    return made


def write_card(
    folder: Path, meta: dict[str, Any], inputs: Sequence[Input], groups: Sequence[Section]
) -> None:
    """Write card.md and card.html into the model's folder."""
    from llmauto_tools.pages.write import write_page

    title = f"Model card: {meta['name']}"
    blocks = card_blocks(meta, inputs, groups)
    (folder / "card.md").write_text(markdown(title, blocks), encoding="utf-8")
    write_page(folder / "card.html", title, blocks, f"Predicts {meta['target']}")


def card_blocks(meta: dict[str, Any], inputs: Sequence[Input], groups: Sequence[Section]) -> list[Block]:
    """The card's parts, from what meta.json says."""
    blocks: list[Block] = [Paragraph(_summary(meta))]
    blocks += [Notes(meta["notes"], "Warnings")] if meta["notes"] else []
    blocks += [Heading("Data and target"), Facts(_data(meta)), *_inputs(meta, inputs)]
    blocks += [Heading("Scores on rows that it has not seen"), _scores(meta)]
    for group in groups:
        blocks.append(DataTable(group.title, group.columns, group.rows, group.note))
    blocks += [Heading("How it was made"), Facts(_making(meta)), _leaderboard(meta)]
    blocks += [Heading("Limits"), *(Paragraph(text) for text in LIMITS)]
    blocks += [Heading("Use in Python"), Code("Load and predict", _code(meta))]
    return blocks


def _summary(meta: dict[str, Any]) -> str:
    metric = meta["metric"]
    score = meta["metrics"][metric["scorer"]]
    beats = "better than" if meta["beats_baseline"] else "NOT better beyond chance than"
    return (
        f"A {meta['task']} of '{meta['target']}' from {len(meta['profile']):,} inputs of the table '{meta['table']}'. On "
        f"{meta['test_rows']:,} rows that it has not seen its {metric['name']} is {rounded(score['value'])} (95% "
        f"interval {rounded(score['low'])} to {rounded(score['high'])}), {beats} the baseline "
        f"({meta['baseline']}: {rounded(score['baseline'])})."
    )


def _data(meta: dict[str, Any]) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [
        ("Table", meta["table"]), ("Fingerprint of its data", meta["fingerprint"]), ("Target", meta["target"]),
        ("Training rows", meta["rows"]), ("Test rows", meta["test_rows"]), ("Test rows are", meta["split"]),
        ("Folds", meta["folds"]),
    ]  # fmt: skip
    if meta["classes"]:
        facts.append(("Labels", ", ".join(str(c) for c in meta["classes"][:20])))
    if meta["positive"] is not None:
        facts += [("A yes means", meta["positive"]), ("Threshold", rounded(meta["threshold"]))]
    return facts


def _inputs(meta: dict[str, Any], inputs: Sequence[Input]) -> list[Block]:
    rows = [[i.name, i.dtype, i.role] for i in inputs[:_LISTED_INPUTS]]
    left = len(inputs) - len(rows)
    made: list[Block] = [
        DataTable("Inputs", ["input", "type", "read as"], rows, f"{left:,} more." if left > 0 else None)
    ]
    if meta["dropped"]:
        made.append(
            DataTable("Columns that it does not use", ["column", "why"], meta["dropped"][:_LISTED_INPUTS])
        )
    return made


def _scores(meta: dict[str, Any]) -> DataTable:
    rows = [
        [name.removeprefix("neg_"), *(rounded(m[k]) for k in ("value", "low", "high", "baseline"))]
        for name, m in meta["metrics"].items()
    ]
    note = f"95% bootstrap intervals. Baseline: {meta['baseline']}. Losses are positive, lower is better."
    return DataTable("Scores", ["metric", "score", "low", "high", "baseline"], rows, note)


def _making(meta: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        ("Candidates that ran", len(meta["ran"])), ("Trials of the search", meta["trials"]),
        ("Time budget, seconds", meta["time_budget"]), ("Seed", meta["seed"]),
        ("Recipe", meta["recipe"] or "none"), ("Calibration", meta["calibration"] or "none"),
        ("Evidence", meta["evidence"]), ("Made", meta["created"]),
    ]  # fmt: skip


def _leaderboard(meta: dict[str, Any]) -> DataTable:
    names = ["candidate", "cross-validated score", "spread", "seconds", "weight"]
    return DataTable(
        "Candidates", names, meta["leaderboard"], "Weight: the share in the blend that predicts."
    )


def _code(meta: dict[str, Any]) -> str:
    lines = [
        "import pandas as pd",
        "from llmauto_tools.models import load",
        "",
        "model = load('.')  # the folder of this card",
        "model.predict(pd.read_csv('new_rows.csv'))",
    ]
    return "\n".join(
        [*lines, "model.predict_proba(pd.read_csv('new_rows.csv'))"] if meta["classes"] else lines
    )


def markdown(title: str, blocks: Sequence[Block]) -> str:
    """The blocks that a card is made of, as Markdown."""
    parts = [f"# {_plain(title)}"]
    for block in blocks:
        if isinstance(block, Heading):
            parts.append(f"## {_plain(block.text)}")
        elif isinstance(block, Paragraph):
            parts.append(_plain(block.text))
        elif isinstance(block, Notes):
            parts.append("\n".join([f"**{block.title}**", "", *(f"- {_plain(t)}" for t in block.texts)]))
        elif isinstance(block, Facts):
            parts.append("\n".join(f"- {name}: {_plain(number_text(value))}" for name, value in block.pairs))
        elif isinstance(block, DataTable):
            parts.append(_table(block))
        elif isinstance(block, Code):
            parts.append(f"```python\n{block.text}\n```")
    return "\n\n".join(parts) + "\n"


def _table(block: DataTable) -> str:
    rows = [[_plain(number_text(v)) for v in row] for row in block.rows]
    lines = [f"**{_plain(block.caption)}**", "", _line([_plain(c) for c in block.columns])]
    lines.append("|" + "---|" * len(block.columns))
    lines += [_line(row) for row in rows]
    return "\n".join([*lines, "", _plain(block.note)] if block.note else lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _plain(text: str) -> str:
    """Text of the data as such: no markup, one line."""
    escaped = "".join("\\" + c if c in "\\`*_[]<>|#" else c for c in text)
    return " ".join(escaped.split())
