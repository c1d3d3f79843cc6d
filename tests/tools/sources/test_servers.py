"""Databases and object stores, against real servers on loopback."""

from __future__ import annotations

import datetime as dt
import pickle
from decimal import Decimal
from pathlib import Path

import pytest

from llmauto_tools.errors import MissingExtra, SourceError, SourceNotFound, UnreadableSource
from llmauto_tools.sources import open_source

pytestmark = pytest.mark.server


@pytest.fixture
def pg(postgres):
    postgres.execute(
        "DROP SCHEMA IF EXISTS shop CASCADE",
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA public",
        "CREATE SCHEMA shop",
        "CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL)",
        """CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int REFERENCES customer (id),
           total numeric(12,2), rate numeric, paid boolean, day date, at timestamp, seen timestamptz,
           clock time, tags text[], doc jsonb, "od""d na me" varchar(10), raw bytea, small smallint, f real)""",
        "CREATE TABLE shop.customer (id int)",
        "CREATE VIEW paid AS SELECT id, total FROM orders WHERE paid",
        "CREATE MATERIALIZED VIEW per_day AS SELECT day, sum(total)::numeric(14,2) AS total FROM orders GROUP BY 1",
        "INSERT INTO customer VALUES (1, 'Ünal'), (2, '王')",
        """INSERT INTO orders VALUES (1, 1, 12.34, 0.1, true, '2024-02-29', '2024-02-29 10:00:00.5',
           '2024-02-29 10:00+02', '10:30', '{a,b}', '{"k": 1}', 'x', '\\x00ff', 3, 1.5),
           (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)""",
        "REFRESH MATERIALIZED VIEW per_day",
    )
    return postgres


def test_postgres_tables_views_types_and_keys(pg, attach):
    db = attach(pg.url)
    assert db.names[:4] == ["customer", "orders", "paid", "per_day"]
    assert "shop_customer" in db.names
    types = db.types("orders")
    assert types["total"] == "DECIMAL(12,2)"
    assert types["rate"] == "DOUBLE"
    assert types['od"d na me'] == "VARCHAR"
    first, second = db.rows("orders")
    assert first[:8] == (
        1, 1, Decimal("12.34"), 0.1, True, dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 10, 0, 0, 500_000),
        dt.datetime(2024, 2, 29, 8, 0),
    )  # fmt: skip
    assert first[8:] == (dt.time(10, 30), "{a,b}", '{"k": 1}', "x", b"\x00\xff", 3, 1.5)
    assert second[1:] == (None,) * 14
    assert db.rows("paid") == [(1, Decimal("12.34"))]
    assert sorted(db.rows("per_day"), key=str) == [(None, None), (dt.date(2024, 2, 29), Decimal("12.34"))]
    (key,) = db["orders"].foreign_keys
    assert (key.table, key.column, key.other_table, key.other_column) == (
        "orders",
        "customer_id",
        "customer",
        "id",
    )
    assert key.declared


def test_postgres_is_copied_only_when_named(pg, attach, cache):
    db = attach(pg.url)
    assert not list(cache.glob("*.parquet"))
    assert db.rows("customer") == [(1, "Ünal"), (2, "王")]
    assert len(list(cache.glob("*.parquet"))) == 1


def test_postgres_snapshot_is_renewed_by_attaching_again(pg, attach):
    before = attach(pg.url)
    assert len(before.rows("customer")) == 2
    pg.execute("INSERT INTO customer VALUES (3, 'new')")
    assert len(before.rows("customer")) == 2
    after = attach(pg.url)
    assert len(after.rows("customer")) == 3
    assert after["customer"].fingerprint != before["customer"].fingerprint


def _leaks(password: str, *texts: str) -> bool:
    return any(password in t or "p%40ss" in t for t in texts)


def test_the_password_is_in_no_origin_note_or_error(pg, mysql, attach, cache):
    for server in (pg, mysql):
        wrong = server.url.replace("p%40ss", "wrong-p%40ss")
        with pytest.raises(SourceError) as caught:
            attach(wrong)
        assert not _leaks(server.password, str(caught.value), repr(caught.value.__cause__))
        assert "wrong" not in str(caught.value).replace("***", "")
    for relation in attach(pg.url).relations:
        assert not _leaks(pg.password, relation.origin, relation.fingerprint, repr(relation.notes))
        assert relation.origin == f"postgresql://127.0.0.1:{pg.port}/postgres"
    assert not any(_leaks(pg.password, p.name) for p in cache.iterdir())


def test_postgres_database_that_does_not_exist(pg, attach):
    with pytest.raises(SourceNotFound, match="nowhere"):
        attach(pg.url.replace("/postgres", "/nowhere"))


def test_server_that_does_not_answer(attach):
    with pytest.raises(UnreadableSource):
        attach("postgresql://127.0.0.1:1/x")
    with pytest.raises(UnreadableSource):
        attach("mysql://127.0.0.1:1/x")


