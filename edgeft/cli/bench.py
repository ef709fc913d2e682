"""The command that times models."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from edgeft.cli.options import (
    ColumnOption,
    EncodingOption,
    JsonOption,
    SecondColumnOption,
    TextsOption,
)
from edgeft.cli.progress import listener
from edgeft.cli.results import show_json


def bench(
    bundle: Annotated[
        str,
        typer.Argument(
            metavar="BUNDLE",
            help="Bundle, with all its variants that the device computes; BUNDLE:VARIANT for one.",
        ),
    ],
    against: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL",
            help="What to time it against: bundles, or checkpoints (transformers' pipeline).",
        ),
    ] = None,
    texts: TextsOption = None,
    column: ColumnOption = "text",
    pair: SecondColumnOption = "pair",
    encoding: EncodingOption = "utf-8",
    batch_size: Annotated[
        list[int] | None,
        typer.Option("--batch-size", min=1, help="Texts a call; 1 and 32 by default. Repeatable."),
    ] = None,
    threads: Annotated[
        list[int] | None,
        typer.Option("--threads", min=1, help="Threads; 1 by default. Repeatable."),
    ] = None,
    device: Annotated[
        Literal["cpu", "cuda"], typer.Option("--device", help="Where to compute.")
    ] = "cpu",
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.1, help="Timed work of a model in a setting.")
    ] = 10.0,
    cold_starts: Annotated[
        int, typer.Option("--cold-starts", min=0, help="Fresh processes started for each model.")
    ] = 5,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the order of turns.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Directory for JSON with raw values, table and picture."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what stands at --out.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Time a bundle on your own texts, against other models.

    Models take turns, each in a process of its own. Shows medians and tails with their intervals,
    throughput, memory and cold start.
    """
    from edgeft.benchmark import every_variant, golden_texts, measure, subject
    from edgeft.benchmark.files import write_benchmark
    from edgeft.benchmark.markdown import to_markdown
    from edgeft.cli.asked import given_in
    from edgeft.runtime.manifest import read_manifest
    from edgeft.writing import refuse_to_overwrite

    if out is not None:
        refuse_to_overwrite(out, force)
    progress = listener()
    subjects = [
        *every_variant(bundle, device),
        *(subject(each, device=device) for each in against or []),
    ]
    batch_sizes, of_threads = batch_size or (1, 32), threads or (1,)
    turns = len(subjects) * len(batch_sizes) * len(of_threads)
    starts = "once" if cold_starts == 1 else f"{cold_starts} times"
    progress.note(
        f"{len(subjects)} models, about {max(1, turns * seconds):.0f} s of timing; then each starts"
        f" afresh {starts} (--seconds, --cold-starts)"
    )
    found = measure(
        subjects,
        list(given_in(texts, read_manifest(subjects[0].path), column, pair, encoding))
        if texts
        else golden_texts(subjects[0].path),
        batch_sizes=batch_sizes,
        threads=of_threads,
        device=device,
        seconds=seconds,
        cold_starts=cold_starts,
        seed=seed,
        progress=progress,
    )
    found.texts.source = str(texts or "the bundle's golden texts")
    if out is not None:
        for path in write_benchmark(found, out, progress, force=force):
            progress.note(f"wrote {path}")
    if as_json:
        show_json(found.model_dump(mode="json"))
    else:
        typer.echo(to_markdown(found), nl=False)
