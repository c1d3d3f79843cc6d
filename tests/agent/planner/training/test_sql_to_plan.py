"""Statements become one canonical plan, whose rows are those of the statement."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from llmauto_agent.planner.training.benchmark_parts import compare
from llmauto_agent.planner.training.records import plan_json, read_tables
from llmauto_agent.planner.training.sql_to_plan import CannotSay, to_plan
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.plan.model import Plan
from llmauto_tools.schema import ForeignKey, Table

KEYS = (
    ForeignKey("orders", "customer_id", "customers", "id", True),
    ForeignKey("items", "order_id", "orders", "id", True),
)
COMPLETE = (("customers", "id"), ("customers", "name"), ("orders", "id"), ("orders", "customer_id"))


@pytest.fixture(scope="session")
def tables(shop: duckdb.DuckDBPyConnection) -> list[Table]:
    return read_tables(shop)


def plan_of(sql: str, tables: list[Table], **options: Any) -> Plan:
    return to_plan(sql, tables, foreign_keys=KEYS, complete=COMPLETE, **options)


# ---- a short notation for plans, so that an expected one fits on a line


def short(node: Any) -> str:
    """A plan's JSON in a compact notation: c.age > 20, count(), sum(o.amount) if ..., {inner plan}."""
    return _SHORT[node["kind"]](node)


def _binary(n: Any) -> str:
    return f"{short(n['left'])} {n['op']} {short(n['right'])}"


def _aggregate(n: Any) -> str:
    text = f"{n['function']}({short(n['argument']) if 'argument' in n else ''})"
    return f"{text}[{short(n['where'])}]" if "where" in n else text


def _list(items: Any, joint: str) -> str:
    return "(" + joint.join(short(i) for i in items) + ")"


_SHORT = {
    "column": lambda n: f"{n['table'][0]}.{n['name']}",
    "literal": lambda n: repr(n["value"]) + ("d" if n.get("type") == "date" else ""),
    "arithmetic": lambda n: f"({_binary(n)})",
    "aggregate": _aggregate,
    "date_part": lambda n: f"{n['part']}({short(n['argument'])})",
    "date_bucket": lambda n: f"by_{n['unit']}({short(n['argument'])})",
    "text_function": lambda n: f"{n['function']}({short(n['argument'])})",
    "conversion": lambda n: f"to_{n['to']}({short(n['argument'])})",
    "absolute": lambda n: f"abs({short(n['argument'])})",
    "scalar_query": lambda n: "{" + said(n["plan"]) + "}",
    "compare": _binary,
    "between": lambda n: f"{short(n['argument'])} in {short(n['low'])}..{short(n['high'])}",
    "one_of": lambda n: f"{short(n['argument'])} in {tuple(n['values'])}",
    "text_match": lambda n: f"{short(n['argument'])} {n['how']} {n['text']!r}",
    "is_null": lambda n: f"{short(n['argument'])} is null",
    "is_true": lambda n: short(n["argument"]),
    "and": lambda n: _list(n["items"], " and "),
    "or": lambda n: _list(n["items"], " or "),
    "not": lambda n: f"not {short(n['item'])}",
    "in_query": lambda n: f"{short(n['argument'])} among {{{said(n['plan'])}}}",
}


def said(plan: Any) -> str:
    """The clauses of a plan's JSON in their order."""
    parts = [plan["table"]]
    parts += [f"+{j['table']}" + ("?" if j.get("how") == "left" else "") for j in plan.get("joins", ())]
    parts += [f"where {short(plan['where'])}"] if "where" in plan else []
    for name in ("select", "group_by", "measures"):
        parts += [f"{name} " + ", ".join(short(i["expr"]) for i in plan[name])] if name in plan else []
    parts += ["distinct"] if plan.get("distinct") else []
    parts += [f"having {short(plan['having'])}"] if "having" in plan else []
    orders = [short(o["by"]) + (" desc" if o.get("descending") else "") for o in plan.get("order_by", ())]
    parts += ["order " + ", ".join(orders)] if orders else []
    parts += [f"{name} {plan[name]}" for name in ("limit", "offset") if name in plan]
    parts += [f"{plan['combine']['op']} {{{said(plan['combine']['plan'])}}}"] if "combine" in plan else []
    return " ".join(parts)


