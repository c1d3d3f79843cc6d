"""`profile` against pandas and scipy, on real files and on bad input."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from llmauto_tools.errors import Interrupted, InvalidArguments, QueryInvalid
from llmauto_tools.ledger import Evidence
from llmauto_tools.profile import sample as sampling
from llmauto_tools.profile.build import build_profile
from llmauto_tools.profile.model import Association, Profile
from llmauto_tools.registry import ToolContext
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

EXAMPLES = Path(__file__).parents[3] / "examples" / "data"


def built(folder: Path, select: str, target: str | None = None) -> Profile:
    path = folder / "made.parquet"
    duckdb.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    with Workspace(folder / "ws") as workspace:
        (table,) = workspace.attach(str(path))
        return build_profile(workspace, table, None, target, True, 0, ToolContext("e1"))


def run(folder: Path, select: str, **arguments: Any) -> Evidence:
    path = folder / "made.parquet"
    duckdb.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    with Workspace(folder / "ws") as workspace:
        (table,) = workspace.attach(str(path))
        return run_tool(workspace, "profile", {"table": table.name, **arguments})


def pair(profile: Profile, first: str, second: str) -> Association:
    return next(a for a in profile.associations if {a.first, a.second} == {first, second})


MIXED = """
    SELECT i AS row_id, ln(1 + hash(i) % 1000) AS x, pow(ln(1 + hash(i) % 1000), 2) + hash(i + 7) % 9 AS y,
        CASE WHEN hash(i + 3) % 10 > 0 THEN (hash(i + 5) % 40)::INT - 20 END AS gappy,
        ['a', 'b', 'c'][1 + (hash(i) % 3)::INT] AS letter, ['u', 'v'][1 + (hash(i) % 6 // 3)::INT] AS half,
        'text ' || hash(i) AS words
    FROM range(3000) r(i)
"""


def test_moments_quantiles_and_counts_equal_pandas(tmp_path: Path) -> None:
    profile = built(tmp_path, MIXED)
    frame = pd.read_parquet(tmp_path / "made.parquet")
    for name in ("x", "y", "gappy"):
        column, values = profile.column(name), frame[name].dropna().astype(float)
        numbers = column.numbers
        assert numbers is not None
        found = [numbers.mean, numbers.std, numbers.skewness, numbers.low, numbers.high]
        assert found == pytest.approx(
            [values.mean(), values.std(), values.skew(), values.min(), values.max()], rel=1e-9
        )
        assert numbers.quantiles[0.25] == pytest.approx(np.quantile(values, 0.25), rel=1e-12)
        assert (numbers.zeros, numbers.negatives) == ((values == 0).sum(), (values < 0).sum())
        assert (column.missing, column.distinct) == (frame[name].isna().sum(), frame[name].nunique())
        assert column.histogram is not None
        edges = column.histogram.edges
        assert list(column.histogram.counts) == list(np.histogram(values, edges)[0])
    counts = frame["letter"].value_counts()
    assert dict(profile.column("letter").top) == dict(counts)
    texts = profile.column("words").texts
    assert texts is not None
    assert (texts.shortest, texts.longest) == (frame["words"].str.len().min(), frame["words"].str.len().max())


def test_associations_equal_scipy(tmp_path: Path) -> None:
    profile = built(tmp_path, MIXED)
    frame = pd.read_parquet(tmp_path / "made.parquet")
    found = pair(profile, "x", "y")
    assert found.pearson == pytest.approx(stats.pearsonr(frame["x"], frame["y"])[0], abs=1e-12)
    assert found.spearman == pytest.approx(stats.spearmanr(frame["x"], frame["y"])[0], abs=1e-12)
    table = pd.crosstab(frame["letter"], frame["half"])
    chi2 = stats.chi2_contingency(table, correction=False)[0]
    assert pair(profile, "letter", "half").cramers_v == pytest.approx(bergsma(chi2, table), abs=1e-9)
    groups = [g["x"].to_numpy() for _, g in frame.groupby("letter")]
    assert pair(profile, "x", "letter").correlation_ratio == pytest.approx(epsilon(groups), abs=1e-9)


def bergsma(chi2: float, table: pd.DataFrame) -> float:
    """V tilde as Bergsma (2013) writes it."""
    n, (r, k) = table.to_numpy().sum(), table.shape
    phi = max(0.0, chi2 / n - (k - 1) * (r - 1) / (n - 1))
    return math.sqrt(phi / min(k - (k - 1) ** 2 / (n - 1) - 1, r - (r - 1) ** 2 / (n - 1) - 1))


def epsilon(groups: list[Any]) -> float:
    values = np.concatenate(groups)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (len(values) - len(groups))
    return math.sqrt(max(0.0, 1 - within / values.var(ddof=1)))


def test_mutual_information_of_copies_and_of_noise(tmp_path: Path) -> None:
    profile = built(
        tmp_path,
        "SELECT hash(i) % 4 AS a_code, 'v' || (hash(i) % 4) AS copy, 'w' || (hash(i + 99991) % 4) AS noise"
        " FROM range(4000) r(i)",
        target="copy",
    )
    entropy = stats.entropy(pd.read_parquet(tmp_path / "made.parquet")["copy"].value_counts())
    same, none = pair(profile, "copy", "a_code"), pair(profile, "copy", "noise")
    assert same.mutual_information == pytest.approx(entropy, abs=2e-3)
    assert none.mutual_information is not None
    assert none.mutual_information < 3e-3
    assert profile.associations[0] is same


def test_a_sample_says_its_size_and_stays_close(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "SAMPLE_ROWS", 5_000)
    select = (
        "SELECT hash(i) % 30011 AS code_value, (hash(i + 1) % 100000) / 1000.0 AS x, 'n' || i AS name,"
        " CASE WHEN hash(i + 2) % 3 = 0 THEN 0.0 ELSE (hash(i + 4) % 900000) / 7.0 END AS often"
        " FROM range(60000) r(i)"
    )
    first, again = built(tmp_path, select), built(tmp_path, select)
    frame = pd.read_parquet(tmp_path / "made.parquet")
    assert 4_500 < first.sample_rows < 5_500
    assert [c.numbers for c in first.columns] == [c.numbers for c in again.columns]
    x = first.column("x").numbers
    assert x is not None
    assert x.mean == pytest.approx(frame["x"].mean(), rel=1e-9)
    assert abs((frame["x"] < x.quantiles[0.5]).mean() - 0.5) < 0.03
    assert first.column("name").unique
    assert first.column("code_value").distinct == frame["code_value"].nunique()
    assert dict(first.column("often").top)["0"] == (frame["often"] == 0).sum()
    histogram = first.column("x").histogram
    assert histogram is not None
    assert sum(histogram.counts) + histogram.below + histogram.above == 60_000


def test_keys_pairs_and_joins(tmp_path: Path) -> None:
    sales = "SELECT i // 12 AS store_id, 'm' || (i % 12) AS month, i * 1.5 AS amount FROM range(1200) r(i)"
    stores = "SELECT i AS store_id, 'store ' || i AS store_name FROM range(100) r(i)"
    for name, select in (("sales", sales), ("stores", stores)):
        duckdb.execute(f"COPY ({select}) TO '{tmp_path / name}.parquet'")
    with Workspace(tmp_path / "ws") as workspace:
        for name in ("stores", "sales"):
            (table,) = workspace.attach(str(tmp_path / f"{name}.parquet"))
        profile = build_profile(workspace, table, None, None, True, 0, ToolContext("e1"))
    assert [p.columns for p in profile.pair_keys] == [("store_id", "month")]
    (join,) = profile.joins
    assert (join.column, join.other_table, join.contained) == ("store_id", "stores", 1.0)


def test_gaps_in_time(tmp_path: Path) -> None:
    profile = built(
        tmp_path,
        "SELECT DATE '2024-01-01' + i::INT AS day, i % 3 AS v FROM range(100) r(i) WHERE i NOT BETWEEN 40 AND 59",
    )
    times = profile.column("day").times
    assert times is not None
    assert (times.first, times.last, times.unit, times.gaps) == ("2024-01-01", "2024-04-09", "day", 1)
    assert times.largest_gap == ("2024-02-09", "2024-03-01")


def test_months_are_counted_each_in_its_own_bar(tmp_path: Path) -> None:
    profile = built(
        tmp_path, "SELECT DATE '2000-01-01' + INTERVAL (i) MONTH AS month, i AS v FROM range(60) r(i)"
    )
    histogram = profile.column("month").histogram
    assert histogram is not None
    assert sum(histogram.counts) == 60


# ---- bad input


def test_no_rows(tmp_path: Path) -> None:
    evidence = run(tmp_path, "SELECT 1 AS a, 'x' AS b, DATE '2024-01-01' AS c WHERE false", page="p.html")
    assert evidence.figures["rows"] == 0
    assert evidence.text is not None
    assert "nothing to measure" in evidence.text


def test_all_null_infinite_nan_and_nested_columns(tmp_path: Path) -> None:
    evidence = run(
        tmp_path,
        "SELECT NULL::INT AS none, 'inf'::DOUBLE AS endless, 'nan'::FLOAT AS nan, 1e308 * (i % 2) AS huge,"
        " CASE i WHEN 0 THEN 'inf'::DOUBLE WHEN 1 THEN 'nan'::DOUBLE ELSE i END AS some, [i] AS listed,"
        " {'a': i} AS struct, 'infinity'::DATE AS never, CAST(i AS UTINYINT)::VARCHAR::BLOB AS bytes,"
        " INTERVAL (i) DAY AS span, TIME '10:00' AS at, MAP {'k': i} AS map FROM range(50) r(i)",
        page="p.html",
    )
    rows = {row[0]: row for row in evidence.rows}
    assert rows["none"][2] == "empty"
    assert rows["none"][3] == 50
    assert rows["some"][7] == pytest.approx(sum(range(2, 50)) / 48, rel=1e-5)
    (warning,) = [n for n in evidence.notes if "NaN or infinite" in n]
    assert "some" in warning


def test_one_column_and_one_row(tmp_path: Path) -> None:
    assert run(tmp_path, "SELECT 5 AS only_one", page="p.html").figures["rows"] == 1


def test_a_wide_table_profiles_its_first_columns(tmp_path: Path) -> None:
    wide = ", ".join(f"(i * {k + 1}) % 7 AS c{k}" for k in range(260))
    evidence = run(tmp_path, f"SELECT {wide} FROM range(30) r(i)", associations=False)
    assert evidence.figures["profiled_columns"] == 200
    assert any("200 of 260" in n for n in evidence.notes)


def test_hostile_names_and_values(tmp_path: Path) -> None:
    name = '"<script>alert(1)</script>"";--"'
    evidence = run(
        tmp_path,
        f"SELECT '</svg><img src=x onerror=alert(1)>' || (i % 3) AS {name}, 'it''s' || (i % 2) AS \"c0'\","
        " chr(10) || (i % 2) AS ctl FROM range(40) r(i)",
        page="p.html",
    )
    page = (tmp_path / "ws" / evidence.artifacts[0]).read_text()
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;0" in page


def test_mistakes_are_named(tmp_path: Path) -> None:
    select = "SELECT i AS amount, 1 AS one, 'text number ' || i AS words, i % 2 AS flag FROM range(3000) r(i)"
    with pytest.raises(InvalidArguments, match="amount"):
        run(tmp_path, select, columns=["amonut"])
    with pytest.raises(InvalidArguments, match="one value only"):
        run(tmp_path, select, target="one")
    with pytest.raises(InvalidArguments, match="different values"):
        run(tmp_path, select, target="words")
    for page in ("../out.html", "report.pdf", "/tmp/out.html"):
        with pytest.raises(InvalidArguments, match="page"):
            run(tmp_path, select, page=page)
    with Workspace(tmp_path / "other") as workspace, pytest.raises(QueryInvalid):
        run_tool(workspace, "profile", {"table": "nothing"})
    assert not list((tmp_path / "ws" / "artifacts").iterdir())


def test_it_stops_when_a_person_says_so(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        (table,) = workspace.attach(str(EXAMPLES / "orders.csv"))
        context = ToolContext("e1", stopped=lambda: True)
        with pytest.raises(Interrupted):
            build_profile(workspace, table, None, None, True, 0, context)


def test_numbers_of_the_sentence_are_in_the_figures(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        workspace.attach(str(EXAMPLES / "orders.csv"))
        evidence = run_tool(workspace, "profile", {"table": "orders", "target": "unit_price"})
    assert evidence.text is not None
    assert evidence.figures["missing_values"] == 21
    assert "21 values (0.3%)" in evidence.text
    assert evidence.figures["strongest"][:2] == ["unit_price", "product"]
    assert 1 <= len(evidence.charts) <= 5
    assert evidence.sections[0].title == "Associations with unit_price"
