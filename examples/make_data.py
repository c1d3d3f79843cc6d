#!/usr/bin/env python3
"""Write the small example data sets (orders.csv, customers.csv, 销售.csv).

All values are invented.  The script needs the standard library only and is
deterministic: it draws every number from a small generator of its own, so the
files are the same under every Python version.

    python examples/make_data.py [OUTPUT_FOLDER]      (default: examples/data)
"""

import csv
import datetime as dt
import sys
from pathlib import Path


class Rng:
    """A 64-bit linear congruential generator (deterministic everywhere)."""

    def __init__(self, seed):
        self.state = seed

    def random(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2**53

    def integer(self, low, high):
        return low + int(self.random() * (high - low + 1))

    def pick(self, items):
        return items[int(self.random() * len(items))]

    def weighted(self, pairs):
        total = sum(w for _, w in pairs)
        x = self.random() * total
        for item, w in pairs:
            x -= w
            if x < 0:
                return item
        return pairs[-1][0]


def write(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)


FIRST = [
    "Anna",
    "Ben",
    "Carla",
    "David",
    "Elena",
    "Farid",
    "Grace",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Liam",
    "Mona",
    "Nils",
    "Olga",
    "Pavel",
    "Rosa",
    "Samir",
    "Tara",
    "Uwe",
    "Vera",
    "Wei",
    "Yara",
    "Zoe",
]
LAST = [
    "Adler",
    "Brandt",
    "Costa",
    "Duarte",
    "Evans",
    "Fischer",
    "Garcia",
    "Hansen",
    "Ivanov",
    "Jensen",
    "Kowalski",
    "Lopez",
    "Meyer",
    "Novak",
    "Okafor",
    "Petersen",
    "Quinn",
    "Rossi",
    "Schmidt",
    "Tanaka",
]
CITIES = [
    ("Hamburg", "Germany", "North"),
    ("Copenhagen", "Denmark", "North"),
    ("Munich", "Germany", "South"),
    ("Milan", "Italy", "South"),
    ("Madrid", "Spain", "South"),
    ("Warsaw", "Poland", "East"),
    ("Prague", "Czechia", "East"),
    ("Paris", "France", "West"),
    ("Amsterdam", "Netherlands", "West"),
    ("London", "United Kingdom", "West"),
]
PRODUCTS = [
    ("Espresso Machine", "Kitchen", 249.00, 6),
    ("Coffee Grinder", "Kitchen", 79.90, 9),
    ("Blender", "Kitchen", 64.50, 8),
    ("Knife Set", "Kitchen", 119.00, 5),
    ("Desk Lamp", "Office", 39.90, 10),
    ("Office Chair", "Office", 189.00, 6),
    ("Standing Desk", "Office", 429.00, 3),
    ("Notebook Pack", "Office", 12.50, 12),
    ("Yoga Mat", "Sports", 29.90, 9),
    ("Dumbbell Set", "Sports", 99.00, 5),
    ("Running Shoes", "Sports", 109.00, 8),
    ("Wireless Headphones", "Electronics", 149.00, 9),
    ("Bluetooth Speaker", "Electronics", 59.00, 8),
    ("USB-C Hub", "Electronics", 45.00, 9),
]


def make_orders(folder):
    rng = Rng(20240611)
    customers = []
    for i in range(120):
        city, country, region = rng.pick(CITIES)
        segment = rng.weighted([("Consumer", 6), ("Small Business", 3), ("Enterprise", 1)])
        signup = dt.date(2020, 1, 1) + dt.timedelta(days=rng.integer(0, 1090))
        name = rng.pick(FIRST) + " " + rng.pick(LAST)
        email = name.lower().replace(" ", ".") + "@" + rng.pick(["example.com", "example.org", "example.net"])
        birth_year = rng.integer(1950, 2004)
        newsletter = "yes" if rng.random() < 0.55 else "no"
        referred_by = ""
        if i > 5 and rng.random() < 0.3:
            referred_by = f"C{1001 + rng.integer(0, i - 1):04d}"
        if rng.random() < 0.07:
            email = ""
        customers.append(
            (
                f"C{1001 + i:04d}",
                name,
                email,
                city,
                country,
                region,
                segment,
                signup.isoformat(),
                birth_year,
                newsletter,
                referred_by,
            )
        )
    write(
        folder / "customers.csv",
        [
            "customer_id",
            "name",
            "email",
            "city",
            "country",
            "region",
            "segment",
            "signup_date",
            "birth_year",
            "newsletter",
            "referred_by",
        ],
        customers,
    )

    buyers = customers[:112]  # the last eight never bought anything
    days = [dt.date(2023, 1, 1) + dt.timedelta(days=d) for d in range(731)]
    weight = []
    for d in days:
        w = 1.0 + 0.35 * (d.year - 2023)
        if d.month in (11, 12):
            w *= 1.8
        if d.month in (2, 7):
            w *= 0.7
        if d.weekday() >= 5:
            w *= 0.6
        weight.append((d, w))
    dates = sorted(rng.weighted(weight) for _ in range(640))
    orders = []
    for i, day in enumerate(dates):
        # the square makes some customers buy far more often than others
        cust = buyers[int(rng.random() ** 2 * len(buyers))]
        product, category, price, _ = rng.weighted([(p, p[3]) for p in PRODUCTS])
        if day.year == 2024:
            price = round(price * 1.05, 2)
        quantity = rng.weighted([(1, 10), (2, 6), (3, 3), (4, 2), (5, 1), (10, 0.6)])
        if cust[6] == "Enterprise":
            quantity *= 3
        discount = rng.weighted([(0, 12), (0.05, 3), (0.1, 4), (0.15, 2), (0.2, 1.5), (0.3, 0.5)])
        age = (dt.date(2024, 12, 31) - day).days
        status = rng.weighted(
            [("paid", 84), ("refunded", 6), ("cancelled", 5), ("pending", 30 if age < 40 else 1.5)]
        )
        channel = rng.weighted([("web", 11), ("mobile app", 7), ("store", 5), ("phone", 1.5), ("", 0.8)])
        orders.append(
            (
                5001 + i,
                day.isoformat(),
                cust[0],
                cust[5],
                product,
                category,
                quantity,
                f"{price:.2f}",
                discount,
                status,
                channel,
            )
        )
    write(
        folder / "orders.csv",
        [
            "order_id",
            "order_date",
            "customer_id",
            "region",
            "product",
            "category",
            "quantity",
            "unit_price",
            "discount",
            "status",
            "channel",
        ],
        orders,
    )


CN_CITIES = [
    ("北京", "华北", 9),
    ("天津", "华北", 4),
    ("上海", "华东", 10),
    ("杭州", "华东", 6),
    ("南京", "华东", 5),
    ("广州", "华南", 8),
    ("深圳", "华南", 9),
    ("成都", "西南", 6),
    ("重庆", "西南", 5),
    ("武汉", "华中", 4),
]
CN_PRODUCTS = [
    ("智能手机", "数码", 2999, 8),
    ("平板电脑", "数码", 2399, 5),
    ("蓝牙耳机", "数码", 399, 9),
    ("空气净化器", "家电", 1299, 5),
    ("电饭煲", "家电", 459, 7),
    ("扫地机器人", "家电", 1899, 5),
    ("运动鞋", "服饰", 569, 8),
    ("羽绒服", "服饰", 899, 5),
    ("绿茶礼盒", "食品", 168, 8),
    ("坚果礼包", "食品", 99, 9),
]
CN_SELLERS = ["王芳", "李伟", "张敏", "刘洋", "陈静", "杨磊", "赵婷", "周强"]


def make_sales_zh(folder):
    rng = Rng(88888)
    days = []
    for d in range(731):
        day = dt.date(2023, 1, 1) + dt.timedelta(days=d)
        w = 1.2 if day.year == 2024 else 1.0
        if day.month in (6, 11):
            w *= 1.9
        if day.month == 2:
            w *= 0.6
        days.append((day, w))
    rows = []
    for i, day in enumerate(sorted(rng.weighted(days) for _ in range(480))):
        city, region, _ = rng.weighted([(c, c[2]) for c in CN_CITIES])
        product, category, price, _ = rng.weighted([(p, p[3]) for p in CN_PRODUCTS])
        customer = rng.weighted([("个人", 7), ("企业", 2.5), ("会员", 4)])
        quantity = rng.integer(1, 4) if customer != "企业" else rng.integer(5, 20)
        factor = {"个人": 1.0, "会员": 0.95, "企业": 0.88}[customer]
        amount = round(price * quantity * factor, 2)
        cost = round(price * quantity * (0.55 + 0.2 * rng.random()), 2)
        channel = rng.weighted([("线上", 6), ("门店", 4), ("直播", 2)])
        score = "" if rng.random() < 0.15 else rng.weighted([(5, 8), (4, 6), (3, 3), (2, 1), (1, 0.7)])
        returned = "是" if rng.random() < 0.08 else "否"
        rows.append(
            (
                f"XS{i + 1:05d}",
                day.isoformat(),
                city,
                region,
                product,
                category,
                quantity,
                f"{amount:.2f}",
                f"{cost:.2f}",
                customer,
                channel,
                rng.pick(CN_SELLERS),
                score,
                returned,
            )
        )
    write(
        folder / "销售.csv",
        [
            "订单号",
            "日期",
            "城市",
            "大区",
            "产品",
            "类别",
            "数量",
            "销售额",
            "成本",
            "客户类型",
            "渠道",
            "销售员",
            "评分",
            "是否退货",
        ],
        rows,
    )


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent / "data"
    folder.mkdir(parents=True, exist_ok=True)
    make_orders(folder)
    make_sales_zh(folder)


if __name__ == "__main__":
    main()
