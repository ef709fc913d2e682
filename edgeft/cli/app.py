"""All commands in their sections, and what every command has in common: verbosity and errors."""

import logging
import sys
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from edgeft.cli import (
    ablate,
    bench,
    doctor,
    evaluate,
    init,
    inspect,
    plan,
    plugins,
    predict,
    run,
    show,
    steps,
    suggest,
    tune,
    verify,
)
from edgeft.cli.failures import drop_output, ending_on_sigterm, explained
from edgeft.cli.logs import logging_to_stderr
from edgeft.cli.results import show_table

SECTIONS = {
    "The whole way": (init.init, plan.plan, run.run, ablate.ablate),
    "One step": steps.COMMANDS,
    "A model": (
        evaluate.evaluate,
        predict.predict,
        suggest.suggest,
        bench.bench,
        tune.tune,
        verify.verify,
        inspect.inspect,
    ),
    "This installation": (plugins.plugins, show.show, doctor.doctor),
}

COMMON = ("-q", "--quiet", "-v", "--verbose")
"""flags that may stand before a command or behind it"""

log = logging.getLogger(__name__)


class Commands(TyperGroup):
    """The commands: shown in sections, and their errors in two lines."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take what every command has in common from wherever it stands before a `--`."""
        end = args.index("--") if "--" in args else len(args)
        common = [each for each in args[:end] if each in COMMON]
        own = [each for each in args[:end] if each not in COMMON]
        found: list[str] = super().parse_args(ctx, [*common, *own, *args[end:]])
        return found

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what a user can mend ends in two lines, a bug in its traceback.

        A table may stand between the two.
        """
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError as error:  # the reader, such as `head`, has seen enough
            drop_output()
            raise typer.Exit(0) from error
        except (Exception, KeyboardInterrupt) as error:
            failure = explained(error, ctx.invoked_subcommand or "")
            if failure is None:
                raise
            log.debug("raised here", exc_info=error)
            sys.stderr.write(f"error: {failure.message}\n")
            if failure.table:
                show_table(failure.table, indent="  ", err=True)
            if failure.hint:
                sys.stderr.write(f"hint: {failure.hint}\n")
            raise typer.Exit(failure.code) from error
        return result

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands section by section, in the order in which they are used."""
        for title, functions in SECTIONS.items():
            rows = [
                (name, self.commands[name].get_short_help_str(limit=68))
                for name in (function.__name__ for function in functions)
            ]
            with formatter.section(title):
                formatter.write_dl(rows)


app = typer.Typer(
    name="edgeft",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # importing rich to print help doubles the start
)
for functions in SECTIONS.values():
    for function in functions:
        app.command()(function)


def print_version(wanted: bool) -> None:
    """Print the version and end, where `--version` is given."""
    if wanted:
        from edgeft import __version__

        typer.echo(f"edgeft {__version__}")
        raise typer.Exit


@app.callback()
def edgeft(
    ctx: typer.Context,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress and no notes: results and errors.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Everything, with tracebacks of errors.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=print_version, is_eager=True),
    ] = False,
) -> None:
    """Tiny, verified ONNX text models for the edge, distilled from your own few labelled texts."""
    level = logging.ERROR if quiet else logging.DEBUG if verbose else logging.INFO
    ctx.with_resource(logging_to_stderr(level))


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit code.

    0 is done, 1 a user's error or a gate that failed, 2 wrong usage, 130 interrupted, 143 ended
    by SIGTERM.
    """
    for stream in (sys.stdout, sys.stderr):  # one that is no UTF-8 does not have every sign
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with ending_on_sigterm():
            app(arguments, prog_name="edgeft")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
