"""A folder with sources that are attached, and others with a secret that must never come back."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from llmauto_tools.schema import Column, Relation
from llmauto_tools.sql.engine import Engine
from llmauto_tools.workspace import Limits

SECRET = "TOPSECRET-8231"


@dataclass
class Vault:
    """`folder` holds open/ (attached), closed/ (planted) and spill/."""

    folder: Path
    relations: list[Relation]

    def engine(self, limits: Limits | None = None) -> Engine:
        return Engine(
            self.folder / "spill", limits or Limits(timeout=20, memory="1GB"), lambda: self.relations
        )

    def planted_again(self) -> Vault:
        """The same, anew, in place of this one."""
        shutil.rmtree(self.folder)
        return plant(self.folder)

    def digest(self) -> dict[str, str]:
        """The content of every file below, but for what is spilled."""
        return {
            str(p.relative_to(self.folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(self.folder.rglob("*"))
            if p.is_file() and "spill" not in p.parts
        }


def _csv_relation(name: str, path: Path, columns: tuple[Column, ...]) -> Relation:
    types = ", ".join(f"'{c.name}': '{c.dtype}'" for c in columns)
    return Relation(
        name=name,
        columns=columns,
        origin=path.name,
        view_sql=f"SELECT * FROM read_csv('{path}', header = true, columns = {{{types}}})",
        paths=(str(path),),
    )


def plant(folder: Path) -> Vault:
    opened, closed = folder / "open", folder / "closed"
    for made in (opened / "parts", closed, folder / "spill"):
        made.mkdir(parents=True)
    orders = opened / "orders.csv"
    orders.write_text(
        "id,region,amount,ordered,paid\n1,North,10.5,2024-01-03,true\n2,North,20.0,2024-01-20,false\n"
        "3,South,30.25,2024-02-01,true\n4,South,5.0,2024-02-14,true\n5,West,99.99,2024-03-09,false\n"
    )
    with duckdb.connect() as db:
        for part in (1, 2):
            db.execute(
                f"COPY (SELECT i, i % 3 AS g FROM range({part * 10}) t(i)) TO '{opened}/parts/{part}.parquet'"
            )
        for kind in ("csv", "json", "parquet"):
            db.execute(f"COPY (SELECT '{SECRET}' AS secret) TO '{closed}/secret.{kind}'")
    (closed / "secret.txt").write_text(SECRET)
    for path, statements in (
        (
            opened / "shop.duckdb",
            [f"CREATE TABLE vault AS SELECT '{SECRET}' AS secret", "CREATE TABLE goods AS SELECT 7 AS price"],
        ),
        (closed / "other.duckdb", [f"CREATE TABLE t AS SELECT '{SECRET}' AS secret"]),
    ):
        with duckdb.connect(str(path)) as db:
            for statement in statements:
                db.execute(statement)
            db.execute(f"CREATE MACRO upper(x) AS '{SECRET}'")
            db.execute(f"CREATE MACRO range(x) AS TABLE SELECT '{SECRET}' AS secret")
            db.execute(f"CREATE VIEW peek AS SELECT * FROM read_text('{closed}/secret.txt')")
    shop = ("shop", str(opened / "shop.duckdb"))
    order_columns = (
        Column("id", "BIGINT"), Column("region", "VARCHAR"), Column("amount", "DOUBLE"),
        Column("ordered", "DATE"), Column("paid", "BOOLEAN"),
    )  # fmt: skip
    part_columns = (Column("i", "BIGINT"), Column("g", "BIGINT"))
    return Vault(
        folder,
        [
            _csv_relation("orders", orders, order_columns),
            Relation("parts", part_columns, "parts", f"SELECT * FROM read_parquet('{opened}/parts/*.parquet')", (f"{opened}/parts/",)),
            Relation("goods", (Column("price", "INTEGER"),), "shop.duckdb", "SELECT * FROM shop.main.goods", attach=shop),
            Relation("peek", (Column("content", "VARCHAR"),), "shop.duckdb", "SELECT * FROM shop.main.peek", attach=shop),
        ],
    )  # fmt: skip


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return plant(tmp_path)


@pytest.fixture
def engine(vault: Vault) -> Iterator[Engine]:
    made = vault.engine()
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared_vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    """For tests that leave it as it was."""
    return plant(tmp_path_factory.mktemp("vault"))


@pytest.fixture(scope="module")
def shared_engine(shared_vault: Vault) -> Iterator[Engine]:
    made = shared_vault.engine()
    yield made
    made.close()
