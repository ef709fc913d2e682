"""A listener of tests that care for what the user would read."""

from edgeft.progress import Silence


class Notes(Silence):
    """Keeps what the user would read."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)
