"""What a graph computes inside, seen on a few feeds of different sizes.

Two capture strategies, and every architecture, write the same arithmetic in other nodes: a mask, a
position, a shape. What they compute is recognised here, whatever the nodes are.
"""

from collections.abc import Sequence

import numpy as np
import onnx
import onnxruntime

SIZES = ((2, 7), (3, 5), (1, 11))
"""rows and tokens of the feeds: no two numbers are alike"""

Values = list[np.ndarray]
"""what one value of a graph is, for each feed"""


def feeds_for(model: onnx.ModelProto) -> list[dict[str, np.ndarray]]:
    """Feeds of all sizes: int64 ids among the first, where padding's is, and masks with holes."""
    random = np.random.default_rng(0)
    feeds = []
    for size in SIZES:
        mask = random.integers(0, 2, size)
        mask[:, 0] = 1
        filled = {
            "input_ids": random.integers(0, 10, size),
            "attention_mask": mask,
        }
        feeds.append(
            {
                each.name: filled.get(each.name, np.zeros(size, dtype=np.int64))
                for each in model.graph.input
            }
        )
    return feeds


def probe(model: onnx.ModelProto, names: Sequence[str]) -> dict[str, Values]:
    """The values of `names` for every feed; those that onnxruntime cannot show are left out."""
    made = {name for node in model.graph.node for name in node.output}
    wanted = [name for name in dict.fromkeys(names) if name in made]
    outputs = {each.name for each in model.graph.output}
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    shown.graph.output.extend(
        onnx.ValueInfoProto(name=name) for name in wanted if name not in outputs
    )
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    settings.log_severity_level = 4
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        shown.SerializeToString(), settings, providers=["CPUExecutionProvider"]
    )
    runs = [session.run(wanted, feed) for feed in feeds_for(model)]
    return {name: [run[place] for run in runs] for place, name in enumerate(wanted)}
