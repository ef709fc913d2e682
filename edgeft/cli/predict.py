"""The command that asks a bundle."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from edgeft.cli.naming import (
    EntailmentOption,
    LabelsOption,
    SeveralOption,
    TemplateOption,
    named,
    refuse_without_labels,
)
from edgeft.cli.options import (
    BundleArgument,
    DeviceOption,
    EncodingOption,
    ThreadsOption,
    VariantOption,
)
from edgeft.cli.progress import listener
from edgeft.cli.tags import SUFFIXES, Scheme
from edgeft.progress import Silence

WINDOW = 4096  # texts in memory at a time, batched by length among themselves


def predict(
    bundle: BundleArgument,
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT", help="Texts; without any, the lines of stdin."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="Texts in a txt (one a line), csv, tsv, json, jsonl or parquet, or what the"
            " bundle's task reads, such as conll.",
        ),
    ] = None,
    column: Annotated[
        str, typer.Option("--text", metavar="COLUMN", help="Column of --file that holds the text.")
    ] = "text",
    pair: Annotated[
        str, typer.Option("--pair", metavar="COLUMN", help="Column of --file with the second text.")
    ] = "pair",
    encoding: EncodingOption = "utf-8",
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="COLUMN",
            help="Column of --file to write beside the answers, such as an id; repeatable.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="A csv, tsv, jsonl or conll to write, for stdout; of vectors an npy, too.",
        ),
    ] = None,
    scheme: Annotated[
        Scheme, typer.Option("--scheme", help="How the tags of a conll are written.")
    ] = "bio",
    top_k: Annotated[int, typer.Option("--top-k", min=1, help="Labels for each text.")] = 1,
    labels: LabelsOption = None,
    template: TemplateOption = None,
    entailment: EntailmentOption = None,
    several: SeveralOption = None,
    variant: VariantOption = None,
    device: DeviceOption = "auto",
    threads: ThreadsOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file at --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """Say what a bundle answers to each text, such as its label.

    Prints label, probability and text, a line each, separated by tabs. A model that reads two texts
    together takes texts two by two, or lines of stdin with a tab between them. A note at the end
    says so where more than 1 % of the texts' tokens are unknown to the model.
    """
    from edgeft.cli.answers import (
        answered,
        asking,
        counted,
        is_of_vectors,
        lines_in,
        most,
        opened,
        unknown_note,
        write_vectors,
    )
    from edgeft.cli.asked import (
        given_in,
        in_columns,
        in_pairs,
        is_name_of_file,
        kept_in,
        lines_of,
    )
    from edgeft.runtime import Embedder, Model, ZeroShot, load

    refuse_without_labels(labels, template=template, entailment=entailment, several=several)
    if texts and file:
        raise typer.BadParameter("give texts or --file, not both")
    if several is not None and top_k > 1:
        raise typer.BadParameter("--several gives all that are so probable: leave --top-k out")
    if scheme != "bio" and (out is None or out.suffix.lower() not in SUFFIXES):
        raise typer.BadParameter(f"--scheme {scheme} is of a conll: add --out answers.conll")
    # as other tools call stdin
    texts = None if texts == ["-"] else texts
    for each in texts or ():
        if is_name_of_file(each):
            listener().note(f"note: {each} is a file; to read the texts in it, --file {each}")
    file = None if file == Path("-") else file
    if keep and not file:
        raise typer.BadParameter("--keep is of the columns of --file")
    if keep and out is not None and out.suffix.lower() in (*SUFFIXES, ".npy"):
        raise typer.BadParameter(f"{out} has no columns to keep others in: a csv, tsv or jsonl has")
    suffix = out.suffix if out else ".jsonl" if as_json else None
    lines = None if is_of_vectors(out) else lines_in(suffix, scheme)
    typed = not texts and not file and sys.stdin.isatty()
    progress = listener() if out else Silence()
    with (
        load(bundle, Model, variant=variant, device=device, threads=threads) as model,
        opened(out, force) as output,
        progress.bar(f"answering {file or 'stdin'}", unit="texts") as bar,
    ):
        asked: Model[Any] | ZeroShot = model
        if labels is not None:
            asked = named(model, labels, template, entailment, several)
        if lines is None and not isinstance(asked, Embedder):
            raise typer.BadParameter(
                f"{out} is for vectors, and this bundle gives others: a csv, tsv, jsonl or conll"
            )
        if top_k > 1 and not most(asked, top_k):
            raise typer.BadParameter("--top-k is for one label a text; this bundle gives others")
        if file:
            given: Iterable[Any] = given_in(
                file, model.manifest, column, pair, encoding, named=labels is not None
            )
        else:
            lined = iter(texts) if texts else lines_of(sys.stdin, encoding)
            pairs = model.manifest.decoding.pairs and labels is None
            given = (in_pairs if texts else in_columns)(lined) if pairs else lined
        top_k = most(asked, top_k)
        window = 1 if typed else WINDOW
        kept = kept_in(file, keep, encoding) if file and keep else None
        rows = counted(answered(given, asking(asked, top_k), window, kept), bar)
        if lines is None:
            write_vectors(rows, output)
        else:
            output.writelines(lines(rows, top_k))
    if note := unknown_note(model.tokens):
        listener().note(note)
