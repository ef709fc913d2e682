"""Changed copies of a batch of texts, for one of several processes to make.

Each batch has a generator of its own: copies are the same however many processes there are.
"""

from random import Random

import numpy as np

from edgeft.data.units import text_of, units_of
from edgeft_augment.noise import Noise


def changed(
    batch: tuple[int, list[str]], *, noise: Noise, copies: int, rate: float, seed: int
) -> list[list[str]]:
    """The copies of each text of a batch, which is its number and its texts."""
    number, texts = batch
    random = generator(seed, number)
    found = []
    for text in texts:
        units = units_of(text)
        found.append([text_of(noise(units, rate, random)) for _ in range(copies)])
    return found


def generator(seed: int, number: int) -> Random:
    """The generator of a batch, by numpy's way to make seeds that have nothing in common."""
    words = np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(4)
    return Random(int.from_bytes(words.tobytes(), "little"))
