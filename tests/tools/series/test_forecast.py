from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from statsforecast.models import SeasonalNaive

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.series.backtest import Score, naive_scale, origins, widening
from llmauto_tools.series.models import NAIVE, fit

if TYPE_CHECKING:
    from tests.tools.lab import Lab


def months(n: int) -> list[str]:
    return [f"{2000 + i // 12}-{i % 12 + 1:02d}-01" for i in range(n)]


def test_a_seasonal_series_beats_the_naive_forecast(lab: Lab, shared_data: Callable[[str], str]) -> None:
    name = lab.workspace.attach(shared_data("flights"))[0].name
    got = lab.run("forecast", name, horizon=6)
    assert [r[0] for r in got.rows] == [f"1961-{m:02d}-01" for m in range(1, 7)]
    assert [c[0] for c in got.columns] == ["period", "forecast", "low_80", "high_80", "low_95", "high_95"]
    for _, mean, low80, high80, low95, high95 in got.rows:
        assert low95 < low80 < mean < high80 < high95
    f = got.figures
    assert f["beats_naive"]
    assert f["mase"] < f["naive_mase"]
    assert f["horizon"] == 6
    assert 420 < f["first"] < 470  # January 1960 had 417, and each year brings some 30 more
    assert "did better than repeating the value of 12 months before" in (got.text or "")
    models = {r[0]: r for r in got.sections[0].rows}
    assert models[f["model"]][1] == f["mase"]
    assert models[NAIVE][3] == "0 of 4"


def test_a_random_walk_gets_the_naive_forecast(lab: Lab) -> None:
    walk = 100 + np.cumsum(np.random.default_rng(5).normal(size=60))
    got = lab.run("forecast", lab.table("t", ["month", "x"], zip(months(60), walk, strict=True)), horizon=3)
    assert got.figures["model"] == NAIVE
    assert not got.figures["beats_naive"]
    assert "No model was better than repeating the last value" in (got.text or "")
    assert [r[1] for r in got.rows] == pytest.approx([walk[-1]] * 3)


def test_the_naive_model_is_statsforecasts_and_mase_is_by_hand() -> None:
    y = np.random.default_rng(0).normal(size=48) + np.tile(np.arange(12.0), 4)
    mine = fit(NAIVE, y, [12], 5, [80])
    theirs = SeasonalNaive(season_length=12).forecast(y=y, h=5, level=[80])
    assert np.allclose(mine.mean, theirs["mean"])
    assert np.allclose(mine.low[80], theirs["lo-80"])
    assert naive_scale(y, [12]) == pytest.approx(np.mean([abs(y[i] - y[i - 12]) for i in range(12, 48)]))


def test_parts_of_the_past_never_reach_into_the_future() -> None:
    for length in (10, 30, 100, 400):
        for horizon in (1, 5, 12):
            for start in origins(length, horizon, [12]):
                assert 8 <= start <= length - horizon
    assert origins(9, 4, []) == []


def test_intervals_are_widened_to_what_the_past_would_have_needed() -> None:
    score = Score("m", ratios={80: [np.linspace(0.1, 3.0, 30)]})
    assert widening(score, 80) == pytest.approx(np.quantile(np.linspace(0.1, 3.0, 30), 0.8 * 31 / 30))
    narrow = Score("m", ratios={80: [np.full(30, 0.01)]})
    assert widening(narrow, 80) == 1.0
    assert widening(Score("m", ratios={80: [np.full(5, 9.0)]}), 80) == 1.0


def test_too_little_is_an_error(lab: Lab) -> None:
    with pytest.raises(InvalidArguments, match="there are 6 periods with a value"):
        lab.run("forecast", lab.table("t", ["month", "x"], [[m, i % 4] for i, m in enumerate(months(6))]))
    with pytest.raises(InvalidArguments, match="would be a guess"):
        lab.run(
            "forecast",
            lab.table("u", ["month", "x"], [[m, i % 4] for i, m in enumerate(months(30))]),
            horizon=24,
        )


def test_constant_negative_and_never_negative(lab: Lab) -> None:
    flat = lab.run("forecast", lab.table("f", ["month", "x"], [[m, 5] for m in months(24)]), horizon=2)
    assert [list(r[1:]) for r in flat.rows] == [[5.0] * 5] * 2
    assert "same value" in (flat.text or "")
    rng = np.random.default_rng(1)
    wave = 8 * np.sin(2 * np.pi * np.arange(60) / 12) + rng.normal(size=60)
    below = lab.run("forecast", lab.table("n", ["month", "x"], zip(months(60), wave, strict=True)), horizon=3)
    assert below.figures["period"] == 12
    assert min(r[1] for r in below.rows) < max(wave)
    few = rng.poisson(1.0, 60)
    counts = lab.run(
        "forecast", lab.table("c", ["month", "sold"], zip(months(60), few, strict=True)), horizon=3
    )
    assert all(r[2] >= 0 and r[4] >= 0 for r in counts.rows)
    assert "The history is never negative, so intervals end at 0." in counts.notes


def test_groups_and_gaps(lab: Lab) -> None:
    rows = [[m, g, i + (i % 3) * k] for k, g in enumerate("ab") for i, m in enumerate(months(30)) if i != 7]
    rows += [[months(1)[0], "tiny", 1]]
    got = lab.run("forecast", lab.table("t", ["month", "shop", "x"], rows), by="shop", horizon=2, level=[90])
    assert [r[0] for r in got.rows] == ["a", "a", "b", "b"]
    assert [c[0] for c in got.columns] == ["shop", "period", "forecast", "low_90", "high_90"]
    assert any("not forecast: 1 (tiny)" in n for n in got.notes)
    assert any("bridged by a straight line: 2" in n for n in got.notes)


def test_listing_the_tools_loads_no_library() -> None:
    code = (
        "import sys; import llmauto_tools.toolbox.forecast, llmauto_tools.toolbox.time_series,"
        " llmauto_tools.toolbox.segment; print([m for m in ('numpy', 'numba', 'pandas', 'sklearn', 'duckdb',"
        " 'statsforecast', 'statsmodels', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_model_that_fails_on_the_whole_history_is_dropped(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llmauto_tools.series import forecasting

    def failing(name: str, *rest: object) -> object:
        if name != NAIVE:
            raise ValueError("the forecast is not finite")
        return fit(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(forecasting, "fit", failing)
    rows = [[m, i + i % 3] for i, m in enumerate(months(30))]
    got = lab.run("forecast", lab.table("t", ["month", "x"], rows), horizon=2)
    assert got.figures["model"] == NAIVE
    assert any("could not be fitted to the whole history" in n for n in got.notes)
