"""The checks of `llmauto doctor`. Each looks at one thing and never raises for what it finds."""

from __future__ import annotations

import importlib.metadata as metadata
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from llmauto.render.screen import Screen

TESTED = {
    "duckdb": "1.5.6",
    "langchain": "1.4.7",
    "langgraph": "1.2.22",
    "langgraph-checkpoint-sqlite": "3.1.2",
    "pyarrow": "26.0.1",
    "pydantic": "2.14.4",
    "rich": "15.0.0",
    "sqlglot": "30.30.0",
    "typer": "0.29.2",
}
"""The versions that were tested together, as in constraints/lock.txt (a test compares them)."""

LOW_DISK = 1 << 30
"""Bytes below which a large question may not find room to spill."""
_EXTENSIONS = ("core_functions", "parquet", "json", "icu", "httpfs", "sqlite_scanner", "postgres_scanner")
_NEEDED_EXTENSIONS = ("parquet", "json")
_KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "MISTRAL_API_KEY", "HF_TOKEN")


@dataclass(frozen=True)
class Check:
    """What was looked at, how it stands, and the next step where there is one."""

    name: str
    state: Literal["ok", "info", "warning", "problem"]
    detail: str
    hint: str | None = None


def python_and_packages() -> Iterable[Check]:
    """Python, and each base package against its declared range and the version that was tested."""
    system = (
        f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    )
    yield Check("python", "ok", system)
    packages = [_package(requirement) for requirement in _requirements(extra=None)]
    as_tested = sum(check.state == "ok" for check in packages)
    yield Check("packages", "ok", f"{as_tested} of {len(packages)} as declared and tested")
    yield from (check for check in packages if check.state != "ok")


def _package(requirement: Requirement) -> Check:
    name = requirement.name
    installed = _version(name)
    if installed is None:
        return Check(name, "problem", "not installed", f"pip install '{requirement}'")
    if not requirement.specifier.contains(installed, prereleases=True):
        return Check(
            name, "problem", f"{installed} is outside {requirement.specifier}", f"pip install '{requirement}'"
        )
    tested = TESTED.get(name)
    if tested is not None and tested != installed:
        return Check(name, "info", f"{installed} (tested with {tested})")
    return Check(name, "ok", installed)


def duckdb_extensions() -> Iterable[Check]:
    """The extensions that are on this machine. None is ever downloaded by llmauto."""
    try:
        import duckdb

        with duckdb.connect() as db:
            rows = db.execute(
                "SELECT extension_name, installed OR loaded FROM duckdb_extensions()"
            ).fetchall()
    except Exception as e:
        yield Check(
            "duckdb engine", "problem", f"does not start: {e}", "pip install --force-reinstall duckdb"
        )
        return
    present = {name for name, here in rows if here}
    missing = [e for e in _EXTENSIONS if e not in present]
    needed = [e for e in _NEEDED_EXTENSIONS if e not in present]
    here = ", ".join(e for e in _EXTENSIONS if e in present)
    if needed:
        yield Check("duckdb extensions", "problem", f"missing: {', '.join(needed)}", "pip install -U duckdb")
    elif missing:
        detail = f"{here}; not here: {', '.join(missing)} (those sources are read by other libraries)"
        yield Check("duckdb extensions", "info", detail)
    else:
        yield Check("duckdb extensions", "ok", here)


def extras() -> Iterable[Check]:
    """Each optional part: present, or the command that adds it."""
    for extra in metadata.metadata("llmauto").get_all("Provides-Extra") or []:
        if extra in {"all", "dev"}:
            continue
        missing = [r.name for r in _requirements(extra) if not _satisfied(r)]
        if missing:
            command = f"add it with: pip install 'llmauto[{extra}]'"
            yield Check(f"extra {extra}", "info", f"missing {', '.join(missing)}", command)
        else:
            yield Check(f"extra {extra}", "ok", "installed")


