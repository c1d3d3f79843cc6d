"""The facts and questions of the benchmark, and the data sets whose tables and columns distract."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
KINDS = {
    "D": "definition", "P": "preference", "N": "finding", "M": "model", "R": "report", "C": "correction",
    "F": "document",
}  # fmt: skip
SETS = (
    "titanic.csv.gz", "tips.csv.gz", "diamonds.csv.gz", "flights.csv.gz", "telco_churn.csv.gz", "adult.csv.gz",
    "ames_housing.csv.gz", "bank_marketing_full.csv.gz", "beijing_pm25.csv.gz", "california_housing.csv.gz",
    "gapminder.csv.gz", "penguins.csv.gz", "planets.csv.gz", "vega_movies.csv.gz", "vega_cars.csv.gz",
    "vega_airports.csv.gz", "winequality_red.csv.gz", "abalone.csv.gz", "538_bad_drivers.csv.gz",
    "northwind.sqlite.gz",
)  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """A fact, its kind and language, and the questions that it answers. Every second fact is held out."""

    text: str
    kind: str
    language: str
    held: bool
    plain: tuple[str, ...]
    """Questions that name the thing as the fact does, or nearly so."""
    free: tuple[str, ...]
    """Questions in other words throughout."""


def read_facts(language: str) -> list[Fact]:
    """The facts of one language, "en" or "zh"."""
    found: list[tuple[str, str, list[str], list[str]]] = []
    for line in (HERE / f"facts_{language}.txt").read_text("utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        if mark in ("!", "?"):
            found[-1][2 if mark == "!" else 3].append(rest)
        elif mark in KINDS:
            found.append((rest, KINDS[mark], [], []))
    return [Fact(t, k, language, i % 2 == 1, tuple(p), tuple(q)) for i, (t, k, p, q) in enumerate(found)]


def data_folder() -> Path | None:
    """The folder of the public tables: $LLMAUTO_DATA (itself or its "tabular"), else beside the repository."""
    named = os.environ.get("LLMAUTO_DATA")
    root = Path(named) if named else HERE.parents[2] / "shared" / "data"
    return next((p for p in (root / "tabular", root) if (p / "titanic.csv.gz").exists()), None)


def distractors(data: Path, folder: Path) -> Iterator[object]:
    """An entry for each table and column of the data sets, as the program itself makes them."""
    from llmauto_agent.memory.keep import schema_entries
    from llmauto_tools.workspace import Workspace

    with Workspace(folder) as workspace:
        for name in SETS:
            path = data / name
            if name.endswith(".sqlite.gz"):
                path = _unpacked(path, folder)
            workspace.attach(str(path))
        yield from schema_entries(workspace.tables())


def _unpacked(path: Path, folder: Path) -> Path:
    import gzip

    out = folder / path.name.removesuffix(".gz")
    out.write_bytes(gzip.decompress(path.read_bytes()))
    return out
