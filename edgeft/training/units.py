"""The parts of a text that a head for tokens answers: words, and characters where none are written.

A word's first token speaks for it. Scripts without spaces have no words that a tokenizer could
know of, so there each token speaks for itself.
"""

from collections.abc import Sequence

import numpy as np

from edgeft.runtime.units import unit_starts


def units_of_row(
    text: str, offsets: Sequence[tuple[int, int]], words: Sequence[int | None]
) -> tuple[np.ndarray, np.ndarray]:
    """The first token of each unit, int32 (units,), and its characters' span, int32 (units, 2).

    `offsets` are the spans of the tokens, `words` the numbers of their words; None where a token is
    no part of the text.
    """
    places, spans = unit_starts(text, offsets, words)
    return np.asarray(places, np.int32), np.asarray(spans, np.int32).reshape(-1, 2)
