"""`llmauto tools`: what there is, and what each takes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from llmauto import exits
from llmauto.render.screen import screen_for

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from llmauto_tools.registry import ToolSpec


def list_tools(as_json: bool) -> int:
    """Print all tools with their arguments; as JSON, one array with each tool's JSON schema."""
    from llmauto_tools.registry import all_tools

    specs = all_tools()
    if as_json:
        from llmauto.render.streams import print_json

        print_json([tool_object(spec) for spec in specs])
        return exits.ANSWERED
    from rich.text import Text

    console = screen_for(sys.stdout).console()
    for number, spec in enumerate(specs):
        if number:
            console.print()
        console.print(Text(spec.name, style="bold") + Text(_marks(spec), style="dim"))
        console.print(_indented(spec.summary))
        for name, field in spec.arguments.model_fields.items():
            console.print(_indented(f"{name}  {_describe(field)}", 4))
    return exits.ANSWERED


def tool_object(spec: ToolSpec) -> dict[str, Any]:
    """A tool as JSON: name, summary, the JSON schema of its arguments, an example, and its marks."""
    return {
        "name": spec.name,
        "summary": spec.summary,
        "arguments": spec.arguments.model_json_schema(),
        "example": spec.example,
        "costly": spec.costly,
        "writes_outside": spec.writes_outside,
        "changes": spec.changes,
        "extra": spec.extra,
    }


def _marks(spec: ToolSpec) -> str:
    marks = [
        text
        for on, text in (
            (spec.costly, "costly"),
            (spec.writes_outside, "writes outside the workspace"),
            (spec.changes, "changes tables"),
            (spec.extra is not None, f"extra: {spec.extra}"),
        )
        if on
    ]
    return f"  ({', '.join(marks)})" if marks else ""


def _describe(field: FieldInfo) -> str:
    parts = [_type_name(field.annotation)]
    if field.is_required():
        parts.append("required")
    elif field.default is not None and not callable(field.default):
        parts.append(f"default {json.dumps(field.default, ensure_ascii=False, default=str)}")
    shown = f"({', '.join(parts)})"
    return f"{shown} {field.description}" if field.description else shown


def _type_name(annotation: Any) -> str:
    import types
    import typing

    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type_name(a) for a in arguments if a is not type(None))
    if origin is typing.Literal:
        return " | ".join(str(a) for a in arguments)
    if origin is typing.Annotated:
        return _type_name(arguments[0])
    if origin in (list, tuple, set):
        inner = [a for a in arguments if a is not Ellipsis]
        return f"list of {_type_name(inner[0])}" if inner else "list"
    if origin is dict:
        return "object"
    plain = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return plain.get(annotation) or getattr(annotation, "__name__", str(annotation)).lower()


def _indented(text: str, by: int = 2) -> Any:
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(text), (0, 0, 0, by))
