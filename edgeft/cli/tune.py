"""The command that chooses anew what runs a bundle fastest, on the machine it is to run on."""

from typing import Annotated

import typer

from edgeft.cli.options import (
    BundleArgument,
    ColumnOption,
    EncodingOption,
    JsonOption,
    SecondColumnOption,
    TextsOption,
)
from edgeft.cli.progress import listener
from edgeft.cli.results import show_json, show_table


def tune(
    bundle: BundleArgument,
    texts: TextsOption = None,
    column: ColumnOption = "text",
    pair: SecondColumnOption = "pair",
    encoding: EncodingOption = "utf-8",
    threads: Annotated[
        int | None,
        typer.Option("--threads", min=1, help="Most threads for one text; all that may be used."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Choose variant, session options and threads for this machine.

    Times them against each other, checks that golden answers stay, and writes tuning.json into the
    bundle, which is used on this machine from then on and ignored on any other.
    """
    from dataclasses import asdict

    from edgeft.cli.asked import given_in
    from edgeft.runtime.manifest import read_manifest
    from edgeft.runtime.tuning import TUNING
    from edgeft.tuning import tune as tune_bundle

    progress = listener()
    given = list(given_in(texts, read_manifest(bundle), column, pair, encoding)) if texts else None
    tuned = tune_bundle(bundle, given, threads=threads, progress=progress)
    for name, why in tuned.refused.items():
        progress.note(f"tune: {name} was refused: {why}")
    if as_json:
        show_json(asdict(tuned))
        return
    show_table(
        [
            ("tried", "p50", "against", "p50", "times as fast", "95 % interval", "kept"),
            *(
                (
                    each.challenger,
                    f"{each.p50_ms[0]:.3f} ms",
                    each.champion,
                    f"{each.p50_ms[1]:.3f} ms",
                    f"{1 / each.ratio:.3f}",
                    f"{1 / each.interval[1]:.3f} to {1 / each.interval[0]:.3f}",
                    "yes" if each.is_faster else "no",
                )
                for each in tuned.duels
            ),
        ]
    )
    typer.echo(
        f"\n{tuned.name}: {tuned.p50_ms:.3f} ms a text on {tuned.texts} texts, tokenization apart,"
        f" {1 / tuned.ratio:.3f} times as fast as the bundle as built\nwrote {bundle / TUNING}"
    )
