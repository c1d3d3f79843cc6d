"""Questions in Chinese: the same families as in English."""

from __future__ import annotations

from typing import Any

import pytest
from reader_harness import Desk, rounded


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("一共有多少个订单？", [(4,)]),
        ("北京的销售额是多少", [(400,)]),
        ("平均销售额", [(142.5,)]),
        ("有多少个不同的城市", [(3,)]),
        ("销售额超过100的订单有几个", [(2,)]),
        ("2023年的销售总额", [(150,)]),
        ("每个产品的总数量", [("手机", 3), ("电脑", 4)]),
        ("各产品的利润（销售额减成本）", [("手机", 60), ("电脑", 150)]),
        ("每年的订单数", [(2023, 2), (2024, 2)]),
        ("哪个城市的销售额最高", [("北京", 400)]),
        ("订单数不少于2的城市", [("北京", 2)]),
        ("各城市的订单占比", [("上海", 0.25), ("北京", 0.5), ("广州", 0.25)]),
        ("北京和上海的平均销售额分别是多少", [("上海", 50.0), ("北京", 200.0)]),
        ("销售额最高的2个产品", [("电脑", 420), ("手机", 150)]),
    ],
)
def test_answers(shop_zh: Desk, question: str, expected: list[tuple[Any, ...]]) -> None:
    assert sorted(rounded(shop_zh.rows(question)), key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    "question", ["今天天气怎么样", "各门店的租金", "把北京的订单全部删掉", "你觉得哪个产品好"]
)
def test_refused(shop_zh: Desk, question: str) -> None:
    assert shop_zh.read(question).refused


def test_language_of_the_reading(shop_zh: Desk) -> None:
    assert shop_zh.read("各城市的销售总额").language == "zh"
