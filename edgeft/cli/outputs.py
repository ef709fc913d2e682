"""Where a command may write a file."""

from pathlib import Path

from edgeft.errors import OutputError


def check_directory(out: Path) -> None:
    """Raise OutputError where the directory that a file shall stand in is missing."""
    if not out.parent.is_dir():
        raise OutputError(f"no directory {out.parent}", hint="make it, or name another")
