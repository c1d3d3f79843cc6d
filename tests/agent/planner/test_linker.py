"""Schema linking over real schemas: which words name which tables, columns and values."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from llmauto_agent.planner.linker import Link, SchemaIndex, best_links
from llmauto_agent.planner.synonyms import related
from llmauto_agent.planner.tokens import detect_language, tokenize
from llmauto_agent.planner.words import edit_distance, is_typo_of, root, singular, split_name
from llmauto_tools.schema import Column, Table


def table(name: str, *columns: str) -> Table:
    """A table whose columns are text, but for those written as name:TYPE."""
    parts = [c.partition(":") for c in columns]
    return Table(name, tuple(Column(n, t or "VARCHAR") for n, _, t in parts))


TITANIC = table(
    "titanic", "PassengerId:BIGINT", "Survived:BIGINT", "Pclass:BIGINT", "Name", "Sex", "Age:DOUBLE", "SibSp:BIGINT",
    "Parch:BIGINT", "Ticket", "Fare:DOUBLE", "Cabin", "Embarked",
)  # fmt: skip
PENGUINS = table(
    "penguins",
    "species",
    "island",
    "bill_length_mm",
    "bill_depth_mm",
    "flipper_length_mm",
    "body_mass_g",
    "sex",
)
TIPS = table("tips", "total_bill", "tip", "sex", "smoker", "day", "time", "size")
ORDERS = table(
    "orders", "order_id", "order_date", "customer_id", "region", "product", "category", "quantity", "unit_price",
    "list_price", "discount", "status",
)  # fmt: skip
CUSTOMERS = table("customers", "customer_id", "name", "email", "city", "country", "region", "birth_date")
SALES_ZH = table(
    "销售", "订单号", "日期", "城市", "大区", "产品", "类别", "数量", "销售额", "成本", "客户类型", "是否退货"
)
ODD = table(
    "odd names", "Price (USD)", "hours-per-week", "emp.var.rate", "PM2.5", "qtyOrdered", "DOB", "gdpPercap", "lifeExp",
    "from", "2ndFlrSF", "销售额（万元）",
)  # fmt: skip


def picks(tables: Table | Sequence[Table], question: str) -> dict[str, str]:
    """What the best reading links, as {text: "table.column" or "table"}; rows are left out."""
    tables = [tables] if isinstance(tables, Table) else tables
    found = best_links(SchemaIndex(tables).link(tokenize(question)))
    return {p.link.text: name_of(p.link) for p in found if p.link.kind != "rows"}


def name_of(link: Link) -> str:
    return f"{link.table}.{link.column}" if link.column else str(link.table)


@pytest.mark.parametrize(
    ("tables", "question", "expected"),
    [
        # the name itself, in any case, plural or spelling
        (TIPS, "average total_bill", {"total_bill": "tips.total_bill"}),
        (TIPS, "average Total Bill", {"Total Bill": "tips.total_bill"}),
        (TIPS, "all total-bills", {"total-bills": "tips.total_bill"}),
        (PENGUINS, "how many islands", {"islands": "penguins.island"}),
        (CUSTOMERS, "cities and countries", {"cities": "customers.city", "countries": "customers.country"}),
        (ODD, "average price", {"price": "odd names.Price (USD)"}),
        (ODD, "hours per week", {"hours per week": "odd names.hours-per-week"}),
        (ODD, "mean of emp var rate", {"emp var rate": "odd names.emp.var.rate"}),
        (ODD, "highest PM2.5", {"PM2.5": "odd names.PM2.5"}),
        (ODD, "pm25 level", {"pm25": "odd names.PM2.5"}),
        (ODD, "quantity ordered", {"quantity ordered": "odd names.qtyOrdered"}),
        (ODD, "date of birth", {"date of birth": "odd names.DOB"}),
        (ODD, "gdp per capita", {"gdp per capita": "odd names.gdpPercap"}),
        (ODD, "life expectancy", {"life expectancy": "odd names.lifeExp"}),
        (ODD, "总销售额", {"销售额": "odd names.销售额（万元）"}),
        # a unit left out, a part of a name
        (PENGUINS, "bill length", {"bill length": "penguins.bill_length_mm"}),
        (PENGUINS, "length of the bill", {"length of the bill": "penguins.bill_length_mm"}),
        (PENGUINS, "body mass", {"body mass": "penguins.body_mass_g"}),
        (PENGUINS, "longest flippers", {"flippers": "penguins.flipper_length_mm"}),
        (TITANIC, "by class", {"class": "titanic.Pclass"}),
        (TIPS, "the bill", {"bill": "tips.total_bill"}),
        # synonyms
        (TITANIC, "ticket price by gender", {"ticket price": "titanic.Fare", "gender": "titanic.Sex"}),
        ([ORDERS, CUSTOMERS], "clients per nation", {"clients": "customers", "nation": "customers.country"}),
        (TITANIC, "port of embarkation", {"port of embarkation": "titanic.Embarked"}),
        # typing errors
        (PENGUINS, "by ilsand", {"ilsand": "penguins.island"}),
        (TITANIC, "survived", {"survived": "titanic.Survived"}),
        (PENGUINS, "speceis", {"speceis": "penguins.species"}),
        # Chinese
        (SALES_ZH, "各城市的销售额", {"城市": "销售.城市", "销售额": "销售.销售额"}),
        (SALES_ZH, "各大区的利润", {"大区": "销售.大区"}),
        (SALES_ZH, "不同客户的类型", {"客户的类型": "销售.客户类型"}),
        (SALES_ZH, "退货率", {"退货": "销售.是否退货"}),
        (SALES_ZH, "revenue by city", {"revenue": "销售.销售额", "city": "销售.城市"}),
        (TITANIC, "按性别的平均年龄", {"性别": "titanic.Sex", "年龄": "titanic.Age"}),
        # the longer name wins; a table beats a part of a column
        ([ORDERS, CUSTOMERS], "order date", {"order date": "orders.order_date"}),
        ([ORDERS, CUSTOMERS], "how many orders", {"orders": "orders"}),
    ],
)
def test_names(tables: Table | list[Table], question: str, expected: dict[str, str]) -> None:
    found = picks(tables, question)
    assert expected.items() <= found.items()


@pytest.mark.parametrize(
    ("tables", "question"),
    [
        (ODD, "people from Berlin"),  # "from" is also a column
        (TIPS, "may I ask what is up"),
        (PENGUINS, "tell me a joke"),
        (TITANIC, "what is the weather"),
        (ORDERS, "county"),
        (SALES_ZH, "一共多少"),
    ],
)
def test_nothing_is_linked_by_accident(tables: Table, question: str) -> None:
    assert picks(tables, question) == {}


def test_a_full_name_scores_above_a_form_a_synonym_and_a_part() -> None:
    index = SchemaIndex([TIPS])

    def score(question: str, column: str) -> float:
        return max(x.score for x in index.link(tokenize(question)) if x.column == column)

    assert score("total_bill", "total_bill") == 1.0
    assert score("total bills", "total_bill") > 0.9
    assert 0.9 > score("gender", "sex") > 0.7
    assert 0.8 > score("bill", "total_bill") >= 0.5


def test_ambiguous_columns_are_said_to_be_so() -> None:
    (pick,) = [
        p for p in best_links(SchemaIndex([ORDERS]).link(tokenize("average price"))) if p.link.text == "price"
    ]
    names = {pick.link.column, *(a.column for a in pick.alternatives if a.score >= pick.link.score - 0.04)}
    assert pick.ambiguous
    assert {"unit_price", "list_price"} <= names


def test_one_column_in_two_tables_is_no_ambiguity() -> None:
    (pick,) = best_links(SchemaIndex([ORDERS, CUSTOMERS]).link(tokenize("by region")))
    assert not pick.ambiguous
    assert {pick.link.table, pick.alternatives[0].table} == {"orders", "customers"}


def test_row_nouns() -> None:
    (pick,) = best_links(SchemaIndex([TITANIC]).link(tokenize("how many passengers")))
    assert (pick.link.kind, pick.link.table) == ("rows", "titanic")
    (pick,) = best_links(SchemaIndex([TITANIC]).link(tokenize("how many rows")))
    assert (pick.link.kind, pick.link.table) == ("rows", None)


def test_descriptions_add_words() -> None:
    described = {("titanic", "SibSp"): "number of siblings and spouses aboard"}
    found = SchemaIndex([TITANIC], descriptions=described).link(tokenize("how many spouses"))
    assert [(x.column, x.how) for x in found] == [("SibSp", "description")]


def test_spans_are_offsets_of_the_question() -> None:
    question = "What's the “average” bill length of Penguins？"
    for link in SchemaIndex([PENGUINS]).link(tokenize(question)):
        assert question[link.start : link.end] == link.text


def test_a_number_of_something_is_no_column_unless_nothing_else_is_meant() -> None:
    orders = table("orders", "order_number", "amount")
    last = best_links(SchemaIndex([orders]).link(tokenize("number of orders")))[-1].link
    assert (last.text, last.kind, last.table, last.column) == ("orders", "table", "orders", None)


def test_wide_and_many_tables_are_linked_quickly() -> None:
    words = ["order", "price", "customer", "date", "amount", "region", "total", "length", "rate", "status"]
    wide = table("wide", *(f"{words[i % 10]}_{words[i // 10 % 10]}_{i}" for i in range(400)))
    many = [table(f"{words[i % 10]}_{i}", "id", "name", *(f"{w}_{i % 7}" for w in words)) for i in range(200)]
    for tables in ([wide], many):
        index = SchemaIndex(tables)
        links = index.link(tokenize("total order amount by customer region and status since March"))
        assert any(x.kind == "column" for x in links)
        assert len(links) < 2_000


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("total_bill", ["total", "bill"]), ("PassengerId", ["passenger", "id"]), ("HTTPServer", ["http", "server"]),
        ("2ndFlrSF", ["2nd", "flr", "sf"]), ("Price (USD)", ["price", "usd"]), ("PM2.5浓度", ["pm2", "5", "浓度"]),
        ("销售额(元)", ["销售额", "元"]), ("men's_team", ["mens", "team"]), ("", []),
    ],
)  # fmt: skip
def test_split_name(name: str, words: list[str]) -> None:
    assert split_name(name) == words


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("cities", "city"), ("people", "person"), ("classes", "class"), ("movies", "movie"), ("status", "status"),
        ("women", "woman"), ("sales", "sale"), ("analyses", "analysis"), ("boxes", "box"), ("bus", "bus"),
        ("address", "address"), ("series", "series"), ("statuses", "status"), ("houses", "house"),
    ],
)  # fmt: skip
def test_singular(word: str, expected: str) -> None:
    assert singular(word) == expected


def test_root_joins_the_forms_of_a_word() -> None:
    assert root("cancelled") == root("canceled") == root("cancels") == root("cancel")
    assert root("shipped") == root("shipping") == root("ship")
    assert root("paid") == root("pay") == root("paying")
    assert root("cities") == root("city")
    assert root("bed") != root("b")


@pytest.mark.parametrize(
    ("typed", "word", "is_typo"),
    [
        ("surviveed", "survived", True), ("specise", "species", True), ("custmer", "customer", True),
        ("age", "ago", False), ("name", "game", False),
        ("islands", "island", False), ("date", "data", False), ("price", "prices", False),
    ],
)  # fmt: skip
def test_typing_errors(typed: str, word: str, is_typo: bool) -> None:
    assert is_typo_of(typed, word) is is_typo


def test_edit_distance_counts_a_swap_once() -> None:
    assert edit_distance("ilsand", "island", 2) == 1
    assert edit_distance("abc", "xyz", 2) is None


def test_synonyms_both_ways() -> None:
    assert related("clients", "customer") == related("customer", "clients") > 0.7
    assert related("客户", "customer") > 0.7
    assert related("price", "gender") == 0.0


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("total_bill by day", "word word word"), ("1,234.5 or 2.5k", "number word number"),
        ("name is 'New York'", "word word quoted"), ("customers' orders in 'Paris'", "word punct word word quoted"),
        ("各城市2024年的", "cjk number cjk"), ("“A B” and 「丙」", "quoted word quoted"), ("what's up?", "word word punct"),
        ("2nd_flr", "word"), ("1st class", "number word"),
    ],
)  # fmt: skip
def test_tokens(text: str, kinds: str) -> None:
    assert " ".join(t.kind for t in tokenize(text)) == kinds


@pytest.mark.parametrize(
    ("text", "language"),
    [("各城市的销售额", "zh"), ("top 5 城市 by sales please", "en"), ("sales in '北京'", "en"), ("titanic的平均年龄", "zh"), ("", "en")],
)  # fmt: skip
def test_language(text: str, language: str) -> None:
    assert detect_language(text) == language
