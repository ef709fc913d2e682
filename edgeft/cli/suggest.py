"""The command that says which texts to label next."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeft.cli.options import (
    DeviceOption,
    EncodingOption,
    ForceOption,
    JsonOption,
    SeedOption,
    TaskOption,
    ThreadsOption,
)
from edgeft.cli.progress import listener
from edgeft.cli.results import show_json, show_table

if TYPE_CHECKING:
    from edgeft.suggesting import Suggestion

COLUMNS = ("text", "label", "uncertainty", "answer", "probability", "second")


def suggest(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A checkpoint or a bundle.")],
    file: Annotated[
        Path,
        typer.Option(
            "--file",
            metavar="FILE",
            help="Texts without labels: a txt (one a line), csv, tsv, json or jsonl.",
        ),
    ],
    count: Annotated[int, typer.Option("--count", min=1, help="Texts to suggest.")] = 20,
    column: Annotated[
        str, typer.Option("--text", metavar="COLUMN", help="Column that holds the text.")
    ] = "text",
    known: Annotated[
        Path | None,
        typer.Option(
            "--known", metavar="FILE", help="Texts that have a label already: none like them."
        ),
    ] = None,
    known_column: Annotated[
        str | None,
        typer.Option(
            "--known-text", metavar="COLUMN", help="Column of --known, if not that of --text."
        ),
    ] = None,
    encoding: EncodingOption = "utf-8",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="A csv to write, with an empty column for the label."
        ),
    ] = None,
    task: TaskOption = "",
    device: DeviceOption = "cpu",
    threads: ThreadsOption = None,
    seed: SeedOption = 0,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Name the texts whose label would help most.

    They are those that the model is least sure of, no two alike. Label them, add them to the
    training texts, and train again.
    """
    from edgeft.artifacts import Bundle, knowing_labels, open_model
    from edgeft.cli.outputs import check_directory
    from edgeft.data.copies import in_one_line
    from edgeft.data.texts import read_texts
    from edgeft.errors import DataError, PluginError
    from edgeft.evaluation import logits_of
    from edgeft.recipe import USUAL
    from edgeft.registry import load_plugins
    from edgeft.suggesting import suggest as choose
    from edgeft.writing import refuse_to_overwrite, write_text

    if out:
        check_directory(out)
        refuse_to_overwrite(out, force)
    progress = listener()
    subject, registry = knowing_labels(open_model(model)), load_plugins()
    own = subject.manifest.task
    asked = registry.task(task or (own if own in registry.tasks else USUAL))
    if asked.answer != "label" or asked.pairs or asked.marks:
        raise PluginError(
            f"texts to label are not suggested for {asked.name}",
            hint="it is for tasks that give a single text, with nothing marked in it, one label",
        )
    texts = [text for text in read_texts(file, column, encoding) if text.strip()]
    if not texts:
        raise DataError(f"{file} has no texts", hint="name a file with texts to choose from")
    logits = logits_of(
        subject,
        texts,
        task=asked,
        device=device,
        threads=threads,
        progress=progress,
    )
    tempered = subject.manifest.decoding.temperature if isinstance(subject, Bundle) else 1.0
    found = choose(
        texts,
        logits / tempered,
        subject.labels,
        count,
        known=list(read_texts(known, known_column or column, encoding)) if known else [],
        seed=seed,
        progress=progress,
    )
    if len(found) < count:
        progress.note(f"only {len(found)} of {count}: there are no more different texts")
    if out:
        write_text(out, to_csv(found))
        if not as_json:
            typer.echo(f"wrote {out}; fill in its labels, and add its rows to the training texts")
    if as_json:
        show_json([vars(each) for each in found])
    elif found and not out:
        rows = [
            (f"{each.uncertainty:.2f}", f"{each.label} or {each.second}", in_one_line(each.text))
            for each in found
        ]
        show_table([("unsure", "between", "text"), *rows])


def to_csv(found: "list[Suggestion]") -> str:
    """The suggestions as a csv whose labels are left to fill in, with the mark of UTF-8."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for each in found:
        unsure, sure = f"{each.uncertainty:.3f}", f"{each.probability:.3f}"
        writer.writerow([each.text, "", unsure, each.label, sure, each.second])
    return "\ufeff" + written.getvalue()
