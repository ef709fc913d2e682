"""How long work reports itself: a bar with a total and a few figures, shown by whoever listens."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Bar(Protocol):
    """One piece of long work."""

    def advance(self, amount: int = 1, **figures: float) -> None:
        """Move on by `amount`; `figures` (loss=0.3, accuracy=0.91) replace those shown."""


class Progress(Protocol):
    """Whoever listens to progress: the command line's bars, or nobody."""

    @contextmanager
    def bar(self, title: str, total: int | None = None, unit: str = "") -> Iterator[Bar]:
        """Open a bar; `total` is None when nobody knows how much there is.

        `unit` is what is counted, in the plural: texts, rows, rounds.
        """
        yield Silence()

    def note(self, message: str) -> None:
        """Say one sentence that the user should read now."""


class Silence:
    """The default listener and its bar: nobody listens."""

    @contextmanager
    def bar(self, title: str, total: int | None = None, unit: str = "") -> Iterator[Bar]:
        yield self

    def advance(self, amount: int = 1, **figures: float) -> None:
        return

    def note(self, message: str) -> None:
        return


class Named:
    """Progress whose bars say whom they are about, where several have the same to do."""

    def __init__(self, progress: Progress, name: str) -> None:
        self.progress = progress
        self.name = name

    @contextmanager
    def bar(self, title: str, total: int | None = None, unit: str = "") -> Iterator[Bar]:
        with self.progress.bar(f"{self.name}: {title}", total, unit) as bar:
            yield bar

    def note(self, message: str) -> None:
        self.progress.note(message)
