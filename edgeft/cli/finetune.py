"""The command that trains a pretrained model."""

from typing import Annotated

import typer

from edgeft.cli.options import (
    DataOption,
    DeviceOption,
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


def finetune(
    method: MethodArgument,
    base: Annotated[
        str,
        typer.Option(
            "--base",
            metavar="MODEL",
            help="Pretrained model: a directory, a hub id, or pkg:PACKAGE/FOLDER.",
        ),
    ],
    data: DataOption,
    out: OutOption,
    settings: SettingsOption = None,
    text: TextOption = "text",
    label: LabelOption = "label",
    validation: ValidationOption = None,
    test: TestOption = None,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    threads: ThreadsOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train a pretrained model on labelled texts."""
    from edgeft.pipeline.alone import run_step
    from edgeft.registry import load_plugins

    made = run_step(
        "finetune",
        method,
        out,
        load_plugins(),
        data=data_given(data, text, label, validation, test),
        model=base,
        settings=parse_settings(settings),
        seed=seed,
        device=device,
        threads=threads,
        force=force,
        progress=listener(),
    )
    show_artifact(made, as_json)
