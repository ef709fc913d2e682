"""The command that says what each data lever of a recipe gives."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from edgeft.cli.options import (
    DeviceOption,
    JsonOption,
    SettingsOption,
    ThreadsOption,
    parse_settings,
)
from edgeft.cli.progress import listener
from edgeft.cli.results import show_json, show_table


def ablate(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="YAML file; see `edgeft init`.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="DIR", help="Directory of all runs; those made before are kept."
        ),
    ],
    seeds: Annotated[
        int, typer.Option("--seeds", min=2, help="Runs of the recipe, and of each lever.")
    ] = 3,
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--lever", metavar="NAME", help="Only this one, such as augment.mask. Repeatable."
        ),
    ] = None,
    last: Annotated[
        Literal["finetune", "distill", "prune", "export", "quantize"] | None,
        typer.Option("--until", help="Stop the recipe after its last step of this kind: faster."),
    ] = None,
    settings: SettingsOption = None,
    device: DeviceOption = "auto",
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what each data lever of a recipe gives, by leaving it out.

    Levers are clean and augment steps, texts without labels, and options of trainings that make
    more of the same labels and are on, by default or by the recipe. Each takes a run a seed. An
    ablation that was interrupted goes on where it stopped.
    """
    from edgeft.ablation.ablating import ablate as measure
    from edgeft.ablation.levers import chosen, levers, until
    from edgeft.ablation.page import HEADS, origin, rows, write
    from edgeft.recipe import load_recipe
    from edgeft.registry import load_plugins

    registry = load_plugins()
    whole = load_recipe(recipe, parse_settings(settings))
    if last:
        whole = until(whole, last)
    found = measure(
        whole,
        chosen(levers(whole, registry), names or []),
        out,
        registry,
        seeds=range(whole.seed, whole.seed + seeds),
        progress=listener(),
        threads=threads,
        device=device,
    )
    write(found, out)
    if as_json:
        show_json(found.model_dump(mode="json"))
        return
    show_table([tuple(HEADS), *map(tuple, rows(found))])
    typer.echo(f"\n{origin(found)}\n{out / 'ablation.html'}")
