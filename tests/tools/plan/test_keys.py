"""Joins are found by declaration, names and values; paths are the shortest, and doubt is reported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from llmauto_tools.errors import PlanError
from llmauto_tools.plan.keys import AmbiguousJoinError, examine_joins, find_joins, join_path
from llmauto_tools.schema import Column, ForeignKey, Relation, Table
from llmauto_tools.sql.engine import Engine
from llmauto_tools.workspace import Limits


def table(name: str, *columns: str) -> Table:
    """A table of columns given as "name" (BIGINT) or "name:TYPE"."""
    parts = [c.partition(":") for c in columns]
    return Table(name, tuple(Column(n, dtype or "BIGINT") for n, _, dtype in parts))


def links(tables: list[Table], *declared: ForeignKey) -> set[str]:
    found = find_joins(tables, declared)
    return {f"{k.table}.{k.column} = {k.other_table}.{k.other_column}" for k in found}


CHINOOK = [
    table("Album", "AlbumId", "Title:VARCHAR", "ArtistId"),
    table("Artist", "ArtistId", "Name:VARCHAR"),
    table("Customer", "CustomerId", "FirstName:VARCHAR", "SupportRepId", "PostalCode:VARCHAR"),
    table("Employee", "EmployeeId", "LastName:VARCHAR", "ReportsTo", "PostalCode:VARCHAR"),
    table("Invoice", "InvoiceId", "CustomerId", "Total:DOUBLE"),
    table("InvoiceLine", "InvoiceLineId", "InvoiceId", "TrackId", "UnitPrice:DOUBLE"),
    table("PlaylistTrack", "PlaylistId", "TrackId"),
    table("Playlist", "PlaylistId", "Name:VARCHAR"),
    table("Track", "TrackId", "Name:VARCHAR", "AlbumId"),
]


def test_keys_of_a_chain_schema_by_names() -> None:
    assert links(CHINOOK) == {
        "Album.ArtistId = Artist.ArtistId",
        "Invoice.CustomerId = Customer.CustomerId",
        "InvoiceLine.InvoiceId = Invoice.InvoiceId",
        "InvoiceLine.TrackId = Track.TrackId",
        "PlaylistTrack.PlaylistId = Playlist.PlaylistId",
        "PlaylistTrack.TrackId = Track.TrackId",
        "Track.AlbumId = Album.AlbumId",
    }


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (table("orders", "id", "customer_id"), table("customers", "id"), "orders.customer_id = customers.id"),
        (table("orders", "id", "Customer ID"), table("customer", "Id"), "orders.Customer ID = customer.Id"),
        (table("orders", "customerid"), table("customers", "customer_id"), "orders.customerid = customers.customer_id"),
        (table("products", "category_id"), table("categories", "id"), "products.category_id = categories.id"),
        (table("visits", "address_id"), table("addresses", "id"), "visits.address_id = addresses.id"),
        (table("sales", "country_code:VARCHAR"), table("countries", "code:VARCHAR"), "sales.country_code = countries.code"),
        (table("invoices", "billing_customer_id"), table("customers", "id"), "invoices.billing_customer_id = customers.id"),
        (table("problems", "closed_by_staff_id"), table("staff", "staff_id"), "problems.closed_by_staff_id = staff.staff_id"),
        (table("sales", "store_key"), table("dim_store", "store_key"), "sales.store_key = dim_store.store_key"),
        (table("订单", "客户编号"), table("客户", "编号"), "订单.客户编号 = 客户.编号"),
        (table("销售", "门店编号"), table("门店", "门店编号"), "销售.门店编号 = 门店.门店编号"),
        (table("sales", "store_id:VARCHAR"), table("stores", "store_id"), "sales.store_id = stores.store_id"),
        (table("targets", "n", "region_id"), table("actuals", "n", "region_id"), "targets.region_id = actuals.region_id"),
        (table("customer", "id", "branch_id"), table("bank", "branch_id"), "customer.branch_id = bank.branch_id"),
        (table("city", "city_name:VARCHAR", "state_name:VARCHAR"), table("state", "state_name:VARCHAR"),
         "city.state_name = state.state_name"),
    ],
)  # fmt: skip
def test_names_that_belong_together(first: Table, second: Table, expected: str) -> None:
    assert links([first, second]) == {expected}
    assert links([second, first]) in ({expected}, {" = ".join(reversed(expected.split(" = ")))})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (table("a", "id", "name:VARCHAR"), table("b", "id", "name:VARCHAR")),
        (table("customers", "id", "postal_code:VARCHAR"), table("suppliers", "id", "postal_code:VARCHAR")),
        (table("orders", "customer_id:DOUBLE"), table("customers", "id")),
        (table("orders", "id", "amount"), table("payments", "id", "amount")),
        (table("tags", "partition_id"), table("user_profiles", "id")),
    ],
)
def test_names_that_do_not_belong_together(first: Table, second: Table) -> None:
    assert links([first, second]) == set()


def test_a_declared_key_comes_first_and_replaces_a_detected_one() -> None:
    tables = [table("orders", "id", "customer_id"), table("customers", "id", "number")]
    declared = ForeignKey("orders", "customer_id", "customers", "number", declared=True)
    assert find_joins(tables, [declared]) == [declared]
    gone = ForeignKey("orders", "customer_id", "people", "id", declared=True)
    assert links(tables, gone) == {"orders.customer_id = customers.id"}


# ---- values


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """orders.store_id has values of stores; orders.customer_id has none of customers."""
    relations = []
    sources = {
        "orders": "SELECT i AS id, i % 5 AS store_id, 1000 + i AS customer_id FROM range(200) t(i)",
        "stores": "SELECT i AS id FROM range(10) t(i)",
        "customers": "SELECT i AS id FROM range(10) t(i)",
        "returns": "SELECT 's' || i AS note, CAST(i % 5 AS VARCHAR) AS store_id FROM range(50) t(i)",
    }
    for name, sql in sources.items():
        path = tmp_path / f"{name}.parquet"
        with duckdb.connect() as connection:
            described = connection.execute(f"DESCRIBE {sql}").fetchall()
            connection.execute(f"COPY ({sql}) TO '{path}'")
        columns = tuple(Column(row[0], row[1]) for row in described)
        view = f"SELECT * FROM read_parquet('{path}')"
        relations.append(Relation(name, columns, str(path), view_sql=view, paths=(str(path),)))
    (tmp_path / "spill").mkdir()
    opened = Engine(tmp_path / "spill", Limits(memory="200MB"), lambda: relations)
    opened.relations = relations  # type: ignore[attr-defined]
    yield opened
    opened.close()


def test_values_confirm_or_refute_what_names_say(engine: Engine) -> None:
    tables = [r.table() for r in engine.relations]  # type: ignore[attr-defined]
    by_names = {(f.key.table, f.key.column) for f in examine_joins(tables)}
    assert by_names == {("orders", "store_id"), ("orders", "customer_id"), ("returns", "store_id")}
    by_values = {(f.key.table, f.key.column): f for f in examine_joins(tables, engine=engine)}
    assert set(by_values) == {("orders", "store_id"), ("returns", "store_id")}
    found = by_values["orders", "store_id"]
    assert (found.how, found.contained, found.sampled) == ("names and values", 1.0, 5)


# ---- paths


def path(tables: list[Table], start: str, *targets: str) -> list[str]:
    joins = join_path(find_joins(tables), start, targets)
    return [
        f"{j.table} on " + ", ".join(f"{a.table}.{a.name}={b.table}.{b.name}" for a, b in j.on) for j in joins
    ]


def test_shortest_path_through_several_tables() -> None:
    assert path(CHINOOK, "InvoiceLine", "Artist") == [
        "Track on InvoiceLine.TrackId=Track.TrackId",
        "Album on Track.AlbumId=Album.AlbumId",
        "Artist on Album.ArtistId=Artist.ArtistId",
    ]


def test_several_targets_share_the_tables_on_the_way() -> None:
    steps = path(CHINOOK, "Artist", "Track", "Customer")
    assert [s.split(" on ")[0] for s in steps] == ["Album", "Track", "InvoiceLine", "Invoice", "Customer"]
    assert path(CHINOOK, "Track", "Track") == []


def test_a_path_that_does_not_fan_out_is_preferred() -> None:
    tables = [
        table("orders", "id", "store_id"),
        table("stores", "id", "city_id"),
        table("cities", "id"),
        table("reviews", "id", "order_id", "city_id"),
    ]
    assert [s.split(" on ")[0] for s in path(tables, "orders", "cities")] == ["stores", "cities"]


def test_two_ways_are_reported_with_their_choices() -> None:
    tables = [table("matches", "id", "home_team_id", "away_team_id"), table("teams", "id")]
    with pytest.raises(
        AmbiguousJoinError, match=r"home_team_id = teams.id; .*away_team_id = teams.id"
    ) as error:
        join_path(find_joins(tables), "matches", ["teams"])
    assert [choice[0].on[0][0].name for choice in error.value.choices] == ["home_team_id", "away_team_id"]


def test_a_composite_key_is_one_join_on_all_its_columns() -> None:
    keys = [
        ForeignKey("lines", "shop", "orders", "shop", declared=True),
        ForeignKey("lines", "number", "orders", "number", declared=True),
    ]
    (join,) = join_path(keys, "lines", ["orders"])
    assert [(a.name, b.name) for a, b in join.on] == [("shop", "shop"), ("number", "number")]


def test_tables_that_nothing_connects() -> None:
    with pytest.raises(PlanError, match="No key connects 'b' with 'a'"):
        join_path([], "a", ["b"])


def test_a_key_to_its_own_table_makes_no_loop() -> None:
    keys = [ForeignKey("people", "boss_id", "people", "id", declared=True)]
    with pytest.raises(PlanError, match="No key connects"):
        join_path(keys, "people", ["teams"])
