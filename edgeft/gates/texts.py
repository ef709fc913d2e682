"""Which of the user's texts a gate tries: their real lengths, and the same ones every time."""

import numpy as np

from edgeft.artifacts import Dataset
from edgeft.data.rows import inputs_of, open_split
from edgeft.runtime.given import Given

POOL = 4000
"""rows among which texts are looked for"""
CHARACTERS = 2000
"""longest text taken, where there are shorter ones"""


def spread(data: Dataset, split: str, count: int, *, seed: int = 0) -> list[Given]:
    """Up to `count` different texts, or pairs, from a split's shortest to its longest, shuffled.

    Of a large split a seeded sample is looked at. Texts are evenly spaced by length, so their
    lengths are distributed as the split's are.
    """
    rows = open_split(data, split)
    random = np.random.default_rng(seed)
    if len(rows) > POOL:
        rows = rows.select(np.sort(random.choice(len(rows), POOL, replace=False)))
    found = {given for given in inputs_of(rows) if whole(given).strip()}
    texts = sorted(found, key=lambda given: (len(whole(given)), whole(given)))
    texts = [given for given in texts if len(whole(given)) <= CHARACTERS] or texts
    places = np.unique(np.linspace(0, len(texts) - 1, min(count, len(texts))).round().astype(int))
    return [texts[place] for place in random.permutation(places)]


def whole(given: Given) -> str:
    """What a model reads of a row as one string, to measure."""
    return given if isinstance(given, str) else "\n".join(given)
