"""What an exported session needs to replay its evidence: DuckDB and Python's standard library.

The text of this module is copied into every export, so it imports nothing of llmauto but the
module beside it, which is copied too.
"""

from __future__ import annotations

import datetime as dt
import html
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from llmauto_agent.export.runtime_compare import (
    brief,
    compare_columns,
    compare_in_order,
    in_utc,
    short,
    to_json_value,
    unmatched,
)

SHOWN_ROWS = 20

_SPELLED_BY_ARROW = re.compile(r"\b(MAP|UNION|INTERVAL|BIT|TIMESTAMP_NS)\b|WITH TIME ZONE")


@dataclass
class Recorded:
    """What the ledger recorded of one statement's result, and how it may be compared."""

    columns: list[Any]
    row_count: int | None
    rows: list[Any]
    """The first ones, where there were many."""
    tables: tuple[str, ...] = ()
    """The tables that the statement reads."""
    ordered: bool = False
    keys: tuple[int, ...] | None = None
    """Positions of the columns that it is ordered by, None where one is not in the result."""
    limited: bool = False
    """It has a LIMIT."""
    random: bool = False
    """It draws at random."""
    frozen: str = ""
    """What it read from the clock, and was given as a literal here."""
    stale: str = ""
    """Tables whose data changed between the recording and the export."""


class Replayed:
    """The result of one statement: columns as (name, type), the first rows, and how many there are."""

    def __init__(self, name: str, sql: str, columns: list[Any], rows: list[Any], row_count: int) -> None:
        self.name, self.sql, self.columns, self.rows, self.row_count = name, sql, columns, rows, row_count

    def df(self) -> Any:
        """The rows at hand as a pandas DataFrame (needs pandas)."""
        import pandas

        return pandas.DataFrame(self.rows, columns=[name for name, _ in self.columns])

    def __repr__(self) -> str:
        shown = [[str(name) for name, _ in self.columns]]
        shown += [["" if v is None else short(v) for v in row] for row in self.rows[:SHOWN_ROWS]]
        widths = [max(_width(row[i]) for row in shown) for i in range(len(self.columns))]
        lines = [
            "  ".join(v + " " * (w - _width(v)) for v, w in zip(row, widths, strict=True)).rstrip()
            for row in shown
        ]
        lines.insert(1, "  ".join("-" * w for w in widths))
        return "\n".join(lines + self._left_out())

    def _repr_html_(self) -> str:
        try:
            table = str(self.df().head(SHOWN_ROWS).to_html(na_rep=""))
        except ImportError:
            head = "".join(f"<th>{html.escape(str(name))}</th>" for name, _ in self.columns)
            cells = [
                "".join(f"<td>{'' if v is None else html.escape(str(v))}</td>" for v in row)
                for row in self.rows[:SHOWN_ROWS]
            ]
            body = "".join(f"<tr>{row}</tr>" for row in cells)
            table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return table + "".join(f"<p>{line}</p>" for line in self._left_out())

    def _left_out(self) -> list[str]:
        left = self.row_count - min(len(self.rows), SHOWN_ROWS)
        return [f"... and {left:,} more rows"] if left > 0 else []


