"""A CTranslate2 int8 encoder, with one thread; the classifier's last layer in numpy."""

from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np

from peers.serving import label_names, serve
from peers.texts import Encoder


class Encoded:
    """Body and pooler in CTranslate2, then one small product."""

    def __init__(self, config: dict[str, Any]) -> None:
        folder, checkpoint = Path(config["model"]), Path(config["checkpoint"])
        self.encoder = ctranslate2.Encoder(
            str(folder / "model"),
            device="cpu",
            compute_type="int8",
            inter_threads=1,
            intra_threads=config["threads"],
        )
        with np.load(folder / "head.npz") as head:
            self.weight, self.bias = head["weight"], head["bias"]
        self.files = [folder / "model" / "model.bin", folder / "head.npz"]
        self.settings = {"threads": config["threads"], "computes": self.encoder.compute_type}
        self.labels = label_names(checkpoint)
        self.encode = Encoder(checkpoint, config["max_length"])

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        output = self.encoder.forward_batch(
            ctranslate2.StorageView.from_array(ids.astype(np.int32)),
            ctranslate2.StorageView.from_array(mask.sum(axis=1).astype(np.int32)),
        )
        pooled = np.array(output.pooler_output)  # (batch, hidden)
        found: np.ndarray = pooled @ self.weight + self.bias
        return found

    def label(self, text: str) -> str:
        return self.labels[int(self.logits(*self.encode(text))[0].argmax())]


if __name__ == "__main__":
    serve(Encoded, ["ctranslate2", "torch", "transformers", "tokenizers", "numpy"])
