"""The command that explains one step and its options."""

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeft.cli.options import JsonOption
from edgeft.cli.results import show_json, show_table

if TYPE_CHECKING:
    from edgeft.registry import Registry
    from edgeft.steps import Step


def show(
    step: Annotated[
        str,
        typer.Argument(
            metavar="STEP",
            help="KIND.METHOD such as finetune.full, or the method alone; `recipe` prints the JSON"
            " schema of recipes, for editors.",
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Explain one step: what it does, what it needs, its options."""
    from edgeft.recipe import recipe_schema
    from edgeft.registry import load_plugins

    registry = load_plugins()
    if step == "recipe":
        show_json(recipe_schema(registry))
        return
    cls = find_step(step, registry)
    if as_json:
        show_json(
            {
                "kind": cls.kind,
                "method": cls.name,
                "plugin": cls.plugin,
                "distribution": cls.distribution,
                "needs": list(cls.needs),
                "options": cls.Options.model_json_schema(),
            }
        )
        return
    typer.echo(
        f"{cls.kind}.{cls.name} (plugin {cls.plugin}, from {cls.distribution or 'a module'})"
    )
    typer.echo(f"\n{inspect.getdoc(cls) or ''}\n")
    if cls.needs:
        typer.echo(f"needs: {', '.join(cls.needs)}\n")
    rows = [
        (name, type_name(field.annotation), f"= {field.default!r}", field.description or "")
        for name, field in sorted(cls.Options.model_fields.items())
    ]
    if rows:
        typer.echo("options:")
        show_table(rows, indent="  ")


def find_step(wanted: str, registry: "Registry") -> "type[Step[Any]]":
    """Look a step up by KIND.METHOD, or by a method's name that only one kind has."""
    from edgeft.errors import PluginError
    from edgeft.registry import suggestion
    from edgeft.steps import KINDS

    kind, dot, method = wanted.partition(".")
    if dot and kind in KINDS:
        return registry.step(kind, method)
    found = [cls for (_, name), cls in registry.steps.items() if name == wanted]
    known = [f"{kind}.{name}" for kind, name in registry.steps]
    if len(found) > 1:
        names = " or ".join(f"{cls.kind}.{cls.name}" for cls in found)
        raise PluginError(f"{wanted!r} is the name of several steps", hint=f"say {names}")
    if not found:
        of_kind = [name for name in known if name.startswith(f"{wanted}.")]
        methods = [name for _, name in registry.steps]
        hint = f"say {' or '.join(of_kind)}" if of_kind else suggestion(wanted, [*known, *methods])
        raise PluginError(f"no step is called {wanted!r}", hint=hint)
    return found[0]


def type_name(annotation: Any) -> str:
    """A type as a person writes it: `int`, `int | None`, `auto|bf16`."""
    from typing import Literal, get_args, get_origin

    if get_origin(annotation) is Literal:
        return "|".join(str(value) for value in get_args(annotation))
    return annotation.__name__ if inspect.isclass(annotation) else str(annotation)
