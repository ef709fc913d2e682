"""Which of the user's texts a gate tries: their real lengths, and the same ones every time."""

import numpy as np

from edgeft.artifacts import Dataset
from edgeft.data.rows import open_split

POOL = 4000
"""rows among which texts are looked for"""
CHARACTERS = 2000
"""longest text taken, where there are shorter ones"""


def spread(data: Dataset, split: str, count: int, *, seed: int = 0) -> list[str]:
    """Up to `count` different texts, from the shortest to the longest of a split, shuffled.

    Of a large split a seeded sample is looked at. Texts are evenly spaced by length, so their
    lengths are distributed as the split's are.
    """
    rows = open_split(data, split)
    random = np.random.default_rng(seed)
    if len(rows) > POOL:
        rows = rows.select(np.sort(random.choice(len(rows), POOL, replace=False)))
    texts = sorted(
        {text for text in rows["text"] if text.strip()}, key=lambda text: (len(text), text)
    )
    texts = [text for text in texts if len(text) <= CHARACTERS] or texts
    places = np.unique(np.linspace(0, len(texts) - 1, min(count, len(texts))).round().astype(int))
    return [texts[place] for place in random.permutation(places)]
