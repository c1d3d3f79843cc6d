"""What the chat's commands do beyond a line: tools by hand, results and charts into files, other sessions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from llmauto.chat.state import Chat
from llmauto.exits import UsageError
from llmauto.render.answer import Style, print_charts, print_result
from llmauto_tools.errors import LlmautoError, UnsupportedSource

CHART_FILES = (".png", ".svg", ".html", ".json")


def show_tool(chat: Chat, name: str, arguments: dict[str, Any]) -> None:
    """Run a tool by hand, as part of the session, and show what it gave."""
    from llmauto_tools.runner import run_tool

    evidence = chat.work(
        name,
        lambda emit: run_tool(
            chat.workspace,
            name,
            arguments,
            session=chat.session.id,
            progress=lambda text, fraction: emit((text, fraction)),
            timeout=chat.settings.timeout,
        ),
    )
    print_result(evidence, chat.screen, Style(chat.settings.max_rows, chart=False))


def save_result(chat: Chat, path: Path) -> None:
    """Write the whole last result (not only the rows that were shown) to a file, in one step."""
    evidence = chat.main_evidence()
    if evidence is None or not evidence.sql:
        raise UsageError("There is no result to save yet.")
    if path.suffix not in (".csv", ".parquet", ".json"):
        raise UnsupportedSource(f"'{path.suffix or path}' is no kind of file that results are saved as.",
                                "Use .csv, .parquet or .json.")  # fmt: skip
    sql = evidence.sql
    table = chat.work(f"writing {path}", lambda emit: chat.workspace.engine.arrow(sql))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _write(table, part, path.suffix)
        part.replace(path)
    except OSError as e:
        part.unlink(missing_ok=True)
        raise LlmautoError(f"{path} cannot be written: {e.strerror}.") from e
    chat.say(f"wrote {table.num_rows:,} rows to {path}")


def _write(table: Any, path: Path, suffix: str) -> None:
    if suffix == ".csv":
        from pyarrow import csv

        csv.write_csv(table, path)
    elif suffix == ".parquet":
        from pyarrow import parquet

        parquet.write_table(table, path)
    else:
        import json

        from llmauto_tools.results import to_json_value

        with path.open("w", encoding="utf-8") as file:
            for row in table.to_pylist():
                file.write(json.dumps(to_json_value(row), ensure_ascii=False) + "\n")


def chart(chat: Chat, rest: str) -> None:
    """Draw the last result as the kind that was asked for, and write it where a path was given."""
    evidence = chat.main_evidence()
    if evidence is None:
        raise UsageError("There is no result to draw yet.")
    words = rest.split()
    paths = [w for w in words if Path(w).suffix.lower() in CHART_FILES]
    kind = " ".join(w for w in words if w not in paths)
    spec = _chart_spec(evidence, kind)
    if spec is None:
        raise UsageError(
            "This result has no shape that a chart would show.", "Try /chart bar, line or scatter."
        )
    if not paths:
        print_charts([spec], chat.screen)
    for path in paths:
        from llmauto_tools.charts.export import save_chart

        save_chart(spec, Path(path).expanduser())
        chat.say(f"wrote {path}")


def _chart_spec(evidence: Any, kind: str) -> dict[str, Any] | None:
    from llmauto_tools.charts.choose import choose_chart
    from llmauto_tools.charts.spec import vega_lite
    from llmauto_tools.plan.model import Plan
    from llmauto_tools.schema import Column

    plan = Plan.model_validate(evidence.arguments["plan"]) if "plan" in evidence.arguments else None
    chosen = choose_chart(plan, evidence, f"as a {kind} chart" if kind else None)
    columns = [Column(name, dtype) for name, dtype in evidence.columns]
    return vega_lite(chosen, columns, evidence.rows) if chosen else None


def show_why(chat: Chat, evidence_id: str) -> None:
    """The evidence behind the last answer, or one record: what ran, on what, and when."""
    if evidence_id:
        found = [chat.workspace.ledger.get(evidence_id)]
    elif chat.last is not None:
        found = list(chat.last.evidence)
    else:
        raise UsageError("There is no answer yet.")
    for evidence in found:
        print_result(evidence, chat.screen, Style(chat.settings.max_rows, chart=False))
        for table in evidence.tables:
            chat.say(f"from {table} ({chat.workspace.table(table).origin})")


def export(chat: Chat, path: Path) -> None:
    """Write the session as a notebook, script or transcript."""
    from llmauto_agent.export import export_session

    chat.work(f"writing {path}", lambda emit: export_session(chat.workspace, chat.session.id, path))
    chat.say(f"wrote {path}")


def switch_session(chat: Chat, session_id: str) -> None:
    """Go on in another session of the workspace, with its sources attached."""
    from llmauto_agent.session import Session

    record = chat.session.store.get(session_id)
    following = Session(
        chat.workspace,
        model=record.model,
        share=record.share,
        session_id=record.id,
        timeout=chat.settings.timeout,
        approve="always" if chat.approved else "ask",
    )
    chat.work("reading the sources", lambda emit: following.reattach())
    chat.session.close()
    chat.session, chat.last = following, None
    chat.say(f"session {record.id}: {record.title}")
