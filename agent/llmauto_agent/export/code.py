"""The Python code of an export, piece by piece; the notebook and the script put the same pieces together."""

from __future__ import annotations

import time
from importlib import resources

from llmauto_agent.export.replay import Document, Step
from llmauto_agent.export.tables import Definition
from llmauto_agent.export.text import comment, literal, text_literal

_OWN_IMPORT = "from llmauto_agent.export.runtime_compare import ("


def install_line(document: Document) -> str:
    """The command that installs what the export needs, with the version that it was recorded with."""
    version = document.versions.get("duckdb", "")
    return f'pip install "duckdb=={version}"' if version else "pip install duckdb"


def when(seconds: float | None) -> str:
    """Unix seconds as a local date and time."""
    return "" if seconds is None else time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(seconds))


def sources_code(document: Document) -> str:
    """SOURCES, which a person may edit, and what was recorded of the files."""
    lines = ["# The files that the session read. Change a path here to read a file that has moved."]
    lines.append("SOURCES = {")
    for file in document.files:
        if file.origin:
            lines.append(comment(file.origin).replace("# ", "    # ", 1).replace("\n# ", "\n    # "))
        lines.append(f"    {literal(file.label)}: {literal(file.path)},")
    lines += [
        "}",
        "",
        "# Path, bytes, last modified (ns) and number of files at the time of the export, and in a folder their names.",
    ]
    lines.append("RECORDED = {")
    lines += [f"    {literal(f.label)}: {literal((f.path, *f.state, f.names))}," for f in document.files]
    return "\n".join([*lines, "}"])


def runtime_code() -> tuple[str, str]:
    """The source of the comparison and of the replay, without their imports of each other."""
    folder = resources.files("llmauto_agent.export")
    compare = (folder / "runtime_compare.py").read_text("utf-8")
    replay = (folder / "runtime.py").read_text("utf-8")
    start = replay.index(_OWN_IMPORT)
    end = replay.index(")\n", start) + 2
    return _body(compare), _body(replay[:start].rstrip() + "\n" + replay[end:])


def _body(module: str) -> str:
    """A module's text after its docstring and its `__future__` import (which must come first in a file)."""
    return module.split("from __future__ import annotations\n", 1)[1].strip()


def setup_code(document: Document) -> str:
    """The connection with the sources' views."""
    version = document.versions.get("duckdb", "")
    lines = [f"replay = Replay(SOURCES, RECORDED, {literal(document.time_zone)}, {literal(version)})"]
    lines += [definition_code(d) for d in document.setup]
    return "\n".join(lines)


def definition_code(definition: Definition) -> str:
    """The call that defines a table, or attaches the file that it is in."""
    if definition.kind == "attach":
        return f"replay.attach({literal(definition.name)}, {literal(definition.reads[0])})"
    given = [literal(definition.name)]
    if definition.sql:
        given.append(text_literal(definition.sql))
    if definition.kind == "table":
        given.append(literal(list(definition.columns)))
    given += [literal(r) for r in definition.reads]
    call = f"replay.{definition.kind}({', '.join(given)})"
    return f"{comment(definition.note)}\n{call}" if definition.note else call


def definitions_code(step: Step) -> str:
    """The tables to define before a step, or by it."""
    return "\n".join(definition_code(d) for d in step.definitions)


def run_code(step: Step) -> str:
    """The statement of a step, run; the result is in a variable named like the evidence."""
    lines = [definitions_code(step)] if step.definitions else []
    if step.frozen:
        lines.append(
            f"# {step.frozen} read the clock: replaced by the time of the recording, {when(step.evidence.started)}."
        )
    limit = max(1000, len(step.evidence.rows))
    bound = f", limit={limit}" if limit > 1000 else ""
    name = step.evidence.id
    return "\n".join([*lines, f"{name} = replay.run({literal(name)}, {text_literal(step.sql or '')}{bound})"])


def check_code(step: Step) -> str:
    """The comparison of a step's result with what the ledger recorded, one recorded row per line."""
    evidence = step.evidence
    lines = [
        f"replay.check({evidence.id}, Recorded(",
        f"    columns={literal([tuple(c) for c in evidence.columns])},",
        f"    row_count={literal(evidence.row_count)},",
        "    rows=[",
        *(f"        {literal(list(row))}," for row in evidence.rows),
        "    ],",
        f"    tables={literal(step.evidence.tables)},",
    ]
    if step.order.ordered:
        lines.append(f"    ordered=True, keys={literal(step.order.keys)},")
    lines += [
        f"    {flag}=True," for flag, on in (("limited", step.order.limited), ("random", step.random)) if on
    ]
    lines += [
        f"    {field}={literal(value)},"
        for field, value in (("frozen", step.frozen), ("stale", step.stale))
        if value
    ]
    return "\n".join([*lines, "))"])