class Replay:
    """A DuckDB connection with the session's tables, and what was recorded of the files behind them.

    sources: label to path, as the person may have changed it.
    recorded: label to (path, bytes, last modified in ns, number of files, names of the files that are read
    in a folder, none for all) at the time of the export.
    version: of DuckDB, with which the results were recorded.
    """

    def __init__(
        self, sources: dict[str, str], recorded: dict[str, Any], time_zone: str, version: str = ""
    ) -> None:
        self.sources, self.recorded, self.version = sources, recorded, version
        self.reads: dict[str, set[str]] = {}
        self.connection = duckdb.connect()
        self.connection.execute(f"SET TimeZone = '{time_zone}'")

    def attach(self, alias: str, label: str) -> None:
        """Attach a DuckDB file, read-only."""
        path = self._path(label).replace("'", "''")
        self.connection.execute(f"ATTACH '{path}' AS {_identifier(alias)} (READ_ONLY)")

    def view(self, name: str, sql: str, *labels: str) -> None:
        """Define a table of the session as a view over its files."""
        self.reads[name] = set(labels)
        self.connection.execute(
            f"CREATE OR REPLACE VIEW {_identifier(name)} AS {self._redirected(sql, labels)}"
        )

    def table(self, name: str, sql: str, columns: list[Any], *tables: str) -> None:
        """Build a table that the session had saved; `tables` are those that its SQL reads.

        columns: names and types as they were saved; a file does not keep every type of a result.
        """
        self.reads[name] = set().union(*(self.reads.get(t, set()) for t in tables))
        numbered = [f"c{i}" for i in range(len(columns))]
        picked = [
            f"CAST({c} AS {dtype}) AS {_identifier(column)}"
            for c, (column, dtype) in zip(numbered, columns, strict=True)
        ]
        self.connection.execute(
            f"CREATE OR REPLACE TABLE {_identifier(name)} AS SELECT {', '.join(picked)}"
            f" FROM ({_inner(sql)}\n) AS saved({', '.join(numbered)})"
        )

    def saved(self, name: str, label: str) -> None:
        """Take a table that the session had saved from its file."""
        self.reads[name] = {label}
        path = _no_glob(self._path(label)).replace("'", "''")
        self.connection.execute(
            f"CREATE OR REPLACE TABLE {_identifier(name)} AS SELECT * FROM read_parquet('{path}')"
        )

    def run(self, name: str, sql: str, limit: int = 1000) -> Replayed:
        """Run a recorded statement; at most `limit` rows are fetched, all are counted."""
        cursor, columns = self._execute(sql)
        rows = cursor.fetchmany(limit + 1)
        count = len(rows)
        if count > limit:
            counted = self.connection.execute(f"SELECT count(*) FROM ({_inner(sql)}\n)").fetchone()
            count = counted[0] if counted else 0
        return Replayed(name, sql, columns, [_aware(row, columns) for row in rows[:limit]], count)

    def check(self, result: Replayed, recorded: Recorded) -> None:
        """Compare a replayed result with what the ledger recorded, and print what was found.

        Raises AssertionError where they differ, unless the files are as they were and the statement is
        one that may give another result each time.
        """
        problem, note = self._compare(result, recorded)
        changed = "; ".join(self.changes(*recorded.tables))
        excuse = _excuse(recorded)
        if problem and (changed or recorded.stale or not excuse):
            why = f" Changed since the export: {changed}." if changed else ""
            why += (
                f" Changed between the recording and the export: {recorded.stale}." if recorded.stale else ""
            )
            if self.version and self.version != duckdb.__version__:
                why += f" Recorded with DuckDB {self.version}; this is {duckdb.__version__}."
            raise AssertionError(f"{result.name}: the result differs from the recorded one: {problem}.{why}")
        if problem:
            print(f"{result.name}: not the same result, but {excuse}: {problem}")
            return
        notes = [note] if note else []
        if changed:
            notes.append(f"though changed since the export: {changed}")
        counted = f"{result.row_count:,} row{'' if result.row_count == 1 else 's'}"
        if len(recorded.rows) < result.row_count:
            counted += f", {len(recorded.rows):,} of them compared"
        print(f"{result.name}: same result ({counted})" + "".join(f"; {n}" for n in notes))

    def changes(self, *tables: str) -> list[str]:
        """The files behind these tables that are no longer as they were when the session was exported."""
        labels = sorted(set().union(*(self.reads.get(t, set()) for t in tables)))
        return [c for c in (self._change(label) for label in labels) if c]

    def _change(self, label: str) -> str:
        path, size, modified, files, names = self.recorded[label]
        now = file_state(self.sources[label], names)
        if now is None:
            return f"{label} is gone, or a file in it"
        if now[0] != size or now[2] != files:
            return f"{label} ({now[0]:,} bytes in {now[2]:,} files, recorded {size:,} in {files:,})"
        if now[1] != modified and self.sources[label] == path:
            return f"{label} (modified {_moment(now[1])}, recorded {_moment(modified)})"
        return ""

    def _path(self, label: str) -> str:
        path = self.sources[label]
        if not Path(path).exists():
            raise FileNotFoundError(f"{label}: there is no {path}. Correct its path in SOURCES at the top.")
        return path

    def _redirected(self, sql: str, labels: tuple[str, ...]) -> str:
        """The statement with the paths that were changed in SOURCES put in place of the recorded ones."""
        moved = {}
        for label in labels:
            now, before = self._path(label), self.recorded[label][0]
            if before.endswith("/") and not now.endswith("/"):
                now += "/"
            if now != before:
                for spelled in (before, _no_glob(before)):
                    moved["'" + spelled.replace("'", "''")] = "'" + _no_glob(now).replace("'", "''")
        if not moved:
            return sql
        longest_first = sorted(moved, key=len, reverse=True)
        pattern = "|".join(re.escape(p) + ("" if p.endswith("/") else "(?=')") for p in longest_first)
        return re.sub(pattern, lambda found: moved[found.group()], sql)

    def _execute(self, sql: str) -> tuple[Any, list[Any]]:
        """A cursor whose values Python can read, and the columns as (name, type).

        Python needs a further package for moments with a time zone, so they are fetched in UTC.
        """
        cursor = self.connection.execute(sql)
        columns = [(c[0], str(c[1])) for c in cursor.description or ()]
        if any("WITH TIME ZONE" in dtype for _, dtype in columns):
            names = [f"c{i}" for i in range(len(columns))]
            picked = [_readable(n, dtype) for n, (_, dtype) in zip(names, columns, strict=True)]
            cursor = self.connection.execute(
                f"SELECT {', '.join(picked)} FROM ({_inner(sql)}\n) AS result({', '.join(names)})"
            )
        return cursor, columns

    def _compare(self, result: Replayed, recorded: Recorded) -> tuple[str, str]:
        """(what differs, what is worth a note)"""
        problem = compare_columns(result.columns, recorded.columns, names=not recorded.frozen)
        if not problem and recorded.row_count not in (None, result.row_count):
            problem = f"{result.row_count:,} rows, recorded {recorded.row_count:,}"
        if problem:
            return problem, ""
        left_out, kept = _comparable(result.columns)
        old = [[in_utc(row[i]) if moment else row[i] for i, moment in kept] for row in recorded.rows]
        new = [[to_json_value(row[i]) for i, _ in kept] for row in result.rows[: len(old)]]
        cut = len(old) < result.row_count
        if recorded.ordered:
            keys = _positions(recorded.keys, [i for i, _ in kept])
            problem, note = compare_in_order(new, old, keys, recorded.limited or cut)
            return problem, "; ".join(n for n in (note, left_out) if n)
        missing, extra = unmatched(old, new)
        if missing and cut:
            missing = self._search(result.sql, missing, [i for i, _ in kept])
        if not missing:
            return "", left_out
        added = f", and {brief(extra[0])} was not recorded" if extra and not cut else ""
        return f"{len(missing):,} recorded rows are not there, such as {brief(missing[0])}{added}", ""

    def _search(self, sql: str, missing: list[Any], kept: list[int]) -> list[Any]:
        """Those of the recorded rows that are nowhere in the whole result."""
        cursor, columns = self._execute(sql)
        while missing:
            batch = cursor.fetchmany(10_000)
            if not batch:
                break
            values = (_aware(row, columns) for row in batch)
            rows = [[to_json_value(row[i]) for i in kept] for row in values]
            missing, _ = unmatched(missing, rows)
        return missing