SAME = [
    # rows
    ("SELECT * FROM customers", "customers"),
    ("SELECT name, age FROM customers", "customers select c.name, c.age"),
    ("SELECT c.name AS who FROM customers AS c", "customers select c.name"),
    ("SELECT DISTINCT city FROM customers", "customers select c.city distinct"),
    ("SELECT city FROM customers GROUP BY city", "customers select c.city distinct"),
    ("SELECT name FROM customers ORDER BY age DESC LIMIT 1", "customers select c.name order c.age desc limit 1"),
    ("SELECT name AS n FROM customers ORDER BY n", "customers select c.name order c.name"),
    ("SELECT name, age FROM customers ORDER BY 2 DESC", "customers select c.name, c.age order c.age desc"),
    ("SELECT name FROM customers ORDER BY id LIMIT 2 OFFSET 1", "customers select c.name order c.id limit 2 offset 1"),
    ("SELECT age + 1 FROM customers", "customers select (c.age + 1)"),
    ("SELECT UPPER(name), LENGTH(name) FROM customers", "customers select upper(c.name), length(c.name)"),
    ("SELECT SUBSTR(name, 1, 1) FROM customers", "customers select initial(c.name)"),
    ("SELECT ABS(age - 40) FROM customers", "customers select abs((c.age - 40))"),
    ("SELECT CAST(zip AS DOUBLE) FROM customers", "customers select to_number(c.zip)"),
    ("SELECT CAST(age AS DOUBLE) FROM customers", "customers select c.age"),
    ("SELECT YEAR(day), EXTRACT(month FROM day) FROM orders", "orders select year(o.day), month(o.day)"),
    # conditions
    ("SELECT name FROM customers WHERE city = 'Oslo'", "customers where c.city = 'Oslo' select c.name"),
    ("SELECT name FROM customers WHERE 'Oslo' = city", "customers where c.city = 'Oslo' select c.name"),
    ("SELECT name FROM customers WHERE 30 < age", "customers where c.age > 30 select c.name"),
    ("SELECT name FROM customers WHERE age = '31'", "customers where c.age = 31 select c.name"),
    ("SELECT name FROM customers WHERE age > 30.0", "customers where c.age > 30 select c.name"),
    ("SELECT name FROM customers WHERE NOT age > 30", "customers where c.age <= 30 select c.name"),
    ("SELECT name FROM customers WHERE NOT city = 'Oslo'", "customers where c.city != 'Oslo' select c.name"),
    (
        "SELECT name FROM customers WHERE city = 'Oslo' OR city = 'Bergen'",
        "customers where c.city in ('Oslo', 'Bergen') select c.name",
    ),
    ("SELECT name FROM customers WHERE city IN ('Oslo')", "customers where c.city = 'Oslo' select c.name"),
    (
        "SELECT name FROM customers WHERE city NOT IN ('Oslo', 'Rome')",
        "customers where not c.city in ('Oslo', 'Rome') select c.name",
    ),
    (
        "SELECT name FROM customers WHERE (age > 50 OR age = 22) AND city = 'Oslo'",
        "customers where ((c.age > 50 or c.age = 22) and c.city = 'Oslo') select c.name",
    ),
    ("SELECT name FROM customers WHERE age BETWEEN 20 AND 40", "customers where c.age in 20..40 select c.name"),
    ("SELECT name FROM customers WHERE age >= 20 AND age <= 40", "customers where c.age in 20..40 select c.name"),
    ("SELECT id FROM orders WHERE day >= '2024-01-01'", "orders where o.day >= '2024-01-01' select o.id"),
    ("SELECT id FROM orders WHERE day > DATE '2024-01-01'", "orders where o.day > '2024-01-01'd select o.id"),
    ("SELECT name FROM customers WHERE name LIKE '%n%'", "customers where c.name contains 'n' select c.name"),
    ("SELECT name FROM customers WHERE name LIKE 'A%'", "customers where c.name starts 'A' select c.name"),
    ("SELECT name FROM customers WHERE name ILIKE '%N'", "customers where c.name ends 'N' select c.name"),
    ("SELECT name FROM customers WHERE LOWER(name) LIKE '%n%'", "customers where c.name contains 'n' select c.name"),
    ("SELECT name FROM customers WHERE name NOT LIKE '%n%'", "customers where not c.name contains 'n' select c.name"),
    ("SELECT name FROM customers WHERE name LIKE 'Ann'", "customers where c.name = 'Ann' select c.name"),
    ("SELECT name FROM customers WHERE city IS NULL", "customers where c.city is null select c.name"),
    ("SELECT name FROM customers WHERE city IS NOT NULL", "customers where not c.city is null select c.name"),
    ("SELECT name FROM customers WHERE active", "customers where c.active select c.name"),
    # totals and groups
    ("SELECT COUNT(*) FROM customers", "customers measures count()"),
    ("SELECT COUNT(name) FROM customers", "customers measures count()"),
    ("SELECT COUNT(city) FROM customers", "customers measures count(c.city)"),
    ("SELECT COUNT(DISTINCT city) FROM customers", "customers measures count_distinct(c.city)"),
    ("SELECT MIN(age), MAX(age) FROM customers", "customers measures min(c.age), max(c.age)"),
    ("SELECT MAX(amount) - MIN(amount) FROM orders", "orders measures (max(o.amount) - min(o.amount))"),
    (
        "SELECT SUM(CASE WHEN status = 'paid' THEN amount ELSE 0 END) FROM orders",
        "orders measures sum(o.amount)[o.status = 'paid']",
    ),
    ("SELECT COUNT(*) FILTER (WHERE amount > 50) FROM orders", "orders measures count()[o.amount > 50]"),
    ("SELECT city, COUNT(*) FROM customers GROUP BY city", "customers group_by c.city measures count()"),
    (
        "SELECT status FROM orders GROUP BY status ORDER BY COUNT(*) DESC, status LIMIT 1",
        "orders group_by o.status order count() desc, o.status limit 1",
    ),
    (
        "SELECT status, SUM(amount) AS total FROM orders GROUP BY 1 HAVING total > 50 ORDER BY total",
        "orders group_by o.status measures sum(o.amount) having sum(o.amount) > 50 order sum(o.amount)",
    ),
    ("SELECT YEAR(day), AVG(amount) FROM orders GROUP BY 1", "orders group_by year(o.day) measures avg(o.amount)"),
    (
        "SELECT ANY_VALUE(name), COUNT(*) FROM customers GROUP BY id",
        "customers group_by c.name measures count()",
    ),
    (
        "SELECT COUNT(*) FROM orders WHERE status = 'paid' GROUP BY status",
        "orders where o.status = 'paid' measures count()",
    ),
    # joins
    (
        "SELECT T1.name, T2.amount FROM customers AS T1 JOIN orders AS T2 ON T1.id = T2.customer_id",
        "orders +customers select c.name, o.amount",
    ),
    (
        "SELECT name FROM customers c, orders o WHERE c.id = o.customer_id AND amount > 90",
        "orders +customers where o.amount > 90 select c.name",
    ),
    (
        "SELECT c.city, SUM(i.pieces) FROM customers c JOIN orders o ON c.id = o.customer_id"
        " JOIN items i ON i.order_id = o.id GROUP BY c.city",
        "items +orders +customers group_by c.city measures sum(i.pieces)",
    ),
    (
        "SELECT name, COUNT(orders.id) FROM customers LEFT JOIN orders ON customers.id = customer_id GROUP BY name",
        "customers +orders? group_by c.name measures count(o.id)",
    ),
    # inner queries
    (
        "SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE amount > 50)",
        "customers where c.id among {orders where o.amount > 50 select o.customer_id} select c.name",
    ),
    (
        "SELECT name FROM customers WHERE id NOT IN (SELECT customer_id FROM orders)",
        "customers where not c.id among {orders select o.customer_id} select c.name",
    ),
    (
        "SELECT name FROM customers WHERE age > (SELECT AVG(age) FROM customers)",
        "customers where c.age > {customers measures avg(c.age)} select c.name",
    ),
    (
        "SELECT name FROM customers WHERE (SELECT AVG(age) FROM customers) < age",
        "customers where c.age > {customers measures avg(c.age)} select c.name",
    ),
    (
        "SELECT name FROM customers WHERE age > (SELECT age FROM customers WHERE name = 'Ann')",
        "customers where c.age > {customers where c.name = 'Ann' select c.age limit 1} select c.name",
    ),
    (
        "SELECT name FROM customers WHERE id = (SELECT customer_id FROM orders WHERE status = 'returned')",
        "customers where c.id among {orders where o.status = 'returned' select o.customer_id} select c.name",
    ),
    (
        "SELECT name FROM customers WHERE age IN (SELECT MAX(age) FROM customers)",
        "customers where c.age = {customers measures max(c.age)} select c.name",
    ),
    (
        "SELECT id FROM (SELECT id, amount, day FROM orders ORDER BY day DESC LIMIT 4) ORDER BY amount DESC LIMIT 1",
        "orders where o.id among {orders select o.id order o.day desc limit 4}"
        " select o.id order o.amount desc limit 1",
    ),
    (
        "SELECT COUNT(*) FROM (SELECT city FROM customers WHERE city IS NOT NULL GROUP BY city)",
        "customers where not c.city is null measures count_distinct(c.city)",
    ),
    ("SELECT x FROM (SELECT name AS x, age FROM customers) WHERE age < 30", "customers where c.age < 30 select c.name"),
    (
        "SELECT ABS((SELECT amount FROM orders WHERE id = 10) - (SELECT amount FROM orders WHERE id = 11))",
        "orders measures abs((sum(o.amount)[o.id = 10] - sum(o.amount)[o.id = 11]))",
    ),
    # sets
    (
        "SELECT name FROM customers WHERE city = 'Oslo' UNION SELECT name FROM customers WHERE age > 40",
        "customers where c.city = 'Oslo' select c.name union {customers where c.age > 40 select c.name}",
    ),
    (
        "SELECT city FROM customers WHERE age < 40 INTERSECT SELECT city FROM customers WHERE age > 40",
        "customers where c.age < 40 select c.city intersect {customers where c.age > 40 select c.city}",
    ),
    (
        "SELECT id FROM customers EXCEPT SELECT customer_id FROM orders ORDER BY id DESC",
        "customers select c.id order c.id desc except {orders select o.customer_id}",
    ),
    (
        "(SELECT name FROM customers ORDER BY age LIMIT 1) UNION (SELECT name FROM customers ORDER BY age DESC LIMIT 1)",
        "customers where c.name among {customers select c.name order c.age limit 1} select c.name"
        " union {customers select c.name order c.age desc limit 1}",
    ),
]  # fmt: skip

