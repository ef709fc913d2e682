"""The command line: one thin function a command, and the only room that prints or exits."""

from edgeft.cli.app import main

__all__ = ["main"]
