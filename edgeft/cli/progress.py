"""How long work shows itself on stderr: live bars on a terminal, a line now and then elsewhere."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from edgeft.cli.amounts import SHORT, clock, counted, per_second, shown
from edgeft.processes import is_main
from edgeft.progress import Bar, Progress, Silence

SECONDS_BETWEEN_LINES = 10.0


def listener() -> Progress:
    """Who listens to progress: nobody under --quiet and in all but one process of a torchrun."""
    if not is_main() or not logging.getLogger("edgeft").isEnabledFor(logging.INFO):
        return Silence()
    if sys.stderr.isatty():
        from edgeft.cli.bars import Bars

        return Bars()
    return Lines()


class Lines:
    """Progress for logs and pipes: plain lines, at most one every few seconds for each bar."""

    def __init__(self, seconds: float = SECONDS_BETWEEN_LINES) -> None:
        self.seconds = seconds

    @contextmanager
    def bar(self, title: str, total: int | None = None, unit: str = "") -> Iterator[Bar]:
        """Open a bar; work that ends well closes with a line that says how long it took."""
        bar = LineBar(title, total, unit, self.seconds)
        yield bar
        bar.finish()

    def note(self, message: str) -> None:
        """Say one sentence that the user should read now."""
        say(message)


class LineBar:
    """One piece of long work, told in lines."""

    def __init__(self, title: str, total: int | None, unit: str, seconds: float) -> None:
        self.title = title
        self.total = total
        self.unit = unit
        self.seconds = seconds
        self.done = 0
        self.figures: dict[str, float] = {}
        self.started = self.said = time.monotonic()

    def advance(self, amount: int = 1, **figures: float) -> None:
        """Move on by `amount`; say so where the last line is old enough."""
        self.done += amount
        self.figures = figures or self.figures
        now = time.monotonic()
        if now - self.said >= self.seconds:
            self.said = now
            say(self.line(now - self.started))

    def line(self, elapsed: float) -> str:
        """How far it is: done of total, rate, time left, figures."""
        rate = self.done / elapsed if elapsed > 0 else 0.0
        parts = [counted(self.done, self.total, self.unit), per_second(rate)]
        if self.total and rate > 0:
            parts.append(f"{clock((self.total - self.done) / rate)} left")
        return f"{self.title}: " + ", ".join([*parts, *shown(self.figures)])

    def finish(self) -> None:
        """Say how much was done in what time, unless that was short."""
        elapsed = time.monotonic() - self.started
        if elapsed < SHORT:
            return
        took = f"{counted(self.done, None, self.unit)} in {clock(elapsed)}"
        say(f"{self.title}: " + ", ".join([took, *shown(self.figures)]))


def say(message: str) -> None:
    """Write one line to stderr."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()
