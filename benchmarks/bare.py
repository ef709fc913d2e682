"""What a user writes without the runtime: the tokenizers library and an onnxruntime session."""

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from edgeft.artifacts import Bundle
from edgeft.runtime.classifier import Classifier
from edgeft.runtime.manifest import read_manifest
from edgeft.runtime.session import open_session


def side_by_side(bundle: Bundle) -> tuple["Bare", Classifier]:
    """A bare model and the runtime's on one and the same session, one thread.

    Two sessions of one graph differ by several percent, by where their weights lie in memory.
    """
    manifest = read_manifest(bundle.path)
    name, variant = manifest.variant()
    session = open_session(bundle.path / variant.file, "cpu", 1, variant.session)
    return Bare(bundle, session), Classifier(bundle.path, manifest, name, session, 1)


class Bare:
    """A tokenizer of its own, and a session."""

    def __init__(self, bundle: Bundle, session: onnxruntime.InferenceSession) -> None:
        manifest = bundle.manifest
        self.labels = manifest.labels
        self.session = session
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
