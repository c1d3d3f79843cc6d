"""What the chat's commands do beyond a line: tools by hand, results and charts into files, other sessions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from llmauto.chat.state import LONG_PLAN, Chat
from llmauto.exits import UsageError
from llmauto.render.answer import print_charts
from llmauto_tools.ledger import Evidence

CHART_FILES = (".png", ".svg", ".html", ".json")
RESULT_FILES = (".csv", ".parquet", ".json")


def run_by_hand(chat: Chat, name: str, arguments: dict[str, Any]) -> Evidence:
    """Run a tool by hand, as part of the session. Raises what it raises."""
    from llmauto_tools.runner import run_tool

    evidence: Evidence = chat.work(
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
    return evidence


def save_result(chat: Chat, path: Path) -> None:
    """Write the whole last result (not only the rows that were shown) to a file, in one step."""
    sql = chat.last_result("save").sql or ""
    if path.suffix.lower() not in RESULT_FILES:
        raise UsageError(
            f"'{path.suffix or path}' is no kind of file that results are saved as.",
            f"End it in one of: {', '.join(RESULT_FILES)}",
        )
    table = chat.work(f"writing {path}", lambda emit: chat.workspace.engine.arrow(sql))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _write(table, part, path.suffix.lower())
        part.replace(path)
    except OSError as e:
        part.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {e.strerror or e}.", "Choose another place.") from e
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


def chart(chat: Chat, words: list[str]) -> None:
    """Draw the last result as the kind that was asked for, and write it where a path was given."""
    evidence = chat.last_result("draw")
    paths = [w for w in words if Path(w).suffix.lower() in CHART_FILES]
    kind = " ".join(w for w in words if w not in paths)
    spec = _chart_spec(evidence, kind)
    if spec is None:
        raise UsageError(
            "This result has no shape that such a chart would show.",
            "A chart needs a name, a date or a number for each row, and a number to draw: /chart bar, line, "
            "scatter, histogram or pie.",
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


def evidence_of(chat: Chat, evidence_id: str) -> list[Evidence]:
    """One record of the ledger, or those behind the last answer. Raises UsageError where there is none."""
    if evidence_id:
        return [chat.workspace.ledger.get(evidence_id)]
    if chat.last is None:
        raise UsageError("There is no answer yet.", "/why e1 shows a record of the ledger.")
    if not chat.last.evidence:
        raise UsageError("The last answer rests on no tool run, so there is nothing behind it.")
    return list(chat.last.evidence)


def export(chat: Chat, path: Path) -> None:
    """Write the session as a notebook, script or transcript."""
    from llmauto_agent.export import export_session

    chat.work(f"writing {path}", lambda emit: export_session(chat.workspace, chat.session.id, path))
    chat.say(f"wrote {path}")


def share(chat: Chat, words: list[str]) -> None:
    """Write a transcript to pass on: without any cell, or with answers and rows where --data says so."""
    from llmauto_agent.export.share import share_session

    data = "--data" in words
    paths = [w for w in words if w != "--data"]
    if len(paths) != 1:
        raise UsageError("One file, please; quote a name with spaces.", "/share transcript.html --data")
    path = Path(paths[0]).expanduser()
    chat.work(f"writing {path}", lambda emit: share_session(chat.workspace, chat.session.id, path, data=data))
    chat.say(f"wrote {path}, {'with answers and rows' if data else 'without answers, rows and values'}")


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
        long_plan=LONG_PLAN,
        planner=chat.session.planner,
        meanings=chat.session.meanings,
        memory=chat.session.remembering.memory if chat.session.remembering is not None else None,
    )
    before, chat.session = chat.session, following
    before.close()
    chat.last, chat.result, chat.choices = None, None, []
    chat.reattach()


def change_model(chat: Chat, name: str) -> None:
    """Go on with another chat model, once it could be set up: a missing key or package is said now."""
    from llmauto_agent.models import make_model

    chat.work(f"setting up {name}", lambda emit: make_model(name, chat.workspace))
    chat.session.use(model=name)
