"""Files of accepted question-SQL pairs, and which of them are held out.

    {"question": "how many orders were late", "sql": "SELECT count(*) FROM orders WHERE late"}
    {"question": "and in 2024?", "sql": "…", "previous_question": "how many …", "previous_sql": "…"}

JSON lines; or csv or tsv with the same names as columns.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmauto_tools.errors import SourceNotFound, UnreadableSource, UnsupportedSource

HELD_EACH = 5
"""Every fifth pair is held out …"""
HELD_LEAST = 5
"""… and at least so many."""
FEWEST = 2 * HELD_LEAST
"""Pairs below which there is nothing to learn from beside the held-out ones."""
FIELDS = ("question", "sql", "previous_question", "previous_sql")
_SUFFIXES = {".jsonl", ".ndjson", ".csv", ".tsv"}
_EXAMPLE = 'A line looks like {"question": "how many orders?", "sql": "SELECT count(*) FROM orders"}.'


@dataclass(frozen=True)
class Pair:
    """A question with the SQL that answers it; a follow-up also has the turn before.

    `line` is its line in the file (from 1), for messages.
    """

    question: str
    sql: str
    previous_question: str = ""
    previous_sql: str = ""
    line: int = 0

    @property
    def digest(self) -> int:
        """A number of the question, the same for the same words in any case and spacing."""
        text = " ".join(f"{self.previous_question} {self.question}".casefold().split())
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def read_pairs(path: str | os.PathLike[str]) -> list[Pair]:
    """The pairs of a .jsonl, .ndjson, .csv or .tsv file, the same pair once.

    Raises SourceNotFound, UnsupportedSource, and UnreadableSource naming the line that is wrong.
    """
    path = Path(path)
    if path.suffix.lower() not in _SUFFIXES:
        raise UnsupportedSource(
            f"{path} is no file of pairs: it ends in none of {', '.join(sorted(_SUFFIXES))}.", _EXAMPLE
        )
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError as e:
        raise SourceNotFound(f"The file of pairs {path} does not exist.", _EXAMPLE) from e
    except (OSError, UnicodeDecodeError) as e:
        raise UnreadableSource(f"The file of pairs {path} cannot be read: {e}.", "Save it as UTF-8.") from e
    rows = _json_rows(text, path) if path.suffix.lower() in {".jsonl", ".ndjson"} else _table_rows(text, path)
    found = [_pair(row, line, str(path)) for line, row in rows]
    if not found:
        raise UnreadableSource(f"The file of pairs {path} is empty.", _EXAMPLE)
    return _once(found)


def pairs_of(rows: Iterable[Mapping[str, Any]]) -> list[Pair]:
    """Pairs that a program has as dicts with the names of the fields. Raises UnreadableSource."""
    return _once([_pair(row, number, "the pairs") for number, row in enumerate(rows, 1)])


def _once(found: Sequence[Pair]) -> list[Pair]:
    return list({(p.question, p.sql, p.previous_question): p for p in reversed(found)}.values())[::-1]


def _json_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as e:
            raise UnreadableSource(f"{path}, line {number} is not JSON: {e}.", _EXAMPLE) from e
        if not isinstance(row, dict):
            raise UnreadableSource(f"{path}, line {number} is not an object.", _EXAMPLE)
        yield number, row


def _table_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text), delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
    missing = {"question", "sql"} - set(reader.fieldnames or ())
    if missing:
        raise UnreadableSource(
            f"{path} has no column {' and no column '.join(sorted(missing))}.",
            f"The columns are {', '.join(FIELDS)}; the last two may be left out.",
        )
    for row in reader:
        yield reader.line_num, row


def _pair(row: Mapping[str, Any], line: int, where: str) -> Pair:
    texts = {name: str(row.get(name) or "").strip() for name in FIELDS}
    for name in ("question", "sql"):
        if not texts[name]:
            raise UnreadableSource(f"{where}, line {line} has no {name}.", _EXAMPLE)
    if bool(texts["previous_question"]) != bool(texts["previous_sql"]):
        raise UnreadableSource(
            f"{where}, line {line} has only one of previous_question and previous_sql.",
            "Give both or neither.",
        )
    return Pair(**texts, line=line)


def split(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """(to learn from, held out). The same question is always on the same side, however the file grows.

    Held out is every fifth by a hash of the question; where these are fewer than five, the next by hash.
    """
    held = {p.digest for p in pairs if p.digest % HELD_EACH == 0}
    for digest in sorted({p.digest for p in pairs}, key=lambda d: (d % HELD_EACH, d)):
        if sum(p.digest in held for p in pairs) >= HELD_LEAST:
            break
        held.add(digest)
    return [p for p in pairs if p.digest not in held], [p for p in pairs if p.digest in held]
