"""Analytic statements that must pass the guard and give the right result on the locked connection."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from llmauto_tools.sql.engine import Engine

# Each statement gives one value. orders: 5 rows (North 10.5, 20.0; South 30.25, 5.0; West 99.99),
# parts: 30 rows of i and g = i % 3, goods: one price 7.
STATEMENTS: dict[str, tuple[str, Any]] = {
    "count": ("SELECT count(*) FROM orders", 5),
    "FROM first": ("FROM orders SELECT max(id)", 5),
    "TABLE": ("SELECT count(*) FROM (TABLE orders)", 5),
    "VALUES": ("SELECT sum(col0) FROM (VALUES (1), (2))", 3),
    "VALUES alone": ("VALUES (42)", 42),
    "qualified table": ("SELECT count(*) FROM main.orders", 5),
    "other case": ("SELECT COUNT(*) FROM ORDERS", 5),
    "quoted name": ('SELECT count("id") FROM "orders"', 5),
    "trailing semicolon and comment": ("SELECT 1; -- done", 1),
    "leading comment": ("/* ask */ SELECT 1", 1),
    "semicolon in text": ("SELECT 'a;b'", "a;b"),
    "dashes in text": ("SELECT '--' || '/*'", "--/*"),
    "dollar quotes": ("SELECT $tag$it's$tag$", "it's"),
    "escape string": (r"SELECT e'a\'b'", "a'b"),
    "attached database": ("SELECT price FROM goods", 7),
    "folder of parquet": ("SELECT sum(i) FROM parts", 235),
    "where and or not": ("SELECT count(*) FROM orders WHERE NOT paid AND (amount > 50 OR region = 'North')", 2),
    "between and in": ("SELECT count(*) FROM orders WHERE id BETWEEN 2 AND 4 AND region IN ('South', 'West')", 2),
    "like": ("SELECT count(*) FROM orders WHERE region LIKE '%o%th' AND region NOT LIKE 'S%'", 2),
    "ilike": ("SELECT count(*) FROM orders WHERE region ILIKE 'nor%'", 2),
    "similar to": ("SELECT count(*) FROM orders WHERE region SIMILAR TO '(N|W).*'", 3),
    "glob operator": ("SELECT count(*) FROM orders WHERE region GLOB 'N*'", 2),
    "null handling": ("SELECT coalesce(NULL, ifnull(NULL, nullif(3, 4)))", 3),
    "is distinct from": ("SELECT count(*) FROM orders WHERE region IS DISTINCT FROM 'West'", 4),
    "case": ("SELECT sum(CASE WHEN paid THEN 1 ELSE 0 END) FROM orders", 3),
    "case with operand": ("SELECT CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", "b"),
    "group by": ("SELECT region FROM orders GROUP BY region ORDER BY sum(amount) DESC LIMIT 1", "West"),
    "group by all": ("SELECT max(s) FROM (SELECT region, sum(amount) AS s FROM orders GROUP BY ALL)", 99.99),
    "having": ("SELECT count(*) FROM (SELECT region FROM orders GROUP BY 1 HAVING count(*) > 1)", 2),
    "filter": ("SELECT count(*) FILTER (WHERE paid) FROM orders", 3),
    "distinct": ("SELECT count(DISTINCT region) FROM orders", 3),
    "distinct on": ("SELECT count(*) FROM (SELECT DISTINCT ON (region) * FROM orders ORDER BY region, amount)", 3),
    "grouping sets": ("SELECT count(*) FROM (SELECT region, paid FROM orders GROUP BY GROUPING SETS ((region), (paid), ()))", 6),
    "rollup": ("SELECT count(*) FROM (SELECT region, paid, grouping(region) FROM orders GROUP BY ROLLUP (region, paid))", 8),
    "cube": ("SELECT count(*) FROM (SELECT paid, region FROM orders GROUP BY CUBE (region, paid))", 10),
    "order by all": ("SELECT id FROM orders ORDER BY ALL LIMIT 1", 1),
    "limit offset": ("SELECT id FROM orders ORDER BY id LIMIT 1 OFFSET 2", 3),
    "limit percent": ("SELECT count(*) FROM (FROM orders LIMIT 40%)", 2),
    "nulls last": ("SELECT a FROM (VALUES (NULL), (1)) t(a) ORDER BY a NULLS FIRST LIMIT 1", None),
    "row_number": ("SELECT max(n) FROM (SELECT row_number() OVER (PARTITION BY region ORDER BY id) AS n FROM orders)", 2),
    "running total": ("SELECT max(s) FROM (SELECT sum(id) OVER (ORDER BY id) AS s FROM orders)", 15),
    "lag": ("SELECT id - lag(id) OVER (ORDER BY id) FROM orders ORDER BY id DESC LIMIT 1", 1),
    "named window with a frame": ("SELECT max(s) FROM (SELECT sum(id) OVER w AS s FROM orders WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW))", 9),
    "range frame of days": ("SELECT count(*) OVER (ORDER BY ordered RANGE BETWEEN INTERVAL 30 DAY PRECEDING AND CURRENT ROW) FROM orders ORDER BY id LIMIT 1", 1),
    "window with exclude": ("SELECT max(s) FROM (SELECT sum(id) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW) AS s FROM orders)", 14),
    "ntile and rank": ("SELECT max(q + r) FROM (SELECT ntile(2) OVER (ORDER BY id) AS q, rank() OVER (ORDER BY id) AS r FROM orders)", 7),
    "qualify": ("SELECT sum(amount) FROM (SELECT amount FROM orders QUALIFY rank() OVER (PARTITION BY region ORDER BY amount DESC) = 1)", 150.24),
    "share of total": ("SELECT round(100 * sum(amount) / (SELECT sum(amount) FROM orders), 1) FROM orders WHERE region = 'West'", 60.3),
    "cte": ("WITH big AS (SELECT * FROM orders WHERE amount > 20) SELECT count(*) FROM big", 2),
    "cte with the name of a table": ("WITH orders AS (SELECT * FROM orders WHERE id > 3) SELECT count(*) FROM orders", 2),
    "cte materialized": ("WITH x AS MATERIALIZED (SELECT 1 AS a), y AS NOT MATERIALIZED (SELECT a + 1 AS b FROM x) FROM y", 2),
    "recursive cte": ("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT sum(n) FROM r", 55),
    "recursive cte using key": ("WITH RECURSIVE r(k, n) USING KEY (k) AS (SELECT 1, 1 UNION SELECT k, n + 1 FROM r WHERE n < 5) SELECT n FROM r", 5),
    "union by name": ("SELECT count(*) FROM (SELECT 1 AS a UNION ALL BY NAME SELECT 2 AS b)", 2),
    "except and intersect": ("SELECT count(*) FROM ((SELECT region FROM orders EXCEPT SELECT 'West') INTERSECT SELECT 'North')", 1),
    "join using": ("SELECT count(*) FROM orders a JOIN orders b USING (region)", 9),
    "left join": ("SELECT count(*) FROM orders o LEFT JOIN goods g ON g.price = o.id", 5),
    "semi and anti join": ("SELECT (SELECT count(*) FROM orders SEMI JOIN parts ON id = i) + (SELECT count(*) FROM orders ANTI JOIN parts ON id = i)", 5),
    "asof join": ("SELECT max(p.i) FROM orders o ASOF JOIN parts p ON o.amount >= p.i", 19),
    "positional join": ("SELECT count(*) FROM orders POSITIONAL JOIN parts", 30),
    "cross join": ("SELECT count(*) FROM orders CROSS JOIN goods", 5),
    "lateral": ("SELECT sum(x.d) FROM orders o, LATERAL (SELECT o.id * 2 AS d) x", 30),
    "correlated subquery": ("SELECT count(*) FROM orders o WHERE amount = (SELECT max(amount) FROM orders i WHERE i.region = o.region)", 3),
    "exists": ("SELECT count(*) FROM orders o WHERE EXISTS (FROM goods WHERE price > o.id)", 5),
    "any": ("SELECT count(*) FROM orders WHERE id > ANY (SELECT i FROM parts WHERE i > 3)", 1),
    "in subquery": ("SELECT count(*) FROM orders WHERE id IN (SELECT i FROM parts)", 5),
    "columns": ("SELECT sum(length(c)) FROM (SELECT COLUMNS('reg.*') AS c FROM orders)", 24),
    "columns lambda": ("SELECT count(COLUMNS(lambda c: c LIKE 'i%')) FROM orders", 5),
    "exclude replace rename": ("SELECT max(id) FROM (SELECT * EXCLUDE (paid) REPLACE (id * 10 AS id) RENAME (region AS place) FROM orders)", 50),
    "prefix alias": ("SELECT total: sum(id) FROM orders", 15),
    "positional reference": ("SELECT region FROM orders ORDER BY #1 LIMIT 1", "North"),
    "unpivot": ("SELECT count(*) FROM (UNPIVOT (SELECT id, amount FROM orders) ON id, amount INTO NAME k VALUE v)", 10),
    "pivot with values": ("SELECT North FROM (PIVOT orders ON region IN ('North', 'South') USING sum(id) GROUP BY paid) WHERE paid", 1),
    "standard pivot": ("SELECT North FROM (FROM (SELECT region, id FROM orders) PIVOT (sum(id) FOR region IN ('North', 'West')))", 3),
    "describe": ("SELECT count(*) FROM (DESCRIBE orders)", 5),
    "describe alone": ("DESCRIBE orders", "id"),
    "summarize": ("SELECT max FROM (SUMMARIZE orders) WHERE column_name = 'amount'", "99.99"),
    "sample": ("SELECT count(*) FROM (FROM parts USING SAMPLE 10 ROWS)", 10),
    "tablesample": ("SELECT count(*) <= 30 FROM parts TABLESAMPLE reservoir(50%)", True),
    "range and generate_series": ("SELECT count(*) FROM range(10), generate_series(1, 3)", 30),
    "range with unnest": ("SELECT sum(x) FROM (SELECT unnest([1, 2, 3]) AS x)", 6),
    "unnest in from": ("SELECT sum(u) FROM unnest([1, 2]) t(u)", 3),
    "date series": ("SELECT count(*) FROM generate_series(DATE '2024-01-01', DATE '2024-03-01', INTERVAL 1 MONTH)", 3),
    "lists": ("SELECT list_sum(list_transform(list_filter([1, 2, 3, 4], lambda x: x > 1), lambda x: x * 2))", 18),
    "arrow lambda": ("SELECT list_transform([1, 2], x -> x + 1)", [2, 3]),
    "list comprehension": ("SELECT [x * 2 FOR x IN [1, 2, 3] IF x > 1]", [4, 6]),
    "list aggregate and slice": ("SELECT list(region ORDER BY id)[2:3] FROM orders", ["North", "South"]),
    "list functions": ("SELECT list_sort(list_distinct([3, 1, 3]))[1] + len([1, 2]) + list_contains([1], 1)::INT", 4),
    "struct": ("SELECT {'a': 1, 'b': {'c': 7}}.b.c", 7),
    "row and struct functions": ("SELECT struct_extract(struct_pack(a := 5), 'a') + row(1, 2)[2]", 7),
    "map": ("SELECT MAP {'a': 1, 'b': 2}['b']", 2),
    "histogram": ("SELECT histogram(region)['North'] FROM orders", 2),
    "json": ("SELECT json_extract_string('{\"a\": {\"b\": [1, 2]}}', '$.a.b[1]')", "2"),
    "json arrows": ("SELECT ('{\"a\": {\"b\": 3}}'::JSON -> 'a' ->> 'b')::INT", 3),
    "json_each": ("SELECT count(*) FROM json_each('[1, 2, 3]')", 3),
    "to_json": ("SELECT to_json({'a': 1})::VARCHAR", '{"a":1}'),
    "regex": ("SELECT regexp_extract('order 66', '(\\d+)', 1)", "66"),
    "regex replace": ("SELECT regexp_replace('a1b2', '[0-9]', '', 'g')", "ab"),
    "regex split": ("SELECT len(regexp_split_to_array('a, b;c', '[,;] *'))", 3),
    "text": ("SELECT upper(left(trim('  abc '), 2)) || lpad('7', 3, '0')", "AB007"),
    "text standard forms": ("SELECT substring('abcdef' FROM 2 FOR 3) || position('c' IN 'abc') || trim(BOTH 'x' FROM 'xyx')", "bcd3y"),
    "split_part": ("SELECT split_part('a-b-c', '-', 2)", "b"),
    "format": ("SELECT format('{:.2f}', 3.14159) || printf('%05d', 42)", "3.1400042"),
    "string_agg": ("SELECT string_agg(DISTINCT region, '/' ORDER BY region) FROM orders", "North/South/West"),
    "similarity": ("SELECT levenshtein('kitten', 'sitting') + jaccard('a', 'a')::INT", 4),
    "method call": ("SELECT lower('ABC').upper().length()", 3),
    "date parts": ("SELECT year(ordered) * 100 + month(ordered) FROM orders ORDER BY id DESC LIMIT 1", 202403),
    "extract": ("SELECT extract('quarter' FROM DATE '2024-08-01') + date_part('dow', DATE '2024-08-04')", 3),
    "date_trunc": ("SELECT date_trunc('month', ordered)::DATE FROM orders WHERE id = 2", dt.date(2024, 1, 1)),
    "date arithmetic": ("SELECT DATE '2024-02-28' + 2", dt.date(2024, 3, 1)),
    "intervals": ("SELECT (DATE '2024-01-31' + INTERVAL 1 MONTH)::DATE", dt.date(2024, 2, 29)),
    "date difference": ("SELECT date_diff('day', DATE '2024-01-01', max(ordered)) FROM orders", 68),
    "strftime": ("SELECT strftime(DATE '2024-07-04', '%d %B %Y')", "04 July 2024"),
    "strptime": ("SELECT strptime('04/07/2024', '%d/%m/%Y')::DATE", dt.date(2024, 7, 4)),
    "time_bucket": ("SELECT time_bucket(INTERVAL 7 DAY, DATE '2024-01-10')", dt.date(2024, 1, 8)),
    "today and now": ("SELECT current_date = today() AND now() = current_timestamp", True),
    "time zone": ("SELECT (TIMESTAMP '2024-01-01 12:00' AT TIME ZONE 'UTC' AT TIME ZONE 'Asia/Shanghai')::VARCHAR", "2024-01-01 20:00:00"),
    "epoch": ("SELECT epoch(TIMESTAMP '1970-01-02')", 86400.0),
    "casts": ("SELECT TRY_CAST('x' AS INT) IS NULL AND '7'::INT = 7 AND CAST(1.5 AS DECIMAL(4, 2)) = 1.5", True),
    "typed casts": ("SELECT ('a'::ENUM('a', 'b'))::VARCHAR || ([1]::DOUBLE[])[1] || ({'x': 1}::STRUCT(x INT)).x", "a1.01"),
    "try": ("SELECT try(CAST('x' AS INT))", None),
    "statistics": ("SELECT round(corr(id, amount), 4) FROM orders", 0.672),
    "quantiles": ("SELECT median(amount) + quantile_cont(amount, 0.5) FROM orders", 40.0),
    "ordered quantile": ("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) FROM orders", 20.0),
    "arg_max": ("SELECT arg_max(region, amount) FROM orders", "West"),
    "mode and first": ("SELECT mode(g) + first(g) >= 0 FROM parts", True),
    "approximate": ("SELECT approx_count_distinct(region) FROM orders", 3),
    "regression": ("SELECT round(regr_slope(i, i), 6) FROM parts", 1.0),
    "maths": ("SELECT round(sqrt(16) + ln(exp(1)) + power(2, 3) + abs(-1) + mod(7, 4) + 7 // 2, 6)", 20.0),
    "hugeint": ("SELECT sum(i) * 10000000000000000000 FROM parts", 235 * 10**19),
    "decimal": ("SELECT sum(amount::DECIMAL(10, 2)) FROM orders", Decimal("165.74")),
    "bits": ("SELECT (5 & 3) | (8 >> 1) | xor(1, 3) | ~(-1)", 7),
    "hash and md5": ("SELECT md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
    "collation": ("SELECT count(*) FROM orders WHERE region COLLATE NOCASE = 'north'", 2),
    "interval text": ("SELECT age(DATE '2024-03-01', DATE '2024-01-01')::VARCHAR", "2 months"),
    "dashboard query": (
        "WITH monthly AS (SELECT date_trunc('month', ordered) AS m, region, sum(amount) AS total FROM orders GROUP BY ALL),"
        " ranked AS (SELECT *, rank() OVER (PARTITION BY m ORDER BY total DESC) AS r, total / sum(total) OVER (PARTITION BY m) AS share FROM monthly)"
        " SELECT round(max(share), 2) FROM ranked WHERE r = 1 AND m >= DATE '2024-01-01'",
        1.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STATEMENTS)
def test_gives_the_right_value(name: str, shared_engine: Engine) -> None:
    sql, expected = STATEMENTS[name]
    value = shared_engine.scalar(sql)
    assert value == (pytest.approx(expected) if isinstance(expected, float) else expected)


def test_there_are_enough_of_them() -> None:
    assert len(STATEMENTS) >= 60


def test_the_guard_tells_the_tables_and_columns(shared_engine: Engine) -> None:
    checked = shared_engine.check(
        "WITH parts AS (SELECT 1 AS i) SELECT o.ID FROM Orders o JOIN parts ON o.id = parts.i;"
    )
    assert checked.tables == ("orders",)
    assert {c.lower() for c in checked.columns} == {"id", "i"}
    assert not checked.sql.endswith(";")
