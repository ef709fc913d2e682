"""The command that writes a checkpoint as an ONNX bundle."""

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


def export(
    method: MethodArgument,
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", metavar="DIR", help="Checkpoint to export.")
    ],
    data: DataOption,
    out: OutOption,
    settings: SettingsOption = None,
    text: TextOption = "text",
    label: LabelOption = "label",
    validation: ValidationOption = None,
    test: TestOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a checkpoint as an ONNX bundle, checked against it."""
    from edgeft.pipeline.alone import run_step
    from edgeft.registry import load_plugins

    made = run_step(
        "export",
        method,
        out,
        load_plugins(),
        data=data_given(data, text, label, validation, test),
        model=checkpoint,
        settings=parse_settings(settings),
        seed=seed,
        threads=threads,
        force=force,
        progress=listener(),
    )
    show_artifact(made, as_json)
