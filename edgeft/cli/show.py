"""The command that explains one step and its options."""

import inspect
from textwrap import fill
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import typer

from edgeft.cli import completing
from edgeft.cli.options import JsonOption
from edgeft.cli.results import show_json

if TYPE_CHECKING:
    from edgeft.registry import Registry
    from edgeft.steps import Step

TAB = "      "


def show(
    step: Annotated[
        str,
        typer.Argument(
            metavar="STEP",
            autocompletion=completing.named_steps,
            help="KIND.METHOD such as finetune.full, or the method alone; `recipe` prints the JSON"
            " schema of recipes, for editors.",
        ),
    ],
    method: Annotated[
        str | None, typer.Argument(metavar="METHOD", help="Where STEP is a kind alone.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Explain one step: what it does, what it needs, its options."""
    from edgeft.recipe import SEARCHED, recipe_schema
    from edgeft.registry import SEARCH, SEARCHING, load_plugins

    registry = load_plugins()
    if step == "recipe":
        show_json(recipe_schema(registry))
        return
    step = f"{step}.{method}" if method else step
    if step == ".".join(SEARCH):
        if not as_json:
            typer.echo(f"{step} (in a recipe)\n\n{SEARCHING} Its options are those of\n")
        step = ".".join(SEARCHED)
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
    typer.echo("options:" if cls.Options.model_fields else "no options")
    for name, field in sorted(cls.Options.model_fields.items()):
        default = (
            "" if field.is_required() else f" = {field.get_default(call_default_factory=True)!r}"
        )
        typer.echo(f"  {name}: {type_name(field.annotation)}{default}")
        typer.echo(fill(field.description or "", 88, initial_indent=TAB, subsequent_indent=TAB))


def find_step(wanted: str, registry: "Registry") -> "type[Step[Any]]":
    """Look a step up by KIND.METHOD, or by a method's name that only one kind has."""
    from edgeft.complaints import nearest
    from edgeft.errors import PluginError
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
        if of_kind:
            raise PluginError(
                f"{wanted!r} is a kind of steps, and each of them has options of its own",
                hint=f"name one: {', '.join(of_kind)}",
            )
        near = nearest(wanted, [*KINDS, *(name for _, name in registry.steps), *known])
        raise PluginError(
            f"no step is called {wanted!r}",
            hint=f"did you mean {near!r}?" if near else "`edgeft plugins` lists them",
        )
    return found[0]


def type_name(annotation: Any) -> str:
    """A type as a person writes it: `int | None`, `auto|bf16`, `list[str]`."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "|".join(str(value) for value in arguments)
    if origin is Annotated:
        return type_name(arguments[0])
    if origin in (Union, UnionType):
        return " | ".join(type_name(each) for each in arguments)
    if origin is not None:
        return f"{origin.__name__}[{', '.join(type_name(each) for each in arguments)}]"
    return "None" if annotation is type(None) else getattr(annotation, "__name__", str(annotation))
