"""How many threads this process may really use: its affinity mask and its cgroup's CPU quota.

onnxruntime and os.cpu_count() know neither quota: in a container that is allowed one CPU of a
64-core machine they start 64 threads, which then wait for each other.
"""

import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")


def available_threads() -> int:
    """The smaller of the affinity mask and the CPU quota (rounded down), and at least 1."""
    limits = [float(affinity()), *quotas()]
    return max(1, int(min(limits)))


def affinity() -> int:
    """How many CPUs this process may be scheduled on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def quotas(root: Path = CGROUPS, own: Path = OWN_CGROUPS) -> list[float]:
    """The CPU quotas, in CPUs, of this process's cgroups and of those above them.

    Each line of `own` is `id:controllers:path`; version 2 is the one without controllers.
    Inside a container the path may be the host's, so the mount's root is read as well.
    """
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found: list[float] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        mounts = [root / controllers, root / "cpu"] if controllers else [root, root / "unified"]
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for mount in mounts:
            for depth in range(len(parts) + 1):
                found += quota_of(mount.joinpath(*parts[:depth]))
    return found


def quota_of(cgroup: Path) -> list[float]:
    """The quota of one cgroup directory, version 2 or 1: one number, or none where unlimited."""
    try:
        quota, period = (cgroup / "cpu.max").read_text(encoding="ascii").split()
        return [] if quota == "max" else [int(quota) / int(period)]
    except (OSError, ValueError):
        pass
    try:
        used = int((cgroup / "cpu.cfs_quota_us").read_text(encoding="ascii"))
        each = int((cgroup / "cpu.cfs_period_us").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return []
    return [used / each] if used > 0 and each > 0 else []
