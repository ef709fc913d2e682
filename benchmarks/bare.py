"""What a user writes without the runtime: the tokenizers library and an onnxruntime session."""

from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from edgeft.artifacts import Bundle
from edgeft.runtime.session import open_session


class Bare:
    """Tokenizer and session of a bundle's chosen variant, with the runtime's session options."""

    def __init__(self, bundle: Bundle, threads: int) -> None:
        manifest = bundle.manifest
        variant = manifest.variants[manifest.chosen]
        self.labels = manifest.labels
        self.session: onnxruntime.InferenceSession = open_session(
            Path(bundle.path / variant.file), "cpu", threads, variant.session
        )
        self.tokenizer = Tokenizer.from_file(str(bundle.path / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(manifest.max_length)

    def one(self, text: str) -> str:
        """The label of one text."""
        encoded = self.tokenizer.encode(text)
        feed = {
            "input_ids": np.array([encoded.ids], dtype=np.int64),
            "attention_mask": np.array([encoded.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([encoded.type_ids], dtype=np.int64),
        }
        logits = self.session.run(["logits"], feed)[0]
        return self.labels[int(logits[0].argmax())]

    def in_file_order(self, texts: list[str], batch_size: int) -> np.ndarray:
        """The logits (texts, labels), in batches of neighbours padded to their longest."""
        self.tokenizer.enable_padding(pad_id=0)
        found = []
        for start in range(0, len(texts), batch_size):
            encoded = self.tokenizer.encode_batch(texts[start : start + batch_size])
            feed = {
                "input_ids": np.array([each.ids for each in encoded], dtype=np.int64),
                "attention_mask": np.array([each.attention_mask for each in encoded], np.int64),
                "token_type_ids": np.array([each.type_ids for each in encoded], dtype=np.int64),
            }
            found.append(self.session.run(["logits"], feed)[0])
        self.tokenizer.no_padding()
        return np.concatenate(found)
