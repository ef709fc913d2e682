"""Changes to a text's words: pure functions of a list of units, a rate and a random generator.

Each changes at least one word where it can, as EDA does (Wei and Zou 2019). A text that it cannot
change comes back as it was.
"""

from collections.abc import Callable

import numpy as np

from edgeft.data.units import amount, replaced

Noise = Callable[[list[str], float, np.random.Generator], list[str]]


def delete(words: list[str], rate: float, random: np.random.Generator) -> list[str]:
    """The words without a share of them; at least one stays."""
    count = min(amount(len(words), rate), len(words) - 1)
    if count < 1:
        return words
    gone = set(random.choice(len(words), count, replace=False).tolist())
    return [word for place, word in enumerate(words) if place not in gone]


def swap(words: list[str], rate: float, random: np.random.Generator) -> list[str]:
    """The words with a share of them exchanged for their right neighbours."""
    if len(words) < 2:
        return words
    words = list(words)
    for place in random.integers(len(words) - 1, size=amount(len(words), rate)).tolist():
        words[place], words[place + 1] = words[place + 1], words[place]
    return words


def splice(
    words: list[str], other: list[str], rate: float, random: np.random.Generator
) -> list[str]:
    """The words with a span of them replaced by as long a span of `other`; at least one stays.

    The span mixing of SSMix (Yoon, Kim and Park 2021) without its saliency: both spans are drawn
    evenly.
    """
    count = min(amount(len(words), rate), len(words) - 1, len(other))
    if count < 1:
        return words
    start = random.integers(len(words) - count + 1)
    taken = random.integers(len(other) - count + 1)
    return [*words[:start], *other[taken : taken + count], *words[start + count :]]


def masking(token: str) -> Noise:
    """The change that puts `token` in the place of a share of the words."""

    def mask(words: list[str], rate: float, random: np.random.Generator) -> list[str]:
        if not words:
            return words
        masked = set(random.choice(len(words), amount(len(words), rate), replace=False).tolist())
        return [
            replaced(word, token) if place in masked else word for place, word in enumerate(words)
        ]

    return mask
