"""Live progress bars on a terminal, with rate, time left and figures."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from edgeft.cli.amounts import SHORT, counted, per_second, shown
from edgeft.progress import Bar


class Amount(ProgressColumn):
    """How much of how much, and of what."""

    def render(self, task: Task) -> Text:
        return Text(counted(task.completed, task.total, task.fields["unit"]))


class Rate(ProgressColumn):
    """How many a second, over the last half minute; over all of it once it is done."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(per_second(speed) if speed else "", style="dim")


class Bars:
    """Progress as live bars; bars opened inside one another share a display."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self.display: Progress | None = None

    @contextmanager
    def bar(self, title: str, total: int | None = None, unit: str = "") -> Iterator[Bar]:
        """Open a bar; it stays on the screen when the work is done, if that took a while."""
        if self.display is None:
            with Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                Amount(),
                Rate(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[figures]}", style="cyan"),
                console=self.console,
            ) as self.display:
                try:
                    yield from shown_while_long(LiveBar(self.display, title, total, unit))
                finally:
                    self.display = None
        else:
            yield from shown_while_long(LiveBar(self.display, title, total, unit))

    def note(self, message: str) -> None:
        """Say one sentence, above the bars."""
        self.console.print(message, markup=False, highlight=False, soft_wrap=True)


def shown_while_long(bar: "LiveBar") -> Iterator[Bar]:
    """Yield the bar, and take it off the screen where the work turned out to be short."""
    started = time.monotonic()
    yield bar
    if time.monotonic() - started < SHORT:
        bar.display.remove_task(bar.task)


class LiveBar:
    """One piece of long work on the display."""

    def __init__(self, display: Progress, title: str, total: int | None, unit: str) -> None:
        self.display = display
        self.task: TaskID = display.add_task(title, total=total, unit=unit, figures="")

    def advance(self, amount: int = 1, **figures: float) -> None:
        """Move on by `amount`; figures replace those shown."""
        if figures:
            self.display.update(self.task, figures=" ".join(shown(figures)))
        self.display.advance(self.task, amount)
