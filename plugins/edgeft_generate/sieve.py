"""Of what a model wrote only what is new is taken; the rest is counted by why it was left out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from edgeft.data.copies import Row, given_of, keys_of

LOST = ("empty", "unparseable", "identical", "duplicate", "truncated")
"""why an answer or a text of it is left out, as the history and the note call it"""


@dataclass
class Sieve:
    """Takes what is new, and counts the rest."""

    counted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LOST, 0))

    def new(self, texts: Iterable[str | None], own: list[Row], known: set[int]) -> Iterator[str]:
        """The texts that are like none of those that they were made of, nor like one before.

        One that is like a text of `own` is identical; one whose key is `known` is a duplicate, and
        the keys of new ones become known. None is one that broke off. Two texts differ in more than
        case, marks and digits; one that is read together with a second one is judged with that.
        """
        shown = set(keys_of(map(given_of, own)))
        for text in texts:
            if text is None:
                self.counted["truncated"] += 1
            elif not text.strip():
                self.counted["empty"] += 1
            else:
                (key,) = keys_of([given_of({**own[0], "text": text})])
                if key in shown:
                    self.counted["identical"] += 1
                elif key in known:
                    self.counted["duplicate"] += 1
                else:
                    known.add(key)
                    yield text

    def lost(self) -> str:
        """How many were left out for which reason, those that happened; empty where none did."""
        return ", ".join(f"{count:,} {why}" for why, count in self.counted.items() if count)
