"""One store: a SQLite file with the entries, their keyword index, and their vectors by embedding model.

It is the truth; an index of vectors (chroma.py) can be made again from it at any time. Write-ahead log with
synchronous=FULL, one transaction for each call that writes: a kill loses at most the entry that was being
written, and several processes may read and write. What is deleted is overwritten (secure_delete), so that
`forget` leaves nothing of a text in the file, its log or its free pages.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from llmauto_agent.memory.entry import Entry, checked
from llmauto_agent.memory.keywords import entry_words
from llmauto_tools.errors import WorkspaceError
from llmauto_tools.state import open_state, state_errors, writing

FILE = "memory.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, scope TEXT NOT NULL, session TEXT,
    text TEXT NOT NULL, data TEXT NOT NULL, source TEXT NOT NULL, fingerprints TEXT NOT NULL,
    key TEXT UNIQUE, created REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entries_kind ON entries (kind, created);
CREATE TABLE IF NOT EXISTS terms (term TEXT PRIMARY KEY, entries INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (tokens, tokenize = "unicode61 remove_diacritics 0");
CREATE TABLE IF NOT EXISTS collections (
    id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL UNIQUE, dimensions INTEGER NOT NULL,
    folder TEXT, upto INTEGER NOT NULL DEFAULT 0, forgotten INTEGER NOT NULL DEFAULT 0,
    used REAL NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS vectors (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, entry INTEGER NOT NULL,
    vector BLOB NOT NULL, UNIQUE (collection, entry)
) STRICT;
CREATE INDEX IF NOT EXISTS vectors_order ON vectors (collection, seq);
CREATE TABLE IF NOT EXISTS blocks (
    collection INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, seqs BLOB NOT NULL,
    signs BLOB NOT NULL, PRIMARY KEY (collection, first)
) STRICT;
CREATE TABLE IF NOT EXISTS pending (
    collection INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (collection, entry)
) STRICT, WITHOUT ROWID;
"""

_COLUMNS = "number, kind, scope, session, text, data, source, fingerprints, key, created"
_MANY = 500
"""Values in one list of an SQL statement."""
SCORED = 1_000
"""Entries that one keyword query scores at most, in all; rarer words come first. It bounds the time."""


