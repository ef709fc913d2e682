"""The command that works through a recipe."""

from pathlib import Path
from typing import Annotated

import typer

from edgeft.cli.options import (
    DeviceOption,
    JsonOption,
    SettingsOption,
    SkipOption,
    ThreadsOption,
    recipe_settings,
)
from edgeft.cli.progress import listener
from edgeft.cli.results import show_json, show_report


def run(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="YAML file; see `edgeft init`.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Directory of the run, runs/NAME by default; an earlier run in it is resumed.",
        ),
    ] = None,
    settings: SettingsOption = None,
    skip_bad_rows: SkipOption = False,
    device: DeviceOption = "auto",
    threads: ThreadsOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Use --out though something else stands there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Turn labelled texts into a verified int8 bundle, as a recipe says.

    A run that was interrupted goes on where it stopped; unchanged steps are not run again.
    """
    from edgeft.cli.plan import default_out
    from edgeft.errors import GateError
    from edgeft.pipeline import run as run_recipe
    from edgeft.recipe import load_recipe
    from edgeft.registry import load_plugins

    out = out or default_out(recipe)
    try:
        report = run_recipe(
            load_recipe(recipe, recipe_settings(settings, skip_bad_rows=skip_bad_rows)),
            out,
            load_plugins(),
            progress=listener(),
            threads=threads,
            device=device,
            force=force,
        )
    except GateError as error:
        if as_json and error.report is not None:  # what a program wants to know of it, too
            show_json(error.report.model_dump(mode="json"))
        raise
    if report is None:  # not the main process of a torchrun
        return
    if as_json:
        show_json(report.model_dump(mode="json"))
    else:
        show_report(report, out)
