"""A whole training of a tiny random network: what it learns, that it goes on, what is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmauto_agent.planner.neural.runtime import SHIPPED, Runtime, forget, loaded
from llmauto_agent.planner.tuning import guard as guards
from llmauto_agent.planner.tuning import store as stores
from llmauto_agent.planner.tuning.accept import accept
from llmauto_agent.planner.tuning.data import Data
from llmauto_agent.planner.tuning.guard import INVENTED, Guard
from llmauto_agent.planner.tuning.mixture import Mixture, mixture
from llmauto_agent.planner.tuning.pace import Pace
from llmauto_agent.planner.tuning.pairs import Pair
from llmauto_agent.planner.tuning.score import Outcome, Paired, Score
from llmauto_agent.planner.tuning.store import BUILTIN, Planners
from llmauto_agent.planner.tuning.tune import Measured, decide, tune
from llmauto_tools.errors import Interrupted, InvalidArguments, UnreadableSource

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("onnx")

FAST = Pace(steps=12, seconds=1e6, batch=4, encoder_rate=4e-3, decoder_rate=4e-3, warmup=2)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads that wait for each other on a busy machine take longer than one alone."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def silent(text: str, fraction: float | None) -> None:
    """No progress."""


@pytest.fixture
def planners(tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planners]:
    """A folder of planners whose shipped one is tiny, with a guard of a few invented requests."""
    monkeypatch.setattr(stores, "SHIPPED", tiny)

    def measured(runtime: Runtime, progress: object, what: str) -> list[Outcome]:
        return [Outcome("1", "x", "right")]

    monkeypatch.setattr(guards, "guard", lambda: Guard("one request", measured))
    yield Planners(tmp_path / "planners")
    forget()


@pytest.fixture(scope="module")
def some(shop: Data, pairs: list[Pair]) -> Mixture:
    found = accept(pairs, shop, silent)
    return mixture(found.accepted, found.block, shop.index, loaded().pieces, 16, 0, silent)


def test_training_learns_and_goes_on_where_it_was_stopped(some: Mixture, tiny: Path, tmp_path: Path) -> None:
    from llmauto_agent.planner.neural.restore import restore
    from llmauto_agent.planner.tuning.fit import Fit

    whole = Fit(restore(tiny), FAST, _made(tmp_path / "whole"))
    first = _first_loss(whole, some)
    end = whole.run(some, silent)
    assert end.step == 12
    assert end.loss < first - 0.3

    def stop(text: str, fraction: float | None) -> None:
        if "step 5" in text:
            raise Interrupted("Interrupted.")

    folder = _made(tmp_path / "parts")
    with pytest.raises(Interrupted):
        Fit(restore(tiny), FAST, folder).run(some, stop)
    again = Fit(restore(tiny), FAST, folder)
    assert again.state.step == 5
    assert again.run(some, silent).loss == pytest.approx(end.loss, rel=0.02)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _first_loss(fit: object, some: Mixture) -> float:
    import torch

    from llmauto_agent.planner.neural.batches import batch_of
    from llmauto_agent.planner.neural.train import losses

    with torch.no_grad():
        loss, _ = losses(fit.planner, batch_of(some.batch(0, 4, 0)))  # type: ignore[attr-defined]
    return float(loss)


def test_a_new_planner_is_made_and_measured(
    planners: Planners, shop_csv: Path, pairs: list[Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    report = tune(
        pairs, [str(shop_csv)], "shop", store=planners, pace=Pace(steps=2, seconds=60, batch=4, threads=1),
        progress=lambda text, fraction: told.append(text.split(":")[0]),
    )  # fmt: skip
    assert report.ref == "shop@1"
    assert (report.learned, report.held_out, report.steps) == (7, 5, 2)
    assert not report.kept, "nothing is learned in two steps"
    assert "not better" in report.why
    assert {"checking the pairs", "training", "reading the held-out pairs"} <= set(told)
    card = json.loads((report.folder / "model.json").read_text())
    assert card["data"] == {"pairs": 12, "learned": 7, "held_out": 5, "left_out": 0}
    assert card["scores"]["guard"]["name"] == "one request"
    assert set(card["files"]) == {"encoder.onnx", "decoder.onnx", "tokenizer.json"}
    assert [k.ref for k in planners.all()] == [BUILTIN, "shop@1"]
    assert planners.find("shop").folder == report.folder
    assert not planners.run_folder("shop").exists()
    Runtime(report.folder)
    (report.folder / "tokenizer.json").write_text("{}")
    with pytest.raises(UnreadableSource, match="damaged"):
        planners.find("shop@1")


def test_a_stopped_training_is_gone_on_with_only_for_the_same_pairs(
    planners: Planners, shop_csv: Path, pairs: list[Pair]
) -> None:
    pace = Pace(steps=5, seconds=60, batch=4, threads=1)

    def stop(text: str, fraction: float | None) -> None:
        if "step 2" in text:
            raise Interrupted("Interrupted.")

    with pytest.raises(Interrupted):
        tune(pairs, [str(shop_csv)], "shop", store=planners, pace=pace, progress=stop)
    assert planners.versions.all() == []
    shorter = Pace(steps=2, seconds=60, batch=4, threads=1)
    report = tune(pairs, [str(shop_csv)], "shop", store=planners, pace=shorter)
    assert (report.resumed, report.steps) == (True, 2)

    with pytest.raises(Interrupted):
        tune(pairs, [str(shop_csv)], "shop", store=planners, pace=pace, progress=stop)
    report = tune(pairs[:-1], [str(shop_csv)], "shop", store=planners, pace=shorter)
    assert (report.ref, report.resumed) == ("shop@2", False)


def test_too_few_pairs_and_a_taken_name_are_refused(
    planners: Planners, shop_csv: Path, pairs: list[Pair]
) -> None:
    with pytest.raises(InvalidArguments, match="9 of the pairs can be used, and 10 are needed"):
        tune(pairs[:9], [str(shop_csv)], "shop", store=planners)
    with pytest.raises(InvalidArguments, match="ships with llmauto"):
        tune(pairs, [str(shop_csv)], BUILTIN, store=planners)
    with pytest.raises(InvalidArguments, match="cannot be the name"):
        tune(pairs, [str(shop_csv)], "a/b", store=planners)


def test_a_planner_of_another_grammar_is_refused(tiny: Path, tmp_path: Path) -> None:
    card = json.loads((tiny / "model.json").read_text()) | {"grammar": "other"}

    def write(folder: Path) -> None:
        for path in tiny.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        (folder / "model.json").write_text(json.dumps(card))

    planners = Planners(tmp_path)
    planners.versions.save("old", write)
    with pytest.raises(UnreadableSource, match="another version of llmauto") as e:
        planners.find("old")
    assert "llmauto planner use builtin" in str(e.value.hint)
    assert planners.find(BUILTIN).folder == SHIPPED


def measured(old: float, new: float) -> Measured:
    return Measured("some", Score(100, old, 0, 0), Score(100, new, 0, 0), Paired(0, 0, 0, 0, 1.0))


@pytest.mark.parametrize(
    ("held", "guard", "kept"),
    [
        ((40, 60), (70, 70), True),
        ((40, 60), (70, 69), True),
        ((40, 60), (70, 68.9), False),
        ((40, 40), (70, 90), False),
        ((40, 39), (70, 70), False),
    ],
)
def test_it_is_kept_only_if_better_and_nothing_is_forgotten(
    held: tuple[float, float], guard: tuple[float, float], kept: bool
) -> None:
    decided, why = decide(measured(*held), measured(*guard))
    assert decided is kept
    assert why.endswith(".")


def test_invented_requests_are_measured_without_a_checkout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(guards, "FOLDER", tmp_path)
    assert guards.guard().name == INVENTED
    found = guards.measure_invented(loaded(), silent, "", each=6)
    assert len({o.key for o in found}) == 12
    assert {o.state for o in found} & {"right"}