def test_table_dropped_between_attaching_and_loading(pg, attach):
    db = attach(pg.url)
    pg.execute("DROP TABLE shop.customer")
    with pytest.raises(UnreadableSource, match="customer"):
        db.rows("shop_customer")


@pytest.fixture
def my(mysql):
    mysql.execute(
        "DROP TABLE IF EXISTS orders", "DROP TABLE IF EXISTS customer", "DROP VIEW IF EXISTS paid",
        "SET sql_mode = ''",
        "CREATE TABLE customer (id INT PRIMARY KEY, name VARCHAR(40))",
        """CREATE TABLE orders (id BIGINT UNSIGNED PRIMARY KEY, customer_id INT, total DECIMAL(10,2), paid TINYINT(1),
           day DATE, at DATETIME(3), f DOUBLE, `we``ird` TEXT, raw BLOB, size ENUM('s','m'), y YEAR, clock TIME,
           FOREIGN KEY (customer_id) REFERENCES customer (id))""",
        "CREATE VIEW paid AS SELECT id, total FROM orders WHERE paid",
        "INSERT INTO customer VALUES (1, 'Ünal'), (2, '王')",
        """INSERT INTO orders VALUES (18446744073709551615, 1, 12.34, 1, '2024-02-29', '2024-02-29 10:00:00.250', 1.5,
           'a,b', x'00ff', 'm', 2024, '10:30:00'),
           (2, NULL, NULL, 0, '0000-00-00', NULL, NULL, NULL, NULL, NULL, NULL, NULL)""",
    )  # fmt: skip
    return mysql


def test_mysql_tables_views_types_and_keys(my, attach):
    db = attach(my.url)
    assert db.names == ["customer", "orders", "paid"]
    rows = {r[0]: r for r in db.rows("orders")}
    assert rows[18446744073709551615] == (
        18446744073709551615, 1, Decimal("12.34"), 1, dt.date(2024, 2, 29),
        dt.datetime(2024, 2, 29, 10, 0, 0, 250_000), 1.5, "a,b", b"\x00\xff", "m", 2024, "10:30:00",
    )  # fmt: skip
    assert rows[2] == (2, None, None, 0, *(None,) * 8)
    assert db.rows("paid") == [(18446744073709551615, Decimal("12.34"))]
    assert db.rows("customer") == [(1, "Ünal"), (2, "王")]
    (key,) = db["orders"].foreign_keys
    assert (key.column, key.other_table, key.other_column) == ("customer_id", "customer", "id")


def test_mysql_unknown_database(my, attach):
    with pytest.raises(SourceError):
        attach(my.url.replace("/shop", "/nowhere"))


def test_missing_driver_names_the_extra(attach, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(MissingExtra, match="databases"):
        attach("postgresql://127.0.0.1:1/x")
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(MissingExtra, match="databases"):
        attach("mysql://127.0.0.1:1/x")


@pytest.fixture
def bucket(s3_server, monkeypatch):
    """A bucket with a few objects; returns put(key, bytes)."""
    import boto3

    for name, value in {
        "AWS_ENDPOINT_URL": s3_server, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="lake")

    def put(key: str, body: bytes) -> None:
        client.put_object(Bucket="lake", Key=key, Body=body)

    yield put
    for found in client.list_objects_v2(Bucket="lake").get("Contents", []):
        client.delete_object(Bucket="lake", Key=found["Key"])
    client.close()


def test_s3_file_prefix_and_glob(bucket, attach):
    bucket("sales/2023.csv", b"id,n\n1,2\n")
    bucket("sales/2024.csv", b"id,n\n2,3\n")
    bucket("sales/read me.md", b"x")
    one = attach("s3://lake/sales/2023.csv")
    assert one.rows() == [(1, 2)]
    assert one.one.origin == "s3://lake/sales/2023.csv"
    prefix = attach("s3://lake/sales/")
    assert sorted(prefix.rows()) == [(1, 2), (2, 3)]
    assert prefix.names == ["sales"]
    assert sorted(attach("s3://lake/sales/20*.csv").rows()) == [(1, 2), (2, 3)]


def test_s3_object_that_changed_is_fetched_again(bucket, attach):
    bucket("a.csv", b"id\n1\n")
    assert attach("s3://lake/a.csv").rows() == [(1,)]
    bucket("a.csv", b"id\n1\n2\n")
    assert attach("s3://lake/a.csv").rows() == [(1,), (2,)]


def test_s3_that_is_not_there(bucket, attach):
    for address in ("s3://lake/nothing.csv", "s3://lake/none/*.csv", "s3://no-such-bucket/x.csv"):
        with pytest.raises(SourceNotFound):
            attach(address)


def test_relations_of_servers_hold_no_open_connection(pg, cache: Path):
    (relation, *_) = open_source(pg.url, cache=cache, taken={})
    assert relation.load is not None
    assert pickle.dumps(relation.columns)
