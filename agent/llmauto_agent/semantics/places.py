"""YAML with the line of each entry, so that an error can say where it is."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

from llmauto_tools.errors import InvalidArguments

Place = tuple[Hashable, ...]
"""Where an entry is: keys of mappings and positions in lists, from the top."""


class Located:
    """A YAML file: its content, and the line of each entry in it."""

    def __init__(self, path: Path, content: Any, lines: dict[Place, int]) -> None:
        self.path = path
        self.content = content
        self._lines = lines

    def line(self, place: Place) -> int:
        """The line (from 1) of an entry, or of the nearest one that it is in."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def at(self, place: Place) -> str:
        """ "llmauto.yml:12" """
        return f"{self.path.name}:{self.line(place)}"


def read_yaml(path: Path) -> Located:
    """Read a YAML file. Raises InvalidArguments, with file and line, where it is none."""
    import yaml  # type: ignore[import-untyped]

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as e:
        raise InvalidArguments(f"{path} cannot be read: {e.strerror}.", "Name another file.") from e
    except UnicodeDecodeError as e:
        raise InvalidArguments(f"{path.name} is not written in UTF-8.", "Save it as UTF-8.") from e
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        content = loader.construct_document(node) if node is not None else None
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        place = f"{path.name}:{mark.line + 1}" if mark is not None else path.name
        problem = getattr(e, "problem", None) or str(e).splitlines()[0]
        raise InvalidArguments(
            f"{place}: this is no YAML: {problem}.",
            "Check the indentation, and put texts with ':' or '#' in quotation marks.",
        ) from e
    lines: dict[Place, int] = {}
    if node is not None:
        _number(node, (), lines, path)
    return Located(path, content, lines)


def _number(node: Any, place: Place, lines: dict[Place, int], path: Path) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if node.id == "mapping":
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise InvalidArguments(
                    f"{path.name}:{key.start_mark.line + 1}: '{key.value}' stands here twice.",
                    "Keep one of the two, or put both in one entry.",
                )
            seen.add(key.value)
            lines[(*place, key.value)] = key.start_mark.line + 1
            _number(value, (*place, key.value), lines, path)
    elif node.id == "sequence":
        for i, item in enumerate(node.value):
            _number(item, (*place, i), lines, path)
