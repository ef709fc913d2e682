"""Looks for tags that are read, though seldom meant so: by a scheme of their own, or none.

One is an I- that no entity of its type stands before, another a type alone, such as `b-person` or
the last word of a line that a blank has parted, where other rows have B- or I-.
"""

from collections.abc import Mapping
from typing import Any

from edgeft.tasks import Watch
from edgeft.tasks.token_classification.rows import tags_in
from edgeft.tasks.token_classification.schemes import alone, unbegun


class TagWatch(Watch):
    """Counts the rows that have such a tag, of a source whose other entities begin with a B-.

    In IO and IOB1 an I- begins an entity, and where all are types alone there is nothing to say.
    """

    def __init__(self) -> None:
        self.begins = False
        self.unbegun = Found()
        self.alone = Found()

    def look(self, number: int, values: Mapping[str, Any]) -> None:
        tags = tags_in(values.get("label"))
        begins, place = unbegun(tags)
        self.begins = self.begins or begins
        if place is not None:
            before = f"after {tags[place - 1]!r}" if place else "at the beginning"
            what = f"tag {place + 1} is {tags[place]!r} {before}"
            self.unbegun.add(number, f"{what}, and is read as if an entity began there")
        if (place := alone(tags)) is not None:
            what = f"tag {place + 1} is {tags[place]!r}, without the B- or I- that others have"
            self.alone.add(number, f"{what}, and is read as a type of that name")

    def told(self) -> tuple[int, int, str] | None:
        found = self.alone if self.alone.rows else self.unbegun
        return (found.rows, *found.first) if self.begins and found.first else None


class Found:
    """How many rows have something, and which is the first."""

    def __init__(self) -> None:
        self.rows = 0
        self.first: tuple[int, str] | None = None

    def add(self, number: int, what: str) -> None:
        """Count a row."""
        self.rows += 1
        self.first = self.first or (number, what)
