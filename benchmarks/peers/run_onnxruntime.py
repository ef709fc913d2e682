"""An ONNX file in a plain onnxruntime session: its defaults, with one thread."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from peers.serving import label_names, serve
from peers.texts import Encoder


class Session:
    """One file of a peer's folder."""

    def __init__(self, config: dict[str, Any]) -> None:
        path, checkpoint = Path(config["model"]) / config["file"], Path(config["checkpoint"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = config["threads"]
        options.inter_op_num_threads = config["threads"]
        self.session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self.types = "token_type_ids" in {each.name for each in self.session.get_inputs()}
        self.files = [path, *path.parent.glob(f"{path.name}*data")]
        self.settings = {"threads": options.intra_op_num_threads}
        self.labels = label_names(checkpoint)
        self.encode = Encoder(checkpoint, config["max_length"])

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        feed = {"input_ids": ids, "attention_mask": mask}
        if self.types:
            feed["token_type_ids"] = np.zeros_like(ids)
        found: np.ndarray = self.session.run(None, feed)[0]
        return found

    def label(self, text: str) -> str:
        return self.labels[int(self.logits(*self.encode(text))[0].argmax())]


if __name__ == "__main__":
    serve(Session, ["onnxruntime", "onnx", "tokenizers", "numpy", "optimum-onnx", "olive-ai"])
