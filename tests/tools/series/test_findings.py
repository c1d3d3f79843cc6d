from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats
from statsmodels.tsa.seasonal import STL

from llmauto_tools.errors import Interrupted, InvalidArguments
from llmauto_tools.registry import ToolContext
from llmauto_tools.series.anomalies import find_anomalies
from llmauto_tools.series.changes import find_changes
from llmauto_tools.series.season import decompose, find_seasons
from llmauto_tools.series.steps import Step
from llmauto_tools.series.trend import find_trend

if TYPE_CHECKING:
    from tests.tools.lab import Lab

RNG = np.random.default_rng


def test_the_slope_is_scipys_and_its_test_knows_autocorrelation() -> None:
    white = RNG(1).normal(size=120)
    found = find_trend(white + 0.05 * np.arange(120))
    assert found is not None
    assert found.slope == pytest.approx(stats.theilslopes(white + 0.05 * np.arange(120)).slope, rel=1e-12)
    assert found.clear
    assert found.low < 0.05 < found.high
    alarms = 0
    for seed in range(40):
        noise = np.zeros(150)
        e = RNG(seed).normal(size=150)
        for i in range(1, 150):
            noise[i] = 0.7 * noise[i - 1] + e[i]
        trend = find_trend(noise)
        assert trend is not None
        assert trend.clear == (not trend.low <= 0 <= trend.high) or abs(trend.p - 0.05) < 0.02
        alarms += trend.clear
    plain = sum(stats.kendalltau(np.arange(150), _ar(seed)).pvalue < 0.05 for seed in range(40))
    assert alarms <= 6 < plain  # the uncorrected test cries wolf


def _ar(seed: int) -> np.ndarray:
    e = RNG(seed).normal(size=150)
    noise = np.zeros(150)
    for i in range(1, 150):
        noise[i] = 0.7 * noise[i - 1] + e[i]
    return noise


def test_periods_are_found_and_noise_has_none() -> None:
    t = np.arange(200)
    week = 3 * np.isin(t % 7, (5, 6))
    assert [s.period for s in find_seasons(week + RNG(0).normal(size=200), Step("day"))] == [7]
    eleven = 2 * np.sin(2 * np.pi * t / 11)
    assert [s.period for s in find_seasons(eleven + RNG(0).normal(size=200), Step("month"))] == [11]
    both = 2 * np.sin(2 * np.pi * np.arange(1200) / 365) + 2 * (np.arange(1200) % 7 == 0)
    found = find_seasons(both + RNG(0).normal(size=1200) * 0.5, Step("day"))
    assert [s.period for s in found] == [7, 365]
    alarms = [find_seasons(np.cumsum(RNG(s).normal(size=150)), Step("month")) for s in range(30)]
    assert sum(map(bool, alarms)) <= 1


def test_strength_is_that_of_wang_smith_and_hyndman() -> None:
    t = np.arange(120)
    y = 10 * np.sin(2 * np.pi * t / 12) + RNG(0).normal(size=120) * 3
    parts = decompose(y, [12])
    fit = STL(y, period=12, seasonal=15, seasonal_deg=0, robust=True).fit(outer_iter=5)
    expected = 1 - np.var(fit.resid) / np.var(fit.resid + fit.seasonal)
    assert parts.strengths[0] == pytest.approx(expected, abs=1e-9)
    assert np.allclose(parts.trend + parts.seasonal.sum(axis=0) + parts.remainder, y)
    growing = np.exp(0.02 * t + 0.3 * np.sin(2 * np.pi * t / 12)) * 100
    assert decompose(growing, [12]).multiplicative
    assert np.allclose(
        sum(decompose(growing, [12]).seasonal) + decompose(growing, [12]).trend, growing, rtol=0.05
    )


def test_jumps_turns_and_slopes() -> None:
    noise = RNG(3).normal(size=120)
    jump = find_changes(noise + 5 * (np.arange(120) >= 70)).changes
    assert [(c.at, c.kind) for c in jump] == [(70, "level")]
    assert jump[0].after - jump[0].before == pytest.approx(5, abs=0.6)
    assert find_changes(noise + 0.2 * np.arange(120)).changes == ()
    turn = find_changes(noise * 0.5 + np.abs(np.arange(120) - 60) * 0.3).changes
    assert len(turn) == 1
    assert turn[0].kind == "slope"
    assert abs(turn[0].at - 60) <= 5
    spike = noise.copy()
    spike[60] += 30
    assert find_changes(spike).changes == ()
    assert find_changes(np.ones(50)).changes == ()


