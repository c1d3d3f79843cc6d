from __future__ import annotations

import pytest

from llmauto_agent.memory.entry import Entry
from llmauto_agent.memory.keywords import entry_words, initials, keywords, query_words
from llmauto_agent.memory.memory import Memory

FACTS = [
    Entry("definition", "ARR means sum of mrr * 12 where status is active"),
    Entry("finding", "Customers on monthly contracts leave three times as often as those who signed for two years"),
    Entry("preference", "Show amounts in euros without cents"),
    Entry("definition", "财年从四月开始"),
    Entry("finding", "女装的退货率最高，接近三成"),
    Entry("document", "Status code 47 means that the consignee refused the parcel"),
    Entry("table", "table orders, 12 rows, with columns id, cust_no (customer number), total_amt (total amount)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        ("do long commitments keep clients from leaving", FACTS[1]),
        ("annual recurring revenue", FACTS[0]),
        ("how should money be displayed", FACTS[2]),
        ("财务年度从哪个月算起", FACTS[3]),
        ("哪类商品最容易被退回", FACTS[4]),
        ("what is code 47", FACTS[5]),
        ("amount of each customer's orders", FACTS[6]),
    ],
)
def test_a_fact_is_found_in_other_words(memory: Memory, request_: str, wanted: Entry) -> None:
    memory.add(FACTS)
    assert memory.search(request_)[0].entry.text == wanted.text


def test_words_alone_load_no_model(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.add(FACTS)
    monkeypatch.setattr(memory, "embedder", lambda: pytest.fail("the model was loaded"))
    assert memory.search("monthly contracts", dense=False)[0].entry.text == FACTS[1].text


def test_a_recall_is_bounded_and_says_each_thing_once(memory: Memory) -> None:
    memory.add([Entry("finding", "about revenue " + "x" * 900 + str(i % 10)) for i in range(30)])
    found = memory.search("revenue", limit=50, characters=5_000)
    assert len(found) == 5
    assert len({r.entry.text for r in found}) == 5


def test_kinds_and_sessions_keep_apart(memory: Memory) -> None:
    memory.add([*FACTS, Entry("finding", "orders of this session", "session", session="s1")])
    assert {r.entry.kind for r in memory.search("orders", kinds=("table",))} == {"table"}
    assert "orders of this session" in {r.entry.text for r in memory.search("orders", session="s1")}
    assert "orders of this session" not in {r.entry.text for r in memory.search("orders", session="s2")}


def test_both_stores_are_recalled_together(memory: Memory) -> None:
    memory.add(
        [Entry("preference", "weights in kilograms", "person"), Entry("finding", "weights rose in May")]
    )
    assert {r.entry.id for r in memory.search("weights")} == {"m1", "p1"}


def test_what_may_be_out_of_date_says_why(memory: Memory) -> None:
    memory.add(FACTS[:2])
    found = memory.search("contracts", stale=lambda e: "the data changed" if e.kind == "finding" else None)
    assert {r.entry.kind: r.stale for r in found} == {"finding": "the data changed", "definition": None}


def test_a_model_that_fails_leaves_the_words_and_says_so(
    memory: Memory, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("failing")
    with Memory(folder, None, embedder="openai:x@http://127.0.0.1:9/v1") as failing:
        failing.add(FACTS)
        assert failing.search("monthly contracts")[0].entry.text == FACTS[1].text
        assert failing.search("cents")[0].entry.text == FACTS[2].text
        assert len(failing.notices) == 1
        assert "by words alone" in failing.notices[0]


def test_a_word_that_all_hold_does_not_hide_the_rare_one(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmauto_agent.memory.store.SCORED", 10)
    memory.add([Entry("finding", f"revenue of shop {i}") for i in range(50)])
    memory.add([Entry("finding", "revenue of the lighthouse")])
    [first, *_] = memory.search("revenue of the lighthouse", dense=False)
    assert first.entry.text == "revenue of the lighthouse"


def test_keywords_are_roots_parts_of_names_and_pairs_of_characters() -> None:
    assert keywords("the orders' total_bill in 2024") == ["order", "total", "bil", "totalbill", "2024"]
    assert keywords("退货率") == ["退货", "货率", "退", "货", "率"]
    assert query_words("What do we know about returned orders?") == ["know", "return", "order"]
    assert "arr" in initials("annual recurring revenue")
    assert "nrr" in entry_words("definition", "Net revenue retention is ...")
    assert "nrr" not in entry_words("finding", "Net revenue retention fell")
