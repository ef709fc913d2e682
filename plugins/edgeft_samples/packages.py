"""Where an installed package's files lie, found without importing the package."""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path


def package_folder(package: str) -> Path | None:
    """The folder of an installed top-level package, or None."""
    spec = find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def package_version(package: str) -> str:
    """The version of the distribution of that name, or `unknown`."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
