"""Read a rule file; say where it is wrong, by line and field."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from llmauto_tools.errors import InvalidArguments, did_you_mean
from llmauto_tools.quality.rules.model import ColumnRules, TableRules

MAX_BYTES = 1_000_000
_HINT = "The page docs/tools/check_quality.md has an example."
_TABLE_FIELDS = tuple(TableRules.model_fields)
_COLUMN_FIELDS = tuple(ColumnRules.model_fields)

_Path = tuple[str | int, ...]


def read_rules(path: str, table: str) -> tuple[TableRules, Lines]:
    """The rules for a table, and the lines of the file where they stand.

    A file has the rules of one table, or those of several below `tables:`. Raises InvalidArguments,
    which names the line and the field, where the file is not there or not right.
    """
    text = _text(path)
    document, lines = _parse(text, path)
    if "tables" in document:
        if len(document) > 1:
            other = next(k for k in document if k != "tables")
            raise lines.error((other,), "stands beside 'tables'; put it below a table's name")
        document, lines = _pick(document["tables"], lines, table)
    try:
        rules = TableRules.model_validate(document)
    except ValidationError as e:
        raise _invalid(e, lines) from None
    if rules.table is not None and rules.table.casefold() != table.casefold():
        raise lines.error(("table",), f"these rules are for the table '{rules.table}', not for '{table}'")
    return rules, lines


class Lines:
    """Where each field of a file stands."""

    def __init__(self, path: str, at: dict[_Path, int], below: _Path = ()) -> None:
        self._path = path
        self._at = at
        self._below = below

    def below(self, path: _Path) -> Lines:
        return Lines(self._path, self._at, self._below + path)

    def line(self, path: Sequence[str | int]) -> int:
        """The line (from 1) of a field, or of the nearest one around it."""
        whole = (*self._below, *path)
        while whole and whole not in self._at:
            whole = whole[:-1]
        return self._at.get(whole, 1)

    def error(self, path: Sequence[str | int], problem: str, hint: str | None = None) -> InvalidArguments:
        name = ".".join(str(p) for p in (*self._below, *path)) or "the file"
        where = f"{Path(self._path).name}, line {self.line(path)}, field '{name}'"
        return InvalidArguments(f"{where}: {problem}.", hint or _HINT)


def _text(path: str) -> str:
    file = Path(path).expanduser()
    if file.suffix.lower() not in (".yml", ".yaml"):
        raise InvalidArguments(f"The rules '{file.name}' are no YAML file.", "Name a file that ends in .yml.")
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InvalidArguments(f"The rules '{file.name}' are larger than 1 MB.", _HINT)
        return file.read_text(encoding="utf-8-sig")
    except OSError as e:
        raise InvalidArguments(f"The rules '{path}' cannot be read: {e.strerror}.", "Check the path.") from e
    except UnicodeDecodeError as e:
        raise InvalidArguments(f"The rules '{file.name}' are not UTF-8 text.", _HINT) from e


def _parse(text: str, path: str) -> tuple[dict[str, Any], Lines]:
    yaml: Any = importlib.import_module("yaml")

    name = Path(path).name
    loader = _loader(yaml, text)
    try:
        node = loader.get_single_node()
        at: dict[_Path, int] = {}
        if node is not None:
            _locate(node, (), at, name)
        document = loader.construct_document(node) if node is not None else None
    except (yaml.YAMLError, ValueError) as e:
        mark = getattr(e, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(e, "problem", None) or str(e)
        raise InvalidArguments(f"{name}{line}: this is not YAML: {problem}.", _HINT) from None
    finally:
        loader.dispose()
    if not isinstance(document, dict) or not document:
        raise InvalidArguments(f"{name}, line 1: there are no rules in it.", _HINT)
    return {str(k): v for k, v in document.items()}, Lines(path, at)


def _loader(yaml: Any, text: str) -> Any:
    """A loader for which only true and false are booleans: 'no' and 'yes' are values like others."""
    loader = yaml.SafeLoader(text)
    loader.yaml_implicit_resolvers = {
        first: [
            (tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool" or first in "tTfF"
        ]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return loader


def _locate(node: Any, path: _Path, at: dict[_Path, int], name: str) -> None:
    """Note the line of every field; refuse a field that is given twice, and references to other places."""
    at.setdefault(path, node.start_mark.line + 1)
    if len(at) > 50_000:  # a few aliases of aliases make millions of fields
        raise InvalidArguments(f"{name}: there are too many fields.", _HINT)
    if node.id == "mapping":
        for key, value in node.value:
            inner = (*path, str(key.value))
            if inner in at:
                line = key.start_mark.line + 1
                raise InvalidArguments(f"{name}, line {line}, field '{key.value}': it is given twice.", _HINT)
            at[inner] = key.start_mark.line + 1
            _locate(value, inner, at, name)
    elif node.id == "sequence":
        for i, value in enumerate(node.value):
            _locate(value, (*path, i), at, name)


def _pick(tables: Any, lines: Lines, table: str) -> tuple[dict[str, Any], Lines]:
    if not isinstance(tables, dict):
        raise lines.error(("tables",), "it has to be tables by name")
    for name, rules in tables.items():
        if str(name).casefold() == table.casefold():
            return rules, lines.below(("tables", str(name)))
    names = [str(n) for n in tables]
    raise lines.error(
        ("tables",), f"there are no rules for the table '{table}'", did_you_mean(table, names) or _HINT
    )


def _invalid(error: ValidationError, lines: Lines) -> InvalidArguments:
    first = error.errors()[0]
    path = [p for p in first["loc"] if not (isinstance(p, str) and p.startswith(("function-", "strict")))]
    hint = None
    if first["type"] == "extra_forbidden":
        known = _COLUMN_FIELDS if len(path) > 2 else _TABLE_FIELDS
        hint = did_you_mean(str(path[-1]), known) or f"The fields are: {', '.join(known)}."
        return lines.error(path, "there is no such field", hint)
    return lines.error(path, first["msg"].removeprefix("Value error, ").rstrip("."), hint)
