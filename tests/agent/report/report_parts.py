"""What the tests of reports share: evidence of every shape, and a table with planted patterns."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

from llmauto_tools.ledger import Evidence
from llmauto_tools.results import Section


def insight(**more: object) -> dict[str, object]:
    """An insight in the shape that find_insights gives."""
    base: dict[str, object] = {
        "id": "i1", "kind": "trend", "title_en": "Sales rise", "title_zh": "销售额上升",
        "sentence_en": "Average sales rose from {{first}} to {{last}}, and {{group}} makes up {{share}} of them.",
        "sentence_zh": "销售额的平均值从 {{first}} 上升到 {{last}}，{{group}} 占 {{share}}。",
        "caveat_en": "Less than three years of data.", "caveat_zh": "数据不足三年。",
        "values": {"first": 79.94, "last": 113.52, "share": 0.573, "group": "North"},
        "formats": {"first": "number", "last": "number", "share": "percent"},
        "score": 1.0, "p": 0.001, "q": 0.01, "effect": 0.5, "effect_name": "tau", "coverage": 1.0,
        "columns": ["sales"], "section": 0, "chart": 0, "sql": "SELECT avg(sales) FROM t",
    }  # fmt: skip
    return {**base, **more}


SPEC = {
    "data": {"values": [{"x": "North", "y": 120}, {"x": "South", "y": 80}]}, "mark": "bar", "title": {"text": "Sales"},
    "encoding": {"x": {"field": "x", "type": "nominal"}, "y": {"field": "y", "type": "quantitative"}},
}  # fmt: skip


def records() -> dict[str, Evidence]:
    """e1 a query, e2 insights, e3 a test, e4 one that failed."""
    query = Evidence(
        "e1", "query", {"sql": "SELECT 1"}, "finished", sql="SELECT region, total, share, change FROM t",
        columns=(("region", "VARCHAR"), ("total", "DOUBLE"), ("share", "DOUBLE"), ("Unit price", "DOUBLE"), ("change", "DOUBLE")),
        rows=(("North", 120.0, 0.573, 9.5, -12.0), ("South", 80.0, 0.382, 8.25, 4.0), ("*West*", 9.4, 0.045, 7.0, 1.0)),
        row_count=3,
    )  # fmt: skip
    insights = Evidence(
        "e2", "find_insights", {"table": "t"}, "finished", figures={"insights": [insight()]},
        sections=(Section("Sales by region", ("region", "mean"), (("North", 120.0), ("South", 80.0))),), charts=(SPEC,),
    )  # fmt: skip
    test = Evidence(
        "e3", "test_hypothesis", {"table": "t"}, "finished", figures={"p_value": 0.0004, "significant": True, "n": 388},
        text="North and South differ clearly in sales: the means are 120 and 80, p < 0.001, n = 388.",
    )  # fmt: skip
    return {e.id: e for e in (query, insights, test, Evidence("e4", "query", {}, "failed"))}


def write_sales(path: Path, months: int = 24, factor: float = 1.0) -> Path:
    """Sales that rise, most of them in the North; `factor` changes those of the South."""
    draw = random.Random(7)
    rows = ["day,region,channel,sales,units"]
    for month in range(months):
        for i in range(30):
            day = dt.date(2023 + month // 12, month % 12 + 1, draw.randint(1, 28) if i else 28)
            region = draw.choices(["North", "South", "West"], [6, 3, 1])[0]
            sales = (50 + 3 * month + draw.gauss(0, 8)) * (factor if region == "South" else 1.0)
            rows.append(f"{day},{region},{draw.choice(['web', 'shop'])},{sales:.2f},{draw.randint(1, 9)}")
    path.write_text("\n".join(rows) + "\n")
    return path
