"""Changed copies of a batch of texts, for one of several processes to make.

Each batch has a generator of its own: copies are the same however many processes there are.
"""

from random import Random

import numpy as np

from edgeft.data.mentions import changed_mentions, marked, text_with_spans
from edgeft.data.units import text_of, units_of
from edgeft.tasks.spans import read, written
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


def changed_with_spans(
    batch: tuple[int, list[tuple[str, str | None]]],
    *,
    noise: Noise,
    copies: int,
    rate: float,
    seed: int,
    spared: bool,
) -> list[list[tuple[str, str | None]]]:
    """The copies of each text of a batch, with the answers that hold for them.

    A batch is its number, and texts with spans; where these are `spared`, noise moves their parts
    and does not change them.
    """
    number, rows = batch
    random = generator(seed, number)
    found = []
    for text, answer in rows:
        units = marked(text, read(answer or "[]"))
        made = [
            text_with_spans(changed_mentions(noise(units, rate, random), units, spared=spared))
            for _ in range(copies)
        ]
        found.append([(new, None if answer is None else written(spans)) for new, spans in made])
    return found


def generator(seed: int, number: int) -> Random:
    """The generator of a batch, by numpy's way to make seeds that have nothing in common."""
    words = np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(4)
    return Random(int.from_bytes(words.tobytes(), "little"))
