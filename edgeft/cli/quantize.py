"""The command that adds an int8 variant to a bundle."""

from typing import Annotated

import typer

from edgeft.cli.options import (
    DataOption,
    ForceOption,
    JsonOption,
    LabelOption,
    MethodArgument,
    OutOption,
    SeedOption,
    SettingsOption,
    TestOption,
    TextOption,
    ThreadsOption,
    ValidationOption,
    data_given,
    parse_settings,
)
from edgeft.cli.progress import listener
from edgeft.cli.results import show_artifact


def quantize(
    method: MethodArgument,
    bundle: Annotated[str, typer.Option("--bundle", metavar="DIR", help="Bundle to quantize.")],
    data: DataOption,
    out: OutOption,
    settings: SettingsOption = None,
    text: TextOption = "text",
    label: LabelOption = "label",
    validation: ValidationOption = None,
    test: TestOption = None,
    max_drop: Annotated[
        float,
        typer.Option("--max-drop", min=0, max=1, help="Largest loss of accuracy to accept."),
    ] = 0.01,
    seed: SeedOption = 0,
    threads: ThreadsOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Add an int8 variant to a bundle, and choose by measuring."""
    from edgeft.pipeline.alone import run_step
    from edgeft.registry import load_plugins
    from edgeft.steps import Gates

    made = run_step(
        "quantize",
        method,
        out,
        load_plugins(),
        data=data_given(data, text, label, validation, test),
        model=bundle,
        settings=parse_settings(settings),
        seed=seed,
        threads=threads,
        gates=Gates(max_drop=max_drop),
        force=force,
        progress=listener(),
    )
    show_artifact(made, as_json)
