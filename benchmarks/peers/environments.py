"""The virtual environments of the peers, and what is run in them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgeft.benchmark.conversations import Worker
from edgeft.benchmark.turns import thread_environment
from peers.catalogue import ENVIRONMENTS, OURS

HERE = Path(__file__).parents[1]


class PeerError(Exception):
    """A peer that could not be installed, made or run; the message is the last it said."""


def python_of(environment: str, folder: Path) -> str:
    """The Python of an environment, made under `folder` if it is not there; raises PeerError."""
    if environment == OURS:
        return sys.executable
    place = folder / environment
    python = place / "bin" / "python"
    if not python.is_file():
        partial = place.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(partial)])
        pip = [str(partial / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        run([*pip, *ENVIRONMENTS[environment]])
        partial.rename(place)
    return str(python)


def module(name: str, python: str) -> list[str]:
    """The start of a command that runs a module of this package with a peer's Python."""
    return [python, "-P", "-m", f"peers.{name}"]


def run(command: Sequence[str], *, cwd: Path | None = None, threads: int = 1) -> None:
    """Run a command to its end; raises PeerError with the last line that it wrote."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=surroundings(threads),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise PeerError(last_line(done.stdout.decode(errors="replace"), done.returncode))


def worker_of(name: str, command: Sequence[str], config: dict[str, Any]) -> Worker:
    """Start the process of a peer; raises PeerError, there and later, where it ends."""

    def ending(code: int, told: str) -> PeerError:
        return PeerError(last_line(told, code))

    environment = surroundings(config["threads"])
    return Worker(name, command, config, environment=environment, ending=ending)


def surroundings(threads: int) -> dict[str, str]:
    """Environment variables of a peer's process: thread limits, no downloads, our own modules."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return {
        **kept,
        **thread_environment(threads),
        "PYTHONPATH": str(HERE),
        "OLIVE_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }


def last_line(text: str, code: int) -> str:
    """The last line that says something, and how the process ended where there is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:500] if lines else f"ended with {code}"
