"""The commands and their options. Only what `--help` needs is imported here; each command imports its
own work when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llmauto.cli import complete
from llmauto.cli.memory_commands import memory_app
from llmauto.cli.planner import planner_app
from llmauto.cli.program import Invocation

app = typer.Typer(
    name="llmauto",
    help="""Ask questions about your own data in plain language.

    Every number in an answer can be traced to the query that produced it. The built-in model works
    offline and needs no key.

    \b
    llmauto ask "How many orders per region?" orders.csv
    llmauto ask "and only in 2024?" --continue
    llmauto run query orders.csv --arg sql="SELECT count(*) FROM orders"
    """,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

# ---- options that several commands share

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE",
        help="Files, folders, globs, databases or URLs; - reads standard input. "
        "None: the sources of the workspace's last session.",
        autocompletion=complete.sources,
        show_default=False,
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", metavar="MODEL", help="The chat model: builtin, openai:NAME, ollama:NAME, …"
    ),
]
ShareOption = Annotated[
    str | None,
    typer.Option("--share", metavar="LEVEL", help="What a remote model may see: schema, results, samples."),
]
SessionOption = Annotated[
    str | None,
    typer.Option("--session", metavar="ID", help="Go on in this session.", autocompletion=complete.sessions),
]
WorkspaceOption = Annotated[
    str | None,
    typer.Option("--workspace", "-w", metavar="DIR", help="The folder that keeps this line of work."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object (docs/json.md), everything else to stderr.")
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print the answer and its table only.")]
TimeoutOption = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", min=0.001, help="How long one query may take."),
]
MaxRowsOption = Annotated[
    int | None,
    typer.Option("--max-rows", metavar="N", min=0, help="Rows of a table to print; 0 prints all."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Answer every confirmation with yes.")]


MemoryOption = Annotated[
    str | None,
    typer.Option(
        "--memory", metavar="MODE", help="What was learned earlier: on, read (nothing is added), off."
    ),
]


ProjectOption = Annotated[
    str | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="The folder of llmauto.yml (default: the nearest one above this directory).",
    ),
]


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from llmauto._version import __version__

        typer.echo(f"llmauto {__version__}")
        raise typer.Exit


# ---- ask, run, tools


@app.command(
    epilog="""Examples:

    \b
    llmauto ask "What is the average fare by class?" titanic.csv
    llmauto ask "Top 5 products by revenue in 2024" sales/*.parquet --save-chart top5.png
    cat data.csv | llmauto ask "How many rows have no email?" -
    llmauto ask "and by month?" --continue --json
    """
)
def ask(
    context: typer.Context,
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="The question; - reads it from standard input.")
    ],
    sources: Sources = None,
    model: ModelOption = None,
    workspace: WorkspaceOption = None,
    share: ShareOption = None,
    as_json: JsonOption = False,
    go_on: Annotated[
        bool, typer.Option("--continue", "-c", help="Go on in the workspace's last session.")
    ] = False,
    session: SessionOption = None,
    chart: Annotated[
        bool | None,
        typer.Option(
            "--chart/--no-chart",
            help="Draw a chart where one helps (default: in a terminal).",
            show_default=False,
        ),
    ] = None,
    save_chart: Annotated[
        Path | None,
        typer.Option("--save-chart", metavar="PATH", help="Write the chart as .png, .svg, .html or .json."),
    ] = None,
    max_rows: MaxRowsOption = None,
    timeout: TimeoutOption = None,
    yes: YesOption = False,
    quiet: QuietOption = False,
    memory: MemoryOption = None,
    project: ProjectOption = None,
    debug: DebugOption = False,
) -> int:
    """Ask a question about data and print the traced answer."""
    from llmauto.cli.ask import AskOptions, ask_command

    options = AskOptions(
        question=question,
        sources=tuple(sources or ()),
        model=model,
        workspace=workspace,
        share=share,
        json=as_json,
        session=session,
        go_on=go_on,
        chart=chart,
        save_chart=save_chart,
        max_rows=max_rows,
        timeout=timeout,
        yes=yes,
        quiet=quiet,
        memory=memory,
        project=project,
    )
    return ask_command(options, _invocation(context))


@app.command(
    epilog="""Examples:

    \b
    llmauto chat orders.csv customers.csv
    llmauto chat --resume
    """
)
def chat(
    context: typer.Context,
    sources: Sources = None,
    model: ModelOption = None,
    workspace: WorkspaceOption = None,
    share: ShareOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", "-r", help="Go on in the workspace's last session.")
    ] = False,
    session: SessionOption = None,
    max_rows: MaxRowsOption = None,
    timeout: TimeoutOption = None,
    yes: YesOption = False,
    memory: MemoryOption = None,
    project: ProjectOption = None,
    debug: DebugOption = False,
) -> int:
    """Talk about data: ask, follow up, correct, go back to it tomorrow."""
    from llmauto.chat.repl import ChatOptions, chat_command

    options = ChatOptions(
        sources=tuple(sources or ()),
        model=model,
        workspace=workspace,
        share=share,
        resume=session or ("" if resume else None),
        timeout=timeout,
        max_rows=max_rows,
        yes=yes,
        memory=memory,
        project=project,
    )
    return chat_command(options, _invocation(context))


@app.command(
    epilog="""Examples:

    \b
    llmauto learn orders.csv customers.csv
    llmauto learn sales.duckdb --project analysis --force
    """
)
def learn(
    sources: Sources = None,
    project: Annotated[
        Path | None,
        typer.Option("--project", metavar="DIR", help="Where llmauto.yml is written (default: here)."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a llmauto.yml that is there.")] = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print the draft and write nothing.")] = False,
    timeout: TimeoutOption = None,
    debug: DebugOption = False,
) -> int:
    """Draft llmauto.yml from the data: joins, likely measures and dimensions, units, other words."""
    from llmauto.cli.learn import learn_command

    return learn_command(tuple(sources or ()), project, force=force, stdout=stdout, timeout=timeout)


@app.command(
    name="test",
    epilog="""Examples:

    \b
    llmauto test
    llmauto test questions.yml --junit answers.xml
    llmauto test questions.yml orders.csv --json

    The file and what it may expect: docs/testing-answers.md. Exit code 7 where an answer is not as expected.
    """,
)
def check_answers(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="Questions with expected results (default: questions.yml of the project)."
        ),
    ] = None,
    sources: Sources = None,
    model: ModelOption = None,
    project: ProjectOption = None,
    workspace: WorkspaceOption = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="PATH", help="Also write JUnit XML, for CI.")
    ] = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", "-x", help="Stop at the first answer that is not as expected.")
    ] = False,
    as_json: JsonOption = False,
    timeout: TimeoutOption = None,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Ask a list of questions and compare the answers with what is expected."""
    from llmauto.cli.questions import QuestionOptions, questions_command

    options = QuestionOptions(
        file=file,
        sources=tuple(sources or ()),
        model=model,
        project=project,
        workspace=workspace,
        timeout=timeout,
        json=as_json,
        junit=junit,
        fail_fast=fail_fast,
        quiet=quiet,
    )
    return questions_command(options)


@app.command(
    epilog="""Examples:

    \b
    llmauto run query data.csv --arg sql="SELECT count(*) FROM data"
    llmauto run describe data.csv --json
    llmauto run sample data.csv --arg rows=5

    The tools and their arguments: llmauto tools
    """
)
def run(
    context: typer.Context,
    tool: Annotated[
        str, typer.Argument(metavar="TOOL", help="The tool's name.", autocompletion=complete.tools)
    ],
    sources: Sources = None,
    arguments: Annotated[
        list[str] | None,
        typer.Option(
            "--arg", "-a", metavar="NAME=VALUE", help="An argument of the tool; lists and objects as JSON."
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
    max_rows: MaxRowsOption = None,
    timeout: TimeoutOption = None,
    yes: YesOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Run one tool on data, without any model."""
    from llmauto.cli.run import RunOptions, run_tool_command

    options = RunOptions(
        tool=tool,
        sources=tuple(sources or ()),
        arguments=tuple(arguments or ()),
        workspace=workspace,
        json=as_json,
        max_rows=max_rows,
        timeout=timeout,
        yes=yes,
        quiet=quiet,
    )
    return run_tool_command(options, _invocation(context))


@app.command(
    epilog="""Examples:

    \b
    llmauto report "What drives sales?" sales.csv -o report.html
    llmauto report "Monthly KPIs by region" sales.csv -o kpis.pdf --template kpi
    llmauto report report.yml
    llmauto report edit what-drives-sales "drop the third finding" -o report.html
    llmauto report versions
    llmauto report diff what-drives-sales@1 what-drives-sales@2

    Templates: exploratory, kpi, experiment, model, quality, or the path of your own (docs/reports.md).
    """
)
def report(
    context: typer.Context,
    goal: Annotated[
        str,
        typer.Argument(
            metavar="GOAL",
            help="What the report is about; or a report.yml; or versions, diff, edit, show.",
        ),
    ],
    sources: Sources = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="A .html, .md, .pdf, .docx, .ipynb or .json file; may be given several times (report.html).",
        ),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option("--template", "-t", metavar="NAME", help="The template (default: by the goal's words)."),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--lang", metavar="LANG", help="en or zh (default: the goal's).")
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="table, target, time, group, measures, dimensions, period, …"
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What its versions are kept under.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Run every step again, also where the data did not change.")
    ] = False,
    model: ModelOption = None,
    share: ShareOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
    timeout: TimeoutOption = None,
    yes: YesOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Analyse data and draft a report whose every number leads to its evidence."""
    from llmauto.cli.report import ReportOptions, report_command

    options = ReportOptions(
        goal=goal,
        sources=tuple(sources or ()),
        outputs=tuple(output or ()),
        template=template,
        language=language,
        parameters=tuple(parameters or ()),
        name=name,
        fresh=fresh,
        model=model,
        share=share,
        workspace=workspace,
        json=as_json,
        timeout=timeout,
        yes=yes,
        quiet=quiet,
    )
    return report_command(options, _invocation(context))


@app.command()
def tools(as_json: JsonOption = False, debug: DebugOption = False) -> int:
    """List the tools with their arguments."""
    from llmauto.cli.tools import list_tools

    return list_tools(as_json)


@app.command()
def doctor(as_json: JsonOption = False, workspace: WorkspaceOption = None, debug: DebugOption = False) -> int:
    """Check what works on this machine, and say what to do about the rest."""
    from llmauto.cli.doctor import doctor_command

    return doctor_command(as_json, workspace)


@app.command()
def models(as_json: JsonOption = False, debug: DebugOption = False) -> int:
    """List the chat models that can be used here, and what to type for each."""
    from llmauto.cli.models import models_command

    return models_command(as_json)


# ---- sessions

sessions_app = typer.Typer(
    help="List, show, resume, export and remove the sessions of a workspace.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
app.add_typer(sessions_app, name="sessions")

SessionArgument = Annotated[
    str,
    typer.Argument(metavar="ID", help="A session's id, or its beginning.", autocompletion=complete.sessions),
]


@sessions_app.command("list")
def sessions_list(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> int:
    """List the sessions, the newest first."""
    from llmauto.cli.sessions import list_sessions

    return list_sessions(workspace, as_json)


@sessions_app.command("show")
def sessions_show(
    session: SessionArgument, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> int:
    """Show a session's questions and answers."""
    from llmauto.cli.sessions import show_session

    return show_session(session, workspace, as_json)


@sessions_app.command("resume")
def sessions_resume(
    context: typer.Context,
    session: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="A session's id, or its beginning (none: the last one).",
            autocompletion=complete.sessions,
            show_default=False,
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    model: ModelOption = None,
    share: ShareOption = None,
    yes: YesOption = False,
) -> int:
    """Go on in a session: the same as llmauto chat --resume."""
    from llmauto.chat.repl import ChatOptions, chat_command

    options = ChatOptions(model=model, share=share, workspace=workspace, resume=session or "", yes=yes)
    return chat_command(options, _invocation(context))


@sessions_app.command(
    "export",
    epilog="""Examples:

    \b
    llmauto sessions export 20260301-a1b2c3 --output analysis.ipynb
    llmauto sessions export 20260301-a1b2c3 --format script > analysis.py
    llmauto sessions export 20260301-a1b2c3 --no-data --output to-share.md
    """,
)
def sessions_export(
    session: SessionArgument,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="PATH", help="A .ipynb, .py or .md file (none: stdout)."),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help="notebook, script or transcript (default: by PATH)."),
    ] = None,
    data: Annotated[
        bool,
        typer.Option(
            "--data/--no-data", help="Without data: questions, SQL and evidence ids, and no cell (.md only)."
        ),
    ] = True,
    workspace: WorkspaceOption = None,
    yes: YesOption = False,
) -> int:
    """Write a session as a notebook or script that replays it with DuckDB alone."""
    from llmauto.cli.sessions import export_session

    return export_session(session, output, format_, workspace, overwrite=yes, data=data)


@sessions_app.command("rm")
def sessions_rm(
    sessions: Annotated[
        list[str],
        typer.Argument(metavar="ID", help="Sessions to forget.", autocompletion=complete.sessions),
    ],
    workspace: WorkspaceOption = None,
    yes: YesOption = False,
) -> int:
    """Forget sessions. Their evidence stays in the ledger, which is append-only."""
    from llmauto.cli.sessions import remove_sessions

    return remove_sessions(sessions, workspace, yes)


app.add_typer(memory_app, name="memory")

# ---- config

config_app = typer.Typer(
    help="""Get and set what llmauto does by default.

    An option of a command goes before an LLMAUTO_* variable, that before the file, that before the
    default.
    """,
    rich_markup_mode=None,
    no_args_is_help=True,
)
app.add_typer(config_app, name="config")
SettingArgument = Annotated[str, typer.Argument(metavar="NAME", autocompletion=complete.settings)]


@config_app.command("list")
def config_list(as_json: JsonOption = False) -> int:
    """List all settings, their values, and where each comes from."""
    from llmauto.cli.settings import list_settings

    return list_settings(as_json)


@config_app.command("get")
def config_get(name: SettingArgument) -> int:
    """Print the value of a setting."""
    from llmauto.cli.settings import get_setting

    return get_setting(name)


@config_app.command("set")
def config_set(name: SettingArgument, value: Annotated[str, typer.Argument(metavar="VALUE")]) -> int:
    """Write a setting to the configuration file."""
    from llmauto.cli.settings import set_setting

    return set_setting(name, value)


@config_app.command("unset")
def config_unset(name: SettingArgument) -> int:
    """Take a setting out of the configuration file."""
    from llmauto.cli.settings import set_setting

    return set_setting(name, None)


@config_app.command("path")
def config_path() -> int:
    """Print where the configuration file is, whether it exists or not."""
    from llmauto.folders import config_file

    typer.echo(str(config_file()))
    return 0


app.add_typer(planner_app, name="planner")


# ---- benchmarks, in a checkout only


@app.command(
    hidden=not complete.in_checkout(),
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", autocompletion=complete.benchmarks)] = "",
) -> int:
    """Run a benchmark of this checkout, such as requests; what follows its name is passed on."""
    from llmauto.cli.bench import run_benchmark

    return run_benchmark(name, context.args)


def _invocation(context: typer.Context) -> Invocation:
    found = context.find_object(Invocation)
    return found if found is not None else Invocation()
