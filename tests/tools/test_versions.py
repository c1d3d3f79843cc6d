from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from llmauto_tools.columns import find_columns
from llmauto_tools.errors import InvalidArguments, MissingExtra
from llmauto_tools.extras import require
from llmauto_tools.schema import Column, Table
from llmauto_tools.versions import Versions


def put(text: str):  # type: ignore[no-untyped-def]
    return lambda folder: (folder / "it.txt").write_text(text)


def save_many(folder: Path, number: int) -> None:
    versions = Versions(folder, "model")
    for _ in range(10):
        versions.save("churn", put(str(number)))


def test_versions_count_up_and_the_newest_is_meant(tmp_path: Path) -> None:
    versions = Versions(tmp_path / "models", "model")
    assert versions.save("churn", put("a")).ref == "churn@1"
    assert versions.save("churn", put("b")).ref == "churn@2"
    assert (versions.find("churn").path / "it.txt").read_text() == "b"
    assert (versions.find("churn@1").path / "it.txt").read_text() == "a"


def test_a_save_that_fails_leaves_nothing(tmp_path: Path) -> None:
    versions = Versions(tmp_path / "models", "model")

    def fail(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        versions.save("churn", fail)
    assert versions.all() == []
    assert [p.name for p in (tmp_path / "models").iterdir()] == ["churn"]


def test_unknown_versions_say_what_there_is(tmp_path: Path) -> None:
    versions = Versions(tmp_path / "models", "model")
    with pytest.raises(InvalidArguments, match="No model is saved yet"):
        versions.find("churn")
    versions.save("churn", put("a"))
    with pytest.raises(InvalidArguments, match="Did you mean 'churn'"):
        versions.find("chrun")
    with pytest.raises(InvalidArguments, match="Its versions are 1"):
        versions.find("churn@7")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "x" * 81, "a\0b"])
def test_names_that_are_no_folders_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidArguments):
        Versions(tmp_path, "model").save(name, put("a"))
    with pytest.raises(InvalidArguments):
        Versions(tmp_path, "model").find(name)


def test_two_processes_do_not_take_the_same_number(tmp_path: Path) -> None:
    jobs = [
        multiprocessing.get_context("spawn").Process(target=save_many, args=(tmp_path, n)) for n in (1, 2)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)
    assert [s.version for s in Versions(tmp_path, "model").all("churn")] == list(range(1, 21))


def test_a_library_that_is_missing_names_the_command() -> None:
    with pytest.raises(MissingExtra, match=r"pip install 'llmauto\[ml\]'"):
        require("no_such_library_at_all", "Training a model", "ml")
    assert require("json", "Anything", "ml").dumps([]) == "[]"


def test_columns_are_found_in_any_case_and_once() -> None:
    table = Table("t", (Column("Age", "BIGINT"), Column("Fare", "DOUBLE")))
    assert [c.name for c in find_columns(table, ["age", "Fare", "AGE"])] == ["Age", "Fare"]
    with pytest.raises(InvalidArguments, match="Did you mean 'Fare'"):
        find_columns(table, ["Far"])
    with pytest.raises(InvalidArguments, match="Its columns are: Age, Fare"):
        find_columns(table, ["zzzz"])
