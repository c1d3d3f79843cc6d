"""Written requests give many records, whose words and plans vary together."""

from __future__ import annotations

import gzip
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from llmauto_agent.planner.training.written import make
from llmauto_agent.planner.training.written.convert import convert_chain
from llmauto_agent.planner.training.written.make import block_records
from llmauto_agent.planner.training.written.parse import Block, parse_file, written_files
from llmauto_agent.planner.training.written.respell import STYLES, strangers
from llmauto_agent.planner.training.written.vary import varied
from llmauto_agent.planner.training.written.vary_periods import other_periods
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.plan.model import Plan
from llmauto_tools.schema import Column, Table

BENCHMARK = Path(__file__).resolve().parents[4] / "benchmarks" / "requests"

SHOP = """
@schema shop
@table orders (order, orders) | order_id id | customer_id id | placed_on date 2018 2024 | amt_eur money 5 900 \
| state cat open,paid,cancelled,returned | rush bool
@table customers (customer, customers) | customer_id id | town cat Leeds,York,Bath,Hull
@key orders.customer_id = customers.customer_id
the three towns with the most paid orders in March 2021 => SELECT town, count(*) FROM orders \
JOIN customers USING (customer_id) WHERE state = 'paid' AND during(placed_on, 'March 2021') GROUP BY town \
ORDER BY count(*) DESC LIMIT 3
> and the cancelled ones? => SELECT town, count(*) FROM orders JOIN customers USING (customer_id) \
WHERE state = 'cancelled' AND during(placed_on, 'March 2021') GROUP BY town ORDER BY count(*) DESC LIMIT 3
orders over 250 => SELECT * FROM orders WHERE amt_eur > 250
what's the churn => !missing
predict amt_eur => =train_model {"target": "amt_eur"}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Block:
    path = tmp_path / "en_shop.txt"
    path.write_text(SHOP, "utf-8")
    (block,), problems = parse_file(path)
    assert not problems
    return block


def _varied(block: Block, chain: int, seed: int) -> list[dict[str, Any]]:
    turns, _ = convert_chain(block.chains[chain], block)
    return [t.record for t in varied(block.chains[chain], turns, block, random.Random(seed))]


def test_values_numbers_and_periods_change_in_words_and_plan_alike(shop: Block) -> None:
    seen: set[str] = set()
    for seed in range(12):
        first, second = _varied(shop, 0, seed)
        seen.add(first["question"])
        plan = first["plan"]
        state, period = plan["where"]["items"]
        assert state["right"]["value"] in first["question"]
        assert period["start"][:4] in first["question"]
        assert period == second["plan"]["where"]["items"][1]
        assert second["plan"]["where"]["items"][0]["right"]["value"] in second["question"]
        assert (plan["limit"] == 3) == ("three" in first["question"] or " 3 " in first["question"])
    assert len(seen) > 6


def test_a_number_stays_within_the_column(shop: Block) -> None:
    values = {_varied(shop, 1, seed)[0]["plan"]["where"]["right"]["value"] for seed in range(20)}
    assert len(values) > 3
    assert min(values) >= 5
    assert max(values) <= 900


@pytest.mark.parametrize(
    ("words", "pattern"),
    [
        (["Q2 2022", "Q1 2022"], r"Q[2-4] 20\d\d Q[1-3] 20\d\d"),
        (["last 30 days"], r"(last|past|previous) \d+ (day|week|month|quarter|year)s"),
        (["去年"], r"[一-龥]{2,4}"),
        (["2023年3月"], r"20\d\d年\d+月"),
        (["last year"], r"(last|this|previous) (week|month|quarter|year)"),
    ],
)  # fmt: skip
def test_periods_stay_of_their_kind_and_in_order(words: list[str], pattern: str) -> None:
    for seed in range(10):
        changed = other_periods(words, (2018, 2024), False, random.Random(seed))
        assert re.fullmatch(pattern, " ".join(changed[w] for w in words))
        if len(words) == 2:
            assert changed["Q1 2022"] < changed["Q2 2022"]


def test_records_go_with_the_schemas_that_they_name(shop: Block) -> None:
    records, schemas = block_records(shop, 8, 0)
    known = {s["db"]: s for s in schemas}
    assert len(known) > 4
    for record in records:
        schema = known[record["db"]]
        tables = [
            Table(t["name"], tuple(Column(c["name"], c["type"]) for c in t["columns"]))
            for t in schema["tables"]
        ]
        if record["plan"] is not None:
            compile_plan(Plan.model_validate(record["plan"]), tables)
        if record["tool"] == "train_model":
            (target,) = {record["arguments"]["target"]} & {c.name for t in tables for c in t.columns}
            if "_" in target:
                assert target.lower() in record["question"].lower()
    assert {tuple(r["context"]) for r in records if r["plan"] and "cancel" in r["question"]} != {()}


def test_the_same_seed_gives_the_same_records(shop: Block) -> None:
    assert block_records(shop, 4, 1) == block_records(shop, 4, 1)
    assert block_records(shop, 4, 1) != block_records(shop, 4, 2)


def test_tables_beside_are_about_something_else(shop: Block, tmp_path: Path) -> None:
    path = tmp_path / "en_more.txt"
    path.write_text(
        "@schema more\n@table trees (tree, trees) | tree_no id | height_m float 1 40 | kind cat oak,beech\n"
        "@table orders_old (old order, old orders) | order_id id | amount money 1 90\n"
        "@table trips (trip, trips) | trip_no id | fare money 1 90 | how cat paid,free\n",
        "utf-8",
    )
    (more,), _ = parse_file(path)
    found = [strangers(shop, more.tables, random.Random(seed)) for seed in range(5)]
    assert {t.name for tables in found for t in tables} == {"trees"}


def test_styles_of_names() -> None:
    words = ["order", "amount"]
    assert {name: style(words) for name, style in STYLES.items()} == {
        "snake": "order_amount",
        "camel": "orderAmount",
        "pascal": "OrderAmount",
        "title": "Order Amount",
        "upper": "ORDER_AMOUNT",
        "short": "ord_amt",
        "plain": "order amount",
    }


def test_the_command_writes_records_and_schemas(
    tmp_path: Path, shop: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        make, "written_files", lambda lang: [tmp_path / "en_shop.txt"] if lang == "en" else []
    )
    make.main(["--out", str(tmp_path), "--each", "3", "--lang", "en"])
    files = sorted(p.name for p in tmp_path.glob("*.gz"))
    assert files == [
        f"written_en_{part}{end}.jsonl.gz" for part in ("dev", "train") for end in ("", "_schemas")
    ]
    count = 0
    for part in ("dev", "train"):
        with gzip.open(tmp_path / f"written_en_{part}.jsonl.gz", "rt", encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        assert len({r["id"] for r in records}) == len(records)
        anew = [r for r in records if r["id"].endswith("-anew")]
        noise = [r for r in records if "-noise-" in r["id"]]
        count += len(records) - len(anew) - len(noise)
        by_id = {r["id"]: r for r in records}
        for record in anew:  # what it asks for is what it asked for alone
            alone = by_id[record["id"].removesuffix("-anew")]
            assert record["plan"] == alone["plan"]
            assert record["context"]
            assert not alone["context"]
        assert noise or not records
        assert all(r["refuse"] == "vague" for r in noise)
    assert count == 15


# ---- the files of the repository


def _words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _asked_in_benchmark() -> tuple[set[str], set[str]]:
    """(questions, names of files and tables) of the request benchmark."""
    questions, names = set(), set()
    for path in BENCHMARK.glob("*.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            item = json.loads(line)
            questions.add(_words(item["question"]))
            names |= {Path(s).name.split(".")[0].casefold() for s in item.get("sources", ())}
    return questions, names


def test_nothing_of_the_request_benchmark_is_written_here() -> None:
    if not BENCHMARK.is_dir():
        pytest.skip("The benchmark is part of a checkout only.")
    questions, names = _asked_in_benchmark()
    assert questions
    found = []
    for path in written_files():
        for block in parse_file(path)[0]:
            found += [f"{path.name}:{block.line}" for t in block.tables if t.name.casefold() in names]
            for request in (q for chain in block.chains for q in chain):
                words = _words(request.question)
                if words in questions and _long(words):
                    found.append(f"{path.name}:{request.line}")
    assert found == []


def _long(words: str) -> bool:
    """Whether a request is more than a turn of phrase ("and by month?") that anybody would use."""
    return len(words.split()) >= 5 or len(re.findall(r"[一-龥]", words)) >= 8
