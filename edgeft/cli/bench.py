"""The command that times models."""

from edgeft.cli.options import BundleArgument, JsonOption


def bench(bundle: BundleArgument, as_json: JsonOption = False) -> None:
    """Time a bundle on your own texts, against other models."""
