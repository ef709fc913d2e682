"""The bare int8 matrix products of a BERT in onnxruntime: the floor under any graph of them all.

One `MatMulInteger` for each weight of the encoder's layers, its pooler and its classifier, with the
weights' real shapes and distinct values, on activations that are int8 already. Results go to
buffers that are allocated once. Nothing else is computed: no scales, no attention, no activation.
A graph that leaves products out, such as those of the last layer for tokens that nobody reads, can
come closer to this floor than its products do.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from peers.serving import serve

OPSET = 17


class Products:
    """The products of one model; a session for each shape that is asked for."""

    files: list[Path] = []

    def __init__(self, config: dict[str, Any]) -> None:
        path = Path(config["checkpoint"]) / "config.json"
        self.config = json.loads(path.read_text(encoding="utf-8"))
        self.threads = config["threads"]
        self.settings = {"threads": self.threads}
        self.bound: dict[tuple[int, int], tuple[Any, Any]] = {}

    def logits(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Computes the products of this many texts and tokens; there are no logits."""
        batch, tokens = ids.shape
        if (batch, tokens) not in self.bound:
            self.bound[batch, tokens] = self.opened(batch, tokens)
        session, binding = self.bound[batch, tokens]
        session.run_with_iobinding(binding)
        return np.empty((batch, 0), np.float32)

    def label(self, text: str) -> str:
        raise NotImplementedError("bare products answer no text")

    def opened(self, batch: int, tokens: int) -> tuple[Any, Any]:
        """A session and its buffers; products of one shape write to one buffer."""
        random = np.random.default_rng(0)
        wanted = list(products(self.config, batch, tokens))
        inputs = {(rows, width): f"input_{rows}_{width}" for rows, width, _ in wanted}
        nodes, weights, outputs = [], [], []
        for place, (rows, width, height) in enumerate(wanted):
            weight = random.integers(-127, 128, (width, height), dtype=np.int8)
            weights.append(numpy_helper.from_array(weight, f"weight_{place}"))
            output = f"output_{place}"
            nodes.append(
                helper.make_node(
                    "MatMulInteger", [inputs[rows, width], f"weight_{place}"], [output]
                )
            )
            outputs.append(helper.make_tensor_value_info(output, TensorProto.INT32, [rows, height]))
        given = [
            helper.make_tensor_value_info(name, TensorProto.UINT8, shape)
            for shape, name in inputs.items()
        ]
        graph = helper.make_graph(nodes, "products", given, outputs, weights)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = self.threads
        session = onnxruntime.InferenceSession(
            onnx.ModelProto.SerializeToString(model), options, providers=["CPUExecutionProvider"]
        )
        binding = session.io_binding()
        for shape, name in inputs.items():
            activations = random.integers(0, 256, shape, dtype=np.uint8)
            binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(activations))
        buffers: dict[tuple[int, int], Any] = {}
        for place, (rows, _, height) in enumerate(wanted):
            if (rows, height) not in buffers:
                buffers[rows, height] = onnxruntime.OrtValue.ortvalue_from_numpy(
                    np.zeros((rows, height), np.int32)
                )
            binding.bind_ortvalue_output(f"output_{place}", buffers[rows, height])
        return session, binding


def products(config: dict[str, Any], batch: int, tokens: int) -> Iterator[tuple[int, int, int]]:
    """Rows, inputs and outputs of every product with a weight, in the order of computing."""
    hidden, inner, rows = config["hidden_size"], config["intermediate_size"], batch * tokens
    for _ in range(config["num_hidden_layers"]):
        yield from [(rows, hidden, hidden)] * 4  # query, key, value, output
        yield (rows, hidden, inner)
        yield (rows, inner, hidden)
    yield (batch, hidden, hidden)
    yield (batch, hidden, len(config["id2label"]))


if __name__ == "__main__":
    serve(Products, ["onnxruntime", "onnx", "numpy"])
