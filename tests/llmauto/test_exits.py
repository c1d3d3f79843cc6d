from __future__ import annotations

from collections.abc import Iterator

from llmauto import exits
from llmauto_tools import errors

EXPECTED = {
    "StepFailed": 1,
    "SourceError": 4, "SourceNotFound": 4, "UnsupportedSource": 4, "UnreadableSource": 4,
    "QueryError": 3, "QueryRejected": 3, "QueryInvalid": 3, "PlanError": 3,
    "LimitError": 6, "TimeLimitReached": 6, "MemoryLimitReached": 6, "StepLimitReached": 6, "DiskFull": 6,
    "Interrupted": 130, "TerminatedError": 143,
    "WorkspaceError": 1, "MissingExtra": 1, "InternalError": 1,
    "ToolError": 2, "UnknownTool": 2, "InvalidArguments": 2, "UsageError": 2, "ConfigError": 2,
    "ModelError": 5, "ReportError": 3,
}  # fmt: skip


def _tree(root: type[errors.LlmautoError]) -> Iterator[type[errors.LlmautoError]]:
    for child in root.__subclasses__():
        if child.__module__ in {"llmauto_tools.errors", "llmauto.exits"}:
            yield child
        yield from _tree(child)


def test_every_error_of_the_tree_has_its_exit_code() -> None:
    found = {error.__name__: exits.exit_code(error.kind) for error in _tree(errors.LlmautoError)}
    assert found == EXPECTED


def test_an_unknown_failure_is_internal() -> None:
    assert exits.exit_code("internal") == 1
    assert exits.exit_code(None) == 1


def test_answers_map_by_status_then_by_error() -> None:
    assert exits.exit_code_of_answer("answered", None) == 0
    assert exits.exit_code_of_answer("refused", None) == 3
    assert exits.exit_code_of_answer("error", {"kind": "time_limit"}) == 6
    assert exits.exit_code_of_answer("error", {"kind": "model"}) == 5
