from __future__ import annotations

from pathlib import Path

from llmauto_tools.sampling import sample_sql
from llmauto_tools.workspace import Workspace


def test_a_sample_is_the_same_every_time_and_about_as_large_as_asked(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("n\n" + "\n".join(str(i) for i in range(20_000)))
    samples = []
    for threads in ("a", "b"):
        with Workspace(tmp_path / threads) as workspace:
            workspace.attach(str(tmp_path / "n.csv"))
            rows = workspace.engine.query(sample_sql('"n"', 2_000, 20_000, seed=3), max_rows=5_000).rows
            samples.append(sorted(r[0] for r in rows))
            other = workspace.engine.query(sample_sql('"n"', 2_000, 20_000, seed=4), max_rows=5_000).rows
            assert sorted(r[0] for r in other) != samples[-1]
    assert samples[0] == samples[1]
    assert abs(len(samples[0]) - 2_000) < 6 * 2_000**0.5


def test_a_sample_as_large_as_the_table_is_the_table() -> None:
    assert sample_sql('"t"', 10, 10) == 'SELECT * FROM "t"'
