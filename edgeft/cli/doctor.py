"""The command that examines this installation."""

from dataclasses import asdict

import typer

from edgeft.cli.options import JsonOption
from edgeft.cli.results import show_json, show_table, size


def doctor(as_json: JsonOption = False) -> None:
    """Examine this installation, and say what is wrong with it.

    Shows versions, CPU features, execution providers that really start, and combinations that are
    known to be bad. The exit code is 1 where there is a problem.
    """
    from edgeft.doctor import examine

    found = examine()
    if as_json:
        show_json(asdict(found))
    else:
        machine = found.machine
        memory = size(machine["memory_bytes"]) if machine["memory_bytes"] else "unknown memory"
        rows = [
            ("system", f"{machine['system']}, Python {machine['python']}"),
            ("cpu", f"{machine['cpu']} ({machine['architecture']}), {memory}"),
            ("cores", f"{machine['usable_cores']} usable of {machine['cores']}"),
            ("features", " ".join(machine["flags"]) or "none that matter"),
            ("gpu", ", ".join(machine["gpu"]) or "none"),
            ("torch", found.torch),
            *(
                (provider.name.removesuffix("ExecutionProvider"), provider.reason or "usable")
                for provider in found.providers
            ),
            *found.packages.items(),
        ]
        show_table(rows)
        for finding in found.findings:
            typer.echo(f"\nproblem: {finding.problem}\nremedy:  {finding.remedy}")
        if not found.findings:
            typer.echo("\nno problem found")
    if found.findings:
        raise typer.Exit(1)
