"""What this process is: its place in a distributed run, by torchrun's variables, and its memory."""

import hashlib
import os
import platform
import sys
from pathlib import Path

HOST = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
"""this machine, for the names of files that several may write beside each other"""


def rank() -> int:
    """This process's place among all of them; 0 outside a distributed run."""
    return int(os.environ.get("RANK", "0"))


def world_size() -> int:
    """How many processes train together; 1 outside a distributed run."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main() -> bool:
    """Whether this process writes what all of them made."""
    return rank() == 0


def peak_memory_bytes() -> int | None:
    """The most memory that this process has had resident; None where the system does not tell.

    On Linux VmHWM, which starts anew with the program (ru_maxrss carries over from the parent).
    """
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def own_name() -> str:
    """A name for this process that no other one has, on whatever machine it runs."""
    return f"{HOST}-{os.getpid()}"


def has_ended(name: str) -> bool:
    """Whether the process of that name has; of one on another machine nobody here can tell.

    On Windows nobody can either: there a signal that asks would end it.
    """
    host, _, number = name.rpartition("-")
    if host not in ("", HOST) or not number.isdecimal() or sys.platform == "win32":
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # it is there, and somebody else's
    return False
