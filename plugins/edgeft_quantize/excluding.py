"""Which nodes the globs of `exclude` mean."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from edgeft.plugin import PluginError
from edgeft.quantization.nodes import WeightNode


def matching(nodes: Sequence[WeightNode], globs: Iterable[str]) -> set[str]:
    """The names of the nodes whose module, or a module around it, matches one of the globs.

    Raises PluginError for a glob that matches none.
    """
    found: set[str] = set()
    for glob in globs:
        names = {node.name for node in nodes if matches(node, glob)}
        if not names:
            modules = sorted({node.module for node in nodes})
            raise PluginError(
                f"exclude: {glob!r} matches no module with weights",
                hint=f"modules are named like {modules[0]} or {modules[-1]}",
            )
        found |= names
    return found


def matches(node: WeightNode, glob: str) -> bool:
    """Whether a glob matches a node's name, its module, or one of the modules around that."""
    parts = node.module.split(".")
    around = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    return any(fnmatchcase(name, glob) for name in [node.name, *around])
