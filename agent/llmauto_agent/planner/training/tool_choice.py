"""Train the choice of a tool: python -m llmauto_agent.planner.training.tool_choice

A multinomial logistic regression over hashed n-grams of words and characters (Weinberger et al. 2009),
from the phrasings in `data/tool_phrases_*.txt` and invented plain questions. Writes
`planner/data/tool_choice.npz`: int8 weights with a scale per tool, about 300 kB. Needs the extra 'ml'.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from llmauto_agent.planner.requests.choice import BUCKETS, FILE, grams
from llmauto_agent.planner.training.generate.tables import domains

DATA = Path(__file__).parent / "data"
_SLOT = re.compile(r"\{(\w+)\}")
COPIES = 4
"""How often each phrasing is filled with other names."""


def phrases(lang: str) -> list[tuple[str, str]]:
    """(tool, phrasing with placeholders), as they are written."""
    path = DATA / f"tool_phrases_{lang}.txt"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    pairs = [line.split("\t", 1) for line in lines if "\t" in line]
    return [(tool.strip(), text.strip()) for tool, text in pairs]


def filled(text: str, lang: str, r: random.Random) -> str:
    """A phrasing with names of one invented table in the place of its placeholders."""
    d = r.choice(domains(lang))
    names: dict[str, list[str]] = {
        "num": [c.name for c in d.of("number", "money")], "cat": [c.name for c in d.of("cat")],
        "date": [c.name for c in d.of("date", "year")], "flag": [c.name for c in d.of("flag", "bool", "yesno")],
        "target": [c.name for c in d.columns if c.role != "id"], "table": [x.name for x in domains(lang)],
        "value": [v for c in d.of("cat") for v in c.values], "rows": [d.nouns if lang == "en" else d.noun],
        "n": ["3", "5", "10", "12", "2", "7"], "model": ["churn@2", "rf_model", "prices@1"], "recipe": ["base@1", "clean_v2"],
    }  # fmt: skip

    def fill(match: re.Match[str]) -> str:
        options = names.get(match[1].rstrip("0123456789")) or ["value"]
        word = r.choice(options)
        return word.replace("_", " ") if lang == "en" and r.random() < 0.6 else word

    return _SLOT.sub(fill, text)


def examples(lang: str, seed: int) -> tuple[list[str], list[str], list[int]]:
    """Texts, tools, and the number of the phrasing that each came from (copies stay on one side of a split)."""
    r = random.Random(seed)
    texts, tools, groups = [], [], []
    for number, (tool, phrase) in enumerate(phrases(lang)):
        for _ in range(COPIES):
            texts.append(filled(phrase, lang, r))
            tools.append(tool)
            groups.append(number)
    for number, question in enumerate(_plain(lang, 900, seed)):
        texts.append(question)
        tools.append("other")
        groups.append(-1 - number)
    return texts, tools, groups


def _plain(lang: str, count: int, seed: int) -> list[str]:
    from llmauto_agent.planner.training.generate.make import records

    made = records(lang, domains(lang), count, seed + 1)
    return [record["question"] for record in made if not record.get("refuse")]


def matrix(texts: Sequence[str]) -> Any:
    """(texts, BUCKETS) of normalised counts, sparse."""
    from scipy.sparse import csr_matrix

    rows, columns, values = [], [], []
    for i, text in enumerate(texts):
        counts = grams(text)
        norm = sum(v * v for v in counts.values()) ** 0.5 or 1.0
        for column, value in counts.items():
            rows.append(i)
            columns.append(column)
            values.append(value / norm)
    return csr_matrix((values, (rows, columns)), shape=(len(texts), BUCKETS), dtype=np.float32)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    texts: list[str] = []
    tools: list[str] = []
    groups: list[int] = []
    for lang, offset in (("en", 0), ("zh", 1_000_000)):
        a, b, c = examples(lang, args.seed)
        texts, tools, groups = texts + a, tools + b, groups + [g + offset for g in c]
    x = matrix(texts)
    model = LogisticRegression(C=20, max_iter=300)
    said = cross_val_predict(model, x, tools, groups=groups, cv=GroupKFold(5))
    right = np.array(tools) == said
    for name, chosen in (("en", [g < 900_000 for g in groups]), ("zh", [g >= 900_000 for g in groups])):
        named = np.array(chosen) & (np.array(tools) != "other")
        print(
            json.dumps(
                {"lang": name, "right of phrasings that were held out": round(float(right[named].mean()), 4)}
            )
        )
    model.fit(x, tools)
    scale = np.abs(model.coef_).max(axis=1, keepdims=True) / 127
    np.savez_compressed(
        FILE, weights=np.round(model.coef_ / scale).astype(np.int8), scale=scale.astype(np.float32),
        bias=model.intercept_.astype(np.float32), tools=np.array(model.classes_),
    )  # fmt: skip
    print(
        json.dumps(
            {
                "file": FILE.name,
                "bytes": FILE.stat().st_size,
                "texts": len(texts),
                "tools": len(model.classes_),
            }
        )
    )


if __name__ == "__main__":
    main()
