"""The command line: one thin function a command, and the only room that prints or exits."""

import sys

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; `arguments` are its words.

    Where only what a device needs is installed, it says what the commands need besides.
    """
    try:
        from edgeft.cli.app import main as run
    except ModuleNotFoundError as error:
        if (error.name or "edgeft").partition(".")[0] == "edgeft":
            raise
        sys.stderr.write(
            f"error: the commands of edgeft need {error.name}, which is not installed\n"
            "hint: pip install edgeft, with what it depends on; edgeft.runtime does without\n"
        )
        return 1
    return run(arguments)
