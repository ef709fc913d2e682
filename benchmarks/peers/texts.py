"""Text to token ids as an application without transformers does it: the tokenizers library alone.

Runs in the peers' environments.
"""

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer


class Encoder:
    """The checkpoint's tokenizer, cut at the same number of tokens for everybody."""

    def __init__(self, checkpoint: Path, max_length: int) -> None:
        self.tokenizer = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_length)

    def __call__(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Token ids and mask of one text, both int64 (1, tokens)."""
        encoded = self.tokenizer.encode(text)
        ids = np.array([encoded.ids], dtype=np.int64)
        return ids, np.array([encoded.attention_mask], dtype=np.int64)
