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
    `block` rows (the rows of one step, over all processes), and its blocks are shuffled. With
    `mates`, rows of a group follow each other, so that a batch has them together; at its edges one
    may be cut apart.
    """

    def __init__(
        self,
        lengths: np.ndarray,
        block: int,
        seed: int,
        mates: tuple[np.ndarray, int] | None = None,
    ) -> None:
        self.lengths = lengths
        self.block = block
        self.seed = seed
        self.mates = mates
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
        if self.mates is not None:
            order = beside_mates(order, *self.mates)
        for start in range(0, len(order), self.window):
            window = order[start : start + self.window]
            window = window[np.argsort(-self.lengths[window], kind="stable")]
            if self.mates is not None:
                window = beside_mates(window, *self.mates)
            whole = len(window) // self.block * self.block
            blocks = window[:whole].reshape(-1, self.block)
            yield from random.permutation(blocks).ravel().tolist()
            yield from window[whole:].tolist()


def beside_mates(order: np.ndarray, groups: np.ndarray, most: int) -> np.ndarray:
    """The rows of `order` (rows,), `most` of a group at a time following the first of them.

    `groups` says of every row which it is of; a row whose group is negative stands alone.
    """
    own = groups[order]
    own = np.where(own < 0, int(groups.max(initial=0)) + 1 + np.arange(len(own)), own)
    by_group = np.argsort(own, kind="stable")
    _, first, counts = np.unique(own[by_group], return_index=True, return_counts=True)
    part = (np.arange(len(own)) - np.repeat(first, counts)) // most  # of its group, in its order
    begins = np.flatnonzero(
        (np.diff(own[by_group], prepend=-1) != 0) | (np.diff(part, prepend=-1) != 0)
    )
    sizes = np.diff(np.append(begins, len(own)))
    places = np.repeat(by_group[begins], sizes)  # where the first row of a part stands
    found: np.ndarray = order[by_group[np.argsort(places, kind="stable")]]
    return found
