"""Changes to a text's words: pure functions of a list of units, a rate and a random generator.

Each changes at least one word where it can, as EDA does (Wei and Zou 2019,
https://arxiv.org/abs/1901.11196). A text that it cannot change comes back as it was. The generator
is Python's own: of a few numbers a text, numpy's would take ten times as long to draw each.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import TypeVar

from edgeft.data.mentions import in_its_place
from edgeft.data.units import amount, word_in

Noise = Callable[[list[str], float, Random], list[str]]
T = TypeVar("T")


def below(limit: int, random: Random) -> int:
    """A whole number from 0 to limit - 1."""
    return int(random.random() * limit)


def one_of(among: Sequence[T], random: Random) -> T:
    """One of several things."""
    return among[int(random.random() * len(among))]


def places(limit: int, count: int, random: Random) -> set[int]:
    """So many different whole numbers from 0 to limit - 1."""
    if 2 * count > limit:  # the few that are left out are found sooner
        return set(range(limit)) - places(limit, limit - count, random)
    found: set[int] = set()
    while len(found) < count:
        found.add(int(random.random() * limit))
    return found


def delete(words: list[str], rate: float, random: Random) -> list[str]:
    """The words without a share of them; at least one stays."""
    count = min(amount(len(words), rate), len(words) - 1)
    if count < 1:
        return words
    gone = places(len(words), count, random)
    return [word for place, word in enumerate(words) if place not in gone]


def insert(words: list[str], rate: float, random: Random) -> list[str]:
    """The words with a share of them put in once more, each at a place drawn evenly.

    EDA puts in synonyms. A text's own words need no list of these, and cannot change its label.
    """
    if not words:
        return words
    found = list(words)
    for _ in range(amount(len(words), rate)):
        found.insert(below(len(found) + 1, random), one_of(words, random))
    return found


def swap(words: list[str], rate: float, random: Random) -> list[str]:
    """The words with a share of them exchanged for their right neighbours."""
    if len(words) < 2:
        return words
    words = list(words)
    for _ in range(amount(len(words), rate)):
        place = below(len(words) - 1, random)
        words[place], words[place + 1] = words[place + 1], words[place]
    return words


def splice(words: list[str], other: list[str], rate: float, random: Random) -> list[str]:
    """The words with a span of them replaced by as long a span of `other`; at least one stays.

    The span mixing of SSMix (Yoon, Kim and Park 2021) without its saliency: both spans are drawn
    evenly.
    """
    count = min(amount(len(words), rate), len(words) - 1, len(other))
    if count < 1:
        return words
    start = below(len(words) - count + 1, random)
    taken = below(len(other) - count + 1, random)
    return [*words[:start], *other[taken : taken + count], *words[start + count :]]


def mask(words: list[str], rate: float, random: Random, *, token: str) -> list[str]:
    """The words with `token` in the place of a share of them."""
    if not words:
        return words
    found = list(words)
    for place in places(len(words), amount(len(words), rate), random):
        found[place] = in_its_place(words[place], token)
    return found


def masking(token: str) -> Noise:
    """The change that puts `token` in the place of a share of the words."""
    return partial(mask, token=token)


def substitute(
    units: list[str],
    rate: float,
    random: Random,
    *,
    others: Mapping[str, Sequence[str]],
    any_case: bool = False,
) -> list[str]:
    """The words with one of its `others` in the place of a share of those that have any.

    In `any_case`, others are those of the word in lower case, and a capital letter stays one.
    """
    words = [word_in(unit) for unit in units]
    known = [word.lower() for word in words] if any_case else words
    changeable = [place for place, word in enumerate(known) if word in others]
    if not changeable:
        return units
    found = list(units)
    count = min(amount(len(units), rate), len(changeable))
    for number in sorted(places(len(changeable), count, random)):
        place = changeable[number]
        other = one_of(others[known[place]], random)
        if any_case and words[place][0].isupper():
            other = other[0].upper() + other[1:]
        found[place] = units[place].replace(words[place], other, 1)
    return found
