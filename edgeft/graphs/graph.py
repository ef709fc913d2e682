"""A graph that can be edited: who makes a value, who reads it, what is known before any text."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from edgeft.graphs.branches import in_order, read_by

MICROSOFT = "com.microsoft"
"""the domain of onnxruntime's own operators"""


class Graph:
    """The nodes and weights of a model, edited in place; `close` puts them in order again."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        self.nodes = list(model.graph.node)
        self.weights = {each.name: each for each in model.graph.initializer}
        self.inputs = [each.name for each in model.graph.input]
        self.outputs = [each.name for each in model.graph.output]
        self.opset: int = next(each.version for each in model.opset_import if each.domain == "")
        self.taken = {name for node in self.nodes for name in [*node.output, node.name]}
        self.taken |= {*self.weights, *self.inputs}
        self.arrays: dict[str, np.ndarray] = {}
        self.keep_constants()

    def keep_constants(self) -> None:
        """Hold the values of Constant nodes as weights."""
        for node in self.nodes:
            if node.op_type == "Constant":
                value = attribute(node, "value")
                if isinstance(value, TensorProto):
                    kept = TensorProto()
                    kept.CopyFrom(value)
                    kept.name = node.output[0]
                    self.weights[kept.name] = kept
        self.nodes = [
            node
            for node in self.nodes
            if node.op_type != "Constant" or node.output[0] not in self.weights
        ]

    def maker(self, name: str) -> NodeProto | None:
        """The node that makes a value; None for a weight or an input of the graph."""
        return next((node for node in self.nodes if name in node.output), None)

    def readers(self, name: str) -> list[NodeProto]:
        """The nodes that read a value."""
        return [node for node in self.nodes if name in node.input]

    def is_only_read_by(self, name: str, node: NodeProto) -> bool:
        """Whether nothing but `node` reads a value."""
        return name not in self.outputs and self.readers(name) == [node]

    def constant(self, name: str) -> np.ndarray | None:
        """The array of a weight or constant; None for what depends on the texts."""
        if name not in self.weights:
            return None
        if name not in self.arrays:
            self.arrays[name] = numpy_helper.to_array(self.weights[name])
        return self.arrays[name]

    def scalar(self, name: str) -> float | None:
        """The number in a constant of one element; None for anything else."""
        found = self.constant(name)
        return float(found.reshape(())) if found is not None and found.size == 1 else None

    def add_weight(self, name: str, array: np.ndarray) -> str:
        """Add a constant; returns the name it got."""
        name = self.free(name)
        self.weights[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def change_weight(self, name: str, array: np.ndarray, node: NodeProto) -> str:
        """Change a weight for one of its readers; returns the name that it has for that one."""
        if self.is_only_read_by(name, node):
            self.weights.pop(name)
            self.arrays.pop(name, None)
            self.taken.remove(name)
        return self.add_weight(name, array)

    def add(self, operator: str, inputs: Sequence[str], place: str, **kwargs: Any) -> str:
        """Add a node named after the module `place` ("/bert/embeddings"); returns its output."""
        (output,) = self.add_node(operator, inputs, place, 1, **kwargs)
        return output

    def add_node(
        self,
        operator: str,
        inputs: Sequence[str],
        place: str,
        outputs: int,
        *,
        domain: str = "",
        **attributes: Any,
    ) -> list[str]:
        """Add a node with several outputs; returns their names."""
        name = self.free(f"{place}/{operator}")
        made = [self.free(f"{name}_output") for _ in range(outputs)]
        self.nodes.append(
            helper.make_node(operator, list(inputs), made, name, domain=domain, **attributes)
        )
        if domain and all(each.domain != domain for each in self.model.opset_import):
            self.model.opset_import.append(helper.make_opsetid(domain, 1))
        return made

    def replace(self, old: str, new: str) -> None:
        """Let every reader of a value read another."""
        for node in self.nodes:
            for place, name in enumerate(node.input):
                if name == old:
                    node.input[place] = new

    def free(self, name: str) -> str:
        """The name, numbered where it is taken already; takes it."""
        candidate, number = name, 0
        while candidate in self.taken:
            number += 1
            candidate = f"{name}_{number}"
        self.taken.add(candidate)
        return candidate

    def close(self) -> None:
        """Write the edited graph into the model, without what no output needs."""
        ordered = list(in_order(self.nodes, self.outputs))
        used = {*self.outputs, *(name for node in ordered for name in read_by(node))}
        del self.model.graph.node[:]
        self.model.graph.node.extend(ordered)
        del self.model.graph.initializer[:]
        self.model.graph.initializer.extend(
            weight for name, weight in self.weights.items() if name in used
        )


def attribute(node: NodeProto, name: str, default: Any = None) -> Any:
    """The value of a node's attribute, or the default."""
    for each in node.attribute:
        if each.name == name:
            return helper.get_attribute_value(each)
    return default


def place_of(node: NodeProto) -> str:
    """The module a node belongs to, as its name says: /bert/encoder/layer.0/attention/self."""
    return str(node.name).rpartition("/")[0]
