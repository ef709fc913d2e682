"""What of a long text a model reads that is asked about marked parts of it.

What every text is made ready by, in training and on devices, stands here: how the tokenizer spells
its marks, and which part of it is read.
"""

import re
from collections.abc import Callable, Sequence
from typing import Literal

from tokenizers import Tokenizer

from edgeft.runtime.marking import mention_places, spaced
from edgeft.runtime.masks import MASK, mask_of, mask_places
from edgeft.runtime.units import NO_SPACES, Span

Kind = Literal["relation", "mask"]
Read = Callable[[str], str]
Places = Callable[[str], list[Span]]
PIECE = re.compile(rf"\s*(?:[{NO_SPACES}]|[^\s{NO_SPACES}]{{1,24}})")
"""what is kept or cut as one: a word, a part of a long one, or a character without spaces"""


def of_relation(tokenizer: Tokenizer) -> tuple[Places, Read]:
    """Where the parts of a relation are, and what is read of a text: what is written."""
    return mention_places, str


def of_mask(tokenizer: Tokenizer) -> tuple[Places, Read]:
    """Where the hidden word is, and what is read of a text: the tokenizer's own mask for it."""
    own = mask_of(tokenizer)
    return (
        lambda text: mask_places(text, own),
        lambda text: text if own == MASK else text.replace(MASK, own),
    )


KINDS: dict[Kind, Callable[[Tokenizer], tuple[Places, Read]]] = {
    "relation": of_relation,
    "mask": of_mask,
}
"""how texts of each kind are read: where their marked parts are, and how these are spelled"""


class Window:
    """Cuts texts so that their marked parts, and what stands near them, are left."""

    def __init__(self, tokenizer: Tokenizer, max_length: int, kind: Kind) -> None:
        """Leave at most `max_length` tokens, special ones too; `tokenizer` is not changed."""
        self.places, self.read = KINDS[kind](tokenizer)
        self.tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.room = max_length - self.tokenizer.num_special_tokens_to_add(False)

    def cut(self, text: str) -> str:
        """The text itself where it fits or has no marks, or else its pieces nearest to the marks.

        The parts come first, then what is nearest to them, until no more tokens have room.
        """
        if not self.places(text) or self.size(text) <= self.room:
            return text
        room = self.room
        while True:
            shorter = self.shortened(text, room)
            over = self.size(shorter) - self.room
            if over <= 0 or room <= 0:
                return shorter
            room -= over

    def size(self, text: str) -> int:
        """The tokens of a text, without special ones."""
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def shortened(self, text: str, room: int) -> str:
        """The pieces of a text that have room for their tokens, the marks in any case."""
        spans = [match.span() for match in PIECE.finditer(text)]
        counts = [0] * len(spans)
        place = 0
        for start, end in self.tokenizer.encode(text, add_special_tokens=False).offsets:
            while place + 1 < len(spans) and spans[place][1] <= min(start, end - 1):
                place += 1
            counts[place] += 1
        parts = self.places(text)
        edges = [edge for start, end in parts for edge in (start, end - 1)]
        marks = [
            place
            for place, (start, end) in enumerate(spans)
            if any(start <= edge < end for edge in edges)
        ]
        within = [
            any(first <= start and end <= last for first, last in parts) for start, end in spans
        ]

        def far(place: int) -> tuple[bool, int]:
            return not within[place], min(abs(place - mark) for mark in marks)

        kept = set(marks)
        room -= sum(counts[place] for place in marks)
        for place in sorted(set(range(len(spans))) - kept, key=lambda place: (far(place), place)):
            room -= counts[place]
            if room < 0:
                break
            kept.add(place)
        return joined(text, [spans[place] for place in sorted(kept)])


def joined(text: str, spans: Sequence[Span]) -> str:
    """Stretches of a text, one after another, with a blank where something was left out."""
    found, last = "", 0
    for start, end in spans:
        piece = text[start:end]
        found = f"{found}{piece}" if start == last else spaced(found, piece)
        last = end
    return found.strip()
