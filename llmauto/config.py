"""Settings: a command's options, then LLMAUTO_* variables, then the configuration file, then defaults.

The file is TOML with one setting a line, `config.toml` in the user's configuration directory
(`llmauto config path`). No setting holds a secret: keys come from the environment.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from llmauto.exits import ConfigError
from llmauto.folders import config_file
from llmauto_tools.errors import LlmautoError, did_you_mean

ENV_PREFIX = "LLMAUTO_"
Origin = Literal["command", "environment", "file", "default"]


class _FileSource(PydanticBaseSettingsSource):
    """The configuration file, read once; absent is the same as empty."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError  # pydantic-settings asks for it, but __call__ gives all at once

    def __call__(self) -> dict[str, Any]:
        return read_file(config_file())


class Settings(BaseSettings):
    """What a person can set; `llmauto config list` prints these with their origin."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, env_ignore_empty=True, extra="ignore")

    model: str = Field("builtin", description="the chat model that reads the question")
    share: Literal["schema", "results", "samples"] = Field(
        "schema", description="what a remote model may see of the data"
    )
    workspace: str | None = Field(None, description="the workspace folder (none: chosen by directory)")
    project: str | None = Field(
        None, description="the folder of llmauto.yml (none: the nearest one above the working directory)"
    )
    timeout: float = Field(120.0, gt=0, description="seconds that one query may take")
    token_price: str | None = Field(
        None, description='dollars per million tokens of a remote model, "INPUT/OUTPUT" such as "2.5/10"'
    )
    memory: Literal["on", "read", "off"] = Field(
        "on",
        description="what was learned earlier: used and added to (on), only used (read), or neither (off)",
    )
    embedder: str = Field("builtin", description="the embedding model of the memory")
    memory_limit: str | None = Field(
        None, description='RAM for queries, such as "4GB" (none: 60% of the machine\'s)'
    )
    threads: int | None = Field(None, ge=1, description="threads for queries (none: one a core)")
    max_rows: int = Field(20, ge=0, description="rows of a table that are printed (0: all that came back)")
    planner: str = Field("builtin", description="the built-in model's planner (llmauto planner list)")
    chart: bool = Field(True, description="draw a chart in the terminal where one helps")

    @field_validator("memory", mode="before")
    @classmethod
    def _memory(cls, value: Any) -> Any:
        if isinstance(value, str) and re.match(r"\d", value):
            raise ValueError("should be on, read or off; the RAM for queries is memory_limit")
        return value

    @field_validator("token_price")
    @classmethod
    def _token_price(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"\d+(\.\d+)?/\d+(\.\d+)?", value.strip()):
            raise ValueError('should be two prices per million tokens, input/output, such as "2.5/10"')
        return value.strip() if value is not None else None

    @field_validator("embedder")
    @classmethod
    def _embedder(cls, value: str) -> str:
        if value != "builtin":
            from llmauto_agent.memory.embed import check_embedder

            try:
                check_embedder(value)
            except LlmautoError as e:
                raise ValueError(f"{e.message} {e.hint}") from e
        return value

    @field_validator("memory_limit")
    @classmethod
    def _memory_limit(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"\d+(\.\d+)?\s*([KMGT]i?B)", value, re.IGNORECASE):
            raise ValueError('should be a number and a unit, such as "4GB" or "512MiB"')
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _FileSource(settings_cls)


def load_settings(**command: Any) -> Settings:
    """The settings in force; `command` holds a command's own options (None: not given).

    Raises ConfigError, naming where the bad value came from.
    """
    given = {k: v for k, v in command.items() if v is not None}
    try:
        return Settings(**given)
    except ValidationError as e:
        raise _explain(e, given) from e


def _explain(error: ValidationError, command: dict[str, Any]) -> ConfigError:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else "?"
    origin = origin_of(name, command)
    where = {
        "command": f"--{name.replace('_', '-')}",
        "environment": ENV_PREFIX + name.upper(),
        "file": f"'{name}' in {config_file()}",
    }.get(origin, name)
    problem = first["msg"].removeprefix("Value error, ")
    problem = problem[:1].lower() + problem[1:]
    return ConfigError(f"{where} is not right: {problem} (it is {first['input']!r}).", _setting_hint(name))


def _setting_hint(name: str) -> str:
    field = Settings.model_fields[name]
    return f"{name}: {field.description}; default {_shown(field.default)}."


def _shown(value: Any) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def origin_of(name: str, command: dict[str, Any] | None = None) -> Origin:
    """Where the value of a setting comes from."""
    if command and command.get(name) is not None:
        return "command"
    if os.environ.get(ENV_PREFIX + name.upper()):
        return "environment"
    return "file" if name in read_file(config_file()) else "default"


def known_setting(name: str) -> str:
    """The setting's name as it is spelt (dashes allowed). Raises ConfigError with the nearest."""
    spelt = name.strip().lower().replace("-", "_")
    if spelt in Settings.model_fields:
        return spelt
    hint = did_you_mean(name, Settings.model_fields) or "See them with: llmauto config list"
    raise ConfigError(f"There is no setting '{name}'.", hint)


def read_file(path: Path) -> dict[str, Any]:
    """The settings in a configuration file. Raises ConfigError for bad TOML and unknown names."""
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path} is not valid TOML: {e}.", "Correct that line, or delete the file.") from e
    except OSError as e:
        raise ConfigError(f"{path} cannot be read: {e.strerror}.") from e
    for name in values:
        if name not in Settings.model_fields:
            hint = did_you_mean(name, Settings.model_fields) or "See the settings with: llmauto config list"
            raise ConfigError(f"{path} sets '{name}', which is no setting.", hint)
    return values


def write_setting(name: str, text: str | None) -> Any:
    """Set (or, with None, unset) a setting in the configuration file; returns its parsed value.

    The other lines and comments of the file stay as they are; the file is replaced in one step.
    """
    name = known_setting(name)
    path = config_file()
    values = read_file(path)
    values.pop(name, None)
    value = None
    if text is not None:
        try:
            checked = Settings.__pydantic_validator__.validate_assignment(
                Settings.model_construct(), name, text
            )
            value = getattr(checked, name)
        except ValidationError as e:
            problem = e.errors()[0]["msg"].removeprefix("Value error, ")
            raise ConfigError(f"{text!r} is no value for '{name}': {problem}.", _setting_hint(name)) from e
    _replace_line(path, name, value if text is not None else None)
    return value


def _replace_line(path: Path, name: str, value: Any) -> None:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    starts = re.compile(rf"\s*{re.escape(name)}\s*=")
    kept = [line for line in lines if not starts.match(line)]
    if value is not None:
        kept.append(f"{name} = {_shown(value)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.{os.getpid()}")
        new.write_text("\n".join(kept) + "\n" if kept else "", "utf-8")
        new.replace(path)
    except OSError as e:
        raise ConfigError(f"{path} cannot be written: {e.strerror}.") from e