REFUSED = [
    ("SELECT a.name FROM customers a JOIN customers b ON a.age = b.age", "self_join"),
    ("SELECT name FROM customers, items", "join_without_key"),
    ("SELECT name FROM clients", "unknown_table"),
    ("SELECT surname FROM customers", "unknown_column"),
    ("SELECT id FROM customers JOIN orders ON customers.id = customer_id", "ambiguous_column"),
    (
        "SELECT name FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE customer_id = customers.id)",
        "correlated",
    ),
    ("SELECT name, ROW_NUMBER() OVER (ORDER BY age) FROM customers", "window"),
    ("SELECT CASE WHEN age > 40 THEN 'old' ELSE 'young' END FROM customers", "case"),
    ("SELECT name FROM customers WHERE name LIKE 'A_n%'", "like_pattern"),
    ("SELECT name FROM customers WHERE id <> ANY (SELECT customer_id FROM orders)", "any"),
    ("SELECT MAX(age) FROM customers GROUP BY city", "group_not_shown"),
    ("SELECT ROUND(amount, 1) FROM orders", "function_round"),
    ("SELECT COUNT(DISTINCT (id, name)) FROM customers", "function_tuple"),
    ("SELECT age % 2 FROM customers", "function_mod"),
    ("WITH x AS (SELECT 1) SELECT * FROM x", "with"),
    ("SELECT name FROM customers RIGHT JOIN orders ON customers.id = customer_id", "outer_join"),
    ("SELECT STRFTIME(day, '%Y-%m') FROM orders", "date_format"),
    ("SELECT 1", "no_table"),
    ("SELECT FROM WHERE", "not_parsed"),
    ("DELETE FROM customers", "no_query"),
]