def _excuse(recorded: Recorded) -> str:
    """Why a statement may give another result over the same data, or ''."""
    if recorded.frozen:
        return f"it reads the clock ({recorded.frozen}), so that another day may give another result"
    if recorded.random:
        return "it draws at random"
    if recorded.limited and not recorded.ordered:
        return "a LIMIT without ORDER BY may pick any rows"
    return ""


def _comparable(columns: list[Any]) -> tuple[str, list[tuple[int, bool]]]:
    """A note on what is left out, and the other columns' positions, each with whether it holds moments.

    A result with moments in time zones was recorded through Arrow, which spells a few types in a way of
    its own.
    """
    zoned = any("WITH TIME ZONE" in dtype for _, dtype in columns)
    kept, left_out = [], []
    for i, (name, dtype) in enumerate(columns):
        moment = dtype == "TIMESTAMP WITH TIME ZONE"
        if zoned and not moment and _SPELLED_BY_ARROW.search(dtype):
            left_out.append(name)
        else:
            kept.append((i, moment))
    return f"columns not compared: {', '.join(left_out)}" if left_out else "", kept


def _positions(keys: tuple[int, ...] | None, kept: list[int]) -> tuple[int, ...] | None:
    """Where the keys are among the kept columns, None where one of them is left out."""
    if keys is None or any(k not in kept for k in keys):
        return None
    return tuple(kept.index(k) for k in keys)


def file_state(path: str, names: tuple[str, ...] = ()) -> tuple[int, int, int] | None:
    """(bytes, last modified in ns, files) of a file or a folder, None if it is gone.

    Of a folder the files of these names count, or all below it.
    """
    place = Path(path)
    files = [place / name for name in names] or [place]
    if place.is_dir() and not names:
        files = [f for f in place.rglob("*") if f.is_file()]
    try:
        states = [file.stat() for file in files]
    except OSError:
        return None
    return sum(s.st_size for s in states), max((s.st_mtime_ns for s in states), default=0), len(files)


def _readable(column: str, dtype: str) -> str:
    if dtype == "TIMESTAMP WITH TIME ZONE":
        return f"{column} AT TIME ZONE 'UTC'"
    return f"CAST({column} AS VARCHAR)" if "WITH TIME ZONE" in dtype else column


def _aware(row: Any, columns: list[Any]) -> tuple[Any, ...]:
    """The row with its moments marked as UTC."""
    return tuple(
        v.replace(tzinfo=dt.UTC) if "WITH TIME ZONE" in dtype and isinstance(v, dt.datetime) else v
        for v, (_, dtype) in zip(row, columns, strict=True)
    )


def _width(text: str) -> int:
    """Columns that the text takes in a terminal; Chinese and Japanese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _inner(sql: str) -> str:
    return sql.rstrip().rstrip(";")


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _no_glob(path: str) -> str:
    """The path as DuckDB's readers take it literally."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in path)


def _moment(nanoseconds: int) -> str:
    return dt.datetime.fromtimestamp(nanoseconds / 1e9).isoformat(" ", "seconds")
