"""Names of tables and columns: whatever a file calls them, unique as DuckDB compares them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

MAX_NAME = 200
"""Characters of a column name that are kept."""

MAX_TABLE_NAME = 80

_SUFFIXES = re.compile(
    r"\.(csv|tsv|tab|txt|psv|dat|parquet|pq|json|ndjson|jsonl|geojson|xlsx|xlsm|xlsb|xls|ods|arrow|feather|ipc|"
    r"gz|gzip|zst|zstd|zip|sqlite|sqlite3|db|db3|duckdb|ddb)$",
    re.IGNORECASE,
)


def column_names(raw: Sequence[str | None]) -> list[str]:
    """Names that are printable, not empty, and unique without regard to case.

    Control characters go, white space becomes one blank, an empty name becomes "column3" (its position
    from 1), a repeated name gets "_1", "_2"; a very long one is cut at MAX_NAME characters.
    """
    cleaned = [_clean(name) or f"column{i}" for i, name in enumerate(raw, 1)]
    wanted = {name.casefold() for name in cleaned}
    used: set[str] = set()
    next_number: dict[str, int] = {}
    names = []
    for name in cleaned:
        unique = name
        while unique.casefold() in used or (unique != name and unique.casefold() in wanted):
            next_number[name.casefold()] = next_number.get(name.casefold(), 0) + 1
            unique = f"{name}_{next_number[name.casefold()]}"
        used.add(unique.casefold())
        names.append(unique)
    return names


def _clean(name: str | None) -> str:
    if not name:
        return ""
    if name.isascii() and name.isprintable():
        return " ".join(name.split())[:MAX_NAME]
    kept = "".join(" " if c in "\t\n\r" else c for c in name if c in "\t\n\r" or _visible(c))
    return " ".join(kept.split())[:MAX_NAME]


def _visible(char: str) -> bool:
    """Not a control, surrogate or stray formatting character; joiners stay, emoji are built with them."""
    return char == "\u200d" or unicodedata.category(char) not in ("Cc", "Cs", "Cf", "Cn", "Zl", "Zp")


def stem(file_name: str) -> str:
    """A file's name without the suffixes of the kinds that are read ("a.csv.gz" gives "a")."""
    name = file_name
    while (shorter := _SUFFIXES.sub("", name)) != name and shorter:
        name = shorter
    return name


def table_name(text: str) -> str:
    """`text` as a table name: letters and digits of any script stay, the rest becomes "_"."""
    name = re.sub(r"_+", "_", "".join(c if c.isalnum() or _is_mark(c) else "_" for c in text)).strip("_")
    if not name:
        return "data"
    return (f"t_{name}" if name[0].isdigit() else name)[:MAX_TABLE_NAME]


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Mc")


def unique_names(wanted: Iterable[str], taken: Mapping[str, str], origin: str) -> list[str]:
    """Table names that collide neither with each other nor with those of other origins in `taken`."""
    used = {name.casefold() for name, owner in taken.items() if owner != origin}
    names = []
    for name in wanted:
        unique, number = name, 2
        while unique.casefold() in used:
            unique, number = f"{name}_{number}", number + 1
        used.add(unique.casefold())
        names.append(unique)
    return names
