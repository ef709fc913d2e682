"""The command that says what a run would do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeft.cli.options import JsonOption, SettingsOption, SkipOption, recipe_settings
from edgeft.cli.results import show_json, show_table, size

if TYPE_CHECKING:
    from edgeft.pipeline import Node, Plan


def plan(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="YAML file; see `edgeft init`.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Directory that the run would have; runs/NAME by default."
        ),
    ] = None,
    settings: SettingsOption = None,
    skip_bad_rows: SkipOption = False,
    force: Annotated[
        bool, typer.Option("--force", help="Allow --out though something else stands there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a recipe before it runs, and say what is cached.

    Looks every name up and checks packages, options, the directory and its disk.
    """
    from edgeft.pipeline import plan as plan_recipe
    from edgeft.recipe import load_recipe
    from edgeft.registry import load_plugins

    planned = plan_recipe(
        load_recipe(recipe, recipe_settings(settings, skip_bad_rows=skip_bad_rows)),
        out or default_out(recipe),
        load_plugins(),
        force=force,
    )
    if as_json:
        show_json(
            {
                "out": planned.out,
                "base": planned.base,
                "bytes_needed": planned.bytes_needed,
                "bytes_left": planned.bytes_left,
                "bytes_free": planned.bytes_free,
                "unchecked": planned.unchecked,
                "steps": [facts(node) for node in planned.nodes],
                "candidates": [candidate_facts(each, planned) for each in planned.candidates],
            }
        )
        return
    nodes = [*planned.nodes]
    for each in planned.candidates:
        nodes += each.own_nodes(nodes)
    show_table([("step", "reads", "state"), *map(row, nodes)])
    if planned.candidates:
        typer.echo("\nStudents are tried in this order, until one meets every budget:")
        show_table([student(each, planned) for each in planned.candidates], indent="  ")
    for sentence in planned.unchecked:
        typer.echo(f"not checked: {sentence}")
    if all(node.cached for node in nodes):
        typer.echo(f"{planned.out} has all of it: a run makes nothing anew")
        return
    typer.echo(
        planned.may_fill_the_disk
        or f"{planned.out} needs up to {size(planned.bytes_needed)} more while it runs, and keeps"
        f" up to {size(planned.bytes_left)}; {size(planned.bytes_free)} are free"
    )


def default_out(recipe: Path) -> Path:
    """The directory that a recipe's run has where nobody names another."""
    return Path("runs") / recipe.stem


def student(candidate: "Plan", planned: "Plan") -> tuple[str, str, str]:
    """A candidate for a reader."""
    found = candidate_facts(candidate, planned)
    cached = all(step["cached"] for step in found["steps"])
    state = (
        f"skipped: {found['excluded']}" if found["excluded"] else "cached" if cached else "to do"
    )
    return found["name"], found["what"], state


def candidate_facts(candidate: "Plan", planned: "Plan") -> dict[str, Any]:
    """A candidate for a script."""
    if candidate.candidate is None:
        return {}
    return {
        "name": candidate.candidate.name,
        "what": candidate.candidate.what,
        "excluded": candidate.candidate.excluded,
        "steps": [facts(node) for node in candidate.own_nodes(planned.nodes)],
    }


def row(node: "Node") -> tuple[str, str, str]:
    """A node for a reader."""
    reads = ", ".join(path.name for path in node.inputs.values()) or "the sources"
    return node.name, reads, "cached" if node.cached else "to do"


def facts(node: "Node") -> dict[str, Any]:
    """A node for a script."""
    return {
        "name": node.name,
        "kind": node.kind,
        "method": node.method,
        "cached": node.cached,
        "fingerprint": node.fingerprint,
        "options": node.options.model_dump(mode="json") if node.options else {},
        "inputs": {role: path.name for role, path in node.inputs.items()},
    }
