"""Looks for tags that BIO does not have: an I- that no entity of its type stands before."""

from collections.abc import Mapping
from typing import Any

from edgeft.tasks import Watch
from edgeft.tasks.token_classification.rows import tags_in
from edgeft.tasks.token_classification.schemes import unbegun


class TagWatch(Watch):
    """Counts the rows that have such a tag, of a source whose other entities begin with a B-.

    In IO and IOB1 an I- begins an entity, and there is nothing to say.
    """

    def __init__(self) -> None:
        self.begins = False
        self.rows = 0
        self.first: tuple[int, str] | None = None

    def look(self, number: int, values: Mapping[str, Any]) -> None:
        tags = tags_in(values.get("label"))
        begins, place = unbegun(tags)
        self.begins = self.begins or begins
        if place is None:
            return
        self.rows += 1
        if self.first is None:
            before = f"after {tags[place - 1]!r}" if place else "at the beginning"
            what = f"tag {place + 1} is {tags[place]!r} {before}"
            self.first = number, f"{what}, and is read as if an entity began there"

    def told(self) -> tuple[int, int, str] | None:
        return (self.rows, *self.first) if self.begins and self.first else None
