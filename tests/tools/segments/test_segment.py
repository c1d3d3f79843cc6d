from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_score

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.segments.cluster import kmeans_centres, nearest
from llmauto_tools.segments.picture import principal_components

if TYPE_CHECKING:
    from tests.tools.lab import Lab

CENTRES = np.array([[0.0, 0.0, 0.0], [7.0, 0.0, 5.0], [0.0, 8.0, -5.0]])


def blobs(n: int = 240) -> tuple[list[list[Any]], np.ndarray]:
    rng = np.random.default_rng(0)
    truth = np.arange(n) % 3
    points = CENTRES[truth] + rng.normal(size=(n, 3))
    return [[f"id{i}", *p, "abc"[t]] for i, (p, t) in enumerate(zip(points, truth, strict=True))], truth


def test_planted_groups_are_found_described_and_saved(lab: Lab) -> None:
    rows, truth = blobs()
    rows[3][1] = ""
    name = lab.table("t", ["customer_id", "age", "spend", "visits", "kind"], rows)
    got = lab.run("segment", name, columns=["age", "spend", "visits"])
    f = got.figures
    assert (f["clusters"], f["clear"], f["table"], f["column"]) == (3, True, "t_segments", "segment")
    assert f["stability"] > 0.9
    assert sum(f["sizes"]) == 240
    assert sum(f["shares"]) == pytest.approx(1)
    saved = lab.workspace.engine.query("SELECT segment, kind FROM t_segments", max_rows=300).rows
    assert adjusted_rand_score([s for s, _ in saved], truth) > 0.95
    assert "Segment 1 (80 rows, 33.3%)" in (got.text or "")
    assert "high " in (got.text or "")
    assert any("numbers get the column's median: age (1)" in n for n in got.notes)
    assert sum(v["rows"] for v in got.charts[0]["data"]["values"]) == 240
    lab.run_any("undo")
    assert "t_segments" not in lab.workspace.derived.names()


def test_the_segment_in_sql_is_the_closest_centre(lab: Lab) -> None:
    rng = np.random.default_rng(2)
    points = rng.normal(size=(300, 2))
    name = lab.table("t", ["a", "b"], points.tolist())
    got = lab.run("segment", name, clusters=4)
    scaled = (points - points.mean(axis=0)) / points.std(axis=0)
    centres, labels = kmeans_centres(scaled, 4, 0)
    saved = [r[0] for r in lab.workspace.engine.query("SELECT segment FROM t_segments", max_rows=300).rows]
    assert saved == [int(x) + 1 for x in nearest(scaled, centres)]
    assert got.figures["silhouette"] == pytest.approx(silhouette_score(scaled, labels), abs=1e-9)
    assert any("not clear" in n for n in got.notes)


def test_noise_has_no_clear_segments(lab: Lab) -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 4))  # one cloud, stretched
    got = lab.run("segment", lab.table("t", ["a", "b", "c", "d"], noise.tolist()))
    assert (got.figures["clusters"], got.figures["clear"]) == (0, False)
    assert "No clear segments" in (got.text or "")
    assert lab.workspace.derived.names() == []


def test_categories_and_booleans(lab: Lab) -> None:
    rng = np.random.default_rng(0)
    rows = [
        [*(["red", True, "s"] if i % 2 else ["blue", False, "l"]), "same", "", round(rng.normal(), 3)]
        for i in range(120)
    ]
    for i in range(0, 120, 12):
        rows[i][0] = ""
    got = lab.run(
        "segment", lab.table("t", ["colour", "paid", "size", "flat", "none", "x"], rows), clusters=2
    )
    traits = {(r[1], r[2]) for r in got.sections[0].rows}
    assert ("colour", "red") in traits
    assert any("the same value in every row: flat" in n for n in got.notes)
    assert any("empty: none" in n or "numbers nor categories" in n for n in got.notes)
    assert any("a missing category is a level of its own: colour (10)" in n for n in got.notes)
    assert sorted(got.figures["sizes"]) == [60, 60]


def test_density(lab: Lab) -> None:
    rows, truth = blobs()
    got = lab.run(
        "segment",
        lab.table("t", ["id", "a", "b", "c", "kind"], rows),
        columns=["a", "b", "c"],
        method="hdbscan",
    )
    assert got.figures["clusters"] == 3
    saved = lab.workspace.engine.query("SELECT segment FROM t_segments", max_rows=300).rows
    inside = [i for i, (s,) in enumerate(saved) if s is not None]
    assert adjusted_rand_score([saved[i][0] for i in inside], truth[inside]) > 0.99
    assert len(saved) - len(inside) == got.figures["without_segment"]
    with pytest.raises(InvalidArguments, match="finds the number of segments itself"):
        lab.run("segment", "t", method="hdbscan", clusters=3)


def test_components_explain_what_numpys_do() -> None:
    points = np.random.default_rng(0).normal(size=(100, 3)) * [5, 2, 1]
    flat, shares = principal_components(points)
    values = np.sort(np.linalg.eigvalsh(np.cov(points, rowvar=False)))[::-1]
    assert shares == pytest.approx(list(values[:2] / values.sum()))
    assert np.allclose(flat.var(axis=0, ddof=1), values[:2])


def test_bad_input(lab: Lab) -> None:
    nulls = lab.table("nulls", ["id", "a", "b"], [[i, "", ""] for i in range(30)])
    with pytest.raises(InvalidArguments, match=r"no columns of numbers or categories|No column of 'nulls'"):
        lab.run("segment", nulls)
    few = lab.table("few", ["a"], [[1.5], [2.5]] * 10)
    with pytest.raises(InvalidArguments, match="5 segments cannot be made of 2 different rows"):
        lab.run("segment", few, clusters=5)
    with pytest.raises(InvalidArguments, match="too few for segments"):
        lab.run("segment", lab.table("tiny", ["a"], [[1], [2]]))
    with pytest.raises(InvalidArguments, match="never overwritten"):
        lab.run("segment", few, name="nulls")
    with pytest.raises(InvalidArguments, match=r"Did you mean 'a'|Its columns are"):
        lab.run("segment", few, columns=["aa"])
    assert lab.workspace.derived.names() == []


def test_infinite_values_hostile_names_and_a_taken_column(lab: Lab) -> None:
    rng = np.random.default_rng(0)
    rows = [[rng.normal() + 9 * (i % 2), f'it\'s "{i % 3}"', i % 2] for i in range(60)]
    rows[0][0], rows[1][0] = "inf", "nan"
    name = lab.table("t", ['x"; DROP TABLE t --', "{0} %s'", "segment"], rows)
    got = lab.run("segment", name, clusters=2, name="weird 'name\"")
    assert got.figures["column"] == "segment_2"
    assert lab.workspace.engine.query('SELECT count(*) FROM "weird \'name"""').rows == ((60,),)


def test_two_runs_are_equal(lab: Lab) -> None:
    rows, _ = blobs(90)
    name = lab.table("t", ["id", "a", "b", "c", "kind"], rows)
    first, second = (lab.run("segment", name, clusters=3, seed=7) for _ in range(2))
    assert first.rows == second.rows
    assert (first.figures, first.seed) == (second.figures, 7)
