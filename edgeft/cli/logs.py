"""Where log records go while a command runs: edgeft's own to stderr, others' when asked for."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

CALM = {
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}
"""Environment variables by which libraries are kept from talking over edgeft."""


class StderrHandler(logging.Handler):
    """Writes to whatever stderr is at that moment, so that lines go above a live progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(self.format(record) + "\n")


class Formatter(logging.Formatter):
    """A sentence as it is; a warning or worse with its level before it."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text if record.levelno == logging.INFO else f"{record.levelname.lower()}: {text}"


def is_for_users(record: logging.LogRecord) -> bool:
    """Whether a user wants to read a record: edgeft's own, and of the runtime only warnings."""
    if record.name.startswith("edgeft.runtime"):
        return record.levelno >= logging.WARNING
    return record.name.startswith("edgeft") or record.levelno > logging.ERROR


@contextmanager
def logging_to_stderr(level: int) -> Iterator[None]:
    """Show edgeft's records from `level` up, and everybody's warnings only where that is DEBUG.

    Afterwards logging is as it was before.
    """
    root, own = logging.getLogger(), logging.getLogger("edgeft")
    verbose = level <= logging.DEBUG
    handler = StderrHandler()
    handler.setFormatter(Formatter())
    handler.addFilter(lambda record: verbose or is_for_users(record))
    before = own.level
    root.addHandler(handler)
    own.setLevel(level)
    if not verbose:
        for name, value in CALM.items():
            os.environ.setdefault(name, value)
    try:
        with warnings.catch_warnings():
            if not verbose and not sys.warnoptions:
                warnings.simplefilter("ignore")
            yield
    finally:
        root.removeHandler(handler)
        own.setLevel(before)
