from __future__ import annotations

from pathlib import Path

import pytest

from llmauto.config import load_settings, origin_of, read_file, write_setting
from llmauto.exits import ConfigError
from llmauto.folders import config_file, workspace_folder


def write_config(text: str) -> Path:
    path = config_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_defaults_without_a_file() -> None:
    settings = load_settings()
    assert (settings.model, settings.share, settings.timeout) == ("builtin", "schema", 120.0)
    assert origin_of("model") == "default"


def test_command_goes_before_environment_before_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write_config('model = "ollama:from-file"\ntimeout = 5\nmax_rows = 7\n')
    monkeypatch.setenv("LLMAUTO_MODEL", "ollama:from-env")
    monkeypatch.setenv("LLMAUTO_TIMEOUT", "6")
    settings = load_settings(model="ollama:from-command")
    assert (settings.model, settings.timeout, settings.max_rows) == ("ollama:from-command", 6.0, 7)
    assert origin_of("model", {"model": "x"}) == "command"
    assert [origin_of(n) for n in ("timeout", "max_rows", "share")] == ["environment", "file", "default"]


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        ("TIMEOUT", "soon", "LLMAUTO_TIMEOUT"),
        ("SHARE", "all", "LLMAUTO_SHARE"),
        ("MEMORY", "lots", "LLMAUTO_MEMORY"),
        ("MEMORY", "4GB", "memory_limit"),
        ("MEMORY_LIMIT", "lots", "LLMAUTO_MEMORY_LIMIT"),
        ("EMBEDDER", "olama:x", "Did you mean 'ollama'"),
    ],
)
def test_a_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, where: str) -> None:
    monkeypatch.setenv(f"LLMAUTO_{name}", value)
    with pytest.raises(ConfigError, match=where):
        load_settings()


def test_a_bad_option_and_a_bad_file_are_named() -> None:
    with pytest.raises(ConfigError, match="--timeout"):
        load_settings(timeout=-1)
    path = write_config("timeout = -2\n")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert str(path) in caught.value.message


def test_broken_toml_and_unknown_names_are_refused_with_the_next_step() -> None:
    write_config("model = \n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_settings()
    write_config('modell = "x"\n')
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert caught.value.hint == "Did you mean 'model'?"


def test_setting_keeps_the_other_lines() -> None:
    path = write_config('# mine\nmodel = "builtin"\n\n# rows\nmax_rows = 5\n')
    assert write_setting("max-rows", "50") == 50
    assert write_setting("chart", "false") is False
    assert write_setting("memory_limit", "4GB") == "4GB"
    assert "# mine" in path.read_text()
    assert read_file(path) == {"model": "builtin", "max_rows": 50, "chart": False, "memory_limit": "4GB"}
    write_setting("memory_limit", None)
    assert "memory_limit" not in read_file(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [("timeout", "0"), ("share", "everything"), ("memory", "4"), ("memory_limit", "4"), ("threads", "x")],
)
def test_a_bad_value_is_not_written(name: str, value: str) -> None:
    path = write_config("max_rows = 5\n")
    with pytest.raises(ConfigError, match=name):
        write_setting(name, value)
    assert path.read_text() == "max_rows = 5\n"


def test_texts_survive_the_file() -> None:
    write_setting("model", 'ollama:"quoted" \\ 模型')
    assert load_settings().model == 'ollama:"quoted" \\ 模型'


def test_the_file_can_be_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LLMAUTO_CONFIG", str(tmp_path / "mine.toml"))
    write_setting("max_rows", "3")
    assert (tmp_path / "mine.toml").read_text() == "max_rows = 3\n"


def test_the_nearest_local_workspace_is_used(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / ".llmauto").mkdir()
    assert workspace_folder(None, deep) == tmp_path / ".llmauto"
    assert workspace_folder(tmp_path / "named", deep) == tmp_path / "named"


def test_each_directory_has_a_workspace_of_its_own(tmp_path: Path) -> None:
    one, two = tmp_path / "one" / "data 1", tmp_path / "two" / "data 1"
    one.mkdir(parents=True)
    two.mkdir(parents=True)
    first, second = workspace_folder(None, one), workspace_folder(None, two)
    assert first != second
    assert first == workspace_folder(None, one)
    assert first.name.startswith("data-1-")
    assert not first.exists()
