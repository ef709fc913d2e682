"""Mixes a text with another one of the training texts."""

from random import Random

import numpy as np

from edgeft.data.rows import is_copy, open_split
from edgeft.data.units import units_of
from edgeft.plugin import Dataset
from edgeft_augment.noise import Noise, below, splice


def mixing(data: Dataset) -> Noise:
    """The change that splices a text with another training text, drawn evenly from the originals.

    A text that meets itself stays as it is. Of a mapped split, only the texts that are drawn are
    read.
    """
    train = open_split(data, "train")
    originals = np.flatnonzero(~is_copy(train))
    texts = train.with_format("arrow")[:]["text"]

    def mix(words: list[str], rate: float, random: Random) -> list[str]:
        other = units_of(texts[int(originals[below(len(originals), random)])].as_py())
        return words if other == words else splice(words, other, rate, random)

    return mix
