"""The command that writes a first recipe."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from edgeft.cli import completing
from edgeft.cli.naming import labels_in
from edgeft.cli.options import EncodingOption, NegativeOption, PairOption
from edgeft.starter.doubting import SEVERAL, USUAL


def init(
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            metavar="TASK",
            autocompletion=completing.tasks,
            help=f"What the model learns to do; {USUAL} by default, {SEVERAL} where cells"
            " look like several labels, or the task that alone has such files or cells.",
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="MODEL", help="Pretrained model; MiniLM by default."),
    ] = None,
    train: Annotated[
        str | None,
        typer.Option(
            "--train",
            metavar="DATA",
            help="A csv, tsv, jsonl, json or parquet file, a folder with a sub-folder a label, a"
            " hub id or a sample name.",
        ),
    ] = None,
    validation: Annotated[
        str | None, typer.Option("--validation", metavar="DATA", help="Split off if not given.")
    ] = None,
    test: Annotated[
        str | None, typer.Option("--test", metavar="DATA", help="Split off if not given.")
    ] = None,
    unlabelled: Annotated[
        str | None,
        typer.Option("--unlabelled", metavar="TEXTS", help="Texts without labels to learn from."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="LABELS",
            help="In the place of --train, where no text has a label: names with commas between"
            " them, or a file with a name a line, and after a tab what it is called.",
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="COLUMN", help="Column that holds the text.")
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", metavar="COLUMN", help="Column that holds the label.")
    ] = None,
    pair: PairOption = "pair",
    negative: NegativeOption = None,
    encoding: EncodingOption = "utf-8",
    out: Annotated[Path, typer.Option("--out", metavar="RECIPE", help="Recipe to write.")] = Path(
        "recipe.yaml"
    ),
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: take what looks right.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the recipe at --out.")] = False,
) -> None:
    """Look at your data and write a commented recipe that runs.

    Asks what the flags leave open.
    """
    from edgeft.cli.outputs import check_directory
    from edgeft.cli.plan import default_out
    from edgeft.cli.progress import listener
    from edgeft.models import strange_texts
    from edgeft.recipe import load_recipe
    from edgeft.registry import load_plugins
    from edgeft.starter.reading import refused
    from edgeft.starter.settling import Flags, chosen_unasked, first_look, settled
    from edgeft.starter.writing import write_recipe
    from edgeft.writing import refuse_to_overwrite, write_text

    asking = not yes and sys.stdin.isatty()
    refuse_to_overwrite(out, force)
    check_directory(out)
    if train is not None and labels is not None:
        raise typer.BadParameter("--labels are for where there is no --train")
    if train is None and labels is None and asking:
        train = ask("Training texts (file, folder, hub id or sample name)")
    registry = load_plugins()
    flags = Flags(
        train=train,
        task=task,
        base=base,
        validation=validation,
        test=test,
        unlabelled=unlabelled,
        labels=labels,
        text=text,
        label=label,
        pair=pair,
        negative=negative,
        encoding=encoding,
    )
    start = first_look(flags, list(labels_in(labels)) if labels is not None else [], registry)
    if start.seen.rows:
        typer.echo(start.described(), err=True)
    for note in start.notes:
        typer.echo(f"note: {note}", err=True)
    answers = settled(start, registry, ask if asking else None)
    if not asking and start.left_open:
        typer.echo(chosen_unasked(answers, start.left_open), err=True)
    model = registry.model_source(answers.base) or Path(answers.base)
    if strange := strange_texts(model, answers.base, start.seen.texts):
        typer.echo(f"note: {strange}, with --base", err=True)
    size = sum(file.stat().st_size for file in model.glob("*.safetensors")) / 1e6
    write_text(out, write_recipe(answers, start.seen, size))
    for note in refused(load_recipe(out), registry, listener()):
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"wrote {out}; next:")
    for command in ("plan", "run"):
        typer.echo(f"  edgeft {command} {out} --out {default_out(out)}")


def ask(question: str, default: str | None = None) -> str:
    """Ask on the terminal; Enter takes the default."""
    return str(typer.prompt(question, default=default, err=True)).strip()
