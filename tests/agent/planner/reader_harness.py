"""Real files, a real engine: a question goes in, the rows that its plan gives come out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.reader import read
from llmauto_agent.planner.reading import Reading
from llmauto_agent.planner.values import EngineValues
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.plan.keys import find_joins
from llmauto_tools.workspace import Workspace

PEOPLE = """name,sex,age,city,salary,active,joined
Ann,female,34,Paris,52000,1,2021-03-01
Bob,male,51,Paris,61000,0,2021-07-15
Cid,male,29,Rome,48000,1,2022-01-20
Dee,female,45,Rome,75000,1,2022-05-05
Eve,female,,Oslo,39000,0,2023-02-11
Fay,female,62,Oslo,83000,1,2023-11-30
"""
CLIENTS = "client_id,client_name,country\n1,Acme,France\n2,Bolt,Italy\n3,Core,France\n"
SALES = """sale_id,client_id,product,quantity,unit_price,sold_on
1,1,Lamp,2,10.0,2023-01-05
2,1,Desk,1,100.0,2023-02-10
3,2,Lamp,5,10.0,2023-02-20
4,2,Desk,2,100.0,2024-01-15
5,2,Chair,3,40.0,2024-03-03
"""
SHOP_ZH = """订单号,日期,城市,产品,数量,销售额,成本
A1,2023-01-02,北京,手机,2,100,60
A2,2023-03-04,上海,手机,1,50,30
A3,2024-05-06,北京,电脑,3,300,200
A4,2024-07-08,广州,电脑,1,120,70
"""


class Desk:
    """A workspace with files attached, and the reader over it."""

    def __init__(self, folder: Path, files: dict[str, str]) -> None:
        self.workspace = Workspace(folder / "ws")
        for name, text in files.items():
            path = folder / name
            path.write_text(text, encoding="utf-8")
            self.workspace.attach(str(path))
        tables = self.workspace.tables()
        keys = find_joins(tables, self.workspace.foreign_keys())
        self.index = SchemaIndex(tables, keys, EngineValues(self.workspace.engine, tables))

    def read(self, *turns: str) -> Reading:
        """The reading of the last turn, after the turns before it."""
        context: Reading | None = None
        reading = Reading("")
        for turn in turns:
            reading = read(turn, self.index, context)
            context = reading if reading.plan is not None else context
        return reading

    def rows(self, *turns: str) -> list[tuple[Any, ...]]:
        reading = self.read(*turns)
        assert reading.plan is not None, f"refused: {reading.missing} {reading.choices} {reading.reason}"
        sql = compile_plan(reading.plan, self.workspace.tables())
        return list(self.workspace.engine.query(sql).rows)

    def column(self, *turns: str, at: int = 0) -> list[Any]:
        return [row[at] for row in self.rows(*turns)]


def rounded(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    return [tuple(round(v, 4) if isinstance(v, float) else v for v in row) for row in rows]
