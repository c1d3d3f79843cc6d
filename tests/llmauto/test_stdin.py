from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from llmauto.cli import stdin
from llmauto.exits import UsageError
from llmauto_tools.errors import UnreadableSource


class _Input:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)

    def isatty(self) -> bool:
        return False


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", _Input(data))


def _zip(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "a,b\n1,2\n")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (b"a,b\n1,2\n", ".csv"),
        ("\ufeffa,b\n1,2\n".encode(), ".csv"),
        (b"a\tb\n1\t2\n", ".tsv"),
        (b'[{"a": 1}]', ".json"),
        (b'{"a": 1}\n{"a": 2}\n', ".ndjson"),
        (b'{\n  "a": [1]\n}\n', ".json"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), ".csv.gz"),
        (gzip.compress(b'{"a":1}\n{"a":2}\n', mtime=0), ".ndjson.gz"),
        (b"PAR1....", ".parquet"),
        (b"ARROW1\0\0", ".arrow"),
        (b"SQLite format 3\0....", ".sqlite"),
        (b"\0" * 8 + b"DUCK....", ".duckdb"),
        (_zip("[Content_Types].xml"), ".xlsx"),
        (_zip("data.csv"), ".zip"),
    ],
)
def test_the_format_is_sniffed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, suffix: str
) -> None:
    feed(monkeypatch, data)
    [path] = stdin.read_sources(["-"], tmp_path)
    assert Path(path).name == f"stdin{suffix}"
    assert Path(path).read_bytes() == data


def test_the_same_data_is_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = []
    for data in (b"a\n1\n", b"a\n1\n", b"a\n2\n"):
        feed(monkeypatch, data)
        paths += stdin.read_sources(["-"], tmp_path)
    assert paths[0] == paths[1] != paths[2]
    assert not list(tmp_path.rglob(".arriving*"))


def test_empty_input_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, b"")
    with pytest.raises(UnreadableSource, match="empty"):
        stdin.read_sources(["-"], tmp_path)
    assert not list(tmp_path.rglob(".arriving*"))


def test_a_question_can_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, "  有多少行?\n".encode())
    assert stdin.read_question("-") == "有多少行?"
    for nothing in (" ", ""):
        with pytest.raises(UsageError):
            stdin.read_question(nothing)


def test_named_sources_stay_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream: Any = None
    monkeypatch.setattr("sys.stdin", stream)
    assert stdin.read_sources(["a.csv", "s3://b/c"], tmp_path) == ["a.csv", "s3://b/c"]
