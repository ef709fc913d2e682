"""The order in which rows are trained on: random, in batches of like length.

Transformers has such a sampler, but each process of a distributed run draws its own order from it,
and so rows are left out and repeated.
"""

from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler

BLOCKS = 50
"""blocks sorted by length together: more would pad less, and mix the texts less"""
WINDOWS = 4
"""windows an epoch has at least, where there are rows enough"""


class ByLength(Sampler[int]):
    """Row numbers, a new order each epoch, the same in every process.

    Rows are shuffled and cut into windows; a window is sorted by length, cut into blocks of
    `block` rows (the rows of one step, over all processes), and its blocks are shuffled.
    """

    def __init__(self, lengths: np.ndarray, block: int, seed: int) -> None:
        self.lengths = lengths
        self.block = block
        self.seed = seed
        self.epoch = 0
        self.window = block * max(1, min(BLOCKS, len(lengths) // (block * WINDOWS)))

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of an epoch; the Trainer calls this before each, and on resuming."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        random = np.random.default_rng([self.seed, self.epoch])
        order = random.permutation(len(self.lengths))
        for start in range(0, len(order), self.window):
            window = order[start : start + self.window]
            window = window[np.argsort(-self.lengths[window], kind="stable")]
            whole = len(window) // self.block * self.block
            blocks = window[:whole].reshape(-1, self.block)
            yield from random.permutation(blocks).ravel().tolist()
            yield from window[whole:].tolist()
