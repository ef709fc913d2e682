"""Options that several commands share, each with its help, and how their values are read."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from edgeft.cli import completing
from edgeft.errors import RecipeError

if TYPE_CHECKING:
    from edgeft.data import DataSource

Device = Literal["auto", "cpu", "cuda"]

DataOption = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="DATA",
        help="A dataset that edgeft prepared, or else texts to prepare beside --out: a file (csv,"
        " tsv, jsonl, json, parquet), a folder with a sub-folder a label, a hub id, a sample name.",
    ),
]
TextOption = Annotated[
    str, typer.Option("--text", metavar="COLUMN", help="Column that holds the text.")
]
PairOption = Annotated[
    str,
    typer.Option("--pair", metavar="COLUMN", help="Column of the second text, if any."),
]
NegativeOption = Annotated[
    str | None,
    typer.Option(
        "--negative",
        metavar="COLUMN",
        help="Column of a text unlike the first, where the task learns from such.",
    ),
]
LabelOption = Annotated[
    str,
    typer.Option(
        "--label", metavar="COLUMN", help="Column that holds the label, or what the task asks for."
    ),
]
EncodingOption = Annotated[
    str,
    typer.Option(
        "--encoding",
        callback=lambda value: known_encoding(value),
        help="Character encoding of the text files.",
    ),
]
TaskOption = Annotated[
    str,
    typer.Option(
        "--task",
        autocompletion=completing.tasks,
        help="What the model does; by default what the dataset or the model was made for, or else"
        " text-classification.",
        show_default=False,
    ),
]
SkipOption = Annotated[
    bool,
    typer.Option("--skip-bad-rows", help="Leave out, count and list rows that cannot be used."),
]
ValidationOption = Annotated[
    str | None,
    typer.Option(
        "--validation", metavar="DATA", help="Validation texts; split off where not given."
    ),
]
TestOption = Annotated[
    str | None, typer.Option("--test", metavar="DATA", help="Test texts, if there are any.")
]
UnlabelledOption = Annotated[
    str | None,
    typer.Option("--unlabelled", metavar="DATA", help="Texts without labels to learn from."),
]
OutOption = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Directory to write; must not exist.")
]
SettingsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        autocompletion=completing.settings,
        help="Set an option; the value is read as YAML. Repeatable; see `edgeft show`.",
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything random.")]
DeviceOption = Annotated[Device, typer.Option("--device", help="Where to compute.")]
ThreadsOption = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="Threads to compute with; all that may be used."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace what stands at --out.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
VariantOption = Annotated[
    str | None, typer.Option("--variant", help="Graph of the bundle; the chosen one by default.")
]
MethodArgument = Annotated[
    str,
    typer.Argument(
        metavar="METHOD",
        autocompletion=completing.methods,
        help="Which one; `edgeft plugins` lists them.",
    ),
]
TextsOption = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="FILE",
        help="Your own texts: txt (one a line), csv, tsv, json or jsonl; the bundle's golden"
        " texts by default.",
    ),
]
ColumnOption = Annotated[
    str, typer.Option("--text", metavar="COLUMN", help="Column of --file that holds the text.")
]
SecondColumnOption = Annotated[
    str,
    typer.Option(
        "--pair",
        metavar="COLUMN",
        help="Column of --file with the second text, if any.",
    ),
]
BundleArgument = Annotated[Path, typer.Argument(metavar="BUNDLE", help="Directory of a bundle.")]


def known_encoding(value: str) -> str:
    """The encoding that was given; raises BadParameter for one that texts are not written in."""
    from edgeft.data.records import not_known

    if why := not_known(value):
        raise typer.BadParameter(why)
    return value


def parse_settings(settings: list[str] | None) -> dict[str, Any]:
    """Read `key=value` settings, values as YAML 1.2; raises RecipeError for what is neither."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    found: dict[str, Any] = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not (key.strip() and equals):
            raise RecipeError(
                f"--set {setting!r} is no KEY=VALUE",
                hint="such as --set epochs=3 of a step, --set finetune.epochs=3 of a recipe",
            )
        try:
            found[key.strip()] = YAML(typ="safe", pure=True).load(value) if value.strip() else value
        except YAMLError as error:
            raise RecipeError(
                f"--set {setting!r}: the value is no YAML", hint="put quotes around a text"
            ) from error
    return found


def recipe_settings(settings: list[str] | None, *, skip_bad_rows: bool) -> dict[str, Any]:
    """The settings of a recipe, with what a flag of its own says of its data."""
    return parse_settings(settings) | ({"data.skip_bad_rows": True} if skip_bad_rows else {})


def data_given(
    data: str,
    text: str = "text",
    label: str = "label",
    validation: str | None = None,
    test: str | None = None,
    *,
    unlabelled: str | None = None,
    pair: str = "pair",
    negative: str | None = None,
    encoding: str = "utf-8",
    skip_bad_rows: bool = False,
) -> "Path | DataSource":
    """The directory of a prepared dataset, or else a source to prepare."""
    from edgeft.artifacts import MANIFEST
    from edgeft.data import Columns, DataSource

    if (Path(data) / MANIFEST).is_file():
        if validation or test or unlabelled:
            raise typer.BadParameter(
                f"{data} is a dataset that edgeft prepared, and has its splits: give --validation,"
                " --test and --unlabelled where it is made"
            )
        return Path(data)
    return DataSource(
        train=data,
        validation=validation,
        test=test,
        unlabelled=unlabelled,
        columns=Columns(text=text, pair=pair, negative=negative, label=label),
        encoding=encoding,
        skip_bad_rows=skip_bad_rows,
    )
