"""A small shop as a file, pairs about it, and a tiny random planner in the place of the shipped one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llmauto_agent.planner.neural.runtime import SHIPPED
from llmauto_agent.planner.tuning.data import Data, attached
from llmauto_agent.planner.tuning.pairs import Pair

_REGIONS = ("North", "South", "West")
_KINDS = ("chair", "desk", "lamp", "shelf")


@pytest.fixture(scope="session")
def shop_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = ["order_id,placed,region,kind,pieces,price,state"]
    for n in range(60):
        year, month = (2023, 2024)[n % 2], 1 + n % 12
        state = ("paid", "returned", "open")[n % 3]
        placed = f"{year}-{month:02}-{1 + n % 27:02}"
        rows.append(
            f"{100 + n},{placed},{_REGIONS[n % 3]},{_KINDS[n % 4]},{1 + n % 5},{10 + n * 1.5},{state}"
        )
    path = tmp_path_factory.mktemp("shop") / "sales.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="session")
def shop(shop_csv: Path) -> Iterator[Data]:
    with attached([str(shop_csv)]) as data:
        yield data


@pytest.fixture(scope="session")
def pairs() -> list[Pair]:
    """Twelve pairs in a team's own words, which the rules do not know."""
    takings, boomerangs = "sum(pieces * price)", "FROM sales WHERE state = 'returned'"
    made = [
        ("what are the takings", f"SELECT {takings} FROM sales"),
        ("takings by region", f"SELECT region, {takings} FROM sales GROUP BY region"),
        ("takings per kind", f"SELECT kind, {takings} FROM sales GROUP BY kind"),
        ("takings in the North", f"SELECT {takings} FROM sales WHERE region = 'North'"),
        ("takings of desk", f"SELECT {takings} FROM sales WHERE kind = 'desk'"),
        ("returned boomerangs", f"SELECT count(*) {boomerangs}"),
        ("returned boomerangs by region", f"SELECT region, count(*) {boomerangs} GROUP BY region"),
        ("returned boomerangs per kind", f"SELECT kind, count(*) {boomerangs} GROUP BY kind"),
        ("returned boomerangs in the West", f"SELECT count(*) {boomerangs} AND region = 'West'"),
        ("basket size", "SELECT avg(pieces) FROM sales"),
        ("basket size by kind", "SELECT kind, avg(pieces) FROM sales GROUP BY kind"),
        ("basket size of lamp", "SELECT avg(pieces) FROM sales WHERE kind = 'lamp'"),
    ]
    return [Pair(q, sql, line=n) for n, (q, sql) in enumerate(made, 1)]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A planner of 32-wide random weights, exported as the shipped one is."""
    pytest.importorskip("onnx")
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    from tokenizers import Tokenizer

    from llmauto_agent.planner.neural.export import describe
    from llmauto_agent.planner.neural.network import Planner, Shape
    from llmauto_agent.planner.neural.runtime import verified_card
    from llmauto_agent.planner.tuning.tune import export_quietly

    torch.manual_seed(0)
    size = Tokenizer.from_file(str(SHIPPED / "tokenizer.json")).get_vocab_size()
    config = transformers.BertConfig(
        vocab_size=30522, hidden_size=32, num_hidden_layers=1, num_attention_heads=1, intermediate_size=48,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    config._attn_implementation = "eager"
    encoder = transformers.BertModel(config, add_pooling_layer=False)
    planner = Planner(encoder, size, Shape(width=32, layers=1, heads=2, inner=40, dropout=0.0))
    with torch.no_grad():
        for parameter in planner.parameters():  # equal weights would be stored once, under one name
            parameter += torch.randn_like(parameter) * 0.05
    folder = tmp_path_factory.mktemp("tiny")
    export_quietly(planner, folder)
    (folder / "tokenizer.json").write_bytes((SHIPPED / "tokenizer.json").read_bytes())
    describe(folder, {"calibration": verified_card(SHIPPED)["calibration"], "encoder": "random"})
    return folder
