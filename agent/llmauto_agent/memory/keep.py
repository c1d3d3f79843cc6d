"""What of a finished question is worth keeping, and whether a question is one that was answered before.

Kept are the question with its plan, SQL and answer; what a tool other than a query found; models and reports
that were made; and the tables and columns that were attached. What holds personal data or a secret is left
out here without asking: a person who wants it kept adds it by hand.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from llmauto_agent.memory.entry import Entry, Kind
from llmauto_agent.planner.tokens import detect_language, fold
from llmauto_agent.planner.words import expand, split_name
from llmauto_tools.schema import Table, type_family

if TYPE_CHECKING:
    from llmauto_agent.answer import Answer
    from llmauto_tools.ledger import Evidence

_QUERIES = frozenset(("query", "analyze"))
_PLAIN = _QUERIES | {"sample", "tables", "describe", "look_up", "undo", "save_table"}
"""Tools whose results are answers or views, and no findings."""
_MAKES: dict[str, Kind] = {"train_model": "model", "write_report": "report", "report": "report"}
MAX_ANSWER = 1_500
MAX_COLUMNS = 2_000
"""Columns that are described for one workspace; more would fill the memory with names."""


def question_entry(answer: Answer, tables: Sequence[Table], fingerprints: dict[str, str]) -> Entry | None:
    """The entry of an answered question, or None where nothing was run for it."""
    done = [e for e in answer.evidence if e.state == "finished"]
    if answer.status != "answered" or not done:
        return None
    main = next((e for e in reversed(done) if e.columns or e.sections), done[-1])
    used = [t for t in tables if t.name in main.tables]
    data = {
        "answer": answer.answer[:MAX_ANSWER],
        "tool": main.tool,
        "plan": main.arguments.get("plan") if main.tool == "analyze" else None,
        "sql": main.sql if main.tool in _QUERIES else None,
        "evidence": [e.id for e in done],
        "schema": schema_of(used),
        "language": detect_language(answer.question),
        "accepted": None,
    }
    names = ",".join(sorted(t.name for t in used))
    return Entry(
        "question", answer.question, "workspace", data, f"session {answer.session}", answer.session,
        {t.name: fingerprints.get(t.name, "") for t in used}, f"question:{question_key(answer.question)}:{names}",
    )  # fmt: skip


def finding_entries(answer: Answer, fingerprints: dict[str, str]) -> list[Entry]:
    """What the tools of an answer found or made, one entry each."""
    found = []
    for evidence in answer.evidence:
        if evidence.state != "finished" or evidence.tool in _PLAIN or not (evidence.text or answer.answer):
            continue
        kind = _MAKES.get(evidence.tool, "finding")
        found.append(_finding(answer, evidence, kind, fingerprints))
    return found


def _finding(answer: Answer, evidence: Evidence, kind: Kind, fingerprints: dict[str, str]) -> Entry:
    text = (evidence.text or answer.answer)[:MAX_ANSWER]
    data: dict[str, Any] = {"question": answer.question, "evidence": [evidence.id], "tool": evidence.tool}
    for name in ("model", "table", "recipe", "metric", "target"):
        if isinstance(evidence.figures.get(name), str):
            data[name] = evidence.figures[name]
    versions = {t: fingerprints.get(t, "") for t in evidence.tables}
    return Entry(
        kind, text, "workspace", data, f"session {answer.session}, {evidence.id}", answer.session, versions,
        f"{kind}:{evidence.id}",
    )  # fmt: skip


# ---- tables and columns


Examples = Callable[[str, str], list[str]]


def schema_entries(tables: Sequence[Table], examples: Examples | None = None) -> list[Entry]:
    """An entry for each table and each column. `examples` gives values, where the person shares samples."""
    entries = []
    room = MAX_COLUMNS
    for table in tables:
        mark = schema_mark(table)
        names = ", ".join(_in_words(c.name) for c in table.columns[:60])
        rows = f", {table.row_count:,} rows" if table.row_count is not None else ""
        text = f"table {_in_words(table.name)}{rows}, with columns {names}"[:MAX_ANSWER]
        data = {"table": table.name, "schema": schema_of([table])}
        entries.append(
            Entry("table", text, data=data, source=f"table {table.name}", key=f"table:{table.name}:{mark}")
        )
        for column in table.columns[:room]:
            shown = examples(table.name, column.name) if examples and column.family == "text" else []
            entries.append(_column_entry(table, column.name, column.dtype, mark, shown))
        room = max(0, room - len(table.columns))
    return entries


def _column_entry(table: Table, name: str, dtype: str, mark: str, shown: Sequence[str]) -> Entry:
    what = {"number": "a number", "text": "text", "date": "a date", "time": "a time", "boolean": "yes or no"}
    text = f"column {_in_words(name)} of table {_in_words(table.name)}: {what.get(type_family(dtype), dtype)}"
    if shown:
        text += ", such as " + ", ".join(s[:60] for s in shown)
    data = {"table": table.name, "column": name, "type": dtype}
    return Entry(
        "column", text, data=data, source=f"table {table.name}", key=f"column:{table.name}.{name}:{mark}"
    )


def _in_words(name: str) -> str:
    """A name, and the words in it where it does not say them itself: "ord_qty (order quantity)"."""
    words = [w for part in split_name(name) for w in (expand(part) or (part,))]
    said = " ".join(words)
    return name if fold(name) == said or not said else f"{name} ({said})"


def schema_of(tables: Iterable[Table]) -> list[dict[str, Any]]:
    return [{"name": t.name, "columns": [[c.name, c.dtype] for c in t.columns]} for t in tables]


def schema_mark(table: Table) -> str:
    """Changes when a table's columns or their types do."""
    told = json.dumps([[c.name, c.dtype] for c in table.columns], ensure_ascii=False)
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:12]


