"""The command that says what a run would do."""

from pathlib import Path
from typing import Annotated

import typer

from edgeft.cli.options import JsonOption, SettingsOption, parse_settings
from edgeft.cli.results import show_json, show_table, size


def plan(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="YAML file; see `edgeft init`.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Directory that the run would have.")
    ] = Path("runs"),
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a recipe before it runs, and say what is cached.

    Looks every name up and checks packages, options and disk.
    """
    from edgeft.pipeline import plan as plan_recipe
    from edgeft.recipe import load_recipe
    from edgeft.registry import load_plugins

    planned = plan_recipe(load_recipe(recipe, parse_settings(settings)), out, load_plugins())
    if as_json:
        show_json(
            {
                "out": planned.out,
                "base": planned.base,
                "bytes_needed": planned.bytes_needed,
                "bytes_free": planned.bytes_free,
                "steps": [
                    {
                        "name": node.name,
                        "kind": node.kind,
                        "method": node.method,
                        "cached": node.cached,
                        "fingerprint": node.fingerprint,
                        "options": node.options.model_dump(mode="json") if node.options else {},
                        "inputs": {role: path.name for role, path in node.inputs.items()},
                    }
                    for node in planned.nodes
                ],
            }
        )
        return
    show_table(
        [
            ("step", "reads", "state"),
            *(
                (
                    node.name,
                    ", ".join(path.name for path in node.inputs.values()) or "the sources",
                    "cached" if node.cached else "to do",
                )
                for node in planned.nodes
            ),
        ]
    )
    typer.echo(
        f"{planned.out} needs about {size(planned.bytes_needed)} more;"
        f" {size(planned.bytes_free)} are free"
    )