def gpu() -> Iterable[Check]:
    """NVIDIA GPUs, as nvidia-smi lists them (torch is not imported to look)."""
    program = shutil.which("nvidia-smi")
    if program is None:
        yield Check("gpu", "info", "no NVIDIA GPU found (none is needed to ask questions)")
        return
    query = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True)
    except (subprocess.SubprocessError, OSError) as e:
        yield Check("gpu", "warning", f"nvidia-smi does not answer: {e}", "check the NVIDIA driver")
        return
    for number, line in enumerate(filter(None, done.stdout.splitlines())):
        yield Check(f"gpu {number}", "ok", line.strip())


def terminal(screen: Screen) -> Iterable[Check]:
    """What the output can show."""
    where = f"{screen.width} columns" if screen.terminal else "not a terminal (a pipe or a file)"
    parts = [
        where,
        "colour" if screen.color else "no colour",
        "Unicode" if screen.unicode else "no Unicode",
        f"encoding {getattr(screen.stream, 'encoding', None) or 'unknown'}",
    ]
    if screen.terminal and not screen.unicode:
        yield Check("terminal", "warning", ", ".join(parts), "set PYTHONUTF8=1 or a UTF-8 locale")
    elif screen.terminal and screen.width < 60:
        yield Check("terminal", "info", ", ".join(parts), "wide tables will leave out columns")
    else:
        yield Check("terminal", "ok", ", ".join(parts))


def configuration_file() -> Check:
    """The configuration file; that it can be read is checked by whoever loads the settings."""
    from llmauto.folders import config_file

    path = config_file()
    return Check(
        "configuration", "ok" if path.exists() else "info", str(path) if path.exists() else f"none ({path})"
    )


def workspace(folder: Path) -> Iterable[Check]:
    """Whether the workspace can be written (nothing is made to find out), and the free disk."""
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    if not existing.is_dir():
        yield Check(
            "workspace", "problem", f"{existing} is not a folder", "name another one with --workspace"
        )
        return
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as e:
        hint = "name a folder that you may write to with --workspace"
        yield Check("workspace", "problem", f"{folder} is not writable: {e.strerror}", hint)
        return
    yield Check("workspace", "ok", f"{folder}{'' if folder.exists() else ' (made when it is needed)'}")
    free = shutil.disk_usage(existing).free
    state: Literal["ok", "warning"] = "ok" if free >= LOW_DISK else "warning"
    hint_ = None if free >= LOW_DISK else "large questions spill to disk: make room"
    yield Check("free disk", state, f"{free / (1 << 30):.1f} GiB", hint_)


def keys() -> Iterable[Check]:
    """Which keys are in the environment, by name only."""
    present = [name for name in _KEYS if os.environ.get(name)]
    detail = ", ".join(f"{name} is set" for name in present) or "none in the environment (builtin needs none)"
    yield Check("keys", "ok" if present else "info", detail)


def hub_cache() -> Iterable[Check]:
    """The Hugging Face hub's cache, where local models are looked for."""
    home = os.environ.get("HF_HOME") or str(Path.home() / ".cache" / "huggingface")
    folder = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")
    if not folder.is_dir():
        yield Check("hub cache", "info", f"none ({folder})")
        return
    models = sorted(p.name[len("models--") :].replace("--", "/") for p in folder.glob("models--*"))
    shown = ", ".join(models[:5]) + (f" and {len(models) - 5} more" if len(models) > 5 else "")
    yield Check("hub cache", "ok", f"{folder}: {shown or 'no models'}")


def _requirements(extra: str | None) -> Iterable[Requirement]:
    """The declared dependencies of llmauto itself, or of one extra (extras of extras included)."""
    from packaging.requirements import Requirement

    environment = {"extra": extra or ""}
    for text in metadata.requires("llmauto") or []:
        requirement = Requirement(text)
        if (extra is not None) != ("extra ==" in str(requirement.marker)):
            continue
        if requirement.marker is not None and not requirement.marker.evaluate(environment):
            continue
        if requirement.name == "llmauto":
            for inner in sorted(requirement.extras):
                yield from _requirements(inner)
        else:
            yield requirement


def _satisfied(requirement: Requirement) -> bool:
    installed = _version(requirement.name)
    return installed is not None and requirement.specifier.contains(installed, prereleases=True)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
