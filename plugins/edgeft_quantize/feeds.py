"""Texts as the runtime feeds them to a graph."""

from edgeft.gates.texts import spread
from edgeft.plugin import Bundle, Dataset
from edgeft.quantization.moments import Feed
from edgeft.runtime.manifest import TOKENIZER, read_manifest
from edgeft.runtime.tokenization import FrozenTokenizer


def feeds_of(bundle: Bundle, data: Dataset, split: str, count: int, *, seed: int) -> list[Feed]:
    """Up to `count` texts of a split as the runtime feeds them, each alone: without padding."""
    tokenizer = FrozenTokenizer(read_manifest(bundle.path), bundle.path / TOKENIZER)
    texts = spread(data, split, count, seed=seed)
    return [tokenizer.feed([row]) for row in tokenizer.rows(texts)]
