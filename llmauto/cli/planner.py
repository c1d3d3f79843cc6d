"""`llmauto planner` and its options. Only what `--help` needs is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

planner_app = typer.Typer(
    help="""Fine-tune the built-in planner on your own question-SQL pairs, measure it, choose it.

    \b
    llmauto planner train pairs.jsonl orders.csv --name sales
    llmauto planner list
    llmauto planner use builtin
    """,
    rich_markup_mode=None,
    no_args_is_help=True,
)

PairsArgument = Annotated[
    Path,
    typer.Argument(
        metavar="PAIRS",
        help="Accepted pairs: .jsonl with question and sql (a follow-up also previous_question and "
        "previous_sql), or .csv or .tsv with these columns.",
    ),
]
OptionalPairs = Annotated[
    Path | None,
    typer.Argument(
        metavar="[PAIRS]",
        help="A file of pairs. None: the request benchmark, or invented requests outside a checkout.",
        show_default=False,
    ),
]
SourcesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE", help="The files or databases that the pairs are about.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, everything else to stderr.")]
PlannerArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="builtin, NAME (its newest version) or NAME@VERSION.")
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@planner_app.command(
    epilog="""Examples:

    \b
    llmauto planner train pairs.jsonl orders.csv customers.csv
    llmauto planner train pairs.csv warehouse.duckdb --name sales --time 30m
    llmauto planner train pairs.jsonl orders.csv --check

    Ctrl-C keeps what was trained: the same command goes on with it. With --steps of what was already done,
    it ends the training there and measures.
    """
)
def train(
    pairs: PairsArgument,
    sources: SourcesArgument = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What to call the new planner.")
    ] = "team",
    steps: Annotated[
        int | None, typer.Option("--steps", metavar="N", min=1, help="Training steps at most (default 400).")
    ] = None,
    time: Annotated[
        str | None,
        typer.Option("--time", metavar="TIME", help="Training time at most, such as 90s or 10m (default)."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only list the pairs that would be left out, and train nothing.")
    ] = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> int:
    """Fine-tune the planner on your pairs; it is used from now on if it is better."""
    from llmauto.cli import planner_run

    if check:
        return planner_run.check_command(pairs, sources or [], as_json)
    return planner_run.train_command(pairs, sources or [], name, steps, time, as_json)


@planner_app.command(
    "eval",
    epilog="""Examples:

    \b
    llmauto planner eval
    llmauto planner eval pairs.jsonl orders.csv --planner sales@2
    """,
)
def evaluate(
    pairs: OptionalPairs = None,
    sources: SourcesArgument = None,
    planner: Annotated[
        str | None, typer.Option("--planner", metavar="NAME", help="Which one (default: the one in use).")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Also list the questions that are not right.")] = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> int:
    """Measure a planner: on your pairs, or on what everybody asks."""
    from llmauto.cli import planner_run

    return planner_run.eval_command([planner] if planner else None, pairs, sources or [], show, as_json)


@planner_app.command(
    epilog="""Examples:

    \b
    llmauto planner compare builtin sales pairs.jsonl orders.csv
    llmauto planner compare sales@1 sales@2
    """
)
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A planner.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    pairs: OptionalPairs = None,
    sources: SourcesArgument = None,
    show: Annotated[bool, typer.Option("--show", help="Also list the questions where they differ.")] = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> int:
    """Measure two planners on the same questions, and test whether they differ."""
    from llmauto.cli import planner_run

    return planner_run.eval_command([first, second], pairs, sources or [], show, as_json)


@planner_app.command(
    epilog="""Examples:

    \b
    llmauto planner use sales
    llmauto planner use builtin
    """
)
def use(name: PlannerArgument, as_json: JsonOption = False, debug: DebugOption = False) -> int:
    """Read questions with this planner from now on; builtin goes back."""
    from llmauto.cli import planner_run

    return planner_run.use_command(name, as_json)


@planner_app.command("list")
def list_planners(as_json: JsonOption = False, debug: DebugOption = False) -> int:
    """List the planners on this machine, with what they scored when they were made."""
    from llmauto.cli import planner_run

    return planner_run.list_command(as_json)
