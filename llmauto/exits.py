"""Exit codes, and the one place that maps errors to them.

0    answered
1    something on this machine is in the way: the workspace, a missing extra, or a bug
2    wrong usage: an option, an argument, a tool's arguments, the configuration
3    the request could not be interpreted, or was refused
4    a source could not be read
5    the chat model failed
6    a time, memory or disk limit
7    a report was made and one of its checks failed, or an answer is not as `llmauto test` expects it
130  interrupted (Ctrl-C); 143 terminated (SIGTERM); 141 the reader of the output went away
"""

from __future__ import annotations

from llmauto_tools.errors import LlmautoError

ANSWERED = 0
FAILED = 1
USAGE = 2
REFUSED = 3
SOURCE = 4
MODEL = 5
LIMIT = 6
CHECK_FAILED = 7
INTERRUPTED = 130
PIPE_CLOSED = 141
TERMINATED = 143

_BY_KIND = {
    "usage": USAGE,
    "config": USAGE,
    "tool": USAGE,
    "unknown_tool": USAGE,
    "invalid_arguments": USAGE,
    "plan": REFUSED,
    "report": REFUSED,
    "query": REFUSED,
    "query_rejected": REFUSED,
    "query_invalid": REFUSED,
    "source": SOURCE,
    "source_not_found": SOURCE,
    "source_unsupported": SOURCE,
    "source_unreadable": SOURCE,
    "model": MODEL,
    "limit": LIMIT,
    "time_limit": LIMIT,
    "memory_limit": LIMIT,
    "step_limit": LIMIT,
    "disk_full": LIMIT,
    "interrupted": INTERRUPTED,
    "terminated": TERMINATED,
}
_BY_STATUS = {"answered": ANSWERED, "refused": REFUSED}


class UsageError(LlmautoError):
    """The command line was used wrongly; the hint shows how to do it."""

    kind = "usage"


class ConfigError(LlmautoError):
    """The configuration file or a setting is not right."""

    kind = "config"


class TerminatedError(LlmautoError):
    """Another process asked this one to end (SIGTERM)."""

    kind = "terminated"


def exit_code(kind: str | None) -> int:
    """The exit code for an error's `kind` (unknown kinds are internal errors: 1)."""
    return _BY_KIND.get(kind or "", FAILED)


def exit_code_of_answer(status: str, error: dict[str, str | None] | None) -> int:
    """The exit code for an answer's status ("answered", "refused", "error") and error object."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return exit_code((error or {}).get("kind"))
