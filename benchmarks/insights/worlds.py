"""Tables without any pattern: independent columns with names and shapes as real tables have them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

THEMES: tuple[dict[str, Any], ...] = (
    {
        "time": "order_date", "entity": "customer_id", "flags": ("returned", "newsletter"),
        "categories": (("region", ("North", "South", "East", "West")), ("channel", ("web", "store", "phone")),
                       ("product_line", ("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta", "Theta"))),
        "measures": (("amount", "lognormal"), ("quantity", "poisson"), ("delivery_hours", "gamma"), ("rating", "normal")),
    },
    {
        "time": "visited_at", "entity": "patient", "flags": ("readmitted", "insured"),
        "categories": (("clinic", ("Ardent", "Birch", "Cedar", "Dunes", "Elm", "Fern")), ("triage", ("red", "amber", "green")),
                       ("payer", ("state", "private", "self", "other"))),
        "measures": (("cost", "gamma"), ("waiting", "exponential"), ("blood_pressure", "normal"), ("heart_rate", "normal")),
    },
    {
        "time": "timestamp", "entity": "device", "flags": ("alarm", "maintenance"),
        "categories": (("site", ("Oslo", "Lima", "Kyoto", "Cairo", "Perth")), ("model", ("M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8", "M9", "M10")),
                       ("shift", ("early", "late", "night"))),
        "measures": (("energy_kwh", "gamma"), ("temperature", "normal"), ("vibration", "exponential"), ("throughput", "normal")),
    },
    {
        "time": "日期", "entity": "会员号", "flags": ("是否退款", "是否新客"),
        "categories": (("城市", ("北京", "上海", "广州", "成都", "武汉", "杭州")), ("渠道", ("线上", "门店", "电话")),
                       ("品类", ("服饰", "食品", "数码", "家居", "图书"))),
        "measures": (("销售额", "lognormal"), ("件数", "poisson"), ("停留时长", "gamma"), ("满意度", "normal")),
    },
    {
        "time": "session_start", "entity": "user_name", "flags": ("converted", "mobile"),
        "categories": (("country", ("NO", "SE", "DK", "FI", "IS", "EE", "LV")), ("campaign", ("none", "spring", "brand", "retarget")),
                       ("browser", ("Chrome", "Firefox", "Safari", "Edge"))),
        "measures": (("revenue", "exponential"), ("clicks", "poisson"), ("load_ms", "lognormal"), ("scroll", "uniform")),
    },
)  # fmt: skip


@dataclass
class World:
    """A table and the parts of its columns. `additive` is the measure whose values may be added up."""

    data: pd.DataFrame
    time: str
    entity: str
    flags: tuple[str, ...]
    categories: tuple[str, ...]
    measures: tuple[str, ...]
    days: int
    used: set[str] = field(default_factory=set)
    """Columns that a pattern was planted in: the next pattern takes others."""

    @property
    def additive(self) -> str:
        return self.measures[0]

    def levels(self, column: str) -> list[str]:
        return sorted(self.data[column].dropna().unique())

    def take(self, columns: tuple[str, ...], rng: np.random.Generator) -> str:
        """A column that no pattern uses yet."""
        free = [c for c in columns if c not in self.used]
        if not free:
            raise LookupError("no column is left")
        chosen = str(free[int(rng.integers(len(free)))])
        self.used.add(chosen)
        return chosen


def draw(rng: np.random.Generator, kind: str, n: int) -> np.ndarray:
    """Independent values of one distribution."""
    if kind == "lognormal":
        return np.round(rng.lognormal(3.5, 0.6, n), 2)
    if kind == "poisson":
        return rng.poisson(6, n) + 1
    if kind == "gamma":
        return np.round(rng.gamma(3.0, 12.0, n), 2)
    if kind == "exponential":
        return np.round(rng.exponential(25.0, n) + 1, 2)
    if kind == "uniform":
        return np.round(rng.uniform(0, 100, n), 2)
    return np.round(rng.normal(80, 12, n), 2)


def make(
    seed: int, n: int, *, theme: int | None = None, days: int = 730, hours: bool = False, even: bool = True
) -> World:
    """A table of n rows without a pattern. even: groups of equal chance; else some are more frequent."""
    rng = np.random.default_rng(seed)
    spec = THEMES[int(rng.integers(len(THEMES))) if theme is None else theme]
    start = pd.Timestamp("2022-01-03")
    day = np.sort(rng.integers(0, days, n))
    when = start + pd.to_timedelta(day, unit="D")
    if hours:
        when = when + pd.to_timedelta(rng.integers(0, 24 * 60, n), unit="min")
    columns: dict[str, Any] = {spec["time"]: when}
    members = max(25, n // 12)
    columns[spec["entity"]] = [f"{'KABCDEF'[i % 7]}-{i:05d}" for i in rng.integers(0, members, n)]
    for name, levels in spec["categories"]:
        p = None if even else rng.dirichlet(np.full(len(levels), 6.0))
        columns[name] = rng.choice(np.array(levels, dtype=object), n, p=p)
    for name in spec["flags"]:
        columns[name] = np.where(rng.random(n) < (0.5 if even else rng.uniform(0.25, 0.6)), "yes", "no")
    for name, kind in spec["measures"]:
        columns[name] = draw(rng, kind, n)
    data = pd.DataFrame(columns)
    for name in (spec["measures"][2][0], spec["measures"][3][0]):  # a few gaps at random
        data[name] = data[name].astype(float).mask(rng.random(n) < 0.04)
    return World(
        data, spec["time"], spec["entity"], spec["flags"], tuple(c for c, _ in spec["categories"]),
        tuple(m for m, _ in spec["measures"]), days,
    )  # fmt: skip
