"""DuckDB's errors in our terms: which kind it is, where in the statement, and what to do next."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from llmauto_tools.errors import (
    DiskFull,
    Interrupted,
    LlmautoError,
    MemoryLimitReached,
    QueryInvalid,
    QueryRejected,
    UnreadableSource,
    WorkspaceError,
    nearest,
)
from llmauto_tools.schema import Relation

_PREFIX = re.compile(
    r"^(?:INTERNAL|INTERRUPT|[A-Z][\w]*(?: [A-Z][\w]*){0,3}) Error: (?:[A-Z][\w]* Error: )?", re.ASCII
)
_POINTER = re.compile(r"\n+LINE (\d+): (.*)\n( *)\^", re.DOTALL)
_NO_COLUMN = re.compile(
    r'(?:Referenced column "(?P<a>.+?)" not found'
    r'|does not have a column named "(?P<b>.+?)"'
    r'|column "(?P<c>.+?)" (?:was |is )?not (?:be )?found)',
    re.DOTALL,
)
_QUOTED = re.compile(r'"((?:[^"]|"")+)"')
_CHANGED_HINT = "Attach it again, so that its columns are looked at afresh."


def syntax_failure(error: Exception, sql: str) -> LlmautoError:
    """What the parser said about a statement, with the position."""
    text = str(error)
    if "expression depth" in text or "memory exhausted" in text:
        return QueryRejected(
            "The statement is nested too deeply.", "Split it into CTEs: WITH step AS (SELECT …) SELECT …"
        )
    return QueryInvalid(_sentence(text, sql), "The statement is DuckDB SQL.")


def translate(error: BaseException, sql: str, relations: Sequence[Relation]) -> LlmautoError | None:
    """The error of ours for one of DuckDB's, or None for one that is not DuckDB's.

    `relations` are those that the statement names: their columns make the hints, and a file of theirs
    that has vanished explains the error.
    """
    if isinstance(error, MemoryError):
        return MemoryLimitReached("There is not enough memory for this query.", _LESS)
    text = str(error)
    kind = _kind(error, text)
    if kind is None:
        return None
    return (
        _resource_failure(kind, text)
        or _source_failure(kind, text, relations)
        or _statement_failure(kind, text, sql, relations)
    )


def _kind(error: BaseException, text: str) -> str | None:
    """The kind that DuckDB's message begins with, in lower case, such as "conversion".

    From the text, since an error that came through Arrow has it too and has lost its class.
    """
    import duckdb

    match = re.match(r"([A-Za-z][A-Za-z ]{1,30}?) Error: ", text)
    if match and isinstance(error, (duckdb.Error, OSError, ValueError)):
        return match[1].lower()
    return "other" if isinstance(error, duckdb.Error) else None


_LESS = "Select fewer rows or columns, group before joining, or allow more with --memory."


def _resource_failure(kind: str, text: str) -> LlmautoError | None:
    if kind == "interrupt":
        return Interrupted("The query was stopped.")
    if "No space left on device" in text or "max_temp_directory_size" in text:
        return DiskFull("The disk is full: the query could not write its intermediate results.", _LESS)
    if "File too large" in text:
        return DiskFull("The file-size limit of this process was reached while the query spilled.", _LESS)
    if kind == "out of memory":
        used = re.search(r"\(([^)]*used)\)", text)
        return MemoryLimitReached(
            f"The query needs more memory than is allowed{f' ({used[1]})' if used else ''}.", _LESS
        )
    if kind == "fatal":
        return WorkspaceError(f"The SQL engine stopped: {_sentence(text, '')}", "Run the query again.")
    return None


def _source_failure(kind: str, text: str, relations: Sequence[Relation]) -> LlmautoError | None:
    for relation in relations:
        for path in (*relation.paths, *((relation.attach[1],) if relation.attach else ())):
            if "*" not in path and not os.path.lexists(path):
                return UnreadableSource(
                    f"The source of '{relation.name}' is no longer there: {relation.origin or path}.",
                    "Put it back, or attach it from where it is now.",
                )
    where = f" of {_listed(relations)}" if relations else ""
    if "Contents of view were altered" in text or "schema mismatch" in text:
        return UnreadableSource(
            f"The columns{where} have changed since the source was attached.", _CHANGED_HINT
        )
    unreadable = kind == "invalid input" and re.search(
        r"CSV Error|parquet|Parquet|[Mm]alformed JSON|Failed to read file", text
    )
    if unreadable or kind in ("io", "permission", "serialization"):
        return UnreadableSource(f"The data{where} cannot be read: {_sentence(text, '')}", _CHANGED_HINT)
    return None


def _listed(relations: Sequence[Relation]) -> str:
    return ", ".join(f"'{r.name}'" for r in relations[:5])


def _statement_failure(kind: str, text: str, sql: str, relations: Sequence[Relation]) -> LlmautoError:
    if kind == "internal":
        return QueryInvalid(
            f"DuckDB could not run this statement: {_sentence(text, sql)}", "Word it differently."
        )
    return QueryInvalid(_sentence(text, sql), _name_hint(text, relations) or _type_hint(kind, text))


def _name_hint(text: str, relations: Sequence[Relation]) -> str | None:
    """The nearest column names, for a name that was not found."""
    missing = _NO_COLUMN.search(text)
    if missing is None:
        tables = re.search(r"Candidate tables: (.*)", text)
        return f"The tables in this statement are: {tables[1]}." if tables else None
    wrong = next(g for g in missing.groups() if g is not None)
    offered = re.search(r"Candidate (?:bindings|Entries|names): (.*)", text, re.IGNORECASE)
    suggested = [q.replace('""', '"').split(".")[-1] for q in _QUOTED.findall(offered[1])] if offered else []
    columns = [c.name for r in relations for c in r.columns]
    close = list(dict.fromkeys([*nearest(wrong, columns), *nearest(wrong, suggested)]))[:3]
    if close:
        return "Did you mean " + " or ".join(f'"{c}"' for c in close) + "?"
    known = list(dict.fromkeys(columns or suggested))
    listed = ", ".join(f'"{c}"' for c in known[:20])
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    return f"The columns are: {listed}{more}." if known else None


def _type_hint(kind: str, text: str) -> str | None:
    if kind == "conversion":
        return "Use TRY_CAST(… AS type) to get NULL where a value does not convert."
    if "explicit type casts" in text:
        return "Cast the argument: CAST(… AS DOUBLE), or TRY_CAST where some values do not convert."
    if "must appear in the GROUP BY clause" in text:
        return "Add the column to GROUP BY (or write GROUP BY ALL), or aggregate it."
    return None


def _sentence(text: str, sql: str) -> str:
    """DuckDB's message without its prefix and pointer, with the position in words."""
    pointer = _POINTER.search(text)
    body = text[: pointer.start()] if pointer else text
    body = _PREFIX.sub("", body.strip())
    body = re.split(r"\n\s*Candidate|\n\s*Possible solutions|\nDid you mean|\n\n", body)[0]
    body = " ".join(body.split()).rstrip(".! ")
    body = body.removesuffix(". You might need to add explicit type casts")
    position = _position(pointer, sql) if pointer else None
    return f"{body} ({position})." if position else f"{body}."


def _position(pointer: re.Match[str], sql: str) -> str | None:
    """ "line 2, column 7" of the character that DuckDB's pointer shows."""
    number, shown, spaces = int(pointer[1]), pointer[2], len(pointer[3])
    lines = sql.split("\n")
    if number > len(lines):
        return None
    column = spaces - len(f"LINE {number}: ")
    if shown.startswith("..."):
        fragment = shown[3:].removesuffix("...")
        at = lines[number - 1].find(fragment)
        if at < 0:
            return f"line {number}"
        column += at - 3
    return f"line {number}, column {column + 1}"
