"""What the processor of this machine can do."""

from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def features() -> frozenset[str]:
    """The instruction sets that Linux lists, such as avx512_vnni; none where it does not run."""
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):  # x86, Arm
            return frozenset(value.split())
    return frozenset()