@pytest.mark.parametrize(("sql", "expected"), SAME, ids=[sql for sql, _ in SAME])
def test_a_statement_becomes_the_canonical_plan_with_the_same_rows(
    sql: str, expected: str, tables: list[Table], shop: duckdb.DuckDBPyConnection
) -> None:
    plan = plan_of(sql, tables)
    assert said(plan_json(plan)) == expected
    gold = shop.execute(sql).fetchall()
    rows = shop.execute(compile_plan(plan, tables)).fetchall()
    assert gold, "a case without rows shows nothing"
    assert compare(gold, len(gold), rows, ordered="ORDER BY" in sql and "UNION" not in sql) == "equal"


@pytest.mark.parametrize(("sql", "reason"), REFUSED, ids=[sql for sql, _ in REFUSED])
def test_what_a_plan_cannot_say_is_refused_by_name(sql: str, reason: str, tables: list[Table]) -> None:
    with pytest.raises(CannotSay) as refused:
        plan_of(sql, tables)
    assert refused.value.reason == reason


def test_a_plan_goes_to_json_and_back(tables: list[Table]) -> None:
    for sql, _ in SAME:
        plan = plan_of(sql, tables)
        assert Plan.model_validate(plan_json(plan)) == plan


def test_sqlite_statements_are_read_in_their_dialect(tables: list[Table]) -> None:
    plan = plan_of("SELECT strftime('%Y', day), count(*) FROM orders GROUP BY 1", tables, dialect="sqlite")
    assert said(plan_json(plan)) == "orders group_by year(o.day) measures count()"


def test_without_keys_the_order_of_the_statement_is_kept(tables: list[Table]) -> None:
    plan = to_plan("SELECT name FROM customers JOIN orders ON customers.id = customer_id", tables)
    assert plan.table == "customers"
