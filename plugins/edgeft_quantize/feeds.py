"""Texts as the runtime feeds them to a graph."""

import numpy as np

from edgeft.gates.texts import spread
from edgeft.plugin import Bundle, Dataset
from edgeft.runtime.manifest import TOKENIZER, read_manifest
from edgeft.runtime.tokenization import FrozenTokenizer

Feed = dict[str, np.ndarray]
"""the arrays that a graph takes, by the names of its inputs"""


def feeds_of(bundle: Bundle, data: Dataset, split: str, count: int, *, seed: int) -> list[Feed]:
    """Up to `count` texts of a split as the runtime feeds them, each alone: without padding."""
    tokenizer = FrozenTokenizer(read_manifest(bundle.path), bundle.path / TOKENIZER)
    texts = spread(data, split, count, seed=seed)
    return [tokenizer.feed([row]) for row in tokenizer.rows(texts)]
