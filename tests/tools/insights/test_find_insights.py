"""find_insights: each family planted and told, noise that stays silent, and tables that are hard to read."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from llmauto_tools.errors import InvalidArguments, QueryInvalid
from llmauto_tools.insights import find

if TYPE_CHECKING:
    from llmauto_tools.insights import Insight
    from tests.tools.lab import Lab

N = 1_500
DAY = dt.date(2022, 1, 3)


def columns(seed: int = 0, n: int = N, days: int = 700) -> dict[str, Any]:
    """Columns without any pattern."""
    rng = np.random.default_rng(seed)
    return {
        "day": np.sort(rng.integers(0, days, n)),
        "region": rng.choice(["North", "South", "East", "West"], n),
        "channel": rng.choice(["web", "store", "phone"], n),
        "paid": rng.choice(["yes", "no"], n),
        "amount": rng.normal(100, 15, n).round(2),
        "weight": rng.gamma(3, 10, n).round(2),
        "score": rng.normal(0, 1, n).round(3),
    }


def save(lab: Lab, made: dict[str, Any], name: str = "t") -> str:
    made = {k: [DAY + dt.timedelta(days=int(d)) for d in v] if k == "day" else v for k, v in made.items()}
    return lab.table(name, list(made), zip(*made.values(), strict=True))


def best(lab: Lab, made: dict[str, Any], **options: Any) -> list[Insight]:
    return find(lab.workspace, save(lab, made), **options)


def only(insights: list[Insight], kind: str, *names: str) -> Insight:
    """The insight of that kind about these columns."""
    found = [i for i in insights if i.kind == kind and set(i.columns) == set(names)]
    assert found, [(i.kind, i.columns) for i in insights]
    return found[0]


def rng() -> np.random.Generator:
    return np.random.default_rng(99)


# ---- each family


def test_a_trend(lab: Lab) -> None:
    made = columns()
    made["amount"] = made["amount"] + 30 * made["day"] / 700
    found = only(best(lab, made), "trend", "day", "amount")
    assert found.values["last"] > found.values["first"] + 15
    assert "rose" in found.sentence_en
    assert "上升" in found.sentence_zh


def test_a_falling_trend_is_told_as_falling(lab: Lab) -> None:
    made = columns()
    made["amount"] = made["amount"] - 30 * made["day"] / 700
    found = only(best(lab, made), "trend", "day", "amount")
    assert found.values["last"] < found.values["first"]
    assert "fell" in found.sentence_en
    assert "下降" in found.sentence_zh


def test_a_trend_of_one_group_names_it(lab: Lab) -> None:
    made = columns()
    made["amount"] = made["amount"] + 50 * made["day"] / 700 * (made["region"] == "East")
    found = next(
        i for i in best(lab, made) if i.group == ("region", "East") and i.kind in ("trend", "change_point")
    )
    assert set(found.columns) == {"day", "amount", "region"}
    assert found.values["group"] == "East"


def test_a_step_of_a_rate_and_its_date(lab: Lab) -> None:
    made = columns()
    made["paid"] = np.where(rng().random(N) < np.where(made["day"] >= 350, 0.8, 0.3), "yes", "no")
    found = only(best(lab, made), "change_point", "day", "paid")
    assert found.formats["before"] == "percent"
    assert found.values["before"] == pytest.approx(0.3, abs=0.06)
    at = dt.date.fromisoformat(found.values["at"] + "-01")
    assert abs((at - (DAY + dt.timedelta(days=350))).days) < 45


def test_a_weekday_season(lab: Lab) -> None:
    made = columns()
    made["amount"] = made["amount"] + 25 * (made["day"] % 7 == 5)
    found = only(best(lab, made), "seasonality", "day", "amount")
    assert found.values["high_at"] == "Saturday"
    assert found.values["high_at_zh"] == "星期六"


def test_an_odd_month(lab: Lab) -> None:
    made = columns()
    odd = (made["day"] >= 270) & (made["day"] < 301)  # 2022-10, nearly
    made["amount"] = made["amount"] + 25 * odd
    found = only(best(lab, made), "outlier", "day", "amount")
    assert found.values["at"] == "2022-10"
    assert found.values["value"] > found.values["usual"]


def test_the_last_month(lab: Lab) -> None:
    made = columns(days=727)  # up to 2023-12-30: the last month is whole
    made["day"] = np.sort(np.where(rng().random(N) < 0.13, 727 - 1 - made["day"] % 30, made["day"]))
    insights = best(lab, made)
    assert any(i.columns == ("day",) and i.kind in ("change", "outlier", "change_point") for i in insights)


def test_an_odd_group(lab: Lab) -> None:
    made = columns()
    made["shop"] = rng().choice([f"shop {c}" for c in "ABCDEFGHIJ"], N)
    made["amount"] = made["amount"] + 30 * (made["shop"] == "shop D")
    insights = [i for i in best(lab, made) if set(i.columns) == {"shop", "amount"}]
    assert insights
    assert "shop D" in insights[0].values.values()


def test_a_top_contributor_and_an_uneven_share(lab: Lab) -> None:
    made = columns()
    made["amount"] = made["amount"] * np.where(made["region"] == "West", 8, 1)
    insights = best(lab, made)
    kinds = {i.kind for i in insights if set(i.columns) == {"region", "amount"}}
    assert kinds & {"top_contributor", "share"}
    told = next(i for i in insights if i.kind in ("top_contributor", "share"))
    amount = made["amount"]
    assert told.values["total_share"] == pytest.approx(amount[made["region"] == "West"].sum() / amount.sum())


def test_concentration(lab: Lab) -> None:
    made = columns()
    p = (np.arange(60) + 1.0) ** -1
    made["customer_id"] = rng().choice([f"K-{i:04d}" for i in range(60)], N, p=p / p.sum())
    found = only(best(lab, made), "concentration", "customer_id")
    counts = np.sort(np.unique(made["customer_id"], return_counts=True)[1])[::-1]
    assert found.values["share"] == pytest.approx(counts[: found.values["top_groups"]].sum() / N)


def test_a_group_difference_has_the_means_of_the_table(lab: Lab) -> None:
    made = columns()
    made["score"] = made["score"] + (made["channel"] == "phone")
    found = only(best(lab, made), "group_difference", "channel", "score")
    assert found.values["high_group"] == "phone"
    assert found.values["high"] == pytest.approx(made["score"][made["channel"] == "phone"].mean())


def test_an_interaction_names_the_cell(lab: Lab) -> None:
    made = columns()
    cell = (made["region"] == "East") & (made["channel"] == "web")
    made["score"] = made["score"] + 2 * cell
    found = only(best(lab, made), "interaction", "region", "channel", "score")
    assert {found.values["first"], found.values["second"]} == {"East", "web"}
    assert found.values["value"] > found.values["expected"] + 1


def test_slopes_that_differ_by_group(lab: Lab) -> None:
    made = columns()
    turn = np.where(made["region"] == "South", 1.0, 0.0)
    made["score"] = made["score"] + turn * (made["weight"] - 30) / 17 * 1.5
    found = only(best(lab, made), "interaction", "weight", "score", "region")
    assert found.values["group"] == "South"
    assert found.values["r_group"] > found.values["r_others"]


@pytest.mark.parametrize("sign", [1, -1])
def test_an_association_of_numbers(lab: Lab, sign: int) -> None:
    made = columns()
    made["score"] = made["score"] + sign * (made["weight"] - 30) / 17
    found = only(best(lab, made), "association", "weight", "score")
    assert found.values["rho"] * sign > 0.3
    assert ("rises" if sign > 0 else "falls") in found.sentence_en
    assert (found.values["last"] - found.values["first"]) * sign > 0


def test_a_curve_without_correlation(lab: Lab) -> None:
    made = columns()
    made["score"] = 0.3 * made["score"] + ((made["amount"] - 100) / 15) ** 2
    found = only(best(lab, made), "association", "amount", "score")
    assert found.form == "curve"
    assert "lowest" in found.sentence_en


def test_categories_that_go_together(lab: Lab) -> None:
    made = columns()
    made["paid"] = np.where((made["channel"] == "web") & (rng().random(N) < 0.7), "yes", made["paid"])
    insights = best(lab, made)
    assert any(
        set(i.columns) == {"channel", "paid"} and i.kind in ("association", "group_difference")
        for i in insights
    )


def test_missing_patterns(lab: Lab) -> None:
    made = columns()
    gone = (made["channel"] == "phone") & (rng().random(N) < 0.5)
    made["weight"] = [None if g else w for g, w in zip(gone, made["weight"], strict=True)]
    found = only(best(lab, made), "missing_pattern", "weight", "channel")
    assert found.values["group"] == "phone"
    assert found.values["share"] == pytest.approx(gone[made["channel"] == "phone"].mean())
    assert found.values["rest"] == 0


def test_values_missing_since_a_date(lab: Lab) -> None:
    made = columns()
    gone = (made["day"] > 400) & (rng().random(N) < 0.4)
    made["weight"] = [None if g else w for g, w in zip(gone, made["weight"], strict=True)]
    found = only(best(lab, made), "missing_pattern", "day", "weight")
    assert found.values["before"] < 0.05 < found.values["after"]


def test_simpsons_reversal_of_groups(lab: Lab) -> None:
    made = columns()
    place = np.searchsorted(["East", "North", "South", "West"], made["region"]) / 3
    r = rng()
    made["channel"] = np.where(r.random(N) < 0.12 + 0.76 * place, "new", "old")
    made["score"] = made["score"] + 5 * place - 1.0 * (made["channel"] == "new")
    found = only(best(lab, made), "simpsons_reversal", "channel", "score", "region")
    assert found.values["first"] == "new"
    assert found.values["turned"] == 4
    assert found.values["first_value"] > found.values["second_value"]


def test_simpsons_reversal_of_slopes(lab: Lab) -> None:
    made = columns()
    place = np.searchsorted(["East", "North", "South", "West"], made["region"]).astype(float)
    inner = (made["weight"] - 30) / 17
    made["weight"] = made["weight"] + 40 * place
    made["score"] = made["score"] + 2.5 * place - 1.2 * inner
    found = only(best(lab, made), "simpsons_reversal", "weight", "score", "region")
    assert found.values["r"] > 0
    assert found.values["turned"] == 4


# ---- what every insight keeps


def busy(seed: int = 3) -> dict[str, Any]:
    made = columns(seed)
    made["amount"] = made["amount"] + 30 * (made["region"] == "East") + 0.03 * made["day"]
    made["score"] = made["score"] + (made["weight"] - 30) / 17
    made["weight"] = [
        None if c == "web" and i % 3 == 0 else w
        for i, (c, w) in enumerate(zip(made["channel"], made["weight"], strict=True))
    ]
    return made


def test_the_contract_of_the_figures(lab: Lab) -> None:
    evidence = lab.run("find_insights", save(lab, busy()))
    insights = evidence.figures["insights"]
    assert len(insights) >= 4
    json.dumps(insights)
    for n, i in enumerate(insights, 1):
        assert i["id"] == f"i{n}"
        for language in ("en", "zh"):
            sentence = i[f"sentence_{language}"]
            names = re.findall(r"\{\{(\w+)\}\}", sentence)
            assert names
            assert set(names) <= set(i["values"])
            assert not re.search(r"\d", re.sub(r"\{\{\w+\}\}", "", sentence)), sentence
            assert i[f"title_{language}"]
            assert not re.search(r"\d|\{\{", i[f"caveat_{language}"])
            assert "{{" not in i[f"title_{language}"]
        assert all(isinstance(v, str) or k in i["formats"] for k, v in i["values"].items())
        assert 0 < i["p"] <= i["q"] <= 0.05
        assert len(evidence.sections[i["section"]].rows) <= 12
        chart = evidence.charts[i["chart"]]
        assert chart["$schema"]
        assert chart["title"]["text"]
        assert len(json.dumps(chart)) < 100_000
        assert lab.workspace.engine.query(i["sql"], max_rows=20_000).rows
    assert evidence.rows[0][0] == 1
    assert evidence.text
    shown = [float(x.replace(",", "")) for x in re.findall(r"-?\d[\d,]*\.?\d*", evidence.text)]
    assert shown


def test_the_same_twice(lab: Lab) -> None:
    name = save(lab, busy())
    first, second = (lab.run("find_insights", name) for _ in range(2))
    assert first.figures == second.figures
    assert first.charts == second.charts


def test_a_target_is_in_every_fact(lab: Lab) -> None:
    insights = best(lab, busy(), target="amount")
    assert insights
    assert all("amount" in i.columns for i in insights)


def test_groups_and_time_by_name(lab: Lab) -> None:
    made = busy()
    made["sent"] = made["day"]
    evidence = lab.run("find_insights", save(lab, made), time="day", groups=["region"])
    used = {c for i in evidence.figures["insights"] for c in i["columns"]}
    assert "channel" not in used
    assert evidence.figures["time"] == "day"


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_silent(lab: Lab, seed: int) -> None:
    # The rate is 5%; a table without a pattern tells nothing, here in each of four.
    assert best(lab, columns(seed + 20)) == []


# ---- hard tables


def test_unknown_names(lab: Lab) -> None:
    name = save(lab, columns(n=60))
    with pytest.raises(QueryInvalid):
        lab.run("find_insights", "nothing")
    with pytest.raises(InvalidArguments, match="amuont"):
        lab.run("find_insights", name, target="amuont")
    with pytest.raises(InvalidArguments, match="region"):
        lab.run("find_insights", name, time="region")


def test_a_target_that_cannot_be_explained(lab: Lab) -> None:
    made = columns(n=60)
    made["note"] = [f"text number {i} of many" for i in range(60)]
    with pytest.raises(InvalidArguments, match="note"):
        lab.run("find_insights", save(lab, made), target="note")


@pytest.mark.parametrize("n", [1, 2, 19])
def test_too_few_rows(lab: Lab, n: int) -> None:
    evidence = lab.run("find_insights", save(lab, columns(n=n)))
    assert evidence.figures["insights"] == []
    assert any("too few" in note for note in evidence.notes)


def test_an_empty_table(lab: Lab) -> None:
    name = lab.table("empty", ["a", "b"], [])
    assert lab.run("find_insights", name).figures["insights"] == []


def test_constant_and_empty_columns(lab: Lab) -> None:
    made = columns(n=200)
    made |= {"same": ["x"] * 200, "one": [1] * 200, "nothing": [None] * 200}
    assert lab.run("find_insights", save(lab, made)).figures["insights"] == []


def test_hostile_names_and_values(lab: Lab) -> None:
    made = busy()
    made = {
        "day": made["day"], 'a"; DROP TABLE t; --': made["region"], "{{value}} 多行\nname": made["amount"],
        "'quoted'": np.where(made["channel"] == "web", "it's {{high}}", "<b>"), "x": made["weight"],
    }  # fmt: skip
    evidence = lab.run("find_insights", save(lab, made))
    assert evidence.figures["insights"]
    for i in evidence.figures["insights"]:
        names = re.findall(r"\{\{(\w+)\}\}", i["sentence_en"])
        assert set(names) <= set(i["values"])
        assert "\n" not in i["sentence_en"]


def test_dates_as_text_and_as_years(lab: Lab) -> None:
    made = columns()
    months = [DAY + dt.timedelta(days=int(d)) for d in made["day"]]
    made["amount"] = made["amount"] + 30 * made["day"] / 700
    made["day"] = made["day"] * 0
    del made["day"]
    made["when"] = [m.strftime("%d/%m/%Y") if i % 50 else "unknown" for i, m in enumerate(months)]
    found = best(lab, made, time="when")
    assert any(i.kind in ("trend", "change_point") and set(i.columns) == {"when", "amount"} for i in found)


def test_very_wide_tables_are_cut_and_say_so(lab: Lab) -> None:
    r = rng()
    values = r.normal(size=(60, 2_000)).round(2)
    name = lab.table("wide", [f"m{i}" for i in range(2_000)], values.tolist())
    evidence = lab.run("find_insights", name)
    assert evidence.figures["tested"] < 3_000
    assert any("2,000 columns" in n for n in evidence.notes)


def test_infinite_and_huge_numbers(lab: Lab) -> None:
    made = columns(n=300)
    made["amount"] = [*made["amount"][:298], 1e308, float("inf")]
    lab.run("find_insights", save(lab, made))
