"""Print a version for every package that edgeft[train,dev] needs, as this environment has it.

    .venv/bin/python scripts/pin.py > requirements/constraints.txt

Local version suffixes (2.13.0+cpu) are cut off: which build of a version fits is the machine's
affair.
"""

from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

EXTRAS = ("train", "dev")


def closure(name: str, extras: tuple[str, ...]) -> dict[str, str]:
    """Return the version of everything that `name[extras]` needs, by canonical name, sorted.

    Packages that this environment lacks are left out: they are for other systems.
    """
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(name, extra) for extra in ("", *extras)]
    while waiting:
        package, extra = waiting.pop()
        if (package, extra) in seen:
            continue
        seen.add((package, extra))
        try:
            installed = distribution(package)
        except PackageNotFoundError:
            continue
        found[package] = Version(installed.version).public
        for line in installed.requires or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                target = canonicalize_name(needed.name)
                waiting += [(target, each) for each in ("", *needed.extras)]
    del found[name]
    return dict(sorted(found.items()))


if __name__ == "__main__":
    for package, version in closure("edgeft", EXTRAS).items():
        print(f"{package}=={version}")
