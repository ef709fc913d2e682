"""What a shell offers after the tab key, beside commands and options: what plugins brought."""

from collections.abc import Mapping

import typer

Offers = list[tuple[str, str]]
"""what can be chosen, each with what it is"""


def methods(ctx: typer.Context, incomplete: str) -> Offers:
    """The methods of a command's kind of step."""
    from edgeft.registry import load_plugins, summary

    steps = load_plugins().steps.items()
    of_kind = {name: summary(cls) for (kind, name), cls in steps if kind == ctx.info_name}
    return fitting(of_kind, incomplete)


def settings(ctx: typer.Context, incomplete: str) -> Offers:
    """The options of the method that a command names so far, each as the beginning of a setting."""
    from edgeft.registry import load_plugins

    method = ctx.params.get("method") or next(iter(ctx.args), "")  # args: of a line not done
    cls = load_plugins().steps.get((ctx.info_name or "", method))
    fields = cls.Options.model_fields if cls else {}
    described = {f"{name}=": field.description or "" for name, field in fields.items()}
    return fitting(described, incomplete)


def named_steps(incomplete: str) -> Offers:
    """All steps as KIND.METHOD."""
    from edgeft.registry import SEARCH, SEARCHING, load_plugins, summary

    steps = {".".join(name): summary(cls) for name, cls in load_plugins().steps.items()}
    return fitting({".".join(SEARCH): SEARCHING, **steps}, incomplete)


def tasks(incomplete: str) -> Offers:
    """The tasks of all plugins."""
    from edgeft.registry import load_plugins, summary

    return fitting({name: summary(cls) for name, cls in load_plugins().tasks.items()}, incomplete)


def fitting(offers: Mapping[str, str], incomplete: str) -> Offers:
    """Those that begin as what was typed, sorted."""
    return [each for each in sorted(offers.items()) if each[0].startswith(incomplete)]
