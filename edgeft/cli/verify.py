"""The command that checks a bundle on the machine it is to run on."""

from dataclasses import asdict

import typer

from edgeft.cli.options import (
    BundleArgument,
    DeviceOption,
    JsonOption,
    ThreadsOption,
    VariantOption,
)
from edgeft.cli.results import show_json


def verify(
    bundle: BundleArgument,
    variant: VariantOption = None,
    device: DeviceOption = "auto",
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check that a bundle is whole, and answers as where it was built."""
    from edgeft.errors import BundleError
    from edgeft.runtime import load

    with load(bundle, variant=variant, device=device, threads=threads) as model:
        found = model.selftest()
        shown = {"passed": found.passed, **asdict(found), "provider": model.provider}
    if as_json:
        show_json(shown)
    if not found.passed:
        raise BundleError(
            f"{bundle} ({shown['variant']}) answers otherwise than on its build machine:"
            f" {'; '.join(found.failures)}",
            hint="try --variant fp32, or export and quantize it again on this kind of machine",
        )
    if not as_json:
        typer.echo(
            f"{bundle}: whole, and {found.n} of {found.n} golden texts are answered as on its build"
            f" machine ({shown['variant']}, {shown['provider']}, logits within"
            f" {found.max_difference:.2g})"
        )
