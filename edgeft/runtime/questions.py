"""A question and the text that may answer it: windows over the text, each with the question.

A window's first token speaks for the case that it holds no answer, and each token of the text for
itself. So the units of a row are that first token, whose characters are (0, 0), and the text's
tokens. Windows overlap, and what they share is a unit in each of them.
"""

from bisect import bisect_left
from dataclasses import dataclass

from tokenizers import Encoding, Tokenizer

from edgeft.errors import BundleError
from edgeft.runtime.reading import SHARE
from edgeft.runtime.units import Span, unit_starts

NOWHERE: Span = (0, 0)
"""the characters of what speaks for no answer"""


@dataclass(frozen=True, slots=True)
class Frame:
    """The special tokens around two texts, each with which of the two it counts to."""

    ids: tuple[list[int], list[int], list[int]]
    """before the first text, between the two, and after the second"""
    types: tuple[list[int], list[int], list[int]]
    own: tuple[int, int]
    """what tokens of the first text and of the second count to"""

    @property
    def size(self) -> int:
        """How many special tokens there are."""
        return sum(map(len, self.ids))


@dataclass(frozen=True, slots=True)
class Window:
    """What a model reads at once of a question and a text."""

    ids: list[int]
    types: list[int]
    """which of the two texts each token is of"""
    places: list[int]
    """the token that speaks for each unit"""
    spans: list[Span]
    """first and last-plus-one character of each unit"""


def frame_of(tokenizer: Tokenizer) -> Frame:
    """The frame of a tokenizer that neither cuts nor fills; raises BundleError where it has none.

    It is read off two texts of one letter.
    """
    found = tokenizer.encode("a", "a")
    parts = found.sequence_ids
    if 0 not in parts or 1 not in parts:
        raise BundleError(
            "the tokenizer does not tell a question and its text apart",
            hint="take a model whose tokenizer frames two texts, such as BERT's",
        )
    edges = [parts.index(0), parts.index(1)]
    ends = [len(parts) - parts[::-1].index(each) for each in (0, 1)]
    gaps = [slice(0, edges[0]), slice(ends[0], edges[1]), slice(ends[1], None)]
    before, between, after = (found.ids[each] for each in gaps)
    kinds = [found.type_ids[each] for each in gaps]
    return Frame(
        (before, between, after),
        (kinds[0], kinds[1], kinds[2]),
        (found.type_ids[edges[0]], found.type_ids[edges[1]]),
    )


def windows_of(
    question: Encoding, context: Encoding, text: str, frame: Frame, max_length: int
) -> list[Window]:
    """The windows over a text, whose tokens are `context`, in their order: at least one.

    Both are encoded without special tokens. A question that is longer than half of what a model
    reads is cut at its end. Each window begins with tokens of the one before: a fourth of what the
    model reads, or half of what of the text is in a window.
    """
    asked = question.ids[: max(0, (max_length - frame.size) // 2)]
    room = max(1, max_length - frame.size - len(asked))
    step = room - min(max_length // SHARE, room // 2)
    tokens, spans = unit_starts(text, context.offsets, range(len(context.ids)))
    own = context.ids
    head = [*frame.ids[0], *asked, *frame.ids[1]]
    types = [*frame.types[0], *[frame.own[0]] * len(asked), *frame.types[1]]
    found = []
    for first in range(0, max(1, len(own) - room + step), step):
        part = own[first : first + room]
        low, high = bisect_left(tokens, first), bisect_left(tokens, first + len(part))
        found.append(
            Window(
                [*head, *part, *frame.ids[2]],
                [*types, *[frame.own[1]] * len(part), *frame.types[2]],
                [0, *(len(head) + token - first for token in tokens[low:high])],
                [NOWHERE, *spans[low:high]],
            )
        )
    return found