def test_spikes_are_unusual_and_steps_are_not() -> None:
    y = RNG(5).normal(size=100) + 6.0 * (np.arange(100) >= 50)
    y[20] += 9
    level = find_changes(y).level
    found, limit = find_anomalies(y, level, np.zeros(100))
    assert [a.at for a in found] == [20]
    assert abs(found[0].score) > limit
    assert found[0].expected == pytest.approx(0, abs=1)
    holes = y.copy()
    holes[30:33] = np.nan
    assert [a.at for a in find_anomalies(holes, level, np.zeros(100))[0]] == [20]


def test_the_sentences_hold_the_figures(lab: Lab, shared_data: Callable[[str], str]) -> None:
    name = lab.workspace.attach(shared_data("flights"))[0].name
    got = lab.run("time_series", name)
    assert (got.figures["period"], got.figures["periods"], got.figures["changes"]) == (12, 144, 0)
    assert got.figures["strength"] > 0.9
    assert "every 12 months" in (got.text or "")
    assert "highest: July, lowest: November" in (got.text or "")
    assert [s.title for s in got.sections][-1] == "Seasonal figure"
    assert {r[1] for r in got.sections[-1].rows} >= {"January", "December"}
    assert len(got.charts) == 2
    quarterly = lab.run("time_series", name, every="quarter", what="seasonality")
    assert [r[1] for r in quarterly.rows] == ["Q1", "Q2", "Q3", "Q4"]


def test_co2_is_what_everybody_knows(lab: Lab, shared_data: Callable[[str], str]) -> None:
    name = lab.workspace.attach(shared_data("vega_co2_concentration"))[0].name
    got = lab.run("time_series", name, value="CO2")
    assert got.figures["period"] == 12
    assert got.figures["trend_clear"]
    assert got.figures["trend"] * 12 == pytest.approx(1.6, abs=0.2)  # ppm a year


def months(n: int) -> list[str]:
    return [f"{2000 + i // 12}-{i % 12 + 1:02d}-01" for i in range(n)]


def test_constant_short_and_full_of_holes(lab: Lab) -> None:
    flat = lab.run(
        "time_series", lab.table("flat", ["month", "x"], [[m, 5] for m in months(40)]), time="month"
    )
    assert "same value, 5" in (flat.text or "")
    assert (flat.figures["changes"], flat.figures["anomalies"], flat.figures["period"]) == (0, 0, None)
    one = lab.table("one", ["day", "x"], [["2024-01-01", 5]])
    with pytest.raises(InvalidArguments, match="1 periods with a value, too few"):
        lab.run("time_series", one)
    short = lab.run(
        "time_series", lab.table("s", ["month", "x"], [[m, i % 4] for i, m in enumerate(months(9))])
    )
    assert any("9 periods are too few to look for" in n for n in short.notes)
    holes = [[m, 1] for m in (*months(300)[:2], *months(300)[-2:])]
    with pytest.raises(InvalidArguments, match="too full of gaps"):
        lab.run("time_series", lab.table("h", ["month", "x"], holes), every="month")


def test_many_groups_are_bounded(lab: Lab) -> None:
    day = dt.date(2024, 1, 1)
    rows = [[day + dt.timedelta(i % 30), f"g{i // 30 if i < 900 else i}", i % 11] for i in range(10_900)]
    got = lab.run("time_series", lab.table("t", ["day", "shop", "x"], rows), by="shop", every="day")
    assert len(got.rows) == 20
    assert any("10,030 values; the 20 with the most rows" in n for n in got.notes)
    assert len(got.charts) == 1


def test_a_person_can_stop_it(lab: Lab) -> None:
    from llmauto_tools.toolbox.time_series import TimeSeriesArguments, time_series

    lab.table("t", ["month", "x"], [[m, i % 5] for i, m in enumerate(months(60))])
    with pytest.raises(Interrupted):
        time_series(lab.workspace, TimeSeriesArguments(table="t"), ToolContext("e1", stopped=lambda: True))
