"""Templates: Jinja2 files that decide the structure of a report and its words.

Whatever a template prints that is no markup of its own is escaped, so that a cell or a name cannot become a
heading or a reference. A name that a template uses and nothing defines is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto_agent.report.goal import TEMPLATES
from llmauto_agent.report.markup import Mark, caption, code, escape, quoted
from llmauto_agent.report.views import reference
from llmauto_tools.errors import ReportError, did_you_mean

if TYPE_CHECKING:
    import jinja2

FOLDER = Path(__file__).parent / "templates"
SUFFIX = ".md.j2"


def find_template(name: str) -> tuple[str, Path | None]:
    """The kind of report and the file of a template's name, or of a person's file.

    A file says on its first line which steps it needs: `{# llmauto: kpi #}`; exploratory where it does not.
    Raises ReportError for a name or file that is not there.
    """
    if name in TEMPLATES:
        return name, None
    path = Path(name).expanduser()
    if not path.is_file():
        hint = (
            did_you_mean(name, TEMPLATES) or f"There are {', '.join(TEMPLATES)}; or give the path of a file."
        )
        raise ReportError(f"There is no template '{name}'.", hint)
    first = path.read_text(encoding="utf-8").lstrip().partition("\n")[0]
    kind = next((t for t in TEMPLATES if first.startswith("{#") and f"llmauto: {t}" in first), "exploratory")
    return kind, path


def render(kind: str, path: Path | None, values: Mapping[str, Any]) -> str:
    """The markup that a template makes of its values. Raises ReportError, with the line, where it does not work."""
    import jinja2

    name = path.name if path is not None else kind + SUFFIX
    try:
        template = (
            _environment(path.parent).get_template(path.name)
            if path is not None
            else _environment(None).get_template(name)
        )
        return template.render(**values)
    except jinja2.TemplateSyntaxError as e:
        raise ReportError(f"The template {e.name or name} is wrong in line {e.lineno}: {e.message}.") from e
    except jinja2.TemplateError as e:
        raise ReportError(
            f"The template {name} does not work: {e.message}.", "docs/reports.md lists the names."
        ) from e


@cache
def _environment(own: Path | None) -> jinja2.Environment:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    folders = [own, FOLDER] if own is not None else [FOLDER]
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(folders), autoescape=True, finalize=_finalized,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"quoted": quoted, "caption": caption, "code": code, "fix": _fix}
    environment.globals |= {"ref": reference, "key": _key, "saying": _saying}
    return environment


def _finalized(value: object) -> Mark:
    return Mark(escape(value))


def _fix(steps: object) -> str:
    """The steps of `preprocess` that mend a finding, such as "impute (median)"."""
    import json

    try:
        given = json.loads(str(steps))
    except ValueError:
        return "…"
    return ", ".join(f"{s['kind']} ({s['strategy']})" if "strategy" in s else str(s["kind"]) for s in given)


def _key(name: str) -> Mark:
    """The key of a heading, as it stands behind its text."""
    return Mark("{#" + name + "}")


def _saying(name: str) -> Mark:
    """What the planner says of a step, with its numbers linked."""
    return Mark("{{say:" + name + "|told}}")
