"""A column whose name is a word that totals are spoken of with."""

from __future__ import annotations

import pytest
from reader_harness import Desk


@pytest.mark.parametrize(
    "question", ["total amount by region", "the total amount per region", "sum of amount by region"]
)
@pytest.mark.parametrize("column", ["amount", "value"])
def test_total_of_a_column_called_amount(
    tmp_path_factory: pytest.TempPathFactory, column: str, question: str
) -> None:
    data = f"region,{column}\nNorth,1.5\nNorth,2.0\nSouth,4.0\n"
    desk = Desk(tmp_path_factory.mktemp("desk"), {"orders.csv": data})
    try:
        assert sorted(desk.rows(question.replace("amount", column))) == [("North", 3.5), ("South", 4.0)]
    finally:
        desk.workspace.close()
