"""The command that looks into a bundle."""

from edgeft.cli.options import BundleArgument, JsonOption


def inspect(bundle: BundleArgument, as_json: JsonOption = False) -> None:
    """Show a bundle's graphs: operators, sizes, what can run them."""
