"""`llmauto memory …`: the commands and their options. The work is in memory.py, imported when a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

memory_app = typer.Typer(
    help="""See, correct and delete what llmauto remembers.

    Definitions, standing filters and corrections that you gave it, questions with their answers, what it
    found, and the documents that you added. It stays on this machine (docs/memory.md).
    """,
    rich_markup_mode=None,
    no_args_is_help=True,
)

WorkspaceOption = Annotated[
    str | None,
    typer.Option("--workspace", "-w", metavar="DIR", help="The folder that keeps this line of work."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and everything else to stderr.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Answer every confirmation with yes.")]
KindOption = Annotated[
    list[str] | None,
    typer.Option(
        "--kind",
        "-k",
        metavar="KIND",
        help="Only these: table, column, definition, preference, question, correction, finding, model, "
        "report, document. May be given several times.",
    ),
]
ScopeOption = Annotated[
    str | None, typer.Option("--scope", metavar="SCOPE", help="workspace, or person (all workspaces).")
]
PersonalOption = Annotated[
    bool, typer.Option("--allow-personal", help="Also where it holds personal data or a secret.")
]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Such as m12 (workspace) or p3 (person).")]


@memory_app.command("list")
def memory_list(
    kind: KindOption = None,
    scope: ScopeOption = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many.")] = 50,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> int:
    """List what is remembered, the newest first."""
    from llmauto.cli import memory

    return memory.list_entries(workspace, kind or [], scope, limit, as_json)


@memory_app.command(
    "search", epilog='Example:\n\n    \b\n    llmauto memory search "how is revenue defined?" --limit 3\n'
)
def memory_search(
    request: Annotated[str, typer.Argument(metavar="TEXT", help="Words or a question.")],
    kind: KindOption = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many.")] = 8,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> int:
    """Find what belongs to a text, by meaning and by words, best first."""
    from llmauto.cli import memory

    return memory.search_entries(request, workspace, kind or [], limit, as_json)


@memory_app.command("show")
def memory_show(entry: IdArgument, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> int:
    """Show one entry: its text, its data, where it comes from and when."""
    from llmauto.cli import memory

    return memory.show_entry(entry, workspace, as_json)


@memory_app.command(
    "add",
    epilog="""Examples:

    \b
    llmauto memory add "ARR means sum of mrr * 12 where status is active"
    llmauto memory add "Exclude test accounts: is_test = true" --scope person
    llmauto memory add --file data-dictionary.pdf
    """,
)
def memory_add(
    text: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help="What to remember, in your own words.", show_default=False),
    ] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", "-f", metavar="FILE", help="A document: .md, .txt, .pdf, .docx, .html."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", "-k", metavar="KIND", help="Its kind (default: by its words).")
    ] = None,
    scope: ScopeOption = None,
    allow_personal: PersonalOption = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> int:
    """Remember a definition, a standing filter, a preference, or a document."""
    from llmauto.cli import memory

    return memory.add_entries(text, file or [], kind, scope, allow_personal, workspace, as_json)


@memory_app.command("edit")
def memory_edit(
    entry: IdArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The new text.")],
    allow_personal: PersonalOption = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> int:
    """Give an entry another text. The old one is overwritten on the disk."""
    from llmauto.cli import memory

    return memory.edit_entry(entry, text, allow_personal, workspace, as_json)


@memory_app.command(
    "forget",
    epilog="Examples:\n\n    \b\n    llmauto memory forget m12 m13\n    llmauto memory forget --all --scope workspace\n",
)
def memory_forget(
    entries: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]…", help="Entries to forget.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All entries (of --kind and --scope).")] = False,
    kind: KindOption = None,
    scope: ScopeOption = None,
    workspace: WorkspaceOption = None,
    yes: YesOption = False,
) -> int:
    """Forget entries: text, keywords and vectors go from the disk. The ledger keeps its evidence."""
    from llmauto.cli import memory

    return memory.forget_entries(entries or [], everything, kind or [], scope, workspace, yes)


@memory_app.command(
    "export",
    epilog="Examples:\n\n    \b\n    llmauto memory export memory.jsonl\n    llmauto memory export --training pairs.jsonl\n",
)
def memory_export(
    output: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A .jsonl file (none: stdout).", show_default=False),
    ] = None,
    training: Annotated[
        Path | None,
        typer.Option(
            "--training",
            metavar="FILE",
            help="Instead: the questions whose answers you accepted or corrected, with their SQL and the "
            "tables' names and types, as training data for the planner.",
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    yes: YesOption = False,
) -> int:
    """Write all entries as JSON lines, for another machine or to keep."""
    from llmauto.cli import memory

    return memory.export_entries(output, training, workspace, yes)


@memory_app.command("import")
def memory_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What export wrote.")],
    allow_personal: PersonalOption = False,
    workspace: WorkspaceOption = None,
) -> int:
    """Read entries that export wrote: all of them, or none."""
    from llmauto.cli import memory

    return memory.import_entries(file, allow_personal, workspace)


@memory_app.command("reembed")
def memory_reembed(workspace: WorkspaceOption = None) -> int:
    """Embed what waits, and make the index of a large memory, now instead of in the background."""
    from llmauto.cli import memory

    return memory.reembed(workspace)


@memory_app.command("status")
def memory_status(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> int:
    """Say what is stored, where, how large it is, and what waits to be embedded."""
    from llmauto.cli import memory

    return memory.show_status(workspace, as_json)
