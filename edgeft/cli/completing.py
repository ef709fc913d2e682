"""What a shell offers after the tab key, beside commands and options: what plugins brought."""

import typer


def methods(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The methods of a command's kind of step, each with its summary."""
    from edgeft.registry import load_plugins, summary

    steps = load_plugins().steps
    return [
        (name, summary(cls))
        for (kind, name), cls in steps.items()
        if kind == ctx.info_name and name.startswith(incomplete)
    ]


def settings(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The options of the method that a command names so far, each as the beginning of a setting."""
    from edgeft.registry import load_plugins

    method = ctx.params.get("method") or next(iter(ctx.args), "")  # args: of a line not done
    cls = load_plugins().steps.get((ctx.info_name or "", method))
    fields = cls.Options.model_fields if cls else {}
    return [
        (f"{name}=", field.description or "")
        for name, field in sorted(fields.items())
        if f"{name}=".startswith(incomplete)
    ]


def named_steps(incomplete: str) -> list[tuple[str, str]]:
    """All steps as KIND.METHOD."""
    from edgeft.registry import SEARCH, SEARCHING, load_plugins, summary

    steps = {SEARCH: SEARCHING}
    steps |= {name: summary(cls) for name, cls in load_plugins().steps.items()}
    found = [(".".join(name), said) for name, said in sorted(steps.items())]
    return [each for each in found if each[0].startswith(incomplete)]


def tasks(incomplete: str) -> list[tuple[str, str]]:
    """The tasks of all plugins."""
    from edgeft.registry import load_plugins, summary

    found = [(name, summary(cls)) for name, cls in load_plugins().tasks.items()]
    return [each for each in found if each[0].startswith(incomplete)]
