"""An OpenVINO model on the CPU plugin, for latency, with one thread."""

from pathlib import Path
from typing import Any

import numpy as np
import openvino

from peers.serving import label_names, serve
from peers.texts import Encoder

HINTS = {"fp32": {"INFERENCE_PRECISION_HINT": "f32"}, "bf16": {"INFERENCE_PRECISION_HINT": "bf16"}}
"""the int8 model keeps the plugin's default for what is not int8"""


class Compiled:
    """One model: its shapes left open as texts of any length need them, or compiled for each."""

    def __init__(self, config: dict[str, Any]) -> None:
        path = Path(config["model"]) / config["file"]
        self.properties = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": config["threads"],
            "NUM_STREAMS": 1,
            **HINTS.get(config["precision"], {}),
        }
        self.core = openvino.Core()
        self.path = path
        self.fixed = config.get("shapes") == "fixed"
        compiled = self.core.compile_model(str(path), "CPU", self.properties)
        self.open = compiled.create_infer_request()
        self.requests: dict[tuple[int, ...], Any] = {}
        self.files = [path, path.with_suffix(".bin")]
        self.settings = {
            "threads": compiled.get_property("INFERENCE_NUM_THREADS"),
            "streams": compiled.get_property("NUM_STREAMS"),
            "precision": str(compiled.get_property("INFERENCE_PRECISION_HINT")),
        }
        checkpoint = Path(config["checkpoint"])
        self.labels = label_names(checkpoint)
        self.encode = Encoder(checkpoint, config["max_length"])

    def request(self, shape: tuple[int, ...]) -> Any:
        """What answers inputs of a shape."""
        if not self.fixed:
            return self.open
        if shape not in self.requests:
            model = self.core.read_model(str(self.path))
            model.reshape({given.any_name: list(shape) for given in model.inputs})
            compiled = self.core.compile_model(model, "CPU", self.properties)
            self.requests[shape] = compiled.create_infer_request()
        return self.requests[shape]

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        found: np.ndarray = self.request(ids.shape).infer(feed, share_inputs=True)[0]
        return found

    def label(self, text: str) -> str:
        return self.labels[int(self.logits(*self.encode(text))[0].argmax())]


if __name__ == "__main__":
    serve(Compiled, ["openvino", "nncf", "torch", "transformers", "tokenizers", "numpy"])
