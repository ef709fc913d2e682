"""A bundle of edgeft: its chosen graph for fed tokens, its public call for texts."""

from pathlib import Path
from typing import Any

import numpy as np

import edgeft.runtime
from peers.serving import serve


class Bundle:
    """The variant that the bundle's manifest chose, with the session options it names."""

    def __init__(self, config: dict[str, Any]) -> None:
        folder = Path(config["model"])
        self.model = edgeft.runtime.load(folder, device="cpu", threads=config["threads"])
        self.session = self.model._open()
        self.names = {each.name for each in self.session.get_inputs()}
        self.output = self.model._output
        variant = self.model.manifest.variants[self.model.variant]
        self.files = [folder / variant.file]
        self.settings = {
            "threads": self.model.threads,
            "variant": self.model.variant,
            "kind": variant.kind,
            **variant.session,
        }

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        feed = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(ids),
        }
        feed = {name: given for name, given in feed.items() if name in self.names}
        found: np.ndarray = self.session.run([self.output], feed)[0]
        return found

    def label(self, text: str) -> str:
        return self.model(text).label


if __name__ == "__main__":
    serve(Bundle, ["edgeft", "onnxruntime", "tokenizers", "numpy"])
