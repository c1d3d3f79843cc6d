"""The one tree of errors that the tools raise.

Every error carries a message for a person and, where there is one, a hint that says what to do next.

    LlmautoError
    ├── SourceError              a source could not be read
    │   ├── SourceNotFound       the file, folder, table or address does not exist
    │   ├── UnsupportedSource    it exists, but is of no kind that we read
    │   └── UnreadableSource     it is of a known kind, but broken, empty, locked or not permitted
    ├── QueryError               a SQL statement or a plan did not work
    │   ├── QueryRejected        it is not a single read-only SELECT over the attached tables
    │   └── QueryInvalid         a name, a type or the syntax is wrong
    ├── LimitError               something took too much
    │   ├── TimeLimitReached
    │   ├── MemoryLimitReached
    │   ├── StepLimitReached     a chat model took too many steps
    │   └── DiskFull
    ├── Interrupted              the person stopped it
    ├── WorkspaceError           the workspace folder is locked, damaged or not writable
    ├── ToolError                a tool could not be called
    │   ├── UnknownTool
    │   ├── InvalidArguments
    │   ├── MissingExtra         the tool needs an optional part of llmauto
    │   └── StepFailed           a step of a plan of several tools failed; the steps before it are kept
    ├── PlanError                a query plan is inconsistent (a column that its table lacks, ...)
    ├── ModelError               a chat model failed (raised by llmauto_agent)
    ├── ReportError              a report cannot be drafted: a template, a reference into the evidence, a goal
    └── InternalError            a bug of ours, or of a library
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LlmautoError(Exception):
    """Base of all errors that llmauto raises on purpose.

    `message` says what is wrong in one sentence; `hint` says what to do next.
    """

    kind = "error"

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class SourceError(LlmautoError):
    kind = "source"


class SourceNotFound(SourceError):
    kind = "source_not_found"


class UnsupportedSource(SourceError):
    kind = "source_unsupported"


class UnreadableSource(SourceError):
    kind = "source_unreadable"


class QueryError(LlmautoError):
    kind = "query"


class QueryRejected(QueryError):
    kind = "query_rejected"


class QueryInvalid(QueryError):
    kind = "query_invalid"


class LimitError(LlmautoError):
    kind = "limit"


class TimeLimitReached(LimitError):
    kind = "time_limit"


class MemoryLimitReached(LimitError):
    kind = "memory_limit"


class StepLimitReached(LimitError):
    kind = "step_limit"


class DiskFull(LimitError):
    kind = "disk_full"


class Interrupted(LlmautoError):
    kind = "interrupted"


class WorkspaceError(LlmautoError):
    kind = "workspace"


class ToolError(LlmautoError):
    kind = "tool"


class UnknownTool(ToolError):
    kind = "unknown_tool"


class InvalidArguments(ToolError):
    kind = "invalid_arguments"


class MissingExtra(ToolError):
    """An optional part of llmauto is not installed; the hint is the one command that adds it."""

    kind = "missing_extra"

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the extra '{extra}', which is not installed.",
            f"Add it with: pip install 'llmauto[{extra}]'",
        )
        self.extra = extra


class StepFailed(ToolError):
    kind = "step_failed"


class PlanError(LlmautoError):
    kind = "plan"


class ModelError(LlmautoError):
    kind = "model"


class ReportError(LlmautoError):
    kind = "report"


class InternalError(LlmautoError):
    kind = "internal"


def nearest(name: str, names: Iterable[str], count: int = 3) -> list[str]:
    """The names closest to `name`, best first, ignoring case (difflib ratio ≥ 0.5)."""
    by_folded = {n.casefold(): n for n in names}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=count, cutoff=0.5)
    return [by_folded[c] for c in close]


def did_you_mean(name: str, names: Iterable[str]) -> str | None:
    """A hint such as "Did you mean 'fare'?", or None when nothing is close."""
    close = nearest(name, names)
    if not close:
        return None
    return "Did you mean " + " or ".join(f"'{c}'" for c in close) + "?"
