"""What the products of a graph multiply by their weights, seen on texts: its second moments."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx

from edgeft.runtime.session import open_session

TOKENS = 50_000
"""most tokens that are looked at"""
AT_ONCE = 256
"""rows that are added up together"""

Feed = dict[str, np.ndarray]
"""the arrays that a graph takes, by the names of its inputs"""


class Moments:
    """The sum of x^T x over rows x, float32 (inputs, inputs)."""

    def __init__(self) -> None:
        self.waiting: list[np.ndarray] = []
        self.found = np.zeros((0, 0), np.float32)

    def add(self, rows: np.ndarray) -> None:
        """Count rows (..., inputs)."""
        self.waiting.append(rows.reshape(-1, rows.shape[-1]))
        if sum(map(len, self.waiting)) >= AT_ONCE:
            self.sum()

    def sum(self) -> np.ndarray:
        """All that was added."""
        if self.waiting:
            rows = np.concatenate(self.waiting)
            self.waiting.clear()
            if not self.found.size:
                self.found = rows.T @ rows
            else:
                self.found += rows.T @ rows
        return self.found


def second_moments(
    source: Path, names: Iterable[str], feeds: Iterable[Feed], threads: int, scratch: Path
) -> dict[str, np.ndarray]:
    """The second moments (inputs, inputs) of each of these activations of a graph, by name.

    The texts of `feeds` are run one by one, until TOKENS were seen. `scratch` is a folder in which
    the graph is written once more, for as long as that takes.
    """
    asked = list(dict.fromkeys(names))
    model = onnx.load(source)
    del model.graph.output[:]
    model.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in asked
    )
    with TemporaryDirectory(dir=scratch) as folder:
        probe = Path(folder) / "model.onnx"
        onnx.save(model, probe)
        session = open_session(probe, "cpu", threads)
    found = {name: Moments() for name in asked}
    tokens = 0
    for feed in feeds:
        for name, rows in zip(asked, session.run(asked, feed), strict=True):
            found[name].add(rows)
        tokens += feed["input_ids"].size
        if tokens >= TOKENS:
            break
    return {name: each.sum() for name, each in found.items()}
