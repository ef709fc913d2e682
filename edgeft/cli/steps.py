"""The commands that run one step each: alike but for the model they start from."""

from collections.abc import Callable
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any

import typer

from edgeft.cli.options import (
    DataOption,
    DeviceOption,
    EncodingOption,
    ForceOption,
    JsonOption,
    LabelOption,
    MethodArgument,
    NegativeOption,
    OutOption,
    PairOption,
    SeedOption,
    SettingsOption,
    SkipOption,
    TaskOption,
    TestOption,
    TextOption,
    ThreadsOption,
    UnlabelledOption,
    ValidationOption,
    data_given,
    parse_settings,
)
from edgeft.cli.progress import listener
from edgeft.cli.results import show_artifact

BASE = typer.Option(
    "--base",
    metavar="MODEL",
    help="Pretrained model: a directory, a hub id, or pkg:PACKAGE/FOLDER.",
)
TEACHER = typer.Option("--teacher", metavar="MODEL", help="Checkpoint or bundle to learn from.")
TO_PRUNE = typer.Option("--checkpoint", metavar="DIR", help="Checkpoint to prune.")
TO_EXPORT = typer.Option("--checkpoint", metavar="DIR", help="Checkpoint to export.")
BUNDLE = typer.Option("--bundle", metavar="DIR", help="Bundle to quantize.")
MODEL = typer.Option(
    "--model",
    metavar="MODEL",
    help="Encoder that tells which labels and texts are unlike the others, such as the base of your"
    " recipe; by default words and characters tell.",
)
TeacherOption = Annotated[
    str | None,
    typer.Option(
        "--teacher",
        metavar="METHOD",
        help="Finetuner, such as full, that is trained from --model on parts of the texts and says"
        " of the others which labels are wrong: minutes, where the default takes seconds.",
    ),
]
ApplyOption = Annotated[
    Path | None,
    typer.Option(
        "--apply",
        metavar="FILE",
        help="Decisions of an earlier review, as you edited them: drop and relabel these rows.",
    ),
]
MaxDropOption = Annotated[
    float, typer.Option("--max-drop", min=0, max=1, help="Largest loss of accuracy to accept.")
]


def step_command(
    kind: str,
    what: str,
    model: Any = None,
    *,
    has_device: bool = False,
    has_gate: bool = False,
    reviews: bool = False,
) -> Callable[..., None]:
    """A command that runs one step of a kind; `what` is its help.

    `model` is the option that names the model it starts from, or that looks at the data where the
    command `reviews` them. Typer reads a command's options from its signature, so the command is
    given the signature of its kind.
    """

    def command(
        method: str,
        data: str,
        out: Any,
        settings: list[str] | None,
        text: str,
        label: str,
        validation: str | None,
        test: str | None,
        unlabelled: str | None,
        pair: str,
        negative: str | None,
        encoding: str,
        skip_bad_rows: bool,
        as_json: bool,
        model: str = "",
        max_drop: float | None = None,
        teacher: str | None = None,
        decisions: Path | None = None,
        **circumstances: Any,
    ) -> None:
        from edgeft.options import Gates
        from edgeft.pipeline.alone import run_step
        from edgeft.recipe import put
        from edgeft.registry import load_plugins

        given: dict[str, Any] = {}
        for key, value in parse_settings(settings).items():
            put(given, key.split("."), value)
        if reviews:
            named = {
                "model": model,
                "teacher": teacher,
                "decisions": decisions and str(decisions),
            }
            given |= {name: value for name, value in named.items() if value}
        made = run_step(
            kind,
            method,
            out,
            load_plugins(),
            data=data_given(
                data,
                text,
                label,
                validation,
                test,
                unlabelled=unlabelled,
                pair=pair,
                negative=negative,
                encoding=encoding,
                skip_bad_rows=skip_bad_rows,
            ),
            model="" if reviews else model,
            settings=given,
            gates=None if max_drop is None else Gates(max_drop=max_drop),
            progress=listener(),
            **circumstances,
        )
        show_artifact(made, as_json)

    options: list[tuple[str, Any, Any]] = [
        ("method", MethodArgument, "review" if reviews else Parameter.empty),
        *([("model", Annotated[str, model], "" if reviews else Parameter.empty)] if model else []),
        *([("teacher", TeacherOption, None), ("decisions", ApplyOption, None)] if reviews else []),
        ("data", DataOption, Parameter.empty),
        ("out", OutOption, Parameter.empty),
        ("settings", SettingsOption, None),
        ("text", TextOption, "text"),
        ("label", LabelOption, "label"),
        ("pair", PairOption, "pair"),
        ("negative", NegativeOption, None),
        ("task", TaskOption, ""),
        ("encoding", EncodingOption, "utf-8"),
        ("skip_bad_rows", SkipOption, False),
        ("validation", ValidationOption, None),
        ("test", TestOption, None),
        ("unlabelled", UnlabelledOption, None),
        *([("max_drop", MaxDropOption, 0.01)] if has_gate else []),
        ("seed", SeedOption, 0),
        *([("device", DeviceOption, "auto")] if has_device else []),
        ("threads", ThreadsOption, None),
        ("force", ForceOption, False),
        ("as_json", JsonOption, False),
    ]
    command.__name__ = kind
    command.__doc__ = what
    command.__annotations__ = {name: annotation for name, annotation, _ in options}
    command.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, annotation, default in options
        ]
    )
    return command


COMMANDS = (
    step_command(
        "clean",
        "List what is wrong with labelled texts, and do what you decided.",
        MODEL,
        reviews=True,
    ),
    step_command("augment", "Add changed copies of the training texts."),
    step_command("finetune", "Train a pretrained model on labelled texts.", BASE, has_device=True),
    step_command(
        "distill", "Train a small student to answer as its teacher does.", TEACHER, has_device=True
    ),
    step_command(
        "prune", "Remove from a checkpoint what its task does not need.", TO_PRUNE, has_device=True
    ),
    step_command("export", "Write a checkpoint as an ONNX bundle, checked against it.", TO_EXPORT),
    step_command(
        "quantize",
        "Add an int8 variant to a bundle, and choose by measuring.",
        BUNDLE,
        has_gate=True,
    ),
)
"""one for each kind of step, in the order in which a recipe runs them"""