class Store:
    """Entries of one file. `letter` begins their ids. Safe in several threads and processes."""

    def __init__(self, folder: Path, letter: str) -> None:
        """Open, or make. Raises WorkspaceError where the file is damaged, locked or not writable."""
        self.folder = folder
        self.letter = letter
        self.path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise WorkspaceError(f"The folder {folder} cannot be made: {e.strerror}.") from e
        self.lock = threading.RLock()
        self.db = open_state(self.path, _SCHEMA)
        self.db.execute("PRAGMA secure_delete = ON")

    # ---- reading

    def count(self) -> int:
        return int(self.rows("SELECT count(*) FROM entries")[0][0])

    def empty(self) -> bool:
        """Whether there is nothing in it; cheaper than counting."""
        return not self.rows("SELECT 1 FROM entries LIMIT 1")

    def counts(self) -> dict[str, int]:
        """How many entries there are of each kind."""
        return dict(self.rows("SELECT kind, count(*) FROM entries GROUP BY kind ORDER BY kind"))

    def get(self, number: int) -> Entry | None:
        found = self.some([number])
        return found[0] if found else None

    def some(self, numbers: Sequence[int]) -> list[Entry]:
        """The entries of these numbers that are there, in the order of `numbers`."""
        found: dict[int, Entry] = {}
        for start in range(0, len(numbers), _MANY):
            part = numbers[start : start + _MANY]
            marks = ", ".join("?" * len(part))
            for row in self.rows(f"SELECT {_COLUMNS} FROM entries WHERE number IN ({marks})", part):
                found[row[0]] = self._entry(row)
        return [found[n] for n in numbers if n in found]

    def entries(
        self, kinds: Sequence[str] = (), *, limit: int = -1, since: float = 0.0, until: float = 9e15
    ) -> list[Entry]:
        """Entries, the newest first; limit -1: all."""
        chosen = f"kind IN ({', '.join('?' * len(kinds))}) AND" if kinds else ""
        rows = self.rows(
            f"SELECT {_COLUMNS} FROM entries WHERE {chosen} created >= ? AND created < ?"
            " ORDER BY created DESC, number DESC LIMIT ?",
            (*kinds, since, until, limit),
        )
        return [self._entry(row) for row in rows]

    def by_key(self, key: str) -> Entry | None:
        rows = self.rows(f"SELECT {_COLUMNS} FROM entries WHERE key = ?", (key,))
        return self._entry(rows[0]) if rows else None

    def keys(self, beginning: str) -> dict[str, int]:
        """The keys that begin so, with the numbers of their entries."""
        rows = self.rows(
            "SELECT key, number FROM entries WHERE key >= ? AND key < ?",
            (beginning, beginning + "\U0010ffff"),
        )
        return dict(rows)

    def keyword(self, words: Sequence[str], limit: int, kinds: Sequence[str] = ()) -> list[tuple[int, float]]:
        """(number, BM25 score) of the entries that hold any of the words, best first.

        BM25 is SQLite's (FTS5: k1 1.2, b 0.75), with its sign turned. Words that very many entries hold
        are left out where rarer ones are asked for too.
        """
        chosen = self._rare(words)
        if not chosen:
            return []
        asked = " OR ".join(f'"{w}"' for w in chosen)
        only = f"AND rowid IN (SELECT number FROM entries WHERE kind IN ({', '.join('?' * len(kinds))}))"
        rows = self.rows(
            f"SELECT rowid, -bm25(words) FROM words WHERE words MATCH ? {only if kinds else ''}"
            " ORDER BY bm25(words) LIMIT ?",
            (asked, *kinds, limit),
        )
        return [(int(n), float(s)) for n, s in rows]

    def words_of(self, numbers: Sequence[int]) -> dict[int, tuple[str, frozenset[str]]]:
        """The kind and the keywords of entries, by number."""
        marks = ", ".join("?" * len(numbers))
        rows = self.rows(
            "SELECT e.number, e.kind, w.tokens FROM entries e JOIN words w ON w.rowid = e.number"
            f" WHERE e.number IN ({marks})",
            numbers,
        )
        return {n: (kind, frozenset(tokens.split())) for n, kind, tokens in rows}

    def newest(self) -> int:
        """The largest number that was given; about how many entries there are, at no cost."""
        return int(self.rows("SELECT coalesce(max(number), 0) FROM entries")[0][0])

    def frequencies(self, words: Sequence[str]) -> dict[str, int]:
        """How many entries hold each of the words (those that any entry holds)."""
        marks = ", ".join("?" * len(words[:_MANY]))
        return dict(self.rows(f"SELECT term, entries FROM terms WHERE term IN ({marks})", words[:_MANY]))

    def _rare(self, words: Sequence[str]) -> list[str]:
        held = self.frequencies(words)
        chosen: list[str] = []
        scored = 0
        for word in sorted(held, key=lambda w: held[w]):
            scored += held[word]
            if chosen and scored > SCORED:
                break
            chosen.append(word)
        return chosen

    # ---- writing

    def add(self, entries: Iterable[Entry]) -> list[Entry]:
        """Store entries, all or none, and return them with their ids. One of a known key replaces the old one.

        Their vectors are made later (`pending`).
        """
        given = [checked(e) for e in entries]
        with self.lock, writing(self.db, self.path):
            return [self._put(entry) for entry in given]

    def _put(self, entry: Entry) -> Entry:
        old = self.by_key(entry.key) if entry.key else None
        if old is None:
            cursor = self.db.execute(
                f"INSERT INTO entries ({_COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _values(entry)
            )
            assert cursor.lastrowid is not None
            self._add_index(cursor.lastrowid, entry)
            return replace(entry, id=f"{self.letter}{cursor.lastrowid}")
        self._replace(old, entry)
        return replace(entry, id=old.id)

    def _replace(self, old: Entry, new: Entry) -> None:
        """Put an entry in the place of another; what was made of the text stays where the text does."""
        number = self.number(old.id)
        same = (old.kind, old.text) == (new.kind, new.text)
        if not same:
            self._remove_index(number, old)
        self._update(number, new)
        if not same:
            self._add_index(number, new)

    def edit(self, entry: Entry) -> None:
        """Replace the entry of that id. Raises WorkspaceError when it is gone."""
        checked(entry)
        number = self.number(entry.id)
        with self.lock, writing(self.db, self.path):
            old = self.get(number)
            if old is None:
                raise WorkspaceError(f"There is no memory '{entry.id}' any more.")
            self._replace(old, entry)

    def _update(self, number: int, entry: Entry) -> None:
        names = ", ".join(f"{name} = ?" for name in _COLUMNS.split(", ")[1:])
        self.db.execute(f"UPDATE entries SET {names} WHERE number = ?", (*_values(entry), number))

    def remove(self, numbers: Sequence[int]) -> int:
        """Delete entries and everything made of them, and overwrite it on the disk; how many were there."""
        with self.lock, writing(self.db, self.path):
            found = self.some(numbers)
            for entry in found:
                number = self.number(entry.id)
                self._remove_index(number, entry)
                self.db.execute("DELETE FROM entries WHERE number = ?", (number,))
        if found:
            self.scrub()
        return len(found)

    def _leave_vector(self, collection: int, seq: int) -> None:
        """Use neither a block nor an index that holds a vector which goes now: Chroma keeps deleted ones."""
        self.db.execute(
            "DELETE FROM blocks WHERE collection = ? AND first <= ? AND last >= ?", (collection, seq, seq)
        )
        self.db.execute(
            "UPDATE collections SET forgotten = forgotten + 1, folder = CASE WHEN ?1 > upto THEN folder END,"
            " upto = CASE WHEN ?1 > upto THEN upto ELSE 0 END WHERE id = ?2",
            (seq, collection),
        )

    def scrub(self) -> None:
        """Leave nothing of deleted texts: merge the keyword index anew, and empty the log.

        secure_delete overwrites the freed parts of the file. Where another process is reading, the log is
        emptied by whoever closes last.
        """
        with self.lock, state_errors(self.path):
            self.db.execute("INSERT INTO words (words) VALUES ('optimize')")
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _add_index(self, number: int, entry: Entry) -> None:
        found = entry_words(entry.kind, entry.text)
        self.db.execute("INSERT INTO words (rowid, tokens) VALUES (?, ?)", (number, " ".join(found)))
        self.db.executemany(
            "INSERT INTO terms VALUES (?, 1) ON CONFLICT (term) DO UPDATE SET entries = entries + 1",
            [(term,) for term in Counter(found)],
        )
        self.db.execute("INSERT INTO pending SELECT id, ? FROM collections", (number,))

    def _remove_index(self, number: int, entry: Entry) -> None:
        terms = [(term,) for term in Counter(entry_words(entry.kind, entry.text))]
        self.db.executemany("UPDATE terms SET entries = entries - 1 WHERE term = ?", terms)
        self.db.executemany("DELETE FROM terms WHERE term = ? AND entries <= 0", terms)
        found = self.db.execute("SELECT collection, seq FROM vectors WHERE entry = ?", (number,)).fetchall()
        for collection, seq in found:
            self._leave_vector(collection, seq)
        for table, column in (("words", "rowid"), ("vectors", "entry"), ("pending", "entry")):
            self.db.execute(f"DELETE FROM {table} WHERE {column} = ?", (number,))

    # ---- life

    def number(self, entry_id: str) -> int:
        """The number in an id of this store. Raises WorkspaceError for any other text."""
        if entry_id[:1] == self.letter and entry_id[1:].isdecimal():
            return int(entry_id[1:])
        raise WorkspaceError(f"'{entry_id}' is no id of a memory.", "Ids look like m12 or p3.")

    def data_version(self) -> int:
        """Changes when another process has written."""
        return int(self.rows("PRAGMA data_version")[0][0])

    def close(self) -> None:
        with self.lock:
            self.db.close()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self.lock, state_errors(self.path):
            return self.db.execute(sql, tuple(values)).fetchall()

    def _entry(self, row: Sequence[Any]) -> Entry:
        number, kind, scope, session, text, data, source, fingerprints, key, created = row
        return Entry(
            kind, text, scope, json.loads(data), source, session, json.loads(fingerprints), key, created,
            f"{self.letter}{number}",
        )  # fmt: skip


def _values(entry: Entry) -> tuple[Any, ...]:
    texts = (
        entry.kind, entry.scope, entry.session, entry.text, json.dumps(entry.data, ensure_ascii=False),
        entry.source, json.dumps(entry.fingerprints, ensure_ascii=False), entry.key,
    )  # fmt: skip
    # SQLite takes no lone surrogates, which names of files may hold.
    return (*(t.encode("utf-8", "replace").decode("utf-8") if t else t for t in texts), entry.created)


def open_if_there(folder: Path, letter: str) -> Store | None:
    """The store of a folder, or None where nothing was ever remembered (nothing is made then)."""
    return Store(folder, letter) if (folder / FILE).exists() else None


__all__ = ["FILE", "Store", "open_if_there"]
