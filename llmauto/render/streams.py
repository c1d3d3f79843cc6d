"""The standard streams: no failure on a character that the terminal lacks, and JSON as it has to be."""

from __future__ import annotations

import sys
from typing import Any, TextIO


def make_streams_safe() -> None:
    """Never fail on a character that a stream's encoding lacks: show "?" instead."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def can_encode(stream: TextIO, sample: str) -> bool:
    """Whether the stream's encoding has the characters of `sample`."""
    try:
        sample.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def print_json(value: Any) -> None:
    """One JSON value on stdout, on one line, exact in any encoding."""
    from llmauto.cli import signals
    from llmauto.contract import to_json

    stream = sys.stdout
    encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
    signals.last_words.clear()  # from here on the object that was owed is being written
    stream.write(to_json(value, ascii_only=encoding != "utf8") + "\n")
    stream.flush()