# ---- the same question


_POLITE = frozenset(
    ["please", "show", "me", "the", "a", "an", "give", "tell", "list", "what", "is", "are", "was", "were", "do",
     "does", "did", "can", "could", "you", "i", "want", "like", "see", "there", "of", "our", "my", "us", "we",
     "have", "has", "hi", "hello", "thanks", "now", "again", "find", "get", "would", "let", "which", "need"]
)  # fmt: skip
_DIRECTED = frozenset(
    ["than", "minus", "vs", "versus", "from", "to", "before", "after", "between", "not", "without", "except",
     "over", "under", "per", "by", "divided", "compared"]
)  # fmt: skip
_POLITE_ZH = re.compile(r"请问?|帮我|给我|一下|查询|显示|列出|告诉我|看看|我想知道|吗|呢|的|了|是|有")


def question_key(question: str) -> str:
    """A key that the same question in nearly the same words shares; two different questions do not.

    Polite and asking words do not count, nor forms of words; numbers, names, order and words such as "not"
    do. The order does not count where no word gives it a meaning ("in 2023, revenue by region").
    """
    folded = fold(question)
    if detect_language(question) == "zh":
        return re.sub(r"[\s\W_]+", "", _POLITE_ZH.sub("", folded))
    from llmauto_agent.planner.words import root

    words = [w for w in re.findall(r"[^\W_]+(?:[._'%-][^\W_]+)*%?|[<>=+*/-]", folded) if w not in _POLITE]
    roots = [root(w) if w.isalpha() else w for w in words]
    directed = any(w in _DIRECTED or not w[0].isalnum() for w in words)
    return " ".join(roots if directed else sorted(roots))


def fits(stored: Sequence[dict[str, Any]], tables: Sequence[Table]) -> str | None:
    """None where the tables still have the columns that a plan was made for, else what is different."""
    there = {t.name: t for t in tables}
    for old in stored:
        table = there.get(old["name"])
        if table is None:
            return f"there is no table {old['name']} here"
        for name, dtype in old["columns"]:
            column = table.column(name)
            if column is None:
                return f"{old['name']} has no column {name} any more"
            if type_family(column.dtype) != type_family(dtype):
                return f"the column {name} of {old['name']} is of another type now"
    return None


def without_sensitive(entries: Iterable[Entry]) -> list[Entry]:
    """Entries that may be stored without asking. A question stays where only its answer holds something."""
    from llmauto_agent.memory.personal import sensitive, sensitive_in

    kept = []
    for entry in entries:
        if sensitive(entry.text):
            continue
        data = entry.data
        if "answer" in data and sensitive(data["answer"]):
            data = data | {"answer": ""}
        if sensitive_in(data):
            continue
        kept.append(Entry(**{**entry.__dict__, "data": data}))
    return kept
