"""The command that lists what is installed."""

from dataclasses import asdict

import typer

from edgeft.cli.options import JsonOption
from edgeft.cli.results import show_json, show_table


def plugins(as_json: JsonOption = False) -> None:
    """List the steps, tasks and plugins that are installed."""
    from edgeft.registry import SEARCH, SEARCHING, load_plugins, summary

    registry = load_plugins()
    if as_json:
        show_json(
            {
                "plugins": [asdict(plugin) for plugin in registry.plugins],
                "broken": [asdict(plugin) for plugin in registry.broken],
                "steps": [
                    {
                        "kind": kind,
                        "method": name,
                        "plugin": cls.plugin,
                        "distribution": cls.distribution,
                        "summary": summary(cls),
                    }
                    for (kind, name), cls in registry.steps.items()
                ],
                "tasks": [
                    {"name": name, "plugin": cls.plugin, "summary": summary(cls)}
                    for name, cls in registry.tasks.items()
                ],
            }
        )
        return
    show_table(
        [
            ("kind", "method", "plugin", ""),
            *sorted(
                [
                    (*SEARCH, "-", SEARCHING),
                    *((*key, cls.plugin, summary(cls)) for key, cls in registry.steps.items()),
                ]
            ),
            *(("task", name, cls.plugin, summary(cls)) for name, cls in registry.tasks.items()),
        ]
    )
    typer.echo("")
    show_table(
        [
            ("plugin", "distribution", ""),
            *(
                (plugin.name, plugin.distribution or "-", plugin.version or "-")
                for plugin in registry.plugins
            ),
            *(
                (plugin.name, plugin.distribution or "-", f"broken: {plugin.reason}")
                for plugin in registry.broken
            ),
        ]
    )
