"""The token ids that every graph is fed, cut from real texts to fixed shapes."""

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

SHAPES = {"1x16": (1, 16), "1x32": (1, 32), "1x128": (1, 128), "8x128": (8, 128)}
"""batch and tokens of each setting"""

CALLS = {"1x16": 12, "1x32": 8, "1x128": 4, "8x128": 2}
"""timed calls a turn: long ones need fewer"""

FEEDS = 4
"""different inputs of a shape"""


def write_feeds(path: Path, tokenizer_file: Path, texts: Sequence[str]) -> None:
    """Write int64 ids (feeds, batch, tokens) of each shape, full of tokens: nothing is padded.

    Each row is one text after the other between the tokenizer's first and last special token.
    """
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    encoded = tokenizer.encode_batch(list(texts))
    first, last = encoded[0].ids[0], encoded[0].ids[-1]
    stream = chain.from_iterable(each.ids[1:-1] for each in encoded)
    np.savez(path, **{shape: cut(stream, first, last, *SHAPES[shape]) for shape in SHAPES})


def cut(stream: Iterable[int], first: int, last: int, batch: int, tokens: int) -> np.ndarray:
    """The next FEEDS inputs of a shape, int64 (feeds, batch, tokens), taken from a stream of ids.

    Raises ValueError where the stream ends.
    """
    rows = []
    for _ in range(FEEDS * batch):
        inner = list(islice(stream, tokens - 2))
        if len(inner) < tokens - 2:
            raise ValueError("the texts have too few tokens for the shapes")
        rows.append([first, *inner, last])
    return np.array(rows, dtype=np.int64).reshape(FEEDS, batch, tokens)
